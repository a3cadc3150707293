"""`langkah models`, `settings`, `gc` and `doctor`: what can be chosen, what suits this machine, and what it holds or lacks."""

from __future__ import annotations

from typing import Any

import click

from flows.commands.options import PathOption, settings_options, workspace_option
from flows.commands.output import terminal


@click.command()
@click.option("--vram", type=float, metavar="GB", help="Plan for a card of so much memory [this machine's].")
@click.option(
    "--seq", type=click.IntRange(32, 131072), metavar="TOKENS", help="Longest example [2048, or less where none fits]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--catalogue", type=PathOption, metavar="FILE", help="Models of your own [train.catalogue or LANGKAH_CATALOGUE]")
@settings_options("the section train is used.")
@click.option("--ifeval", metavar="MODEL", help="Measure MODEL by IFEval on --ifeval-data instead [needs langkah[ifeval]]")
@click.option("--ifeval-data", type=PathOption, metavar="FILE.jsonl", help="Prompts in the form of the data set google/IFEval.")
@click.option("--ifeval-limit", type=click.IntRange(1), metavar="N", help="Take the first N prompts.")
def models(**options: Any) -> None:
    """Show the models that can be tuned, what each takes, and which one suits this machine or a card of --vram GB."""
    from flows.model_advice import advise_model, measure_model

    if options["ifeval"] or options["ifeval_data"]:
        measure_model(options, click.echo)
    else:
        advise_model(options, click.echo, terminal())


@click.command()
@click.argument("section", required=False)
def settings(section: str | None) -> None:
    """Show what can be set by --set, in a config file and in the run form: all, or of one SECTION."""
    from langkah.config import settings_reference

    click.echo(settings_reference(section))


@click.command()
@click.option(
    "--keep-days", type=click.FloatRange(0, 3650), default=30, show_default=True, help="Leave what was used in so many days."
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--bucket", is_flag=True, help="Of the bucket that LANGKAH_ARTIFACTS names, not of the workspace.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@workspace_option
def gc(**options: Any) -> None:
    """Remove artifacts that neither a champion, the history, watched FAQs nor a running pipeline needs."""
    from flows.garbage import collect_command

    collect_command(options, click.echo)


@click.command()
def doctor() -> int:
    """Say what this machine lacks, and how to get it."""
    from flows.checkup import checkup

    return checkup(terminal())
