"""Drafts of raw answers within a run: what they may cost, and what is said where nothing else is there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "models"))

from chat_server import ChatServer, Reply

from flows.local import run_locally
from flows.summary import PreparedDataset
from langkah.artifacts import ArtifactRef, Workspace
from langkah.config import LlmConfig, RunConfig, StructureConfig
from langkah.errors import ConfigError, LlmAbsentError, LlmRefusedError, SourceError
from tasks.steplog import StepOutcome

RAW = {"prompt": "My terminal does not print", "output": "take the card out for a minute, put it back and hold the green key!"}
GOOD = "1. Take the card out for a minute.\n2. Put the card back.\n3. Hold the green key."
FINE = [
    {"prompt": "How do I print?", "output": "1. Open the menu.\n2. Press Print."},
    {"prompt": "How do I pay?", "output": "1. Open the cart.\n2. Choose Pay."},
    {"prompt": "How do I cancel a refund?", "output": "1. Open Orders.\n2. Choose the order.\n3. Tap Cancel refund."},
]


class Listener:
    """Keeps what a run tells."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.warnings: list[str] = []

    def step_started(self, name: str) -> None: ...

    def step_progress(self, name: str, done: int, total: int, note: str) -> None: ...

    def step_ended(self, outcome: StepOutcome) -> None:
        self.states[outcome.name] = outcome.state

    def warned(self, text: str) -> None:
        self.warnings.append(text)


class Run:
    """Runs `prepare` over rows, in a workspace of its own."""

    def __init__(self, folder: Path, config: RunConfig) -> None:
        self.folder, self.config = folder, config
        self.told = Listener()

    def __call__(self, rows: list[dict[str, str]], server: ChatServer, **llm: Any) -> dict[str, Any]:
        path = self.folder / "forum.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        more = {
            "structure": StructureConfig(restructure="llm"),
            "llm": LlmConfig(**{"base_url": server.url, "model": "tiny", **llm}),
        }
        workspace = Workspace.open(self.folder / "ws")
        return run_locally("prepare", [str(path)], self.config.model_copy(update=more), workspace, self.told)


@pytest.fixture
def run(tmp_path: Path, config: RunConfig) -> Run:
    return Run(tmp_path, config)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(lambda request, number: Reply(GOOD)) as server:
        yield server


def test_drafts_are_in_the_summary_and_in_the_lineage(run: Run, server: ChatServer) -> None:
    summary = run([RAW, *FINE], server)
    assert summary["drafts"]["n"] == 1
    assert Path(summary["drafts"]["path"]).name == summary["drafts"]["digest"]
    assert (summary["dataset"]["rows_kept"], summary["dataset"]["rows_flagged"]) == (3, 1)
    assert "card" not in (Path(summary["dataset"]["path"]) / "train.jsonl").read_text()
    assert run.told.states["restructure"] == "Completed"


def test_the_lineage_has_drafts_where_some_were_made() -> None:
    names = [name for name in PreparedDataset.model_fields if name != "drafts"]
    refs = {name: ArtifactRef(kind=name, path=f"{name}/{name}", digest="ab" * 32) for name in (*names, "drafts")}
    made = PreparedDataset.model_validate(refs)
    assert list(made.lineage()) == list(PreparedDataset.model_fields)
    assert list(made.model_copy(update={"drafts": None}).lineage()) == names


def test_a_file_of_raw_answers_gets_drafts_and_a_line_that_says_where_they_are(run: Run, server: ChatServer) -> None:
    with pytest.raises(SourceError) as caught:
        run([RAW], server)
    (line,) = caught.value.problems
    assert line.startswith("no usable row: 1 draft waits for review in ")
    draft = json.loads(Path(line.partition(" in ")[2]).read_text(encoding="utf-8"))
    assert draft["output"] == GOOD
    assert run.told.states == {
        **dict.fromkeys(("ingest", "scrub", "audit", "structure", "restructure"), "Completed"),
    }


def test_rows_without_a_draft_that_passes_are_told_by_their_counts(run: Run) -> None:
    with ChatServer(lambda request, number: Reply("NONE")) as server, pytest.raises(SourceError) as caught:
        run([RAW], server)
    (line,) = caught.value.problems
    assert line.startswith("no usable row: 0 rejected, 1 flagged, row by row in ")
    assert "; no draft passed its checks, see " in line


def test_an_endpoint_that_is_not_there_costs_the_drafts_alone(run: Run) -> None:
    server = ChatServer(lambda request, number: Reply(GOOD))
    server._server.server_close()  # nobody listens there
    summary = run([RAW, *FINE], server)
    assert summary["drafts"] is None
    assert summary["dataset"]["rows_kept"] == 3
    assert run.told.states["restructure"] == "Failed"
    assert run.told.states["assemble"] == "Completed"
    (warning,) = run.told.warnings
    assert warning.startswith("no drafts of raw answers: the language model tiny at http://127.0.0.1:")
    with pytest.raises(LlmAbsentError):
        run([RAW], server)


def test_a_refused_key_fails_a_run_that_has_nothing_else(run: Run) -> None:
    with ChatServer(lambda request, number: Reply(status=401)) as server, pytest.raises(LlmRefusedError):
        run([RAW], server)


def test_a_missing_key_is_told_before_any_step(run: Run, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGKAH_LLM_BOX", raising=False)
    with pytest.raises(ConfigError, match="LANGKAH_LLM_BOX"):
        run([RAW], server, api_key_env="LANGKAH_LLM_BOX")
    assert run.told.states == {}
