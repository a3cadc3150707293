"""What a review lets in: approved items as they were edited, nothing else."""

from __future__ import annotations

from typing import Any

from langkah.records import Approvals, PromptVariant, RowStatus
from langkah.review import Kind, ReviewItem, Ruling, Verdict, admit, variant_item

ALL = tuple(Kind)
STEPS = "1. Open the app.\n2. Tap Save."


def item(row: int, kind: Kind = Kind.record, **more: Any) -> ReviewItem:
    fields = {"intent": f"faq#{row}", "prompt": f"How do I do {row}?", "output": STEPS, "source": "faq", "language": "en"}
    return ReviewItem(kind=kind, file="faq.csv", row=row, **{**fields, **more})


def ruled(item: ReviewItem, verdict: Verdict = Verdict.approved, **edited: str) -> tuple[str, Ruling]:
    return item.key, Ruling(**{"key": item.key, "verdict": verdict, "prompt": item.prompt, "output": item.output, **edited})


def variant(item: ReviewItem, prompt: str) -> PromptVariant:
    return PromptVariant(
        intent=item.intent, prompt=prompt, output=item.output, language="en", source="faq", variant_of=item.prompt,
        frame="en-show-me", side="eval",
    )  # fmt: skip


def test_only_what_was_approved_is_in_and_every_row_is_told() -> None:
    items = [item(1), item(2), item(3), item(4, Kind.flagged, reasons=("no numbered steps",)), item(5, Kind.draft)]
    rulings = dict([ruled(items[0]), ruled(items[1], Verdict.rejected), ruled(items[4])])
    found = admit(items, [], rulings, ALL)
    assert [record.row for record in found.records] == [1, 5]
    assert found.rows == {
        ("faq.csv", 1): (RowStatus.accepted, None),
        ("faq.csv", 2): (RowStatus.rejected, "rejected in review"),
        ("faq.csv", 3): (RowStatus.flagged, "not decided in review"),
        ("faq.csv", 4): (RowStatus.flagged, "no numbered steps; not decided in review"),
        ("faq.csv", 5): (RowStatus.accepted, None),
    }


def test_an_edited_answer_is_that_of_the_paraphrases_too() -> None:
    one = item(1)
    show, ask, drop = (variant(one, text) for text in ("Show me 1?", "Ask 1?", "Drop 1?"))
    rulings = dict([
        ruled(one, prompt="How do I do 1 ?", output="1) Open it.\n2) Tap Done."),
        ruled(variant_item(show, "faq.csv", 1)),
        ruled(variant_item(ask, "faq.csv", 1), prompt="May I ask 1?"),
        ruled(variant_item(drop, "faq.csv", 1), Verdict.rejected),
    ])  # fmt: skip
    found = admit([one], [show, ask, drop], rulings, ALL)
    assert [(row.prompt, row.variant_of, row.frame) for row in found.variants] == [
        ("How do I do 1 ?", None, None),
        ("Show me 1?", "How do I do 1 ?", "en-show-me"),
        ("May I ask 1?", "How do I do 1 ?", None),
    ]
    assert {row.output for row in found.variants} == {"1. Open it.\n2. Tap Done."}


def test_for_kinds_that_nobody_is_asked_about_the_rules_decide() -> None:
    items = [item(1), item(2, Kind.flagged, reasons=("too long",))]
    found = admit(items, [variant(items[0], "Show me 1?")], {}, (Kind.draft,))
    assert [row.prompt for row in found.variants] == ["How do I do 1?", "Show me 1?"]
    assert found.rows["faq.csv", 2] == (RowStatus.flagged, "too long")
    assert found.approvals == Approvals(records_by_rules=1, variants_by_rules=1)


