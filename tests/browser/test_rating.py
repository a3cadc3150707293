"""Two people rate answers blind, each in a language of his own, and the report tells how far they agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from rated_items import ALPHA, CLARITY, PAY, RETURN, SYSTEMS

from langkah.app.wording import wording
from langkah.config import EvaluateConfig
from langkah.evaluation import summarize_ratings
from langkah.evaluation.report import render_report
from langkah.evaluation.report_data import ReportData
from langkah.review import RatingItem, RatingQueue, ReviewQueue, export_ratings

pytestmark = pytest.mark.browser
ITEMS = {item.key: item for item in (RETURN, PAY)}
TELLING = re.compile(r"\b(base|tuned|reference|champion|dasar|latih|acuan|juara)\b", re.IGNORECASE)
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 360, "height": 800}}


@pytest.fixture
def ratings(queue: ReviewQueue) -> RatingQueue:
    found = RatingQueue(queue.engine)
    found.publish("scores-1", [RETURN, PAY])
    return found


def faults(page: Any) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['target']}" for each in violations for node in each["nodes"]]


def item_of(page: Any) -> RatingItem:
    return ITEMS[re.search(r"/rate/item/(\w+)", page.url)[1]]


def order_of(page: Any) -> list[str]:
    """The systems as their answers stand on the page, told apart by what they say."""
    texts = page.locator(".rated > .text").all_text_contents()
    by_text = {text: system for system, text in item_of(page).answers.items()}
    return [by_text[text] for text in texts]


def rate(page: Any, name: str) -> None:
    """Rate all answers of the page by keys: clarity as `CLARITY` has it, the rest 3."""
    clarity = dict(zip(SYSTEMS, CLARITY[name][item_of(page).key], strict=True))
    for system in order_of(page):
        for score in (clarity[system], 3, 3, 3):
            page.keyboard.press(str(score))


def clear(page: Any) -> None:
    """As if nothing had been pressed yet."""
    page.evaluate("for (const node of document.querySelectorAll('.point input')) node.checked = false")
    page.evaluate("document.activeElement.blur()")


def check_blind(page: Any, name: str, ratings: RatingQueue) -> None:
    """The order is the rater's own, and nothing but what an answer says tells whose it is."""
    item = item_of(page)
    assert order_of(page) == list(item.order(name, ratings.place()))
    source = page.content()
    for text in (*item.answers.values(), item.prompt):
        source = source.replace(text.replace("<", "&lt;").replace(">", "&gt;"), "")
    assert not TELLING.search(source), "whose answers they are stands in the page"


def watch(page: Any) -> tuple[list[str], dict[str, dict[str, str]]]:
    """What a page asks for from now on: addresses and what is sent, and the headers that come back."""
    asked: list[str] = []
    headers: dict[str, dict[str, str]] = {}
    varied = ("date", "content-length", "content-language", "set-cookie")

    def seen(response: Any) -> None:
        asked.extend((response.url, response.request.post_data or ""))
        to = f"{response.request.method} {response.url} {response.status}"
        headers[to] = {name: value for name, value in response.headers.items() if name not in varied}

    page.on("response", seen)
    return asked, headers


