"""A corpus of any size, made of `../shared/data`: its procedures, told of drawn products, with personal data planted.

Row n is the same in a corpus of any size: a longer one is a shorter one with rows appended. Of a hundred rows ten say nearly
what an earlier one says, one repeats an earlier one, two have no steps, one lacks its answer, and twenty hold personal data.
There are new products all the time, as in a company that grows: each has four rows on average, some have thousands.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
_CONSONANTS, _VOWELS = "bdfgjklmnprstvz", "aeiou"
_GIVEN: Final = ("Budi", "Siti", "Agus", "Dewi", "John", "Mary", "Peter", "Linda")
_FAMILY: Final = ("Santoso", "Wijaya", "Lestari", "Pratama", "Miller", "Johnson", "Baker", "Wilson")
_ASKED: Final = {
    "en": ("My name is {name}, my e-mail is {email}: ", "I am {name} ({phone}). ", "Order ORD-{order}, {email}: "),
    "id": ("Nama saya {name}, email saya {email}: ", "Saya {name} ({phone}). ", "Pesanan ORD-{order}, {email}: "),
}
_FOR: Final = {"en": " in {product}?", "id": " di {product}?"}


def support_texts(rows: int, first: int = 1, *, scrubbed: bool = False) -> Iterator[dict[str, str]]:
    """Yield rows of the corpus, from row `first` (1-based) on; `scrubbed`: with placeholders for the personal data."""
    pages = _pages()
    return (_row(number, pages, scrubbed) for number in islice(count(first), rows))


def write_support_texts(path: Path, rows: int) -> None:
    """Write the first rows of the corpus as JSON lines."""
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        for row in support_texts(rows):
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")


def _row(number: int, pages: list[dict[str, Any]], scrubbed: bool) -> dict[str, str]:
    drawn = random.Random(number)
    kind = number % 100
    if kind == 99 and number > 100:  # once more, under its own id
        return {**_plain(number - drawn.randrange(1, 99), pages, scrubbed), "id": f"faq-{number}"}
    row = _plain(number - drawn.randrange(1, 9) if kind % 10 == 9 else number, pages, scrubbed)
    if kind % 10 == 9:
        row["prompt"] = row["prompt"].replace("?", ", please?")
        row["output"] += f" {_word(drawn)}."
    if kind in (50, 51):
        row["output"] = " ".join(line.partition(". ")[2] for line in row["output"].split("\n"))
    if kind == 52:
        row["output"] = ""
    return {**row, "id": f"faq-{number}"}


def _plain(number: int, pages: list[dict[str, Any]], scrubbed: bool) -> dict[str, str]:
    drawn = random.Random(f"row {number}")
    page = pages[drawn.randrange(len(pages))]
    language = page["language"]
    steps = [drawn.choice(drawn.choice(pages[page["first"] : page["end"]])["steps"]) for _ in range(drawn.randint(2, 8))]
    name = random.Random(f"product {drawn.randrange(number // 4 + 1)}")
    product = f"{_word(name)} {_word(name)}"
    told = [step.rstrip(".") + _FOR[language].format(product=product).replace("?", ".") for step in steps]
    asked = page["prompt"].rstrip("?") + _FOR[language].format(product=product)
    if number % 5 == 0:
        people = [_person(drawn) for _ in range(2)]
        if scrubbed:
            people = [{name: f"[{name.upper()}_{at}]" for name in each} for at, each in enumerate(people, 1)]
        asked = drawn.choice(_ASKED[language]).format(**people[0]) + asked
        told.append(_ASKED[language][1].format(**people[1]).strip())
    return {
        "id": f"faq-{number}",
        "prompt": asked,
        "output": "\n".join(f"{place}. {step}" for place, step in enumerate(told, 1)),
        "source": f"helpdesk-{number % 40}",
        "language": language,
    }


def _person(drawn: random.Random) -> dict[str, str]:
    given, family = drawn.choice(_GIVEN), drawn.choice(_FAMILY)
    return {
        "name": f"{given} {family}",
        "email": f"{given}.{family}{drawn.randrange(100)}@example.com".lower(),
        "phone": f"0812-{drawn.randrange(1000, 10000)}-{drawn.randrange(1000, 10000)}",
        "order": str(drawn.randrange(100_000, 1_000_000)),
    }


def _word(drawn: random.Random) -> str:
    return "".join(drawn.choice(_CONSONANTS) + drawn.choice(_VOWELS) for _ in range(3))


def _pages() -> list[dict[str, Any]]:
    """The procedures of both files, with the places of those in the same language."""
    english = [json.loads(line) for line in (DATA / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines()]
    with (DATA / "gnome-help-id.csv").open(encoding="utf-8", newline="") as handle:
        indonesian = list(csv.DictReader(handle))
    end = len(english) + len(indonesian)
    return [
        {
            "prompt": row["prompt"],
            "steps": [line.partition(". ")[2] for line in row["output"].split("\n") if ". " in line],
            "language": language,
            "first": first,
            "end": last,
        }
        for rows, language, first, last in ((english, "en", 0, len(english)), (indonesian, "id", len(english), end))
        for row in rows
    ]


if __name__ == "__main__":
    write_support_texts(Path(sys.argv[1]), int(sys.argv[2]))
