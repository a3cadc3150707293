"""Readers of FAQ files, and the index of what becomes of every row.

`describe_files` checks and hashes the files, `build_index` gives every row one status and keeps no text, `usable`
refuses a file without a usable row, `read_accepted` reads what the index accepts. `read_rows` gives all rows of one file
with all their fields.
"""

from langkah.sources.columns import Columns, find_columns
from langkah.sources.describe import describe_files
from langkah.sources.files import SourceFile
from langkah.sources.index import build_index, read_accepted, usable
from langkah.sources.raw import RawRecord, language_of
from langkah.sources.rows import SourceRow, read_rows

__all__ = [
    "Columns",
    "RawRecord",
    "SourceFile",
    "SourceRow",
    "build_index",
    "describe_files",
    "find_columns",
    "language_of",
    "read_accepted",
    "read_rows",
    "usable",
]
