"""What each step's code is, and the version it had when that was last recorded.

`make step-versions` records it; it refuses a step whose code changed while its version did not.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import json
import pkgutil
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import grimp

ROOT = Path(__file__).parents[2]
RECORD = Path(__file__).with_name("step_versions.json")
NOT_THE_WORK = ("langkah.errors", "langkah.addresses", "langkah.config", "langkah.artifacts")
"""Messages, settings and addresses (their values are in the key) and the store do not change what a step makes."""


def steps() -> dict[str, Any]:
    """All tasks of the pipeline by name, with what they declare, and the step that is none: it is not cached."""
    import tasks
    from tasks.caching import STEPS

    for module in pkgutil.iter_modules(tasks.__path__):
        importlib.import_module(f"tasks.{module.name}")
    from tasks.rating import RATE

    return {**STEPS, RATE.name: RATE}


def code_of(name: str) -> str:
    """A hash of the task's module and of all of langkah that its rooms import, comments and docstrings apart."""
    step = steps()[name]
    modules: set[str] = set()
    for room in step.rooms:
        modules |= {room, *graph().find_descendants(room)}
    for module in list(modules):
        modules |= graph().find_upstream_modules(module)
    modules = {module for module in modules if module.startswith("langkah") and not module.startswith(NOT_THE_WORK)}
    digest = hashlib.sha256(_normal(inspect.getsource(inspect.getmodule(step.function))).encode())
    for module in sorted(modules):
        path = ROOT / Path(*module.split("."))
        files = sorted(file for file in path.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc"))
        data = [file for suffix in (".json", ".yaml") if (file := path.with_suffix(suffix)).is_file()]
        files = [path / "__init__.py", *files] if path.is_dir() else [path.with_suffix(".py"), *data]
        for file in files:
            text = file.read_bytes()
            digest.update(_normal(text.decode()).encode() if file.suffix == ".py" else text)
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def graph() -> Any:
    return grimp.build_graph("langkah", cache_dir=None)


def _normal(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body[0].value.value = ""
    return ast.dump(tree)


def problems() -> list[str]:
    """One line for each step whose code is not the recorded one."""
    recorded: dict[str, dict[str, Any]] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    found = []
    for name, step in sorted(steps().items()):
        known = recorded.get(name, {})
        if known.get("code") == code_of(name) and known.get("version") == step.version:
            continue
        if known and known["version"] == step.version:
            found.append(f"{name}: its code changed, its version did not: raise it from {step.version} in tasks/")
        else:
            found.append(f"{name}: version {step.version} is not recorded: run `make step-versions`")
    return found


def main() -> int:
    refused = [problem for problem in problems() if "its version did not" in problem]
    if refused and "--same-work" not in sys.argv:
        sys.stderr.write("\n".join([*refused, "or, where the work is the same: make step-versions SAME_WORK=1", ""]))
        return 1
    record = {name: {"version": step.version, "code": code_of(name)} for name, step in sorted(steps().items())}
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
