"""`langkah promote`, `langkah roll-back`, `langkah champion` and `langkah lineage`."""

from __future__ import annotations

from typing import Any

import click

from flows.commands.options import workspace_option


@click.command()
@click.argument("which", required=False, metavar="[RUN|ADAPTER]")
@click.option("--by", metavar="NAME", help="Who does it, for the history [the system's user]")
@workspace_option
def promote(**options: Any) -> None:
    """Make an adapter champion, if the gate passed it against today's.

    RUN is the id of a run, ADAPTER the beginning of an adapter's digest or its folder; without either, the last run.
    """
    from flows.champions import promote_command

    promote_command(options, click.echo)


@click.command("roll-back")
@click.argument("adapter", required=False)
@click.option("--reason", default="", metavar="TEXT", help="Why, for the history.")
@click.option("--by", metavar="NAME", help="Who does it, for the history [the system's user]")
@workspace_option
def roll_back(**options: Any) -> None:
    """Make an earlier champion the champion again: the one before today's, or ADAPTER, the beginning of its digest."""
    from flows.champions import roll_back_command

    roll_back_command(options, click.echo)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@workspace_option
def champion(**options: Any) -> None:
    """Show today's champion and how it came to be: promotions, refusals, roll-backs."""
    from flows.champions import show_champions

    show_champions(options, click.echo)


@click.command()
@click.argument("which", required=False, metavar="[ADAPTER|RUN]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@workspace_option
def lineage(**options: Any) -> None:
    """Show what an adapter was made of, back to the FAQ files: today's champion, or the last run's where there is none.

    ADAPTER is the beginning of an adapter's digest or its folder, RUN the id of a run.
    """
    from flows.lineage import show_lineage

    show_lineage(options, click.echo)
