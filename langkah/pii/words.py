"""The words of a text, and what each may be: a name, an ordinary word, part of an interface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import regex

from langkah.pii import lexicon

_ANY_GAP: Final = regex.compile(r"[^\S\n]{1,2}")
ANY_WORD: Final = regex.compile(r"[\p{L}\p{M}]+(?:['-][\p{L}\p{M}]+)*\.?")
_GAP: Final = regex.compile(r"[^\S\n]{1,2}")
_ABBREVIATIONS: Final = frozenset(("dr", "drs", "dra", "drg", "ir", "prof", "muh", "moh", "hj", "st", "tgk", "jr", "sr"))
"""A full stop after these, as after an initial, ends no sentence."""
_CAMEL: Final = regex.compile(r"(?!Mc|Mac|De|Di|La|Le|Van|O')\p{Lu}[\p{L}']*\p{Lu}")
"""`LoRA`, `HuggingFace`: a product."""
_CONTRACTIONS: Final = ("n't", "'ll", "'re", "'ve", "'m", "'d")
LONGEST: Final = 5
"""Words of the longest name."""


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
        """Casefolded, as the lists are."""
        return self.word.casefold()

    @property
    def capital(self) -> bool:
        """Starts with a capital."""
        return self.word[:1].isupper()

    @property
    def initial(self) -> bool:
        """One letter with a full stop."""
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
        self.heads = frozenset(cues["heads"])
        self._single_endings = tuple(cues["single_endings"])
        self._family_endings = tuple(cues["family_endings"])
        self._word_endings = tuple(cues["word_endings"])

    def known(self, token: Token) -> bool:
        """A word of the gazetteer that is enough alone."""
        return token.folded in self.names.given or token.folded in self.names.family

    def listed(self, token: Token) -> bool:
        """Any word of the gazetteer."""
        return token.folded in self.names

    def shaped(self, token: Token) -> bool:
        """Ends as Indonesian names do."""
        return (
            len(token.word) > 5
            and token.folded.endswith(self._endings)
            and not (self.ordinary(token) or lexicon.is_root(token.folded))
        )

    def letter(self, token: Token) -> bool:
        """One capital, as between two names; English `I` is a word."""
        return len(token.word) == 1 and token.capital and not (self.language == "en" and token.word == "I")

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
        """Possible, or an Indonesian root without affixes (`Karma`, `Sabeni`: -i is rare) that is no interface word."""
        if self.possible(token):
            return True
        shouted = token.word.isupper()
        folded = token.folded
        root = self.language == "id" and (lexicon.is_root(folded) or (folded[-1:] == "i" and lexicon.is_root(folded[:-1])))
        return root and token.capital and not shouted and not self.blocked(token) and token.folded not in self.honorifics

    def likely(self, token: Token) -> bool:
        """In English: of the gazetteer, or unheard of. In Indonesian: possible, or of the gazetteer and no root."""
        if self.language == "en":
            return self.listed(token) or self.unheard(token)
        return self.possible(token) or (self.listed(token) and not lexicon.is_root(token.folded))

    def possible(self, token: Token) -> bool:
        """A capitalized word that may be a name though no list has it."""
        shouted = len(token.word) > 1 and token.word.isupper()
        if not token.capital or len(token.word) < 2 or shouted or self.ordinary(token):
            return False
        if _CAMEL.match(token.word):
            return False
        borrowed = len(token.word) > 5 and token.folded.endswith(self._word_endings) and not self.listed(token)
        return self.language == "en" or not (borrowed or lexicon.is_root(token.folded))

    def unheard(self, token: Token) -> bool:
        """A capitalized word of three letters or more that no list and no dictionary has: in Indonesian, neither language's."""
        if len(token.word) < 3 or not self.possible(token) or self.listed(token):
            return False
        return not (lexicon.is_english_word(token.folded) or token.folded.endswith(_CONTRACTIONS))

    def single(self, token: Token) -> bool:
        """A word unheard of that ends as Indonesian names of one word do."""
        return len(token.word) > 5 and token.folded.endswith(self._single_endings + self._endings) and self.unknown(token)

    def unknown(self, token: Token) -> bool:
        """Unheard of in either language: an Indonesian word in an English text is none."""
        return self.unheard(token) and not lexicon.is_root(token.folded)

    def foreign(self, token: Token) -> bool:
        """A word unheard of that is spelled as names of other languages are: its ending, or letters that English lacks."""
        if not self.unheard(token):
            return False
        return not token.folded.isascii() or (len(token.word) > 4 and token.folded.endswith(self._family_endings))


@cache
def judge(language: str) -> Judge:
    """The judge of a language."""
    return Judge(language)


def tokens_from(text: str, position: int, limit: int = LONGEST) -> list[Token]:
    """The words from `position` on, apart by blanks only."""
    found: list[Token] = []
    while len(found) < limit:
        match = ANY_WORD.match(text, position)
        if match is None:
            break
        word = match.group()
        stopped = word.endswith(".")
        word = word.removesuffix(".")
        if word.endswith(("'s", "'S")):
            word = word[:-2]
        start = match.start()
        found.append(Token(word, start, start + len(word), stopped, match.end()))
        if len(word) + stopped != len(match.group()) or (stopped and len(word) > 1 and word.casefold() not in _ABBREVIATIONS):
            break
        gap = _GAP.match(text, match.end())
        if gap is None:
            break
        position = gap.end()
    return found


_DO: Final = regex.compile(
    r"(?i)(?<![\p{L}])(?:click|press|tick|untick|check|uncheck|hit|select|open|tap|"
    r"choose|switch|start typing|type|go to|in the|on the|under the|the|start|restart|launch|relaunch|run|install|uninstall|"
    r"reinstall|download|enable|disable|turn on|turn off|switch on|switch off|sign in to|sign into|log in to|log into|"
    r"sign out of|log out of|"
    r"pilih|centang|klik|tekan|mulai|mulai ulang|menjalankan|menyalakan|mematikan|membuka|mengunduh|memasang|mengaktifkan|"
    r"menonaktifkan|masuk ke|keluar dari|buka|ketuk|geser|aktifkan|nyalakan|matikan|jalankan|unduh|pasang|instal|aplikasi|menu|"
    r"tab|tombol|bagian|halaman|layar|panel|fitur|opsi|tipe|merek|seri|model|perangkat|program|pada|produk|toko|bank)"
    r"(?:[^\S\n]+(?:on|pada|di))?[^\S\n]+[\"']?$"
)
_SCREEN: Final = regex.compile(
    r"(?i)[\"']?[^\S\n]+(?:button|menu|tab|settings?|page|app|application|switch|window|dialog|section|icon|panel|option|"
    r"field|keys?|screen|mode|link|list|view|box|checkbox|toggle|overview|sidebar|pane)(?![\p{L}])"
)


def on_screen(text: str, start: int, end: int) -> bool:
    """Whether the words around say that this is something to click, an application or a product."""
    return _DO.search(text, max(0, start - 24), start) is not None or _SCREEN.match(text, end) is not None


_DEGREES: Final[list[Any]] = []


def with_degrees(text: str, end: int) -> int:
    """Where the degrees after a name end (`, S.Pd, M.Kom`); `end` where there are none."""
    if not _DEGREES:
        _DEGREES.append(regex.compile(rf"(?:,?[^\S\n]?(?:{lexicon.cues()['degrees']}))+"))
    match = _DEGREES[0].match(text, end)
    return match.end() if match else end
