"""Flows: what a person starts. `finetune` composes the others, and is read first. Importing this loads nothing heavy."""

import logging


def _tells_no_values(record: logging.LogRecord) -> bool:
    """Whether a line may be logged: Prefect's own on refused parameters holds them all, a mistyped password too.

    The message of the failed run names what is wrong, without its value.
    """
    return not record.getMessage().startswith("Parameter validation failed")


logging.getLogger("prefect.flows").addFilter(_tells_no_values)
