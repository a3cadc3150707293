"""Which model of the catalogue suits a device: what each takes, what fits, and the best-scoring one of those."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from langkah.config import TrainConfig
from langkah.models.advice_data import Advice, Candidate, GuideFigures, Recommendation
from langkah.models.devices import Device, detect_device
from langkah.models.known_models import CatalogueModel, read_catalogue
from langkah.models.memory import EFFECTIVE_BATCH, GB, USABLE, MemoryEstimate, Workload, estimate_memory, largest_batch
from langkah.models.vram_table import vram_table

SEQUENCE: Final = 2048
"""Tokens of the longest example, where nothing else is said: the guide's 2048 to 4096."""
_SHORTER: Final = (1024, 512)
"""Tried in turn where no model of a billion parameters fits with 2048; answers to FAQs have a few hundred."""
_SMALL: Final = 1.0
"""Billions of parameters from which a CPU trains too slowly (0.135 billion: about 140 tokens a second on two cores)."""


@dataclass(frozen=True)
class _Setting:
    """What is asked: the device, the recipe's part in memory, the longest example."""

    device: Device
    backend: Literal["trl", "unsloth"]
    load_in_4bit: bool
    lora_r: int

    def workload(self, tokens: int, *, load_in_4bit: bool | None = None) -> Workload:
        quantized = self.load_in_4bit if load_in_4bit is None else load_in_4bit
        return Workload.of(self.device.computes_on, load_in_4bit=quantized, lora_r=self.lora_r, tokens=tokens)


def advise(train: TrainConfig, *, device: Device | None = None, tokens: int | None = None) -> Advice:
    """Say of each model of the catalogue what tuning it takes, and recommend one.

    Args:
        train: the catalogue, backend, quantization and rank to count with.
        device: to train on; this machine's where None.
        tokens: longest example; 2048 where None, or less where nothing else fits.

    Raises:
        ConfigError: the user's catalogue is wrong.
    """
    models = read_catalogue(train.catalogue)
    device = _held(device or detect_device(), train.memory_limit_gb)
    cuda = device.computes_on == "cuda"
    quantized = cuda if train.load_in_4bit == "auto" else train.load_in_4bit
    setting = _Setting(device, _backend(train, device), quantized, train.lora_r)
    advice = _advise(models, setting, tokens or SEQUENCE)
    for shorter in _SHORTER if cuda and tokens is None else ():
        if _size(advice) >= _SMALL:
            break
        found = _advise(models, setting, shorter)
        if _size(found) > _size(advice):
            advice = found
    return advice


def _held(device: Device, limit_gb: float | None) -> Device:
    """The device as large as a run may take it to be."""
    return device if limit_gb is None else device.model_copy(update={"total": min(device.total, round(limit_gb * GB))})


def _size(advice: Advice) -> float:
    return advice.recommended.parameters if advice.recommended else 0.0


def _backend(train: TrainConfig, device: Device) -> Literal["trl", "unsloth"]:
    """The backend that would train; on a card that is only a figure, the guide's."""
    if device.kind == "cpu" or train.backend == "trl":
        return "trl"
    here = importlib.util.find_spec("unsloth") is not None
    return "unsloth" if here or device.kind == "figure" or train.backend == "unsloth" else "trl"


def _advise(models: Sequence[CatalogueModel], setting: _Setting, tokens: int) -> Advice:
    candidates = [_candidate(model, setting, tokens) for model in models]
    eligible = [each for each in candidates if _is_eligible(each, setting.device)]
    best = max(eligible, key=lambda each: (each.ifeval or 0, each.parameters), default=None)
    device = setting.device
    return Advice(
        device=device.kind,
        device_name=device.name,
        total_gb=_gb(device.total),
        free_gb=None if device.free is None else _gb(device.free),
        usable_gb=_gb(round(device.total * USABLE)),
        method="qlora" if setting.load_in_4bit else "lora",
        backend=setting.backend,
        lora_r=setting.lora_r,
        sequence=tokens,
        recommended=_recommendation(best, eligible, device, tokens) if best else None,
        models=[each.model_copy(update={"verdict": _verdict(each, best, device, tokens)}) for each in candidates],
        guide=vram_table(),
    )


