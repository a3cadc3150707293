"""The figures of a comparison, slice by slice."""

import pytest

from langkah.config import EvaluateConfig
from langkah.evaluation.comparison import answered, compare_slices
from langkah.evaluation.scores import RowScore

CONFIG = EvaluateConfig(resamples=1_000)


def row(slice: str, intent: str, rouge_l: float, meteor: float) -> RowScore:
    return RowScore(slice=slice, intent=intent, rouge_l=rouge_l, meteor=meteor)


def test_slices_and_measures_are_compared_apart_and_in_any_order() -> None:
    before = [row("eval", f"i{place}", 0.2 + 0.01 * place, 0.5) for place in range(8)] + [row("holdout", "h", 0.3, 0.3)]
    after = [row("eval", f"i{place}", 0.4 + 0.02 * place, 0.5) for place in range(8)] + [row("holdout", "h", 0.3, 0.2)]
    found = compare_slices(before, after[::-1], CONFIG)
    assert list(found) == ["eval", "holdout"]
    assert found == compare_slices(before, after, CONFIG)
    rouge, met = found["eval"]["rouge_l"], found["eval"]["meteor"]
    assert rouge.difference == pytest.approx(0.235)
    assert 0.2 < rouge.ci[0] < 0.235 < rouge.ci[1] < 0.28
    assert rouge.p_adjusted < 0.05
    assert 0 < rouge.detectable < 0.1
    assert (met.difference, met.ci, met.p_adjusted) == (0, (0, 0), 1)
    assert found["holdout"]["meteor"].ci == (-1, 1)
    assert compare_slices([], [], CONFIG) == {}


def test_what_the_first_side_failed_to_answer_is_no_gain_of_the_other() -> None:
    before = [
        row("eval", f"i{place}", 0.0 if place < 2 else 0.5, 0.5).model_copy(update={"failed": place < 2}) for place in range(8)
    ]
    after = [row("eval", f"i{place}", 0.5, 0.5) for place in range(7)] + [
        row("eval", "i7", 0.0, 0.0).model_copy(update={"failed": True})
    ]
    left, right = answered(before, after)
    assert [each.intent for each in left] == [each.intent for each in right] == [f"i{place}" for place in range(2, 8)]
    found = compare_slices(left, right, CONFIG)["eval"]["rouge_l"]
    assert (found.n, found.difference) == (6, pytest.approx(-0.5 / 6))  # the other's own failure stays, as zero
    assert compare_slices(before, after, CONFIG)["eval"]["rouge_l"].difference > 0
    with pytest.raises(ValueError, match="shorter"):
        answered(before, after[:1])
