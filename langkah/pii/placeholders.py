"""Placeholders of one record: the same value gets the same one, in all its texts. Nothing outlives the record."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import regex

from langkah.pii.view import PLACEHOLDER, PLACEHOLDERS

Canonical = Callable[[str], str]


@dataclass(frozen=True)
class Value:
    """One value that was found: its Presidio entity, its text as the recognizers read it, and where."""

    entity: str
    text: str
    field: str
    start: int
    end: int
    """Bounds in the original text, characters."""


class Placeholders:
    """Gives the values of a record their placeholders.

    Args:
        taken: the original texts, whose own placeholders keep their numbers.
        phone: how a telephone number is made comparable (E.164).
    """

    def __init__(self, taken: Iterable[str], phone: Canonical) -> None:
        self._phone = phone
        self._used: dict[str, int] = {}
        for text in taken:
            for match in PLACEHOLDER.finditer(text):
                number = int(match.group(2) or 1)
                self._used[match.group(1)] = max(self._used.get(match.group(1), 0), number)

    def of(self, values: Iterable[Value]) -> list[tuple[Value, str]]:
        """Each value, in the order given (that of first appearance), with its placeholder.

        A type with one value has no number: `[NAME]`; with more, `[NAME_1]`, `[NAME_2]`.
        """
        values = list(values)
        people = _people(value.text for value in values if value.entity == "PERSON")
        keys = [people[value.text] if value.entity == "PERSON" else self._key(value) for value in values]
        order: dict[str, dict[str, int]] = {}
        for value, key in zip(values, keys, strict=True):
            numbers = order.setdefault(PLACEHOLDERS[value.entity], {})
            numbers.setdefault(key, len(numbers) + 1)
        named: list[tuple[Value, str]] = []
        for value, key in zip(values, keys, strict=True):
            kind = PLACEHOLDERS[value.entity]
            used, numbers = self._used.get(kind, 0), order[kind]
            plain = not used and len(numbers) == 1
            named.append((value, f"[{kind}]" if plain else f"[{kind}_{used + numbers[key]}]"))
        return named

    def _key(self, value: Value) -> str:
        if value.entity == "PHONE_NUMBER":
            return self._phone(value.text)
        if value.entity == "EMAIL_ADDRESS":
            return email_key(value.text)
        return code_key(value.text)


def name_key(text: str) -> tuple[str, ...]:
    """The words of a name, casefolded, without accents' encoding, initials' stops and degrees."""
    bare = text.partition(",")[0]
    return tuple(regex.findall(r"[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*", unicodedata.normalize("NFC", bare.casefold())))


def email_key(text: str) -> str:
    """The address, casefolded, `[at]` and `(dot)` as signs."""
    folded = regex.sub(r"\s*[\[({<](?:at|et|a|@)[\])}>]\s*|\s+(?:at|di)\s+", "@", text.casefold())
    folded = regex.sub(r"\s*[\[({<]?\b(?:dot|titik)\b[\])}>]?\s*", ".", folded)
    return regex.sub(r"\s+", "", folded).replace(",", ".")


def code_key(text: str) -> str:
    """Letters and digits, upper case."""
    return "".join(character for character in text.upper() if character.isalnum())


def _people(texts: Iterable[str]) -> dict[str, str]:
    """For each text of a name, a key: its own words, or those of the first longer name of the record that holds them."""
    words = {text: name_key(text) for text in texts}
    longest = sorted(set(words.values()), key=lambda name: -len(name))
    first = {name: index for index, name in reversed(list(enumerate(words.values())))}
    key: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name in longest:
        holders = [other for other in key.values() if len(other) > len(name) and name and set(name) <= set(other)]
        key[name] = min(holders, key=lambda other: first[other]) if holders else name
    return {text: " ".join(key[name]) for text, name in words.items()}
