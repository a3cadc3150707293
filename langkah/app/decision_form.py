"""What the form of a decision says: which items, which verdict, with which texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from langkah.app.answer_form import AnswerForm
from langkah.app.wording import rejection_reason
from langkah.review import Choice, Edit, Entry, Verdict

VERDICTS: Final = {"approve": Verdict.approved, "reject": Verdict.rejected, "skip": Verdict.skipped}
"""By the name of the button."""
PREFER: Final = "prefer"
"""The button that approves an answer, and rejects the others to its question."""


class DecisionForm(NamedTuple):
    """One decision on one item, on those that go along with it, or on all that are undecided of a group."""

    verdict: Verdict
    seen: tuple[Entry, ...]
    """The items, with the versions that the reviewer saw."""
    texts: Mapping[str, Edit]
    """What stood in the fields of each, by key."""
    reason: str | None = None
    about: Entry | None = None
    """The one that is decided; None: all that are undecided of a group."""
    along: bool = False
    """Whether what hangs on the one is to be decided with it."""
    instead_of: Mapping[str, int] = MappingProxyType({})
    """Other answers to its question that are to be rejected for it: the versions that were seen, by key."""

    @classmethod
    def of_record(cls, form: FormData, entry: Entry) -> DecisionForm:
        """The form of a record's page, or of the page with two versions of one."""
        texts = Edit(text_of(form, "prompt").strip(), answer_of(form).output())
        action = text_of(form, "action")
        if action != PREFER:
            return cls._of_one(form, action, entry, texts, "version")
        rivals = {name.partition(":")[2]: _version(form, name) for name in form if name.startswith("version:")}
        return cls._of_one(form, "approve", entry, texts, "version")._replace(instead_of=rivals)

    @classmethod
    def of_variants(cls, form: FormData, group: Sequence[Entry]) -> DecisionForm:
        """The form of a group of variants, whose buttons are `approve:KEY` for one, `approve:all` for the undecided."""
        name, _, which = text_of(form, "action").partition(":")
        texts = {each.key: Edit(text_of(form, f"prompt:{each.key}").strip()) for each in group}
        for each in group:
            if each.key == which:
                return cls._of_one(form, name, each, texts[which], f"version:{which}")
        if which != "all" or name == "skip":
            raise HTTPException(400)
        undecided = [each for each in group if not each.verdict.decided]
        seen = tuple(_as_seen(form, each, f"version:{each.key}") for each in undecided)
        return cls(_verdict(name), seen, texts, _reason(form))

    @classmethod
    def _of_one(cls, form: FormData, button: str, entry: Entry, texts: Edit, version: str) -> DecisionForm:
        seen = _as_seen(form, entry, version)
        return cls(_verdict(button), (seen,), {entry.key: texts}, _reason(form), seen, bool(text_of(form, "along")))

    @property
    def choices(self) -> list[Choice]:
        """What becomes of each item: texts of rejected ones stay as they were, those of skipped ones are kept for later."""
        return [Choice(entry, self.verdict, self._left(entry.key), self.why) for entry in self.seen]

    def _left(self, key: str) -> Edit:
        prompt, output = self.texts[key]
        if self.verdict is Verdict.skipped:
            return Edit(prompt or None, output or None)
        return Edit(prompt, output) if self.verdict is Verdict.approved else Edit()

    @property
    def why(self) -> str | None:
        """The reason, where the verdict has one."""
        return self.reason if self.verdict is Verdict.rejected else None


class Typed(NamedTuple):
    """What stood in the fields of a page, to be shown again."""

    answer: AnswerForm
    prompts: Mapping[str, str]
    """By the key of the item."""
    reason: str
    """One of those that can be chosen."""
    own_words: str

    @classmethod
    def of(cls, form: FormData, entry: Entry) -> Typed:
        """What was typed on the page of an item or, for a variant, of its group."""
        prompts = {
            name.partition(":")[2] or entry.key: text_of(form, name).strip()
            for name in form
            if name == "prompt" or name.startswith("prompt:")
        }
        return cls(answer_of(form), prompts, text_of(form, "reason"), text_of(form, "reason_text"))

    @classmethod
    def nothing(cls, entry: Entry) -> Typed:
        """The fields of an item's page as it is opened."""
        return cls(AnswerForm.of(entry.output), {}, "", "")


def answer_of(form: FormData) -> AnswerForm:
    """The answer in the fields of a form: in one field, or in parts."""
    if "output" in form:
        return AnswerForm.of(text_of(form, "output"))
    return AnswerForm.read({name: [str(value) for value in form.getlist(name)] for name in form})


def text_of(form: FormData, name: str) -> str:
    """A field, its lines parted by newlines alone; empty where there is none."""
    value = form.get(name)
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _as_seen(form: FormData, entry: Entry, field: str) -> Entry:
    return entry.model_copy(update={"version": _version(form, field)})


def _version(form: FormData, field: str) -> int:
    value = text_of(form, field)
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise HTTPException(400)
    return int(value)


def _reason(form: FormData) -> str | None:
    return rejection_reason(text_of(form, "reason"), text_of(form, "reason_text"))


def _verdict(button: str) -> Verdict:
    if button not in VERDICTS:
        raise HTTPException(400)
    return VERDICTS[button]
