"""From a tiny extract through the real tilemaker to tiles, decoded again: what is where, with which attributes."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from shapely.geometry import LineString, Point

from backend.geo.tiles import TileArchive
from tests.tiles.town import Drawing, Feature, at, decode, features, tiles_at, write_town
from tiles import build as building
from tiles import tilemaking
from tiles.build import Order, build
from tiles.failure import CannotBuild

if shutil.which("tilemaker") is None:
    pytest.skip("tilemaker is not installed", allow_module_level=True)

NEAR = 2e-5  # degrees, about two metres: the grain of a tile of zoom 14
LAYERS = {"water", "landuse", "building", "road", "rail", "address", "poi", "place"}


def quiet(words: str) -> None:
    """Says nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built town."""
    source = tmp_path_factory.mktemp("town")
    build(Order(write_town(source), source / "built", areas=source / "areas.geojson"), quiet)
    return source / "built"


@pytest.fixture(scope="module")
def archive(folder: Path) -> TileArchive:
    """Its tiles."""
    return TileArchive(folder / "tiles.pmtiles")


def named(archive: TileArchive, zoom: int, layer: str, name: str) -> list[Feature]:
    return [one for one in features(archive, zoom, layer) if one.properties.get("name") == name]


# What is where


def test_layers_are_those_of_the_contract(archive: TileArchive) -> None:
    found = {layer for x, y in tiles_at(archive, 14) for layer in decode(archive, 14, x, y)}
    assert found == LAYERS, "and a border is no layer"
    assert (archive.minzoom, archive.maxzoom) == (6, 14)


def test_no_tile_is_empty(archive: TileArchive) -> None:
    for zoom in range(6, 15):
        assert all(decode(archive, zoom, x, y) for x, y in tiles_at(archive, zoom))
        assert tiles_at(archive, zoom)


def test_roads_have_class_direction_and_structure(archive: TileArchive) -> None:
    main = named(archive, 14, "road", "人民路")
    bridges = [one for one in main if one.properties.get("bridge") == 1]
    assert bridges
    assert all(one.shape.within(LineString([at(-4, 0), at(0, 0)]).buffer(NEAR)) for one in bridges)
    assert all(one.properties["layer"] == 1 for one in bridges)
    assert {one.properties["class"] for one in main} == {"primary"}
    assert all("oneway" not in one.properties and "link" not in one.properties for one in main)
    assert {one.properties["name_en"] for one in main if "name_en" in one.properties} == {"Renmin Road"}
    assert {one.properties["ref"] for one in main if "ref" in one.properties} == {"S1"}
    forward, backward = named(archive, 14, "road", "解放路"), named(archive, 14, "road", "和平路")
    assert {(one.properties["class"], one.properties["oneway"]) for one in forward} == {("secondary", 1)}
    assert {(one.properties["class"], one.properties["oneway"]) for one in backward} == {("minor", -1)}
    line = LineString([at(0, -10), at(0, 10)])
    assert all(one.shape.within(line.buffer(NEAR)) for one in forward)
    assert sum(one.shape.length for one in forward) >= line.length * 0.99
    (path,) = [one for one in features(archive, 14, "road") if one.properties["class"] == "path"]
    assert path.properties["tunnel"] == 1


def test_a_ramp_is_of_its_motorways_class_and_says_that_it_is_one(archive: TileArchive) -> None:
    ramps = [one for one in features(archive, 14, "road") if one.properties.get("link") == 1]
    assert ramps
    assert {one.properties["class"] for one in ramps} == {"motorway"}
    assert all(one.shape.within(LineString([at(-5, 10), at(-4, 0)]).buffer(NEAR)) for one in ramps)
    motorway = named(archive, 14, "road", "北环高速")
    assert {(one.properties["class"], one.properties["oneway"]) for one in motorway} == {("motorway", 1)}


def test_what_is_far_away_is_only_what_matters_there(archive: TileArchive) -> None:
    def classes(zoom: int) -> set[str]:
        return {one.properties["class"] for one in features(archive, zoom, "road")}

    assert classes(7) == {"motorway"}
    assert classes(8) == {"motorway", "primary"}
    assert "minor" not in classes(11)
    assert {"motorway", "primary", "secondary", "minor"} == classes(12)
    assert not any("name" in one.properties for one in features(archive, 9, "road")), "names where they have room"
    assert named(archive, 11, "road", "人民路")
    assert [one.properties["name"] for one in features(archive, 6, "place")] == ["试城"]
    assert not list(features(archive, 12, "building"))
    assert [one.properties["kind"] for one in features(archive, 12, "poi")] == ["hospital"]
    assert not list(features(archive, 13, "address"))


def test_rails(archive: TileArchive) -> None:
    (train,) = {(one.properties["kind"], one.properties["bridge"]) for one in named(archive, 14, "rail", "试城铁路")}
    (metro,) = {one.properties["kind"] for one in named(archive, 14, "rail", "地铁1号线")}
    assert (train, metro) == (("rail", 1), "subway")


def test_a_building_stands_where_it_is_with_its_height_and_number(archive: TileArchive) -> None:
    (house,) = named(archive, 14, "building", "明珠大厦")
    assert house.properties["height"] == 15
    assert house.shape.symmetric_difference(Point(at(1.5, 1.5)).buffer(0.0005, cap_style="square")).area < NEAR * 0.004
    (number,) = features(archive, 14, "address")
    assert number.properties == {"no": "12"}
    assert number.shape.distance(Point(at(1.5, 1.5))) < NEAR


def test_points_have_class_kind_and_rank(archive: TileArchive) -> None:
    found = {one.properties["name"]: one for one in features(archive, 14, "poi")}
    said = {name: tuple(one.properties[key] for key in ("class", "kind", "rank")) for name, one in found.items()}
    assert said == {
        "试城医院": ("health", "hospital", 1),
        "人民路口": ("transit", "bus_stop", 5),
        "人民广场站": ("transit", "subway_station", 2),
        "小卖部": ("shop", "convenience", 5),
        "第一小学": ("education", "school", 2),
    }
    assert found["试城医院"].properties["name_en"] == "Testville Hospital"
    assert found["试城医院"].shape.distance(Point(at(3, 1))) < NEAR
    assert found["第一小学"].shape.distance(Point(at(7, 1.5))) < NEAR


def test_a_lake_has_its_island(archive: TileArchive) -> None:
    lake = named(archive, 14, "water", "月湖")
    assert {one.properties["kind"] for one in lake} == {"lake"}
    assert any(one.shape.contains(Point(at(-5, -7))) for one in lake)
    assert not any(one.shape.contains(Point(at(-3.5, -7))) for one in lake)


def test_use_of_land(archive: TileArchive) -> None:
    def kinds(east: float, north: float) -> set[str]:
        place = Point(at(east, north))
        return {one.properties["kind"] for one in features(archive, 14, "landuse") if one.shape.contains(place)}

    assert (kinds(-7, 2), kinds(-7, 5), kinds(7, 1.5), kinds(0, 5)) == ({"oldtown"}, {"urban"}, {"school"}, set())
    (estate,) = named(archive, 14, "place", "老街坊")
    assert (estate.properties["kind"], estate.properties["rank"]) == ("neighbourhood", 6)


def test_the_manifest_says_what_the_page_needs(folder: Path) -> None:
    said = json.loads((folder / "manifest.json").read_text())
    assert (said["format"], said["name"], said["name_en"], said["coastal"]) == (1, "试城", "Testville", False)
    assert said["bounds"] == pytest.approx([*at(-10, -10), *at(10, 10)])
    assert said["centre"] == pytest.approx(at(0, 0))
    assert 12 < said["zoom"] <= 14
    assert (said["minzoom"], said["maxzoom"]) == (6, 14)
    assert said["attribution"] == "© OpenStreetMap contributors"
    assert set("试城医院人民路口月湖号线东西中队区") <= set(said["characters"])
    assert not any(sign.isascii() for sign in said["characters"])
    assert len(set(said["characters"])) == len(said["characters"])
    assert sorted(file.name for file in folder.iterdir()) == [
        "areas.geojson",
        "manifest.json",
        "names.sqlite",
        "roads.msgpack",
        "tiles.pmtiles",
    ]


GLOBALS = """
local current, draw_node, draw_way
local names = "Find Holds IsClosed Layer LayerAsCentroid MinZoom Attribute AttributeNumeric"
for name in names:gmatch("%S+") do
  _G[name] = function(...) return current[name](current, ...) end
