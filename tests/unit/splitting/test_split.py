from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langkah.config import SplitConfig
from langkah.records import DatasetRow, PromptVariant
from langkah.splitting import DropReason, Split, audit_leaks, split_variants

MakeIntent = Callable[..., list[PromptVariant]]
NO_HOLDOUT = SplitConfig(holdout=0)
THREE = ("train", "train", "eval")


def digest(split: Split) -> str:
    lines = [f"{side}\t{row.model_dump_json()}" for side in ("train", "eval", "holdout") for row in getattr(split, side)]
    return hashlib.sha256("\n".join([*lines, *map("{}".format, split.groups.items())]).encode()).hexdigest()


def corpus(intent: MakeIntent, count: int) -> list[PromptVariant]:
    return [each for number in range(count) for each in intent(number, *THREE)]


def test_four_variants_train_three_and_evaluate_one(intent: MakeIntent) -> None:
    split = split_variants(corpus(intent, 5), NO_HOLDOUT)
    assert (len(split.train), len(split.eval), len(split.holdout)) == (15, 5, 0)
    assert all(row.prompt.startswith("Tell way 2") for row in split.eval), "what the eval frame phrased"
    assert split.dropped == {}


def test_holdout_takes_all_variants_of_its_intents(intent: MakeIntent) -> None:
    split = split_variants(corpus(intent, 30), SplitConfig(holdout=0.2))
    held = {name for name, side in split.sides.items() if side == "holdout"}
    assert held
    assert Counter(row.intent for row in split.holdout) == dict.fromkeys(held, 4)
    assert not held & {row.intent for row in (*split.train, *split.eval)}


def test_near_duplicates_share_a_side(intent: MakeIntent) -> None:
    answer = "1. Turn the key.\n2. Pull the lever."
    rows = [each for number in range(40) for each in intent(number, *THREE, answer=answer if number % 4 == 0 else None)]
    for seed in range(8):
        split = split_variants(rows, SplitConfig(holdout=0.3, seed=seed))
        assert len({split.sides[f"faq#{number:04}"] for number in range(0, 40, 4)}) == 1
        assert split.groups["faq#0036"] == "faq#0000"


def test_rows_carry_what_the_variant_had_and_stand_in_order(intent: MakeIntent) -> None:
    variants = corpus(intent, 12)
    split = split_variants(variants[::-1], SplitConfig())
    known = {(each.intent, each.prompt): each for each in variants}
    for rows in (split.train, split.eval, split.holdout):
        assert list(rows) == sorted(rows, key=lambda row: (row.intent, row.prompt))
        for row in rows:
            each = known[row.intent, row.prompt]
            assert row == DatasetRow(**each.model_dump(exclude={"frame", "side"}))


def test_an_intent_alone_trains_only(intent: MakeIntent) -> None:
    split = split_variants(intent(1), NO_HOLDOUT)
    assert (len(split.train), len(split.eval)) == (1, 0)


def test_eval_frames_in_excess_are_dropped_and_counted(intent: MakeIntent) -> None:
    split = split_variants(intent(1, "eval", "eval", "eval"), NO_HOLDOUT)
    assert (len(split.train), len(split.eval)) == (1, 1)
    assert split.dropped == {DropReason.eval_frame_in_excess: 2}


def test_train_frames_never_evaluate(intent: MakeIntent) -> None:
    split = split_variants(intent(1, "train", "train", "train"), NO_HOLDOUT)
    assert (len(split.train), len(split.eval)) == (4, 0)


def test_eval_frames_go_before_an_llms_wordings(intent: MakeIntent) -> None:
    split = split_variants(intent(1, None, None, None, None, "eval"), NO_HOLDOUT)
    assert (len(split.train), len(split.eval)) == (4, 2)
    assert "Tell way 4 to repair one" in {row.prompt for row in split.eval}


def test_a_prompt_given_twice_is_kept_where_it_may_train(intent: MakeIntent) -> None:
    rows = intent(1, "train", "train", "eval")
    double = rows[1].model_copy(update={"prompt": rows[1].prompt.upper() + "!", "frame": "eval-9", "side": "eval"})
    again = rows[0].model_copy(update={"prompt": "how do i repair ONE", "variant_of": rows[0].prompt})
    split = split_variants([double, again, *rows], NO_HOLDOUT)
    assert {row.prompt for row in split.train} == {row.prompt for row in rows[:3]}
    assert [row.prompt for row in split.eval] == [rows[3].prompt]
    assert split.dropped == {DropReason.repeated: 2}


def test_train_keeps_a_prompt_that_two_sides_have(intent: MakeIntent) -> None:
    first, second = intent(1, *THREE), intent(2, *THREE)
    second[3] = second[3].model_copy(update={"prompt": first[1].prompt.upper() + "?"})
    split = split_variants([*first, *second], NO_HOLDOUT)
    assert split.dropped == {DropReason.prompt_in_train: 1}
    assert {row.intent for row in split.eval} == {"faq#0001"}


