"""What training runs on: precision, device, peak memory and its limit."""

from __future__ import annotations

import platform
import resource
from pathlib import Path

from langkah.models.memory import GB
from langkah.training.recipe import Recipe


def hold_memory(recipe: Recipe) -> None:
    """Take no more memory than `train.memory_limit_gb`: of the GPU, or of this process on a CPU; beyond it, memory runs out."""
    import torch

    if recipe.memory_limit_gb is None:
        return
    limit = int(recipe.memory_limit_gb * GB)
    if recipe.device == "cuda":
        total = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, limit / total))
    else:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def release_memory() -> None:
    """Lift the limit of `hold_memory` off this process."""
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def precision_name(recipe: Recipe) -> str:
    """Name the precision of the weights that train and of the base, such as `NF4 + bf16`."""
    import torch

    from langkah.models.loading import compute_dtype

    name = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[compute_dtype()]
    return f"NF4 + {name}" if recipe.load_in_4bit else name


def device_name(recipe: Recipe) -> str:
    """Name the GPU, or the CPU with the threads of a process, and how many there are."""
    import torch

    if recipe.device == "cuda":
        name = torch.cuda.get_device_name()
    else:
        name = f"{_cpu_name()}, {torch.get_num_threads()} threads"
    return f"{recipe.devices} x {name}" if recipe.devices > 1 else name


def _cpu_name() -> str:
    """Return what the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine() or "CPU")


def peak_memory_gb(recipe: Recipe) -> float:
    """Return the peak in GB: of the GPU's allocator, or of this process."""
    import torch

    if recipe.device == "cuda":
        return torch.cuda.max_memory_allocated() / GB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GB
