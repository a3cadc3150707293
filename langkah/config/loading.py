"""The settings of a run, from a file and from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from langkah.config.problems import problem_lines
from langkah.config.run import RunConfig
from langkah.config.yaml_text import read_setting, read_settings
from langkah.errors import ConfigError


def load_config(path: Path | None = None, settings: Sequence[str] = ()) -> RunConfig:
    """Build the settings of a run from a YAML file and `section.key=value` settings, which win.

    Args:
        path: a YAML file of sections, as in `deployments/runs/`.
        settings: the values of `--set`, each read as YAML (`3`, `1e-3`, `auto`, `[a, b]`).

    Raises:
        ConfigError: with every problem at once, one line each.
    """
    return _build(read_settings(path) if path else {}, settings, str(path) if path else "settings")


def change_config(config: RunConfig, settings: Sequence[str]) -> RunConfig:
    """Change settings by `section.key=value`, as `--set` does.

    Raises:
        ConfigError: with every problem at once, one line each.
    """
    return _build(config.model_dump(exclude_unset=True), settings, "settings") if settings else config


def _build(tree: dict[str, Any], settings: Sequence[str], where: str) -> RunConfig:
    problems = [problem for setting in settings if (problem := _put(tree, setting))]
    try:
        config = parse_config(tree, where)
    except ConfigError as error:
        raise ConfigError(*problems, *error.problems) from None
    if problems:
        raise ConfigError(*problems)
    return config


def _put(tree: dict[str, Any], setting: str) -> str | None:
    """Put `section.key=value` into a tree of settings, or say what is wrong with it."""
    key, equals, text = setting.partition("=")
    *sections, last = key.strip().split(".")
    if not equals or not last or not all(sections):
        return f"setting {key}: expected section.key=value"
    node: Any = tree
    for name in sections:
        node = node.setdefault(name, {})
        if not isinstance(node, dict):
            return f"setting {key}: {name} is not a section"
    node[last] = read_setting(key, text)
    return None


def parse_config(tree: Mapping[str, Any], where: str = "settings") -> RunConfig:
    """Validate a tree of settings.

    Raises:
        ConfigError: with every problem at once, one line each, naming `where`.
    """
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(*problem_lines(error, where)) from None
