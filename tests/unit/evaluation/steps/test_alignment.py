"""Which step is which: what the threshold parts on procedures that were told again in other words."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from langkah.evaluation.steps import THRESHOLD, Step, StepReader, align
from langkah.procedure import Procedure, render

REWORDED: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[3] / "procedures/rewordings.yaml").read_text(encoding="utf-8")
)


def steps(texts: list[str], language: str = "en") -> tuple[Step, ...]:
    return StepReader().steps(render(Procedure(steps=tuple(texts))), language)


def found_in(name: str) -> tuple[int, int, int, int]:
    """Steps, those aligned with their own rewording, with another, and with another when their own was taken out."""
    total = right = wrong = invented = 0
    for group in REWORDED:
        if group["set"] != name:
            continue
        told, again = (steps([row[side] for row in group["steps"]], group["language"]) for side in (0, 1))
        assert len(told) == len(again) == len(group["steps"])
        pairs = align(told, again)
        total += len(told)
        right += sum(pair.reference == pair.predicted for pair in pairs)
        wrong += sum(pair.reference != pair.predicted for pair in pairs)
        for place in range(len(told)):
            invented += any(pair.reference == place for pair in align(told, again[:place] + again[place + 1 :]))
    return total, right, wrong, invented


@pytest.mark.parametrize(("name", "recall", "wrong"), [("dev", 0.85, 0.07), ("heldout", 0.9, 0)])
def test_most_reworded_steps_are_found_and_few_others_taken_for_them(name: str, recall: float, wrong: float) -> None:
    total, right, others, invented = found_in(name)
    assert total > 30
    assert right / total >= recall
    assert others / total <= wrong
    assert invented / total <= wrong


def test_steps_that_only_look_alike_are_mostly_parted() -> None:
    pairs = [(group["language"], *pair) for group in REWORDED if group["set"] == "contrast" for pair in group["different"]]
    taken = [pair for language, *pair in pairs if align(steps([pair[0]], language), steps([pair[1]], language))]
    assert len(taken) / len(pairs) <= 0.04, taken


@pytest.mark.parametrize(
    ("language", "one", "other", "same"),
    [
        ("en", "Turn Bluetooth on.", "Turn Bluetooth off.", False),
        ("en", "Turn Bluetooth on.", "Switch on Bluetooth.", True),
        ("en", "Click on Network in the sidebar.", "Click on Wi-Fi in the sidebar.", False),
        ("en", "Click on Network in the sidebar.", "Select network in the sidebar.", True),
        ("en", "Enable location services.", "Disable location services.", False),
        ("id", "Nyalakan Bluetooth.", "Matikan Bluetooth.", False),
        ("id", "Nyalakan Bluetooth.", "Hidupkan Bluetooth.", True),
        ("id", "Masukkan kata sandi.", "Ketiklah sandinya.", True),
        ("mixed", "Klik tombol Save.", "Tekan Save.", True),
        ("fr", "Ouvrez le menu.", "Ouvrez le menu.", True),
        ("fr", "Ouvrez le menu.", "Fermez la porte.", False),
        ("en", "→ 。", "→ 。", True),
    ],
)
def test_pairs(language: str, one: str, other: str, same: bool) -> None:
    assert bool(align(steps([one], language), steps([other], language))) == same


def test_a_step_that_comes_twice_is_aligned_in_order() -> None:
    told = steps(["Click OK.", "Wait for the beep.", "Click OK.", "Click OK."])
    assert [(pair.reference, pair.predicted) for pair in align(told, told)] == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_the_pairing_is_the_best_as_a_whole() -> None:
    """Pairing the most similar two first would leave the others without a partner."""
    told = steps(["Open the printer cover.", "Open the printer tray."])
    again = steps(["Open the printer tray cover.", "Open the tray."])
    assert [(pair.reference, pair.predicted) for pair in align(told, again)] == [(0, 0), (1, 1)]


WORDS = st.lists(
    st.sampled_from(["open", "close", "wifi", "menu", "save", "the", "on", "off", "sandi", "5"]), min_size=1, max_size=6
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(WORDS, min_size=1, max_size=6))
def test_each_step_is_paired_once_and_similarity_is_mutual(one: list[list[str]], other: list[list[str]]) -> None:
    told, again = (steps([" ".join(words) for words in side]) for side in (one, other))
    pairs = align(told, again)
    assert len({pair.reference for pair in pairs}) == len({pair.predicted for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert THRESHOLD <= pair.similarity <= 1
        assert again[pair.predicted].similarity(told[pair.reference]) == pair.similarity
    assert len(align(again, told)) == len(pairs) or sum(p.similarity for p in align(again, told)) == pytest.approx(
        sum(p.similarity for p in pairs)
    )
    assert all(step.similarity(step) == 1 for step in told)
