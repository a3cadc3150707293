"""Which adapter is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from langkah.artifacts import Workspace
from langkah.errors import ArtifactError, InputError
from langkah.registry import CLAIM, find_candidate


def test_scores_whose_claim_is_damaged_are_named(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    with pytest.raises(InputError, match="no adapter that was judged here begins so"):
        find_candidate(workspace, "abcd")
    folder = workspace.store.root / "scores" / ("a" * 64)
    folder.mkdir(parents=True)
    (folder / CLAIM).write_text('{"adapter": "agatha"}')
    with pytest.raises(ArtifactError, match=rf"^scores/a+: {CLAIM} is damaged") as caught:
        find_candidate(workspace, "abcd")
    assert "agatha" not in str(caught.value)
