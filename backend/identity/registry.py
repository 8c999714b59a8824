"""The copy of the organisation that a process keeps in memory: devices, units, duty, who may see what.

It is read anew when the database's version of it has risen: at an announcement, and at the latest after the poll; and
when a grant begins or ends.
While the database is away the last copy goes on; without a first copy a process does not start.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import to_ms, utc_now
from backend.db.engine import Database, is_away
from backend.errors import Refusal
from backend.identity.grants import KnownGrant, next_change, rights_at, rights_of_key
from backend.identity.rights import Rights
from backend.identity.tables import AccessKey, Device, Node, Person, PersonGrant, Session, Unit, UnitDuty
from backend.identity.tree import Tree

log = logging.getLogger(__name__)

POLL_S = 2.0
COLD_START_S = 60.0
REMEMBERED = timedelta(days=1)
DEPARTMENT = "department"
ALWAYS = (True, 0)

VERSIONS = text("SELECT version, sessions FROM identity_version")
BORDERS = text(
    """SELECT (SELECT min(expires_at) FROM access_key WHERE expires_at > :now),
              (SELECT min(valid_from) FROM area WHERE valid_from > :now),
              (SELECT min(valid_to) FROM area WHERE valid_to > :now)"""
)


@dataclass(frozen=True, slots=True)
class Body:
    """A node with the two bodies that its people and units count to: its district (0: none) and its team."""

    id: int
    kind: str
    name: str
    name_en: str | None
    district: int
    parent: int | None = None
    team: int = 0
    code: str | None = None


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit with its body, and the two bodies that subjects carry: its team and its district (see `tree.py`).

    `duty_since`: when it went on or off duty, ms since 1970; 0: it has always been on duty.
    """

    number: int
    call_sign: str
    kind: str
    name: str
    name_en: str | None
    squad: int
    district: int
    on_duty: bool
    body: int = 0
    duty_since: int = 0


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device with the unit that it reports for. `personal`: somebody's own, tracked on duty only.

    `former_until`: ms since 1970, as long as its former token works; `tolerates_checksum`: its frames are taken even
    where their checksum is wrong. `precedence`: of a unit's devices the lowest is believed first;
    None: as its protocol has it. `datum`: wgs84 or gcj02, in which it gives its places; None: as its protocol says.
    """

    id: int
    identifier: str
    protocol: str
    address: str | None
    token_hash: bytes
    simulated: bool
    unit: KnownUnit
    personal: bool = False
    former_hash: bytes | None = None
    former_until: int = 0
    tolerates_checksum: bool = False
    precedence: int | None = None
    datum: str | None = None

    def hashes(self, now: int) -> tuple[bytes, ...]:
        """Of the tokens that open at this moment (ms since 1970)."""
        if self.former_hash is None or now >= self.former_until:
            return (self.token_hash,)
        return (self.token_hash, self.former_hash)


@dataclass(frozen=True, slots=True)
class KnownViewer:
    """Who may see something: a person (with roles) or a partner's key, with what all grants come to now.

    `is_partner`: a key, or somebody of a department; what they read is written down.
    """

    name: str
    rights: Rights
    roles: tuple[str, ...] = ()
    name_en: str | None = None
    is_partner: bool = False


@dataclass(frozen=True, slots=True)
class Organisation:
    """One version of everything that is known.

    `viewers`: by holder, which is `person:<id>` or `key:<id>`; `ended`: the sessions that ended in the last day;
    `sessions`: the version of the latter; `until`: when the next grant or area begins or ends, or a key does.
    """

    version: int = 0
    bodies: dict[int, Body] = field(default_factory=dict)
    units: dict[int, KnownUnit] = field(default_factory=dict)
    devices: dict[str, KnownDevice] = field(default_factory=dict)
    viewers: dict[str, KnownViewer] = field(default_factory=dict)
    ended: frozenset[int] = frozenset()
    until: datetime | None = None
    sessions: int = 0

    def device_of_id(self, id: int) -> KnownDevice | None:
        """The device in force with this id."""
        return next((device for device in self.devices.values() if device.id == id), None)

    def depth(self, body: int) -> int:
        """How many bodies stand above this one."""
        above, found = self.bodies[body].parent, 0
        while above is not None:
            above, found = self.bodies[above].parent, found + 1
        return found


class Registry:
    """Keeps the newest `Organisation`; `changed` callbacks run after each renewal."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stale = asyncio.Event()
        self._changed: list[Callable[[Organisation], None]] = []
        self.current = Organisation()

    def on_change(self, callback: Callable[[Organisation], None]) -> None:
        """Call this with every new version."""
        self._changed.append(callback)

    def announce(self) -> None:
        """Somebody says that the organisation changed: look now instead of at the next poll."""
        self._stale.set()

    async def load(self) -> None:
        """Read the first copy, waiting for the database at most `COLD_START_S`; then TimeoutError."""
        async with asyncio.timeout(COLD_START_S):
            while not await self._renew():
                await asyncio.sleep(0.25)

    async def run(self) -> None:
        """Follow the version for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), self._patience())
            self._stale.clear()
            await self._renew()

    def _patience(self) -> float:
        """Seconds until the next look: sooner where a grant begins or ends before that."""
        if self.current.until is None:
            return POLL_S
        return min(POLL_S, max(0.0, (self.current.until - utc_now()).total_seconds()))

    async def _renew(self) -> bool:
        """Read what changed; False when the database is away."""
        try:
            async with self._database.snapshot() as session:
                version, sessions = (await session.execute(VERSIONS)).one()
                due = self.current.until is not None and self.current.until <= utc_now()
                if version == self.current.version and not due:
                    if sessions == self.current.sessions:
                        return True
                    # People sign out all day; the rest is not read again for that.
                    ended = await _read_ended(session)
                    self.current = replace(self.current, sessions=sessions, ended=ended)
                else:
                    self.current = await read_organisation(session, version, sessions)
        except Exception as error:
            if not is_away(error):
                raise
            return False
        for callback in self._changed:
            callback(self.current)
        return True


async def read_organisation(session: AsyncSession, version: int, sessions: int = 0) -> Organisation:
    """Everything of one version, in one unchanging snapshot."""
    nodes = list(await session.scalars(select(Node)))
    tree = Tree(nodes)
    bodies = {
        node.id: Body(
            node.id,
            node.kind,
            node.name,
            node.name_en,
            tree.district_of(node.id),
            node.parent,
            tree.team_of(node.id),
            node.code,
        )
        for node in nodes
    }
    units = await _read_units(session, tree)
    devices = {
        device.identifier: KnownDevice(
            device.id,
            device.identifier,
            device.protocol,
            device.address,
            device.token_hash,
            device.simulated,
            units[device.unit],
            device.personal,
            device.former_hash,
            to_ms(device.former_until) if device.former_until else 0,
            device.tolerates_checksum,
            device.precedence,
            device.datum,
        )
        for device in await session.scalars(select(Device).where(Device.disabled_at.is_(None)))
    }
    now = utc_now()
    body_of = {unit.number: unit.body for unit in units.values()}
    grants = await _read_grants(session)
    all_grants = [grant for held in grants.values() for grant in held]
    borders = [next_change(all_grants, now), *(await session.execute(BORDERS, {"now": now})).one()]
    return Organisation(
        version,
        bodies,
        units,
        devices,
        await _read_people(session, grants, tree, body_of, now) | await _read_keys(session, tree, body_of, now),
        await _read_ended(session),
        min((border for border in borders if border is not None), default=None),
        sessions,
    )


async def _read_ended(session: AsyncSession) -> frozenset[int]:
    return frozenset(await session.scalars(select(Session.id).where(Session.ended_at > utc_now() - REMEMBERED)))


async def _read_units(session: AsyncSession, tree: Tree) -> dict[int, KnownUnit]:
    rows = await session.execute(select(UnitDuty.unit, UnitDuty.on_duty, UnitDuty.since))
    duty = {unit: (on_duty, to_ms(since)) for unit, on_duty, since in rows}
    columns = (Unit.number, Unit.call_sign, Unit.kind, Unit.name, Unit.name_en, Unit.squad)
    return {
        number: KnownUnit(
            number,
            call_sign,
            kind,
            name,
            name_en,
            tree.team_of(body),
            tree.district_of(body),
            duty.get(number, ALWAYS)[0],
            body,
            duty.get(number, ALWAYS)[1],
        )
        for number, call_sign, kind, name, name_en, body in await session.execute(select(*columns))
    }


async def _read_grants(session: AsyncSession) -> dict[int, list[KnownGrant]]:
    """Of each person those that hold now or will."""
    # Columns and not objects: of thousands of people, with each change of the organisation.
    statement = select(
        PersonGrant.id,
        PersonGrant.person,
        PersonGrant.role,
        PersonGrant.atoms,
        PersonGrant.scope,
        PersonGrant.valid_from,
        PersonGrant.valid_until,
    ).where(or_(PersonGrant.valid_until.is_(None), PersonGrant.valid_until > func.now()))
    grants: dict[int, list[KnownGrant]] = defaultdict(list)
    for id, person, role, atoms, scope, since, until in await session.execute(statement):
        grants[person].append(KnownGrant(id, person, role, tuple(atoms), scope, since, until))
    return grants


async def _read_people(
    session: AsyncSession,
    grants: dict[int, list[KnownGrant]],
    tree: Tree,
    body_of: dict[int, int],
    now: datetime,
) -> dict[str, KnownViewer]:
    columns = (Person.id, Person.name, Person.name_en, Person.node)
    rows = await session.execute(select(*columns).where(Person.disabled_at.is_(None)))
    people = {}
    homes: dict[int, _Home] = {}
    granted: dict[tuple[object, ...], Rights] = {}  # of those who are granted the same
    shared: dict[tuple[object, ...], Rights] = {}  # of those who belong to the same body as well
    for id, name, name_en, body in rows:
        held = [grant for grant in grants.get(id, ()) if grant.holds_at(now)]
        roles = tuple(sorted({grant.role for grant in held if grant.role is not None}))
        if body not in homes:
            homes[body] = _Home.of(body, tree)
        home = homes[body]
        same = tuple((grant.role, grant.atoms, repr(grant.scope)) for grant in held)
        if same not in granted:
            granted[same] = rights_at(held, now, tree, body_of)
        if (body, same) not in shared:
            shared[body, same] = replace(granted[same], own=home.own)
        people[f"person:{id}"] = KnownViewer(name, shared[body, same], roles, name_en, home.is_partner)
    return people


@dataclass(frozen=True, slots=True)
class _Home:
    """What a body means for its people: `own` as in `Rights`."""

    own: frozenset[int]
    is_partner: bool

    @staticmethod
    def of(body: int, tree: Tree) -> "_Home":
        path = tree.path(body)
        return _Home(frozenset(path) - set(tree.roots), any(tree.nodes[one].kind == DEPARTMENT for one in path))


async def _read_keys(
    session: AsyncSession, tree: Tree, body_of: dict[int, int], now: datetime
) -> dict[str, KnownViewer]:
    keys = {}
    for key in await session.scalars(select(AccessKey).where(AccessKey.revoked_at.is_(None))):
        if key.expires_at is not None and key.expires_at <= now:
            continue
        try:
            keys[f"key:{key.id}"] = KnownViewer(key.name, rights_of_key(key.grants, tree, body_of), is_partner=True)
        except (Refusal, ValueError, KeyError, TypeError) as error:
            # Of another version of the program, perhaps: it opens nothing, and everybody else goes on.
            log.error("the grants of key %r are not understood: %s", key.name, error)
    return keys
