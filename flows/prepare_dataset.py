"""From FAQ files to a dataset version."""

from __future__ import annotations

from prefect import flow

from flows.dataset_version import make_dataset
from flows.parameters import FaqFiles, OtherSettings, Settings, WorkspaceFolder
from flows.running import run_in
from flows.settling import settle
from flows.summary import AwaitingReview, PreparedDataset
from langkah.config import RunConfig


@flow(name="prepare-dataset", persist_result=False, validate_parameters=True)
def prepare_dataset(
    data: FaqFiles, config: Settings = RunConfig(), workspace: WorkspaceFolder = None, settings: OtherSettings = ()
) -> PreparedDataset | AwaitingReview:
    """Ingest, scrub, structure, paraphrase, review, split and format FAQ files into a dataset version.

    Args:
        data: FAQ files: paths, globs and URLs, as the worker sees them; `sql:NAME` for a query of `config.sources.databases`.
        config: Settings, step by step; what is left alone has the default of the user's guide.
        workspace: Folder for everything that the run writes; empty: the worker's `LANGKAH_HOME`, else `./.langkah`.
        settings: Any other setting, as `section.key=value`, which wins; `langkah settings` lists all.
    """
    with run_in(workspace):
        return make_dataset(data, settle(config, settings, data))
