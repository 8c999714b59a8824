"""What axe-core finds on the wall, in both themes and languages, with its panels open: nothing serious."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import drawn, until, wall_page
from tests.paths.system import System

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


def findings(page: Page) -> list[dict[str, Any]]:
    """What is serious or critical: the rule, and where."""
    # A panel that is still fading in has no contrast yet.
    page.evaluate(
        "Promise.all(document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity)"
        ".map((one) => one.finished.catch(() => null)))"
    )
    # The devtools protocol is not bound by the page's policy, which forbids a script that is not ours.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((run) => run.violations)")
    return [
        {"rule": one["id"], "help": one["help"], "where": [node["target"] for node in one["nodes"]][:5]}
        for one in found
        if one["impact"] in GRAVE
    ]


@pytest.mark.parametrize(("locale", "theme"), [("zh-CN", "dark"), ("en", "light")])
def test_axe_finds_nothing_serious(system: System, browser: Browser, locale: str, theme: str) -> None:
    with wall_page(browser, system.url, system.key, width=1366, height=768, locale=locale) as page:
        until(page, lambda: len(drawn(page)) > 100, 60)
        if theme == "light":
            page.get_by_test_id("theme").click()
        assert findings(page) == [], "the wall"
        page.get_by_test_id("unit-row").first.click()
        page.get_by_test_id("open-track").click()
        page.get_by_test_id("track-panel").wait_for()
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
