"""Champions follow one another in one order, whoever promotes at the same time and whatever is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from proposing import candidate, digest

from langkah.errors import ArtifactError, InputError, StaleChallengerError
from langkah.registry import ChampionRegistry
from langkah.registry.entries import withdrawn

SCRIPT = Path(__file__).with_name("proposing.py")
A, B, C = digest("a"), digest("b"), digest("c")


@pytest.fixture
def registry(tmp_path: Path) -> ChampionRegistry:
    return ChampionRegistry(tmp_path / "champions")


@pytest.fixture
def three(registry: ChampionRegistry) -> ChampionRegistry:
    """One whose champions were a, b and c."""
    for name, against in (("a", None), ("b", A), ("c", B)):
        registry.propose(candidate(name, against), by="rina")
    return registry


def champion_of(registry: ChampionRegistry) -> str | None:
    entry = registry.champion()
    return entry.adapter if entry else None


def test_each_champion_names_the_one_before(three: ChampionRegistry) -> None:
    assert [(entry.number, entry.adapter, entry.previous) for entry in three.history()] == [(1, A, None), (2, B, A), (3, C, B)]
    assert champion_of(three) == C
    last = three.history()[-1]
    assert (last.event, last.by, last.dataset) == ("promoted", "rina", digest("data of c"))


def test_nothing_is_written_before_something_happens(registry: ChampionRegistry) -> None:
    assert (registry.history(), registry.champion(), registry.folder.exists()) == ((), None, False)


def test_what_the_gate_refused_is_noted_and_changes_nothing(three: ChampionRegistry) -> None:
    entry = three.propose(candidate("d", C, passed=False), by="rina")
    assert (entry.event, entry.previous) == ("refused", C)
    assert "eval_rouge_l_gain_low" in entry.reason
    assert champion_of(three) == C


def test_a_challenger_judged_against_an_older_champion_is_told_what_to_do(three: ChampionRegistry) -> None:
    with pytest.raises(StaleChallengerError, match=rf"against adapter {B[:12]}, .* is now adapter {C[:12]}: evaluate it again"):
        three.propose(candidate("d", B), by="rina")
    with pytest.raises(StaleChallengerError, match="against the base model"):
        three.propose(candidate("d"), by="rina")
    assert [entry.event for entry in three.history()[3:]] == ["refused", "refused"]
    assert champion_of(three) == C
    assert three.propose(candidate("d", C), by="rina").event == "promoted"


def test_the_champion_is_not_promoted_twice(three: ChampionRegistry) -> None:
    assert three.propose(candidate("c", B), by="budi").number == 3
    assert len(three.history()) == 3


def test_roll_back_goes_one_back_and_then_one_more(three: ChampionRegistry) -> None:
    entry = three.roll_back("rina", reason="wrong steps")
    assert (entry.event, entry.adapter, entry.previous, entry.reason) == ("rolled back", B, C, "wrong steps")
    assert entry.plain() == three.history()[1].plain()
    assert three.roll_back("rina").adapter == A
    with pytest.raises(InputError, match="is the first champion"):
        three.roll_back("rina")
    assert three.propose(candidate("d", A), by="rina").event == "promoted"
    assert three.roll_back("rina").adapter == A


def test_roll_back_to_a_named_champion(three: ChampionRegistry) -> None:
    assert three.roll_back("rina", A[:10]).adapter == A
    assert three.roll_back("rina", C[:10]).adapter == C  # forward again
    with pytest.raises(InputError, match="is the champion already"):
        three.roll_back("rina", C)
    for wrong in ("", "f" * 12):
        with pytest.raises(InputError, match="no champion ever began"):
            three.roll_back("rina", wrong)


def test_nothing_to_roll_back(registry: ChampionRegistry) -> None:
    with pytest.raises(InputError, match="no adapter was ever promoted"):
        registry.roll_back("rina")
    registry.propose(candidate("a", passed=False), by="rina")
    with pytest.raises(InputError, match="no adapter was ever promoted"):
        registry.roll_back("rina")


def test_a_run_does_not_bring_back_what_was_rolled_back_from(three: ChampionRegistry) -> None:
    three.roll_back(by="budi")
    judged = candidate("c", B)
    assert three.propose(judged, by="run", again=False) == three.history()[-1] and champion_of(three) == B
    assert three.propose(judged, by="rina").event == "promoted" and champion_of(three) == C


def test_an_adapter_stays_withdrawn_until_it_is_champion_again(three: ChampionRegistry) -> None:
    three.roll_back("rina")
    three.propose(candidate("d", B, passed=False), by="rina")
    found = withdrawn(three.history(), C)
    assert found and found.number == 4
    assert withdrawn(three.history(), B) is None
    three.propose(candidate("c", B), by="rina")
    assert withdrawn(three.history(), C) is None


def test_who_and_why_are_one_line_each(three: ChampionRegistry) -> None:
    entry = three.roll_back("ri\nna \udcff", reason="wrong\n    9  2026-01-01  promoted  \x1b[31m\u202esteps")
    assert (entry.by, entry.reason) == ("ri na", "wrong 9 2026-01-01 promoted [31m steps")
    assert three.history()[-1] == entry


@pytest.mark.parametrize("damage", ["cut", "gone", "folder"])
def test_a_damaged_history_is_no_history(three: ChampionRegistry, damage: str) -> None:
    path = three.folder / "000002.json"
    if damage == "gone":
        path.unlink()
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(path.read_bytes()[:40])
    for act in (three.champion, lambda: three.roll_back("rina"), lambda: three.propose(candidate("d", C), by="rina")):
        with pytest.raises(ArtifactError, match=r"000002\.json"):
            act()


def start(registry: ChampionRegistry, name: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(registry.folder), name, str(count)], cwd=SCRIPT.parents[3])


def test_promotions_at_once_follow_one_another(registry: ChampionRegistry) -> None:
    running = [start(registry, name, 8) for name in ("one", "two", "three")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    history = registry.history()
    promoted = [entry for entry in history if entry.event == "promoted"]
    assert len({entry.adapter for entry in promoted}) == len(promoted) == 24
    before = None
    for entry in promoted:
        assert entry.judged_against == entry.previous == before
        before = entry.adapter
    assert champion_of(registry) == before
    assert all("evaluate it again" in entry.reason for entry in history if entry.event == "refused")


def test_a_killed_promotion_leaves_a_whole_history_and_no_lock(registry: ChampionRegistry) -> None:
    for attempt in range(3):
        before = len(registry.history())
        process = start(registry, f"killed {attempt}", 1_000_000)
        try:
            deadline = time.monotonic() + 30
            while len(registry.history()) < before + 5 + attempt and time.monotonic() < deadline:
                time.sleep(0.0007)
        finally:
            process.kill()
            process.wait()
        history = registry.history()
        assert len(history) >= before + 5
        assert registry.propose(candidate(f"after {attempt}", champion_of(registry)), by="rina").number == len(history) + 1
    assert sorted(path.name for path in registry.folder.iterdir() if path.name.startswith(".")) == [".lock"]
