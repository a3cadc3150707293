"""The loop of greedy generation: one batch, key-value cache, rows leave it as they end.

The tokens are those of transformers' `generate` with `do_sample=False` for each prompt by itself, to rounding: where two
tokens are as likely as each other to the last bits, a batch may take the other one.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

_LEAST_SHARED: Final = 16
"""Tokens that prompts must begin with alike for it to be worth while to compute them once."""
_STAYING: Final = 7 / 8
"""A batch is made smaller when no more than this share of its rows goes on: keys and values are copied for it."""
_NEUTRAL: Final[dict[str, Any]] = {
    "repetition_penalty": 1.0, "encoder_repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "encoder_no_repeat_ngram_size": 0,
    "bad_words_ids": None, "suppress_tokens": None, "begin_suppress_tokens": None, "forced_bos_token_id": None,
    "forced_eos_token_id": None, "min_length": 0, "min_new_tokens": None, "sequence_bias": None, "guidance_scale": 1.0,
    "exponential_decay_length_penalty": None, "watermarking_config": None, "num_beams": 1,
}  # fmt: skip
"""Settings of a model's `generation_config.json` that change a greedy answer, and their values that do not."""


NOT_FINITE: Final = "the model's output is not a finite number"


class Decoded(NamedTuple):
    """Tokens of one answer without its end token, whether it has one, and why there is none where there is none."""

    tokens: tuple[int, ...]
    ended: bool
    failed: str | None = None


def fits(model: Any) -> bool:
    """Whether `decode` does what the model's own `generate` would do."""
    from langkah.models.kv_cache import roomy_cache

    settings = model.generation_config
    plain = all(getattr(settings, name, None) in (None, neutral) for name, neutral in _NEUTRAL.items())
    return plain and roomy_cache(model.config) is not None


@contextmanager
def made_ready(model: Any) -> Generator[None]:
    """Have a model in evaluation mode and frozen; in the block, on a CPU, it attends without copies.

    Its linear layers compute by oneDNN from then on, where there is one.
    """
    from langkah.models import onednn
    from langkah.models.kv_cache import GROUPED, register_grouped_attention

    model.eval()
    attention = model.config._attn_implementation
    if next(model.parameters()).device.type != "cpu":
        yield
        return
    model.requires_grad_(False)
    if onednn.available():
        onednn.freeze_linears(model)
    if attention == "sdpa":
        register_grouped_attention()
        model.set_attn_implementation(GROUPED)
    try:
        yield
    finally:
        model.set_attn_implementation(attention)


def decode(model: Any, prompts: Sequence[Sequence[int]], limits: Sequence[int], end_tokens: Sequence[int]) -> list[Decoded]:
    """Answer one batch of prompts.

    Args:
        model: a causal LM for which `fits` is true.
        prompts: token ids of each, none of them empty.
        limits: the most new tokens of each, its end token among them.
        end_tokens: ids that end an answer.
    """
    import torch

    ends = frozenset(end_tokens)
    answers: list[list[int]] = [[] for _ in prompts]
    done: dict[int, Decoded] = {}
    with torch.inference_mode():
        batch = _Batch(model, prompts)
        while True:
            for row, token in zip(batch.rows, batch.tokens, strict=True):
                if row in done:
                    continue
                if token is None:
                    done[row] = Decoded((), False, NOT_FINITE)
                elif token in ends:
                    done[row] = Decoded(tuple(answers[row]), True)
                else:
                    answers[row].append(token)
                    if len(answers[row]) >= limits[row]:
                        done[row] = Decoded(tuple(answers[row]), False)
            going = [place for place, row in enumerate(batch.rows) if row not in done]
            if not going:
                return [done[row] for row in range(len(prompts))]
            if len(going) <= _STAYING * len(batch.rows):
                batch.keep(going)
            batch.advance()


class _Batch:
    """Rows in generation, and the token that each came to; None where its logits are not finite.

    `rows` are places in the batch as it began. `_mask` is (rows, tokens so far), `_positions` (rows, 1).
    """

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]]) -> None:
        import torch

        from langkah.models.kv_cache import roomy_cache

        self._model = model
        self._cache: Any = roomy_cache(model.config)
        self._device = next(model.parameters()).device
        self.rows = list(range(len(prompts)))
        shared, width = _shared_tokens(prompts), max(map(len, prompts))
        if shared:
            head = torch.tensor([list(prompts[0][:shared])], device=self._device)
            model(input_ids=head, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
            self._cache.batch_repeat_interleave(len(prompts))
        # What is shared, padding, and the rest of each prompt; any token serves as padding, for no other looks at it.
        ids = torch.zeros((len(prompts), width - shared), dtype=torch.long)
        self._mask = torch.zeros((len(prompts), width), dtype=torch.long)
        self._mask[:, :shared] = 1
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = torch.tensor(list(prompt[shared:]))
            self._mask[row, width - len(prompt) + shared :] = 1
        self._mask = self._mask.to(self._device)
        positions = (self._mask.cumsum(dim=1) - 1).clamp(min=0)
        self._positions = positions[:, -1:]
        self._compute(ids.to(self._device), positions[:, shared:])

    def advance(self) -> None:
        """Compute the next token of each row."""
        import torch

        self._mask = torch.cat([self._mask, self._mask.new_ones(len(self.rows), 1)], dim=1)
        self._positions = self._positions + 1
        self._compute(self._best[:, None], self._positions)

    def keep(self, places: Sequence[int]) -> None:
        """Go on with some of the rows."""
        import torch

        chosen = torch.tensor(places, device=self._device)
        self._cache.batch_select_indices(chosen)
        self._mask, self._positions, self._best = self._mask[chosen], self._positions[chosen], self._best[chosen]
        self.rows = [self.rows[place] for place in places]

    def _compute(self, ids: Any, positions: Any) -> None:
        logits = self._model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]  # (rows, vocabulary)
        self._best = logits.argmax(dim=-1)
        finite = logits.gather(1, self._best[:, None])[:, 0].isfinite().tolist()
        self.tokens = [token if sound else None for token, sound in zip(self._best.tolist(), finite, strict=True)]


def _shared_tokens(prompts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all prompts begin with, before their last; 0 if too few to matter."""
    if len(prompts) < 2:
        return 0
    shared = 0
    for column in zip(*(prompt[:-1] for prompt in prompts), strict=False):
        if len(set(column)) > 1:
            break
        shared += 1
    return shared if shared >= _LEAST_SHARED else 0
