"""The chain over the audit: each seal's hash covers its row and the seal before it.

One sealer in `worker` seals each second what was committed, in an order of its own: rows that commit late are sealed
late. Each day's first seal, or that of every so many hours (`audit_settings.py`), is noted in a file outside of the
store (`LIANDONG_HOME/anchors`), so that a chain that was made anew from some row on does not fit.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.db.engine import Database, is_away
from backend.home import write_atomically

log = logging.getLogger(__name__)

EVERY_S = 1.0
BATCH = 1000
WINDOW = 10_000
"""A row whose transaction took so long that this many came before it is found by the sweep at the next start."""
LATE = timedelta(minutes=1)
ALGORITHM = "sha256"
DAY_HOURS = 24
FIRST = bytes(32)
FIELDS = ("id", "at", "actor", "actor_name", "session", "address", "action", "object", "details")

LOCK = text("SELECT pg_advisory_xact_lock(5808003)")
LAST = text("SELECT number, hash FROM audit_seal ORDER BY number DESC LIMIT 1")
UNSEALED = text(
    f"""SELECT {", ".join(FIELDS)} FROM audit
        WHERE id > :from_id AND NOT EXISTS (SELECT FROM audit_seal WHERE audit_seal.row = audit.id)
        ORDER BY id LIMIT {BATCH}"""
)
SEAL = text(
    """INSERT INTO audit_seal (number, row, previous_hash, hash, algorithm)
       VALUES (:number, :row, :previous, :hash, :algorithm)"""
)
CHAIN = text(
    f"""SELECT seal.number, seal.row, seal.previous_hash, seal.hash, seal.algorithm,
               {", ".join(f"audit.{name} AS audit_{name}" for name in FIELDS)}
        FROM audit_seal AS seal LEFT JOIN audit ON audit.id = seal.row
        WHERE seal.number > :after ORDER BY seal.number LIMIT {BATCH}"""
)
OVERDUE = text(
    """SELECT min(id) FROM audit
       WHERE at < :moment AND NOT EXISTS (SELECT FROM audit_seal WHERE audit_seal.row = audit.id)"""
)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong: where in the chain, with which row, and what."""

    what: str
    seal: int | None = None
    row: int | None = None


def row_hash(previous: bytes, row: dict[str, Any]) -> bytes:
    """SHA-256 over the hash before and the row's fields in one written order, as JSON with sorted keys."""
    told = {name: row[name] for name in FIELDS} | {"at": round(row["at"].timestamp() * 1_000_000)}
    return hashlib.sha256(previous + orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()


class Sealer:
    """Seals what was committed, once a second."""

    def __init__(self, database: Database, anchors: Path) -> None:
        self._database = database
        self._anchors = anchors
        self._swept = False

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                while await self.seal() == BATCH:
                    pass
            except Exception as error:
                if not is_away(error):
                    raise
            await asyncio.sleep(EVERY_S)

    async def seal(self) -> int:
        """Seal at most a batch; returns how many rows that were. The first time all rows are looked at."""
        async with self._database.transaction() as session:
            await session.execute(LOCK)
            last = (await session.execute(LAST)).one_or_none()
            number, previous = (last.number, bytes(last.hash)) if last else (0, FIRST)
            newest: int = await session.scalar(text("SELECT COALESCE(max(row), 0) FROM audit_seal")) or 0
            from_id = newest - WINDOW if self._swept else 0
            rows = [dict(row._mapping) for row in await session.execute(UNSEALED, {"from_id": from_id})]
            seals = []
            for row in rows:
                number += 1
                hash = row_hash(previous, row)
                seals.append(
                    {"number": number, "row": row["id"], "previous": previous, "hash": hash, "algorithm": ALGORITHM}
                )
                previous = hash
            if seals:
                await session.execute(SEAL, seals)
            hours: int = await session.scalar(text("SELECT anchor_hours FROM audit_setting")) or DAY_HOURS
        self._swept = self._swept or len(rows) < BATCH
        if seals:
            self._anchor(seals[0]["number"], seals[0]["hash"], hours)
        return len(rows)

    def _anchor(self, number: int, hash: bytes, hours: int) -> None:
        """Note the first seal of the day, or of these hours of it; a full disk must not stop the chain."""
        file = self._anchors / anchor_name(utc_now(), hours)
        try:
            if not file.exists():
                write_atomically(file, f"{number} {ALGORITHM} {hash.hex()}\n")
        except OSError as error:
            log.error("the audit's anchor of today cannot be written: %s", error)


async def verify(database: Database, anchors: Path) -> tuple[int, Fault | None]:
    """Go through the whole chain: how many seals hold, and the first fault."""
    noted = {number: (digest, name) for number, digest, name in read_anchors(anchors)}
    count, previous = 0, FIRST
    async for seal in _chain(database):
        if fault := _fault_of(seal, count + 1, previous):
            return count, fault
        if seal["number"] in noted and noted[seal["number"]][0] != seal["hash"].hex():
            return count, Fault(f"the seal is not the one noted in {noted[count + 1][1]}", seal["number"], seal["row"])
        count, previous = count + 1, bytes(seal["hash"])
    if missing := [number for number in noted if number > count]:
        return count, Fault(f"the chain ends before the seal noted in {noted[min(missing)][1]}", min(missing))
    async with database.snapshot() as session:
        overdue = await session.scalar(OVERDUE, {"moment": utc_now() - LATE})
    return count, Fault("the row was never sealed", None, overdue) if overdue is not None else None


def anchor_name(moment: datetime, hours: int) -> str:
    """The file for a moment's anchor: one a day, or one for every so many hours of it."""
    if hours >= DAY_HOURS:
        return f"audit-{moment:%Y-%m-%d}.txt"
    return f"audit-{moment:%Y-%m-%d}T{moment.hour // hours * hours:02d}.txt"


def read_anchors(anchors: Path) -> list[tuple[int, str, str]]:
    """Number, hash and file name of each note."""
    found = []
    for file in sorted(anchors.glob("audit-*.txt")):
        number, _, digest = file.read_text().split()
        found.append((int(number), digest, file.name))
    return found


async def _chain(database: Database) -> AsyncIterator[dict[str, Any]]:
    after = 0
    while True:
        async with database.snapshot() as session:
            rows = await _page(session, after)
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        after = rows[-1]["number"]


async def _page(session: AsyncSession, after: int) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in await session.execute(CHAIN, {"after": after})]


def _fault_of(seal: dict[str, Any], number: int, previous: bytes) -> Fault | None:
    if seal["number"] != number:
        return Fault(f"seal {number} is missing", number)
    if seal["audit_id"] is None:
        return Fault("the row is missing", number, seal["row"])
    if bytes(seal["previous_hash"]) != previous:
        return Fault("the seal does not follow the one before it", number, seal["row"])
    row = {name: seal[f"audit_{name}"] for name in FIELDS}
    if seal["algorithm"] != ALGORITHM or row_hash(previous, row) != bytes(seal["hash"]):
        return Fault("the row is not as it was sealed", number, seal["row"])
    return None
