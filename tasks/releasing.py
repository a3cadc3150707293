"""From variants to a dataset version: split, and format with the base model's template."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import ChatConfig, SplitConfig
from langkah.errors import ConfigError
from langkah.evaluation.report_data import LengthSummary
from langkah.models import ModelRef
from langkah.records import Approvals, ChatExample, DatasetRow, IndexedRow, PromptVariant, RejectedRow, RowStatus
from langkah.row_files import RowFile, read_jsonl
from tasks.artifacts import making, payload, stream_of
from tasks.caching import STEPS, step, step_key
from tasks.paraphrasing import VARIANTS
from tasks.policies import DATA
from tasks.publish import publish_image, publish_markdown
from tasks.reviewing import APPROVALS
from tasks.row_index import INDEX

if TYPE_CHECKING:
    from langkah.splitting import Slice

SLICES: Final[tuple[Slice, ...]] = ("train", "eval", "holdout")
SIDES = "sides.json"
CHAT = "chat.jsonl"
LENGTHS = "lengths.json"


@step(version=4, rooms=("langkah.splitting",), policy=DATA)
def split(variants: ArtifactRef, config: SplitConfig, champion: ArtifactRef | None = None) -> ArtifactRef:
    """Give each variant its side, and prove that none leaks.

    Args:
        variants: of all intents.
        config: share held out, and seed.
        champion: the dataset version that the champion was trained on: its intents stay on their sides.
    """
    from langkah.splitting import Splitting, audit_sorted

    recorded: Mapping[str, str] = json.loads(payload(champion, SIDES).read_bytes())["sides"] if champion else {}
    with making("slices") as made, closing(RowFile(payload(variants, VARIANTS), PromptVariant)) as rows:
        scratch = made.scratch()
        found = Splitting(rows, config, recorded, scratch)
        slices = {name: made.rows(f"{name}.jsonl") for name in SLICES}
        for name, row in found.rows():
            slices[name].write(row)
        for each in slices.values():
            each.close()
        with ExitStack() as stack:
            files: dict[Slice, RowFile[DatasetRow]] = {
                name: RowFile(made.folder / f"{name}.jsonl", DatasetRow) for name in SLICES
            }
            for each in files.values():
                stack.callback(each.close)
            audit = audit_sorted({**files}, rows, config.near_duplicate, scratch)
        dropped = {reason.value: count for reason, count in found.dropped.items() if count}
        record = {"sides": found.sides, "groups": found.groups, "dropped": dropped, "audit": asdict(audit)}
        with (made.folder / SIDES).open("w", encoding="utf-8") as handle:
            json.dump(record, handle, indent=1, sort_keys=True)
        made.told.update(
            parameters={"config": config},
            counts={name: slices[name].count for name in SLICES} | {"intents": len(found.sides)},
        )
    return made.published


@step(
    version=6,
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
    from langkah.chat import ChatEncoder, FittedExamples
    from langkah.evaluation.plots import length_histogram_png
    from langkah.models.architecture import read_architecture
    from langkah.models.loading import load_tokenizer

    encoder = ChatEncoder(load_tokenizer(model))
    counts = {name: int(current_workspace().store.manifest(slices).provenance.counts[name]) for name in SLICES}
    declared = STEPS["assemble"]
    work = step_key("measured-example", declared.version, {"model": model}, declared.packages)
    with making("dataset") as made, current_workspace().record_cache("lengths", work).named() as kept:
        examples = _Examples(payload(slices, "train.jsonl"))
        fitted = FittedExamples(encoder, examples, config, read_architecture(model), kept)
        chat = made.rows(CHAT)
        for example in fitted:
            chat.write(example)
        report = fitted.report()
        if not chat.count:
            raise ConfigError(
                f"chat.max_length: no training example fits {report.max_length} tokens (the median is {report.p50},"
                f" the longest {report.longest}): raise it, or set auto"
            )
        rejected, set_aside = made.rows("rejected.jsonl"), made.rows("set_aside.jsonl")
        for row in stream_of(procedures, INDEX, IndexedRow):
            if row.status is RowStatus.rejected:
                rejected.write(RejectedRow(file=row.file, row=row.row, reason=row.reason))
            elif row.status in (RowStatus.duplicate, RowStatus.flagged):
                set_aside.write(row)
        for name in (*(f"{name}.jsonl" for name in SLICES), SIDES):
            shutil.copyfile(payload(slices, name), made.folder / name)
        for name, content in {LENGTHS: report, APPROVALS: approvals}.items():
            (made.folder / name).write_text(content.model_dump_json(indent=1), encoding="utf-8")
        made.told.update(
            parameters={"config": config, "base_model": model.identity, "approvals": approvals},
            counts=counts | {"chat": chat.count},
        )
    dataset = made.published
    publish_markdown(
        "dataset",
        f"Dataset version `{dataset.digest[:12]}`: {counts['train']} training, {counts['eval']} eval,"
        f" {counts['holdout']} hold-out rows, {approvals.told()}.\n\n"
        f"Longest example {report.longest} tokens; `max_length` {report.max_length};"
        f" policy {report.policy}: {report.too_long} too long, {report.truncated} truncated, {report.windows} windows,"
        f" {report.filtered} left out.",
        "Dataset version",
    )
    publish_image("token-lengths", length_histogram_png(length_summary(report.model_dump())), "Tokens of the examples")
    return dataset


class _Examples(Iterable[ChatExample]):
    """The training rows of a file as examples, read anew each time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[ChatExample]:
        for row in read_jsonl(self._path, DatasetRow):
            yield ChatExample(intent=row.intent, prompt=row.prompt, completion=row.output, original=row.variant_of is None)


def length_summary(report: Mapping[str, Any]) -> LengthSummary:
    """Return what pages and pictures show of a `LengthReport`."""
    names = ("max_length", "recommended", "policy", "truncated", "windows", "filtered", "longest", "p50", "p95", "p99")
    names = (*names, "too_long", "notes_dropped")
    room = f"A GB of spare GPU memory holds about {report['examples_per_gb']:g} examples of {report['max_length']} tokens."
    bins = tuple((found[0], found[1], found[2]) for found in report["histogram"])
    return LengthSummary(tokens=bins, batch_note=room, **{name: report[name] for name in names})
