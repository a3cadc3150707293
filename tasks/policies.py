"""Retries and time-outs of all tasks, in one place."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from prefect.client.schemas.objects import State, TaskRun

from langkah.errors import (
    ArtifactError,
    ContaminationError,
    DeviceError,
    DivergenceError,
    GenerationError,
    InputError,
    LeakError,
    LlmAbsentError,
    LlmRefusedError,
    LlmUnavailableError,
    LlmUnreadableError,
    MaskError,
    ResourceError,
    StaleChallengerError,
    TrainingError,
    TrainingMemoryError,
    TrainingTimeoutError,
    UnforeseenError,
)

NEVER_RETRIED: Final = (
    InputError,
    ResourceError,
    LeakError,
    ContaminationError,
    StaleChallengerError,
    MaskError,
    GenerationError,
    LlmAbsentError,
    LlmRefusedError,
    LlmUnreadableError,
    TrainingTimeoutError,
    DivergenceError,
    TrainingMemoryError,
    UnforeseenError,
)
"""What another attempt cannot mend: bad data, bad settings, a machine without what it needs."""
RETRIED: Final = (OSError, TrainingError, ArtifactError, DeviceError, LlmUnavailableError)
"""What passes by itself: a full queue, a network share that blinks, a killed child that goes on from its checkpoint."""


class TaskPolicy(NamedTuple):
    """How a task is tried again, and when it is given up."""

    retries: int
    retry_delay_seconds: list[float]
    retry_jitter_factor: float
    timeout_seconds: float

    def options(self) -> dict[str, Any]:
        """Return the arguments of `prefect.task`."""
        return {**self._asdict(), "retry_condition_fn": may_help}


DATA: Final = TaskPolicy(2, [1, 5], 0.5, 6 * 3600)
"""Steps over rows: reading files, writing artifacts."""
ENDPOINT: Final = TaskPolicy(2, [10, 60], 0.5, 24 * 3600)
"""Steps that ask a language model over the network: its client tries each request again by itself, replies that came are kept,
and a run waits no longer for what it can do without."""
MODEL: Final = TaskPolicy(1, [10], 0.5, 12 * 3600)
"""Steps that load a model and generate."""
TRAINING: Final = TaskPolicy(2, [10, 60], 0.5, 7 * 24 * 3600)
"""The child has its own time-out (`train.timeout_minutes`); a retry goes on from the last checkpoint."""


def may_help(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """Say whether another attempt may mend what failed."""
    try:
        state.result(raise_on_failure=True)
    except NEVER_RETRIED:
        return False
    except RETRIED:
        return True
    return True
