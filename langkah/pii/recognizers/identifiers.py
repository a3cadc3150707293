"""Cards, IBANs, NIK and NPWP, order numbers: by their form alone."""

from __future__ import annotations

from typing import Any, Final

import regex
from presidio_analyzer import LocalRecognizer, Pattern, RecognizerResult
from stdnum import iban, luhn
from stdnum.id import nik, npwp

from langkah.pii import lexicon
from langkah.pii.recognizers.led_in import code
from langkah.pii.recognizers.scored import (
    FORMATTED,
    LED_IN,
    VALID,
    WEAK,
    ScoredPatternRecognizer,
    any_case,
    digits,
    finding,
    is_date_or_amount,
)

_START: Final = r"(?<![\p{L}\d_])(?<!\d[.,/-])"
_END: Final = r"(?![\p{L}\d_]|[.,/-]\d)"

_CARD: Final = regex.compile(
    r"""(?x) 4(?:\d{12}|\d{15}|\d{18}) | 5[1-5]\d{14} | 2[2-7]\d{14} | 3[47]\d{13} | 3(?:0[0-5]|[689]\d)\d{11}
    | 35\d{14} | (?:1800|2131)\d{11} | 6\d{15} | 6\d{18} | (?:50|5[6-9]|6\d)\d{10,17} | 62\d{14,17}"""
)


class CardRecognizer(ScoredPatternRecognizer):
    """Payment cards: a known length and prefix with a right Luhn digit, or digits grouped as on a card."""

    def __init__(self, language: str) -> None:
        patterns = (
            any_case("bare", rf"{_START}\d{{12,19}}{_END}", VALID),
            any_case("grouped", rf"{_START}\d{{4}}([ .-])\d{{4}}\1\d{{4}}\1\d{{1,7}}{_END}", FORMATTED),
            any_case("spread", rf"{_START}\d{{4}}(?:[ .-]{{0,3}}\s?[ .-]{{0,2}}\d{{4}}){{3}}{_END}", FORMATTED),
            any_case("amex", rf"{_START}3\d{{3}}([ -])\d{{6}}\1\d{{4,5}}{_END}", FORMATTED),
        )
        super().__init__("CREDIT_CARD", language, patterns, context=("card", "visa", "mastercard", "amex", "kartu"))

    def grade(self, value: str, pattern: Pattern) -> float:
        """`VALID` with Luhn and prefix; else `FORMATTED` where grouped, `WEAK` where bare."""
        number = digits(value)
        if len(set(number)) == 1:
            return 0.0
        if _CARD.fullmatch(number) and luhn.is_valid(number):
            return VALID if len(number) > 12 else FORMATTED
        if pattern.name == "spread":  # over two lines, or apart in several ways: four years one below the other are no card
            return 0.0
        if pattern.name == "bare":
            return 0.45 if len(number) == 16 else WEAK if number[0] in "23456" else 0.0
        return FORMATTED


class IbanRecognizer(LocalRecognizer):
    """IBANs: two letters of a country, two check digits, then as many characters as that country's have."""

    _HEAD: Final = regex.compile(r"(?<![\p{L}\d])[A-Za-z]{2}[ ]?\d{2}(?=[ -]?[A-Za-z0-9]{4})")

    def __init__(self, language: str) -> None:
        super().__init__(supported_entities=["IBAN_CODE"], supported_language=language, name="IbanRecognizer")

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """`LED_IN`, the surest, where the check digits hold, else `FORMATTED` with ten digits or more."""
        results: list[RecognizerResult] = []
        for head in self._HEAD.finditer(text):
            length = lexicon.iban_lengths().get(head.group()[:2].upper())
            end = _take(text, head.start(), length) if length else None
            if end is None:
                continue
            value = text[head.start() : end]
            valid = iban.is_valid(value.upper())
            if valid or (value == value.upper() and len(digits(value)) >= 10):
                results.append(finding(self, head.start(), end, LED_IN if valid else FORMATTED))
        return results


def _take(text: str, start: int, length: int) -> int | None:
    """Where `length` letters and digits from `start` on end, single blanks and hyphens not counted; None if they do not."""
    taken, position = 0, start
    while position < len(text) and taken < length:
        character = text[position]
        if character.isascii() and character.isalnum():
            taken += 1
        elif character not in " -" or text[position - 1] in " -":
            return None
        position += 1
    if taken < length or (position < len(text) and (text[position].isalnum())):
        return None
    return position


