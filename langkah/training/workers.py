"""Several devices: `python -m langkah.training.workers SPEC.json`, started by `launch`, runs one `child` for each.

torch's elastic agent (what `torchrun` runs) starts the workers, gives each its rank, and ends the others when one fails. It
never starts them again: a retry goes on from the checkpoint. Where several machines train together (`nodes`), each has an
agent, those of the others started with `--join`. Each worker writes a log of its own below `workers/`; that of the first one
goes on to `train.log` as well, and in the end that of the one that failed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from langkah.errors import TrainingError
from langkah.training.nodes import Nodes
from langkah.training.processes import PARENT, TOLD, die_with_parent
from langkah.training.work_files import write_error

LOGS_NAME = "workers"


def main(arguments: list[str] | None = None) -> int:
    """Train on the devices of the spec; return the exit code of the worker that failed, 0 if none did."""
    path, *joins = arguments or sys.argv[1:]
    spec = Path(path)
    told = json.loads(spec.read_text(encoding="utf-8"))
    nodes = Nodes.model_validate(told["nodes"])
    die_with_parent()
    os.environ[PARENT] = str(os.getpid())
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous import RendezvousError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logs = spec.parent / (f"{LOGS_NAME}-{socket.gethostname()}-{os.getpid()}" if joins else LOGS_NAME)
    shutil.rmtree(logs, ignore_errors=True)
    config = LaunchConfig(
        min_nodes=nodes.count,
        max_nodes=nodes.count,
        nproc_per_node=told["recipe"]["devices"] // nodes.count,
        run_id=spec.parent.name,
        rdzv_backend="c10d",
        rdzv_endpoint=nodes.endpoint,
        rdzv_configs={"is_host": not joins, "join_timeout": nodes.patience},
        local_addr=nodes.address,
        max_restarts=0,
        shutdown_timeout=10,
        logs_specs=DefaultLogsSpecs(log_dir=str(logs), redirects=Std.ALL, tee={0: Std.ALL}),
    )
    try:
        elastic_launch(config, sys.executable)("-m", "langkah.training.child", str(spec))
    except RendezvousError as error:
        if joins:
            raise
        others = f"{nodes.count - 1} other machine{'s' if nodes.count > 2 else ''}"
        problem = TrainingError(
            f"train.nodes: {others} did not come to {nodes.rendezvous} ({type(error).__name__}):"
            f" run `langkah join {nodes.rendezvous}` there, with this workspace"
        )
        write_error(spec.parent, problem)
        return TOLD
    except ChildFailedError as error:
        rank, code = _culprit(error)
        sys.stdout.write(_log_of(logs, rank))
        sys.stdout.flush()
        if code < 0:
            if -code not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        return code
    return 0


def _culprit(error: Any) -> tuple[int, int]:
    """Return rank and exit code of the worker that failed of itself: by a signal, else first.

    Those that wait for one that was killed fail in the same moment, with an error of the connection, or are ended.
    """
    failures: list[Any] = list(error.failures.values())
    first = min(failures, key=lambda failure: (failure.exitcode == -signal.SIGTERM, failure.exitcode >= 0, failure.timestamp))
    return next(rank for rank, failure in error.failures.items() if failure is first), int(first.exitcode)


def _log_of(logs: Path, rank: int) -> str:
    """Return what a worker wrote to its error stream."""
    found = sorted(logs.glob(f"*/attempt_0/{rank}/stderr.log"))
    return found[-1].read_text(encoding="utf-8", errors="replace") if found else ""


if __name__ == "__main__":
    sys.exit(main())
