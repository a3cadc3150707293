from __future__ import annotations

import importlib
from pathlib import Path

import yaml
from prefect import Flow

from langkah.config import RunConfig

FILE = Path(__file__).parents[2] / "deployments" / "prefect.yaml"


def test_each_deployment_names_a_flow_with_parameters_that_it_takes() -> None:
    deployments = yaml.safe_load(FILE.read_text())["deployments"]
    assert {deployment["name"] for deployment in deployments} == {"cpu-demo", "prepare-dataset"}
    for deployment in deployments:
        module, _, name = deployment["entrypoint"].rpartition(".")
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, Flow)
        found.validate_parameters(deployment["parameters"])


def test_the_run_form_has_a_title_for_every_setting() -> None:
    from flows.finetune import finetune

    schema = finetune.parameters.model_dump()
    assert set(schema["properties"]) == {"data", "config", "workspace"}
    sections = schema["definitions"]
    for name, section in RunConfig.model_fields.items():
        assert sections["RunConfig"]["properties"][name]["title"] == section.title
