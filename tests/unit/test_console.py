from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from flows.console import print_dataset, print_scores, print_waiting
from langkah.artifacts import Workspace
from langkah.config import RunConfig, parse_config

DATASET: dict[str, Any] = {
    "digest": "0" * 64,
    "path": "datasets/0",
    **dict.fromkeys(("rows_in", "rows_kept", "rows_rejected", "rows_duplicate", "rows_flagged", "rows_not_selected"), 0),
    **dict.fromkeys(("intents", "train", "eval", "holdout"), 0),
    "set_aside": {},
    "approvals": {"records_by_rules": 40, "variants_by_rules": 1200},
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


def test_it_is_said_who_approved_the_dataset() -> None:
    assert "  approved by rules, not by a person: 40 records, 1,200 paraphrases\n" in said_of()
    assert "  approved by a person: 3 records, 0 paraphrases\n" in said_of(approvals={"records_by_person": 3})


def waiting_of(workspace: Workspace, config: RunConfig | None = None, place: str = "http://127.0.0.1:4280") -> str:
    written = io.StringIO()
    rows = {"rows_in": 9, "rows_kept": 4, "rows_rejected": 2, "rows_duplicate": 0, "rows_flagged": 3, "rows_not_selected": 0}
    review = {"pending": 3, "decided": 1, "place": place, **rows}
    print_waiting(Console(file=written, width=20), review, workspace, config or RunConfig())
    return written.getvalue()


def test_a_waiting_run_names_the_command_that_opens_its_own_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGKAH_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "  langkah review  " in waiting_of(Workspace.open())
    assert "  langkah review  " in waiting_of(Workspace.open(tmp_path / ".langkah"))
    other = Workspace.open(tmp_path / "my runs")
    assert f"  langkah review --workspace '{tmp_path}/my runs'  " in waiting_of(other)
    assert f"langkah review --workspace '{tmp_path}/my runs' --import FILE" in waiting_of(other, place="q.xlsx")
    monkeypatch.setenv("LANGKAH_HOME", str(other.root))
    assert "  langkah review  " in waiting_of(other)
    database = parse_config({"review": {"database": "postgresql://u:${PASSWORD}@db/review"}})
    assert "langkah review --set 'review.database=postgresql://u:${PASSWORD}@db/review'" in waiting_of(other, database)


def test_a_waiting_run_says_what_became_of_the_rows(tmp_path: Path) -> None:
    said = waiting_of(Workspace.open(tmp_path))
    assert "9 rows in = 4 kept + 2 rejected + 0 duplicate + 3 flagged\n" in said


SCORES: dict[str, Any] = {
    "n": 20, "rouge_l": 0.4, "rouge_l_ci": [0.3, 0.5], "meteor": 0.5, "meteor_ci": [0.4, 0.6],
    "failed": 0, "step_n": 20, "step_recall": 0.6, "step_precision": 0.7, "step_order": 0.8, "exact_procedure": 0.125,
}  # fmt: skip


def scores_of(**tuned: Any) -> str:
    written = io.StringIO()
    metrics = {"base": {"eval": SCORES}, "tuned": {"eval": {**SCORES, **tuned}}}
    print_scores(Console(file=written, width=80), metrics, {"passed": True, "rules": []})
    return written.getvalue()


def test_scores_fit_a_terminal_of_80_columns() -> None:
    said = scores_of(step_recall=0.75)
    assert "…" not in said
    assert "0.400 (0.300-0.500)" in said
    assert [line.split()[1:] for line in said.splitlines() if line.split()[:1] == ["tuned"]][1] == [
        "0.750", "0.700", "0.800", "0.125",
    ]  # fmt: skip


def test_without_steps_in_the_references_no_figure_of_steps_is_shown() -> None:
    assert "exact" in scores_of()
    assert "exact" not in scores_of(step_n=0)


def test_answers_that_failed_are_told_by_system() -> None:
    assert "tuned: 3 answers could not be generated and count as 0" in scores_of(failed=3)
    assert "could not be generated" not in scores_of()
