from __future__ import annotations

import errno
from pathlib import Path

import pytest
import torch

from langkah.errors import MaskError, ResourceError, TrainingError, TrainingMemoryError
from langkah.training.failures import explain


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (MemoryError(), TrainingMemoryError, "out of memory"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), TrainingMemoryError, "out of memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 8 bytes"), TrainingMemoryError, "memory"),
        (RuntimeError("can't start new thread"), TrainingMemoryError, "out of memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), TrainingMemoryError, "out of memory"),
        (OSError(errno.ENOSPC, "No space left on device"), ResourceError, "MB free"),
        (
            RuntimeError("PytorchStreamWriter failed writing file data/3: file write failed"),
            ResourceError,
            "free",
        ),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), ResourceError, "MB free"),
        (RuntimeError("CUDA error: unspecified launch failure\nCompile with ..."), TrainingError, "unspecified launch failure"),
        (RuntimeError("cuBLAS error: CUBLAS_STATUS_EXECUTION_FAILED when calling gemm"), TrainingError, "CUBLAS_STATUS"),
        (ImportError("No module named 'bitsandbytes'", name="bitsandbytes"), ResourceError, "training needs bitsandbytes"),
        (PermissionError(errno.EACCES, "Permission denied", "/a/secret"), ResourceError, "Permission denied"),
        (OSError(errno.EIO, "Input/output error", "/a/secret"), TrainingError, "Input/output error"),
        (MaskError("nothing to learn"), MaskError, "nothing to learn"),
    ],
)
def test_what_broke_is_told_in_one_line(error: Exception, kind: type[Exception], said: str, tmp_path: Path) -> None:
    found = explain(error, tmp_path)
    assert type(found) is kind
    assert said in str(found)
    assert "\n" not in str(found)
    assert "secret" not in str(found)


def test_a_bug_is_not_explained_away(tmp_path: Path) -> None:
    assert explain(KeyError("prompt"), tmp_path) is None
    assert explain(RuntimeError("mat1 and mat2 shapes cannot be multiplied"), tmp_path) is None
