"""Matrix products on a CPU by oneDNN.

torch multiplies fp32 matrices by MKL, whose fast kernels are for Intel's processors alone: on an AMD EPYC with AVX-512 it
does 110 GFLOP/s a core, oneDNN, which torch brings along, up to 250. The products are the same, to rounding.
"""

from __future__ import annotations

import platform
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function


def available() -> bool:
    """Return whether torch has oneDNN's linear layer here, the one that torch.compile would choose."""
    x86 = platform.machine().lower() in ("x86_64", "amd64")
    return x86 and torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def freeze_linears(model: nn.Module) -> None:
    """Let the fp32 linear layers of a model that do not learn compute by oneDNN.

    Weights, names and state stay as they are: only the classes of the layers change.
    """
    for module in model.modules():
        if type(module) is nn.Linear and not module.weight.requires_grad and module.weight.dtype == torch.float32:
            module.__class__ = FrozenLinear


class FrozenLinear(nn.Linear):
    """A linear layer that does not learn."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the product, of shape (..., outputs)."""
        return _FrozenProduct.apply(input, self.weight, self.bias)


class _FrozenProduct(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight)
        return product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (weight,) = ctx.saved_tensors
        return product(gradients[0], weight.t()), None, None


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return `x @ weight.T + bias`."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def product_added(x: Tensor, weight: Tensor, other: Tensor) -> Tensor:
    """Return `x @ weight.T + other` in one pass."""
    return torch.ops.mkldnn._linear_pointwise.binary(x, other, weight, None, "add")
