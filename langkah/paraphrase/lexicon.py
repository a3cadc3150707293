"""The words and openings of each language, read from the data files of this room once a process."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Literal

import yaml

from langkah.paraphrase.sentences import without_end

Tongue = Literal["en", "id"]
_FILES: Final[dict[Tongue, str]] = {"en": "english", "id": "indonesian"}


def read_data(name: str) -> Any:
    """Parse a YAML file of this room."""
    return yaml.safe_load((files("langkah.paraphrase") / name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Lexicon:
    """Word sets by name (lower case, except `names`), and the openings that are taken off a sentence.

    Patterns match at the start of a sentence (farewells at its end), ignore case, and end at a word boundary.
    """

    words: dict[str, frozenset[str]]
    names: frozenset[str]
    irregular: dict[str, str]
    """Indonesian bare verb -> its form in meN-."""
    greetings: re.Pattern[str]
    farewells: re.Pattern[str]
    leads: tuple[re.Pattern[str], ...]
    problem_leads: tuple[re.Pattern[str], ...]
    refers_back: re.Pattern[str]
    question_starts: tuple[str, ...]

    def without_greeting(self, text: str) -> str:
        """Take greetings off the start of a sentence, and farewells off its end; something is left."""
        while (greeting := self.greetings.match(text)) and greeting.end() < len(text):
            text = text[greeting.end() :]
        while (farewell := self.farewells.search(text)) and farewell.start():
            text = without_end(text[: farewell.start()])
        return text

    def has(self, kind: str, word: str) -> bool:
        """Whether `word`, its case and the punctuation around it aside, is one of the words named `kind`."""
        return word.strip(",;:()\"'“”").lower() in self.words[kind]


@lru_cache(maxsize=2)
def load_lexicon(tongue: Tongue) -> Lexicon:
    """Read the words of a language."""
    tree: dict[str, Any] = read_data(f"{_FILES[tongue]}.yaml")
    lists = {"greetings", "farewells", "leads", "problem_leads", "question_starts", "irregular", "names", "refers_back"}
    starts: Sequence[str] = tree.get("question_starts", ())
    return Lexicon(
        words={key: frozenset(text.split()) for key, text in tree.items() if key not in lists},
        names=frozenset(tree["names"].split()),
        irregular=dict(tree.get("irregular", {})),
        greetings=re.compile(rf"(?:{'|'.join(tree['greetings'])})\s*", re.IGNORECASE),
        farewells=re.compile(rf"(?:{'|'.join(tree['farewells'])})$", re.IGNORECASE),
        leads=tuple(re.compile(rf"(?:{lead.strip()})(?!\w)\s*", re.IGNORECASE) for lead in tree["leads"]),
        problem_leads=tuple(re.compile(rf"(?:{lead})(?!\w)\s*", re.IGNORECASE) for lead in tree["problem_leads"]),
        refers_back=re.compile("|".join(tree["refers_back"]), re.IGNORECASE),
        question_starts=tuple(starts),
    )
