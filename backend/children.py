"""Children of the supervisor: each is started, watched, restarted with back-off, and stopped.

Below `up.py`, which says what runs. A child runs in a process group of its own, so that Ctrl-C reaches the
supervisor alone, and dies with the supervisor, however that ends (PDEATHSIG, set by setpriv).
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

from backend.clock import utc_now
from backend.console import Console
from backend.home import CannotStart, PartState

LOG_BYTES = 5 * 1024 * 1024
LOG_FILES = 3
LONGEST_LINE = 64 * 1024
LOUD = ("ERROR", "FATAL", "PANIC", "[ERR]", "[FTL]")  # what PostgreSQL and NATS write when it matters


@dataclass(frozen=True)
class Patience:
    """Rules of restarting; seconds."""

    first_delay: float = 0.2
    longest_delay: float = 5
    failures: int = 3
    window: float = 60
    again: float = 60
    grace: float = 10  # between asking to stop and killing
    settled: float = 1  # alive for so long counts as running, where nothing tells more


@dataclass(frozen=True)
class Part:
    """What to run. `prepare` and `is_ready` are blocking and run in a thread; both may raise CannotStart."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    wave: int = 1  # stopped from the highest to the lowest
    prepare: Callable[[], None] | None = None  # before each start
    is_ready: Callable[[], bool] | None = None  # one attempt
    stop_signal: signal.Signals = signal.SIGTERM
    may_finish: bool = False  # status 0 means "not wanted here": no restart
    quiet: bool = False  # only errors reach the terminal; the file has all


