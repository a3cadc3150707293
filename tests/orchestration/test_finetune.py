"""The whole pipeline on a tiny model, with a real Prefect server: what is made, what is cached, what is rebuilt."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from artifacts_shown import shown
from events_told import events

from flows.cli import run_command
from flows.evaluate_adapter import evaluate_adapter
from flows.finetune import finetune
from flows.prepare_dataset import prepare_dataset
from flows.summary import PreparedDataset
from flows.telling import REFUSED
from langkah.artifacts import ArtifactRef, Workspace, use_workspace
from langkah.config import RunConfig
from langkah.errors import ConfigError
from langkah.models import greedy
from langkah.models.vllm_engine import check_backend
from langkah.records import Approvals, ChatExample, DatasetRow
from langkah.row_files import read_jsonl

DATA_STEPS = ("ingest", "scrub", "audit", "structure", "compare", "paraphrase", "split", "assemble")
SKIPPED = {"restructure": "Skipped", "review": "Skipped"}
VLLM = not check_backend("vllm")
MODEL_STEPS = ("train", "generate-base", "generate-tuned", "score", "report")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture(scope="module")
def data(examples: Path) -> list[str]:
    return [str(examples / name) for name in ("shop-faq-en.jsonl", "shop-faq-broken.jsonl")]


@pytest.fixture(scope="module")
def first(home: Path, data: list[str], config: RunConfig) -> dict[str, Any]:
    return finetune(data, config, str(home))


def states(summary: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["state"] for step in summary["steps"]}


def with_settings(config: RunConfig, section: str, **values: Any) -> RunConfig:
    return config.model_copy(update={section: getattr(config, section).model_copy(update=values)})


def test_the_first_run_does_every_step(first: dict[str, Any]) -> None:
    assert states(first) == {**dict.fromkeys((*DATA_STEPS, *MODEL_STEPS), "Completed"), **SKIPPED}


def test_rows_add_up(first: dict[str, Any], data: list[str]) -> None:
    dataset = first["dataset"]
    assert dataset["rows_in"] == sum(dataset[f"rows_{name}"] for name in ("kept", "rejected", "duplicate", "flagged"))
    assert dataset["intents"] == 12
    assert dataset["rows_rejected"] > 5
    lines = sum(len([line for line in Path(path).read_bytes().splitlines() if line.strip()]) for path in data)
    assert dataset["rows_in"] + dataset["rows_not_selected"] == lines


def test_the_log_names_records_by_their_place_and_holds_no_text(
    tmp_path: Path, data: list[str], config: RunConfig, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("prefect.task_runs")
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, logger.name):
            prepared = prepare_dataset(data, config, str(tmp_path))
    finally:
        logger.removeHandler(caplog.handler)
    assert isinstance(prepared, PreparedDataset)
    folder = Workspace(tmp_path).store.folder(prepared.dataset)
    rows = [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]
    assert f"rows rejected: {', '.join('{file}:{row}'.format(**row) for row in rows)}" in caplog.messages
    texts = {row["prompt"] for row in (json.loads(line) for line in Path(data[0]).read_text().splitlines())}
    assert not [text for text in texts if text in caplog.text]


def test_the_dataset_version_is_what_the_contract_says(first: dict[str, Any]) -> None:
    folder = Path(first["dataset"]["path"])
    fields = {"intent", "prompt", "output", "language", "source", "variant_of"}
    for name in ("train", "eval", "holdout"):
        lines = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
        assert len(lines) == first["dataset"][name]
        assert all(set(line) == fields for line in lines)
    rejected = [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]
    assert len(rejected) == first["dataset"]["rows_rejected"]
    assert all(set(line) == {"file", "row", "reason"} for line in rejected)
    chat = list(read_jsonl(folder / "chat.jsonl", ChatExample))
    train = list(read_jsonl(folder / "train.jsonl", DatasetRow))
    assert [(row.intent, row.prompt, row.output) for row in train] == [(r.intent, r.prompt, r.completion) for r in chat]


def test_a_run_without_review_says_everywhere_that_rules_approved(first: dict[str, Any]) -> None:
    dataset = first["dataset"]
    variants = sum(json.loads(line)["variant_of"] is not None for name in ("train", "eval", "holdout")
                   for line in (Path(dataset["path"]) / f"{name}.jsonl").read_text().splitlines())  # fmt: skip
    approvals = Approvals(records_by_rules=dataset["rows_kept"], variants_by_rules=variants)
    assert dataset["approvals"] == approvals.model_dump()
    assert Approvals.model_validate_json((Path(dataset["path"]) / "approvals.json").read_text()) == approvals
    manifest = json.loads((Path(dataset["path"]) / "manifest.json").read_text())
    assert manifest["provenance"]["parameters"]["approvals"] == approvals.model_dump()
    assert approvals.told() in Path(first["report"]).read_text()


def test_metrics_gate_adapter_and_report_are_there(first: dict[str, Any]) -> None:
    for system in ("base", "tuned"):
        scores = first["metrics"][system]["eval"]
        assert scores["n"] == first["dataset"]["eval"]
        assert 0 <= scores["rouge_l"] <= 1
        assert scores["rouge_l_ci"][0] <= scores["rouge_l"] <= scores["rouge_l_ci"][1]
        assert scores["step_n"] == scores["n"]
        assert scores["step_recall_ci"][0] <= scores["step_recall"] <= scores["step_recall_ci"][1]
    assert first["meteor_kinds"]["en"].startswith("METEOR of nltk")
    assert {rule["name"] for rule in first["gate"]["rules"]} >= {"eval_rouge_l_gain_low"}
    assert isinstance(first["gate"]["passed"], bool)
    assert (Path(first["adapter"]["path"]) / "adapter_model.safetensors").is_file()
    page = Path(first["report"]).read_text(encoding="utf-8")
    assert first["dataset"]["digest"][:8] in page
    assert "http" not in [line for line in page.splitlines() if "src=" in line]
    json.dumps(first)


def test_a_script_without_langkah_computes_the_same_figures(first: dict[str, Any], home: Path, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps(first), encoding="utf-8")
    folders = {path.parent.name: path for path in home.rglob("answers.jsonl")}
    parents = json.loads((Path(first["scores"]["path"]) / "manifest.json").read_text())["provenance"]["parents"]
    base, tuned, adapter = parents  # in the order of the step's inputs
    assert adapter == first["adapter"]["digest"]
    for system, digest in (("base", base), ("tuned", tuned)):
        script = [sys.executable, str(Path(__file__).parents[1] / "recompute_scores.py"), str(folders[digest])]
        done = subprocess.run([*script, str(tmp_path / "run.json"), system], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "eval rouge_l" in done.stdout


def test_the_prefect_ui_gets_its_artifacts(first: dict[str, Any]) -> None:
    expected = {
        ("rows-set-aside", "table"), ("personal-data-found", "table"), ("paraphrases", "markdown"), ("dataset", "markdown"),
        ("token-lengths", "image"), ("training", "progress"), ("loss-curves", "image"), ("adapter", "markdown"),
        ("verdict", "markdown"), ("base-model", "markdown"),
    }  # fmt: skip
    assert all(kind in {artifact.type for artifact in shown(key)} for key, kind in expected)
    # Other tests' runs are on this server too, so this run's artifacts are told by what they say.
    assert 100.0 in [artifact.data for artifact in shown("training")]
    assert any(first["dataset"]["digest"][:12] in str(artifact.data) for artifact in shown("dataset"))


def test_the_same_run_again_is_cached_in_every_step(
    first: dict[str, Any], home: Path, data: list[str], config: RunConfig
) -> None:
    again = finetune(data, config, str(home))
    assert states(again) == {**dict.fromkeys((*DATA_STEPS, *MODEL_STEPS), "Cached"), **SKIPPED}
    assert {**again, "steps": None} == {**first, "steps": None}


def test_another_evaluation_setting_keeps_the_training(
    first: dict[str, Any], home: Path, data: list[str], config: RunConfig
) -> None:
    found = states(finetune(data, with_settings(config, "evaluate", resamples=300), str(home)))
    assert [name for name, state in found.items() if state == "Completed"] == ["score", "report"]
    found = states(finetune(data, with_settings(config, "gate", max_holdout_drop=0.9), str(home)))
    assert [name for name, state in found.items() if state == "Completed"] == ["score", "report"]


def test_what_was_answered_once_is_not_generated_again(
    data: list[str], config: RunConfig, babbling_model: Path, tmp_path: Path
) -> None:
    store = Workspace.open(str(tmp_path)).store
    config = with_settings(config, "train", base_model=str(babbling_model), learning_rate=0.01)

    def asked(summary: dict[str, Any]) -> dict[str, int]:
        page = Path(summary["report"]).parent / "manifest.json"
        parents = json.loads(page.read_text())["provenance"]["parents"]
        manifests = [json.loads(path.read_text()) for path in store.root.glob("answers/*/manifest.json")]
        mine = [manifest["provenance"] for manifest in manifests if manifest["digest"] in parents]
        return {"tuned" if len(each["parents"]) > 1 else "base": each["counts"]["asked"] for each in mine}

    first = finetune(data, config, str(tmp_path))
    fewer = finetune(data, with_settings(config, "ingest", max_intents=9), str(tmp_path))
    assert fewer["dataset"]["digest"] != first["dataset"]["digest"]
    assert states(fewer)["generate-base"] == "Completed"
    prompts = {
        name: {
            json.loads(line)["prompt"]
            for slice in ("eval", "holdout")
            for line in (Path(summary["dataset"]["path"]) / f"{slice}.jsonl").read_text().splitlines()
        }
        for name, summary in (("first", first), ("fewer", fewer))
    }
    assert asked(first) == {"base": len(prompts["first"]), "tuned": len(prompts["first"])}
    new = prompts["fewer"] - prompts["first"]
    assert len(new) < len(prompts["fewer"])
    assert asked(fewer) == {"base": len(new), "tuned": len(prompts["fewer"])}  # another adapter, the same base


def test_what_memory_was_too_small_for_is_answered_by_the_next_run(
    data: list[str], config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = with_settings(config, "evaluate", resamples=201)  # its report is not that of the workspace of other tests
    decode = greedy.decode

    def short_of_memory(model: Any, prompts: Sequence[Sequence[int]], *rest: Any) -> list[greedy.Decoded]:
        longest.append(max(map(len, prompts)))
        if longest[-1] == longest[0]:
            raise MemoryError
        return decode(model, prompts, *rest)

    longest: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(greedy, "decode", short_of_memory)
        first = finetune(data, config, str(tmp_path))
    failed = {name: sum(of["failed"] for of in found.values()) for name, found in first["metrics"].items()}
    assert failed["base"] == failed["tuned"] > 0
    again = finetune(data, config, str(tmp_path))
    assert {name for name, state in states(again).items() if state == "Completed"} == {
        "generate-base", "generate-tuned", "score", "report",
    }  # fmt: skip
    assert not any(of["failed"] for found in again["metrics"].values() for of in found.values())
    assert set(states(finetune(data, config, str(tmp_path))).values()) == {"Cached", "Skipped"}


def test_a_deleted_adapter_is_trained_again_and_the_rest_stays(
    first: dict[str, Any], home: Path, data: list[str], config: RunConfig
) -> None:
    shutil.rmtree(first["adapter"]["path"])
    again = finetune(data, config, str(home))
    assert [name for name, state in states(again).items() if state == "Completed"] == ["train"]
    assert again["adapter"] == first["adapter"]


@pytest.mark.parametrize("name", ["train.jsonl", "chat.jsonl", "manifest.json"])
def test_a_flipped_byte_in_the_dataset_is_found_and_mended(
    first: dict[str, Any], home: Path, data: list[str], config: RunConfig, name: str
) -> None:
    path = Path(first["dataset"]["path"]) / name
    good = path.read_bytes()
    damaged = bytearray(good)
    damaged[len(good) // 2] ^= 1
    path.write_bytes(damaged)
    again = finetune(data, config, str(home))
    assert [step for step, state in states(again).items() if state == "Completed"] == ["assemble"]
    assert again["dataset"]["digest"] == first["dataset"]["digest"]
    if name != "manifest.json":  # the manifest says when it was written
        assert path.read_bytes() == good


def test_a_changed_file_is_new_work_and_a_moved_one_is_not(
    first: dict[str, Any], home: Path, data: list[str], config: RunConfig, tmp_path: Path
) -> None:
    moved = [shutil.copy(path, tmp_path) for path in data]
    assert set(states(finetune(moved, config, str(home))).values()) == {"Cached", "Skipped"}
    text = Path(moved[0]).read_text(encoding="utf-8")
    Path(moved[0]).write_text(text.replace("1. ", "1. Please ", 1), encoding="utf-8")
    assert states(finetune(moved, config, str(home)))["ingest"] == "Completed"


def test_another_workspace_gets_the_same_digests(
    first: dict[str, Any], data: list[str], config: RunConfig, tmp_path: Path
) -> None:
    other = finetune(data[::-1], config, str(tmp_path / "other"))
    # The results of the first workspace are known to Prefect, but name artifacts that are not in this one.
    assert {states(other)[name] for name in (*DATA_STEPS, "train", "generate-base")} == {"Completed"}
    for name in ("dataset", "adapter"):
        assert other[name]["digest"] == first[name]["digest"]


def test_manifests_say_where_everything_comes_from(first: dict[str, Any], home: Path) -> None:
    manifest = json.loads((Path(first["adapter"]["path"]) / "manifest.json").read_text())
    provenance = manifest["provenance"]
    assert provenance["parents"] == [first["dataset"]["digest"]]
    assert provenance["packages"]["trl"] == "1.14.2"
    assert provenance["parameters"]["recipe"]["lora_r"] == 16
    assert manifest["digest"] == first["adapter"]["digest"]
    assert not list((Workspace(home).root / "artifacts" / ".drafts").iterdir())


@pytest.mark.skipif(VLLM, reason="vLLM can run here")
def test_vllm_where_it_cannot_run_is_refused_before_any_work_with_all_other_problems(
    data: list[str], config: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = with_settings(config, "evaluate", backend="vllm")
    config = with_settings(with_settings(config, "paraphrase", backend="openai"), "llm", api_key_env="LANGKAH_LLM_NOT_SET")
    with pytest.raises(ConfigError) as refused:
        finetune(data, config, str(tmp_path))
    first, second = refused.value.problems
    assert first.startswith("evaluate.backend=vllm: vLLM cannot run here") and "LANGKAH_LLM_NOT_SET" in second
    assert not Workspace.open(str(tmp_path)).store.refs("index")
    place = ["--workspace", str(tmp_path / "other"), "--set", f"train.base_model={config.train.base_model}"]
    arguments = ["run", "--data", data[0], *place, "--set", "evaluate.backend=vllm", "--set", "pii.ner=gliner"]
    assert run_command(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("langkah: evaluate.backend=vllm: vLLM cannot run here")
    assert not (tmp_path / "other").exists()


def test_an_adapter_of_another_base_is_not_evaluated(
    first: dict[str, Any], home: Path, config: RunConfig, babbling_model: Path
) -> None:
    store = Workspace.open(str(home)).store
    refs = {
        name: ArtifactRef(kind=name, path=str(Path(first[name]["path"]).relative_to(store.root)), digest=first[name]["digest"])
        for name in ("dataset", "adapter")
    }
    needed = [name for name, field in PreparedDataset.model_fields.items() if field.is_required()]
    prepared = PreparedDataset.model_validate(dict.fromkeys(needed, refs["dataset"]))
    other = with_settings(config, "train", base_model=str(babbling_model))
    with use_workspace(Workspace.open(str(home))), pytest.raises(ConfigError, match=r"adapter .* was trained on tiny\d"):
        evaluate_adapter(prepared, refs["adapter"], other)


def test_a_judged_run_tells_its_page_an_event_and_a_tracker(
    data: list[str], config: RunConfig, home: Path, first: dict[str, Any], tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    tracked = with_settings(config, "track", backend="mlflow", uri=f"sqlite:///{tmp_path}/runs.db", experiment="shop")
    again = finetune(data, tracked, str(home))
    (told,) = events("langkah.gate.", lambda event: event["payload"]["report"] == again["report"], 1)
    assert (
        told["event"] == REFUSED
        and told["resource"]["prefect.resource.id"] == f"langkah.adapter.{first['adapter']['digest'][:12]}"
    )
    payload = told["payload"]
    assert payload["dataset"] == first["dataset"]["digest"] and payload["report"] == again["report"]
    assert payload["failed"] == [rule["name"] for rule in again["gate"]["rules"] if not rule["passed"]]
    assert [page for page in shown("verdict") if again["report"] in str(page.data)]
    client = MlflowClient(f"sqlite:///{tmp_path}/runs.db")
    experiment = client.get_experiment_by_name("shop")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.metrics["tuned/eval/rouge_l"] == again["metrics"]["tuned"]["eval"]["rouge_l"]
    assert run.data.metrics["rows/in"] == again["dataset"]["rows_in"]
    assert run.data.metrics["gate/passed"] == float(again["gate"]["passed"])
    assert run.data.metrics["steps/cached"] == sum(step["state"] == "Cached" for step in again["steps"])
    assert run.data.tags["langkah.adapter"] == first["adapter"]["digest"]
    assert run.data.params["ingest.max_intents"] == "12"
