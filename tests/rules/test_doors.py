"""Every route and every topic states who may use it."""

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from starlette.routing import Mount, Route

from backend.app import TOPICS, make_app
from backend.identity.access import Public, Requires, check_routes
from backend.identity.atoms import ATOMS
from backend.live.topics import Topic, check

PUBLIC = {
    "GET /",
    "GET /login",
    "GET /enrol",
    "GET /healthz",
    "GET /readyz",
    "GET /api/openapi.json",
    "GET /api/v1/session",
    "GET /api/v1/demo-people",
    "POST /api/v1/demo-login",
    "POST /api/v1/login",
    "POST /api/v1/login/factor",
    "POST /api/v1/login/new-factor",
    "POST /api/v1/login/new-factor/confirm",
    "POST /api/v1/login/password",
    "POST /api/v1/enrol",
    "POST /api/v1/enrol/look",
    "GET /assets/{path:path}",
    "GET /{name}",
}
SIGNED_IN = {
    "GET /admin",
    "GET /profile",
    "GET /api/v1/profile",
    "POST /api/v1/profile/password",
    "POST /api/v1/session/here",
    "POST /api/v1/logout",
}


def test_every_route_states_its_atom_and_no_more_are_public_than_we_know() -> None:
    needs = check_routes(make_app().routes)
    assert {path for path, need in needs.items() if need.startswith("public: ")} == PUBLIC
    assert {path for path, need in needs.items() if need == "signed in"} == SIGNED_IN
    assert {path: need for path, need in needs.items() if path not in PUBLIC | SIGNED_IN} == {
        "SOCKET /live": "position.read",
        "SOCKET /live/replay": "track.read",
        "GET /tiles/{zoom}/{x}/{y}": "map.read",
        "GET /api/v1/ground": "map.read",
        "GET /api/v1/areas/{kind}": "map.read",
        "GET /api/v1/places": "map.read",
        "GET /api/v1/where": "map.read",
        "GET /wall": "wall.open",
        "GET /health": "system.read",
        "GET /api/v1/units": "unit.read",
        "GET /api/v1/units/{number}": "unit.read",
        "GET /api/v1/units/{number}/track": "track.read",
        "GET /api/v1/units/{number}/stops": "track.read",
        "GET /api/v1/tracks": "track.read",
        "POST /api/v1/tracks": "track.read",
        "GET /api/v1/presence-at": "track.read",
        "GET /api/v1/geofences": "geofence.read",
        "GET /api/v1/geofences/bodies": "geofence.edit",
        "POST /api/v1/geofences": "geofence.edit",
        "PUT /api/v1/geofences/{id}": "geofence.edit",
        "DELETE /api/v1/geofences/{id}": "geofence.edit",
        "GET /api/v1/geofences/{id}/crossings": "geofence.read",
        "GET /api/v1/geofence-crossings": "geofence.read",
        "GET /api/v1/units/{number}/visits": "track.read",
        "GET /api/v1/bodies": "organisation.read",
        "POST /api/v1/bodies": "organisation.write",
        "PATCH /api/v1/bodies/{id}": "organisation.write",
        "GET /api/v1/bodies/{id}/belongings": "organisation.read",
        "GET /api/v1/bodies/{id}/areas": "organisation.read",
        "PUT /api/v1/bodies/{id}/area": "organisation.write",
        "GET /api/v1/jurisdiction": "organisation.read",
        "GET /api/v1/jurisdiction/at": "map.read",
        "POST /api/v1/jurisdiction/{area}/end": "organisation.write",
        "GET /api/v1/roles": "grant.read",
        "GET /api/v1/people": "person.read",
        "POST /api/v1/people": "person.write",
        "POST /api/v1/people/{id}/link": "person.write",
        "POST /api/v1/people/{id}/disable": "person.write",
        "POST /api/v1/people/{id}/enable": "person.write",
        "POST /api/v1/people/{id}/reset-factor": "person.write",
        "POST /api/v1/people/{id}/unlock": "person.write",
        "POST /api/v1/people/{id}/phone": "phone.read",
        "GET /api/v1/people/{id}/grants": "grant.read",
        "POST /api/v1/people/{id}/grants": "grant.write",
        "POST /api/v1/people/{id}/shares": "grant.share",
        "DELETE /api/v1/grants/{id}": "grant.write",
        "GET /api/v1/devices": "device.read",
        "POST /api/v1/devices": "device.write",
        "PATCH /api/v1/devices/{id}": "device.write",
        "POST /api/v1/devices/{id}/rotate": "device.write",
        "POST /api/v1/devices/{id}/revoke": "device.write",
        "POST /api/v1/devices/{id}/commands": "device.command",
        "GET /api/v1/devices/{id}/commands": "device.command",
        "DELETE /api/v1/devices/{id}/commands/{command}": "device.command",
        "GET /api/v1/devices/unknown": "device.write",
        "POST /api/v1/devices/unknown/{id}/adopt": "device.write",
        "DELETE /api/v1/devices/unknown/{id}": "device.write",
        "GET /api/v1/keys": "key.read",
        "POST /api/v1/keys": "key.write",
        "POST /api/v1/keys/{id}/rotate": "key.write",
        "POST /api/v1/keys/{id}/revoke": "key.write",
        "GET /api/v1/sessions": "session.read",
        "GET /api/v1/audit": "audit.read",
        "DELETE /api/v1/sessions/{id}": "session.end",
        "GET /api/v1/fleet/parked": "fleet.read",
        "GET /api/v1/retention": "retention.read",
        "POST /api/v1/holds": "hold.write",
        "GET /api/v1/approvals": "approval.read",
        "POST /api/v1/approvals": "approval.ask",
        "POST /api/v1/approvals/{id}/approve": "approval.decide",
        "POST /api/v1/approvals/{id}/refuse": "approval.decide",
        "POST /api/v1/approvals/{id}/withdraw": "approval.ask",
        "GET /api/v1/approvals/{id}/export": "track.read",
        "GET /api/v1/audit/settings": "approval.read",
    }


