from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langkah.artifacts.record_cache import RecordCache
from langkah.config import IngestConfig, SourcesConfig
from langkah.errors import LangkahError, SourceError
from langkah.records import IndexedRow, RowStatus
from langkah.sources import RowIndex, SourceFile, build_index, describe_sources, read_accepted, read_rows, usable

DATA = Path(__file__).parents[3] / "../shared/data"
EXAMPLES = Path(__file__).parents[3] / "examples"
PLAIN = IngestConfig()
STEPS = "1. Open\n2. Save"


def describe_files(paths: Sequence[Path]) -> tuple[SourceFile, ...]:
    return describe_sources([str(path) for path in paths])


def index_of(tmp_path: Path, rows: list[Any], config: IngestConfig = PLAIN, name: str = "faq.jsonl") -> list[IndexedRow]:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    return build_index(describe_files([tmp_path / name]), config)


def statuses(index: list[IndexedRow]) -> list[tuple[int, str, str | None]]:
    return [(row.row, row.status.value, row.reason) for row in index]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "invalid JSON: column 2"),
        ([], "not an object: got an array"),
        ({"output": STEPS}, "missing prompt"),
        ({"prompt": "How?"}, "missing output"),
        ({"prompt": None, "output": STEPS}, "missing prompt"),
        ({"prompt": "", "output": STEPS}, "empty prompt"),
        ({"prompt": " \t\u200b\n", "output": STEPS}, "empty prompt"),
        ({"prompt": "How?", "output": "  "}, "empty output"),
        ({"prompt": 5, "output": STEPS}, "prompt is no text: got a number"),
        ({"prompt": "How?", "output": [STEPS]}, "output is no text: got an array"),
        ({"prompt": "How?", "output": "1. 2.\n2. 3."}, "output without letters"),
        ({"prompt": "How?", "output": STEPS, "language": "fr"}, "unknown language: expected en, id or mixed"),
        ({"prompt": "How?", "output": STEPS, "language": 7}, "unknown language: expected en, id or mixed"),
        ({"prompt": "How?", "output": STEPS + "\0"}, "NUL character in output"),
        ({"prompt": "How?", "output": STEPS + "x" * 20_000}, "output too long: 20015 characters, at most 20000"),
        ({"prompt": "How?", "output": STEPS, "id": True}, "id is no text: got true or false"),
        ({"prompt": "How?", "output": STEPS, "source": 1}, "source is no text: got a number"),
    ],
)
def test_rejected_with_its_reason(tmp_path: Path, row: Any, reason: str) -> None:
    index = index_of(tmp_path, [{"prompt": "What?", "output": STEPS}, row])
    assert statuses(index) == [(1, "accepted", None), (2, "rejected", reason)]


def test_repetitions_are_duplicates_of_the_accepted_row(tmp_path: Path) -> None:
    rows = [
        {"prompt": "Café open?", "output": STEPS},
        {"prompt": "  CAFE\u0301   open? ", "output": "1. open  2. save"},
        {"question": "café open?", "Answer": STEPS, "id": 9},
    ]
    assert statuses(index_of(tmp_path, rows)) == [
        (1, "accepted", None),
        (2, "duplicate", "same as faq.jsonl row 1"),
        (3, "duplicate", "same as faq.jsonl row 1"),
    ]


def test_all_answers_to_one_question_are_flagged(tmp_path: Path) -> None:
    rows = [
        {"prompt": "How to pay?", "output": STEPS},
        {"prompt": "how to PAY?", "output": "1. Other"},
        {"prompt": "How to pay?", "output": STEPS},
        {"prompt": "How to pay?", "output": STEPS, "language": "id"},
        {"prompt": "How to send?", "output": STEPS},
    ]
    assert statuses(index_of(tmp_path, rows)) == [
        (1, "flagged", "same prompt, other answer: faq.jsonl row 2"),
        (2, "flagged", "same prompt, other answer: faq.jsonl row 1, faq.jsonl row 3"),
        (3, "flagged", "same prompt, other answer: faq.jsonl row 2"),
        (4, "accepted", None),
        (5, "accepted", None),
    ]


def test_one_id_with_two_answers_is_flagged_and_with_two_wordings_is_not(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "prompt": "How to pay?", "output": STEPS},
        {"id": "1", "prompt": "How to send?", "output": "1. Send"},
        {"id": 2, "prompt": "Where is it?", "output": STEPS},
        {"id": 2.0, "prompt": "Where can I find it?", "output": STEPS},
        {"id": 2, "prompt": "Dimana itu?", "output": "1. Cari"},
        {"id": 1, "source": "b", "prompt": "How to wait?", "output": "1. Wait"},
    ]
    assert [row.status.value for row in index_of(tmp_path, rows)] == ["flagged"] * 2 + ["accepted"] * 4


