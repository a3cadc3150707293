"""Ratings that were begun: whose they are, until when, and that they count nowhere."""

from __future__ import annotations

import pytest
from rating_items import all_rated, rating_item

from langkah.errors import InputError, ReviewError
from langkah.review import RatingDrafts, RatingQueue, ReviewQueue

ITEM = rating_item(1)
BEGUN = {"base": {"clarity": 2}, "tuned": {"clarity": 5, "relevance": 1}}


def opened(url: str) -> tuple[RatingQueue, RatingDrafts]:
    engine = ReviewQueue.open(url).engine
    ratings = RatingQueue(engine)
    ratings.publish("run", [ITEM, rating_item(2)])
    return ratings, RatingDrafts(engine)


def begun(ratings: RatingQueue, rater: str) -> dict[int, tuple[str, bool]]:
    """Number of the item -> its state, and whether something of it is not saved."""
    return {int(place.prompt[-2]): (place.state, place.begun) for place in ratings.places("run", rater)}


def test_a_draft_is_its_raters_alone_and_counts_nowhere(database: str) -> None:
    ratings, drafts = opened(database)
    drafts.keep(ITEM, "Ana", all_rated(ITEM))
    drafts.keep(ITEM, "Ana", {**BEGUN, "reference": {}})
    assert drafts.begun(ITEM.key, "Ana") == BEGUN
    assert drafts.begun(ITEM.key, "Budi") == drafts.begun(rating_item(2).key, "Ana") == {}
    assert begun(ratings, "Ana") == {1: ("pending", True), 2: ("pending", False)}
    assert begun(ratings, "Budi") == {1: ("pending", False), 2: ("pending", False)}
    assert ratings.ratings("run") == () and ratings.sheet(ITEM.key, "Ana") is None
    assert ratings.progress("run", "Ana").left == 2
    with pytest.raises(ReviewError, match="is not rated yet"):
        ratings.reveal(ITEM.key, "Ana")
    drafts.keep(ITEM, "Ana", {})
    assert begun(ratings, "Ana")[1] == ("pending", False)
    ratings.engine.dispose()


def test_a_draft_is_gone_once_it_is_saved_and_outlives_skipping(database: str) -> None:
    ratings, drafts = opened(database)
    drafts.keep(ITEM, "Ana", BEGUN)
    ratings.rate(ITEM, "Ana", {})
    assert begun(ratings, "Ana")[1] == ("skipped", True) and drafts.begun(ITEM.key, "Ana") == BEGUN
    drafts.keep(ITEM, "Budi", BEGUN)
    ratings.rate(ITEM, "Ana", all_rated(ITEM, 4))
    assert begun(ratings, "Ana")[1] == ("rated", False) and drafts.begun(ITEM.key, "Budi") == BEGUN
    drafts.keep(ITEM, "Ana", all_rated(ITEM, 4))
    assert begun(ratings, "Ana")[1] == ("rated", False), "what is saved already is no draft"
    drafts.keep(ITEM, "Ana", all_rated(ITEM, 5))
    assert begun(ratings, "Ana")[1] == ("rated", True)
    assert {each.clarity for each in ratings.ratings("run")} == {4}, "what was saved stands"
    ratings.reveal(ITEM.key, "Ana")
    assert begun(ratings, "Ana")[1] == ("rated", False)
    with pytest.raises(ReviewError, match="the rating stands"):
        drafts.keep(ITEM, "Ana", BEGUN)
    ratings.engine.dispose()


@pytest.mark.parametrize("scores", [{"other": {"clarity": 1}}, {"base": {"beauty": 1}}, {"base": {"clarity": 6}}])
def test_a_draft_holds_ratings_alone(database: str, scores: dict[str, dict[str, int]]) -> None:
    ratings, drafts = opened(database)
    with pytest.raises(InputError, match="expected 1 to 5"):
        drafts.keep(ITEM, "Ana", scores)
    assert not begun(ratings, "Ana")[1][1]
    ratings.engine.dispose()
