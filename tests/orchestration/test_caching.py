from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from langkah.artifacts import ArtifactRef, Provenance, Workspace, current_workspace, use_workspace
from langkah.config import ChatConfig, LlmConfig
from langkah.errors import ConfigError, LeakError, TrainingError, TrainingTimeoutError, UnforeseenError
from langkah.models import ModelRef
from langkah.paraphrase import Means
from tasks.caching import STEPS, identity_of, step, step_key
from tasks.policies import TaskPolicy
from tasks.steplog import run_step, step_log

QUICK = TaskPolicy(2, [0.01, 0.01], 0.0, 30)
REF = ArtifactRef(kind="records", path="records/ab", digest="ab" * 32)


@pytest.fixture(autouse=True)
def keep_steps() -> object:
    known = dict(STEPS)
    yield
    STEPS.clear()
    STEPS.update(known)


def publish(text: str) -> ArtifactRef:
    with current_workspace().store.draft("records") as draft:
        (draft.path / "text").write_text(text)
        draft.provenance = Provenance(step="test", version=1)
    assert draft.ref
    return draft.ref


def test_what_counts_for_a_key_and_what_does_not() -> None:
    inputs = {"ref": REF, "config": ChatConfig()}
    key = step_key("a", 1, inputs)
    assert key == step_key("a", 1, {"ref": REF.model_copy(update={"path": "elsewhere"}), "config": ChatConfig()})
    assert key == step_key("a", 1, {**inputs, "quick": True}, runtime_only=("quick",))
    assert key != step_key("b", 1, inputs)
    assert key != step_key("a", 2, inputs)
    assert key != step_key("a", 1, {**inputs, "ref": REF.model_copy(update={"digest": "cd" * 32})})
    assert key != step_key("a", 1, {**inputs, "config": ChatConfig(max_length=64)})
    assert key != step_key("a", 1, inputs, packages=("pydantic",))


def test_a_model_is_its_weights() -> None:
    model = ModelRef(name="m", location="/here", fingerprint="f", parameters=1)
    assert identity_of(model) == identity_of(model.model_copy(update={"location": "/there", "reason": "x"}))
    assert identity_of(model) != identity_of(model.model_copy(update={"fingerprint": "g"}))


@pytest.mark.parametrize(
    ("setting", "same"),
    [
        ({"price_input": 3, "timeout_seconds": 9, "retries": 1, "concurrency": 2, "requests_per_minute": 5}, True),
        ({"api_key_env": "LANGKAH_LLM_BOX", "base_url": "HTTP://box:80/v1/"}, True),
        ({"base_url": "http://box/v2"}, False),
        ({"model": "other"}, False),
        ({"max_tokens": 99}, False),
        ({"seed": 1}, False),
    ],
)
def test_an_endpoint_is_what_decides_its_replies(setting: dict[str, Any], same: bool) -> None:
    one, other = LlmConfig(base_url="http://box/v1"), LlmConfig(**{"base_url": "http://box/v1", **setting})
    for wrap in (lambda llm: llm, lambda llm: Means(llm=llm, glossary=("Tokopay",))):
        keys = {step_key("paraphrase", 1, {"means": wrap(each)}) for each in (one, other)}
        assert len(keys) == (1 if same else 2)


def test_an_argument_without_identity_is_refused() -> None:
    with pytest.raises(TypeError, match="no identity"):
        identity_of(object())


def test_two_steps_with_the_same_arguments_do_not_share_a_result(tmp_path: Path) -> None:
    @step(version=1, rooms=(), policy=QUICK)
    def one(value: int) -> ArtifactRef:
        return publish("one")

    @step(version=1, rooms=(), policy=QUICK)
    def two(value: int) -> ArtifactRef:
        return publish("two")

    @flow
    def both() -> tuple[ArtifactRef, ArtifactRef]:
        with use_workspace(Workspace.open(tmp_path)), step_log():
            return run_step(one, 1), run_step(two, 1)

    first, second = both()
    assert first != second
    assert both() == (first, second)


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (OSError(28, "disk full"), 3),
        (TrainingError("killed"), 3),
        (TrainingTimeoutError("slow"), 1),
        (ConfigError("bad"), 1),
        (LeakError("leak"), 1),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(tmp_path: Path, error: Exception, attempts: int) -> None:
    calls: list[int] = []

    @step(version=1, rooms=(), policy=QUICK)
    def fails(value: int) -> ArtifactRef:
        calls.append(value)
        raise error

    @flow
    def run() -> None:
        with use_workspace(Workspace.open(tmp_path)), step_log() as log:
            try:
                run_step(fails, 1)
            finally:
                outcomes.extend(log.outcomes)

    outcomes: list[object] = []
    with pytest.raises(type(error)):
        run()
    assert len(calls) == attempts
    assert [getattr(outcome, "state", None) for outcome in outcomes] == ["Failed"]


def test_an_unforeseen_error_keeps_its_text_out_of_the_database(tmp_path: Path) -> None:
    @step(version=1, rooms=(), policy=QUICK)
    def breaks(value: int) -> ArtifactRef:
        raise KeyError("Agatha Pemberlow")

    @flow
    def run() -> None:
        with use_workspace(Workspace.open(tmp_path)), step_log():
            run_step(breaks, 1)

    state = run(return_state=True)
    with pytest.raises(UnforeseenError, match=r"unexpected KeyError at test_caching\.py:\d+"):
        state.result()
    with get_client(sync_client=True) as client:
        told = [str(found.state) for found in client.read_task_runs(limit=5)] + [str(state)]
    assert any("UnforeseenError" in text for text in told)
    assert not any("Pemberlow" in text for text in told)
