"""Which FAQs are new, changed or gone since another time: by their content, under keys that one workspace alone can make."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pydantic import Field

from langkah.config import IngestConfig, SourcesConfig
from langkah.records import Record, RowStatus
from langkah.sources.files import SourceFile
from langkah.sources.index import RowIndex, intent_identity, read_accepted


class FaqFingerprint(Record):
    """One FAQ without its text. An HMAC-SHA256 each, in hexadecimal, since a plain hash of a short text can be guessed."""

    faq: str = Field(description="of its identity: source and id where its rows have one, else the normalized prompt")
    content: str = Field(description="of language, prompt and answer of all its rows, in any order")


class FaqChanges(Record):
    """How many FAQs differ from another time."""

    added: int = Field(default=0, ge=0)
    changed: int = Field(default=0, ge=0)
    retired: int = Field(default=0, ge=0)
    unchanged: int = Field(default=0, ge=0)

    @property
    def total(self) -> int:
        """Those that call for a re-training."""
        return self.added + self.changed + self.retired

    def __str__(self) -> str:
        """For logs and pages."""
        return f"{self.added} added, {self.changed} changed, {self.retired} retired, {self.unchanged} unchanged"


def fingerprint_faqs(
    files: Sequence[SourceFile], config: IngestConfig, sources: SourcesConfig, secret: bytes, *, flagged: bool = False
) -> list[FaqFingerprint]:
    """Read the FAQs that would enter a dataset, and keep a fingerprint of each, in the order of their keys.

    Args:
        files: from `describe_sources`.
        config: which rows are taken.
        sources: how they are read.
        secret: the workspace's.
        flagged: whether rows that need a person count too, as where one decides on them.

    Raises:
        SourceError: a source cannot be read, or is not what was described.
        OSError: a network that may answer the next time.
    """
    statuses = (RowStatus.accepted, RowStatus.flagged) if flagged else (RowStatus.accepted,)
    contents: defaultdict[str, set[str]] = defaultdict(set)
    for row in read_accepted(files, RowIndex(files, config, sources), sources, statuses):
        contents[_keyed(secret, *intent_identity(row))].add(_keyed(secret, row.language, row.prompt, row.output))
    return [FaqFingerprint(faq=faq, content=_keyed(secret, *sorted(found))) for faq, found in sorted(contents.items())]


def compare_faqs(before: Iterable[FaqFingerprint], now: Iterable[FaqFingerprint]) -> FaqChanges:
    """Count what differs; fingerprints of two workspaces have nothing in common."""
    old, new = ({each.faq: each.content for each in faqs} for faqs in (before, now))
    both = old.keys() & new.keys()
    changed = sum(old[faq] != new[faq] for faq in both)
    return FaqChanges(
        added=len(new) - len(both), changed=changed, retired=len(old) - len(both), unchanged=len(both) - changed
    )  # fmt: skip


def _keyed(secret: bytes, *parts: str) -> str:
    return hmac.new(secret, json.dumps(parts).encode("ascii"), hashlib.sha256).hexdigest()
