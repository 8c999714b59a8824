"""The two forms of one rule: what a viewer may see, asked for one object and as a condition of SQL."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backend.db.engine import Database
from backend.identity.filters import COVERED, NOT_HIDDEN, covered, hidden
from backend.identity.rights import Rights, Scope, may_see
from tests.conftest import TestDatabase
from tests.identity.test_rights import fine_cells, ids, or_none, scopes

OBJECTS = """SELECT number FROM unnest(CAST(:districts AS integer[]), CAST(:squads AS integer[]),
    CAST(:units AS bigint[]), CAST(:cells AS bigint[]), CAST(:abouts AS integer[]))
    WITH ORDINALITY AS object (district, squad, unit, cell, about, number)"""

objects = st.tuples(ids | or_none, ids | or_none, ids | or_none, fine_cells | or_none, ids | st.none())


def test_both_forms_say_the_same(database: TestDatabase) -> None:
    store = Database(database.application_url)

    @settings(max_examples=80, deadline=None)
    @given(scopes, st.frozensets(ids, max_size=3), st.lists(objects, min_size=1, max_size=20))
    def hold(scope: Scope, own: frozenset[int], rows: list[tuple[int, int, int, int, int | None]]) -> None:
        rights = Rights(own=own)
        expected = [
            number
            for number, (district, squad, unit, cell, about) in enumerate(rows, 1)
            if may_see(scope, district, squad, unit, cell) and not rights.hides(about)
        ]
        names = ("districts", "squads", "units", "cells", "abouts")
        values = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        statement = f"{OBJECTS} WHERE {COVERED} AND {NOT_HIDDEN} ORDER BY number"

        async def ask() -> list[int]:
            async with store.snapshot() as session:
                return list(await session.scalars(text(statement), values | covered(scope) | hidden(rights)))

        assert loop.run_until_complete(ask()) == expected

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        hold()
        loop.run_until_complete(store.close())
