"""Write what was learned: the adapter's weights and config, and the curve."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from langkah.errors import DivergenceError
from langkah.training.diagnosis import Diagnosis
from langkah.training.general import Forgetting
from langkah.training.recipe import Recipe

CURVE_NAME = "curve.json"
DIAGNOSIS_NAME = "diagnosis.json"
FORGETTING_NAME = "forgetting.json"
_CHECKPOINTED = "_checkpoint_wrapped_module"
"""Where `torch.distributed`'s CheckpointWrapper has its layer."""
_POINT = ("step", "epoch", "loss", "eval_loss", "eval_variants_loss", "eval_intents_loss", "learning_rate", "grad_norm")


def curve_points(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the points of the curve from the trainer's log: each training loss and each evaluation."""
    points = [{key: entry[key] for key in _POINT if key in entry} for entry in history]
    return [point for point in points if "loss" in point or "eval_loss" in point]


def adapter_weights(model: Any) -> dict[str, Any]:
    """Return what was trained, by name, whole where several devices hold shares of it: all of them call this at once.

    Checkpointing under FSDP wraps each layer in a module, whose name means nothing to who loads the adapter: training is over,
    and the wrappers are taken off.
    """
    for name, module in list(model.named_modules()):
        if hasattr(module, _CHECKPOINTED):
            model.set_submodule(name, getattr(module, _CHECKPOINTED))
    trained = {name: weight.detach() for name, weight in model.named_parameters() if weight.requires_grad}
    return {name: weight.full_tensor() if hasattr(weight, "full_tensor") else weight for name, weight in trained.items()}


def require_sound(weights: dict[str, Any], forgetting: Forgetting, recipe: Recipe) -> None:
    """Refuse an adapter that the last step spoiled: where nothing is watched, no loss came after it that would show it.

    Raises:
        DivergenceError: a weight is NaN or infinite, or the loss that it gives.
    """
    if not (math.isfinite(forgetting.after) and all(bool(weight.isfinite().all()) for weight in weights.values())):
        raise DivergenceError(
            f"the loss became NaN or infinite with the last step: lower train.learning_rate (it was {recipe.learning_rate:g}),"
            " or raise train.warmup_ratio"
        )


def save_adapter(
    model: Any,
    recipe: Recipe,
    weights: dict[str, Any],
    folder: Path,
    *,
    curve: list[dict[str, Any]],
    diagnosis: Diagnosis,
    forgetting: Forgetting,
) -> None:
    """Write adapter, curve and findings in a form that depends on the recipe alone: no times, no paths, no order of sets."""
    model.save_pretrained(str(folder), safe_serialization=True, state_dict=weights)
    (folder / "README.md").unlink(missing_ok=True)
    config_path = folder / "adapter_config.json"
    config: dict[str, Any] = json.loads(config_path.read_text(encoding="utf-8"))
    config["target_modules"] = sorted(config["target_modules"])
    config["base_model_name_or_path"] = recipe.base_model.name
    config_path.write_text(json.dumps(dict(sorted(config.items())), indent=1), encoding="utf-8")
    (folder / CURVE_NAME).write_text(json.dumps(curve, indent=1), encoding="utf-8")
    (folder / DIAGNOSIS_NAME).write_text(diagnosis.model_dump_json(indent=1), encoding="utf-8")
    (folder / FORGETTING_NAME).write_text(forgetting.model_dump_json(indent=1), encoding="utf-8")
