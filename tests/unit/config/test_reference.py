from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from langkah.config import RunConfig, settings_reference
from langkah.config.sections import Section
from langkah.errors import ConfigError

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"


def _paths(section: type[BaseModel], before: str = "") -> list[str]:
    found = []
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            found += _paths(inner, f"{before}{name}.")
        else:
            found.append(before + name)
    return found


def test_the_reference_names_each_setting_once() -> None:
    text = settings_reference()
    for path in _paths(RunConfig):
        assert text.count(f"- `{path}` (") == 1


def test_a_setting_has_its_choices_range_and_default() -> None:
    text = settings_reference()
    assert "- `train.lora_r` (whole number, >= 1, <= 256, default `16`): LoRA rank r. " in text
    assert "- `review.mode` (`auto` or `app` or `file`, default `auto`): Who decides. " in text
    assert "- `pii.allow` (list of text, default `[]`): " in text
    assert "- `sources.databases[].url` (text, required): " in text


def test_one_section_is_told_alone() -> None:
    assert settings_reference("watch").startswith("## watch\n") and "lora" not in settings_reference("watch")
    with pytest.raises(ConfigError, match=r"wach: no such section; there are sources, ingest"):
        settings_reference("wach")


def test_the_page_of_settings_is_the_reference() -> None:
    assert PAGE.read_text() == f"# Settings\n\nWhat `langkah settings` prints.\n\n{settings_reference()}\n"
