"""`langkah deploy`: work pools, queues, the GPU's limit, deployments and automations on a Prefect server, as the files say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound
from pydantic import ValidationError

from langkah.errors import ConfigError, InputError, UnforeseenError
from tasks.gpu import LIMIT

FILES: Final = Path(__file__).parents[1] / "deployments"
POOLS: Final = {"process": "langkah", "docker": "langkah-docker", "kubernetes": "langkah-kubernetes"}
"""Work pool of each kind of infrastructure."""
QUEUES: Final = ("cpu", "gpu")
NOBODY: Final = "off"
"""In place of a block: nobody is told any more."""
_SECONDS: Final = 300


def deploy_all(kind: str, say: Callable[[str], None], *, gpus: int | None = None, notify: str | None = None) -> None:
    """Bring a server to what the files of `deployments/` say; what is so already stays as it is.

    Args:
        kind: of infrastructure that runs go to: a key of `POOLS`.
        say: is told each thing that was done.
        gpus: how many steps may use a GPU at once, over all workers; None: as many as before, at first one.
        notify: the block that tells people of failures and verdicts, `TYPE/NAME`; `off`: nobody is told; None: as before.

    Raises:
        InputError: there is no such block.
        ConfigError: a schedule of `deployments/prefect.yaml` is none, or in no time zone that there is.
        UnforeseenError: Prefect did not take the deployments.
    """
    _check_schedules()
    automations = _read("automations.yaml")
    with get_client(sync_client=True) as client:
        block = _block(client, notify) if notify and notify != NOBODY else None
        _make_pool(client, kind)
        say(f"work pool {POOLS[kind]}, queues {' and '.join(QUEUES)}")
        say(f"concurrency limit {LIMIT}: {_limit_gpus(client, gpus)}")
        _deploy(kind, str(client.api_url))
        for name in sorted(each.name for each in client.read_deployments() if "langkah" in each.tags):
            say(f"deployment {name}")
        wanted = list(automations["automations"])
        if block:
            wanted += [_notification(each, block) for each in automations["notifications"]]
        if notify == NOBODY:
            _forget(client, [each["name"] for each in automations["notifications"]])
        for each in wanted:
            _automate(client, AutomationCore.model_validate(each))
            say(f"automation {each['name']}")


def _check_schedules() -> None:
    problems = [
        f"deployments/prefect.yaml: {each['name']}: schedule {schedule['cron']} in {schedule.get('timezone', 'UTC')}: {problem}"
        for each in _read("prefect.yaml")["deployments"]
        for schedule in each.get("schedules", ())
        if (problem := _refused(schedule))
    ]
    if problems:
        raise ConfigError(*problems)


def _refused(schedule: Mapping[str, Any]) -> str | None:
    try:
        CronSchedule(cron=schedule["cron"], timezone=schedule.get("timezone"))
    except ValidationError as error:
        return str(error.errors()[0]["msg"])
    return None


def _limit_gpus(client: SyncPrefectClient, gpus: int | None) -> int:
    if gpus is None:
        try:
            return client.read_global_concurrency_limit_by_name(LIMIT).limit
        except ObjectNotFound:
            gpus = 1
    client.upsert_global_concurrency_limit_by_name(LIMIT, gpus)
    return gpus


def read_pool(kind: str) -> dict[str, Any]:
    """Return `type`, `description` and `base_job_template` of a pool; the environment of all runs is in its template."""
    pool: dict[str, Any] = _read(f"pools/{kind}.yaml")
    environment = pool["base_job_template"]["variables"]["properties"]["env"]
    environment["default"] = {**_read("run_environment.yaml"), **environment["default"]}
    return pool


def runs_environment(kind: str) -> dict[str, str]:
    """Return the environment variables of the runs of a pool."""
    environment: dict[str, str] = read_pool(kind)["base_job_template"]["variables"]["properties"]["env"]["default"]
    return environment


def _read(name: str) -> Any:
    return yaml.safe_load((FILES / name).read_text(encoding="utf-8"))


def _make_pool(client: SyncPrefectClient, kind: str) -> None:
    wanted = read_pool(kind)
    try:
        client.read_work_pool(POOLS[kind])
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=POOLS[kind], **wanted))
    else:
        del wanted["type"]
        client.update_work_pool(POOLS[kind], WorkPoolUpdate(**wanted))
    known = {queue.name for queue in client.read_work_queues(work_pool_name=POOLS[kind])}
    for name in QUEUES:
        if name not in known:
            client.create_work_queue(name, work_pool_name=POOLS[kind])


def _deploy(kind: str, server: str) -> None:
    """Have Prefect read deployments/prefect.yaml. Runs start where the pool's images have the flows, or where they are here."""
    root = {"LANGKAH_ROOT": str(FILES.parent), **os.environ, **runs_environment(kind)}["LANGKAH_ROOT"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", "deployments/prefect.yaml"],
            env={**os.environ, "LANGKAH_ROOT": root, "LANGKAH_POOL": POOLS[kind], "PREFECT_API_URL": server},
            cwd=FILES.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UnforeseenError(f"prefect deploy: not done after {_SECONDS} seconds; is the server busy?") from None
    if done.returncode:
        raise UnforeseenError(f"prefect deploy: {' '.join((done.stdout + done.stderr).split())[-500:]}")


def _block(client: SyncPrefectClient, slug: str) -> str:
    """Return the id of a block document."""
    kind, _, name = slug.partition("/")
    try:
        return str(client.read_block_document_by_name(name, kind).id)
    except ObjectNotFound:
        raise InputError(f"--notify {slug}: no such block; expected one of the server, as slack-webhook/team") from None


def _notification(each: Mapping[str, Any], block: str) -> dict[str, Any]:
    told = {"type": "send-notification", "block_document_id": block, "subject": each["subject"], "body": each["body"]}
    return {"name": each["name"], "trigger": each["trigger"], "actions": [told]}


def _forget(client: SyncPrefectClient, names: list[str]) -> None:
    for name in names:
        for found in client.read_automations_by_name(name):
            client.delete_automation(found.id)


def _automate(client: SyncPrefectClient, wanted: AutomationCore) -> None:
    found = client.read_automations_by_name(wanted.name)
    if found:
        client.update_automation(found[0].id, wanted)
    else:
        client.create_automation(wanted)
