"""What axe-core finds on the wall, in both themes and languages, with its panels open: nothing serious."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import drawn, findings, until, wall_page
from tests.paths.system import System

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


@pytest.mark.parametrize(("locale", "theme"), [("zh-CN", "dark"), ("en", "light")])
def test_axe_finds_nothing_serious(system: System, browser: Browser, locale: str, theme: str) -> None:
    with wall_page(browser, system.url, system.cookies, width=1366, height=768, locale=locale) as page:
        until(page, lambda: len(drawn(page)) > 100, 60)
        if theme == "light":
            page.get_by_test_id("theme").click()
        assert findings(page) == [], "the wall"
        page.get_by_test_id("unit-row").first.click()
        page.get_by_test_id("open-track").click()
        page.get_by_test_id("track-reason-form").wait_for()
        assert findings(page) == [], "the reason to read a track"
        page.locator("[data-reason=dispatch]").click()
        page.get_by_test_id("track-reason").wait_for()
        page.get_by_test_id("events").get_by_role("button").first.click()
        assert findings(page) == [], "card, track and events"
        page.get_by_test_id("track-panel").press("Escape")
        for key in "glvm":
            page.keyboard.press(key)
            page.wait_for_timeout(300)
            assert findings(page) == [], f"the panel of {key}"
            page.keyboard.press("Escape")
        page.get_by_test_id("map").locator("canvas").first.focus()
        page.keyboard.press("?")
        page.get_by_test_id("key-help").wait_for()
        assert findings(page) == [], "the keys"
