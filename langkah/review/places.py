"""Where a review is: the database of its queue, and the page that shows it. A run and the pages must agree on both.

Settings of a run win; the environment is for a team, whose workers and pages share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from sqlalchemy import URL

from langkah.artifacts import Workspace

DATABASE: Final = "LANGKAH_REVIEW_DATABASE"
PUBLIC_URL: Final = "LANGKAH_REVIEW_URL"
_HERE: Final = "http://127.0.0.1:4280"
"""Where `langkah review` listens unless it is told otherwise."""


def database_url(database: str | None, workspace: Workspace, environment: Mapping[str, str]) -> str | URL:
    """The address of the queue: the setting `review.database`, else `LANGKAH_REVIEW_DATABASE`, else in the workspace."""
    return database or environment.get(DATABASE) or URL.create("sqlite", database=str(workspace.root / "review.db"))


def page_url(app_url: str | None, run: str, environment: Mapping[str, str]) -> str:
    """The address of a run's queue: below the setting `review.app_url`, else `LANGKAH_REVIEW_URL`, else on this machine."""
    base = app_url or environment.get(PUBLIC_URL) or _HERE
    return f"{base.rstrip('/')}/?run={quote(run, safe='')}"
