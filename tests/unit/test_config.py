from __future__ import annotations

import contextlib
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langkah.config import RunConfig, load_config
from langkah.errors import ConfigError
from langkah.pii.view import PLACEHOLDERS


def test_settings_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("train:\n  learning_rate: 2e-4\n  lora_r: 32\n")
    config = load_config(file, ["train.lora_r=8", "pii.allow=[a@shop.example]"])
    assert config.train.learning_rate == 2e-4
    assert config.train.lora_r == 8
    assert config.pii.allow == ("a@shop.example",)


def test_the_shipped_configs_are_valid() -> None:
    folder = Path(__file__).parents[2] / "deployments" / "runs"
    files = sorted(folder.glob("*.yaml"))
    assert files
    for file in files:
        load_config(file)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.epochs=3", "settings: train.epochs: unknown setting (did you mean train.num_train_epochs?)"),
        ("nothing=1", "settings: nothing: unknown setting"),
        ("train.lora_r=0", "settings: train.lora_r: input should be greater than or equal to 1, got 0"),
        ("train.learning_rate=5", "expected `auto` or a number above 0 and up to 0.1, got 5"),
        ("train.learning_rate=fast", "settings: train.learning_rate: "),
        ("chat.too_long=cut", "input should be 'truncate', 'window' or 'filter', got 'cut'"),
        ("split.holdout=0.9", "less than or equal to 0.5, got 0.9"),
        ("train=3", "settings: train: "),
        ("lora_r", "--set lora_r: expected section.key=value"),
        ("train.lora_r.x=3", "settings: train.lora_r: "),
        ("ingest.max_intents=true", "settings: ingest.max_intents: expected a number, got True"),
        ("chat.max_length=true", "settings: chat.max_length: expected a number"),
        ("train.learning_rate=false", "settings: train.learning_rate: expected a number"),
        ("gate.min_gain=yes", "settings: gate.min_gain: expected a number, got True"),
        ("pii.entities=[PERSONA]", "settings: pii.entities.0: input should be 'PERSON', 'EMAIL_ADDRESS'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [setting])
    assert len(caught.value.problems) == 1
    assert message in str(caught.value)


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, ["train.lora_r=0", "split.holdout=2", "foo.bar=1"])
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("text", ["train: [", "- 1", "a: b: c", "\ttrain: 1"])
def test_a_config_file_that_is_no_settings(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"run\.yaml: "):
        load_config(file)


@pytest.mark.parametrize(
    "text",
    [
        "train: \0",
        "split: 2024-13-45",
        "[" * 5000,
        "a: !!bool x",
        'a: !!int ""',
        "a: " + "9" * 5000,
        "a: 2024-01-01T00:00:00+99:00",
    ],
    ids=["control", "date", "nested", "bool", "int", "digits", "timezone"],
)
def test_a_config_file_that_yaml_cannot_read_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{file}: not valid YAML: ")
    assert "\n" not in problem


@pytest.mark.parametrize(
    "text", ["2024-13-45", "a\0b", "!!bool x", '!!int ""', "[", "9" * 5000, "2024-01-01T00:00:00+99:00", "\ud800"]
)
def test_a_setting_that_is_no_yaml_is_a_text(text: str) -> None:
    assert load_config(None, [f"train.base_model={text}"]).train.base_model == text


def test_a_setting_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"--set pii\.allow: nested too deeply"):
        load_config(None, ["pii.allow=" + "[" * 5000])


@given(st.text(max_size=20) | st.text("!&*[]{}?:-|>'\"%@0123456789.eExob_T+ \n", max_size=20))
@hypothesis.settings(deadline=None, derandomize=True, database=None)
def test_whatever_the_setting_only_a_config_error_comes(text: str) -> None:
    with contextlib.suppress(ConfigError):
        load_config(None, [f"train.base_model={text}", f"train.lora_r={text}"])


def test_numbers_keep_their_ways_of_being_written() -> None:
    config = load_config(None, ["train.learning_rate=1e-3", "train.num_train_epochs=2", "train.lora_r=3", "train.threads=auto"])
    assert (config.train.learning_rate, config.train.num_train_epochs, config.train.lora_r) == (1e-3, 2.0, 3)
    assert config.train.threads == "auto"
    assert load_config(None, ["train.load_in_4bit=true", "ingest.max_intents=4"]).train.load_in_4bit is True


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


@pytest.mark.parametrize(
    "url",
    [
        "", "localhost:11434", "ftp://x/v1", "http://", "http://a b/v1", "http://x:99999/v1", "http://user:hunter2@h/v1",
        "http://hunter2@h/v1", "https://h/v1?api-key=hunter2", "https://h/v1#hunter2", "https://h\\@hunter2/v1",
    ],
)  # fmt: skip
def test_an_address_with_a_secret_or_none_at_all_is_neither_taken_nor_told(url: str) -> None:
    with pytest.raises(ConfigError, match=r"llm\.base_url: expected an http") as caught:
        load_config(None, [f"llm.base_url='{url}'"])
    assert len(caught.value.problems) == 1
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["LANGKAH_VAULT_KEY", "AWS_SECRET_ACCESS_KEY", "LANGKAH_LLM_", "", "sk-hunter2"])
def test_only_a_variable_for_it_is_sent_as_the_key(name: str) -> None:
    with pytest.raises(ConfigError, match=r"llm\.api_key_env: expected OPENAI_API_KEY or") as caught:
        load_config(None, [f"llm.api_key_env='{name}'"])
    assert len(caught.value.problems) == 1
    assert "hunter2" not in str(caught.value)


def test_an_endpoint_is_named_whole() -> None:
    settings = ["llm.base_url=http://[::1]:8000/v1", "llm.api_key_env=LANGKAH_LLM_BOX", "llm.model=qwen3:8b"]
    assert load_config(None, settings).llm.api_key_env == "LANGKAH_LLM_BOX"
    assert load_config(None, ["llm.api_key_env=OPENAI_API_KEY"]).llm.api_key_env == "OPENAI_API_KEY"
    with pytest.raises(ConfigError, match=r"llm\.model: expected the name of a model"):
        load_config(None, ["llm.model=' '"])


def test_the_entities_are_those_with_a_recognizer() -> None:
    assert set(RunConfig().pii.entities) == set(PLACEHOLDERS)
    with pytest.raises(ConfigError) as caught:
        load_config(None, ["pii.entities=[PERSON, IP_ADDRESS]"])
    assert all(name in str(caught.value) for name in PLACEHOLDERS)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_config_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        load_config(tmp_path / name)


def test_every_field_has_a_title_a_description_and_a_default() -> None:
    assert RunConfig() == RunConfig.model_validate({})
    for section in RunConfig.model_fields.values():
        assert section.title
        for field in getattr(section.annotation, "model_fields", {}).values():
            assert field.title
            assert field.description
