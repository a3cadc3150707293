from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from review_items import STEPS, item, items

from langkah.errors import ConflictError, InputError, ReviewError
from langkah.review import Choice, Edit, Filters, Kind, Progress, Queue, ReviewQueue, Verdict
from langkah.review.database import writing
from langkah.review.deciding import decide


@pytest.fixture
def queue(database: str) -> Iterator[ReviewQueue]:
    opened = ReviewQueue.open(database)
    yield opened
    opened.close()


def test_a_key_is_made_of_the_content_and_not_of_the_place() -> None:
    assert item(1).key == item(1, file="other.csv", row=9, source="x").key
    changed = [{"prompt": "p"}, {"output": "o"}, {"before": None}, {"language": "id"}, {"variant_of": "v"}]
    assert len({item(1).key, *(item(1, **change).key for change in changed), item(1, Kind.draft).key}) == len(changed) + 2


def test_publishing_again_changes_nothing_and_decided_items_stay_decided(queue: ReviewQueue) -> None:
    first = queue.publish("run", items(8))
    assert (first.total, first.pending, first.done) == (8, 8, False)
    queue.decide(items(8)[0].key, Verdict.approved, reviewer="Ana", version=0)
    again = queue.publish("run", items(8))
    assert (again.total, again.approved, again.pending) == (8, 1, 7)
    assert queue.publish("other", items(4)).approved == 1
    assert len(queue.history(items(8)[0].key)) == 1


def test_a_runs_queue_is_what_it_published_last(queue: ReviewQueue) -> None:
    queue.publish("run", items(8))
    assert queue.publish("run", [*items(3), item(99)]).total == 4
    assert [entry.item.row for entry in queue.page("run").entries] == [1, 2, 3, 99]
    assert queue.progress().total == 9
    assert queue.publish("empty", []) == Progress(counts={})


def test_an_item_is_told_with_the_place_and_reasons_that_it_has_now(queue: ReviewQueue) -> None:
    before = item(2, Kind.flagged)
    queue.publish("one", [before, item(3, Kind.flagged)])
    queue.decide(before.key, Verdict.approved, reviewer="Ana", version=0)
    moved = item(2, Kind.flagged, intent="named", row=77, file="new.csv", source="bank", reasons=("other: x",))
    queue.publish("two", [moved])
    entry = queue.entry(before.key)
    assert (entry.item.row, entry.item.file, entry.item.source, entry.item.reasons) == (77, "new.csv", "bank", ("other: x",))
    assert (entry.verdict, entry.item.intent) == (Verdict.approved, "named")
    assert queue.facets("two", Queue.flagged).reasons == ("other",)
    assert queue.facets("one", Queue.flagged).reasons == ("other", "the answer has too many steps")


def test_a_changed_answer_is_to_be_decided_again(queue: ReviewQueue) -> None:
    queue.publish("one", [item(1)])
    queue.decide(item(1).key, Verdict.approved, reviewer="Ana", version=0)
    changed = item(1, output="1. Other.")
    assert queue.publish("two", [changed]).pending == 1
    assert queue.decisions([item(1).key, changed.key]).keys() == {item(1).key}


def test_an_edited_answer_is_in_the_decision(queue: ReviewQueue) -> None:
    queue.publish("run", [item(1)])
    decision = queue.decide(
        item(1).key, Verdict.approved, reviewer=" Ana  B ", version=0, output="1. New.\r\n2. Steps.", prompt="How?"
    )
    assert (decision.prompt, decision.output, decision.reviewer, decision.version) == ("How?", "1. New.\n2. Steps.", "Ana B", 1)
    assert decision.at.utcoffset() is not None
    assert queue.decisions([item(1).key])[item(1).key] == decision
    assert queue.entry(item(1).key).output == "1. New.\n2. Steps."


def test_skipped_items_are_still_to_be_decided(queue: ReviewQueue) -> None:
    queue.publish("run", [item(1)])
    queue.decide(item(1).key, Verdict.skipped, reviewer="Ana", version=0)
    assert queue.progress("run").pending == 1
    assert queue.decisions([item(1).key]) == {}
    assert queue.page("run", Queue.new, Filters(verdict=Verdict.pending)).total == 1


def test_the_second_of_two_reviewers_is_told(queue: ReviewQueue) -> None:
    queue.publish("run", [item(1)])
    queue.decide(item(1).key, Verdict.approved, reviewer="Ana", version=0)
    with pytest.raises(ConflictError) as caught:
        queue.decide(item(1).key, Verdict.rejected, reviewer="Budi", version=0, reason="wrong")
    assert (caught.value.seen, caught.value.version) == (0, 1)
    assert queue.entry(item(1).key).verdict is Verdict.approved
    assert queue.decide(item(1).key, Verdict.rejected, reviewer="Budi", version=1).reviewer == "Budi"


