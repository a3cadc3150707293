"""The page of runs side by side: its charts are drawn, its filter works, nothing is refused, and it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from runs_side_by_side import CONFIG, INTENTS, answers_of, run

from langkah.evaluation.runs.comparing import compare_judged
from langkah.evaluation.runs.page import render_comparison

pytestmark = pytest.mark.browser
SIZES = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 390, "height": 800}}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    loss = [{"step": step, "epoch": step / 4, "loss": 2 - step / 8, "eval_loss": 2 - step / 9} for step in range(1, 5)]
    runs = [
        run(name, answers_of(seed, keep), INTENTS, loss=loss, settings={"train.lora_r": seed})
        for name, seed, keep in (("aa01", 1, 0.4), ("bb02", 2, 0.8), ("cc03", 3, 0.2))
    ]
    path = tmp_path_factory.mktemp("page") / "comparison.html"
    path.write_text(render_comparison(compare_judged(runs, CONFIG)), encoding="utf-8")
    return path


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_drawn_without_a_fault(browser: Any, page_file: Path, tmp_path: Path, size: str, scheme: str) -> None:
    page = browser.new_page(viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce")
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(("file:", "data:")) else told.append(request.url))
    page.goto(page_file.as_uri())
    page.screenshot(path=tmp_path / f"comparison-{size}-{scheme}.png", full_page=True)
    dots = page.locator("#differences .interval .dot")
    assert dots.count() == 2 * 4, "two runs by four measures"
    assert all(box and box["width"] > 0 for box in (dot.bounding_box() for dot in dots.all()))
    assert page.locator("#runs polyline").count() == 3
    fills = page.eval_on_selector_all("#differences .dot", "dots => [...new Set(dots.map(dot => getComputedStyle(dot).fill))]")
    assert len(fills) == 2 and "rgb(0, 0, 0)" not in fills
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    faults = Axe().run(page).response["violations"]
    assert [fault["id"] for fault in faults if fault["impact"] in ("serious", "critical")] == []
    assert told == []
    page.close()


def test_answers_are_filtered_by_run_and_words_and_put_in_order(browser: Any, page_file: Path) -> None:
    page = browser.new_page(viewport=SIZES["wide"])
    page.goto(page_file.as_uri())
    shown = page.locator(".answer:visible")
    assert shown.count() == 32
    page.get_by_label("Run").select_option("C")
    assert {each.get_attribute("data-run") for each in shown.all()} == {"C"} and shown.count() == 16
    page.get_by_label("Search").fill("rugs wording")
    assert shown.count() == 2 and page.get_by_role("status").inner_text() == "2 of 32 answers"
    page.get_by_label("Search").fill("")
    page.get_by_label("Run").select_option("")
    page.get_by_label("Order").select_option("gain")
    first = shown.first
    assert first.get_attribute("data-run") == "B"
    assert float(first.get_attribute("data-tuned")) > float(first.get_attribute("data-base"))
    page.close()


def test_it_prints(browser: Any, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.emulate_media(media="print")
    assert not page.locator("form.filter").is_visible() and page.locator("#differences svg").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.close()