end
dofile("{process}")
draw_node, draw_way = node_function, way_function
function node_function(object) current = object; draw_node() end
function way_function(object) current = object; draw_way() end
"""


def test_the_rules_run_as_tilemaker_3_calls_them(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its functions are globals, and it passes no object: told here by a script around ours, for tilemaker 2."""
    script = tmp_path / "globals.lua"
    script.write_text(GLOBALS.format(process=tilemaking.PROCESS))
    monkeypatch.setattr(tilemaking, "PROCESS", script)
    build(Order(folder.parent / "town.osm.pbf", tmp_path / "out"), quiet)
    theirs, ours = TileArchive(tmp_path / "out" / "tiles.pmtiles"), TileArchive(folder / "tiles.pmtiles")
    for zoom in (6, 12, 14):
        assert contents(theirs, zoom) == contents(ours, zoom) != []


def contents(archive: TileArchive, zoom: int) -> list[str]:
    """What is in the tiles of a zoom; in which order is tilemaker's chance, and below 14 also how lines are joined."""
    return sorted(
        f"{layer} {sorted(one.properties.items())} {one.shape.wkt if zoom == 14 else ''}"
        for layer in LAYERS
        for one in features(archive, zoom, layer)
    )


# When it is built


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """An order for a village, which is quick."""
    village = Drawing()
    village.way([at(0, 0), at(1, 0)], highway="primary", name="村道")
    village.write(tmp_path / "village.osm.pbf")
    return Order(tmp_path / "village.osm.pbf", tmp_path / "built")


