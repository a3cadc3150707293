"""The tokens of a run's examples on disk: what resumes, tries a smaller batch or runs on several devices reads them there."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langkah.chat import EncodedExample
from langkah.training.recipe import Recipe
from langkah.training.work_files import TOKENS

_DECIDES = ("base_model", "max_length", "too_long", "validation", "validation_intents", "replay", "seed")
"""Fields of a recipe that decide which tokens there are."""


def tokens_path(folder: Path, examples: Path, recipe: Recipe) -> Path:
    """Return where the tokens of these examples are kept in a work folder."""
    key = hashlib.sha256(examples.read_bytes())
    key.update(recipe.model_dump_json(include=set(_DECIDES)).encode())
    return folder / TOKENS.replace("*", key.hexdigest()[:16])


def write_tokens(path: Path, parts: Mapping[str, Sequence[EncodedExample]], shortened: int) -> None:
    """Write the parts, whole or not at all.

    Args:
        path: the file.
        parts: the examples by name of their part.
        shortened: what `read_tokens` gives back beside them.
    """
    import numpy as np

    arrays: dict[str, Any] = {"shortened": np.array([shortened])}
    for name, examples in parts.items():
        arrays[f"{name}:lengths"] = np.array([len(example) for example in examples], dtype=np.int64)
        for field in ("input_ids", "labels"):
            flat = [token for example in examples for token in getattr(example, field)]
            arrays[f"{name}:{field}"] = np.array(flat, dtype=np.int32)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    with draft.open("wb") as handle:
        np.savez(handle, **arrays)
    draft.replace(path)


def read_tokens(path: Path) -> tuple[dict[str, list[EncodedExample]], int] | None:
    """Return the parts, and how many examples were shortened; None where the file is missing or damaged."""
    import numpy as np

    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as arrays:
            names = [name.removesuffix(":lengths") for name in arrays.files if name.endswith(":lengths")]
            parts = {
                name: _examples(*(arrays[f"{name}:{field}"] for field in ("lengths", "input_ids", "labels"))) for name in names
            }
            return parts, int(arrays["shortened"][0])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _examples(lengths: Any, ids: Any, labels: Any) -> list[EncodedExample]:
    ends = lengths.cumsum().tolist()
    starts = [0, *ends[:-1]]
    ids, labels = ids.tolist(), labels.tolist()
    return [EncodedExample(input_ids=ids[start:end], labels=labels[start:end]) for start, end in zip(starts, ends, strict=True)]
