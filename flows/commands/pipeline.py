"""`langkah run` and `langkah prepare`."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.commands.options import pipeline_options
from flows.commands.output import check_writable, terminal, write_json
from langkah.errors import InputError

if TYPE_CHECKING:
    from langkah.artifacts import Workspace
    from langkah.config import RunConfig

SAMPLE = Path(__file__).parents[2] / "examples" / "shop-faq-en.jsonl"


@click.command()
@pipeline_options
def run(**options: Any) -> None:
    """Run the whole pipeline: dataset, adapter, evaluation, report."""
    data, config, workspace = _checked(options)
    summary = _execute(workspace, "finetune", data, config, options["json_file"])
    from flows.run_end import print_run

    print_run(terminal(), summary, workspace, config)


@click.command()
@pipeline_options
def prepare(**options: Any) -> None:
    """Run the pipeline up to the dataset version."""
    data, config, workspace = _checked(options)
    summary = _execute(workspace, "prepare", data, config, options["json_file"])
    from flows.run_end import print_run

    print_run(terminal(), summary, workspace, config)


def _checked(options: dict[str, Any]) -> tuple[list[str], RunConfig, Workspace]:
    """Check settings, input, output and workspace before anything starts, and name all problems at once."""
    from flows.demands import unmet_demands
    from langkah.artifacts import Workspace
    from langkah.config import RunConfig, load_config
    from langkah.sources import describe_sources, release_sources

    problems: list[str] = []
    config = RunConfig()
    data: list[str] = list(options["data"])
    if not data and SAMPLE.is_file():
        data = [str(SAMPLE)]
    if not data:
        problems.append("--data: expected at least one FAQ file")

    def check(what: Callable[[], Any]) -> Any:
        try:
            return what()
        except InputError as error:
            problems.extend(error.problems)
            return None

    config = check(lambda: load_config(options["config_file"], options["settings"])) or config
    release_sources(check(lambda: describe_sources(data, config.sources) if data else ()) or ())
    check(lambda: check_writable(options["json_file"], data))
    problems.extend(unmet_demands(config))
    if not problems:
        check(lambda: _trainable(config))
    if problems:
        raise InputError(*problems)
    if not options["data"]:
        click.echo(f"No --data given: this is the sample FAQ of an invented online shop, {SAMPLE}")
    return data, config, Workspace.open(options["workspace"])


def _trainable(config: RunConfig) -> None:
    """Check that the base model is there and that the backend runs on this machine."""
    from langkah.models import resolve_base
    from langkah.training import choose_backend

    resolve_base(config.train)
    choose_backend(config.train)


def _execute(workspace: Workspace, what: str, data: list[str], config: RunConfig, json_file: Path | None) -> dict[str, Any]:
    """Run a flow with its steps shown; write its summary, or how far it came, and return it."""
    from flows.console import StepConsole
    from flows.engine import prefect_engine

    run_id = uuid.uuid4().hex[:12]
    console = terminal()
    listener = StepConsole(console)
    summary: dict[str, Any] = {}
    if json_file:
        json_file.unlink(missing_ok=True)  # the summary of an earlier run is not this one's
    try:
        with ExitStack() as stack:
            with console.status("starting Prefect ..."):
                stack.enter_context(prefect_engine(workspace))
                from flows.local import run_locally
            stack.callback(listener.stop)
            summary = run_locally(what, data, config, workspace, listener)
            return summary
    finally:
        steps = [outcome.model_dump() for outcome in listener.outcomes]
        summary = {"run_id": run_id, **summary, "steps": steps}
        write_json(workspace.run_folder(run_id) / "summary.json", summary)
        write_json(json_file, summary)
