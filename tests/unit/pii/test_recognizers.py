"""Each recognizer alone: text, the values it must find, and texts in which it must find none."""

from __future__ import annotations

import pytest
from presidio_analyzer.predefined_recognizers import SpacyRecognizer

from langkah.config import IdentifierPattern
from langkah.pii.nlp import load_engine
from langkah.pii.recognizers.configured import configured
from langkah.pii.recognizers.emails import EmailRecognizer
from langkah.pii.recognizers.gazetteer import GazetteerRecognizer
from langkah.pii.recognizers.hints import HintedNameRecognizer
from langkah.pii.recognizers.identifiers import (
    CardRecognizer,
    IbanRecognizer,
    NikRecognizer,
    NpwpRecognizer,
    OrderRecognizer,
)
from langkah.pii.recognizers.lead_in_names import LeadInRecognizer
from langkah.pii.recognizers.led_in import LedInRecognizer
from langkah.pii.recognizers.phones import KnownPhoneRecognizer, PhonePatternRecognizer, canonical


def values(recognizer, text):
    return [text[each.start : each.end] for each in sorted(recognizer.analyze(text, []), key=lambda each: each.start)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to a.b+c@shop.co.uk.", ["a.b+c@shop.co.uk"]),
        ("a_b@x.com, c-d@y.id", ["a_b@x.com", "c-d@y.id"]),
        ("<help@shop.example>", ["help@shop.example"]),  # no public suffix: still an address
        ("me@xn--80ak6aa92e.com", ["me@xn--80ak6aa92e.com"]),
        ("jo @ gmail.com", ["jo @ gmail.com"]),
        ("jo [at] gmail [dot] com", ["jo [at] gmail [dot] com"]),
        ("jo(at)gmail.com", ["jo(at)gmail.com"]),
        ("jo at gmail dot com", ["jo at gmail dot com"]),
        ('"jo the second"@x.org', ['"jo the second"@x.org']),
        ("root@10.0.0.1", ["root@10.0.0.1"]),
        ("follow @shop on the web", []),
        ("rina [dot] h [at] mail [dot] id", ["rina [dot] h [at] mail [dot] id"]),
        ("rina dot h at mail dot com", ["rina dot h at mail dot com"]),
        ("mailto:jo@x.org", ["jo@x.org"]),
        ("a@b", []),
        ("Look at the dot on the page.", []),
        ("word" * 5000 + "@", []),
    ],
)
def test_email(text, expected):
    assert values(EmailRecognizer("en"), text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Call (591)341-7776 now", ["(591)341-7776"]),
        ("en", "206.269.0743x9150", ["206.269.0743x9150"]),
        ("en", "+1-780-563-6083x7783", ["+1-780-563-6083x7783"]),
        ("en", "+44(0)161 4960344", ["+44(0)161 4960344"]),
        ("en", "01632960658", ["01632960658"]),
        ("en", "5272868387", ["5272868387"]),
        ("id", "hp.081234567890", ["081234567890"]),
        ("id", "+62 (91) 417 7763", ["+62 (91) 417 7763"]),
        ("id", "62812-3456-7890", ["62812-3456-7890"]),
        ("id", "(0406) 812 4158", ["(0406) 812 4158"]),
        ("id", "WA:0812.3456.7890", ["0812.3456.7890"]),
        ("id", "0899-0000-0000", ["0899-0000-0000"]),  # in no known range
        ("en", "(72) 754-186", ["(72) 754-186"]),
        ("en", "31-12-25", []),
        ("en", "version 43.0.1 on 192.168.100.200", []),
        ("en", "on 2025-12-31 at 10:00 or 01-02-2023 10:00", []),
        ("id", "pukul 08.00-17.00, Rp 1.500.000", []),
        ("en", "1. Open\n2. Click\n3. Wait 20 seconds", []),
    ],
)
def test_phone_pattern(language, text, expected):
    assert values(PhonePatternRecognizer(language), text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("id", "Hubungi 0812-3456-7890 ya", ["0812-3456-7890"]),
        ("en", "ring 020 7946 0958", ["020 7946 0958"]),
        ("en", "from 2025-12-31 10:00 to 11:00", []),
        ("id", "Langkah 1, 2 dan 3", []),
    ],
)
def test_known_phone(language, text, expected):
    assert values(KnownPhoneRecognizer(language), text) == expected