class Child:
    """One part and its process. `state` is what run.json shows; `changed` is called when it changed."""

    def __init__(
        self,
        part: Part,
        logs: Path,
        console: Console,
        changed: Callable[[], None],
        patience: Patience,
    ) -> None:
        self.part = part
        self.log = logs / f"{part.name}.log"
        self.state = PartState("starting", utc_now().isoformat(timespec="seconds"))
        self.ready = asyncio.Event()
        self.failed = asyncio.Event()
        self._console = console
        self._changed = changed
        self._patience = patience
        self._stop = asyncio.Event()
        self._process: Process | None = None
        self._last_line = ""
        self._file = _log_file(self.log)
        self._task = asyncio.create_task(self._keep(), name=f"keep {part.name}")

    async def until_ready(self) -> None:
        """Return when it is ready for the first time. Raises CannotStart when it failed instead."""
        waiting = [asyncio.create_task(event.wait()) for event in (self.ready, self.failed)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        if not self.ready.is_set():
            raise CannotStart(f"{self.part.name} does not start: {self.state.last_error}. Log: {self.log}")

    async def stop(self) -> None:
        """Ask it to stop; after the grace kill it and whatever it started."""
        grace = self._patience.grace
        self._stop.set()
        self._signal(self.part.stop_signal)
        _, late = await asyncio.wait([self._task], timeout=grace)
        if late:
            self._console.say(f"✗ {self.part.name} … did not stop within {grace:.0f} s, killed")
            self.kill()
            _, late = await asyncio.wait([self._task], timeout=2)
            self._task.cancel()
        self._file.close()

    def kill(self) -> None:
        """At once."""
        self._stop.set()
        self._signal(signal.SIGKILL, group=True)

    async def _keep(self) -> None:
        delay = self._patience.first_delay
        failures: list[float] = []
        while not self._stop.is_set():
            begun = time.monotonic()
            code = await self._run_once()
            if self._stop.is_set():
                self._set("stopped")
                return
            if code == 0 and self.part.may_finish:
                self._set("finished")
                return
            ended = time.monotonic()
            failures = [moment for moment in failures if ended - moment < self._patience.window] + [ended]
            if ended - begun > self._patience.window:
                delay = self._patience.first_delay
            if len(failures) >= self._patience.failures:
                await self._pause("failed", self._patience.again)
            else:
                await self._pause("restarting", delay)
                delay = min(delay * 2, self._patience.longest_delay)
            self.state.restarts += 1

    async def _pause(self, state: str, seconds: float) -> None:
        error = self.state.last_error
        if state == "failed" and self.state.state != "failed":
            times = f"{self._patience.failures} times within {self._patience.window:.0f} s"
            self._console.say(
                f"✗ {self.part.name} … failed {times} ({error}); tried again each "
                f"{self._patience.again:.0f} s. Log: {self.log}"
            )
        elif state == "restarting":
            self._console.say(f"✗ {self.part.name} … {error}; again in {seconds:.1f} s")
        self._set(state)
        if state == "failed":
            self.failed.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _run_once(self) -> int | None:
        """Start, watch until the end; the exit status, None when it did not even start."""
        begun = time.monotonic()
        try:
            if self.part.prepare is not None:
                await asyncio.to_thread(self.part.prepare)
            if self._stop.is_set():
                return None
            process, output, pipe = await self._spawn()
        except Exception as error:  # whatever it is, it is this part's failure and no other's
            self.state.last_error = str(error)
            return None
        self._process = process
        if self._stop.is_set():  # it came while the process was being made
            self._signal(self.part.stop_signal)
        if self.state.state != "failed":  # a red line stays red until it really runs
            self._set("starting", process.pid)
        reading = asyncio.create_task(self._read(output))
        watching = asyncio.create_task(self._watch(process, begun))
        try:
            code = await process.wait()
        finally:
            watching.cancel()
            self._signal(signal.SIGKILL, group=True)  # what it started and left behind
            self._process = None
        await asyncio.wait([reading], timeout=0.5)
        reading.cancel()
        pipe.close()
        self.state.pid = None
        self.state.last_error = _ending(code, self._last_line)
        return code

    async def _spawn(self) -> tuple[Process, asyncio.StreamReader, asyncio.ReadTransport]:
        """The pipe is ours: asyncio's own would make `wait` wait for grandchildren that hold it open."""
        reading, writing = os.pipe()
        output = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(output), os.fdopen(reading, "rb"))
        try:
            process = await asyncio.create_subprocess_exec(
                *self.part.command,
                stdin=DEVNULL,
                stdout=writing,
                stderr=STDOUT,
                env=self.part.environment or None,
                start_new_session=True,
            )
        finally:
            os.close(writing)
        return process, output, pipe

    async def _watch(self, process: Process, begun: float) -> None:
        """Say when it is ready."""
        if self.part.is_ready is None:
            await asyncio.sleep(self._patience.settled)
        else:
            try:
                while not await asyncio.to_thread(self.part.is_ready):
                    await asyncio.sleep(0.05)
            except Exception as error:
                self.state.last_error = str(error)
                self.failed.set()
                return
        self._set("running", process.pid)
        again = "back" if self.ready.is_set() else "ready"
        self._console.say(f"✓ {self.part.name} … {again} ({time.monotonic() - begun:.1f} s)")
        self.ready.set()

    async def _read(self, output: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await output.read(LONGEST_LINE):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._write(line.decode(errors="replace").rstrip())
        if rest:
            self._write(rest.decode(errors="replace").rstrip())

    def _write(self, line: str) -> None:
        self._last_line = line or self._last_line
        self._file.emit(logging.makeLogRecord({"msg": line}))
        if not self.part.quiet or any(word in line for word in LOUD):
            self._console.say(f"{self.part.name} | {line}")

    def _set(self, state: str, pid: int | None = None) -> None:
        self.state.state = state
        self.state.pid = pid
        self.state.since = utc_now().isoformat(timespec="seconds")
        if state == "running":
            self.state.last_error = None
        self._changed()

    def _signal(self, number: signal.Signals, group: bool = False) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                (os.killpg if group else os.kill)(self._process.pid, number)


class Children:
    """All children, in the order of their start."""

    def __init__(self, logs: Path, console: Console, changed: Callable[[], None], patience: Patience) -> None:
        self._logs = logs
        self._console = console
        self._changed = changed
        self._patience = patience
        self._children: list[Child] = []

    def start(self, part: Part) -> Child:
        """Start it and keep it running; returns at once."""
        child = Child(part, self._logs, self._console, self._changed, self._patience)
        self._children.append(child)
        return child

    def states(self) -> dict[str, PartState]:
        return {child.part.name: child.state for child in self._children}

    async def stop(self) -> None:
        """Wave by wave, the last first."""
        for wave in sorted({child.part.wave for child in self._children}, reverse=True):
            ending = [child for child in reversed(self._children) if child.part.wave == wave]
            await asyncio.gather(*(child.stop() for child in ending))

    def kill(self) -> None:
        for child in reversed(self._children):
            child.kill()


def mortal(command: Sequence[str], death_signal: str = "KILL") -> list[str]:
    """The command, made to get the signal when the thread that starts it dies."""
    return ["setpriv", "--pdeathsig", death_signal, *command]


def python(*arguments: str) -> list[str]:
    """This interpreter with arguments."""
    return [sys.executable, *arguments]


class _LogFile(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk must not fill the terminal as well."""


def _log_file(path: Path) -> RotatingFileHandler:
    handler = _LogFile(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8", delay=True)
    formatter = logging.Formatter("%(asctime)s %(message)s")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    return handler


def _ending(code: int, last_line: str) -> str:
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    return f"{how}: {last_line[:300]}" if last_line and code > 0 else how
