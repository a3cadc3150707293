"""Readers of FAQ sources (files, pages, URLs, database queries), and the index of what becomes of every row.

`describe_sources` finds, checks and hashes the sources, `build_index` gives every row one status and keeps no text, `usable`
refuses a table without a usable row, `read_accepted` reads what the index accepts. `read_rows` gives all rows of one source
with all their fields; `release_sources` lets go what is held of live sources in between. `check_allowed` is for runs that may
not read everything. `fingerprint_faqs` and `compare_faqs` tell what is new since another time.
"""

from langkah.sources.changes import FaqChanges, FaqFingerprint, compare_faqs, fingerprint_faqs
from langkah.sources.columns import Columns, find_columns
from langkah.sources.describe import describe_sources
from langkah.sources.files import SourceFile, read_rows, release_sources
from langkah.sources.formats.page_rows import NO_PROCEDURE
from langkah.sources.index import RowFlag, RowIndex, build_index, read_accepted, usable
from langkah.sources.raw import RawRecord, language_of
from langkah.sources.roots import check_allowed
from langkah.sources.rows import SourceRow

__all__ = [
    "NO_PROCEDURE",
    "Columns",
    "FaqChanges",
    "FaqFingerprint",
    "RawRecord",
    "RowFlag",
    "RowIndex",
    "SourceFile",
    "SourceRow",
    "build_index",
    "check_allowed",
    "compare_faqs",
    "describe_sources",
    "find_columns",
    "fingerprint_faqs",
    "language_of",
    "read_accepted",
    "read_rows",
    "release_sources",
    "usable",
]
