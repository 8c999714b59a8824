"""`make bench-position`: what a position costs, from a device's socket to the store and to the viewers.

All socket figures at 5 frames/s, each unit reporting every 10 s. A viewer's CPU is (CPU of `web` with viewers −
without) ÷ viewers. `LIANDONG_BENCH_SECONDS` sets the length of each measurement (10).
"""

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h3.api.basic_int as h3
import psycopg

from backend.avl import passage, pipeline
from backend.avl.batch import Batch, Counts, encode
from backend.avl.messages import Fix, Login
from backend.avl.protocols import PROTOCOLS
from backend.bus.subjects import Address, position_subject
from backend.clock import now_ms
from backend.geo.cells import moved
from backend.identity.devices import token_hash
from backend.identity.registry import KnownDevice, KnownUnit
from bench.results import merge, table
from tests.live.client import cells_in_view
from tests.paths.system import System, free_port, running_system, wait_until

SECONDS = float(os.environ.get("LIANDONG_BENCH_SECONDS", "10"))
WARM_S = 3.0
VIEWERS = 200
REPORT_EVERY_S = 10.0
CENTRE = (113.10, 28.20)
TOKEN = "benchbenchbenchbenchbench"
COLUMNS, ROWS = 5, 4  # the twenty parts of the city
PART_KM = 4.0


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the sorted values lies."""
    return values[min(len(values) - 1, int(len(values) * share))]


@dataclass(frozen=True)
class City:
    """Units as (identifier-token, longitude, latitude), and the views of the whole city and of its twenty parts."""

    units: list[tuple[str, float, float]]
    whole: dict[str, Any]
    parts: list[dict[str, Any]]


def look_at(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """A view in degrees as the socket wants it."""
    resolution, cells = cells_in_view(west, south, east, north)
    return {"resolution": resolution, "cells": [h3.int_to_str(cell) for cell in cells]}


def lay_out(count: int) -> City:
    """Units in twenty equal clusters, each in the middle of a twentieth of the city."""
    spots, parts = [], []
    for column, row in itertools.product(range(COLUMNS), range(ROWS)):
        east, _ = moved(*CENTRE, 90, (column - (COLUMNS - 1) / 2) * PART_KM * 1000)
        _, north = moved(*CENTRE, 0, (row - (ROWS - 1) / 2) * PART_KM * 1000)
        spots.append((east, north))
        side_east, _ = moved(east, north, 90, 800)
        _, side_north = moved(east, north, 0, 800)
        parts.append(look_at(2 * east - side_east, 2 * north - side_north, side_east, side_north))
    units = []
    for index in range(count):
        east, north = spots[index % len(spots)]
        longitude, latitude = moved(east, north, index * 137.5 % 360, 700 * ((index * 0.618) % 1) ** 0.5)
        units.append((f"b{index}-{TOKEN}", longitude, latitude))
    edge_east, _ = moved(*CENTRE, 90, COLUMNS * PART_KM * 500)
    _, edge_north = moved(*CENTRE, 0, ROWS * PART_KM * 500)
    whole = look_at(2 * CENTRE[0] - edge_east, 2 * CENTRE[1] - edge_north, edge_east, edge_north)
    return City(units, whole, parts)


def register(
    system: System, count: int, protocol: str = "osmand", identifier: str = "'b' || n", token: str = TOKEN
) -> None:
    """Put units and devices into the store, in four districts of four squads; `identifier` is SQL of the number n."""
    with psycopg.connect(system.connections().database_url.replace("+psycopg", "")) as connection:
        connection.execute("INSERT INTO node (kind, name) VALUES ('city', 'bench')")
        connection.execute(
            "INSERT INTO node (parent, kind, name) SELECT id, 'district', 'd' || n FROM node, generate_series(1, 4) n"
        )
        connection.execute(
            "INSERT INTO node (parent, kind, name) SELECT id, 'squad', 's' || n FROM node, generate_series(1, 4) n "
            "WHERE kind = 'district'"
        )
        connection.execute(
            "INSERT INTO unit (squad, call_sign, kind, name) SELECT (SELECT id FROM node WHERE kind = 'squad' "
            f"ORDER BY id OFFSET n / 20 %% 16 LIMIT 1), {identifier}, 'car', 'b' || n FROM generate_series(0, %s) n",
            (count - 1,),
        )
        connection.execute(
            "INSERT INTO device (identifier, unit, protocol, token_hash) SELECT call_sign, number, %s, %s FROM unit",
            (protocol, token_hash(token)),
        )
    wait_until(lambda: system.health()["parts"], what="health")
    time.sleep(4)  # every process has seen the new version


class Load:
    """Devices that report in the background."""

    def __init__(
        self, system: System, units: list[tuple[str, float, float]], connections: int, interval: float, seconds: float
    ) -> None:
        plan = {"units": units, "connections": connections, "interval": interval, "seconds": seconds}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load", str(system.osmand_port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(plan))
        self._process.stdin.close()

    def result(self) -> dict[str, Any]:
        """Wait for the end and return what was counted."""
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.read())
        self._process.wait()
        return answer

    def stop(self) -> None:
        """End it at once, and with it what was counted."""
        self._process.kill()
        self._process.wait()


def cpu_seconds(pid: int) -> float:
    """Time on a processor of all threads of a process so far, from the scheduler's own count in nanoseconds."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def cpu_over(pid: int, seconds: float) -> float:
    """Share of one core that a process takes over the next seconds."""
    before = cpu_seconds(pid)
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / seconds


