"""Generate answers with the base model, the tuned one and the champion, score them, and decide."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.artifacts.payload_names import ANSWERS, SCORES
from langkah.config import EvaluateConfig, GateConfig, PiiConfig
from langkah.models import ModelRef
from langkah.models.adapters import base_of
from langkah.records import Answer, DatasetRow
from langkah.registry import CLAIM, VERDICT, Claim
from tasks.artifacts import payload, publish_artifact, rows_of
from tasks.caching import STEPS, step, step_key
from tasks.gpu import gpu_place
from tasks.lineage import dataset_of, training_side_of
from tasks.policies import DATA, MODEL
from tasks.publish import FirstNamed, log_records
from tasks.releasing import LENGTHS
from tasks.scrubbing import PII_PACKAGES
from tasks.steplog import report_progress
from tasks.tuning import read_forgetting

if TYPE_CHECKING:
    from langkah.chat import ChatEncoder
    from langkah.models.generation import Generated

EVAL_SLICES = ("eval", "holdout")
RETIRED: Final = "retired"
"""The slice of questions that are no more; they stand in an artifact of their own, and in no score."""
GENERATION_PACKAGES: Final = ("torch", "transformers", "tokenizers", "peft", "vllm")
_HEADROOM = 1.1
"""An answer may be a tenth longer than the 99th percentile of the training answers before it is cut."""


@step(
    version=3,
    rooms=("langkah.models.answering", "langkah.models.vllm_engine", "langkah.models.loading", "langkah.chat.template"),
    policy=MODEL,
    packages=GENERATION_PACKAGES,
    runtime_only=("threads", "batch_size"),
)
def generate(
    dataset: ArtifactRef,
    model: ModelRef,
    adapter: ArtifactRef | None,
    max_new_tokens: int | str,
    batch_size: int,
    platform: str,
    threads: int | str,
    backend: str,
) -> ArtifactRef:
    """Answer every eval and hold-out prompt, or every retired one, with the base model, or with the adapter on it.

    An answer that the workspace has of the same model and adapter is not generated again, whatever dataset it was for, and
    each batch is kept as it is done: an interrupted run loses one.

    Args:
        dataset: the dataset version, or what is retired from one.
        model: the base model.
        adapter: None for the base model's own answers.
        max_new_tokens: where an answer is cut; `auto` follows the training answers.
        batch_size: prompts in one batch.
        platform: device and precision: base and tuned answers are compared on the same one.
        threads: of the CPU.
        backend: what generates, `transformers` or `vllm`.
    """
    from langkah.chat import ChatEncoder
    from langkah.models.answering import AnswerMemory, answer_prompts
    from langkah.models.loading import load_tokenizer

    asked = (RETIRED,) if dataset.kind == RETIRED else EVAL_SLICES
    rows = [(name, row) for name in asked for row in rows_of(dataset, f"{name}.jsonl", DatasetRow)]
    limit = max_new_tokens
    if not isinstance(limit, int):
        limit = math.ceil(_HEADROOM * json.loads(payload(dataset, LENGTHS).read_text(encoding="utf-8"))["answer_p99"])
    encoder = ChatEncoder(load_tokenizer(model))
    makers = {"model": model, "adapter": adapter, "platform": platform, "backend": backend, "ends": encoder.end_tokens}
    work = step_key("generate-answer", STEPS["generate"].version, makers, GENERATION_PACKAGES)
    new: list[int] = []

    def batches(prompts: Sequence[Sequence[int]]) -> Iterator[dict[int, Generated]]:
        new.append(len(prompts))
        return _batches(encoder, prompts, model, adapter, limit, batch_size, threads, backend)

    on_gpu = platform.startswith("cuda")
    with gpu_place(on_gpu), current_workspace().record_cache("answers", work).named() as kept:
        generated = answer_prompts(
            [encoder.prompt_ids(row.prompt) for _, row in rows],
            batches,
            AnswerMemory(kept, encoder.tokenizer),
            limit=limit,
            on_done=lambda done, total: report_progress(done, total, "answers"),
        )
    answers = [
        Answer(
            slice=name,
            intent=row.intent,
            language=row.language,
            prompt=row.prompt,
            reference=row.output,
            prediction=answer.text,
            ended=answer.ended,
            failed=answer.failed,
        )
        for (name, row), answer in zip(rows, generated, strict=True)
    ]
    log_records("answers that failed", FirstNamed(f"{row.slice}/{row.intent}" for row in answers if row.failed))
    return publish_artifact(
        "answers",
        {ANSWERS: answers},
        parameters={"model": model.identity, "max_new_tokens": limit, "backend": backend},
        counts={
            "answers": len(answers),
            "ended": sum(answer.ended for answer in answers),
            "failed": sum(answer.failed is not None for answer in answers),
            "asked": sum(new),
        },
    )


def may_be_mended(answers: ArtifactRef) -> bool:
    """Whether memory was too small for one of these answers: another time it may do."""
    from langkah.models.generation import NO_MEMORY

    return any(answer.failed == NO_MEMORY for answer in rows_of(answers, ANSWERS, Answer))


def _batches(
    encoder: ChatEncoder,
    prompts: Sequence[Sequence[int]],
    model: ModelRef,
    adapter: ArtifactRef | None,
    limit: int,
    batch_size: int,
    threads: int | str,
    backend: str,
) -> Iterator[dict[int, Generated]]:
    """Load the model and answer, batch by batch."""
    from langkah.models.generation import answer_batches
    from langkah.models.loading import load_model, use_threads
    from langkah.models.vllm_engine import vllm_batches

    folder = current_workspace().store.folder(adapter) if adapter else None
    cut: dict[str, Any] = {"max_new_tokens": limit, "end_tokens": encoder.end_tokens}
    if backend == "vllm":
        return vllm_batches(model, folder, encoder.tokenizer, prompts, **cut)
    use_threads(threads)
    loaded = load_model(model, adapter=folder)
    return answer_batches(loaded, encoder.tokenizer, prompts, batch_size=batch_size, **cut)


@step(
    version=5,
    rooms=(
        "langkah.evaluation.scores",
        "langkah.evaluation.judgement",
        "langkah.evaluation.own_steps",
        "langkah.pii.given_away",
    ),
    policy=DATA,
    packages=("nltk", "numpy", "rapidfuzz", "scipy", *PII_PACKAGES),
)
def score(
    base: ArtifactRef,
    tuned: ArtifactRef,
    champion: ArtifactRef | None,
    adapter: ArtifactRef,
    champion_adapter: ArtifactRef | None,
    config: EvaluateConfig,
    gate: GateConfig,
    pii: PiiConfig,
    lexicons: str,
) -> ArtifactRef:
    """Score all systems on both slices, and apply the gate's rules against the champion, or the base where there is none.

    Args:
        base: the base model's answers.
        tuned: the tuned model's.
        champion: the champion's, where there is one.
        adapter: the tuned model's adapter; what it was trained on is told by its lineage.
        champion_adapter: the champion's.
        config: METEOR's phrase table, resamples and seed of the intervals.
        gate: the limits.
        pii: what counts as personal data in an answer.
        lexicons: version of METEOR's word data and digest of the phrase table, for the cache key.
    """
    from langkah.evaluation import Challenger, Champion, compare_slices, judge, load_phrases, score_answers, score_rows
    from langkah.evaluation.comparison import answered
    from langkah.evaluation.meteor import meteor_labels
    from langkah.evaluation.own_steps import own_leads
    from langkah.pii import given_away

    phrases = load_phrases(config)
    systems = {name: ref for name, ref in (("base", base), ("champion", champion), ("tuned", tuned)) if ref}
    answers = {name: rows_of(ref, ANSWERS, Answer) for name, ref in systems.items()}
    rows = {name: score_rows(found, phrases) for name, found in answers.items()}
    scores = {name: score_answers(found, config, rows[name]) for name, found in answers.items()}
    told = ((each.prediction, each.reference, each.language) for each in answers["tuned"])
    challenger = Challenger(
        name=str(adapter),
        rows=rows["tuned"],
        side=training_side_of(adapter),
        own_leads=None if gate.min_own_lead is None else own_leads(answers["tuned"]),
        personal_values=None if gate.max_personal_values is None else sum(given_away(told, pii)),
        forgetting=read_forgetting(adapter).rise,
    )
    opponent = Champion(rows["champion"], training_side_of(champion_adapter)) if champion_adapter else None
    judgement = judge(answers["tuned"], rows["base"], challenger, opponent, gate, config)
    verdict = judgement.verdict
    gains = compare_slices(*answered(rows["base"], rows["tuned"]), config)
    claim = Claim(
        adapter=adapter.digest,
        dataset=dataset_of(adapter).digest,
        base_model=base_of(current_workspace().store.manifest(adapter)).identity,
        judged_against=champion_adapter.digest if champion_adapter else None,
        passed=verdict.passed,
        failed_rules=tuple(rule.name for rule in verdict.rules if not rule.passed),
    )
    record = {
        "metrics": {name: {key: part.model_dump() for key, part in found.items()} for name, found in scores.items()},
        "gains": {name: {key: asdict(gain) for key, gain in found.items()} for name, found in gains.items()},
        "champion": judgement.against_champion,
        "meteor_kinds": meteor_labels((answer.language for answer in answers["base"]), phrases),
        "answers": {name: ref.digest for name, ref in systems.items()},
        "rows": {name: [row.model_dump() for row in found] for name, found in rows.items()},
    }
    return publish_artifact(
        "scores",
        {SCORES: json.dumps(record, indent=1), VERDICT: verdict, CLAIM: claim},
        parameters={"config": config, "gate": gate},
        counts={"answers": len(rows["base"]), "passed": verdict.passed},
    )
