"""Which device is this?"""

from dataclasses import replace

import pytest

from backend.avl import sessions as sessions_module
from backend.avl.messages import Login
from backend.avl.sessions import Session
from backend.clock import now_ms
from backend.db.engine import Database
from backend.identity.devices import token_hash
from backend.identity.registry import KnownDevice, Registry
from tests.avl.makers import NOWHERE, TOKEN, device, organisation


def registry(*devices: KnownDevice) -> Registry:
    made = Registry(Database(NOWHERE))
    made.current = organisation(*devices)
    return made


@pytest.mark.parametrize(
    ("identifier", "token", "accepted"),
    [
        pytest.param("phone", TOKEN, True, id="right"),
        pytest.param("phone", TOKEN + "x", False, id="wrong token"),
        pytest.param("phone", "", False, id="no token"),
        pytest.param("phone", "\ud800", False, id="token that is no text"),
        pytest.param("Phone", TOKEN, False, id="other case"),
        pytest.param("", TOKEN, False, id="no identifier"),
        pytest.param("gps", TOKEN, False, id="device of another protocol"),
        pytest.param("phone\0" + TOKEN, "", False, id="a proof put together otherwise"),
    ],
)
def test_login(identifier: str, token: str, accepted: bool) -> None:
    session = Session("osmand", registry(device(), device("gps", 2, protocol="gpsd")))
    assert session.device is None
    for _ in range(2):
        assert session.login(Login(identifier=identifier, token=token)) is accepted
        assert (session.device is not None) is accepted


def test_refused_login_ends_what_held_before() -> None:
    session = Session("osmand", registry(device()))
    assert session.login(Login(identifier="phone", token=TOKEN))
    assert not session.login(Login(identifier="phone", token="wrong"))
    assert session.device is None
    assert session.login(Login(identifier="phone", token=TOKEN))


def test_connection_may_speak_for_several_devices() -> None:
    session = Session("osmand", registry(device(), device("tablet", 2)))
    for identifier, number in (("phone", 1), ("tablet", 2), ("phone", 1)):
        assert session.login(Login(identifier=identifier, token=TOKEN))
        assert session.device is not None
        assert session.device.id == number


def test_registry_rules_at_every_moment() -> None:
    """A remembered proof must not outlive a new token, nor a device its disabling."""
    known = registry(device())
    session = Session("osmand", known)
    assert session.login(Login(identifier="phone", token=TOKEN))
    changed = device()
    known.current = organisation(
        KnownDevice(changed.id, "phone", "osmand", None, token_hash("new"), False, changed.unit), version=2
    )
    assert not session.login(Login(identifier="phone", token=TOKEN))
    assert session.login(Login(identifier="phone", token="new"))
    known.current = organisation(version=3)
    assert session.device is None
    assert not session.login(Login(identifier="phone", token="new"))


def rotated(until: int) -> KnownDevice:
    """The phone with a new token, and TOKEN as the former one."""
    return replace(device(), token_hash=token_hash("new"), former_hash=token_hash(TOKEN), former_until=until)


def test_the_former_token_works_until_its_time_without_a_new_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    now = now_ms()
    known = registry(rotated(now + 60_000))
    old, new = Session("osmand", known), Session("osmand", known)
    assert old.login(Login(identifier="phone", token=TOKEN))
    assert new.login(Login(identifier="phone", token="new"))
    monkeypatch.setattr(sessions_module, "now_ms", lambda: now + 59_999)
    assert old.device is not None
    assert old.login(Login(identifier="phone", token=TOKEN)), "it may change from one to the other and back"
    assert new.login(Login(identifier="phone", token=TOKEN))
    assert new.login(Login(identifier="phone", token="new"))
    monkeypatch.setattr(sessions_module, "now_ms", lambda: now + 60_000)
    assert old.device is None, "on an open line, too"
    assert not old.login(Login(identifier="phone", token=TOKEN))
    assert new.device is not None
    assert new.login(Login(identifier="phone", token="new"))


def test_who_came_with_a_token_that_is_no_more_is_nobody() -> None:
    """Rotated without an overlap: also where nobody says again who he is."""
    known = registry(device())
    session = Session("osmand", known)
    assert session.login(Login(identifier="phone", token=TOKEN))
    known.current = organisation(replace(device(), token_hash=token_hash("new")), version=2)
    assert session.device is None


def test_bound_receiver_needs_no_login_but_the_registry() -> None:
    known = registry(device("gps", 2, protocol="gpsd"))
    session = Session("gpsd", known, bound="gps")
    assert session.device is known.current.devices["gps"]
    known.current = organisation(version=2)
    assert session.device is None
