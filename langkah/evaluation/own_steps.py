"""Whether a model answers the question that it was asked, rather than any question of its trade.

A model that learned the form and the words of a help desk, and not which procedure goes with which question, is far nearer to
any reference than its base, so that ROUGE-L against the base says it is better. Each answer is therefore held against the
procedures of other intents too: what it owes to the form alone it has in common with those (a control by permuted references,
as in tests of whether a model uses its input at all).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from langkah.evaluation.scores import Scorable
from langkah.evaluation.steps import compare_steps

OTHERS: Final = 10
"""Most procedures of others that an answer is held against."""


def own_leads(answers: Sequence[Scorable]) -> list[float | None]:
    """Step recall of each answer on its own procedure, less the mean recall on up to ten others in its language.

    Which ones is decided by hashes of the intents: the same at each run.

    Args:
        answers: of one system, both slices.

    Returns:
        -1 to 1, (n,); None where the reference has no steps or there is no other procedure.

    Raises:
        ResourceError: the word data of a language that occurs are not installed.
    """
    known = {(each.language, each.intent): each.reference for each in answers}
    order = sorted(known, key=lambda key: hashlib.sha256(key[1].encode()).digest())
    leads: list[float | None] = []
    for each in answers:
        start = order.index((each.language, each.intent))
        around = [key for key in (*order[start + 1 :], *order[:start]) if key[0] == each.language]
        others = [known[key] for key in around if known[key] != each.reference][:OTHERS]
        count = len(others) + 1
        own, *rest = compare_steps([each.prediction] * count, [each.reference, *others], [each.language] * count)
        recalls = [found.step_recall for found in rest if found.reference_steps]
        leads.append(own.step_recall - sum(recalls) / len(recalls) if recalls and own.reference_steps else None)
    return leads
