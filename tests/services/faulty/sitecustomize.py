"""Makes a run stop for a while inside a step, so that a test can strike there; Python reads this module at every start.

`LANGKAH_FAULTS` names a folder. A file `hold-STEP` in it has the first run that enters this step, a task's function, write its
process id to `reached-STEP` and wait as many seconds as the file says; `hold-STEP-done` the first whose work in it is done and
not yet told of.
"""

from __future__ import annotations

import functools
import importlib.abc
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

_MODULE = "tasks.caching"


def _hold(folder: Path, step: str) -> None:
    try:
        (folder / f"hold-{step}").rename(folder / f"held-{step}-{os.getpid()}")
    except FileNotFoundError:
        return
    seconds = float((folder / f"held-{step}-{os.getpid()}").read_text())
    (folder / f".reached-{os.getpid()}").write_text(str(os.getpid()))
    (folder / f".reached-{os.getpid()}").rename(folder / f"reached-{step}")
    time.sleep(seconds)


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader, folder: Path) -> None:
        self._loader, self._folder = loader, folder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        silent: Callable[[Callable[..., Any]], Callable[..., Any]] = module.silent

        def holding(function: Callable[..., Any]) -> Callable[..., Any]:
            run, name = silent(function), function.__name__

            @functools.wraps(run)
            def held(*args: Any, **kwargs: Any) -> Any:
                _hold(self._folder, name)
                made = run(*args, **kwargs)
                _hold(self._folder, f"{name}-done")
                return made

            return held

        vars(module)["silent"] = holding


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == _MODULE else None
        if spec and spec.loader:
            spec.loader = _Loader(spec.loader, self._folder)
        return spec


if _place := os.environ.get("LANGKAH_FAULTS"):
    sys.meta_path.insert(0, _Finder(Path(_place)))
