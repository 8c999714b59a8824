"""Files of an operator, read from the disk and written into a real store: all of them, or nothing."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.clock import utc_now
from backend.db.engine import Database
from backend.errors import BadInput
from backend.identity.areas import bodies_at, present_areas, versions_of
from backend.identity.importing.files import read_rows, srid_of
from backend.identity.importing.row import Findings
from backend.identity.importing.store import Imported, import_rows
from backend.identity.registry import read_organisation
from backend.identity.tables import Area, Camera, Node, Person, Seat, Unit, Vehicle
from tests.conftest import TestDatabase

BODIES = """what,code,name,name_en,kind,parent
body,320900,盐城市城管局,Yancheng Bureau,city,
body,320902-1,新城中队,Xincheng Squad,squad,320902
body,320902,亭湖分局,Tinghu Bureau,district,320900
unit,新城-01,一号车,Car 1,car,320902-1
"""
BELONGINGS = """what,code,name,kind,parent,unit,longitude,latitude,heading,phone
seat,8001,1 号座席,,320900,,,,,
vehicle,苏J·12345,,car,320902-1,新城-01,,,,
camera,cam-1,建军路口,,320902,,120.15,33.38,90,
person,wang.li,王丽,,320902-1,,,,,13812345678
"""


def square(west: float, south: float, side: float) -> dict[str, Any]:
    east, north = west + side, south + side
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def feature(code: str, geometry: dict[str, Any] | None, **properties: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code, **properties}, "geometry": geometry}


def collection(*features: dict[str, Any], crs: str | None = "urn:ogc:def:crs:EPSG::4490") -> str:
    named = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in features)
    return (
        f'{{"type": "FeatureCollection", {json.dumps(named)[1:-1]}{"," if named else ""}\n"features": [\n{lines}\n]}}'
    )


@pytest.fixture
async def store(database: TestDatabase) -> AsyncIterator[Database]:
    one = Database(database.application_url)
    yield one
    async with one.transaction() as session:
        for table in (Vehicle, Camera, Seat, Person, Area, Unit):
            await session.execute(table.__table__.delete())  # type: ignore[attr-defined]
        for kind in ("squad", "district", "city"):
            await session.execute(Node.__table__.delete().where(Node.kind == kind))  # type: ignore[attr-defined]
    await one.close()


async def imported(store: Database, folder: Path, crs: str | None = None, **files: str | bytes) -> Imported:
    """Files by name (`bodies_csv` is `bodies.csv`), in this order, in one import."""
    paths = []
    for name, content in files.items():
        path = folder / name.replace("_", ".")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        paths.append(path)
    findings = Findings()
    rows = read_rows(paths, crs, findings)
    async with store.transaction() as session:
        return await import_rows(session, rows, "test", None, findings)


async def count(store: Database) -> dict[str, int]:
    async with store.snapshot() as session:
        tables = (Node, Unit, Seat, Vehicle, Camera, Person, Area)
        return {one.__tablename__: await session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


async def test_a_city_comes_in_and_a_second_time_nothing_changes(store: Database, tmp_path: Path) -> None:
    areas = collection(feature("320902", square(120.1, 33.3, 0.2)), feature("320902-1", square(120.12, 33.35, 0.05)))
    files = {"bodies_csv": BODIES, "areas_geojson": areas, "more_csv": BELONGINGS}
    first = await imported(store, tmp_path, "EPSG:4326", **files)
    assert dict(first.added) == {"body": 3, "unit": 1, "seat": 1, "vehicle": 1, "camera": 1, "person": 1, "area": 2}
    assert not first.warnings
    async with store.snapshot() as session:
        organisation = await read_organisation(session, 1)
        by_code = {body.code: body for body in organisation.bodies.values()}
        squad, district = by_code["320902-1"], by_code["320902"]
        (unit,) = organisation.units.values()
        assert (unit.call_sign, unit.squad, unit.district) == ("新城-01", squad.id, district.id)
        assert await bodies_at(session, 120.14, 33.37) == {squad.id, district.id}
        assert await bodies_at(session, 120.2, 33.31) == {district.id}
        assert await bodies_at(session, 120.2, 33.9) == frozenset()
        vehicle = (await session.scalars(select(Vehicle))).one()
        assert (vehicle.plate, vehicle.unit) == ("苏J·12345", unit.number)
    again = await imported(store, tmp_path, "EPSG:4326", **files)
    assert (again.added["body"], again.changed["body"], again.added["area"]) == (0, 0, 0)
    assert await count(store) == {"node": 3, "unit": 1, "seat": 1, "vehicle": 1, "camera": 1, "person": 1, "area": 2}


async def test_a_new_border_makes_a_version_and_the_old_one_stays_known(store: Database, tmp_path: Path) -> None:
    await imported(
        store, tmp_path, bodies_csv=BODIES, a_geojson=collection(feature("320902", square(120.1, 33.3, 0.2)))
    )
    before = utc_now()
    await imported(store, tmp_path, b_geojson=collection(feature("320902", square(120.1, 33.3, 0.1))))
    async with store.snapshot() as session:
        district = (await session.scalars(select(Node.id).where(Node.code == "320902"))).one()
        new, old = await versions_of(session, district)
        assert (new["until"], old["until"]) == (None, new["since"])
        assert old["square_metres"] == pytest.approx(4 * new["square_metres"], rel=0.01)
        assert await bodies_at(session, 120.25, 33.45) == frozenset()
        assert await bodies_at(session, 120.25, 33.45, before) == {district}
        assert len(await present_areas(session, before)) == 1


async def test_projected_metres_become_degrees(store: Database, tmp_path: Path) -> None:
    """CGCS2000, 3-degree Gauss-Kruger zone of 120° E (EPSG:4549): x is 500 km east of the meridian."""
    metres = square(520_000, 3_700_000, 10_000)
    area = collection(feature("320902", metres), crs="EPSG:4549")
    await imported(store, tmp_path, bodies_csv=BODIES, areas_geojson=area)
    async with store.snapshot() as session:
        (found,) = await present_areas(session, utc_now())
        longitude, latitude = found["geometry"]["coordinates"][0][0][0]
        # 20 km east of 120° E and 3 700 km from the equator along the meridian.
        assert (longitude, latitude) == (pytest.approx(120.2153, abs=1e-3), pytest.approx(33.4245, abs=2e-3))
        (version,) = await versions_of(session, found["properties"]["body"])
        assert version["square_metres"] == pytest.approx(100e6, rel=1e-3)


async def test_neighbours_that_overlap_are_told_and_imported(store: Database, tmp_path: Path) -> None:
    bodies = BODIES + "body,320902-2,毓龙中队,,squad,320902\n"
    areas = collection(feature("320902-1", square(120.1, 33.3, 0.1)), feature("320902-2", square(120.19, 33.3, 0.1)))
    done = await imported(store, tmp_path, bodies_csv=bodies, areas_geojson=areas)
    assert done.added["area"] == 2
    assert "areas.geojson:3: note: 320902-1 and 毓龙中队 have 10.3" in "\n".join(done.warnings)


async def test_what_excel_saves_in_china_is_read(store: Database, tmp_path: Path) -> None:
    await imported(store, tmp_path, bodies_csv=BODIES.replace("\n", "\r\n").encode("gb18030"))
    async with store.snapshot() as session:
        assert "盐城市城管局" in list(await session.scalars(select(Node.name)))


async def test_a_body_without_a_code_is_known_by_its_name(store: Database, tmp_path: Path) -> None:
    async with store.transaction() as session:
        session.add(Node(parent=None, kind="city", name="盐城市城管局"))
    done = await imported(store, tmp_path, bodies_csv=BODIES)
    assert (done.added["body"], done.changed["body"]) == (2, 1)


async def test_the_bureau_of_the_first_start_becomes_the_citys(store: Database, tmp_path: Path) -> None:
    async with store.transaction() as session:
        session.add(Node(parent=None, kind="city", name="城市管理执法局"))
    done = await imported(store, tmp_path, bodies_csv=BODIES)
    assert (done.added["body"], done.changed["body"]) == (2, 1)
    async with store.snapshot() as session:
        roots = list(await session.scalars(select(Node).where(Node.parent.is_(None))))
    assert [(root.name, root.code) for root in roots] == [("盐城市城管局", "320900")]


async def test_what_stands_beneath_a_wrong_row_is_not_called_wrong_as_well(store: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        await imported(store, tmp_path, bodies_csv=BODIES.replace(",district,320900", ",district,nobody"))
    assert [line.split(":")[1] for line in refused.value.detail.splitlines()[:-1]] == ["4"]


CROSSED = {
    "type": "Polygon",
    "coordinates": [[[120.0, 33.0], [120.2, 33.2], [120.2, 33.0], [120.0, 33.2], [120.0, 33.0]]],
}
WRONG = [
    ("body,1,甲,,city,\nbody,2,乙,,squad,9\n", None, "bodies.csv:7: there is no body '9' to be its parent"),
    ("body,1,甲,,planet,\n", None, "bodies.csv:6: expected kind to be one of city, district"),
    ("robot,1,甲,,,\n", None, "bodies.csv:6: expected what to be one of body, unit, seat, vehicle, camera, person"),
    ("body,320902,甲,,district,320900\n", None, "bodies.csv:6: body 320902 stands at bodies.csv:4 already"),
    ("body,7,甲,,district,8\nbody,8,乙,,district,7\n", None, "bodies.csv:6: 7 stands above itself, by way of 8"),
    ("body,7,亭湖分局,,district,320900\n", None, "亭湖分局 stands under the same body already, with the code 320902"),
    ("body,7,甲,,city,\n", None, "bodies.csv:6: 7 needs a parent: another body stands at the top"),
    ("unit,u,甲,,tank,320902\n", None, "bodies.csv:6: expected kind to be one of car, e_bike"),
    ("seat,,甲,,,320902\n", None, "bodies.csv:6: a seat needs code"),
    ("camera,c,甲,,,320902\n", None, "bodies.csv:6: a camera needs longitude and latitude, or a Point"),
    ("person,W W,甲,,,320902\n", None, "bodies.csv:6: bad log-in name"),
    ("body,1,甲,,city,,,\n", None, "bodies.csv:6: 6 columns are named, but here are 8 values"),
    ("", collection(feature("320902", CROSSED)), "areas.geojson:3: expected a valid Polygon or MultiPolygon"),
    ("", collection(feature("320902", CROSSED)), "self-intersection at 120.1 33.1"),
    ("", collection(feature("x", square(120, 33, 0.1))), "there is no body 'x' that this could be the area of"),
    ("", collection(feature("320902", square(500_000, 3e6, 9))), "no degrees"),
    ("", collection(feature("320902", square(120, 33, 9))), "km² is more than any city has"),
    ("", collection(feature("320902", square(120, 33, 0.1)), crs=None), "no coordinate system is named: say --crs"),
    ("", collection(feature("320902", square(120, 33, 0.1)), crs="GCJ-02"), "by its EPSG number, such as EPSG:4490"),
    ("", collection(feature("320902", square(120, 33, 0.1)), crs="EPSG:999999"), "EPSG:999999 is not known"),
    ("", collection(feature("320902", {"type": "Polygon", "coordinates": [[1]]})), "areas.geojson:3: expected a valid"),
    ("", collection(feature("320902", {"type": "Point", "coordinates": [120, 33]})), "got a Point"),
    ("", '{"type": "FeatureCollection",\n"features": [}', "areas.geojson:2: this is no JSON"),
    ("", '{"type": "Feature"}', "areas.geojson:1: expected a GeoJSON FeatureCollection"),
]


@pytest.mark.parametrize(("more", "areas", "words"), WRONG)
async def test_a_mistake_is_named_by_line_and_nothing_comes_in(
    store: Database, tmp_path: Path, more: str, areas: str | None, words: str
) -> None:
    files = {"bodies_csv": BODIES + more} | ({"areas_geojson": areas} if areas else {})
    with pytest.raises(BadInput) as refused:
        await imported(store, tmp_path, None, **files)
    assert words in refused.value.detail
    assert set((await count(store)).values()) == {0}


async def test_all_mistakes_of_a_kind_are_told_at_once(store: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        await imported(store, tmp_path, bodies_csv=BODIES + "seat,,a,,,1\nunit,u,b,,tank,1\n")
    assert [line.split(" ")[0] for line in refused.value.detail.splitlines()] == [
        "bodies.csv:6:",
        "bodies.csv:7:",
        "nothing",
    ]


async def test_a_file_that_is_not_there_and_one_that_is_no_text(store: Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_rows([tmp_path / "none.csv"], None, Findings())
    with pytest.raises(BadInput, match="expected text in UTF-8 or GB 18030"):
        await imported(store, tmp_path, bodies_csv=b"what,code\n\xff\xff\xff")


@pytest.mark.parametrize(
    ("name", "srid"),
    [
        ("EPSG:4490", 4490),
        ("urn:ogc:def:crs:EPSG::4549", 4549),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
        ("epsg:4326", 4326),
        ("GCJ-02", None),
        ("EPSG:", None),
    ],
)
def test_names_of_coordinate_systems(name: str, srid: int | None) -> None:
    assert srid_of(name) == srid
