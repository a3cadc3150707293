from __future__ import annotations

from pathlib import Path

import pytest

from langkah.config import RunConfig, load_config
from langkah.errors import ConfigError


def test_settings_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("train:\n  learning_rate: 2e-4\n  lora_r: 32\n")
    config = load_config(file, ["train.lora_r=8", "pii.allow=[a@shop.example]"])
    assert config.train.learning_rate == 2e-4
    assert config.train.lora_r == 8
    assert config.pii.allow == ("a@shop.example",)


def test_the_shipped_configs_are_valid() -> None:
    folder = Path(__file__).parents[2] / "deployments" / "runs"
    files = sorted(folder.glob("*.yaml"))
    assert files
    for file in files:
        load_config(file)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.epochs=3", "settings: train.epochs: unknown setting (did you mean train.num_train_epochs?)"),
        ("nothing=1", "settings: nothing: unknown setting"),
        ("train.lora_r=0", "settings: train.lora_r: input should be greater than or equal to 1, got 0"),
        ("train.learning_rate=5", "expected `auto` or a number above 0 and up to 0.1, got 5"),
        ("train.learning_rate=fast", "settings: train.learning_rate: "),
        ("chat.too_long=cut", "input should be 'truncate', 'window' or 'filter', got 'cut'"),
        ("split.holdout=0.9", "less than or equal to 0.5, got 0.9"),
        ("train=3", "settings: train: "),
        ("lora_r", "--set lora_r: expected section.key=value"),
        ("train.lora_r.x=3", "settings: train.lora_r: "),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [setting])
    assert len(caught.value.problems) == 1
    assert message in str(caught.value)


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, ["train.lora_r=0", "split.holdout=2", "foo.bar=1"])
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("text", ["train: [", "- 1", "a: b: c", "\ttrain: 1"])
def test_a_config_file_that_is_no_settings(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"run\.yaml: "):
        load_config(file)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_config_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        load_config(tmp_path / name)


def test_every_field_has_a_title_a_description_and_a_default() -> None:
    assert RunConfig() == RunConfig.model_validate({})
    for section in RunConfig.model_fields.values():
        assert section.title
        for field in getattr(section.annotation, "model_fields", {}).values():
            assert field.title
            assert field.description
