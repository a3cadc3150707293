"""The audit measures: it must see a leak where one is, and see none where there is none."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from langkah.artifacts import Workspace
from langkah.config import PiiConfig
from langkah.pii import Scrubber
from langkah.pii.audit import PiiAudit, audit

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture(scope="module")
def records():
    with (EXAMPLES / "shop-faq-id.csv").open(newline="", encoding="utf-8") as handle:
        return [({"prompt": row["prompt"], "output": row["output"]}, "id") for row in csv.DictReader(handle)]


def test_planted_values_are_found_in_texts_that_people_wrote(records):
    found = audit(Scrubber(PiiConfig(audit_sample=120)), records)
    assert found.total.planted == 120
    assert found.total.recall >= 0.97
    assert {row["type"] for row in found.rows()} >= {"NAME", "EMAIL", "PHONE", "NIK", "ORDER_ID"}
    assert all(each.recall == 1 for kind, each in found.languages["id"].items() if kind == "EMAIL")


def test_it_sees_what_is_not_scrubbed(records):
    class Blind(Scrubber):
        """Scrubs nothing at all."""

        def scrub_many(self, records, batch_size=128):
            from langkah.pii import Scrubbed

            return (Scrubbed(fields=dict(texts)) for texts, _ in records)

    found = audit(Blind(PiiConfig(audit_sample=50)), records)
    assert (found.total.planted, found.total.found) == (50, 0)


def test_only_what_is_to_be_scrubbed_is_planted(records):
    found = audit(Scrubber(PiiConfig(entities=("EMAIL_ADDRESS",), audit_sample=30)), records)
    assert list(found.languages["id"]) == ["EMAIL"]


@pytest.mark.parametrize("config", [PiiConfig(audit_sample=0), PiiConfig(entities=())])
def test_nothing_to_plant(config, records):
    assert audit(Scrubber(config), records) == PiiAudit()


def test_no_records():
    assert audit(Scrubber(PiiConfig()), []).total.planted == 0


def test_some_records_more_hardly_change_the_sample_and_the_cache_serves_it(records, tmp_path):
    cache = Workspace.open(tmp_path).record_cache("scrub", "work")
    audit(Scrubber(PiiConfig(audit_sample=100), cache=cache), records[:20])
    scrubber = Scrubber(PiiConfig(audit_sample=100), cache=cache)
    scrubbed: list[int] = []
    fresh = scrubber._new
    scrubber._new = lambda batch: (scrubbed.append(len(batch)), fresh(batch))[1]
    audit(scrubber, records)
    assert 0 < sum(scrubbed) <= 40
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"example.com" in path.read_bytes()]


def test_texts_of_any_name_get_values_in_their_lines_and_a_record_without_texts_gets_none(records):
    named = [({f'["{name}", 0]': text for name, text in texts.items()}, language) for texts, language in records]
    seen: list[str] = []

    class Watched(Scrubber):
        """Scrubs nothing, and keeps what it was given."""

        def scrub_many(self, records, batch_size=128):
            from langkah.pii import Scrubbed

            for texts, _ in records:
                seen.append("\n".join(texts.values()))
                yield Scrubbed(fields=dict(texts))

    audit(Watched(PiiConfig(audit_sample=100)), [({}, "id"), *named])
    ends = {(text.split("\n")[0], text.split("\n")[-1]) for texts, _ in named for text in ["\n".join(texts.values())]}
    inside = [text for text in seen if (text.split("\n")[0], text.split("\n")[-1]) in ends]
    assert len(seen) == 100
    assert 20 <= len(inside) <= 60
