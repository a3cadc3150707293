from __future__ import annotations

from langkah.config import RunConfig


def test_every_field_has_a_title_a_description_and_a_default() -> None:
    assert RunConfig() == RunConfig.model_validate({})
    for section in RunConfig.model_fields.values():
        assert section.title
        for field in getattr(section.annotation, "model_fields", {}).values():
            assert field.title
            assert field.description
