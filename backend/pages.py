"""The built front end: its pages and their assets, from `frontend/dist`."""

import mimetypes
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from backend.errors import NotFound
from backend.identity.access import Public, Requires, SignedIn

DIST = Path(__file__).resolve().parent.parent / "frontend" / "dist"
PAGES = ("/wall", "/health", "/profile", "/admin")
"""Pages that tell by themselves whoever may not open them where to go."""

# Some systems know no type for these, and a browser refuses a module script without one.
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("font/woff2", ".woff2")

router = APIRouter(include_in_schema=False)


def page(status: int = 200) -> Response:
    """The one HTML document of all pages. Raises NotFound while it is not built."""
    index = DIST / "index.html"
    if not index.is_file():
        raise NotFound("the pages are not built: run `make run`, or `npm run build` in frontend/")
    return FileResponse(index, status_code=status, headers={"Cache-Control": "no-cache"})


@router.get("/", dependencies=[Depends(Public("only points to the wall"))])
async def root() -> Response:
    """The wall is the first page."""
    return RedirectResponse("/wall")


@router.get("/wall", dependencies=[Depends(Requires("wall.open"))])
async def wall() -> Response:
    """The map wall."""
    return page()


@router.get("/login", dependencies=[Depends(Public("a form; what it sends is checked"))])
async def login() -> Response:
    """Where one signs in."""
    return page()


@router.get("/enrol", dependencies=[Depends(Public("a form; the link's token stands behind # and is checked"))])
async def enrol() -> Response:
    """Where a one-time link leads."""
    return page()


@router.get("/profile", dependencies=[Depends(SignedIn())])
async def profile() -> Response:
    """Myself."""
    return page()


@router.get("/admin", dependencies=[Depends(SignedIn())])
async def admin() -> Response:
    """People, rights and sessions."""
    return page()


@router.get("/assets/{path:path}", dependencies=[Depends(Public("scripts, styles and fonts hold no data"))])
async def asset(path: str, request: Request) -> Response:
    """A built file; its name holds its digest, so it never changes."""
    file = built(DIST / "assets", path)
    return FileResponse(file, headers={"Cache-Control": "public, max-age=31536000, immutable"})


@router.get("/{name}", dependencies=[Depends(Public("icons and the like hold no data"))])
async def top(name: str) -> Response:
    """A file beside index.html, such as the icon."""
    file = built(DIST, name)
    if name == "index.html":
        raise NotFound("no such page", path=name)
    return FileResponse(file)


def built(folder: Path, name: str) -> Path:
    """The built file of this name below the folder. Raises NotFound."""
    try:
        file = (folder / name).resolve()
        if file.is_relative_to(folder) and file.is_file():
            return file
    except (OSError, ValueError):  # a name that no file can have: too long, or with a NUL
        pass
    raise NotFound("no such file", path=name)
