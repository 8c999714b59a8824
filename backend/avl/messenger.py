"""Brings commands to the devices that are connected to this ingest, one at a time and in their order.

State lies in the store alone: whoever dies between sending and the answer sends again at the next log-in. While the
database is away nothing new is sent, and what a device answered is written down when it is back.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from nats.aio.msg import Msg
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl import commands
from backend.bus.connection import Bus
from backend.bus.subjects import ALL_COMMANDS
from backend.db.engine import Database, is_away
from backend.identity.registry import Registry

TRIES = 3
RETRY_S = 0.5
EXPIRE_S = 5.0


class Line(Protocol):
    """An open connection on which devices can be told something."""

    def send_text(self, identifier: str, words: str) -> int | None:
        """Send words to a device; returns the number by which it answers, None when the line is closed."""
        ...


@dataclass(slots=True)
class _Device:
    """A device that is connected: on which line, and what it is waited for.

    `deaf`: it did not answer. `again`: something was announced since the store was asked last.
    """

    identifier: str
    line: Line
    deaf: bool = False
    again: bool = False
    task: "asyncio.Task[None] | None" = None
    number: int | None = None
    answer: "asyncio.Future[int] | None" = None


class Messenger:
    """The connected devices of one ingest, and what is on its way to them. `reply_s`: how long an answer may take.

    A fleet that comes back all at once asks the store nothing: for whom something waits is known from one look each
    `EXPIRE_S`, and from what is announced in between.
    """

    def __init__(self, registry: Registry, reply_s: float) -> None:
        self._registry = registry
        self._reply_s = reply_s
        self._devices: dict[int, _Device] = {}
        self._devices_of: dict[Line, set[int]] = {}
        self._waited_for: set[int] = set()
        self._database: Database | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: BaseException | None = None

    async def run(self, bus: Bus, database: Database) -> None:
        """Hear of new commands and settle expired ones, for ever."""
        self._database = database
        await bus.subscribe(ALL_COMMANDS, self._announced)
        try:
            while True:
                if self._failed is not None:
                    raise self._failed
                await self._write(self._expire)
                await self._look()
                await asyncio.sleep(EXPIRE_S)
        finally:
            self._database = None
            for task in list(self._tasks):
                task.cancel()

    def here(self, device: int, identifier: str, line: Line) -> None:
        """A device has logged in on this line: what waits for it is sent."""
        known = self._devices.get(device)
        if known is not None and known.line is line:
            return
        if known is not None:
            self._end(device, known)
        self._devices[device] = _Device(identifier, line)
        self._devices_of.setdefault(line, set()).add(device)
        if device in self._waited_for:
            self._begin(device)

    def gone(self, line: Line) -> None:
        """A line is closed."""
        for device in list(self._devices_of.get(line, ())):
            self._end(device, self._devices.pop(device))

    def answered(self, device: int, number: int, answer: int) -> None:
        """A device has answered what was sent under this number."""
        known = self._devices.get(device)
        if known is not None and known.number == number and known.answer is not None and not known.answer.done():
            known.answer.set_result(answer)

    def _announced(self, message: Msg) -> None:
        name = message.subject.rpartition(".")[2]
        if name.isdecimal():
            device = int(name)
            self._waited_for.add(device)
            if device in self._devices:
                known = self._devices[device]
                known.deaf, known.again = False, True
                self._begin(device)

    def _begin(self, device: int) -> None:
        known = self._devices[device]
        if self._database is not None and known.task is None and not known.deaf:
            known.task = self._start(self._serve(device, known))

    def _end(self, device: int, known: _Device) -> None:
        others = self._devices_of[known.line]
        others.discard(device)
        if not others:
            del self._devices_of[known.line]
        if known.task is not None:
            known.task.cancel()

    async def _look(self) -> None:
        """Ask the store for whom something waits; an announcement may have been lost."""
        found = await self._read(commands.devices_waited_for)
        if found is not None:
            self._waited_for = found
            for device in found & self._devices.keys():
                self._begin(device)

    async def _serve(self, device: int, known: _Device) -> None:
        """Send what waits, one after the other; what is not answered stays queued until the next log-in or command."""
        try:
            while True:
                known.again = False
                command = await self._read(functools.partial(commands.next_command, device=device))
                if command is None and not known.again:
                    return
                if command is not None and not await self._deliver(known, command):
                    known.deaf = True
                    return
        finally:
            known.task = None

    async def _deliver(self, known: _Device, command: commands.Waiting) -> bool:
        """Send a command until it is answered; False when it was not."""
        try:
            for _ in range(TRIES):
                if await self._write(functools.partial(commands.mark_sent, id=command.id)) is None:
                    return True  # taken back, or expired
                known.answer = asyncio.get_running_loop().create_future()
                known.number = known.line.send_text(known.identifier, command.payload)
                if known.number is None:
                    break
                try:
                    answer = await asyncio.wait_for(known.answer, self._reply_s)
                except TimeoutError:
                    continue
                await self._write(functools.partial(commands.mark_answered, id=command.id, answer=answer))
                return True
        except asyncio.CancelledError:
            self._queue_again(command.id)
            raise
        self._queue_again(command.id)
        return False

    def _queue_again(self, id: int) -> None:
        if self._database is not None:
            self._start(self._requeue(id))

    async def _requeue(self, id: int) -> None:
        await self._write(functools.partial(commands.mark_queued, id=id))

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: "asyncio.Task[None]") -> None:
        """A mistake of ours ends `run`, and so the process, which is then started afresh."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed = error

    async def _read[Found](self, work: Callable[[AsyncSession], Awaitable[Found]]) -> Found | None:
        """What the store says, as soon as it is there; None when we stop."""
        while self._database is not None:
            try:
                async with self._database.snapshot() as session:
                    return await work(session)
            except Exception as error:
                if not is_away(error):
                    raise
                await asyncio.sleep(RETRY_S)
        return None

    async def _expire(self, session: AsyncSession) -> None:
        for row in await commands.expire_commands(session):
            commands.tell(session, self._registry.current, row)

    async def _write(self, work: Callable[[AsyncSession], Awaitable[Row[Any] | None]]) -> Row[Any] | None:
        """Write a change of state with its event, as soon as the database is there."""
        while self._database is not None:
            try:
                async with self._database.transaction() as session:
                    row = await work(session)
                    if row is not None:
                        commands.tell(session, self._registry.current, row)
                    return row
            except Exception as error:
                if not is_away(error):
                    raise
                await asyncio.sleep(RETRY_S)
        return None
