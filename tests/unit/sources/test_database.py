from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from langkah.config import DatabaseConfig, IngestConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.sources import build_index, describe_sources, read_accepted, read_rows, release_sources

QUERY = "SELECT id, question, answer FROM faq ORDER BY id"


@pytest.fixture
def helpdesk(tmp_path: Path) -> Path:
    path = tmp_path / "help.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE faq (id INTEGER, question TEXT, answer TEXT, price REAL, day DATE, image BLOB)")
        rows = [
            (n, f"How do I do task {n} 100%?", f"1. Open :page\n2. Press {n}", n / 2, "2024-05-03", b"x") for n in (1, 2, 3)
        ]
        connection.executemany("INSERT INTO faq VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    return path


def config_of(url: str, query: str = QUERY, **more: float) -> SourcesConfig:
    return SourcesConfig(databases={"faq": DatabaseConfig(url=url, query=query)}, **more)


def problem_of(config: SourcesConfig, data: str = "sql:faq") -> str:
    with pytest.raises(SourceError) as caught:
        describe_sources([data], config)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{data}: ")
    assert "\n" not in problem
    return problem


def test_the_rows_of_a_query_are_records(helpdesk: Path) -> None:
    config = config_of(f"sqlite:///{helpdesk}")
    (source,) = describe_sources(["sql:faq"], config)
    assert (source.name, source.source, source.format) == ("sql:faq", "sql:faq", "jsonl")
    records = list(read_accepted([source], build_index([source], IngestConfig(), config), config))
    assert [(record.row, record.id, record.prompt) for record in records] == [
        (n, str(n), f"How do I do task {n} 100%?") for n in (1, 2, 3)
    ]
    assert records[0].output == "1. Open :page\n2. Press 1"


def test_signs_that_other_layers_read_as_parameters_are_the_querys_own(helpdesk: Path) -> None:
    query = "SELECT question, answer FROM faq WHERE question LIKE '%100!%%' ESCAPE '!' AND answer LIKE '%:page%' ORDER BY id"
    (source,) = describe_sources(["sql:faq"], config_of(f"sqlite:///{helpdesk}", query))
    assert len(list(read_rows(source, config_of(f"sqlite:///{helpdesk}", query)))) == 3


def test_typed_values_become_what_json_has(helpdesk: Path) -> None:
    query = "SELECT question, answer, price, day, image, NULL AS gap FROM faq ORDER BY id LIMIT 1"
    config = config_of(f"sqlite:///{helpdesk}", query)
    (row,) = read_rows(describe_sources(["sql:faq"], config)[0], config)
    assert row.fields is not None
    assert list(row.fields.values())[2:] == [0.5, "2024-05-03", "x", None]


@pytest.mark.parametrize("wrong", ["x'ff'", "CAST(x'41ff' AS TEXT)"])
def test_a_row_with_bytes_that_are_no_text_is_alone_and_says_so(helpdesk: Path, wrong: str) -> None:
    query = f"SELECT question, answer, CASE id WHEN 2 THEN {wrong} END AS image FROM faq ORDER BY id"
    config = config_of(f"sqlite:///{helpdesk}", query)
    rows = list(read_rows(describe_sources(["sql:faq"], config)[0], config))
    assert [(row.row, row.problem) for row in rows] == [(1, None), (2, "not valid UTF-8"), (3, None)]


def test_a_source_holds_no_rows_and_no_address_and_a_changed_table_is_seen(helpdesk: Path) -> None:
    config = config_of(f"sqlite:///{helpdesk}")
    (source,) = describe_sources(["sql:faq"], config)
    assert "task" not in source.model_dump_json()
    assert "help.db" not in source.model_dump_json()
    with sqlite3.connect(helpdesk) as connection:
        connection.execute("UPDATE faq SET answer = '1. Shut' WHERE id = 2")
    connection.close()
    release_sources([source])
    with pytest.raises(SourceError, match="sql:faq: changed while"):
        read_rows(source, config)


def add_row(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO faq VALUES (4, 'How do I do task 4?', '1. Press 4', 1, '', NULL)")
    connection.close()


def test_a_row_that_comes_in_while_a_run_goes_on_is_the_next_runs(helpdesk: Path) -> None:
    config = config_of(f"sqlite:///{helpdesk}")
    sources = describe_sources(["sql:faq"], config)
    add_row(helpdesk)
    index = build_index(sources, IngestConfig(), config)
    helpdesk.unlink()
    assert [record.row for record in read_accepted(sources, index, config)] == [1, 2, 3]


def test_what_is_held_of_a_source_is_let_go_and_never_more_than_the_limit(helpdesk: Path) -> None:
    config = config_of(f"sqlite:///{helpdesk}")
    first = describe_sources(["sql:faq"], config)
    add_row(helpdesk)
    small = config_of(f"sqlite:///{helpdesk}", max_megabytes=0.0005)
    second = describe_sources(["sql:faq"], small)
    assert len(list(read_rows(second[0], small))) == 4
    with pytest.raises(SourceError, match="changed while"):  # the two together are more than the limit
        read_rows(first[0], config)
    release_sources(second)
    helpdesk.unlink()
    with pytest.raises(SourceError, match="no such database file"):
        read_rows(second[0], config)


def test_nothing_is_written(helpdesk: Path) -> None:
    before = {path.name: path.read_bytes() for path in helpdesk.parent.iterdir()}
    describe_sources(["sql:faq"], config_of(f"sqlite:///{helpdesk}"))
    assert "gives rows" in problem_of(config_of(f"sqlite:///{helpdesk}", "DELETE FROM faq"))
    assert {path.name: path.read_bytes() for path in helpdesk.parent.iterdir()} == before


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * FROM faqs", "the query failed: no such table"),
        ("SELECT frage FROM faq", "the query failed: no such column"),
        ("SELEKT 'Budi Santoso'", "the query failed: syntax error"),
        ("SELECT question, answer FROM faq WHERE id > 9", "the query gives no rows"),
        ("SELECT CAST(question AS INTEGER) / 0, abs(-9223372036854775808) FROM faq", "the query failed: OperationalError"),
    ],
)
def test_a_query_that_fails_is_one_line_without_data(helpdesk: Path, query: str, said: str) -> None:
    problem = problem_of(config_of(f"sqlite:///{helpdesk}", query))
    assert said in problem
    assert "Budi" not in problem
    assert "task" not in problem


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///{folder}/none.db", "no such database file"),
        ("nonsense", "expected a URL such as"),
        ("quark://host/db", "no database that SQLAlchemy knows"),
        ("oracle+oracledb://ana@127.0.0.1/db", "the driver of oracle+oracledb is not installed (oracledb)"),
        ("postgresql+psycopg://faq:${LANGKAH_TEST_UNSET}@db/help", "environment variable LANGKAH_TEST_UNSET is not set"),
    ],
)
def test_an_address_that_is_none_is_one_line(tmp_path: Path, url: str, said: str) -> None:
    problem = problem_of(config_of(url.format(folder=tmp_path) if "{folder}" in url else url))
    assert said in problem
    assert not list(tmp_path.iterdir())


