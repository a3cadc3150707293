"""What a workspace keeps, and what it can do without: `langkah gc`."""

from __future__ import annotations

import json
import math
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from flows.opening import open_workspace
from langkah.artifacts import (
    BUCKET_VARIABLE,
    ArtifactRef,
    Garbage,
    Workspace,
    find_garbage,
    last_change,
    oldest_open_run,
    remove_drafts,
    remove_garbage,
)
from langkah.errors import InputError
from langkah.registry import ChampionRegistry, read_trained

KEEP_DAYS: Final = 30
_DAY: Final = 86_400
_DIGEST: Final = re.compile(r"\b[0-9a-f]{64}\b")


def collect_command(options: dict[str, Any], say: Callable[[str], None]) -> None:
    """Do what `langkah gc` does.

    Raises:
        InputError: no such workspace, or no such number of days.
    """
    if math.isnan(options["keep_days"]):  # no range refuses it, and nothing is later than it
        raise InputError("--keep-days: expected a number of days, got nan")
    workspace = open_workspace(options["workspace"])
    if options["bucket"] and not workspace.store.bucket:
        raise InputError(f"--bucket: no bucket is in use; set {BUCKET_VARIABLE}")
    told = collect(workspace, options["keep_days"], dry_run=options["dry_run"], bucket=options["bucket"])
    if options["as_json"]:
        say(json.dumps(told, indent=1))
        return
    for kind, count in told["kinds"].items():
        say(f"{kind:<12}{count:>8}")
    say(garbage_line(told))


def collect(workspace: Workspace, keep_days: float, *, dry_run: bool, bucket: bool = False) -> dict[str, Any]:
    """Find what can go, and remove it unless this is a dry run.

    Args:
        workspace: whose champions and open runs keep what they were made of.
        keep_days: what was used since then stays.
        dry_run: only tell.
        bucket: collect the workspace's bucket, not its folder. All that share it must have the same champions.

    Raises:
        ArtifactError: the history of champions or a note of watched FAQs is damaged: nothing is removed then.
    """
    before = min(time.time() - keep_days * _DAY, oldest_open_run(workspace.open_runs))
    store = workspace.store.here
    shelf = workspace.store.bucket if bucket and workspace.store.bucket else store
    garbage = find_garbage(shelf, _kept(workspace), before)
    if dry_run:
        return _told(garbage, removed=False)
    garbage = remove_garbage(shelf, garbage)
    if shelf is store:
        for each in garbage:
            if each.ref.kind == "records":
                workspace.vault_file(each.ref.digest).unlink(missing_ok=True)
        remove_drafts(store, before)
        _remove_results(workspace.step_results, garbage)
        _remove_work(workspace.root / "work", before)
    return _told(garbage, removed=True)


def _kept(workspace: Workspace) -> Iterator[ArtifactRef]:
    """What stays however old it is: all that was judged for promotion, and the FAQs that were trained on last."""
    for entry in ChampionRegistry(workspace.champions).history():
        yield ArtifactRef.of("adapter", entry.adapter)
        yield ArtifactRef.of("dataset", entry.dataset)
        yield ArtifactRef.of("scores", entry.scores)
    for path in workspace.watched.glob("*.json"):
        if trained := read_trained(workspace.watched, path.stem):
            yield trained.ref


def _remove_results(folder: Path, garbage: tuple[Garbage, ...]) -> None:
    """Remove what Prefect keeps of steps whose artifacts went."""
    gone = {each.ref.digest for each in garbage}
    for path in folder.glob("*") if gone else ():
        with suppress(OSError):
            if gone & set(_DIGEST.findall(path.read_text(encoding="utf-8", errors="replace"))):
                path.unlink()


def _remove_work(folder: Path, before: float) -> None:
    """Remove the checkpoints of trainings that nobody went on with."""
    for path in folder.glob("*"):
        if last_change(path) >= before:
            continue
        try:
            with FileLock(path / "lock", timeout=0):
                shutil.rmtree(path, ignore_errors=True)
        except Timeout:
            continue


def _told(garbage: tuple[Garbage, ...], *, removed: bool) -> dict[str, Any]:
    kinds = Counter(each.ref.kind for each in garbage)
    return {"removed": removed, "artifacts": len(garbage), "bytes": sum(each.size for each in garbage), "kinds": dict(kinds)}


def garbage_line(told: dict[str, Any]) -> str:
    """Say in a line what went, or would go."""
    done = "removed" if told["removed"] else "would be removed"
    return f"{told['artifacts']:,} artifacts, {told['bytes'] / 2**20:,.1f} MB {done}"
