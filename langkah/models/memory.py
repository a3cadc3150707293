"""How much memory a training step takes, part by part, from the model's architecture and the recipe's numbers.

What is counted is what the step allocates: on a GPU all that its process has of the card, on a CPU the growth over what Python
and the imported packages take (about half a GB). `tests/unit/models/test_memory.py` holds it against measured peaks on a CPU.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from langkah.models.architecture import Architecture

GB: Final = 2**30
"""Bytes of a GB, as the makers of cards and memory count."""
EFFECTIVE_BATCH: Final = 8
"""Examples that a step of the optimizer learns from, where nothing else is said: the guide's 2 x 4."""
USABLE: Final = 0.9
"""Of a device's memory: the rest is for blocks that the allocator cannot use again, and for the screen."""
NF4_BYTES: Final = 0.5 + (1 + 4 / 256) / 64
"""A weight in NF4: 4 bits, a constant of 8 bits for 64 weights, and one of 32 bits for 256 constants (double quantization;
Dettmers et al. 2023, arXiv:2305.14314, section 3)."""
_ADAM_BYTES: Final[dict[str, float]] = {"adamw": 8, "adamw_8bit": 2 + 2 * 4 / 256}
"""Two moments for each trained parameter; in 8 bits with a constant of 32 bits for 256 of them (arXiv:2110.02861)."""
_CUDA_CONTEXT: Final = 600_000_000
"""What a process has of the card before its first tensor: CUDA's context, the kernels, cuBLAS's workspace."""
_PYTHON_OBJECTS: Final = 30_000_000
"""On a CPU: the modules and buffers beside the weights."""
_LOGITS_CHUNK: Final = 256
"""Tokens whose logits are held at once by the chunked losses of TRL and Unsloth."""
_LOGITS_COPIES: Final = 3
"""Of the logits in fp32, in the backward pass of cross-entropy: log-softmax, its gradient, and that of the logits."""


class Workload(BaseModel):
    """What a training step is made of, as far as memory goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Literal["cuda", "cpu"] = "cuda"
    batch: int = Field(default=1, ge=1, description="examples at once")
    tokens: int = Field(default=2048, ge=1, description="of the longest example of the batch, to which it is padded")
    lora_r: int = Field(default=16, ge=1)
    load_in_4bit: bool = Field(default=True, description="NF4 linear layers (QLoRA)")
    number_bytes: int = Field(default=2, description="of the precision that is computed in: 2 or 4")
    optimizer: Literal["adamw", "adamw_8bit"] = "adamw_8bit"
    checkpointing: bool = Field(default=True, description="activations of a block computed again in the backward pass")
    logit_tokens: int | None = Field(default=None, description="tokens whose logits are held at once; None: all")

    @classmethod
    def of(
        cls,
        device: Literal["cuda", "cpu"],
        *,
        load_in_4bit: bool,
        lora_r: int = 16,
        batch: int = 1,
        tokens: int = 2048,
    ) -> Workload:
        """The workload of Langkah's recipe: bf16, 8-bit AdamW and checkpointing on a GPU; fp32 and none on a CPU."""
        cuda = device == "cuda"
        number = 2 if cuda else 4
        return cls(
            device=device,
            batch=batch,
            tokens=tokens,
            lora_r=lora_r,
            load_in_4bit=load_in_4bit,
            number_bytes=number,
            optimizer="adamw_8bit" if cuda else "adamw",
            checkpointing=cuda,
            logit_tokens=_LOGITS_CHUNK if cuda else None,
        )

    def sized(self, batch: int, tokens: int) -> Workload:
        """The same with another batch and length."""
        return self.model_copy(update={"batch": batch, "tokens": tokens})


class MemoryEstimate(BaseModel):
    """Bytes by part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: int = Field(description="of the base model")
    adapter: int = Field(description="weights and gradients of LoRA, fp32")
    optimizer: int
    activations: int = Field(description="what the backward pass needs of all blocks, and one block's gradients")
    logits: int
    workspace: int = Field(description="CUDA's context and the largest layer de-quantized; Python's objects on a CPU")

    @property
    def total(self) -> int:
        """All parts together."""
        return sum(self.model_dump().values())


def estimate_memory(architecture: Architecture, workload: Workload, parameters: int | None = None) -> MemoryEstimate:
    """Estimate the peak of a training step.

    Args:
        architecture: of the base model.
        workload: batch, tokens, LoRA rank, precision, optimizer, checkpointing.
        parameters: of the base model, where it has more than its text blocks (a model that sees); the architecture's if None.
    """
    adapter = architecture.lora_parameters(workload.lora_r)
    tokens = workload.batch * workload.tokens
    logit_tokens = min(tokens, workload.logit_tokens or tokens)
    return MemoryEstimate(
        weights=_weights(architecture, workload, parameters or architecture.parameters),
        adapter=2 * 4 * adapter,
        optimizer=round(_ADAM_BYTES[workload.optimizer] * adapter),
        activations=tokens * activation_bytes(architecture, workload),
        logits=_LOGITS_COPIES * 4 * logit_tokens * architecture.vocabulary,
        workspace=_workspace(architecture, workload),
    )


def largest_batch(
    architecture: Architecture,
    workload: Workload,
    memory: int,
    parameters: int | None = None,
    *,
    at_most: int = EFFECTIVE_BATCH,
) -> int | None:
    """Return how many examples at once fit, halving from `at_most`; None where not even one does.

    Args:
        architecture: of the base model.
        workload: its `tokens` are those of the longest example; its `batch` is not looked at.
        memory: of the device, bytes: all of it, of which `USABLE` is counted with.
        parameters: as of `estimate_memory`.
        at_most: the largest batch that is thought of.
    """
    batch = at_most
    while batch:
        step = estimate_memory(architecture, workload.sized(batch, workload.tokens), parameters)
        if step.total <= memory * USABLE:
            return batch
        batch //= 2
    return None


def activation_bytes(architecture: Architecture, workload: Workload) -> int:
    """Return what a token takes in all blocks, logits apart.

    A block keeps for its backward pass, in numbers a token: both inputs of its norms and what comes out of them (4 hidden);
    queries and the attention's result, keys and values; gate, its SiLU, up and their product (4 intermediate); and a LoRA
    hidden state for each of seven layers. With checkpointing only the block's input is kept, and one block at a time is whole,
    with its gradients. In 16 bits LoRA, whose weights are fp32, has its inputs cast: a copy of each layer's. (Counted from
    the tensors that autograd saves; the method is that of Korthikanti et al. 2022, arXiv:2205.05198, section 4.)
    """
    a, number = architecture, workload.number_bytes
    block = 4 * a.hidden + 2 * a.query + 2 * a.key + 4 * a.intermediate + 7 * workload.lora_r
    if number < 4:
        block += sum(inputs for inputs, _ in a.linears)
    if workload.checkpointing:
        return (a.layers * a.hidden + 2 * block) * number
    return a.layers * block * number


def _weights(architecture: Architecture, workload: Workload, parameters: int) -> int:
    if not workload.load_in_4bit:
        return parameters * workload.number_bytes
    loose = architecture.embeddings
    return round((parameters - loose) * NF4_BYTES) + loose * workload.number_bytes


def _workspace(architecture: Architecture, workload: Workload) -> int:
    largest = max(inputs * outputs for inputs, outputs in architecture.linears)
    unpacked = largest * workload.number_bytes if workload.load_in_4bit else 0
    return unpacked + (_CUDA_CONTEXT if workload.device == "cuda" else _PYTHON_OBJECTS)
