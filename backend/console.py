"""What the supervisor says on its terminal. Below `children.py`."""

import contextlib
import queue
import threading


class Console:
    """Lines for the terminal, written by a thread: one held by Ctrl-S must not hold the program."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue(maxsize=10_000)
        self._thread = threading.Thread(target=self._write, name="console", daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        """Print a line soon; dropped when the terminal is far behind."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(line)

    def close(self) -> None:
        """Print what is left, for 2 s at most."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(timeout=2)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(OSError, UnicodeError):  # nobody reads any more: the files still have it
                print(line, flush=True)
