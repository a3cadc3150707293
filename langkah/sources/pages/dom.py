"""An HTML page as plain blocks: headings, texts and lists, without navigation, decoration and hidden machinery."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from langkah.sources.pages.blocks import INLINE, Block, Heading, Listing, Scope, Text
from langkah.sources.pages.furniture import is_accordion_title, is_furniture
from langkah.sources.pages.tables import Cell, table_blocks
from langkah.sources.pages.text import Inline, sample
from langkah.sources.pages.wording import words_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser as Tree
    from selectolax.lexbor import LexborNode as Node

_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_LISTS: Final = ("ol", "ul", "menu", "dir")
_CELLS: Final = ("td", "th")
_MAX_DEPTH: Final = 120
"""Below so many elements a page is read as text only; pages of people have some thirty."""


_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_MOST_OPEN: Final = 10_000
"""Elements open at once: the time that HTML's rules take grows with their square, and browsers stop at 512."""


class NestedTooDeeplyError(ValueError):
    """A page that no person wrote: parsing it would take minutes."""


class Page(NamedTuple):
    """What a page says: its title and its blocks."""

    title: str
    blocks: list[Block]


def read_page(html: str) -> Page:
    """Read a page; any text is one, as to a browser.

    Raises:
        NestedTooDeeplyError: more elements are open at once than a parser can bear.
    """
    from selectolax.lexbor import LexborHTMLParser

    if _most_open(html) > _MOST_OPEN:
        raise NestedTooDeeplyError
    tree = LexborHTMLParser(html)
    named = tree.css_first("title")
    title = Inline()
    title.add(named.text() if named is not None else "")
    builder = _Builder(_tab_labels(tree))
    if tree.body is not None:
        builder.visit(tree.body, 0)
    found = title.text()
    return Page(found.shown if found else "", builder.done())


def _most_open(html: str) -> int:
    """At most so many elements are open at once; those that the next one closes (`<li>`, `<p>`) are left out."""
    closed_by_others = words_of("self_closing_elements")
    most = depth = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in closed_by_others:
            depth = max(0, depth - 1) if closing else depth + 1
            most = max(most, depth)
    return most


def _tab_labels(tree: Tree) -> dict[str, str]:
    """The labels of tabs, by the id of the tab and of its panel."""
    labels: dict[str, str] = {}
    for tab in tree.css("[role=tab]"):
        for key in (tab.attributes.get("id"), tab.attributes.get("aria-controls")):
            if key:
                labels[key] = " ".join(tab.text().split())
    return labels


