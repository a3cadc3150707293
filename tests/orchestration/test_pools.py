"""What runs go to: work pools, images, compose and kubernetes files, by the schemas of those who read them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import kubernetes_validate
import pytest
import yaml
from prefect import flow, tags
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events import emit_event
from prefect.states import AwaitingRetry, Crashed, Running
from prefect.utilities.templating import apply_values, find_placeholders

from flows.deploying import FILES, NOBODY, POOLS, QUEUES, deploy_all, read_pool
from langkah.config import load_config
from langkah.errors import ConfigError, InputError
from tasks.gpu import LIMIT

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker" / "compose.yaml"
KUBERNETES = "1.34.0"
GPU: dict[str, Any] = yaml.safe_load((FILES / "prefect.yaml").read_text())["definitions"]["work_pools"]["gpu"]["job_variables"]


def template(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = read_pool(kind)["base_job_template"]
    return found


def values(kind: str, **given: Any) -> dict[str, Any]:
    """The variables of a run: the pool's defaults, what a deployment gives, and what the worker puts in."""
    properties = template(kind)["variables"]["properties"]
    defaults = {name: each["default"] for name, each in properties.items() if "default" in each}
    worker = {"name": "brave-otter", "labels": {"prefect.io/flow-run-id": "x"}, "command": ["prefect", "flow-run", "execute"]}
    return {**defaults, **worker, **{name: value for name, value in given.items() if name in properties}}


