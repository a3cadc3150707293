"""Human ratings of a run's answers: which are asked about, and what was given, as an artifact that the report reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from pydantic import ValidationError

from langkah.artifacts import ArtifactRef, current_workspace
from langkah.artifacts.payload_names import ANSWERS, SCORES
from langkah.config import EvaluateConfig, RateConfig, RunConfig
from langkah.errors import ArtifactError
from langkah.evaluation.rating_summary import RatingSummary
from langkah.rated_answers import RatedAnswer
from langkah.records import Answer
from langkah.review import RatingItem, RatingQueue, ReviewQueue, database_url
from tasks.artifacts import at_work, payload, publish_artifact, rows_of
from tasks.caching import Step

RATINGS = "ratings.jsonl"
REFERENCE = "reference"
_NO_MEASURES = ("intent", "slice", "reference_steps", "reference_words")
"""Of a row of scores, what does not depend on the answer."""


def rating_run(scores: ArtifactRef) -> str:
    """Name the ratings of a run: by its scores, so that the same answers have the same ratings in every later run."""
    return f"scores-{scores.digest[:12]}"


def rating_items(scores: ArtifactRef, config: RateConfig) -> list[RatingItem]:
    """Return the prompts that people are asked about, each with the answers of all systems and the reference.

    None that the base or champion failed to answer: what its blank gets would be a gain of the tuned model.

    Raises:
        ArtifactError: the scores are of a version that cannot be read, or the answers are gone.
    """
    from langkah.evaluation.rating_sample import draw_prompts
    from langkah.evaluation.scores import RowScore

    answers = _answers(scores)
    scored = _rows(scores)
    try:
        rows = [RowScore.model_validate({name: row[name] for name in RowScore.model_fields}) for row in scored["tuned"]]
        others = [found for name, found in scored.items() if name != "tuned"]
        unanswered = {place for found in others for place, row in enumerate(found) if row["failed"]}
    except (KeyError, ValidationError):
        raise ArtifactError(f"{scores}: of another version of Langkah; run again") from None
    asked = answers["tuned"]
    return [
        RatingItem(
            language=asked[row].language,
            prompt=asked[row].prompt,
            answers={**{name: found[row].prediction for name, found in answers.items()}, REFERENCE: asked[row].reference},
            row=row,
            intent=asked[row].intent,
            slice=asked[row].slice,
            drawn=drawn,
        )
        for row, drawn in draw_prompts(rows, [answer.prompt for answer in asked], config, unanswered)
    ]


def publish_ratings(scores: ArtifactRef, config: RunConfig) -> ArtifactRef | None:
    """Publish what people gave the answers of a run by now; None where nobody rated any.

    Raters are numbered: who they are stays in the review database. Not a cached step, since it depends on the time; the same
    ratings make the same artifact.
    """
    with closing(ReviewQueue.open(database_url(config.review.database, current_workspace(), os.environ))) as queue:
        found = RatingQueue(queue.engine).ratings(rating_run(scores))
    if not found:
        return None
    numbers = {name: f"rater {number}" for number, name in enumerate(sorted({each.rater for each in found}), 1)}
    rows = [each.model_copy(update={"rater": numbers[each.rater], "at": None}) for each in found]
    with at_work(RATE.name, RATE.version, RATE.packages, (scores,)):
        counts = {"ratings": len(rows), "raters": len(numbers), "prompts": len({each.item for each in rows})}
        return publish_artifact("ratings", {RATINGS: rows}, counts=counts)


RATE: Final = Step("rate", 2, ("langkah.review.rating_queue", "langkah.rated_answers"), (), publish_ratings)
"""No task, and its own version all the same: a test compares it with the code."""


def read_ratings(ratings: ArtifactRef, scores: ArtifactRef, config: EvaluateConfig) -> RatingSummary:
    """Read what an artifact of ratings says, beside the automatic measures of the same answers."""
    from langkah.evaluation.ratings import summarize_ratings

    measures = {name: [_measures(row) for row in rows] for name, rows in _rows(scores).items()}
    return summarize_ratings(rows_of(ratings, RATINGS, RatedAnswer), measures, config)


def _measures(row: Mapping[str, Any]) -> dict[str, float]:
    """The automatic measures of one answer: whatever is a number; none of an answer that failed."""
    if row["failed"]:
        return {}
    return {
        name: float(value)
        for name, value in row.items()
        if name not in _NO_MEASURES and isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def _rows(scores: ArtifactRef) -> dict[str, list[dict[str, Any]]]:
    return _scored(scores)["rows"]


def _scored(scores: ArtifactRef) -> dict[str, Any]:
    return json.loads(payload(scores, SCORES).read_text(encoding="utf-8"))


def _answers(scores: ArtifactRef) -> dict[str, Sequence[Answer]]:
    """The answers that were scored, by system.

    Raises:
        ArtifactError: they are not in this workspace any more.
    """
    store = current_workspace().store
    refs = {name: ArtifactRef.of("answers", digest) for name, digest in _scored(scores)["answers"].items()}
    if not all(store.folder(ref).is_dir() for ref in refs.values()):
        raise ArtifactError(f"{scores}: the answers of {', '.join(refs)} are not in this workspace")
    return {name: rows_of(ref, ANSWERS, Answer) for name, ref in refs.items()}
