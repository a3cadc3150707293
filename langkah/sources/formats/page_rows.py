"""Help-centre pages, HTML and Markdown: each procedure of a page is a row, numbered by its place on the page.

A page without any is one row that says so, so that it is counted and named.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from langkah.errors import SourceError
from langkah.sources.pages import Found, NestedTooDeeplyError, procedures_in_html, procedures_in_markdown
from langkah.sources.rows import NOT_UTF8, TOO_DEEP, Reading, SourceRow, decode, is_text

_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_HEAD: Final = 2048  # a browser looks for the declaration in the first 1024 bytes
_REPLACED: Final = "\ufffd"
NO_PROCEDURE: Final = "no procedure on the page"


def html_rows(stream: BinaryIO, reading: Reading) -> Iterator[SourceRow]:
    """Read the procedures of an HTML page; its encoding is UTF-8, or what its `<meta charset>` says.

    Raises:
        SourceError: at the call: nested too deeply.
    """
    return _rows(procedures_in_html, _html_text(stream.read()), reading)


def markdown_rows(stream: BinaryIO, reading: Reading) -> Iterator[SourceRow]:
    """Read the procedures of a Markdown page (CommonMark with tables, admonitions and front matter).

    Raises:
        SourceError: at the call: nested too deeply.
    """
    return _rows(procedures_in_markdown, _replaced(decode(stream.read())), reading)


def _rows(find: Callable[[str], list[Found]], text: str, reading: Reading) -> Iterator[SourceRow]:
    try:
        return _numbered(find(text))
    except NestedTooDeeplyError:
        raise SourceError(f"{reading.where}: {TOO_DEEP}") from None


def _numbered(found: list[Found]) -> Iterator[SourceRow]:
    if not found:
        yield SourceRow(1, problem=NO_PROCEDURE)
    for row, procedure in enumerate(found, start=1):
        fields = {"prompt": procedure.prompt, "output": procedure.output}
        if any(_REPLACED in text for text in fields.values()):
            yield SourceRow(row, problem=NOT_UTF8)
        else:
            yield SourceRow(row, fields)


def _html_text(data: bytes) -> str:
    text = decode(data)
    if is_text(text):
        return text
    declared = _CHARSET.search(data[:_HEAD])
    try:
        return data.decode(codecs.lookup(declared[1].decode("ascii")).name if declared else "utf-8")
    except (LookupError, ValueError):  # an encoding that is none, or not that of the bytes
        return _replaced(text)


def _replaced(text: str) -> str:
    """The text with U+FFFD for each wrong byte; what holds one is set aside."""
    return text if is_text(text) else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
