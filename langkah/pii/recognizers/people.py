"""People's names: after honorifics and lead-ins, and by a gazetteer. NER adds to it in English."""

from __future__ import annotations

from typing import Any, Final

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

from langkah.pii import lexicon
from langkah.pii.recognizers.scored import VALID, finding
from langkah.pii.words import ANY_WORD, LONGEST, Token, judge, on_screen, tokens_from, with_degrees

_LOWER: Final = regex.compile(r"(?<![\p{L}])\p{Ll}{2}")
_WORD: Final = r"\p{Lu}[\p{L}\p{M}]*(?:['-][\p{L}\p{M}]+)*"


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
        titles = rf"(?:(?:{either(cues['honorifics']['id'])}|{either(cues['titles'])})\.?(?:{blank}+|/)){{0,6}}"
        links = either(["is", "adalah", "yaitu", "ialah", "saya", "of", "dari", "the"])
        linking = rf"(?:{blank}*(?:[:=\"'(-]|{links}(?={blank}|:)))*"
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


def _in_sentence(text: str, segment: list[Token]) -> bool:
    """Whether the line around has a word in lower case: in a heading capitals say nothing."""
    start, end = segment[0].start, segment[-1].end
    line = text[text.rfind("\n", 0, start) + 1 : start] + text[end:].partition("\n")[0]
    return _LOWER.search(line) is not None


class GazetteerRecognizer(NameRecognizer):
    """Names of the gazetteer wherever they stand capitalized, with the capitalized words that belong to them."""

    SCORE = VALID

    def __init__(self, language: str) -> None:
        super().__init__(language)
        particles = lexicon.alternatives(lexicon.cues()["particles"])
        self._runs = regex.compile(rf"(?<![\p{{L}}\d_]){_WORD}\.?(?:[^\S\n]{{1,2}}(?:{particles}[^\S\n])?{_WORD}\.?)*")
        verbs = lexicon.alternatives(each for each in lexicon.cues()["follows"][language] if each != "'s")
        self._follows = regex.compile(rf"(?:'s|[^\S\n]+{verbs})(?![\p{{L}}\d_])")

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
                after = ANY_WORD.match(text, words[-1].start) if words else None
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
        return not word.initial and (judge.blocked(word) or word.folded in judge.honorifics)

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
            while last + 1 < len(segment) and last - first < LONGEST - 1 and self._goes_on(segment[last + 1], segment[seed]):
                last += 1
            rest = segment[last + 1 :]
            return [(segment[first].start, segment[last].end), *(self._names_of(text, rest) if rest else [])]
        while segment and not (judge.plausible(segment[0]) or judge.listed(segment[0])):
            segment = segment[1:]
        words = [word for word in segment if len(word.word) > 1]
        if len(words) < 2 or any(word.word.isupper() for word in words):
            return []
        if not all(judge.plausible(word) or judge.listed(word) for word in words):
            return []
        if self._unlisted_name(text, segment, words):
            return [(segment[0].start, segment[-1].end)]
        return []

    def _unlisted_name(self, text: str, segment: list[Token], words: list[Token]) -> bool:
        """Whether two or more capitalized words, none of them enough alone, are a name."""
        judge = self.judge
        listed = sum(judge.listed(word) for word in words)
        if any(word.folded in judge.names.family for word in words[1:]):
            return True
        likely = any(judge.likely(word) for word in words)
        screen = on_screen(text, segment[0].start, segment[-1].end)
        if judge.language == "en":
            return listed >= 2 or (likely and not screen and self._acts(text, segment))
        if listed + sum(judge.shaped(word) for word in words) >= 2 or any(judge.shaped(word) for word in words):
            return True
        # Indonesian capitalizes little: two such words, one of them in no dictionary, are a name unless a screen's.
        return likely and (not screen or self._acts(text, segment)) and len(words) <= 3 and _in_sentence(text, segment)

    def _begins(self, text: str, word: Token) -> bool:
        """Whether the capitalized word before a known name belongs to it; at the start of a sentence it may not."""
        judge = self.judge
        inside = text[: word.start].rstrip(" ")[-1:].islower()
        if not inside and judge.language == "id" and word.folded in judge.plain and lexicon.is_root(word.folded):
            return False  # "Tanya Sari": an imperative that is a name elsewhere
        if judge.listed(word) or word.initial or judge.plausible(word):
            return True
        shouted = len(word.word) > 1 and word.word.isupper()
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
