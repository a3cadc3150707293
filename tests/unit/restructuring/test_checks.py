from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from langkah.procedure import Procedure, parse_procedure
from langkah.restructuring import DraftProblem
from langkah.restructuring.checks import MIN_OVERLAP, MIN_STEP_OVERLAP, check_draft
from langkah.restructuring.overlap import content_words, overlap

PAIRS = yaml.safe_load((Path(__file__).parents[2] / "answers/restructured.yaml").read_text(encoding="utf-8"))


def drafted(text: str) -> Procedure:
    found = parse_procedure(text)
    assert found is not None
    return found


def test_there_are_pairs_in_both_languages() -> None:
    assert len(PAIRS) == 16
    assert sum(pair["language"] == "id" for pair in PAIRS) == 8


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["prompt"] for pair in PAIRS])
def test_a_faithful_draft_passes_and_one_with_an_invented_step_does_not(pair: dict[str, str]) -> None:
    prompt, output = pair["prompt"], pair["output"]
    assert check_draft(drafted(pair["draft"]), prompt, output, pair["language"]) == ()
    steps = drafted(pair["draft"]).steps
    for place in range(len(steps) + 1):
        with_one_more = Procedure(steps=(*steps[:place], pair["invented"], *steps[place:]))
        assert DraftProblem.invented_step in check_draft(with_one_more, prompt, output, pair["language"])


def test_the_thresholds_part_the_measured_overlaps() -> None:
    faithful, whole, invented = [], [], []
    for pair in PAIRS:
        source = f"{pair['prompt']}\n{pair['output']}"
        faithful += [overlap(step, source, skip_first=True) for step in drafted(pair["draft"]).steps]
        whole.append(overlap(pair["draft"], source))
        invented.append(overlap(pair["invented"], source, skip_first=True))
    assert max(invented) < MIN_STEP_OVERLAP < min(faithful)
    assert min(whole) > MIN_OVERLAP


@pytest.mark.parametrize(
    ("text", "source", "share"),
    [
        ("", "anything", 1.0),
        ("the of and", "anything", 1.0),
        ("press buttons", "a button is pressed", 1.0),
        ("simpan kirim ketuk", "menyimpan, mengirim, diketuk", 1.0),
        ("remove lamp", "the lamp", 0.5),
        ("cat", "category", 1.0),
        ("contract", "contact", 0.0),
    ],
)
def test_overlap_of_words_in_their_forms(text: str, source: str, share: float) -> None:
    assert overlap(text, source) == share


def test_an_instructions_verb_may_change() -> None:
    assert overlap("Tap the lamp", "hit the lamp", skip_first=True) == 1.0
    assert overlap("Restart", "turn it off", skip_first=True) == 0.0


def test_content_words_leave_out_function_words_and_keep_placeholders() -> None:
    assert content_words("Call the shop at [PHONE] dan tunggu") == ["call", "shop", "[phone]", "tunggu"]


@pytest.mark.parametrize(
    ("draft", "output", "problems"),
    [
        ("1. Wait 30 minutes.", "wait thirty minutes", ()),
        ("1. Wait 2 minutes.", "wait two minutes", ()),
        ("1. Wait 1,500 ms.", "wait 1500 ms", ()),
        ("1. Wait 31 minutes.", "wait thirty minutes", (DraftProblem.new_value,)),
        ("1. Open shop.example.", "open shop.example now", ()),
        ("1. Open shop.example/help.", "open shop.example now", (DraftProblem.new_value,)),
        ("1. Open https://shop.example.", "open http://shop.example now", (DraftProblem.new_value,)),
        ("1. Open the shop.", "open the shop, I am [NAME]", ()),
        ("1. Open the shop.", "open the shop with your [ORDER_ID]", (DraftProblem.lost_placeholder,)),
        ("1. Open the shop.", "The number was [PHONE]. Open the shop.", ()),
        (
            "1. Open the shop [ORDER_ID_1].",
            "open the shop [ORDER_ID_2]",
            (DraftProblem.new_placeholder, DraftProblem.lost_placeholder),
        ),
    ],
)
def test_values_and_placeholders(draft: str, output: str, problems: tuple[DraftProblem, ...]) -> None:
    assert check_draft(drafted(draft), "how", output, "en") == problems
