"""Generation by vLLM, where there is a CUDA device and `langkah[vllm]` is installed: same token ids, greedy, adapter as LoRA.

Base and tuned answers come from the same engine in one evaluation; answers of two engines are not compared. What is called
here was read in vLLM's documentation and has not been run.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from langkah.errors import ConfigError
from langkah.models.generation import Generated, context_of, read, too_long
from langkah.models.greedy import NOT_FINITE, Decoded
from langkah.models.loading import compute_dtype, free_memory, revision_of
from langkah.models.ref import ModelRef

Backend = Literal["transformers", "vllm"]
_AT_ONCE: Final = 256
"""Prompts between two writings of answers: vLLM makes its own batches of them."""


def choose_backend(asked: str) -> Backend:
    """Return what generates: `auto` is vLLM where there is a CUDA device and it is installed.

    Raises:
        ConfigError: vLLM is asked for, and cannot run here.
    """
    if problems := check_backend(asked):
        raise ConfigError(*problems)
    return "vllm" if asked == "vllm" or (asked == "auto" and not _lack()) else "transformers"


def check_backend(asked: str) -> list[str]:
    """The problems of `evaluate.backend` on this machine: it is found out before anything is trained, not after."""
    lack = _lack() if asked == "vllm" else ""
    return [f"evaluate.backend=vllm: vLLM cannot run here: {lack}; set evaluate.backend=transformers"] if lack else []


def _lack() -> str:
    """What vLLM lacks on this machine; empty where it can run."""
    if importlib.util.find_spec("vllm") is None:
        return "not installed: `pip install 'langkah[vllm]'`"
    return "" if _cuda() else "no CUDA device"


def vllm_batches(
    model: ModelRef,
    adapter: Path | None,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    end_tokens: Sequence[int],
) -> Iterator[dict[int, Generated]]:
    """Generate one greedy answer for each prompt; yield them some at a time, by the prompt's place.

    Args:
        model: the base model.
        adapter: folder of a PEFT adapter, None for the base model's own answers.
        tokenizer: its tokenizer.
        prompts: token ids of each prompt.
        max_new_tokens: where an answer is cut that the model does not end.
        end_tokens: ids that end an answer.
    """
    from transformers import AutoConfig

    vllm: Any = importlib.import_module("vllm")
    room = context_of(AutoConfig.from_pretrained(model.location, revision=revision_of(model)))
    engine = vllm.LLM(
        model=model.location,
        revision=revision_of(model),
        tokenizer_revision=revision_of(model),
        dtype=str(compute_dtype()).removeprefix("torch."),
        max_model_len=min(room, max(map(len, prompts)) + max_new_tokens),
        trust_remote_code=False,
        seed=0,
        **({"enable_lora": True, "max_lora_rank": _rank(adapter)} if adapter else {}),
    )
    own = engine.get_default_sampling_params()  # a penalty that the model comes with, as transformers takes it too
    lora = importlib.import_module("vllm.lora.request").LoRARequest("adapter", 1, str(adapter)) if adapter else None
    ends = frozenset(end_tokens)
    try:
        for start in range(0, len(prompts), _AT_ONCE):
            places = range(start, min(start + _AT_ONCE, len(prompts)))
            fitting = [place for place in places if len(prompts[place]) < room]
            found = {
                place: Generated("", False, failed=too_long(len(prompts[place]), room))
                for place in places
                if place not in fitting
            }
            settings = [
                vllm.SamplingParams(
                    temperature=0.0,
                    max_tokens=min(max_new_tokens, room - len(prompts[place])),
                    stop_token_ids=list(end_tokens),
                    repetition_penalty=own.repetition_penalty,
                    logprobs=0,  # of the chosen tokens alone: they tell whether its output was a number
                )
                for place in fitting
            ]
            asked = [{"prompt_token_ids": list(prompts[place])} for place in fitting]
            for place, output in zip(fitting, engine.generate(asked, settings, lora_request=lora, use_tqdm=False), strict=True):
                answer = output.outputs[0]
                found[place] = read(tokenizer, decoded_of(answer.token_ids, answer.cumulative_logprob, ends))
            yield found
    finally:
        del engine  # its memory is most of the card's, and the next model needs it
        free_memory()


def decoded_of(tokens: Sequence[int], logprob: float | None, ends: frozenset[int]) -> Decoded:
    """Return an answer of the engine, cut at its end token.

    Args:
        tokens: as they were chosen, the last of them perhaps an end token.
        logprob: the sum of their log probabilities. Where it is no finite number an output of the model was none either, and
            the tokens behind it are of no choice: the answer has failed. So it has where the engine does not tell.
        ends: ids that end an answer.
    """
    if logprob is None or not math.isfinite(logprob):
        return Decoded((), False, NOT_FINITE)
    end = next((index for index, token in enumerate(tokens) if token in ends), None)
    return Decoded(tuple(tokens[:end]), end is not None)


def _rank(adapter: Path) -> int:
    """Return the rank of an adapter, as one that vLLM has kernels for: 8, 16, 32, ..."""
    rank = int(json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))["r"])
    return max(8, 1 << (rank - 1).bit_length())


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()
