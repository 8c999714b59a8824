"""What partners read: a department of another administration, or a system of one, is told nothing unwritten.

A partner is a key, and whoever belongs to a department or a body beneath one. Whatever he reads but the ground map is a
row of the audit before he gets it: who, which address, once a minute for each.
"""

from fastapi.requests import HTTPConnection

from backend.clock import now_ms
from backend.db.engine import Database, is_away
from backend.errors import Unavailable
from backend.identity.access_log import PARTNER
from backend.identity.audit import Actor, record

NOT_READ = ("map.read", "wall.open")
"""Atoms that open what is no one's: streets, and an empty page."""
MINUTE_MS = 60_000
MOST_NOTED = 10_000


class PartnerReads:
    """Writes down what partners read. One per web process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._minute = 0
        self._noted: set[tuple[str, str]] = set()

    async def note(self, connection: HTTPConnection, actor: Actor, atom: str) -> None:
        """Write that an address is read under an atom. Raises Unavailable while that cannot be written."""
        path = connection.url.path
        minute = now_ms() // MINUTE_MS
        if minute != self._minute or len(self._noted) >= MOST_NOTED:
            self._minute, self._noted = minute, set()
        if (actor.holder, path) in self._noted:
            return
        try:
            async with self._database.transaction() as session:
                await record(session, actor, PARTNER, actor.holder, path=path, atom=atom)
        except Exception as error:
            if not is_away(error):
                raise
            raise Unavailable("the database is away, and what partners read is written down; try again soon") from error
        self._noted.add((actor.holder, path))
