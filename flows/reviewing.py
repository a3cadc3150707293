"""`langkah review`: the queue on a web page, or by spreadsheet."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from flows.opening import open_workspace
from flows.resuming import DecidedRuns
from langkah.app import AppSettings, app_settings, serve_review
from langkah.artifacts import Workspace
from langkah.config import load_config
from langkah.errors import InputError
from langkah.review import ImportReport, ReviewQueue, database_url, export_queue, import_decisions


def review_queue(options: Mapping[str, Any], say: Callable[[str], object]) -> None:
    """Export, import or serve the queue, as the options of the command line say.

    Raises:
        InputError: a setting, an address or a file is wrong.
    """
    config = load_config(options["config_file"], options["settings"])
    if options["export_file"] and options["import_file"]:
        raise InputError("--export and --import: expected one of the two")
    settings = page_settings(options)
    workspace = open_workspace(options["workspace"])
    with closing(ReviewQueue.open(database_url(config.review.database, workspace, os.environ))) as queue:
        if options["export_file"]:
            say(_export(queue, options["run_id"], options["export_file"]))
        elif options["import_file"]:
            report = import_decisions(queue, options["import_file"], settings.reviewer or _user())
            say(_taken(options["import_file"], report))
            DecidedRuns(queue, say).let_one_go_on(report.run_id)
        else:
            serve_pages(queue, settings, workspace, say, lambda address: _told(queue, address, say))


def page_settings(options: Mapping[str, Any]) -> AppSettings:
    """How the pages are served, as the options say."""
    return app_settings(
        host=options["host"],
        port=options["port"],
        reviewer=options["reviewer"],
        language=options["language"],
        environment=os.environ,
    )


def serve_pages(
    queue: ReviewQueue, settings: AppSettings, workspace: Workspace, say: Callable[[str], object], ready: Callable[[str], None]
) -> None:
    """Serve the pages until the process is told to stop, and let runs go on meanwhile whose items are all decided."""
    with DecidedRuns(queue, say).watched():
        serve_review(queue, settings, workspace, ready)


def _told(queue: ReviewQueue, address: str, say: Callable[[str], object]) -> None:
    runs = queue.runs()
    waiting = f"{queue.progress(runs[0]).pending} to decide" if runs else "no run asked for review here yet"
    say(f"Review: {address} ({waiting}; Ctrl-C ends)")


def _user() -> str:
    """The name of the system's user."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container's user may have none
        raise InputError("--import: this user has no name; add --reviewer NAME") from None


def _export(queue: ReviewQueue, run_id: str | None, path: Path) -> str:
    runs = queue.runs()
    if not run_id and not runs:
        raise InputError("--export: the queue is empty; no run asked for review yet")
    count = export_queue(queue, run_id or runs[0], path)
    return f"{path}: {count} items; fill in `decision` (approve, reject, skip) and take it back by --import"


def _taken(path: Path, report: ImportReport) -> str:
    lines = [
        f"{path}: {report.rows} rows: {report.applied} decisions taken, {report.unchanged} known already, "
        f"{report.undecided} undecided, {len(report.conflicts)} decided otherwise meanwhile"
    ]
    lines += [f"  {_conflict(report, place)}" for place in range(len(report.conflicts))]
    return "\n".join(lines)


def _conflict(report: ImportReport, place: int) -> str:
    conflict = report.conflicts[place]
    if conflict.reviewer is None or conflict.at is None:
        return f"row {conflict.row}: changed meanwhile; left as it is"
    return f"row {conflict.row}: decided by {conflict.reviewer} at {conflict.at:%Y-%m-%d %H:%M} UTC; left as it is"