def watched(url: str, cookie: str, looks: list[dict[str, Any] | None], pid: int) -> dict[str, Any]:
    """Open the viewers, and measure them and the CPU of the server over the same window."""
    plan = {"cookie": cookie, "looks": looks, "count": VIEWERS, "seconds": SECONDS, "warm": WARM_S}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.viewers", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(plan))
    process.stdin.close()
    assert process.stdout.readline().strip() == "ready"
    cpu = cpu_over(pid, SECONDS)
    seen: dict[str, Any] = json.loads(process.stdout.readline())
    process.wait()
    assert seen["failed"] == 0, "no viewer lost its connection"
    return {**seen, "cpu": cpu}


def pipeline_alone(rounds: int = 5, count: int = 20_000) -> float:
    """Fixes/s of decoding, steps, record, subject and batch in one process, without any socket or bus."""
    device = KnownDevice(1, "b", "osmand", None, b"", False, KnownUnit(1, "b", "car", "b", None, 1, 1, True))
    began = now_ms()
    requests = [
        f"GET /?id=b-{TOKEN}&timestamp={began + n}&lat={28.2 + n * 1e-6:.7f}&lon=113.1&speed=12&bearing=90 HTTP/1.1\r\n"
        "Host: x\r\n\r\n".encode()
        for n in range(count)
    ]
    speeds = []
    for _ in range(rounds):
        decoder = PROTOCOLS["osmand"].decoder()
        known = passage.Knowledge(retention_ms=90 * pipeline.DAY_MS, future_limit_ms=pipeline.DAY_MS)
        started = time.perf_counter()
        fixes = []
        for request in requests:
            for message in decoder.feed(request):
                if isinstance(message, Login | Fix) and not isinstance(message, Fix):
                    continue
                assert isinstance(message, Fix)
                one = passage.Passage(message, device, 2, now_ms())
                assert pipeline.run(one, known) is None
                stored = one.stored()
                stored.record()
                position_subject(Address(stored.district, stored.squad, stored.cell, stored.unit))
                fixes.append(stored)
                if len(fixes) == 500:
                    encode(Batch("x", 1, {"osmand": Counts(500)}, {"osmand": 500}, fixes))
                    fixes = []
        speeds.append(count / (time.perf_counter() - started))
    return statistics.median(speeds)


def durable(system: System, city: City) -> float:
    """Fixes/s acknowledged as durable when devices send as fast as they are answered."""
    result = Load(system, city.units, 256, 0, SECONDS).result()
    return float(result["acknowledged"] / result["seconds"])


def acknowledgement(system: System, city: City) -> float:
    """99th percentile of the time to the acknowledgement at 200 fixes/s, ms."""
    result = Load(system, city.units[:2000], 100, REPORT_EVERY_S, SECONDS).result()
    return percentile(result["took"], 0.99)


