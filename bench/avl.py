"""`make bench-avl`: JT/T 808 terminals against the whole program, acknowledged when durable.

The program, its database and the load share the machine. `LIANDONG_BENCH_SECONDS` (60) is the length of the window,
`LIANDONG_BENCH_RATE` (12000) what is offered in the first part, in fixes/s.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

import psutil

from bench.position import cpu_seconds, lay_out, percentile, register
from bench.results import merge, table
from tests.paths.system import System, free_port, running_system, wait_until

SECONDS = float(os.environ.get("LIANDONG_BENCH_SECONDS", "60"))
OFFERED = float(os.environ.get("LIANDONG_BENCH_RATE", "12000"))
WARM_S = 5.0
TERMINALS = 10_000
CODE = "benchbenchbenchbench"
# All terminals call from one address, and all at once.
ROOM = {f"{what}{where}": str(2 * TERMINALS) for what in ("connections", "newcomers") for where in ("", "_per_address")}
OURS = ("ingest", "recorder", "worker", "web", "nats", "postgres")


def number_of(index: int) -> str:
    """The telephone number of a terminal."""
    return f"138{index:08d}"


def spent(system: System) -> dict[str, float]:
    """CPU seconds so far of each part, its children included."""
    parts = system.parts()
    found = {}
    for name in OURS:
        process = psutil.Process(parts[name]["pid"])
        found[name] = sum(cpu_seconds(one.pid) for one in [process, *process.children(recursive=True)])
    return found


def drive(system: System, port: int, rate: float, *, bus: bool = False) -> dict[str, Any]:
    """Let the terminals report at this rate for the window; what they counted, and the CPU of every part (cores)."""
    places = lay_out(TERMINALS).units
    plan = {
        "terminals": [[number_of(index), CODE, *place[1:]] for index, place in enumerate(places)],
        "rate": rate,
        "seconds": SECONDS,
        "warm": WARM_S,
        "bus": system.connections().nats_url if bus else None,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.terminals", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    before_memory = memory(system)
    process.stdin.write(json.dumps(plan) + "\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "ready"
    opened = memory(system)
    time.sleep(WARM_S)
    before, load = spent(system), cpu_seconds(process.pid)
    time.sleep(SECONDS)
    after = spent(system)
    cpu = {name: (after[name] - before[name]) / SECONDS for name in OURS}
    cpu["load"] = (cpu_seconds(process.pid) - load) / SECONDS
    found: dict[str, Any] = json.loads(process.stdout.readline())
    process.wait()
    return {**found, "cpu": cpu, "bytes_per_terminal": (opened - before_memory) / TERMINALS}


def memory(system: System) -> int:
    """What ingest has in memory, in bytes."""
    return int(psutil.Process(system.parts()["ingest"]["pid"]).memory_info().rss)


def settled(system: System) -> dict[str, Any]:
    """The equation once nothing is pending."""
    return dict(
        wait_until(lambda: line if (line := system.equation("jt808"))["pending"] == 0 else None, 600, "nothing pending")
    )


def main() -> None:
    """Measure everything, print and merge."""
    port = free_port()
    with running_system(log_level="warning", jt808_port=str(port), **ROOM) as system:
        register(system, TERMINALS, "jt808", "'138' || lpad(n::text, 8, '0')", CODE)
        slow = drive(system, port, 2_000, bus=True)
        settled(system)
        fast = drive(system, port, OFFERED)
        pending = system.equation("jt808")["pending"]
        began = time.monotonic()
        line = settled(system)
        behind = time.monotonic() - began
    assert line["received"] == line["stored"] + line["repeat"] + sum(line["rejected"].values()), line
    assert fast["lost"] == fast["refused"] == 0, fast
    figures = {
        "durable_fixes_per_s": fast["acknowledged"] / SECONDS,
        "durable_ack_p99_ms": percentile(fast["took"], 0.99),
        "bus_p99_ms_at_2000": percentile(slow["heard"], 0.99),
        "ack_p50_ms_at_2000": percentile(slow["took"], 0.5),
        "ack_p99_ms_at_2000": percentile(slow["took"], 0.99),
        "bytes_per_terminal": slow["bytes_per_terminal"],
        "recorder_behind_fixes": float(pending),
        "recorder_behind_s": behind,
        **{f"cpu_{name}": share for name, share in fast["cpu"].items()},
    }
    goals = {
        "durable_fixes_per_s": ("", "goal ≥ 10 000"),
        "bus_p99_ms_at_2000": ("ms", "goal ≤ 50"),
        "ack_p99_ms_at_2000": ("ms", "goal ≤ 100"),
    }
    table([(name, value, *goals.get(name, ("", ""))) for name, value in figures.items()])
    merge("avl", {name: round(value, 6) for name, value in figures.items()}, {})


if __name__ == "__main__":
    main()
