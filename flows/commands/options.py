"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
PathOption: Final = click.Path(path_type=Path)


def workspace_option(function: F) -> F:
    """Add `--workspace`."""
    return click.option("--workspace", type=PathOption, metavar="DIR", help="Workspace [LANGKAH_HOME or ./.langkah]")(function)


def settings_options(used: str) -> Callable[[F], F]:
    """Add `--config` and `--set`; `used` says which settings count."""
    return _all(
        [
            click.option("--config", "config_file", type=PathOption, metavar="FILE", help=f"YAML settings; {used}"),
            click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting; repeatable."),
        ]
    )


def json_option(told: str) -> Callable[[F], F]:
    """Add `--json FILE`; `told` says what is written."""
    return click.option("--json", "json_file", type=PathOption, metavar="FILE", help=told)


def pipeline_options(function: F) -> F:
    """Add the options that `run` and `prepare` share."""
    options = [
        click.option("--data", multiple=True, metavar="FILE", help="FAQ file, page, glob or URL; repeatable [the sample FAQ]"),
        settings_options("see deployments/runs/"),
        workspace_option,
        json_option("Where the summary of the run goes"),
    ]
    return _all(options)(function)


def page_options(used: str) -> Callable[[F], F]:
    """Add the options of the commands that serve web pages; `used` says which settings count."""
    return _all(
        [
            workspace_option,
            settings_options(used),
            click.option(
                "--host", default="127.0.0.1", show_default=True, help="Address to listen on; others need a token or OIDC."
            ),
            click.option("--port", default=4280, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on."),
            click.option("--reviewer", metavar="NAME", help="Name on what is decided [asked on the page]"),
            click.option("--lang", "language", type=click.Choice(["en", "id"]), help="Language of the pages [the browser's]"),
        ]
    )


def _all(options: Sequence[Callable[[F], F]]) -> Callable[[F], F]:
    """Add options, shown in their order."""

    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add
