"""The report of one run: one HTML page that needs nothing else, and a summary in Markdown.

The page is for three readers: who decides (verdict; base, champion, tuned and reference in one chart), who engineers (tables,
curves, lineage, settings), who knows the domain (answers side by side, worst first). Record text is always escaped, and
the page forbids itself to load anything or to run any script but its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from langkah.evaluation.axes import finite
from langkah.evaluation.charts import (
    METRICS,
    SLICES,
    SYSTEMS,
    length_chart,
    loss_chart,
    procedural_chart,
    score_charts,
    slices,
)
from langkah.evaluation.pages import render_page
from langkah.evaluation.rating_text import rating_note, rating_tables
from langkah.evaluation.report_data import ComparedAnswer, ReportData, Verdict
from langkah.evaluation.report_text import (
    MEASURES,
    Cell,
    change,
    level,
    moment,
    number,
    reading,
    rule_name,
    score,
    scored,
    setting,
    words,
)


def render_report(data: ReportData) -> str:
    """Render the page.

    Returns:
        A whole HTML document, UTF-8 encodable, without any external resource.
    """
    answers = sorted(data.answers, key=_worst_first)
    return render_page(
        "report.html",
        title=data.title,
        data=data,
        headline=_headline(data),
        cards=_cards(data),
        score_charts=score_charts(data.metrics),
        loss_chart=loss_chart(data.loss),
        length_chart=length_chart(data.lengths),
        procedural_chart=procedural_chart(data.procedural),
        tables=_tables(data),
        systems=list(_systems(data).values()),
        rating_tables=rating_tables(data.ratings) if data.ratings else (),
        rating_note=rating_note(data.ratings) if data.ratings else "",
        answers=answers,
        slice_names=sorted({answer.slice for answer in answers}),
        languages=sorted({answer.language for answer in answers}),
        moment=moment,
        setting=setting,
        best=_lowest_validation(data),
        digests={node.digest: node.kind for node in data.lineage},
        pii=_pii_table(data.pii),
        slice_titles=SLICES,
        unanswered=sum(int(finite(found.get("failed")) or 0) for found in data.metrics.get("base", {}).values()),
    )


def render_markdown_summary(data: ReportData) -> str:
    """Verdict, scores and counts in Markdown, for a Prefect artifact; it holds no record text."""
    lines = [f"# {_cell(data.title)}", "", f"**{_headline(data)[1]}** Run `{data.run_id}`, {_cell(data.created)}.", ""]
    if data.verdict and data.verdict.rules:
        lines += ["| Result | Value | Limit | Rule |", "| --- | ---: | ---: | --- |"]
        for rule in data.verdict.rules:
            result = "passed" if rule.passed else "**failed**" if rule.measured else "**not measured**"
            lines.append(f"| {result} | {number(rule.value)} | {number(rule.limit)} | {_cell(rule_name(rule.name))} |")
        lines.append("")
    heads = [*_systems(data).values(), "Change"]
    for title, measures in _tables(data):
        lines += [f"| {_cell(title)} | {' | '.join(heads)} |", f"| --- |{' ---: |' * len(heads)}"]
        for name, cells, difference in measures:
            lines.append(f"| {_cell(name)} | {' | '.join([*(cell['text'] for cell in cells), difference])} |")
        lines.append("")
    if data.ratings:
        lines += [rating_note(data.ratings), ""]
        for table in rating_tables(data.ratings):
            lines += [f"| {_cell(table.title)} | {' | '.join(table.columns)} |", f"| --- |{' ---: |' * len(table.columns)}"]
            for name, cells in table.rows:
                figures = (f"{value} ({between})" if between else value for value, between in cells)
                lines.append(f"| {_cell(name)} | {' | '.join(figures)} |")
            lines.append("")
    if rows := data.rows:
        lines.append(
            f"{rows.rows_in:,} rows in: {rows.kept:,} kept, {rows.rejected:,} rejected, {rows.duplicate:,} duplicate, "
            f"{rows.flagged:,} flagged. Dataset: {rows.train:,} train, {rows.eval:,} eval, {rows.holdout:,} hold-out "
            f"rows of {rows.intents:,} intents." + (f" All {data.approvals.told()}." if data.approvals else "")
        )
        lines.append("")
    lines.append("Automatic measures do not replace the judgement of a domain expert.")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that cannot break out of a table cell or become HTML."""
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " ")):
        text = text.replace(plain, escaped)
    return text


