from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from langkah.chat import ChatEncoder
from langkah.errors import GenerationError
from langkah.models import greedy, resolve_model
from langkah.models.generation import Generated, answer_batches, generate_answers
from langkah.models.loading import load_model

PROMPTS = [
    "How do I dim the lamp?",
    "Stop",
    "How do I move a file from one folder to another folder on the same disk?",
    "Bagaimana cara mengganti kata sandi?",
    "Where is the settings menu of the camera, and what do I do there?",
]
LIMIT = 24


@pytest.fixture(scope="module")
def model(babbling_model: Path) -> Any:
    return load_model(resolve_model(str(babbling_model)))


@pytest.fixture(scope="module")
def prompts(tokenizer: Any) -> list[list[int]]:
    encoder = ChatEncoder(tokenizer)
    return [encoder.prompt_ids(prompt) for prompt in PROMPTS]


def one_by_one(model: Any, prompts: Sequence[Sequence[int]], ends: Sequence[int], limit: int = LIMIT) -> list[list[int]]:
    """What transformers' own generate says to each prompt by itself; the end token is in it."""
    model.eval()
    found = []
    for prompt in prompts:
        ids = torch.tensor([list(prompt)])
        output = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=limit, do_sample=False,
            eos_token_id=list(ends), pad_token_id=0,
        )  # fmt: skip
        found.append(output[0, len(prompt) :].tolist())
    return found


def answers(model: Any, tokenizer: Any, prompts: Any, **settings: Any) -> list[Generated]:
    settings = {"max_new_tokens": LIMIT, "batch_size": 8, "end_tokens": [tokenizer.eos_token_id], **settings}
    return generate_answers(model, tokenizer, prompts, **settings)


def ends_at_different_times(model: Any, prompts: Any) -> list[int]:
    """End tokens by which the answers end at their 1st, 4th, 9th, ... token: each row leaves the batch by itself."""
    whole = one_by_one(model, prompts, [])
    return [tokens[place] for tokens, place in zip(whole, (0, 3, 8, 15, 19), strict=False)]


@pytest.mark.parametrize("batch_size", [1, 2, 8])
@pytest.mark.parametrize("system", ["as rendered", "cut off"])
def test_batches_answer_as_transformers_does_one_by_one(
    model: Any, tokenizer: Any, prompts: list[list[int]], batch_size: int, system: str
) -> None:
    shared = next(place for place in range(99) if len({prompt[place] for prompt in prompts}) > 1)
    assert shared > 16  # the system prompt, which is computed once
    prompts = prompts if system == "as rendered" else [prompt[shared:] for prompt in prompts]
    for ends in ([tokenizer.eos_token_id], ends_at_different_times(model, prompts)):
        expected = one_by_one(model, prompts, ends)
        found = answers(model, tokenizer, prompts, batch_size=batch_size, end_tokens=ends)
        without_end = [[token for token in tokens if token not in ends] for tokens in expected]
        assert [list(each.tokens) for each in found] == without_end
        assert [each.ended for each in found] == [tokens[-1] in ends for tokens in expected]
        assert [each.text for each in found] == [tokenizer.decode(t, skip_special_tokens=True).strip() for t in without_end]
    assert len({len(each.tokens) for each in found}) >= 3


def test_an_adapter_beside_the_weights_of_another_family_answers_as_one_by_one(
    tokenizer: Any, prompts: list[list[int]]
) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 16}
    base: Any = Qwen3ForCausalLM(Qwen3Config(vocab_size=len(tokenizer), num_key_value_heads=2, pad_token_id=0, **sizes))
    adapted: Any = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj", "up_proj"], init_lora_weights=False))
    assert greedy.fits(adapted)
    expected = one_by_one(adapted, prompts, [])
    assert [list(each.tokens) for each in answers(adapted, tokenizer, prompts)] == expected
    with adapted.disable_adapter():
        assert [list(each.tokens) for each in answers(adapted, tokenizer, prompts)] != expected


def test_rows_that_ended_leave_the_batch(model: Any, tokenizer: Any, prompts: list[list[int]]) -> None:
    ends = ends_at_different_times(model, prompts)
    rows: list[int] = []
    hook = model.lm_head.register_forward_hook(lambda _module, inputs, _output: rows.append(len(inputs[0])))
    found = answers(model, tokenizer, prompts, end_tokens=ends)
    hook.remove()
    new = [len(each.tokens) + each.ended for each in found]
    assert rows[1:] == [sum(tokens > step for tokens in new) for step in range(max(new))]  # the first is the system prompt
    assert rows[-1] < len(PROMPTS)


def test_attention_is_the_models_own_again_afterwards(model: Any, tokenizer: Any, prompts: list[list[int]]) -> None:
    answers(model, tokenizer, prompts, max_new_tokens=1)
    assert model.config._attn_implementation == "sdpa"