class _Builder:
    """Collects the blocks of one container; inline text gathers until a block ends it."""

    def __init__(self, tabs: dict[str, str], *, heading: bool = False) -> None:
        self._tabs = tabs
        self._heading = heading
        self._blocks: list[Block] = []
        self._inline = Inline()
        self._bold = self._links = 0  # elements open around the inline text

    def done(self) -> list[Block]:
        """All blocks."""
        self._flush()
        return self._blocks

    def _flush(self) -> None:
        text = self._inline.text()
        if text is not None:
            self._blocks.append(text)
        self._inline = Inline()

    def _add(self, *blocks: Block) -> None:
        self._flush()
        self._blocks.extend(blocks)

    def _inside(self, node: Node, depth: int, *, heading: bool = False) -> list[Block]:
        inner = _Builder(self._tabs, heading=heading)
        inner._visit_children(node, depth)
        return inner.done()

    def _visit_children(self, node: Node, depth: int) -> None:
        for child in node.iter(include_text=True):
            self.visit(child, depth + 1)

    def visit(self, node: Node, depth: int) -> None:
        """Take in one node."""
        tag = node.tag or ""
        if tag == "-text":
            self._inline.add(node.text_content or "", bold=self._bold > 0, link=self._links > 0)
            return
        if tag in words_of("dropped_elements") or tag.startswith("-") or is_furniture(node, tag):
            return
        if depth > _MAX_DEPTH:
            self._inline.add(node.text(separator=" "))
            return
        if tag in _HEADINGS or node.attributes.get("role") == "heading":
            self._visit_heading(node, depth, _HEADINGS.get(tag) or _level(node))
        elif tag in _LISTS:
            self._add(self._listing(node, tag, depth))
        elif tag == "pre":
            if text := sample(node.text()):
                self._add(Text(text, code=True))
        elif tag == "details":
            self._visit_details(node, depth)
        elif tag == "dl":
            self._add(Scope(tuple(self._definitions(node, depth))))
        elif tag == "table":
            self._add(*table_blocks([self._row(row, depth) for row in _own_rows(node)]))
        elif node.attributes.get("role") == "tabpanel":
            label = self._tabs.get(node.attributes.get("aria-labelledby") or "") or self._tabs.get(
                node.attributes.get("id") or ""
            )
            opening = (Heading(0, label, variant=True),) if label else ()
            self._add(Scope((*opening, *self._inside(node, depth))))
        elif not self._heading and is_accordion_title(node, tag):
            self._visit_heading(node, depth, INLINE)
        elif tag in words_of("block_elements"):
            self._flush()
            self._visit_children(node, depth)
            self._flush()
        else:
            self._visit_inline(node, tag, depth)

    def _visit_inline(self, node: Node, tag: str, depth: int) -> None:
        if tag == "br":
            self._inline.end_line(soft=node.attributes.get("class") == "soft")
        elif tag == "img":
            self._inline.image(node.attributes.get("alt") or "")
        elif tag == "button" and self._inline.is_empty and not self._heading:
            return  # "Subscribe", "Copy": a control of the page; within a sentence it is named by it
        elif tag == "sup" and node.css_first("a") is not None:
            return  # a footnote's mark
        else:
            bold, link = tag in ("b", "strong"), tag == "a"
            self._bold += bold
            self._links += link
            self._visit_children(node, depth)
            self._bold -= bold
            self._links -= link

    def _visit_heading(self, node: Node, depth: int, level: int) -> None:
        inner = self._inside(node, depth, heading=True)
        first, rest = (inner[0], inner[1:]) if inner and isinstance(inner[0], Text) else (None, inner)
        self._add(*([Heading(level, first.shown.replace("\n", " "))] if first else []), *rest)

    def _label(self, node: Node, depth: int) -> str:
        """The text of an element that heads others, on one line."""
        inner = self._inside(node, depth, heading=True)
        return " ".join(" ".join(block.text.split()) for block in inner if isinstance(block, (Heading, Text)))

    def _visit_details(self, node: Node, depth: int) -> None:
        title = ""
        inner = _Builder(self._tabs)
        for child in node.iter(include_text=True):
            if child.tag == "summary" and not title:
                title = self._label(child, depth)
            else:
                inner.visit(child, depth + 1)
        self._add(Scope((*([Heading(0, title)] if title else []), *inner.done())))

    def _definitions(self, node: Node, depth: int) -> Iterator[Block]:
        for child in node.iter():
            if child.tag == "dt":
                if label := self._label(child, depth):
                    yield Heading(0, label)
            elif child.tag == "div":
                yield from self._definitions(child, depth + 1) if depth < _MAX_DEPTH else ()
            elif child.tag not in words_of("dropped_elements"):
                yield from self._inside(child, depth)

    def _listing(self, node: Node, tag: str, depth: int) -> Listing:
        items: list[list[Block]] = []
        self._collect_items(node, depth, items)
        attributes = node.attributes
        first = attributes.get("start") or "1"
        return Listing(
            tuple(map(tuple, items)),
            ordered=tag == "ol",
            first=int(first) if first.isascii() and first.isdecimal() and len(first) < 4 else 1,
            letters=attributes.get("type") in ("a", "A"),
        )

    def _collect_items(self, node: Node, depth: int, items: list[list[Block]]) -> None:
        """The items of a list; what stands between two belongs to the first, as a browser shows it."""
        for child in node.iter(include_text=True):
            if child.tag == "li":
                items.append(self._inside(child, depth + 1))
            elif child.tag not in _LISTS and depth < _MAX_DEPTH and child.css_first("li") is not None:
                self._collect_items(child, depth + 1, items)
            else:
                inner = _Builder(self._tabs)
                inner.visit(child, depth + 1)
                if found := inner.done():
                    items[-1].extend(found) if items else items.append(found)

    def _row(self, row: Node, depth: int) -> list[Cell]:
        cells = [child for child in row.iter() if child.tag in _CELLS]
        return [Cell(cell.tag == "th", tuple(self._inside(cell, depth + 1))) for cell in cells]


def _own_rows(table: Node) -> Iterator[Node]:
    """The rows of a table, without those of tables in its cells."""
    for child in table.iter():
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child.iter() if row.tag == "tr")


def _level(node: Node) -> int:
    given = node.attributes.get("aria-level") or "2"
    return min(int(given), 6) if given.isascii() and given.isdecimal() and given != "0" and len(given) < 3 else 2
