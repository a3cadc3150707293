"""The bands are the guide's, and so are their edges."""

import pytest

from langkah.evaluation.bands import band


@pytest.mark.parametrize(
    ("metric", "value", "level"),
    [
        ("rouge_l", 1.0, "high"),
        ("rouge_l", 0.601, "high"),
        ("rouge_l", 0.60, "middle"),
        ("rouge_l", 0.40, "middle"),
        ("rouge_l", 0.399, "low"),
        ("rouge_l", 0.0, "low"),
        ("meteor", 0.61, "high"),
        ("meteor", 0.60, "middle"),
        ("meteor", 0.45, "middle"),
        ("meteor", 0.449, "low"),
    ],
)
def test_edges(metric: str, value: float, level: str) -> None:
    assert band(metric, value).level == level


def test_labels_say_what_the_guide_says() -> None:
    assert band("rouge_l", 0.7).label == "very similar, steps match"
    assert band("rouge_l", 0.5).label == "fairly similar, order differs somewhat"
    assert band("rouge_l", 0.1).label == "steps do not match"
    assert len({band("meteor", value).label for value in (0.7, 0.5, 0.1)}) == 3


@pytest.mark.parametrize(("metric", "value"), [("bleu", 0.5), ("rouge_l", 60.0), ("meteor", -0.2), ("meteor", float("nan"))])
def test_refused(metric: str, value: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        band(metric, value)
