"""People's names by a gazetteer, with the capitalized words that belong to them."""

from __future__ import annotations

from typing import Final

import regex

from langkah.pii import lexicon
from langkah.pii.recognizers.names import WITHIN, NameRecognizer, in_sentence
from langkah.pii.words import ANY_WORD, LONGEST, Token, on_screen, tokens_from

_WORD: Final = r"\p{Lu}[\p{L}\p{M}]*(?:['-][\p{L}\p{M}]+)*"


class GazetteerRecognizer(NameRecognizer):
    """Names of the gazetteer wherever they stand capitalized, with the capitalized words that belong to them."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        particles = lexicon.alternatives(lexicon.cues()["particles"])
        self._runs = regex.compile(rf"(?<![\p{{L}}\d_]){_WORD}\.?(?:[^\S\n]{{1,2}}(?:{particles}[^\S\n]){{0,2}}{_WORD}\.?)*")
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
        if segment and word.capital and judge.language == "id" and word.folded in judge.heads:
            return False
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
            if first > 1 and self.judge.letter(segment[first - 1]) and self._begins(text, segment[first - 2]):
                first -= 2
            last = seed
            while last + 1 < len(segment) and last - first < LONGEST - 1 and self._goes_on(segment[last + 1], segment[seed]):
                last += 1
            last += self._middle_letter(segment[last + 1 : last + 3], segment[seed])
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
        return likely and (not screen or self._acts(text, segment)) and len(words) <= 3 and in_sentence(text, segment)

    def _begins(self, text: str, word: Token) -> bool:
        """Whether the capitalized word before a known name belongs to it; at the start of a sentence it may not."""
        judge = self.judge
        before = text[: word.start].rstrip(" ")[-1:]
        inside = before.islower() or before in WITHIN
        if not inside and judge.language == "id" and word.folded in judge.plain and lexicon.is_root(word.folded):
            return False  # "Tanya Sari": an imperative that is a name elsewhere
        if judge.listed(word) or word.initial or judge.plausible(word):
            return True
        shouted = len(word.word) > 1 and word.word.isupper()
        return inside and word.capital and len(word.word) > 2 and not shouted and not judge.blocked(word)

    def _middle_letter(self, following: list[Token], seed: Token) -> int:
        """2 where a letter without a full stop and a further name follow (`Christian J Wirth`), else 0."""
        if len(following) < 2 or not self.judge.letter(following[0]):
            return 0
        return 2 if self._goes_on(following[1], seed) and not self.judge.blocked(following[1]) else 0

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
