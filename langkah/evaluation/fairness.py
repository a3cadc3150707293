"""Which answers of champion and challenger may be compared, by what each was trained on.

Both are asked the eval and hold-out prompts of the challenger's dataset version. A champion of an older version may have
been trained on some of them, and never knew intents that came later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from langkah.errors import ContaminationError
from langkah.evaluation.intervals import DIGITS, mean
from langkah.evaluation.scores import RowScore
from langkah.records import DatasetRow
from langkah.same_text import same_text_key

_NAMED: Final = 10


@dataclass(frozen=True)
class TrainingSide:
    """What an adapter was trained on, by lineage: the `train.jsonl` of its dataset version."""

    prompts: frozenset[str]
    """Normalized, by `same_text_key`."""
    intents: frozenset[str]


class Asked(Protocol):
    """A row of an evaluation: an `Answer`, for one."""

    @property
    def slice(self) -> str:
        """`eval` or `holdout`."""
        ...

    @property
    def intent(self) -> str:
        """The intent's name."""
        ...

    @property
    def prompt(self) -> str:
        """As it was asked."""
        ...


@dataclass(frozen=True)
class Comparable:
    """Places of the rows that champion and challenger are compared on, in ascending order, and why others are left out."""

    eval: tuple[int, ...]
    """New wordings of intents that both were trained on."""
    holdout: tuple[int, ...]
    """Intents that neither was trained on."""
    new: tuple[int, ...]
    """New wordings of intents that the champion was not trained on: reported apart, since it could not know them."""
    left_out: Mapping[str, int]
    """Reason -> rows; together with the three above, all rows."""

    @property
    def judged(self) -> tuple[int, ...]:
        """The places that the gate judges: `eval` and `holdout`, in ascending order."""
        return tuple(sorted((*self.eval, *self.holdout)))


@dataclass(frozen=True)
class FallenIntent:
    """An intent that the challenger answers worse than the champion: a candidate for replay in the next training."""

    intent: str
    before: float
    """Mean ROUGE-L of the champion."""
    after: float
    """Mean ROUGE-L of the challenger."""
    n: int
    """Answers of each."""

    @property
    def drop(self) -> float:
        """By how much the mean fell."""
        return round(self.before - self.after, DIGITS)


def training_side(rows: Iterable[DatasetRow]) -> TrainingSide:
    """What the rows of a `train.jsonl` teach."""
    found = [(same_text_key(row.prompt), row.intent) for row in rows]
    return TrainingSide(frozenset(prompt for prompt, _ in found), frozenset(intent for _, intent in found))


def refuse_contaminated(adapter: str, side: TrainingSide, rows: Sequence[Asked], dataset: str = "the dataset version") -> None:
    """Refuse an adapter that was trained on what it is to be judged by.

    Args:
        adapter: its name in the message.
        side: what it was trained on.
        rows: what it is evaluated on, both slices, each in the order of its file in the dataset version.
        dataset: that dataset version's name in the message.

    Raises:
        ContaminationError: an evaluated prompt is in its training data, or another wording of a hold-out intent is; a line
            for each, with counts and the lines of the dataset version's files, never a prompt or an intent.
    """
    prompts = [place for place, row in enumerate(rows) if same_text_key(row.prompt) in side.prompts]
    heldout = [place for place, row in enumerate(rows) if row.slice == "holdout" and row.intent in side.intents]
    problems: list[str] = []
    if prompts:
        problems.append(f"{len(prompts)} of {len(rows)} evaluated prompts are in its training data: {_lines(rows, prompts)}")
    if heldout:
        total = sum(row.slice == "holdout" for row in rows)
        problems.append(
            f"{len(heldout)} of {total} hold-out prompts are of intents that it was trained on: {_lines(rows, heldout)}"
        )
    if problems:
        raise ContaminationError("\n".join(f"{adapter} cannot be judged: {problem} of {dataset}" for problem in problems))


def comparable(rows: Sequence[Asked], challenger: TrainingSide, champion: TrainingSide | None = None) -> Comparable:
    """Choose the rows that a comparison is fair on.

    Compared are new wordings of intents that both were trained on, and intents that neither was; no row whose normalized
    prompt either was trained on, under whatever intent. Without a champion the opponent is the base model, which was
    trained on nothing here: all rows are compared, but for prompts of the challenger's own training data.

    Args:
        rows: what both answered, in this order; other slices than `eval` and `holdout` are left out.
        challenger: what the new adapter was trained on.
        champion: what today's was trained on; None for the base model.
    """
    chosen: dict[str, list[int]] = {"eval": [], "holdout": [], "new": []}
    left_out: dict[str, int] = {}
    for place, row in enumerate(rows):
        fate = _fate(row, challenger, champion)
        if fate in chosen:
            chosen[fate].append(place)
        else:
            left_out[fate] = left_out.get(fate, 0) + 1
    return Comparable(tuple(chosen["eval"]), tuple(chosen["holdout"]), tuple(chosen["new"]), left_out)


def _fate(row: Asked, challenger: TrainingSide, champion: TrainingSide | None) -> str:
    """Where a row belongs: a field of `Comparable`, or why it is left out."""
    prompt = same_text_key(row.prompt)
    if prompt in challenger.prompts:
        return "prompt in the challenger's training data"
    if champion is not None and prompt in champion.prompts:
        return "prompt in the champion's training data"
    if row.slice == "holdout":
        if row.intent in challenger.intents:
            return "hold-out intent that the challenger was trained on"
        if champion is not None and row.intent in champion.intents:
            return "hold-out intent that the champion was trained on"
        return "holdout"
    if row.slice != "eval":
        return "neither eval nor hold-out"
    if row.intent not in challenger.intents:
        return "eval intent that the challenger was not trained on"
    return "eval" if champion is None or row.intent in champion.intents else "new"


def fallen_intents(before: Sequence[RowScore], after: Sequence[RowScore], limit: float) -> tuple[FallenIntent, ...]:
    """The replay guard: intents whose mean ROUGE-L fell by more than the limit since the champion, the deepest fall first.

    A list to look at and to replay from, not a test: among many intents some fall by chance.

    Args:
        before: the champion's rows.
        after: the challenger's, of the same prompts.
        limit: `gate.max_intent_drop`.
    """
    left, right = _by_intent(before), _by_intent(after)
    found = [
        FallenIntent(intent, round(mean(left[intent]), DIGITS), round(mean(right[intent]), DIGITS), len(right[intent]))
        for intent in left.keys() & right.keys()
    ]
    return tuple(sorted((each for each in found if each.drop > limit), key=lambda each: (-each.drop, each.intent)))


def _by_intent(rows: Sequence[RowScore]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row.intent, []).append(row.rouge_l)
    return found


def _lines(rows: Sequence[Asked], chosen: Collection[int]) -> str:
    """Where rows stand in the files of their slices: an intent's name may hold what somebody wrote, a line number does not."""
    seen: dict[str, int] = {}
    lines: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        seen[row.slice] = seen.get(row.slice, 0) + 1
        if place in chosen:
            lines.setdefault(row.slice, []).append(seen[row.slice])
    return "; ".join(
        f"{name}.jsonl line(s) {', '.join(map(str, found[:_NAMED]))}"
        + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
        for name, found in lines.items()
    )