def test_two_people_rate_blind_and_are_told_afterwards(visit: Callable[..., Any], ratings: RatingQueue, tmp_path: Path) -> None:
    people = {name: visit(name, language=language) for name, language in (("Ana", "en"), ("Budi", "id"))}
    words = {"Ana": wording("en"), "Budi": wording("id")}
    sent: dict[str, dict[str, dict[str, str]]] = {}
    for name, page in people.items():
        t = words[name]
        asked, sent[name] = watch(page)
        with page.expect_navigation():
            page.get_by_role("link", name=t("overview.start")).first.click()
        seen: list[str] = []
        for _ in ITEMS:
            check_blind(page, name, ratings)
            page.reload()
            check_blind(page, name, ratings)  # the same order again
            rate(page, name)
            seen.append(item_of(page).key)
            with page.expect_navigation():
                page.keyboard.press("Enter")
        assert t("rate.done") in page.content()
        assert ratings.progress("scores-1", name).left == 0
        assert seen == sorted(ITEMS), "everybody has them in the same order"
        assert not [each for each in asked if TELLING.search(each)], "an address or a form tells"

        # what was given can be changed as long as it is not told whose answers they are
        page.goto(f"/rate/item/{seen[0]}")
        assert page.locator(".point input:checked").count() == 12
        with page.expect_navigation():
            page.get_by_role("button", name=t("rate.reveal")).click()
        told = page.locator(".rated h2").all_text_contents()
        order = ITEMS[seen[0]].order(name, ratings.place())
        assert told == [
            f"{t.named('rate.systems', system)} {t('rate.answer', letter='ABC'[place])}" for place, system in enumerate(order)
        ]
        lacking = " ".join(page.locator(".is-tuned details del").all_text_contents())
        assert ("tick what you send back" if seen[0] == RETURN.key else "pilih bank") in lacking
        assert page.locator("form#rate").count() == 0, "ratings stand from then on"
    assert sent["Ana"] == sent["Budi"], "a header differs by the order of the answers"
    assert {key for key in ITEMS if any(f"/rate/item/{key}" in asked for asked in sent["Ana"])} == {*ITEMS}

    given = {
        (each.rater, each.item, each.system): each.clarity for each in ratings.ratings("scores-1")
    }  # fmt: skip
    assert given == {
        (name, key, system): score
        for name, of in CLARITY.items()
        for key, scores in of.items()
        for system, score in zip(SYSTEMS, scores, strict=True)
    }
    summary = summarize_ratings(ratings.ratings("scores-1"), {}, EvaluateConfig(resamples=200))
    assert summary.alpha["clarity"] == pytest.approx(ALPHA, abs=1e-12)
    report = tmp_path / "report.html"
    report.write_text(render_report(ReportData(title="t", run_id="r", created="c", ratings=summary)), encoding="utf-8")
    for scheme in ("light", "dark"):
        for size in SIZES.values():
            shown = page.context.browser.new_page(color_scheme=scheme, viewport=size)
            shown.goto(report.as_uri())
            cell = shown.locator("tr", has=shown.get_by_role("rowheader", name="Clarity")).locator("td").first
            assert cell.inner_text() == f"{ALPHA:.3f}"
            shown.locator("#ratings").screenshot(path=tmp_path / f"report-{scheme}-{size['width']}.png")
            assert not shown.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            shown.close()


def test_skipping_changing_and_going_back(visit: Callable[..., Any], ratings: RatingQueue) -> None:
    page = visit("Ana", path="/rate")
    first = item_of(page)
    with page.expect_navigation():
        page.keyboard.press("s")
    assert item_of(page) is not first
    with page.expect_navigation():
        page.keyboard.press("u")
    assert item_of(page) is first, "U goes back to the question before"
    # not all of it: refused by the browser, and by the server where it is asked anyway
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    assert item_of(page) is first
    assert ratings.progress("scores-1", "Ana").rated == 0
    with page.expect_navigation():
        page.evaluate("document.querySelector('#rate').noValidate = true; document.querySelector('.actions .approve').click()")
    assert page.get_by_role("alert").inner_text() == wording("en")("rate.incomplete")
    assert (page.locator(".point input:checked").count(), page.locator(".criterion.missing").count()) == (1, 11)

    page.keyboard.press("Backspace")
    page.locator(".point").first.click()
    clear(page)
    rate(page, "Ana")
    assert page.locator(".point input:checked").count() == 12
    with page.expect_navigation():
        page.locator(".actions .approve").click()
    with page.expect_navigation():
        page.keyboard.press("p")
    page.locator("input[name=clarity-1][value='2']").check()
    with page.expect_navigation():
        page.locator(".actions .approve").click()
    sheet = ratings.sheet(first.key, "Ana")
    assert sheet and sheet.scores[first.order("Ana", ratings.place())[0]]["clarity"] == 2


def checked(page: Any) -> int:
    return page.locator(".point input:checked").count()


