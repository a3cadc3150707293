"""`langkah rate`: people rate a run's answers blind, on a web page; their ratings go out and come in as a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flows.opening import open_workspace
from flows.reviewing import page_settings, serve_pages
from langkah.artifacts import ArtifactRef, Workspace, use_workspace
from langkah.artifacts.manifest import MANIFEST_NAME, Manifest
from langkah.config import RateConfig, load_config
from langkah.errors import InputError
from langkah.review import RatingQueue, ReviewQueue, database_url, export_ratings, import_ratings


def rate_answers(options: Mapping[str, Any], say: Callable[[str], object]) -> None:
    """Ask for ratings of a run's answers and serve the page, or export or import ratings, as the options say.

    Raises:
        InputError: a setting, an address, a run or a file is wrong.
    """
    config = load_config(options["config_file"], options["settings"])
    if options["export_file"] and options["import_file"]:
        raise InputError("--export and --import: expected one of the two")
    settings = page_settings(options)
    workspace = open_workspace(options["workspace"])
    scores = _scores_of(workspace, options["run_id"])
    with closing(ReviewQueue.open(database_url(config.review.database, workspace, os.environ))) as queue:
        ratings = RatingQueue(queue.engine)
        run = _asked(ratings, workspace, scores, config.rate)
        if path := options["export_file"]:
            say(f"{path}: {export_ratings(ratings, run, path)} answers as somebody rated them")
        elif path := options["import_file"]:
            taken = import_ratings(ratings, run, path)
            say(
                f"{path}: {taken.taken} sheets taken, {taken.known} known already, {taken.standing} left as they are: their "
                "rater has seen whose answers they are"
            )
        else:
            count = ratings.progress(run, "").total
            told = f"{count} prompts of {scores}; Ctrl-C ends; the same `langkah run` again puts the ratings into its report"

            def ready(address: str) -> None:
                say(f"Rate: {address}/rate?run={run} ({told})")

            serve_pages(queue, settings, workspace, say, ready)


def _asked(ratings: RatingQueue, workspace: Workspace, scores: ArtifactRef, config: RateConfig) -> str:
    """Put the prompts of a run into the queue, and name them."""
    from tasks.rating import rating_items, rating_run

    with use_workspace(workspace):
        ratings.publish(rating_run(scores), rating_items(scores, config))
    return rating_run(scores)


def _scores_of(workspace: Workspace, run: str | None) -> ArtifactRef:
    """The scores of a run: by its id, or as its report names them; the newest where no run is named."""
    found = sorted(_all_scores(workspace), key=lambda manifest: manifest.created)
    if run is not None:
        wanted = _report_parents(workspace, run) or {run.removeprefix("scores/")}
        found = [each for each in found if any(name and each.digest.startswith(name) for name in wanted)]
    if not found:
        asked = f"RUN {run}: expected the id of a run in runs/, or scores/... as its report names it; " if run else ""
        raise InputError(f"{asked}no answers of a run are in {workspace.root}; `langkah run` makes some")
    digest = found[-1].digest
    return ArtifactRef(kind="scores", path=f"scores/{digest}", digest=digest)


def _all_scores(workspace: Workspace) -> list[Manifest]:
    return [_manifest(path) for path in workspace.store.root.glob(f"scores/*/{MANIFEST_NAME}")]


def _manifest(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError:
        raise InputError(f"{path}: damaged; remove its folder, and the next run makes it anew") from None


def _report_parents(workspace: Workspace, run: str) -> set[str]:
    """The digests of what a run's report was made of; none where there is no such run."""
    summary = workspace.root / "runs" / run / "summary.json"
    if Path(run).name != run or not summary.is_file():
        return set()
    report = json.loads(summary.read_text(encoding="utf-8")).get("report")
    if not report:
        raise InputError(f"RUN {run}: has no report: it did not come as far as its answers")
    return set(_manifest(Path(report).parent / MANIFEST_NAME).provenance.parents)
