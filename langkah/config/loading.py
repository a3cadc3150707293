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
    return parse_config(_changed(read_settings(path) if path else {}, settings), where=str(path) if path else "settings")


def change_config(config: RunConfig, settings: Sequence[str]) -> RunConfig:
    """Change settings by `section.key=value`, as `--set` does.

    Raises:
        ConfigError: with every problem at once, one line each.
    """
    return parse_config(_changed(config.model_dump(exclude_unset=True), settings)) if settings else config


def _changed(tree: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    problems: list[str] = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        names = key.strip().split(".")
        if not equals or not all(names):
            problems.append(f"setting {key}: expected section.key=value")
            continue
        node = tree
        for name in names[:-1]:
            child = node.setdefault(name, {})
            if not isinstance(child, dict):
                problems.append(f"setting {key}: {name} is not a section")
                break
            node = child
        else:
            node[names[-1]] = read_setting(key, text)
    if problems:
        raise ConfigError(*problems)
    return tree


def parse_config(tree: Mapping[str, Any], where: str = "settings") -> RunConfig:
    """Validate a tree of settings.

    Raises:
        ConfigError: with every problem at once, one line each, naming `where`.
    """
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(*problem_lines(error, where)) from None
