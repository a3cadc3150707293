"""A team's first run: the form of the Prefect UI filled in, the run watched, its artifacts opened, in a real browser."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import TimeoutError as LateError
from postgres import postgres_server
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId, DeploymentFilterName
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.client.schemas.sorting import FlowRunSort
from prefect_team import Team, prefect_team

pytestmark = [pytest.mark.browser, pytest.mark.slow]
_WAIT = 60_000
_CACHED_SECONDS = 15
_QUICK = "ingest.max_intents=12 evaluate.max_new_tokens=8 evaluate.resamples=200 train.threads=1"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def team(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    home = tmp_path_factory.mktemp(str(request.param))
    with ExitStack() as services:
        database = None
        if request.param == "postgresql":
            database = f"postgresql+asyncpg://{services.enter_context(postgres_server()).address}/postgres"
        yield services.enter_context(prefect_team(home, database))


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, color_scheme="light")
    context.set_default_timeout(_WAIT)
    yield context.new_page()
    context.close()


def _picture(page: Any, name: str, height: int = 1100) -> None:
    """Keep a picture for the docs where LANGKAH_PICTURES names a folder."""
    if folder := os.environ.get("LANGKAH_PICTURES"):
        page.set_viewport_size({"width": 1280, "height": height})
        page.wait_for_timeout(1_500)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _field(page: Any, title: str, kind: str, place: int = 1) -> Any:
    """The first (or n-th) element of a kind after the label with this title."""
    return page.locator("label", has_text=title).locator(f"xpath=(following::{kind})[{place}]")


def _artifact(page: Any, key: str) -> Any:
    return page.locator("a", has=page.get_by_text(key, exact=True)).first


def _last_run(team: Team, deployment: str) -> FlowRun:
    only = DeploymentFilter(name=DeploymentFilterName(any_=[deployment]))
    with SyncPrefectClient(f"{team.address}/api") as client:
        return client.read_flow_runs(deployment_filter=only, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=1)[0]


def _submit(page: Any, team: Team, deployment: str, **fields: str) -> FlowRun:
    """Open a deployment's form from the list of deployments, fill it in, start the run, and wait for its end."""
    page.goto(f"{team.address}/deployments")
    page.locator(f"a[title={deployment!r}]").click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text("FAQ files", exact=True).wait_for()
    page.wait_for_load_state("networkidle")
    for title, value in fields.items():
        _fill(page, title.replace("_", " "), value)
    if "Other_settings" in fields:
        _picture(page, "run-form", 2550)
    for patience in (5_000, 5_000, _WAIT):
        page.get_by_role("button", name="Submit").click()  # which may leave a field alone, and move the button from under it
        with suppress(*([LateError] if patience < _WAIT else [])):
            page.wait_for_url("**/deployments/deployment/*?tab=Runs", timeout=patience)
            break
    return _ended(team, deployment)


def _fill(page: Any, title: str, value: str) -> None:
    """Fill in a field; of a list, an item for each word. The form draws itself anew at times: what got lost is filled again."""
    listed = title == "Other settings"
    for place, word in enumerate(value.split() if listed else [value], start=1):
        if listed:
            _field(page, title, "button[contains(., 'Add item')]").click()
        field = _field(page, title, "textarea" if listed else "*[self::input or self::textarea]", place)
        for _ in range(5):
            field.fill(word)
            page.wait_for_timeout(200)
            if field.input_value() == word:
                break
        assert field.input_value() == word, title


def _fields(model: Path) -> dict[str, str]:
    return {"Base_model": str(model), "Epochs": "1", "Other_settings": _QUICK}


def _ended(team: Team, deployment: str) -> FlowRun:
    end = time.monotonic() + 300
    while (run := _last_run(team, deployment)).state is None or not run.state.is_final():
        assert time.monotonic() < end, run.state
        time.sleep(0.5)
    return run


def test_a_run_is_started_from_the_form_and_its_artifacts_are_read(page: Any, team: Team, tiny_model: Path) -> None:
    run = _submit(page, team, "finetune", **_fields(tiny_model))
    assert run.state and run.state.is_completed(), run.state
    assert run.parameters["config"]["train"]["num_train_epochs"] == 1
    assert run.parameters["settings"] == _QUICK.split()

    page.goto(f"{team.address}/runs/flow-run/{run.id}")
    page.get_by_text("Completed").first.wait_for()
    page.get_by_text(re.compile(r"^step scrub: Completed, .* s, records/")).wait_for()
    _picture(page, "run-finished")
    page.get_by_text("Artifacts", exact=True).click()
    for key in ("verdict", "dataset", "paraphrases", "personal-data-audit", "rows-set-aside", "token-lengths"):
        _artifact(page, key).wait_for()
    _picture(page, "run-artifacts")
    _artifact(page, "verdict").click()
    page.get_by_text("generate-tuned").wait_for()
    told = page.locator("body").inner_text()
    assert "Rule" in told and "Eval: new wordings" in told and "report.html" in told
    assert "training tokens" in told
    _picture(page, "run-verdict", 1500)


def test_a_run_of_known_work_is_over_in_fifteen_seconds_and_says_so(page: Any, team: Team, tiny_model: Path) -> None:
    for _ in range(3):  # other tests work beside it
        again = _submit(page, team, "finetune", **_fields(tiny_model))
        assert again.state and again.state.is_completed(), again.state
        if again.total_run_time.total_seconds() < _CACHED_SECONDS:
            break
    assert again.total_run_time.total_seconds() < _CACHED_SECONDS
    page.goto(f"{team.address}/runs/flow-run/{again.id}")
    page.get_by_text("Artifacts", exact=True).click()
    _artifact(page, "verdict").click()
    page.get_by_text("generate-tuned").wait_for()
    rows = page.get_by_role("row").filter(has_text="Cached")
    assert rows.count() == 13, "every step but those without work"


def test_what_a_person_gets_wrong_in_the_form_is_told_in_words(page: Any, team: Team) -> None:
    run = _submit(page, team, "finetune", Base_model="gpt-9")
    assert run.state and run.state.is_failed() and run.state.message
    assert (
        "train.base_model: gpt-9: no such folder, GGUF file, hub id (owner/name) or catalogue name (qwen3-8b,"
        in run.state.message
    )
    page.goto(f"{team.address}/runs/flow-run/{run.id}")
    page.get_by_text("Failed").first.wait_for()
    _picture(page, "run-failed")


def test_a_schedule_makes_runs_by_itself(team: Team) -> None:
    """The server plans the weekly re-training, and a look at the FAQs every five seconds starts."""
    with SyncPrefectClient(f"{team.address}/api") as client:
        weekly = client.read_deployment_by_name("retrain-on-new-faqs/retrain-on-new-faqs")
        watching = client.read_deployment_by_name("watch-faqs/watch-faqs").id
        client.create_deployment_schedules(watching, [(IntervalSchedule(interval=timedelta(seconds=5)), True)])
        end = time.monotonic() + 120
        while True:
            planned = _of(client, weekly.id)
            started = [run for run in _of(client, watching) if run.auto_scheduled and run.run_count]
            if planned and started:
                break
            assert time.monotonic() < end, (planned, started)
            time.sleep(0.5)
        for schedule in client.read_deployment_schedules(watching):
            client.update_deployment_schedule(watching, schedule.id, active=False)
    first = min(run.expected_start_time for run in planned if run.expected_start_time)
    assert first.astimezone(ZoneInfo("Asia/Jakarta")).strftime("%A %H:%M") == "Monday 02:00"


def _of(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    return client.read_flow_runs(deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])))
