"""Settings written as YAML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

from langkah.errors import ConfigError

_BAD_YAML: Final = (yaml.YAMLError, ValueError, ArithmeticError, LookupError, AttributeError, TypeError)
"""What PyYAML raises for text that is none: its own errors, and those of Python for `2024-13-45`, `!!bool x` or `!!int ""`."""


class _Loader(yaml.SafeLoader):
    """YAML 1.1 reads `1e-3` as text; everyone who writes a learning rate means a number."""


_Loader.yaml_implicit_resolvers = {key: list(value) for key, value in yaml.SafeLoader.yaml_implicit_resolvers.items()}
for _first in "-+0123456789.":
    _Loader.yaml_implicit_resolvers.setdefault(_first, []).append(
        ("tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$"))
    )


def read_setting(key: str, text: str) -> Any:
    """Read the value of `--set key=text` as YAML; what is none is a text.

    Raises:
        ConfigError: it is nested too deeply.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except _BAD_YAML:
        return text
    except RecursionError:
        raise ConfigError(f"setting {key}: nested too deeply") from None


def read_settings(path: Path) -> dict[str, Any]:
    """Read a YAML file of sections; an empty one has none.

    Raises:
        ConfigError: it cannot be read, is no YAML, or holds no sections.
    """
    return read_tree(path, "config file", "a YAML file of sections (`train:`, `ingest:` ...), as in deployments/runs/")


def read_tree(path: Path, what: str, expected: str) -> dict[str, Any]:
    """Read a YAML file whose top is a mapping; an empty one is an empty mapping.

    Args:
        path: the file.
        what: it is called where it is missing.
        expected: what it should be, where it holds something else.

    Raises:
        ConfigError: it cannot be read, is no YAML, or is no mapping.
    """
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such {what}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: expected a YAML file, got a folder") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: expected UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError(f"{path}: line {line}: not valid YAML: {_one_line(error.problem)}") from None
    except yaml.reader.ReaderError as error:
        raise ConfigError(f"{path}: not valid YAML: {error.reason} at position {error.position}") from None
    except _BAD_YAML as error:
        raise ConfigError(f"{path}: not valid YAML: {_one_line(error)}") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid YAML: nested too deeply") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: expected {expected}")
    return tree


def _one_line(said: object) -> str:
    return " ".join(str(said).split())
