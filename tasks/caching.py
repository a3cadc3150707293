"""When a step need not run again: the same work, and its artifact still there and whole.

The key holds the step's name and version, its parameters, the digests of its inputs (artifacts, source files, models) and
the versions of the packages that do the work. A cached result whose artifact is gone or damaged is a miss.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from prefect import Task
from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from prefect.serializers import JSONSerializer
from pydantic import BaseModel, Field

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.artifacts.manifest import package_versions
from langkah.errors import DeviceError, LangkahError, UnforeseenError
from tasks.artifacts import at_work
from tasks.policies import TaskPolicy


@dataclass
class StepCache(CachePolicy):
    """Keys a task by what its work depends on. Fields are given by keyword: Prefect's own come first."""

    step: str = ""
    version: int = 0
    packages: tuple[str, ...] = ()
    runtime_only: tuple[str, ...] = ()

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: Any
    ) -> str:
        """Return the sha256 over all that decides the result."""
        return step_key(self.step, self.version, inputs, self.packages, self.runtime_only)


def step_key(
    step: str, version: int, inputs: Mapping[str, Any], packages: tuple[str, ...] = (), runtime_only: tuple[str, ...] = ()
) -> str:
    """Return the cache key of a step for these inputs."""
    parts = {
        "step": step,
        "version": version,
        "inputs": {name: identity_of(value) for name, value in inputs.items() if name not in runtime_only},
        "packages": package_versions(packages),
    }
    return f"{step}-{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()}"


def identity_of(value: Any) -> Any:
    """Reduce a task's argument to what identifies it: a reference's digest, a model's fingerprint, a section's values.

    Raises:
        TypeError: the argument is of a type whose identity is not defined.
    """
    if identity := getattr(value, "identity", None):
        return identity
    if isinstance(value, BaseModel):
        return {name: identity_of(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): identity_of(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [identity_of(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"a task's argument of type {type(value).__name__} has no identity to cache by")


class VerifyingSerializer(JSONSerializer[Any]):
    """JSON results, never pickle; reading one back fails when an artifact that it names is gone or damaged."""

    type: Literal["langkah-verifying-json"] = Field(default="langkah-verifying-json", frozen=True)  # pyright: ignore[reportIncompatibleVariableOverride]

    def loads(self, blob: bytes) -> Any:
        """Read a result and verify its artifacts.

        Raises:
            ArtifactError: an artifact is missing or damaged; Prefect then runs the task.
        """
        value = super().loads(blob)
        store = current_workspace().store
        for ref in _refs(value):
            store.verify(ref)
        return value


def _refs(value: Any) -> Iterator[ArtifactRef]:
    if isinstance(value, ArtifactRef):
        yield value
    elif isinstance(value, (list, tuple, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _refs(item)


@dataclass(frozen=True)
class Step:
    """What a task declares of itself: kept to check that a changed step raises its version."""

    name: str
    version: int
    rooms: tuple[str, ...]
    packages: tuple[str, ...]
    function: Callable[..., Any]


_DEVICE_FAULT: Final = re.compile(r"(?:CUDA|HIP) error|CUBLAS_STATUS_\w+|CUDNN_STATUS_\w+|cuDNN error|NCCL error")
"""How torch's messages name a fault of the device."""
STEPS: Final[dict[str, Step]] = {}
"""All steps, by name; filled as the task modules are imported."""


def step(
    *,
    version: int,
    rooms: tuple[str, ...],
    policy: TaskPolicy,
    packages: tuple[str, ...] = (),
    runtime_only: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Task[..., Any]]:
    """Make a cached task of a function that returns an `ArtifactRef`.

    Args:
        version: raised whenever the work changes, so that old results are no longer taken for it.
        rooms: modules of `langkah` that do the work: a test compares their code with the version.
        policy: retries and time-out.
        packages: distributions whose version is part of the key.
        runtime_only: arguments that do not change the result (progress, time-outs).
    """

    def wrap(function: Callable[..., Any]) -> Task[..., Any]:
        name = function.__name__.replace("_", "-")
        STEPS[name] = Step(name, version, rooms, packages, function)
        options: dict[str, Any] = {
            "name": name,
            "version": str(version),
            "cache_policy": StepCache(step=name, version=version, packages=packages, runtime_only=runtime_only),
            "result_serializer": VerifyingSerializer(),
            "persist_result": True,
            "cache_result_in_memory": False,
            **policy.options(),
        }
        return Task(silent(_told(STEPS[name])), **options)

    return wrap


def _told(step: Step) -> Callable[..., Any]:
    """Have what the step publishes tell what made it, of which artifacts."""
    signature = inspect.signature(step.function)

    @functools.wraps(step.function)
    def run(*args: Any, **kwargs: Any) -> Any:
        inputs = _refs(signature.bind(*args, **kwargs).arguments)
        with at_work(step.name, step.version, step.packages, inputs):
            return step.function(*args, **kwargs)

    return run


def silent(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let no message out that may hold a record's text: Prefect keeps messages and tracebacks in its database."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except LangkahError as error:
            raise error from None
        except OSError as error:  # its file name may be the user's own
            raise OSError(error.errno or 0, error.strerror or type(error).__name__) from None
        except Exception as error:
            if fault := _DEVICE_FAULT.search(str(error) if isinstance(error, RuntimeError) else ""):
                raise DeviceError(f"the GPU failed: {fault[0]}") from None
            raise UnforeseenError.of(error) from None

    return run