def _candidate(model: CatalogueModel, setting: _Setting, tokens: int) -> Candidate:
    shape, billions = model.shape, model.billions
    parameters = round(billions * 1e9)
    usable = round(setting.device.total * USABLE)
    row = vram_table().at(model.size or billions)
    least = 0.0 if row is None or setting.device.kind == "cpu" else row.qlora if setting.load_in_4bit else row.lora

    def estimate(workload: Workload) -> MemoryEstimate:
        return estimate_memory(shape, workload, parameters)

    possible = tokens <= shape.context and least * GB <= setting.device.total
    fitting = largest_batch(shape, setting.workload(tokens), setting.device.total, parameters)
    batch = fitting if possible else None
    one, two = (estimate(setting.workload(length)).total for length in (512, 1024))  # a straight line in the length
    longest = min(shape.context, 512 + int((usable - one) * 512 / (two - one)) if two > one else shape.context)
    taken = estimate(setting.workload(tokens).sized(batch or 1, tokens))
    return Candidate(
        name=model.name,
        path=model.path,
        parameters=round(billions, 3),
        ifeval=model.ifeval,
        licence=model.licence,
        chat_family=model.chat_family,
        source=model.source,
        guide=row and GuideFigures(qlora_gb=round(row.qlora, 2), lora_gb=round(row.lora, 2)),
        estimate_gb=_gb(estimate(setting.workload(tokens)).total),
        qlora_gb=_gb(estimate(setting.workload(tokens, load_in_4bit=True)).total),
        lora_gb=_gb(estimate(setting.workload(tokens, load_in_4bit=False)).total),
        fits=batch is not None,
        batch=batch,
        batch_gb=_gb(taken.total) if batch else None,
        parts_gb={name: _gb(size) for name, size in taken.model_dump().items()},
        longest_sequence=max(0, longest // 64 * 64) if least * GB <= setting.device.total else 0,
        context=shape.context,
    )


def _is_eligible(candidate: Candidate, device: Device) -> bool:
    slow = device.kind == "cpu" and candidate.parameters >= _SMALL
    return candidate.fits and candidate.ifeval is not None and not slow


def _recommendation(best: Candidate, eligible: Sequence[Candidate], device: Device, tokens: int) -> Recommendation:
    batch = best.batch or 1
    where = f"{device.total / GB:.3g} GB"
    if device.kind == "cpu":
        reason = f"no CUDA device: the best IFEval score ({best.ifeval}) of the models that a CPU can train"
    elif len(eligible) == 1:
        reason = f"the only model that fits in {where} with {tokens} tokens"
    else:
        reason = f"best IFEval score ({best.ifeval}) of the {len(eligible)} models that fit in {where} with {tokens} tokens"
    warning = None
    if device.kind == "cuda" and device.free is not None and best.estimate_gb * GB > device.free:
        warning = f"only {device.free / GB:.1f} GB of the card are free now, and it takes {best.estimate_gb:.1f}"
    return Recommendation(
        **best.model_dump(include={"name", "path", "parameters", "ifeval", "licence", "guide", "estimate_gb", "batch_gb"}),
        sequence=tokens,
        batch=batch,
        gradient_accumulation=EFFECTIVE_BATCH // batch,
        reason=reason,
        warning=warning,
    )


def _verdict(candidate: Candidate, best: Candidate | None, device: Device, tokens: int) -> str:
    """Why a model is or is not the one, in a word or two."""
    if best and candidate.name == best.name:
        return "recommended"
    if not candidate.fits:
        shorter = device.kind != "cpu" and _SHORTER[-1] <= candidate.longest_sequence < tokens
        return f"<= {candidate.longest_sequence} tokens" if shorter else "too large"
    if candidate.ifeval is None:
        return "no score"
    return "lower score" if _is_eligible(candidate, device) else "slow on a CPU"


def _gb(size: int) -> float:
    return round(size / GB, 2)
