"""`langkah models`: the catalogue on this machine or on a card of so many GB, and the model that it recommends."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from langkah.config import TrainConfig, load_config
from langkah.errors import InputError
from langkah.models import advise, resolve_model
from langkah.models.advice import SEQUENCE
from langkah.models.advice_data import Advice
from langkah.models.devices import Device
from langkah.models.memory import GB


def advise_model(options: dict[str, Any], echo: Callable[[str], None], console: Console) -> None:
    """Print what the advisor says, as a table or as JSON.

    Raises:
        InputError: an option, a setting or the user's catalogue is wrong.
    """
    train = train_settings(options)
    device = None
    if (vram := options["vram"]) is not None:
        if not (math.isfinite(vram) and 0 < vram <= 100_000):
            raise InputError(f"--vram: expected GB above 0 and up to 100000, got {vram:g}")
        device = Device(kind="figure", name=f"a card of {vram:g} GB", total=round(vram * GB))
    advice = advise(train, device=device, tokens=options["seq"])
    if options["as_json"]:
        echo(json.dumps(advice.model_dump(), indent=1, ensure_ascii=False))
    else:
        print_advice(console, advice)


def measure_model(options: dict[str, Any], echo: Callable[[str], None]) -> None:
    """Measure a model by IFEval before it is tuned, and print its scores.

    Raises:
        InputError: an option is missing, or the prompts or the model are not there.
        ResourceError: lm-evaluation-harness is not installed.
    """
    from langkah.models.ifeval import check_harness, measure_ifeval, read_prompts

    name, data = options["ifeval"], options["ifeval_data"]
    if not (name and data):
        raise InputError("--ifeval MODEL and --ifeval-data FILE.jsonl go together: expected both")
    check_harness()
    prompts = read_prompts(data)[: options["ifeval_limit"]]
    scores = measure_ifeval(resolve_model(name, train_settings(options).catalogue), prompts)
    if options["as_json"]:
        echo(json.dumps(scores.model_dump(), indent=1, ensure_ascii=False))
        return
    echo(f"{scores.model}: IFEval {100 * scores.prompt_strict:.1f} % (prompt-level strict, {scores.prompts} prompts)")
    echo(f"  prompt-level loose {100 * scores.prompt_loose:.1f} %, of the instructions {100 * scores.instruction_strict:.1f} %")


def train_settings(options: dict[str, Any]) -> TrainConfig:
    """Return the section `train` of the settings, with the catalogue that the command line names."""
    train = load_config(options["config_file"], options["settings"]).train
    catalogue: Path | None = options["catalogue"]
    return train.model_copy(update={"catalogue": str(catalogue)}) if catalogue else train


def print_advice(console: Console, advice: Advice) -> None:
    """Print a line for each model, and the recommendation with the settings that it stands for."""

    def tell(text: str, style: str | None = None) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)

    method = "QLoRA, 4-bit base" if advice.method == "qlora" else f"LoRA, {32 if advice.device == 'cpu' else 16}-bit base"
    free = "" if advice.free_gb is None else f", {advice.free_gb:.1f} free"
    total = "" if advice.device == "figure" else f", {advice.total_gb:.1f} GB"
    tell(f"\n{advice.device_name}{total}{free}; {advice.usable_gb:.1f} GB are counted on", "bold")
    tell(f"{method}, rank {advice.lora_r}, {advice.backend}; examples of {advice.sequence} tokens\n", "dim")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("model", no_wrap=True)
    for name in ("IFEval", "guide", "needs", "batch"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("licence", no_wrap=True)
    table.add_column("", no_wrap=True)
    best = advice.recommended.name if advice.recommended else None
    for model in advice.models:
        guide = model.guide and (model.guide.qlora_gb if advice.method == "qlora" else model.guide.lora_gb)
        table.add_row(
            model.name,
            "-" if model.ifeval is None else f"{model.ifeval:.1f}",
            "-" if guide is None or advice.device == "cpu" else f"{guide:.1f}",
            f"{model.estimate_gb:.1f}",
            str(model.batch or "-"),
            model.licence,
            model.verdict,
            style="bold green" if model.name == best else None if model.fits else "dim",
        )
    console.print(table)
    tell(
        "\nguide: the least by the guide's table, GB; needs: estimate for batch 1, GB; batch: the largest that fits, up to 8\n",
        "dim",
    )
    if advice.recommended is None:
        tell(
            f"No model of the catalogue fits: {advice.usable_gb:.1f} GB are usable. A larger card, or a shorter --seq.",
            "yellow",
        )
        return
    found = advice.recommended
    tell(f"Recommended: {found.name} ({found.path}): {found.reason}.", "bold")
    if found.warning:
        tell(f"  {found.warning}", "yellow")
    settings = {
        "train.base_model": found.name,
        "train.per_device_batch_size": found.batch,
        "train.gradient_accumulation_steps": found.gradient_accumulation,
        **({"chat.max_length": found.sequence} if found.sequence != SEQUENCE else {}),
    }
    tell("  " + " ".join(f"--set {name}={value}" for name, value in settings.items()))
