"""How a dataset version is made: drafted, reviewed, released. A deployed flow suspends between the last two."""

from __future__ import annotations

from prefect.runtime import deployment

from flows.review_gate import await_review, is_resumed
from flows.summary import AwaitingReview, DraftedDataset, PreparedDataset
from langkah.artifacts import ArtifactRef, current_workspace
from langkah.config import RunConfig
from langkah.errors import LangkahError, LlmError
from langkah.models import resolve_base
from langkah.paraphrase import Means, find_means
from langkah.pii import is_sealed, ner_identity
from langkah.sources import describe_sources, release_sources
from tasks.drafting import has_records, require_records, restructure
from tasks.lineage import recorded_sides
from tasks.paraphrasing import may_be_mended, paraphrase, paraphrase_counts
from tasks.releasing import assemble, split
from tasks.reviewing import collect, read_approvals, release
from tasks.scrubbing import audit, ingest, scrub
from tasks.steplog import Renewal, run_step, skip_step, warn
from tasks.structuring import compare, structure


def make_dataset(data: list[str], config: RunConfig) -> PreparedDataset | AwaitingReview:
    """Draft a dataset, have it reviewed as `review.mode` says, and release it.

    Returns:
        The dataset version; or, outside a deployment, what the review still waits for.

    Raises:
        SourceError: a source cannot be read, or no row is usable.
    """
    drafted = draft_dataset(data, config)
    if config.review.mode == "auto":
        skip_step("review")  # what the rules flagged was set aside
        return release_dataset(drafted, config)
    reviewed = await_review(drafted, config)
    return reviewed if isinstance(reviewed, AwaitingReview) else release_dataset(reviewed, config)


def draft_dataset(data: list[str], config: RunConfig) -> DraftedDataset:
    """Ingest, scrub and structure the sources, and paraphrase what may enter a dataset."""
    drafting = config.structure.restructure == "llm"
    files = describe_sources(data, config.sources, bounded=bool(deployment.id))
    means = find_means(config, resolve_base(config.train))
    ner = ner_identity(config.pii)
    # Raw answers are of use where somebody can put them into steps.
    mendable = drafting or config.review.mode != "auto"
    try:
        index = run_step(ingest, files, config.ingest, config.sources, mendable)
        renewal = Renewal(_unsealed) if config.pii.vault else None
        records = run_step(scrub, index, files, config.pii, ner, config.sources, config.runner, config.cluster, renewal=renewal)
    finally:
        release_sources(files)
    audited = run_step(audit, records, config.pii, ner)
    procedures = run_step(structure, records, index, config.structure)
    drafts = _restructured(procedures, config)
    candidates = None
    if config.review.mode == "auto":
        require_records(procedures, drafts)
    else:
        candidates = run_step(collect, records, procedures, drafts)
    comparison = run_step(compare, procedures, config.split.near_duplicate)
    variants = _paraphrased(candidates or procedures, config, means)
    return DraftedDataset(
        index=index,
        records=records,
        audit=audited,
        procedures=procedures,
        drafts=drafts,
        comparison=comparison,
        candidates=candidates,
        variants=variants,
    )


def release_dataset(drafted: DraftedDataset, config: RunConfig) -> PreparedDataset:
    """Split and format what was drafted: all that the rules kept, or what the review let in."""
    model = resolve_base(config.train)
    released = None
    if drafted.candidates:
        assert drafted.rulings
        released = run_step(
            release, drafted.candidates, drafted.variants, drafted.rulings, drafted.procedures, config.review.queues
        )
        require_records(released, None)
    rows = released or drafted.variants
    slices = run_step(split, rows, config.split, recorded_sides(rows, config.split))
    approvals = read_approvals(released, drafted.procedures, drafted.variants)
    dataset = run_step(assemble, slices, released or drafted.procedures, model, config.chat, approvals)
    return PreparedDataset(**dict(drafted), released=released, slices=slices, dataset=dataset)


def _unsealed(records: ArtifactRef) -> bool:
    """Whether the originals are gone: they are no artifact, and if they were removed, or the key is another one, only
    scrubbing brings them back."""
    return not is_sealed(current_workspace().vault_file(records.digest))


def _paraphrased(source: ArtifactRef, config: RunConfig, means: Means) -> ArtifactRef:
    """Have prompts paraphrased; what an endpoint failed to answer is asked again by the next run, not by one that resumes."""
    renewal = Renewal(may_be_mended, (LlmError,)) if means.llm and not is_resumed() else None
    variants = run_step(paraphrase, source, config.paraphrase, means, renewal=renewal)
    counts = paraphrase_counts(variants)
    if counts["failed"] or counts["unreadable"]:
        again = "; the next run asks again for what is missing" if means.llm and may_be_mended(variants) else ""
        warn(
            f"paraphrase: {counts['failed']} requests failed and {counts['unreadable']} replies could not be read;"
            f" {counts['accepted']} of {counts['proposed']} proposed paraphrases are in,"
            f" {counts['short']} prompts have fewer than they are due{again}"
        )
    return variants


def _restructured(procedures: ArtifactRef, config: RunConfig) -> ArtifactRef | None:
    """Have raw answers drafted where that is asked for.

    No later step needs the drafts, so what fails here costs them alone, unless there is nothing else to go on with.
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
