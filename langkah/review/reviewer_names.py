"""The name that stands on decisions."""

from __future__ import annotations

import unicodedata
from typing import Final

from langkah.errors import InputError

MAX_NAME: Final = 200
_UNSEEN: Final = ("Cc", "Cf", "Co", "Cs")
"""Categories of characters that show nothing of themselves, or turn around what stands beside them."""


def reviewer_name(text: str) -> str:
    """A name as it is kept, whichever way it was typed: composed (NFC), one space between words.

    Raises:
        InputError: it is empty, too long, or holds control or format characters.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 0 < len(name) <= MAX_NAME:
        raise InputError(f"reviewer: expected a name of 1 to {MAX_NAME} characters")
    if any(unicodedata.category(character) in _UNSEEN for character in name):
        raise InputError("reviewer: expected a name without control or format characters")
    return name
