"""Sentences with planted, invented values: seeded, so that each run measures the same."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from faker import Faker


@dataclass(frozen=True)
class Planted:
    kind: str
    language: str
    value: str
    text: str


def _sentences() -> dict[str, dict[str, list[str]]]:
    return yaml.safe_load(Path(__file__).with_name("sentences.yaml").read_text(encoding="utf-8"))


def _structured(kind: str, fake: Any, draw: random.Random, language: str) -> str:
    def digits(count: int) -> str:
        return "".join(draw.choice("0123456789") for _ in range(count))

    if kind == "EMAIL":
        address = fake.email()
        return draw.choice([address, address.upper(), address.replace("@", "@\u200b"), address[:3] + "\u200d" + address[3:]])
    if kind == "PHONE":
        local = draw.choice(["08", "+62 8", "+628", "62 8", "08"]) + draw.choice(["12", "57", "95", "03"])
        own = local + draw.choice(["-", " ", ""]) + digits(4) + draw.choice(["-", " ", ""]) + digits(4)
        return fake.phone_number() if draw.random() < 0.7 else own if language == "id" else Faker("en_GB").phone_number()
    if kind == "CARD":
        number = fake.credit_card_number()
        grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
        return draw.choice([number, grouped, grouped.replace(" ", "-")]) if len(number) == 16 else number
    if kind == "IBAN":
        number = fake.iban()
        return draw.choice([number, " ".join(number[at : at + 4] for at in range(0, len(number), 4))])
    if kind == "NIK":
        day = draw.randint(1, 28) + draw.choice([0, 40])
        district = draw.choice(["3171", "3273", "3578", "5171", "1271", "7371"])
        return f"{district}{digits(2)}{day:02}{draw.randint(1, 12):02}{digits(2)}{digits(4)}"
    if kind == "NPWP":
        number = digits(15)
        return f"{number[:2]}.{number[2:5]}.{number[5:8]}.{number[8]}-{number[9:12]}.{number[12:]}"
    if kind == "ORDER_ID":
        return draw.choice(
            [
                f"ORD-{digits(6)}",
                f"INV/2025/{digits(2)}/{digits(5)}",
                f"#{digits(8)}",
                f"TRX{digits(9)}",
                digits(8),
                f"JP{digits(10)}",
            ]
        )
    return draw.choice([digits(10), digits(12), f"{digits(3)}-{digits(3)}-{digits(4)}", f"{digits(4)} {digits(4)} {digits(4)}"])


def structured(count: int, seed: int = 20) -> list[Planted]:
    """`count` sentences, types and languages in turn."""
    draw = random.Random(seed)
    sentences = _sentences()
    kinds = [kind for kind in sentences if kind.isupper()]
    fakes = {"en": Faker("en_US"), "id": Faker("id_ID")}
    for fake in fakes.values():
        fake.seed_instance(seed)
    Faker.seed(seed)
    rows: list[Planted] = []
    for index in range(count):
        kind, language = kinds[index % len(kinds)], ("en", "id")[index // len(kinds) % 2]
        value = _structured(kind, fakes[language], draw, language)
        rows.append(Planted(kind, language, value, draw.choice(sentences[kind][language]).replace("{x}", value)))
    return rows


def people(language: str, count: int, seed: int = 20, sentences: str = "name") -> list[Planted]:
    """`count` sentences with a full name of Faker's each."""
    draw = random.Random(seed)
    fake = Faker({"en": "en_US", "id": "id_ID"}[language])
    fake.seed_instance(seed)
    frames = _sentences()[sentences][language]
    rows: list[Planted] = []
    for _ in range(count):
        value = f"{fake.first_name()} {fake.last_name()}"
        rows.append(Planted("NAME", language, value, draw.choice(frames).replace("{x}", value)))
    return rows


def leaked(value: str, scrubbed: str) -> bool:
    """Whether the value, or a word of it of three characters or more, is still in the text."""
    folded = scrubbed.casefold()
    return any(word.casefold() in folded for word in value.replace("\u200b", " ").split() if len(word) > 2)
