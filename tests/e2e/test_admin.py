"""Administration in a real browser on the whole program: areas, devices, what takes two people."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import findings, opened
from tests.paths.system import System

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


@contextmanager
def as_role(browser: Browser, system: System, role: str, tab: str) -> Iterator[Page]:
    """A tab of administration, entered with one click as somebody of the demo."""
    with opened(browser, locale="en") as page:
        page.goto(f"{system.url}/login?to=/admin%23{tab}")
        page.get_by_role("button", name=role).click()
        expect(page.get_by_role("link", name=re.compile(f"^{tab}$", re.I))).to_be_visible()
        page.get_by_role("link", name=re.compile(f"^{tab}$", re.I)).click()
        yield page


def test_an_area_is_changed_by_keyboard_and_its_versions_are_kept(system: System, browser: Browser) -> None:
    with as_role(browser, system, "System administrator", "organisation") as page:
        page.get_by_role("treeitem", name="Gulou Squad").click()
        panel = page.get_by_test_id("body")
        expect(panel.get_by_text("439901004")).to_be_visible()
        expect(page.get_by_test_id("belongings")).to_contain_text("鼓楼-01")
        assert findings(page) == [], "a body and its area"
        page.get_by_test_id("draw").click()
        page.get_by_test_id("sketch").wait_for()
        expect(page.get_by_label(re.compile("^An area is being drawn"))).to_be_focused()
        expect(page.get_by_test_id("undo")).to_be_disabled()
        page.keyboard.press("Home")
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+ArrowRight")
        expect(page.get_by_test_id("undo")).to_be_enabled()
        page.keyboard.press("Control+z")
        expect(page.get_by_test_id("undo")).to_be_disabled()
        page.keyboard.press("Control+y")
        assert findings(page) == [], "an area being drawn"
        page.get_by_test_id("save").click()
        page.get_by_test_id("save-area").get_by_role("button", name="Save").click()
        expect(page.get_by_test_id("saved")).to_be_visible()
        expect(panel.get_by_text("in force", exact=True)).to_have_count(1)
        expect(panel.get_by_text("past", exact=True)).to_have_count(1)
        expect(panel.get_by_text("by 徐磊")).to_be_visible()


def test_a_telephone_that_knocks_is_adopted(system: System, browser: Browser) -> None:
    token = "a1b2c3d4e5f6g7h8i9"
    address = f"http://127.0.0.1:{system.osmand_port}/?id=new-phone-{token}&lat=28.2&lon=113.1"
    with as_role(browser, system, "System administrator", "devices") as page:
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(address, timeout=10)
        row = page.get_by_test_id("unknown").get_by_role("row").filter(has_text="new-phone")
        while not row.is_visible():
            page.get_by_test_id("unknown-card").get_by_test_id("refresh").click()
            page.wait_for_timeout(500)
        row.get_by_test_id("adopt").click()
        form = page.get_by_test_id("adopt-form")
        form.get_by_role("combobox").fill("直属-05")
        page.get_by_role("option", name=re.compile("直属-05")).click()
        assert findings(page) == [], "adopting"
        page.get_by_role("dialog").get_by_role("button", name="Adopt").click()
        expect(page.get_by_text("new-phone is adopted. Nothing has to be typed")).to_be_visible()
        page.get_by_test_id("search").fill("new-phone")
        expect(page.get_by_test_id("devices").get_by_role("row").filter(has_text="new-phone")).to_be_visible()
        assert urllib.request.urlopen(address, timeout=10).status == 200


def test_one_asks_another_approves_and_the_audit_knows_both(system: System, browser: Browser) -> None:
    with as_role(browser, system, "System administrator", "approvals") as page:
        page.get_by_test_id("ask-approval").click()
        form = page.get_by_test_id("ask-form")
        form.get_by_role("radio", name="Change settings of the audit").check()
        form.get_by_role("spinbutton").first.fill("12")
        form.get_by_role("textbox").last.fill("two anchors a day")
        page.get_by_role("dialog").get_by_role("button", name="Send the request").click()
        expect(page.get_by_text("two anchors a day")).to_be_visible()
        expect(page.get_by_test_id("approve")).to_have_count(0)
    with as_role(browser, system, "Auditor", "approvals") as page:
        assert findings(page) == [], "requests"
        page.get_by_test_id("approve").click()
        page.get_by_role("dialog").get_by_role("button", name="Approve").click()
        expect(page.get_by_text("approved", exact=True)).to_be_visible()
        page.get_by_role("link", name="Audit", exact=True).click()
        expect(page.get_by_test_id("audit")).to_contain_text("Approved a request")
        expect(page.get_by_test_id("audit")).to_contain_text("Asked for approval")
        assert findings(page) == [], "the audit"


def test_who_manages_vehicles_alone_opens_administration_and_sees_just_that(system: System, browser: Browser) -> None:
    with as_role(browser, system, "Fleet manager", "parked") as page:
        tabs = page.get_by_role("navigation", name="Sections of administration").get_by_role("link")
        assert tabs.all_inner_texts() == ["Devices", "Parked"]
        assert findings(page) == [], "parked vehicles"
