"""The training process: `python -m langkah.training.child SPEC.json`, started by `launch`.

A process of its own, because Unsloth patches TRL globally and must be imported first, because GPU memory is freed for
sure when it ends, and because a time-out can end it.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from langkah.artifacts.manifest import package_versions
from langkah.errors import LangkahError, MaskError, TrainingError
from langkah.records import ChatExample, read_jsonl
from langkah.training.backends import BACKENDS, Backend
from langkah.training.examples import LengthBatches, split_validation
from langkah.training.progress import Progress, TrainingResult
from langkah.training.recipe import Recipe
from langkah.training.trainer import trainer_class

SPEC_NAME = "spec.json"
PROGRESS_NAME = "progress.jsonl"
RESULT_NAME = "result.json"
ERROR_NAME = "error.json"
ADAPTER_NAME = "adapter"
CURVE_NAME = "curve.json"
_CHECKPOINTS = 12
"""How many checkpoints a run writes at most; a kill costs a twelfth of it."""
_PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "bitsandbytes", "unsloth")
_LINUX_PR_SET_PDEATHSIG = 1


def main(arguments: list[str] | None = None) -> int:
    """Train what the spec says; the result, or the error in one line, is written beside the spec."""
    spec = Path((arguments or sys.argv[1:])[0])
    work = spec.parent
    _die_with_parent()
    try:
        _train(json.loads(spec.read_text(encoding="utf-8")), work)
    except LangkahError as error:
        _write(work / ERROR_NAME, {"kind": type(error).__name__, "message": str(error)})
        return 3
    return 0


def _train(spec: dict[str, Any], work: Path) -> None:
    recipe = Recipe.model_validate(spec["recipe"])
    backend = BACKENDS[recipe.backend]()
    backend.prepare(work)

    from datasets import Dataset, disable_progress_bars
    from transformers import set_seed
    from trl.trainer.sft_config import SFTConfig

    from langkah.chat import ChatEncoder, check_masks
    from langkah.models.loading import use_threads

    disable_progress_bars()
    use_threads(recipe.threads)
    set_seed(recipe.seed)
    model, tokenizer = backend.load(recipe)
    encoder = ChatEncoder(tokenizer)
    examples = list(read_jsonl(Path(spec["examples"]), ChatExample))
    train, validation = split_validation(examples, recipe.validation, recipe.seed)
    encoded = {name: [encoder.encode(row) for row in rows] for name, rows in (("train", train), ("eval", validation))}
    check_masks(encoder, train, encoded["train"])
    check_masks(encoder, validation, encoded["eval"])
    if not train:
        raise MaskError("no example to train on")
    data = {
        name: Dataset.from_dict({"input_ids": [row.input_ids for row in rows], "labels": [row.labels for row in rows]})
        for name, rows in encoded.items()
        if rows
    }
    lengths = [len(row) for row in encoded["train"]]
    steps_per_epoch = -(-len(lengths) // recipe.per_device_batch_size)
    total = max(1, round(-(-steps_per_epoch // recipe.gradient_accumulation_steps) * recipe.num_train_epochs))
    settings = SFTConfig(
        output_dir=str(work / "checkpoints"),
        per_device_train_batch_size=recipe.per_device_batch_size,
        per_device_eval_batch_size=recipe.per_device_batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        learning_rate=recipe.learning_rate,
        num_train_epochs=recipe.num_train_epochs,
        warmup_steps=round(recipe.warmup_ratio * total),
        lr_scheduler_type="linear",
        weight_decay=recipe.weight_decay,
        logging_steps=1,
        eval_strategy="epoch" if "eval" in data else "no",
        save_strategy="steps",
        save_steps=max(1, -(-total // _CHECKPOINTS)),
        save_total_limit=2,
        seed=recipe.seed,
        data_seed=recipe.seed,
        max_length=None,  # the examples were made to fit
        packing=False,
        report_to="none",
        disable_tqdm=True,
        dataset_kwargs={"skip_prepare_dataset": True},
        **backend.trainer_settings(recipe),
    )
    order = LengthBatches(lengths, recipe.per_device_batch_size, recipe.seed)
    trainer = trainer_class(recipe)(
        model=model,
        args=settings,
        train_dataset=data["train"],
        eval_dataset=data.get("eval"),
        processing_class=tokenizer,
        callbacks=[_reporter(work / PROGRESS_NAME)],
    )
    trainer.order = order
    checkpoint, done = _last_checkpoint(work / "checkpoints")
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    seconds = time.monotonic() - started
    history: list[dict[str, Any]] = trainer.state.log_history
    if any(entry.get("loss") != entry.get("loss") for entry in history if "loss" in entry):
        raise TrainingError("the loss became NaN: lower train.learning_rate, or raise train.warmup_ratio")
    _save(model, history, recipe, work)
    share = 1 - done / max(1, trainer.state.global_step)
    tokens = round(sum(lengths) * recipe.num_train_epochs * share)
    result = TrainingResult(
        backend=recipe.backend,
        precision=_precision(recipe),
        device=_device_name(recipe),
        steps=trainer.state.global_step,
        resumed_from=done,
        train_examples=len(train),
        validation_examples=len(validation),
        tokens=tokens,
        seconds=round(seconds, 2),
        tokens_per_second=round(tokens / seconds, 1) if seconds else 0.0,
        peak_memory_gb=round(_peak_memory(recipe), 3),
        trainable_parameters=sum(weight.numel() for weight in model.parameters() if weight.requires_grad),
        packages=package_versions(_PACKAGES),
    )
    _write(work / RESULT_NAME, result.model_dump())


def _reporter(path: Path) -> Any:
    """Return a trainer callback that appends each logged point to the progress file."""
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):
        started = time.monotonic()
        first_step = 0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.started, self.first_step = time.monotonic(), state.global_step

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if not logs or not ({"loss", "eval_loss"} & set(logs)):
                return
            seconds = time.monotonic() - self.started
            done = state.global_step - self.first_step
            point = Progress(
                step=state.global_step,
                total_steps=state.max_steps,
                epoch=round(float(state.epoch or 0), 4),
                loss=logs.get("loss"),
                eval_loss=logs.get("eval_loss"),
                learning_rate=logs.get("learning_rate"),
                seconds=round(seconds, 2),
                seconds_left=round(seconds / done * (state.max_steps - state.global_step), 1) if done else None,
            )
            with path.open("a", encoding="utf-8") as handle:
                handle.write(point.model_dump_json() + "\n")

    return Reporter()


def _last_checkpoint(folder: Path) -> tuple[Path | None, int]:
    """Return the newest whole checkpoint and its step; the trainer writes `trainer_state.json` last."""
    found: list[tuple[int, Path]] = []
    for path in folder.glob("checkpoint-*"):
        state = path / "trainer_state.json"
        try:
            found.append((int(json.loads(state.read_text(encoding="utf-8"))["global_step"]), path))
        except (OSError, ValueError, KeyError):
            continue
    step, path = max(found, default=(0, None), key=lambda entry: entry[0])
    return path, step


def _save(model: Any, history: list[dict[str, Any]], recipe: Recipe, work: Path) -> None:
    """Write adapter and curve in a form that depends on the recipe alone: no times, no paths, no order of sets."""
    folder = work / ADAPTER_NAME
    model.save_pretrained(str(folder), safe_serialization=True)
    (folder / "README.md").unlink(missing_ok=True)
    config_path = folder / "adapter_config.json"
    config: dict[str, Any] = json.loads(config_path.read_text(encoding="utf-8"))
    config["target_modules"] = sorted(config["target_modules"])
    config["base_model_name_or_path"] = recipe.base_model.name
    _write(config_path, dict(sorted(config.items())))
    keep = ("step", "epoch", "loss", "eval_loss", "learning_rate", "grad_norm")
    points = [{key: entry[key] for key in keep if key in entry} for entry in history]
    _write(folder / CURVE_NAME, [point for point in points if "loss" in point or "eval_loss" in point])


def _precision(recipe: Recipe) -> str:
    import torch

    from langkah.models.loading import compute_dtype

    name = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[compute_dtype()]
    return f"NF4 + {name}" if recipe.load_in_4bit else name


def _device_name(recipe: Recipe) -> str:
    import torch

    if recipe.device == "cuda":
        return torch.cuda.get_device_name(0)
    return f"CPU, {torch.get_num_threads()} threads"


def _peak_memory(recipe: Recipe) -> float:
    """Return the peak in GB: of the GPU's allocator, or of this process."""
    import torch

    if recipe.device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends, however that happens."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_LINUX_PR_SET_PDEATHSIG, signal.SIGKILL)
    if str(os.getppid()) != os.environ.get("LANGKAH_PARENT", str(os.getppid())):
        os._exit(4)  # the parent died before the signal was set


def _write(path: Path, value: Any) -> None:
    """Write JSON whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(value, indent=1), encoding="utf-8")
    draft.replace(path)


__all__ = ["Backend", "main"]

if __name__ == "__main__":
    sys.exit(main())
