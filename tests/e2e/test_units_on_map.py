"""The units on the map in a real browser: where they are drawn is where they can be pointed at."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import drawn, until, wall_page
from tests.e2e.conftest import UNITS
from tests.paths.system import System

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

EDGE = 120  # pixels: room for the tools at the edges


@pytest.fixture
def page(system: System, browser: Browser) -> Iterator[Page]:
    """The wall in English, near enough that every unit is drawn by itself."""
    with wall_page(browser, system.url, system.cookies, width=1920, height=1080, locale="en") as opened:
        until(opened, lambda: len(drawn(opened)) > 100, 60)
        for _ in range(2):
            opened.keyboard.press("+")
            opened.wait_for_timeout(500)
        until(opened, lambda: drawn(opened) and not any(at["cluster"] for at in drawn(opened).values()))
        yield opened


def box(page: Page) -> dict[str, float]:
    """Where the map is on the page."""
    found = page.get_by_test_id("map").bounding_box()
    assert found is not None
    return {"x": found["x"], "y": found["y"], "width": found["width"], "height": found["height"]}


def a_lone_unit(page: Page) -> str:
    """A unit in the open part of the map with no other one near."""
    units, map_box = drawn(page), box(page)

    def is_free(number: str) -> bool:
        x, y = units[number]["x"], units[number]["y"]
        others = [other for other in units if other != number]
        return is_open(units[number], map_box) and all(
            abs(units[o]["x"] - x) + abs(units[o]["y"] - y) > 60 for o in others
        )

    return next((number for number in units if is_free(number)), "")


def test_a_click_on_a_unit_opens_its_card(page: Page) -> None:
    card = page.get_by_test_id("unit-card")

    def hits() -> bool:
        """On a busy machine a unit may have driven on before the click arrives: then one clicks again."""
        unit = a_lone_unit(page)
        if not unit:
            return False
        place, map_box = drawn(page)[unit], box(page)
        page.mouse.click(map_box["x"] + place["x"], map_box["y"] + place["y"])
        page.wait_for_timeout(1000)
        return card.count() > 0 and card.get_attribute("data-unit") == unit

    until(page, hits)


def test_the_pointer_over_a_unit_is_told_what_it_is(page: Page) -> None:
    until(page, lambda: a_lone_unit(page))
    unit = a_lone_unit(page)
    place, map_box = drawn(page)[unit], box(page)
    page.mouse.move(map_box["x"] + place["x"], map_box["y"] + place["y"])
    expect(page.locator(".unit-tip")).to_contain_text("km/h")
    page.mouse.move(map_box["x"] + 5, map_box["y"] + map_box["height"] / 2)
    expect(page.locator(".unit-tip")).to_be_hidden()


def test_units_stay_on_the_ground_while_the_map_is_dragged(page: Page) -> None:
    map_box = box(page)
    middle = (map_box["x"] + map_box["width"] / 2, map_box["y"] + map_box["height"] / 2)
    page.mouse.move(*middle)
    before = drawn(page)
    page.mouse.down()
    page.mouse.move(middle[0] + 150, middle[1] - 100, steps=10)
    page.wait_for_timeout(400)
    after = drawn(page)
    page.mouse.up()
    both = [number for number in before if number in after]
    assert len(both) >= 5
    moved = {number: [after[number][axis] - before[number][axis] for axis in "xy"] for number in both}
    # Meanwhile they drive a few pixels themselves, and one may leave its bubble or come into one.
    stayed = [number for number, (east, south) in moved.items() if abs(east - 150) < 25 and abs(south + 100) < 25]
    assert len(stayed) >= 0.9 * len(both), moved


def test_far_out_units_are_gathered_and_a_click_opens_the_bubble(page: Page) -> None:
    def gathers() -> bool:
        """A step that is asked for while the last one is still under way is a smaller one: so, until it is enough."""
        now = drawn(page)
        if len(now) >= UNITS - 5 and any(unit["cluster"] for unit in now.values()):
            return True
        page.keyboard.press("-")
        page.wait_for_timeout(1000)
        return False

    until(page, gathers)
    page.wait_for_timeout(1000)
    gathered = {number: unit for number, unit in drawn(page).items() if unit["cluster"]}
    map_box = box(page)
    bubble = next(unit for unit in gathered.values() if is_open(unit, map_box))
    inside = [number for number, unit in gathered.items() if (unit["x"], unit["y"]) == (bubble["x"], bubble["y"])]
    assert len(inside) >= 3
    page.mouse.click(map_box["x"] + bubble["x"], map_box["y"] + bubble["y"])

    def all_in_view() -> bool:
        now = drawn(page)
        return all(number in now and is_inside(now[number], map_box) for number in inside) and spread(now) > 2

    def spread(now: dict[str, dict[str, Any]]) -> int:
        return len({(now[number]["x"], now[number]["y"]) for number in inside})

    until(page, all_in_view)


def is_open(unit: dict[str, Any], map_box: dict[str, float]) -> bool:
    """Is it where nothing lies over the map?"""
    return bool(EDGE < unit["x"] < map_box["width"] / 2 and EDGE < unit["y"] < map_box["height"] - EDGE)


def is_inside(unit: dict[str, Any], map_box: dict[str, float]) -> bool:
    """Is it in view?"""
    return bool(0 <= unit["x"] <= map_box["width"] and 0 <= unit["y"] <= map_box["height"])
