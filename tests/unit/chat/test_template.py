from __future__ import annotations

from typing import Any

import pytest

from langkah.chat import ChatEncoder, check_masks
from langkah.chat.template import IGNORED, EncodedExample
from langkah.errors import ConfigError, MaskError
from langkah.records import ChatExample

EXAMPLE = ChatExample(intent="i", prompt="How do I dim the lamp?", completion="1. Press the button.\n2. Turn the knob.")

# The part of Qwen3's template that matters here: an empty think block before the answer when thinking is off.
QWEN3 = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' }}"
    "{% if message.role == 'assistant' %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ message.content + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}"
)
DROPS_ANSWER = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"
STRIPS_ANSWER = "{% for m in messages %}{{ '<|im_start|>' + m.content | upper + '<|im_end|>' }}{% endfor %}"
COUNTS_TURNS = "{% for m in messages %}{{ '<|im_start|>' ~ messages | length ~ m.content ~ '<|im_end|>' }}{% endfor %}"
UNFINISHED = "{% for m in messages %}{{ m.content"
CUTS_ANSWER = "{% for m in messages %}{{ m.content[:25] + '<|im_end|>' }}{% endfor %}"


def with_template(tokenizer: Any, template: str) -> Any:
    import copy

    other = copy.deepcopy(tokenizer)
    other.chat_template = template
    return other


def decoded(encoder: ChatEncoder, encoded: EncodedExample) -> str:
    return encoder.tokenizer.decode([label for label in encoded.labels if label != IGNORED])


def test_the_answer_and_its_end_token_are_learned_and_nothing_else(tokenizer: Any) -> None:
    encoder = ChatEncoder(tokenizer)
    encoded = encoder.encode(EXAMPLE)
    assert decoded(encoder, encoded) == EXAMPLE.completion + "<|im_end|>"
    masked = tokenizer.decode(encoded.input_ids[: encoded.labels.count(IGNORED)])
    assert masked.endswith("How do I dim the lamp?<|im_end|>\n<|im_start|>assistant\n")


def test_an_incomplete_answer_teaches_no_end(tokenizer: Any) -> None:
    encoder = ChatEncoder(tokenizer)
    piece = EXAMPLE.model_copy(update={"complete": False})
    assert decoded(encoder, encoder.encode(piece)) == EXAMPLE.completion


def test_training_starts_where_generation_starts(tokenizer: Any) -> None:
    encoder = ChatEncoder(tokenizer)
    prompt = encoder.prompt_ids(EXAMPLE.prompt)
    encoded = encoder.encode(EXAMPLE)
    assert encoded.input_ids[: len(prompt)] == prompt
    assert encoded.labels.count(IGNORED) == len(prompt)


def test_thinking_is_off_and_its_empty_block_is_in_the_masked_prompt(tokenizer: Any) -> None:
    encoder = ChatEncoder(with_template(tokenizer, QWEN3))
    encoded = encoder.encode(EXAMPLE)
    assert "<think>" in encoder.render(EXAMPLE.prompt)
    assert decoded(encoder, encoded) == EXAMPLE.completion + "<|im_end|>"
    check_masks(encoder, [EXAMPLE], [encoded])


def test_the_end_token_closes_the_turn(tokenizer: Any) -> None:
    assert tokenizer.convert_ids_to_tokens(ChatEncoder(tokenizer).end_token) == "<|im_end|>"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (DROPS_ANSWER, "drops the assistant's answer"),
        (STRIPS_ANSWER, "changes the assistant's answer"),
        (COUNTS_TURNS, "renders the question otherwise with an answer"),
        (UNFINISHED, r"fails \(unexpected end of template"),
        ("{{ raise_exception('only tools may speak') }}", r"fails \(only tools may speak\)"),
        ("{{ messages[0].content + 1 }}", r"fails \(can only concatenate"),
    ],
)
def test_a_template_that_no_answer_can_be_learned_with_is_one_line(tokenizer: Any, template: str, said: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"train\.base_model: its chat template {said}.*; choose an instruct model"
    ) as caught:
        ChatEncoder(with_template(tokenizer, template))
    assert len(caught.value.problems) == 1


def test_an_answer_that_the_template_changes_is_named_by_its_intent_alone(tokenizer: Any) -> None:
    encoder = ChatEncoder(with_template(tokenizer, CUTS_ANSWER))
    with pytest.raises(MaskError, match=r"intent i: the chat template .* changes the answer") as caught:
        encoder.encode(EXAMPLE)
    assert "button" not in str(caught.value)


def test_special_tokens_in_an_answer_do_not_pass_unseen(tokenizer: Any) -> None:
    encoder = ChatEncoder(tokenizer)
    example = EXAMPLE.model_copy(update={"completion": "1. Type <|im_end|> here.\n2. Go on."})
    assert decoded(encoder, encoder.encode(example)) == example.completion + "<|im_end|>"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda ids, n: [IGNORED] * len(ids), "all tokens are masked"),
        (lambda ids, n: ids, "another text"),
        (lambda ids, n: [IGNORED] * n + ids[n:-1] + [IGNORED], "one piece"),
        (lambda ids, n: [IGNORED] * (n + 2) + ids[n + 2 :], "another text"),
        (lambda ids, n: [IGNORED] * n + ids[n:-1] + [5], "one piece"),
    ],
    ids=["nothing", "prompt too", "end masked", "start masked", "wrong label"],
)
def test_wrong_masks_are_found(tokenizer: Any, labels: Any, message: str) -> None:
    encoder = ChatEncoder(tokenizer)
    good = encoder.encode(EXAMPLE)
    wrong = EncodedExample(good.input_ids, labels(good.input_ids, good.labels.count(IGNORED)))
    with pytest.raises(MaskError, match=message) as caught:
        check_masks(encoder, [EXAMPLE], [wrong])
    assert "button" not in str(caught.value)


def test_an_end_token_on_an_incomplete_answer_is_found(tokenizer: Any) -> None:
    encoder = ChatEncoder(tokenizer)
    piece = EXAMPLE.model_copy(update={"complete": False})
    with pytest.raises(MaskError, match="learned by an incomplete"):
        check_masks(encoder, [piece], [encoder.encode(EXAMPLE)])
