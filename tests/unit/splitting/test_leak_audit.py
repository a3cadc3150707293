from __future__ import annotations

from collections.abc import Callable

import pytest

from langkah.config import SplitConfig
from langkah.errors import LeakError
from langkah.records import DatasetRow, PromptVariant
from langkah.splitting import Split, audit_leaks, split_variants
from langkah.splitting.leak_audit import intent_code

MakeIntent = Callable[..., list[PromptVariant]]


@pytest.fixture(scope="module")
def variants(intent: MakeIntent) -> list[PromptVariant]:
    return [each for number in range(30) for each in intent(number, "train", "train", "eval")]


@pytest.fixture(scope="module")
def split(variants: list[PromptVariant]) -> Split:
    return split_variants(variants, SplitConfig())


def refused(split: Split, variants: list[PromptVariant] | None = None, near: float | None = None, **planted: DatasetRow) -> str:
    """The audit's message after one row was planted on each named side; it holds no text of a record."""
    sides = {name: [*getattr(split, name), *filter(None, [planted.get(name)])] for name in ("train", "eval", "holdout")}
    with pytest.raises(LeakError) as caught:
        audit_leaks(sides["train"], sides["eval"], sides["holdout"], variants or (), near)
    message = str(caught.value)
    assert "repair" not in message.lower()
    assert "Open" not in message
    return message


def test_an_honest_split_passes_and_says_what_was_compared(split: Split, variants: list[PromptVariant]) -> None:
    audit = audit_leaks(split.train, split.eval, split.holdout, variants, near_duplicate=0.8)
    assert (audit.train, audit.eval, audit.holdout) == (len(split.train), len(split.eval), len(split.holdout))
    assert (audit.prompts, audit.answers, audit.frames) == (120, 30, 3)
    assert audit.near_duplicates == len({row.intent for row in split.holdout}) > 0


@pytest.mark.parametrize(("home", "other"), [("train", "eval"), ("eval", "train"), ("train", "holdout"), ("eval", "holdout")])
def test_a_prompt_on_two_sides(split: Split, home: str, other: str) -> None:
    stolen = getattr(split, home)[0]
    target = getattr(split, other)[-1]
    message = refused(split, **{other: target.model_copy(update={"prompt": f"  {stolen.prompt.upper()} ! "})})
    first, second = sorted((home, other), key=["train", "eval", "holdout"].index)
    codes = sorted(map(intent_code, (stolen.intent, target.intent)))
    assert message == (
        f"leak between {first} and {second}: 1 prompt(s), of the intent(s) whose sha256 begins with {', '.join(codes)}"
    )


@pytest.mark.parametrize("side", ["train", "eval"])
def test_a_holdout_answer_on_another_side(split: Split, side: str) -> None:
    held, target = split.holdout[0], getattr(split, side)[0]
    answer = held.output.replace("1. ", "1) ").upper()
    message = refused(split, **{side: target.model_copy(update={"prompt": "A new one", "output": answer})})
    assert f"leak between {side} and holdout: 1 answer(s)" in message
    assert intent_code(held.intent) in message
    assert intent_code(target.intent) in message
    assert held.intent not in message, "its name is made of what somebody may have written"


def test_a_holdout_intent_on_another_side(split: Split) -> None:
    planted = split.holdout[0].model_copy(update={"prompt": "A new one", "output": "A new answer"})
    assert "leak between train and holdout: 1 intent(s)" in refused(split, train=planted)


def test_a_wording_of_an_eval_frame_in_train(split: Split, variants: list[PromptVariant]) -> None:
    stolen = split.eval[0].model_copy(update={"prompt": "Another wording"})
    phrased = [*variants, PromptVariant(**stolen.model_dump(), frame="eval-2", side="eval")]
    message = refused(split, phrased, train=stolen)
    assert message == (
        "leak between train and the frames of the other side: 1 intent(s), of the intent(s) whose sha256 begins with "
        + intent_code(stolen.intent)
    )


def test_a_frame_that_phrases_train_and_eval(split: Split, variants: list[PromptVariant]) -> None:
    free = [each.model_copy(update={"side": None, "frame": each.frame and "one"}) for each in variants]
    message = refused(split, free)
    assert message.startswith("leak between train and eval: 1 frame(s), of the intent(s) whose sha256 begins with ")
    assert message.endswith(" more"), "a long list of intents is cut short"


def test_two_frames_that_come_to_the_same_words_are_no_leak(split: Split, variants: list[PromptVariant]) -> None:
    doubled = [each.model_copy(update={"side": "eval", "frame": "eval-2"}) for each in variants if each.side == "train"]
    assert audit_leaks(split.train, split.eval, split.holdout, [*doubled, *variants]).frames == 3


def test_a_near_duplicate_of_a_holdout_intent_in_train(split: Split) -> None:
    held = split.holdout[0]
    planted = held.model_copy(
        update={
            "intent": "faq#9999",
            "prompt": "Where is it?",
            "variant_of": None,
            "output": held.output.replace("Open", "Then open the"),
        }
    )
    audit_leaks([*split.train, planted], split.eval, split.holdout)
    message = refused(split, near=0.8, train=planted)
    assert "leak between train or eval and holdout: 2 near-duplicate(s)" in message
    assert intent_code("faq#9999") in message
    assert intent_code(held.intent) in message


def test_all_leaks_are_told_at_once(split: Split) -> None:
    message = refused(split, train=split.holdout[0], eval=split.train[0])
    assert len(message.splitlines()) == 4
