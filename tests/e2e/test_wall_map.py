"""The map of the wall: its streets, the units on it, their card and their list, as a dispatcher uses them."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import drawn, until
from tests.e2e.conftest import UNITS

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

STREET_ZOOM_UNIT = "鼓楼-01"


def on_the_map(page: Page, number: str) -> tuple[float, float]:
    """Where a unit stands on the page; it is drawn by itself and inside of the map."""
    box = page.get_by_test_id("map").bounding_box()
    assert box is not None
    at = drawn(page)[number]
    assert not at["cluster"]
    return box["x"] + at["x"], box["y"] + at["y"]


def find_unit(page: Page, call_sign: str) -> Locator:
    """The unit's row, by the search of the list."""
    page.keyboard.press("/")
    page.keyboard.type(call_sign)
    row = page.get_by_role("treeitem").filter(has_text=call_sign)
    expect(row).to_have_count(1)
    return row


def choose(page: Page, call_sign: str) -> str:
    """Follow a unit by its row until it stands in the middle, and let go; its number."""
    row = find_unit(page, call_sign)
    number = row.get_attribute("data-unit")
    assert number is not None
    row.click()
    card = page.get_by_role("complementary", name="Unit", exact=True)
    expect(card).to_contain_text(call_sign)
    until(page, lambda: near_the_middle(page, number))
    card.get_by_role("button", name="Stop", exact=False).first.click()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    return number


def near_the_middle(page: Page, number: str) -> bool:
    box = page.get_by_test_id("map").bounding_box()
    at = drawn(page).get(number)
    if box is None or at is None or at["cluster"]:
        return False
    return bool(abs(at["x"] - box["width"] / 2) < 60 and abs(at["y"] - box["height"] / 2) < 60)


def test_streets_come_from_here_and_from_nowhere_else(page: Page) -> None:
    asked: list[Any] = []
    page.on("response", lambda answer: asked.append(answer))
    page.reload()
    until(page, lambda: sum("/tiles/" in answer.url and answer.status == 200 for answer in asked) >= 2)
    host = page.url.split("/wall")[0]
    assert {answer.url for answer in asked if not answer.url.startswith((host, "blob:", "data:"))} == set()
    tile = next(answer for answer in asked if "/tiles/" in answer.url and answer.status == 200)
    assert "immutable" in tile.headers["cache-control"]
    expect(page.get_by_role("contentinfo")).to_contain_text("Demo city")


def test_a_click_on_a_unit_opens_its_card_and_one_beside_it_closes_it(page: Page) -> None:
    number = choose(page, STREET_ZOOM_UNIT)
    card = page.get_by_role("complementary", name="Unit", exact=True)
    card.get_by_role("button", name="Close the details").click()
    expect(card).to_have_count(0)
    page.mouse.click(*on_the_map(page, number))
    expect(card).to_have_attribute("data-unit", number)
    x, y = on_the_map(page, number)
    page.mouse.click(x - 250, y + 180)
    until(page, lambda: card.count() == 0 or card.get_attribute("data-unit") != number)


@pytest.mark.parametrize(
    ("call_sign", "tracker"),
    [("鼓楼-01", ("139", "JT/T 808")), ("鼓楼-02", ("sim-", "OsmAnd", "±")), ("鼓楼-03", ("sim-", "OwnTracks", "±"))],
    ids=["car", "e-bike", "foot"],
)
def test_the_card_says_where_by_street_what_locates_it_and_who_is_in_it(
    page: Page, call_sign: str, tracker: tuple[str, ...]
) -> None:
    choose(page, call_sign)
    card = page.get_by_role("complementary", name="Unit", exact=True)
    expect(card.get_by_test_id("where")).to_contain_text("Gulou")
    for words in ("km/h", "not rostered yet", *tracker):
        expect(card).to_contain_text(words, ignore_case=True)


def test_far_out_units_are_counted_in_bubbles_that_open(page: Page) -> None:
    page.keyboard.press("1")  # the whole city
    for _ in range(2):
        page.keyboard.press("-")
        page.wait_for_timeout(400)
    # So far out that most of them are in a bubble; some are already in the first view.
    until(page, lambda: sum(at["cluster"] for at in drawn(page).values()) > UNITS / 2)
    found = drawn(page)
    bubbles: dict[tuple[float, float], int] = {}
    for at in found.values():
        if at["cluster"]:
            bubbles[at["x"], at["y"]] = bubbles.get((at["x"], at["y"]), 0) + 1
    (x, y), count = max(bubbles.items(), key=lambda bubble: bubble[1])
    box = page.get_by_test_id("map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + y)
    until(page, lambda: sum(at["cluster"] for at in drawn(page).values()) < sum(bubbles.values()) - count / 2)


def test_the_list_is_by_district_and_squad_and_folds(page: Page) -> None:
    tree = page.get_by_role("tree")
    district = tree.get_by_role("treeitem", name="Laocheng District", exact=False)
    squad = tree.get_by_role("treeitem", name="Fenglin Squad", exact=False)
    expect(district).to_contain_text("42")
    expect(district).to_have_attribute("aria-level", "1")
    expect(squad).to_have_attribute("aria-level", "2")
    district.click()
    expect(district).to_have_attribute("aria-expanded", "false")
    expect(squad).to_have_count(0)
    page.reload()
    expect(district).to_have_attribute("aria-expanded", "false")
    district.click()
    expect(district).to_have_attribute("aria-expanded", "true")
    expect(squad).to_have_count(1)


def test_the_list_is_narrowed_by_kind_and_by_state(page: Page) -> None:
    foot = page.get_by_role("button", name="Foot", exact=False)
    foot.click()
    expect(foot).to_have_attribute("aria-pressed", "true")
    rows = page.get_by_test_id("unit-row")
    until(page, lambda: rows.count() > 0 and all("foot" in text.lower() for text in rows.all_inner_texts()))
    foot.click()
    page.locator("button[data-filter=stale]").click()
    until(
        page, lambda: 1 <= rows.count() <= 10 and {row.get_attribute("data-state") for row in rows.all()} == {"stale"}
    )


def test_light_and_dark_are_switched_and_remembered(page: Page) -> None:
    theme = page.locator("html")
    expect(theme).to_have_attribute("data-theme", "dark")
    page.get_by_test_id("theme").click()
    expect(theme).to_have_attribute("data-theme", "light")
    page.reload()
    expect(theme).to_have_attribute("data-theme", "light")
    until(page, lambda: len(drawn(page)) > 0)
