from __future__ import annotations

import csv
import itertools
import json
import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langkah.same_text import normalize
from langkah.splitting import group_intents, near_pairs
from langkah.splitting.near_duplicates import answer_key

DATA = Path(__file__).parents[3] / "../shared/data"
STEPS = "1. Open the {} menu.\n2. Click Profile.\n3. Choose the {} you want to use.\n4. Confirm with your PIN.\n5. Press {}."
OTHER = "1. Call the hotline.\n2. Wait for the tone.\n3. Say the number of your parcel."


def grouped(*intents: tuple[str, str]) -> bool:
    """Whether all these prompts and answers fall into one group."""
    groups = group_intents([(f"i{at}", prompt, answer) for at, (prompt, answer) in enumerate(intents)], 0.8)
    return len(set(groups.values())) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I reset my password?", "How can I reset the password?"),
        ("How do I reset my password?", "Reset passwords"),
        ("How do I search for a contact?", "How do I search for contacts?"),
        ("Bagaimana cara melacak paket saya?", "Bagaimana saya bisa melacak paket?"),
    ],
)
def test_prompts_that_ask_the_same(one: str, other: str) -> None:
    assert grouped((one, STEPS.format("main", "card", "Save")), (other, OTHER))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I turn on slow keys?", "How do I turn on sticky keys?"),
        ("How do I turn on Bluetooth?", "How do I turn off Bluetooth?"),
        ("How do I switch from GNOME to GNOME Classic?", "How do I switch from GNOME Classic to GNOME?"),
        ("How do I export reports to Excel on Windows 10?", "How do I export reports to Excel on Windows 11?"),
        ("How do I share a file?", "How do I stop sharing a file?"),
        ("Bagaimana cara mengaktifkan notifikasi?", "Bagaimana cara menonaktifkan notifikasi?"),
    ],
)
def test_prompts_of_one_template_are_different_intents(one: str, other: str) -> None:
    assert not grouped((one, STEPS.format("main", "card", "Save")), (other, OTHER))


@pytest.mark.parametrize(
    "edited",
    [
        "1) open the MAIN menu\n2) click profile\n3) choose the card you want to use\n4) confirm with your pin\n5) press save",
        "1. Open main menu.\n2. Click your Profile.\n3. Choose a card you want to use.\n4. Confirm with PIN.\n5. Press Save.",
        "Open the main menu.\nClick Profile.\nChoose the card you want to use.\nConfirm with your PIN.\nPress Save.",
    ],
)
def test_an_answer_written_a_little_differently_is_the_same(edited: str) -> None:
    assert grouped(("How do I change my card?", STEPS.format("main", "card", "Save")), ("Where is billing?", edited))


LONG = " ".join(f"{number}. Open panel{number} and press button{number} twice." for number in range(1, 9))


def test_a_reworded_step_keeps_a_long_answer_near() -> None:
    assert grouped(("How do I pay?", LONG), ("Where is billing?", LONG.replace("press button4", "click button4")))


def test_answers_that_differ_in_what_was_asked_for_are_two_procedures() -> None:
    short = LONG[: LONG.index("7.")]
    slow, sticky = short.replace("panel4", "slow"), short.replace("panel4", "sticky")
    assert grouped(("Where is typing help?", slow), ("What is in the menu?", sticky))
    assert not grouped(("How do I turn on slow keys?", slow), ("How do I turn on sticky keys?", sticky))


def test_even_then_answers_that_share_nearly_all_stay_together() -> None:
    longer = LONG + " " + LONG.replace("panel", "window").replace("button", "switch")
    slow, sticky = longer.replace("panel4", "slow"), longer.replace("panel4", "sticky")
    assert grouped(("How do I turn on slow keys?", slow), ("How do I turn on sticky keys?", sticky))


def test_a_chain_is_one_group_named_by_its_lowest() -> None:
    rows = [
        ("b", "How do I reset my password?", "1. Ask Ann."),
        ("c", "Reset the password", "1. Call the office."),
        ("a", "Who opens the door?", "Call the office"),
        ("d", "Who closes the door?", "1. Ring the bell."),
    ]
    assert group_intents(rows, 0.8) == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_an_intent_with_two_answers_joins_what_is_near_to_either() -> None:
    rows = [
        ("b", "How do I reset my password?", "1. Ask Ann."),
        ("b", "Which PIN opens it?", "1. Call the office."),
        ("a", "Who is at the door?", "Ask Ann"),
        ("c", "Who lost a key?", "Call the office"),
    ]
    assert set(group_intents(rows, 0.8).values()) == {"a"}


def test_prompts_and_answers_without_words() -> None:
    groups = group_intents([("a", "???", "!"), ("b", "!!!", "..."), ("c", "…", "!")], 0.8)
    assert groups == {"a": "a", "b": "b", "c": "a"}
    assert group_intents([], 0.8) == {}


