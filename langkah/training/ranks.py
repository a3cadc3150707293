"""What the processes of one run tell each other: there is one for each device, and each has a rank from 0 on.

With one process all of it is at once: a sum is the value itself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from langkah.training.recipe import Recipe


def rank() -> int:
    """Return the rank of this process: the first one, 0, reports and writes what is left behind."""
    return int(os.environ.get("RANK", "0"))


def processes_here() -> int:
    """Return how many processes of the run this machine has."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def take_device(recipe: Recipe) -> None:
    """Compute on the GPU of this process' rank."""
    if recipe.devices == 1:
        return
    import torch

    if recipe.device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        return

    def stay(storage: Any, location: str) -> Any:
        return storage if location.startswith("cpu:") else None

    # accelerate numbers CPUs too, and torch does not know `cpu:0` when a checkpoint of the optimizer is read.
    torch.serialization.register_package(100, lambda _: None, stay)


def summed(values: Sequence[float]) -> list[float]:
    """Return the sums over all processes; each gives as many values, at the same time."""
    return _reduced(values, "SUM")


def largest(value: float) -> float:
    """Return the largest value of all processes."""
    return _reduced([value], "MAX")[0]


def any_of(flag: bool) -> bool:
    """Return whether any process says so."""
    return largest(float(flag)) > 0


def leave() -> None:
    """Part from the others at the end."""
    import torch.distributed as dist

    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def _reduced(values: Sequence[float], how: str) -> list[float]:
    import torch
    import torch.distributed as dist

    if not (dist.is_available() and dist.is_initialized()):
        return list(values)
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    sums: Any = torch.tensor(list(values), dtype=torch.float64, device=device)
    dist.all_reduce(sums, getattr(dist.ReduceOp, how))
    return sums.tolist()
