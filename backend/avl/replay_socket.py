"""`/live/replay`: the live socket's conversation about the past (docs/live-protocol.md, "Replay")."""

import asyncio
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Depends, WebSocket
from starlette.websockets import WebSocketDisconnect

from backend.avl.history import Current
from backend.avl.replay import ATOM, TICK_MS, Replay
from backend.avl.replay_wanted import WantedReplay, check_units, parse_moment, parse_replay, parse_speed
from backend.db.engine import is_away
from backend.errors import BadInput, NotSignedIn, Refusal, TooMany, Unavailable
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.access_log import REPLAY, record_access
from backend.identity.reach import rights_now
from backend.live.interest import parse_every, parse_follow, parse_look
from backend.live.socket import BAD_HELLO, HELLO_S, NO_HELLO, PACE_S, VERSION, attend, receive, refused, same_origin

MOST_REPLAYS = 4
"""In one web process: each may ask the store five times a second."""
CODES = {TooMany: 4429, Unavailable: 1013, NotSignedIn: 4401}
KINDS = ("look", "follow", "every", "play", "pause", "seek", "speed")

router = APIRouter()


@router.websocket("/live/replay")
async def replay(websocket: WebSocket, viewer: Viewer = Depends(Requires(ATOM))) -> None:
    """Where units were, at 1 to 60 times the speed."""
    if not same_origin(websocket):
        await websocket.close()
        return
    await websocket.accept()
    running: set[object] = websocket.app.state.replays
    mine = object()
    with suppress(WebSocketDisconnect):
        try:
            try:
                message = await asyncio.wait_for(receive(websocket), HELLO_S)
            except TimeoutError:
                await websocket.close(NO_HELLO)
                return
            take_place(running, mine)
            wanted = await asyncio.to_thread(parse_replay, message)
            opened = await open_replay(websocket, viewer, wanted)
            await attend(opened.client, converse(websocket, opened, wanted))
        except Refusal as error:
            await websocket.send_json(refused(error))
            await websocket.close(CODES.get(type(error), BAD_HELLO))
        finally:
            running.discard(mine)


def take_place(running: set[object], mine: object) -> None:
    """Be one of those that run. Raises TooMany."""
    if len(running) >= MOST_REPLAYS:
        raise TooMany(
            f"{MOST_REPLAYS} replays run here already; try again when one has ended",
            code="too_many",
            expected=f"at most {MOST_REPLAYS}",
            got=len(running) + 1,
        )
    running.add(mine)


async def open_replay(websocket: WebSocket, viewer: Viewer, wanted: WantedReplay) -> Replay:
    """The replay, after its rows of the access log were committed: one for each named unit. Raises Refusal."""
    current = rights_now(websocket, viewer)
    check_now(current, wanted)
    database, about = websocket.app.state.database, {"from": wanted.begin, "to": wanted.end}
    try:
        async with database.transaction() as session:
            for object in wanted.objects():
                await record_access(session, actor_of(websocket, viewer), REPLAY, object, wanted.reason, **about)
    except Exception as error:
        if not is_away(error):
            raise
        raise Unavailable("the database is away; try again soon", code="away") from error
    check_now(current, wanted)
    return Replay(websocket, viewer, wanted, database, current)


def check_now(current: Current, wanted: WantedReplay) -> None:
    """Raises NotSignedIn for somebody who may not see tracks any more, BadInput for a unit that he may not see."""
    organisation, rights = current()
    if rights is None or not rights.holds(ATOM):
        raise NotSignedIn("the right to see tracks has ended", code="forbidden", expected=ATOM)
    check_units(wanted, organisation, rights)


async def converse(websocket: WebSocket, replay: Replay, wanted: WantedReplay) -> None:
    """Say what is replayed, show it, and do what the browser says until it goes."""
    client = replay.client
    try:
        async with asyncio.TaskGroup() as tasks:
            client.say(
                {
                    "type": "welcome",
                    "version": VERSION,
                    "time": int(replay.clock.time),
                    "tick": TICK_MS,
                    "event": 0,
                    "web": websocket.app.state.hub.name,
                    "replay": True,
                    "from": wanted.begin,
                    "to": wanted.end,
                }
            )
            client.say({"type": "registry", "version": websocket.app.state.registry.current.version})
            tasks.create_task(replay.run())
            tasks.create_task(replay.keep())
            while True:
                try:
                    apply(await receive(websocket), replay)
                except BadInput as error:
                    client.say(refused(error))
                await asyncio.sleep(PACE_S)
    except* WebSocketDisconnect:
        pass


def apply(message: dict[str, Any], replay: Replay) -> None:
    """Do what a message after the hello says. Raises BadInput; then nothing of it was done."""
    kind, client, clock = message.get("type"), replay.client, replay.clock
    if kind == "look":
        client.look(parse_look(message))
    elif kind == "follow":
        client.followed = parse_follow(message)
        client.snapshot()
    elif kind == "every":
        client.every = parse_every(message)
    elif kind == "play":
        replay.play()
    elif kind == "pause":
        replay.pause()
    elif kind == "seek":
        replay.seek(parse_moment(message.get("time"), clock.begin, clock.end))
    elif kind == "speed":
        replay.run_at(parse_speed(message.get("speed")))
    else:
        raise BadInput("unknown message", expected=list(KINDS), got=kind)
