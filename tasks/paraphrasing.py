"""From procedures to the variants of each intent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import ParaphraseConfig
from langkah.paraphrase import Means, Paraphrases, TopicShare
from langkah.records import FaqRecord, PromptVariant
from langkah.row_files import RowFile, SortedRows
from tasks.artifacts import making, payload, rows_of
from tasks.caching import STEPS, step, step_key
from tasks.gpu import gpu_place
from tasks.policies import ENDPOINT
from tasks.publish import FirstNamed, log_records, publish_markdown
from tasks.scrubbing import RECORDS
from tasks.steplog import report_progress

VARIANTS = "variants.jsonl"
VARIANT_SCORES = "variant_scores.jsonl"
REJECTED_VARIANTS = "rejected_variants.jsonl"
PARAPHRASE_COUNTS = "paraphrase.json"
_GAPS: Final = ("failed", "unreadable", "unanswered")
"""Requests, replies, and prompts that were left without one that could be read."""


@step(
    version=6,
    rooms=("langkah.paraphrase",),
    policy=ENDPOINT,
    packages=("rapidfuzz", "PySastrawi", "openai", "transformers", "torch"),
)
def paraphrase(procedures: ArtifactRef, config: ParaphraseConfig, means: Means) -> ArtifactRef:
    """Make variants of every prompt, and keep those that pass the filters.

    Publishes `variants.jsonl`, `variant_scores.jsonl` (of its paraphrases, in order), `rejected_variants.jsonl` (reason and
    scores, without text) and `paraphrase.json` (counts, what a model failed to answer, and the distribution over topics).
    """
    from langkah.models.loading import compute_platform
    from langkah.paraphrase import KeptOutcomes, Paraphrased, open_engine, record_order

    # The client's own key holds all that decides a reply: no change of the filters may cost one that is paid for.
    kept = current_workspace().record_cache("replies", "paraphrased-record")
    declared = STEPS["paraphrase"]
    work = step_key("phrased-record", declared.version, {"config": config}, declared.packages)
    phrased = current_workspace().record_cache("phrased", work)
    on_gpu = config.backend == "local" and compute_platform().startswith("cuda")
    summary = _Summary()
    with making("variants") as made, closing(RowFile(payload(procedures, RECORDS), FaqRecord)) as rows:
        records = SortedRows(rows, record_order)
        with (
            gpu_place(on_gpu),
            kept.named() as replies,
            phrased.named() as outcomes,
            open_engine(config, means, replies) as engine,
        ):
            found = Paraphrased(
                records,
                config,
                made.scratch(),
                backend=engine.backend,
                embed=engine.embed,
                kept=KeptOutcomes(outcomes) if config.backend == "frames" else None,
                on_done=lambda done, total: report_progress(done, total, "prompts"),
            )
            usage = engine.figures(means.llm)
        variants, scores, rejected = (made.rows(name) for name in (VARIANTS, VARIANT_SCORES, REJECTED_VARIANTS))
        for record, each in found:
            summary.count(record.intent, each)
            for variant in each.variants(record):
                variants.write(variant)
            for paraphrase in each.accepted:
                scores.write(paraphrase.scores)
            for row in each.rejected:
                rejected.write(row)
        told = summary.told(found.shares(), usage)
        (made.folder / PARAPHRASE_COUNTS).write_text(json.dumps(told, indent=1), encoding="utf-8")
        made.told.update(
            parameters={"config": config, "means": means},
            counts={"variants": variants.count, "rejected": rejected.count},
            notes={"usage": usage},
        )
    log_records("intents with fewer paraphrases than they are due", FirstNamed(summary.short_intents))
    publish_markdown("paraphrases", _told(told, usage, len(records)), "Variants of the prompts")
    return made.published


@dataclass
class _Summary:
    """Counts of a `variants` artifact."""

    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    short_intents: list[str] = field(default_factory=list[str])

    def count(self, intent: str, found: Paraphrases) -> None:
        self.accepted += len(found.accepted)
        self.rejected.update(str(row.reason) for row in found.rejected)
        if found.short:
            self.short_intents.append(intent)

    def told(self, topics: tuple[TopicShare, ...], usage: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "proposed": self.accepted + self.rejected.total(),
            "accepted": self.accepted,
            "rejected": dict(sorted(self.rejected.items())),
            "short_intents": self.short_intents,
            # In the payload: a run that mends this makes another artifact.
            **{name: usage[name] for name in _GAPS},
            "topics": [share.model_dump() for share in topics],
        }


def _told(summary: Mapping[str, Any], usage: Mapping[str, Any], prompts: int) -> str:
    """The counts of a `variants` artifact in Markdown; no text of a record."""
    return "\n".join(
        [
            f"**{summary['accepted']}** paraphrases of {prompts} prompts were accepted, of {summary['proposed']} judged.",
            "",
            *(f"- {reason}: {count}" for reason, count in summary["rejected"].items()),
            f"- intents with fewer variants than they are due: {len(summary['short_intents'])}",
            *(f"- {name.replace('_', ' ')}: {value:,}" for name, value in usage.items() if value),
            "",
            "| intents of a topic | topics | prompts, all alike | due | prompts now |",
            "| ---: | ---: | ---: | ---: | ---: |",
            *(
                f"| {row['intents']} | {row['topics']} | {row['before']} | {row['due']} | {row['after']} |"
                for row in summary["topics"]
            ),
        ]
    )


def read_variants(ref: ArtifactRef) -> list[PromptVariant]:
    """Read the variants of a `variants` artifact."""
    return rows_of(ref, VARIANTS, PromptVariant)


def paraphrase_counts(variants: ArtifactRef) -> dict[str, int]:
    """Count what a `variants` artifact holds and lacks: proposed, accepted, short (intents), failed, unreadable, unanswered."""
    found: dict[str, Any] = json.loads(payload(variants, PARAPHRASE_COUNTS).read_text(encoding="utf-8"))
    counts = {name: found.get(name, 0) for name in ("proposed", "accepted", *_GAPS)}
    return counts | {"short": len(found["short_intents"])}


def may_be_mended(variants: ArtifactRef) -> bool:
    """Whether a model failed to answer something that it may answer the next time."""
    counts = paraphrase_counts(variants)
    return bool(counts["failed"] or counts["unanswered"])
