from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from flows.console import print_dataset

DATASET: dict[str, Any] = {
    "digest": "0" * 64,
    "path": "datasets/0",
    **dict.fromkeys(("rows_in", "rows_kept", "rows_rejected", "rows_duplicate", "rows_flagged", "rows_not_selected"), 0),
    **dict.fromkeys(("intents", "train", "eval", "holdout"), 0),
    "set_aside": {},
    "pii": dict.fromkeys(("replaced", "records", "records_touched", "audit_planted", "audit_found"), 0),
    "pages_without_procedure": [],
}


def said_of(**changed: Any) -> str:
    written = io.StringIO()
    print_dataset(Console(file=written, width=200), {**DATASET, **changed})
    return written.getvalue()


def test_pages_without_a_procedure_are_named() -> None:
    assert "no procedure" not in said_of()
    assert "no procedure on 2 of the pages: about.md, team.md\n" in said_of(pages_without_procedure=["about.md", "team.md"])
    many = said_of(pages_without_procedure=[f"p{n}.md" for n in range(10)])
    assert "no procedure on 10 of the pages: p0.md," in many
    assert "p7.md and 2 more\n" in many
