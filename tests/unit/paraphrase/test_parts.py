"""What a prompt is about, and the questions that headings become."""

from __future__ import annotations

import pytest

from langkah.paraphrase.indonesian import formal_verb
from langkah.paraphrase.lexicon import Tongue
from langkah.paraphrase.parts import render, take_apart


@pytest.mark.parametrize(
    ("prompt", "action"),
    [
        ("How do I turn on bounce keys?", "turn on bounce keys"),
        ("How can I get a refund?", "get a refund"),
        ("How to install version 2.5 on Windows 11", "install version 2.5 on Windows 11"),
        ("What should I do to return an item?", "return an item"),
        ("Can I change my address?", "change my address"),
        ("I want to cancel my plan.", "cancel my plan"),
        ("I'd like to cancel my plan, please", "cancel my plan"),
        ("Where do I find my invoice?", "find my invoice"),
        ("Steps to export data", "export data"),
        ("Guide to installing the app", "install the app"),
        ("What's the process for returning a damaged item?", "return a damaged item"),
        ("Hi there, how do you reset a PIN?", "reset a PIN"),
        ("To reset my PIN, where do I go?", "reset my PIN"),
        ("Could you please tell me how to track a parcel?", "track a parcel"),
        ("I don’t know how to pay", "pay"),
        ("How do I hiding notifications?", "hide notifications"),
        ("How do I permanently delete a file?", "permanently delete a file"),
        ("How do I change which language you use?", "change which language I use"),
        ("How do I check your disk’s health?", "check my disk’s health"),
        ("I want to close my account. How do I do that?", "close my account"),
    ],
)
def test_english_actions(prompt: str, action: str) -> None:
    parts = take_apart(prompt, "en")
    assert (parts.kind, parts.fields.get("action")) == ("action", action)


@pytest.mark.parametrize(
    ("prompt", "action", "formal"),
    [
        ("Bagaimana cara atur kontras?", "atur kontras", "mengatur kontras"),
        ("Bagaimana cara untuk mengirim berkas?", "mengirim berkas", "mengirim berkas"),
        ("Bagaimana saya mengimpor profil??", "mengimpor profil", "mengimpor profil"),
        ("Bagaimana membatalkan tugas pencetakan?", "membatalkan tugas pencetakan", "membatalkan tugas pencetakan"),
        ("Gimana sih cara ganti email?", "ganti email", "mengganti email"),
        ("Cara update aplikasi", "update aplikasi", "mengupdate aplikasi"),
        ("Apa langkah untuk mengaktifkan PIN?", "mengaktifkan PIN", "mengaktifkan PIN"),
        ("Saya mau hapus akun", "hapus akun", "menghapus akun"),
        ("Bagaimana cara potong dan tempel berkas?", "potong dan tempel berkas", "memotong dan menempel berkas"),
        ("Bagaimana cara periksalah suara?", "periksa suara", "memeriksa suara"),
        ("Cara agar notifikasi tidak muncul", "memastikan notifikasi tidak muncul", "memastikan notifikasi tidak muncul"),
        ("Mau tanya, cara klaim garansi gimana ya?", "klaim garansi", "mengklaim garansi"),
        ("Saya ingin menutup akun. Bagaimana caranya?", "menutup akun", "menutup akun"),
    ],
)
def test_indonesian_actions(prompt: str, action: str, formal: str) -> None:
    parts = take_apart(prompt, "id")
    assert (parts.kind, parts.fields.get("action"), parts.fields.get("formal")) == ("action", action, formal)


@pytest.mark.parametrize(
    ("bare", "formal"),
    [("nyalakan", "menyalakan"), ("buka", "membuka"), ("kirim", "mengirim"), ("simpan", "menyimpan"), ("tulis", "menulis"),
     ("pilih", "memilih"), ("cetak", "mencetak"), ("lihat", "melihat"), ("hapus", "menghapus"), ("proses", "memproses"),
     ("perbaiki", "memperbaiki"), ("mengubah", "mengubah"), ("Bluetooth", "Bluetooth")],
)  # fmt: skip
def test_formal_verb(bare: str, formal: str) -> None:
    assert formal_verb(bare) == formal


@pytest.mark.parametrize(
    ("prompt", "embedded"),
    [
        ("What is the Super key?", "what the Super key is"),
        ("What's my order status?", "what my order status is"),
        ("Where is my order?", "where my order is"),
        ("Why can't I log in?", "why I can't log in"),
        ("Why does my screen go dim after a while?", "why my screen goes dim after a while"),
        ("Why was my payment declined?", "why my payment was declined"),
        ("How long does delivery take?", "how long delivery takes"),
        ("How does the loyalty programme work?", "how the loyalty programme works"),
        ("Do I need an account to order?", "whether I need an account to order"),
        ("Will I be charged?", "whether I will be charged"),
        ("What happens if it is late?", "what happens if it is late"),
        ("Which payment methods are accepted?", "which payment methods are accepted"),
        ("When did my order ship?", None),
        ("When will my order arrive?", None),
    ],
)
def test_questions_are_embedded_where_that_is_safe(prompt: str, embedded: str | None) -> None:
    parts = take_apart(prompt, "en")
    assert (parts.kind, parts.fields.get("embedded")) == ("question", embedded)
    assert parts.fields["question"] == prompt[:1].lower() + prompt[1:-1]


