"""`langkah doctor`: what this machine has, what it lacks, and how to get it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from flows.server import check_server
from langkah.artifacts import BUCKET_VARIABLE, open_bucket
from langkah.errors import LangkahError

_DISK_GB = 3


class Finding(NamedTuple):
    """One thing that was looked at."""

    what: str
    problem: str | None
    detail: str = ""


def checkup(console: Console) -> int:
    """Print what was found, a line each; return 0 when a run on this machine can work, 1 otherwise."""
    failed = False
    for finding in _look():
        failed |= finding.problem is not None
        mark = "[green]ok[/]     " if finding.problem is None else "[red]missing[/]"
        console.print(f"{mark} {finding.what}: {finding.problem or finding.detail}", highlight=False, soft_wrap=True)
    return int(failed)


def _look() -> Iterator[Finding]:
    version = sys.version_info
    wrong = None if (3, 11) <= version < (3, 14) else f"Langkah needs 3.11 to 3.13, got {platform.python_version()}"
    yield Finding("Python", wrong, platform.python_version())
    yield Finding("packages", _packages(), "all that Langkah needs, in versions it accepts")
    for what, check, detail in (
        ("English NER model", _ner_model, "en_core_web_sm 3.8.0, sha256 as published"),
        ("WordNet and thesaurus", _wordnet, "for METEOR in English and Indonesian"),
        ("demo model", _demo_model, "SmolLM2-135M-Instruct, converted"),
    ):
        yield Finding(what, _guarded(check), detail)
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    small = f"{free:.1f} GB free, a run on the sample data takes up to {_DISK_GB}" if free < _DISK_GB else None
    yield Finding("disk", small, f"{free:.0f} GB free")
    yield Finding("compute", None, _compute())
    if bucket := os.environ.get(BUCKET_VARIABLE):
        yield Finding("artifacts", _guarded(lambda: _bucket(bucket)), f"{bucket} can be read and written")
    server = os.environ.get("PREFECT_API_URL")
    lack = _guarded(lambda: check_server(server)) if server else None
    yield Finding("Prefect", lack, f"server {server}" if server else "no PREFECT_API_URL: each run starts its own server")


def _guarded(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except ImportError as error:
        return f"package {error.name} is not installed: run `make setup`"
    except LangkahError as error:
        return str(error)


def _packages() -> str | None:
    """Name the packages that are absent or of a version that pyproject.toml refuses."""
    from packaging.requirements import Requirement

    wrong: list[str] = []
    for line in importlib.metadata.requires("langkah") or ():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} (absent)")
            continue
        if not requirement.specifier.contains(re.sub(r"\+.*", "", found), prereleases=True):
            wrong.append(f"{requirement.name} {found} (expected {requirement.specifier})")
    return f"{', '.join(wrong)}: run `make setup`" if wrong else None


def _ner_model() -> str | None:
    from langkah.pii import check_ner_model

    return check_ner_model()


def _wordnet() -> str | None:
    from langkah.evaluation import check_wordnet

    return check_wordnet()


def _demo_model() -> str | None:
    from langkah.models.bundled import NAME, find_bundled

    return None if find_bundled() else f"{NAME} is not converted: run `make setup`"


def _bucket(url: str) -> str | None:
    try:
        open_bucket(url).check()
    except OSError as error:
        return str(error.strerror)
    return None


def _compute() -> str:
    import torch

    from langkah.models.loading import available_cores

    if not torch.cuda.is_available():
        return f"{available_cores()} CPU cores, no CUDA device: the bundled model is what can be trained here"
    card = torch.cuda.get_device_properties(0)
    return f"{card.name}, {card.total_memory / 2**30:.0f} GiB"
