"""Faults for a team's services, and what to read of a run afterwards: where it is, what it came to, what it left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectHTTPStatusError
from prefect_team import ROOT, Team

PEOPLE = ("Budi Santoso", "siti.rahma@contoh.co.id", "0812-9753-8642")
"""Personal data in the FAQs: a name, an address, a number. None may be found anywhere afterwards."""
_LEAKS = re.compile(r"Santoso|siti\.rahma|9753[- ]?8642", re.IGNORECASE)
TOPICS = ("picture", "password", "language", "address", "nickname", "currency", "theme", "ringtone", "avatar", "signature")


def faqs(path: Path) -> Path:
    """Write FAQs in which personal data stands."""
    rows = [
        {
            "id": f"faq-{number}",
            "prompt": f"How do I change the {what}? My name is {PEOPLE[0]}.",
            "output": f"1. Open Account.\n2. Tap {what.title()}.\n3. Write to {PEOPLE[1]} or call {PEOPLE[2]}.\n4. Tap Save.",
            "language": "en",
        }
        for number, what in enumerate(TOPICS)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@dataclass(frozen=True)
class Outcome:
    """What a run came to, without what differs from run to run."""

    dataset: str
    loss: float | None
    """The last of training; None where nothing was trained."""
    scores: dict[str, float]
    champions: tuple[str, ...]
    """What happened in their history, in order."""


class Runs:
    """The runs of a deployment on a team's server."""

    def __init__(self, team: Team, source: Path, model: Path) -> None:
        self.team = team
        self.parameters = {
            "data": [str(source)],
            "config": {
                "sources": {"allowed_roots": [str(source.parent)]},
                "train": {"base_model": str(model), "num_train_epochs": 2, "threads": 1},
                "evaluate": {"max_new_tokens": 8, "resamples": 200},
                "promote": {"auto": True},
            },
        }

    def start(self, workspace: Path, deployment: str = "finetune") -> UUID:
        """Start a run of `finetune`, or of `prepare-dataset`, in a workspace."""
        with SyncPrefectClient(self.team.api) as client:
            found = client.read_deployment_by_name(f"{deployment}/{deployment}")
            parameters = {**self.parameters, "workspace": str(workspace)}
            return client.create_flow_run_from_deployment(found.id, parameters=parameters).id

    def read(self, run: UUID) -> FlowRun | None:
        """Return the run; None while the server is away."""
        try:
            with SyncPrefectClient(self.team.api) as client:
                return client.read_flow_run(run)
        except (OSError, PrefectHTTPStatusError, RuntimeError):
            return None
        except Exception as error:
            if "connect" in str(error).lower() or type(error).__name__ in ("ConnectError", "ReadError", "RemoteProtocolError"):
                return None
            raise

    def wait(self, run: UUID, seconds: float, until: Callable[[FlowRun], bool] | None = None) -> FlowRun:
        """Wait for the run's end, or for something else about it."""
        until = until or (lambda found: bool(found.state and found.state.is_completed()))
        deadline = time.monotonic() + seconds
        while True:
            found = self.read(run)
            if found and until(found):
                return found
            assert time.monotonic() < deadline, found and (found.state, self.team.log("worker")[-2000:])
            time.sleep(0.5)

    def processes(self, run: UUID) -> list[psutil.Process]:
        """The living processes that work for a run, its own first."""
        found = [each for each in psutil.process_iter() if _works_for(each, str(run))]
        return sorted(found, key=lambda each: each.create_time())

    def history(self, run: UUID) -> list[tuple[str, str]]:
        """Name and message of each state that the run was in."""
        with SyncPrefectClient(self.team.api) as client:
            states = client.read_flow_run_states(run)
        return [(state.name or "", state.message or "") for state in sorted(states, key=lambda state: state.timestamp)]


