from __future__ import annotations

import functools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import Qwen3Config

from benchmarks.random_model import QWEN3_8B
from langkah.config import TrainConfig
from langkah.errors import ConfigError
from langkah.models import ModelRef
from langkah.models.memory import GB
from langkah.training import resolve_recipe


def model(parameters: int, location: str = "/models/a") -> ModelRef:
    return ModelRef(name="m", location=location, fingerprint="folder:1", parameters=parameters)


def recipe(parameters: int = 135_000_000, location: str = "/models/a", dataset: str = "d" * 64, **settings: Any) -> Any:
    return resolve_recipe(TrainConfig.model_validate(settings), model(parameters, location), dataset=dataset, max_length=128)


@pytest.mark.parametrize(
    ("parameters", "rate"), [(135_000_000, 1e-3), (999_999_999, 1e-3), (1_000_000_000, 2e-4), (8_200_000_000, 2e-4), (0, 2e-4)]
)
def test_auto_learning_rate_follows_the_size(parameters: int, rate: float) -> None:
    assert recipe(parameters).learning_rate == rate
    assert recipe(parameters, learning_rate=3e-4).learning_rate == 3e-4


def test_a_cpu_trains_lora_in_trl_with_an_effective_batch_of_8() -> None:
    found = recipe()
    assert (found.backend, found.device, found.load_in_4bit) == ("trl", "cpu", False)
    assert found.effective_batch_size == 8
    assert recipe(per_device_batch_size=2).gradient_accumulation_steps == 4


@pytest.mark.parametrize("devices", [1, 2, 4, 8])
def test_more_devices_share_the_effective_batch_of_8(devices: int) -> None:
    assert recipe(devices=devices, backend="trl").effective_batch_size == 8
    found = recipe(devices=devices, backend="trl", per_device_batch_size=1)
    assert (found.gradient_accumulation_steps, found.effective_batch_size) == (8 // devices, 8)
    assert recipe(devices=devices, per_device_batch_size=2, gradient_accumulation_steps=3).effective_batch_size == 6 * devices


def test_what_several_gpus_resolve_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Qwen3Config.from_dict(dict(QWEN3_8B)).save_pretrained(tmp_path)
    whole = functools.partial(recipe, 8_190_735_360, str(tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=24 * GB))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    found = whole()
    assert (found.backend, found.devices, found.parallel, found.effective_batch_size) == ("trl", 4, "ddp", 8)
    assert (found.per_device_batch_size, found.gradient_accumulation_steps) == (2, 1)
    assert whole(parallel="fsdp").sharded and not whole(parallel="fsdp", devices=1).sharded
    alone = whole(backend="unsloth")
    assert (alone.backend, alone.devices, alone.gradient_accumulation_steps) == ("unsloth", 1, 1)
    assert whole(devices=1, gradient_accumulation_steps=4).effective_batch_size == 8
    small = SimpleNamespace(total_memory=8 * GB)  # a card for the screen, which does not train
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda at: small if at == 3 else SimpleNamespace(total_memory=80 * GB)
    )
    assert (whole(devices=3).per_device_batch_size, whole(devices=1).per_device_batch_size) == (2, 8)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    there = whole(nodes=2, rendezvous="a:1")
    assert (there.devices, there.per_device_batch_size, there.effective_batch_size) == (2, 4, 8)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    assert whole(devices=1).backend == "unsloth"
    with pytest.raises(ConfigError, match=r"train\.devices: unsloth trains on one"):
        whole(backend="unsloth", devices=2)
    with pytest.raises(ConfigError, match=r"train\.devices: 5 were asked for, and there are 4"):
        whole(devices=5)


@pytest.mark.parametrize(
    ("memory", "tokens", "batch"), [(24, 1024, 8), (24, 4096, 4), (12, 1024, 4), (8, 2048, 1), (4, 4096, 1), (80, 4096, 8)]
)
def test_on_a_gpu_as_many_examples_at_once_as_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int, tokens: int, batch: int
) -> None:
    """Qwen3-8B's shape in NF4; what a step of the optimizer learns from stays 8 examples."""
    Qwen3Config.from_dict(dict(QWEN3_8B)).save_pretrained(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=80 * GB))
    config = TrainConfig(memory_limit_gb=memory, backend="trl")
    found = resolve_recipe(config, model(8_190_735_360, str(tmp_path)), dataset="d" * 64, max_length=tokens)
    assert (found.per_device_batch_size, found.effective_batch_size) == (batch, 8)


def test_unsloth_without_a_gpu_is_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"set train\.backend=trl"):
        recipe(backend="unsloth")
