"""Token lengths: their distribution, the recommended `max_length`, and the three policies for what is too long."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from langkah.artifacts.record_cache import NamedResults
from langkah.chat.mask import check_masks
from langkah.chat.template import ChatEncoder, EncodedExample
from langkah.config import ChatConfig
from langkah.models.architecture import Architecture
from langkah.models.memory import GB, Workload, activation_bytes
from langkah.procedure import Procedure, parse_procedure, render
from langkah.records import ChatExample

_ROUND_TO = 64
_AT_ONCE = 256
"""Examples that are encoded before they are checked."""
_AUTO_LIMIT = 2048
_GPU = Workload.of("cuda", load_in_4bit=True)
_OVERLAP = 1
"""Steps that two neighbouring windows share."""


TooLong = Literal["truncate", "window", "filter"]
"""What becomes of an example that is too long."""


class LengthReport(BaseModel):
    """What the lengths of the training examples are, and what the policy did. Lengths in tokens, prompt and answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    examples: int
    mean: float
    p50: int
    p95: int
    p99: int
    longest: int
    answer_p99: int = Field(description="99th percentile of the answers alone, end token included")
    histogram: list[tuple[int, int, int]] = Field(description="(from, to, examples) of each bin, `to` excluded")
    recommended: int = Field(description="the shortest multiple of 64 that no example exceeds, within limits")
    max_length: int = Field(description="what is in force")
    policy: TooLong
    too_long: int = Field(description="examples longer than max_length before the policy")
    notes_dropped: int = Field(default=0, description="examples that fit once their notes were dropped")
    truncated: int = Field(default=0, description="examples that lost steps, and teach no end token")
    windows: int = Field(default=0, description="windows that stand for examples cut by `window`")
    filtered: int = Field(default=0, description="examples left out")
    total_tokens: int = Field(description="of one epoch, after the policy")
    examples_per_gb: float = Field(description="examples of max_length tokens that a GB of spare GPU memory holds (bf16)")


@dataclass(frozen=True)
class Fitted:
    """Examples that all fit, their tokens, and how many did not before."""

    examples: list[ChatExample]
    encoded: list[EncodedExample]
    too_long: int


