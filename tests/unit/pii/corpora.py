"""Sentences with labelled values that owe nothing to the recognizers' lists, and how the scrubber does on them.

English: the people (24 name sets) and the templates of presidio-evaluator, whose data files are read without importing
the package. Indonesian: `people_id.yaml`. Both fall into a tuning half and a held-out half that share neither names nor
sentences. Seeded, so that each run measures the same.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import regex
import yaml
from faker import Faker

from langkah.pii.view import PLACEHOLDER

HALVES = ("tuning", "held out")


@dataclass(frozen=True)
class Span:
    """A labelled value: `kind` is its placeholder's type, or OTHER for an identifier that is none of ours (an SSN)."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    text: str
    language: str
    spans: tuple[Span, ...]
    half: str = ""


class Drafted:
    """A sentence in the making: pieces of text, some of them labelled."""

    def __init__(self) -> None:
        self._text = ""
        self._spans: list[Span] = []

    def add(self, piece: str, kind: str = "") -> None:
        if kind:
            self._spans.append(Span(kind, len(self._text), len(self._text) + len(piece)))
        self._text += piece

    def sentence(self, language: str, half: str = "") -> Sentence:
        return Sentence(self._text, language, tuple(self._spans), half)


def fill(frame: str, values: dict[str, tuple[str, str]], language: str, half: str = "") -> Sentence:
    """`frame` with each `{name}` replaced by its (value, kind)."""
    draft = Drafted()
    for piece in re.split(r"(\{\w+\})", frame):
        if piece[:1] == "{" and piece[1:-1] in values:
            draft.add(*values[piece[1:-1]])
        else:
            draft.add(piece)
    return draft.sentence(language, half)


# --- English: presidio-evaluator -------------------------------------------------------------------------------------

NAME_FIELDS = (
    "person", "name", "name_male", "name_female", "first_name", "first_name_male", "first_name_female",
    "first_name_nonbinary", "last_name", "last_name_male", "last_name_female",
)  # fmt: skip
"""Every placeholder of the templates that stands for a person's name, whole or in part. Prefixes (`Mrs.`) are no names."""
_KINDS = {
    **dict.fromkeys(NAME_FIELDS, "NAME"),
    "phone_number": "PHONE",
    "email": "EMAIL",
    "credit_card_number": "CARD",
    "iban": "IBAN",
    **dict.fromkeys(("ssn", "us_driver_license", "address", "street_name", "secondary_address", "city"), "OTHER"),
}


def evaluator_folder() -> Path | None:
    """Where presidio-evaluator's data files are; None where it is not installed."""
    spec = find_spec("presidio_evaluator")
    roots = (spec.submodule_search_locations or ()) if spec else ()
    return next((Path(root) / "data_generator" / "raw_data" for root in roots), None)


def _rows(name: str, delimiter: str = ",") -> list[dict[str, str]]:
    folder = evaluator_folder()
    assert folder is not None, "presidio-evaluator is not installed"
    with (folder / name).open(newline="", encoding="utf-8-sig") as handle:
        return list(csv.DictReader(handle, delimiter=delimiter))


@cache
def _lists() -> dict[str, list[dict[str, str]]]:
    return {
        "people": _rows("FakeNameGenerator.com_3000.csv"),
        "nations": _rows("nationalities.csv"),
        "organizations": _rows("companies_and_organizations.csv", "\t"),
    }


def _templates() -> list[str]:
    folder = evaluator_folder()
    assert folder is not None
    lines = (folder / "templates.txt").read_text(encoding="utf-8").splitlines()
    return [line.replace("\\n", "\n").replace("\\,", ",") for line in lines if line.strip()]


def _person(fields: dict[str, str], draw: random.Random) -> str:
    """As presidio-evaluator writes them: one in five with a middle initial, with or without a full stop."""
    if draw.random() > 0.2:
        return f"{fields['GivenName']} {fields['Surname']}"
    return f"{fields['GivenName']} {fields['MiddleInitial']}{draw.choice([' ', '. '])}{fields['Surname']}"


