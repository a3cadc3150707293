"""What scrubbing would miss: invented values are planted into copies of the user's records, and what comes back is counted.

The records' own personal data is unknown, so its recall cannot be measured; that of values like it, in the same texts, can.
"""

from __future__ import annotations

import hashlib
import importlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import nsmallest
from importlib import resources
from itertools import chain, islice
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

from langkah.config import PiiConfig
from langkah.pii.scrubber import Scrubber
from langkah.pii.view import PLACEHOLDERS

_LOCALES: Final = {"en": "en_US", "id": "id_ID"}
"""Whose names, those that our lists hold, are planted; of Indonesia's also those that no list holds."""
_SYLLABLES: Final = (
    ("B", "Br", "C", "D", "Dr", "F", "G", "H", "J", "K", "L", "M", "N", "P", "Qu", "R", "S", "St", "T", "Th", "Tr", "V", "W"),
    ("a", "e", "i", "o", "u", "ea", "ie", "au"),
    ("l", "ll", "r", "rr", "n", "nd", "m", "st", "rv", "lm", "nn", "rt", "ss", "ng"),
)
_ENDINGS: Final = (("a", "en", "is", "on", "ette", "iel", "o", "as"), ("son", "berg", "ley", "wick", "sen", "man", "er", "owe"))
"""Of given and family names: English names that no list has are made up, since the lists have those of seventy countries."""
_UNLISTED: Final = "NAME (in no list)"
_MOST_IN_A_RECORD: Final = 10
_NAMES_MORE_OFTEN: Final = 3
"""Names are what is hardest to find: they are planted four times as often as another type."""
_DISTRICTS: Final = ("3171", "3273", "3578", "5171", "1271", "7371")


class PlantedCounts(BaseModel):
    """Of the values of one type planted into texts of one language, how many were found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    planted: int = Field(ge=0)
    found: int = Field(ge=0, description="values of which nothing was left, words below three characters apart")

    @property
    def recall(self) -> float:
        """Share found, 0 to 1."""
        return self.found / self.planted if self.planted else 1.0


class PiiAudit(BaseModel):
    """Language -> placeholder type -> how many planted values were found. No value and no text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: dict[str, dict[str, PlantedCounts]] = Field(default_factory=dict)

    @property
    def total(self) -> PlantedCounts:
        """Sums over languages and types."""
        every = [counts for types in self.languages.values() for counts in types.values()]
        return PlantedCounts(planted=sum(each.planted for each in every), found=sum(each.found for each in every))

    def rows(self) -> list[dict[str, str | int | float]]:
        """A table: one row a language and type."""
        return [
            {"language": code, "type": kind, "planted": each.planted, "found": each.found, "recall": round(each.recall, 4)}
            for code, types in self.languages.items()
            for kind, each in types.items()
        ]


@dataclass(frozen=True)
class _Planting:
    """One value in a copy of one record."""

    kind: str
    language: str
    value: str = field(repr=False)
    before: Mapping[str, str] = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)


def audit(scrubber: Scrubber, records: Iterable[tuple[Mapping[str, str], str]]) -> PiiAudit:
    """Plant `pii.audit_sample` invented values into copies of records, scrub them, and count what is found.

    Which records, values and places are taken depends on the records' texts only: with some records more, the sample hardly
    changes, and a cache serves it.

    Args:
        scrubber: what is audited.
        records: (texts, language), scrubbed or not: what is counted is what is left of the planted values.
    """
    plantings = _plant(records, scrubber.config)
    counts: defaultdict[str, dict[str, Counter[str]]] = defaultdict(dict)
    outcomes = scrubber.scrub_many((each.texts, each.language) for each in plantings)
    for each, outcome in zip(plantings, outcomes, strict=True):
        seen = counts[each.language].setdefault(each.kind, Counter())
        seen["planted"] += 1
        seen["found"] += not _left(each.value, each.before, outcome.fields)
    return PiiAudit(
        languages={
            language: {kind: PlantedCounts(**types[kind]) for kind in sorted(types)}
            for language, types in sorted(counts.items())
        }
    )