@pytest.mark.parametrize("threshold", [0, 1.1])
def test_a_threshold_out_of_range(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        group_intents([], threshold)


WORDS = ["open", "close", "press", "menu", "card", "file", "door", "bell", "save", "send"]
text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(text, text), max_size=12), st.sampled_from([0.3, 0.5, 0.8, 1.0]), st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_order(pairs: list[tuple[str, str]], threshold: float, rnd: random.Random) -> None:
    rows = [(f"i{at}", *pair) for at, pair in enumerate(pairs)]
    groups = group_intents(rows, threshold)
    shuffled = rows.copy()
    rnd.shuffle(shuffled)
    assert group_intents(shuffled, threshold) == groups
    for one, other in itertools.combinations(rows, 2):
        if answer_key(one[2]) == answer_key(other[2]):
            assert groups[one[0]] == groups[other[0]], "equal answers never part"
        if normalize(one[1]) == normalize(other[1]):
            assert groups[one[0]] == groups[other[0]], "equal prompts never part"


def plain_jaccard(one: str, other: str) -> float:
    """Word and word-pair Jaccard, the plain way, of texts without function words and plurals."""
    first, second = ({*words, *zip(["^", *words], [*words, "$"], strict=True)} for words in (one.split(), other.split()))
    return len(first & second) / len(first | second)


def test_every_pair_above_the_threshold_is_found() -> None:
    rnd = random.Random(4)
    vocabulary = [*WORDS, "red", "blue", "green", "black", "one", "two", "three", "four"]
    prompts = [" ".join(rnd.choices(vocabulary, k=10)) for _ in range(60)]
    for prompt in prompts[:60]:
        words = prompt.split()
        words[rnd.randrange(10)] = rnd.choice(vocabulary)
        prompts.append(" ".join(words))
    threshold = 0.65
    groups = group_intents([(f"{at:03}", prompt, f"answer{at}") for at, prompt in enumerate(prompts)], threshold)
    parent = {f"{at:03}": f"{at:03}" for at in range(len(prompts))}
    pairs = 0
    for one, other in itertools.combinations(range(len(prompts)), 2):
        if plain_jaccard(prompts[one], prompts[other]) >= threshold:
            pairs += 1
            low, high = sorted((parent[f"{one:03}"], parent[f"{other:03}"]))
            parent = {name: low if group == high else group for name, group in parent.items()}
    assert pairs > 20
    assert groups == parent


def rows_of(name: str) -> list[dict[str, str]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this checkout")
    with path.open(encoding="utf-8", newline="") as handle:
        return [json.loads(line) for line in handle] if path.suffix == ".jsonl" else list(csv.DictReader(handle))


@pytest.mark.parametrize("name", ["gnome-help-en.jsonl", "gnome-help-id.csv"])
def test_real_help_pages_group_their_true_repeats_only(name: str) -> None:
    rows = rows_of(name)
    groups = group_intents([(row["id"], row["prompt"], row["output"]) for row in rows], 0.8)
    members: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        members[groups[row["id"]]].append(row)
    assert Counter(map(len, members.values())) == {1: 174, 2: 5}
    for pair in members.values():
        if len(pair) > 1:
            assert pair[0]["prompt"] == pair[1]["prompt"] or pair[0]["output"] == pair[1]["output"]


ANSWER = STEPS.format("main", "card", "Save")


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (("How do I reset my password?", ANSWER), ("How can I reset the password?", ANSWER.replace(".\n", "\n")), "repeated"),
        (("How do I reset my password?", ANSWER), ("How can I reset the passwords?", OTHER), "conflicting"),
        (("How do I reset my password?", ANSWER), ("How can I reset a password?", ANSWER.replace("PIN", "key")), "conflicting"),
        (("Bagaimana cara melacak paket?", ANSWER), ("Bagaimana saya bisa melacak paket saya?", OTHER), "conflicting"),
        (("How do I reset my password?", ANSWER), ("Where is the card changed?", ANSWER), "same answer"),
        (("How do I reset my password?", ANSWER), ("Where is my parcel?", OTHER), None),
        (("How do I turn on slow keys?", ANSWER), ("How do I turn on sticky keys?", OTHER), None),
    ],
)
def test_pairs_for_a_person_to_look_at(one: tuple[str, str], other: tuple[str, str], kind: str | None) -> None:
    found = near_pairs([("How is a ticket closed?", "1. Tap it.\n2. Choose Close."), one, other], 0.8)
    assert [(pair.first, pair.second, pair.kind) for pair in found] == ([(1, 2, kind)] if kind else [])


def test_many_equal_records_are_not_paired_each_with_each() -> None:
    found = near_pairs([("How do I reset my password?", ANSWER)] * 500, 0.8)
    assert [(pair.first, pair.second) for pair in found] == [(0, at) for at in range(1, 500)]


def test_the_pairs_of_real_texts_are_few() -> None:
    rows = [json.loads(line) for line in (DATA / "gnome-help-en.jsonl").read_text(encoding="utf-8").splitlines()]
    found = near_pairs([(row["prompt"], row["output"]) for row in rows], 0.8)
    assert len(found) < 0.05 * len(rows)
