"""Did it learn, too little, too much, or not at all: read from the curves, with the guide's remedies as settings.

The rules compare means over windows, one for each evaluation, so that a noisy step decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from langkah.errors import DivergenceError

Verdict = Literal["healthy", "overfitting", "underfitting", "divergence", "unclear"]

RISE: Final = 0.05
"""Overfitting: the validation loss ends this share above its best, while the training loss went on falling."""
BY_HEART: Final = 0.15
"""Overfitting: the loss on unseen intents, at the checkpoint that is kept, is this share above its best."""
STILL_FALLING: Final = 0.05
"""Underfitting: each of the last two evaluations was at least this share below the one before."""
HARDLY_LEARNED: Final = 0.75
"""Underfitting: the training loss ends above this share of what it began with."""
BLOWN_UP: Final = 1.5
"""Divergence: the training loss ends at this multiple of its lowest, or above what it began with."""
_FEWEST_EVALUATIONS: Final = 3


class Remedy(BaseModel):
    """One change for the next run, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, float] = Field(description="fields of the section `train` with their new values")
    reason: str

    def __str__(self) -> str:
        return " ".join(f"train.{name}={value:g}" for name, value in self.settings.items())


class Diagnosis(BaseModel):
    """How training went."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict
    evidence: str = Field(description="the figures that decided, in one sentence")
    best_step: int | None = Field(default=None, description="step of the lowest validation loss: the checkpoint that is kept")
    best_eval_loss: float | None = None
    remedies: tuple[Remedy, ...] = Field(default=(), description="what to try next, the likeliest first")


class Knobs(NamedTuple):
    """The settings that remedies start from."""

    learning_rate: float
    num_train_epochs: float
    warmup_ratio: float
    weight_decay: float
    lora_r: int
    lora_alpha: int
    gradient_accumulation_steps: int


class _Window(NamedTuple):
    """One evaluation, and the mean training loss since the one before."""

    step: int
    epoch: float
    train: float
    eval: float
    intents: float | None


def diagnose(curve: Sequence[dict[str, Any]], knobs: Knobs) -> Diagnosis:
    """Judge a training run.

    Args:
        curve: logged points in order: `step` and `epoch` with `loss` (training) or `eval_loss` (validation), the latter
            also with `eval_intents_loss` where whole intents are watched.
        knobs: the settings it ran with.
    """
    losses = [float(point["loss"]) for point in curve if "loss" in point]
    windows = _windows(curve)
    best = min(windows, key=lambda window: window.eval, default=None)
    if _diverged(losses):
        width = _share(losses)
        evidence = f"training loss {_mean(losses[:width]):.3f} at first, {_mean(losses[-width:]):.3f} at the end"
        verdict, remedies = "divergence", _against_divergence(knobs)
    elif best is None or len(windows) < _FEWEST_EVALUATIONS:
        evidence = f"{len(windows)} evaluations are too few to tell; {_FEWEST_EVALUATIONS} are needed"
        verdict, remedies = "unclear", ()
    else:
        verdict, evidence, remedies = _judge(windows, best, knobs)
    return Diagnosis(
        verdict=verdict,
        evidence=evidence,
        best_step=best.step if best else None,
        best_eval_loss=round(best.eval, 6) if best else None,
        remedies=remedies,
    )


def diagnose_failure(error: DivergenceError, knobs: Knobs) -> Diagnosis:
    """Return the diagnosis of a run that ended because its loss was no number any more."""
    return Diagnosis(verdict="divergence", evidence=str(error), remedies=_against_divergence(knobs))


def _judge(windows: list[_Window], best: _Window, knobs: Knobs) -> tuple[Verdict, str, tuple[Remedy, ...]]:
    first, last = windows[0], windows[-1]
    if last.eval > best.eval * (1 + RISE) and last.train < best.train:
        evidence = (
            f"validation loss rose from {best.eval:.3f} (step {best.step}) to {last.eval:.3f}"
            f" while training loss fell from {best.train:.3f} to {last.train:.3f}"
        )
        return "overfitting", evidence, _against_overfitting(best, knobs)
    known = [window for window in windows if window.intents is not None and window.step <= best.step]
    if known:
        lowest = min(known, key=lambda window: window.intents or 0.0)
        kept = known[-1]
        assert lowest.intents is not None and kept.intents is not None
        if kept.intents > lowest.intents * (1 + BY_HEART):
            evidence = (
                f"loss on unseen intents rose from {lowest.intents:.3f} (step {lowest.step}) to {kept.intents:.3f}"
                f" at the checkpoint that is kept: answers are learned by heart"
            )
            return "overfitting", evidence, _against_overfitting(lowest, knobs)
    if last.train > first.train * HARDLY_LEARNED:
        evidence = f"training loss only fell from {first.train:.3f} to {last.train:.3f}"
        return "underfitting", evidence, _against_underfitting(knobs)
    falls = [1 - after.eval / before.eval for before, after in zip(windows[-3:], windows[-2:], strict=False)]
    if all(fall >= STILL_FALLING for fall in falls):
        evidence = f"validation loss was still falling at the end: {', '.join(f'{w.eval:.3f}' for w in windows[-3:])}"
        return "underfitting", evidence, _against_underfitting(knobs)
    return "healthy", f"validation loss fell from {first.eval:.3f} to {best.eval:.3f} (step {best.step}) and settled", ()


def _windows(curve: Sequence[dict[str, Any]]) -> list[_Window]:
    windows: list[_Window] = []
    since: list[float] = []
    for point in curve:
        if "loss" in point:
            since.append(float(point["loss"]))
        elif "eval_loss" in point and since:
            windows.append(
                _Window(
                    int(point["step"]),
                    float(point.get("epoch", 0)),
                    _mean(since),
                    float(point["eval_loss"]),
                    point.get("eval_intents_loss"),
                )
            )
            since = []
    return windows


def _diverged(losses: list[float]) -> bool:
    if any(loss != loss or loss == float("inf") for loss in losses):
        return True
    width = _share(losses)
    if len(losses) < 2 * width or not width:
        return False
    means = [_mean(losses[start : start + width]) for start in range(len(losses) % width, len(losses), width)]
    return means[-1] > max(min(means) * BLOWN_UP, min(means) + 0.1) or means[-1] > means[0] * 1.1


def _share(losses: list[float]) -> int:
    """Return how many steps a tenth of the run is, at least 3."""
    return min(len(losses), max(3, len(losses) // 10))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _against_divergence(knobs: Knobs) -> tuple[Remedy, ...]:
    remedies = [Remedy(settings={"learning_rate": knobs.learning_rate / 4}, reason="steps this large leave the valley")]
    if knobs.warmup_ratio < 0.1:
        remedies.append(Remedy(settings={"warmup_ratio": 0.1}, reason="the guide's 10 %: a gentler start"))
    return tuple(remedies)


def _against_overfitting(best: _Window, knobs: Knobs) -> tuple[Remedy, ...]:
    """The guide: fewer epochs, a lower rate, more weight decay, a larger effective batch."""
    remedies: list[Remedy] = []
    epochs = max(1.0, round(best.epoch + 0.25))
    if epochs < knobs.num_train_epochs:
        remedies.append(Remedy(settings={"num_train_epochs": epochs}, reason="it was best then"))
    remedies.append(Remedy(settings={"learning_rate": knobs.learning_rate / 2}, reason="too high a rate overfits"))
    if knobs.weight_decay < 0.1:
        remedies.append(Remedy(settings={"weight_decay": 0.1}, reason="the guide's most: a brake on large weights"))
    doubled = knobs.gradient_accumulation_steps * 2
    remedies.append(Remedy(settings={"gradient_accumulation_steps": doubled}, reason="a larger batch smooths learning"))
    return tuple(remedies)


def _against_underfitting(knobs: Knobs) -> tuple[Remedy, ...]:
    """The guide: more epochs, a higher rate, a higher rank and alpha."""
    remedies = [
        Remedy(settings={"num_train_epochs": min(100, knobs.num_train_epochs * 2)}, reason="it was still learning"),
        Remedy(settings={"learning_rate": min(0.1, knobs.learning_rate * 2)}, reason="a higher rate learns faster"),
    ]
    if knobs.lora_r < 32:
        alpha = 32 * max(1, knobs.lora_alpha // knobs.lora_r)
        remedies.append(
            Remedy(settings={"lora_r": 32, "lora_alpha": alpha}, reason="the guide's larger rank: more room to learn")
        )
    return tuple(remedies)
