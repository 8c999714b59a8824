"""Story: a real GPS receiver moves on a live page. NMEA → gpsd → ingest → bus → web → Chromium, and → PostGIS."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from backend.bus.record import SIZE, Record, unpack
from backend.geo.cells import cell_of, distance_m
from backend.live.frames import HEADER
from tests.e2e.browser import chromium, until, wall_page
from tests.paths.receiver import Said, rebase, replaying, said
from tests.paths.system import System, running_system, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

LOG = Path(__file__).parent.parent / "avl" / "fixtures" / "nmea" / "drive.nmea"
ENOUGH = 5  # seconds of the drive that must have come through


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    assert shutil.which("gpsd", path="/usr/sbin:/usr/bin"), "install gpsd and gpsd-clients: scripts/setup test"
    with running_system() as running:
        yield running


@pytest.fixture(scope="module")
def unit(system: System) -> int:
    """A command car, added by the program's own commands."""
    city = system.run("node", "add", "市局", "--kind", "city")
    district = system.run("node", "add", "江东区局", "--kind", "district", "--parent", city)
    squad = system.run("node", "add", "一中队", "--kind", "squad", "--parent", district)
    return int(system.run("unit", "add", "C001", "--squad", squad, "--kind", "command", "--name", "指挥车"))


def test_a_real_receiver_moves_on_the_page_and_into_the_table(system: System, unit: int, tmp_path: Path) -> None:
    log = rebase(LOG.read_text(), datetime.now(UTC).replace(microsecond=0))
    expected = said(log)
    frames: list[bytes] = []
    with replaying(log, tmp_path) as port, chromium() as browser:
        system.run("device", "add", "gps-1", "--unit", "C001", "--protocol", "gpsd", "--address", f"127.0.0.1:{port}")
        with wall_page(browser, system.url, system.cookies) as page:
            page.on("websocket", lambda socket: socket.on("framereceived", lambda data: keep(frames, data)))
            page.reload()  # so that the socket is opened before our eyes
            assert "key=" not in page.url
            until(page, lambda: page.evaluate(f"window.__liandong?.positions()[{unit}] !== undefined"))
            until(page, lambda: len(by_time(frames, unit)) >= ENOUGH)
            shown = page.evaluate(f"window.__liandong.positions()[{unit}]")

    received = by_time(frames, unit)
    assert len(received) >= ENOUGH, "the page's own socket brought the drive"
    for moment, record in received.items():
        agrees(expected[moment], record.longitude, record.latitude, record.speed, record.heading)
    agrees(expected[shown["time"]], shown["longitude"], shown["latitude"], shown["speed"], shown["heading"])

    rows = wait_until(lambda: rows_of(system, unit, min(received), max(received)), what="rows")
    assert set(received) <= set(rows), "every second that was shown is stored"
    for moment, (longitude, latitude, speed, heading, cell) in rows.items():
        agrees(expected[moment], longitude, latitude, speed, heading)
        assert cell == cell_of(longitude, latitude)
    line = system.equation("gpsd")
    assert line["received"] == line["stored"] + line["repeat"] + sum(line["rejected"].values()) + line["pending"]


def keep(frames: list[bytes], data: str | bytes) -> None:
    if isinstance(data, bytes):
        frames.append(data)


def by_time(frames: list[bytes], unit: int) -> dict[int, Record]:
    """The unit's records in these frames, by time of fix (ms)."""
    found = {}
    for data in frames:
        count = HEADER.unpack_from(data)[3]
        for start in range(HEADER.size, HEADER.size + count * SIZE, SIZE):
            record = unpack(data[start : start + SIZE])
            if record.unit == unit:
                found[record.time] = record
    return found


def rows_of(system: System, unit: int, first: int, last: int) -> dict[int, tuple[float, float, float, float, int]]:
    """The unit's rows between two times (ms); empty until the last one is there."""
    with psycopg.connect(system.connections().database_url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "SELECT (extract(epoch FROM fixed_at) * 1000)::bigint, ST_X(place), ST_Y(place), speed, heading, cell "
            "FROM fix WHERE unit = %s AND fixed_at BETWEEN to_timestamp(%s / 1000.0) AND to_timestamp(%s / 1000.0)",
            (unit, first, last),
        ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    return found if last in found else {}


def agrees(expected: Said, longitude: float, latitude: float, speed: float | None, heading: float | None) -> None:
    """Place within 1 m, speed within 0.1 m/s, heading within 0.5° of what the log says."""
    assert distance_m(expected.longitude, expected.latitude, longitude, latitude) < 1
    assert speed == pytest.approx(expected.speed, abs=0.1)
    assert heading == pytest.approx(expected.heading, abs=0.5)
