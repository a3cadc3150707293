"""Paraphrases by a language model within a run: what is kept, what is told, and what a second run costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, Reply
from prefect.client.orchestration import get_client
from stand_in import answer

from flows.local import run_locally
from langkah.artifacts import Workspace
from langkah.config import LlmConfig, ParaphraseConfig, RunConfig
from langkah.errors import ConfigError
from tasks.steplog import StepOutcome

THINGS = ("lamp", "heater", "garage door", "pump", "fan", "radio", "oven", "camera")
ROWS = [
    {"id": thing, "prompt": f"How do I repair the {thing}?", "output": f"1. Unplug the {thing}.\n2. Open the {thing}."}
    for thing in THINGS
]
ASKED = ParaphraseConfig(backend="openai", meaning="words")


class Listener:
    """Keeps the states of a run."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.notes: list[tuple[str, int, int]] = []

    def step_started(self, name: str) -> None: ...

    def step_progress(self, name: str, done: int, total: int, note: str) -> None:
        self.notes.append((name, done, total))

    def step_ended(self, outcome: StepOutcome) -> None:
        self.states[outcome.name] = outcome.state

    def warned(self, text: str) -> None: ...


def prepare(
    folder: Path, config: RunConfig, paraphrase: ParaphraseConfig, rows: list[dict[str, str]] = ROWS, **llm: Any
) -> tuple[dict[str, Any], Listener]:
    path = folder / "faq.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    more = {"paraphrase": paraphrase, "llm": LlmConfig(**{"model": "tiny", **llm})}
    told = Listener()
    summary = run_locally("prepare", [str(path)], config.model_copy(update=more), Workspace.open(folder / "ws"), told)
    return summary, told


def read(folder: Path, name: str) -> list[Any]:
    (path,) = (folder / "ws/artifacts/variants").glob(f"*/{name}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_with_an_endpoint_keeps_scores_reasons_and_costs(tmp_path: Path, config: RunConfig) -> None:
    with ChatServer(lambda request, _: Reply(answer(request))) as server:
        summary, told = prepare(tmp_path, config, ASKED, base_url=server.url, price_input=10, price_output=20)
        assert len(server.requests) == len(ROWS)
    assert summary["dataset"]["intents"] == len(ROWS)
    assert told.states["paraphrase"] == "Completed"
    assert ("paraphrase", 8, 8) in told.notes
    paraphrases = [row for row in read(tmp_path, "variants.jsonl") if row["variant_of"]]
    scores = read(tmp_path, "variant_scores.jsonl")
    assert len(paraphrases) == len(scores) == 3 * len(ROWS)
    assert all(row["frame"] is None and row["side"] is None for row in paraphrases)
    assert all(row["measure"] == "words" and 0 <= row["meaning"] <= 1 for row in scores)
    (manifest,) = (tmp_path / "ws/artifacts/variants").glob("*/manifest.json")
    usage = json.loads(manifest.read_text())["provenance"]["notes"]["usage"]
    assert usage["requests"] == 8 and usage["prompt_tokens"] == 56
    assert usage["cost"] == pytest.approx((56 * 10 + 24 * 20) / 1e6)
    with get_client(sync_client=True) as client:
        pages = [str(page.data) for page in client.read_artifacts(limit=200) if page.key == "paraphrases"]
    mine = [page for page in pages if "prompt tokens: 56" in page]
    assert mine and "| intents of a topic |" in mine[0] and "garage" not in mine[0]


def test_a_second_run_costs_what_is_new_and_the_dataset_is_that_of_one_from_scratch(tmp_path: Path, config: RunConfig) -> None:
    more = [*ROWS, {"id": "grill", "prompt": "How do I clean the grill?", "output": "1. Cool it.\n2. Wipe it."}]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with ChatServer(lambda request, _: Reply(answer(request))) as server:
        prepare(tmp_path / "a", config, ASKED, base_url=server.url)
        again, told = prepare(tmp_path / "a", config, ASKED, more, base_url=server.url)
        assert told.states["paraphrase"] == "Completed"
        assert len(server.requests) == len(ROWS) + 1
        _, told = prepare(tmp_path / "a", config, ASKED, more, base_url=server.url)
        assert told.states["paraphrase"] == "Cached"
        scratch, _ = prepare(tmp_path / "b", config, ASKED, more, base_url=server.url)
    assert again["dataset"]["digest"] == scratch["dataset"]["digest"]


def test_a_setting_of_the_endpoint_does_not_touch_frames(tmp_path: Path, config: RunConfig) -> None:
    prepare(tmp_path, config, ParaphraseConfig())
    _, told = prepare(tmp_path, config, ParaphraseConfig(), base_url="http://127.0.0.1:9/v1", concurrency=9)
    assert told.states["paraphrase"] == "Cached"


def test_a_local_model_that_says_nothing_useful_leaves_the_originals(tmp_path: Path, config: RunConfig) -> None:
    local = ParaphraseConfig(backend="local", meaning="words", rounds=1, variants=1)
    summary, told = prepare(tmp_path, config, local)
    assert told.states["paraphrase"] == "Completed"
    (counts,) = (tmp_path / "ws/artifacts/variants").glob("*/paraphrase.json")
    found = json.loads(counts.read_text())
    assert (found["accepted"], len(found["short_intents"])) == (0, len(ROWS))
    assert summary["dataset"]["eval"] == 0


def test_a_missing_key_is_told_before_any_step(tmp_path: Path, config: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGKAH_LLM_BOX", raising=False)
    with pytest.raises(ConfigError, match="LANGKAH_LLM_BOX"):
        prepare(tmp_path, config, ASKED, api_key_env="LANGKAH_LLM_BOX")
