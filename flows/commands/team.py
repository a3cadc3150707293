"""`langkah up`, `deploy` and `join`: what a team runs, what it finds in the Prefect UI, and machines that train along."""

from __future__ import annotations

from typing import Any

import click

from flows.commands.options import workspace_option

_Port = click.IntRange(1, 65535)


@click.command()
@click.option("--port", type=_Port, default=4200, show_default=True, help="Port of the Prefect UI.")
@click.option("--review-port", type=_Port, default=4280, show_default=True, help="Port of the review pages.")
@workspace_option
def up(**options: Any) -> None:
    """Run Prefect server, deployments, a worker and the review pages on this machine, until Ctrl-C."""
    from flows.team import run_team

    run_team(options, click.echo)


@click.command()
@click.option(
    "--pool",
    type=click.Choice(["process", "docker", "kubernetes"]),
    default="process",
    show_default=True,
    help="What runs go to.",
)
@click.option("--gpus", type=click.IntRange(1), help="Steps that may use a GPU at once [as before; at first 1].")
@click.option("--notify", metavar="TYPE/NAME", help="Block of Prefect's that tells people of failures and verdicts.")
def deploy(**options: Any) -> None:
    """Bring the Prefect server of PREFECT_API_URL to what deployments/ says: pool, queues, deployments, automations."""
    import os

    from flows.server import check_server
    from langkah.errors import InputError

    if not (api := os.environ.get("PREFECT_API_URL")):
        raise InputError("PREFECT_API_URL: expected the server's address, such as http://127.0.0.1:4200/api")
    check_server(api)
    from flows.deploying import deploy_all

    deploy_all(options["pool"], click.echo, gpus=options["gpus"], notify=options["notify"])


@click.command()
@click.argument("rendezvous", metavar="HOST:PORT")
@click.option("--once", is_flag=True, help="End after the first run.")
@workspace_option
def join(rendezvous: str, once: bool, **options: Any) -> None:
    """Train along with the runs whose train.rendezvous is HOST:PORT (train.nodes > 1), until Ctrl-C.

    The workspace is on a file system that this machine shares with theirs.
    """
    from langkah.artifacts import Workspace
    from langkah.config import parse_config
    from langkah.training.nodes import join_runs

    parse_config({"train": {"rendezvous": rendezvous}})  # or it is told what such an address looks like
    join_runs(rendezvous, Workspace.open(options["workspace"]).work, click.echo, once=once)
