"""A real gpsd that gpsfake feeds with an NMEA log, and what that log says for each second."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.demo.nmea import KNOTS_PER_METRE_PER_SECOND, sentence
from tests.paths.system import free_port

SENTENCES = 3  # per second in the log


@dataclass(frozen=True)
class Said:
    """What the log says of one second: degrees, m/s, degrees from north."""

    longitude: float
    latitude: float
    speed: float
    heading: float


def rebase(log: str, start: datetime) -> str:
    """The log as if it had been recorded from `start` on: times, dates and checksums anew, the rest as it is."""
    lines, moment = [], start
    for line in log.splitlines():
        fields = line.partition("*")[0].removeprefix("$").split(",")
        if fields[0].endswith(("GGA", "RMC")):
            fields[1] = moment.strftime("%H%M%S.00")
        if fields[0].endswith("RMC"):
            fields[9] = moment.strftime("%d%m%y")
            moment += timedelta(seconds=1)
        lines.append(sentence(",".join(fields)))
    return "".join(lines)


def said(log: str) -> dict[int, Said]:
    """By time (ms since 1970), what the RMC sentences with a fix say."""
    found = {}
    for line in log.splitlines():
        fields = line.partition("*")[0].split(",")
        if fields[0].endswith("RMC") and fields[2] == "A":
            moment = datetime.strptime(fields[9] + fields[1][:6], "%d%m%y%H%M%S").replace(tzinfo=UTC)
            found[round(moment.timestamp() * 1000)] = Said(
                _degrees(fields[5], fields[6]),
                _degrees(fields[3], fields[4]),
                float(fields[7]) / KNOTS_PER_METRE_PER_SECOND,
                float(fields[8]),
            )
    return found


def _degrees(text: str, side: str) -> float:
    whole, minutes = divmod(float(text), 100)
    return (whole + minutes / 60) * (-1 if side in "SW" else 1)


@contextmanager
def replaying(log: str, folder: Path) -> Iterator[int]:
    """Replay the log into a real gpsd, a second of it each second; gives gpsd's port."""
    file = folder / "drive.nmea"
    file.write_text(log, newline="")
    port = free_port()
    command = ["/usr/bin/python3", "/usr/bin/gpsfake", "-q", "-1", "-n", "-c", f"{1 / SENTENCES:.4f}", "-P", str(port)]
    process = subprocess.Popen([*command, str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        assert process.poll() is None, "gpsfake ended at once"
        yield port
    finally:
        process.terminate()
        process.wait(10)
