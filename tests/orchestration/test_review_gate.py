"""Where a run waits for a person: on this machine, and as a deployment that suspends on a real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import psutil
import pytest
from artifacts_shown import shown
from chat_server import ChatServer, Reply
from command_line import ROOT, command, environment, settings
from cryptography.fernet import Fernet
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter
from prefect.flow_runs import resume_flow_run
from prefect.settings import PREFECT_API_URL
from stand_in import answer

from flows.local import run_locally
from flows.prepare_dataset import prepare_dataset
from flows.summary import AwaitingReview
from langkah.app import Originals
from langkah.artifacts import Workspace, use_workspace
from langkah.config import ReviewConfig, RunConfig, parse_config
from langkah.pii.sealed import KEY_VARIABLE
from langkah.review import Kind, ReviewQueue, Verdict, database_url

ROWS = [
    {
        "id": f"faq-{n}",
        "prompt": f"How do I change the {what}?",
        "output": f"1. Open Account.\n2. Tap {what.title()}.\n3. Tap Save.",
    }
    for n, what in enumerate(("picture", "password", "language", "address", "nickname", "currency", "theme", "ringtone"))
]
RAW = {"id": "raw", "prompt": "How do I close my account?", "output": "Someone here said that support does it when asked."}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "faq.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (*ROWS, RAW)))
    return path


def decide_all(queue: ReviewQueue, run: str, reject: str = "", leave: str = "", edit: dict[str, str] | None = None) -> None:
    """Approve everything but the records whose prompts hold these words."""
    for entry in iter(queue.page(run, None, limit=500).entries):
        item = entry.item
        if entry.verdict.decided or (leave and leave in item.prompt):
            continue
        output = (edit or {}).get(item.prompt) if item.kind is not Kind.variant else None
        bad = (item.kind is Kind.flagged and output is None) or (bool(reject) and reject in item.prompt)
        verdict = Verdict.rejected if bad else Verdict.approved
        queue.decide(item.key, verdict, reviewer="Ani", version=entry.version, output=output)


def rows_of(summary: dict[str, Any]) -> list[dict[str, Any]]:
    folder = Path(summary["dataset"]["path"])
    return [
        json.loads(line)
        for name in ("train", "eval", "holdout")
        for line in (folder / f"{name}.jsonl").read_text().splitlines()
    ]


def test_a_local_run_waits_is_called_again_and_holds_only_what_was_approved(
    tmp_path: Path, tiny_model: Path, source: Path
) -> None:
    workspace = tmp_path / "ws"
    arguments = ["prepare", "--data", source, "--workspace", workspace, "--json", tmp_path / "p.json"]
    arguments += settings(tiny_model, **{"review.mode": "app"})
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    waiting = json.loads((tmp_path / "p.json").read_text())
    assert waiting["steps"][-1] == {"name": "review", "state": "AwaitingReview", "seconds": 0.0}
    assert waiting["review"]["pending"] == 9 + 3 * 8
    assert [waiting["review"][f"rows_{name}"] for name in ("in", "kept", "rejected", "flagged")] == [9, 8, 0, 1]
    assert "9 rows in = 8 kept + 0 rejected + 0 duplicate + 1 flagged" in done.stdout
    assert f"langkah review --workspace {workspace} " in done.stdout
    assert "dataset" not in waiting

    queue = ReviewQueue.open(database_url(None, Workspace.open(workspace), {}))
    steps = "1. Write to support.\n2. Ask Ibu Siti Rahmawati to close the account."
    run = waiting["review"]["run"]
    decide_all(queue, run, reject="password", leave="currency", edit={RAW["prompt"]: steps})
    again = command(*arguments)
    assert again.returncode == 0, again.stderr
    assert json.loads((tmp_path / "p.json").read_text())["review"]["pending"] == 4

    decide_all(queue, run, reject="currency")
    last = command(*arguments)
    assert last.returncode == 0, last.stderr
    summary = json.loads((tmp_path / "p.json").read_text())
    states = {step["name"]: step["state"] for step in summary["steps"]}
    assert {states[name] for name in ("ingest", "scrub", "structure", "collect", "paraphrase")} == {"Cached"}
    counts = summary["dataset"]
    assert (counts["rows_in"], counts["rows_kept"], counts["rows_rejected"], counts["rows_flagged"]) == (9, 7, 2, 0)
    rows = rows_of(summary)
    paraphrases = sum(row["variant_of"] is not None for row in rows)
    assert f"approved by a person: 7 records, {paraphrases} paraphrases\n" in last.stdout
    assert not [row for row in rows if "password" in row["prompt"].lower() or "currency" in row["prompt"].lower()]
    (closing,) = [row for row in rows if row["prompt"] == RAW["prompt"]]
    assert closing["output"] == "1. Write to support.\n2. Ask [NAME] to close the account.", "what reviewers write is scrubbed"

    fewer = command(*arguments, "--set", 'review.queues=["flagged"]')
    assert fewer.returncode == 0, fewer.stderr
    rows = rows_of(json.loads((tmp_path / "p.json").read_text()))
    assert rows and not [row for row in rows if "password" in row["prompt"].lower()], "what was rejected once stays out"


def test_what_is_flagged_waits_without_variants_and_trains_by_its_own_question(tmp_path: Path, config: RunConfig) -> None:
    reset = "How do I reset the clock?"
    flagged = [
        {"id": "greeting", "prompt": "Halo min mau tanya", "output": "1. Buka menu.\n2. Pilih Bantuan.", "language": "id"},
        {"id": "one", "prompt": reset, "output": "1. Open Settings.\n2. Tap Clock."},
        {"id": "other", "prompt": reset, "output": "1. Hold the button.\n2. Let it go."},
    ]
    path = tmp_path / "faq.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (*ROWS, *flagged)))
    config = config.model_copy(update={"review": ReviewConfig(mode="app")})
    workspace = Workspace.open(tmp_path / "ws")
    waiting = run_locally("prepare", [str(path)], config, workspace)["review"]
    with closing(ReviewQueue.open(database_url(None, workspace, {}))) as queue:
        items = [entry.item for entry in queue.page(waiting["run"], None, limit=500).entries]
        asked = {item.prompt for item in items if item.kind is Kind.flagged}
        assert asked == {"Halo min mau tanya", reset}
        assert {item.variant_of for item in items if item.kind is Kind.variant} == {row["prompt"] for row in ROWS}
        decide_all(queue, waiting["run"], edit={reset: "1. Open Settings.\n2. Tap Clock."})
    rows = rows_of(run_locally("prepare", [str(path)], config, workspace))
    assert [row["variant_of"] for row in rows if row["prompt"] == reset] == [None]


def test_a_spreadsheet_goes_round(tmp_path: Path, tiny_model: Path, source: Path) -> None:
    workspace = tmp_path / "ws"
    arguments = ["prepare", "--data", source, "--workspace", workspace, "--json", tmp_path / "p.json"]
    arguments += settings(tiny_model, **{"review.mode": "file"})
    assert command(*arguments).returncode == 0
    waiting = json.loads((tmp_path / "p.json").read_text())["review"]
    assert (waiting["pending"], Path(waiting["place"]).suffix) == (9 + 3 * 8, ".xlsx")
    book = openpyxl.load_workbook(waiting["place"])
    sheet = book.active
    header = [cell.value for cell in next(sheet.iter_rows())]
    for row in list(sheet.iter_rows())[1:]:
        decision = "reject" if row[header.index("kind")].value == "flagged" else "approve"
        row[header.index("decision")].value = decision
    book.save(waiting["place"])
    done = command("review", "--workspace", workspace, "--import", waiting["place"], "--reviewer", "Ani")
    assert done.returncode == 0, done.stderr
    last = command(*arguments)
    assert last.returncode == 0, last.stderr
    assert json.loads((tmp_path / "p.json").read_text())["dataset"]["rows_kept"] == 8


def test_a_run_that_waits_leaves_no_connection_to_the_queue(tmp_path: Path, tiny_model: Path, source: Path) -> None:
    config = parse_config({"train": {"base_model": str(tiny_model)}, "review": {"mode": "app"}})
    with use_workspace(Workspace.open(tmp_path / "ws")) as workspace:
        assert isinstance(prepare_dataset([str(source)], config), AwaitingReview)
        opened = {Path(file.path) for file in psutil.Process().open_files()}
        assert (workspace.root / "review.db").is_file() and workspace.root / "review.db" not in opened


def test_a_run_with_a_vault_lets_its_reviewers_see_the_original_and_keeps_it_from_the_queue(
    tmp_path: Path, tiny_model: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    row = {"prompt": "How do I pay Zebulon Quillfeather?", "output": "Ask Zebulon Quillfeather, then press Pay and Save."}
    with source.open("a") as handle:
        handle.write(json.dumps(row) + "\n")
    reviewed = {"train": {"base_model": str(tiny_model)}, "review": {"mode": "app"}}
    with use_workspace(Workspace.open(tmp_path / "ws")) as workspace:
        for vault in (True, False):
            waiting = prepare_dataset([str(source)], parse_config({**reviewed, "pii": {"vault": vault}}))
            assert isinstance(waiting, AwaitingReview)
            queue = ReviewQueue.open(database_url(None, workspace, {}))
            (entry,) = [each for each in queue.page(waiting.run).entries if each.item.prompt == "How do I pay [NAME]?"]
            text = Originals(workspace).of(entry)
            queue.close()
            if not vault:
                assert text is None
                break
            assert text
            assert ["".join(piece.text for piece in part) for part in text] == [row["prompt"], row["output"]]
        for path in workspace.root.rglob("*"):
            assert not path.is_file() or b"Quillfeather" not in path.read_bytes()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Path]:
    """A worker that runs one flow at a time, with a workspace of its own."""
    workspace = tmp_path / "worker"
    env = {**os.environ, "PREFECT_API_URL": PREFECT_API_URL.value(), "LANGKAH_HOME": str(workspace), "OMP_NUM_THREADS": "1",
           "LANGKAH_REVIEW_URL": "https://review.example"}  # fmt: skip
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name="review", type="process"), overwrite=True)
    log = (tmp_path / "worker.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "prefect", "worker", "start", "--pool", "review", "--limit", "1"],
        env=env, cwd=ROOT, stdout=log, stderr=log,
        # It ends by an interrupt that it sends itself, which a shell's background job ignores, and all below it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    yield workspace
    process.terminate()
    process.wait(60)
    log.close()


def until(client: SyncPrefectClient, run: UUID, names: set[str], seconds: float = 240) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = client.read_flow_run(run).state
        if state and state.name in names | {"Failed", "Crashed"}:
            return state.name
        time.sleep(0.5)
    raise AssertionError(f"still {state.name if state else None}, expected {names}")


def until_suspended(client: SyncPrefectClient, run: UUID, times: int) -> None:
    """Wait until a run has suspended so many times, which it may do within a blink, and until its process has ended."""
    deadline = time.monotonic() + 120
    while [state.name for state in client.read_flow_run_states(run)].count("Suspended") < times:
        assert time.monotonic() < deadline, "it did not suspend"
        time.sleep(0.5)
    time.sleep(5)  # Prefect's worker with a limit dies of a run that comes back before


def test_the_resume_form_lets_a_run_wait_again_or_go_on_without_what_is_undecided(
    worker: Path, tiny_model: Path, source: Path
) -> None:
    deployed: Callable[..., Any] = flow.from_source(
        source=str(ROOT), entrypoint="flows/prepare_dataset.py:prepare_dataset"
    ).deploy
    deployment = deployed("resumed", work_pool_name="review", build=False, push=False, print_next_steps=False)
    config = {
        "train": {"base_model": str(tiny_model)}, "sources": {"allowed_roots": [str(source.parent)]}, "review": {"mode": "app"},
        "paraphrase": {"backend": "openai", "meaning": "words"},
    }  # fmt: skip
    with (
        ChatServer(lambda request, _: Reply("?" if "theme" in str(request) else answer(request))) as server,
        get_client(sync_client=True) as client,
    ):
        parameters = {"data": [str(source)], "config": {**config, "llm": {"base_url": server.url, "model": "tiny"}}}
        run = client.create_flow_run_from_deployment(deployment, parameters=parameters).id
        until_suspended(client, run, 1)
        asked = len(server.requests)
        resume_flow_run(run, run_input={"release_undecided": False})
        until_suspended(client, run, 2)  # all is undecided still
        assert len(shown("review", run)) == 1
        assert len(server.requests) == asked > 8, "a run that resumes does not ask anew, which would change what is reviewed"

        queue = ReviewQueue.open(database_url(None, Workspace.open(worker), {}))
        decide_all(queue, str(run), leave="password")
        resume_flow_run(run, run_input={"release_undecided": True})
        assert until(client, run, {"Completed"}) == "Completed"
        (page,) = shown("review", run)
        assert "4 left undecided" in str(page.data)


def test_a_deployed_run_suspends_frees_its_worker_and_goes_on_once_all_is_decided(
    tmp_path: Path, worker: Path, tiny_model: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", PREFECT_API_URL.value())
    config: dict[str, Any] = {"train": {"base_model": str(tiny_model)}, "sources": {"allowed_roots": [str(source.parent)]}}
    reviewed = {**config, "review": {"mode": "app"}}
    RunConfig.model_validate(reviewed)
    deployed: Callable[..., Any] = flow.from_source(
        source=str(ROOT), entrypoint="flows/prepare_dataset.py:prepare_dataset"
    ).deploy
    deployment = deployed("reviewed", work_pool_name="review", build=False, push=False, print_next_steps=False)
    with get_client(sync_client=True) as client:
        start = client.create_flow_run_from_deployment
        first = start(deployment, parameters={"data": [str(source)], "config": reviewed}).id
        assert until(client, first, {"Suspended"}) == "Suspended"
        other = start(deployment, parameters={"data": [str(source)], "config": config}).id
        assert until(client, other, {"Completed"}) == "Completed", "the worker is free while the first run waits"
        (page,) = shown("review", first)
        assert f"https://review.example/?run={first}" in str(page.data) and "33 of 33" in str(page.data)

        queue = ReviewQueue.open(database_url(None, Workspace.open(worker), {}))
        profiles = tmp_path / "profiles.toml"
        profiles.write_text(f'active = "shop"\n[profiles.shop]\nPREFECT_API_URL = "{PREFECT_API_URL.value()}"\n')
        pages = subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "review", "--workspace", str(worker), "--port", "0"],
            env=environment({"PREFECT_PROFILES_PATH": str(profiles)}), cwd=ROOT,
        )  # fmt: skip
        try:
            decide_all(queue, str(first), leave="password")
            time.sleep(8)
            assert until(client, first, {"Suspended"}) == "Suspended", "a record is still undecided"
            decide_all(queue, str(first), reject="password")
            assert until(client, first, {"Running", "Completed"}, 30) != "Suspended", "the open pages let the run go on"
        finally:
            pages.terminate()
            pages.wait(20)
        assert until(client, first, {"Completed"}) == "Completed"
        assert [each.description for each in shown("review", first)] == ["Reviewed"]
        runs = client.read_task_runs(flow_run_filter=FlowRunFilter.model_validate({"id": {"any_": [first]}}), limit=200)
    states = [(run.name, run.state_name) for run in runs]
    assert ("scrub", "Cached") in states
    assert ("release", "Completed") in states
