"""What a model would be tuned on: an NVIDIA GPU, this machine's CPU, or a card that is only a figure."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

_CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class Device(BaseModel):
    """Memory in bytes; of a CPU, the machine's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["cuda", "cpu", "figure"]
    name: str
    total: int
    free: int | None = Field(default=None, description="at the moment; None where unknown")

    @property
    def computes_on(self) -> Literal["cuda", "cpu"]:
        """Where training would run."""
        return "cpu" if self.kind == "cpu" else "cuda"


def detect_device() -> Device:
    """Return the first GPU that torch can use, or the CPU with the memory that this process may take."""
    import torch

    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info(0)
        return Device(kind="cuda", name=torch.cuda.get_device_name(0), total=total, free=free)
    total, free = _memory()
    return Device(kind="cpu", name="CPU, no CUDA device", total=total, free=free)


def _memory() -> tuple[int, int | None]:
    """Return the memory of the machine, or of the container where that has less, and what of it is free."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = None
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = 1024 * int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1])
    for limit in _CGROUP_LIMITS:
        with contextlib.suppress(OSError, ValueError):  # `max`: no limit
            total = min(total, int(Path(limit).read_text(encoding="ascii")))
    return total, None if free is None else min(free, total)
