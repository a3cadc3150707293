"""Parts of the pipeline on what a workspace holds already, and what garbage collection leaves of it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from artifacts_shown import shown
from command_line import command

from flows.collect_garbage import collect_garbage
from flows.finetune import finetune
from flows.from_known import evaluate, train
from flows.garbage import collect
from langkah.artifacts import ArtifactRef, Provenance, Workspace, open_run
from langkah.config import RunConfig
from langkah.errors import ArtifactError, ConfigError, InputError
from langkah.registry import Candidate, ChampionRegistry, TrainedFaqs, note_trained


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("known")


@pytest.fixture(scope="module")
def data(examples: Path) -> list[str]:
    return [str(examples / "shop-faq-en.jsonl")]


@pytest.fixture(scope="module")
def first(home: Path, data: list[str], config: RunConfig) -> dict[str, Any]:
    return finetune(data, config, str(home))


def test_a_known_dataset_version_is_trained_on(first: dict[str, Any], home: Path, config: RunConfig) -> None:
    for which in ("", first["dataset"]["digest"][:8], first["dataset"]["path"]):
        made = train(which, config, str(home))
        assert made["adapter"] == first["adapter"] and made["training"] == first["training"]
        assert [(step["name"], step["state"]) for step in made["steps"]] == [("train", "Cached")]
    other = train("", config, str(home), ("train.lora_r=4",))
    assert other["adapter"] != first["adapter"] and other["steps"][0]["state"] == "Completed"


def test_a_known_adapter_is_judged_as_in_its_run(first: dict[str, Any], home: Path, config: RunConfig) -> None:
    made = evaluate(first["adapter"]["digest"][:10], config, str(home))
    assert {**made, "steps": None} == {**first, "steps": None}
    assert {step["state"] for step in made["steps"]} == {"Cached"}


def test_what_is_not_there_is_told(first: dict[str, Any], home: Path, config: RunConfig, babbling_model: Path) -> None:
    with pytest.raises(InputError, match=r"dataset: there is none that begins with f00d in .*known"):
        train("f00d", config, str(home))
    with pytest.raises(InputError, match=r"dataset: there is none that begins with / in .*known"):
        train("/", config, str(home))
    other = [f"train.base_model={babbling_model}"]
    with pytest.raises(ConfigError, match=r"train\.base_model: dataset/\w{12} was formatted for tiny\d*, not for babbling"):
        train("", config, str(home), tuple(other))
    with pytest.raises(ConfigError):
        evaluate("", config, str(home), tuple(other))


def test_garbage_is_told_first_and_removed_then_and_a_run_makes_it_again(
    first: dict[str, Any], home: Path, data: list[str], config: RunConfig
) -> None:
    assert collect(Workspace(home), 30, dry_run=False)["artifacts"] == 0
    told = collect_garbage(dry_run=True, keep_days=0, workspace=str(home))
    assert told["removed"] is False and told["kinds"]["adapter"] == 2 and told["bytes"] > 100_000
    assert any(f"{told['artifacts']} artifacts" in str(page.data) for page in shown("garbage"))
    assert Path(first["adapter"]["path"]).is_dir()

    done = command("gc", "--workspace", home, "--keep-days", 0, "--json")
    assert json.loads(done.stdout) == {**told, "removed": True}, done.stderr
    assert not Path(first["adapter"]["path"]).exists() and not list((home / "artifacts").glob("*/*/manifest.json"))
    again = finetune(data, config, str(home))
    assert again["dataset"] == first["dataset"] and again["metrics"] == first["metrics"]


def test_days_that_are_no_number_remove_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with workspace.store.draft("faqs") as draft:
        (draft.path / "payload").write_text("made a moment ago")
        draft.provenance = Provenance(step="faqs", version=1)
    done = command("gc", "--workspace", tmp_path, "--keep-days", "nan")
    assert (done.returncode, done.stderr) == (2, "langkah: --keep-days: expected a number of days, got nan\n")
    assert draft.ref and workspace.store.folder(draft.ref).is_dir()


def test_what_is_watched_and_what_is_in_the_history_stays(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    made: dict[str, ArtifactRef] = {}
    for kind, parent in (("faqs", None), ("dataset", None), ("adapter", "dataset"), ("scores", "adapter"), ("answers", None)):
        with workspace.store.draft(kind) as draft:
            (draft.path / "payload").write_text(kind)
            parents = (made[parent].digest,) if parent else ()
            draft.provenance = Provenance(step=kind, version=1, parents=parents)
        assert draft.ref
        made[kind] = draft.ref
    note_trained(workspace.watched, "shop", TrainedFaqs(faqs=made["faqs"].digest, by="x", at="2026-01-01T00:00:00+00:00"))
    digests = {name: made[name].digest for name in ("adapter", "dataset", "scores")}
    candidate = Candidate(**digests, base_model="tiny", verdict="0" * 64, passed=True)
    ChampionRegistry(workspace.champions).propose(candidate, "Ani")
    assert collect(workspace, 0, dry_run=False)["kinds"] == {"answers": 1}
    (next(workspace.champions.glob("*.json"))).write_text("{")
    with pytest.raises(ArtifactError, match="damaged entry"):
        collect(workspace, 0, dry_run=False)


def test_a_collection_beside_a_running_pipeline_takes_nothing_of_it(tmp_path: Path, data: list[str], config: RunConfig) -> None:
    workspace = Workspace(tmp_path)
    stop, removed = threading.Event(), list[int]()

    def collect_all_the_time() -> None:
        while not stop.wait(0.05):
            removed.append(collect(workspace, 0, dry_run=False)["artifacts"])

    collector = threading.Thread(target=collect_all_the_time)
    collector.start()
    try:
        with open_run(workspace.open_runs):
            first = finetune(data, config, str(tmp_path))
            again = finetune(data, config, str(tmp_path))
    finally:
        stop.set()
        collector.join()
    assert {step["state"] for step in again["steps"]} == {"Cached", "Skipped"}
    assert {**again, "steps": None} == {**first, "steps": None}
    assert len(removed) > 20
