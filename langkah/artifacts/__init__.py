"""The content-addressed store of everything that a run makes.

A dataset version, an adapter, a set of answers and a report are directories named by the digest of their payload
files. Steps exchange an `ArtifactRef`, never the rows themselves.
"""

from langkah.artifacts.bucket import BUCKET_VARIABLE, open_bucket
from langkah.artifacts.garbage import (
    Garbage,
    find_garbage,
    hold,
    oldest_open_run,
    open_run,
    remove_drafts,
    remove_garbage,
)
from langkah.artifacts.lineage import made_of, source_of, sources_of, trace
from langkah.artifacts.manifest import Manifest, Provenance
from langkah.artifacts.record_cache import RecordCache
from langkah.artifacts.ref import ArtifactRef
from langkah.artifacts.runs import Run, find_run, list_runs, match_run
from langkah.artifacts.store import ArtifactStore, Draft, last_change
from langkah.artifacts.workspace import Workspace, current_workspace, use_workspace

__all__ = [
    "BUCKET_VARIABLE",
    "ArtifactRef",
    "ArtifactStore",
    "Draft",
    "Garbage",
    "Manifest",
    "Provenance",
    "RecordCache",
    "Run",
    "Workspace",
    "current_workspace",
    "find_garbage",
    "find_run",
    "hold",
    "last_change",
    "list_runs",
    "made_of",
    "match_run",
    "oldest_open_run",
    "open_bucket",
    "open_run",
    "remove_drafts",
    "remove_garbage",
    "source_of",
    "sources_of",
    "trace",
    "use_workspace",
]
