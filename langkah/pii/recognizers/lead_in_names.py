"""People's names after the words that lead them in."""

from __future__ import annotations

from typing import Any

import regex

from langkah.pii import lexicon
from langkah.pii.recognizers.names import NameRecognizer
from langkah.pii.words import Token, tokens_from


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
            return not (word.folded in judge.functions or word.folded in judge.plain)
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
            signed = kind in ("label", "closing") and text[taken[-1].end : taken[-1].end + 1] in ("", "\n")
            return (signed or any(judge.likely(word) for word in words)) and all(
                judge.plausible(word) or judge.listed(word) for word in words
            )
        # One unknown word alone on its line, or between a greeting and a comma, is a signature or an address.
        after = text[taken[-1].end : taken[-1].end + 1]
        alone = after in ("", "\n", ",", ".", "!", ";")
        return kind in ("label", "closing", "greeting") and alone and judge.possible(taken[0])
