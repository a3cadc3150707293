from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from langkah.review import Queue, ReviewQueue

pytestmark = pytest.mark.browser
SIZES = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 400, "height": 800}}


def _faults(page: Any) -> list[str]:
    """What axe-core calls serious or critical on a page, rule and place."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['target']}"
        for fault in violations
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def _states(queue: ReviewQueue) -> dict[str, str]:
    """The pages there are, by name."""
    first = {name: queue.page("run", name, limit=1).entries[0].key for name in Queue}
    return {
        "overview": "/",
        "record": f"/new/item/{first[Queue.new]}",
        "flagged": f"/flagged/item/{first[Queue.flagged]}",
        "variants": f"/variants/item/{first[Queue.variants]}",
        "list": "/new/list?show=all",
        "filtered": f"/flagged/item/{first[Queue.flagged]}?source=help+centre",
        "finished": "/new/done",
        "missing": "/nothing",
    }


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_fault_of_accessibility(
    visit: Callable[..., Any], queue: ReviewQueue, tmp_path: Path, size: str, scheme: str
) -> None:
    page = visit("Ana", viewport=SIZES[size], color_scheme=scheme)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    for name, path in _states(queue).items():
        assert page.goto(path).status == (404 if name == "missing" else 200), name
        page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=size == "narrow")
        assert _faults(page) == [], name
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{name} scrolls sideways"
    page.goto(_states(queue)["record"])
    page.keyboard.press("r")
    page.screenshot(path=tmp_path / f"rejecting-{size}-{scheme}.png")
    assert _faults(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.screenshot(path=tmp_path / f"help-{size}-{scheme}.png")
    assert _faults(page) == []
    assert errors == []


def test_axe_finds_a_fault_where_there_is_one(visit: Callable[..., Any]) -> None:
    page = visit("Ana")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any(fault.startswith("label") for fault in _faults(page))
