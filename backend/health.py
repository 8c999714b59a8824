"""Is it well? `/healthz` and `/readyz` for machines, `/health` for people and programs that may know more."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from backend.avl import equation
from backend.clock import now_ms
from backend.db.engine import is_away
from backend.identity.access import Public, Requires, Viewer
from backend.live.hub import Hub
from backend.pages import page

router = APIRouter()


@router.get("/healthz", dependencies=[Depends(Public("says only that the process runs"))])
async def alive() -> dict[str, str]:
    """The process runs."""
    return {"status": "ok"}


@router.get("/readyz", dependencies=[Depends(Public("says only whether it can serve"))])
async def ready(request: Request) -> JSONResponse:
    """Whether pages can be served: the board was filled and the organisation is known."""
    hub: Hub = request.app.state.hub
    is_ready = hub.filled.is_set() and hub.registry.current.version > 0
    return JSONResponse({"status": "ok" if is_ready else "starting"}, status_code=200 if is_ready else 503)


@router.get("/health", response_model=None)
async def health(
    request: Request, viewer: Annotated[Viewer, Depends(Requires("system.read"))]
) -> Response | dict[str, Any]:
    """The state of every part, and the equation that nothing was lost."""
    if "text/html" in request.headers.get("accept", ""):
        return page()
    hub: Hub = request.app.state.hub
    away = {part.name: part.since for part in hub.parts if part.state == "away"}
    return {
        "time": now_ms(),
        "parts": [{**part.public(), "detail": part.detail} for part in hub.parts],
        "equation": await read_equation(request),
        "board": {"units": len(hub.board.entries), "cells": hub.board.cells},
        "viewers": len(hub.clients),
        "event": hub.feed.number,
        "bus": {"away_since": away.get("bus"), "dropped": request.app.state.bus.dropped},
        "database": {"away_since": away.get("database")},
        "supervisor": {name: asdict(part) for name, part in request.app.state.home.read_run().parts.items()},
    }


async def read_equation(request: Request) -> list[dict[str, Any]] | None:
    """The equation per source; None while the database is away."""
    waiting = await equation.waiting(request.app.state.bus)
    try:
        async with asyncio.timeout(3), request.app.state.database.snapshot() as session:
            return [line.public() for line in await equation.read(session, waiting)]
    except Exception as error:
        if not is_away(error):
            raise
        return None
