"""METEOR's fourth stage: phrases that mean the same, by a table that the user supplies.

A table is UTF-8 text, a pair a line: a phrase, a tab, its paraphrase; both ways, in any language. Blank lines and lines
that begin with `#` are passed over:

    turn off	switch off
    sign in	log on
    kata sandi	sandi

No table is shipped: the published ones are of news and parliament, not of menus and buttons, and of English only.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from langkah.config import EvaluateConfig
from langkah.errors import ConfigError
from langkah.evaluation.lexicons import words

MOST_WORDS: Final = 10
"""A longer line is a sentence: it would match a text as a whole, which is no measure of it."""
SHOWN: Final = 20
"""So many problems are named, and the rest counted."""

Phrase = tuple[str, ...]


class Match(NamedTuple):
    """Words of a hypothesis that mean what words of its reference mean: where each begins, and how many there are."""

    hypothesis: int
    reference: int
    words: int = 1
    expected: int = 1


@dataclass(frozen=True)
class PhraseTable:
    """Pairs of phrases, both ways, in lower-cased words."""

    name: str
    """The file's, without its folder."""
    digest: str
    """sha256 of the file."""
    paraphrases: Mapping[Phrase, tuple[Phrase, ...]]
    """Phrase -> what it may be in the other text, the longest first."""

    @property
    def label(self) -> str:
        """What names it in a result."""
        return f"{self.name}, sha256 {self.digest[:12]}"

    def join(self, hypothesis: Sequence[str], reference: Sequence[str], pairs: Sequence[tuple[int, int]]) -> list[Match]:
        """Put phrase matches beside the word matches of the earlier stages, which those within a phrase make way for.

        Goes through the hypothesis from its first word and takes the longest phrase with a word left to match, its longest
        paraphrase, and the first place of that in the reference. A word that another stage matched may lie within a phrase
        only where its partner lies within the paraphrase ("turn off" beside "switch off").

        Args:
            hypothesis: lower-cased words.
            reference: lower-cased words.
            pairs: positions that earlier stages matched.

        Returns:
            All matches by place in the hypothesis.
        """
        state = _Pairing(hypothesis, reference, dict(pairs), {place: partner for partner, place in pairs})
        lengths = sorted({len(phrase) for phrase in self.paraphrases}, reverse=True)
        phrases: list[Match] = []
        place = 0
        while place < len(hypothesis):
            spans = (range(place, place + length) for length in lengths if place + length <= len(hypothesis))
            tried = (state.match(span, self.paraphrases.get(tuple(hypothesis[place : span.stop]), ())) for span in spans)
            found = next((match for match in tried if match), None)
            if found:
                phrases.append(found)
                state.take(found)
            place += found.words if found else 1
        return sorted([*phrases, *(Match(*pair) for pair in state.partner.items() if pair[1] != _IN_PHRASE)])


_IN_PHRASE: Final = -1
"""The partner of a word that belongs to a phrase match: it lies within no other phrase."""


class _Pairing:
    """Which word of one text goes with which of the other, while phrases are looked for."""

    def __init__(
        self, hypothesis: Sequence[str], reference: Sequence[str], there: dict[int, int], back: dict[int, int]
    ) -> None:
        self.hypothesis, self.reference = hypothesis, reference
        self.partner, self._back = there, back
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(reference):
            self._places[word].append(place)

    def match(self, span: range, paraphrases: Sequence[Phrase]) -> Match | None:
        """The first of these paraphrases that stands in the reference and is free for this span of the hypothesis."""
        for paraphrase in paraphrases:
            for start in self._places.get(paraphrase[0], ()):
                other = range(start, start + len(paraphrase))
                if tuple(self.reference[start : other.stop]) == paraphrase and self._are_free(span, other):
                    return Match(span.start, start, len(span), len(other))
        return None

    def take(self, match: Match) -> None:
        """Keep these words for this match."""
        span = range(match.hypothesis, match.hypothesis + match.words)
        other = range(match.reference, match.reference + match.expected)
        self.partner.update(dict.fromkeys(span, _IN_PHRASE))
        self._back.update(dict.fromkeys(other, _IN_PHRASE))

    def _are_free(self, span: range, other: range) -> bool:
        for side, partner, opposite in ((span, self.partner, other), (other, self._back, span)):
            taken = [partner[word] for word in side if word in partner]
            if len(taken) == len(side) or not all(word in opposite for word in taken):
                return False
        return True


def load_phrases(config: EvaluateConfig) -> PhraseTable | None:
    """The table of `evaluate.phrase_table`; None where there is none.

    Raises:
        ConfigError: as `read_phrase_table`.
    """
    return None if config.phrase_table is None else read_phrase_table(Path(config.phrase_table))


def read_phrase_table(path: Path) -> PhraseTable:
    """Read a table.

    Raises:
        ConfigError: the file cannot be read or has no pair, or lines are not as expected: one line for each problem.
    """
    setting = f"evaluate.phrase_table: {path}"
    try:
        data = path.read_bytes()
        lines = data.decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise ConfigError(f"{setting}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{setting}: expected a file, got a folder") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{setting}: expected UTF-8 text") from None
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise ConfigError(f"{setting}: cannot be read: {getattr(error, 'strerror', None) or 'no file name'}") from None
    found: defaultdict[Phrase, set[Phrase]] = defaultdict(set)
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        sides = [tuple(words(side)) for side in line.split("\t")]
        if problem := _problem(sides):
            problems.append(f"{setting}: row {number}: {problem}")
        elif sides[0] != sides[1]:
            found[sides[0]].add(sides[1])
            found[sides[1]].add(sides[0])
    if problems:
        rest = len(problems) - SHOWN
        raise ConfigError(*problems[:SHOWN], *([f"{setting}: and {rest} more problems"] if rest > 0 else []))
    if not found:
        raise ConfigError(f"{setting}: no pair, expected a phrase, a tab and its paraphrase on each line")
    paraphrases = {phrase: tuple(sorted(others, key=lambda other: (-len(other), other))) for phrase, others in found.items()}
    return PhraseTable(name=path.name, digest=hashlib.sha256(data).hexdigest(), paraphrases=paraphrases)


def _problem(sides: Sequence[Phrase]) -> str | None:
    if len(sides) != 2:
        return f"expected a phrase, a tab and its paraphrase, got {len(sides)} columns"
    if not all(sides):
        return "expected a phrase on both sides of the tab, got a blank"
    if max(map(len, sides)) > MOST_WORDS:
        return f"expected phrases of at most {MOST_WORDS} words, got {max(map(len, sides))}"
    return None
