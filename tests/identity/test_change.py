"""A change from outside the running processes is told to them at once."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.bus.subjects import IDENTITY_CHANGED
from backend.errors import BadInput
from backend.identity.change import change
from backend.identity.devices import add_node
from tests.bus.servers import connected, until
from tests.conftest import TestBus, TestDatabase


async def test_told_after_the_commit_and_not_for_a_refusal(nats_server: TestBus, database: TestDatabase) -> None:
    async with connected(nats_server.url) as ear:
        heard: list[bytes] = []
        await ear.subscribe(IDENTITY_CHANGED, lambda message: heard.append(message.data))
        await ear.flush()

        async def refused(session: AsyncSession) -> int:
            await add_node(session, "lost", "city")
            return await add_node(session, "lost", "army")

        with pytest.raises(BadInput):
            await change(database.application_url, nats_server.url, refused)
        await asyncio.sleep(0.05)
        assert heard == []
        made = await change(
            database.application_url, nats_server.url, lambda session: add_node(session, "kept", "city")
        )
        await until(lambda: heard)
        found = await change(
            database.application_url, nats_server.url, lambda session: add_node(session, "kept", "city")
        )
        assert found == made

        async def names(session: AsyncSession) -> list[str]:
            return list(await session.scalars(text("SELECT name FROM node")))

        assert await change(database.application_url, nats_server.url, names) == ["kept"]