class NikRecognizer(ScoredPatternRecognizer):
    """NIK, the Indonesian identity number: 16 digits, with a district and a date of birth in them."""

    def __init__(self, language: str) -> None:
        patterns = (
            any_case("bare", rf"{_START}\d{{16}}{_END}", VALID),
            any_case("six-six-four", rf"{_START}\d{{6}}([ .-])\d{{6}}\1\d{{4}}{_END}", VALID),
            any_case("place-date-serial", rf"{_START}\d{{2}}([ .-])\d{{2}}\1\d{{2}}\1\d{{6}}\1\d{{4}}{_END}", VALID),
            any_case("in fours", rf"{_START}\d{{4}}([ .-])\d{{4}}\1\d{{4}}\1\d{{4}}{_END}", 0.85),
        )
        super().__init__("ID_NIK", language, patterns, context=("nik", "ktp", "identitas"))

    def grade(self, value: str, pattern: Pattern) -> float:
        """The pattern's score with a known district and a date; else `FORMATTED`, or what a bare number is worth."""
        if nik.is_valid(digits(value)):
            return float(pattern.score)
        if pattern.name in ("bare", "in fours"):
            return 0.46 if pattern.name == "bare" and self.supported_language == "id" else 0.0
        return FORMATTED


class NpwpRecognizer(ScoredPatternRecognizer):
    """NPWP, the Indonesian tax number: 15 digits (16 since 2024), usually written 01.234.567.8-901.000."""

    def __init__(self, language: str) -> None:
        patterns = (
            any_case("written", rf"{_START}0?\d{{2}}[. ]\d{{3}}[. ]\d{{3}}[. ]\d[-. ]\d{{3}}[. ]\d{{3}}{_END}", 0.95),
            any_case("bare", rf"{_START}0?\d{{15}}{_END}", 0.7),
        )
        super().__init__("ID_NPWP", language, patterns, context=("npwp", "pajak", "tax"))

    def grade(self, value: str, pattern: Pattern) -> float:
        """Written as one: always; bare: with a right check digit, or `WEAK`."""
        if pattern.name == "written" or npwp.is_valid(digits(value)):
            return float(pattern.score)
        return WEAK


class BankAccountRecognizer(ScoredPatternRecognizer):
    """Account numbers after the name of a bank (`BCA 1234567890`), of nine digits or more: a hotline has fewer."""

    def __init__(self, language: str) -> None:
        banks = lexicon.alternatives(lexicon.cues()["banks"])
        number = rf"(?:[^\S\n]*(?:no|nomor|number|rek)?[.:=(#-]{{0,2}})[^\S\n]*\K\d(?:[ .-]?\d){{8,17}}{_END}"
        super().__init__(
            "ACCOUNT_NUMBER", language, (any_case("bank", rf"(?<![\p{{L}}\d_]){banks}(?![\p{{L}}]){number}", LED_IN),)
        )

    def grade(self, value: str, pattern: Pattern) -> float:
        """`LED_IN`, or 0 for a date or an amount: a round sum is one."""
        return 0.0 if is_date_or_amount(value) or value.endswith("00000") else LED_IN


class OrderRecognizer(ScoredPatternRecognizer):
    """Order numbers by their form alone: `ORD-20391`, `INV/2025/11/0042`, `#1048576`."""

    def __init__(self, language: str) -> None:
        prefixes = lexicon.alternatives(lexicon.cues()["order_prefixes"])
        patterns = (
            any_case("prefixed", rf"{_START}{prefixes}[-/#_]?{code(4)}{_END}", FORMATTED),
            any_case("hash", rf"(?<![\p{{L}}\d_&#/=:\"'])#\K\d{{5,20}}{_END}", FORMATTED),
        )
        super().__init__("ORDER_ID", language, patterns)

    def grade(self, value: str, pattern: Pattern) -> float:
        """Prefixed codes must be capitals: `inc2024` is a word."""
        return float(pattern.score) if pattern.name == "hash" or value == value.upper() else 0.0
