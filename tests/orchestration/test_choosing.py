"""The choice of the base model as a task: pinned for all steps, told in Prefect, wrong names refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from artifacts_shown import shown
from prefect import flow

from flows.base_model import pin_base_model
from langkah.config import RunConfig, parse_config
from langkah.errors import ConfigError
from tasks.choosing import choose_model


@flow
def pin(config: RunConfig) -> str:
    return pin_base_model(config).train.base_model


def chosen() -> list[str]:
    return [str(artifact.data) for artifact in shown("base-model")]


def test_what_was_chosen_is_told_with_all_that_was_looked_at() -> None:
    assert pin(RunConfig()) == "smollm2-135m-instruct"
    (told,) = [text for text in chosen() if "Base model **smollm2-135m-instruct**: no CUDA device" in text]
    assert "| qwen3-8b | 83.0 |" in told


def test_a_folder_is_told_by_its_fingerprint(tiny_model: Path) -> None:
    assert pin(parse_config({"train": {"base_model": str(tiny_model)}})) == str(tiny_model)
    assert any("named in the settings" in text and "folder:" in text for text in chosen())


def test_a_catalogue_of_the_users_holds_for_the_run(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(f"models: [{{name: ours, path: {tiny_model}, ifeval: 90}}]\n")
    config = parse_config({"train": {"catalogue": str(tmp_path / "models.yaml")}})
    assert pin(config) == str(tiny_model)
    with pytest.raises(ConfigError, match="ours"):
        pin(parse_config({"train": {"catalogue": config.train.catalogue, "base_model": "theirs"}}))


def test_it_is_tried_again_and_given_up() -> None:
    assert choose_model.retries >= 1
    assert choose_model.timeout_seconds
