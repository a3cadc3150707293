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


@pytest.mark.parametrize("size", SIZES)
def test_what_is_told_moves_nothing_and_is_told_by_the_reviewers_clock(visit: Callable[..., Any], size: str) -> None:
    page = visit("Ana", path="/new", viewport=SIZES[size], timezone_id="Asia/Jakarta")
    before = page.locator(".tools").bounding_box()["y"]
    with page.expect_navigation():
        page.keyboard.press("s")
    assert page.locator(".flash").is_visible()
    assert page.locator(".tools").bounding_box()["y"] == before
    with page.expect_navigation():
        page.keyboard.press("p")
    utc, local = (page.locator("time").first.evaluate(what) for what in ("node => node.title", "node => node.textContent"))
    hour = (int(utc[11:13]) + 7) % 24
    assert f", {hour % 12 or 12}:{utc[14:16]}" in local, "Jakarta is seven hours ahead"


def test_the_help_shows_all_its_keys_at_once(visit: Callable[..., Any]) -> None:
    page = visit("Ana", language="id", path="/new")
    page.keyboard.press("?")
    hidden = "(() => { const help = document.querySelector('#help'); return help.scrollHeight - help.clientHeight })()"
    assert page.evaluate(hidden) == 0


def test_a_phone_shows_all_tabs_all_columns_and_the_progress(visit: Callable[..., Any]) -> None:
    page = visit("Ana", language="id", path="/new/list?show=all", viewport=SIZES["narrow"])
    for part in (".tabs a", "tbody tr:first-child td", ".progress progress"):
        for box in (node.bounding_box() for node in page.locator(part).all()):
            assert box["x"] >= 0 and box["x"] + box["width"] <= SIZES["narrow"]["width"], part
    assert page.locator(".progress progress").bounding_box()["width"] > 90
