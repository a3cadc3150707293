"""What an image's file does, in a folder of its own: its COPY lines, then its install step in a clean environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("image", ["cpu", "gpu"])
def test_an_image_installs_and_starts(image: str, tmp_path: Path) -> None:
    dockerfile = (ROOT / "docker" / f"{image}.Dockerfile").read_text()
    for sources in re.findall(r"^COPY --chown=langkah (.+)$", dockerfile, re.MULTILINE):
        *names, target = sources.split()
        for name in names:
            place = tmp_path / target if target != "./" else tmp_path / Path(name).name
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, place)
    (install,) = re.findall(r"^RUN (make setup.*?) &&", dockerfile, re.MULTILINE)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run(install.split(), cwd=tmp_path, env=environment, check=True, timeout=1500)
    path = f"{tmp_path / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    started = {**environment, "PATH": path, "LANGKAH_HOME": str(tmp_path / "workspace")}
    assert re.search(r'^ENTRYPOINT \["langkah"\]$', dockerfile, re.MULTILINE)
    data = ["--data", "examples/shop-faq-en.jsonl", "--set", "ingest.max_intents=6"]
    subprocess.run(["langkah", "prepare", *data], cwd=tmp_path, env=started, check=True, timeout=600)
    for program in ("prefect", "python"):
        assert (tmp_path / ".venv" / "bin" / program).exists()
    refused = subprocess.run(["sh", "docker/start.sh", "nothing"], cwd=tmp_path, env=started, capture_output=True, text=True)
    assert refused.returncode == 2 and "expected server, deploy, worker or review" in refused.stderr
