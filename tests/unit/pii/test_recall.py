"""The bars: what is found on names, sentences and values that our lists do not come from, and what is left alone."""

from __future__ import annotations

import re

import corpora
import pytest
from corpora import HALVES, Sentence, Span, measure, recall, replaced
from hostile import hostile

needs_evaluator = pytest.mark.skipif(corpora.evaluator_folder() is None, reason="presidio-evaluator is not installed")


@pytest.mark.parametrize(
    ("sentences", "least"),
    [
        pytest.param(lambda: corpora.evaluator_sentences(5), 0.95, id="en templates", marks=needs_evaluator),
        pytest.param(lambda: corpora.evaluator_people(4), 0.95, id="en help desk", marks=needs_evaluator),
        pytest.param(lambda: corpora.indonesian_sentences(4), 0.90, id="id"),
        pytest.param(lambda: corpora.fresh_indonesian(4), 0.90, id="id fresh"),
    ],
)
def test_names_that_our_lists_do_not_come_from(scrubber, sentences, least, record_property):
    made = sentences()
    outcome = measure(scrubber, made)
    count, share = recall(outcome, made, lambda *_: True)
    unlisted, found = recall(
        outcome, made, lambda each, span: not corpora.listed(each.text[span.start : span.end], each.language)
    )
    score = outcome.scores["NAME"]
    figures = f"{count} names: recall {share:.3f}, F2 {score.f2:.3f}; {unlisted} in no list: {found:.3f}"
    record_property("figures", figures)
    print(figures)  # noqa: T201  # shown with -s
    assert count > 200
    assert share >= least
    assert found >= 0.85
    assert score.f2 >= 0.9


@pytest.mark.parametrize("half", HALVES)
def test_indonesian_names_of_either_half(scrubber, half):
    made = [each for each in corpora.indonesian_sentences(4) if each.half == half]
    assert recall(measure(scrubber, made), made, lambda *_: True)[1] >= 0.90


@pytest.mark.parametrize("language", ["en", "id"])
def test_identifiers_in_hostile_forms(scrubber, language):
    made = [each for each in hostile(700) if each.language == language]
    outcome = measure(scrubber, made)
    assert outcome.scores["EMAIL"].leaked == 0
    assert len(outcome.missed) <= len(made) // 100, [span.kind for _, span in outcome.missed]
    assert all(score.f2 >= 0.95 for score in outcome.scores.values())


def test_product_and_screen_names_stay_with_an_empty_glossary(scrubber):
    made = corpora.products()
    assert len({each.half for each in made}) >= 60
    outcome = measure(scrubber, made)
    assert {sentence.half for sentence, _ in outcome.invented} == set()


def test_clean_how_to_records_stay_as_they_are(scrubber, gnome):
    rows = corpora.clean_texts(gnome)
    assert len(rows) == 368
    rows += [(texts, "mixed") for texts, language in rows if language == "id"]
    outcomes = list(scrubber.scrub_many(rows))
    assert len(outcomes) == len(rows)
    assert sum(each.altered for each in outcomes) <= 0.002 * sum(each.characters for each in outcomes)
    figures = re.compile(r"^\d+\.|\d+(?:[.:]\d+)*| > ", re.MULTILINE)
    for (texts, _), each in zip(rows, outcomes, strict=True):
        assert list(each.fields) == list(texts)
        for field, text in texts.items():
            assert figures.findall(text) == figures.findall(each.fields[field])


class Blind:
    """A scrubber that replaces one word, to see that the measure counts what it should."""

    def scrub_many(self, records):
        for texts, _ in records:
            yield type("Scrubbed", (), {"fields": {"text": texts["text"].replace("Siti", "[NAME]").replace("toko", "[PHONE]")}})


def test_the_measure_itself():
    text = "Siti Aminah di toko, 0812 dan Budi"
    spans = (Span("NAME", 0, 11), Span("PHONE", 21, 25), Span("NAME", 30, 34), Span("OTHER", 15, 19))
    outcome = measure(Blind(), [Sentence(text, "id", spans)])
    assert replaced(text, "[NAME] Aminah di [PHONE], 0812 dan Budi") == [Span("NAME", 0, 4), Span("PHONE", 15, 19)]
    names, phones = outcome.scores["NAME"], outcome.scores["PHONE"]
    assert (names.values, names.leaked, names.right, names.wrong) == (2, 2, 1, 0)  # half a name is a leak
    assert (phones.values, phones.leaked, phones.right, phones.wrong) == (1, 1, 0, 0)  # an address is no one's mistake
    assert (names.recall, names.precision, names.f2) == (0.0, 1.0, 0.0)
