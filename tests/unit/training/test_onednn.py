from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from langkah.models.onednn import FrozenLinear, available
from langkah.training.onednn import FrozenLoraLinear, use_onednn

pytestmark = pytest.mark.skipif(not available(), reason="torch has no oneDNN here")


def adapted(dropout: float = 0.0, bias: bool = True) -> Any:
    """Two linear layers with LoRA around an activation, and one without; frozen apart from LoRA."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    base = torch.nn.Sequential(
        torch.nn.Linear(24, 40, bias=bias), torch.nn.SiLU(), torch.nn.Linear(40, 24), torch.nn.Linear(24, 5)
    )
    config = LoraConfig(r=4, lora_alpha=12, lora_dropout=dropout, target_modules=["0", "2"], init_lora_weights=False)
    return get_peft_model(base, config)  # type: ignore[arg-type]


def outcome(model: Any, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """What comes out, and the gradients of the adapter and of the input."""
    x = x.clone().requires_grad_()
    model.zero_grad()
    result = model(x)
    result.square().sum().backward()
    assert x.grad is not None
    return result, {"x": x.grad, **{name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}}


@pytest.mark.parametrize("shape", [(24,), (7, 24), (3, 11, 24)])
@pytest.mark.parametrize("bias", [True, False])
def test_values_and_gradients_are_those_of_torch(shape: tuple[int, ...], bias: bool) -> None:
    model = adapted(bias=bias)
    fast = copy.deepcopy(model)
    use_onednn(fast)
    kinds = [type(module) for module in fast.modules()]
    assert kinds.count(FrozenLoraLinear) == 2
    assert kinds.count(FrozenLinear) == 3
    x = torch.randn(shape)
    (plain, expected), (result, found) = outcome(model, x), outcome(fast, x)
    assert torch.allclose(result, plain, atol=1e-5)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, rtol=1e-4, atol=1e-4), name


def test_what_learns_by_itself_and_lora_with_dropout_stay_as_they_are() -> None:
    model = adapted(dropout=0.5)
    whole = torch.nn.Linear(4, 4)
    model.base_model.model.append(whole)
    use_onednn(model)
    assert type(whole) is torch.nn.Linear
    assert not any(isinstance(module, FrozenLoraLinear) for module in model.modules())
    assert sum(isinstance(module, FrozenLinear) for module in model.modules()) == 3


def test_an_adapter_that_is_off_or_merged_changes_nothing_or_all() -> None:
    model = adapted()
    x = torch.randn(5, 24)
    expected = model(x)
    with model.disable_adapter():
        base = model(x)
    use_onednn(model)
    with model.disable_adapter():
        assert torch.allclose(model(x), base, atol=1e-5)
    model.merge_adapter()
    assert torch.allclose(model(x), expected, atol=1e-4)
    model.unmerge_adapter()
    assert torch.allclose(model(x), expected, atol=1e-4)


def test_the_state_that_is_saved_has_the_same_names() -> None:
    model = adapted()
    names = list(model.state_dict())
    use_onednn(model)
    assert list(model.state_dict()) == names
