"""New FAQ data, from end to end on a real server: what is new is counted, told by events, trained on once, and not again."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from artifacts_shown import shown
from command_line import ROOT, environment
from events_told import events
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ParameterTypeError
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelled, Suspended

from flows.new_faqs import CHANGED, DUE, retrain_on_new_faqs, watch_faqs
from flows.prepare_dataset import prepare_dataset
from flows.summary import PreparedDataset
from langkah.artifacts import Workspace, use_workspace
from langkah.config import RunConfig, WatchConfig, parse_config
from langkah.errors import ArtifactError, SourceError
from langkah.registry import TrainedFaqs, note_trained
from tasks.steplog import step_log

pytestmark = pytest.mark.slow
KNOWN = 200
LAX = {
    "min_gain": -1, "min_own_lead": None, "max_holdout_drop": 1, "max_invented_rise": None, "min_ended": None,
    "max_forgetting": None, "max_personal_values": None,
}  # fmt: skip


def faq(number: int, answer: int = 0) -> dict[str, Any]:
    """A record unlike the others: words drawn for its number."""
    drawn = random.Random(number)
    words = ["".join(drawn.choice("bdfgklmnprst") + drawn.choice("aeiou") for _ in range(3)) for _ in range(9)]
    steps = [f"{place}. Turn the {word} {answer + place}." for place, word in enumerate(words[4:], 1)]
    prompt = f"How do I {words[0]} the {words[1]} of a {words[2]} {words[3]}?"
    return {"id": f"q{number}", "prompt": prompt, "output": "\n".join(steps), "language": "en"}


class Team:
    """A folder of FAQs that changes, and the workspace of its re-trainings."""

    def __init__(self, root: Path, base: Path, name: str = "shop") -> None:
        self.file = root / "faqs" / "faq.jsonl"
        self.file.parent.mkdir()
        self.workspace = Workspace.open(root / "ws")
        train = {"base_model": str(base), "num_train_epochs": 1, "threads": 1, "per_device_batch_size": 32}
        self.config = parse_config(
            {
                "train": train, "evaluate": {"max_new_tokens": 2, "resamples": 100}, "gate": LAX, "promote": {"auto": True},
                "pii": {"audit_sample": 0}, "watch": {"name": name, "at_least": 3},
            }
        )  # fmt: skip

    def write(self, rows: list[dict[str, Any]]) -> None:
        self.file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")

    def retrain(self) -> dict[str, Any]:
        return retrain_on_new_faqs([str(self.file)], self.config, str(self.workspace.root))

    def watch(self) -> dict[str, Any]:
        return watch_faqs([str(self.file)], self.config, str(self.workspace.root))

    def kept(self) -> int:
        """Records whose scrubbing is remembered."""
        with sqlite3.connect(self.workspace.root / "cache" / "scrub.sqlite") as cache:
            (table,) = cache.execute("select name from sqlite_master where type = 'table'").fetchone()
            return cache.execute(f"select count(*) from {table}").fetchone()[0]

    def dataset(self, made: dict[str, Any], name: str) -> Any:
        path = Path(made["dataset"]["path"]) / name
        return json.loads(path.read_text()) if name.endswith(".json") else path.read_text()


def prepared_elsewhere(team: Team, root: Path) -> str:
    """The dataset made from scratch in a workspace that knows the same champion, and nothing else."""
    other = Workspace.open(root)
    champion = next(iter(sorted(team.workspace.champions.glob("*.json"))))
    entry = json.loads(champion.read_text())
    shutil.copytree(team.workspace.champions, other.champions)
    shutil.copytree(team.workspace.store.root / "dataset" / entry["dataset"], other.store.root / "dataset" / entry["dataset"])
    for path in sorted(other.champions.glob("*.json"))[1:]:
        path.unlink()
    with use_workspace(other), step_log():
        prepared = prepare_dataset([str(team.file)], team.config)
    assert isinstance(prepared, PreparedDataset)
    return prepared.dataset.digest


def test_what_is_new_is_trained_on_once(tmp_path: Path, tiny_model: Path) -> None:
    team = Team(tmp_path, tiny_model)
    team.write([faq(number) for number in range(KNOWN)])
    first = team.retrain()
    assert first["new"] == {"added": 200, "changed": 0, "retired": 0, "unchanged": 0, "due": True}
    assert first["promotion"]["event"] == "promoted"
    kept = team.kept()

    again = team.retrain()
    assert again["new"] == {"added": 0, "changed": 0, "retired": 0, "unchanged": 200, "due": False}
    assert [(step["name"], step["state"]) for step in again["steps"]] == [("fingerprint", "Cached")]
    assert not again.keys() & {"dataset", "adapter", "metrics"}

    rows = [faq(number, answer=5 if number < 3 else 0) for number in range(KNOWN - 2)]
    team.write([*rows, *(faq(number) for number in range(KNOWN, KNOWN + 5))][::-1])
    second = team.retrain()
    assert second["new"] == {"added": 5, "changed": 3, "retired": 2, "unchanged": 195, "due": True}
    assert team.kept() - kept == 8, "records are scrubbed where they are new"
    before, after = (team.dataset(made, "sides.json")["sides"] for made in (first, second))
    gone = [intent for intent in before if intent not in after]
    assert len(gone) == 2 and len(after) == 203
    assert all(after[intent] == side for intent, side in before.items() if intent in after)
    for name in ("train.jsonl", "eval.jsonl", "holdout.jsonl"):
        assert not any(json.loads(line)["intent"] in gone for line in team.dataset(second, name).splitlines())
    assert second["retired"] == {"n": 2, "given": 0, "failed": 0} and first["retired"] is None
    page = Path(second["report"]).read_text(encoding="utf-8")
    assert "was trained on 2 FAQs that are no more" in " ".join(page.split())
    assert second["dataset"]["digest"] == prepared_elsewhere(team, tmp_path / "elsewhere")
    assert team.retrain()["new"]["due"] is False


def test_what_waits_for_a_review_is_not_drafted_again_while_it_waits(tmp_path: Path, tiny_model: Path) -> None:
    team = Team(tmp_path, tiny_model, "reviewed")
    team.write([faq(number) for number in range(6)])
    with get_client(sync_client=True) as client:
        waiting = client.create_flow_run(retrain_on_new_faqs, parameters={"data": []}, state=Suspended(timeout_seconds=600))
        assert team.watch()["due"] is True
        digest = next(team.workspace.store.root.glob("faqs/*")).name
        note_trained(team.workspace.watched, "reviewed.drafted", TrainedFaqs(faqs=digest, by=str(waiting.id), at="2026-01-01"))
        assert team.watch()["due"] is False and team.retrain()["new"]["due"] is False
        assert any(f"run {waiting.name} has drafted them" in str(page.data) for page in shown("new-faqs"))
        team.write([faq(number) for number in range(7)])
        assert team.watch()["due"] is True, "others than it drafted"
        team.write([faq(number) for number in range(6)])
        client.set_flow_run_state(waiting.id, Cancelled(), force=True)
    assert team.watch()["due"] is True


def test_too_little_or_a_failed_run_leaves_all_as_new_as_it_was(tmp_path: Path, tiny_model: Path) -> None:
    team = Team(tmp_path, tiny_model)
    team.write([faq(number) for number in range(2)])
    assert team.retrain()["new"] == {"added": 2, "changed": 0, "retired": 0, "unchanged": 0, "due": False}
    team.write([faq(number) for number in range(3)])
    broken = parse_config({**team.config.model_dump(mode="json"), "chat": {"max_length": 32}})
    with pytest.raises(Exception, match="max_length"):
        retrain_on_new_faqs([str(team.file)], broken, str(team.workspace.root))
    assert team.watch() == {"added": 3, "changed": 0, "retired": 0, "unchanged": 0, "due": True}
    with pytest.raises(SourceError, match="gone"):
        watch_faqs([str(tmp_path / "gone.jsonl")], RunConfig(), str(team.workspace.root))


def test_a_look_tells_by_events_and_trains_nothing(tmp_path: Path, tiny_model: Path) -> None:
    team = Team(tmp_path, tiny_model)
    team.write([faq(number) for number in range(4)])
    found = team.watch()
    told = events("langkah.faqs.", lambda event: event["payload"].get("added") == 4, 2)
    assert {event["event"] for event in told} == {CHANGED, DUE}
    assert {event["resource"]["prefect.resource.id"] for event in told} == {"langkah.faqs.shop"}
    (due,) = [event for event in told if event["event"] == DUE]
    assert due["payload"] == {**found, "data": [str(team.file)]}
    assert not (team.workspace.store.root / "records").exists()
    assert [page for page in shown("new-faqs") if "which nothing was trained on yet: 4 added" in str(page.data)]


def test_what_is_due_starts_the_retraining_that_is_deployed_with_typed_parameters(tmp_path: Path, tiny_model: Path) -> None:
    team = Team(tmp_path, tiny_model)
    team.config = team.config.model_copy(update={"watch": WatchConfig()})
    team.write([faq(number) for number in range(2)])
    deploy = ["--no-prompt", "deploy", "--prefect-file", "deployments/prefect.yaml", "--name", "retrain-on-new-faqs"]
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name="langkah", type="process"), overwrite=True)
        done = subprocess.run(
            [sys.executable, "-m", "prefect", *deploy],
            env=environment({"PREFECT_API_URL": PREFECT_API_URL.value(), "LANGKAH_ROOT": str(ROOT), "LANGKAH_POOL": "langkah"}),
            cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        deployment = client.read_deployment_by_name("retrain-on-new-faqs/retrain-on-new-faqs")
        assert deployment.schedules[0].schedule.timezone == "Asia/Jakarta"
        assert deployment.concurrency_options and deployment.concurrency_options.collision_strategy == "ENQUEUE"
        team.watch()
        deadline = time.monotonic() + 60
        while not (runs := started(client, deployment.id)):
            assert time.monotonic() < deadline, "no run was started"
            time.sleep(0.5)
    (run,) = runs
    assert run.parameters["data"] == [str(team.file)]
    assert run.parameters["config"] == {"watch": {"name": "faqs", "at_least": 1}}


def started(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    """Runs of a deployment that an automation started, not its schedule."""
    wanted = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
    return [run for run in client.read_flow_runs(deployment_filter=wanted) if not run.auto_scheduled]


def test_what_was_trained_on_last_and_is_gone_says_how_to_go_on(tmp_path: Path) -> None:
    team = Team(tmp_path, tmp_path)
    team.write([faq(number) for number in range(3)])
    note_trained(team.workspace.watched, "shop", TrainedFaqs(faqs="0" * 64, by="x", at="2026-01-01T00:00:00+00:00"))
    note = team.workspace.watched / "shop.json"
    with pytest.raises(ArtifactError, match=rf"faqs/0{{12}}: missing in .*; .* or remove {note}: then all FAQs are new"):
        team.watch()
    note.unlink()
    assert team.watch()["added"] == 3


def test_a_password_among_refused_parameters_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    config: Any = {"sources": {"databases": {"h": {"url": "postgresql://faq:hunter2@db/help", "query": "SELECT 1"}}}}
    with pytest.raises(ParameterTypeError, match=r"config\.sources\.databases\.h\.url: expected no password"):
        watch_faqs(["sql:h"], config)
    assert "hunter2" not in caplog.text
