"""From FAQ files to a dataset version."""

from __future__ import annotations

from prefect import flow

from flows.base_model import pin_base_model
from flows.dataset_version import make_dataset
from flows.summary import AwaitingReview, PreparedDataset
from langkah.config import RunConfig
from tasks.steplog import step_log


@flow(name="prepare-dataset", persist_result=False, validate_parameters=True)
def prepare_dataset(data: list[str], config: RunConfig = RunConfig()) -> PreparedDataset | AwaitingReview:
    """Ingest, scrub, structure, paraphrase, review, split and format FAQ files into a dataset version.

    Args:
        data: FAQ files: paths, globs and URLs, as the worker sees them; `sql:NAME` for a query of `config.sources.databases`.
        config: Settings, step by step; what is left alone has the default of the user's guide.
    """
    with step_log():
        return make_dataset(data, pin_base_model(config))
