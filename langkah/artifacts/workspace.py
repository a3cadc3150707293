"""The folder that holds everything a run writes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from langkah.artifacts.bucket import BUCKET_VARIABLE, open_bucket
from langkah.artifacts.record_cache import RecordCache
from langkah.artifacts.store import ArtifactStore
from langkah.errors import InputError

HOME_VARIABLE = "LANGKAH_HOME"
DEFAULT_HOME = ".langkah"
_SECRET_BYTES = 32


class Workspace:
    """`artifacts/`, `champions/`, `watched/` (what was trained on), `runs/<run id>/`, `open/` (runs at work), `comparisons/`
    (of runs), `work/` (checkpoints), `cache/` (records), `logs/` and `prefect/` below one folder."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).expanduser().absolute()

    @classmethod
    def open(cls, root: str | Path | None = None) -> Workspace:
        """Open the workspace at `root`, else at `LANGKAH_HOME`, else at `./.langkah`, making it where it is missing.

        Raises:
            InputError: the folder cannot be made or written.
        """
        workspace = cls(root or _default_root())
        try:
            workspace.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"--workspace {workspace.root}: cannot be made: {error.strerror}") from None
        if not os.access(workspace.root, os.W_OK | os.X_OK):
            raise InputError(f"--workspace {workspace.root}: cannot be written by this user")
        return workspace

    @property
    def is_default(self) -> bool:
        """Whether it is the one that is opened where none is named."""
        return self.root == Workspace(_default_root()).root

    @property
    def store(self) -> ArtifactStore:
        """The artifacts: those in the workspace, and those of the bucket that `LANGKAH_ARTIFACTS` names, if it does."""
        url = os.environ.get(BUCKET_VARIABLE)
        return ArtifactStore(self.root / "artifacts", open_bucket(url) if url else None)

    @property
    def prefect(self) -> Path:
        """Prefect's own files: results, and the database of an ephemeral server."""
        return self.root / "prefect"

    @property
    def step_results(self) -> Path:
        """What Prefect keeps of steps that are done: references to artifacts, by which a later run finds them cached."""
        return self.prefect / "results"

    @property
    def champions(self) -> Path:
        """The folder of the registry of champions."""
        return self.root / "champions"

    @property
    def open_runs(self) -> Path:
        """The folder of the marks of runs that are at work."""
        return self.root / "open"

    @property
    def watched(self) -> Path:
        """The folder of notes on which FAQs were trained on last."""
        return self.root / "watched"

    def run_folder(self, run_id: str) -> Path:
        """Return the folder of one run's summary, made if missing."""
        return self._made(self.root / "runs" / run_id)

    def comparison_file(self, name: str) -> Path:
        """Return the path of the page that compares some runs, its folder made if missing."""
        return self._made(self.root / "comparisons") / f"{name}.html"

    @property
    def work(self) -> Path:
        """The folder of the work folders."""
        return self.root / "work"

    def work_folder(self, name: str) -> Path:
        """Return a folder for work in progress that survives a crash (checkpoints), made if missing."""
        return self._made(self.work / name)

    def record_cache(self, name: str, work: str) -> RecordCache:
        """Return the cache of one kind of per-record work.

        Args:
            name: of its file, the step's.
            work: all that decides a result but the record: step version, settings, package versions.
        """
        return RecordCache(self._made(self.root / "cache") / f"{name}.sqlite", self.secret(), work)

    def secret(self) -> bytes:
        """Return the 32 random bytes with which keys are made of raw text; theirs alone who may read the workspace."""
        path = self.root / "secret.key"
        for _ in range(2):
            try:
                found = path.read_bytes()
                if len(found) == _SECRET_BYTES:
                    return found
                path.unlink(missing_ok=True)  # cut short by a full disk: what was keyed with it is made again
            except FileNotFoundError:
                pass
            draft = self.root / f".secret.{os.getpid()}.{secrets.token_hex(4)}"
            draft.touch(mode=0o600)
            draft.write_bytes(secrets.token_bytes(_SECRET_BYTES))
            try:
                os.link(draft, path)  # of two processes that make one, the first wins
            except FileExistsError:
                pass
            except OSError:  # a file system without hard links
                if not path.exists():
                    draft.replace(path)
            draft.unlink(missing_ok=True)
        return path.read_bytes()

    def vault_file(self, digest: str) -> Path:
        """Return the path of the encrypted originals of a `records` artifact; they are there only with `pii.vault` on."""
        return self.root / "vault" / f"{digest}.sealed"

    def review_file(self, run: str) -> Path:
        """Return the path of the spreadsheet in which a run's items are decided, its folder made if missing."""
        return self._made(self.root / "review") / f"{run}.xlsx"

    def log_file(self, name: str) -> Path:
        """Return the path of a log file, its folder made if missing."""
        return self._made(self.root / "logs") / f"{name}.log"

    @staticmethod
    def _made(path: Path) -> Path:
        path.mkdir(parents=True, exist_ok=True)
        return path


def _default_root() -> str:
    return os.environ.get(HOME_VARIABLE) or DEFAULT_HOME


_current: ContextVar[Workspace | None] = ContextVar("langkah_workspace", default=None)


@contextmanager
def use_workspace(workspace: Workspace) -> Generator[Workspace]:
    """Make `workspace` the current one for the block, and for the threads started in it with a copied context."""
    token = _current.set(workspace)
    try:
        yield workspace
    finally:
        _current.reset(token)


def current_workspace() -> Workspace:
    """Return the workspace in use, opening the default one where none was set."""
    return _current.get() or Workspace.open()
