"""Importing spaCy and Presidio without what they would bring along."""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final, cast

_NEEDLESS: Final = ("torch", "transformers", "cupy", "mxnet", "tensorflow")
"""Imported by spaCy's thinc and by Presidio where they are installed, for models that are not used here: five seconds."""


@contextmanager
def lean_imports() -> Generator[None]:
    """Let what is imported in the block believe that `torch` and its like are not installed; those loaded already stay.

    Hundreds of thousands of objects are made that stay for good: the garbage collector rests meanwhile, and leaves them alone
    from then on.

    Not for code that runs while another thread imports one of them.
    """
    modules = cast(dict[str, Any], sys.modules)
    hidden = [name for name in _NEEDLESS if name not in modules]
    modules.update(dict.fromkeys(hidden))
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
        for name in hidden:
            if modules.get(name, ...) is None:
                del modules[name]
