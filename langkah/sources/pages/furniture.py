"""Which elements of a page are no part of its text (navigation, share buttons), and which are headings in disguise."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from langkah.sources.pages.wording import words_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode as Node

_KEPT: Final = ("html", "body", "main", "article", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "td")
_CONTENT: Final = "h1, main, article"
"""What holds one of these is no navigation, whatever its class says."""
_INLINE: Final = ("a", "span", "i", "b", "em", "sup", "button", "img", "small", "abbr")
_ROLES: Final = ("navigation", "contentinfo", "search", "menu", "menubar", "tablist", "doc-toc", "dialog", "alertdialog")
_PARTS: Final = re.compile(r"[-_]+|(?<=[a-z])(?=[A-Z])")
_WITH_LINES: Final = "ol, ul, dl, table, pre, p, div, section, h1, h2, h3, h4, h5, h6"
_PERMALINKS: Final = ("#", "¶", "§", "🔗", "🔗️")
_LONGEST_TITLE: Final = 200


class _Names(NamedTuple):
    parts: frozenset[str]
    tokens: frozenset[str]
    negations: frozenset[str]
    accordion: frozenset[str]
    titles: frozenset[str]
    bodies: frozenset[str]


@cache
def _names() -> _Names:
    return _Names(
        parts=words_of("skip_parts"),
        tokens=words_of("skip_tokens"),
        negations=words_of("skip_prefix_words"),
        accordion=words_of("accordion_parts"),
        titles=words_of("accordion_title_parts"),
        bodies=words_of("accordion_body_parts"),
    )


def is_furniture(node: Node, tag: str) -> bool:
    """Whether an element is navigation, a footer, a share bar or the like, by its role and the words of its class and id."""
    attributes = node.attributes
    if attributes.get("role") in _ROLES or (tag in _INLINE and attributes.get("aria-hidden") == "true"):
        return True
    if tag == "a" and node.text().strip() in _PERMALINKS:
        return True
    if tag in _KEPT:
        return False
    tokens = _tokens(node)
    if not tokens or not any(_is_skipped(token, tag) for token in tokens):
        return False
    return node.css_first(_CONTENT) is None


def _is_skipped(token: str, tag: str) -> bool:
    names = _names()
    if token.lower() in names.tokens:
        return tag not in _INLINE  # <span class="menu"> is a menu that a step names
    first, *rest = _split(token)
    if first in names.negations:  # "has-sidebar", "no-footer": said of what stands beside it
        return False
    return first in names.parts or bool(rest and rest[-1] in names.parts)


def is_accordion_title(node: Node, tag: str) -> bool:
    """Whether an element opens an accordion's panel: its text is the heading of what follows."""
    attributes = node.attributes
    opens = tag == "button" and ("aria-expanded" in attributes or "aria-controls" in attributes)
    if not opens and not _is_named_title(node):
        return False
    return node.css_first(_WITH_LINES) in (None, node) and len(node.text().strip()) <= _LONGEST_TITLE


def _is_named_title(node: Node) -> bool:
    names = _names()
    for token in (node.attributes.get("class") or "").split():
        parts = set(_split(token))
        if parts & names.accordion and parts & names.titles and not parts & names.bodies:
            return True
    return False


def _tokens(node: Node) -> list[str]:
    attributes = node.attributes
    return [*(attributes.get("class") or "").split(), *(attributes.get("id") or "").split()]


def _split(token: str) -> list[str]:
    return [part.lower() for part in _PARTS.split(token) if part] or [""]
