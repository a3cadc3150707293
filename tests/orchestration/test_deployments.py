from __future__ import annotations

import importlib
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule

from langkah.addresses import database_problem
from langkah.app import app_settings
from langkah.config import RunConfig, load_config, parse_config
from langkah.errors import InputError

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deployments" / "prefect.yaml"
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())


def test_each_deployment_names_a_flow_with_parameters_that_it_takes() -> None:
    deployments = yaml.safe_load(FILE.read_text())["deployments"]
    assert {deployment["name"] for deployment in deployments} == {
        "finetune",
        "prepare-dataset",
        "train-adapter",
        "evaluate-adapter",
        "collect-garbage",
        "expert-review",
        "watch-faqs",
        "retrain-on-new-faqs",
        "promote",
        "roll-back",
        "gpu-24gb",
        "multi-gpu",
    }
    for deployment in deployments:
        module, _, name = deployment["entrypoint"].rpartition(".")
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, Flow)
        found.validate_parameters(deployment["parameters"])
        for schedule in deployment.get("schedules", ()):
            CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])


def _form() -> dict[str, Any]:
    from flows.finetune import finetune

    return finetune.parameters.model_dump()


def test_the_run_form_is_short_and_has_a_title_and_a_sentence_for_all() -> None:
    schema = _form()
    assert [field["title"] for field in schema["properties"].values()] == [
        "FAQ files",
        "Settings",
        "Workspace",
        "Other settings",
    ]
    shown = [field for name in schema["definitions"] for field in schema["definitions"][name]["properties"].values()]
    assert 8 <= len(shown) - len(schema["definitions"]["RunConfig"]["properties"]) <= 12, "a minute's work"
    for field in (*schema["properties"].values(), *shown):
        assert field["title"] and (field.get("description") or "$ref" in field or "allOf" in field)
        assert "`" not in field["title"], "the form shows titles as they are"


def test_the_run_form_keeps_the_order_of_the_settings_and_lets_each_be_changed() -> None:
    sections = _form()["definitions"]
    for name, model in {"RunConfig": RunConfig, **{type(s).__name__: type(s) for _, s in RunConfig()}}.items():
        if name not in sections:
            continue  # it shows none
        fields = sections[name]["properties"]
        # A server with PostgreSQL gives the fields back in another order.
        in_order = [field for field in model.model_fields if field in model.shown()]
        assert sorted(fields, key=lambda field: fields[field]["position"]) == in_order
        for field in fields.values():
            assert not [branch for branch in (field, *field.get("anyOf", ())) if "const" in branch]