def test_the_whole_address_may_come_from_the_environment(helpdesk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGKAH_TEST_URL", f"sqlite:///{helpdesk}")
    assert describe_sources(["sql:faq"], config_of("${LANGKAH_TEST_URL}"))
    monkeypatch.setenv("LANGKAH_TEST_FOLDER", str(helpdesk.parent))
    assert describe_sources(["sql:faq"], config_of("sqlite:///${LANGKAH_TEST_FOLDER}/help.db"))


def test_a_query_that_is_not_in_the_settings_is_told_with_those_that_are(helpdesk: Path) -> None:
    assert problem_of(config_of(f"sqlite:///{helpdesk}"), "sql:gone").endswith("(there: faq)")
    assert problem_of(SourcesConfig(), "sql:gone").endswith("(there: none)")


def test_more_rows_than_the_limit_are_refused(helpdesk: Path) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'How?' AS prompt, '1. Go' AS output FROM n"
    assert "larger than sources.max_megabytes" in problem_of(config_of(f"sqlite:///{helpdesk}", query, max_megabytes=0.5))


def test_a_database_that_does_not_answer_may_be_tried_again(helpdesk: Path) -> None:
    config = config_of(f"sqlite:///{helpdesk}")
    (source,) = describe_sources(["sql:faq"], config)
    release_sources([source])
    with pytest.raises((SourceError, OSError), match="sql:faq"):
        read_rows(source, config_of(f"sqlite:///file:{helpdesk}-gone?mode=ro&uri=true"))
