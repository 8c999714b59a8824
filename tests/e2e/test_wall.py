"""The wall in a real browser, on the whole program with its demo."""

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import positions, until, wall_page
from tests.e2e.conftest import UNITS
from tests.paths.system import System

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

SILENT_OR_WEAK = 4  # units of the demo that report seldom, or no more (backend/demo/fleet.py)


def test_units_move(page: Page) -> None:
    before = positions(page)

    def moved() -> list[str]:
        now = positions(page)
        return [
            u for u in before if u in now and now[u]["time"] > before[u]["time"] and place(now[u]) != place(before[u])
        ]

    until(page, lambda: len(moved()) > UNITS / 2)


def place(position: dict[str, float]) -> tuple[float, float]:
    return position["longitude"], position["latitude"]


def test_search_narrows_the_list_and_escape_clears_it(page: Page) -> None:
    rows = page.get_by_test_id("unit-row")
    until(page, lambda: rows.count() > 10)
    page.keyboard.press("/")
    page.keyboard.type("交警-02")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("交警-02")
    page.keyboard.press("Escape")
    until(page, lambda: rows.count() > 10)


def test_following_keeps_a_unit_in_the_middle(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("直属-03")
    row = page.get_by_test_id("unit-row").first
    expect(row).to_contain_text("直属-03")
    row.click()
    expect(page.get_by_test_id("following")).to_contain_text("直属-03")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("following")).to_have_count(0)


def test_the_language_is_switched_and_remembered(page: Page) -> None:
    page.get_by_test_id("language").click()
    expect(page.get_by_test_id("connection")).to_contain_text("实时")
    page.reload()
    expect(page.get_by_test_id("connection")).to_contain_text("实时")


def test_a_part_that_is_silent_is_named_until_it_is_back(system: System, page: Page) -> None:
    recorder = psutil.Process(system.parts()["recorder"]["pid"])
    recorder.suspend()
    try:
        expect(page.get_by_test_id("parts-strip")).to_contain_text("recorder", timeout=15_000, ignore_case=True)
        before = positions(page)
        until(page, lambda: any(now["time"] > before[unit]["time"] for unit, now in positions(page).items()))
    finally:
        recorder.resume()
    expect(page.get_by_test_id("parts-strip")).to_have_count(0, timeout=15_000)


def test_the_page_comes_back_by_itself_when_web_is_killed(system: System, page: Page) -> None:
    before = positions(page)
    system.kill("web")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live", timeout=30_000)

    def renewed() -> int:
        return sum(now["time"] > before[unit]["time"] for unit, now in positions(page).items())

    until(page, lambda: renewed() >= UNITS - SILENT_OR_WEAK, 40)
    assert set(positions(page)) >= set(before)


def test_without_a_session_there_is_only_the_way_in(system: System, browser: Browser) -> None:
    context = browser.new_context(locale="en")
    stranger = context.new_page()
    answer = stranger.goto(f"{system.url}/wall")
    assert answer is not None
    assert answer.status == 401
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()
    assert stranger.evaluate("window.__liandong?.positions?.() ?? {}") == {}
    context.close()


def test_health_shows_the_equation(system: System, browser: Browser) -> None:
    with wall_page(browser, system.url, system.cookies, locale="en") as page:
        page.goto(f"{system.url}/health")
        for source in ("jt808", "osmand", "owntracks"):
            expect(page.get_by_test_id("equation")).to_contain_text(source)
            expect(page.locator(f"[data-source={source}] [data-balanced=true]")).to_have_count(1)
