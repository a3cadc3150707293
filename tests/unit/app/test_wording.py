"""Texts of the pages in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from langkah.app.wording import wording
from langkah.procedure.flags import Flag
from langkah.review.admission import OTHER_ANSWER
from langkah.sources import RowFlag
from langkah.splitting import SCRUBBED_ALIKE


def test_both_languages_have_the_same_texts() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(child) for key, child in value.items()}
        return len(value) if isinstance(value, list) else sorted(re.findall(r"\{\w+\}", str(value)))

    english, indonesian = (wording(language)._texts for language in ("en", "id"))
    parts = [name for name in english if name != "because"]
    assert {name: shape(english[name]) for name in parts} == {name: shape(indonesian[name]) for name in parts}


@pytest.mark.parametrize("reason", [*Flag, *RowFlag, SCRUBBED_ALIKE, OTHER_ANSWER])
def test_every_reason_of_the_rules_has_an_indonesian_text(reason: str) -> None:
    told = wording("id").because(str(reason))
    assert not set(re.findall(r"\w+", str(reason))) & set(re.findall(r"\w+", told)) - {"id"}, "some of it stayed English"
