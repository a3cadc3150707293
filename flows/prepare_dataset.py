"""From FAQ files to a dataset version."""

from __future__ import annotations

from prefect import flow
from prefect.runtime import deployment

from flows.summary import PreparedDataset
from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import RunConfig
from langkah.errors import ConfigError, LangkahError
from langkah.models import check_llm, resolve_model
from langkah.paraphrase import find_means
from langkah.pii import check_key, check_ner, check_patterns, is_sealed, ner_identity
from langkah.sources import check_allowed, describe_sources, release_sources
from tasks.drafting import compare, has_records, paraphrase, require_records, restructure, structure
from tasks.releasing import assemble, split
from tasks.scrubbing import audit, ingest, scrub
from tasks.steplog import run_step, skip_step, step_log, warn


@flow(name="prepare-dataset", persist_result=False, validate_parameters=True)
def prepare_dataset(data: list[str], config: RunConfig = RunConfig()) -> PreparedDataset:  # noqa: B008
    """Ingest, scrub, structure, paraphrase, review, split and format FAQ files into a dataset version.

    Args:
        data: paths, globs and URLs of the sources; `sql:NAME` for a query of `config.sources.databases`.
        config: the settings of the run.

    Raises:
        ConfigError: a setting of `pii` or `llm` cannot be used here.
        SourceError: a source cannot be read, a deployed run may not read it (`sources.allowed_roots`), or no row is usable.
    """
    drafting = config.structure.restructure == "llm"
    asking = drafting or config.paraphrase.backend == "openai"
    with step_log():
        deployed = bool(deployment.id)
        if deployed:
            check_allowed(data, config.sources)
        if problems := [*check_patterns(config.pii), *check_ner(config.pii), *(check_llm(config.llm) if asking else ())]:
            raise ConfigError(*problems)
        if config.pii.vault:
            check_key()
        files = describe_sources(data, config.sources, bounded=deployed)
        model = resolve_model(config.train.base_model)
        means = find_means(config, model)
        ner = ner_identity(config.pii)
        index = run_step(ingest, files, config.ingest, config.sources, drafting)
        records = run_step(scrub, index, files, config.pii, ner, config.sources)
        if config.pii.vault and not is_sealed(current_workspace().vault_file(records.digest)):
            # The originals are no artifact: they were removed, or the key is another one. Only scrubbing brings them back.
            records = run_step(scrub.with_options(refresh_cache=True), index, files, config.pii, ner, config.sources)
        release_sources(files)
        audited = run_step(audit, records, config.pii, ner)
        procedures = run_step(structure, records, index, config.structure)
        drafts = _draft(procedures, config)
        require_records(procedures, drafts)
        comparison = run_step(compare, procedures, config.split.near_duplicate)
        variants = run_step(paraphrase, procedures, config.paraphrase, means)
        skip_step("review")  # review.mode=auto: what the rules flagged was set aside
        slices = run_step(split, variants, config.split)
        dataset = run_step(assemble, slices, procedures, model, config.chat)
        return PreparedDataset(
            index=index,
            records=records,
            audit=audited,
            procedures=procedures,
            drafts=drafts,
            comparison=comparison,
            variants=variants,
            slices=slices,
            dataset=dataset,
        )


def _draft(procedures: ArtifactRef, config: RunConfig) -> ArtifactRef | None:
    """Have raw answers drafted where that is asked for.

    No later step reads the drafts, so what fails here costs them alone, unless there is nothing else to go on with.
    """
    if config.structure.restructure == "off":
        skip_step("restructure")
        return None
    try:
        return run_step(restructure, procedures, config.llm)
    except (LangkahError, OSError) as error:
        if not has_records(procedures):
            raise
        warn(f"no drafts of raw answers: {error}; the run goes on without them")
        return None
