"""Ratings: the order that nobody can tell, whose sheet stands, and the way through a file."""

from __future__ import annotations

import re
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from rating_items import all_rated, rating_item

from langkah.errors import InputError, ReviewError
from langkah.review import RatingQueue, ReviewQueue, export_ratings, import_ratings


def opened(url: str) -> RatingQueue:
    return RatingQueue(ReviewQueue.open(url).engine)


@pytest.fixture
def ratings(tmp_path: Path) -> RatingQueue:
    return opened(f"sqlite:///{tmp_path / 'review.db'}")


def test_every_order_is_as_likely_as_any_other() -> None:
    found = Counter(rating_item(number).order("Ana", "place") for number in range(3000))
    assert found.keys() == set(permutations(("base", "tuned", "reference")))
    expected = 3000 / 6
    square = sum((count - expected) ** 2 / expected for count in found.values())
    assert square < 20.5, "chi-squared of five degrees of freedom, .999"


def test_an_order_stays_and_is_another_persons_own() -> None:
    items = [rating_item(number) for number in range(200)]
    assert [item.order("Ana", "p") for item in items] == [item.order("Ana", "p") for item in items]
    for rater, place in (("Budi", "p"), ("Ana", "another database")):
        same = sum(item.order("Ana", "p") == item.order(rater, place) for item in items)
        assert 10 < same < 70, "a sixth of them by chance"
    turned = [item.model_copy(update={"answers": dict(reversed(item.answers.items()))}) for item in items]
    assert [item.order("Ana", "p") for item in turned] == [item.order("Ana", "p") for item in items]


def test_four_systems_are_mixed_too() -> None:
    systems = ("base", "tuned", "champion", "reference")
    found = Counter(rating_item(number, systems).order("Ana", "p")[0] for number in range(2000))
    assert all(400 < found[system] < 600 for system in systems)


def test_the_last_sheet_of_each_rater_stands_and_a_skipped_one_counts_for_nothing(database: str) -> None:
    ratings = opened(database)
    first, second = rating_item(1), rating_item(2)
    ratings.publish("run", [first, second])
    ratings.rate(first, "Ana", all_rated(first, 2))
    ratings.rate(first, "Ana", all_rated(first, 4))
    ratings.rate(first, "Budi", all_rated(first, 5))
    ratings.rate(second, "Ana", all_rated(second))
    ratings.rate(second, "Ana", {})
    found = Counter((each.rater, each.row, each.clarity) for each in ratings.ratings("run"))
    assert found == {("Ana", 1, 4): 3, ("Budi", 1, 5): 3}
    assert ratings.progress("run", "Ana").model_dump() == {"total": 2, "rated": 1, "skipped": 1}
    assert ratings.progress("run", "Budi").left == 1
    assert ratings.progress("run", "nobody").rated == 0
    ratings.engine.dispose()


def test_what_was_told_cannot_be_rated_again(ratings: RatingQueue) -> None:
    item = rating_item(1)
    ratings.publish("run", [item])
    with pytest.raises(ReviewError, match="is not rated yet"):
        ratings.reveal(item.key, "Ana")
    ratings.rate(item, "Ana", all_rated(item))
    ratings.reveal(item.key, "Ana")
    ratings.reveal(item.key, "Ana")
    with pytest.raises(ReviewError, match="the rating stands"):
        ratings.rate(item, "Ana", {})
    ratings.rate(item, "Budi", all_rated(item, 1))
    sheet = ratings.sheet(item.key, "Ana")
    assert sheet and sheet.revealed and sheet.scores == all_rated(item)


@pytest.mark.parametrize("score", [0, 6])
def test_scores_are_1_to_5_of_every_answer(ratings: RatingQueue, score: int) -> None:
    item = rating_item(1)
    ratings.publish("run", [item])
    with pytest.raises(InputError, match="expected 1 to 5"):
        ratings.rate(item, "Ana", all_rated(item, score))
    with pytest.raises(InputError, match="for every answer"):
        ratings.rate(item, "Ana", {"base": all_rated(item)["base"]})
    with pytest.raises(InputError, match="1 to 5 for each of"):
        ratings.rate(item, "Ana", {system: {"clarity": 3} for system in item.answers})
    assert ratings.ratings("run") == ()


def test_another_sample_keeps_what_was_rated(ratings: RatingQueue) -> None:
    items = [rating_item(number) for number in range(6)]
    ratings.publish("run", items[:4])
    ratings.rate(items[0], "Ana", all_rated(items[0]))
    ratings.rate(items[1], "Ana", {})
    ratings.publish("run", items[2:])
    assert {place.key for place in ratings.places("run", "Ana")} == {item.key for item in (*items[2:], items[0], items[1])}
    assert len(ratings.ratings("run")) == 3


def test_the_same_answers_of_another_run_are_rated_already(ratings: RatingQueue) -> None:
    item = rating_item(1)
    ratings.publish("first", [item])
    ratings.rate(item, "Ana", all_rated(item))
    ratings.publish("second", [rating_item(1, row=7, slice="holdout"), rating_item(2)])
    assert {(each.row, each.slice) for each in ratings.ratings("second")} == {(7, "holdout")}
    assert ratings.runs() == ("second", "first")


