"""Everything that Langkah raises on purpose.

    LangkahError
    ├── InputError              bad input or usage: the command line ends with exit code 2
    │   ├── ConfigError         a setting is unknown, of a wrong type or out of range
    │   ├── SourceError         a file that cannot be read, or holds no usable row
    │   └── RefusedTextError    a question or answer that cannot stand in the queue as it was edited
    ├── ResourceError           something the machine should have is missing (WordNet, spaCy model, demo model)
    ├── ArtifactError           an artifact is missing or damaged
    ├── LeakError               the audit found a prompt or answer on two sides of a split
    ├── ContaminationError      an adapter was trained on what it is to be judged by
    ├── StaleChallengerError    an adapter was judged against another champion than today's
    ├── MaskError               a training example whose loss mask is wrong, or that has nothing to learn
    ├── TrainingError           the training child failed
    │   ├── TrainingTimeoutError  it took longer than train.timeout_minutes
    │   ├── DivergenceError       the loss became NaN or infinite
    │   └── TrainingMemoryError   it does not fit into memory
    ├── LlmError                a language model's endpoint
    │   ├── LlmUnavailableError   it gave no answer: too busy, failing, gone
    │   ├── LlmAbsentError        nobody listens at llm.base_url
    │   ├── LlmRefusedError       it refused: wrong key, unknown model, a setting that it does not take
    │   └── LlmUnreadableError    it answered, and none of its replies could be read
    ├── ReviewError             the review queue: no such item, nothing to undo, no answer of its database
    │   └── ConflictError         somebody decided the item meanwhile
    ├── DeviceError             a GPU that failed
    ├── UnforeseenError         anything else, told by its type and place alone
    └── GenerationError         a model gave no answer where one was due

A message names file, row and field, what was expected and what came, and never the text of a record: messages and
tracebacks are kept in logs and in Prefect's database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal


class LangkahError(Exception):
    """Base of all errors that Langkah raises on purpose."""


class InputError(LangkahError):
    """Bad input or usage; `problems` are one line each, all found at once."""

    def __init__(self, *problems: str) -> None:
        self.problems: tuple[str, ...] = problems
        super().__init__(*problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


class ConfigError(InputError):
    """A setting is unknown, of a wrong type or out of range."""


class SourceError(InputError):
    """A source that cannot be read, or that holds no usable row."""


class RefusedTextError(InputError):
    """A question or answer that cannot stand as it was edited: it is `empty` or `too_long`, or has `no_steps`."""

    def __init__(self, field: str, fault: Literal["empty", "too_long", "no_steps"], told: str) -> None:
        self.field, self.fault = field, fault
        super().__init__(f"{field}: {told}")


class ResourceError(LangkahError):
    """Something that `make setup` provides is missing; the message says how to get it."""


class ArtifactError(LangkahError):
    """An artifact is missing or damaged."""


class LeakError(LangkahError):
    """A prompt or an answer is on two sides of a split."""


class ContaminationError(LangkahError):
    """An adapter's training data, by lineage, hold a prompt or a hold-out intent that it is evaluated on."""


class StaleChallengerError(LangkahError):
    """An adapter passed against another champion than today's, and is to be judged again."""


class MaskError(LangkahError):
    """A training example whose loss mask is wrong, or that has nothing to learn."""


class TrainingError(LangkahError):
    """The training child failed."""


class TrainingTimeoutError(TrainingError):
    """Training took longer than `train.timeout_minutes`."""


class DivergenceError(TrainingError):
    """The loss became NaN or infinite: the same settings would do so again."""


class TrainingMemoryError(TrainingError):
    """Training does not fit into memory, smaller batches and shorter examples included."""


class LlmError(LangkahError):
    """A language model's endpoint gave no reply that can be used."""


class LlmUnavailableError(LlmError):
    """The endpoint gave no answer: too busy, failing, gone; another attempt later may help."""


class LlmAbsentError(LlmError):
    """No connection was ever made to the endpoint: it is not running, or the address is wrong."""


class LlmRefusedError(LlmError):
    """The endpoint refused: wrong key, unknown model, or a setting that it does not take."""


class LlmUnreadableError(LlmError):
    """Replies came, and nothing of what was asked for was found in any."""


class ReviewError(LangkahError):
    """The review queue has no such item, has nothing to undo, or its database does not answer."""


class ConflictError(ReviewError):
    """An item was decided meanwhile: its version is another than the one that the reviewer saw."""

    def __init__(self, key: str, seen: int, version: int) -> None:
        self.key, self.seen, self.version = key, seen, version
        super().__init__(f"item {key[:12]}: decided meanwhile, expected version {seen}, is {version}")


class DeviceError(LangkahError):
    """A GPU failed while a step used it: a launch, its memory, or the way to another GPU."""


class UnforeseenError(LangkahError):
    """An error that nobody foresaw; its own message may hold a record's text, so only its type and place are told."""

    @classmethod
    def of(cls, error: BaseException) -> UnforeseenError:
        """Tell an error by its type and the place it was raised at."""
        frame = error.__traceback__
        while frame and frame.tb_next:
            frame = frame.tb_next
        place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "an unknown place"
        return cls(f"unexpected {type(error).__name__} at {place}")


class GenerationError(LangkahError):
    """A model gave no answer where one was due."""
