"""The company's own identifiers (`pii.patterns`): whether their regular expressions can be used, and how they are run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import regex

from langkah.config import IdentifierPattern, PiiConfig
from langkah.errors import ConfigError

TIMEOUT: Final = 2.0
"""Seconds that a regular expression may take for one text; a simple one takes thousandths."""
_PROBE_TIMEOUT: Final = 0.5
_PROBES: Final = tuple(
    piece * (1500 // len(piece)) + end for piece in ("a", "A", "1", "-", " ", "A1-", "a ") for end in ("", "!")
)
"""Texts on which an expression that backtracks without end does so at once."""


def compile_regex(expression: str) -> Any:
    """The expression as it is run: in any case, and reaching over no limits of its own.

    Raises:
        regex.error: it is no regular expression.
    """
    return regex.compile(expression, regex.IGNORECASE)


def matches(compiled: Any, text: str, where: str) -> Iterator[tuple[int, int]]:
    """Bounds of the matches in `text`, each reaching to the end of the word or number it is part of.

    Raises:
        ConfigError: the expression takes longer than `TIMEOUT`; names `where` it is set, not the text.
    """
    try:
        spans = [match.span() for match in compiled.finditer(text, timeout=TIMEOUT)]
    except TimeoutError:
        raise ConfigError(
            f"{where}: takes more than {TIMEOUT:g} s on a text of {len(text)} characters: bound its repetitions, e.g. {{1,20}}"
        ) from None
    for start, end in spans:
        # A rest of the value must not stay: `KAI-\d{6}` takes a seventh digit too.
        while start < end and start > 0 and text[start].isalnum() and text[start - 1].isalnum():
            start -= 1
        while start < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
            end += 1
        if start < end:
            yield start, end


def check_patterns(config: PiiConfig) -> list[str]:
    """What is wrong with `pii.patterns`, one line for each problem; nothing where all can be used."""
    problems: list[str] = []
    for index, pattern in enumerate(config.patterns):
        place = f"pii.patterns[{index}]"
        if pattern.entity not in config.entities:
            problems.append(f"{place}.entity: {pattern.entity} is not among pii.entities, so it would never be scrubbed")
        if pattern.regex is None and not pattern.lead_ins:
            problems.append(f"{place}: expected a regex, lead_ins, or both")
        problems += _problems_of_regex(pattern, f"{place}.regex")
        for number, words in enumerate(pattern.lead_ins):
            if not words.strip() or not (words.strip()[0].isalnum() and words.strip()[-1].isalnum()):
                problems.append(f"{place}.lead_ins[{number}]: expected words, got {words!r}")
    return problems


def _problems_of_regex(pattern: IdentifierPattern, place: str) -> list[str]:
    if pattern.regex is None:
        return []
    try:
        compiled = compile_regex(pattern.regex)
    except regex.error as error:
        said: Any = error
        where = f" at position {said.pos}" if said.pos is not None else ""
        return [f"{place}: not a regular expression: {said.msg}{where}"]
    except (RecursionError, OverflowError, MemoryError):
        return [f"{place}: not a regular expression that can be used: too large"]
    try:
        if any(
            match.end() == match.start() for text in ("", "a1 -") for match in compiled.finditer(text, timeout=_PROBE_TIMEOUT)
        ):
            return [f"{place}: matches the empty text, expected one that matches identifiers only"]
        for text in _PROBES:
            for _ in compiled.finditer(text, timeout=_PROBE_TIMEOUT):
                pass
    except TimeoutError:
        return [f"{place}: takes too long on some texts: bound its repetitions, e.g. {{1,20}} instead of +"]
    return []
