"""Telephone numbers of the US, Britain, Indonesia, and any with a country code."""

from __future__ import annotations

from typing import Any, Final

import phonenumbers
import regex
from presidio_analyzer import Pattern, RecognizerResult
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from langkah.pii.recognizers.scored import FORMATTED, WEAK, ScoredPatternRecognizer, any_case, digits, is_date_or_amount

REGIONS: Final[dict[str, tuple[str, ...]]] = {"en": ("US", "GB", "ID"), "id": ("ID",)}
"""Regions whose national numbers are read in a text of a language."""

_CONTEXT: Final[tuple[str, ...]] = (
    "phone",
    "number",
    "telephone",
    "cell",
    "mobile",
    "call",
    "telepon",
    "telp",
    "hp",
    "wa",
    "whatsapp",
    "hubungi",
    "nomor",
    "answering",
    "registered",
    "reach",
    "message",
    "sms",
    "text",
    "dial",
    "desk",
    "fax",
    "contact",
    "kontak",
    "terdaftar",
    "pesan",
)

_BEFORE: Final = r"(?<![\p{L}\d_])(?<!\d[.,/:-])"
_AFTER: Final = r"(?![\p{L}_]*\d|[.,:/-]\d)"
_AREA: Final = r"(?:\(\d{3}\)[ -]?|\d{3}[-. ])"
_EXTENSION: Final = r"(?:[^\S\n]?(?:,[^\S\n]?)?(?:x|ext\.?|extension|ekst\.?|pesawat)[^\S\n]?\d{1,6})?"
_PATTERNS: Final[dict[str, tuple[Pattern, ...]]] = {
    "both": (
        any_case("country code", rf"(?<![\w+])\+\d{{1,3}}(?:[ ().\-/]{{0,3}}\d){{6,13}}{_EXTENSION}(?!\d)", FORMATTED),
        any_case("00 country code", rf"{_BEFORE}00[1-9]\d{{0,2}}(?:[ ().-]{{0,3}}\d){{7,12}}{_EXTENSION}{_AFTER}", FORMATTED),
        any_case("Indonesian without plus", rf"{_BEFORE}62(?:[ ().-]{{0,3}}\d){{8,12}}{_AFTER}", FORMATTED),
        any_case("leading zero", rf"{_BEFORE}(?:\(0\d{{1,4}}\)|0\d{{1,4}})(?:[ .-]?\d){{5,10}}{_EXTENSION}{_AFTER}", FORMATTED),
        any_case("area code", rf"(?<![\p{{L}}\d_])\(\d{{2,5}}\)[ -]?\d{{2,4}}(?:[ -]?\d{{2,4}}){{1,3}}{_AFTER}", FORMATTED),
        any_case("groups", rf"{_BEFORE}\d{{2,4}}(?:[ -]\d{{2,4}}){{1,4}}{_AFTER}", WEAK),
        any_case("three-three-four", rf"{_BEFORE}(?:1[-. ])?{_AREA}\d{{3}}[-. ]\d{{4}}{_EXTENSION}{_AFTER}", FORMATTED),
    ),
    "en": (any_case("ten digits", rf"{_BEFORE}[2-9]\d{{2}}[2-9]\d{{6}}{_EXTENSION}{_AFTER}", FORMATTED),),
    "id": (any_case("mobile without zero", rf"{_BEFORE}8\d{{2}}[ -]\d{{3,4}}[ -]\d{{3,5}}{_AFTER}", FORMATTED),),
}  # fmt: skip

_DAY: Final = regex.compile(r"(?:[0-2]?\d|3[01])-(?:0?\d|1[0-2])-\d{2}")
"""31-12-25."""
_MAY_HOLD: Final = regex.compile(r"\d(?:[^\p{L}\d]{0,4}\d){5}")


class PhonePatternRecognizer(ScoredPatternRecognizer):
    """Finds what is written as a telephone number, whether or not its range is in use."""

    def __init__(self, language: str) -> None:
        super().__init__("PHONE_NUMBER", language, _PATTERNS["both"] + _PATTERNS[language], context=_CONTEXT)

    def grade(self, value: str, pattern: Pattern) -> float:
        """The pattern's score, or 0 for a date, hours, an amount, or fewer than 8 or more than 21 digits.

        Groups of digits as other countries write them, 6 to 11 digits, count only beside a word of a telephone.
        """
        least, most = (6, 11) if pattern.name == "groups" else (8, 21)
        if is_date_or_amount(value) or _DAY.fullmatch(value) or not least <= len(digits(value)) <= most:
            return 0.0
        return float(pattern.score)


class KnownPhoneRecognizer(PhoneRecognizer):
    """Presidio's recognizer, for numbers in a range that phonenumbers knows; it skips texts without six digits in a row."""

    def __init__(self, language: str) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            context=list(_CONTEXT),
            supported_language=language,
            supported_regions=REGIONS[language],
            leniency=1,
        )

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's findings, less dates and amounts; a parenthesis around a number is not part of it."""
        if not _MAY_HOLD.search(text):
            return []
        found: list[RecognizerResult] = super().analyze(text, entities, nlp_artifacts)
        for each in found:
            each.start += text[each.start] == "(" and ")" not in text[each.start : each.end]
        return [each for each in found if not is_date_or_amount(text[each.start : each.end].strip("() "))]


def canonical(value: str, language: str) -> str:
    """The number as E.164 (`+628123456789`), so that two ways of writing one number compare equal.

    A number of no known range falls back on its digits, an Indonesian prefix (`0`, `62`) made one.
    """
    for region in REGIONS.get(language, REGIONS["id"]):
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    plain = digits(value)
    if plain.startswith("0") and not plain.startswith("00"):
        return "+62" + plain[1:]
    if plain.startswith("62"):
        return "+62" + plain[2:].removeprefix("0")
    return "+" + plain
