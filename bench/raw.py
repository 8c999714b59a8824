"""The raw limit: the same bytes at the same pace by `websockets.broadcast`, with nothing behind it.

`python -m bench.raw PORT BYTES FRAMES_PER_SECOND`, until killed.
"""

import asyncio
import os
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(port: int, size: int, pace: float) -> None:
    """Broadcast a frame of `size` bytes `pace` times a second to whoever is connected."""
    frame = os.urandom(size)

    async def hold(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(hold, "127.0.0.1", port, compression=None, ping_interval=None) as server:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += 1 / pace
            await asyncio.sleep(due - loop.time())
            broadcast(server.connections, frame)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
