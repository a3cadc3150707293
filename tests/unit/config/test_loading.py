from __future__ import annotations

from pathlib import Path

from langkah.config import load_config


def test_settings_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("train:\n  learning_rate: 2e-4\n  lora_r: 32\n")
    config = load_config(file, ["train.lora_r=8", "pii.allow=[a@shop.example]"])
    assert config.train.learning_rate == 2e-4
    assert config.train.lora_r == 8
    assert config.pii.allow == ("a@shop.example",)


def test_the_shipped_configs_are_valid() -> None:
    folder = Path(__file__).parents[3] / "deployments" / "runs"
    files = sorted(folder.glob("*.yaml"))
    assert files
    for file in files:
        load_config(file)
