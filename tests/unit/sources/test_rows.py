from __future__ import annotations

import json
from pathlib import Path

import pytest

from langkah.config import ColumnsConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.sources import SourceRow, describe_sources, find_columns, read_rows


def rows_of(tmp_path: Path, name: str, data: bytes | str) -> list[SourceRow]:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (source,) = describe_sources([str(path)])
    return list(read_rows(source, SourcesConfig()))


def test_a_spreadsheet_csv_with_bom_semicolons_and_embedded_newlines(tmp_path: Path) -> None:
    data = '\ufeffid;Pertanyaan;Jawaban\r\n7;"Cara, bayar?";"1. Buka\n2. ""Bayar"""\r\n\r\n8;Apa?;1. Ini\r\n'
    assert [(row.row, row.fields) for row in rows_of(tmp_path, "a.csv", data)] == [
        (1, {"id": "7", "Pertanyaan": "Cara, bayar?", "Jawaban": '1. Buka\n2. "Bayar"'}),
        (2, {"id": "8", "Pertanyaan": "Apa?", "Jawaban": "1. Ini"}),
    ]


@pytest.mark.parametrize("line", ["sep=;\r\n", "\ufeffsep=;\n", '"sep=;"\r\n', "SEP=;\r"])
def test_the_line_in_which_excel_names_the_delimiter_is_honoured_and_no_row(tmp_path: Path, line: str) -> None:
    (row,) = rows_of(tmp_path, "a.csv", f"{line}prompt;output\nPay, how?;1. Open\n")
    assert (row.row, row.fields) == (1, {"prompt": "Pay, how?", "output": "1. Open"})


def test_tsv(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "a.tsv", "prompt\toutput\na, b\t1. c\n")
    assert row.fields == {"prompt": "a, b", "output": "1. c"}


@pytest.mark.parametrize("wrap", ["%s", '{"data": %s}'])
def test_json_keeps_every_value(tmp_path: Path, wrap: str) -> None:
    rows = [{"prompt": "a", "output": "b", "n": 1.5, "tags": ["x", {"y": None}]}, 3, None]
    found = rows_of(tmp_path, "a.json", wrap % json.dumps(rows))
    assert [(row.row, row.fields, row.problem) for row in found] == [
        (1, rows[0], None),
        (2, None, "not an object: got a number"),
        (3, None, "not an object: got null"),
    ]


def test_jsonl_rows_are_lines_and_a_bad_line_is_alone(tmp_path: Path) -> None:
    data = b'{"prompt": "a\xe2\x80\xa8b"}\r\n\n{"prompt": \n[1]\n{"a": NaN}\n{"a": "\xff"}\n{"a": "\\ud83d"}\n{"a": 1}'
    found = rows_of(tmp_path, "a.ndjson", data)
    assert [(row.row, row.problem) for row in found] == [
        (1, None),
        (3, "invalid JSON: column 12"),
        (4, "not an object: got an array"),
        (5, "invalid JSON: nested too deeply, NaN, or a number that is too long"),
        (6, "not valid UTF-8"),
        (7, "not valid UTF-8"),
        (8, None),
    ]
    assert found[0].fields == {"prompt": "a\u2028b"}


def test_a_csv_row_with_other_cells_or_bytes_is_alone(tmp_path: Path) -> None:
    data = b'prompt,output\na,b,c\nonly\na,b\nx\xff,y\na,"never closed\nc,d\n'
    assert [(row.row, row.problem) for row in rows_of(tmp_path, "a.csv", data)] == [
        (1, "wrong number of cells: 3, the header has 2"),
        (2, "wrong number of cells: 1, the header has 2"),
        (3, None),
        (4, "not valid UTF-8"),
        (5, "unclosed quote: the row runs to the end of the file, over 2 lines"),
    ]


def test_an_inch_sign_is_no_quote(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "a.csv", 'prompt,output\n5" screen,1. Look\n')
    assert row.fields == {"prompt": '5" screen', "output": "1. Look"}


