"""`langkah lineage`: from an adapter back to the FAQ files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flows.opening import open_workspace
from langkah.artifacts import ArtifactRef, Manifest, Workspace, find_run, made_of, sources_of, trace
from langkah.errors import InputError
from langkah.registry import ChampionRegistry


def show_lineage(options: dict[str, Any], say: Callable[[str], None]) -> None:
    """Show what an adapter was made of, an artifact a line and the adapter first, or as JSON.

    Raises:
        InputError: no such adapter or run, or nothing was trained here.
        ArtifactError: the adapter is gone or damaged.
    """
    workspace = open_workspace(options["workspace"])
    adapter = _meant(workspace, options["which"])
    workspace.store.manifest(adapter)
    manifests = trace(workspace.store, adapter)
    sources = sources_of(manifests)
    missing = _missing(manifests)
    if options["as_json"]:
        made = [manifest.model_dump(mode="json") for manifest in reversed(manifests)]
        say(json.dumps({"adapter": adapter.digest, "artifacts": made, "sources": sources, "missing": missing}, indent=1))
        return
    for manifest in reversed(manifests):
        say(_line(manifest))
    for digest in missing:
        say(f"gone          {digest[:12]}")
    for name, sha256 in sources.items():
        say(f"source        {sha256[:12]}  {name}")


def _meant(workspace: Workspace, which: str | None) -> ArtifactRef:
    """The adapter by its digest or run; without either the champion, else the last run's."""
    champion = None if which else ChampionRegistry(workspace.champions).champion()
    if champion:
        return ArtifactRef.of("adapter", champion.adapter)
    beginning = Path(which).name if which else ""
    adapters = workspace.store.refs("adapter", beginning) if beginning else []
    if len(adapters) > 1:
        raise InputError(f"lineage: several adapters begin with {beginning}; expected more of the digest")
    found = adapters[0] if adapters else find_run(workspace, which, judged=True).adapter
    if found is None:
        raise InputError(f"lineage: {which}: expected the beginning of an adapter's digest, or a run that trained one")
    return found


def _missing(manifests: tuple[Manifest, ...]) -> list[str]:
    """Digests that something was made of, and that are not here any more."""
    behind = {digest for manifest in manifests for digest in made_of(manifest)}
    return sorted(behind - {manifest.digest for manifest in manifests})


def _line(manifest: Manifest) -> str:
    made = manifest.provenance
    counts = ", ".join(f"{name} {value}" for name, value in made.counts.items())
    revision = f", revision {manifest.git_revision[:10]}" if manifest.git_revision else ""
    told = f"{manifest.created[:19]}  {made.step} {made.version}, {made.seconds:g} s, langkah {manifest.langkah}{revision}"
    return f"{manifest.kind:<12}  {manifest.digest[:12]}  {told}" + (f"; {counts}" if counts else "")
