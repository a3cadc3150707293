"""One step at a time on a GPU, over all workers of a server."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from prefect.concurrency.sync import concurrency

LIMIT: Final = "gpu"
"""The global concurrency limit; where a server has none of this name, nothing waits."""
_LEASE_SECONDS: Final = 60
"""A killed step's place is free again after so long; a living one renews it by itself."""


@contextmanager
def gpu_place(on_gpu: bool) -> Generator[None]:
    """Hold a place on a GPU for the length of the block; wait for one as long as the step's time-out lets it.

    A place is a step's, however many devices of its machine it uses.

    Args:
        on_gpu: whether the step uses one at all.
    """
    if not on_gpu:
        yield
        return
    with concurrency(LIMIT, occupy=1, lease_duration=_LEASE_SECONDS, raise_on_lease_renewal_failure=False):
        yield