def test_it_is_counted_who_let_in_what() -> None:
    items = [item(1), item(2), item(3, Kind.draft), item(4, Kind.draft), item(5)]
    variants = [variant(each, f"Show me {each.row}?") for each in items]
    rulings = dict(
        [
            ruled(items[2]),
            ruled(items[3], Verdict.rejected),
            *(ruled(variant_item(v, "faq.csv", n)) for n, v in enumerate(variants[:3], 1)),
        ]
    )
    person = admit(items, variants, rulings, (Kind.draft, Kind.variant)).approvals
    assert person == Approvals(records_by_rules=3, records_by_person=1, variants_by_person=3)
    assert person.told() == (
        "approved by a person: 1 records, 3 paraphrases; by rules, not by a person: 3 records, 0 paraphrases"
    )
    rules = admit(items, variants, rulings, (Kind.draft,)).approvals
    assert rules == Approvals(records_by_rules=3, records_by_person=1, variants_by_rules=4)
    assert admit(items, variants, {}, (Kind.flagged,)).approvals.told().startswith("approved by rules, not by a person: 3 rec")


def test_what_a_person_rejected_stays_out_when_nobody_is_asked_about_its_kind_any_more() -> None:
    items = [item(1), item(2)]
    show, ask = variant(items[1], "Show me 2?"), variant(items[1], "Ask 2?")
    edited = ruled(items[1], output="1. Something else.")
    out = (ruled(items[0], Verdict.rejected), ruled(variant_item(show, "faq.csv", 2), Verdict.rejected))
    found = admit(items, [show, ask], dict([edited, *out]), (Kind.flagged,))
    assert [row.prompt for row in found.variants] == ["How do I do 2?", "Ask 2?"]
    assert found.rows["faq.csv", 1] == (RowStatus.rejected, "rejected in review")
    assert found.records[0].output == STEPS, "an approval is not asked for, so its edits do not count"


def test_two_answers_to_one_question_stay_out_although_both_were_approved() -> None:
    items = [item(1, prompt="How?"), item(2, prompt="How?", output="1. Ask us."), item(3)]
    found = admit(items, [], dict(map(ruled, items)), ALL)
    assert [record.row for record in found.records] == [3]
    assert (found.rows["faq.csv", 1][1] or "").startswith("same prompt, other answer: faq.csv row 2")


def test_a_row_that_says_the_same_as_an_earlier_one_is_its_duplicate_though_both_were_approved() -> None:
    items = [
        item(1, Kind.flagged, prompt="How?", reasons=("too long",)),
        item(2, Kind.flagged, prompt="How?", reasons=("too long",)),
        item(3),
    ]
    mine = variant(items[0], "Show me how?")
    rulings = dict([*map(ruled, items), ruled(variant_item(mine, "faq.csv", 1))])
    found = admit(items, [mine], rulings, ALL)
    assert [record.row for record in found.records] == [1, 3]
    assert found.rows["faq.csv", 2] == (RowStatus.duplicate, "same as faq.csv row 1")
    assert [row.prompt for row in found.variants] == ["How?", "Show me how?", "How do I do 3?"]


def test_an_answer_approved_without_steps_stays_out() -> None:
    one = item(1, Kind.flagged, output="Just ask us about it please")
    assert admit([one], [], dict([ruled(one)]), ALL).rows["faq.csv", 1] == (RowStatus.flagged, "no numbered steps after review")


def test_a_paraphrase_that_asks_what_another_answers_is_left_out() -> None:
    one, other = item(1, prompt="How do I open X?"), item(2, prompt="How do I start X?", output="1. Ask us.")
    mine = variant(one, "Opening X?")
    rulings = dict([ruled(one), ruled(other), ruled(variant_item(mine, "faq.csv", 1), prompt="How do I start X?")])
    assert [row.prompt for row in admit([one, other], [mine], rulings, ALL).variants] == [
        "How do I open X?",
        "How do I start X?",
    ]


def test_of_a_question_that_says_something_else_now_no_paraphrase_is_left() -> None:
    one = item(1)
    mine = variant(one, "Show me 1?")
    rulings = dict([ruled(one, prompt="How do I do two?"), ruled(variant_item(mine, "faq.csv", 1))])
    assert [row.prompt for row in admit([one], [mine], rulings, ALL).variants] == ["How do I do two?"]


def test_what_was_skipped_stays_out() -> None:
    one = item(1)
    assert admit([one], [], dict([ruled(one, Verdict.skipped)]), ALL).records == []
