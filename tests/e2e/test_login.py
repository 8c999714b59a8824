"""Signing in and administration in a real browser, by role and name, on the whole program with its demo."""

import re
import time

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import findings, opened
from tests.paths.system import System

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

PASSWORD = "Correct horse 7"


def sign_in(page: Page, login: str, password: str) -> None:
    """Name and password."""
    page.get_by_role("textbox", name="Log-in name").fill(login)
    page.get_by_role("textbox", name="Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def choose_password(page: Page) -> None:
    """A new one, twice."""
    page.get_by_role("textbox", name="New password", exact=True).fill(PASSWORD)
    page.get_by_role("textbox", name="New password again").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()


def test_one_click_makes_one_somebody_of_the_demo(system: System, browser: Browser) -> None:
    with opened(browser, locale="en") as page:
        page.goto(f"{system.url}/")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert page.url == f"{system.url}/login?to=/wall"
        assert findings(page) == [], "the log-in"
        page.get_by_role("button", name="Shift supervisor").click()
        page.get_by_test_id("map").wait_for()
        assert page.url == f"{system.url}/wall"
        assert page.evaluate("document.cookie") == "", "no script reads the session"
        page.get_by_role("button", name=re.compile("^Account: .*Shift supervisor")).click()
        page.get_by_role("menuitem", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto(f"{system.url}/wall")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_link_a_password_a_second_factor_and_a_code(system: System, browser: Browser) -> None:
    """An administrator from his first link to his second log-in."""
    body = system.run("node", "add", "另一市局", "--kind", "city")
    link = system.run("user", "add", "sys.admin", "--name", "管理员", "--body", body, "--role", "system_administrator")
    with opened(browser, locale="en") as page:
        page.goto(f"{system.url}{link}")
        expect(page.get_by_text("sys.admin")).to_be_visible()
        assert "#" not in page.url, "the token leaves the address bar"
        choose_password(page)
        expect(page.get_by_role("heading", name="Set up the second factor")).to_be_visible()
        assert findings(page) == [], "the second factor"
        secret = "".join(page.get_by_test_id("secret").inner_text().split())
        page.get_by_role("textbox", name=re.compile("^Six-digit code")).fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Set up", exact=True).click()
        expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
        code = page.get_by_role("list", name="Recovery codes").get_by_role("listitem").first.inner_text().strip()
        page.get_by_role("button", name="I have kept them").click()
        expect(page.get_by_role("link", name="People", exact=True)).to_be_visible()

    with opened(browser, locale="en") as page:
        page.goto(f"{system.url}/login")
        sign_in(page, "sys.admin", "Wrong horse 7")
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        sign_in(page, "sys.admin", PASSWORD)
        expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
        page.get_by_role("button", name="Use a recovery code instead").click()
        page.get_by_role("textbox", name="Recovery code").fill(code)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("link", name="People", exact=True)).to_be_visible()


def test_an_administrator_adds_somebody_who_may_do_nothing_yet(system: System, browser: Browser) -> None:
    login = f"new.{time.monotonic_ns()}"
    with opened(browser, locale="en") as page:
        page.goto(f"{system.url}/login")
        page.get_by_role("button", name="System administrator").click()
        page.get_by_role("button", name="Add person").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("textbox", name="Log-in").fill(login)
        dialog.get_by_role("textbox", name="Name", exact=True).fill("新人")
        squad = dialog.get_by_role("option", name=re.compile("Fenglin Squad")).get_attribute("value")
        dialog.get_by_role("combobox", name="Body").select_option(squad)
        dialog.get_by_role("button", name="Add", exact=False).last.click()
        address = page.get_by_role("textbox", name=re.compile("link", re.IGNORECASE)).input_value()
        assert address.startswith(f"{system.url}/enrol#")
        assert findings(page) == [], "people"

    with opened(browser, locale="en") as page:
        page.goto(address)
        choose_password(page)
        expect(page.get_by_role("heading", name="Profile")).to_be_visible()
        page.goto(f"{system.url}/wall")
        expect(page.get_by_role("heading", name="Profile")).to_be_visible()
        assert page.url == f"{system.url}/profile", "who may do nothing yet sees himself"
