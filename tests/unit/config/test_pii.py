from __future__ import annotations

import pytest

from langkah.config import RunConfig, load_config
from langkah.errors import ConfigError
from langkah.pii.view import PLACEHOLDERS


def test_the_entities_are_those_with_a_recognizer() -> None:
    assert set(RunConfig().pii.entities) == set(PLACEHOLDERS)
    with pytest.raises(ConfigError) as caught:
        load_config(None, ["pii.entities=[PERSON, IP_ADDRESS]"])
    assert all(name in str(caught.value) for name in PLACEHOLDERS)
