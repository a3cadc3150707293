"""Procedures of help-centre pages: a heading and the numbered steps below it become a question and its answer.

`dom.py` turns HTML into plain blocks (headings, texts, lists), `markdown_text.py` renders Markdown to such HTML, `steps.py`
finds the lists that pages write without `<ol>`, and `procedures.py` makes procedures of sections. Which words open a step,
and which headings have none below them, is in `wording.json`.
"""

from langkah.sources.pages.dom import NestedTooDeeplyError
from langkah.sources.pages.markdown_text import markdown_to_html
from langkah.sources.pages.procedures import Found, procedures_in_html

__all__ = ["Found", "NestedTooDeeplyError", "procedures_in_html", "procedures_in_markdown"]


def procedures_in_markdown(text: str) -> list[Found]:
    """The procedures of a Markdown page, in order.

    Raises:
        NestedTooDeeplyError: as `procedures_in_html`.
    """
    return procedures_in_html(markdown_to_html(text))
