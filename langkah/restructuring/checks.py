"""What a draft must be, whatever model wrote it: steps that say what the original says, with nothing new in them.

The checks see what is certain: placeholders, values, language, and words. A step told in the original's own words but in a
wrong order, or a warning that was left out, they do not see: that is what review is for.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from langkah.language import detect
from langkah.procedure import Procedure, names_action, split_sentences
from langkah.records import Language
from langkah.restructuring.overlap import overlap

MIN_STEP_OVERLAP: Final = 0.45
"""Least share of a step's content words that the original has. On the 16 hand-written pairs of
`tests/answers/restructured.yaml`, faithful steps have 0.50 or more, invented ones 0.33 or less."""
MIN_OVERLAP: Final = 0.6
"""The same of a whole draft; faithful ones have 0.80 or more there."""
_PLACEHOLDER: Final = re.compile(r"\[[A-Z][A-Z0-9_]*\]")
_BRACKETS: Final = re.compile(r"\[[^\W\d]\w*\]")
"""A placeholder, or what a model made of one."""
_PERSON: Final = re.compile(r"\[(?:NAME|PERSON)")
_NUMBER: Final = re.compile(r"\d+(?:[.,:/-]\d+)*")
_ADDRESS: Final = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]*\w|(?:https?://|www\.)[^\s)>\]]*[^\s)>\].,;:!?]"
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b(?:/[^\s)>\]]*[^\s)>\].,;:!?])?"
)


class DraftProblem(StrEnum):
    """Why a draft cannot even be proposed, in words for the person who looks at the record."""

    refused = "the language model refused the text"
    cut = "the language model's reply was cut off at llm.max_tokens"
    empty = "the language model's reply was empty"
    not_a_procedure = "the language model found nothing to do in the answer"
    no_steps = "the language model's reply had no steps"
    new_placeholder = "the draft has a placeholder that the answer does not have"
    lost_placeholder = "the draft lost a placeholder that belongs to a step"
    new_value = "the draft has a number, address or link that the answer does not have"
    invented_step = "the draft has a step that the answer does not have"
    other_language = "the draft is in another language than the answer"


def check_draft(draft: Procedure, prompt: str, output: str, language: Language) -> tuple[DraftProblem, ...]:
    """The problems of a drafted procedure, against the question and the answer that it was made of, and their language."""
    text = "\n".join(draft.steps)
    original = f"{prompt}\n{output}"
    found: list[DraftProblem] = []
    placeholders = set(_BRACKETS.findall(text))
    if placeholders - set(_BRACKETS.findall(original)):
        found.append(DraftProblem.new_placeholder)
    if _needed_placeholders(output) - placeholders:
        found.append(DraftProblem.lost_placeholder)
    if _new_values(text, original):
        found.append(DraftProblem.new_value)
    if overlap(text, original) < MIN_OVERLAP or any(
        overlap(step, original, skip_first=True) < MIN_STEP_OVERLAP for step in draft.steps
    ):
        found.append(DraftProblem.invented_step)
    if {language, detect(_BRACKETS.sub(" ", text))} == {"en", "id"}:  # "[PHONE]" is English to the word lists
        found.append(DraftProblem.other_language)
    return tuple(found)


def _needed_placeholders(output: str) -> set[str]:
    """Those that a step needs ("call [PHONE]"): in a sentence with an action, and no person's name, which a greeting has."""
    sentences = (sentence for line in output.split("\n") for sentence in split_sentences(line) if "[" in sentence)
    acting = (sentence for sentence in sentences if names_action(sentence))
    return {found for sentence in acting for found in _PLACEHOLDER.findall(sentence) if not _PERSON.match(found)}


def _new_values(text: str, original: str) -> bool:
    """Whether a text has numbers, addresses or links that the original has in no form."""
    known = original.casefold()
    bare = _PLACEHOLDER.sub(" ", text)
    if any(address.casefold() not in known for address in _ADDRESS.findall(bare)):
        return True
    given = _numbers(_PLACEHOLDER.sub(" ", original)) | _spelled(known)
    return not _numbers(_ADDRESS.sub(" ", bare)) <= given


def _numbers(text: str) -> set[str]:
    """The numbers of a text, without the marks that part their digits."""
    return {re.sub(r"\D", "", number).lstrip("0") or "0" for number in _NUMBER.findall(text)}


def _spelled(text: str) -> set[str]:
    """The numbers that a text has in words ("two", "dua")."""
    words = set(re.findall(r"[^\W\d_]+", text))
    return {number for word, number in _numerals().items() if word in words}


@cache
def _numerals() -> dict[str, str]:
    data = json.loads((files("langkah.restructuring") / "words.json").read_text(encoding="utf-8"))
    return {word: number for number, words in data["numbers"].items() for word in words.split()}
