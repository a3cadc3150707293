"""Markdown as HTML: CommonMark with tables, and what documentation tools add to it (front matter, admonitions, tabs)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

import yaml

_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TEMPLATE: Final = re.compile(r"\{%.{0,500}?%\}|\{\{.{0,500}?\}\}|\{:[^}\n]{0,500}\}")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_COLONS: Final = re.compile(r" {0,3}:{3,}\s*(\w*).*")
"""The lines around Docusaurus' and Pandoc's `:::note`."""
_MARKED: Final = re.compile(r'(?:!!!|\?\?\?\+?|===\+?!?)\s*(?P<kind>[\w-]+)?[^"]*(?:"(?P<title>[^"]*)")?\s*$')
"""MkDocs: `!!! note "Title"` and `=== "Tab"`, their content indented by four below."""
_TOC: Final = re.compile(r"\s*\[(?:\[_?toc_?\]|toc)\]\s*", re.IGNORECASE)
_INDENT: Final = "    "


def markdown_to_html(text: str) -> str:
    """Render a page. A line end within a paragraph is a `<br class="soft">`, so that numbered lines can be told apart."""
    from markdown_it import MarkdownIt

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text)
    title = _title(front[1]) if front else ""
    body = "\n".join(_plain_lines((text[front.end() :] if front else text).split("\n")))
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    renderer.add_render_rule("softbreak", lambda *_: '<br class="soft">')
    try:
        rendered = renderer.render(body)
    except RecursionError:  # nested beyond what any page is: read as one paragraph
        rendered = f"<p>{html.escape(body)}</p>"
    return f"<title>{html.escape(title)}</title>\n{rendered}"


def _title(front: str) -> str:
    """The title of the front matter."""
    try:
        values = yaml.safe_load(front)
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError, LookupError):
        return ""
    title = values.get("title") if isinstance(values, dict) else None
    return title if isinstance(title, str) else ""


def _plain_lines(lines: list[str]) -> Iterator[str]:
    """The lines with admonitions and tabs as what CommonMark has for them, code left as it is."""
    fence: str | None = None
    inside = False  # an admonition, whose content is indented
    for line in lines:
        opened = _FENCE.match(line)
        if fence is not None or opened:
            if opened and fence is None:
                fence = opened[1]
            elif fence and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = None
            yield line.removeprefix(_INDENT) if inside else line
            continue
        if line.strip() and not line.startswith((" ", "\t")):
            inside = False
        marked = _MARKED.fullmatch(line)
        if marked and (marked["kind"] or marked["title"]):
            inside = True
            yield from ("", _opening(line, marked["kind"] or "", marked["title"] or ""), "")
        elif _COLONS.fullmatch(line) or _TOC.fullmatch(line):
            yield ""
        else:
            yield _TEMPLATE.sub("", line.removeprefix(_INDENT) if inside else line)


def _opening(line: str, kind: str, title: str) -> str:
    if line.startswith("==="):
        return f"**{title or kind}**"
    return f"{kind.capitalize()}: {title}" if title else f"{kind.capitalize()}:"
