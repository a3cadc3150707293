from __future__ import annotations

import subprocess
import sys

import pytest

from langkah.artifacts import Workspace
from langkah.config import PiiConfig
from langkah.pii import Scrubber

RECORDS = [
    ({"prompt": "I am John Smith", "output": "1. Call 0812-3456-7890.\n2. Ask help@shop.example."}, "en"),
    ({"prompt": "Saya Budi Santoso", "output": "1. Hubungi help@shop.example."}, "id"),
    ({"prompt": "I am John Smith", "output": "1. Call 0812-3456-7890.\n2. Ask help@shop.example."}, "en"),
]
CONFIG = PiiConfig(allow=("help@shop.example",))


@pytest.fixture
def cache(tmp_path):
    return Workspace.open(tmp_path).record_cache("scrub", "work")


def no_work(batch):
    raise AssertionError(f"{len(batch)} records were scrubbed again")


def test_what_comes_from_the_cache_is_what_was_made(cache):
    first = list(Scrubber(CONFIG, cache=cache).scrub_many(RECORDS, batch_size=2))
    again = Scrubber(CONFIG, cache=cache)
    again._new = no_work
    second = list(again.scrub_many(RECORDS))
    for one, other in zip(first, second, strict=True):
        assert dict(one.fields) == dict(other.fields)
        assert (one.counts, one.characters, one.altered, one.protected) == (
            other.counts, other.characters, other.altered, other.protected,
        )  # fmt: skip
    assert second[0].protected == ("help@shop.example",)
    assert second[0].originals == ()
    assert list(Scrubber(CONFIG).scrub_many(RECORDS)) == first


def test_another_language_or_another_field_is_another_record(cache):
    scrubber = Scrubber(CONFIG, cache=cache)
    list(scrubber.scrub_many(RECORDS))
    scrubber._new = no_work
    for record in ((RECORDS[0][0], "id"), ({"output": "", **RECORDS[0][0]}, "en"), ({"prompt": "I am John"}, "en")):
        with pytest.raises(AssertionError):
            list(scrubber.scrub_many([record]))


def test_with_the_vault_on_the_originals_are_there_each_time(cache):
    config = PiiConfig(vault=True)
    for _ in range(2):
        found = next(Scrubber(config, cache=cache).scrub_many(RECORDS))
        assert [(each.field, each.placeholder, each.value) for each in found.originals] == [
            ("prompt", "[NAME]", "John Smith"),
            ("output", "[PHONE]", "0812-3456-7890"),
            ("output", "[EMAIL]", "help@shop.example"),
        ]
        assert "Smith" not in repr(found)
        assert "Smith" not in repr(found.originals)


def test_scrubbing_brings_no_torch_along_and_leaves_it_to_who_needs_it():
    code = (
        "import sys; from langkah.pii import Scrubber\n"
        "assert Scrubber().scrub({'prompt': 'I am John Smith'}, 'en').fields['prompt'] == 'I am [NAME]'\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
        "import torch; assert torch.ones(2).sum() == 2"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