@pytest.fixture
def words() -> list[str]:
    """What the build says."""
    return []


def test_what_is_there_is_not_built_again(order: Order, words: list[str]) -> None:
    assert build(order, words.append)
    assert any(line.startswith("vector tiles (tilemaker): ") and line.endswith(" s") for line in words)
    moment = (order.out / "manifest.json").stat().st_mtime_ns
    assert not build(order, words.append)
    assert words[-1].endswith("is up to date")
    assert (order.out / "manifest.json").stat().st_mtime_ns == moment
    assert build(order, words.append, force=True)
    assert (order.out / "manifest.json").stat().st_mtime_ns > moment
    renamed = Order(order.pbf, order.out, name="村")
    assert build(renamed, words.append)
    assert json.loads((order.out / "manifest.json").read_text())["name"] == "村"


def test_a_changed_extract_is_built(order: Order) -> None:
    build(order, quiet)
    before = building.digest_of(order)
    more = Drawing()
    more.way([at(0, 0), at(2, 0)], highway="primary", name="新村道")
    more.write(order.pbf)
    assert building.digest_of(order) != before
    assert build(order, quiet)


def test_an_extract_in_the_folder_itself_stays_there(order: Order) -> None:
    order.out.mkdir()
    inside = order.pbf.rename(order.out / order.pbf.name)
    assert build(Order(inside, order.out), quiet)
    assert inside.is_file()
    assert not build(Order(inside, order.out), quiet)


def test_two_builds_at_once_are_one(order: Order) -> None:
    built: list[bool] = []
    threads = [threading.Thread(target=lambda: built.append(build(order, quiet))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(built) == [False, True]
    assert TileArchive(order.out / "tiles.pmtiles").get(14, *_only_tile(order.out))


def _only_tile(folder: Path) -> tuple[int, int]:
    return tiles_at(TileArchive(folder / "tiles.pmtiles"), 14)[0]


# What goes wrong


def assert_fails(order: Order, *words: str) -> None:
    with pytest.raises(CannotBuild) as caught:
        build(order, quiet)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_no_such_file(tmp_path: Path) -> None:
    assert_fails(Order(tmp_path / "none.osm.pbf", tmp_path / "out"), "none.osm.pbf", "no such file")


@pytest.mark.parametrize("content", [b"", b"nothing of the kind" * 100, b'{"type": "FeatureCollection"}'])
def test_not_an_extract(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "town.osm.pbf"
    file.write_bytes(content)
    assert_fails(Order(file, tmp_path / "out"), str(file), "expected an OSM extract")


def test_nothing_in_it(tmp_path: Path) -> None:
    empty = Drawing()
    empty.node(at(0, 0))
    assert_fails(Order(empty.write(tmp_path / "empty.osm.pbf"), tmp_path / "out"), "nothing is in it")


def test_no_road_in_it(tmp_path: Path) -> None:
    desert = Drawing()
    desert.area(-1, -1, 1, 1, natural="sand")
    assert_fails(Order(desert.write(tmp_path / "desert.osm.pbf"), tmp_path / "out"), "holds no road")
    assert not (tmp_path / "out").exists()


def test_no_tilemaker(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert_fails(order, "apt-get install tilemaker")


def test_a_failure_of_tilemaker_shows_its_words_and_leaves_the_old_ground(
    order: Order, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build(order, quiet)
    before = {file.name: file.read_bytes() for file in order.out.iterdir()}
    broken = tmp_path / "broken.lua"
    broken.write_text("function way_function(way) this is no Lua end")
    for module in (tilemaking, building):
        monkeypatch.setattr(module, "PROCESS", broken)
    assert_fails(order, "tilemaker failed", "broken.lua")
    assert {file.name: file.read_bytes() for file in order.out.iterdir()} == before
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith((".new", ".old"))] == []


@pytest.fixture
def cut(order: Order) -> Iterator[None]:
    """A build that was killed between its last two moves: the old ground is aside, the new one not yet there."""
    build(order, quiet)
    order.out.rename(order.out.with_name(".built.old"))
    (order.out.with_name(".built.new")).mkdir()
    yield
    assert not order.out.with_name(".built.old").exists()


@pytest.mark.usefixtures("cut")
def test_a_build_that_was_cut_leaves_the_old_ground(order: Order) -> None:
    assert not build(order, quiet)
    assert (order.out / "manifest.json").is_file()


def test_areas_are_checked(order: Order, tmp_path: Path) -> None:
    areas = tmp_path / "areas.geojson"
    ordered = Order(order.pbf, order.out, areas=areas)
    areas.write_text("{}")
    assert_fails(ordered, str(areas), "expected a GeoJSON FeatureCollection")
    point = {"type": "Point", "coordinates": [113, 28]}
    good = {"kind": "district", "code": "1", "name": "区"}
    for properties, geometry, reason in (
        (good, point, "got Point of kind district"),
        ({"kind": "district", "code": "1"}, point, "feature 0: expected properties kind, code and name"),
        (good, None, "feature 0"),
    ):
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        areas.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        assert_fails(ordered, reason)
