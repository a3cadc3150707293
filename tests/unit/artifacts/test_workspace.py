from __future__ import annotations

from pathlib import Path

import pytest

from langkah.artifacts import Workspace, current_workspace, use_workspace
from langkah.errors import InputError


def test_the_option_wins_over_the_variable_and_the_variable_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LANGKAH_HOME", raising=False)
    assert Workspace.open().root == tmp_path / ".langkah"
    monkeypatch.setenv("LANGKAH_HOME", str(tmp_path / "home"))
    assert Workspace.open().root == tmp_path / "home"
    assert Workspace.open(tmp_path / "given").root == tmp_path / "given"


def test_a_file_in_its_place_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        Workspace.open(tmp_path / "file" / "workspace")


def test_the_workspace_in_use_ends_with_its_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGKAH_HOME", str(tmp_path / "outer"))
    with use_workspace(Workspace.open(tmp_path / "inner")):
        assert current_workspace().root.name == "inner"
    assert current_workspace().root.name == "outer"
