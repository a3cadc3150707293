"""Charts of the report page as geometry, which `templates/charts.html` draws as inline SVG.

Coordinates are in a view box `WIDTH` wide; colours come from the page's style sheet and follow light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from langkah.evaluation.axes import Scale, finite, scale, tick_label
from langkah.evaluation.bands import THRESHOLDS
from langkah.evaluation.chart_shapes import Bar, BarGroup, Line, Mark, Rect, Rule, ScoreChart, Tick, XYChart, Zone

if TYPE_CHECKING:
    from langkah.evaluation.report_data import LengthSummary, LossPoint, Metrics, ProceduralScores

WIDTH = 400
"""Width of a chart's view box: narrow enough that its text is still readable on a phone."""
MARKS = 120
"""Most points of a line that get a mark with a tooltip; a longer line is drawn whole, marked here and there."""
CURVES = (
    ("loss", "Training loss", "loss"),
    ("eval-loss", "Validation loss", "eval_loss"),
    ("intents-loss", "Unseen intents", "eval_intents_loss"),
)
"""Kind, label and field of each curve that a run may log."""
SLICES = {"eval": "Eval: new wordings", "holdout": "Hold-out: unseen intents"}
SYSTEMS = {"base": "Base", "champion": "Champion", "tuned": "Tuned"}
"""What answers beside the human reference, in the order in which they are shown."""
METRICS = {"rouge_l": "ROUGE-L", "meteor": "METEOR"}


def score_charts(metrics: Metrics) -> tuple[ScoreChart, ...]:
    """One chart for each metric that has a score: base, champion, tuned and human reference, slice by slice."""
    return tuple(chart for metric in METRICS if (chart := _score_chart(metric, metrics)))


def _score_chart(metric: str, metrics: Metrics) -> ScoreChart | None:
    left, right, top = 74.0, 358.0, 22.0
    place = Scale(0, 1, left, right)
    groups: list[BarGroup] = []
    at = top + 8
    for name in slices(metrics):
        bars = tuple(_bars(metric, name, metrics, place, at + 22))
        if len(bars) > 1:
            groups.append(BarGroup(_slice_title(name, metrics), at + 13, bars))
            at += 22 + 23 * len(bars) + 10
    if not groups:
        return None
    ticks = tuple(Tick(place(step / 5), f"{step / 5:g}") for step in range(6))
    drawn = {bar.kind for group in groups for bar in group.bars}
    keys = tuple((kind, label) for kind, label in SYSTEMS.items() if kind in drawn)
    return ScoreChart(METRICS[metric], keys, at + 40, left, right, top, at, _zones(metric, place), ticks, tuple(groups))


def _zones(metric: str, place: Scale) -> tuple[Zone, ...]:
    """The guide's bands of a metric as places on the axis."""
    low, high = THRESHOLDS[metric]
    return (
        Zone("low", place(0), place(low), f"under {low:g}"),
        Zone("middle", place(low), place(high), f"{low:g} to {high:g}"),
        Zone("high", place(high), place(1), f"over {high:g}"),
    )


def _slice_title(name: str, metrics: Metrics) -> str:
    """The slice with how many answers its scores stand on."""
    counts = [finite(system.get(name, {}).get("n")) for system in metrics.values()]
    known = max((count for count in counts if count is not None), default=None)
    title = SLICES.get(name, name)
    return title if known is None else f"{title}, {known:,.0f} answers"


def slices(metrics: Metrics) -> tuple[str, ...]:
    """The slices that any system has scores for: eval, hold-out, then others as they come."""
    found = dict.fromkeys(name for system in metrics.values() for name in system)
    return (*(name for name in SLICES if name in found), *(name for name in found if name not in SLICES))


def _bars(metric: str, name: str, metrics: Metrics, place: Scale, top: float) -> Iterator[Bar]:
    """Base, champion, tuned and reference of one slice; the reference last, and only beside a score."""
    for kind, label in SYSTEMS.items():
        scores = metrics.get(kind, {}).get(name, {})
        value = finite(scores.get(metric))
        if value is None:
            continue
        bounds = interval(scores.get(f"{metric}_ci"))
        title = f"{label}, {SLICES.get(name, name)}: {METRICS[metric]} {value:.3f}"
        if bounds:
            title += f", 95 % interval {bounds[0]:.3f} to {bounds[1]:.3f}"
        low, high = (place(_clip(bounds[0])), place(_clip(bounds[1]))) if bounds else (None, None)
        yield Bar(kind, label, top, place(_clip(value)), f"{value:.2f}", title, low, high)
        top += 23
    title = "Human reference: the expert's own answer, which the others are measured against"
    yield Bar("reference", "Reference", top, place(1), "1", title)


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))


def interval(bounds: Any) -> tuple[float, float] | None:
    """The two ends of an interval, or None where it is missing or not two numbers."""
    ends: list[Any] = list(cast("Sequence[Any]", bounds)) if isinstance(bounds, (list, tuple)) else []
    if len(ends) != 2:
        return None
    low, high = finite(ends[0]), finite(ends[1])
    return None if low is None or high is None else (low, high)


def curves_of(loss: Sequence[LossPoint]) -> list[tuple[str, str, list[tuple[int, float | None, float]]]]:
    """What was logged as (kind, label, points of (step, epoch, loss)), by step, without what is no number."""
    ordered = sorted(loss, key=lambda point: point.step)
    curves = [
        (kind, label, [(p.step, p.epoch, value) for p in ordered if (value := finite(getattr(p, field))) is not None])
        for kind, label, field in CURVES
    ]
    return [curve for curve in curves if curve[2]]


