"""What a chart is made of, as `templates/charts.html` draws it: places in the view box and texts, no colours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tick:
    """A tick: its place on the axis and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class Bar:
    """One bar, its interval (`low`, `high`: places, or None) and its texts."""

    kind: str
    label: str
    top: float
    end: float
    text: str
    title: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class BarGroup:
    """The bars of one slice."""

    title: str
    top: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Zone:
    """A band of scores: level (`low`, `middle`, `high`), where it is, what it is called."""

    level: str
    start: float
    end: float
    label: str


@dataclass(frozen=True)
class ScoreChart:
    """Bars of one metric: a group for each slice, the systems and the reference in each."""

    name: str
    keys: tuple[tuple[str, str], ...]
    """Kind and label of each system, for the legend."""
    height: float
    left: float
    right: float
    top: float
    bottom: float
    zones: tuple[Zone, ...]
    ticks: tuple[Tick, ...]
    groups: tuple[BarGroup, ...]


@dataclass(frozen=True)
class Mark:
    """A point with a tooltip."""

    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Line:
    """A curve: its SVG points and the marks on it."""

    kind: str
    label: str
    points: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Rect:
    """A bar of a histogram; `over` when it is beyond `max_length`."""

    x: float
    y: float
    width: float
    height: float
    title: str
    over: bool


@dataclass(frozen=True)
class Rule:
    """A vertical line with a label; `anchor` is SVG's text-anchor, `row` the label's line above the plot."""

    kind: str
    x: float
    label: str
    anchor: str = "middle"
    row: int = 0


@dataclass(frozen=True)
class XYChart:
    """A chart with two axes."""

    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...] = ()
    rects: tuple[Rect, ...] = ()
    rules: tuple[Rule, ...] = ()