def test_a_long_list_of_other_rows_is_cut(tmp_path: Path) -> None:
    index = index_of(tmp_path, [{"prompt": "How?", "output": f"1. Way {n}x"} for n in range(9)])
    assert index[0].reason == f"same prompt, other answer: {', '.join(f'faq.jsonl row {n}' for n in range(2, 7))} and 3 more"


def test_an_answer_without_steps_is_flagged(tmp_path: Path) -> None:
    assert statuses(index_of(tmp_path, [{"prompt": "Why?", "output": "Because it is."}])) == [
        (1, "flagged", "no numbered steps")
    ]


@pytest.mark.parametrize(
    ("row", "config", "language"),
    [
        ({}, {}, "en"),
        ({"language": "id-ID"}, {}, "id"),
        ({"language": "mixed"}, {"language": "en"}, "mixed"),
        ({"language": ""}, {"language": "id"}, "id"),
        ({"prompt": "Bagaimana caranya?", "output": "1. Buka"}, {}, "id"),
        ({"prompt": "Bagaimana caranya?", "output": "1. Open the list and click it."}, {}, "mixed"),
        ({"prompt": "Wi-Fi?", "output": "1. Wi-Fi 6E"}, {}, "en"),
    ],
)
def test_the_rows_own_language_then_the_config_then_the_text(
    tmp_path: Path, row: Mapping[str, str], config: Mapping[str, Any], language: str
) -> None:
    (found,) = index_of(tmp_path, [{"prompt": "How do I open it?", "output": STEPS, **row}], IngestConfig(**config))
    assert (found.status, found.language) == (RowStatus.accepted, language)


def test_max_intents_keeps_the_same_ones_in_any_order(tmp_path: Path) -> None:
    rows = [{"id": n, "prompt": f"How to do task {n}?", "output": STEPS, "source": "s"} for n in range(30)]
    rows.append({"id": 99, "prompt": "No steps?", "output": "none", "source": "s"})
    ids: list[set[str | None]] = []
    for name, ordered in (("a", rows), ("b", rows[::-1])):
        (tmp_path / name).mkdir()
        index = index_of(tmp_path / name, ordered, IngestConfig(max_intents=7))
        assert Counter(row.status.value for row in index) == {"accepted": 7, "not_selected": 23, "flagged": 1}
        ids.append({record.id for record in read_accepted(describe_files([tmp_path / name / "faq.jsonl"]), index)})
    assert ids[0] == ids[1]
    smaller = index_of(tmp_path / "b", rows, IngestConfig(max_intents=3))
    assert {r.id for r in read_accepted(describe_files([tmp_path / "b/faq.jsonl"]), smaller)} < ids[0]


