from __future__ import annotations

import contextlib
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langkah.config import load_config
from langkah.errors import ConfigError


@pytest.mark.parametrize("text", ["train: [", "- 1", "a: b: c", "\ttrain: 1"])
def test_a_config_file_that_is_no_settings(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"run\.yaml: "):
        load_config(file)


@pytest.mark.parametrize(
    "text",
    [
        "train: \0",
        "split: 2024-13-45",
        "[" * 5000,
        "a: !!bool x",
        'a: !!int ""',
        "a: " + "9" * 5000,
        "a: 2024-01-01T00:00:00+99:00",
    ],
    ids=["control", "date", "nested", "bool", "int", "digits", "timezone"],
)
def test_a_config_file_that_yaml_cannot_read_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{file}: not valid YAML: ")
    assert "\n" not in problem


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_config_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        load_config(tmp_path / name)


@pytest.mark.parametrize(
    "text", ["2024-13-45", "a\0b", "!!bool x", '!!int ""', "[", "9" * 5000, "2024-01-01T00:00:00+99:00", "\ud800"]
)
def test_a_setting_that_is_no_yaml_is_a_text(text: str) -> None:
    assert load_config(None, [f"train.base_model={text}"]).train.base_model == text


def test_a_setting_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"setting pii\.allow: nested too deeply"):
        load_config(None, ["pii.allow=" + "[" * 5000])


@given(st.text(max_size=20) | st.text("!&*[]{}?:-|>'\"%@0123456789.eExob_T+ \n", max_size=20))
@hypothesis.settings(deadline=None, derandomize=True, database=None)
def test_whatever_the_setting_only_a_config_error_comes(text: str) -> None:
    with contextlib.suppress(ConfigError):
        load_config(None, [f"train.base_model={text}", f"train.lora_r={text}"])


def test_numbers_keep_their_ways_of_being_written() -> None:
    config = load_config(None, ["train.learning_rate=1e-3", "train.num_train_epochs=2", "train.lora_r=3", "train.threads=auto"])
    assert (config.train.learning_rate, config.train.num_train_epochs, config.train.lora_r) == (1e-3, 2.0, 3)
    assert config.train.threads == "auto"
    assert load_config(None, ["train.load_in_4bit=true", "ingest.max_intents=4"]).train.load_in_4bit is True
