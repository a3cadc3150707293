"""Charts as PNG pictures, for Prefect's image artifacts; matplotlib is loaded when the first one is drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langkah.evaluation.charts import CURVES, MARKS, curves_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from langkah.evaluation.report_data import LengthSummary, LossPoint, ProceduralScores

_COLOURS = ("#2f6fde", "#c2570c", "#8a8f98")
"""Of the curves, in their order."""


def loss_curve_png(loss: Sequence[LossPoint], title: str = "Loss") -> bytes:
    """Training and validation loss by step as a PNG; an empty plot that says so where nothing was logged."""
    figure, axes = _figure(title, "optimizer step", "loss, nats per token")
    curves = curves_of(loss)
    colours = dict(zip((kind for kind, _, _ in CURVES), _COLOURS, strict=True))
    for kind, label, points in curves:
        marker = "o" if len(points) <= MARKS else ""
        axes.plot([p[0] for p in points], [p[2] for p in points], label=label, color=colours[kind], marker=marker, ms=3)
    return _png(figure, axes, empty=not curves)


def length_histogram_png(lengths: LengthSummary | None, title: str = "Lengths of the training examples") -> bytes:
    """Histogram of example lengths with `max_length` marked as a PNG; an empty plot that says so if there is none."""
    figure, axes = _figure(title, "length, tokens", "examples")
    bins = lengths.tokens if lengths else ()
    _bars(axes, bins)
    if bins and lengths and lengths.max_length:
        axes.axvline(lengths.max_length, color="#c2570c", ls="--", label=f"max_length {lengths.max_length:,}")
    return _png(figure, axes, empty=not bins)


def procedural_histogram_png(scores: ProceduralScores, title: str = "How procedural the answers are") -> bytes:
    """Histogram of the answers' scores, the one that makes a procedure marked; an empty plot that says so if there is none."""
    figure, axes = _figure(title, "score, 0 to 1", "answers")
    _bars(axes, scores.bins)
    if scores.bins:
        axes.axvline(scores.threshold, color="#c2570c", ls="--", label=f"procedures from {scores.threshold:g}")
    return _png(figure, axes, empty=not scores.bins)


def _bars(axes: Any, bins: Sequence[tuple[float, float, int]]) -> None:
    for start, end, count in bins:
        axes.bar(start, count, width=end - start, align="edge", color="#2f6fde", edgecolor="white", linewidth=0.5)


def _figure(title: str, x_label: str, y_label: str) -> tuple[Figure, Any]:
    """A figure on Agg without pyplot: tasks run in threads, and pyplot keeps global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.2), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Any, axes: Any, empty: bool) -> bytes:
    if empty:
        axes.text(0.5, 0.5, "nothing to show", ha="center", va="center", transform=axes.transAxes, color="#667")
        axes.set(xticks=[], yticks=[])
    elif axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
