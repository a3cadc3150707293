from __future__ import annotations

import torch

from langkah.models.devices import detect_device


def test_this_machine_is_told_with_its_memory() -> None:
    device = detect_device()
    assert device.kind == ("cuda" if torch.cuda.is_available() else "cpu")
    assert device.free is not None
    assert 10**8 < device.free <= device.total < 10**14
