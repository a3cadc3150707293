"""`langkah review`: the queue on a web page, or by spreadsheet."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from langkah.app import app_settings, serve_review
from langkah.artifacts import Workspace
from langkah.config import load_config
from langkah.errors import InputError, LangkahError
from langkah.review import ImportReport, ReviewQueue, database_url, export_queue, import_decisions

_SECONDS: Final = 5
"""Between two looks whether a waiting run can go on."""


def review_queue(options: Mapping[str, Any], say: Callable[[str], object]) -> None:
    """Export, import or serve the queue, as the options of the command line say.

    Raises:
        InputError: a setting, an address or a file is wrong.
    """
    config = load_config(options["config_file"], options["settings"])
    if options["export_file"] and options["import_file"]:
        raise InputError("--export and --import: expected one of the two")
    settings = app_settings(
        host=options["host"],
        port=options["port"],
        reviewer=options["reviewer"],
        language=options["language"],
        environment=os.environ,
    )
    workspace = Workspace.open(options["workspace"])
    with closing(ReviewQueue.open(database_url(config.review.database, workspace, os.environ))) as queue:
        if options["export_file"]:
            say(_export(queue, options["run_id"], options["export_file"]))
        elif options["import_file"]:
            say(_import(queue, options["import_file"], settings.reviewer or getpass.getuser()))
            _resume(queue, say)
        else:
            with _resuming(queue, say):
                serve_review(queue, settings, workspace.secret(), lambda address: _told(queue, address, say))


@contextmanager
def _resuming(queue: ReviewQueue, say: Callable[[str], object]) -> Generator[None]:
    """Look every few seconds, while the pages are open, whether a waiting run can go on."""
    ended = Event()

    def watch() -> None:
        told = False
        while not ended.wait(_SECONDS):
            try:
                _resume(queue, say)
                told = False
            except (LangkahError, SQLAlchemyError, OSError, RuntimeError) as error:  # the next look may find it mended
                if not told:
                    say(f"langkah: warning: no run was resumed: {type(error).__name__}; tried again")
                told = True

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join(2 * _SECONDS)


def _resume(queue: ReviewQueue, say: Callable[[str], object]) -> None:
    """Resume the deployed runs that waited for what is decided now; the next look is soon, where the server is not there."""
    decided = [run for run in queue.runs() if _deployed(run) and queue.progress(run).done]
    if not decided:
        return
    # Not before: importing Prefect takes seconds.
    from httpx import HTTPError

    from flows.review_gate import resume_decided

    try:
        for run in resume_decided(decided):
            say(f"All is decided: run {run} goes on")
    except HTTPError as error:
        say(f"langkah: warning: no run was resumed: the Prefect server does not answer ({type(error).__name__})")


def _deployed(run: str) -> bool:
    """Whether a queue is that of a flow run: its name is the run's id."""
    try:
        UUID(run)
    except ValueError:
        return False
    return True


def _told(queue: ReviewQueue, address: str, say: Callable[[str], object]) -> None:
    runs = queue.runs()
    waiting = queue.progress(runs[0]).pending if runs else 0
    say(f"Review: {address} ({waiting} to decide; Ctrl-C ends)")


def _export(queue: ReviewQueue, run_id: str | None, path: Path) -> str:
    runs = queue.runs()
    if not run_id and not runs:
        raise InputError("--export: the queue is empty; no run asked for review yet")
    count = export_queue(queue, run_id or runs[0], path)
    return f"{path}: {count} items; fill in `decision` (approve, reject, skip) and take it back by --import"


def _import(queue: ReviewQueue, path: Path, reviewer: str) -> str:
    report = import_decisions(queue, path, reviewer)
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
