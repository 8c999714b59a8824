"""The track of one unit out of the store, and its player; and two windows that show the same unit."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from backend.clock import now_ms
from tests.e2e.browser import until
from tests.e2e.test_wall_map import find_unit
from tests.paths.system import System, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

CAR = "直属-03"
REASON = "end-to-end test"


def opened(page: Page, system: System) -> str:
    """The card of a car whose track has some rows; its number."""
    row = find_unit(page, CAR)
    number = row.get_attribute("data-unit")
    assert number is not None
    row.click()

    def stored() -> bool:
        span: dict[str, str | int] = {"from": now_ms() - 3_600_000, "to": now_ms(), "reason": REASON}
        answer = httpx.get(f"{system.url}/api/v1/units/{number}/track", params=span, cookies=system.cookies)
        return bool(answer.json()["stored"] >= 5)

    wait_until(stored, 60, "rows of a track")
    page.get_by_test_id("open-track").click()
    page.locator("[data-reason=dispatch]").click()
    return number


def test_a_track_is_shown_played_and_closed(system: System, page: Page) -> None:
    opened(page, system)
    panel = page.get_by_role("region", name=re.compile(CAR))
    expect(panel).to_have_attribute("data-state", "shown")
    expect(panel).to_contain_text("km")
    slider = panel.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    begun = slider.get_attribute("aria-valuenow")
    panel.get_by_role("button", name="Play").click()
    until(page, lambda: slider.get_attribute("aria-valuenow") != begun)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_a_span_that_is_too_long_is_said(system: System, page: Page) -> None:
    opened(page, system)
    panel = page.get_by_test_id("track-panel")
    panel.locator("[data-span=custom]").click()
    first = panel.get_by_role("textbox").first
    first.fill("01-01 00:00")
    first.press("Enter")
    page.keyboard.press("Tab")
    expect(panel.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize(("name", "point"), [("GPX", "<trkpt"), ("CSV", "\n"), ("GeoJSON", "],[")])
def test_a_track_can_be_taken_away_as_a_file(system: System, page: Page, name: str, point: str) -> None:
    opened(page, system)
    files = page.get_by_test_id("track-files")
    with page.expect_download() as download:
        files.get_by_role("button", name=name).click()
    saved = download.value.suggested_filename
    assert saved.startswith(f"{CAR}_"), saved
    assert saved.endswith(f".{name.lower()}")
    assert download.value.path().read_text().count(point) >= 5
    expect(files.get_by_role("status")).to_contain_text(saved)


def test_what_is_chosen_in_one_window_is_chosen_in_the_other(page: Page, system: System) -> None:
    other = page.context.new_page()
    other.goto(f"{system.url}/wall?screen=2")
    expect(page.get_by_test_id("windows")).to_have_attribute("data-linked", "1", timeout=20_000)
    row = find_unit(page, CAR)
    number = str(row.get_attribute("data-unit"))
    row.click()
    card = other.get_by_role("complementary", name="Unit", exact=True)
    expect(card).to_have_attribute("data-unit", number)
    card.get_by_role("button", name="Close the details").click()
    expect(page.get_by_role("complementary", name="Unit", exact=True)).to_have_count(0)
    other.close()
    expect(page.get_by_test_id("windows")).to_have_attribute("data-linked", "0", timeout=20_000)