def test_two_ways_of_writing_a_phone_are_one():
    assert len({canonical(number, "id") for number in ("0812-3456-7890", "+62 812 3456 7890", "6281234567890")}) == 1
    assert canonical("(212) 555-0143", "en") == canonical("+1 212 555 0143", "en")
    assert canonical("0812-3456-7890", "id") != canonical("0812-3456-7891", "id")


@pytest.mark.parametrize(
    ("text", "expected", "least"),
    [
        ("4111111111111111", ["4111111111111111"], 0.9),
        ("4111 1111 1111 1111", ["4111 1111 1111 1111"], 0.9),
        ("3782-822463-10005", ["3782-822463-10005"], 0.9),
        ("4111-1111-1111-1112", ["4111-1111-1111-1112"], 0.6),  # wrong Luhn digit, written as a card
        ("0000 0000 0000 0000", [], 0),
        ("in 1234 steps", [], 0),
    ],
)
def test_card(text, expected, least):
    assert values(CardRecognizer("en"), text) == expected
    assert all(each.score >= least for each in CardRecognizer("en").analyze(text, []))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DE89 3704 0044 0532 0130 00 2 days", ["DE89 3704 0044 0532 0130 00"]),
        ("iban gb29nwbk60161331926819.", ["gb29nwbk60161331926819"]),
        ("GB30NWBK60161331926819", ["GB30NWBK60161331926819"]),  # wrong check digits
        ("DE89 3704", []),
        ("ZZ89370400440532013000", []),
    ],
)
def test_iban(text, expected):
    assert values(IbanRecognizer("en"), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3171011708450001", ["3171011708450001"]),
        ("317101 170845 0001", ["317101 170845 0001"]),
        ("31.71.01.170845.0001", ["31.71.01.170845.0001"]),
        ("3171 0117 0845 0001", ["3171 0117 0845 0001"]),
        ("9971 0117 0845 0001", []),  # no such province: a card or an account
        ("31710117084500", []),
    ],
)
def test_nik(text, expected):
    assert values(NikRecognizer("id"), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01.312.166.0-091.000", ["01.312.166.0-091.000"]),
        ("12.345.678.9-012.345", ["12.345.678.9-012.345"]),  # wrong check digit
        ("013121660091000", ["013121660091000"]),
        ("versi 1.2.3", []),
    ],
)
def test_npwp(text, expected):
    assert values(NpwpRecognizer("id"), text) == expected