def test_what_is_begun_is_kept_for_its_rater_and_counts_nowhere(
    visit: Callable[..., Any], ratings: RatingQueue, tmp_path: Path
) -> None:
    ana, budi = visit("Ana", path="/rate"), visit("Budi", language="id", path="/rate")
    t, here, item = wording("en"), ana.url, item_of(ana)
    for score in "245":
        ana.keyboard.press(score)
    ana.locator(".kept", has_text=t("rate.kept")).wait_for()
    for key in "np":  # on to the next question, and back
        with ana.expect_navigation():
            ana.keyboard.press(key)
    assert checked(ana) == 3 and item_of(ana) is item
    check_blind(ana, "Ana", ratings)
    ana.locator("input[name=relevance-3][value='1']").check()
    context = ana.context
    ana.close()  # as the tab is
    ana = context.new_page()
    ana.goto("/rate/list")
    assert ana.locator("tbody tr").first.locator(".chip").all_text_contents() == [t("rate.states.pending"), t("rate.begun")]
    ana.goto(here)
    given = "[...document.querySelectorAll('.point input:checked')].map((node) => node.name + node.value)"
    assert ana.evaluate(given) == ["clarity-12", "correctness-14", "completeness-15", "relevance-31"]
    assert ana.get_by_role("button", name=t("rate.reveal")).count() == 0

    budi.reload()
    assert item_of(budi) is item and checked(budi) == 0, "it is nobody else's"
    assert ratings.ratings("scores-1") == () and ratings.progress("scores-1", "Ana").left == 2
    assert export_ratings(ratings, "scores-1", tmp_path / "ratings.jsonl") == 0

    clear(ana)
    rate(ana, "Ana")
    with ana.expect_navigation():
        ana.keyboard.press("Enter")
    saved = ratings.ratings("scores-1")
    ana.goto(here)
    assert ana.locator(".kept").inner_text() == "", "what is saved is no draft"
    before = ratings.sheet(item.key, "Ana")
    first = item.order("Ana", ratings.place())[0]
    other = before.scores[first]["clarity"] % 5 + 1
    ana.keyboard.press(str(other))
    ana.locator(".kept", has_text=t("rate.kept")).wait_for()
    ana.goto("/rate/done")
    assert t("rate.unsaved") in ana.locator("main").inner_text()
    assert ratings.ratings("scores-1") == saved, "what was saved stands until what was changed is"
    ana.get_by_role("link", name=item.prompt).click()
    with ana.expect_navigation():
        ana.get_by_role("button", name=t("rate.reveal")).click()
    assert ratings.sheet(item.key, "Ana").scores[first]["clarity"] == other, "what is shown is what stands"


def test_what_cannot_be_kept_is_told_and_kept_as_soon_as_it_can(visit: Callable[..., Any], ratings: RatingQueue) -> None:
    page, t = visit("Ana", path="/rate"), wording("en")
    page.context.set_offline(True)
    page.keyboard.press("4")
    page.locator(".kept.lost", has_text=t("rate.not_kept")).wait_for()
    page.context.set_offline(False)
    page.locator(".kept:not(.lost)", has_text=t("rate.kept")).wait_for()
    page.reload()
    assert checked(page) == 1


@pytest.mark.parametrize(("size", "scheme", "language"), [("wide", "light", "en"), ("narrow", "dark", "id")])
def test_no_page_of_the_ratings_has_a_fault(
    visit: Callable[..., Any], ratings: RatingQueue, tmp_path: Path, size: str, scheme: str, language: str
) -> None:
    page = visit("Ana", language, "/rate", viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    first = item_of(page)

    def look(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=size == "narrow")
        assert faults(page) == [], name
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{name} scrolls sideways"

    look("rate")
    page.keyboard.press("?")
    look("keys")
    page.keyboard.press("Escape")
    page.keyboard.press("4")
    look("rating")
    clear(page)
    rate(page, "Ana")
    with page.expect_navigation():
        page.locator(".actions .approve").click()
    page.goto(f"/rate/item/{first.key}")
    look("rated")
    with page.expect_navigation():
        page.get_by_role("button", name=wording(language)("rate.reveal")).click()
    for summary in page.locator("details summary").all():
        summary.click()
    look("revealed")
    for name, path in (("list", "/rate/list"), ("done", "/rate/done"), ("overview", "/")):
        page.goto(path)
        look(name)
    assert refused == []
