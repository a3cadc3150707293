"""A step's shards on the engine that `runner` names: processes of this machine, a Dask or Ray cluster; Prefect's task runners.

A shard is a task of its own, tried again by itself; what it made comes back as an artifact. The engines give the shard of a
worker that is lost to another one.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from prefect import Task
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner

from langkah.artifacts import BUCKET_VARIABLE, ArtifactRef, Workspace, current_workspace, use_workspace
from langkah.config import ClusterConfig
from langkah.models.loading import available_cores
from tasks.steplog import report_progress

_ENGINES: Final = ("concurrent", "dask", "distributed", "ray")
"""Packages whose own errors tell of a worker, not of its work."""


def run_shards(
    task: Task[..., ArtifactRef], shards: Sequence[Mapping[str, Any]], runner: str, cluster: ClusterConfig
) -> list[ArtifactRef]:
    """Run a task once for each shard; return what they made, in order.

    Args:
        task: takes a shard's arguments and `place`, for `at_place`.
        shards: arguments of each.
        runner: `process`, `dask` or `ray`.
        cluster: how many workers, or where they are.

    Raises:
        OSError: workers were lost, and no other one could do their shards: another attempt may help.
        Exception: what a shard failed of.
    """
    # Workers elsewhere that share a bucket have workspaces of their own; all others share this one.
    place = None if cluster.address and os.environ.get(BUCKET_VARIABLE) else str(current_workspace().root)
    made: list[ArtifactRef] = []
    with _engine(runner, cluster, len(shards)) as engine:
        futures = [engine.submit(task, {**shard, "place": place}) for shard in shards]
        for done, future in enumerate(futures, 1):
            try:
                made.append(future.result())
            except Exception as error:
                if type(error).__module__.partition(".")[0] not in _ENGINES:
                    raise
                raise OSError(errno.EIO, f"a worker was lost ({type(error).__name__})") from None
            report_progress(done, len(shards), "shards")
    return made


@contextmanager
def at_place(place: str | None) -> Generator[None]:
    """Work in the workspace that `run_shards` named; a worker's own where it named none."""
    with use_workspace(Workspace.open(place)):
        yield


def shards_of(rows: int, size: int) -> list[tuple[int, int]]:
    """Return first row and end of each shard."""
    return [(start, min(start + size, rows)) for start in range(0, rows, size)]


@contextmanager
def _engine(runner: str, cluster: ClusterConfig, shards: int) -> Generator[TaskRunner[Any]]:
    workers = available_cores() if cluster.workers == "auto" else cluster.workers
    made = _MAKERS[runner](cluster.address, max(1, min(workers, shards)))
    with made:
        yield made


def _processes(_: str, workers: int) -> TaskRunner[Any]:
    return ProcessPoolTaskRunner(max_workers=workers, initializer=_end_with_parent)


def _end_with_parent() -> None:
    """End this process once its parent is gone: a pool's worker would wait for it for ever.

    By looking, not by a signal: Linux sends that when the thread ends that started the process, and a pool's ends before.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _dask(address: str, workers: int) -> TaskRunner[Any]:
    from prefect_dask.task_runners import DaskTaskRunner

    if address:
        return DaskTaskRunner(address=address)
    local = {"n_workers": workers, "threads_per_worker": 1, "memory_limit": 0, "dashboard_address": None}
    return DaskTaskRunner(cluster_kwargs=local)


def _ray(address: str, workers: int) -> TaskRunner[Any]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    from prefect_ray.task_runners import RayTaskRunner

    if address:
        return RayTaskRunner(address=address)
    local = {"num_cpus": workers, "include_dashboard": False, "log_to_driver": False, "object_store_memory": 100_000_000}
    return RayTaskRunner(init_kwargs=local)


_MAKERS: Final[Mapping[str, Callable[[str, int], TaskRunner[Any]]]] = {"process": _processes, "dask": _dask, "ray": _ray}