@pytest.mark.parametrize(
    ("entity", "text", "expected"),
    [
        ("ID_NIK", "NIK saya: 1234567890123456", ["1234567890123456"]),
        ("ID_NIK", "Unggah foto KTP.\n2. Klik Simpan", []),
        ("ID_NPWP", "NPWP 99.345.678.9-012.345", ["99.345.678.9-012.345"]),
        ("CREDIT_CARD", "kartu kredit nomor 4111 1111 1111 1112", ["4111 1111 1111 1112"]),
        ("CREDIT_CARD", "the credit card ending in 4242", []),
        ("PHONE_NUMBER", "telepon 5551234", ["5551234"]),
        ("PHONE_NUMBER", "hubungi 24 jam", []),
        ("ORDER_ID", "order #AB-1234", ["AB-1234"]),
        ("ORDER_ID", "pesanan nomor 778", ["778"]),
        ("ORDER_ID", "No. resi: JP1234567890", ["JP1234567890"]),
        ("ORDER_ID", "order number:\n12345678", ["12345678"]),
        ("ORDER_ID", "order 2 items before 2026 for 12.50", []),
        ("ORDER_ID", "Enter the order number.\n3. Open the list", []),
        ("ORDER_ID", "order on 2025-12-31", []),
        ("ACCOUNT_NUMBER", "rekening BCA saya 1234567890", ["1234567890"]),
        ("ACCOUNT_NUMBER", "My account number is 123-456-7890.", ["123-456-7890"]),
        ("ACCOUNT_NUMBER", "customer ID CUST-00123", ["CUST-00123"]),
        ("ACCOUNT_NUMBER", "Open your account.\n2. Wait 10 minutes", []),
    ],
)
def test_led_in(entity, text, expected):
    assert values(LedInRecognizer(entity, "en"), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ORD-20391 and INV/2025/11/0042", ["ORD-20391", "INV/2025/11/0042"]),
        ("see #1048576", ["1048576"]),
        ("inc2024, iphone15, A4 paper, step #2", []),
    ],
)
def test_order(text, expected):
    assert values(OrderRecognizer("en"), text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("id", "Pak Warta datang", ["Warta"]),
        ("id", "pak budi sudah bayar", ["budi"]),
        ("id", "Yth. Bapak Dr. Kuswoyo Prasasta,", ["Kuswoyo Prasasta"]),
        ("id", "nama saya siti aminah, salam kenal", ["siti aminah"]),
        ("id", "atas nama BUDI SANTOSO belum lunas", ["BUDI SANTOSO"]),
        ("id", "rek a.n. Joko bin Hasan", ["Joko bin Hasan"]),
        ("en", "Mr. Vanderhoeven called", ["Vanderhoeven"]),
        ("en", "my name is john smith", ["john smith"]),
        ("en", "Kind regards,\nZbigniew", ["Zbigniew"]),
        ("en", "Dear Zbigniew, thanks", ["Zbigniew"]),
        ("id", "nama saya tidak muncul", []),
        ("id", "atas nama perusahaan Anda", []),
        ("id", "Pak kurir dan Bu guru", []),
        ("id", "Dengan cara ini", []),
        ("en", "my name is misspelled", []),
        ("en", "Dear customer, Dear Sir or Madam", []),
        ("en", "I am in the Settings page", []),
    ],
)
def test_lead_in_names(language, text, expected):
    found = values(LeadInRecognizer(language), text)
    assert list(dict.fromkeys(found)) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("id", "Pesanan Galih Nugraha belum sampai", ["Galih Nugraha"]),
        ("id", "Kemarin Siti bertanya", ["Siti"]),
        ("id", "Surya Kencana Wijaya menelepon", ["Surya Kencana Wijaya"]),
        ("id", "Dr. Rina Lestari, S.Kom menjawab", ["Rina Lestari, S.Kom"]),
        ("en", "refund for Mary Green today", ["Mary Green"]),
        ("id", "Klik Cahaya Malam di panel", []),
        ("id", "Bintang dan bulan", []),
        ("en", "Mark the box and press Page Down", []),
        ("en", "May I Bill you", []),
        ("id", "Buka Pengaturan > Jaringan", []),
    ],
)
def test_gazetteer(language, text, expected):
    assert values(GazetteerRecognizer(language), text) == expected


@pytest.mark.parametrize(("text", "score"), [("72 635 23 98", 0.3), ("50-93-15-36", 0.3), ("0812-3456-7890", 0.6)])
def test_groups_of_digits_count_only_beside_a_word_of_a_telephone(scrubber, text, score):
    assert max(each.score for each in PhonePatternRecognizer("en").analyze(text, [])) == score
    assert scrubber.scrub({"text": f"They are not answering at {text}"}, "en").fields["text"].endswith("at [PHONE]")


