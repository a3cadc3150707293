from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.fernet import Fernet
from reviewed_items import rivals

from langkah.artifacts import Workspace
from langkah.pii.scrubber import Original, Scrubbed
from langkah.pii.sealed import KEY_VARIABLE, seal
from langkah.review import Queue, ReviewQueue, Verdict

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


def _look(page: Any, name: str, folder: Path) -> None:
    """Keep a picture of a page, and find nothing that is wrong with it."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    assert _faults(page) == [], name
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, f"{name} scrolls sideways"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_that_a_form_leads_to_has_a_fault(
    visit: Callable[..., Any], queue: ReviewQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str, scheme: str
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    mine, other, way = rivals()
    kept = Scrubbed({}, originals=(Original("prompt", "[NAME]", "Siti Rahmawati"),))
    seal(Workspace(tmp_path).vault_file("d" * 64), [(mine.file, mine.row, kept)])
    queue.publish("rivals", [mine, other, way], "d" * 64)
    page = visit("Ana", viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce")
    record = f"/new/item/{mine.key}"
    page.goto(record)
    _look(page, "rivals", tmp_path)
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Show the original").click()
    original = opened.value
    assert original.locator("mark").inner_text() == "Siti Rahmawati"
    _look(original, "original", tmp_path)
    original.close()
    page.keyboard.press("r")
    _look(page, "rejecting", tmp_path)
    page.keyboard.press("Escape")

    page.locator("#prompt").fill(" ")
    page.locator(".approve[value=approve]").click()
    _look(page, "refused", tmp_path)
    page.goto(record)
    queue.decide(mine.key, Verdict.skipped, reviewer="Budi", version=0)
    page.keyboard.press("a")
    page.locator(".theirs").wait_for()
    _look(page, "conflict", tmp_path)
    page.get_by_role("button", name="Use mine instead").click()
    page.goto(f"/flagged/item/{other.key}")
    _look(page, "approved-rival", tmp_path)
    page.locator(".approve[value=approve]").click()
    page.locator(".alert").wait_for()
    assert "with both approved, neither trains" in page.locator(".alert").inner_text()
    _look(page, "clash", tmp_path)

    page.goto(f"/variants/item/{way.key}")
    queue.decide(way.key, Verdict.rejected, reviewer="Budi", version=0)
    page.locator(".variant .skip-it").click()
    page.locator(".theirs").wait_for()
    _look(page, "conflict-of-variants", tmp_path)
    page.get_by_role("button", name="Use mine instead").click()
    page.goto("/variants/done")
    _look(page, "skipped", tmp_path)
    page.goto(record)
    page.locator("details.history summary").first.click()
    _look(page, "history", tmp_path)
    page.context.clear_cookies(name="csrftoken")
    page.locator(".skip-it[value=skip]").click()
    page.get_by_text("This form is too old").wait_for()
    _look(page, "too-old", tmp_path)
    for run in queue.runs():
        queue.publish(run, [])
    page.goto("/")
    page.get_by_text("Nothing waits for review yet").wait_for()
    _look(page, "nothing", tmp_path)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_before_the_first_has_a_fault(browser: Any, guarded: str, tmp_path: Path, size: str, scheme: str) -> None:
    context = browser.new_context(locale="en", base_url=guarded, viewport=SIZES[size], color_scheme=scheme)
    page = context.new_page()
    page.goto("/")
    _look(page, "sign-in", tmp_path)
    for token in ("wrong", "a-token-of-some-length"):
        page.get_by_label("Access token").fill(token)
        page.keyboard.press("Enter")
        page.get_by_text("This is not the token" if token == "wrong" else "Who are you?").wait_for()
        _look(page, f"sign-in-{token}", tmp_path)
    page.get_by_label("Your name").fill("A\u200bna")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    _look(page, "name-refused", tmp_path)
    page.get_by_label("Your name").fill("Ana")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What waits for you").wait_for()
    _look(page, "signed-in", tmp_path)
    context.close()


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
