"""Artifacts and log lines for the Prefect UI; nothing where no task runs (a unit test, a script)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from prefect import get_run_logger
from prefect.artifacts import (
    create_image_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import ArtifactFilter
from prefect.context import FlowRunContext, TaskRunContext

_MOST_NAMED: Final = 20


class FirstNamed:
    """Records by their place or their intent: the first twenty, and how many there are."""

    def __init__(self, records: Iterable[str] = ()) -> None:
        self.first: list[str] = []
        self.count = 0
        for each in records:
            self.add(each)

    def add(self, record: str) -> None:
        """Name one more."""
        self.count += 1
        if len(self.first) < _MOST_NAMED:
            self.first.append(record)


def log_records(what: str, records: FirstNamed) -> None:
    """Name in the log the records that something befell: by their place or their intent, never by text."""
    if records.count and TaskRunContext.get():
        more = f" and {records.count - len(records.first):,} more" if records.count > len(records.first) else ""
        get_run_logger().info("%s: %s%s", what, ", ".join(records.first), more)


def publish_markdown(key: str, text: str, description: str) -> None:
    """Show a page of text. No record text goes in here: Prefect's database keeps it."""
    if TaskRunContext.get():
        create_markdown_artifact(text, key=key, description=description)


def publish_on_run(key: str, text: str, description: str) -> None:
    """Show a page of text on the page of the flow run itself, in place of what the same run showed under this key before."""
    context = FlowRunContext.get()
    if not context or not context.flow_run:
        return
    own = {"flow_run_id": {"any_": [context.flow_run.id]}, "key": {"any_": [key]}}
    with get_client(sync_client=True) as client:
        shown = client.read_artifacts(artifact_filter=ArtifactFilter.model_validate(own), limit=1)
        if shown:
            client.update_artifact(shown[0].id, ArtifactUpdate(data=text, description=description))
            return
    create_markdown_artifact(text, key=key, description=description)


def publish_table(key: str, rows: Sequence[Mapping[str, Any]], description: str) -> None:
    """Show a table; nothing for an empty one."""
    if rows and TaskRunContext.get():
        create_table_artifact([dict(row) for row in rows], key=key, description=description)


def publish_image(key: str, png: bytes, description: str) -> None:
    """Show a picture, carried inside the artifact, since the UI may not reach the workspace."""
    if TaskRunContext.get():
        create_image_artifact(f"data:image/png;base64,{base64.b64encode(png).decode()}", key=key, description=description)


class ProgressBar:
    """A progress artifact that is moved at most once a percent."""

    def __init__(self, key: str, description: str) -> None:
        self._shown = 0
        self._description = description
        self._id: Any = None
        if TaskRunContext.get():
            self._id = create_progress_artifact(0.0, key=key, description=description)

    def move(self, done: int, total: int, note: str = "") -> None:
        """Show `done` of `total`, with a note behind the description."""
        percent = 100 * done // max(1, total)
        if self._id and percent > self._shown:
            self._shown = percent
            described = f"{self._description}: {note}" if note else None
            update_progress_artifact(self._id, float(percent), description=described)