@pytest.mark.parametrize("text", ["in groups 72 635 23 98", "seed 50-93-15-36 of the test"])
def test_groups_of_digits_elsewhere_stay(scrubber, text):
    assert scrubber.scrub({"text": text}, "en").fields["text"] == text


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("id", "Supaya Anak Agung Rai datang", ["Anak Agung Rai"]),
        ("id", "Data Lalu Suryadi hilang", ["Lalu Suryadi"]),
        ("id", "Lalu Siti pergi", ["Siti"]),  # then Siti left
        ("en", "change it to Christian J Wirth today", ["Christian J Wirth"]),
        ("en", "Zachary van den Berg wrote", ["Zachary van den Berg"]),
        ("en", "note by Satu Eriksson", ["Satu Eriksson"]),  # `satu` is an Indonesian word
    ],
)
def test_what_begins_joins_and_ends_a_name_is_taken_with_it(language, text, expected):
    assert values(GazetteerRecognizer(language), text) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        # two words that nobody heard of, or one that is spelled as a family name
        ("en", "we sent it to Vexori Kalmo again", ["Vexori Kalmo"]),
        ("en", "the part is with Vexorić now", ["Vexorić"]),
        ("en", "ask about Vexorsen and others", ["Vexorsen"]),
        ("id", "sudah diberikan Yansen Lawai tadi", ["Yansen Lawai"]),
        ("id", "laporan Ngadiman hilang", ["Ngadiman"]),
        # one, with a hint before, after, or around it
        ("en", "According to Kalmo, it works", ["Kalmo"]),
        ("en", "Kalmo lives upstairs", ["Kalmo"]),
        ("en", "it is in Kalmo's mailbox", ["Kalmo"]),
        ("en", "Kalmo, can you help?", ["Kalmo"]),
        ("en", "Kalmo: I need a refund", ["Kalmo"]),
        ("en", "please remind me, Kalmo!", ["Kalmo"]),
        ("en", "the phone of Kalmo rang, so she left", ["Kalmo"]),
        ("en", "Kalmo is our oldest customer", ["Kalmo"]),
        ("en", "\ue000 and Kalmo share it", ["Kalmo"]),
        ("id", "Menurut Kalmo, sudah lunas", ["Kalmo"]),
        ("id", "Kalmo mengeluh terus", ["Kalmo"]),
        ("id", "Kalmo adalah karyawan kami", ["Kalmo"]),
        ("id", "Kalmo, tolong dibantu", ["Kalmo"]),
        ("en", "Hilbrand Kerver\n12 Long Road", ["Hilbrand Kerver"]),
        # no hint, something on a screen, a place, a company
        ("en", "we use Kalmo for it", []),
        ("en", "open Kalmo and wait", []),
        ("en", "Sign in to Kalmo Vexor now", []),
        ("en", "the Kalmo Vexor window", []),
        ("en", "sent by Kalmo Vexor Ltd today", []),
        ("en", "it lies on Kalmo Street there", []),
        ("id", "buka Kalmo lalu tunggu", []),
        ("id", "Pakai Kalmo saja", []),
        ("en", "Kalmo Vexor And More", []),
    ],
)
def test_hinted_names(language, text, expected):
    assert values(HintedNameRecognizer(language), text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We met Barack Obama in Paris on Monday.", ["Barack Obama"]),
        ("Open Settings and click Save.", []),
        ("1. Wait 20 seconds.", []),
    ],
)
def test_spacy_finds_people_and_nothing_else(text, expected):
    recognizer = SpacyRecognizer(supported_language="en", supported_entities=["PERSON"])
    found = recognizer.analyze(text, ["PERSON"], load_engine().process_text(text, "en"))
    assert [text[each.start : each.end] for each in found] == expected


def test_without_ner_the_engine_reads_no_names():
    assert load_engine(ner=False).process_text("We met Barack Obama in Paris.", "en").entities == []


@pytest.mark.parametrize(
    ("entity", "settings", "text", "expected"),
    [
        ("ORDER_ID", {"regex": r"KAI-\d{6}"}, "Tiket KAI-123456 dan kai-654321.", ["KAI-123456", "kai-654321"]),
        ("ORDER_ID", {"regex": r"KAI-\d{6}"}, "KAI-1234567 has one digit more", ["KAI-1234567"]),
        ("ORDER_ID", {"regex": r"KAI-\d{6}"}, "KAI-12345 and KAI", []),
        ("ID_NIK", {"regex": r"P\d{2}"}, "P12", ["P12"]),
        ("ACCOUNT_NUMBER", {"lead_ins": ["kode  loker"]}, "kode loker saya: B12", []),
        ("ACCOUNT_NUMBER", {"lead_ins": ["kode  loker"]}, "kode loker saya: B123", ["B123"]),
        ("ACCOUNT_NUMBER", {"lead_ins": ["kode loker"]}, "Kode Loker QX7PLM", ["QX7PLM"]),
        ("ORDER_ID", {"lead_ins": ["booking"]}, "booking 2 seats, booking page, booking on 2026-01-31", []),
        ("PHONE_NUMBER", {"lead_ins": ["pager"]}, "pager 555-1234", ["555-1234"]),
        ("ORDER_ID", {"regex": r"Z\d+", "lead_ins": ["slip"]}, "Z1 and slip 4711x", ["Z1", "4711x"]),
    ],
)
def test_patterns_of_the_settings(entity, settings, text, expected):
    made = configured((IdentifierPattern.model_validate({"entity": entity, **settings}),), "id")
    assert len(made) == len(settings)
    found = {span for each in made for span in values(each, text)}
    assert sorted(found) == sorted(expected)
    assert all(each.supported_entities == [entity] for each in made)
