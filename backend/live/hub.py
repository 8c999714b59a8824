"""The middle of the live socket: board and feed on one side, all clients of this web process on the other."""

import asyncio
import logging
import secrets
import time
from collections.abc import Iterable

import orjson
from nats.aio.msg import Msg

from backend.bus.beats import PartState, Watch
from backend.bus.connection import Bus
from backend.bus.fill import read_chunk
from backend.bus.subjects import ALL_POSITIONS, BOARD_FILL, Address, parse_position
from backend.clock import now_ms
from backend.db.engine import Database, is_away
from backend.db.events import StoredEvent, newest_number
from backend.identity.registry import KnownViewer, Organisation, Registry
from backend.live.board import Board
from backend.live.changes import Changes
from backend.live.client import RESTARTED, REVOKED, STALLED, Client
from backend.live.feed import Feed
from backend.live.interest import INTERVALS_MS
from backend.live.topics import Topic, may_hear, may_read

log = logging.getLogger(__name__)

FILL_S = 1.0
HOUSEKEEPING_S = 1.0
ALIVE_EVERY = 5  # rounds of housekeeping
RETRY_S = 1.0


class Hub:
    """What the sockets of one web process share."""

    def __init__(
        self, bus: Bus, database: Database, registry: Registry, watch: Watch, topics: dict[str, Topic], tick_ms: int
    ) -> None:
        self.name = secrets.token_hex(4)
        self.board = Board()
        self.clients: set[Client] = set()
        self.topics = topics
        self.registry = registry
        self.tick_ms = tick_ms
        self.parts: list[PartState] = []
        self.filled = asyncio.Event()
        self._answered = asyncio.Event()
        self._inbox = ""
        self._bus = bus
        self._database = database
        self._watch = watch
        self._journals = {every: self.board.journal() for every in INTERVALS_MS}
        self.feed = Feed(bus, database, self._deliver, self._start_over)

    async def start(self) -> None:
        """Hear positions first, then ask for what was before, so that nothing falls between."""
        await self._bus.subscribe(ALL_POSITIONS, self._position)
        await self._watch.listen()
        await self.feed.start()
        self.registry.on_change(self._organisation_changed)
        self._inbox = self._bus.inbox()
        await self._bus.subscribe(self._inbox, self._answer)
        self._bus.on_return(self._ask)
        await self.fill()
        self.board.conform(self.registry.current)
        self.parts = self._watch.look()

    async def fill(self) -> None:
        """Ask every ingest for the newest positions that it knows, and wait for a first answer at most `FILL_S`."""
        await self._ask()
        try:
            await asyncio.wait_for(self._answered.wait(), FILL_S)
            # There may be more ingests than the one that was quickest.
            await asyncio.sleep(FILL_S / 5)
        except TimeoutError:
            log.info("no ingest answered yet; the board fills with what is announced")
        self.filled.set()

    async def _ask(self) -> None:
        self._answered.clear()
        await self._bus.publish(BOARD_FILL, b"", reply=self._inbox)

    def _answer(self, message: Msg) -> None:
        if not message.data:
            return  # the bus says that nobody listens; `keep_house` asks again
        last, positions = read_chunk(message.data)
        heard = now_ms()
        for address, record in positions:
            self._put(address, record, heard)
        if last:
            self._answered.set()

    async def tick(self) -> None:
        """Send what changed, for ever: each client as often as it wants."""
        loop = asyncio.get_running_loop()
        count, due = 0, loop.time()
        while True:
            due = max(due + self.tick_ms / 1000, loop.time())
            await asyncio.sleep(due - loop.time())
            count += 1
            for every, journal in self._journals.items():
                if count % (every // INTERVALS_MS[0]) == 0 and journal:
                    changes = Changes(self.board, journal)
                    journal.clear()
                    for client in self.clients:
                        if client.every == every:
                            client.tick(changes)

    async def keep_house(self) -> None:
        """Once a second: parts, an unfilled board, numbers of hidden events, signs of life, stalled clients."""
        count = 0
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            count += 1
            self._look_at_parts()
            if not self._answered.is_set():
                await self._ask()  # an ingest that starts with us may be up later
            now = time.monotonic()
            for client in list(self.clients):
                if client.stalled(now):
                    client.close(STALLED)
                elif count % ALIVE_EVERY == 0:
                    client.said = self.feed.number
                    client.say({"type": "alive", "time": now_ms(), "event": self.feed.number})
                elif client.said < self.feed.number:
                    client.said = self.feed.number
                    client.say({"type": "upto", "number": self.feed.number})

    def join(self, client: Client, resume_after: int | None) -> bool:
        """Let a client hear everything from now on, and before that the events after `resume_after`.

        Returns False when it must read the topics: it comes anew, or some of those events are not kept any more.
        Runs in one step of the event loop, so that nothing falls between.
        """
        missed = None if resume_after is None else self.feed.since(resume_after)
        if resume_after is not None and resume_after > self.feed.number:
            missed = None  # numbers from another life of the store
        if missed is None and resume_after is not None:
            client.say({"type": "gap", "first": min(resume_after, self.feed.number) + 1, "last": self.feed.number})
        for event in missed or ():
            self._tell((client,), event)
        client.said = self.feed.number
        client.say({"type": "upto", "number": self.feed.number})
        self.clients.add(client)
        return missed is not None

    def known(self, client: Client) -> KnownViewer | None:
        """Who is behind a client, with the rights of now; None when he may be here no more."""
        organisation = self.registry.current
        return None if client.session in organisation.ended else organisation.viewers.get(client.holder)

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self.clients.discard(client)

    async def send_topics(self, client: Client) -> None:
        """Tell a client what is true of each topic that is due, for ever; waits for the store while it is away."""
        while True:
            await client.topics_wanted.wait()
            client.topics_wanted.clear()
            while client.topics_due:
                name = min(client.topics_due)
                topic = self.topics[name]
                if not client.rights.holds(topic.atom):
                    client.say(forbidden(topic, client))
                elif not await self._send_topic(client, topic):
                    await asyncio.sleep(RETRY_S)
                    continue
                client.topics_due.discard(name)

    async def _send_topic(self, client: Client, topic: Topic) -> bool:
        try:
            async with self._database.snapshot() as session:
                number = await newest_number(session)
                placed = await topic.snapshot(session, self.registry.current)
        except Exception as error:
            if not is_away(error):
                raise
            return False
        rights = client.rights  # of now: they may have changed while the store was asked
        rows = [one.row for one in placed if may_read(rights, topic.atom, one)]
        client.say({"type": "topic", "topic": topic.name, "number": number, "rows": rows})
        return True

    def _position(self, message: Msg) -> None:
        self._put(parse_position(message.subject), message.data, now_ms())

    def _put(self, address: Address, record: bytes, heard: int) -> None:
        """Count a unit to the bodies that the registry names: the sender may not know yet what has changed."""
        known = self.registry.current.units.get(address.unit)
        if known is not None:
            if not known.on_duty:
                return
            if (known.district, known.squad) != (address.district, address.squad):
                address = Address(known.district, known.squad, address.cell, address.unit)
        self.board.put(address, record, heard)

    def _deliver(self, event: StoredEvent) -> None:
        self._tell(self.clients, event)

    def _start_over(self) -> None:
        """Numbers only rise on a socket: let every client come back, and be told of a gap."""
        for client in list(self.clients):
            client.close(RESTARTED)

    def _tell(self, clients: Iterable[Client], event: StoredEvent) -> None:
        """Tell those of the clients who want and may hear of it."""
        topic = self.topics.get(event.topic)
        if topic is None:
            return
        message = {"type": "event", **event.message()}
        del message["cell"]  # decides who hears it; a browser's numbers do not hold one
        text = orjson.dumps(message).decode()
        for client in list(clients):
            if event.topic in client.topics and may_hear(client.rights, topic.atom, event):
                # Those before it were told or are not for this client, so it now knows all up to here.
                client.said = event.number
                client.say_text(text)

    def _organisation_changed(self, organisation: Organisation) -> None:
        """Names, units, duty or rights changed: nobody sees a moment longer what he may not."""
        self.board.conform(organisation)
        for client in list(self.clients):
            known = self.known(client)
            if known is None:
                client.close(REVOKED)
                continue
            client.say({"type": "registry", "version": organisation.version})
            if known.rights != client.rights:
                client.change_rights(known.rights)

    def _look_at_parts(self) -> None:
        before = [part.public() for part in self.parts]
        self.parts = self._watch.look()
        now = [part.public() for part in self.parts]
        if [(part["name"], part["state"]) for part in now] != [(part["name"], part["state"]) for part in before]:
            for client in self.clients:
                client.say(self.parts_message())

    def parts_message(self) -> dict[str, object]:
        """The state of all parts, as clients are told."""
        return {"type": "parts", "parts": [part.public() for part in self.parts]}


def forbidden(topic: Topic, client: Client) -> dict[str, object]:
    """The answer to a topic that the client may not hear."""
    return {
        "type": "error",
        "code": "forbidden",
        "detail": f"{topic.name} needs the right {topic.atom}",
        "expected": topic.atom,
        "got": list(client.rights.atoms),
    }