@pytest.mark.parametrize("path", sorted((ROOT / "deployments" / "runs").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_config_of_runs_is_one(path: Path) -> None:
    assert load_config(path) != RunConfig()


@pytest.mark.parametrize(
    ("name", "file"), [("expert-review", "expert_review"), ("gpu-24gb", "gpu_24gb_qwen3_8b"), ("multi-gpu", "multi_gpu")]
)
def test_a_deployment_has_the_settings_of_its_file(name: str, file: str) -> None:
    deployments = yaml.safe_load(FILE.read_text())["deployments"]
    (deployed,) = [each for each in deployments if each["name"] == name]
    config = parse_config(deployed["parameters"]["config"])
    assert config == load_config(ROOT / "deployments" / "runs" / f"{file}.yaml")
    assert name != "expert-review" or config.review.mode == "app"


def test_a_run_says_its_effective_batch_size_as_it_is() -> None:
    said = {}
    for path in (ROOT / "deployments" / "runs").glob("*gpu*.yaml"):
        train = load_config(path).train
        for products in re.findall(r"effective batch size (\d+(?: = \d+ x \d+ x \d+)+)", path.read_text()):
            whole, *factors = products.split(" = ")
            said[path.stem] = len(factors)
            for batch, accumulation, devices in (map(int, each.split(" x ")) for each in factors):
                assert batch * accumulation * devices == int(whole)
                assert train.per_device_batch_size in ("auto", batch)
                assert train.gradient_accumulation_steps in ("auto", accumulation)
                assert train.devices in ("auto", devices)
    assert said == {"gpu_24gb_qwen3_8b": 1, "gpu_80gb": 1, "multi_gpu": 3}


def _environment(service: str, **given: str) -> dict[str, str]:
    """What Compose makes of the environment of a service."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        name, default = found[1], found[3] if found[2] == ":-" else None
        if not given.get(name) and default is None:
            raise KeyError(name)
        return given.get(name) or str(default)

    pattern = re.compile(r"\$\$|\$\{(\w+)(?:(:[-?])([^}]*))?\}")
    return {key: pattern.sub(value, text) for key, text in COMPOSE["services"][service]["environment"].items()}


def _settings(environment: dict[str, str]) -> Any:
    return app_settings(host="0.0.0.0", port=4280, reviewer=None, language=None, environment=environment)


def test_the_review_pages_of_compose_want_a_token_of_the_teams_own(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 16"):
        _settings({**_environment("review"), "LANGKAH_REVIEW_TOKEN": "short"})
    made = _secrets(tmp_path)
    environment = _environment("review", LANGKAH_REVIEW_URL="https://review.example")
    found = _settings({**environment, "LANGKAH_REVIEW_TOKEN": (made / "review_token").read_text()})
    assert found.guarded and found.https


def _secrets(folder: Path) -> Path:
    """What docker/make-secrets.sh makes, in a copy of it."""
    shutil.copy(ROOT / "docker" / "make-secrets.sh", folder)
    for _ in range(2):
        subprocess.run(["sh", str(folder / "make-secrets.sh")], check=True)
    return folder / "secrets"


def test_secrets_are_random_files_that_stay(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    made, other = _secrets(tmp_path), _secrets(tmp_path / "other")
    assert {path.name for path in made.iterdir()} == set(COMPOSE["secrets"])
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    values = {path.name: path.read_text() for path in made.iterdir()}
    assert all(len(value) >= 48 for value in values.values()) and values["prefect_auth"].startswith("team:")
    assert not set(values.values()) & {path.read_text() for path in other.iterdir()}
    _secrets(tmp_path)
    assert values == {path.name: path.read_text() for path in made.iterdir()}


@pytest.mark.parametrize("service", ["server", "deploy", "worker", "review"])
def test_a_service_gets_its_secrets_by_its_environment_alone(service: str, tmp_path: Path) -> None:
    made = _secrets(tmp_path)
    for name in ("prefect", "langkah"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text('#!/bin/sh\necho "$0 $*"\nenv\n')
        program.chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / "docker" / "start.sh"), service, "cpu"],
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "LANGKAH_SECRETS": str(made)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, _, rest = done.stdout.partition("\n")
    environment = dict(line.split("=", 1) for line in rest.splitlines())
    auth = (made / "prefect_auth").read_text()
    assert not [value for value in (path.read_text() for path in made.iterdir()) if value in first]
    assert environment["PREFECT_SERVER_API_AUTH_STRING" if service == "server" else "PREFECT_API_AUTH_STRING"] == auth
    wanted = set(COMPOSE["services"][service]["secrets"])
    for name in COMPOSE["secrets"]:
        assert any((made / name).read_text() in value for value in environment.values()) == (name in wanted), name


def test_worker_and_pages_of_compose_share_a_queue_and_hold_no_password() -> None:
    pages = _environment("review")
    worker = _environment("worker")
    for name in ("LANGKAH_REVIEW_DATABASE", "LANGKAH_REVIEW_URL", "PREFECT_API_URL"):
        assert pages[name] == worker[name]
    assert "${LANGKAH_REVIEW_PASSWORD}" in pages["LANGKAH_REVIEW_DATABASE"]
    assert database_problem(pages["LANGKAH_REVIEW_DATABASE"]) is None
    for service in COMPOSE["services"].values():
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        assert set(service.get("depends_on", ())) <= set(COMPOSE["services"])
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert all(name in COMPOSE["volumes"] or (ROOT / "docker" / name).is_file() for name in named)
