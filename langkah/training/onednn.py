"""LoRA layers on a CPU that make no more passes over memory than they need, on linear layers that compute by oneDNN."""

from __future__ import annotations

from typing import Any

import torch
from peft.tuners.lora.layer import Linear as LoraLinear
from torch import Tensor, nn
from torch.autograd import Function

from langkah.models.onednn import FrozenLinear, freeze_linears, product, product_added


def use_onednn(model: nn.Module) -> None:
    """Let the frozen fp32 linear layers of a model compute by oneDNN, and those with a plain LoRA adapter in one piece.

    Weights, names and state stay as they are: only the classes of the layers change.
    """
    freeze_linears(model)
    for module in model.modules():
        if type(module) is LoraLinear and _plain(module):
            module.__class__ = FrozenLoraLinear


class FrozenLoraLinear(LoraLinear):
    """A frozen linear layer with one LoRA adapter, without dropout."""

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Return the sum of both products, of shape (..., outputs)."""
        if self.disable_adapters or self.merged or args or kwargs:
            return super().forward(x, *args, **kwargs)
        (name,) = self.active_adapters
        base = self.get_base_layer()
        return _LoraProduct.apply(
            x, base.weight, base.bias, self.lora_A[name].weight, self.lora_B[name].weight, self.scaling[name]
        )


class _LoraProduct(Function):
    """`x W' + b + s (x A') B'` for A of shape (r, inputs) and B of shape (outputs, r); W and b do not learn."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, bias: Tensor | None, a: Tensor, b: Tensor, scaling: float) -> Tensor:
        inner = product(x, a).mul_(scaling)  # (..., r)
        ctx.save_for_backward(x, w, a, b, inner)
        ctx.scaling = scaling
        return product_added(inner, b, product(x, w, bias))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, w, a, b, inner = ctx.saved_tensors
        grad = gradients[0].contiguous()
        grad_inner = product(grad, b.t()).mul_(ctx.scaling)  # (..., r)
        grad_x = product_added(grad_inner, a.t(), product(grad, w.t())) if ctx.needs_input_grad[0] else None
        # Over all tokens of the batch, with the narrow matrix first: the other way round is four times slower.
        x, inner, grad, grad_inner = (each.reshape(-1, each.shape[-1]) for each in (x, inner, grad, grad_inner))
        grad_a = product(grad_inner.t(), x.t())
        grad_b = product(inner.t(), grad.t()).t()
        return grad_x, None, None, grad_a, grad_b, None


def _plain(layer: LoraLinear) -> bool:
    """Return whether a layer is LoRA as it was first described, with nothing beside it."""
    names = list(layer.active_adapters)
    return (
        len(names) == 1
        and names[0] not in layer.lora_variant
        and isinstance(layer.lora_dropout[names[0]], nn.Identity)
        and not layer.lora_bias[names[0]]
        and layer.lora_A[names[0]].weight.dtype == torch.float32
        and type(layer.get_base_layer()) is FrozenLinear
    )
