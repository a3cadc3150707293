"""Where a command writes: the terminal, and the files that it was told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langkah.errors import InputError
from langkah.whole_files import whole_file

if TYPE_CHECKING:
    from langkah.artifacts import Workspace


def terminal() -> Any:
    """A console as wide as the terminal."""
    from rich.console import Console

    return Console()


def check_writable(path: Path | None, inputs: Sequence[str | Path] = (), option: str = "--json") -> None:
    """Refuse a path that no file can be written to, or that is one of the inputs.

    Raises:
        InputError: it is such a path.
    """
    if path is None:
        return
    plain = not path.exists() or (path.is_file() and not path.is_symlink())
    if not plain or not path.absolute().parent.is_dir():
        raise InputError(f"{option} {path}: expected a plain file in a folder that exists")
    if path.exists() and any(Path(source).is_file() and path.samefile(source) for source in inputs):
        raise InputError(f"{option} {path}: is an input file; expected another one")


def check_outside(path: Path | None, workspace: Workspace, option: str = "--json") -> None:
    """Refuse to overwrite a file that a run left in the workspace: ratings, champions, artifacts; comparisons may be.

    Raises:
        InputError: it is such a file.
    """
    if path is None or not path.exists():
        return
    place, root = path.resolve(), workspace.root.resolve()
    if place.is_relative_to(root) and not place.is_relative_to(root / "comparisons"):
        raise InputError(f"{option} {path}: is a file of the workspace {workspace.root}; expected another one")


def write_json(path: Path | None, value: Any) -> None:
    """Write an object, indented; nothing where there is no path."""
    if path is not None:
        write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str, option: str = "--json") -> None:
    """Write a file in UTF-8; where that fails, what was there before stays.

    Raises:
        InputError: it cannot be written.
    """
    try:
        with whole_file(path) as draft:
            draft.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{option} {path}: cannot be written: {error.strerror}") from None
