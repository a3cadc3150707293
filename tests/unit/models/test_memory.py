from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from langkah.models.architecture import Architecture
from langkah.models.known_models import read_catalogue
from langkah.models.memory import GB, Workload, estimate_memory
from langkah.models.vram_table import vram_table

ROOT = Path(__file__).parents[3]


def shape(layers: int, hidden: int, intermediate: int, heads: int, kv: int, head: int, vocabulary: int, tied: int) -> Any:
    names = ("layers", "hidden", "intermediate", "heads", "kv_heads", "head_size", "vocabulary", "tied")
    sizes = (layers, hidden, intermediate, heads, kv, head, vocabulary, bool(tied))
    return Architecture.model_validate({**dict(zip(names, sizes, strict=True)), "context": 8192})


OPEN_MODELS = {
    3: shape(28, 3072, 8192, 24, 8, 128, 128256, 1),  # Llama 3.2
    7: shape(32, 4096, 14336, 32, 8, 128, 32768, 0),  # Mistral 0.3
    8: shape(32, 4096, 14336, 32, 8, 128, 128256, 0),  # Llama 3.1
    9: shape(42, 3584, 14336, 16, 8, 256, 256000, 1),  # Gemma 2
    14: shape(40, 5120, 17920, 40, 10, 128, 100352, 0),  # Phi 4
    27: shape(46, 4608, 36864, 32, 16, 128, 256000, 1),  # Gemma 2
    32: shape(64, 5120, 27648, 40, 8, 128, 152064, 0),  # Qwen 2.5
    70: shape(80, 8192, 28672, 64, 8, 128, 128256, 0),  # Llama 3.1
    405: shape(126, 16384, 53248, 128, 8, 128, 128256, 0),  # Llama 3.1
}
"""A well-known model of each size of the guide's table, where there is one of gated blocks."""


@pytest.mark.parametrize("billions", OPEN_MODELS)
def test_the_estimate_is_near_the_guides_table(billions: int) -> None:
    row = vram_table().at(billions)
    assert row
    for quantized, tokens, guide in ((True, 512, row.qlora), (False, 2048, row.lora)):
        workload = Workload.of("cuda", load_in_4bit=quantized, tokens=tokens)
        assert estimate_memory(OPEN_MODELS[billions], workload).total / GB == pytest.approx(guide, rel=0.25)


def measured_peak(model: str, batch: int, tokens: int) -> int:
    """Return what two training steps take in a process of their own, bytes.

    glibc keeps freed blocks of some megabytes and asks for more beside them, which can double what a process takes; with a
    fixed threshold it gives them back, so that what is measured is what the step holds.
    """
    script = Path(__file__).with_name("training_step.py")
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "131072", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(script), model, str(batch), str(tokens)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return int(done.stdout)


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from Linux's /proc")


@needs_proc
@pytest.mark.parametrize(("batch", "tokens"), [(2, 128), (8, 256)])
def test_a_tiny_models_step_takes_what_is_estimated(tiny_model: Path, batch: int, tokens: int) -> None:
    workload = Workload.of("cpu", load_in_4bit=False, batch=batch, tokens=tokens)
    estimate = estimate_memory(Architecture.of_folder(tiny_model), workload)
    assert estimate.total == pytest.approx(measured_peak(str(tiny_model), batch, tokens), rel=0.25)


@needs_proc
@pytest.mark.slow
def test_the_demo_models_step_takes_what_is_estimated() -> None:
    (demo,) = (model for model in read_catalogue() if model.path == "bundled")
    workload = Workload.of("cpu", load_in_4bit=False, batch=2, tokens=64)
    estimate = estimate_memory(demo.shape, workload, round(demo.billions * 1e9))
    assert estimate.total == pytest.approx(measured_peak(demo.name, 2, 64), rel=0.25)


def test_what_makes_a_step_larger_makes_the_estimate_larger() -> None:
    base = Workload.of("cuda", load_in_4bit=True)

    def total(**changes: object) -> int:
        return estimate_memory(OPEN_MODELS[8], base.model_copy(update=changes)).total

    assert total(batch=2) > total()
    assert total(tokens=4096) == total(batch=2)
    assert total(lora_r=32) > total()
    assert total(load_in_4bit=False) > total()
    assert total(checkpointing=False) > total()
    assert total(optimizer="adamw") > total()
    assert total(logit_tokens=None) > total()


def test_a_model_that_sees_is_counted_with_all_its_parameters() -> None:
    workload = Workload.of("cuda", load_in_4bit=False)
    text, whole = (estimate_memory(OPEN_MODELS[9], workload, count) for count in (None, OPEN_MODELS[9].parameters + 10**9))
    assert whole.weights - text.weights == 2 * 10**9
    assert whole.activations == text.activations
