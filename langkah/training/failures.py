"""What broke in the training child, told in one line with what to do about it."""

from __future__ import annotations

import errno
import re
import shutil
from pathlib import Path
from typing import Final

from langkah.errors import LangkahError, ResourceError, TrainingError, TrainingMemoryError
from langkah.models.loading import is_out_of_memory

_GPU: Final = re.compile(r"\bCUDA (?:driver )?error\b|\bcu(?:BLAS|DNN|SOLVER)\w*|NCCL|device-side assert", re.IGNORECASE)
_CANNOT_WRITE: Final = re.compile(
    r"no space left|file too large|disk quota|os error (?:28|27|122)|PytorchStreamWriter failed", re.I
)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def explain(error: Exception, work: Path) -> LangkahError | None:
    """Return what an error of torch, the GPU or the disk means, None where it is none that is known.

    Args:
        error: what ended training; its own message is not repeated, except a GPU's.
        work: the folder that checkpoints go to.
    """
    if isinstance(error, LangkahError):
        return error
    said = f"{type(error).__name__}: {error}"
    # First: "CUDA out of memory" names the GPU too.
    if is_out_of_memory(error):
        return TrainingMemoryError("training ran out of memory")
    if getattr(error, "errno", None) in _FULL or _CANNOT_WRITE.search(said):
        return no_room(work)
    if _GPU.search(said):
        first = next((line for line in str(error).splitlines() if _GPU.search(line)), "")[:120]
        return TrainingError(
            f"the GPU or its driver failed ({first.strip()}): another attempt goes on from the last checkpoint"
        )
    if isinstance(error, ImportError):
        return ResourceError(f"training needs {error.name or 'a package'}, which cannot be imported: {_brief(error)}")
    if isinstance(error, PermissionError):
        return ResourceError(f"training may not read or write one of its files ({error.strerror}): check who owns {work}")
    if isinstance(error, OSError) and error.errno:
        return TrainingError(
            f"a file or connection failed ({error.strerror}): another attempt goes on from the last checkpoint"
        )
    return None


def no_room(work: Path) -> ResourceError:
    """Return what to say where the disk of a work folder is full."""
    return ResourceError(
        f"no room for a checkpoint: {work} has {shutil.disk_usage(work).free / 1e6:,.0f} MB free; make room and run again:"
        " training goes on from its last checkpoint"
    )


def is_full(error: OSError) -> bool:
    """Whether the disk, or what one may write to it, is used up."""
    return error.errno in _FULL


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