def _field(name: str, people: Sequence[dict[str, str]], draw: random.Random, fake: Any) -> str:
    """A value for a placeholder: of the people where they have it, of Faker where they do not."""
    gender = next((each for each in ("female", "male") if name.endswith(each)), "")
    who = draw.choice([each for each in people if not gender or each["Gender"] == gender])
    bare = name.removesuffix(f"_{gender}").removesuffix("_nonbinary") if gender or name.endswith("nonbinary") else name
    own = {"first_name": "GivenName", "last_name": "Surname", "prefix": "Title", "email": "EmailAddress", "city": "City",
           "phone_number": "TelephoneNumber", "job": "Occupation", "zipcode": "ZipCode", "postcode": "ZipCode",
           "country": "CountryFull", "state_abbr": "State"}  # fmt: skip
    if bare in ("person", "name"):
        return _person(who, draw)
    if bare in own:
        return who[own[bare]] or fake.numerify("#####")
    if bare == "organization":
        return draw.choice(_lists()["organizations"])["organization"]
    if bare.startswith("nation"):
        column = {"nationality": "nationality", "nation_woman": "woman", "nation_plural": "plural"}[bare]
        return draw.choice(_lists()["nations"])[column]
    if bare == "ip_address":
        return fake.ipv4()
    if bare == "us_driver_license":
        return fake.bothify("?########").upper()
    if bare == "age":
        return str(draw.randint(1, 99))
    made: Callable[[], Any] = getattr(fake, bare)
    return str(made())


def evaluator_sentences(times: int = 3, seed: int = 3) -> list[Sentence]:
    """Each of presidio-evaluator's templates filled `times` times, by the half of the people that is its own."""
    draw, fake = random.Random(seed), Faker("en_US")
    fake.seed_instance(seed)
    made: list[Sentence] = []
    for index, template in enumerate(_templates()):
        people = _lists()["people"][index % 2 :: 2]
        for _ in range(times):
            draft = Drafted()
            for piece in re.split(r"(\{\{\w+\}\})", template):
                name = piece[2:-2] if piece.startswith("{{") else ""
                draft.add(_field(name, people, draw, fake) if name else piece, _KINDS.get(name, ""))
            made.append(draft.sentence("en", HALVES[index % 2]))
    return made


def evaluator_people(times: int = 1, seed: int = 4) -> list[Sentence]:
    """presidio-evaluator's people in the help-desk sentences of `sentences.yaml`, which its rules were tuned on or not."""
    frames = yaml.safe_load(Path(__file__).with_name("sentences.yaml").read_text(encoding="utf-8"))
    draw = random.Random(seed)
    made: list[Sentence] = []
    for group in ("name", "held_out", "fresh"):
        for index, frame in enumerate(frames[group]["en"]):
            people = _lists()["people"][index % 2 :: 2]
            for _ in range(times):
                made.append(fill(frame, {"x": (_person(draw.choice(people), draw), "NAME")}, "en", HALVES[index % 2]))
    return made


# --- Indonesian: people_id.yaml --------------------------------------------------------------------------------------


@cache
def _indonesian() -> tuple[list[str], list[str], list[str]]:
    tree = yaml.safe_load(Path(__file__).with_name("people_id.yaml").read_text(encoding="utf-8"))
    return [name for names in tree["names"].values() for name in names], tree["sentences"], tree["fresh"]


def indonesian_sentences(times: int = 4, seed: int = 5) -> list[Sentence]:
    """Each Indonesian name in `times` sentences of its own half."""
    names, frames, _ = _indonesian()
    draw = random.Random(seed)
    made: list[Sentence] = []
    for half in (0, 1):
        for name in names[half::2]:
            for frame in draw.sample(frames[half::2], times):
                made.append(fill(frame, {"x": (name, "NAME")}, "id", HALVES[half]))
    return made


def fresh_indonesian(times: int = 4, seed: int = 6) -> list[Sentence]:
    """The held-out names in `times` of the sentences that were written last."""
    names, _, frames = _indonesian()
    draw = random.Random(seed)
    return [fill(frame, {"x": (name, "NAME")}, "id", HALVES[1]) for name in names[1::2] for frame in draw.sample(frames, times)]


# --- What came of it -------------------------------------------------------------------------------------------------


def replaced(original: str, scrubbed: str) -> list[Span]:
    """Where in `original` the placeholders of `scrubbed` stand."""
    pieces: list[str] = []
    kinds: list[str] = []
    position = 0
    for match in PLACEHOLDER.finditer(scrubbed):
        pieces.append(regex.escape(scrubbed[position : match.start()]))
        kinds.append(match.group(1))
        position = match.end()
    pieces.append(regex.escape(scrubbed[position:]))
    aligned = regex.compile("(.+?)".join(pieces), regex.DOTALL).fullmatch(original)
    assert aligned is not None, "the scrubbed text is not the original with placeholders"
    return [Span(kind, *aligned.span(group)) for group, kind in enumerate(kinds, start=1)]


