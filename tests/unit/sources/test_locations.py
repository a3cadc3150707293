from __future__ import annotations

import os
from pathlib import Path

import pytest

from langkah.config import SourcesConfig
from langkah.errors import SourceError
from langkah.sources import SourceFile, describe_sources

CSV = "prompt,output\nHow {}?,1. Open\n"


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CSV.format(name))


def problems_of(*data: str, config: SourcesConfig | None = None) -> tuple[str, ...]:
    with pytest.raises(SourceError) as caught:
        describe_sources(data, config or SourcesConfig())
    return caught.value.problems


def test_a_glob_is_its_files_in_sorted_order(tmp_path: Path) -> None:
    write(tmp_path, "docs/b.csv", "docs/deep/er/a.csv", "docs/a.csv", "docs/note.txt")
    found = describe_sources([str(tmp_path / "docs/**/*.csv")])
    assert [file.name for file in found] == ["a.csv", "b.csv", "deep/er/a.csv"]
    assert [file.source for file in found] == ["a.csv", "b.csv", "a.csv"]


def test_a_relative_glob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "docs/b.csv", "docs/a.csv")
    monkeypatch.chdir(tmp_path / "docs")
    assert [file.location.given for file in describe_sources(["*.csv"])] == ["a.csv", "b.csv"]


def test_a_glob_that_matches_nothing_or_only_folders_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    pattern, other = str(tmp_path / "*.csv"), str(tmp_path / "**/*.md")
    assert problems_of(pattern, other) == (f"{pattern}: matches no file", f"{other}: matches no file")


@pytest.mark.parametrize("name", ["faq[1].csv", "what*.csv", "a?.csv"])
def test_a_file_with_signs_of_a_glob_in_its_name_is_that_file(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "faq1.csv", "whatever.csv", "ab.csv")
    (found,) = describe_sources([str(tmp_path / name)])
    assert found.name == name


def test_a_file_of_two_globs_is_taken_once_and_one_named_twice_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "b.csv")
    a, glob = str(tmp_path / "a.csv"), str(tmp_path / "*.csv")
    assert len(describe_sources([glob, str(tmp_path / "a*"), a])) == 2
    assert problems_of(a, a) == (f"{a}: given twice",)


def test_a_file_url_is_a_path(tmp_path: Path) -> None:
    write(tmp_path, "my faq.csv")
    (found,) = describe_sources([f"file://{tmp_path}/my%20faq.csv"])
    assert (found.name, found.location.place) == ("my faq.csv", "path")


def test_what_a_link_leads_to_decides_and_dot_dot_follows_it(tmp_path: Path) -> None:
    write(tmp_path, "there/in/a.csv", "there/b.csv")
    (tmp_path / "link").symlink_to(tmp_path / "there/in")
    (found,) = describe_sources([str(tmp_path / "link/../b.csv")])
    assert found.location.target == str(tmp_path / "link/../b.csv")


def test_a_source_is_small_hashable_and_its_identity_is_its_content(tmp_path: Path) -> None:
    write(tmp_path, "x/a.csv", "y/a.csv")
    one, other = (describe_sources([str(tmp_path / folder / "a.csv")])[0] for folder in "xy")
    assert one.identity != other.identity
    (tmp_path / "y/a.csv").write_bytes((tmp_path / "x/a.csv").read_bytes())
    (other,) = describe_sources([str(tmp_path / "y/a.csv")])
    assert one.identity == other.identity
    assert len({one, other}) == 2
    assert SourceFile.model_validate_json(one.model_dump_json()) == one
    assert "How" not in one.model_dump_json()


@pytest.mark.parametrize("given", ["a\0b.csv", "", ".", "/", "~nobody/x.csv", "C:\\faq.csv", "x" * 5000 + ".csv", "sql:"])
def test_what_is_no_path_is_a_line(given: str) -> None:
    (problem,) = problems_of(given)
    assert "\n" not in problem


def test_a_name_that_is_no_text_is_a_line(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    Path(path).write_text(CSV)
    assert "file name in UTF-8" in problems_of(path)[0]


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV + "x,1. y\n" * 1000)
    (problem,) = problems_of(str(tmp_path / "a.csv"), config=SourcesConfig(max_megabytes=0.001))
    assert problem == f"{tmp_path / 'a.csv'}: larger than sources.max_megabytes (0.001 MB, unpacked too)"
