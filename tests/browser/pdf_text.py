"""The text of a PDF as Chromium writes it, page by page: glyphs of each font, by the table that gives them their characters."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/F(\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>")
_RANGE = re.compile(r"<(\w+)> <(\w+)> <(\w+)>")
_SINGLE = re.compile(r"<(\w{4})> <(\w+)>$", re.MULTILINE)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, without the spaces: a PDF places words and need not write what is between them."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = {
        number: dict(_characters(_content(objects[int(found[1])])))
        for number, body in objects.items()
        if (found := re.search(rb"/ToUnicode (\d+) 0 R", body))
    }
    shown: list[str] = []
    for body in objects.values():
        if not re.search(rb"/Type\s*/Page\b", body):
            continue
        content = re.search(rb"/Contents (\d+) 0 R", body)
        assert content
        text, font = "", {}
        for name, glyphs in _SHOWN.findall(_content(objects[int(content[1])])):
            if name:
                font = fonts[int(name)]
            text += "".join(font.get(int(glyphs[at : at + 4], 16), "") for at in range(0, len(glyphs), 4))
        shown.append("".join(text.split()))
    return shown


def _content(body: bytes) -> bytes:
    stream = _STREAM.search(body)
    assert stream
    return zlib.decompress(stream[1]) if b"FlateDecode" in body else stream[1]


def _characters(table: bytes) -> Iterator[tuple[int, str]]:
    """Glyph -> what it stands for."""
    text = table.decode("ascii")
    for part in re.findall(r"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for low, high, first in _RANGE.findall(part):
            for glyph in range(int(low, 16), int(high, 16) + 1):
                yield glyph, chr(int(first, 16) + glyph - int(low, 16))
    for part in re.findall(r"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for glyph, characters in _SINGLE.findall(part):
            yield int(glyph, 16), bytes.fromhex(characters).decode("utf-16-be")
