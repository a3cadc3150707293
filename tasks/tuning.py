"""Train the adapter, in a child process."""

from __future__ import annotations

import json
from typing import Any

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.artifacts.payload_names import CURVE
from langkah.training import Diagnosis, Forgetting, Nodes, Progress, Recipe
from langkah.training.nodes import ALONE
from tasks.artifacts import payload, publish_artifact
from tasks.caching import STEPS, step, step_key
from tasks.gpu import gpu_place
from tasks.policies import TRAINING
from tasks.publish import ProgressBar, publish_image, publish_markdown
from tasks.releasing import CHAT
from tasks.steplog import report_progress

DIAGNOSIS = "diagnosis.json"
FORGETTING = "forgetting.json"
PACKAGES = ("torch", "transformers", "tokenizers", "trl", "peft", "accelerate", "bitsandbytes", "unsloth")


@step(
    version=3,
    rooms=("langkah.training.child",),
    policy=TRAINING,
    packages=PACKAGES,
    runtime_only=("timeout_seconds", "nodes"),
)
def train(dataset: ArtifactRef, recipe: Recipe, timeout_seconds: float, nodes: Nodes = ALONE) -> ArtifactRef:
    """Train a LoRA adapter on a dataset version; a killed run goes on from its last checkpoint."""
    from langkah.training import clear, train_adapter, work_lock

    # Named by the whole cache key: checkpoints of other code or other packages are not gone on from.
    work = current_workspace().work_folder(step_key("train", STEPS["train"].version, {"recipe": recipe}, PACKAGES)[:30])
    bar = ProgressBar("training", f"{recipe.base_model.name}, {recipe.backend}")
    losses: list[float] = []

    def on_progress(point: Progress) -> None:
        if point.loss is not None:
            losses.append(point.loss)
        note = progress_note(point, losses[-1] if losses else None)
        report_progress(point.step, point.total_steps, note)
        bar.move(point.step, point.total_steps, note)

    with work_lock(work), gpu_place(recipe.device == "cuda"):
        adapter, result = train_adapter(
            recipe, payload(dataset, CHAT), work, timeout_seconds=timeout_seconds, on_progress=on_progress, nodes=nodes
        )
        published = publish_artifact(
            "adapter",
            adapter,
            parameters={"recipe": recipe},
            counts={"steps": result.steps, "examples": result.train_examples, "validation": result.validation_examples},
            packages=result.packages,
            seconds=result.seconds,
            notes=result.model_dump(),
        )
        clear(work)
    _show(published, recipe, result.model_dump())
    return published


def progress_note(point: Progress, loss: float | None) -> str:
    """Say in a line how training goes: loss, speed, memory, time left, as far as they are known."""
    parts = [
        f"loss {loss:.3f}" if loss is not None else "",
        f"{point.tokens_per_second:,.0f} tokens/s" if point.tokens_per_second else "",
        f"{point.memory_gb:.1f} GB" if point.memory_gb else "",
        f"{_duration(point.seconds_left)} left" if point.seconds_left else "",
    ]
    return ", ".join(part for part in parts if part)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def read_diagnosis(adapter: ArtifactRef) -> Diagnosis:
    """Return how the adapter's training went, and what to change for the next."""
    return Diagnosis.model_validate_json(payload(adapter, DIAGNOSIS).read_bytes())


def read_forgetting(adapter: ArtifactRef) -> Forgetting:
    """Return what the adapter cost the model of its other knowledge."""
    return Forgetting.model_validate_json(payload(adapter, FORGETTING).read_bytes())


def _show(adapter: ArtifactRef, recipe: Recipe, result: dict[str, Any]) -> None:
    from langkah.evaluation.plots import loss_curve_png
    from langkah.evaluation.report_data import LossPoint

    curve = json.loads(payload(adapter, CURVE).read_text(encoding="utf-8"))
    points = [LossPoint.model_validate({name: point.get(name) for name in LossPoint.model_fields}) for point in curve]
    effective_batch = result["per_device_batch_size"] * result["gradient_accumulation_steps"] * result["devices"]
    publish_image("loss-curves", loss_curve_png(points), "Training and validation loss")
    publish_markdown(
        "adapter",
        f"Adapter `{adapter.digest[:12]}` of {recipe.base_model.name}: {result['steps']} steps of"
        f" {effective_batch} examples in {result['seconds']:.0f} s on {result['device']}"
        f" ({result['backend']}, {result['precision']}, {result['tokens_per_second']:,.0f} tokens/s,"
        f" peak {result['peak_memory_gb']:.1f} GB, {result['device_seconds']:,.0f} device-seconds)."
        f"\n\n{_diagnosis_text(read_diagnosis(adapter))}\n\n{read_forgetting(adapter)}",
        "Adapter",
    )


def _diagnosis_text(diagnosis: Diagnosis) -> str:
    kept = f" The adapter is that of step {diagnosis.best_step}." if diagnosis.best_step else ""
    remedies = "".join(f"\n- `{remedy}`: {remedy.reason}" for remedy in diagnosis.remedies)
    return f"**{diagnosis.verdict}**: {diagnosis.evidence}.{kept}" + (f"\n\nWhat may help:\n{remedies}" if remedies else "")
