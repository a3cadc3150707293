"""How a report writes figures, names and bands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from langkah.evaluation.axes import finite
from langkah.evaluation.bands import THRESHOLDS, band
from langkah.evaluation.charts import interval
from langkah.evaluation.numerals import written

MEASURES: Mapping[str, tuple[str, str]] = {
    "n": ("Answers scored", "count"),
    "rouge_l": ("ROUGE-L F1", "score"),
    "meteor": ("METEOR", "score"),
    "step_recall": ("Step recall", "score"),
    "step_precision": ("Step precision", "score"),
    "step_order": ("Step order", "score"),
    "exact_procedure": ("Exact procedure", "share"),
    "consistency": ("Same steps for other wordings", "score"),
    "consistency_n": ("Intents asked in two wordings or more", "count"),
    "missing_steps": ("Missing steps an answer", "score"),
    "invented_steps": ("Invented steps an answer", "score"),
    "step_n": ("References with steps", "count"),
    "numbered": ("In numbered steps", "share"),
    "ended": ("Ended by itself", "share"),
    "empty": ("Empty answers", "count"),
    "failed": ("Failed answers, counted as 0", "count"),
    "length_ratio": ("Length ratio", "ratio"),
    "repetition": ("Repeated runs of four words", "share"),
}
"""Measure -> its name on the page and how it is written; measures not named here are shown under their own name."""
RULES: Mapping[str, str] = {
    "eval_rows": "Answers on eval, at least",
    "eval_own_steps_lead_low": "Lead of the own procedure over others', step recall, lower end of its 95 % interval, more than",
    "eval_rouge_l_gain_low": "Gain in ROUGE-L on eval, lower end of its 95 % interval, more than",
    "holdout_rouge_l_drop": "Drop in ROUGE-L on hold-out that is shown, at most",
    "invented_steps_rise": "Rise in invented steps of an answer that is shown, at most",
    "opponent_failed": "Prompts that the model compared with failed to answer, at most",
    "ended": "Answers ended by the end token, at least",
    "personal_values": "Personal values in the answers, at most",
    "forgetting_rise": "Rise of the loss on general instructions, nats, at most",
}
"""Rule of the gate -> what it asks; rules not named here are shown under their own name."""
NOTHING = "–"
Cell = dict[str, str]
"""Of a table of measures: `text`, `interval`, and `band` with its `level` where the guide has one."""


def level(value: Any, metric: str = "rouge_l") -> str:
    """The band's level, `low`, `middle` or `high`; empty where there is no score."""
    known = finite(value)
    return "" if known is None or not 0 <= known <= 1 else band(metric, known).level


def reading(metric: str, value: float) -> str:
    """What the guide says of a score; empty where it is no fraction of 1."""
    return band(metric, value).label if 0 <= value <= 1 else ""


def short(digest: str) -> str:
    """A digest as a person compares it."""
    return digest.removeprefix("sha256:")[:12]


def exact(value: Any) -> str:
    """A number as a script reads it; empty where it is none."""
    known = finite(value)
    return "" if known is None else repr(known)


def score(value: Any, places: int = 3) -> str:
    """A score or another number with so many decimal places."""
    known = finite(value)
    return NOTHING if known is None else written(known, f".{places}f")


def number(value: Any) -> str:
    """A figure of any kind: whole ones as counts, others with three decimal places."""
    found = finite(value)
    return whole(found) if found is not None and found == round(found) else score(found)


def rule_name(name: str) -> str:
    """What a rule of the gate asks, in words."""
    return RULES.get(name, words(name))


def percent(value: Any) -> str:
    """A fraction of 1 as a percentage."""
    known = finite(value)
    return NOTHING if known is None else f"{known:.0%}"


def times(value: Any) -> str:
    """A ratio."""
    known = finite(value)
    return NOTHING if known is None else f"{known:.2f}×"


def whole(value: Any) -> str:
    """A count with thousands separated."""
    known = finite(value)
    return NOTHING if known is None else written(known + 0.0, ",.0f")


def change(base: float | None, tuned: float | None, places: int = 3, kind: str = "score") -> str:
    """The signed difference; in percentage points for a share."""
    if base is None or tuned is None:
        return NOTHING
    if kind == "share":
        return f"{written(100 * (tuned - base), '+.0f')} pp"
    return written(tuned - base, f"+.{2 if kind == 'ratio' else places}f")


def signed(value: Any) -> str:
    """A difference with its sign."""
    known = finite(value)
    return NOTHING if known is None else written(known, "+.3f")


def duration(value: Any) -> str:
    """Seconds as a person says them."""
    known = finite(value)
    if known is None:
        return NOTHING
    if known < 60:
        return f"{known:.1f} s" if known < 10 else f"{known:.0f} s"
    minutes, seconds = divmod(round(known), 60)
    return f"{minutes} min {seconds:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def moment(text: str) -> str:
    """A moment of ISO 8601 with its zone as a person reads it, in UTC; any other text as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at.tzinfo else text


def setting(value: Any) -> str:
    """A setting as a config file has it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def words(name: str) -> str:
    """A snake-case name as words, the metrics written as the field does."""
    text = name.replace("rouge_l", "ROUGE-L").replace("meteor", "METEOR").replace("holdout", "hold-out").replace("_", " ")
    return text[:1].upper() + text[1:]


def scored(key: str, kind: str, scores: Mapping[str, Any]) -> Cell:
    """One value of a table with its interval, and its band where the guide has one."""
    value = finite(scores.get(key))
    bounds = interval(scores.get(f"{key}_ci"))
    write = {"count": whole, "share": percent, "number": number, "ratio": times}.get(kind, score)
    text = write(value)
    cell = {"text": text, "interval": f"{bounds[0]:.3f}–{bounds[1]:.3f}" if bounds else ""}
    if value is not None and key in THRESHOLDS:
        cell |= {"band": reading(key, value), "level": level(value, key)}
    return cell
