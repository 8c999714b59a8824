"""Devices for the bench, in a process of their own: `python -m bench.load PORT PLAN` with PLAN as JSON.

`{"units": [[identifier-token, longitude, latitude], …], "connections": n, "interval": s, "seconds": s}`: each unit
reports every `interval` s over one of n kept-open connections; interval 0: as fast as the answers come.
Prints JSON: how many were acknowledged, in how many seconds, and the times to the acknowledgement, ms.
"""

import asyncio
import json
import random
import sys
import time

import uvloop


async def report(
    port: int, units: list[tuple[str, float, float]], interval: float, until: float, took: list[float]
) -> int:
    """Drive some units over one connection; returns how many fixes were acknowledged."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    pause = interval / len(units) if interval else 0.0
    if pause:
        await asyncio.sleep(random.uniform(0, pause))
    due, count, turn = time.monotonic(), 0, 0
    while (now := time.monotonic()) < until:
        if pause and due > now:
            await asyncio.sleep(due - now)
        due += pause
        typed, longitude, latitude = units[turn % len(units)]
        turn += 1
        moment = time.time_ns() // 1_000_000
        # A wobble of about 30 m: the unit moves, and stays in its part of the city.
        place = f"lat={latitude + random.uniform(-3e-4, 3e-4):.7f}&lon={longitude + random.uniform(-3e-4, 3e-4):.7f}"
        began = time.perf_counter()
        writer.write(
            f"GET /?id={typed}&timestamp={moment}&{place}&speed=12&bearing=90 HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        took.append((time.perf_counter() - began) * 1000)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"refused: {head!r}")
        count += 1
    writer.close()
    return count


async def main(port: int, plan: dict[str, object]) -> None:
    """Drive all units and print what came of it."""
    units = [tuple(unit) for unit in plan["units"]]  # type: ignore[attr-defined]
    random.Random(1).shuffle(units)
    connections = int(plan["connections"])  # type: ignore[call-overload]
    interval, seconds = float(plan["interval"]), float(plan["seconds"])  # type: ignore[arg-type]
    took: list[float] = []
    began = time.monotonic()
    shares = [units[index::connections] for index in range(connections)]
    counts = await asyncio.gather(*(report(port, share, interval, began + seconds, took) for share in shares if share))
    print(
        json.dumps(
            {
                "acknowledged": sum(counts),
                "seconds": time.monotonic() - began,
                "took": sorted(took)[:: max(1, len(took) // 20000)],
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), json.load(sys.stdin)))