@pytest.mark.parametrize(
    ("prompt", "language", "problem"),
    [
        ("How do I the screen locks itself too quickly?", "en", "the screen locks itself too quickly"),
        ("What should I do if my parcel is damaged?", "en", "my parcel is damaged"),
        ("I forgot my password", "en", "I forgot my password"),
        ("My card is lost. What should I do?", "en", "my card is lost"),
        ("Tidak bisa login", "id", "tidak bisa login"),
        ("Apa yang harus saya lakukan jika barang rusak?", "id", "barang rusak"),
        ("Bagaimana cara layar terlalu cepat mengunci sendiri?", "id", "layar terlalu cepat mengunci sendiri"),
    ],
)
def test_problems(prompt: str, language: Tongue, problem: str) -> None:
    parts = take_apart(prompt, language)
    assert (parts.kind, parts.fields.get("problem")) == ("problem", problem)


HEADINGS: list[tuple[str, Tongue, str, str]] = [
    ("Printer setup", "en", "I need help with {topic}.", "I need help with printer setup."),
    ("Refunds", "en", "How {does} {topic} work?", "How do refunds work?"),
    ("Order status", "en", "I need help with {topic}.", "I need help with the order status."),
    ("Shipping costs", "en", "What are the steps for {topic}?", "What are the steps for shipping costs?"),
    ("Bluetooth pairing", "en", "How {does} {topic} work?", "How does Bluetooth pairing work?"),
    ("Google Pay Setup", "en", "I need help with {topic}.", "I need help with Google Pay Setup."),
    ("Account Settings", "en", "I need help with {topic}.", "I need help with account settings."),
    ("USB wireless adapter", "en", "I need help with {topic}.", "I need help with the USB wireless adapter."),
    ("Your order history", "en", "I need help with {topic}.", "I need help with my order history."),
    ("Do not disturb mode", "en", "I need help with {topic}.", "I need help with the do not disturb mode."),
    ("Inserting by dialog", "en", "Can you show me how to {action}?", "Can you show me how to insert by dialog?"),
    ("Setting up two-step login", "en", "I want to {action}.", "I want to set up two-step login."),
    ("Adding or removing users", "en", "I want to {action}.", "I want to add or remove users."),
    ("To edit a control", "en", "What are the steps to {action}?", "What are the steps to edit a control?"),
    ("Reset your password", "en", "I want to {action}.", "I want to reset my password."),
    ("Reset Your Password On iPhone", "en", "I want to {action}.", "I want to reset my password on iPhone."),
    ("Cancel order", "en", "I want to {action}.", "I want to cancel my order."),
    ("Track a parcel", "en", "I want to {action}.", "I want to track a parcel."),
    ("Forgot password", "en", "Can you help me? {Problem}.", "Can you help me? I forgot my password."),
    ("Payment declined", "en", "What do I do if {problem}?", "What do I do if my payment was declined?"),
    ("Unable to log in", "en", "What do I do if {problem}?", "What do I do if I'm unable to log in?"),
    ("App crashes on startup", "en", "What do I do if {problem}?", "What do I do if the app crashes on startup?"),
    ("Verification code not arriving", "en", "Help: {problem}.", "Help: the verification code is not arriving."),
    ("Pengaturan printer", "id", "Mohon panduan mengenai {topic}.", "Mohon panduan mengenai pengaturan printer."),
    ("Metode Pembayaran", "id", "{Saya} bingung soal {topic}.", "Saya bingung soal metode pembayaran."),
    ("Mengubah kata sandi", "id", "Apa langkah untuk {formal}?", "Apa langkah untuk mengubah kata sandi?"),
    ("Reset password", "id", "{Saya} mau {action}.", "Saya mau reset password."),
    ("Ubah Kata Sandi Anda", "id", "Mohon panduan untuk {formal}.", "Mohon panduan untuk mengubah kata sandi saya."),
    ("Cara Melacak Pesanan", "id", "Gimana caranya {action}?", "Gimana caranya melacak Pesanan?"),
    ("Hubungi tim kami", "id", "{Saya} mau {action}.", "Saya mau hubungi tim Anda."),
    ("Panduan mengisi formulir", "id", "{Saya} mau {action}.", "Saya mau mengisi formulir."),
    ("Lupa kata sandi", "id", "{Problem}. Gimana cara mengatasinya?", "Lupa kata sandi. Gimana cara mengatasinya?"),
]


@pytest.mark.parametrize(("heading", "language", "template", "question"), HEADINGS, ids=[heading[0] for heading in HEADINGS])
def test_headings_become_what_a_person_would_ask(heading: str, language: Tongue, template: str, question: str) -> None:
    rendered = render(take_apart(heading, language), template)
    assert rendered is not None
    assert rendered[0] == question


def test_sentences_around_the_asking_stay() -> None:
    parts = take_apart("My order is late. How do I cancel it? It was sent by Mr. Adi on 12 May.", "en")
    assert render(parts, "I want to {action}.") == (
        "My order is late. I want to cancel it. It was sent by Mr. Adi on 12 May.",
        "I want to cancel it.",
    )


def test_a_clause_before_the_asking_leans_on_it() -> None:
    parts = take_apart("If my order is late, how do I cancel it?", "en")
    assert (render(parts, "What are the steps to {action}?") or "")[
        0
    ] == "If my order is late, what are the steps to cancel it?"
    assert (render(parts, "I want to {action}.") or "")[0] == "If my order is late, I want to cancel it."
    told = take_apart("I received the wrong item, how do I return it?", "en")
    assert (render(told, "I want to {action}.") or "")[0] == "I received the wrong item. I want to return it."