def _left(value: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether a word of the value stands in the scrubbed texts more often than the record's own text has it."""
    old, new = ("\n".join(texts.values()).casefold() for texts in (before, after))
    words = [word for word in value.casefold().split() if len(word) > 2]
    return any(new.count(word) > old.count(word) for word in words)


def _plant(records: Iterable[tuple[Mapping[str, str], str]], config: PiiConfig) -> list[_Planting]:
    sentences = _sentences()
    kinds = [kind for kind in sentences if kind in config.entities]
    if not kinds or not config.audit_sample:
        return []
    rest = (record for record in records if record[0])
    first = list(islice(rest, config.audit_sample))
    # Of fewer records than values, each takes several.
    copies = min(_MOST_IN_A_RECORD, -(-config.audit_sample // max(1, len(first))))

    def drawn() -> Iterator[tuple[bytes, Mapping[str, str], str]]:
        for texts, language in chain(first, rest):
            digest = hashlib.sha256("\0".join(texts.values()).encode("utf-8", "surrogatepass"))
            for number in range(copies):
                copy = digest.copy()
                copy.update(bytes([number]))
                yield copy.digest(), texts, language

    chosen = nsmallest(config.audit_sample, drawn(), key=lambda each: each[0])
    return [_planted(seed, texts, language, kinds) for seed, texts, language in chosen]


def _planted(seed: bytes, texts: Mapping[str, str], language: str, kinds: Sequence[str]) -> _Planting:
    draw = random.Random(seed)
    kind = draw.choice([*kinds, *["PERSON"] * (_NAMES_MORE_OFTEN if "PERSON" in kinds else 0)])
    spoken = "en" if language == "en" else "id"
    listed = kind != "PERSON" or draw.random() < 0.5
    value = _name(draw, spoken, listed) if kind == "PERSON" else _VALUES[kind](draw, spoken)
    sentence = draw.choice(_sentences()[kind][spoken]).replace("{x}", value)
    place = draw.choice([name for name in ("prompt", "output") if name in texts] or list(texts))
    old = texts[place]
    # At its end, or at the end of one of its lines: a step with a remark.
    ends = [index for index, character in enumerate(old) if character == "\n"]
    at = draw.choice([*ends, len(old)])
    planted = {**texts, place: f"{old[:at]} {sentence}{old[at:]}"}
    return _Planting(PLACEHOLDERS[kind] if listed else _UNLISTED, language, value, texts, planted)


# --- invented values --------------------------------------------------------------------------------------------------


@cache
def _sentences() -> dict[str, dict[str, list[str]]]:
    return yaml.safe_load(resources.files("langkah.pii").joinpath("data", "audit.yaml").read_text(encoding="utf-8"))


@cache
def _names(language: str, listed: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Given and family names of Faker, those of our lists or those of no list."""
    from langkah.pii.lexicon import names

    known = names(language)
    # The provider's own lists: `Faker(locale)` loads every provider there is.
    provider: Any = importlib.import_module(f"faker.providers.person.{_LOCALES[language]}").Provider

    def some(every: Iterable[str]) -> tuple[str, ...]:
        single = (name for name in set(every) if name.isalpha() and len(name) > 3)
        return tuple(sorted(name for name in single if (name.casefold() in known) == listed))

    return some(provider.first_names), some(provider.last_names)


def _name(draw: random.Random, language: str, listed: bool) -> str:
    if language == "en" and not listed:
        return " ".join(_coined(draw, endings) for endings in _ENDINGS)
    given, family = _names(language, listed)
    return f"{draw.choice(given)} {draw.choice(family)}"


def _coined(draw: random.Random, endings: Sequence[str]) -> str:
    from langkah.pii.lexicon import names, ui_words

    while True:
        name = "".join(draw.choice(part) for part in (*_SYLLABLES, endings))
        if name.casefold() not in names("en") and name.casefold() not in ui_words():
            return name


def _digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choice("0123456789") for _ in range(count))


def _email(draw: random.Random, language: str) -> str:
    given, family = _names(language, True)
    user = f"{draw.choice(given)}{draw.choice(['.', '_', ''])}{draw.choice(family)}{draw.choice(['', _digits(draw, 2)])}"
    host = draw.choice(["example.com", "mail.example.org", "contoh.co.id", "example.net"])
    return f"{user.lower()}@{host}"


def _phone(draw: random.Random, language: str) -> str:
    if language == "id":
        start = draw.choice(["0812", "+62 812", "0857", "62813", "(021)"])
        return f"{start}{draw.choice(['-', ' '])}{_digits(draw, 4)}{draw.choice(['-', ' '])}{_digits(draw, 4)}"
    area, last = f"{draw.choice('23456789')}{_digits(draw, 2)}", _digits(draw, 4)
    return draw.choice([f"({area}) 555-{last}", f"+1 {area} 555 {last}", f"{area}-555-{last}", f"+44 20 7946 {last}"])


def _card(draw: random.Random, language: str) -> str:
    from stdnum import luhn

    number = draw.choice(["4", "51", "55"])
    number += _digits(draw, 15 - len(number))
    number += luhn.calc_check_digit(number)
    return draw.choice([number, " ".join(number[at : at + 4] for at in range(0, 16, 4))])


def _iban(draw: random.Random, language: str) -> str:
    from stdnum import iban

    country, length = draw.choice([("DE", 18), ("NL", 10), ("FR", 23)])
    body = ("ABNA" if country == "NL" else "") + _digits(draw, length)
    number = f"{country}{iban.calc_check_digits(f'{country}00{body}')}{body}"
    return draw.choice([number, " ".join(number[at : at + 4] for at in range(0, len(number), 4))])


def _nik(draw: random.Random, language: str) -> str:
    day = draw.randint(1, 28) + draw.choice([0, 40])
    birth = f"{day:02}{draw.randint(1, 12):02}{draw.randint(60, 99)}"
    return f"{draw.choice(_DISTRICTS)}{draw.randint(1, 30):02}{birth}{draw.randint(1, 9999):04}"


def _npwp(draw: random.Random, language: str) -> str:
    number = _digits(draw, 15)
    return f"{number[:2]}.{number[2:5]}.{number[5:8]}.{number[8]}-{number[9:12]}.{number[12:]}"


def _order(draw: random.Random, language: str) -> str:
    return draw.choice([f"ORD-{_digits(draw, 6)}", f"INV/2025/{_digits(draw, 5)}", f"#{_digits(draw, 8)}", _digits(draw, 9)])


def _account(draw: random.Random, language: str) -> str:
    return draw.choice([_digits(draw, 10), _digits(draw, 12), f"{_digits(draw, 3)}-{_digits(draw, 7)}"])


_VALUES: Final[Mapping[str, Callable[[random.Random, str], str]]] = {
    "EMAIL_ADDRESS": _email,
    "PHONE_NUMBER": _phone,
    "CREDIT_CARD": _card,
    "IBAN_CODE": _iban,
    "ID_NIK": _nik,
    "ID_NPWP": _npwp,
    "ORDER_ID": _order,
    "ACCOUNT_NUMBER": _account,
}
