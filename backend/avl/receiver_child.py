"""The child process of one GPS receiver: polls gpsd and prints one JSON line per poll.

gpsd-py3 is one global, blocking connection and has no time-out of its own, so each receiver has a process: one
that hangs or dies takes nobody with it. `receivers.py` starts it again.

`python -m backend.avl.receiver_child HOST PORT`
"""

import json
import socket
import sys
import time
from typing import Any

import gpsd

POLL_S = 0.2  # receivers report once a second, in two or three steps; this sees the last of them
TIMEOUT_S = 3.0


def poll() -> dict[str, Any]:
    """One report, as gpsd gave it.

    Not by the library's `get_current`: it tells absent fields as 0, and a track of 0 would point north.
    """
    gpsd.gpsd_stream.write("?POLL;\n")
    gpsd.gpsd_stream.flush()
    answer = json.loads(gpsd.gpsd_stream.readline())
    if not answer.get("active") or not answer.get("tpv"):
        return {"class": "STATE", "state": "quiet", "reason": "no active receiver"}
    return dict(answer["tpv"][-1])


def main(host: str, port: int) -> None:
    """Poll until gpsd goes away; then say so and end with status 1."""
    # The library's connect reads without a time-out; the default is the only way in, and this process is its own.
    socket.setdefaulttimeout(TIMEOUT_S)
    try:
        gpsd.connect(host, port)
        while True:
            print(json.dumps(poll()), flush=True)
            time.sleep(POLL_S)
    except Exception as error:  # the library raises bare Exception for what it did not expect
        reason = f"{type(error).__name__}: {error}"
        print(json.dumps({"class": "STATE", "state": "down", "reason": reason}), flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
