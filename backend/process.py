"""What every process of the program has: settings, log, bus, store, registry, beats, and an orderly end."""

import asyncio
import logging
import os
import resource
import signal
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self

from backend.bus.beats import BEAT_S, Beat, beat_subject, encode_beat
from backend.bus.connection import Bus
from backend.bus.streams import ensure_facts, ensure_stream, fixes_stream
from backend.bus.subjects import IDENTITY_CHANGED, event_subject
from backend.clock import now_ms
from backend.db.engine import Database
from backend.db.events import StoredEvent, encode
from backend.identity.registry import Registry
from backend.settings import Settings

log = logging.getLogger(__name__)

SPARE_FILES = 200  # for what a process opens beside its connections


class Process:
    """One process of the program. Use as `async with`; work is given to `start`, the end comes by signal."""

    def __init__(self, part: str, settings: Settings, *, echo: bool = True) -> None:
        if settings.database_url is None or settings.nats_url is None:
            raise SystemExit(f"{part}: LIANDONG_DATABASE_URL and LIANDONG_NATS_URL are not set; use `liandong up`")
        self.part = part
        self.settings = settings
        self.bus = Bus(f"liandong-{part}", echo=echo)
        self.database = Database(settings.database_url, self._announce)
        self.registry = Registry(self.database)
        self.detail: Callable[[], dict[str, Any]] = dict
        self._nats_url = settings.nats_url
        self._began = now_ms()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: BaseException | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        await self.bus.connect(self._nats_url)
        self.bus.on_give_up(self._bus_given_up)
        await self.bus.subscribe(IDENTITY_CHANGED, lambda message: self.registry.announce())
        self.start(self._beat(), self._ask_database())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.bus.close()
        await self.database.close()

    def start(self, *work: Coroutine[Any, Any, None]) -> None:
        """Run these until the process ends. One that fails ends the process, which is then started afresh."""
        for coroutine in work:
            task = asyncio.create_task(coroutine)
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    async def until_stopped(self) -> None:
        """Wait for the signal to stop; raises what a piece of work failed with."""
        await self._stop.wait()
        if self._failed is not None:
            raise self._failed
        log.info("stopping")

    def stop(self) -> None:
        """Let `until_stopped` return."""
        self._stop.set()

    async def ensure_streams(self) -> None:
        """Create the streams that are missing."""
        await ensure_stream(self.bus, fixes_stream(self.settings.fixes_max_bytes))
        await ensure_facts(self.bus)

    def _bus_given_up(self) -> None:
        """nats-py does not come back from this; a fresh process does."""
        self._failed = ConnectionError("the bus closed the connection for good")
        self._stop.set()

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._failed = error
            self._stop.set()

    async def _announce(self, events: Sequence[StoredEvent]) -> None:
        """Tell the bus of committed events; a bus that is away makes readers find them in the table."""
        for event in events:
            await self.bus.publish(event_subject(event.topic, event.district, event.squad), encode(event))

    async def _beat(self) -> None:
        while True:
            beat = Beat(self.part, os.getpid(), self._began, self.database.away_since, self.detail())
            await self.bus.publish(beat_subject(self.part), encode_beat(beat))
            await asyncio.sleep(BEAT_S)

    async def _ask_database(self) -> None:
        was_away = False
        while True:
            answers = await self.database.answers()
            if answers is was_away:
                log.warning("database %s", "back" if answers else "away")
            was_away = not answers
            await asyncio.sleep(BEAT_S)


def allow_files(count: int) -> None:
    """Let this process have so many connections open, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < wanted:
            log.warning("the system allows %d open files, %d connections need %d", most, count, wanted)


def set_up_log(settings: Settings) -> None:
    """Lines to standard error; access logs of device ports do not exist, so no token can get into one."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    logging.captureWarnings(True)


def run(main: Callable[[Settings], Coroutine[Any, Any, None]], settings: Settings) -> None:
    """Run a process's main function on uvloop."""
    import uvloop

    set_up_log(settings)
    uvloop.run(main(settings))
