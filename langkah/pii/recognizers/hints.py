"""Names in no list and no dictionary, where the words around say that a person is meant."""

from __future__ import annotations

from typing import Any, Final

import regex

from langkah.pii import lexicon
from langkah.pii.recognizers.names import NameRecognizer, in_sentence, line_bounds
from langkah.pii.view import MASK
from langkah.pii.words import Token, on_screen, tokens_from

_RUN: Final = regex.compile(r"(?<![\p{L}\p{M}\d_@#/\\.'-])\p{Lu}[\p{L}\p{M}]*")
_MOST: Final = 4
"""Words of the longest name that is found by hints alone."""
_REACH: Final = 40
"""Characters before and after a name that are read for a hint."""
_STOPS: Final = ("", ".", "!", "?", "\n")


class HintedNameRecognizer(NameRecognizer):
    """Capitalized words that may be a name, where a hint says that they are.

    Two such words need none, nor one that is spelled as family names are; one word alone needs a sure hint.
    """

    SCORE = 0.7

    def __init__(self, language: str) -> None:
        super().__init__(language)
        hints, either = lexicon.cues()["hints"], lexicon.alternatives
        start, stop, blank = r"(?<![\p{L}\d_])", r"(?![\p{L}\d_])", r"[^\S\n]"

        def build(pattern: str) -> Any:
            return regex.compile(pattern, regex.IGNORECASE)

        conjunction = r"(?:and|or|dan|atau|&)"
        # A name was found already: another beside it, another speaker, one who is told or given something.
        beside = rf"{MASK}{blank}*(?:,|,?{blank}{conjunction})|(?:said|gave|given|sent|told|showed|wrote){blank}{MASK}{blank}to"
        self._before = build(rf"(?:{start}{either(hints['before'][language])}(?:{blank}*[:,(\"']{{1,2}})?|{beside}){blank}*$")
        owns = rf"'s{blank}+{either(hints['owns'])}{stop}"
        besides = rf",{blank}{MASK}(?=,|,?{blank}{conjunction})|,?{blank}{conjunction}{blank}{MASK}"
        # "Kalman is a very kind person", "Kalman adalah karyawan kami".
        article = rf"(?:(?:a|an|the|my|our|his|her|their|seorang|salah satu){blank})?(?:[\p{{L}}-]{{1,20}}{blank}){{0,2}}"
        is_a = rf"{blank}(?:is|was|adalah|ialah){blank}{article}{either(hints['is_a'][language])}{stop}"
        self._after = build(rf"(?:{owns}|{besides}|{is_a}|{blank}+{either(hints['after'][language])}{stop})")
        # "Kalman, can I ..." and "Kalman: I have ..." at the start of a line: the one who is spoken to, the one who speaks.
        asked = rf",{blank}+{either(hints['asks'][language])}{stop}"
        says = rf":{blank}(?=[^\n]*{start}(?:i|i'm|me|my|you|your|we|saya|aku|kami|anda|kamu){stop})"
        self._opening = build(rf"{asked}|{says}")
        self._speaks = regex.compile(rf":{blank}?[\"']?\p{{Lu}}")
        self._talk = regex.compile(rf"(?m)^{blank}*{MASK}:{blank}")
        # "..., remind me, Kalman!" at the end of a sentence.
        self._spoken_to = build(rf"{start}{either(hints['spoken_to'])}(?:{blank}[\p{{L}}']+){{0,3}},{blank}+$")
        self._pronoun = build(rf"{start}{either(hints['pronouns'][language])}{stop}")
        self._places = frozenset(lexicon.cues()["places"])
        self._place = build(rf"{blank}+{either(self._places)}{stop}")

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Bounds of the names."""
        found: list[tuple[int, int]] = []
        position = 0
        while (match := _RUN.search(text, position)) is not None:
            words = self._words(text, match.start())
            position = max(match.end(), words[-1].end if words else 0)
            if words and self._is_name(text, words):
                found.append((words[0].start, words[-1].end))
        return found

    def _words(self, text: str, start: int) -> list[Token]:
        """The capitalized words from `start` on that may belong to one name."""
        judge = self.judge
        taken: list[Token] = []
        if not all(map(self._may_belong, tokens_from(text, start, 1))):  # as most capitalized words: spares the others
            return taken
        for word in tokens_from(text, start, _MOST):
            particle = word.folded in judge.particles and not word.capital
            if not (taken and (particle or judge.letter(word))) and not self._may_belong(word):
                break
            taken.append(word)
        while taken and (not taken[-1].capital or len(taken[-1].word) == 1):
            taken.pop()
        return taken

    def _may_belong(self, word: Token) -> bool:
        judge = self.judge
        if judge.unheard(word) or (judge.language == "id" and judge.plausible(word)):
            return True
        return judge.listed(word) and word.capital and not word.word.isupper() and not judge.blocked(word)

    def _is_name(self, text: str, words: list[Token]) -> bool:
        judge = self.judge
        start, end = words[0].start, words[-1].end
        if words[-1].folded in self._places or self._place.match(text, end) or on_screen(text, start, end):
            return False
        long = [word for word in words if len(word.word) > 1 and word.capital]
        first, line_end = line_bounds(text, start, end)
        opens = not text[first:start].strip(" \t>*-\"'?") and (first == 0 or text[first - 1] == "\n")
        if opens and not text[end:line_end].strip(" \t,.!\"'"):
            # Alone on its line, as in a signature or an address.
            return len(long) > 1 and (any(map(judge.listed, long)) or all(map(judge.unknown, long)))
        if not in_sentence(text, words):
            return False
        starts = opens or text[max(0, start - 4) : start].rstrip()[-1:] in _STOPS
        imperative = starts and judge.language == "id" and not judge.likely(long[0])  # "Pakai Kalmo saja"
        if any(map(judge.foreign, long)) or (len(long) > 1 and any(map(judge.unknown, long)) and not imperative):
            return True
        if len(long) == 1:
            if long[0].folded in judge.plain or not (judge.unheard(long[0]) or judge.listed(long[0])):
                return False
            if judge.language == "id" and not opens and judge.single(long[0]):
                return True
        return self._hinted(text, start, end, (first, line_end), opens)

    def _hinted(self, text: str, start: int, end: int, line: tuple[int, int], opens: bool) -> bool:
        """Whether the words around the span, on its line, say that it is a person."""
        first = max(line[0], start - _REACH)
        if self._after.match(text, end) or self._before.search(text, first, start):
            return True
        if opens and (self._opening.match(text, end, line[1]) or (self._speaks.match(text, end) and self._talk.search(text))):
            return True
        if text[end : end + 1] in _STOPS and self._spoken_to.search(text, first, start):
            return True
        return self._pronoun.search(text, *line) is not None
