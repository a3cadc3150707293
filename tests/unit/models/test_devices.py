from __future__ import annotations

import pytest
import torch

from langkah.models.devices import detect_device


def test_this_machine_is_told_with_its_memory() -> None:
    device = detect_device()
    assert device.kind == ("cuda" if torch.cuda.is_available() else "cpu")
    assert device.free is not None
    assert 10**8 < device.free <= device.total < 10**14


@pytest.mark.gpu
def test_a_gpu_is_told_by_name() -> None:
    device = detect_device()
    assert device.name == torch.cuda.get_device_name(0)
    assert device.total == torch.cuda.get_device_properties(0).total_memory
