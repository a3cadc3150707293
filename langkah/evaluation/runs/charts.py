"""Charts of runs side by side as geometry: means and differences with their intervals, and losses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from langkah.evaluation.axes import Scale, finite, scale, tick_label
from langkah.evaluation.chart_shapes import Line, Mark, Tick, XYChart
from langkah.evaluation.charts import METRICS, SLICES, interval
from langkah.evaluation.report_data import LossPoint
from langkah.evaluation.report_text import MEASURES, score, signed
from langkah.evaluation.runs.data import PairedRun, RunFacts

LETTERS: Final = "ABCDEF"
"""What runs are called in charts and tables, in their order; the first is compared with."""
_LEFT, _RIGHT, _TOP, _ROW = 130.0, 336.0, 8.0, 23.0


@dataclass(frozen=True)
class IntervalRow:
    """A value with its interval: places on the axis, its texts, and the run's kind, which gives the colour."""

    kind: str
    label: str
    y: float
    at: float
    text: str
    title: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class IntervalGroup:
    """The rows of one slice."""

    title: str
    y: float
    rows: tuple[IntervalRow, ...]


@dataclass(frozen=True)
class IntervalChart:
    """Values with intervals on one axis; `zero` is where no difference is."""

    name: str
    axis: str
    height: float
    bottom: float
    ticks: tuple[Tick, ...]
    groups: tuple[IntervalGroup, ...]
    zero: float | None = None
    left: float = _LEFT
    right: float = _RIGHT
    top: float = _TOP


_Row = tuple[str, str, float, tuple[float, float] | None, str, str]
"""Kind, label, value, interval, text and title of a row, before it has a place."""


def kind_of(place: int) -> str:
    """The class that colours a run."""
    return f"run-{LETTERS[place].lower()}"


def mean_charts(runs: Sequence[RunFacts]) -> tuple[IntervalChart, ...]:
    """One chart for each metric: the tuned models of all runs, each over the prompts of its own dataset version."""
    axis = Scale(0, 1, _LEFT, _RIGHT, tuple(step / 5 for step in range(6)))
    charts: list[IntervalChart] = []
    for metric, name in METRICS.items():
        groups = [(title, list(_means(runs, key, metric))) for key, title in SLICES.items()]
        if any(rows for _, rows in groups):
            charts.append(_chart(name, f"{name} of the tuned models, fraction of 1", groups, axis))
    return tuple(charts)


def _means(runs: Sequence[RunFacts], slice_name: str, metric: str) -> Iterable[_Row]:
    for place, run in enumerate(runs):
        scores = run.metrics.get(slice_name, {})
        if (value := finite(scores.get(metric))) is not None:
            ends = interval(scores.get(f"{metric}_ci"))
            label = f"{LETTERS[place]}, {scores.get('n', 0):,} answers"
            yield kind_of(place), label, value, ends, score(value, 2), f"{run.name}: {_told(score, value, ends)}"


def gain_chart(pairs: Sequence[PairedRun]) -> IntervalChart | None:
    """All differences to the first run that have an interval; None where no run has any."""
    groups = [(title, list(_differences(pairs, key))) for key, title in SLICES.items()]
    ends = [end for _, rows in groups for row in rows for end in row[3] or ()]
    if not ends:
        return None
    axis = scale(min(0.0, *ends), max(0.0, *ends), _LEFT, _RIGHT)
    return _chart("Differences", f"difference to {LETTERS[0]}", groups, axis, zero=axis(0))


def _differences(pairs: Sequence[PairedRun], slice_name: str) -> Iterable[_Row]:
    """Measure by measure, run by run; one intent has no interval."""
    found: Mapping[str, Any] = {name: None for pair in pairs for name in pair.gains.get(slice_name, {})}
    for measure in found:
        for place, pair in enumerate(pairs, 1):
            gain = pair.gains.get(slice_name, {}).get(measure)
            if gain and gain.intents > 1:
                name = MEASURES[measure][0].removesuffix(" F1")
                label = f"{name} {LETTERS[place]}" if len(pairs) > 1 else name
                title = f"{pair.name}, {name}: {_told(signed, gain.difference, gain.ci)}"
                yield kind_of(place), label, gain.difference, gain.ci, signed(gain.difference), title


def _told(write: Any, value: float, ends: tuple[float, float] | None) -> str:
    between = f", 95 % interval {write(ends[0])} to {write(ends[1])}" if ends else ""
    return f"{write(value)}{between}"


def _chart(
    name: str, axis_name: str, groups: Sequence[tuple[str, Sequence[_Row]]], axis: Scale, zero: float | None = None
) -> IntervalChart:
    """Give each row its place."""
    placed: list[IntervalGroup] = []
    y = _TOP + 6
    for title, rows in groups:
        if rows:
            placed.append(IntervalGroup(title, y + 12, tuple(_placed(rows, axis, y + 22))))
            y += 22 + _ROW * len(rows) + 10
    ticks = tuple(Tick(axis(tick), tick_label(tick).replace("-", "−")) for tick in axis.ticks)
    return IntervalChart(name, axis_name, y + 40, y, ticks, tuple(placed), zero)


def _placed(rows: Sequence[_Row], axis: Scale, top: float) -> Iterable[IntervalRow]:
    for number, (kind, label, value, ends, text, title) in enumerate(rows):
        low, high = (axis(_within(end, axis)) for end in ends) if ends else (None, None)
        yield IntervalRow(kind, label, top + _ROW * number + 10, axis(_within(value, axis)), text, title, low, high)


def _within(value: float, axis: Scale) -> float:
    return min(axis.high, max(axis.low, value))


def loss_by_run(runs: Sequence[RunFacts]) -> XYChart | None:
    """The validation loss of each run by epoch; None where none was watched."""
    curves = [(place, run, _watched(run.loss)) for place, run in enumerate(runs)]
    curves = [curve for curve in curves if curve[2]]
    if not curves:
        return None
    points = [point for _, _, found in curves for point in found]
    left, right, top, bottom = 50.0, 390.0, 12.0, 206.0
    x = scale(0, max(epoch for epoch, _ in points), left, right)
    y = scale(min(value for _, value in points), max(value for _, value in points), bottom, top)
    lines = tuple(
        Line(
            kind_of(place),
            f"{LETTERS[place]} {run.name}",
            " ".join(f"{x(epoch)},{y(value)}" for epoch, value in found),
            tuple(Mark(x(epoch), y(value), f"{run.name}: {value:.3f} at epoch {epoch:.2f}") for epoch, value in found),
        )
        for place, run, found in curves
    )
    return XYChart(
        bottom + 42, left, right, top, bottom, "epoch", "validation loss, nats per token",
        tuple(Tick(x(tick), tick_label(tick)) for tick in x.ticks), tuple(Tick(y(tick), tick_label(tick)) for tick in y.ticks),
        lines=lines,
    )  # fmt: skip


def _watched(loss: Sequence[LossPoint]) -> list[tuple[float, float]]:
    """Epoch and validation loss, without what is no number."""
    found = [(point.epoch, finite(point.eval_loss)) for point in loss]
    return sorted((epoch, value) for epoch, value in found if epoch is not None and math.isfinite(epoch) and value is not None)