def test_a_cell_of_a_megabyte_is_one_row(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "a.csv", "prompt,output\na," + "x" * 1_000_000 + "\nc,d\n")
    assert [len(row.fields["output"]) for row in found if row.fields] == [1_000_000, 1]


def test_columns_without_a_name_or_with_the_same_lose_no_cell(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "a.csv", "prompt,output,,tag,tag\na,b,c,d,e\n")
    assert row.fields == {"prompt": "a", "output": "b", "column_3": "c", "tag": "d", "tag_5": "e"}


def test_read_rows_refuses_at_the_call(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("prompt,output\na,b\n")
    (source,) = describe_sources([str(tmp_path / "a.csv")])
    (tmp_path / "a.csv").unlink()
    with pytest.raises(SourceError, match="no such file"):
        read_rows(source, SourcesConfig())


def test_text_is_not_in_repr(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "a.jsonl", '{"prompt": "secret"}')
    assert "secret" not in repr(row)


@pytest.mark.parametrize(
    ("names", "prompt", "output"),
    [
        (["Instruction", "QUESTION", " Answer ", "Language", "other"], "QUESTION", " Answer "),
        (["Tanya", "Jawab"], "Tanya", "Jawab"),
        (["soal", "jawaban"], "soal", "jawaban"),
        (["query", "response"], "query", "response"),
        (["Q", "A"], "Q", "A"),
        (["input", "completion"], "input", "completion"),
        (["input", "output"], "input", "output"),
        (["instruction", "input", "output"], "instruction", "output"),
        (["q", "answer"], None, "answer"),
        (["q", "note"], None, None),
        (["input", "target"], None, None),
        (["a", "prompt"], "prompt", None),
    ],
)
def test_names_that_people_give_their_columns(names: list[str], prompt: str | None, output: str | None) -> None:
    assert find_columns(names)[:2] == (prompt, output)


def test_a_mapping_wins_over_the_usual_names() -> None:
    names = ["question", "answer", "Customer asks", "We say", "Ref"]
    mapping = ColumnsConfig(prompt="customer asks ", output="We say", id="Ref")
    assert find_columns(names, mapping) == ("Customer asks", "We say", "Ref", None, None)
    assert find_columns(names, ColumnsConfig(prompt="Customer asks")).output == "answer"
    assert find_columns(names, ColumnsConfig(prompt="gone")).prompt is None


def mapped(tmp_path: Path, name: str, data: str, **columns: str) -> str:
    (tmp_path / name).write_text(data)
    with pytest.raises(SourceError) as caught:
        describe_sources([str(tmp_path / name)], SourcesConfig(columns=ColumnsConfig(**columns)))
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", "question,answer\nHow?,1. Open\n"),
        ("a.json", '[{"question": "How?", "answer": "1. Open"}]'),
        ("a.jsonl", '{"question": "How?", "answer": "1. Open"}\n'),
    ],
)
def test_a_mapped_name_that_the_file_lacks_is_one_line(tmp_path: Path, name: str, data: str) -> None:
    problem = mapped(tmp_path, name, data, prompt="Customer asks")
    assert problem.startswith(f"{tmp_path / name}: ")
    assert "sources.columns.prompt is 'Customer asks', which" in problem
    assert "How?" not in problem


def test_a_mapping_reads_what_no_alias_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Kunde fragt;Wir sagen\nHow?;1. Open\n")
    config = SourcesConfig(columns=ColumnsConfig(prompt="Kunde fragt", output="Wir sagen"))
    (source,) = describe_sources([str(tmp_path / "a.csv")], config)
    (row,) = read_rows(source, config)
    assert row.fields == {"Kunde fragt": "How?", "Wir sagen": "1. Open"}
    assert source.identity != source.model_copy(update={"columns": ColumnsConfig()}).identity