def test_text_that_no_database_takes_is_rated_all_the_same(database: str) -> None:
    ratings = opened(database)
    ratings.publish("run", [rating_item(1, answers={"base": "a\0b", "tuned": "half \ud800", "reference": "c"})])
    key = ratings.places("run", "Ana")[0].key
    item = ratings.item("run", key)
    ratings.rate(item, "Ana", all_rated(item))
    assert item.key == key and len(ratings.ratings("run")) == 3
    ratings.engine.dispose()


def test_ratings_go_out_and_into_another_database(ratings: RatingQueue, tmp_path: Path) -> None:
    items = [rating_item(number) for number in range(3)]
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    for each in (ratings, other):
        each.publish("run", items)
    ratings.rate(items[0], "Ana", all_rated(items[0], 4))
    ratings.rate(items[1], "Ana", all_rated(items[1], 2))
    ratings.rate(items[2], "Budi", {})
    path = tmp_path / "ratings.jsonl"
    assert export_ratings(ratings, "run", path) == 6
    assert import_ratings(other, "run", path) == (2, 0, 0, 0)
    assert import_ratings(other, "run", path) == (0, 2, 0, 0)
    assert other.ratings("run") == ratings.ratings("run")
    ratings.rate(items[0], "Ana", all_rated(items[0], 1))
    other.reveal(items[0].key, "Ana")
    export_ratings(ratings, "run", path)
    assert import_ratings(other, "run", path) == (0, 1, 0, 1)


def test_of_two_ratings_of_one_person_the_later_stands_wherever_it_comes_from(ratings: RatingQueue, tmp_path: Path) -> None:
    item = rating_item(1)
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    for each in (ratings, other):
        each.publish("run", [item])
    old, new, untold = (tmp_path / f"{name}.jsonl" for name in ("old", "new", "untold"))
    for path, score in ((old, 2), (new, 5)):
        ratings.rate(item, "Ana", all_rated(item, score))
        export_ratings(ratings, "run", path)
    untold.write_text(re.sub(r',\s*"at":\s*"[^"]*"', "", old.read_text()))
    assert untold.read_text() != old.read_text()
    for path in (old, untold):
        assert import_ratings(ratings, "run", path) == (0, 0, 1, 0)
    assert {each.clarity for each in ratings.ratings("run")} == {5}
    assert import_ratings(other, "run", old) == (1, 0, 0, 0)
    assert import_ratings(other, "run", new) == (1, 0, 0, 0), "later than the other, though taken after it"
    assert import_ratings(other, "run", old) == (0, 0, 1, 0)
    assert other.ratings("run") == ratings.ratings("run")


def test_a_file_that_is_none_is_refused_whole(ratings: RatingQueue, tmp_path: Path) -> None:
    items = [rating_item(number) for number in range(2)]
    ratings.publish("run", items)
    ratings.rate(items[0], "Ana", all_rated(items[0]))
    path = tmp_path / "ratings.jsonl"
    export_ratings(ratings, "run", path)
    whole = path.read_text()
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    other.publish("run", items[1:])
    with pytest.raises(InputError, match="does not ask about it"):
        import_ratings(other, "run", path)
    for text, told in (
        (whole.replace('"clarity":3', '"clarity":9', 1), "row 1: clarity: expected the JSON lines"),
        (whole.replace('"clarity":3', '"clarity":true'), "row 1: clarity: "),
        (whole + '{"agatha": 1}', "row 4: clarity, .*, system: expected"),
        (whole + "\n", "row 4: expected the JSON lines"),
        (whole.split("\n")[0], "a row for each"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=told):
            import_ratings(ratings, "run", path)
    with pytest.raises(InputError, match="cannot be read"):
        import_ratings(ratings, "run", tmp_path / "gone.jsonl")


def test_a_name_that_nobody_can_have_takes_nothing_of_its_file(ratings: RatingQueue, tmp_path: Path) -> None:
    items = [rating_item(number) for number in range(2)]
    other = opened(f"sqlite:///{tmp_path / 'other.db'}")
    for each in (ratings, other):
        each.publish("run", items)
    for item in items:
        ratings.rate(item, "Ana", all_rated(item))
    path = tmp_path / "ratings.jsonl"
    export_ratings(ratings, "run", path)
    rows = path.read_text().splitlines()
    path.write_text("\n".join([*rows[:3], *(row.replace("Ana", "\u202eAna") for row in rows[3:])]))
    with pytest.raises(InputError, match="row 4: reviewer: expected a name without control"):
        import_ratings(other, "run", path)
    assert other.ratings("run") == ()
    path.write_text("\n".join([*rows, rows[0]]))
    with pytest.raises(InputError, match="row 7: expected an answer once for each rater, got it twice"):
        import_ratings(other, "run", path)


def test_a_name_typed_otherwise_is_the_same_person(ratings: RatingQueue, tmp_path: Path) -> None:
    item = rating_item(1)
    ratings.publish("run", [item])
    ratings.rate(item, "Ana", all_rated(item, 4))
    ratings.reveal(item.key, "Ana")
    path = tmp_path / "ratings.jsonl"
    export_ratings(ratings, "run", path)
    path.write_text(path.read_text().replace('"Ana"', '" Ana "'))
    assert import_ratings(ratings, "run", path) == (0, 1, 0, 0)
    path.write_text(path.read_text().replace('"clarity":4', '"clarity":1'))
    assert import_ratings(ratings, "run", path) == (0, 0, 0, 1)