def _works_for(process: psutil.Process, run: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get("PREFECT__FLOW_RUN_ID") == run
    except psutil.Error:
        return False


def outcome(workspace: Path) -> Outcome:
    """Read from a workspace what its run came to."""
    artifacts = workspace / "artifacts"
    (dataset,) = (path.name for path in (artifacts / "dataset").iterdir())
    curves = [json.loads((adapter / "curve.json").read_text()) for adapter in (artifacts / "adapter").glob("*")]
    losses = [point["loss"] for curve in curves for point in curve if point.get("loss") is not None]
    scores: dict[str, float] = {}
    for path in sorted((artifacts / "scores").glob("*/scores.json"), key=lambda path: path.stat().st_mtime)[-1:]:
        for system, sides in json.loads(path.read_text())["metrics"].items():
            for side, found in sides.items():
                numbers = {name: value for name, value in found.items() if isinstance(value, (int, float))}
                scores.update({f"{system}/{side}/{name}": value for name, value in numbers.items()})
    champions = tuple(json.loads(path.read_text())["event"] for path in sorted((workspace / "champions").glob("[0-9]*.json")))
    return Outcome(dataset, losses[-1] if losses else None, scores, champions)


def differences(found: Outcome, undisturbed: Outcome) -> list[str]:
    """What differs more than it may: the digest at all, the loss by 1e-3, a score by 0.01."""
    told = [] if found.dataset == undisturbed.dataset else ["another dataset digest"]
    if found.champions != undisturbed.champions:
        told.append(f"champions {found.champions} instead of {undisturbed.champions}")
    if found.loss is None or undisturbed.loss is None:
        return told
    if abs(found.loss - undisturbed.loss) > 1e-3:
        told.append(f"loss {found.loss} instead of {undisturbed.loss}")
    return told + [
        f"{name} {found.scores.get(name)} instead of {value}"
        for name, value in undisturbed.scores.items()
        if abs(found.scores.get(name, -9) - value) > 0.01
    ]


def leaks(*folders: Path, source: Path) -> list[str]:
    """Files, and rows of SQLite databases, in which personal data of the FAQs stands; the FAQ file itself apart."""
    return [told for folder in folders for told in _leaks(folder, source)]


def _leaks(folder: Path, source: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if not path.is_file() or path == source:
            continue
        if path.suffix in (".db", ".sqlite"):
            yield from (f"{path}: {table}" for table, text in _rows(path) if _LEAKS.search(text))
        elif _LEAKS.search(path.read_bytes().decode("utf-8", "replace")):
            yield str(path)


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):
                yield table, " ".join(str(value) for value in row)


def postgres_leaks(address: str) -> list[str]:
    """Tables of Prefect's PostgreSQL database, which must hold runs, in which personal data of the FAQs stands."""
    import psycopg
    from psycopg import sql

    found: list[str] = []
    with psycopg.connect(f"postgresql://{address}/postgres") as connection:
        assert connection.execute("SELECT 1 FROM public.flow_run LIMIT 1").fetchone(), "the server keeps its runs elsewhere"
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(sql.SQL("SELECT t::text FROM public.{} AS t").format(sql.Identifier(table))).fetchall()
            found += [table for (text,) in rows if _LEAKS.search(text)][:1]
    return found


class Faults:
    """The folder by which runs are held inside a step: see `faulty/sitecustomize.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._clock = folder.with_name("clock")
        self._library = _shifting_library(folder.with_name("shifted_clock.so"))
        self.jump(0)

    @property
    def environment(self) -> dict[str, str]:
        """What the processes of a team need to be held."""
        faulty = Path(__file__).parent / "faulty"
        held = {"LANGKAH_FAULTS": str(self.folder), "PYTHONPATH": f"{faulty}{os.pathsep}{ROOT}"}
        return held | ({"LD_PRELOAD": str(self._library), "LANGKAH_CLOCK": str(self._clock)} if self._library else {})

    def hold(self, step: str, seconds: float) -> None:
        """Have the next run that enters a step wait there."""
        for left in self.folder.glob("*"):
            left.unlink()
        (self.folder / f"hold-{step}").write_text(str(seconds))

    def reached(self, step: str, seconds: float = 120) -> psutil.Process:
        """Wait until a run is held in a step; return its process."""
        place = self.folder / f"reached-{step}"
        deadline = time.monotonic() + seconds
        while not place.exists():
            assert time.monotonic() < deadline, f"no run came to {step}"
            time.sleep(0.05)
        return psutil.Process(int(place.read_text()))

    def jump(self, seconds: float) -> None:
        """Shift the clock of all processes from the real time by so much."""
        draft = self._clock.with_suffix(".draft")
        draft.write_text(f"{seconds:.0f}")
        draft.replace(self._clock)

    @property
    def shifts_clocks(self) -> bool:
        """Whether `jump` does anything on this machine."""
        return self._library is not None


def _shifting_library(path: Path) -> Path | None:
    """Compile what shifts a process's clock; None where there is no compiler."""
    if (compiler := shutil.which("gcc") or shutil.which("cc")) is None:
        return None
    source = Path(__file__).with_name("shifted_clock.c")
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(path), str(source), "-ldl"], check=True, timeout=60)
    return path


def kill(process: psutil.Process) -> None:
    """End a process at once, as a machine that loses its memory does."""
    os.kill(process.pid, signal.SIGKILL)
