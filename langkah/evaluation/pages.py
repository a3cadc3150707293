"""Pages that need nothing else: one HTML document with its own style and script, which forbids itself to load anything.

Record text is always escaped, and no script but the page's own runs.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, cast

from langkah.evaluation.report_text import (
    duration,
    exact,
    level,
    number,
    percent,
    rule_name,
    score,
    short,
    signed,
    whole,
    words,
)

if TYPE_CHECKING:
    from jinja2 import Environment

_SCRIPT: Final = "filter.html"
_STYLE: Final = "report.css"


def render_page(template: str, *, title: str, style: str = "", **parts: Any) -> str:
    """Render a page.

    Args:
        template: its name in `templates/`; it includes `head.html` and ends with the script.
        title: of the page.
        style: name of a style sheet that it has beside the one of all pages.
        **parts: what the template shows.

    Returns:
        A whole HTML document, UTF-8 encodable, without any external resource.
    """
    script = _source(_SCRIPT)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = _environment().get_template(template).render(
        title=title,
        script=script,
        script_hash=f"sha256-{digest}",
        style="\n".join(_source(name) for name in (_STYLE, style) if name),
        **parts,
    )  # fmt: skip
    # A model may answer half a surrogate pair, which is no UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def _source(name: str) -> str:
    return resources.files("langkah.evaluation").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters = cast("dict[str, Any]", environment.filters)  # pyright: ignore[reportUnknownMemberType]
    filters.update({
        "score": score, "percent": percent, "whole": whole, "duration": duration, "words": words,
        "level": level, "short": short, "exact": exact, "number": number, "rule_name": rule_name,
        "signed": signed,
    })  # fmt: skip
    return environment
