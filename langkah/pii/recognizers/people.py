"""People's names: after honorifics and lead-ins, and by a gazetteer. NER adds to it in English."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

from langkah.pii import lexicon
from langkah.pii.recognizers.scored import VALID, finding

_WORD: Final = r"\p{Lu}[\p{L}\p{M}]*(?:['-][\p{L}\p{M}]+)*"
_ANY_WORD: Final = regex.compile(r"[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*\.?")
_GAP: Final = regex.compile(r"[^\S\n]{1,2}")
_LONGEST: Final = 5


@dataclass(frozen=True)
class Token:
    """A word of a text, with its bounds; `word` has no full stop and no possessive."""

    word: str
    start: int
    end: int
    stopped: bool = False
    after: int = 0
    """Where the full stop or possessive after it ends."""

    @property
    def folded(self) -> str:
        return self.word.casefold()

    @property
    def capital(self) -> bool:
        return self.word[:1].isupper()

    @property
    def initial(self) -> bool:
        return len(self.word) == 1 and self.capital and self.stopped


class Judge:
    """What a word of a text in `language` may be."""

    def __init__(self, language: str) -> None:
        self.language = language
        cues = lexicon.cues()
        self.names = lexicon.names(language)
        self.plain = lexicon.ui_words()
        self.titles = frozenset(cues["titles"])
        self.honorifics = frozenset(cues["honorifics"][language]) | frozenset(cues["honorifics"]["id"])
        self.particles = frozenset(cues["particles"])
        self.functions = frozenset(word for each in ("weak", "follows") for word in cues[each][language] if " " not in word)
        self._endings = tuple(cues["name_endings"])

    def known(self, token: Token) -> bool:
        """A word of the gazetteer that is enough alone."""
        return token.folded in self.names.given or (self.language == "id" and token.folded in self.names.family)

    def listed(self, token: Token) -> bool:
        """Any word of the gazetteer."""
        return token.folded in self.names

    def shaped(self, token: Token) -> bool:
        """Ends as Indonesian names do."""
        return len(token.word) > 5 and token.folded.endswith(self._endings) and not (self.ordinary(token) or lexicon.is_root(token.folded))

    def blocked(self, token: Token) -> bool:
        """A word no name goes on over: of an interface, or a function word."""
        return token.folded not in self.names and (token.folded in self.plain or token.folded in self.functions)

    def ordinary(self, token: Token) -> bool:
        """A word of the language, as far as the lists know."""
        folded = token.folded
        if folded in self.plain or folded in self.functions or folded in self.honorifics:
            return True
        return self.language == "id" and not self.listed(token) and lexicon.is_indonesian_word(folded)

    def plausible(self, token: Token) -> bool:
        """Possible, or an Indonesian root without affixes (`Karma`, `Warta`) that is no interface word."""
        if self.possible(token):
            return True
        shouted = token.word.isupper()
        root = self.language == "id" and lexicon.is_root(token.folded)
        return root and token.capital and not shouted and not self.blocked(token) and token.folded not in self.honorifics

    def likely(self, token: Token) -> bool:
        """Possible, or of the gazetteer and no ordinary Indonesian root."""
        return self.possible(token) or (self.listed(token) and not lexicon.is_root(token.folded))

    def possible(self, token: Token) -> bool:
        """A capitalized word that may be a name though no list has it."""
        shouted = len(token.word) > 1 and token.word.isupper()
        if not token.capital or len(token.word) < 2 or shouted or self.ordinary(token):
            return False
        return self.language == "en" or not lexicon.is_root(token.folded)


@cache
def judge(language: str) -> Judge:
    """The judge of a language."""
    return Judge(language)


def tokens_from(text: str, position: int, limit: int = _LONGEST) -> list[Token]:
    """The words from `position` on, apart by blanks only."""
    found: list[Token] = []
    while len(found) < limit:
        match = _ANY_WORD.match(text, position)
        if match is None:
            break
        word = match.group()
        stopped = word.endswith(".")
        word = word.removesuffix(".")
        if word.endswith(("'s", "'S")):
            word = word[:-2]
        start = match.start()
        found.append(Token(word, start, start + len(word), stopped, match.end()))
        if len(word) + stopped != len(match.group()) or (stopped and len(word) > 4):
            break
        gap = _GAP.match(text, match.end())
        if gap is None:
            break
        position = gap.end()
    return found


_DEGREES: Final[list[Any]] = []


def with_degrees(text: str, end: int) -> int:
    """Where the degrees after a name end (`, S.Pd, M.Kom`); `end` where there are none."""
    if not _DEGREES:
        _DEGREES.append(regex.compile(rf"(?:,?[^\S\n]?(?:{lexicon.cues()['degrees']}))+"))
    match = _DEGREES[0].match(text, end)
    return match.end() if match else end


class NameRecognizer(LocalRecognizer):
    """Base of the name recognizers: `spans` yields bounds, all of one score."""

    SCORE: float = VALID

    def __init__(self, language: str) -> None:
        super().__init__(supported_entities=["PERSON"], supported_language=language, name=type(self).__name__)
        self.judge = judge(language)

    def load(self) -> None:
        """Nothing to load."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Bounds of the names in `text`."""
        raise NotImplementedError

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Presidio's entry point."""
        return [finding(self, start, with_degrees(text, end), self.SCORE) for start, end in self.spans(text)]


