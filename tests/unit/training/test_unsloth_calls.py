"""What is asked of Unsloth against its source: importing it needs a GPU."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from langkah.training import backends


@pytest.fixture(scope="module")
def source() -> Path:
    """The folder of the installed package."""
    found = importlib.util.find_spec("unsloth")
    if found is None or not found.submodule_search_locations:
        pytest.skip("unsloth is not installed")
    return Path(next(iter(found.submodule_search_locations)))


def _asked(method: str) -> set[str]:
    """The keyword arguments that the backend gives to a method of FastLanguageModel."""
    calls = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(backends)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
    ]
    mine = [call for call in calls if ast.unparse(call.func).startswith("FastLanguageModel.")]
    assert len(mine) == 1
    return {keyword.arg for keyword in mine[0].keywords if keyword.arg}


def _taken(module: Path, owner: str, method: str) -> set[str]:
    """The named parameters of a method, without what `**kwargs` would swallow."""
    (found,) = [node for node in ast.parse(module.read_text()).body if isinstance(node, ast.ClassDef) and node.name == owner]
    (function,) = [node for node in found.body if isinstance(node, ast.FunctionDef) and node.name == method]
    return {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}


def test_what_from_pretrained_is_given_has_a_name_there(source: Path) -> None:
    taken = _taken(source / "models" / "loader.py", "FastLanguageModel", "from_pretrained")
    assert {"model_name", "load_in_4bit"} <= _asked("from_pretrained") <= taken


def test_what_get_peft_model_is_given_has_a_name_there(source: Path) -> None:
    taken = _taken(source / "models" / "llama.py", "FastLlamaModel", "get_peft_model")
    assert {"r", "use_gradient_checkpointing"} <= _asked("get_peft_model") <= taken


def test_each_variable_that_is_set_is_read(source: Path) -> None:
    asked = set(re.findall(r'"(UNSLOTH_\w+)"', inspect.getsource(backends)))
    zoo = source.parent / "unsloth_zoo"
    text = "".join(path.read_text() for folder in (source, zoo) for path in folder.rglob("*.py") if "studio" not in path.parts)
    assert asked
    assert {name for name in asked if name not in text} == set()


@pytest.mark.parametrize("backend", ["trl", "unsloth"])
def test_the_settings_of_a_backend_are_fields_of_the_trainer(backend: str, tmp_path: Path) -> None:
    from transformers.training_args import OptimizerNames
    from trl.trainer.sft_config import SFTConfig

    from langkah.config import TrainConfig
    from langkah.models import ModelRef
    from langkah.training import resolve_recipe

    model = ModelRef(name="m", location=str(tmp_path), fingerprint="folder:1", parameters=1)
    recipe = resolve_recipe(TrainConfig(backend="trl"), model, dataset="d" * 64, max_length=8)
    fields = {field.name for field in dataclasses.fields(SFTConfig)}
    for changed in (
        recipe,
        recipe.model_copy(update={"device": "cuda", "devices": 2, "parallel": "fsdp", "load_in_4bit": True}),
    ):
        settings: dict[str, Any] = backends.BACKENDS[backend]().trainer_settings(changed)
        assert set(settings) <= fields
        assert settings["optim"] in {name.value for name in OptimizerNames}
