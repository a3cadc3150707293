"""From variants to a dataset version: split, and format with the base model's template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from langkah.artifacts import ArtifactRef
from langkah.config import ChatConfig, SplitConfig
from langkah.errors import ConfigError
from langkah.evaluation.report_data import LengthSummary
from langkah.models import ModelRef
from langkah.records import Approvals, ChatExample, DatasetRow, IndexedRow, RowStatus
from tasks.artifacts import payload, publish_artifact, rows_of
from tasks.caching import step
from tasks.paraphrasing import read_variants
from tasks.policies import DATA
from tasks.publish import publish_image, publish_markdown
from tasks.reviewing import APPROVALS
from tasks.row_index import INDEX

SLICES = ("train", "eval", "holdout")
SIDES = "sides.json"
CHAT = "chat.jsonl"
LENGTHS = "lengths.json"


@step(version=3, rooms=("langkah.splitting",), policy=DATA)
def split(variants: ArtifactRef, config: SplitConfig, champion: ArtifactRef | None = None) -> ArtifactRef:
    """Give each variant its side, and prove that none leaks.

    Args:
        variants: of all intents.
        config: share held out, and seed.
        champion: the dataset version that the champion was trained on: its intents stay on their sides.
    """
    from langkah.splitting import audit_leaks, split_variants

    rows = read_variants(variants)
    recorded: Mapping[str, str] = json.loads(payload(champion, SIDES).read_bytes())["sides"] if champion else {}
    result = split_variants(rows, config, recorded)
    audit = audit_leaks(result.train, result.eval, result.holdout, rows, config.near_duplicate)
    record = {"sides": result.sides, "groups": result.groups, "dropped": result.dropped, "audit": asdict(audit)}
    return publish_artifact(
        "slices",
        {
            **{f"{name}.jsonl": getattr(result, name) for name in SLICES},
            SIDES: json.dumps(record, indent=1, sort_keys=True),
        },
        parameters={"config": config},
        counts={name: len(getattr(result, name)) for name in SLICES} | {"intents": len(result.sides)},
    )


@step(
    version=5,
    rooms=("langkah.chat", "langkah.models.architecture", "langkah.models.loading"),
    policy=DATA,
    packages=("transformers", "tokenizers", "jinja2"),
)
def assemble(
    slices: ArtifactRef, procedures: ArtifactRef, model: ModelRef, config: ChatConfig, approvals: Approvals
) -> ArtifactRef:
    """Format the training rows with the model's template, check the masks, and publish the dataset version.

    Args:
        slices: the split rows.
        procedures: whose index says what became of every row of the sources.
        model: whose template and tokens count.
        config: longest example, and what to do with longer ones.
        approvals: who let in what was split: the rules alone, or a person. Part of the dataset version.
    """
    from langkah.chat import ChatEncoder, check_masks, fit_examples
    from langkah.evaluation.plots import length_histogram_png
    from langkah.models.architecture import read_architecture
    from langkah.models.loading import load_tokenizer

    rows = {name: rows_of(slices, f"{name}.jsonl", DatasetRow) for name in SLICES}
    examples = [
        ChatExample(intent=row.intent, prompt=row.prompt, completion=row.output, original=row.variant_of is None)
        for row in rows["train"]
    ]
    encoder = ChatEncoder(load_tokenizer(model))
    fit = fit_examples(encoder, examples, config, read_architecture(model))
    if not fit.examples:
        raise ConfigError(
            f"chat.max_length: no training example fits {fit.report.max_length} tokens (the median is {fit.report.p50},"
            f" the longest {fit.report.longest}): raise it, or set auto"
        )
    check_masks(encoder, fit.examples, fit.encoded)
    indexed = rows_of(procedures, INDEX, IndexedRow)
    set_aside = [row for row in indexed if row.status in (RowStatus.duplicate, RowStatus.flagged)]
    dataset = publish_artifact(
        "dataset",
        {
            **{f"{name}.jsonl": rows[name] for name in SLICES},
            CHAT: fit.examples,
            "rejected.jsonl": _rejected(indexed),
            "set_aside.jsonl": set_aside,
            LENGTHS: fit.report,
            APPROVALS: approvals,
            SIDES: payload(slices, SIDES).read_bytes(),
        },
        parameters={"config": config, "base_model": model.identity, "approvals": approvals},
        counts={name: len(rows[name]) for name in SLICES} | {"chat": len(fit.examples)},
    )
    report = fit.report
    publish_markdown(
        "dataset",
        f"Dataset version `{dataset.digest[:12]}`: {len(rows['train'])} training, {len(rows['eval'])} eval,"
        f" {len(rows['holdout'])} hold-out rows, {approvals.told()}.\n\n"
        f"Longest example {report.longest} tokens; `max_length` {report.max_length};"
        f" policy {report.policy}: {report.too_long} too long, {report.truncated} truncated, {report.windows} windows,"
        f" {report.filtered} left out.",
        "Dataset version",
    )
    publish_image("token-lengths", length_histogram_png(length_summary(report.model_dump())), "Tokens of the examples")
    return dataset


def length_summary(report: Mapping[str, Any]) -> LengthSummary:
    """Return what pages and pictures show of a `LengthReport`."""
    names = ("max_length", "recommended", "policy", "truncated", "windows", "filtered", "longest", "p50", "p95", "p99")
    names = (*names, "too_long", "notes_dropped")
    room = f"A GB of spare GPU memory holds about {report['examples_per_gb']:g} examples of {report['max_length']} tokens."
    bins = tuple((found[0], found[1], found[2]) for found in report["histogram"])
    return LengthSummary(tokens=bins, batch_note=room, **{name: report[name] for name in names})


def _rejected(index: list[IndexedRow]) -> str:
    rows = ({"file": row.file, "row": row.row, "reason": row.reason} for row in index if row.status == RowStatus.rejected)
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