def nothing() -> None: ...


async def socket(websocket: WebSocket) -> None: ...


@pytest.mark.parametrize("how", ["route", "socket", "router", "nested", "mount", "plain", "two"])
def test_one_that_states_none_does_not_start(how: str) -> None:
    app, router = make_app(), APIRouter()
    if how == "route":
        app.get("/open")(nothing)
    elif how == "socket":
        app.websocket("/open")(socket)
    elif how == "router":
        router.get("/open")(nothing)
        app.include_router(router)
    elif how == "nested":
        router.get("/open")(nothing)
        between = APIRouter(prefix="/deep")
        between.include_router(router)
        app.include_router(between)
    elif how == "mount":
        app.mount("/open", FastAPI())
    elif how == "plain":
        app.router.routes.append(Route("/open", lambda request: None))
    else:
        both = [Depends(Public("why")), Depends(Requires("unit.read"))]
        app.get("/open", dependencies=both)(nothing)
    with pytest.raises(ValueError, match=r"/open"):
        check_routes(app.routes)


def test_an_unknown_atom_does_not_start() -> None:
    with pytest.raises(ValueError, match="unknown atom"):
        Requires("no.such")
    with pytest.raises(ValueError, match=r"topic x has the unknown atom 'no\.such'"):
        check((*TOPICS, Topic("x", "no.such", TOPICS[0].snapshot)))


def test_every_topic_has_an_atom() -> None:
    topics = check(TOPICS)
    assert len(topics) == len(TOPICS), "no name twice"
    assert {topic.atom for topic in topics.values()} <= set(ATOMS)


def test_every_atom_has_words_in_both_languages_and_is_used() -> None:
    used = set(check_routes(make_app().routes).values()) | {topic.atom for topic in TOPICS}
    assert {atom.name for atom in ATOMS.values()} <= used
    assert all(atom.words_zh and atom.words_en for atom in ATOMS.values())


def test_a_mount_is_no_way_around() -> None:
    with pytest.raises(ValueError, match="Mount"):
        check_routes([Mount("/open", routes=[])])
