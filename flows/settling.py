"""The settings of a run: changed as the form says, checked on the machine that runs it, and with its base model chosen."""

from __future__ import annotations

from collections.abc import Sequence

from prefect.runtime import deployment

from flows.base_model import pin_base_model
from flows.demands import unmet_demands
from langkah.config import RunConfig, change_config
from langkah.errors import ConfigError
from langkah.sources import check_allowed


def settle(config: RunConfig, settings: Sequence[str], data: Sequence[str] = ()) -> RunConfig:
    """Return the settings of a run as it goes by them.

    Args:
        config: the sections.
        settings: `section.key=value`, which win.
        data: the sources that the run reads.

    Raises:
        ConfigError: a setting is unknown or wrong, or asks for what this machine lacks: a line each.
        SourceError: as `check_bounds`.
    """
    config = change_config(config, settings)
    check_bounds(config, data)
    if problems := unmet_demands(config):
        raise ConfigError(*problems)
    return pin_base_model(config)


def check_bounds(config: RunConfig, data: Sequence[str]) -> None:
    """Make sure that a deployed run reads below `sources.allowed_roots` alone: sources, phrase table, catalogue.

    Raises:
        SourceError: a line for each that is outside.
    """
    if deployment.id:
        named = (config.evaluate.phrase_table, config.train.catalogue)
        check_allowed([*data, *(path for path in named if path)], config.sources)
