"""The tools of the wall, each by its key or its button, by role and name."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import drawn, until

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def search(page: Page, words: str) -> None:
    """Open the search of places and type."""
    page.keyboard.press("g")
    box = page.get_by_role("combobox", name="Place, street", exact=False)
    expect(box).to_be_focused()
    box.fill(words)


def centre(page: Page) -> tuple[float, float]:
    """Latitude and longitude of the middle of the map, as the line beside the scale has them."""
    page.get_by_role("banner").hover()
    line = page.get_by_test_id("pointer")
    expect(line).to_contain_text("Centre")
    found = re.search(r"(-?\d+\.\d+), (-?\d+\.\d+)", line.inner_text())
    assert found is not None
    return float(found[1]), float(found[2])


@pytest.mark.parametrize("words", ["人民路解放路", "人民路与解放路交叉口"])
def test_a_crossing_is_found_by_name_and_marked(page: Page, words: str) -> None:
    search(page, words)
    option = page.get_by_role("option", name="人民路", exact=False).first
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("pin")).to_contain_text("Jiefang Road")
    until(page, lambda: abs(centre(page)[0] - 28.1865) < 0.02)
    page.get_by_role("button", name="Remove the mark", exact=False).click()
    expect(page.get_by_test_id("pin")).to_have_count(0)


def test_a_street_is_found_by_pinyin_and_english(page: Page) -> None:
    for words in ("renminlu", "Renmin Road"):
        search(page, words)
        expect(page.get_by_role("option").first).to_contain_text("Renmin Road")
        page.keyboard.press("Escape")


def test_what_is_nowhere_is_said_and_coordinates_are_gone_to(page: Page) -> None:
    search(page, "qqqqzzzz")
    expect(page.get_by_text("Nothing found", exact=False)).to_be_visible()
    page.keyboard.press("Escape")
    search(page, "28.2100, 113.1200")
    page.keyboard.press("Enter")
    until(page, lambda: abs(centre(page)[0] - 28.21) < 0.001 and abs(centre(page)[1] - 113.12) < 0.001)
    search(page, "98.1, 213.5")
    expect(page.get_by_text("Out of range", exact=False)).to_be_visible()


def test_layers_are_switched_and_remembered(page: Page) -> None:
    page.keyboard.press("l")
    panel = page.get_by_role("dialog", name="Layers and legend")
    expect(panel.get_by_text("E-bike", exact=False).first).to_be_visible()
    grids = panel.get_by_role("switch", name="grid", exact=False).first
    expect(grids).to_have_attribute("aria-checked", "false")
    with page.expect_response(lambda answer: answer.url.endswith("/api/v1/areas/grid")) as answer:
        grids.click()
    assert len(answer.value.json()["features"]) == 400
    units = panel.get_by_role("switch", name=re.compile("^Units"))
    units.click()
    expect(units).to_have_attribute("aria-checked", "false")
    page.reload()
    page.get_by_test_id("map-tools").wait_for()  # the keys are heard from then on
    page.keyboard.press("l")
    expect(grids).to_have_attribute("aria-checked", "true")
    expect(units).to_have_attribute("aria-checked", "false")


def test_a_distance_and_an_area_are_measured(page: Page) -> None:
    page.keyboard.press("m")
    panel = page.get_by_test_id("measure-panel")
    expect(panel).to_contain_text("Click on the map")
    box = page.get_by_test_id("map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for east, south in ((0, 0), (200, 0), (200, 150)):
        page.mouse.click(x + east, y + south)
        page.wait_for_timeout(400)
    expect(panel).to_contain_text(re.compile(r"\d(\.\d+)? k?m"))
    panel.get_by_role("button", name="Close area").click()
    expect(panel.get_by_test_id("measured-area")).to_contain_text("²")
    panel.get_by_role("button", name="Clear").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_measuring_needs_no_mouse(page: Page) -> None:
    page.keyboard.press("m")
    page.keyboard.press("x")
    search(page, "28.2100, 113.1200")
    page.keyboard.press("Enter")
    until(page, lambda: abs(centre(page)[1] - 113.12) < 0.001)
    page.keyboard.press("x")
    expect(page.get_by_test_id("measure-panel")).to_contain_text("km")


def test_a_view_is_saved_and_called_back(page: Page) -> None:
    search(page, "28.2100, 113.1200")
    page.keyboard.press("Enter")
    until(page, lambda: abs(centre(page)[1] - 113.12) < 0.001)
    page.keyboard.press("v")
    page.get_by_role("textbox", name="Name of a new view").fill("North gate")
    page.get_by_role("button", name="Save", exact=True).click()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    until(page, lambda: abs(centre(page)[1] - 113.12) > 0.005)
    page.reload()
    until(page, lambda: len(drawn(page)) > 0)
    page.keyboard.press("2")
    until(page, lambda: abs(centre(page)[0] - 28.21) < 0.001 and abs(centre(page)[1] - 113.12) < 0.001)


def test_all_units_are_shown(page: Page) -> None:
    search(page, "28.2100, 113.1200")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1000)
    page.keyboard.press("a")
    box = page.get_by_test_id("map").bounding_box()
    assert box is not None
    width, height = box["width"], box["height"]

    def all_inside() -> bool:
        found = drawn(page)
        inside = [0 <= at["x"] <= width and 0 <= at["y"] <= height for at in found.values()]
        return len(inside) >= 119 and all(inside)

    until(page, all_inside)


def test_full_screen_by_key(page: Page) -> None:
    page.keyboard.press("f")
    until(page, lambda: page.evaluate("document.fullscreenElement !== null"))
    page.keyboard.press("f")
    until(page, lambda: page.evaluate("document.fullscreenElement === null"))


def test_the_keys_are_told(page: Page) -> None:
    page.keyboard.press("?")
    told = page.get_by_role("dialog", name="Keyboard")
    for words in ("Find a place or coordinates", "Full screen", "Show all units", "Play or pause"):
        expect(told).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(told).to_have_count(0)


def test_the_toolbar_works_by_keyboard_alone(page: Page) -> None:
    toolbar = page.get_by_role("toolbar", name="Map tools")
    toolbar.get_by_role("button").first.focus()
    page.keyboard.press("ArrowDown")
    expect(toolbar.get_by_role("button", name="Layers and legend")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Layers and legend")).to_be_visible()
    page.keyboard.press("Escape")
    expect(toolbar.get_by_role("button", name="Layers and legend")).to_be_focused()


def test_coordinates_are_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    latitude, longitude = centre(page)
    page.keyboard.press("c")
    expect(page.get_by_test_id("said")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert [float(part) for part in copied.split(",")] == pytest.approx([latitude, longitude], abs=1e-5)
