"""The commands of `langkah`, by what they work on. Heavy imports wait until one is called."""

from typing import Final

from flows.commands.champion import champion, lineage, promote, roll_back
from flows.commands.machine import doctor, gc, models, settings
from flows.commands.people import rate, review
from flows.commands.pipeline import prepare, run
from flows.commands.reports import report
from flows.commands.team import deploy, join, up
from flows.commands.text_files import score, scrub

COMMANDS: Final = (
    run, prepare, report, review, rate, promote, roll_back, champion, lineage, score, scrub, up, deploy, join, models,
    settings, gc, doctor,
)  # fmt: skip

__all__ = ["COMMANDS"]