def test_a_holdout_prompt_that_another_side_has_is_dropped(intent: MakeIntent) -> None:
    rows = corpus(intent, 30)
    plain = split_variants(rows, SplitConfig())
    held, trained, tested = plain.holdout[0], plain.train[0], plain.eval[0]
    for stolen, reason in ((trained, DropReason.prompt_in_train), (tested, DropReason.prompt_in_eval)):
        extra = rows[1].model_copy(
            update={"intent": held.intent, "prompt": stolen.prompt + "!", "variant_of": held.prompt, "output": held.output}
        )
        split = split_variants([*rows, extra], SplitConfig(), plain.sides)
        assert split.dropped == {reason: 1}
        assert (split.train, split.eval, split.holdout) == (plain.train, plain.eval, plain.holdout)


def test_paraphrases_without_their_original_are_left_out(intent: MakeIntent) -> None:
    split = split_variants([*intent(1, *THREE), *intent(2, *THREE)[1:]], NO_HOLDOUT)
    assert split.dropped == {DropReason.no_original: 3}
    assert split.sides == {"faq#0001": "trained"}


def test_an_unknown_frame_side_is_refused_without_its_text(intent: MakeIntent) -> None:
    wrong = intent(1)[0].model_copy(update={"side": "test"})
    with pytest.raises(ValueError, match=r"faq#0001: side: expected .* got 'test'") as caught:
        split_variants([wrong], NO_HOLDOUT)
    assert "repair" not in str(caught.value)


def test_nothing_in_nothing_out() -> None:
    split = split_variants([], SplitConfig())
    assert (split.train, split.eval, split.holdout, split.sides) == ((), (), (), {})


frame_sides = st.lists(st.sampled_from(["train", "eval", None]), max_size=7)


@settings(deadline=None, max_examples=40)
@given(st.data(), st.lists(frame_sides, min_size=1, max_size=20), st.integers(0, 3), st.randoms(use_true_random=False))
def test_any_corpus_is_split_as_the_rules_say(
    intent: MakeIntent, data: st.DataObject, corpus_sides: list[list[str | None]], seed: int, rnd: random.Random
) -> None:
    answers = ["1. Turn the key.", "1. Ring the bell.", None, None, None]
    variants = [
        each
        for number, sides in enumerate(corpus_sides)
        for each in intent(number, *sides, answer=data.draw(st.sampled_from(answers)))
    ]
    config = SplitConfig(holdout=0.3, seed=seed)
    split = split_variants(variants, config)
    shuffled = variants.copy()
    rnd.shuffle(shuffled)
    assert digest(split_variants(shuffled, config)) == digest(split)
    audit_leaks(split.train, split.eval, split.holdout, variants, config.near_duplicate)

    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for side in ("train", "eval", "holdout"):
        for row in getattr(split, side):
            rows[row.intent][side] += 1
    for number, sides in enumerate(corpus_sides):
        name, n = f"faq#{number:04}", len(sides) + 1
        count = rows[name]
        if split.sides[name] == "holdout":
            assert count == {"holdout": n}
            continue
        due = max(1, n // 3) if n > 1 else 0
        assert count["eval"] == min(due, n - 1 - sides.count("train"))
        assert count["train"] == n - count["eval"] - max(0, sides.count("eval") - due)
        assert count["holdout"] == 0
    originals = {each.prompt for each in variants if each.variant_of is None}
    assert originals <= {row.prompt for row in (*split.train, *split.holdout)}
    total = sum(map(len, (split.train, split.eval, split.holdout))) + sum(split.dropped.values())
    assert total == len(variants)


@settings(deadline=None, max_examples=15)
@given(st.integers(10, 40), st.integers(1, 30), st.integers(0, 3))
def test_sides_stay_when_rows_are_added(intent: MakeIntent, before: int, more: int, seed: int) -> None:
    config = SplitConfig(holdout=0.2, seed=seed)
    old = split_variants(corpus(intent, before), config)
    new = split_variants(corpus(intent, before + more), config, recorded=old.sides)
    assert {name: new.sides[name] for name in old.sides} == old.sides
    assert new.moved == ()
    for side in ("train", "eval", "holdout"):
        assert set(getattr(old, side)) <= set(getattr(new, side))


def test_a_near_duplicate_of_both_sides_moves_the_holdout_and_says_so(intent: MakeIntent) -> None:
    rows = corpus(intent, 30)
    old = split_variants(rows, SplitConfig())
    held, trained = old.holdout[0], old.train[0]
    bridge = intent(99, answer=held.output)[0].model_copy(update={"prompt": trained.variant_of or trained.prompt})
    new = split_variants([*rows, bridge], SplitConfig(), recorded=old.sides)
    assert new.moved == (held.intent,)
    assert new.sides["faq#0099"] == new.sides[held.intent] == "trained"


SCRIPT = """
import runpy, sys
from langkah.config import SplitConfig
from langkah.splitting import split_variants

make, test = runpy.run_path(sys.argv[1])["_intent"], runpy.run_path(sys.argv[2])
print(test["digest"](split_variants(test["corpus"](make, 60), SplitConfig())))
"""


def test_the_same_split_whatever_the_hash_seed(intent: MakeIntent) -> None:
    here = digest(split_variants(corpus(intent, 60), SplitConfig()))
    conftest = Path(__file__).with_name("conftest.py")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(conftest), __file__],
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == here