def test_two_files_in_either_order_give_the_same_index(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("prompt,output\nHow?,1. Open\nWhy?,1. So\n")
    (tmp_path / "a.jsonl").write_text('{"prompt": "How?", "output": "1. open"}\n')
    one = build_index(describe_files([tmp_path / "b.csv", tmp_path / "a.jsonl"]), PLAIN)
    other = build_index(describe_files([tmp_path / "a.jsonl", tmp_path / "b.csv"])[::-1], PLAIN)
    assert one == other
    assert [(row.file, row.row, row.status.value, row.reason) for row in one] == [
        ("a.jsonl", 1, "accepted", None),
        ("b.csv", 1, "duplicate", "same as a.jsonl row 1"),
        ("b.csv", 2, "accepted", None),
    ]


def test_accepted_rows_are_read_with_their_text_which_repr_hides(tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    path.write_text('id,prompt,output,source\n,,,\n7, Secret how? ,"1. Secret\n2. Save",kb/secret\n,Why?,1. So,\n')
    files = describe_files([path])
    first, second = read_accepted(files, build_index(files, PLAIN))
    assert (first.row, first.id, first.source, first.prompt) == (2, "7", "kb/secret", "Secret how?")
    assert (first.output, first.language) == ("1. Secret\n2. Save", "en")
    assert (second.row, second.id, second.source) == (3, None, "faq.csv")
    assert "ecret" not in repr(first)


def test_a_row_without_source_has_the_bare_name_of_its_file_whatever_else_is_given(tmp_path: Path) -> None:
    for folder in ("x/y", "z"):
        (tmp_path / folder).mkdir(parents=True)
    deep, other = tmp_path / "x/y/faq.jsonl", tmp_path / "z/other.csv"
    deep.write_text(json.dumps({"id": 1, "prompt": "How?", "output": STEPS}) + "\n")
    other.write_text("id,prompt,output,source\n1,Why?,1. So,\n")
    found: list[tuple[str, str]] = []
    for paths in ([deep], [deep, other], [other]):
        files = describe_files(paths)
        found += [(record.file, record.source) for record in read_accepted(files, build_index(files, PLAIN))]
    assert found == [
        ("faq.jsonl", "faq.jsonl"),
        ("x/y/faq.jsonl", "faq.jsonl"),
        ("z/other.csv", "other.csv"),
        ("other.csv", "other.csv"),
    ]


def rows_counted_apart(path: Path) -> int:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return sum(1 for _ in csv.DictReader(handle))
    return sum(1 for line in path.read_bytes().split(b"\n") if line.strip())


@pytest.mark.parametrize("name", ["shop-faq-en.jsonl", "shop-faq-id.csv", "shop-faq-broken.jsonl"])
def test_no_row_of_the_examples_is_lost(name: str) -> None:
    path = EXAMPLES / name
    index = build_index(describe_files([path]), PLAIN)
    assert len(index) == rows_counted_apart(path) > 0


def test_an_index_that_lost_a_row_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langkah.sources.index._judge", lambda *_: np.array([4, -1, 4], dtype=np.int8))
    with pytest.raises(LangkahError, match="3 rows read, 2 with a status"):
        index_of(tmp_path, [{"prompt": f"How {n}?", "output": STEPS} for n in range(3)])


def test_an_index_with_a_row_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langkah.sources.index.read_rows", lambda *found: [*read_rows(*found)] * 2)
    with pytest.raises(LangkahError, match="a row stands twice"):
        index_of(tmp_path, [{"prompt": "How?", "output": STEPS}])


def test_a_file_that_changed_in_between_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faq.csv"
    path.write_text("prompt,output\nHow?,1. Open\n")
    files = describe_files([path])
    index = build_index(files, PLAIN)
    path.write_text("prompt,output\nHow?,1. Shut\n")
    with pytest.raises(SourceError, match="changed while"):
        list(read_accepted(files, index))
    with pytest.raises(SourceError, match="changed while"):
        build_index(files, PLAIN)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faq.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"How {n}?", "output": STEPS}) + "\n" for n in range(3)))
    (file,) = describe_files([path])
    rows = read_rows(file, SourcesConfig())
    next(rows)
    with path.open("a") as handle:
        handle.write(json.dumps({"prompt": "One more?", "output": STEPS}) + "\n")
    with pytest.raises(SourceError, match="changed while"):
        list(rows)


def test_a_file_that_changes_after_its_last_accepted_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "faq.jsonl"
    path.write_text(json.dumps({"prompt": "How?", "output": STEPS}) + "\n")
    files = describe_files([path])
    records = read_accepted(files, build_index(files, PLAIN))
    next(records)
    with path.open("a") as handle:
        handle.write("\n")
    with pytest.raises(SourceError, match="changed while"):
        list(records)


def test_a_file_without_usable_row_is_refused_with_counts(tmp_path: Path) -> None:
    (tmp_path / "faq.csv").write_text("prompt,output\n,1. a\n,1. b\n ,1. c\nHow?,none\nWhy?,none\n")
    (tmp_path / "good.csv").write_text("prompt,output\nHow?,1. Open\n")
    (tmp_path / "head.csv").write_text("prompt,output\n")
    files = describe_files([tmp_path / "faq.csv", tmp_path / "good.csv", tmp_path / "head.csv"])
    with pytest.raises(SourceError) as caught:
        usable(build_index(files[:1] + files[2:], PLAIN), files[:1] + files[2:])
    assert caught.value.problems == (
        "faq.csv: no usable row: 3 rejected (empty prompt), 2 flagged (no numbered steps)",
        "head.csv: no usable row: the file has no rows",
    )
    usable(build_index(files[1:2], PLAIN), files[1:2])