def test_a_model_with_a_sliding_window_answers_by_its_own_generate(tokenizer: Any, prompts: list[list[int]]) -> None:
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = MistralConfig(vocab_size=len(tokenizer), num_key_value_heads=2, sliding_window=8, pad_token_id=0, **sizes)
    mistral: Any = MistralForCausalLM(config)
    assert not greedy.fits(mistral)
    found = answers(mistral, tokenizer, prompts, batch_size=2)
    assert [list(each.tokens) for each in found] == one_by_one(mistral, prompts, [])


def test_a_penalty_that_the_model_comes_with_is_kept(model: Any, tokenizer: Any, prompts: list[list[int]]) -> None:
    plain = answers(model, tokenizer, prompts[:1])
    model.generation_config.repetition_penalty = 0.5
    try:
        assert not greedy.fits(model)
        found = answers(model, tokenizer, prompts[:1])
        assert [list(each.tokens) for each in found] == one_by_one(model, prompts[:1], [])
    finally:
        model.generation_config.repetition_penalty = None
    assert found != plain


def test_batches_come_longest_first_with_the_places_of_their_prompts(
    model: Any, tokenizer: Any, prompts: list[list[int]]
) -> None:
    settings: Any = {"max_new_tokens": 4, "batch_size": 2, "end_tokens": [tokenizer.eos_token_id]}
    batches = list(answer_batches(model, tokenizer, prompts, **settings))
    by_length = sorted(range(len(prompts)), key=lambda place: -len(prompts[place]))
    assert [list(batch) for batch in batches] == [by_length[:2], by_length[2:4], by_length[4:]]


def test_a_batch_that_does_not_fit_into_memory_is_halved(model: Any, tokenizer: Any, prompts: list[list[int]]) -> None:
    expected = answers(model, tokenizer, prompts)
    sizes: list[int] = []

    def memory_for_two(_module: Any, inputs: Any) -> None:
        sizes.append(len(inputs[0]))
        if len(inputs[0]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    hook = model.lm_head.register_forward_pre_hook(memory_for_two)
    found = answers(model, tokenizer, prompts)
    hook.remove()
    assert found == expected
    assert [size for size in sizes if size > 2] == [5]


def test_what_fits_into_no_memory_has_failed_and_the_rest_has_not(model: Any, tokenizer: Any, prompts: list[list[int]]) -> None:
    longest = max(prompts, key=len)

    def memory_for_shorter(_module: Any, _arguments: Any, inputs: Any) -> None:
        if inputs["input_ids"].shape[1] == len(longest):
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:119] DefaultCPUAllocator: can't allocate memory")

    expected = answers(model, tokenizer, prompts)
    hook = model.register_forward_pre_hook(memory_for_shorter, with_kwargs=True)
    found = answers(model, tokenizer, prompts, batch_size=1)
    hook.remove()
    place = prompts.index(longest)
    assert found[place] == Generated("", False, failed="out of memory, by itself too")
    assert found[:place] + found[place + 1 :] == expected[:place] + expected[place + 1 :]


def test_an_error_that_is_not_about_memory_goes_through(model: Any, tokenizer: Any, prompts: list[list[int]]) -> None:
    def broken(_module: Any, _inputs: Any) -> None:
        raise RuntimeError("device-side assert triggered")

    hook = model.lm_head.register_forward_pre_hook(broken)
    with pytest.raises(RuntimeError, match="assert"):
        answers(model, tokenizer, prompts)
    hook.remove()


def test_a_prompt_beyond_the_context_has_failed_and_one_near_its_end_is_cut(
    model: Any, tokenizer: Any, prompts: list[list[int]]
) -> None:
    context = model.config.max_position_embeddings
    filler = prompts[2][20:40]
    near = (filler * context)[: context - 3]
    found = answers(model, tokenizer, [prompts[0], [*near, *filler], near])
    assert found[0] == answers(model, tokenizer, prompts[:1])[0]
    assert "2045" not in str(found[1].failed)
    assert str(found[1].failed).startswith("the prompt has 2065 tokens")
    assert (found[2].failed, len(found[2].tokens), found[2].ended) == (None, 3, False)


@pytest.mark.parametrize("penalty", [None, 0.5])
def test_an_output_that_is_no_number_is_a_failure_of_that_answer(
    babbling_model: Path, tokenizer: Any, penalty: float | None
) -> None:
    broken = load_model(resolve_model(str(babbling_model)))
    broken.generation_config.repetition_penalty = penalty
    assert greedy.fits(broken) == (penalty is None)
    bad, good = 9690, 500
    expected = answers(broken, tokenizer, [[good]], max_new_tokens=3)
    broken.model.embed_tokens.weight.data[bad] = float("nan")
    found = answers(broken, tokenizer, [[bad], [good]], max_new_tokens=3)
    assert found == [Generated("", False, failed="the model's output is not a finite number"), *expected]


def test_an_empty_prompt_is_an_error(model: Any, tokenizer: Any) -> None:
    with pytest.raises(GenerationError):
        answers(model, tokenizer, [[]])
