from __future__ import annotations

from langkah.pii import PiiCounts, Scrubbed


def test_sums_by_language_and_type_in_any_order():
    first = Scrubbed(
        fields={"prompt": "secret"}, counts={"NAME": 2, "EMAIL": 1}, characters=50, altered=20, protected=("langkah pay",)
    )
    clean = Scrubbed(fields={"prompt": "secret"}, characters=30)
    sums = PiiCounts.of([("id", first), ("en", clean), ("id", clean)])
    assert sums == PiiCounts.of([("id", clean), ("en", clean), ("id", first)])
    assert sums.rows() == [
        {"language": "en", "type": "all", "replaced": 0, "records": 1, "touched": 0, "characters": 30, "altered": 0},
        {"language": "id", "type": "all", "replaced": 3, "records": 2, "touched": 1, "characters": 80, "altered": 20},
        {"language": "id", "type": "EMAIL", "replaced": 1},
        {"language": "id", "type": "NAME", "replaced": 2},
    ]
    assert (sums.total.records, sums.total.touched, sums.total.characters, sums.total.altered) == (3, 1, 110, 20)
    assert sums.kept_rows() == [{"term": "langkah pay", "records": 1}]
    assert "secret" not in sums.model_dump_json()
