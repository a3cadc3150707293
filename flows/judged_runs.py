"""Read what a run that judged a model left behind, for a comparison with others: nothing of it needs Prefect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from langkah.artifacts import ArtifactRef, ArtifactStore, Manifest, Run, source_of, trace
from langkah.artifacts.payload_names import ANSWERS, CURVE, SCORES
from langkah.errors import ArtifactError
from langkah.evaluation import TrainingSide, training_side
from langkah.evaluation.report_data import LossPoint, Verdict
from langkah.evaluation.runs.data import JudgedRun, RunFacts
from langkah.evaluation.scores import RowScore
from langkah.records import Answer, DatasetRow
from langkah.registry import CLAIM, VERDICT, Claim
from langkah.row_files import read_jsonl

_SECTIONS: Final[Mapping[str, str]] = {
    "scrub": "pii",
    "audit": "pii",
    "assemble": "dataset",
    "generate": "evaluate",
    "score": "evaluate",
}
"""Step -> the section of the config that its parameters are from, where that has another name."""
_NO_SETTINGS: Final = (
    "dataset.approvals", "dataset.base_model", "evaluate.model", "train.dataset", "train.base_model.location",
    "train.base_model.reason", "train.base_model.parameters", "evaluate.batch_size",
)  # fmt: skip
"""Parameters that say what was found or where it lies, not what was wanted."""


def read_judged(store: ArtifactStore, run: Run) -> JudgedRun:
    """Read a run's scores and answers, and of what led to them whatever is still there.

    Raises:
        ArtifactError: scores or answers are damaged, gone, or of a version that cannot be read.
    """
    assert run.scores
    manifest, folder = store.verify(run.scores), store.folder(run.scores)
    try:
        scored = _json(folder / SCORES)
        answered = ArtifactRef.of("answers", scored["answers"]["tuned"])
        made = store.verify(answered)
        answers = tuple(read_jsonl(store.folder(answered) / ANSWERS, Answer))
        rows = tuple(_row(row) for row in scored["rows"]["tuned"])
        if not answers or len(rows) != len(answers):
            raise ArtifactError(f"{run.scores}: expected a row for each of {len(answers)} answers, got {len(rows)}")
        claim = Claim.model_validate_json((folder / CLAIM).read_bytes())
        told = _Lineage(store, ArtifactRef.of("adapter", claim.adapter), ArtifactRef.of("dataset", claim.dataset))
        facts = RunFacts(
            name=run.name,
            created=manifest.created,
            adapter=claim.adapter,
            scores=run.scores.digest,
            dataset=claim.dataset,
            base_model=claim.base_model.partition(":")[0],
            verdict=Verdict.model_validate(_json(folder / VERDICT)),
            metrics=scored["metrics"]["tuned"],
            meteor_kinds=scored["meteor_kinds"],
            score_version=manifest.provenance.version,
            settings=told.settings(manifest, made),
            **told.facts(),
        )
    except (OSError, KeyError, TypeError, AttributeError, ValueError, ValidationError):
        raise ArtifactError(f"{run.scores}: damaged, or of another version of Langkah; run again") from None
    return JudgedRun(facts, answers, rows, told.side())


class _Lineage:
    """An adapter with all that it was made of, as far as it is still there."""

    def __init__(self, store: ArtifactStore, adapter: ArtifactRef, dataset: ArtifactRef) -> None:
        self.store, self.adapter, self.dataset = store, adapter, dataset
        self.manifests = {manifest.digest: manifest for manifest in trace(store, adapter, dataset)}

    def facts(self) -> dict[str, Any]:
        """What is known of training and data, as fields of `RunFacts`."""
        adapter, dataset = self.manifests.get(self.adapter.digest), self.manifests.get(self.dataset.digest)
        facts: dict[str, Any] = {"rows": {}, "notes": []}
        for manifest in self.manifests.values():
            if manifest.kind == "slices" and dataset and manifest.digest in dataset.provenance.parents:
                facts["rows"] = {name: int(manifest.provenance.counts[name]) for name in ("intents", *_SLICES)}
        if dataset is None:
            facts["notes"].append(f"its dataset version {self.dataset.digest[:12]} is gone")
        if adapter is None:
            facts["notes"].append(f"its adapter {self.adapter.digest[:12]} is gone, and with it how training went")
            return facts
        notes = adapter.provenance.notes
        return {
            **facts,
            "seconds": adapter.provenance.seconds,
            "device": str(notes.get("device", "")),
            "steps": notes.get("steps"),
            "learning": str(notes.get("verdict", "")),
            "eval_loss": notes.get("best_eval_loss"),
            "loss": self._loss(),
        }

    def _loss(self) -> tuple[LossPoint, ...]:
        path = self.store.folder(self.adapter) / CURVE
        if not path.is_file():
            return ()
        return tuple(LossPoint.model_validate({key: point.get(key) for key in LossPoint.model_fields}) for point in _json(path))

    def side(self) -> TrainingSide | None:
        """What the adapter was trained on; None where its dataset version is gone or damaged."""
        try:
            self.store.verify(self.dataset)
        except ArtifactError:
            return None
        return training_side(read_jsonl(self.store.folder(self.dataset) / "train.jsonl", DatasetRow))

    def settings(self, *last: Manifest) -> dict[str, Any]:
        """section.key -> value, as the steps got them; then package -> version. `last` are scores and answers."""
        found: dict[str, Any] = {}
        versions: dict[str, str] = {}
        for manifest in (*self.manifests.values(), *last):
            step = manifest.provenance.step
            section = _SECTIONS.get(step, step)
            for key, value in _flat(manifest.provenance.parameters).items():
                name = key if key.startswith("gate.") else f"{section}.{key}"
                # What the steps resolved wins over the `auto` of the settings.
                if not name.startswith(_NO_SETTINGS) and (value != "auto" or name not in found):
                    found[name] = _files(value) if name == "ingest.files" else value
            versions |= manifest.provenance.packages
        return {**found, **{f"version of {name}": version for name, version in sorted(versions.items())}}


_SLICES: Final = ("train", "eval", "holdout")


def _row(row: Mapping[str, Any]) -> RowScore:
    """A row of scores, without fields of other versions."""
    return RowScore.model_validate({name: value for name, value in row.items() if name in RowScore.model_fields})


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Parameters by their dotted names; a section or recipe is passed through without its own."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            inner = prefix if not prefix and key in ("config", "recipe") else f"{prefix}{key}."
            flat |= _flat(value, inner)
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _files(files: Any) -> list[str]:
    """The sources, each with the beginning of its hash."""
    return [f"{name} {digest[:8]}" for name, digest in map(source_of, files)]


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
