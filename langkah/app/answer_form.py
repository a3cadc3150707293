"""An answer as the fields of a form, a step each, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from langkah.procedure import Procedure, opens_action, parse_procedure, render, split_sentences

MAX_STEPS: Final = 500
"""Shown as fields; an answer with more is one text, for a browser's form has a bound, and no step may be lost at it."""
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What a reviewer edits: an intro, steps and notes, or one text where there are no steps (`steps` None)."""

    intro: str = field(default="", repr=False)
    steps: tuple[str, ...] | None = field(default=(), repr=False)
    notes: str = field(default="", repr=False)
    text: str = field(default="", repr=False)

    @classmethod
    def of(cls, output: str) -> AnswerForm:
        """The form of an answer: in steps only where the same answer comes out again."""
        found = parse_procedure(output)
        if found is None or len(found.steps) > MAX_STEPS or render(found) != output:
            return cls(steps=None, text=output)
        return cls(intro=found.intro, steps=found.steps, notes=found.notes)

    @classmethod
    def read(cls, fields: Mapping[str, Sequence[str]]) -> AnswerForm:
        """The form as a browser sent it."""
        value = {name: _clean(values[0]) for name, values in fields.items() if values}
        if "text" in value:
            return cls(steps=None, text=value["text"])
        steps = tuple(_clean(step) for step in fields.get("step", ()))
        return cls(intro=value.get("intro", ""), steps=steps, notes=value.get("notes", ""))

    def output(self) -> str:
        """The answer as it would enter the dataset; steps without text are left out."""
        if self.steps is None:
            return self.text
        kept = tuple(lines for step in self.steps if (lines := "\n".join(line for line in step.split("\n") if line.strip())))
        return render(Procedure(intro=self.intro, steps=kept, notes=self.notes)).strip()

    def parts(self) -> list[str]:
        """Intro, steps and notes in the order in which they are read."""
        return [self.text] if self.steps is None else [self.intro, *self.steps, self.notes]

    def changed(self, action: str) -> AnswerForm:
        """The form after a button of its own was pressed: `add:2`, `delete:2`, `up:2`, `down:2` (from 0), or `steps`."""
        name, _, place = action.partition(":")
        if name == "steps":
            return self._in_steps()
        steps = list(self.steps or ())
        number = int(place) if place.isdecimal() and len(place) <= _DIGITS else -1
        if name == "add" and number <= len(steps) and number >= 0:
            steps.insert(number, "")
        elif not 0 <= number < len(steps):
            return self
        elif name == "delete":
            del steps[number]
        elif name in ("up", "down"):
            other = number + (1 if name == "down" else -1)
            if 0 <= other < len(steps):
                steps[number], steps[other] = steps[other], steps[number]
        return replace(self, steps=tuple(steps))

    def _in_steps(self) -> AnswerForm:
        """A text without steps as steps: as they are read, else those lines or sentences that tell to do something.

        What tells nothing to do is kept as notes; where nothing does, one step waits to be written.
        """
        if self.steps is not None:
            return self
        found = parse_procedure(self.text)
        if found is None:
            lines = [line.strip() for line in self.text.split("\n") if line.strip()]
            parts = lines if len(lines) > 1 else list(split_sentences(self.text))
            steps = tuple(part for part in parts if opens_action(part, conditions=True))
            found = Procedure(steps=steps or ("",), notes="\n".join(part for part in parts if part not in steps))
        if len(found.steps) > MAX_STEPS:
            return self
        return AnswerForm(intro=found.intro, steps=found.steps, notes=found.notes)


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
