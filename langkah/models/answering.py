"""Answers to prompts, each generated once: what was answered before is not asked again, what is new is kept batch by batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from langkah.errors import GenerationError
from langkah.models.generation import Generated, read
from langkah.models.greedy import Decoded
from langkah.models.replies import Replies

Prompt = tuple[int, ...]
Batches = Callable[[Sequence[Prompt]], Iterator[dict[int, Generated]]]
"""What generates: answers to some prompts, batch by batch, by the prompt's place. It loads its model when it is called."""


class AnswerMemory:
    """Answers by their prompt's token ids, which hold the chat template's doing.

    An answer is kept as tokens, with the limit that it was made under, and serves every limit at which it would be the same.
    """

    def __init__(self, kept: Replies, tokenizer: Any) -> None:
        self._kept = kept
        self._tokenizer = tokenizer

    def known(self, prompts: Sequence[Prompt], limit: int) -> dict[Prompt, Generated]:
        """Return the answers that are there, of at most `limit` new tokens, the end token among them."""
        names = {_name(prompt): prompt for prompt in prompts}
        found = {names[name]: json.loads(value) for name, value in self._kept.get_many(list(names)).items()}
        return {prompt: self._at(each, limit) for prompt, each in found.items() if each["ended"] or each["limit"] >= limit}

    def keep(self, answers: Mapping[Prompt, Generated], limit: int) -> None:
        """Keep answers made under a limit; what failed may do better another time."""
        made = {prompt: answer for prompt, answer in answers.items() if not answer.failed}
        if made:
            self._kept.put({_name(prompt): _to_json(answer, limit) for prompt, answer in made.items()})

    def _at(self, kept: Mapping[str, Any], limit: int) -> Generated:
        tokens = tuple(kept["tokens"])
        whole = len(tokens) + kept["ended"] <= limit
        return read(self._tokenizer, Decoded(tokens, kept["ended"]) if whole else Decoded(tokens[:limit], False))


def answer_prompts(
    prompts: Sequence[Sequence[int]],
    batches: Batches,
    memory: AnswerMemory,
    *,
    limit: int,
    on_done: Callable[[int, int], None] = lambda done, total: None,
) -> list[Generated]:
    """Answer each prompt, in order; equal ones are answered once, known ones not at all.

    Args:
        prompts: token ids of each.
        batches: what answers those that are new; not called where there are none.
        memory: of earlier answers by the same model, on the same platform.
        limit: the most new tokens of an answer.
        on_done: called with (answers so far, answers in all).

    Raises:
        GenerationError: not one prompt could be answered.
    """
    asked = [tuple(prompt) for prompt in prompts]
    answers = memory.known(list(dict.fromkeys(asked)), limit)
    new = [prompt for prompt in dict.fromkeys(asked) if prompt not in answers]
    on_done(sum(prompt in answers for prompt in asked), len(asked))
    if new:
        for found in batches(new):
            made = {new[place]: answer for place, answer in found.items()}
            memory.keep(made, limit)
            answers |= made
            on_done(sum(prompt in answers for prompt in asked), len(asked))
    failures = {answer.failed for answer in answers.values() if answer.failed}
    if asked and all(answers[prompt].failed for prompt in asked):
        raise GenerationError(f"no prompt could be answered: {'; '.join(sorted(filter(None, failures))[:3])}")
    return [answers[prompt] for prompt in asked]


def _name(prompt: Prompt) -> str:
    return " ".join(map(str, prompt))


def _to_json(answer: Generated, limit: int) -> str:
    return json.dumps({"tokens": answer.tokens, "ended": answer.ended, "limit": limit})
