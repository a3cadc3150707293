"""Importing the room is light, and what it names is there."""

import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "transformers", "datasets", "evaluate", "nltk", "pandas", "matplotlib", "Sastrawi", "prefect", "scipy")


def test_importing_the_room_and_its_functions_loads_nothing_heavy() -> None:
    code = (
        "import sys, langkah.evaluation as room\n"
        "from langkah.evaluation import meteor, rouge_l\n"
        "names = [name for name in room.__all__ if name not in ('Meteor', 'RougeL')]\n"
        "assert all(getattr(room, name) for name in names)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
