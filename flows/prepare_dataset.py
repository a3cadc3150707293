"""From FAQ files to a dataset version."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from flows.summary import PreparedDataset
from langkah.config import RunConfig
from langkah.models import resolve_model
from langkah.sources import describe_files
from tasks.drafting import ingest, paraphrase, scrub, structure
from tasks.releasing import assemble, split
from tasks.steplog import run_step, skip_step, step_log


@flow(name="prepare-dataset", persist_result=False, validate_parameters=True)
def prepare_dataset(data: list[str], config: RunConfig = RunConfig()) -> PreparedDataset:  # noqa: B008
    """Ingest, scrub, structure, paraphrase, review, split and format FAQ files into a dataset version.

    Args:
        data: paths of the FAQ files.
        config: the settings of the run.
    """
    with step_log():
        files = describe_files([Path(path) for path in data])
        model = resolve_model(config.train.base_model)
        index = run_step(ingest, files, config.ingest)
        records = run_step(scrub, index, files, config.pii)
        procedures = run_step(structure, records)
        variants = run_step(paraphrase, procedures, config.paraphrase)
        skip_step("review")  # review.mode=auto: what the rules flagged was set aside by ingest
        slices = run_step(split, variants, config.split)
        dataset = run_step(assemble, slices, index, model, config.chat)
        return PreparedDataset(index=index, records=records, variants=variants, slices=slices, dataset=dataset)
