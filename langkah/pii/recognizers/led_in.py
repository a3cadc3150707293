"""Numbers and codes that the words before them lead in: the shipped words of `data/cues.yaml`, or those of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from presidio_analyzer import Pattern

from langkah.pii import lexicon
from langkah.pii.recognizers.scored import LED_IN, ScoredPatternRecognizer, any_case, digits, is_date_or_amount

_NUMBER_VALUES: Final[dict[str, str]] = {
    "ID_NIK": r"\d(?:[ ./-]{0,3}\d){14,17}",
    "ID_NPWP": r"\d(?:[ ./-]{0,3}\d){13,16}",
    "CREDIT_CARD": r"\d(?:[ ./-]{0,3}\d){11,18}",
    "PHONE_NUMBER": r"[+(]{0,2}\d(?:[ ().\-/]{0,2}\d){5,14}(?:[ ]?(?:x|ext\.?)[ ]?\d{1,6})?",
    "ACCOUNT_NUMBER": r"\d(?:[ .-]?\d){4,19}",
}
_CODED: Final = ("ORDER_ID", "ACCOUNT_NUMBER")
"""Entities whose values may hold letters."""
_BLANK: Final = r"[^\S\n]*"
_END: Final = r"(?![\p{L}\d])"


def code(digits: int) -> str:
    """A regex of a code of letters, digits and single marks between them, with at least so many digits."""
    return rf"(?=(?:[\p{{L}}/_.-]{{0,16}}\d){{{digits}}})[\p{{Lu}}\p{{Ll}}\d](?:[\p{{L}}\d]|[-/_.](?=[\p{{L}}\d])){{2,40}}"


@cache
def _patterns(entity: str, words: tuple[str, ...], own: bool) -> tuple[Pattern, ...]:
    cues = lexicon.cues()
    glued = rf"(?<![\p{{L}}\d_]){lexicon.alternatives(words)}(?![\p{{L}}_])"
    lead = rf"{glued}(?!\d)"
    said = lexicon.alternatives(cues["says_number"])
    mark = r"[:=#.,()\-]"
    word = rf"(?:{_BLANK}{mark}){{0,3}}{_BLANK}(?:{said}|{lexicon.alternatives(cues['fillers'])})(?![\p{{L}}\d_])"
    gap = rf"(?:{word}){{0,5}}(?:{_BLANK}{mark}){{0,3}}(?:(?<=:)\s*|{_BLANK})"
    patterns: list[Pattern] = []
    if entity in _NUMBER_VALUES:
        patterns.append(any_case("number", rf"{glued}{gap}\K{_NUMBER_VALUES[entity]}{_END}", LED_IN))
    if own or entity in _CODED:
        # A code of letters and digits, or digits alone: three digits are enough where the text says that a number follows.
        says = rf"(?=[^\n]{{0,24}}?(?:{said}(?![\p{{L}}])|[#:]))"
        patterns.append(any_case("code, said", rf"{lead}{says}{gap}#?\K{code(3)}{_END}", LED_IN))
        patterns.append(any_case("code", rf"{lead}{gap}#?\K{code(4)}{_END}", LED_IN))
    if own:
        # The company's own word says what follows: a code in capitals with a digit is enough (`QX7PLM`).
        patterns.append(
            any_case("capitals", rf"{lead}{gap}#?\K(?-i:(?=[A-Z]{{0,11}}\d)(?=\d{{0,11}}[A-Z])[A-Z\d]{{4,12}}){_END}", LED_IN)
        )
    return tuple(patterns)


class LedInRecognizer(ScoredPatternRecognizer):
    """A value that one of `words` leads in, whether or not any check of it holds.

    Args:
        entity: what the value is.
        language: of the texts.
        words: the company's own lead-ins, after which a code of any form is one; those of `data/cues.yaml` where None.
    """

    def __init__(self, entity: str, language: str, words: Sequence[str] | None = None) -> None:
        leads = lexicon.cues()["numbers"][entity] if words is None else [" ".join(word.split()) for word in words]
        super().__init__(entity, language, _patterns(entity, tuple(leads), words is not None))
        self.name = f"{'LedIn' if words is None else 'OwnLedIn'}{entity.title().replace('_', '')}"

    def grade(self, value: str, pattern: Pattern) -> float:
        """`LED_IN`, or 0 for a date, hours, a version, an amount, and a code that is a year or has too few digits."""
        if is_date_or_amount(value):
            return 0.0
        number = digits(value)
        if pattern.name.startswith("code") and number == value and (len(number) < 5 or len(number) > 24):
            return 0.0 if len(number) < 3 or pattern.name == "code" or value[:2] in ("19", "20") else LED_IN
        return LED_IN
