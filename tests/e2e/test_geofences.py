"""A geofence from the drawing to the list of who crosses it, by keyboard, over the whole program."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import findings, until

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def press(page: Page, *keys: tuple[str, int]) -> None:
    for key, times in keys:
        for _ in range(times):
            page.keyboard.press(key)


def test_a_fence_is_drawn_by_keyboard_and_units_cross_it(page: Page) -> None:
    page.keyboard.press("b")
    panel = page.get_by_role("dialog", name="Geofences")
    expect(panel.get_by_role("button", name="Draw a polygon")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("fence-editor")).to_be_visible()
    # Over the middle of the city, where units drive: the map has the focus.
    press(page, ("Space", 1), ("ArrowLeft", 20), ("ArrowUp", 20))
    press(page, ("Space", 1), ("ArrowRight", 20), ("ArrowUp", 25))
    press(page, ("Space", 1), ("ArrowRight", 25), ("ArrowDown", 25))
    press(page, ("Space", 1), ("ArrowDown", 30))
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("sketch-area")).to_contain_text("km²")
    name = panel.get_by_role("textbox", name="Name")
    name.fill("Old town by day")
    assert findings(page) == []
    name.press("Enter")
    row = panel.get_by_test_id("fence").filter(has_text="Old town by day")
    expect(row).to_contain_text("Always")

    crossings = panel.get_by_test_id("crossings").get_by_role("button")
    expect(crossings.first).to_contain_text("Old town by day", timeout=90_000)
    expect(crossings.first.locator(".what")).to_have_text(re.compile(r"^(in|out)$"))
    until(page, lambda: int((row.locator(".today").text_content() or "0").split()[0]) > 0)
    assert findings(page) == []
    # The oldest: while it is pressed, others come before it.
    sign = crossings.last.locator("b").text_content() or ""
    crossings.last.press("Enter")
    expect(page.get_by_test_id("unit-card")).to_contain_text(sign)
    expect(page.get_by_test_id("events")).to_be_attached()

    row.get_by_role("button", name="Delete", exact=False).click()
    question = page.get_by_role("dialog", name="Delete the geofence")
    expect(question).to_contain_text("Old town by day")
    question.get_by_test_id("confirm").click()
    expect(row).to_have_count(0)
    expect(crossings.first).to_be_visible()
