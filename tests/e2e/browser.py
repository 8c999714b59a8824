"""Headless Chromium as Debian packages it, driven by Playwright."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

EXECUTABLE = "/usr/bin/chromium"
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for the length of the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, *, locale: str = "zh-CN", width: int = 1366, height: int = 768) -> Iterator[Page]:
    """An empty page of somebody who has not signed in."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale=locale)
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def wall_page(
    browser: Browser, url: str, cookies: dict[str, str], *, width: int = 1366, height: int = 768, locale: str = "zh-CN"
) -> Iterator[Page]:
    """The wall, for somebody who has signed in."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale=locale)
    page = context.new_page()
    try:
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        page.goto(f"{url}/wall")
        yield page
    finally:
        context.close()


def findings(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds serious or critical: the rule, and where."""
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


def until(page: Page, happened: Callable[[], object], timeout: float = 30) -> None:
    """Wait until the function gives something true, while the page lives on.

    Not by Playwright's `wait_for_function`, which evaluates text in the page: our pages forbid that.
    """
    ends = time.monotonic() + timeout
    while not happened():
        if time.monotonic() > ends:
            raise TimeoutError(f"waited {timeout} s on {page.url}")
        page.wait_for_timeout(100)


def positions(page: Page) -> dict[str, dict[str, float]]:
    """What the page knows of every unit."""
    found: dict[str, dict[str, float]] = page.evaluate("window.__liandong?.positions() ?? {}")
    return found


def drawn(page: Page) -> dict[str, dict[str, Any]]:
    """Where every unit stands on the map: CSS pixels from the map's corner, and whether it is in a bubble."""
    found: dict[str, dict[str, Any]] = page.evaluate("window.__liandong?.drawn() ?? {}")
    return found
