"""`langkah promote`, `langkah roll-back` and `langkah champion`: no Prefect server is needed to bring an old model back."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from typing import Any

from flows.opening import open_workspace
from langkah.errors import InputError
from langkah.registry import ChampionRegistry, Entry, promote, roll_back


def promote_command(options: dict[str, Any], say: Callable[[str], None]) -> None:
    """Promote the adapter that is meant, and say what became of it.

    Raises:
        InputError: no such run or adapter.
        StaleChallengerError: it was judged against another champion than today's.
    """
    say(str(promote(open_workspace(options["workspace"]), options["which"], options["by"] or _user())))


def roll_back_command(options: dict[str, Any], say: Callable[[str], None]) -> None:
    """Roll back, and say to what.

    Raises:
        InputError: there is nothing to go back to.
    """
    say(str(roll_back(open_workspace(options["workspace"]), options["adapter"], options["by"] or _user(), options["reason"])))


def show_champions(options: dict[str, Any], say: Callable[[str], None]) -> None:
    """Show today's champion and the history, an event a line, or as JSON."""
    registry = ChampionRegistry(open_workspace(options["workspace"]).champions)
    history, champion = registry.history(), registry.champion()
    if options["as_json"]:
        events = [entry.model_dump(mode="json") for entry in history]
        say(json.dumps({"champion": champion and champion.adapter, "history": events}, indent=1))
        return
    say(str(champion) if champion else "no champion yet: `langkah promote` makes one of what the gate passed")
    for entry in history:
        say(_line(entry))


def _line(entry: Entry) -> str:
    why = f": {entry.reason}" if entry.reason else ""
    return f"{entry.number:>5}  {entry.at[:19]}  {entry.event:<11}  {entry.adapter[:12]}  by {entry.by}{why}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container's user may have none
        raise InputError("--by: this user has no name; add --by NAME") from None
