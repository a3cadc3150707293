from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import answering_run
import pytest
from answering_run import LIMIT, answer_some

from langkah.errors import GenerationError
from langkah.models.answering import AnswerMemory, Prompt, answer_prompts
from langkah.models.generation import Generated
from langkah.models.replies import MemoryReplies


class Speaker:
    """Answers a prompt with its own numbers, two prompts at a time, and notes what it was asked."""

    def __init__(self, failing: Sequence[Prompt] = (), ended: bool = True) -> None:
        self.asked: list[Prompt] = []
        self.failing = failing
        self.ended = ended

    def __call__(self, prompts: Sequence[Prompt]) -> Iterator[dict[int, Generated]]:
        for start in range(0, len(prompts), 2):
            self.asked += prompts[start : start + 2]
            yield {start + place: self.answer(prompt) for place, prompt in enumerate(prompts[start : start + 2])}

    def answer(self, prompt: Prompt) -> Generated:
        if prompt in self.failing:
            return Generated("", False, failed="out of memory")
        return Generated(f"said {prompt}", self.ended, prompt)


def memory(tokenizer: Any, kept: MemoryReplies) -> AnswerMemory:
    return AnswerMemory(kept, tokenizer)


def test_a_killed_process_loses_one_batch_and_the_next_generates_the_rest(babbling_model: Path, tmp_path: Path) -> None:
    command = [sys.executable, answering_run.__file__, str(babbling_model), str(tmp_path / "killed"), "8"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "3":
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    seen: list[int] = []
    answers, generated = answer_some(str(babbling_model), tmp_path / "killed", 8, lambda done, total: seen.append(done))
    assert 3 <= 8 - generated <= 7  # what was done, it was killed a little later
    assert seen == list(range(8 - generated, 9))
    whole, all_of_them = answer_some(str(babbling_model), tmp_path / "never", 8)
    assert all_of_them == 8
    assert answers == whole
    assert answer_some(str(babbling_model), tmp_path / "killed", 8) == (whole, 0)


def test_answers_serve_every_limit_at_which_they_are_the_same(babbling_model: Path, tmp_path: Path) -> None:
    long, _ = answer_some(str(babbling_model), tmp_path, 3)
    assert all(len(answer.tokens) == LIMIT for answer in long)
    short, generated = answer_some(str(babbling_model), tmp_path, 3, limit=5)
    assert generated == 0
    fresh, _ = answer_some(str(babbling_model), tmp_path, 3, limit=5, work="another adapter")
    assert short == fresh
    assert answer_some(str(babbling_model), tmp_path, 3, limit=LIMIT + 1)[1] == 3


@pytest.mark.parametrize(("limit", "generated", "ended"), [(4, 0, True), (3, 0, False), (9, 0, True)])
def test_an_answer_that_ended_is_whole_under_any_limit_it_fits(tokenizer: Any, limit: int, generated: int, ended: bool) -> None:
    kept, prompt = MemoryReplies(), (500, 501, 502)
    answer_prompts([prompt], Speaker(), memory(tokenizer, kept), limit=8)
    speaker = Speaker()
    (answer,) = answer_prompts([prompt], speaker, memory(tokenizer, kept), limit=limit)
    assert len(speaker.asked) == generated
    assert (answer.tokens, answer.ended) == (prompt, ended)


def test_equal_prompts_are_answered_once_and_new_ones_alone(tokenizer: Any) -> None:
    kept, first, second = MemoryReplies(), Speaker(), Speaker()
    asked = [(1, 2), (3,), (1, 2)]
    answers = answer_prompts(asked, first, memory(tokenizer, kept), limit=8)
    assert first.asked == [(1, 2), (3,)]
    assert [answer.tokens for answer in answers] == asked
    answer_prompts([*asked, (4,)], second, memory(tokenizer, kept), limit=8)
    assert second.asked == [(4,)]


def test_a_failure_is_told_and_tried_again_the_next_time(tokenizer: Any) -> None:
    kept, bad = MemoryReplies(), (3,)
    answers = answer_prompts([(1, 2), bad], Speaker(failing=[bad]), memory(tokenizer, kept), limit=8)
    assert [answer.failed for answer in answers] == [None, "out of memory"]
    again = Speaker()
    assert answer_prompts([(1, 2), bad], again, memory(tokenizer, kept), limit=8)[1].failed is None
    assert again.asked == [bad]


def test_a_model_that_answers_nothing_is_an_error(tokenizer: Any) -> None:
    with pytest.raises(GenerationError, match="no prompt could be answered: out of memory"):
        answer_prompts([(1,), (2,)], Speaker(failing=[(1,), (2,)]), memory(tokenizer, MemoryReplies()), limit=8)
    assert answer_prompts([], Speaker(), memory(tokenizer, MemoryReplies()), limit=8) == []
