"""Names of payload files that more than the step that writes them reads."""

from __future__ import annotations

from typing import Final

ANSWERS: Final = "answers.jsonl"
"""In `answers`: what one system answered, an `Answer` a line."""
SCORES: Final = "scores.json"
"""In `scores`: metrics, gains, the rows of each system in the order of its answers, and whose answers they are."""
CURVE: Final = "curve.json"
"""In an `adapter`: what the trainer logged, by step."""
REPORT: Final = "report.html"
"""In a `report`: the page."""
SUMMARY: Final = "summary.md"
"""In a `report`: verdict, scores and counts in Markdown, without any text of a record."""
