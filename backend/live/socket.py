"""The conversation with one browser (docs/live-protocol.md)."""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Depends, WebSocket
from starlette.websockets import WebSocketDisconnect

from backend.clock import now_ms
from backend.errors import BadInput, Refusal
from backend.identity.access import Requires, Viewer
from backend.live.client import REVOKED, Client
from backend.live.hub import Hub
from backend.live.interest import Interest, parse_every, parse_follow, parse_look, parse_topics

HELLO_S = 10.0
LAST_WORD_S = 5.0  # for the close code to get through to a slow reader
PACE_S = 0.02  # between two messages of one client: a look costs what it shows
VERSION = 1

BAD_HELLO = 4400
NO_HELLO = 4408

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Hello:
    """A client's first message, understood."""

    topics: frozenset[str]
    followed: frozenset[int]
    every: int
    interest: Interest | None
    resume_event: int | None
    resume_frame: int | None


@router.websocket("/live")
async def live(websocket: WebSocket, viewer: Viewer = Depends(Requires("position.read"))) -> None:
    """Where units are and what happened, from now on."""
    hub: Hub = websocket.app.state.hub
    if not same_origin(websocket):
        await websocket.close()
        return
    await websocket.accept()
    client = Client(websocket, hub.board, viewer.holder, viewer.rights, viewer.session)
    try:
        await attend(client, converse(websocket, client, hub))
    finally:
        hub.leave(client)


async def attend(client: Client, conversing: Coroutine[Any, Any, int | None]) -> None:
    """Let a client hear and be heard, until one of the two ends; `conversing` gives the code to close with."""
    conversation = asyncio.create_task(conversing)
    sender = asyncio.create_task(client.run())
    ended = asyncio.create_task(client.ended.wait())
    try:
        await asyncio.wait((conversation, sender, ended), return_when=asyncio.FIRST_COMPLETED)
        await end(client, conversation, sender)
    finally:
        for task in (conversation, sender, ended):
            task.cancel()
        await asyncio.gather(conversation, sender, ended, return_exceptions=True)


async def end(client: Client, conversation: "asyncio.Task[int | None]", sender: "asyncio.Task[None]") -> None:
    """Let the sender say why, for a while: one that takes nothing is cut by the kernel after `app.UNREAD_MS`."""
    for task in (conversation, sender):
        if task.done() and (error := task.exception()):
            raise error
    code = conversation.result() if conversation.done() else None
    if code is not None:
        client.close(code)
    if client.close_code is not None:
        await asyncio.wait((sender,), timeout=LAST_WORD_S)


async def converse(websocket: WebSocket, client: Client, hub: Hub) -> int | None:
    """Read messages until the client goes; returns the close code when it is ours to close."""
    try:
        try:
            hello = parse_hello(await asyncio.wait_for(receive(websocket), HELLO_S), frozenset(hub.topics))
        except TimeoutError:
            return NO_HELLO
        except BadInput as error:
            await websocket.send_json(refused(error))
            return BAD_HELLO
        if (hello.resume_event or 0) > hub.feed.number:
            await hub.feed.catch_up()  # another web process was quicker
        # The rights may have changed since the handshake; from `welcome` on the hub tells of that.
        known = hub.known(client)
        if known is None:
            return REVOKED
        client.rights = known.rights
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hub.send_topics(client))
            welcome(client, hub, hello)
            while True:
                try:
                    message = await receive(websocket)
                    apply(message, client, hub)
                except BadInput as error:
                    client.say(refused(error))
                await asyncio.sleep(PACE_S)
    except* WebSocketDisconnect:
        pass
    return None


def welcome(client: Client, hub: Hub, hello: Hello) -> None:
    """Answer the hello: events, topics, positions; in one step of the event loop."""
    client.topics, client.followed, client.every = hello.topics, hello.followed, hello.every
    client.say(
        {
            "type": "welcome",
            "version": VERSION,
            "time": now_ms(),
            "tick": hub.tick_ms,
            "event": hub.feed.number,
            "web": hub.name,
        }
    )
    client.say({"type": "registry", "version": hub.registry.current.version})
    client.say(hub.parts_message())
    if not hub.join(client, hello.resume_event):
        client.want_topics(hello.topics)
    interest = hello.interest or Interest()
    if hello.resume_frame is not None:
        client.resume(interest, hello.resume_frame)
    else:
        client.look(interest)


def apply(message: dict[str, Any], client: Client, hub: Hub) -> None:
    """Do what a message after the hello says. Raises BadInput; then nothing of it was done."""
    kind = message.get("type")
    if kind == "look":
        client.look(parse_look(message))
    elif kind == "follow":
        client.followed = parse_follow(message)
        client.snapshot()
    elif kind == "every":
        client.every = parse_every(message)
        client.snapshot()  # the changes of the new interval began before the last tick of the old one
    elif kind == "topics":
        topics = parse_topics(message, frozenset(hub.topics))
        fresh, client.topics = topics - client.topics, topics
        client.topics_due &= topics
        client.want_topics(fresh)
    else:
        raise BadInput("unknown message", expected=["look", "follow", "every", "topics"], got=kind)


async def receive(websocket: WebSocket) -> dict[str, Any]:
    """The next message as an object. Raises BadInput, WebSocketDisconnect."""
    event = await websocket.receive()
    if event["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(event.get("code", 1005))
    text = event.get("text")
    try:
        message = json.loads(text) if text is not None else None
    except (ValueError, RecursionError) as error:
        raise BadInput("not JSON", expected="a JSON object", got=str(text)[:80]) from error
    if not isinstance(message, dict):
        raise BadInput("not an object", expected="a JSON object", got=str(text)[:80])
    return message


def parse_hello(message: dict[str, Any], topics: frozenset[str]) -> Hello:
    """Read a hello. Raises BadInput."""
    if message.get("type") != "hello" or message.get("version") != VERSION:
        raise BadInput("no hello", expected={"type": "hello", "version": VERSION}, got=message.get("type"))
    look, resume = message.get("look"), message.get("resume") or {}
    if not isinstance(resume, dict) or (look is not None and not isinstance(look, dict)):
        raise BadInput("bad hello", expected="look and resume as objects or null", got=[look, resume])
    return Hello(
        topics=parse_topics(message, topics),
        followed=parse_follow({"units": message.get("follow", [])}),
        every=parse_every({"milliseconds": message.get("every", 200)}),
        interest=None if look is None else parse_look(look),
        resume_event=_moment(resume, "event"),
        resume_frame=_moment(resume, "frame"),
    )


def _moment(resume: dict[str, Any], name: str) -> int | None:
    value = resume.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise BadInput(f"bad resume.{name}", expected="a whole number or null", got=value)
    return value


def refused(error: Refusal) -> dict[str, Any]:
    """The answer to a message that was not understood, or cannot be done."""
    return {
        "type": "error",
        "code": error.facts.get("code", "bad-message"),
        "detail": error.detail,
        "expected": error.facts.get("expected"),
        "got": sayable(error.facts.get("got")),
    }


def sayable(value: Any) -> Any:
    """What a client sent, as it can be sent back: JSON can hold numbers and signs that a message cannot."""
    try:
        orjson.dumps(value)
    except TypeError:
        return ascii(value)[:80]
    return value


def same_origin(websocket: WebSocket) -> bool:
    """Whether the page that opens the socket is ours: another site's page would come with the user's cookie."""
    origin = websocket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == websocket.headers.get("host")