def socket_figures(system: System, city: City, web: int) -> tuple[dict[str, float], dict[str, float]]:
    """Whole city and twentieths at 1 000 fixes/s, and the raw limit for the whole city's bytes."""
    load = Load(system, city.units, 200, REPORT_EVERY_S, 3 * SECONDS + 3 * WARM_S + 12)
    time.sleep(WARM_S + 2)
    without = cpu_over(web, SECONDS)
    whole = watched(system.live_url, system.cookie, [city.whole], web)
    part = watched(system.live_url, system.cookie, list(city.parts), web)
    load.result()
    port = free_port()
    pace = whole["frames"] / SECONDS
    raw_server = subprocess.Popen(
        [sys.executable, "-m", "bench.raw", str(port), str(int(whole["bytes"] / whole["frames"])), str(pace)]
    )
    time.sleep(1)
    idle = cpu_over(raw_server.pid, 2)
    raw = watched(f"ws://127.0.0.1:{port}", "x=x", [None], raw_server.pid)
    raw_server.kill()
    raw_server.wait()
    ours, raws = (whole["cpu"] - without) / VIEWERS, (raw["cpu"] - idle) / VIEWERS
    figures = {
        "web_cpu_without_viewers": without,
        "web_cpu_whole": whole["cpu"],
        "web_cpu_part": part["cpu"],
        "whole_viewer_cpu": ours,
        "part_viewer_cpu": (part["cpu"] - without) / VIEWERS,
        "whole_p50_ms": percentile(whole["delays"], 0.5),
        "whole_p99_ms": percentile(whole["delays"], 0.99),
        "part_p50_ms": percentile(part["delays"], 0.5),
        "part_p99_ms": percentile(part["delays"], 0.99),
        "whole_bytes_per_s": whole["bytes"] / SECONDS,
        "part_bytes_per_s": part["bytes"] / SECONDS,
        "part_bytes_ratio": part["bytes"] / whole["bytes"],
        "raw_broadcast_ratio": raws / ours,
    }
    return figures, {"raw_viewer_cpu": raws, "raw_bytes_per_s": raw["bytes"] / SECONDS}


def viewer_cpu(system: System, units: list[tuple[str, float, float]], view: dict[str, Any], web: int) -> float:
    """CPU of `web` per viewer of one view while these units report."""
    load = Load(system, units, 200, REPORT_EVERY_S, 2 * SECONDS + 2 * WARM_S + 8)
    time.sleep(WARM_S)
    without = cpu_over(web, SECONDS)
    seen = watched(system.live_url, system.cookie, [view], web)
    load.result()
    return float((seen["cpu"] - without) / VIEWERS)


def main() -> None:
    """Measure everything, print and merge."""
    city = lay_out(10_000)
    figures: dict[str, float] = {"pipeline_fixes_per_s": pipeline_alone()}
    with running_system(log_level="warning") as system:
        register(system, len(city.units))
        web = int(system.parts()["web"]["pid"])
        figures["ack_p99_ms"] = acknowledgement(system, city)
        socket, peers = socket_figures(system, city, web)
        figures |= socket
        # The same 500 units in view, among 1 000 and among 10 000 in the city.
        in_view = [unit for index, unit in enumerate(city.units) if index % 20 == 0]
        elsewhere = [unit for index, unit in enumerate(city.units) if index % 20 != 0]
        small = viewer_cpu(system, in_view + elsewhere[:500], city.parts[0], web)
        large = viewer_cpu(system, in_view + elsewhere, city.parts[0], web)
        figures |= {"viewer_cpu_1k": small, "viewer_cpu_10k": large, "viewer_cpu_10k_over_1k": large / small}
        figures["durable_fixes_per_s"] = durable(system, city)
        wait_until(lambda: system.equation("osmand")["pending"] == 0, 120, "nothing pending")
    goals = {
        "ack_p99_ms": ("ms", "goal ≤ 100"),
        "part_bytes_ratio": ("", "goal ≤ 0.067"),
        "viewer_cpu_10k_over_1k": ("", "goal ≤ 1.3"),
        "raw_broadcast_ratio": ("", "goal ≥ 0.4"),
    }
    rows = {**figures, **peers}
    table([(name, value, *goals.get(name, ("", ""))) for name, value in rows.items()])
    rounded = {name: round(value, 6) for name, value in figures.items()}
    merge("position", rounded, {name: round(value, 6) for name, value in peers.items()})


if __name__ == "__main__":
    main()
