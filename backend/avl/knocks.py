"""What calls a device port and is not known: remembered, so that a person can adopt it instead of typing.

Whoever can reach the port can knock: what is kept is bounded, and opens nothing. A device that is known and shows a
wrong token is no stranger: it is not told of, or it could be taken over by adopting that token.
"""

import asyncio
from collections import OrderedDict

from backend.avl.messages import Login
from backend.clock import now_ms
from backend.db.engine import Database, is_away
from backend.identity.devices import IDENTIFIER
from backend.identity.registry import Registry
from backend.identity.unknown_devices import MOST_UNKNOWN, Knock, kept_hash, store_knocks

FLUSH_S = 2.0


class Knocks:
    """Those of the last seconds, by identifier and protocol; the ones longest unheard are forgotten first."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.heard: OrderedDict[tuple[str, str], Knock] = OrderedDict()

    def note(self, protocol: str, login: Login, address: str | None) -> None:
        """Somebody was refused; if he is a stranger, and could be adopted, remember him."""
        if login.identifier in self._registry.current.devices or not IDENTIFIER.fullmatch(login.identifier):
            return
        moment = now_ms()
        self._add(Knock(login.identifier, protocol, kept_hash(login.token), address, moment, moment, 1))

    async def run(self, database: Database) -> None:
        """Write them down for ever, while the database is there."""
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush(database)

    async def flush(self, database: Database) -> None:
        """Write down what was heard; what cannot be written now is kept for the next time."""
        if not self.heard:
            return
        taken, self.heard = self.heard, OrderedDict()
        try:
            async with database.transaction() as session:
                await store_knocks(session, list(taken.values()))
        except Exception as error:
            if not is_away(error):
                raise
            fresh, self.heard = self.heard, taken
            for knock in fresh.values():
                self._add(knock)

    def _add(self, knock: Knock) -> None:
        key = (knock.identifier, knock.protocol)
        before = self.heard.pop(key, None)
        self.heard[key] = knock if before is None else before.and_then(knock)
        while len(self.heard) > MOST_UNKNOWN:
            self.heard.popitem(last=False)
