"""Headless Chromium as Debian packages it, driven by Playwright."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

EXECUTABLE = "/usr/bin/chromium"
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
def wall_page(
    browser: Browser, url: str, key: str, *, width: int = 1366, height: int = 768, locale: str = "zh-CN"
) -> Iterator[Page]:
    """The wall, opened by the printed link as a person would open it."""
    context = browser.new_context(viewport={"width": width, "height": height}, locale=locale)
    page = context.new_page()
    try:
        page.goto(f"{url}/enter?key={key}")
        yield page
    finally:
        context.close()


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
