"""Which step went wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from langkah.evaluation.steps import StepDiff, step_diff

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[3] / "procedures/cases.yaml").read_text(encoding="utf-8"))
REFERENCE = "1. Open Settings.\n2. Click Wi-Fi.\n3. Wait 5 seconds.\n4. Turn the switch on.\n5. Restart the router."


def kinds(diff: StepDiff) -> list[str]:
    return [step.kind for step in diff.steps]


def test_each_kind() -> None:
    told = "1. Go to Settings.\n2. Call your provider.\n3. Restart the router.\n4. Click Wi-Fi.\n5. Wait 50 seconds."
    diff = step_diff(told, REFERENCE, "en")
    assert kinds(diff) == ["kept", "kept", "changed", "missing", "moved"]
    assert [step.predicted for step in diff.steps] == [1, 4, 5, None, 3]
    assert [step.number for step in diff.steps] == [1, 2, 3, 4, 5]
    assert diff.steps[2].text == "Wait 5 seconds."
    assert diff.steps[2].predicted_text == "Wait 50 seconds."
    assert [(step.number, step.text) for step in diff.invented] == [(2, "Call your provider.")]
    assert (diff.steps[3].similarity, diff.steps[3].predicted_text) == (0, "")


def test_the_same_answer_is_kept() -> None:
    diff = step_diff(REFERENCE, REFERENCE, "en")
    assert kinds(diff) == ["kept"] * 5
    assert diff.invented == ()


def test_an_answer_without_steps_misses_all_and_one_to_a_reference_without_invents_all() -> None:
    assert kinds(step_diff("Ask us.", REFERENCE, "en")) == ["missing"] * 5
    diff = step_diff(REFERENCE, "Ask us.", "en")
    assert diff.steps == ()
    assert len(diff.invented) == 5
    assert step_diff("", "", "id") == StepDiff(steps=(), invented=())


def test_other_words_and_other_figures_are_changes() -> None:
    assert kinds(step_diff("1. Press the Wi-Fi option in the menu.", "1. Click Wi-Fi.", "en")) == ["changed"]
    assert kinds(step_diff("1. Tunggu 10 menit.", "1. Tunggu 5 menit.", "id")) == ["changed"]
    assert kinds(step_diff("1. Tekan tautan Simpan di menu.", "1. Ketuk Simpan.", "id")) == ["changed"]
    assert kinds(step_diff("1. Tekan tombol Simpan.", "1. Ketuk Simpan!", "id")) == ["kept"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_diff_says_what_the_figures_say(case: dict[str, Any]) -> None:
    diff = step_diff(case["prediction"], case["reference"], case["language"])
    paired = [[step.number, step.predicted] for step in diff.steps if step.predicted]
    assert paired == case["pairs"]
    assert ("moved" in kinds(diff)) == (bool(paired) and case["order"] != 1)
    taken = {place for _, place in case["pairs"]}
    assert taken.isdisjoint(step.number for step in diff.invented)


def test_it_is_plain_data_that_shows_no_text_in_a_log() -> None:
    diff = step_diff("1. Secret step here.", REFERENCE, "en")
    assert StepDiff.model_validate(json.loads(json.dumps(diff.model_dump(mode="json")))) == diff
    assert "ecret" not in repr(diff)
    assert "Settings" not in repr(diff)
