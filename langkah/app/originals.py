"""What a record said before personal data was replaced: shown where a run kept it and this process holds the key."""

from __future__ import annotations

from typing import NamedTuple

from langkah.app.differences import Piece
from langkah.artifacts import Workspace
from langkah.errors import InputError
from langkah.pii import SealedRows, restore
from langkah.review import Entry, Kind


class OriginalText(NamedTuple):
    """A record as it came; changed pieces are what a placeholder stands for."""

    prompt: list[Piece]
    output: list[Piece]

    def __repr__(self) -> str:
        """Tell nothing of the text."""
        return "OriginalText()"


class Originals:
    """The vault of a workspace. Of what is in it, this keeps the places of rows only."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._opened: dict[str, SealedRows] = {}

    def held(self, entry: Entry) -> bool:
        """Whether the original of an item can be shown, and differs from what is reviewed."""
        rows = self._rows(entry)
        return rows is not None and (entry.item.file, entry.item.row) in rows

    def of(self, entry: Entry) -> OriginalText | None:
        """The original of an item; None where there is none."""
        rows, item = self._rows(entry), entry.item
        if rows is None or (item.file, item.row) not in rows:
            return None
        try:
            values = rows.originals(item.file, item.row)
        except InputError:  # sealed anew in this moment
            return None
        asked, answered = (
            [Piece(text, original) for text, original in restore(text, field, values)]
            for field, text in (("prompt", item.prompt), ("output", item.output if item.before is None else item.before))
        )
        return OriginalText(asked, answered)

    def _rows(self, entry: Entry) -> SealedRows | None:
        if entry.vault is None or entry.item.kind is Kind.variant:
            return None
        known = self._opened.get(entry.vault)
        try:
            if known is None or not known.fresh():
                known = self._opened[entry.vault] = SealedRows(self._workspace.vault_file(entry.vault))
        except InputError:  # no file, no key, or another one
            return None
        return known
