"""The workspace of a command that works on what runs left behind."""

from __future__ import annotations

from pathlib import Path

from langkah.artifacts import Workspace
from langkah.errors import InputError


def open_workspace(root: Path | None) -> Workspace:
    """Open a workspace that is there already, or the default one.

    Raises:
        InputError: no such folder.
    """
    if root and not Workspace(root).root.is_dir():
        raise InputError(f"--workspace {root}: no such folder; the first run there makes it")
    return Workspace.open(root)
