from __future__ import annotations

from pathlib import Path

import pytest

from langkah.config import DatabaseConfig, SourcesConfig
from langkah.errors import SourceError
from langkah.sources import check_allowed

URL_ROOTS = ("s3://bucket/faq", "https://help.example/docs/")
DATABASES = {
    "help": DatabaseConfig(url="postgresql+psycopg://faq:${PASSWORD}@db/help", query="SELECT 1"),
    "other": DatabaseConfig(url="postgresql+psycopg://db/other", query="SELECT 1"),
    "any": DatabaseConfig(url="${DATABASE_URL}", query="SELECT 1"),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LANGKAH_ALLOWED_ROOTS", raising=False)
    for name in ("data/a.csv", "data/deep/b.csv", "data-2/c.csv", "secret/d.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("prompt,output\nHow?,1. Open\n")
    (tmp_path / "data/link.csv").symlink_to(tmp_path / "secret/d.csv")
    (tmp_path / "data/away").symlink_to(tmp_path / "secret")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "data", ["data/a.csv", "data/deep/b.csv", "data/deep/../a.csv", "data/**/[ab].csv", "data-2/../data/a.csv"]
)
def test_below_a_root_is_allowed(place: Path, data: str) -> None:
    check_allowed([data], SourcesConfig(allowed_roots=("data",)))
    check_allowed([str(place / data)], SourcesConfig(allowed_roots=(str(place / "data"),)))


@pytest.mark.parametrize(
    "data",
    [
        "secret/d.csv",
        "data/../secret/d.csv",
        "data-2/c.csv",
        "data/link.csv",
        "data/away/d.csv",
        "data/*.csv",
        "/etc/passwd",
        "file:///etc/passwd",
        "https://help.example/docs/a.csv",
        "s3://bucket/faq/a.csv",
        "sql:help",
    ],
)
def test_outside_is_refused(place: Path, data: str) -> None:
    with pytest.raises(SourceError, match=r"outside of sources\.allowed_roots \(data\)"):
        check_allowed([data], SourcesConfig(allowed_roots=("data",), databases=DATABASES))


@pytest.mark.parametrize(
    "data", ["secret/*", "../*/secret/*", "data/away/*", "data/../secret/**", "secret/no-such*", "data/*/../*"]
)
def test_a_glob_tells_nothing_of_what_is_outside(place: Path, data: str) -> None:
    with pytest.raises(SourceError) as caught:
        check_allowed([data, f"file://{place}/secret/*.csv"], SourcesConfig(allowed_roots=("data",)))
    assert "d.csv" not in str(caught.value)
    assert "no file" not in str(caught.value)
    assert len(caught.value.problems) == 2


def test_without_roots_only_the_working_folder_is_allowed(place: Path) -> None:
    check_allowed(["data/a.csv", str(place / "secret/d.csv")], SourcesConfig())
    for data in ("/etc/passwd", "../x.csv", "https://help.example/a.csv"):
        with pytest.raises(SourceError, match="the working folder"):
            check_allowed([data], SourcesConfig())


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/faq/a.csv",
        "S3://bucket/faq/deep/a.csv",
        "https://help.example/docs/a?x=1",
        "https://HELP.example/docs/x/../a",
        "https://ana:${WORD}@help.example/docs/a",
    ],
)
def test_urls_below_a_root(url: str) -> None:
    check_allowed([url], SourcesConfig(allowed_roots=URL_ROOTS))


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/faq-2/a.csv",
        "s3://bucket/faq/../secret/a.csv",
        "s3://bucket2/faq/a.csv",
        "https://help.example/docs/../admin",
        "https://help.example/docs/%2e%2e/admin",
        "https://help.example/docs/%252e%252e/admin",
        "https://help.example/docs\\..\\..\\admin",
        "https://help.example:${WORD}@evil.example/docs/a",
        "https://help.example:8443/docs/a",
        "http://help.example/docs/a",
        "https://evil.example:443/@help.example/docs/a",
        "zip://a.csv::https://help.example/docs/a.zip",
        "https://${HOST}/docs/a",
    ],
)
def test_urls_outside(url: str) -> None:
    with pytest.raises(SourceError, match="outside of"):
        check_allowed([url], SourcesConfig(allowed_roots=URL_ROOTS))


