"""What a step reads and makes: payload files of artifacts, and an artifact with its provenance."""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from langkah.artifacts import ArtifactRef, Draft, Provenance, current_workspace
from langkah.artifacts.manifest import package_versions
from langkah.row_files import RowWriter, read_jsonl, write_jsonl

Content = str | bytes | BaseModel | Iterable[BaseModel]
"""Of one payload file: text, bytes, a model (indented JSON), or rows (JSON lines)."""
R = TypeVar("R", bound=BaseModel)


class _Work(NamedTuple):
    """The step that runs here, as its artifacts tell of it."""

    step: str
    version: int
    packages: tuple[str, ...]
    parents: tuple[str, ...]
    started: float


_current: ContextVar[_Work] = ContextVar("langkah_work")


@contextmanager
def at_work(step: str, version: int, packages: Iterable[str], inputs: Iterable[ArtifactRef] = ()) -> Generator[None]:
    """Have what is published in the block tell that this step made it, of these inputs."""
    token = _current.set(_Work(step, version, tuple(packages), tuple(ref.digest for ref in inputs), time.monotonic()))
    try:
        yield
    finally:
        _current.reset(token)


class Making:
    """An artifact that the running step makes; rows go into its files as they come."""

    def __init__(self, draft: Draft, stack: ExitStack) -> None:
        self.folder = draft.path
        """Of the payload; what is left in it is published."""
        self.told: dict[str, Any] = {}
        """What the step tells of it, as `publish_artifact` takes it."""
        self._draft = draft
        self._stack = stack

    def rows(self, name: str) -> RowWriter:
        """Begin a file of rows; it is closed with the artifact."""
        return self._stack.enter_context(RowWriter(self.folder / name))

    def write_all(self, files: Mapping[str, Content]) -> None:
        """Write files, one after the other."""
        for name, content in files.items():
            _write(self.folder / name, content)

    def scratch(self) -> Path:
        """Return a folder for what is needed until the artifact is made."""
        # A network file system keeps the name of what is open still: `langkah gc` removes it then.
        made = TemporaryDirectory(dir=self.folder.parent, prefix="scratch-", ignore_cleanup_errors=True)
        return Path(self._stack.enter_context(made))

    @property
    def published(self) -> ArtifactRef:
        """The artifact, after the block."""
        assert self._draft.ref
        return self._draft.ref


@contextmanager
def making(kind: str) -> Generator[Making]:
    """Make an artifact file by file, and publish it when the block ends well.

    Raises:
        LookupError: no step is at work.
    """
    work = _current.get()
    with current_workspace().store.draft(kind) as draft:
        with ExitStack() as stack:
            made = Making(draft, stack)
            yield made
        own: dict[str, Any] = {
            "packages": package_versions(work.packages),
            "seconds": round(time.monotonic() - work.started, 2),
        }
        draft.provenance = Provenance(step=work.step, version=work.version, parents=work.parents, **(own | made.told))


def publish_artifact(kind: str, files: Mapping[str, Content] | Path, **told: Any) -> ArtifactRef:
    """Publish what the running step made.

    Args:
        kind: of the artifact.
        files: the payload by name, or a folder whose files are taken.
        **told: what the step tells of it beside its name, version, inputs, packages and time, as fields of `Provenance`
            (`parameters`, `counts`, `notes`); it may tell packages and seconds too, where another process did the work.

    Raises:
        LookupError: no step is at work.
    """
    with making(kind) as made:
        made.told.update(told)
        if isinstance(files, Path):
            shutil.copytree(files, made.folder, dirs_exist_ok=True)
        else:
            made.write_all(files)
    return made.published


def _write(path: Path, content: Content) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif isinstance(content, BaseModel):
        path.write_text(content.model_dump_json(indent=1), encoding="utf-8")
    else:
        write_jsonl(path, content)


def payload(ref: ArtifactRef, name: str) -> Path:
    """Return the path of one file of an artifact in the current workspace."""
    return current_workspace().store.folder(ref) / name


def rows_of(ref: ArtifactRef, name: str, kind: type[R]) -> list[R]:
    """Read the rows of one file of an artifact, all of them into memory."""
    return list(read_jsonl(payload(ref, name), kind))


def stream_of(ref: ArtifactRef, name: str, kind: type[R]) -> Iterator[R]:
    """Read the rows of one file of an artifact, one at a time."""
    return read_jsonl(payload(ref, name), kind)
