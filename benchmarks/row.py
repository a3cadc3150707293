"""What a benchmark tells of itself: a line for people, and a row of the table of `make bench`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

ROWS: Final = "LANGKAH_BENCH_ROWS"
"""Environment variable: the file that rows are added to, a line of JSON each."""


@dataclass(frozen=True)
class Row:
    """One comparison with the plain way, both in one run."""

    what: str
    plain_way: str
    plain: float
    """Seconds of the plain way; of CPU time, where `clock` is not set."""
    ours: float
    """Seconds of Langkah's."""
    bar: float = 1.0
    """The least ratio."""
    same: bool = True
    """Whether both came to the same, as far as they must."""
    clock: bool = False
    """Whether seconds are the clock's, where work is done by other processes."""

    @property
    def ratio(self) -> float:
        """How many times as fast Langkah is."""
        return self.plain / self.ours

    @property
    def passed(self) -> bool:
        """Whether it is as fast as it must be, with the same result."""
        return self.same and self.ratio >= self.bar


def tell(row: Row) -> int:
    """Print a row, hand it to the table where one is made, and return the exit code."""
    unit = "s" if row.clock else "CPU-s"
    print(
        f"{row.what}: langkah {row.ours:.2f} {unit}, {row.plain_way} {row.plain:.2f} {unit}:"
        f" {row.ratio:.1f} times as fast (bar: {row.bar:g}){'' if row.same else '; another result'}"
    )
    if place := os.environ.get(ROWS):
        with Path(place).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(asdict(row)) + "\n")
    return 0 if row.passed else 1
