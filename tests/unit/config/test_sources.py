from __future__ import annotations

import pytest

from langkah.config import RunConfig, load_config
from langkah.errors import ConfigError


def _with_database(url: str) -> RunConfig:
    return load_config(None, [f"sources.databases={{crm: {{url: '{url}', query: SELECT 1}}}}"])


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://faq:hunter2@db/x",
        "postgresql+psycopg://faq:hun/ter2@db/x",
        "postgresql+psycopg://faq:${PASSWORD}hunter2@db/x",
        "postgresql+psycopg://f/aq:hunter2@db/x",
        "postgresql://db/x?user=faq&password=hunter2",
        "postgresql://db/x?sslpassword=hunter2&password=${PASSWORD}",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3D%7Bx%7D%3BUID%3Dfaq%3BPWD%3Dhunter2",
        "snowflake://faq@account/x?token=hunter2",
        "postgresql://faq:hunter2/x",
    ],
)
def test_a_password_is_neither_taken_nor_told(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _with_database(url)
    assert "sources.databases.crm.url" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "ter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://faq:${PASSWORD}@db/x",
        "postgresql://${USER}:${PASSWORD}@${HOST}:${PORT}/x",
        "postgresql://faq@db:5432/x?sslmode=require&password=${PASSWORD}",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BUID%3Dfaq%3BPWD%3D${PASSWORD}",
        "mssql+pyodbc:///?odbc_connect=${CONNECTION}",
        "sqlite:///faq.db",
        "sqlite:////data/a@b:c@d.db",
        "${DATABASE_URL}",
    ],
)
def test_an_address_whose_secrets_come_from_the_environment_is_taken(url: str) -> None:
    assert _with_database(url).sources.databases["crm"].url == url
