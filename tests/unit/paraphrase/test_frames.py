"""The data file: what holds for every family, so that adding one cannot leak eval wordings into training."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from string import Formatter

import pytest

from langkah.paraphrase import load_families, side_counts
from langkah.paraphrase.frames import FrameFamily, ordered_templates

KINDS = ("action", "topic", "question", "problem")
FIELDS = {"action": {"action", "formal"}, "topic": {"topic", "does"}, "question": {"question", "embedded"},
          "problem": {"problem", "Problem"}}  # fmt: skip


def wording(template: str) -> str:
    return " ".join(re.findall(r"\w+", re.sub(r"\{(?!saya|Saya)\w+\}", "", template).lower()))


@pytest.mark.parametrize("family", load_families(), ids=lambda family: family.name)
def test_templates_name_known_fields(family: FrameFamily) -> None:
    for kind in KINDS:
        assert len(family.templates(kind)) >= 2
        for template in family.templates(kind):
            names = {name for _, name, _, _ in Formatter().parse(template) if name}
            own = {"saya", "Saya"} if family.language == "id" else set[str]()
            assert names & FIELDS[kind] and names <= FIELDS[kind] | own
            assert template[-1] in ".?"


@pytest.mark.parametrize("kind", KINDS)
def test_no_wording_is_on_two_sides(kind: str) -> None:
    sides: dict[tuple[str, str], set[str]] = defaultdict(set)
    for family in load_families():
        for template in family.templates(kind):  # type: ignore[arg-type]
            sides[family.language, wording(template)].add(family.side)
    assert [words for words, owners in sides.items() if len(owners) > 1] == []


def test_eval_wordings_are_not_the_usual_openings() -> None:
    usual = re.compile(r"how (do|can|to)\b|(bagaimana|gimana) (cara|caranya)\b|cara\b", re.IGNORECASE)
    evals = [
        template for family in load_families() if family.side == "eval" for kind in KINDS for template in family.templates(kind)
    ]
    assert [template for template in evals if usual.match(template)] == []


def test_there_are_families_to_spare() -> None:
    counts = Counter((family.language, family.side) for family in load_families() if not family.opens)
    wanted = side_counts(5)
    assert all(counts[language, side] >= wanted[side] + 2 for language in ("en", "id") for side in wanted)
    assert len({family.name for family in load_families()}) == len(load_families())


def test_first_family_is_even_over_intents() -> None:
    first = Counter(next(ordered_templates(f"faq/{number}", "en", "eval", "action"))[0].name for number in range(10_000))
    assert len(first) == 5
    assert max(first.values()) < 1.15 * min(first.values())
