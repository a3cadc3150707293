"""Which step went wrong, in the terminal."""

import io

from rich.console import Console

from flows.step_lines import print_step_diff
from langkah.evaluation import step_diff

REFERENCE = "1. Open [b]Settings[/b].\n2. Click Wi-Fi.\n3. Wait 5 seconds.\n4. Turn the switch on.\n5. Restart the router."
TOLD = "1. Go to [b]Settings[/b].\n2. Call us.\n3. Restart the router.\n4. Click Wi-Fi.\n5. Wait 50 seconds."


def shown(prediction: str, reference: str) -> str:
    written = io.StringIO()
    print_step_diff(Console(file=written, width=20), step_diff(prediction, reference, "en"))
    return written.getvalue()


def test_each_step_tells_what_became_of_it_without_colour_too() -> None:
    assert shown(TOLD, REFERENCE).splitlines() == [
        "= kept      1. Open [b]Settings[/b].",
        "= kept      2. Click Wi-Fi.",
        "~ changed   3. Wait 5 seconds.",
        "             5. Wait 50 seconds.",
        "- missing   4. Turn the switch on.",
        "> moved     5. Restart the router.",
        "             3. Restart the router.",
        "+ invented  2. Call us.",
    ]


def test_answers_without_steps_are_told() -> None:
    assert shown("Ask us.", "Ask us.") == "no steps on either side\n"
