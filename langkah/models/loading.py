"""Load a base model, its tokenizer and an adapter through plain transformers and PEFT.

Base and tuned answers are generated through this one path, never through Unsloth's patched one.
"""

from __future__ import annotations

import errno
import gc
import logging
import math
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from langkah.errors import ConfigError, LangkahError, ResourceError
from langkah.models.ref import ModelRef

_OUT_OF_MEMORY: Final = re.compile(
    r"out of memory|can(?:'t|not) allocate memory|bad_alloc|can't start new thread", re.IGNORECASE
)
_OTHER_SHAPE: Final = re.compile(r"size mismatch|Target modules .* not found")


def use_threads(threads: int | str, *, processes: int = 1) -> int:
    """Set how many CPU threads torch computes with; return the number.

    Args:
        threads: `auto`: the cores this process may use, shared with the others.
        processes: how many compute at once.
    """
    import torch

    shared = max(1, available_cores() // processes)
    count = threads if isinstance(threads, int) else int(os.environ.get("OMP_NUM_THREADS") or shared)
    torch.set_num_threads(count)
    return count


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load_tokenizer(model: ModelRef) -> Any:
    """Load the tokenizer, with a pad token that is not the end token.

    Raises:
        ConfigError: it has no chat template, or transformers cannot load it.
    """
    from transformers import AutoTokenizer

    with refusing(model, "tokenizer"):
        tokenizer: Any = AutoTokenizer.from_pretrained(model.location, revision=revision_of(model), trust_remote_code=False)
    if not tokenizer.chat_template:
        raise ConfigError(f"train.base_model: {model.name}: its tokenizer has no chat template; choose an instruct model")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.unk_token or tokenizer.eos_token
    return tokenizer


@contextmanager
def refusing(model: ModelRef, part: str) -> Generator[None]:
    """Tell in one line what transformers cannot load of a model; what is not the model's fault goes through as it is.

    Args:
        model: the model.
        part: of it, such as `tokenizer`.

    Raises:
        ConfigError: the files are damaged, do not fit one another, or are of a kind that transformers does not know.
        ResourceError: they need a package that is not here.
    """
    try:
        yield
    except (LangkahError, MemoryError):
        raise
    except ImportError as error:
        raise ResourceError(f"{model.name}: its {part} needs a package that is not installed: {_brief(error)}") from None
    except Exception as error:  # tokenizers raises no other
        passing = isinstance(error, OSError) and (error.errno or revision_of(model))
        # torch tells memory and GPU by RuntimeError; transformers, that weights do not fit.
        if passing or (isinstance(error, RuntimeError) and "mismatched_sizes" not in str(error)):
            raise
        said = "sizes differ from its config.json" if isinstance(error, RuntimeError) else _brief(error)
        raise ConfigError(
            f"train.base_model: {model.name}: its {part} cannot be loaded ({said}): download it again, or choose another"
        ) from None


def _brief(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"


def revision_of(model: ModelRef) -> str | None:
    """Return the hub commit that the reference was resolved to, None for a local folder."""
    return model.fingerprint.rpartition(":")[2] if model.fingerprint.startswith("hub:") else None


def load_model(
    model: ModelRef,
    *,
    load_in_4bit: bool = False,
    adapter: Path | None = None,
    attention: str | None = None,
    sharded: bool = False,
) -> Any:
    """Load a causal LM in the platform's precision, with an adapter on top if one is given.

    A CPU computes in fp32, because bf16 without AMX or AVX512-BF16 is many times slower; a GPU in bf16, or fp16 where it
    has no bf16. Of several GPUs it is loaded on the one that is set.

    Args:
        model: the model.
        load_in_4bit: as NF4.
        adapter: folder of a PEFT adapter.
        attention: as transformers names it; the model's own choice (SDPA) if None.
        sharded: whether FSDP will deal the weights out.

    Raises:
        ConfigError: the weights are damaged, missing, not finite, or do not fit the config; or the adapter does not fit them.
        ResourceError: a package for them is missing.
    """
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    # bitsandbytes announces each optional kernel that a CPU does not have.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    kwargs: dict[str, Any] = {"dtype": compute_dtype(), "revision": revision_of(model)}
    if load_in_4bit:
        kwargs["quantization_config"] = nf4_config(sharded=sharded)
    if _cuda():
        kwargs["device_map"] = {"": torch.cuda.current_device()}
    if attention:
        kwargs["attn_implementation"] = attention
    with refusing(model, "weights"):
        found: Any = AutoModelForCausalLM.from_pretrained(
            model.location, use_safetensors=True, trust_remote_code=False, output_loading_info=True, **kwargs
        )
    loaded, told = found
    if missing := sorted(told["missing_keys"]):
        raise ConfigError(
            f"train.base_model: {model.name}: its files lack {len(missing)} of the weights ({missing[0]} ...), which would be"
            " random: download it again, or choose another"
        )
    require_finite(loaded, model)
    if load_in_4bit:
        keep_cpu_weights_unpacked(loaded)
    if adapter is not None:
        loaded = _with_adapter(loaded, model, adapter)
        if loaded.dtype == torch.float32 and not load_in_4bit:
            # In fp32 the merged weights give the same answers to rounding, without two more products in each layer.
            loaded = loaded.merge_and_unload(safe_merge=True)
    return loaded


def _with_adapter(loaded: Any, model: ModelRef, adapter: Path) -> Any:
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(loaded, str(adapter))
    except (RuntimeError, ValueError) as error:
        if not _OTHER_SHAPE.search(str(error)):
            raise
        raise ConfigError(
            f"the adapter was trained for another base model: it does not fit {model.name}; set train.base_model to its own"
        ) from None


def require_finite(loaded: Any, model: ModelRef) -> None:
    """Refuse weights that are NaN or infinite: every loss would be, whatever the settings.

    Raises:
        ConfigError: names the first such weight.
    """
    import torch

    for name, weight in loaded.named_parameters():
        # Of 4-bit weights, the mean of the blocks' scales: one bad weight spoils it. Their bits have any type.
        numbers = state.offset if (state := getattr(weight, "quant_state", None)) else weight
        if numbers is None or not numbers.is_floating_point():
            continue
        if not all(math.isfinite(end) for end in torch.aminmax(numbers.detach())):
            raise ConfigError(
                f"train.base_model: {model.name}: its weights are not finite ({name}): download it again, or choose another"
            )


def nf4_config(*, sharded: bool = False) -> Any:
    """Return the QLoRA quantization (Dettmers et al. 2023, arXiv:2305.14314): NF4 with double quantization.

    FSDP deals out floating-point weights alone, and casts what is not of the compute dtype: for it the same bits are stored
    under that name.
    """
    import torch
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute_dtype(),
        bnb_4bit_quant_storage=compute_dtype() if sharded else torch.uint8,
    )


def keep_cpu_weights_unpacked(model: Any) -> None:
    """Keep bitsandbytes from repacking 4-bit weights in place on a CPU with AVX512-BF16.

    It does so at the first forward in eval mode, and a later backward through the repacked weights is wrong.
    """
    for module in model.modules():
        if getattr(module, "support_avx512bf16_for_cpu", False):
            module.support_avx512bf16_for_cpu = False


def compute_dtype() -> Any:
    """Return the dtype that this machine computes in."""
    import torch

    if not _cuda():
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def compute_platform() -> str:
    """Name device and precision, such as `cpu float32`: answers of two platforms are not compared."""
    return f"{'cuda' if _cuda() else 'cpu'} {str(compute_dtype()).removeprefix('torch.')}"


def free_memory() -> None:
    """Give the memory of models that nobody holds any more back to the card: training follows in another process."""
    gc.collect()
    if _cuda():
        import torch

        torch.cuda.empty_cache()


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error of torch, the GPU or Python tells that memory ran out: none of them has a type of its own for it."""
    said = _OUT_OF_MEMORY.search(f"{type(error).__name__}: {error}")
    return isinstance(error, MemoryError) or bool(said) or getattr(error, "errno", None) == errno.ENOMEM


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()
