"""One running program with its demo and one browser for all end-to-end tests of a worker.

Not for the whole session: while Playwright's synchronous browser is open its event loop counts as running, and no
asynchronous test of another folder could run in the same worker.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import chromium, positions, until, wall_page
from tests.paths.system import System, free_port, running_system

expect.set_options(timeout=20_000)  # what is slow is for the bench to say; here it is whether it comes

UNITS = 120  # of the demo; the command car by gpsd where that is installed, else as the others


@pytest.fixture(scope="package")
def system() -> Iterator[System]:
    """The whole program, with the demo city and its units."""
    with running_system(demo="1", jt808_port=str(free_port()), mqtt_port=str(free_port())) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture
def page(system: System, browser: Browser) -> Iterator[Page]:
    """The wall in English, with all units known, and no error on the way."""
    errors: list[str] = []
    with wall_page(browser, system.url, system.cookies, width=1920, height=1080, locale="en") as opened:
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        until(opened, lambda: len(positions(opened)) >= UNITS, 60)
        yield opened
    assert [error for error in errors if "WebSocket" not in error and "ERR_CONNECTION" not in error] == []
