"""When two texts count as the same: for naming intents, admitting paraphrases, splitting and the leak audit alike."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_APOSTROPHE = re.compile(r"['’ʼ`](?<=\w.)(?=\w)")  # what it looks back from comes first: a search then skips all else
# `C++`, `C#` and `50%` are not `C` and `50`; but `Ctrl+C` is `Ctrl C`, and a Markdown `# Title` is `Title`.
_LOOSE_SIGN = re.compile(r"(?<![\w+#%])[+#%]+|[+#%]+(?=\w)")


class _Fold(dict[int, int | str | None]):
    """A `str.translate` table filled as characters are met: letters, marks and numbers stay, the rest is a space."""

    def __missing__(self, code: int) -> int | str | None:
        kind = unicodedata.category(chr(code))
        kept = kind[0] in "LMN" or chr(code) in "+#%"
        self[code] = code if kept else " "
        return self[code]


class _Invisible(dict[int, int | None]):
    """A `str.translate` table that drops format characters: soft hyphens, joiners, byte order marks."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)) == "Cf" else code
        return self[code]


_FOLD = _Fold()
_INVISIBLE = _Invisible()
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_ASCII_FOLD = (
    "".join(sign.lower() if sign.isalnum() or sign in "+#%" else " " for sign in map(chr, range(128))).encode().ljust(256)
)
"""What `_FOLD` makes of ASCII, in lower case: a translation of bytes takes a fifth of the time."""


def normalize(text: str) -> str:
    """Fold what does not change what a text says: Unicode form, case, punctuation and white space.

    `normalize(normalize(text)) == normalize(text)`. Empty where the text holds no letter and no number.
    """
    if not text.isascii():  # which has one form, and nothing invisible
        text = _FOREIGN.sub(lambda found: found[0].translate(_INVISIBLE), text)
        text = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFKC", text)
    if "'" in text or "`" in text or "’" in text or "ʼ" in text:
        text = _APOSTROPHE.sub("", text)
    if not text.isascii():  # often it is but for signs
        text = _FOREIGN.sub(lambda found: found[0].translate(_FOLD), text)
    text = text.encode("ascii").translate(_ASCII_FOLD).decode("ascii") if text.isascii() else text.translate(_FOLD)
    if "+" in text or "#" in text or "%" in text:
        text = _LOOSE_SIGN.sub(" ", text)
    return " ".join(text.split())


def same_text_key(text: str) -> str:
    """What two texts share when they are the same: `normalize`, or the bare text where nothing is left of it."""
    return normalize(text) or text.strip()


def text_hash(text: str) -> int:
    """64 bits that stand for a text where millions are compared: of as many, two share theirs once in a million times."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
