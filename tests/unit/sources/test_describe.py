from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from langkah.errors import SourceError
from langkah.sources import SourceFile, describe_sources

CSV = b"prompt,output\nHow?,1. Open\n"


def describe_files(paths: Sequence[Path]) -> tuple[SourceFile, ...]:
    return describe_sources([str(path) for path in paths])


def problems_of(*paths: Path) -> tuple[str, ...]:
    with pytest.raises(SourceError) as caught:
        describe_files(paths)
    return caught.value.problems


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_names_are_relative_to_the_common_folder_and_sorted(tmp_path: Path) -> None:
    late = write(tmp_path / "some/where/b/faq.csv", CSV)
    early = write(tmp_path / "some/where/a.csv", CSV)
    files = describe_files([late, early])
    assert [file.name for file in files] == ["a.csv", "b/faq.csv"]
    assert files == describe_files([early, late])
    assert files[0].sha256 == hashlib.sha256(CSV).hexdigest()
    assert [file.name for file in describe_files([late])] == ["faq.csv"]


def test_a_relative_path_gives_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "x/faq.csv", CSV)
    write(tmp_path / "faq.csv", CSV)
    monkeypatch.chdir(tmp_path / "x")
    assert [file.name for file in describe_files([Path("faq.csv"), Path("../faq.csv")])] == ["faq.csv", "x/faq.csv"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "empty file"),
        ("a.jsonl", b"\xef\xbb\xbf \n", "empty file"),
        ("a.pdf", b"x", ".xlsm, .html, .htm, .xhtml, .md or .markdown (and .gz behind it), got .pdf"),
        ("faq", b"x", "got no suffix"),
        (
            "a.csv",
            b"id,prompt,reply\n1,2,3\n",
            "expected a column output (answer, response, jawaban, jawab, completion), found: id, prompt, reply",
        ),
        (
            "a.csv",
            b"title;body\n1;2\n",
            "a column prompt (question, instruction, pertanyaan, query, tanya, soal) and a column output",
        ),
        ("a.tsv", b"prompt,output\n1,2\n", "expected a column prompt"),
        ("a.csv", b"prompt,output,Prompt\n1,2,3\n", "two columns named prompt"),
        ("a.json", b'[\n{"prompt": "x",\n "output" 1}]', "line 3, column 11: invalid JSON"),
        ("a.json", b'{"prompt": 1}\n{"prompt": 2}\n', "one object a line belongs in a .jsonl"),
        ("a.json", b'{"rows": []}', "expected an array of objects, or an object with an array `data`"),
        ("a.json", b'"text"', "got text"),
        ("a.json", b"[" * 100_000, "invalid JSON"),
        ("a.json", b'[{"prompt": NaN}]', "invalid JSON"),
        ("a.csv", "prompt,output\n".encode("utf-16"), "expected UTF-8 text, got UTF-16"),
    ],
)
def test_one_clear_line_for_each_problem(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = write(tmp_path / name, data)
    (problem,) = problems_of(path)
    assert problem.startswith(f"{path}: ")
    assert said in problem
    assert "\n" not in problem


def test_a_missing_file_a_folder_and_a_repeated_file_are_told_together(tmp_path: Path) -> None:
    good = write(tmp_path / "a.csv", CSV)
    found = problems_of(tmp_path / "none.csv", tmp_path, good, tmp_path / "x" / ".." / "a.csv", good / "b.csv")
    assert [problem.partition(": ")[2] for problem in found] == [
        "no such file",
        "expected a file, got a folder",
        "no such file",
        "no such file",
    ]
    (tmp_path / "x").mkdir()
    assert problems_of(good, tmp_path / "x/../a.csv") == (f"{tmp_path / 'x/../a.csv'}: given twice",)


def test_a_link_to_a_given_file_is_the_same_file(tmp_path: Path) -> None:
    good = write(tmp_path / "a.csv", CSV)
    link = tmp_path / "b.csv"
    link.symlink_to(good)
    assert problems_of(good, link) == (f"{link}: given twice",)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert problems_of(tmp_path / "a.csv") == (f"{tmp_path / 'a.csv'}: expected a plain file",)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", CSV)
    path.chmod(0)
    assert problems_of(path) == (f"{path}: cannot be read: Permission denied",)


def test_no_file_at_all() -> None:
    assert "no file given" in problems_of()[0]


@pytest.mark.parametrize(
    "data",
    [
        b"Bagaimana cara bayar?,1. Buka aplikasi\n",
        b"budi@example.test,Budi Santoso\n",
        b"Budi Santoso,081234567890\n",
        b"Budi Santoso,Reset kata sandi\n",
        b"id;prompt;Budi Santoso\n",
        b"Budi\n",
    ],
)
def test_the_first_record_of_a_file_without_header_is_not_told(tmp_path: Path, data: bytes) -> None:
    (problem,) = problems_of(write(tmp_path / "a.csv", data))
    assert "no header" in problem
    assert not any(word in problem for word in ("Bagaimana", "Buka", "Budi", "budi", "0812", "Reset"))


@pytest.mark.parametrize("header", ["Kategori;Judul;Tanggal", "id;Question;Notes;Author", "no;prompt;Langkah;url"])
def test_usual_names_of_columns_are_told(tmp_path: Path, header: str) -> None:
    (problem,) = problems_of(write(tmp_path / "a.csv", f"{header}\n1;2;3\n".encode()))
    assert f"found: {', '.join(header.split(';'))}" in problem


def test_an_unusual_name_hides_all_and_the_cells_are_counted(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path / "a.csv", b"prompt,Category,Budi\n1,2,3\n"))
    assert "a first line of 3 cells" in problem
    assert "Category" not in problem
