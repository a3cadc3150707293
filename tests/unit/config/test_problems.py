from __future__ import annotations

import pytest

from langkah.config import RunConfig, change_config, load_config, parse_config
from langkah.errors import ConfigError


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.epochs=3", "settings: train.epochs: unknown setting (did you mean train.num_train_epochs?)"),
        ("nothing=1", "settings: nothing: unknown setting"),
        ("train.lora_r=0", "settings: train.lora_r: input should be greater than or equal to 1, got 0"),
        ("train.learning_rate=5", "expected `auto` or a number above 0 and up to 0.1, got 5"),
        ("train.nodes=2", "rendezvous: several nodes need host:port of the run's own machine, such as trainer-0:29400"),
        ("train.rendezvous=trainer-0", "rendezvous: several nodes need host:port"),
        ("train.learning_rate=fast", "settings: train.learning_rate: "),
        ("chat.too_long=cut", "input should be 'truncate', 'window' or 'filter', got 'cut'"),
        ("split.holdout=0.9", "less than or equal to 0.5, got 0.9"),
        ("train=3", "settings: train: "),
        ("lora_r", "setting lora_r: expected section.key=value"),
        ("train.lora_r.x=3", "settings: train.lora_r: "),
        ("ingest.max_intents=true", "settings: ingest.max_intents: expected a number, got True"),
        ("chat.max_length=true", "settings: chat.max_length: expected a number"),
        ("train.learning_rate=false", "settings: train.learning_rate: expected a number"),
        ("gate.min_gain=yes", "settings: gate.min_gain: expected a number, got True"),
        ("pii.entities=[PERSONA]", "settings: pii.entities.0: input should be 'PERSON', 'EMAIL_ADDRESS'"),
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


def test_all_that_is_wrong_with_settings_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        change_config(RunConfig(), ["train.seed", "trian.seed=1", "train.lora_r=0"])
    assert caught.value.problems == (
        "setting train.seed: expected section.key=value",
        "settings: train.lora_r: input should be greater than or equal to 1, got 0",
        "settings: trian: unknown setting (did you mean train?)",
    )


def test_settings_change_what_they_name_and_nothing_else() -> None:
    config = parse_config({"train": {"lora_r": 32, "seed": 3}})
    assert change_config(config, ["train.seed=4"]) == parse_config({"train": {"lora_r": 32, "seed": 4}})
    assert change_config(config, []) is config
