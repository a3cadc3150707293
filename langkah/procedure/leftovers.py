"""What is left of HTML and Markdown in a cell of text, taken out or put into plain lines.

Pages are read by `langkah.sources`; this is for the tags that exports leave in an answer. A tag that HTML does not have
(`<your name>`, `<Enter>`) and a tag in backticks are text.
"""

from __future__ import annotations

import html
import re
from typing import Final

_LINE_BREAK: Final = re.compile(r"(?<!`)<br\s*/?>[ \t]*\n?", re.IGNORECASE)
_BLOCK: Final = re.compile(r"(?<!`)<(/?)(ol|ul|li|p|div|h[1-6]|table|tbody|tr|td|blockquote)(?:\s[^<>]*)?>\s*", re.IGNORECASE)
_PAIR: Final = re.compile(
    r"(?<!`)<(b|strong|i|em|u|span|a|font|code|kbd|small|mark)(?:\s[^<>]*)?>(.{0,1000}?)</\1>", re.IGNORECASE | re.DOTALL
)
_ENTITY: Final = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_QUOTED: Final = re.compile(r"^[ \t]*>[ \t]+", re.MULTILINE)
_ESCAPED: Final = re.compile(r"^([ \t]*\d{1,2})\\([.)])", re.MULTILINE)
_INVISIBLE: Final = re.compile("[\u200b\u2060\ufeff]")
_TABLE_ROW: Final = re.compile(r"[ \t]*\|[ \t]*((?:[^\W\d]+[ \t]+)?\d{1,2})[.:)]?[ \t]*\|(.*)")
_TABLE_RULE: Final = frozenset("|-: \t")
_MAX_NESTING: Final = 4
_INDENT: Final = "   "


def plain_text(text: str) -> str:
    """A text without tags, entities, quotation marks of Markdown and invisible characters; lists keep their numbers."""
    if "<" in text:
        text = _LINE_BREAK.sub("\n", text)
        for _ in range(_MAX_NESTING):
            text, found = _PAIR.subn(r"\2", text)
            if not found:
                break
        if _BLOCK.search(text):
            text = _blocks(text)
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]).replace("\N{NO-BREAK SPACE}", " "), text)
    if ">" in text and len(_QUOTED.findall(text)) > 1:
        text = _QUOTED.sub("", text)
    if "|" in text:
        text = _without_table(text)
    if "\\" in text:
        text = _ESCAPED.sub(r"\1\2", text)
    return text if text.isascii() else _INVISIBLE.sub("", text)


def _without_table(text: str) -> str:
    """The rows of a table of steps as numbered lines; its head and rule go. Any other table stays as it is."""
    lines = text.split("\n")
    rows = {place: match for place, line in enumerate(lines) if (match := _TABLE_ROW.fullmatch(line.rstrip()))}
    if len(rows) < 2:
        return text
    rules = {place for place, line in enumerate(lines) if "---" in line and "|" in line and _TABLE_RULE.issuperset(line)}
    heads = {place - 1 for place in rules if place and "|" in lines[place - 1]} - set(rows)
    return "\n".join(
        f"{match[1]}. " + " ".join(cell for part in match[2].split("|") if (cell := part.strip()))
        if (match := rows.get(place))
        else line
        for place, line in enumerate(lines)
        if place not in rules | heads
    )


def _blocks(text: str) -> str:
    """Put blocks on lines of their own, and the items of lists under a number or a dash, nested ones indented."""
    written: list[str] = []
    lists: list[int | None] = []
    end = 0
    for tag in _BLOCK.finditer(text):
        written.append(text[end : tag.start()].rstrip())
        end = tag.end()
        closes, name = bool(tag[1]), tag[2].lower()
        if name in ("ol", "ul"):
            if not closes:
                lists.append(0 if name == "ol" else None)
            elif lists:
                lists.pop()
            written.append("\n" if lists else "\n\n")
        elif name == "li" and not closes:
            number = lists[-1] + 1 if lists and lists[-1] is not None else None
            if number is not None:
                lists[-1] = number
            written.append(f"\n{_INDENT * min(len(lists) - 1, _MAX_NESTING)}{f'{number}.' if number else '-'} ")
        elif name == "td":
            written.append(" ")
        else:
            written.append("\n")
    written.append(text[end:])
    tidy = re.sub(r"[ \t]+\n", "\n", "".join(written))
    return re.sub(r"\n{3,}", "\n\n", tidy).strip("\n")
