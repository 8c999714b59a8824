"""`liandong demo-receiver`: the command car's GPS: Debian's gpsd, fed by gpsfake with a log that is made as it goes.

gpsfake replays a whole log at a steady pace and knows no clock, so the log is cut into drives that each begin now.
"""

import asyncio
import contextlib
import logging
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.children import mortal
from backend.demo import nmea
from backend.demo.driver import Driver
from backend.demo.gps import Gps

log = logging.getLogger(__name__)

DRIVE_S = 600
SENTENCES = 3
LEAD_S = 1  # gpsfake needs about this long to start


def available() -> bool:
    """Whether Debian's gpsd and gpsfake are installed."""
    return all(shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") for name in ("gpsd", "gpsfake"))


async def run(driver: Driver, gps: Gps, port: int) -> None:
    """Replay drive after drive on gpsd's `port` for ever."""
    while True:
        with tempfile.TemporaryDirectory(prefix="liandong-gps-") as folder:
            file = Path(folder) / "drive.nmea"
            start = datetime.now(UTC) + timedelta(seconds=LEAD_S)
            file.write_text("".join(nmea.drive(start, DRIVE_S, driver, gps)), newline="")
            await replay(file, port, DRIVE_S + 10)


async def replay(file: Path, port: int, timeout_s: float) -> None:
    """Run gpsfake once through the file, at one epoch a second."""
    # gpsfake is a script for the system's Python and must not see ours.
    command = ["/usr/bin/python3", shutil.which("gpsfake") or "gpsfake", "-q", "-1", "-n"]
    pace = ["-c", f"{1 / SENTENCES:.4f}", "-P", str(port), str(file)]
    process = await asyncio.create_subprocess_exec(
        *mortal([*command, *pace], "TERM"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), timeout_s)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
