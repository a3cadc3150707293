"""The cases of the fault matrix: each strikes, waits for the end, and checks what must hold."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from faults import Faults, Outcome, Runs, differences, faqs, kill, leaks, outcome
from prefect.client.orchestration import SyncPrefectClient
from prefect_team import ROOT, Team, prefect_team

from langkah.artifacts import ArtifactStore
from tasks.gpu import LIMIT

_LONG = 900
"""Seconds within which a run must have ended by itself."""


class FaultBench:
    """A team's services with faults to strike them, and a table of what became of the runs."""

    def __init__(self, team: Team, home: Path, faults: Faults, source: Path, model: Path) -> None:
        self.team, self.home, self.faults, self.source = team, home, faults, source
        self.runs = Runs(team, source, model)
        self.table: list[tuple[str, str, float]] = []
        """Case, what the UI says of it, seconds from the fault to the end."""
        self._undisturbed: dict[str, Outcome] = {}
        self._places = 0
        self._gpu_since = 0.0

    def place(self) -> Path:
        """A workspace of a case's own."""
        self._places += 1
        return self.home / f"case-{self._places}"

    def undisturbed(self, flow: str) -> Outcome:
        """What a run of this flow comes to when nothing happens; found once."""
        if flow not in self._undisturbed:
            workspace = self.place()
            self.runs.wait(self.runs.start(workspace, flow), _LONG)
            self._undisturbed[flow] = outcome(workspace)
        return self._undisturbed[flow]

    def strike(self, fault: str, step: str, flow: str = "finetune") -> None:
        """Kill the run, its training child, the worker, both (the machine is gone) or the server while a run is in a step."""
        undisturbed = self.undisturbed(flow)
        self.faults.hold(step, {"run": 60, "machine": 600, "child": 0}.get(fault, 3))
        workspace = self.place()
        run = self.runs.start(workspace, flow)
        held = self.faults.reached(step)
        if fault == "run":
            kill(held)
        elif fault == "child":
            kill(self._child(held))
        else:
            (service,) = self.team.services({"machine": "worker"}.get(fault, fault))
            kill(service)
            if fault == "machine":
                kill(held)
        starts = {"run": {2}, "machine": {2}, "worker": {1, 2}}.get(fault, {1})  # a worker that dies may take its runs along
        told = self._ended(f"{fault} killed in {step}", run, workspace, undisturbed, starts)
        assert fault != "run" or any("SIGKILL" in message for message in told), told

    def strike_again_and_again(self, step: str) -> None:
        """Kill a run in each of its starts, until nobody starts it any more."""
        workspace, flow = self.place(), "prepare-dataset"
        run: UUID | None = None
        for _ in range(3):
            self.faults.hold(step, 60)
            run = run or self.runs.start(workspace, flow)
            kill(self.faults.reached(step))
        assert run
        time.sleep(45)  # as long as a start takes, and longer
        found = self.runs.wait(run, _LONG, lambda found: bool(found.state and found.state.is_crashed()))
        assert found.run_count == 3, self.runs.history(run)
        self.table.append((f"killed in {step} at each start", (found.state and found.state.message) or "", 0.0))

    @staticmethod
    def _child(run: psutil.Process) -> psutil.Process:
        """The process in which a run trains, once it has imported what it takes."""
        deadline = time.monotonic() + 60
        while True:
            for each in run.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if any("langkah.training" in part for part in each.cmdline()) and each.cpu_times().user > 1:
                        return each
            assert time.monotonic() < deadline, "no training child"
            time.sleep(0.05)

    def two_at_once(self, flow: str = "finetune") -> None:
        """Start the same work twice in one workspace."""
        undisturbed, workspace = self.undisturbed(flow), self.place()
        first, second = self.runs.start(workspace, flow), self.runs.start(workspace, flow)
        self._ended("two runs of the same work (first)", first, workspace, undisturbed)
        self._ended("two runs of the same work (second)", second, workspace, undisturbed)
        assert len(list(workspace.glob("artifacts/adapter/*"))) <= 1, "one waits for what the other trains"

    def clock(self, seconds: float, step: str, flow: str = "finetune") -> None:
        """Shift the clock of server, worker and run while it is in a step, and back once it has ended.

        A run that seems to have been silent for long is taken for dead and started again, and that waits for the first.
        """
        if not self.faults.shifts_clocks:
            pytest.skip("there is no C compiler")
        undisturbed, workspace = self.undisturbed(flow), self.place()
        self.faults.hold(step, 2)
        run = self.runs.start(workspace, flow)
        self.faults.reached(step)
        self.faults.jump(seconds)
        try:
            self._ended(f"clock jumps by {seconds:+,.0f} s in {step}", run, workspace, undisturbed, starts={1, 2})
        finally:
            self.faults.jump(0)

    def corrupt(self, kind: str, flow: str = "finetune") -> None:
        """Change a byte of an artifact that an earlier run made."""
        undisturbed, workspace = self.undisturbed(flow), self.place()
        self.runs.wait(self.runs.start(workspace, flow), _LONG)
        payload = next(
            path for path in workspace.glob(f"artifacts/{kind}/*/*") if path.name != "manifest.json" and path.stat().st_size
        )
        whole = payload.read_bytes()
        content = bytearray(whole)
        content[len(content) // 2] ^= 1
        payload.write_bytes(content)
        self._ended(f"corrupt {kind}", self.runs.start(workspace, flow), workspace, undisturbed)
        # Made again it is the same, or, with what differs by run in it, another one beside the damaged.
        again = [ref for ref in ArtifactStore(workspace / "artifacts").refs(kind) if ref.digest != payload.parent.name]
        assert again or payload.read_bytes() == whole, f"the {kind} is still damaged"

    def full_disk(self, step: str, flow: str = "finetune") -> None:
        """Have the disk of the workspace fill up while a run is in a step, and room on it afterwards."""
        undisturbed, workspace = self.undisturbed(flow), self.place()
        with _mounted(workspace, "size=64m") as _:
            self.faults.hold(step, 2)
            run = self.runs.start(workspace, flow)
            self.faults.reached(step)
            filler = workspace / "filler"
            with contextlib.suppress(OSError), filler.open("wb") as handle:
                while True:
                    handle.write(bytes(1 << 16))
            self._failed(f"disk full in {step}", run, "no room" if step == "train" else "No space left on device")
            filler.unlink()
            self._ended("the run after a full disk", self.runs.start(workspace, flow), workspace, undisturbed)

    def read_only(self, flow: str = "finetune") -> None:
        """Give a run a workspace that cannot be written."""
        workspace = self.place()
        with _mounted(workspace, "ro"):
            self._failed("read-only workspace", self.runs.start(workspace, flow), "cannot be written")
            assert not list(workspace.iterdir())

    def kill_gpu_holder(self) -> None:
        """Kill a process that holds the place on a GPU."""
        code = "from tasks.gpu import gpu_place; import time\nwith gpu_place(True): print('held', flush=True); time.sleep(600)"
        environment = {**os.environ, "PREFECT_API_URL": self.team.api, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout
            assert holder.stdout.readline() == "held\n"
            assert self._taken() == 1
            holder.kill()
        self._gpu_since = time.monotonic()

    def gpu_place_is_free(self) -> None:
        """Wait until the place that the killed process held is free again."""
        while self._taken():
            assert time.monotonic() - self._gpu_since < 170, "the place is still taken"
            time.sleep(1)
        seconds = time.monotonic() - self._gpu_since
        self.table.append(("a step that holds the GPU is killed", "its place is free again", seconds))

    def _taken(self) -> int:
        with SyncPrefectClient(self.team.api) as client:
            return client.read_global_concurrency_limit_by_name(LIMIT).active_slots

    def away(
        self, name: str, stop: Callable[[], None], start: Callable[[], None], seconds: float, step: str, flow: str = "finetune"
    ) -> None:
        """Take something away for a while, while a run is in a step."""
        undisturbed, workspace = self.undisturbed(flow), self.place()
        self.faults.hold(step, 2)
        run = self.runs.start(workspace, flow)
        self.faults.reached(step)
        stop()
        time.sleep(seconds)
        start()
        # A minute is waited out; after several the process has given up, falls silent, and is started again.
        starts = {1} if seconds <= 60 else {1, 2}
        self._ended(f"{name} gone for {seconds:.0f} s in {step}", run, workspace, undisturbed, starts)

    def _ended(
        self, case: str, run: UUID, workspace: Path, undisturbed: Outcome, starts: frozenset[int] | set[int] = frozenset({1})
    ) -> list[str]:
        """Wait for a run to end by itself, and check that nothing is left of it, that it came to what it should, and that it
        was started no oftener than that takes; return the messages of its states."""
        started = time.monotonic()
        found = self.runs.wait(run, _LONG)
        seconds = time.monotonic() - started
        history = self.runs.history(run)
        told = [message for _, message in history if message]
        self.table.append((case, told[0] if told else "Completed", seconds))
        states = [state for state, _ in history]
        assert found.run_count in starts and states.count("AwaitingRetry") == found.run_count - 1, (case, history)
        assert states.count("Completed") <= found.run_count, (case, history)
        assert differences(outcome(workspace), undisturbed) == [], case
        deadline = time.monotonic() + 30
        while left := self.runs.processes(run):
            assert time.monotonic() < deadline, f"{case}: left behind: {[each.cmdline() for each in left]}"
            time.sleep(0.2)
        return told

    def _failed(self, case: str, run: UUID, words: str) -> None:
        """Wait for a run to fail by itself, and check that the UI says why."""
        started = time.monotonic()
        found = self.runs.wait(run, _LONG, lambda found: bool(found.state and found.state.is_final()))
        assert found.state and found.state.is_failed() and words in (found.state.message or ""), (case, found.state)
        self.table.append((case, found.state.message or "", time.monotonic() - started))

    def leaks(self) -> list[str]:
        """Where personal data of the FAQs stands, in files and in rows of databases."""
        return leaks(self.home, source=self.source)


@contextmanager
def bench(home: Path, model: Path, database: str | None = None) -> Iterator[FaultBench]:
    """Run a team's services with faults, on SQLite or on the database of this URL."""
    faults = Faults(home / "faults")
    source = faqs(home / "data" / "faq.jsonl")
    with prefect_team(home, database, faults.environment) as team:
        yield FaultBench(team, home, faults, source, model)


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[None]:
    """A small file system of its own in memory; skip where that is not allowed."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
