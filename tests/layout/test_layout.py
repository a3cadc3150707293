from __future__ import annotations

import importlib.machinery
import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("langkah", "tasks", "flows")
ENTRYPOINT_FOLDERS = ("tasks", "flows")


def _step_versions() -> Any:
    spec = importlib.util.spec_from_file_location("langkah_step_versions", Path(__file__).with_name("step_versions.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_file_stem_shadows_an_importable_library() -> None:
    """Prefect puts the folder of a path entrypoint on sys.path: `flows/datasets.py` would hide the library."""
    places = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    finder = importlib.machinery.PathFinder()
    stems = {path.stem for package in PACKAGES for path in (ROOT / package).rglob("*.py")} - {"__init__", "__main__"}
    shadowing = sorted(
        stem for stem in stems if stem in sys.builtin_module_names or finder.find_spec(stem, [str(p) for p in places])
    )
    assert shadowing == []


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import flows.finetune", ("torch", "transformers", "trl", "peft", "spacy", "presidio_analyzer", "matplotlib", "nltk")),
        ("import flows.cli", ("torch", "prefect", "spacy", "pydantic", "rich", "yaml")),
        (
            "import langkah.records, langkah.config, langkah.sources, langkah.pii, langkah.training",
            ("torch", "prefect", "spacy"),
        ),
        ("import flows.demands", ("torch", "prefect")),
        ("import langkah.models", ("torch", "transformers", "numpy", "gguf", "huggingface_hub", "prefect", "lm_eval")),
    ],
)
def test_importing_is_light(statement: str, absent: tuple[str, ...]) -> None:
    code = f"{statement}; import sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(json.loads(done.stdout)) & set(absent) == set()


def test_a_changed_step_has_a_raised_version() -> None:
    module = _step_versions()
    assert module.problems() == []


def test_a_change_of_code_is_seen_and_a_change_of_comments_is_not() -> None:
    normal = _step_versions()._normal
    assert normal('def f():\n    """Doc."""\n    return 1  # one\n') == normal('def f():\n    """Other."""\n    return 1\n')
    assert normal("def f():\n    return 1\n") != normal("def f():\n    return 2\n")


def test_the_steps_that_tell_rows_by_their_place_are_keyed_by_all_packages_of_the_readers() -> None:
    from tasks.caching import STEPS
    from tasks.scrubbing import ingest, scrub

    own = {*sys.stdlib_module_names, *PACKAGES}
    imported = {
        name
        for folder in ("formats", "pages")
        for path in (ROOT / "langkah/sources" / folder).rglob("*.py")
        for name in re.findall(r"(?m)^ *(?:from|import) (\w+)", path.read_text(encoding="utf-8"))
    } - own
    distributions = {importlib.metadata.packages_distributions()[name][0].lower() for name in imported}
    assert "openpyxl" in distributions
    for task in (ingest, scrub):
        assert distributions <= {package.lower() for package in STEPS[task.name].packages}


def test_every_task_is_listed_with_retries_and_time_out() -> None:
    from prefect import Task

    assert _step_versions().steps()["rate"].version >= 1
    from tasks.caching import STEPS

    names = set(STEPS)
    assert names == {
        "ingest", "scrub", "audit", "structure", "restructure", "collect", "compare", "paraphrase", "release", "split",
        "assemble", "train", "generate", "score", "report", "fingerprint", "retire",
    }  # fmt: skip
    rooms = [room for name, room in sys.modules.items() if name.startswith("tasks.")]
    found = {task.name: task for room in rooms for task in vars(room).values() if isinstance(task, Task) and task.name in names}
    assert set(found) == names
    for task in found.values():
        assert task.retries >= 1
        assert task.timeout_seconds
        assert task.persist_result is True


def test_nothing_names_a_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    forbidden = (r"(?<!\w)/root/", r"(?<!\w)/work/", r"pypi\.org", r"pythonhosted")
    named = [
        (name, word)
        for name in listed
        if Path(ROOT, name).is_file() and name != "tests/layout/test_layout.py"
        for word in forbidden
        if re.search(word, Path(ROOT, name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert named == []
