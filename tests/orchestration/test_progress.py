from __future__ import annotations

from langkah.training import Progress
from tasks.tuning import progress_note


def test_the_line_of_a_running_training_says_loss_speed_memory_and_time_left() -> None:
    point = Progress(step=3, total_steps=900, epoch=0.1, tokens_per_second=1234.5, memory_gb=7.91, seconds_left=3725.2)
    assert progress_note(point, 0.4567) == "loss 0.457, 1,234 tokens/s, 7.9 GB, 1 h 02 min left"
    assert progress_note(point.model_copy(update={"seconds_left": 75.0}), 0.4).endswith("1 min 15 s left")
    assert progress_note(point.model_copy(update={"seconds_left": 9.6}), 0.4).endswith("10 s left")


def test_what_is_not_known_yet_is_left_out() -> None:
    assert progress_note(Progress(step=0, total_steps=9, epoch=0), None) == ""
    assert progress_note(Progress(step=9, total_steps=9, epoch=3, memory_gb=1.0, seconds_left=0.0), None) == "1.0 GB"
