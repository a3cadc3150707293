"""The processes of a training run: one for one device, or one that looks after several; all end with what started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

from langkah.training.recipe import Recipe

PARENT = "LANGKAH_PARENT"
"""Environment variable: process id of what started this process."""
TOLD = 3
"""Exit code of a child that wrote down what ended it."""
CANNOT_TELL = 74
"""Exit code of one that could not even write that: the disk is full."""
_LINUX_PR_SET_PDEATHSIG = 1


def command(recipe: Recipe, spec: Path) -> list[str]:
    """Return the command line that trains a spec: on one device by itself, on several through `workers`."""
    module = "langkah.training.child" if recipe.devices == 1 else "langkah.training.workers"
    return [sys.executable, "-m", module, str(spec)]


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends, however that happens."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_LINUX_PR_SET_PDEATHSIG, signal.SIGKILL)
    if str(os.getppid()) != os.environ.get(PARENT, str(os.getppid())):
        os._exit(4)  # the parent died before the signal was set
