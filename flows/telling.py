"""What a judged run tells: on its page in the Prefect UI, by an event, and to a tracker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from prefect.events import emit_event
from prefect.runtime import flow_run

from flows.summary import Evaluation, PreparedDataset
from langkah.artifacts import ArtifactRef, current_workspace
from langkah.artifacts.payload_names import REPORT, SUMMARY
from langkah.config import RunConfig
from langkah.errors import ResourceError
from langkah.tracking import TrackedRun, track_run
from tasks.artifacts import payload
from tasks.publish import publish_on_run
from tasks.steplog import StepOutcome, outcomes, warn

PASSED: Final = "langkah.gate.passed"
REFUSED: Final = "langkah.gate.refused"
"""Events: what the gate said of an adapter. Automations notify people of them."""
_ROWS: Final = (
    "rows_in",
    "rows_kept",
    "rows_rejected",
    "rows_duplicate",
    "rows_flagged",
    "intents",
    "train",
    "eval",
    "holdout",
)
_TRAINING: Final = ("tokens", "seconds", "tokens_per_second", "peak_memory_gb", "device_seconds")


def tell_run(
    prepared: PreparedDataset, adapter: ArtifactRef, evaluation: Evaluation, made: Mapping[str, Any], config: RunConfig
) -> None:
    """Tell of a run that was judged. A tracker that does not answer is warned of, and the run stands.

    Args:
        prepared: the dataset version.
        adapter: what was trained on it.
        evaluation: what was made to judge it.
        made: the summary of the run.
        config: its settings.
    """
    steps = outcomes()
    figures = dict(_figures(made, adapter, steps))
    publish_on_run("verdict", _page(evaluation, steps, figures), "Is the tuned model better?")
    failed = [rule["name"] for rule in made["gate"]["rules"] if not rule["passed"]]
    digests = {"dataset": prepared.dataset.digest, "adapter": adapter.digest, "scores": evaluation.scores.digest}
    emit_event(
        PASSED if made["gate"]["passed"] else REFUSED,
        {"prefect.resource.id": f"langkah.adapter.{adapter.digest[:12]}", "prefect.resource.name": config.watch.name},
        payload={**digests, "failed": failed, "report": str(payload(evaluation.report, REPORT))},
    )
    tags = {f"langkah.{name}": digest for name, digest in digests.items()} | {"prefect.flow_run": str(flow_run.id or "")}
    try:
        track_run(config.track, TrackedRun(flow_run.name or adapter.digest[:12], _settings(config), figures, tags))
    except ResourceError as error:
        warn(str(error))


def _figures(made: Mapping[str, Any], adapter: ArtifactRef, steps: tuple[StepOutcome, ...]) -> Iterator[tuple[str, float]]:
    """Rows, training, scores, and what each step took and whether it was cached."""
    for name in _ROWS:
        yield f"rows/{name.removeprefix('rows_')}", made["dataset"][name]
    notes = current_workspace().store.manifest(adapter).provenance.notes
    for name in _TRAINING:
        if isinstance(value := notes.get(name), (int, float)):
            yield f"training/{name}", value
    for system, slices in made["metrics"].items():
        for side, scores in slices.items():
            yield from ((f"{system}/{side}/{name}", value) for name, value in scores.items() if isinstance(value, (int, float)))
    yield "gate/passed", float(made["gate"]["passed"])
    yield "steps/cached", sum(step.state == "Cached" for step in steps)
    yield "steps/done", sum(step.state == "Completed" for step in steps)
    for step in steps:
        yield f"seconds/{step.name}", step.seconds


def _page(evaluation: Evaluation, steps: tuple[StepOutcome, ...], figures: Mapping[str, float]) -> str:
    lines = [
        payload(evaluation.report, SUMMARY).read_text(encoding="utf-8"),
        f"Report: `{payload(evaluation.report, REPORT)}`",
        "",
    ]
    lines += ["| Step | State | Seconds |", "| --- | --- | ---: |"]
    lines += [f"| {step.name} | {step.state} | {step.seconds:.1f} |" for step in steps]
    if tokens := figures.get("training/tokens"):
        lines += ["", f"The adapter saw {tokens:,.0f} training tokens, {figures['training/tokens_per_second']:,.0f} a second."]
    return "\n".join(lines) + "\n"


def _settings(config: RunConfig) -> dict[str, str]:
    """What the run's settings say other than the defaults, by `section.key`."""
    tree = config.model_dump(mode="json", exclude_defaults=True)
    flat = ((section, values if isinstance(values, dict) else {"": values}) for section, values in tree.items())
    return {f"{section}.{key}".rstrip("."): str(value) for section, values in flat for key, value in values.items()}
