"""`langkah rate`: people rate a run's answers blind, on a web page; their ratings go out and come in as a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from flows.commands.output import check_outside, check_writable
from flows.opening import open_workspace
from flows.reviewing import page_settings, serve_pages
from langkah.artifacts import ArtifactRef, Workspace, find_run, use_workspace
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
    check_writable(options["export_file"], option="--export")
    check_outside(options["export_file"], workspace, "--export")
    scores = find_run(workspace, options["run_id"], judged=True).scores
    assert scores
    with closing(ReviewQueue.open(database_url(config.review.database, workspace, os.environ))) as queue:
        ratings = RatingQueue(queue.engine)
        run = _asked(ratings, workspace, scores, config.rate)
        if path := options["export_file"]:
            say(f"{path}: {export_ratings(ratings, run, path)} answers as somebody rated them")
        elif path := options["import_file"]:
            taken = import_ratings(ratings, run, path)
            say(
                f"{path}: {taken.taken} sheets taken, {taken.known} known already, {taken.older} older than what their rater"
                f" has here, which stands, {taken.standing} left as they are: their rater has seen whose answers they are"
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
