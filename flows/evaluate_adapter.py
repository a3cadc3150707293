"""From an adapter to the verdict: generate with base, tuned model and champion, score, decide, report."""

from __future__ import annotations

from prefect import flow

from flows.summary import Evaluation, PreparedDataset
from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import RunConfig
from langkah.evaluation import lexicon_version, load_phrases
from langkah.models import ModelRef, resolve_base
from langkah.models.adapters import find_base, require_own_base
from langkah.models.loading import compute_platform
from langkah.models.vllm_engine import choose_backend
from langkah.registry import ChampionRegistry
from tasks.judging import generate, may_be_mended, score
from tasks.lineage import dataset_of, require_clean
from tasks.rating import publish_ratings
from tasks.reporting import report
from tasks.retiring import retire, retired_count
from tasks.steplog import Renewal, run_step, step_log


@flow(name="evaluate", flow_run_name="evaluate", persist_result=False)
def evaluate_adapter(prepared: PreparedDataset, adapter: ArtifactRef, config: RunConfig = RunConfig()) -> Evaluation:
    """Compare the tuned model with the champion and with its base on the wordings and intents it never saw.

    Args:
        prepared: the dataset version, with what it was made from.
        adapter: the adapter to judge.
        config: the settings of the run.

    Raises:
        ConfigError: the adapter was trained on another base model than that of the settings.
        ContaminationError: the adapter was trained on prompts that the dataset version would judge it by.
        ResourceError: the base model of the champion is not there.
    """
    with step_log():
        store = current_workspace().store
        model = resolve_base(config.train)
        require_own_base(store.manifest(adapter), model)
        require_clean(adapter, prepared.dataset)
        phrases = load_phrases(config.evaluate)
        lexicons = lexicon_version() + (f"+{phrases.digest[:12]}" if phrases else "")
        settings = (
            config.evaluate.max_new_tokens, config.evaluate.batch_size, compute_platform(), config.train.threads,
            choose_backend(config.evaluate.backend),
        )  # fmt: skip

        def answered(name: str, dataset: ArtifactRef, by: ModelRef, tuned: ArtifactRef | None) -> ArtifactRef:
            return run_step(generate, dataset, by, tuned, *settings, name=f"generate-{name}", renewal=Renewal(may_be_mended))

        base = answered("base", prepared.dataset, model, None)
        tuned = answered("tuned", prepared.dataset, model, adapter)
        opponent, answers, retired = _opponent_of(adapter), None, None
        if opponent:
            champion_base = find_base(store.verify(opponent))
            answers = answered("champion", prepared.dataset, champion_base, opponent)
            gone = run_step(retire, prepared.dataset, dataset_of(opponent))
            if retired_count(gone):
                retired = answered("retired", gone, model, adapter)
        scores = run_step(
            score, base, tuned, answers, adapter, opponent, config.evaluate, config.gate, config.pii, lexicons
        )  # fmt: skip
        ratings = publish_ratings(scores, config)
        made = {
            "adapter": adapter, "base": base, "tuned": tuned, "champion": answers, "retired": retired, "scores": scores,
            "ratings": ratings,
        }  # fmt: skip
        lineage = {**prepared.lineage(), **{name: ref for name, ref in made.items() if ref}}
        page = run_step(report, lineage, config)
        return Evaluation(
            base=base,
            tuned=tuned,
            champion=answers,
            champion_adapter=opponent,
            retired=retired,
            scores=scores,
            ratings=ratings,
            report=page,
        )


def _opponent_of(adapter: ArtifactRef) -> ArtifactRef | None:
    """Today's champion; of the champion itself, whom it was promoted over, so that a run done again says the same."""
    champion = ChampionRegistry(current_workspace().champions).champion()
    if champion is None:
        return None
    digest = champion.judged_against if champion.adapter == adapter.digest else champion.adapter
    return ArtifactRef.of("adapter", digest) if digest else None
