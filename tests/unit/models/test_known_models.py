from __future__ import annotations

import re
from pathlib import Path

import pytest
from tiny_gguf import write_tiny_gguf

from langkah.errors import ConfigError
from langkah.models import resolve_model
from langkah.models.known_models import VARIABLE, read_catalogue

SIZES = "{num_hidden_layers: 2, hidden_size: 64, num_attention_heads: 4, vocab_size: 100, max_position_embeddings: 512}"


def write(folder: Path, text: str) -> str:
    path = folder / "models.yaml"
    path.write_text(text)
    return str(path)


def test_a_file_extends_the_shipped_catalogue_and_replaces_by_name(tmp_path: Path) -> None:
    own = write(
        tmp_path,
        f"models:\n- {{name: new, path: acme/new, ifeval: 90, architecture: {SIZES}}}\n"
        f"- {{name: qwen3-8b, path: acme/qwen3-8b-tuned, ifeval: 84, architecture: {SIZES}}}\n",
    )
    names = [model.name for model in read_catalogue()]
    models = {model.name: model for model in read_catalogue(own)}
    assert list(models) == [*names, "new"]
    assert models["qwen3-8b"].path == "acme/qwen3-8b-tuned"
    assert models["new"].shape.layers == 2
    assert models["new"].billions == pytest.approx(models["new"].shape.parameters / 1e9)


def test_the_variable_names_a_file_for_all_commands_and_the_setting_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    by_variable = write(tmp_path / "a", f"models: [{{name: a, path: acme/a, architecture: {SIZES}}}]")
    by_setting = write(tmp_path, f"models: [{{name: b, path: acme/b, architecture: {SIZES}}}]")
    monkeypatch.setenv(VARIABLE, by_variable)
    assert read_catalogue()[-1].name == "a"
    assert read_catalogue(by_setting)[-1].name == "b"


def test_a_folder_and_a_gguf_file_are_found_beside_the_catalogue(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGKAH_SHARE", str(tmp_path / "share"))
    (tmp_path / "tiny").symlink_to(tiny_model)
    write_tiny_gguf(tmp_path / "tiny.gguf")
    own = write(tmp_path, "models:\n- {name: folder, path: tiny, ifeval: 1}\n- {name: file, path: tiny.gguf, ifeval: 2}\n")
    folder, file = read_catalogue(own)[-2:]
    assert (folder.shape.layers, folder.shape.hidden) == (file.shape.layers, file.shape.hidden) == (2, 64)
    found = resolve_model("folder", own)
    assert found.fingerprint == resolve_model(str(tiny_model)).fingerprint
    assert resolve_model("file", own).fingerprint == resolve_model(str(tmp_path / "tiny.gguf")).fingerprint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a list `models:`"),
        ("- a\n", "expected a YAML file with a list `models:`"),
        ("models: {}\n", "expected a list `models:`"),
        ("models: []\nmore: 1\n", "nothing beside it"),
        ("models: [a\n", "line 2: not valid YAML"),
        ("models: [3]\n", "model 1: expected fields"),
        ("models: [{path: acme/x}]\n", "model 1: name: field required"),
        (
            f"models: [{{name: x, path: acme/x, ifeval: 101, architecture: {SIZES}}}]\n",
            r"model 1 \(x\): ifeval: .*100, got 101",
        ),
        (f"models: [{{name: x, path: acme/x, ifeval: true, architecture: {SIZES}}}]\n", r"ifeval: expected a number"),
        (
            f"models: [{{name: x, path: acme/x, score: 1, architecture: {SIZES}}}]\n",
            r"score: unknown field \(expected name, path",
        ),
        ("models: [{name: x, path: acme/x}]\n", r"model 1 \(x\): architecture: expected for a hub id"),
        (
            "models: [{name: x, path: acme/x, architecture: {hidden: 8, heads: 2, vocabulary: 9, context: 9}}]\n",
            r"model 1 \(x\): architecture.layers: field required",
        ),
        ("models: [{name: x, path: ./nowhere}]\n", "path: expected a hub id"),
        ("models: [{name: x, path: nowhere.gguf}]\n", r"path: no such file: .*nowhere\.gguf"),
        (
            f"models: [{{name: x, path: acme/x, architecture: {SIZES}}}, {{name: x, path: acme/y, architecture: {SIZES}}}]\n",
            r"model 2 \(x\): name: there is another model of this name",
        ),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        read_catalogue(write(tmp_path, text))
    (line,) = caught.value.problems
    assert line.startswith(f"{tmp_path / 'models.yaml'}: ")
    assert "\n" not in line


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_catalogue(write(tmp_path, "models: [{name: x}, {name: y, path: no.gguf}, {path: acme/z}]"))
    assert len(caught.value.problems) == 3


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such catalogue"):
        read_catalogue(str(tmp_path / "none.yaml"))


def test_the_example_of_the_documentation_is_a_catalogue(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "acme-small.Q4_K_M.gguf").write_bytes(b"")
    large, small = read_catalogue(write(tmp_path, example))[-2:]
    assert (large.size, large.ifeval, large.shape.key) == (9, 84.0, 1024)
    assert small.is_gguf
