"""A run is found by its id, the beginning of one, or as the last; and what is not found is told with what there is."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from langkah.artifacts import ArtifactRef, Provenance, Workspace, find_run, list_runs
from langkah.artifacts.payload_names import REPORT, SCORES
from langkah.errors import InputError


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


def artifact(workspace: Workspace, kind: str, name: str, text: str, parents: Sequence[str] = ()) -> ArtifactRef:
    with workspace.store.draft(kind) as draft:
        (draft.path / name).write_text(text)
        draft.provenance = Provenance(step=kind, version=1, parents=tuple(parents))
    assert draft.ref
    return draft.ref


def ended(workspace: Workspace, run_id: str, at: float, **summary: Any) -> None:
    path = workspace.run_folder(run_id) / "summary.json"
    path.write_text(json.dumps({"run_id": run_id, **summary}))
    os.utime(path, (at, at))


def judged(workspace: Workspace, run_id: str, at: float, *, named: bool = True) -> tuple[ArtifactRef, ArtifactRef]:
    """A run with scores and a page; one that is not `named` wrote its summary before summaries named scores."""
    scores = artifact(workspace, "scores", SCORES, run_id)
    report = artifact(workspace, "report", REPORT, f"<p>{run_id}", [scores.digest])
    parts = {"scores": {"digest": scores.digest}} if named else {}
    ended(workspace, run_id, at, **parts, report=f"/somewhere/else/report/{report.digest}/{REPORT}")
    return scores, report


def refused(workspace: Workspace, which: str | None = None, **how: Any) -> str:
    with pytest.raises(InputError) as caught:
        find_run(workspace, which, **how)
    (line,) = caught.value.problems
    return line


@pytest.fixture
def three(workspace: Workspace) -> Workspace:
    judged(workspace, "aa01", 100)
    judged(workspace, "aa02", 300, named=False)
    ended(workspace, "bb01", 500, steps=[{"name": "scrub", "state": "Cached"}, {"name": "train", "state": "Failed"}])
    return workspace


def test_by_id_by_its_beginning_and_the_last(three: Workspace) -> None:
    assert [run.name for run in list_runs(three)] == ["bb01", "aa02", "aa01"]
    assert [find_run(three, which).name for which in ("aa01", "aa02", "b", None)] == ["aa01", "aa02", "bb01", "bb01"]
    assert find_run(three, judged=True).name == "aa02"
    ended(three, "aa", 50)
    assert find_run(three, "aa").name == "aa", "a whole id is no beginning of others"


@pytest.mark.parametrize("named", [True, False])
def test_what_it_made_is_found_wherever_the_workspace_is_now(workspace: Workspace, named: bool) -> None:
    scores, report = judged(workspace, "aa01", 1, named=named)
    run = find_run(workspace, "aa01")
    assert (run.scores, run.report) == (scores, report)
    assert run.page and run.page.read_text() == "<p>aa01"
    assert run.page.is_relative_to(workspace.root)


def test_what_is_not_there_is_one_line_with_what_is(three: Workspace) -> None:
    line = refused(three, "cc")
    assert line == (
        "RUN cc: expected the id of a run, its beginning, or scores/... as its report names it; "
        "here are, the last one first: bb01, aa02, aa01"
    )
    assert refused(three, "aa") == "RUN aa: 2 runs begin so, aa02, aa01; expected more of the id"
    assert refused(three, "bb", judged=True) == (
        "RUN bb01: it ended with the step train: Failed; expected a run that judged a model"
    )
    assert "bb01" not in refused(three, "cc", judged=True).partition("here are")[2]
    for which in ("", "..", "../aa01", "a*", "scores/", "scores/zz"):
        assert "RUN" in refused(three, which)


def test_an_empty_workspace_says_what_makes_a_run(workspace: Workspace) -> None:
    assert refused(workspace) == f"no run is in {workspace.root}; `langkah run` makes one"
    assert refused(workspace, judged=True) == f"no run that judged a model is in {workspace.root}; `langkah run` makes one"


def test_scores_that_no_summary_names_are_a_run_too(three: Workspace) -> None:
    scores = artifact(three, "scores", SCORES, "of a deployment")
    report = artifact(three, "report", REPORT, "<p>deployed", [scores.digest])
    run = find_run(three)  # made now, and so the last
    assert (run.name, run.scores, run.report, run.summary) == (f"scores/{scores.digest[:12]}", scores, report, {})
    assert find_run(three, f"scores/{scores.digest[:6]}") == run
    known = find_run(three, "aa01").scores
    assert known and find_run(three, f"scores/{known.digest}").name == "aa01"
    ended(three, "dd01", 700, scores={"digest": known.digest})  # the same answers once more
    assert find_run(three, f"scores/{known.digest[:8]}").name == "dd01"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"scores": {"digest": "../.."}}', '{"report": 7}', '{"adapter": 1}'])
def test_a_damaged_summary_is_named_and_never_passed_over(three: Workspace, text: str) -> None:
    path = three.run_folder("ee01") / "summary.json"
    path.write_text(text)
    for which, how in ((None, {}), (None, {"judged": True}), ("ee", {})):
        line = refused(three, which, **how)
        assert line == f"RUN ee01: {path}: damaged; remove its folder, or name another run"
    assert find_run(three, "aa01").name == "aa01"


def test_a_waiting_run_and_one_that_never_began_say_so(workspace: Workspace) -> None:
    ended(workspace, "aa01", 1, review={"pending": 3}, steps=[{"name": "review", "state": "AwaitingReview"}])
    ended(workspace, "bb01", 2, steps=[])
    assert "it waits for a review" in refused(workspace, "aa01", judged=True)
    assert "it ended before its first step" in refused(workspace, "bb01", judged=True)
