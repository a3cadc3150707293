"""`langkah report`: what runs found, one alone or several side by side."""

from __future__ import annotations

from typing import Any

import click

from flows.commands.options import PathOption, json_option, workspace_option
from flows.commands.output import terminal


@click.command()
@click.argument("which", metavar="[RUN]...", nargs=-1)
@click.option("--out", type=PathOption, metavar="FILE.html", help="Where the page goes [the workspace]")
@json_option("Where the figures go")
@workspace_option
def report(**options: Any) -> None:
    """Show a run's summary and where its page is, or compare several runs.

    RUN is the id of a run, its beginning, or `scores/...` as its report names it; the last one where none is named. Of several,
    the first is the one that the others are compared with, on the prompts that both answered.
    """
    from flows.reports import report_runs

    report_runs(options, terminal())
