"""Items that the tests of the review queue share."""

from __future__ import annotations

from typing import Any

from langkah.records import PromptVariant
from langkah.review import Entry, Filters, Kind, Queue, ReviewItem, ReviewQueue, Verdict, variant_item

STEPS = "1. Open Settings.\n2. Choose Sound.\n3. Press Save."


def item(number: int, kind: Kind = Kind.record, **changes: Any) -> ReviewItem:
    """The item of this number: a question of its own, three steps."""
    values: dict[str, Any] = {
        "kind": kind,
        "intent": f"faq:{number}",
        "language": "id" if number % 3 == 0 else "en",
        "source": ("shop", "bank")[number % 2],
        "prompt": f"How do I set sound {number}?",
        "output": STEPS,
        "file": "faq.csv",
        "row": number,
    }
    if kind is Kind.record and number % 2:
        values["before"] = "Open Settings, then choose Sound; press Save."
    if kind is Kind.flagged:
        values["reasons"] = (
            ("the answer has too many steps",) if number % 2 else (f"same prompt, other answer: faq.csv:{number}",)
        )
    if kind is Kind.draft:
        values["before"] = "You open the settings and there is sound and you save it."
    if kind is Kind.variant:
        values |= {"variant_of": values["prompt"], "prompt": f"What are the steps to set sound {number}?"}
        values |= changes
        variant = PromptVariant(**{name: values[name] for name in PromptVariant.model_fields if name in values})
        return variant_item(variant, values["file"], values["row"])
    return ReviewItem(**{**values, **changes})


def items(count: int) -> list[ReviewItem]:
    """Items of all kinds, of each kind a quarter."""
    return [item(number, list(Kind)[number % 4]) for number in range(1, count + 1)]


def first_pending(queue: ReviewQueue, name: Queue) -> Entry:
    """The first undecided item of a queue of the run `run`."""
    return queue.page("run", name, Filters(verdict=Verdict.pending), limit=1).entries[0]


def form_fields(entry: Entry, **changes: Any) -> dict[str, Any]:
    """What the form of a record sends where nothing but this was changed."""
    steps = [line.partition(". ")[2] for line in entry.output.split("\n")]
    return {"version": entry.version, "prompt": entry.prompt, "step": steps, **changes}
