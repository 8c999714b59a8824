"""`liandong node|unit|device|key` against a real store and bus; what they print works."""

import asyncio
import json
import subprocess
import sys

import pytest

from backend.__main__ import main
from backend.avl.messages import Login
from backend.avl.sessions import Session
from backend.db.engine import Database
from backend.identity.keys import key_holder
from backend.identity.registry import Registry
from tests.conftest import TestBus, TestDatabase


@pytest.fixture
def here(nats_server: TestBus, database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment names the store and the bus."""
    monkeypatch.setenv("LIANDONG_DATABASE_URL", database.application_url)
    monkeypatch.setenv("LIANDONG_NATS_URL", nats_server.url)
    return monkeypatch


def run_here(here: pytest.MonkeyPatch, *words: str) -> object:
    """The command in this process, which is quicker; its exit status."""
    here.setattr(sys, "argv", ["liandong", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.slow
def test_from_nothing_to_a_device_that_may_log_in(
    here: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: TestDatabase
) -> None:
    def says(*words: str) -> str:
        assert run_here(here, *words) == 0
        output, errors = capsys.readouterr()
        assert errors == ""
        return output.strip()

    district = says("node", "add", "江东区", "--kind", "district")
    squad = says("node", "add", "一中队", "--kind", "squad", "--parent", district)
    unit = says("unit", "add", "S001", "--squad", squad, "--name", "巡逻车")
    called = says("device", "add", "gps", "--unit", "S001", "--protocol", "gpsd", "--address", "h:1")
    assert called == "gps at h:1"
    key = says("key", "add", "wall", "--grants", '[{"atom": "wall.open", "scope": {}}]')
    # Once as a person runs it.
    done = subprocess.run(
        [sys.executable, "-m", "backend", "device", "add", "my-phone", "--unit", "S001"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    identifier, _, token = done.stdout.strip().rpartition("-")
    assert identifier == "my-phone"

    async def use(key_opens: bool, device_opens: bool = True) -> None:
        store = Database(database.application_url)
        registry = Registry(store)
        await registry.load()
        session = Session("osmand", registry)
        assert session.login(Login(identifier=identifier, token=token)) is device_opens
        if session.device is not None:
            assert (session.device.unit.number, session.device.unit.district) == (int(unit), int(district))
        async with store.snapshot() as reading:
            assert (await key_holder(reading, key) in registry.current.viewers) is key_opens
        await store.close()

    asyncio.run(use(key_opens=True))
    former, token = token, says("device", "rotate", "my-phone", "--overlap", "2").rpartition("-")[2]
    assert token != former
    asyncio.run(use(key_opens=True))
    token = former
    asyncio.run(use(key_opens=True))
    key = says("key", "add", "squad", "--grants", json.dumps([{"atom": "unit.read", "scope": {"body": int(squad)}}]))
    asyncio.run(use(key_opens=True))
    key = says("key", "rotate", "wall")
    assert says("key", "revoke", "wall") == "wall opens nothing any more"
    asyncio.run(use(key_opens=False))
    assert says("device", "revoke", "my-phone") == "my-phone is heard no more"
    asyncio.run(use(key_opens=False, device_opens=False))


MISTAKES = [
    (["device", "add", "x", "--unit", "nobody"], "nobody"),
    (["device", "add", "a b", "--unit", "nobody"], "nobody"),
    (["device", "rotate", "nothing"], "nothing"),
    (["device", "revoke", "a b"], "a b"),
    (["key", "revoke", "nothing"], "nothing"),
    (["key", "add", "k", "--grants", json.dumps([{"atom": "unit.read", "scope": {"body": 424242}}])], "424242"),
    (["key", "add", "k", "--grants", '[{"atom": "unit.fly", "scope": {}}]'], "unit.fly"),
    (["key", "add", "k", "--grants", "{"], "grants"),
    (["key", "add", "k", "--grants", '{"atom": "unit.read"}'], "grants"),
    (["key", "add", "k", "--grants", json.dumps([{"atom": "unit.read", "scope": {"cells": ["zz"]}}])], "zz"),
    (["unit", "add", "S9", "--squad", "424242", "--name", "x"], "424242"),
]


@pytest.mark.parametrize(("words", "said"), MISTAKES, ids=[" ".join(words)[:40] for words, _ in MISTAKES])
def test_mistake_is_one_line(
    here: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run_here(here, *words) == 1
    output, errors = capsys.readouterr()
    assert said in errors
    assert (output, errors.count("\n")) == ("", 1)


def test_without_a_bus_the_change_is_made_all_the_same(
    here: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here.setenv("LIANDONG_NATS_URL", "nats://127.0.0.1:1")
    here.setattr("backend.identity.change.ANNOUNCE_S", 0.3)
    assert run_here(here, "node", "add", "without a bus", "--kind", "city") == 0
    output, errors = capsys.readouterr()
    assert int(output)
    assert errors == ""