class FittedExamples:
    """Examples that each fit into `max_length`, by the policy in force; iterate for them, in order, as often as is needed.

    All are measured, and their masks checked, at once; memory keeps two numbers of each.

    Args:
        encoder: of the base model.
        examples: complete examples, one a training variant; read once now and once for each iteration.
        config: `max_length` and the policy.
        architecture: of the base model: its context bounds max_length, its sizes say what batch that leaves room for.
        kept: lengths of examples that were measured and checked before, with the same encoder.

    Raises:
        MaskError: the template does not render an answer, or an example's mask is wrong.
    """

    def __init__(
        self,
        encoder: ChatEncoder,
        examples: Iterable[ChatExample],
        config: ChatConfig,
        architecture: Architecture,
        kept: NamedResults | None = None,
    ) -> None:
        self._encoder = encoder
        self._examples = examples
        self._config = config
        self._architecture = architecture
        lengths, answers = array("i"), array("i")
        source = iter(examples)
        while batch := list(islice(source, _AT_ONCE)):
            for whole, answer in self._measured(batch, kept):
                lengths.append(whole)
                answers.append(answer)
        self._lengths, self._answers = (np.array(each, dtype=np.int64) for each in (lengths, answers))
        longest = int(self._lengths.max(initial=0))
        self.recommended = max(_ROUND_TO, min(-(-longest // _ROUND_TO) * _ROUND_TO, architecture.context, _AUTO_LIMIT))
        """The shortest multiple of 64 that no example exceeds, within limits."""
        self.max_length = (
            self.recommended if config.max_length == "auto" else min(config.max_length, architecture.context)
        )  # fmt: skip
        """What is in force."""
        self._counts = Counter[str]()
        self._tokens = 0

    def __iter__(self) -> Iterator[ChatExample]:
        self._counts.clear()
        self._tokens = 0
        for example, length in zip(self._examples, self._lengths.tolist(), strict=True):
            if length <= self.max_length:
                self._tokens += length
                yield example
                continue
            pieces, count = _cut(self._encoder, example, self.max_length, self._config.too_long)
            self._counts += count
            encoded = [self._encoder.encode(piece) for piece in pieces]
            check_masks(self._encoder, pieces, encoded)
            self._tokens += sum(map(len, encoded))
            yield from pieces

    def _measured(self, examples: Sequence[ChatExample], kept: NamedResults | None) -> Iterator[tuple[int, int]]:
        """Tokens of each example, and of its answer; of new ones the masks are checked."""
        names = [f"{example.prompt}\0{example.completion}\0{example.complete}" for example in examples]
        known = kept.get_many(names) if kept else {}
        new = {name: example for name, example in zip(names, examples, strict=True) if name not in known}
        encoded = [self._encoder.encode(example) for example in new.values()]
        check_masks(self._encoder, list(new.values()), encoded)
        found = {name: f"{len(tokens)} {len(tokens) - tokens.prompt}" for name, tokens in zip(new, encoded, strict=True)}
        if kept and found:
            kept.put(found)
        for name in names:
            whole, answer = (known.get(name) or found[name]).split()
            yield int(whole), int(answer)

    def report(self) -> LengthReport:
        """Tell of the lengths, and of what the policy did in the last iteration."""
        lengths = self._lengths
        return LengthReport(
            examples=len(lengths),
            mean=round(float(lengths.mean()), 2) if len(lengths) else 0.0,
            p50=_percentile(lengths, 50),
            p95=_percentile(lengths, 95),
            p99=_percentile(lengths, 99),
            longest=int(lengths.max(initial=0)),
            answer_p99=_percentile(self._answers, 99),
            histogram=_histogram(lengths),
            recommended=self.recommended,
            max_length=self.max_length,
            policy=self._config.too_long,
            too_long=int((lengths > self.max_length).sum()),
            total_tokens=self._tokens,
            examples_per_gb=round(GB / (self.max_length * activation_bytes(self._architecture, _GPU)), 1),
            **self._counts,
        )


def fit_to_length(
    encoder: ChatEncoder,
    examples: Sequence[ChatExample],
    limit: int,
    policy: TooLong,
) -> Fitted:
    """Make each example fit into `limit` tokens by a policy.

    Args:
        encoder: of the base model.
        examples: what may be too long.
        limit: tokens of prompt and answer.
        policy: what becomes of a longer one.
    """
    fitted = Fitted([], [], 0)
    too_long = 0
    for example in examples:
        tokens = encoder.encode(example)
        if len(tokens) <= limit:
            fitted.examples.append(example)
            fitted.encoded.append(tokens)
            continue
        too_long += 1
        pieces, _ = _cut(encoder, example, limit, policy)
        fitted.examples.extend(pieces)
        fitted.encoded.extend(encoder.encode(piece) for piece in pieces)
    return replace(fitted, too_long=too_long)


def _cut(encoder: ChatEncoder, example: ChatExample, limit: int, policy: TooLong) -> tuple[list[ChatExample], Counter[str]]:
    """What stands for an example that is too long, and how that is counted."""
    pieces = [] if policy == "filter" else list(_POLICIES[policy](encoder, example, limit))
    if not pieces:
        return [], Counter(filtered=1)
    if policy == "window":
        return pieces, Counter(windows=len(pieces))
    return pieces, Counter("notes_dropped" if piece.complete else "truncated" for piece in pieces)


def _truncate(encoder: ChatEncoder, example: ChatExample, limit: int) -> Iterator[ChatExample]:
    """Drop the notes; if that is not enough, the last steps, and then the answer is incomplete."""
    procedure = parse_procedure(example.completion)
    if procedure is None:
        return
    bare = replace(procedure, notes="")
    whole = example.model_copy(update={"completion": render(bare)})
    if len(encoder.encode(whole)) <= limit:
        yield whole
        return
    count = _most_steps(encoder, example, bare, 0, limit)
    if count:
        yield _piece(example, bare, 0, count)


def _window(encoder: ChatEncoder, example: ChatExample, limit: int) -> Iterator[ChatExample]:
    """Cut windows of steps that repeat the prompt and overlap by one step; only the last one ends."""
    procedure = parse_procedure(example.completion)
    if procedure is None:
        return
    pieces: list[ChatExample] = []
    start = 0
    while True:
        count = _most_steps(encoder, example, procedure, start, limit)
        if not count:  # a single step is too long: the example cannot be cut at steps
            return
        end = start + count
        pieces.append(_piece(example, procedure, start, end))
        if end == len(procedure.steps):
            break
        start = max(end - _OVERLAP, start + 1)
    yield from pieces


_POLICIES = {"truncate": _truncate, "window": _window}


def _most_steps(encoder: ChatEncoder, example: ChatExample, procedure: Procedure, start: int, limit: int) -> int:
    """Return how many steps from `start` on fit; 0 if not even one does."""
    low, high = 0, len(procedure.steps) - start
    while low < high:
        middle = (low + high + 1) // 2
        if len(encoder.encode(_piece(example, procedure, start, start + middle))) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _piece(example: ChatExample, procedure: Procedure, start: int, end: int) -> ChatExample:
    """Return the example with steps `start` to `end` (excluded) alone, under their own numbers.

    The intro goes with the first step, the notes with the last.
    """
    last = end == len(procedure.steps)
    part = Procedure(
        intro="" if start else procedure.intro,
        steps=procedure.steps[start:end],
        notes=procedure.notes if last else "",
    )
    return example.model_copy(update={"completion": render(part, first=start + 1), "complete": example.complete and last})


def _percentile(values: NDArray[np.int64], share: float) -> int:
    return int(np.ceil(np.percentile(values, share))) if len(values) else 0


def _histogram(lengths: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return at most 24 bins whose width is a multiple of 8 tokens."""
    if not len(lengths):
        return []
    low, high = int(lengths.min()) // 8 * 8, int(lengths.max()) + 1
    width = max(8, -(-(high - low) // (24 * 8)) * 8)
    edges = np.arange(low, high + width, width)
    counts, _ = np.histogram(lengths, bins=edges)
    return [(int(a), int(b), int(n)) for a, b, n in zip(edges, edges[1:], counts, strict=False)]
