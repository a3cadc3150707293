"""A language model's part in tests: finds the prompt in the conversation and words it anew, by the rules that it was told."""

from __future__ import annotations

import json
import re
from typing import Any

WAYS = (
    "What are the steps to {action}?",
    "I'd like to {action}, how does that work?",
    "Which way leads me to {action} without trouble?",
    "Somebody told me that I can {action}. Where do I begin?",
    "Please explain what I must do in order to {action}.",
    "Is it hard to {action}? I have never done that.",
    "My task today: {action}. Tell me the procedure, please.",
)


def prompt_of(request: dict[str, Any]) -> str:
    """The text between the tags of the last turn."""
    found = re.search(r"<(text-\w+)>\n(.*?)\n</\1>", request["messages"][-1]["content"], re.DOTALL)
    assert found
    return found[2]


def questions(request: dict[str, Any]) -> list[str]:
    """Other ways to ask, none of them known to the conversation already."""
    action = re.sub(r"^How do I |\?$", "", prompt_of(request))
    told = request["messages"][-1]["content"]
    return [text for way in WAYS if json.dumps(text := way.format(action=action))[1:-1] not in told]


def answer(request: dict[str, Any]) -> str:
    """The reply as a good model gives it."""
    return json.dumps({"questions": questions(request)})
