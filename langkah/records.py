"""The records that travel through the pipeline, from a FAQ row to a training example.

All are frozen, refuse unknown fields, and keep their text out of validation errors.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

Language = str
"""A language code: `en`, `id`, or `mixed` (both, treated as Indonesian)."""
# A flagged row may be in neither: `other`. No row that trains is.


class Record(BaseModel):
    """Base of all records: frozen, closed, silent about its text in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RowStatus(StrEnum):
    """What became of one row of a source."""

    accepted = "accepted"
    rejected = "rejected"
    duplicate = "duplicate"
    flagged = "flagged"
    not_selected = "not_selected"


class IndexedRow(Record):
    """One row of a source as the index keeps it: where it is and what became of it, never its text."""

    file: str
    row: int = Field(ge=1, description="1-based: the data row of a CSV, the element of a JSON array, the line of a JSONL")
    status: RowStatus
    language: Language | None = None
    reason: str | None = None


class RejectedRow(Record):
    """A row of a source that cannot be used, as a dataset version tells of it: without text."""

    file: str
    row: int
    reason: str | None


class FaqRecord(Record):
    """One scrubbed question with its answer, as it came from row `row` of `file`."""

    intent: str = Field(description="identity: source and id where the row has one, else the normalized scrubbed prompt")
    prompt: str
    output: str
    language: Language
    source: str
    file: str
    row: int


class FlaggedRecord(FaqRecord):
    """A scrubbed record that needs a person before it may train a model, and why."""

    reasons: tuple[str, ...]


class PromptVariant(Record):
    """One way to ask for an intent: the original prompt (`frame` None, `variant_of` None) or a paraphrase of it."""

    intent: str
    prompt: str
    output: str
    language: Language
    source: str
    variant_of: str | None = Field(default=None, description="the original prompt, where this is a paraphrase of it")
    frame: str | None = Field(default=None, description="the frame that phrased it; None for an original or an LLM's")
    side: str | None = Field(default=None, description="`train` or `eval` where the frame's family owns the side")


class Approvals(Record):
    """Who let in what a dataset is made of, before it is split: the rules alone, or a person."""

    records_by_rules: int = 0
    variants_by_rules: int = 0
    records_by_person: int = 0
    variants_by_person: int = 0

    def told(self) -> str:
        """A line for whoever trusts the dataset: by whom how much was approved."""
        rules = f"by rules, not by a person: {self.records_by_rules:,} records, {self.variants_by_rules:,} paraphrases"
        person = f"by a person: {self.records_by_person:,} records, {self.variants_by_person:,} paraphrases"
        if not self.records_by_person + self.variants_by_person:
            return f"approved {rules}"
        return f"approved {person}" + (f"; {rules}" if self.records_by_rules + self.variants_by_rules else "")


class DatasetRow(Record):
    """One line of `train.jsonl`, `eval.jsonl` or `holdout.jsonl` in a dataset version."""

    intent: str
    prompt: str
    output: str
    language: Language
    source: str
    variant_of: str | None = None


class ChatExample(Record):
    """One training example: the user's turn, the answer to learn, and whether the answer ends here.

    A window or a truncated answer that is not the last has `complete` False: it must not teach the end token.
    """

    intent: str
    prompt: str
    completion: str
    complete: bool = True
    original: bool = Field(default=False, description="whether the prompt is the intent's own, not a paraphrase")


class Answer(Record):
    """What one system answered to one prompt of a slice, beside the reference answer."""

    slice: str = Field(description="`eval` or `holdout`; `retired` of a question that is no more")
    intent: str
    language: Language
    prompt: str
    reference: str
    prediction: str
    ended: bool = Field(description="whether the model ended the answer itself, by its end token")
    failed: str | None = Field(default=None, description="why there is no prediction, which then scores as an empty one")
