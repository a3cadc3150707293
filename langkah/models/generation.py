"""Greedy answers in batches of like length, the same for base and tuned model.

An answer that cannot be generated is a failure with a reason: it is never replaced by something else, and never ends the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from langkah.errors import GenerationError
from langkah.models import greedy
from langkah.models.greedy import Decoded
from langkah.models.loading import free_memory, is_out_of_memory

NO_MEMORY: Final = "out of memory, by itself too"


class Generated(NamedTuple):
    """One answer: its text without special tokens, and whether the model ended it by its end token.

    `tokens` are those of the text, without the end token; `failed` is why there is no answer, None where there is one.
    """

    text: str
    ended: bool
    tokens: tuple[int, ...] = ()
    failed: str | None = None


def generate_answers(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], **settings: Any) -> list[Generated]:
    """Generate one greedy answer for each prompt, in order; arguments and errors are those of `answer_batches`."""
    answers: dict[int, Generated] = {}
    for found in answer_batches(model, tokenizer, prompts, **settings):
        answers |= found
    return [answers[place] for place in range(len(prompts))]


def answer_batches(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
    batch_size: int,
    end_tokens: Sequence[int],
) -> Iterator[dict[int, Generated]]:
    """Generate one greedy answer for each prompt; yield them batch by batch, by the prompt's place.

    A batch for which memory is too small is halved, and so are those after it. A model on a CPU is frozen, and computes by
    oneDNN from then on.

    Args:
        model: a causal LM, with or without an adapter.
        tokenizer: its tokenizer.
        prompts: token ids of each prompt, as the chat template renders it for generation.
        max_new_tokens: where an answer is cut that the model does not end; the end token counts.
        batch_size: prompts in one batch; longest first, so that memory runs out at once or not at all.
        end_tokens: ids that end an answer.

    Raises:
        GenerationError: a prompt is empty.
    """
    if any(not prompt for prompt in prompts):
        raise GenerationError("a prompt has no tokens")
    room = context_of(model.config)
    waiting = sorted(range(len(prompts)), key=lambda place: (-len(prompts[place]), place))
    if long := [place for place in waiting if len(prompts[place]) >= room]:
        yield {place: Generated("", False, failed=too_long(len(prompts[place]), room)) for place in long}
        waiting = waiting[len(long) :]
    with greedy.made_ready(model):
        own = greedy.fits(model)
        while waiting:
            batch = waiting[:batch_size]
            some = [prompts[place] for place in batch]
            limits = [min(max_new_tokens, room - len(prompt)) for prompt in some]
            try:
                if own:
                    found = greedy.decode(model, some, limits, end_tokens)
                else:
                    found = _by_transformers(model, tokenizer, some, limits, end_tokens)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                found = None
            if found is None:  # outside of the handler, which holds the tensors of what failed
                free_memory()
                if len(batch) > 1:
                    batch_size = len(batch) // 2
                    continue
                found = [Decoded((), False, NO_MEMORY)]
            waiting = waiting[len(batch) :]
            yield {place: read(tokenizer, decoded) for place, decoded in zip(batch, found, strict=True)}


def context_of(config: Any) -> int:
    """Return how many tokens a model can take in all, by its config."""
    return getattr(config.get_text_config(), "max_position_embeddings", None) or 1 << 30


def too_long(tokens: int, room: int) -> str:
    """Say why a prompt got no answer."""
    return f"the prompt has {tokens} tokens, and the model takes {room} with the answer"


def read(tokenizer: Any, decoded: Decoded) -> Generated:
    """Return an answer's text beside its tokens."""
    text: str = tokenizer.decode(list(decoded.tokens), skip_special_tokens=True) if decoded.tokens else ""
    return Generated(text.strip(), decoded.ended, decoded.tokens, decoded.failed)


def _by_transformers(
    model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], limits: Sequence[int], end_tokens: Sequence[int]
) -> list[Decoded]:
    """Answer by the model's own `generate`: for layers that keep a window or a state, and settings that change logits."""
    import torch

    width = max(map(len, prompts))
    ids = torch.full((len(prompts), width), tokenizer.pad_token_id, dtype=torch.long)
    mask = torch.zeros((len(prompts), width), dtype=torch.long)
    for line, prompt in enumerate(prompts):
        ids[line, width - len(prompt) :] = torch.tensor(list(prompt))
        mask[line, width - len(prompt) :] = 1
    device = next(model.parameters()).device
    watch = _Watch(len(prompts), width)
    with torch.inference_mode():
        output = model.generate(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            max_new_tokens=max(limits),
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            eos_token_id=list(end_tokens),
            pad_token_id=tokenizer.pad_token_id,
            use_cache=True,
            logits_processor=[watch],
        )
    ends = frozenset(end_tokens)
    lines = [line[:limit] for line, limit in zip(output[:, width:].tolist(), limits, strict=True)]
    return [_cut(line, ends, watch.broken.get(row)) for row, line in enumerate(lines)]


class _Watch:
    """Looks at the logits on their way to `generate`'s choice, which takes a token of any: even of those that are NaN."""

    def __init__(self, rows: int, width: int) -> None:
        self._rows, self._width = rows, width
        self.broken: dict[int, int] = {}
        """Row -> the first new token, from 0, for which its best logit is not finite; with beams, that of any of them."""

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Take tokens so far (rows x beams, tokens) and logits (rows x beams, vocabulary); return the logits."""
        sound: list[bool] = scores.max(dim=-1).values.isfinite().view(self._rows, -1).all(dim=1).tolist()
        for row in (row for row, each in enumerate(sound) if not each):
            self.broken.setdefault(row, input_ids.shape[1] - self._width)
        return scores


def _cut(tokens: Sequence[int], ends: frozenset[int], broken: int | None) -> Decoded:
    """Cut one line of a batch at its first end token; one that broke before that has failed."""
    end = next((place for place, token in enumerate(tokens) if token in ends), None)
    if broken is not None and broken < len(tokens) and (end is None or broken <= end):
        return Decoded((), False, greedy.NOT_FINITE)
    return Decoded(tuple(tokens[:end]), end is not None)
