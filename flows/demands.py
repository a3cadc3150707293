"""What a run's settings ask of this machine: found out before any work, not after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from langkah.artifacts import BUCKET_VARIABLE, open_bucket
from langkah.cluster import check_runner
from langkah.config import RunConfig
from langkah.errors import InputError
from langkah.evaluation import load_phrases
from langkah.models import check_llm
from langkah.models.vllm_engine import check_backend
from langkah.pii import check_key, check_ner, check_patterns
from langkah.tracking import check_tracker


def unmet_demands(config: RunConfig) -> list[str]:
    """Return what this machine lacks, or cannot read, of what the settings name: a line each, all at once."""
    asks_llm = config.structure.restructure == "llm" or config.paraphrase.backend == "openai"
    return [
        *_refused(lambda: load_phrases(config.evaluate)),
        *check_patterns(config.pii),
        *check_ner(config.pii),
        *check_backend(config.evaluate.backend),
        *check_tracker(config.track),
        *check_runner(config),
        *_refused(_check_artifacts),
        *(check_llm(config.llm) if asks_llm else ()),
        *(_refused(check_key) if config.pii.vault else ()),
    ]


def _check_artifacts() -> None:
    """Make sure that artifacts can go where the environment says; a store that does not answer may do so by then."""
    if url := os.environ.get(BUCKET_VARIABLE):
        with suppress(OSError):
            open_bucket(url).check()


def _refused(check: Callable[[], Any]) -> tuple[str, ...]:
    try:
        check()
    except InputError as error:
        return error.problems
    return ()
