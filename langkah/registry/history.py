"""The registry of champions: a folder with one numbered JSON file for each event, which nothing changes once it is there.

An entry is written beside its place and linked into it when it is whole, so that a reader never sees a half of one and a
number is taken once. Whoever appends holds a lock on the folder from reading the history to writing the entry; the system
lifts it when a process dies.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import FileLock
from pydantic import ValidationError

from langkah.errors import ArtifactError, InputError, StaleChallengerError
from langkah.registry.entries import Candidate, Entry, Judged, line_of_champions, withdrawn

_SHORT: Final = 12


class ChampionRegistry:
    """The champions of one workspace; `folder` is made with the first entry."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def history(self) -> tuple[Entry, ...]:
        """All entries, in order.

        Raises:
            ArtifactError: an entry is damaged, or one is missing.
        """
        found: list[Entry] = []
        for number, path in enumerate(sorted(self.folder.glob("[0-9]*.json")), 1):
            try:
                entry = Entry.model_validate_json(path.read_bytes())
            except ValidationError:
                raise ArtifactError(f"{path}: damaged entry of the registry; bring it back from a backup") from None
            except OSError as error:
                raise ArtifactError(f"{path}: entry of the registry that cannot be read: {error.strerror}") from None
            if entry.number != number or path != self._place(number):
                raise ArtifactError(f"{self._place(number)}: missing entry of the registry; bring it back from a backup")
            found.append(entry)
        return tuple(found)

    def champion(self) -> Entry | None:
        """The entry that made today's champion; None where there is none yet.

        Raises:
            ArtifactError: as `history`.
        """
        line = line_of_champions(self.history())
        return line[-1] if line else None

    def propose(self, candidate: Candidate, by: str, *, again: bool = True) -> Entry:
        """Make the candidate champion if the gate passed it; otherwise note the refusal, and leave the champion alone.

        Args:
            candidate: the adapter and its verdict.
            by: who proposes it.
            again: whether one that was rolled back from, and that no person promoted since, may come back.

        Returns:
            The new entry; the roll-back that stands in the way; that of today's champion where the candidate is that already;
            or that of the same refusal, where the same scores were refused beside the same champion before.

        Raises:
            StaleChallengerError: it passed against another champion than today's; the refusal is in the history.
            ArtifactError: as `history`.
        """
        with self._appending() as history:
            line = line_of_champions(history)
            today = line[-1] if line else None
            if today and today.adapter == candidate.adapter:
                return today
            if not again and (stands := withdrawn(history, candidate.adapter)):
                return stands
            previous = today.adapter if today else None
            stale = candidate.passed and candidate.judged_against != previous
            reason = f"the gate did not pass it: {', '.join(candidate.failed_rules)}" if not candidate.passed else ""
            if stale:
                reason = (
                    f"it was judged against {_named(candidate.judged_against)}, and the champion is now {_named(previous)}:"
                    " evaluate it again (the same `langkah run`; what is done is cached), and promote it then"
                )
            told = {"event": "refused" if reason else "promoted", "previous": previous, "reason": reason}
            entry = next((each for each in history if reason and _same(each, candidate, told)), None)
            entry = entry or self._append(history, candidate.plain(), by=by, **told)
        if stale:
            raise StaleChallengerError(f"adapter {candidate.adapter[:_SHORT]} is not promoted: {reason}")
        return entry

    def roll_back(
        self, by: str, to: str | None = None, reason: str = "", check: Callable[[Entry], object] | None = None
    ) -> Entry:
        """Make an earlier champion the champion again.

        Args:
            by: who does it.
            to: beginning of the digest of an adapter that was champion once; None: the one before today's.
            reason: why, for the history.
            check: called with the entry to go back to before anything is written; what it raises keeps the champion.

        Raises:
            InputError: there is no champion before, no such one, or it is today's.
            ArtifactError: as `history`.
        """
        with self._appending() as history:
            line = line_of_champions(history)
            if not line:
                raise InputError("roll-back: no adapter was ever promoted here")
            today = line[-1]
            if to is None:
                if len(line) == 1:
                    raise InputError(f"roll-back: {_named(today.adapter)} is the first champion; expected one before it")
                wanted = line[-2]
            else:
                wanted = _one_of([entry for entry in history if entry.event != "refused"], to)
            if wanted.adapter == today.adapter:
                raise InputError(f"roll-back: {_named(today.adapter)} is the champion already")
            if check:
                check(wanted)
            told = {"event": "rolled back", "previous": today.adapter, "reason": reason}
            return self._append(history, wanted.plain(), by=by, **told)

    @contextmanager
    def _appending(self) -> Generator[tuple[Entry, ...]]:
        """The history, which nobody else appends to in the block."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            for left in self.folder.glob(".draft-*"):  # of a process that was killed
                left.unlink()
            yield self.history()

    def _append(self, history: tuple[Entry, ...], judged: Judged, **told: Any) -> Entry:
        number = len(history) + 1
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        plain: dict[str, Any] = {name: _plain(told[name]) for name in ("by", "reason")}
        entry = Entry(number=number, at=at, **judged.model_dump(), **{**told, **plain})
        draft = self.folder / f".draft-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            with draft.open("x", encoding="utf-8") as handle:
                handle.write(entry.model_dump_json(indent=1) + "\n")
                handle.flush()
                os.fsync(handle.fileno())
            self._link(draft, self._place(number))
        finally:
            draft.unlink(missing_ok=True)
        return entry

    @staticmethod
    def _link(draft: Path, place: Path) -> None:
        """Put a whole entry into its place, unless that is taken."""
        try:
            os.link(draft, place)
        except FileExistsError:  # a file system on which locks do not hold
            raise ArtifactError(f"{place}: another process appended meanwhile; try again") from None
        except OSError:  # a file system without hard links: the lock alone keeps the place free
            draft.rename(place)

    def _place(self, number: int) -> Path:
        return self.folder / f"{number:06d}.json"


def _plain(text: str) -> str:
    """A text that stays on its line of the history, and that UTF-8 has bytes for."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _same(entry: Entry, candidate: Candidate, told: Mapping[str, Any]) -> bool:
    return entry.plain() == candidate.plain() and all(getattr(entry, name) == value for name, value in told.items())


def _one_of(entries: list[Entry], beginning: str) -> Entry:
    """The last entry of the one adapter whose digest begins so."""
    found = {entry.adapter: entry for entry in entries if beginning and entry.adapter.startswith(beginning)}
    if len(found) != 1:
        how = "several champions begin" if found else "no champion ever began"
        raise InputError(f"roll-back: {how} with {beginning[:_SHORT]}; `langkah champion` lists them")
    return next(iter(found.values()))


def _named(adapter: str | None) -> str:
    return f"adapter {adapter[:_SHORT]}" if adapter else "the base model"
