"""What counts as personal data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from langkah.config.sections import Float, Int, Section, Texts, alone

Entity = Literal[
    "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "ID_NIK", "ID_NPWP", "ORDER_ID", "ACCOUNT_NUMBER"
]
"""The Presidio entities that Langkah has recognizers for."""


class IdentifierPattern(Section):
    """A form of identifier that a company uses."""

    entity: Literal["ORDER_ID", "ACCOUNT_NUMBER", "ID_NIK", "ID_NPWP", "PHONE_NUMBER", "CREDIT_CARD"] = Field(title="Entity")
    regex: str | None = Field(default=None, title="Regular expression", examples=[r"KAI-\d{6}"])
    """What the identifier looks like, wherever it stands; None where it is only found after a lead-in."""
    lead_ins: Texts = Field(default=(), title="Words before it", examples=[["booking", "kode tiket"]])
    """A number or code after one of these words is one, whatever it looks like."""


class PiiConfig(Section):
    """What counts as personal data, and what is kept although it looks like it."""

    entities: Annotated[tuple[Entity, ...], BeforeValidator(alone)] = Field(
        default=("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "ID_NIK", "ID_NPWP", "ORDER_ID",
         "ACCOUNT_NUMBER"),
        title="Entities to scrub",
    )  # fmt: skip
    """Presidio entity names. Dates, places, organizations and URLs are not personal in a how-to answer: left out."""
    allow: Texts = Field(default=(), title="Values to keep", examples=[["help@shop.example", "1500-888"]])
    """The company's own hotline and support address: part of the answer, so kept, in whatever form they are written."""
    glossary: Texts = Field(default=(), title="Product and UI names", examples=[["Langkah Pay", "Settings"]])
    """Names that NER takes for people's: never scrubbed."""
    score_threshold: Float = Field(default=0.4, ge=0, le=1, title="Lowest recognizer score")
    """A finding below it is ignored."""
    patterns: tuple[IdentifierPattern, ...] = Field(default=(), title="The company's own identifiers")
    """Order, account and other numbers of the company's own form, beside the shipped ones."""
    ner: Literal["spacy", "transformers", "gliner"] = Field(default="spacy", title="Recognizer of names")
    """What finds names that no list has: `transformers` and `gliner` read a local model, in both languages."""
    ner_path: str | None = Field(default=None, title="Folder of the model for transformers or gliner")
    """Read from this machine only; nothing is downloaded."""
    vault: bool = Field(default=False, title="Keep the originals, encrypted")
    """Off: what was replaced is gone. On: it is kept encrypted with the key in the environment variable LANGKAH_VAULT_KEY."""
    audit_sample: Int = Field(default=200, ge=0, le=10_000, title="Values planted for the audit")
    """Invented values put into a copy of the records, to measure how many come back scrubbed. 0: no audit."""
