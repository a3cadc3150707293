"""Running text of a page: white space, emphasis, images that name a button, arrows of menu paths."""

from __future__ import annotations

import re
import textwrap
from typing import Final

from langkah.sources.pages.blocks import SOFT_BREAK, Text

_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0\u2000-\u200a\u202f\u3000]+")
_UNSEEN: Final = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\u0000]")
_ARROW: Final = re.compile(r"(?<=\S)\s*[›‣▸▶⟩→➔➜❯]\s*(?=\S)|(?<=\S)\s+»\s+(?=\S)")
_ALERT: Final = re.compile(r"^\[!(\w+)\]\s*")  # GitHub's "> [!NOTE]"
_TASK: Final = re.compile(r"^\[[ xX]\]\s+")
"""The box of a task list, where Markdown has one."""
_NAMED: Final = re.compile(
    r"(?:\b(?:click|tap|press|select|choose|hit|open|use|touch|the|on|klik|ketuk|tekan|pilih|sentuh|buka|tombol|ikon|menu|button"
    r"|icon)|>)\s*[\"“‘']?$",
    re.IGNORECASE,
)
"""What stands before an image that takes the place of a button's name."""
_PICTURE: Final = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp)\b|\b(?:screenshot|screen ?shot|image|picture|photo|diagram|illustration|figure|logo"
    r"|tangkapan|gambar|foto|ilustrasi)\b",
    re.IGNORECASE,
)
_ARROWS: Final = ("and then", "then", "lalu", "kemudian", ">", "→", "arrow", "right arrow")
"""Alternative texts of the arrows in a menu path that is drawn with pictures."""
_KIND: Final = re.compile(r"^(?:ikon|tombol)\s+|\s+(?:icon|button)$", re.IGNORECASE)
_SPACE_BEFORE_STOP: Final = re.compile(r"(?<=\S) {1,8}(?=[,.;:!?](?:\s|$))")
_MOST_WORDS: Final = 4
_NEAR: Final = 8
"""Pieces of text, before an image, that may hold the word in front of it."""


class Inline:
    """Text that gathers until a block ends it."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._shown = self._bold = self._linked = 0
        self._pictures = False  # whether there are any

    @property
    def is_empty(self) -> bool:
        """Whether nothing shows yet."""
        return self._shown == 0

    def add(self, text: str, *, bold: bool = False, link: bool = False) -> None:
        """Add text as HTML has it: white space of any length is one blank."""
        plain = _SPACE.sub(" ", _UNSEEN.sub("", text))
        self._pieces.append(plain)
        count = len(plain) - plain.count(" ")
        self._shown += count
        self._bold += count if bold else 0
        self._linked += count if link else 0

    def end_line(self, *, soft: bool = False) -> None:
        """End a line; `soft` where only the source has a line end."""
        self._pieces.append(SOFT_BREAK if soft else "\n")

    def image(self, alt: str) -> None:
        """Add an image: its alternative text where that is the name of the button to press, else nothing."""
        name = _KIND.sub("", " ".join(alt.split()))
        if alt.strip().lower() in _ARROWS:
            self._pieces.append(" > ")
            return
        names = name and len(name.split()) <= _MOST_WORDS and not _PICTURE.search(alt)
        if names and _NAMED.search("".join(self._pieces[-_NEAR:]).rstrip(" ")):
            self._pieces.append(f" {name} ")
        self._pictures = True

    def text(self) -> Text | None:
        """The paragraph; None where nothing shows."""
        if self.is_empty:
            return None
        whole = "".join(self._pieces)
        if self._pictures:  # "Tap Save <img>." shows no "Save ."
            whole = _SPACE_BEFORE_STOP.sub("", whole)
        lines = [tidy(line) for line in whole.split("\n")]
        joined = "\n".join(line for line in lines if line.strip(SOFT_BREAK + " "))
        return Text(joined, bold=self._bold == self._shown, link=self._linked == self._shown) if joined else None


def tidy(line: str) -> str:
    """One line, blanks collapsed, with ` > ` for the arrows of a menu path."""
    parts = [re.sub(" {2,}", " ", part).strip() for part in line.split(SOFT_BREAK)]
    text = SOFT_BREAK.join(part for part in parts if part)
    text = _TASK.sub("", _ARROW.sub(" > ", text))
    return _ALERT.sub(lambda found: f"{found[1].capitalize()}: ", text).strip()


def sample(text: str) -> str:
    """A code sample without empty lines and common indent."""
    lines = [line.rstrip() for line in _UNSEEN.sub("", text).expandtabs(4).splitlines()]
    return textwrap.dedent("\n".join(line for line in lines if line.strip()))