def loss_chart(loss: Sequence[LossPoint]) -> XYChart | None:
    """Training and validation loss by step, with the ends of epochs; None where no loss was logged."""
    curves = curves_of(loss)
    if not curves:
        return None
    steps = [step for _, _, points in curves for step, _, _ in points]
    values = [value for _, _, points in curves for _, _, value in points]
    left, right, top, bottom = 50.0, 390.0, 26.0, 206.0
    x = scale(0, max(steps), left, right, whole=True)
    y = scale(min(0.0, *values), max(values), bottom, top)
    lines: list[Line] = []
    for kind, label, points in curves:
        every = math.ceil(len(points) / MARKS)
        marks = tuple(
            Mark(x(step), y(value), f"{label} {value:.3f} at step {step}" + _epoch(epoch))
            for index, (step, epoch, value) in enumerate(points)
            if index % every == 0 or index == len(points) - 1
        )
        lines.append(Line(kind, label, " ".join(f"{x(step)},{y(value)}" for step, _, value in points), marks))
    rules = tuple(
        Rule("epoch", x(step), f"epoch {epoch}", "end" if x(step) > right - 24 else "middle") for step, epoch in _epochs(loss)
    )
    if len(rules) > 6:
        rules = tuple(Rule("epoch", rule.x, "") for rule in rules) if len(rules) <= 30 else ()
    return XYChart(
        bottom + 42, left, right, top, bottom, "optimizer step", "loss, nats per token",
        tuple(Tick(x(tick), tick_label(tick)) for tick in x.ticks), tuple(Tick(y(tick), tick_label(tick)) for tick in y.ticks),
        lines=tuple(lines), rules=rules,
    )  # fmt: skip


def _epoch(epoch: float | None) -> str:
    return "" if epoch is None else f", epoch {epoch:.2f}"


def _epochs(loss: Sequence[LossPoint]) -> list[tuple[int, int]]:
    """The first logged step of each whole epoch that was reached, as (step, epoch)."""
    found: dict[int, int] = {}
    for point in sorted(loss, key=lambda point: point.step):
        if point.epoch is not None and math.isfinite(point.epoch) and point.epoch >= 1 - 1e-6:
            found.setdefault(math.floor(point.epoch + 1e-6), point.step)
    return [(step, epoch) for epoch, step in found.items()]


def length_chart(lengths: LengthSummary | None) -> XYChart | None:
    """Histogram of example lengths with `max_length` and the recommendation marked; None where it has no bin."""
    if lengths is None or not lengths.tokens:
        return None
    limit, advice = lengths.max_length, lengths.recommended
    marks: list[tuple[str, float, str]] = []
    if limit:
        marks.append(("limit", limit, f"max_length {limit:,}"))
    if advice and advice != limit:
        marks.append(("advice", advice, f"recommended {advice:,}"))
    shaded = None if limit is None else (limit, math.inf)
    return _histogram(lengths.tokens, ("length, tokens", "tokens", "examples"), marks, shaded)


def procedural_chart(scores: ProceduralScores | None) -> XYChart | None:
    """Histogram of how procedural the answers are, with the score that makes a procedure marked; None where it has no bin."""
    if scores is None or not scores.bins:
        return None
    limit = scores.threshold
    marks = [("limit", limit, f"procedures from {limit:g}")]
    return _histogram(scores.bins, ("score of the answer", "", "answers"), marks, (-math.inf, limit))


def _histogram(
    bins: Sequence[tuple[float, float, int]],
    names: tuple[str, str, str],
    marks: Sequence[tuple[str, float, str]],
    shaded: tuple[float, float] | None,
) -> XYChart:
    """A bar for each bin.

    Args:
        bins: from, to, count.
        names: of the axis below, of its unit, of what is counted.
        marks: vertical lines: kind, value, label, the first one's label nearest to the plot.
        shaded: bins that start here, the end left out, are drawn as `over`.
    """
    left, right, top, bottom = 50.0, 390.0, 40.0, 206.0
    x_label, unit, counted = names
    highest = max([end for _, end, _ in bins] + [float(value) for _, value, _ in marks])
    x = scale(0, highest, left, right, whole=highest > 1)
    y = scale(0, max(count for _, _, count in bins), bottom, top, most=5, whole=True)
    rects = tuple(
        Rect(x(start), y(count), max(1.0, round(x(end) - x(start) - 1, 2)), round(bottom - y(count), 2),
             " ".join(f"{tick_label(start)} to {tick_label(end)} {unit}".split()) + f": {count:,} {counted}",
             shaded is not None and shaded[0] <= start < shaded[1])
        for start, end, count in bins
        if count
    )  # fmt: skip
    rules = tuple(Rule(kind, x(value), label, _anchor(x(value)), row) for row, (kind, value, label) in enumerate(marks))
    return XYChart(
        bottom + 42, left, right, top, bottom, x_label, counted,
        tuple(Tick(x(tick), tick_label(tick)) for tick in x.ticks), tuple(Tick(y(tick), tick_label(tick)) for tick in y.ticks),
        rects=rects, rules=rules,
    )  # fmt: skip


def _anchor(x: float) -> str:
    return "start" if x < WIDTH / 3 else "end" if x > WIDTH * 2 / 3 else "middle"