def _headline(data: ReportData) -> tuple[str, str]:
    """State (`pass`, `fail`, `none`) and sentence of the verdict."""
    verdict: Verdict | None = data.verdict
    if verdict is None:
        return "none", "No verdict: the gate did not compare the models."
    count = len(verdict.rules)
    if verdict.passed:
        opponent = "today's champion" if verdict.against == "champion" else "the base model"
        return "pass", f"The tuned model is better than {opponent}." if count else "The tuned model passed the gate."
    failed = sum(not rule.passed for rule in verdict.rules)
    return "fail", f"The tuned model is not good enough: {failed} of {count} rules failed."


def _cards(data: ReportData) -> list[dict[str, str]]:
    """The headline figures: each metric of each slice, base to tuned, with the band of the tuned model."""
    cards: list[dict[str, str]] = []
    for name in slices(data.metrics):
        for metric, label in METRICS.items():
            base = finite(data.metrics.get("base", {}).get(name, {}).get(metric))
            tuned = finite(data.metrics.get("tuned", {}).get(name, {}).get(metric))
            if tuned is None:
                continue
            cards.append(
                {
                    "metric": label,
                    "slice": SLICES.get(name, name),
                    "tuned": score(tuned, 2),
                    "base": score(base, 2),
                    "change": change(base, tuned, 2),
                    "better": "" if base is None else "up" if tuned > base else "down" if tuned < base else "",
                    "band": reading(metric, tuned),
                    "level": level(tuned, metric),
                }
            )
    return cards


def _systems(data: ReportData) -> dict[str, str]:
    """The systems that have a column: base and tuned model, and the champion where there is one."""
    return {name: label for name, label in SYSTEMS.items() if name != "champion" or name in data.metrics}


def _tables(data: ReportData) -> list[tuple[str, list[tuple[str, list[Cell], str]]]]:
    """For each slice: its name, and (measure, a cell for each system, change from base to tuned) for each measure there is."""
    tables: list[tuple[str, list[tuple[str, list[Cell], str]]]] = []
    for name in slices(data.metrics):
        scores = {system: data.metrics.get(system, {}).get(name, {}) for system in _systems(data)}
        base, tuned = scores["base"], scores["tuned"]
        found = dict.fromkeys(key for of in scores.values() for key in of if not key.endswith("_ci"))
        rows: list[tuple[str, list[Cell], str]] = []
        for key in (*(key for key in MEASURES if key in found), *(key for key in found if key not in MEASURES)):
            kind = MEASURES.get(key, (key, "number"))[1]
            difference = "" if kind == "count" else change(finite(base.get(key)), finite(tuned.get(key)), kind=kind)
            label = MEASURES[key][0] if key in MEASURES else words(key)
            rows.append((label, [scored(key, kind, of) for of in scores.values()], difference))
        tables.append((SLICES.get(name, name), rows))
    return tables


def _pii_table(pii: Mapping[str, Mapping[str, int]]) -> dict[str, list[Any]]:
    """`languages`, and `rows` of (type, count in each language, all), the most frequent first."""
    languages = sorted({language for counts in pii.values() for language in counts})
    rows = [(kind, [found.get(name, 0) for name in languages], sum(found.values())) for kind, found in pii.items()]
    return {"languages": languages, "rows": sorted(rows, key=lambda row: (-row[2], row[0]))}


def _worst_first(answer: ComparedAnswer) -> tuple[float, str, str, str]:
    value = finite(answer.tuned_rouge_l)
    return (math.inf if value is None else value, answer.slice, answer.intent, answer.prompt)


def _lowest_validation(data: ReportData) -> str | None:
    """Where the validation loss was lowest, in words; None where it was not watched."""
    watched = [(value, point.step) for point in data.loss if (value := finite(point.eval_loss)) is not None]
    if not watched:
        return None
    value, step = min(watched)
    last = max(step for _, step in watched)
    where = "at the last evaluation" if step == last else f"at step {step:,}; the last, at step {last:,}, was higher"
    return f"Lowest validation loss {value:.3f} {where}."
