from __future__ import annotations

import sys
from pathlib import Path

import pytest

from langkah.pii import Scrubber

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def scrubber() -> Scrubber:
    return Scrubber()