@pytest.mark.parametrize("kind", POOLS)
def test_a_pools_template_uses_each_of_its_variables_and_no_other(kind: str) -> None:
    found = template(kind)
    used = {place.name for place in find_placeholders(found["job_configuration"])}
    variables = found["variables"]
    assert used == set(variables["properties"])
    jsonschema.Draft202012Validator.check_schema(variables)
    for name, each in variables["properties"].items():
        assert each["title"]
        if "default" in each:
            jsonschema.validate(each["default"], each), name
    environment = variables["properties"]["env"]["default"]
    silent = yaml.safe_load((FILES / "automations.yaml").read_text())["automations"][0]["trigger"]["within"]
    patience = sum(2**attempt for attempt in range(1, int(environment["PREFECT_CLIENT_MAX_RETRIES"]) + 1))
    assert silent > patience + int(environment["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]), "a server's return would end living runs"
    if kind != "process":
        assert environment["PREFECT_RESULTS_LOCAL_STORAGE_PATH"].startswith(f"{environment['LANGKAH_HOME']}/")


@pytest.mark.parametrize("given", [{}, GPU], ids=["cpu", "gpu"])
def test_a_run_on_kubernetes_is_a_valid_job_that_is_not_root(given: dict[str, Any]) -> None:
    job: Any = apply_values(template("kubernetes")["job_configuration"]["job_manifest"], values("kubernetes", **given))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": name, "value": value} for name, value in container["env"].items()]
    kubernetes_validate.validate(job, KUBERNETES, strict=True)
    assert job["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    limits, (*_, memory) = container["resources"]["limits"], job["spec"]["template"]["spec"]["volumes"]
    assert (limits["nvidia.com/gpu"], memory["emptyDir"]["sizeLimit"]) == ((1, "8Gi") if given else (0, "2Gi"))
    assert container["image"] == ("langkah:gpu" if given else "langkah:cpu")
    container["securityContext"]["readOnlyRoot"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, KUBERNETES, strict=True)


def test_what_a_cluster_needs_is_valid_and_is_what_the_pool_names() -> None:
    made = list(yaml.safe_load_all((FILES / "kubernetes.yaml").read_text()))
    for each in made:
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
    claim = next(each for each in made if each["kind"] == "PersistentVolumeClaim")
    assert claim["metadata"]["name"] == values("kubernetes")["claim"]
    (worker,) = next(each for each in made if each["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"]
    assert POOLS["kubernetes"] in worker["args"] and worker["envFrom"] == [
        {"secretRef": {"name": values("kubernetes")["secret"]}}
    ]


def test_machines_that_train_along_wait_where_the_run_is_and_see_its_workspace() -> None:
    service, joining = made = list(yaml.safe_load_all((FILES / "kubernetes-nodes.yaml").read_text()))
    for each in made:
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
    train = load_config(FILES / "runs" / "multi_node.yaml").train
    pod = joining["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["args"] == ["langkah", "join", train.rendezvous]
    assert train.rendezvous == f"{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    assert joining["spec"]["replicas"] == train.nodes - 1
    claims = [each["persistentVolumeClaim"]["claimName"] for each in pod["volumes"] if "persistentVolumeClaim" in each]
    assert claims == [values("kubernetes")["claim"]]
    selector = service["spec"]["selector"]
    job: Any = apply_values(template("kubernetes")["job_configuration"], values("kubernetes", labels=selector))
    assert job["labels"] == selector


def test_a_run_in_docker_is_not_root_and_sees_a_gpu_only_from_the_queue_gpu() -> None:
    cpu: Any = apply_values(template("docker")["job_configuration"], values("docker"))
    gpu: Any = apply_values(template("docker")["job_configuration"], values("docker", **GPU))
    for each, image in ((cpu, "cpu"), (gpu, "gpu")):
        options = each["container_create_kwargs"]
        user = re.search(r"useradd .*--uid (\d+)", (ROOT / "docker" / f"{image}.Dockerfile").read_text())
        assert user and options["user"] == user[1] and each["image"] == f"langkah:{image}"
        assert options["read_only"] and options["cap_drop"] == ["ALL"] and each["privileged"] is False
    assert "device_requests" not in cpu["container_create_kwargs"] and gpu["container_create_kwargs"]["device_requests"]


def _compose_problems(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout


def test_the_compose_file_is_one(tmp_path: Path) -> None:
    assert _compose_problems(COMPOSE) == ""
    broken = tmp_path / "compose.yaml"
    broken.write_text(COMPOSE.read_text().replace("read_only: true", "readonly: true"))
    assert "readonly" in _compose_problems(broken)


def test_services_of_compose_are_not_root_write_little_and_come_back() -> None:
    services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    for name, service in services.items():
        assert "no-new-privileges:true" in service["security_opt"] and service["logging"]["options"]["max-size"]
        assert service["restart"] == ("no" if name == "deploy" else "unless-stopped")
        assert name == "deploy" or service["healthcheck"]["test"][0] == "CMD"
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert re.search(r":[\w.-]+$", service["image"]) and not service["image"].endswith(":latest")
        if name != "database":
            assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
            assert not [key for key in service["environment"] if re.search("PASSWORD|TOKEN|AUTH_STRING", key)]
    for name in ("worker", "gpu-worker"):
        assert services[name]["volumes"] == ["workspace:/workspace"]
        assert services[name]["environment"]["PREFECT_RESULTS_LOCAL_STORAGE_PATH"].startswith("/workspace/")
    for image in ("cpu", "gpu"):
        assert "\nUSER langkah\n" in (ROOT / "docker" / f"{image}.Dockerfile").read_text()


def test_a_server_is_brought_to_what_the_files_say_and_stays_so() -> None:
    said: list[list[str]] = [[], []]
    seen: list[Any] = []
    for lines, gpus in zip(said, (2, None), strict=True):
        deploy_all("process", lines.append, gpus=gpus)
        with get_client(sync_client=True) as client:
            queues = client.read_work_queues(work_pool_name=POOLS["process"])
            limit = client.read_global_concurrency_limit_by_name(LIMIT)
            deployments = [each for each in client.read_deployments() if "langkah" in each.tags]
            automations = client.request("POST", "/automations/filter", json={}).json()
        seen.append(
            (
                {queue.name for queue in queues} & set(QUEUES),
                limit.limit,
                {(each.name, each.id, each.work_queue_name) for each in deployments},
                sorted((each["name"], each["id"]) for each in automations if each["name"].startswith("Langkah")),
            )
        )
    assert said[0] == said[1] and seen[0] == seen[1]
    queues, places, deployments, _ = seen[0]
    assert queues == {"cpu", "gpu"} and places == 2
    assert {name for name, _, queue in deployments if queue == "gpu"} == {"gpu-24gb", "multi-gpu"}


@pytest.mark.parametrize(("kind", "place"), [("kubernetes", "/app"), ("docker", "/app"), ("process", str(ROOT))])
def test_runs_start_where_their_pool_has_the_flows(kind: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANGKAH_ROOT", raising=False)
    deploy_all(kind, [].append)
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name("finetune/finetune")
    assert found.work_pool_name == POOLS[kind]
    assert found.pull_steps == [{"prefect.deployments.steps.set_working_directory": {"directory": place}}]


def test_a_schedule_that_is_none_is_told_before_anything_is_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FILES, tmp_path / "deployments")
    wrong = tmp_path / "deployments" / "prefect.yaml"
    wrong.write_text(wrong.read_text().replace('* * 1", timezone: Asia/Jakarta', '* * 1", timezone: Asia/Jakata'))
    monkeypatch.setattr("flows.deploying.FILES", tmp_path / "deployments")
    with pytest.raises(ConfigError, match=r"retrain-on-new-faqs: schedule 0 2 \* \* 1 in Asia/Jakata: .*timezone"):
        deploy_all("process", pytest.fail)


def test_a_schedule_is_what_the_file_says_after_each_deploy() -> None:
    name = "watch-faqs/watch-faqs"
    deploy_all("process", [].append)
    with get_client(sync_client=True) as client:
        (schedule,) = client.read_deployment_by_name(name).schedules
        assert not schedule.active
        client.update_deployment_schedule(client.read_deployment_by_name(name).id, schedule.id, active=True)
        assert client.read_deployment_by_name(name).schedules[0].active
        deploy_all("process", [].append)
        assert not client.read_deployment_by_name(name).schedules[0].active


def test_a_run_that_never_begins_is_given_up() -> None:
    deploy_all("process", [].append)
    deadline = time.monotonic() + 90
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("prepare-dataset/prepare-dataset")
        run = client.create_flow_run_from_deployment(deployment.id).id
        while not (found := client.read_flow_run(run).state) or not found.is_failed():
            assert time.monotonic() < deadline, found
            client.set_flow_run_state(run, Crashed(message="Process exited with status code: 1."), force=True)
            time.sleep(3)
            if client.read_flow_run(run).state_type == StateType.CRASHED:
                client.set_flow_run_state(run, AwaitingRetry(), force=True)
        states = [state.type for state in client.read_flow_run_states(run)]
    assert states.count(StateType.CRASHED) >= 3
    assert found.message and found.message.startswith("Crashed three times before it began")


def test_a_run_whose_machine_goes_before_its_first_sign_of_life_has_crashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FILES, tmp_path / "deployments")
    quick = tmp_path / "deployments" / "automations.yaml"
    quick.write_text(quick.read_text().replace("within: 300", "within: 10"))
    with monkeypatch.context() as patched:
        patched.setattr("flows.deploying.FILES", tmp_path / "deployments")
        deploy_all("process", [].append)
    deadline = time.monotonic() + 90
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name("prepare-dataset/prepare-dataset")
        run = client.create_flow_run_from_deployment(deployment.id).id
        time.sleep(3)  # a server may take an event before it has loaded an automation that was just made
        client.set_flow_run_state(run, Running(), force=True)
        while not any(state.type == StateType.CRASHED for state in client.read_flow_run_states(run)):
            assert time.monotonic() < deadline
            time.sleep(1)
    deploy_all("process", [].append)  # the server is the session's


class _Told(BaseHTTPRequestHandler):
    """Takes what a webhook sends."""

    bodies: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


def test_people_are_told_of_a_verdict_and_of_a_failure_by_a_block() -> None:
    with pytest.raises(InputError, match=r"--notify custom-webhook/none: no such block"):
        deploy_all("process", [].append, notify="custom-webhook/none")
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _Told)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    hook = CustomWebhookNotificationBlock(
        name="hook", url=f"http://127.0.0.1:{listening.server_port}/", json_data={"text": "{{subject}} | {{body}}"}
    )
    hook.save("team", overwrite=True)
    deploy_all("process", [].append, notify="custom-webhook/team")

    @flow(name="breaks")
    def breaks() -> None:
        raise ConfigError("train.base_model: gpt-9: no such model")

    adapter = {"prefect.resource.id": "langkah.adapter.0123456789ab"}
    decided = {"adapter": "0123456789abcdef", "failed": ["ended"], "report": "r"}
    with tags("langkah"), pytest.raises(ConfigError):
        breaks()
    deadline = time.monotonic() + 60
    try:
        while not any("gate" in body for body in _Told.bodies) or not any("breaks" in body for body in _Told.bodies):
            assert time.monotonic() < deadline, _Told.bodies
            # Again and again: a server may take an event before it has loaded an automation that was just made.
            emit_event("langkah.gate.refused", adapter, payload=decided)
            time.sleep(1)
    finally:
        listening.shutdown()
        listening.server_close()
        deploy_all("process", [].append, notify=NOBODY)  # the server is the session's
    verdict = next(body for body in _Told.bodies if "gate" in body)
    failure = next(body for body in _Told.bodies if "breaks" in body)
    assert "Langkah: langkah.gate.refused for adapter 0123456789ab" in verdict
    assert "Rules that were not passed: ended" in verdict and "Report: r" in verdict
    assert "of breaks: Failed" in failure and "train.base_model: gpt-9: no such model" in failure
    with get_client(sync_client=True) as client:
        assert not client.read_automations_by_name("Langkah: a run failed")