def test_raw_answers_are_usable_where_drafts_are_made_of_them(tmp_path: Path) -> None:
    (tmp_path / "forum.csv").write_text("prompt,output\nHow?,none\nHow?,no more\n")
    (tmp_path / "clash.csv").write_text("prompt,output\nWhy?,1. Open\nWhy?,1. Shut\n")
    files = describe_files([tmp_path / "clash.csv", tmp_path / "forum.csv"])
    index = build_index(files, PLAIN)
    assert statuses(index)[2:] == [
        (1, "flagged", "same prompt, other answer: forum.csv row 2; no numbered steps"),
        (2, "flagged", "same prompt, other answer: forum.csv row 1; no numbered steps"),
    ]
    with pytest.raises(SourceError) as caught:
        usable(index, files)
    assert len(caught.value.problems) == 2
    with pytest.raises(SourceError, match=r"\Aclash.csv: no usable row: 2 flagged \(same prompt, other answer\)\Z"):
        usable(index, files, drafts=True)


_CELL = st.sampled_from(
    [b"", b" ", b"How?", b"how?", b"1. Open 2. Save", b"1. Other", b"none", b"\xff\xfe", b"\0", b"\xc3\xa9", b"en", b"fr"]
) | st.binary(max_size=6)
_GLUE = st.sampled_from([b",", b";", b"\t", b'"', b"\n", b"\r\n", b"\r", b'":', b"{", b"}", b"[", b"]", b'"prompt":', b"\\u"])
_OBJECT = st.dictionaries(
    st.sampled_from(["prompt", "Question", "output", "jawaban", "id", "language", "source"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(STEPS) | st.just([]),
).map(lambda row: json.dumps(row).encode())
_BODY = st.lists(_CELL | _GLUE, max_size=30).map(b"".join) | st.lists(_OBJECT | _CELL, max_size=8).map(b"\n".join)
_HEAD = st.sampled_from([b"prompt,output\n", b"\xef\xbb\xbfid;question;answer;language\n", b"prompt\toutput\tid\n", b"[", b""])


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(_HEAD, _BODY, st.sampled_from([".csv", ".tsv", ".jsonl", ".ndjson", ".json"]), st.none() | st.integers(1, 3))
def test_whatever_the_bytes_every_row_has_one_status(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, body: bytes, suffix: str, most: int | None
) -> None:
    path = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    path.write_bytes(head + body)
    config = IngestConfig(max_intents=most, max_chars=100)
    try:
        files = describe_files([path])
    except SourceError as error:
        assert all(line.startswith(str(path)) and "\n" not in line for line in error.problems)
        return
    index = build_index(files, config)
    assert [row.row for row in index] == [row.row for row in read_rows(files[0], SourcesConfig())]
    assert len({row.row for row in index}) == len(index)
    accepted = [row for row in index if row.status is RowStatus.accepted]
    assert all((row.reason is None) == (row.status is RowStatus.accepted) for row in index)
    records = list(read_accepted(files, index))
    assert [(record.row, record.language) for record in records] == [(row.row, row.language) for row in accepted]
    assert all(record.prompt.strip() and record.output.strip() for record in records)
    if most:
        assert len({(r.source, r.id) if r.id else r.prompt.casefold() for r in records}) <= most
    if any(row.status is RowStatus.duplicate for row in index):
        assert any(row.status in (RowStatus.accepted, RowStatus.not_selected) for row in index)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_real_files_are_accepted_but_for_the_four_ambiguous_prompts() -> None:
    files = describe_files([DATA / "gnome-help-id.csv", DATA / "gnome-help-en.jsonl"])
    index = build_index(files, PLAIN)
    usable(index, files)
    found = Counter((row.file, row.status.value) for row in index)
    assert found == {
        ("gnome-help-en.jsonl", "accepted"): 176,
        ("gnome-help-en.jsonl", "flagged"): 8,
        ("gnome-help-id.csv", "accepted"): 176,
        ("gnome-help-id.csv", "flagged"): 8,
    }
    assert sum(1 for _ in read_accepted(files, index)) == 352


def test_answers_that_were_read_before_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"prompt": f"How {number}?", "output": output} for number, output in enumerate([STEPS, "No steps.", STEPS, "\ud83d"])
    ]
    (tmp_path / "faq.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    files = describe_files([tmp_path / "faq.jsonl"])
    with RecordCache(tmp_path / "answers.sqlite", b"secret", "work").named() as kept:
        first = list(RowIndex(files, PLAIN, kept=kept))
        monkeypatch.setattr("langkah.sources.index.parse_procedure", None)
        second = list(RowIndex(files, PLAIN, kept=kept))
    assert first == second
    assert [row.status for row in first] == [RowStatus.accepted, RowStatus.flagged, RowStatus.accepted, RowStatus.rejected]
