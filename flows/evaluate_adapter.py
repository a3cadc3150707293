"""From an adapter to the verdict: generate with base and tuned model, score, decide, report."""

from __future__ import annotations

from prefect import flow

from flows.summary import Evaluation, PreparedDataset
from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import RunConfig
from langkah.evaluation import lexicon_version, load_phrases
from langkah.models import resolve_base
from langkah.models.adapters import require_own_base
from langkah.models.loading import compute_platform
from tasks.judging import generate, score
from tasks.reporting import report
from tasks.steplog import run_step, step_log


@flow(name="evaluate-adapter", flow_run_name="evaluate-adapter", persist_result=False)
def evaluate_adapter(prepared: PreparedDataset, adapter: ArtifactRef, config: RunConfig = RunConfig()) -> Evaluation:  # noqa: B008
    """Compare the tuned model with its base on the wordings and intents it never saw.

    Args:
        prepared: the dataset version, with what it was made from.
        adapter: the adapter to judge.
        config: the settings of the run.

    Raises:
        ConfigError: the adapter was trained on another base model than that of the settings.
    """
    with step_log():
        model = resolve_base(config.train)
        require_own_base(current_workspace().store.manifest(adapter), model)
        phrases = load_phrases(config.evaluate)
        lexicons = lexicon_version() + (f"+{phrases.digest[:12]}" if phrases else "")
        settings = (
            config.evaluate.max_new_tokens, config.evaluate.batch_size, compute_platform(), config.train.threads,
        )  # fmt: skip
        base = run_step(generate, prepared.dataset, model, None, *settings, name="generate-base")
        tuned = run_step(generate, prepared.dataset, model, adapter, *settings, name="generate-tuned")
        scores = run_step(score, base, tuned, config.evaluate, config.gate, lexicons)
        lineage = {**prepared.lineage(), "adapter": adapter, "base": base, "tuned": tuned, "scores": scores}
        page = run_step(report, lineage, config)
        return Evaluation(base=base, tuned=tuned, scores=scores, report=page)