def leaks(text: str, span: Span, found: Iterable[Span]) -> bool:
    """Whether something of the value is still there: of a name a word of three letters, of anything else a letter or digit."""
    covered = [(each.start, each.end) for each in found]
    words = list(regex.finditer(r"[\p{L}\p{M}\d]+" if span.kind == "NAME" else r"[\p{L}\p{M}\d]", text[span.start : span.end]))
    long = [word for word in words if len(word.group()) >= 3] if span.kind == "NAME" else words
    for word in long or words:
        start, end = span.start + word.start(), span.start + word.end()
        if not any(first <= start and end <= last for first, last in covered):
            return True
    return False


@dataclass
class Score:
    """Counts of one type: `right` and `wrong` are placeholders of the type that stand on a value of it, or do not."""

    values: int = 0
    leaked: int = 0
    right: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float:
        return 1 - self.leaked / self.values if self.values else 1.0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def f2(self) -> float:
        """F-measure that weighs recall twice: a leak costs more than a word too many."""
        p, r = self.precision, self.recall
        return 5 * p * r / (4 * p + r) if p + r else 0.0


@dataclass
class Outcome:
    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    missed: list[tuple[Sentence, Span]] = field(default_factory=list)
    invented: list[tuple[Sentence, Span]] = field(default_factory=list)


def measure(scrubber: Any, sentences: Sequence[Sentence]) -> Outcome:
    """Scrub every sentence as a record of its own and count."""
    outcome = Outcome()
    records = (({"text": each.text}, each.language) for each in sentences)
    for sentence, scrubbed in zip(sentences, scrubber.scrub_many(records), strict=True):
        found = replaced(sentence.text, scrubbed.fields["text"])
        for span in sentence.spans:
            if span.kind == "OTHER":
                continue
            score = outcome.scores[span.kind]
            score.values += 1
            if leaks(sentence.text, span, found):
                score.leaked += 1
                outcome.missed.append((sentence, span))
        for each in found:
            beneath = {span.kind for span in sentence.spans if span.start < each.end and each.start < span.end}
            if each.kind in beneath:
                outcome.scores[each.kind].right += 1
            elif "OTHER" not in beneath:
                outcome.scores[each.kind].wrong += 1
                outcome.invented.append((sentence, each))
    return outcome


def listed(text: str, language: str) -> bool:
    """Whether a word of a name of three letters or more stands in the gazetteer."""
    from langkah.pii.lexicon import names

    known = names(language)
    return any(word in known for word in regex.findall(r"[\p{L}\p{M}]{3,}", text.casefold()))


def full_name(sentence: Sentence, span: Span) -> bool:
    """Whether the name is of two words or more."""
    return " " in sentence.text[span.start : span.end]


def recall(outcome: Outcome, sentences: Sequence[Sentence], chosen: Callable[[Sentence, Span], bool]) -> tuple[int, float]:
    """How many names `chosen` says yes to, and the share of them of which nothing is left."""
    named = [(each, span) for each in sentences for span in each.spans if span.kind == "NAME" and chosen(each, span)]
    missed = sum(span.kind == "NAME" and chosen(each, span) for each, span in outcome.missed)
    return len(named), 1 - missed / len(named) if named else 1.0


# --- What is no one's ------------------------------------------------------------------------------------------------


def products(group: str = "names") -> list[Sentence]:
    """Sentences in both languages with names of products, services and screens: nothing in them is personal."""
    tree = yaml.safe_load(Path(__file__).with_name("products.yaml").read_text(encoding="utf-8"))
    return [
        Sentence(frame.replace("{x}", name), language, (), name)
        for name in tree[group]
        for language, frames in tree["sentences"].items()
        for frame in frames
    ]


def clean_texts(folder: Path) -> list[tuple[dict[str, str], str]]:
    """The real how-to records of both languages, with their language."""
    with (folder / "gnome-help-id.csv").open(newline="", encoding="utf-8") as handle:
        indonesian = list(csv.DictReader(handle))
    english = [json.loads(line) for line in (folder / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines()]
    return [(row, "en") for row in english] + [(row, "id") for row in indonesian]