class LeadInRecognizer(NameRecognizer):
    """Names after an honorific (`Pak`), a lead-in (`atas nama`), a greeting, a closing, or a word that suggests one."""

    SCORE = 0.95

    def __init__(self, language: str) -> None:
        super().__init__(language)
        cues = lexicon.cues()
        start, stop = r"(?<![\p{L}\d_])", r"(?![\p{L}\d_])"
        blank = r"[^\S\n]"
        either = lexicon.alternatives
        titles = rf"(?:(?:{either(cues['honorifics']['id'])}|{either(cues['titles'])})\.?(?:{blank}+|/))*"
        linking = rf"(?:{blank}*(?:[:=\"'(-]|{either(['is', 'adalah', 'yaitu', 'ialah', 'saya', 'of', 'dari', 'the'])}(?={blank}|:)))*"
        strong = sorted({*cues["strong"]["en"], *cues["strong"]["id"]})

        def build(pattern: str) -> Any:
            return regex.compile(pattern, regex.IGNORECASE)

        self._leads: tuple[tuple[str, Any], ...] = (
            ("honorific", build(rf"{start}{either(cues['honorifics'][language])}(?:\.{blank}*|/|{blank}+|\.{blank}+){titles}")),
            ("strong", build(rf"{start}{either(strong)}(?![\p{{L}}\d_]){linking}\s?{blank}*{titles}")),
            ("label", build(rf"(?m)^{blank}*(?:[-*•]{blank}*)?{either(cues['labels'])}{blank}*[:=]{blank}*{titles}")),
            ("greeting", build(rf"{start}{either(cues['greetings'])}{stop},?{blank}+{titles}")),
            ("closing", build(rf"{start}{either(cues['closings'])}{blank}*[,.!]?{blank}*\n\s*{titles}")),
            ("weak", build(rf"{start}{either(cues['weak'][language])}{stop},?{blank}+{titles}")),
        )

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Bounds of the names, without the words that lead them in."""
        found: list[tuple[int, int]] = []
        for kind, pattern in self._leads:
            for match in pattern.finditer(text, overlapped=True):
                end = self._name_end(text, match.end(), kind)
                if end is not None:
                    found.append((match.end(), end))
        return found

    def _name_end(self, text: str, position: int, kind: str) -> int | None:
        judge, words = self.judge, tokens_from(text, position)
        if not words:
            return None
        taken: list[Token] = []
        for word in words:
            if word.folded in judge.particles and taken and not word.capital:
                taken.append(word)
                continue
            if not self._fits(word, kind, first=not taken, shouting=bool(taken) and taken[0].word.isupper()):
                break
            taken.append(word)
        while taken and taken[-1].folded in judge.particles and not taken[-1].capital:
            taken.pop()
        if not taken:
            return None
        if kind in ("weak", "greeting", "label", "closing") and not self._looks_like_a_name(text, taken, kind):
            return None
        return taken[-1].end + (taken[-1].initial)

    def _fits(self, word: Token, kind: str, *, first: bool, shouting: bool) -> bool:
        judge = self.judge
        if not word.capital:
            if kind not in ("strong", "honorific") or not judge.listed(word) or judge.blocked(word):
                # After `nama saya` any word that the dictionary lacks is a name, also in lower case.
                return first and kind == "strong" and judge.language == "id" and len(word.word) > 3 and not judge.ordinary(word)
            return first or not (word.folded in judge.functions or word.folded in judge.plain)
        if word.initial:
            return True
        if judge.listed(word):
            return word.folded not in judge.functions
        if word.folded in judge.titles:
            return True
        if len(word.word) == 1:
            return False
        if first and kind not in ("strong", "honorific"):
            return judge.plausible(word)
        if first:
            shouting = word.word.isupper()
            if word.folded in judge.honorifics or (judge.language == "en" and judge.ordinary(word)):
                return False
        return not judge.blocked(word) and not (shouting and judge.ordinary(word))

    def _looks_like_a_name(self, text: str, taken: list[Token], kind: str) -> bool:
        judge = self.judge
        words = [word for word in taken if not word.initial]
        if any(judge.known(word) for word in words):
            return True
        if len(words) >= 2:
            return any(judge.likely(word) for word in words) and all(
                judge.plausible(word) or judge.listed(word) for word in words
            )
        # One unknown word alone on its line, or between a greeting and a comma, is a signature or an address.
        after = text[taken[-1].end : taken[-1].end + 1]
        alone = after in ("", "\n", ",", ".", "!", ";")
        return kind in ("label", "closing", "greeting") and alone and judge.possible(taken[0])


class GazetteerRecognizer(NameRecognizer):
    """Names of the gazetteer wherever they stand capitalized, with the capitalized words that belong to them."""

    SCORE = VALID

    def __init__(self, language: str) -> None:
        super().__init__(language)
        particles = lexicon.alternatives(lexicon.cues()["particles"])
        self._runs = regex.compile(rf"(?<![\p{{L}}\d_]){_WORD}\.?(?:[^\S\n]{{1,2}}(?:{particles}[^\S\n])?{_WORD}\.?)*")
        self._follows = regex.compile(
            rf"(?:'s|[^\S\n]+{lexicon.alternatives(each for each in lexicon.cues()['follows'][language] if each[0] != chr(39))})"
            r"(?![\p{L}\d_])"
        )

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Bounds of the names."""
        found: list[tuple[int, int]] = []
        for run in self._runs.finditer(text):
            segment: list[Token] = []
            position = run.start()
            while position < run.end():
                words = tokens_from(text, position, 12)
                for word in words:
                    if word.start >= run.end():
                        break
                    if self._breaks(word, segment):
                        found += self._names_of(text, segment)
                        segment = []
                    else:
                        segment.append(word)
                found += self._names_of(text, segment)
                segment = []
                after = _ANY_WORD.match(text, words[-1].start) if words else None
                position = after.end() if after else run.end()
                while position < run.end() and not text[position].isalpha():
                    position += 1
        return found

    def _breaks(self, word: Token, segment: list[Token]) -> bool:
        judge = self.judge
        if word.folded in judge.particles and not word.capital:
            return not segment
        if word.folded in judge.titles and not judge.listed(word):
            return not word.initial
        return judge.blocked(word) or word.folded in judge.honorifics

    def _names_of(self, text: str, segment: list[Token]) -> list[tuple[int, int]]:
        judge = self.judge
        while segment and segment[-1].folded in judge.particles and not segment[-1].capital:
            segment = segment[:-1]
        if not segment:
            return []
        seed = next((index for index, word in enumerate(segment) if judge.known(word)), None)
        if seed is not None:
            first = seed
            while first > 0 and self._begins(text, segment[first - 1]):
                first -= 1
            last = seed
            while last + 1 < len(segment) and last - first < _LONGEST - 1 and self._goes_on(segment[last + 1], segment[seed]):
                last += 1
            rest = segment[last + 1 :]
            return [(segment[first].start, segment[last].end), *(self._names_of(text, rest) if rest else [])]
        words = [word for word in segment if len(word.word) > 1]
        if len(words) < 2 or any(word.word.isupper() for word in words):
            return []
        named = sum(judge.listed(word) for word in words)
        shaped = sum(judge.shaped(word) for word in words) if judge.language == "id" else 0
        possible = all(judge.plausible(word) or judge.listed(word) for word in words)
        likely = any(judge.likely(word) for word in words)
        family = any(word.folded in judge.names.family for word in words[1:])
        if possible and (
            named + shaped >= 2 or family or (judge.language == "id" and shaped) or (likely and self._acts(text, segment))
        ):
            return [(segment[0].start, segment[-1].end)]
        return []

    def _begins(self, text: str, word: Token) -> bool:
        """Whether the capitalized word before a known name belongs to it; at the start of a sentence it may not."""
        judge = self.judge
        if judge.listed(word) or word.initial or judge.plausible(word):
            return True
        shouted = len(word.word) > 1 and word.word.isupper()
        inside = text[: word.start].rstrip(" ")[-1:].islower()
        return inside and word.capital and len(word.word) > 2 and not shouted and not judge.blocked(word)

    def _goes_on(self, word: Token, seed: Token) -> bool:
        if word.folded in self.judge.particles and not word.capital:
            return True
        if word.initial or self.judge.listed(word):
            return True
        shouted = len(word.word) > 1 and word.word.isupper()
        if shouted:
            return seed.word.isupper() and self.judge.shaped(word)
        return word.capital and len(word.word) > 1

    def _acts(self, text: str, segment: list[Token]) -> bool:
        """Whether what follows is what people do: two unknown capitalized words are then a name."""
        return len(segment) <= 3 and self._follows.match(text, segment[-1].end) is not None
