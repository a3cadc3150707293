"""Propose adapters to a registry from a process of its own: `python proposing.py FOLDER NAME COUNT`.

Each is judged anew until it is champion, as a team of runs would do it.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from langkah.errors import StaleChallengerError
from langkah.registry import Candidate, ChampionRegistry


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def candidate(name: str, against: str | None = None, *, passed: bool = True) -> Candidate:
    return Candidate(
        adapter=digest(name), dataset=digest(f"data of {name}"), base_model="tiny:1", scores=digest(f"scores of {name}"),
        verdict=digest(f"verdict on {name}"), judged_against=against, passed=passed,
        failed_rules=() if passed else ("eval_rouge_l_gain_low",),
    )  # fmt: skip


def main(folder: str, name: str, count: str) -> None:
    registry = ChampionRegistry(Path(folder))
    for number in range(int(count)):
        while True:
            today = registry.champion()
            try:
                registry.propose(candidate(f"{name} {number}", today.adapter if today else None), by=name)
                break
            except StaleChallengerError:
                continue


if __name__ == "__main__":
    main(*sys.argv[1:])
