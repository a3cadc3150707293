"""One training run, start to end, inside the child: model, data, trainer, and the adapter that it leaves behind."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from langkah.artifacts.manifest import package_versions
from langkah.chat import ChatEncoder
from langkah.training.adapter import adapter_weights, curve_points, require_sound, save_adapter
from langkah.training.backends import BACKENDS, Backend
from langkah.training.checkpoints import newest_checkpoint
from langkah.training.diagnosis import diagnose
from langkah.training.examples import ShuffledSteps, TrainingData, as_rows
from langkah.training.general import measure_forgetting
from langkah.training.measuring import device_name, hold_memory, peak_memory_gb, precision_name
from langkah.training.progress import TrainingResult
from langkah.training.ranks import largest, leave, processes_here, rank, take_device
from langkah.training.recipe import Recipe
from langkah.training.sharding import FilledOrder, empty_like
from langkah.training.work_files import CHECKPOINTS

PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "bitsandbytes", "unsloth")
_CHECKPOINTS = 12
"""Into how many parts checkpoints cut a run, besides those of evaluations; a kill costs a part at most."""


def run_session(recipe: Recipe, examples: Path, work: Path, *, adapter: Path, progress: Path) -> TrainingResult:
    """Train an adapter, from the newest checkpoint of `work` where there is one.

    Args:
        recipe: what to train.
        examples: `chat.jsonl` of the dataset version.
        work: folder of this recipe, with its checkpoints.
        adapter: folder that the adapter is written to.
        progress: file that each point of the curve is appended to.

    Raises:
        MaskError: an example whose loss mask is wrong, or none to train on.
        DivergenceError: the loss became NaN or infinite.
        Exception: of torch, the GPU or the disk; `failures.explain` says what it means.
    """
    backend = BACKENDS[recipe.backend]()
    backend.prepare(work)

    from datasets import disable_progress_bars
    from transformers import set_seed

    from langkah.models.loading import use_threads

    disable_progress_bars()
    use_threads(recipe.threads, processes=processes_here())
    take_device(recipe)
    set_seed(recipe.seed)
    hold_memory(recipe)
    model, tokenizer = backend.load(recipe)
    encoder = ChatEncoder(tokenizer)
    data = TrainingData.of(examples, recipe, encoder, work)
    trainer = _trainer(recipe, backend, model, tokenizer, data, work / CHECKPOINTS, progress)
    checkpoint = newest_checkpoint(work / CHECKPOINTS, recipe.devices)
    if checkpoint and checkpoint.stopped:  # all that a kill after the last step left to do is to load the best
        trainer._run_epoch = _nothing
    started = time.monotonic()
    trainer.train(resume_from_checkpoint=str(checkpoint.path) if checkpoint else None)
    seconds = time.monotonic() - started
    curve = curve_points(trainer.state.log_history)
    diagnosis = diagnose(curve, recipe.knobs)
    forgetting = measure_forgetting(trainer, encoder, recipe.forgetting_limit)
    weights = adapter_weights(model)
    require_sound(weights, forgetting, recipe)
    if rank() == 0:
        save_adapter(model, recipe, weights, adapter, curve=curve, diagnosis=diagnosis, forgetting=forgetting)
    peak_memory = largest(peak_memory_gb(recipe))
    leave()
    resumed_from = checkpoint.step if checkpoint else 0
    tokens = trainer.state.num_input_tokens_seen - (checkpoint.tokens if checkpoint else 0)
    return TrainingResult(
        backend=recipe.backend,
        precision=precision_name(recipe),
        device=device_name(recipe),
        devices=recipe.devices,
        steps=trainer.state.global_step,
        per_device_batch_size=recipe.per_device_batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        max_length=recipe.max_length,
        resumed_from=resumed_from,
        train_examples=len(data.train),
        validation_examples=len(data.validation),
        shortened=data.shortened,
        best_step=diagnosis.best_step,
        best_eval_loss=diagnosis.best_eval_loss,
        verdict=diagnosis.verdict,
        forgetting=round(forgetting.rise, 4),
        tokens=tokens,
        seconds=round(seconds, 2),
        tokens_per_second=round(tokens / seconds, 1) if seconds else 0.0,
        device_seconds=round(seconds * recipe.devices, 2),
        peak_memory_gb=round(peak_memory, 3),
        trainable_parameters=sum(weight.numel() for weight in model.parameters() if weight.requires_grad),
        packages=package_versions(PACKAGES),
    )


def _nothing(*_: Any, **__: Any) -> None:
    """Stand in for an epoch."""


def _trainer(
    recipe: Recipe, backend: Backend, model: Any, tokenizer: Any, data: TrainingData, checkpoints: Path, progress: Path
) -> Any:
    from transformers import EarlyStoppingCallback
    from trl.trainer.sft_config import SFTConfig

    from langkah.training.callbacks import Preflight, Reporter, Rhythm
    from langkah.training.trainer import trainer_class

    total = recipe.steps(len(data.train))
    watching = bool(data.watched)
    every = max(1, math.ceil(recipe.steps_per_epoch(len(data.train)) / recipe.evaluations_per_epoch))
    settings = SFTConfig(
        output_dir=str(checkpoints),
        per_device_train_batch_size=recipe.per_device_batch_size,
        per_device_eval_batch_size=recipe.per_device_batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation_steps,
        learning_rate=recipe.learning_rate,
        num_train_epochs=recipe.num_train_epochs,
        warmup_steps=round(recipe.warmup_ratio * total),
        lr_scheduler_type="linear",
        weight_decay=recipe.weight_decay,
        logging_steps=1,
        logging_nan_inf_filter=False,
        include_num_input_tokens_seen="non_padding",
        eval_strategy="steps" if watching else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        restore_callback_states_from_checkpoint=True,  # how long early stopping has been patient
        load_best_model_at_end=watching,
        metric_for_best_model="eval_loss" if watching else None,
        greater_is_better=False if watching else None,
        seed=recipe.seed,
        data_seed=recipe.seed,
        max_length=None,  # the examples were made to fit
        packing=False,
        report_to="none",
        disable_tqdm=True,
        dataset_kwargs={"skip_prepare_dataset": True},
        **backend.trainer_settings(recipe),
    )
    callbacks: list[Any] = [
        Reporter(progress, lambda: peak_memory_gb(recipe)),
        Rhythm(math.ceil(total / _CHECKPOINTS), watching=watching),
    ]
    if watching and recipe.early_stopping_patience:
        callbacks.append(EarlyStoppingCallback(recipe.early_stopping_patience))
    order: Any = ShuffledSteps(data.lengths, recipe.effective_batch_size, recipe.seed)
    train = data.train
    if recipe.devices > 1:
        order = FilledOrder(order, empty=len(train), multiple=recipe.per_device_batch_size * recipe.devices)
        train = [*train, empty_like(train[0])]
    trainer = trainer_class(recipe)(
        model=model,
        args=settings,
        train_dataset=as_rows(train),
        eval_dataset=as_rows(data.validation) if watching else None,
        processing_class=tokenizer,
        callbacks=callbacks,
    )
    for weight in model.parameters():
        if weight.requires_grad:  # TRL makes a QLoRA adapter bf16, where the small steps of the optimizer are rounded away
            weight.data = weight.data.float()
    trainer.watched = data.watched
    trainer.add_callback(Preflight(trainer, data.longest(recipe.per_device_batch_size)))
    trainer.order = order
    return trainer
