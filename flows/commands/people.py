"""`langkah review` and `langkah rate`: web pages on which people decide."""

from __future__ import annotations

from typing import Any

import click

from flows.commands.options import PathOption, page_options


@click.command()
@page_options("review.database is used.")
@click.option("--run", "run_id", metavar="ID", help="The run to export [the last]")
@click.option("--export", "export_file", type=PathOption, metavar="FILE", help="Write the queue to FILE.xlsx or .csv, and end.")
@click.option("--import", "import_file", type=PathOption, metavar="FILE", help="Take the decisions of such a file, and end.")
def review(**options: Any) -> None:
    """Approve, mend or reject what waits for a person, on a web page or by spreadsheet."""
    from flows.reviewing import review_queue

    review_queue(options, click.echo)


@click.command()
@click.argument("run_id", metavar="[RUN]", required=False)
@page_options("the section rate and review.database are used.")
@click.option("--export", "export_file", type=PathOption, metavar="FILE.jsonl", help="Write the ratings to FILE, and end.")
@click.option(
    "--import", "import_file", type=PathOption, metavar="FILE.jsonl", help="Take the ratings of such a file, and end."
)
def rate(**options: Any) -> None:
    """Have people rate a run's answers from 1 to 5 on a web page, without telling whose answers they are.

    RUN is the id of a run, or `scores/...` as its report names it; the last one where it is left out. `langkah run`, called
    again with the same options, puts the ratings into its report.
    """
    from flows.rating import rate_answers

    rate_answers(options, click.echo)
