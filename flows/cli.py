"""The command line, `langkah`: what is called, and how what fails is told."""

from __future__ import annotations

import signal
import sys
from typing import Any

import click

from flows.commands import COMMANDS
from langkah.errors import InputError, LangkahError, UnforeseenError


def main() -> None:
    """Run the command line; bad input ends with exit code 2, anything else that fails with 1, in a line each."""
    # What stops a container or a service: end as with Ctrl-C, so that nothing is left behind.
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code: Any = langkah.main(arguments, prog_name="langkah", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 0
    except click.ClickException as error:
        return _fail(2, error.format_message() + _hint(error))
    except InputError as error:
        return _fail(2, *error.problems)
    except LangkahError as error:
        return _fail(1, str(error))
    except (click.Abort, KeyboardInterrupt):
        return _fail(1, "interrupted; what is finished is kept: run again to go on")
    except OSError as error:
        return _fail(1, f"{error.strerror or type(error).__name__}; what is finished is kept: run again to go on")
    except Exception as error:
        return _fail(1, f"{UnforeseenError.of(error)}; `langkah doctor` checks this machine")
    return code if isinstance(code, int) else 0


def _hint(error: click.ClickException) -> str:
    """Say what a person who made this mistake most likely wanted."""
    command = error.ctx.command if isinstance(error, click.UsageError) and error.ctx else None
    if isinstance(command, click.Group):
        return f" Commands: {', '.join(sorted(command.commands))}."
    if (
        command
        and "unexpected extra argument" in error.format_message()
        and any(each.name == "data" for each in command.params)
    ):
        return ": files are given by --data FILE, settings by --set section.key=value"
    return ""


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _fail(code: int, *problems: str) -> int:
    for problem in problems:
        click.echo(f"langkah: {' '.join(problem.split())}", err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="langkah")
def langkah() -> None:
    """Turn FAQ files into a fine-tuned model that answers in numbered steps, and see whether it is better."""


for _command in COMMANDS:
    langkah.add_command(_command)


if __name__ == "__main__":
    main()
