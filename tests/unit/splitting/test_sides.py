from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langkah.config import SplitConfig
from langkah.errors import ArtifactError
from langkah.splitting import choose_sides

TENTH = SplitConfig()


def alone(count: int) -> dict[str, str]:
    return {f"i{at}": f"i{at}" for at in range(count)}


def test_about_the_wanted_share_is_held_out() -> None:
    sides = choose_sides(alone(4000), TENTH).sides
    assert 0.085 < sum(side == "holdout" for side in sides.values()) / 4000 < 0.115


def test_another_seed_holds_out_others() -> None:
    assert choose_sides(alone(200), TENTH).sides != choose_sides(alone(200), SplitConfig(seed=1)).sides


def test_ten_groups_always_have_a_holdout() -> None:
    tiny = [choose_sides(alone(10), SplitConfig(holdout=0.001, seed=seed)).sides for seed in range(20)]
    assert all(list(sides.values()).count("holdout") == 1 for sides in tiny)
    assert "holdout" not in choose_sides(alone(9), SplitConfig(holdout=0.001)).sides.values()
    assert "holdout" not in choose_sides(alone(50), SplitConfig(holdout=0)).sides.values()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_two_groups_stay_trained(count: int) -> None:
    for seed in range(30):
        sides = choose_sides(alone(count), SplitConfig(holdout=0.5, seed=seed)).sides
        assert list(sides.values()).count("trained") >= min(2, count)


def test_the_champions_sides_win() -> None:
    groups = alone(200)
    recorded = choose_sides(groups, TENTH).sides
    assert choose_sides(groups, SplitConfig(holdout=0.4, seed=9), recorded).sides == recorded
    assert choose_sides(groups, SplitConfig(holdout=0), recorded).sides == recorded


def test_a_new_intent_follows_its_group() -> None:
    groups = {**alone(20), "new": "i3"}
    for side in ("trained", "holdout"):
        recorded = {f"i{at}": "trained" for at in range(20)} | {"i3": side}
        chosen = choose_sides(groups, TENTH, recorded)
        assert chosen.sides["new"] == chosen.sides["i3"] == side
        assert chosen.moved == ()


def test_a_holdout_intent_that_joins_a_trained_group_moves_and_is_named() -> None:
    groups = {**alone(20), "i3": "i2", "new": "i2"}
    recorded = {f"i{at}": "trained" for at in range(20)} | {"i3": "holdout", "i5": "holdout", "gone": "holdout"}
    chosen = choose_sides(groups, TENTH, recorded)
    assert (chosen.sides["i3"], chosen.sides["new"], chosen.sides["i5"]) == ("trained", "trained", "holdout")
    assert chosen.moved == ("i3",)
    assert "gone" not in chosen.sides


def test_a_damaged_record_is_refused() -> None:
    with pytest.raises(ArtifactError, match="expected `trained` or `holdout`"):
        choose_sides(alone(3), TENTH, {"i1": "eval"})


@given(
    st.dictionaries(st.integers(0, 40).map("i{}".format), st.integers(0, 12).map("g{}".format)),
    st.dictionaries(st.integers(0, 40).map("i{}".format), st.sampled_from(["trained", "holdout"])),
    st.sampled_from([0, 0.1, 0.5]),
    st.integers(0, 5),
)
def test_a_group_has_one_side_and_every_move_is_told(
    groups: dict[str, str], recorded: dict[str, str], holdout: float, seed: int
) -> None:
    chosen = choose_sides(groups, SplitConfig(holdout=holdout, seed=seed), recorded)
    assert chosen.sides.keys() == groups.keys()
    by_group = {(group, chosen.sides[intent]) for intent, group in groups.items()}
    assert len(by_group) == len(set(groups.values()))
    trained = {group for group, side in by_group if side == "trained"}
    assert len(trained) >= min(2, len(by_group))
    changed = {intent for intent, side in recorded.items() if intent in groups and chosen.sides[intent] != side}
    assert set(chosen.moved) == changed
    assert all(recorded[intent] == "holdout" for intent in changed)
