"""Paraphrases by a language model within a run: what is kept, what is told, and what a second run costs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from artifacts_shown import shown
from chat_server import ChatServer, Reply
from stand_in import answer

from flows.local import run_locally
from langkah.artifacts import Workspace
from langkah.config import LlmConfig, ParaphraseConfig, RunConfig
from langkah.errors import ConfigError, LlmUnreadableError
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
        self.warnings: list[str] = []
        self.notes: list[tuple[str, int, int]] = []

    def step_started(self, name: str) -> None: ...

    def step_progress(self, name: str, done: int, total: int, note: str) -> None:
        self.notes.append((name, done, total))

    def step_ended(self, outcome: StepOutcome) -> None:
        self.states[outcome.name] = outcome.state

    def warned(self, text: str) -> None:
        self.warnings.append(text)


def prepare(
    folder: Path,
    config: RunConfig,
    paraphrase: ParaphraseConfig,
    rows: list[dict[str, str]] = ROWS,
    *,
    told: Listener | None = None,
    **llm: Any,
) -> tuple[dict[str, Any], Listener]:
    path = folder / "faq.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    more = {"paraphrase": paraphrase, "llm": LlmConfig(**{"model": "tiny", **llm})}
    told = told or Listener()
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
    mine = [page for page in (str(page.data) for page in shown("paraphrases")) if "prompt tokens: 56" in page]
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
        _, told = prepare(tmp_path / "a", config, ASKED, more, base_url=server.url, price_input=2, retries=1)
        assert told.states["paraphrase"] == "Cached"
        scratch, _ = prepare(tmp_path / "b", config, ASKED, more, base_url=server.url)
    assert again["dataset"]["digest"] == scratch["dataset"]["digest"]


def test_a_setting_of_the_endpoint_does_not_touch_frames(tmp_path: Path, config: RunConfig) -> None:
    prepare(tmp_path, config, ParaphraseConfig())
    _, told = prepare(tmp_path, config, ParaphraseConfig(), base_url="http://127.0.0.1:9/v1", concurrency=9)
    assert told.states["paraphrase"] == "Cached"


def test_a_local_model_that_makes_no_sense_fails_the_step_in_a_line(tmp_path: Path, config: RunConfig) -> None:
    local = ParaphraseConfig(backend="local", meaning="words", rounds=1, variants=1)
    with pytest.raises(LlmUnreadableError, match="on this machine answers, but none of 8 replies could be read"):
        prepare(tmp_path, config, local)


def test_an_endpoint_of_which_nothing_can_be_read_fails_and_is_asked_again_once_it_is_mended(
    tmp_path: Path, config: RunConfig
) -> None:
    broken = ['{"variants": ["How can I repair it?"]}']
    with ChatServer(lambda request, _: Reply(broken[0] if broken else answer(request))) as server:
        told = Listener()
        with pytest.raises(LlmUnreadableError):
            prepare(tmp_path, config, ASKED, told=told, base_url=server.url)
        assert told.states["paraphrase"] == "Failed" and len(server.requests) == 2 * len(ROWS)
        broken.clear()
        _, told = prepare(tmp_path, config, ASKED, base_url=server.url)
    assert told.states["paraphrase"] == "Completed" and told.warnings == []


def test_what_an_endpoint_failed_to_answer_is_told_and_asked_again_by_the_next_run(tmp_path: Path, config: RunConfig) -> None:
    dead = {"pump": Reply(status=500), "fan": Reply("?")}

    def reply(request: dict[str, Any], _: int) -> Reply:
        return next((gap for name, gap in dead.items() if f"the {name}" in str(request)), None) or Reply(answer(request))

    (tmp_path / "scratch").mkdir()
    with ChatServer(reply) as server:
        llm = {"base_url": server.url, "retries": 0}
        first, told = prepare(tmp_path, config, ASKED, **llm)
        assert told.states["paraphrase"] == "Completed"
        assert first["paraphrase"] == {
            "proposed": 30, "accepted": 18, "short": 2, "failed": 3, "unreadable": 3, "unanswered": 2,
        }  # fmt: skip
        (warning,) = told.warnings
        assert "3 requests failed and 3 replies could not be read" in warning and "2 prompts have fewer" in warning
        gone, told = prepare(tmp_path, config, ASKED, **llm)
        assert told.states["paraphrase"] == "Completed" and gone["dataset"]["digest"] == first["dataset"]["digest"]
        dead.clear()
        server.requests.clear()
        mended, told = prepare(tmp_path, config, ASKED, **llm)
        assert told.states["paraphrase"] == "Completed" and told.warnings == []
        assert len(server.requests) == 2
        assert (mended["paraphrase"]["short"], mended["paraphrase"]["failed"]) == (0, 0)
        _, told = prepare(tmp_path, config, ASKED, **llm)
        assert told.states["paraphrase"] == "Cached"
        scratch, _ = prepare(tmp_path / "scratch", config, ASKED, **llm)
    assert mended["dataset"]["digest"] == scratch["dataset"]["digest"]


def test_an_endpoint_that_has_gone_leaves_the_earlier_paraphrases(tmp_path: Path, config: RunConfig) -> None:
    with ChatServer(lambda request, _: Reply("?" if "the pump" in str(request) else answer(request))) as server:
        first, _ = prepare(tmp_path, config, ASKED, base_url=server.url, retries=0)
    started = time.monotonic()
    again, told = prepare(tmp_path, config, ASKED, base_url=server.url, retries=0)
    assert time.monotonic() - started < 30
    assert told.states["paraphrase"] == "Cached"
    assert "cannot be reached: does it run? check llm.base_url; the run goes on with" in told.warnings[0]
    assert again["dataset"]["digest"] == first["dataset"]["digest"]


def test_a_missing_key_is_told_before_any_step(tmp_path: Path, config: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGKAH_LLM_BOX", raising=False)
    with pytest.raises(ConfigError, match="LANGKAH_LLM_BOX"):
        prepare(tmp_path, config, ASKED, api_key_env="LANGKAH_LLM_BOX")
