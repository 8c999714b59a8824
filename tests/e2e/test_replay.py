"""The past on the map: chosen, opened for a reason, played, and left for the live map; never taken for it."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import findings, positions, until
from tests.e2e.test_wall_track import opened
from tests.paths.system import System

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def test_a_replay_is_opened_played_and_left(system: System, page: Page) -> None:
    number = opened(page, system)  # a unit with a past, and a reason given
    page.get_by_test_id("track-panel").get_by_role("button", name="Close the track").click()
    page.keyboard.press("r")
    panel = page.get_by_test_id("replay-panel")
    expect(panel).to_have_attribute("data-state", "choosing")
    assert findings(page) == []
    panel.locator("[data-ground=unit]").check()
    panel.get_by_test_id("replay-start").click()
    badge = page.get_by_test_id("replay-badge")
    expect(badge).to_contain_text("REPLAY")
    expect(badge).to_contain_text("Not live")
    expect(page.get_by_test_id("connection")).to_contain_text("Replay, not live")
    panel.get_by_test_id("replay-slider").focus()
    page.keyboard.press("End")
    until(page, lambda: set(positions(page)) == {number})
    expect(page.get_by_test_id("unit-row")).to_have_count(1)
    expect(page.get_by_test_id("open-track")).to_be_disabled()
    page.keyboard.press("Home")
    if badge.get_attribute("data-state") != "playing":
        page.keyboard.press(" ")
    expect(badge).to_have_attribute("data-state", "playing")
    before = int(badge.get_attribute("data-time") or 0)
    until(page, lambda: int(badge.get_attribute("data-time") or 0) > before)
    assert findings(page) == []
    page.get_by_role("button", name="Back to live").click()
    expect(badge).to_have_count(0)
    until(page, lambda: len(positions(page)) > 1)
    expect(page.get_by_test_id("connection")).not_to_contain_text("Replay")


def test_a_view_that_is_too_wide_is_said_and_can_be_narrowed(page: Page) -> None:
    page.get_by_role("button", name="Replay the past").click()
    panel = page.get_by_test_id("replay-panel")
    expect(panel.get_by_test_id("replay-fault")).to_contain_text("25 km²")
    expect(panel.get_by_test_id("replay-start")).to_be_disabled()
    panel.get_by_test_id("replay-zoom").click()
    expect(panel.get_by_test_id("replay-start")).to_be_enabled()
    expect(panel.get_by_test_id("replay-fault")).to_have_text("")
    panel.get_by_test_id("replay-cancel").click()
    expect(panel).to_have_count(0)
