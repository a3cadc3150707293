"""Which prompts are put to people."""

from __future__ import annotations

from collections import Counter

from langkah.config import RateConfig
from langkah.evaluation.rating_sample import DrawnRow, draw_prompts
from langkah.evaluation.scores import RowScore


def rows(count: int, holdout: int, variants: int = 2) -> list[RowScore]:
    return [
        RowScore(intent=f"i{place // variants}", slice="holdout" if place >= count - holdout else "eval",
                 rouge_l=(place * 37 % 100) / 100, meteor=0.5)
        for place in range(count)
    ]  # fmt: skip


def drawn(found: list[RowScore], **settings: float) -> list[DrawnRow]:
    config = RateConfig.model_validate(settings)
    return draw_prompts(found, [f"prompt {place}" for place in range(len(found))], config)


def test_both_slices_give_as_many_and_a_small_one_all_it_has() -> None:
    of = rows(100, 50)
    assert Counter(of[row].slice for row, _ in drawn(of, prompts=24)) == {"eval": 12, "holdout": 12}
    of = rows(100, 4)
    assert Counter(of[row].slice for row, _ in drawn(of, prompts=24)) == {"eval": 20, "holdout": 4}
    assert len(drawn(rows(10, 0), prompts=24)) == 10
    assert len(drawn(rows(100, 50), prompts=1)) == 1


def test_the_worst_are_the_worst_of_what_was_not_drawn_at_random() -> None:
    of = rows(100, 0, variants=1)
    found = drawn(of, prompts=20, worst=0.25)
    at_random = {row for row, how in found if how == "random"}
    worst = {row for row, how in found if how == "worst"}
    assert (len(at_random), len(worst)) == (15, 5)
    left = sorted(set(range(100)) - at_random, key=lambda row: of[row].rouge_l)
    assert worst == set(left[:5])


def test_random_ones_are_drawn_from_all_whatever_their_scores() -> None:
    found = rows(60, 0, variants=1)
    turned = [row.model_copy(update={"rouge_l": 1 - row.rouge_l}) for row in found]
    first, second = ({row for row, how in drawn(each, prompts=20) if how == "random"} for each in (found, turned))
    assert first == second


def test_all_that_there_is_stands_for_itself() -> None:
    assert {how for _, how in drawn(rows(10, 3), prompts=10)} == {"random"}


def test_each_intent_gives_one_before_any_gives_two() -> None:
    of = rows(80, 0, variants=4)
    assert max(Counter(of[row].intent for row, _ in drawn(of, prompts=20, worst=0)).values()) == 1


def test_a_prompt_is_drawn_again_in_another_order() -> None:
    of = rows(40, 0, variants=1)
    prompts = [f"prompt {place}" for place in range(40)]
    config = RateConfig(prompts=10, worst=0.2)
    first = {prompts[row] for row, _ in draw_prompts(of, prompts, config)}
    again = draw_prompts(of[::-1], prompts[::-1], config)
    assert first == {prompts[::-1][row] for row, _ in again}
