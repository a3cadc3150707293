"""`langkah report`: one run's summary and page, or several runs compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.commands.output import check_outside, check_writable, write_json, write_text
from flows.opening import open_workspace
from flows.run_end import print_past_run
from langkah.artifacts import ArtifactStore, Run, find_run
from langkah.artifacts.payload_names import SCORES
from langkah.errors import ArtifactError, InputError

if TYPE_CHECKING:
    from rich.console import Console


def report_runs(options: Mapping[str, Any], console: Console) -> None:
    """Show one run or compare several, as the options say.

    Raises:
        InputError: no such run or workspace, a run that cannot be compared, a file that cannot be written.
        ArtifactError: what a run made is damaged or gone.
    """
    which, out, json_file = options["which"], options["out"], options["json_file"]
    workspace = open_workspace(options["workspace"])
    check_writable(out, option="--out")
    check_writable(json_file)
    check_outside(out, workspace, "--out")
    check_outside(json_file, workspace)
    if out and json_file and out.absolute() == json_file.absolute():
        raise InputError(f"--json {json_file}: is the file of --out; expected another one")
    if len(which) > 1:
        from flows.run_comparison import compare_runs

        compare_runs(workspace, which, console, out, json_file)
        return
    run = find_run(workspace, which[0] if which else None)
    summary = _summary(workspace.store, run)
    try:
        with console.capture() as told:
            print_past_run(console, run, summary, workspace)
    except (KeyError, TypeError, AttributeError, ValueError):
        place = f"; its page is {run.page}" if run.page else ""
        raise InputError(f"RUN {run.name}: its summary is damaged, or of another version of Langkah{place}") from None
    console.file.write(told.get())
    write_json(json_file, summary)
    if out:
        _copy(run, out)


def _summary(store: ArtifactStore, run: Run) -> dict[str, Any]:
    """What is known of a run, with its page where it is now."""
    summary = dict(run.summary) or {"run_id": run.name, **_scored(store, run)}
    summary.pop("report", None)
    return {**summary, "report": str(run.page)} if run.page and run.page.is_file() else summary


def _scored(store: ArtifactStore, run: Run) -> dict[str, Any]:
    """What scores tell of a run that left no summary.

    Raises:
        ArtifactError: they are damaged.
    """
    from langkah.registry import VERDICT, read_candidate

    assert run.scores
    store.verify(run.scores)
    folder = store.folder(run.scores)
    scores = json.loads((folder / SCORES).read_text(encoding="utf-8"))
    candidate = read_candidate(store, run.scores)
    return {
        "adapter": {"digest": candidate.adapter},
        "scores": {"digest": run.scores.digest, "path": str(folder)},
        **{name: scores[name] for name in ("metrics", "gains", "meteor_kinds")},
        "champion": scores["champion"] and {"adapter": candidate.judged_against, **scores["champion"]},
        "gate": json.loads((folder / VERDICT).read_text(encoding="utf-8")),
    }


def _copy(run: Run, out: Path) -> None:
    """Put a copy of the run's page where `--out` says."""
    if run.page is None or not run.page.is_file():
        raise ArtifactError(f"RUN {run.name}: its page is not in this workspace; the same `langkah run` again makes it")
    write_text(out, run.page.read_text(encoding="utf-8"), "--out")
