from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from langkah.artifacts.record_cache import RecordCache
from langkah.chat import ChatEncoder, EncodedExample, FittedExamples, LengthReport, check_masks
from langkah.config import ChatConfig
from langkah.models.architecture import Architecture
from langkah.procedure import Procedure, parse_procedure, render
from langkah.records import ChatExample

TINY = Architecture(layers=2, hidden=64, intermediate=128, heads=4, kv_heads=2, head_size=16, vocabulary=49152, context=2048)
STEPS = [f"Open page {n} of the settings and tap the button called number {n}." for n in range(1, 13)]
LONG = ChatExample(
    intent="long",
    prompt="How do I reach the last page?",
    completion="\n".join(f"{n}. {step}" for n, step in enumerate(STEPS, 1)),
)
SHORT = ChatExample(intent="short", prompt="How do I stop?", completion="1. Tap Stop.")
NOTED = LONG.model_copy(update={"completion": f"{LONG.completion}\n\nNote: {'a remark that nobody needs, ' * 20}"})


@pytest.fixture(scope="module")
def encoder(tokenizer: Any) -> ChatEncoder:
    return ChatEncoder(tokenizer)


class Result(NamedTuple):
    examples: list[ChatExample]
    encoded: list[EncodedExample]
    report: LengthReport


def fit(encoder: ChatEncoder, *examples: ChatExample, **settings: Any) -> Result:
    fitted = FittedExamples(encoder, examples, ChatConfig.model_validate(settings), TINY)
    found = list(fitted)
    result = Result(found, [encoder.encode(each) for each in found], fitted.report())
    assert (list(fitted), fitted.report()) == (found, result.report), "a second time is like the first"
    check_masks(encoder, result.examples, result.encoded)
    assert all(len(tokens) <= result.report.max_length for tokens in result.encoded)
    assert result.report.total_tokens == sum(len(tokens) for tokens in result.encoded)
    return result


def test_auto_recommends_the_next_multiple_of_64_and_cuts_nothing(encoder: ChatEncoder) -> None:
    result = fit(encoder, LONG, SHORT)
    assert result.examples == [LONG, SHORT]
    assert result.report.longest == len(encoder.encode(LONG))
    assert result.report.recommended == result.report.max_length == -(-result.report.longest // 64) * 64
    assert sum(count for _, _, count in result.report.histogram) == 2
    assert result.report.too_long == 0


def test_truncate_drops_notes_first_and_keeps_every_step(encoder: ChatEncoder) -> None:
    limit = len(encoder.encode(LONG))
    result = fit(encoder, NOTED, max_length=limit, too_long="truncate")
    assert [example.completion for example in result.examples] == [LONG.completion]
    assert result.examples[0].complete
    assert (result.report.too_long, result.report.notes_dropped, result.report.truncated) == (1, 1, 0)


def test_truncate_drops_last_steps_whole_and_teaches_no_end(encoder: ChatEncoder) -> None:
    result = fit(encoder, NOTED, SHORT, max_length=150, too_long="truncate")
    cut, short = result.examples
    assert short == SHORT
    assert not cut.complete
    assert 1 < len(cut.completion.splitlines()) < 12
    assert LONG.completion.startswith(cut.completion + "\n")
    assert encoder.end_token not in result.encoded[0].labels
    assert result.report.truncated == 1


def test_windows_cover_all_steps_overlap_and_only_the_last_ends(encoder: ChatEncoder) -> None:
    result = fit(encoder, LONG, max_length=150, too_long="window")
    pieces = result.examples
    assert result.report.windows == len(pieces) > 1
    assert {piece.prompt for piece in pieces} == {LONG.prompt}
    assert [piece.complete for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    lines = [piece.completion.splitlines() for piece in pieces]
    assert all(before[-1] == after[0] for before, after in itertools.pairwise(lines))
    assert list(dict.fromkeys(line for window in lines for line in window)) == LONG.completion.splitlines()


def test_the_last_window_holds_the_notes_after_an_empty_line(encoder: ChatEncoder) -> None:
    noted = parse_procedure(NOTED.completion)
    assert noted is not None
    result = fit(encoder, NOTED, max_length=340, too_long="window")
    *before, last = (piece.completion for piece in result.examples)
    assert before
    assert last.endswith(f"12. {STEPS[-1]}\n\n{noted.notes}")
    assert not any("Note:" in completion for completion in before)


@pytest.mark.parametrize("policy", ["truncate", "window"])
def test_what_is_cut_has_the_form_of_what_is_whole(encoder: ChatEncoder, policy: str) -> None:
    steps = tuple(f"{step}\n- the left one\n  - its first half" for step in STEPS)
    whole = Procedure("To reach it:", steps, "Note: it takes a day.")
    example = LONG.model_copy(update={"completion": render(whole)})
    result = fit(encoder, example, max_length=200, too_long=policy)
    parts = [parse_procedure(piece.completion) for piece in result.examples]
    numbers = [int(piece.completion.removeprefix("To reach it:\n").split(".")[0]) for piece in result.examples]
    for piece, part, number in zip(result.examples, parts, numbers, strict=True):
        assert part is not None
        assert len(part.steps) > 1
        assert part.steps == steps[number - 1 : number - 1 + len(part.steps)]
        assert piece.completion == render(part, first=number)
        assert "\n   - the left one\n     - its first half" in piece.completion
    assert numbers[0] == 1
    assert [bool(part and part.intro) for part in parts] == [True] + [False] * (len(parts) - 1)
    ends = [bool(part and part.notes) for part in parts]
    assert ends == [False] if policy == "truncate" else [False] * (len(parts) - 1) + [True]


def test_filter_leaves_long_examples_out_and_counts_them(encoder: ChatEncoder) -> None:
    result = fit(encoder, LONG, SHORT, max_length=100, too_long="filter")
    assert result.examples == [SHORT]
    assert (result.report.filtered, result.report.too_long) == (1, 1)


@pytest.mark.parametrize("policy", ["truncate", "window"])
def test_what_cannot_be_cut_at_a_step_is_left_out(encoder: ChatEncoder, policy: str) -> None:
    endless = SHORT.model_copy(update={"completion": "1. " + "Tap the button again, and then " * 40 + "stop."})
    result = fit(encoder, endless, SHORT, max_length=100, too_long=policy)
    assert result.examples == [SHORT]
    assert result.report.filtered == 1


def test_no_example_gives_an_empty_report(encoder: ChatEncoder) -> None:
    assert fit(encoder).report.longest == 0


def test_longer_examples_leave_room_for_fewer(encoder: ChatEncoder) -> None:
    rooms = [fit(encoder, LONG, max_length=limit).report.examples_per_gb for limit in (256, 1024)]
    assert rooms[0] > 3 * rooms[1] > 0


def test_what_was_measured_before_is_not_encoded_again(
    encoder: ChatEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordCache(tmp_path / "lengths.sqlite", b"secret", "work").named() as kept:
        first, second = (FittedExamples(encoder, [LONG, SHORT, LONG], ChatConfig(), TINY, kept) for _ in range(2))
        monkeypatch.setattr(encoder, "encode", None)
        third = FittedExamples(encoder, [SHORT, LONG], ChatConfig(), TINY, kept)
    assert list(first) == list(second) == [LONG, SHORT, LONG]
    assert first.report() == second.report()
    assert (list(third), third.report().longest) == ([SHORT, LONG], first.report().longest)