def test_of_many_who_decide_at_once_one_wins(database: str, queue: ReviewQueue) -> None:
    published = items(12)
    queue.publish("run", published)
    won: list[str] = []
    lost: list[str] = []

    def work(name: str) -> None:
        mine = ReviewQueue.open(database)
        for each in published:
            try:
                mine.decide(each.key, Verdict.approved, reviewer=name, version=0)
                won.append(each.key)
            except ConflictError as error:
                lost.append(error.key)
        mine.close()

    threads = [threading.Thread(target=work, args=(f"R{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == sorted(each.key for each in published)
    assert len(lost) == 3 * len(published)
    assert all(len(queue.history(each.key)) == 1 for each in published)


def _decide(url: str, name: str, keys: list[str]) -> int:
    queue = ReviewQueue.open(url)
    won = 0
    for key in keys:
        try:
            queue.decide(key, Verdict.approved, reviewer=name, version=0)
            won += 1
        except ConflictError:
            pass
    queue.close()
    return won


def test_of_processes_that_decide_at_once_one_wins(database: str, queue: ReviewQueue) -> None:
    keys = [each.key for each in items(40)]
    queue.publish("run", items(40))
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        won = pool.starmap(_decide, [(database, "Ana", keys), (database, "Budi", keys)])
    assert sum(won) == len(keys)
    assert all(len(queue.history(key)) == 1 for key in keys)


def test_an_undo_brings_back_the_decision_below_as_it_was_made(queue: ReviewQueue) -> None:
    key = items(1)[0].key
    queue.publish("run", items(1))
    queue.decide(key, Verdict.rejected, reviewer="Budi", version=0, reason="Wrong.")
    queue.decide(key, Verdict.approved, reviewer="Ana", version=1)
    undone = queue.undo(key, reviewer="Ana", version=2)
    assert (undone.reviewer, undone.restores) == ("Ana", 1)
    stands = queue.entry(key).decision
    assert stands and (stands.reviewer, stands.reason, stands.version) == ("Budi", "Wrong.", 1)
    assert queue.decisions([key])[key] == stands
    assert queue.last_decided("Ana") == ()
    (last,) = queue.last_decided("Budi")
    queue.undo(key, reviewer="Budi", version=last.version)
    assert queue.entry(key).decision is None and queue.entry(key).verdict is Verdict.pending


def test_undo_goes_back_decision_by_decision_and_keeps_them_all(queue: ReviewQueue) -> None:
    key = item(1).key
    queue.publish("run", [item(1)])
    queue.decide(key, Verdict.rejected, reviewer="Ana", version=0, reason="wrong")
    queue.decide(key, Verdict.approved, reviewer="Ana", version=1, output="1. Better.")
    assert queue.undo(key, reviewer="Ana", version=2).verdict is Verdict.rejected
    assert queue.decisions([key])[key].reason == "wrong"
    assert queue.entry(key).output == STEPS
    with pytest.raises(ConflictError):
        queue.undo(key, reviewer="Ana", version=2)
    assert queue.undo(key, reviewer="Ana", version=3).verdict is Verdict.pending
    with pytest.raises(ReviewError, match="no decision to take back"):
        queue.undo(key, reviewer="Ana", version=4)
    assert [decision.version for decision in queue.history(key)] == [1, 2, 3, 4]


def test_the_last_decision_of_a_reviewer_is_found_one_after_the_other(queue: ReviewQueue) -> None:
    queue.publish("run", [item(1), item(2), item(3)])
    for number, name in ((1, "Ana"), (2, "Ana"), (3, "Budi")):
        queue.decide(item(number).key, Verdict.approved, reviewer=name, version=0)
    for row in (2, 1):
        (last,) = queue.last_decided("Ana", "run")
        assert last.item.row == row
        queue.undo(last.key, reviewer="Ana", version=last.version)
    assert queue.last_decided("Ana", "run") == ()


def test_what_was_decided_together_is_taken_back_together(queue: ReviewQueue) -> None:
    published = [item(number, Kind.variant) for number in range(1, 6)]
    queue.publish("run", published)
    seen = queue.page("run").entries
    queue.decide(published[0].key, Verdict.approved, reviewer="Ana", version=0)
    queue.decide(published[4].key, Verdict.rejected, reviewer="Budi", version=0)
    mended = Edit("Mended?")
    choices = [Choice(each, Verdict.approved, mended if each.key == published[2].key else Edit()) for each in seen[1:]]
    assert queue.decide_all(choices, reviewer="Ana") == (published[4].key,)
    assert queue.entry(published[2].key).prompt == "Mended?"
    assert queue.entry(published[4].key).verdict is Verdict.rejected
    last = queue.last_decided("Ana", "run")
    assert [entry.item.row for entry in last] == [2, 3, 4]
    for entry in last:
        queue.undo(entry.key, reviewer="Ana", version=entry.version)
    assert [entry.item.row for entry in queue.last_decided("Ana", "run")] == [1]


def test_where_the_one_that_it_is_about_was_decided_meanwhile_nothing_goes_along(queue: ReviewQueue) -> None:
    published = [item(1), item(1, Kind.variant)]
    queue.publish("run", published)
    seen = queue.page("run").entries
    queue.decide(published[0].key, Verdict.approved, reviewer="Budi", version=0)
    for order in (seen, seen[::-1]):
        with pytest.raises(ConflictError):
            choices = [Choice(each, Verdict.rejected) for each in order]
            queue.decide_all(choices, reviewer="Ana", needed={published[0].key})
    assert [entry.verdict.value for entry in queue.page("run").entries] == ["approved", "pending"]


def test_variants_of_one_original_stand_together(queue: ReviewQueue) -> None:
    first = [item(1, Kind.variant, prompt=f"a{number}") for number in range(3)]
    second = [item(2, Kind.variant, prompt=f"b{number}") for number in range(3)]
    queue.publish("run", [each for pair in zip(first, second, strict=True) for each in pair])
    page = queue.page("run", Queue.variants)
    assert [entry.item.prompt for entry in page.entries] == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert [entry.item.prompt for entry in queue.siblings(page.entries[1], "run")] == ["a0", "a1", "a2"]


def test_variants_of_an_intent_that_was_named_anew_still_stand_together(queue: ReviewQueue) -> None:
    ways = [item(1, Kind.variant, prompt=f"a{number}") for number in range(3)]
    queue.publish("one", ways[:2])
    queue.publish("two", [each.model_copy(update={"intent": "named"}) for each in ways])
    first = queue.page("two", Queue.variants).entries[0]
    assert [entry.item.prompt for entry in queue.siblings(first, "two")] == ["a0", "a1", "a2"]


def test_records_that_answer_one_question_otherwise_are_rivals_as_they_stand(queue: ReviewQueue) -> None:
    mine, same = item(1, prompt="How?"), item(2, prompt="HOW ??", output="1) Open Settings\n2) Choose Sound\n3) Press Save")
    other, far = item(4, Kind.flagged, prompt="how", output="Ask us."), item(5, prompt="Why?")
    foreign, way = item(3, prompt="How?", output="1. Tanya."), item(4, Kind.variant, prompt="How?")
    queue.publish("run", [mine, same, other, far, foreign, way])

    def rivals() -> list[int]:
        return [entry.item.row for entry in queue.rivals(queue.entry(mine.key), "run")]

    assert rivals() == [4], "not the same answer, another language or a variant"
    queue.decide(far.key, Verdict.approved, reviewer="Ana", version=0, prompt="How ?", output="1. No.")
    assert rivals() == [4, 5], "a question is what a reviewer made of it"
    queue.decide(other.key, Verdict.rejected, reviewer="Ana", version=0)
    assert rivals() == [5]
    queue.undo(far.key, reviewer="Ana", version=1)
    assert rivals() == []
    queue.decide(mine.key, Verdict.approved, reviewer="Ana", version=0, output="1. Mine.")
    assert rivals() == [2]


def test_filters_and_pages_lead_through_a_queue(queue: ReviewQueue) -> None:
    queue.publish("run", items(40))
    facets = queue.facets("run", Queue.flagged)
    assert (facets.sources, facets.languages) == (("bank",), ("en", "id"))
    assert facets.reasons == ("the answer has too many steps",)
    assert queue.page("run", Queue.flagged, Filters(language="id")).total == sum(
        n % 4 == 1 and n % 3 == 0 for n in range(1, 41)
    )
    first = queue.page("run", Queue.new, limit=7)
    rest = queue.page("run", Queue.new, after=first.after, limit=99)
    assert (len(first.entries), len(rest.entries), rest.after, first.total) == (7, 13, None, 20)
    way = queue.neighbours("run", Queue.new, Filters(), first.entries[-1].position)
    assert (way.previous, way.next, way.number, way.total) == (first.entries[-2].key, rest.entries[0].key, 7, 20)


def test_many_sources_are_chosen_from_by_what_they_begin_with(queue: ReviewQueue) -> None:
    queue.publish("run", [item(2 * n, source=f"{('help_1', 'helpx1')[n % 2]}/page {n}") for n in range(1, 101)])
    facets = queue.facets("run", Queue.new)
    assert (facets.sources, facets.many_sources) == (("help_1", "helpx1"), False)
    assert queue.page("run", Queue.new, Filters(source="help_1")).total == 50
    assert queue.page("run", Queue.new, Filters(source="help_1/page 2")).total == 1
    queue.publish("run", [item(2 * n, source=f"page {n}") for n in range(1, 101)])
    found = queue.facets("run", Queue.new)
    assert (found.sources, found.many_sources) == ((), True)


def test_a_reason_is_filtered_by_what_stands_before_the_names_of_rows(queue: ReviewQueue) -> None:
    queue.publish("run", [item(2, Kind.flagged), item(4, Kind.flagged), item(5, Kind.flagged)])
    assert queue.facets("run", Queue.flagged).reasons == ("same prompt, other answer", "the answer has too many steps")
    assert queue.page("run", Queue.flagged, Filters(reason="same prompt, other answer")).total == 2


@pytest.mark.parametrize(
    ("change", "names"),
    [({"output": "  "}, "output"), ({"prompt": "x" * 1_000_001}, "prompt"), ({"reviewer": " "}, "reviewer")],
)
def test_texts_that_cannot_be_are_refused_without_being_told(queue: ReviewQueue, change: dict[str, str], names: str) -> None:
    queue.publish("run", [item(1)])
    with pytest.raises(InputError, match=names) as caught:
        queue.decide(item(1).key, Verdict.approved, **{"reviewer": "Ana", "version": 0, **change})  # type: ignore[arg-type]
    assert "xxx" not in str(caught.value)
    assert queue.progress("run").pending == 1


def test_what_is_not_there_is_told(queue: ReviewQueue) -> None:
    with pytest.raises(ReviewError, match="none in this queue"):
        queue.decide("0" * 64, Verdict.approved, reviewer="Ana", version=0)
    with pytest.raises(ReviewError):
        queue.entry("0" * 64)


def test_characters_that_a_database_cannot_hold_are_replaced(queue: ReviewQueue) -> None:
    odd = item(1, prompt="a\0b")
    queue.publish("run", [odd])
    assert queue.entry(odd.key).prompt == "a�b"


@pytest.mark.parametrize("name", ["source", "language", "reason"])
def test_what_no_database_can_hold_is_not_found(queue: ReviewQueue, name: str) -> None:
    assert queue.page("run", Queue.new, Filters(**{name: "a\0b"})).total == 0
    with pytest.raises(ReviewError, match="there is none"):
        queue.entry("\0", "run")


def test_five_thousand_items_are_published_in_seconds(tmp_path: Path) -> None:
    queue = ReviewQueue.open(f"sqlite:///{tmp_path / 'many.db'}")
    many = items(5_000)
    assert queue.publish("run", many).total == 5_000
    assert queue.publish("run", many).total == 5_000
    assert queue.decisions(each.key for each in many) == {}
    queue.close()


def test_runs_of_whose_items_none_is_undecided_are_told_at_once(queue: ReviewQueue) -> None:
    queue.publish("one", items(4))
    queue.publish("two", items(2))
    assert queue.decided_runs() == {}
    queue.decide(items(2)[0].key, Verdict.approved, reviewer="Ana", version=0)
    queue.decide(items(2)[1].key, Verdict.skipped, reviewer="Ana", version=0)
    assert queue.decided_runs() == {}
    queue.decide(items(2)[1].key, Verdict.rejected, reviewer="Ana", version=1)
    assert list(queue.decided_runs()) == ["two"]
    assert queue.decided_runs()["two"] == queue.last_published()


@pytest.mark.parametrize(
    ("seconds", "pace"),
    [
        ([0, 20, 40, 60], None),
        ([0, 20, 40, 60, 80, 100], 20),
        ([0, 20, 40, 7_000, 7_020, 7_040, 7_060], 20),
        ([0, *(0.01 * n for n in range(1, 20))], None),
        ([*(0.01 * n for n in range(20)), 20, 40, 60, 80, 100], 20),
        ([0, 40, 40, 40, 40, 80, 80, 80, 80, 120, 120, 160, 160, 200, 200], 20),
    ],
    ids=["few", "steady", "a pause", "an import", "an import, then pages", "several at once"],
)
def test_the_time_left_is_told_by_what_people_take_for_an_item(
    queue: ReviewQueue, seconds: list[float], pace: float | None
) -> None:
    queue.publish("run", items(40))
    started = datetime(2026, 1, 5, 9, tzinfo=UTC)
    with writing(queue.engine) as connection:
        for each, after in zip(items(40), seconds, strict=False):
            at = started + timedelta(seconds=after)
            decide(connection, each.key, Verdict.rejected, reviewer="Ana", version=0, at=at)
    left = queue.progress("run").seconds_left
    assert left == (None if pace is None else pytest.approx(pace * (40 - len(seconds)), rel=0.02))


def test_a_run_without_items_has_no_queue(queue: ReviewQueue) -> None:
    queue.publish("run", items(2))
    queue.publish("empty", [])
    assert queue.runs() == ("run",)
    queue.publish("run", [])
    assert queue.runs() == () and queue.progress("run").total == 0