def test_a_database_is_allowed_by_its_address(place: Path) -> None:
    roots = SourcesConfig(allowed_roots=("postgresql+psycopg://db/help", "data"), databases=DATABASES)
    check_allowed(["sql:help"], roots)
    for name in ("other", "any"):
        with pytest.raises(SourceError):
            check_allowed([f"sql:{name}"], roots)
    file = DatabaseConfig(url="sqlite:///data/help.db", query="SELECT 1")
    check_allowed(["sql:x"], roots.model_copy(update={"databases": {"x": file}}))
    away = DatabaseConfig(url="sqlite:///data/away/help.db", query="SELECT 1")
    with pytest.raises(SourceError, match="outside"):
        check_allowed(["sql:x"], roots.model_copy(update={"databases": {"x": away}}))


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///file:{place}/secret/help.db?uri=true&mode=ro",
        "sqlite:///file:data/help.db?uri=true",
        "sqlite:///${{LANGKAH_TEST_DATABASE}}",
        "sqlite:///data/help.db?vfs=other",
        "sqlite:///{place}/data/away/../../secret/help.db",
        "postgresql+psycopg://good/db?host=evil",
        "postgresql+psycopg://good/db?hostaddr=10.0.0.1",
        "postgresql+psycopg://good/db?port=1&sslmode=require",
        "postgresql+psycopg://good/db?dbname=other",
        "postgresql+psycopg://good/db?service=other",
        "postgresql+psycopg://good/db?application_name=x%3Bhost%3Devil",
        "postgresql+psycopg://good:9999/db",
        "postgresql+psycopg://good,evil/db",
        "postgresql+psycopg://${{HOST}}/db",
        "postgresql+psycopg://faq:${{PASSWORD}}@${{HOST}}/db",
        "postgresql+psycopg://good/${{NAME}}",
        "mysql+pymysql://good/db?unix_socket=/tmp/x",
        "mysql+pymysql://good/db?read_default_file=/tmp/x",
        "mssql+pyodbc:///?odbc_connect=${{CONNECTION}}",
    ],
)
def test_an_address_that_leads_elsewhere_than_it_says_is_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("LANGKAH_TEST_DATABASE", "/etc/other.db")
    config = SourcesConfig(
        allowed_roots=("data", "postgresql+psycopg://good/db", "mysql+pymysql://good/db", "mssql+pyodbc://"),
        databases={"x": DatabaseConfig(url=url.format(place=place), query="SELECT 1")},
    )
    with pytest.raises(SourceError, match="sql:x: outside of"):
        check_allowed(["sql:x"], config)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://${USER}:${PASSWORD}@good/db?sslmode=require&connect_timeout=5", "sqlite:///data/help.db"]
)
def test_an_address_below_a_root_with_harmless_parameters(place: Path, url: str) -> None:
    databases = {"x": DatabaseConfig(url=url, query="SELECT 1")}
    check_allowed(["sql:x"], SourcesConfig(allowed_roots=("data", "postgresql+psycopg://good/db"), databases=databases))


def test_the_roots_of_a_worker_are_only_narrowed_by_those_of_a_run(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGKAH_ALLOWED_ROOTS", f"{place / 'data'}, s3://bucket/faq")
    check_allowed(["data/a.csv", "s3://bucket/faq/a.csv"], SourcesConfig())
    check_allowed(["data/deep/b.csv"], SourcesConfig(allowed_roots=("/",)))
    with pytest.raises(SourceError, match="outside of LANGKAH_ALLOWED_ROOTS of this worker"):
        check_allowed(["secret/d.csv"], SourcesConfig(allowed_roots=("/",)))
    with pytest.raises(SourceError, match=r"outside of sources\.allowed_roots \(data/deep\)"):
        check_allowed(["data/a.csv"], SourcesConfig(allowed_roots=("data/deep",)))
    with pytest.raises(SourceError, match="outside of LANGKAH_ALLOWED_ROOTS"):
        check_allowed(["s3://bucket/other/a.csv"], SourcesConfig(allowed_roots=("s3://bucket",)))


def test_all_that_is_outside_is_told_at_once(place: Path) -> None:
    with pytest.raises(SourceError) as caught:
        check_allowed(["secret/d.csv", "data/a.csv", "none/*.csv", "/etc/passwd"], SourcesConfig(allowed_roots=("data",)))
    assert len(caught.value.problems) == 3
