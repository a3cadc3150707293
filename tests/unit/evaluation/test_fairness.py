"""Champion and challenger are compared only where neither has an advantage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langkah.errors import ContaminationError
from langkah.evaluation.fairness import (
    TrainingSide,
    comparable,
    fallen_intents,
    refuse_contaminated,
    training_side,
)
from langkah.evaluation.scores import RowScore
from langkah.records import Answer, DatasetRow


def asked(slice: str, intent: str, prompt: str) -> Answer:
    return Answer(slice=slice, intent=intent, language="en", prompt=prompt, reference="1. A", prediction="1. A", ended=True)


def trained(*rows: tuple[str, str]) -> TrainingSide:
    return training_side(
        DatasetRow(intent=intent, prompt=prompt, output="1. A", language="en", source="faq") for intent, prompt in rows
    )


CHALLENGER = trained(("wifi", "Connect to Wi-Fi"), ("mail", "Add an account"), ("print", "Add a printer"))
CHAMPION = trained(("wifi", "Join a network"), ("mail", "Set up mail"), ("scan", "Scan a page"), ("old", "How to fax"))
ROWS = [
    asked("eval", "wifi", "How do I get on the Wi-Fi?"),
    asked("eval", "wifi", "JOIN a network!"),  # the champion's own training prompt, as `same_text_key` sees it
    asked("eval", "print", "My printer is new"),  # an intent that the champion never knew
    asked("eval", "mail", "Mail, please"),
    asked("holdout", "clock", "Set the clock"),
    asked("holdout", "scan", "How does one scan?"),  # the champion was trained on another wording of it
    asked("holdout", "fax", "how to FAX"),  # the champion's prompt, under another intent's name
]


def test_rows_that_both_can_be_judged_on() -> None:
    found = comparable(ROWS, CHALLENGER, CHAMPION)
    assert (found.eval, found.holdout, found.new) == ((0, 3), (4,), (2,))
    assert found.judged == (0, 3, 4)
    assert found.left_out == {
        "prompt in the champion's training data": 2,
        "hold-out intent that the champion was trained on": 1,
    }


def test_the_challengers_own_prompts_are_left_out_too() -> None:
    rows = [*ROWS, asked("eval", "mail", "add an account"), asked("holdout", "print", "Printers?"), asked("eval", "tv", "TV?")]
    found = comparable(rows, CHALLENGER, CHAMPION)
    assert found.judged == (0, 3, 4)
    assert found.left_out["prompt in the challenger's training data"] == 1
    assert found.left_out["hold-out intent that the challenger was trained on"] == 1
    assert found.left_out["eval intent that the challenger was not trained on"] == 1


def test_against_the_base_all_rows_count() -> None:
    found = comparable(ROWS, CHALLENGER)
    assert found.judged == tuple(range(7))
    assert (found.new, found.left_out) == ((), {})


PROMPTS = st.sampled_from(["a", "b", "c", "d", "e"])
INTENTS = st.sampled_from(["one", "two", "three"])
SIDES = st.lists(st.tuples(INTENTS, PROMPTS), max_size=6).map(lambda rows: trained(*rows))


@given(
    rows=st.lists(st.builds(asked, st.sampled_from(["eval", "holdout", "train"]), INTENTS, PROMPTS), max_size=12),
    challenger=SIDES,
    champion=st.one_of(st.none(), SIDES),
)
def test_every_row_has_one_fate_and_none_judged_was_trained_on(
    rows: list[Answer], challenger: TrainingSide, champion: TrainingSide | None
) -> None:
    found = comparable(rows, challenger, champion)
    assert len(found.judged) + len(found.new) + sum(found.left_out.values()) == len(rows)
    for place in (*found.judged, *found.new):
        assert all(rows[place].prompt not in side.prompts for side in (challenger, champion) if side)
    for place in found.holdout:
        assert all(rows[place].intent not in side.intents for side in (challenger, champion) if side)
    for place in found.eval:
        assert all(rows[place].intent in side.intents for side in (challenger, champion) if side)


def test_a_contaminated_adapter_is_refused_without_telling_a_prompt() -> None:
    rows = [*ROWS, asked("eval", "mail", "add  an ACCOUNT"), asked("holdout", "print", "Printers?")]
    with pytest.raises(ContaminationError) as refused:
        refuse_contaminated("adapter 1a2b", CHALLENGER, rows, "dataset 3c")
    assert str(refused.value).splitlines() == [
        "adapter 1a2b cannot be judged: 1 of 9 evaluated prompts are in its training data: eval.jsonl line(s) 5 of dataset 3c",
        "adapter 1a2b cannot be judged: 1 of 4 hold-out prompts are of intents that it was trained on: holdout.jsonl line(s) 4"
        " of dataset 3c",
    ]
    refuse_contaminated("adapter 1a2b", CHALLENGER, ROWS)


def test_many_contaminated_rows_are_counted_and_found_without_the_words_of_an_intent() -> None:
    """An intent is named by the row's own `id` and `source`, which somebody may have filled with a question."""
    names = [f"faq#Why was Siti's parcel {number} lost?" for number in range(25)]
    rows = [asked("eval", name, f"prompt {number}") for number, name in enumerate(names)]
    rows.insert(3, asked("holdout", "clock", "prompt 24"))
    side = trained(*((name, f"prompt {number}") for number, name in enumerate(names)))
    with pytest.raises(ContaminationError) as refused:
        refuse_contaminated("adapter", side, rows)
    assert str(refused.value) == (
        "adapter cannot be judged: 26 of 26 evaluated prompts are in its training data: eval.jsonl line(s)"
        " 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 15 more; holdout.jsonl line(s) 1 of the dataset version"
    )


def score(intent: str, value: float) -> RowScore:
    return RowScore(intent=intent, slice="eval", rouge_l=value, meteor=0.5)


def test_fallen_intents_are_listed_deepest_first() -> None:
    before = [score("a", 0.9), score("a", 0.7), score("b", 0.5), score("c", 0.6), score("d", 0.4), score("gone", 1)]
    after = [score("c", 0.5), score("d", 0.8), score("a", 0.5), score("a", 0.3), score("b", 0.35), score("new", 0)]
    found = fallen_intents(before, after, 0.1)
    assert [(each.intent, each.drop, each.n) for each in found] == [("a", 0.4, 2), ("b", 0.15, 1)]  # c fell by exactly .1
    assert (found[0].before, found[0].after) == (0.8, 0.4)
    assert [each.intent for each in fallen_intents(before, after, 0.0)] == ["a", "b", "c"]
    assert fallen_intents([], [], 0.0) == ()
