"""Runs whose artifacts go to a bucket: one machine goes on with what another made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from command_line import command
from object_store import KEYS, object_store
from s3fs import S3FileSystem

from flows.finetune import finetune
from flows.from_known import evaluate
from flows.garbage import collect
from langkah.artifacts import Workspace, open_bucket
from langkah.config import RunConfig
from langkah.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
BUCKET = "s3://models/team"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with object_store() as url, pytest.MonkeyPatch.context() as patch:
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": url, "LANGKAH_ARTIFACTS": BUCKET}.items():
            patch.setenv(name, value)
        S3FileSystem.clear_instance_cache()
        open_bucket.cache_clear()
        boto3.client("s3").create_bucket(Bucket="models")
        yield url
    open_bucket.cache_clear()


@pytest.fixture(scope="module")
def data(examples: Path) -> list[str]:
    return [str(examples / "shop-faq-en.jsonl")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("one")


@pytest.fixture(scope="module")
def made(server: str, home: Path, data: list[str], config: RunConfig) -> dict[str, Any]:
    return finetune(data, config, str(home))


def test_a_lost_folder_is_brought_back(made: dict[str, Any], home: Path, data: list[str], config: RunConfig) -> None:
    shutil.rmtree(home / "artifacts")
    again = finetune(data, config, str(home))
    assert {step["state"] for step in again["steps"]} <= {"Cached", "Skipped"}
    assert again["metrics"] == made["metrics"]
    assert Path(again["report"]).is_file()


def test_another_machine_judges_the_adapter(made: dict[str, Any], config: RunConfig, tmp_path: Path) -> None:
    judged = evaluate(made["adapter"]["digest"][:12], config, str(tmp_path))
    assert judged["metrics"] == made["metrics"]
    assert judged["dataset"]["digest"] == made["dataset"]["digest"]


def test_the_bucket_is_collected_by_itself(made: dict[str, Any], home: Path) -> None:
    workspace = Workspace(home)
    bucket = workspace.store.bucket
    assert bucket
    assert collect(workspace, 0, dry_run=True, bucket=True)["artifacts"] > 0
    assert collect(workspace, 1, dry_run=False, bucket=True)["artifacts"] == 0
    here, results = set(home.glob("artifacts/*/*")), set(workspace.step_results.glob("*"))
    assert collect(workspace, 0, dry_run=False, bucket=True)["artifacts"] > 0
    assert bucket.refs("adapter") == []
    assert set(home.glob("artifacts/*/*")) == here and set(workspace.step_results.glob("*")) == results, "what is here stays"
    assert collect(workspace, 0, dry_run=False)["artifacts"] > 0
    assert not list(home.glob("artifacts/*/*"))


def test_no_key_is_anywhere(made: dict[str, Any], home: Path) -> None:
    told = command("doctor").stdout
    assert f"artifacts: {BUCKET} can be read and written" in told
    for path in home.rglob("*"):
        if path.is_file():
            assert KEYS["AWS_SECRET_ACCESS_KEY"].encode() not in path.read_bytes(), path
    refused = command("gc", "--workspace", home, "--bucket", env={"LANGKAH_ARTIFACTS": ""})
    assert refused.returncode == 2 and "--bucket: no bucket is in use; set LANGKAH_ARTIFACTS" in refused.stderr


def test_a_bucket_that_is_not_there_ends_a_run_in_a_line(
    server: str, data: list[str], config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGKAH_ARTIFACTS", "s3://nobody/x")
    with pytest.raises(ConfigError, match=r"^LANGKAH_ARTIFACTS: s3://nobody/x: there is no such bucket$"):
        finetune(data, config, str(tmp_path))
