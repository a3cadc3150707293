"""The catalogue of instruct models: the one that Langkah ships, and a file of the user's that extends it."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from langkah.config.problems import problem_lines
from langkah.config.sections import Float
from langkah.config.yaml_text import read_tree
from langkah.errors import ConfigError
from langkah.models import bundled
from langkah.models.architecture import Architecture
from langkah.models.gguf_files import gguf_architecture

VARIABLE: Final = "LANGKAH_CATALOGUE"
"""Names the user's file for all commands on a machine; the setting `train.catalogue` wins."""
BUNDLED: Final = "bundled"
_HUB_ID: Final = re.compile(r"\w[\w.-]*/\w[\w.-]*(@\w+)?")


class CatalogueModel(BaseModel):
    """One entry of a catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*$", description="what `train.base_model` calls it")
    path: str = Field(min_length=1, description="hub id (also `owner/name@commit`), local folder, or GGUF file")
    size: Float | None = Field(default=None, gt=0, description="billions, as in its name; `parameters` where None")
    parameters: Float | None = Field(default=None, gt=0, description="billions; counted from the architecture where None")
    ifeval: Float | None = Field(default=None, ge=0, le=100, description="per cent, prompt-level strict")
    licence: str = "unknown"
    chat_family: str = "its own"
    source: str = Field(default="", description="of the score")
    architecture: Architecture | None = Field(default=None, description="needed for a hub id; a file has its own")

    @property
    def is_gguf(self) -> bool:
        """Whether the weights are a GGUF file of the user's."""
        return self.path.endswith(".gguf")

    @property
    def shape(self) -> Architecture:
        """The architecture, read from the model's own files where the entry does not give it.

        Raises:
            ConfigError: the files do not say it.
        """
        if self.architecture:
            return self.architecture
        if self.is_gguf:
            return gguf_architecture(Path(self.path))
        try:
            return Architecture.of_folder(Path(self.path))
        except (OSError, ValueError):
            raise ConfigError(
                f"{self.name}: {self.path}: its config.json has no sizes; give `architecture` in the entry"
            ) from None

    @property
    def billions(self) -> float:
        """Parameters in billions."""
        return self.parameters or self.shape.parameters / 1e9


def read_catalogue(path: str | None = None) -> tuple[CatalogueModel, ...]:
    """Return the shipped models, and those of the user's file, which take the place of shipped ones of the same name.

    Args:
        path: the user's file; the one that `LANGKAH_CATALOGUE` names where None.

    Raises:
        ConfigError: with every problem of the file at once, one line each.
    """
    own = path or os.environ.get(VARIABLE)
    models = {model.name: model for model in _shipped()}
    for model in _read_own(Path(own).expanduser()) if own else ():
        models[model.name] = model
    return tuple(models.values())


@lru_cache(maxsize=1)
def _shipped() -> tuple[CatalogueModel, ...]:
    text = (resources.files("langkah.models") / "catalogue.yaml").read_text(encoding="utf-8")
    return tuple(CatalogueModel.model_validate(entry) for entry in yaml.safe_load(text)["models"])


def _read_own(path: Path) -> list[CatalogueModel]:
    tree = read_tree(path, what="catalogue", expected="a YAML file with a list `models:`, see docs/models.md")
    entries: Any = tree.get("models")
    if set(tree) != {"models"} or not isinstance(entries, list):
        raise ConfigError(f"{path}: expected a list `models:` and nothing beside it, see docs/models.md")
    found: list[CatalogueModel] = []
    problems: list[str] = []
    for number, entry in enumerate(entries, 1):
        name = entry.get("name") if isinstance(entry, dict) else None
        where = f"{path}: model {number}" + (f" ({name})" if isinstance(name, str) else "")
        if not isinstance(entry, dict):
            problems.append(f"{where}: expected fields (name, path ...)")
            continue
        try:
            model = CatalogueModel.model_validate(entry)
        except ValidationError as error:
            problems.extend(problem_lines(error, where, known=tuple(CatalogueModel.model_fields)))
            continue
        located = _located(model, path.parent)
        if isinstance(located, str):
            problems.append(f"{where}: {located}")
        elif any(model.name == other.name for other in found):
            problems.append(f"{where}: name: there is another model of this name")
        else:
            found.append(located)
    if problems:
        raise ConfigError(*problems)
    return found


def _located(model: CatalogueModel, base: Path) -> CatalogueModel | str:
    """Return the entry with a local path made absolute, or what is wrong with it."""
    if model.path == BUNDLED and model.name == bundled.NAME:
        return model
    place = base / Path(model.path).expanduser()
    if model.is_gguf:
        return model.model_copy(update={"path": str(place.absolute())}) if place.is_file() else f"path: no such file: {place}"
    if place.is_dir():
        return model.model_copy(update={"path": str(place.absolute())})
    if not _HUB_ID.fullmatch(model.path):
        return f"path: expected a hub id (owner/name), a folder, or a .gguf file; no such folder: {place}"
    if model.architecture is None:
        return "architecture: expected for a hub id: layers, hidden, intermediate ... as in the model's config.json"
    return model
