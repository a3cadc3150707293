"""The text of an answer as a list of steps and back, how procedural it is, and why it may need a person.

`parse_procedure` reads what people write: `1.`, `1)`, `(1)`, `1 -`, `Step 1:`, `Langkah pertama:`, ①, 1️⃣, `a)`, `ii.`, bullets,
several of them on one line, running sentences with words of order (`First ... Then ...`, `lalu ... kemudian ...`), steps
parted by arrows, semicolons or line ends, and what is left of HTML and Markdown. `render` writes one form of it:

    Intro, where there is one:
    1. First step
       - a nested line belongs to its step, and is indented
    2. Second step

    Notes, after an empty line.

and `parse_procedure(render(p)) == p` for every p that `parse_procedure` returned.
"""

from langkah.procedure.actions import names_action, opens_action
from langkah.procedure.assessment import PROCEDURAL, AssessedRecord, Assessment, how_procedural
from langkah.procedure.flags import Flag, Judgement, judge
from langkah.procedure.order import split_sentences
from langkah.procedure.reading import normalize_answer, parse_procedure
from langkah.procedure.steps import Procedure, render

__all__ = [
    "PROCEDURAL",
    "AssessedRecord",
    "Assessment",
    "Flag",
    "Judgement",
    "Procedure",
    "how_procedural",
    "judge",
    "names_action",
    "normalize_answer",
    "opens_action",
    "parse_procedure",
    "render",
    "split_sentences",
]
