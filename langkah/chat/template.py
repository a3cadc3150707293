"""Render a question and its answer with the model's own chat template, as token ids with a loss mask.

The prompt's ids are those that generation starts from: prompt and completion are tokenized apart, so training and
inference see the same tokens up to the first of the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from langkah.errors import ConfigError, MaskError
from langkah.records import ChatExample

IGNORED = -100
"""Label of a token that gives no loss."""
_MARKER = "Langkah"
_ANSWERS = 1024
"""Answers whose ids are kept."""
_CHOOSE = "choose an instruct model whose template renders a question and its answer"


@dataclass(frozen=True)
class EncodedExample:
    """Token ids of one training example; `labels` is `input_ids` with the prompt ignored. Both of shape (tokens,)."""

    input_ids: list[int]
    labels: list[int]

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def prompt(self) -> int:
        """How many tokens at the start are the prompt's."""
        return next((place for place, label in enumerate(self.labels) if label != IGNORED), len(self))


class ChatEncoder:
    """Encodes prompts and examples for one tokenizer; thinking is off where the template knows it.

    Raises:
        ConfigError: no answer can be learned with the tokenizer's chat template.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._check()
        # The wordings of an intent share their answer, which is most of the tokens.
        self._answer_ids = lru_cache(_ANSWERS)(self._ids)

    def _check(self) -> None:
        """Render a turn of our own: what its template says of it holds no record's text."""
        from jinja2 import TemplateError

        try:
            head, whole = self.render("a"), self.render("a", _MARKER)
        except (TemplateError, TypeError, ValueError) as error:
            said = " ".join(str(error).split())[:120]
            raise ConfigError(f"train.base_model: its chat template fails ({said}); {_CHOOSE}") from None
        if not whole.startswith(head):
            raise ConfigError(f"train.base_model: its chat template renders the question otherwise with an answer; {_CHOOSE}")
        if not whole[len(head) :].startswith(_MARKER):
            how = "changes" if _MARKER.lower() in whole.lower() else "drops"
            raise ConfigError(f"train.base_model: its chat template {how} the assistant's answer; {_CHOOSE}")

    def render(self, prompt: str, answer: str | None = None) -> str:
        """Return the template's text: up to where the answer starts, or through the answer's turn."""
        messages = [{"role": "user", "content": prompt}]
        if answer is not None:
            messages.append({"role": "assistant", "content": answer})
        text: str = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=answer is None, enable_thinking=False
        )
        return text

    def prompt_ids(self, prompt: str) -> list[int]:
        """Return the ids that generation starts from."""
        return self._ids(self.render(prompt))

    def encode(self, example: ChatExample) -> EncodedExample:
        """Return ids and labels of an example; the end token is there, and learned, only if the answer is complete.

        Raises:
            MaskError: the template does not render the answer after the prompt, or changes the answer.
        """
        head = self.render(example.prompt)
        whole = self.render(example.prompt, example.completion)
        if not whole.startswith(head + example.completion):
            raise MaskError(
                f"intent {example.intent}: the chat template of train.base_model renders its question otherwise with an answer,"
                " or changes the answer: reword it, or choose another instruct model"
            )
        completion = [*self._answer_ids(example.completion), *([self.end_token] if example.complete else [])]
        prompt = self._ids(head)
        return EncodedExample(prompt + completion, [IGNORED] * len(prompt) + completion)

    @cached_property
    def end_token(self) -> int:
        """The id of the token that closes the assistant's turn.

        Raises:
            ConfigError: the template closes the turn with no special token.
        """
        tail = self.render("a", _MARKER)[len(self.render("a")) + len(_MARKER) :]
        for token in self._ids(tail):
            if token in self.tokenizer.all_special_ids or token in self._added_ids:
                return token
        raise ConfigError(f"train.base_model: its chat template closes the answer with no special token; {_CHOOSE}")

    @cached_property
    def end_tokens(self) -> tuple[int, ...]:
        """All ids that end an answer in generation: the turn's end and the tokenizer's own end token."""
        own = self.tokenizer.eos_token_id
        return tuple(dict.fromkeys(token for token in (self.end_token, own) if token is not None))

    @cached_property
    def _added_ids(self) -> frozenset[int]:
        return frozenset(self.tokenizer.get_added_vocab().values())

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has by itself."""
        return [len(ids) for ids in self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]] if texts else []
