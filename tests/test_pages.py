"""Files of the built front end, and nothing else of the disk. In process: no socket is needed for it."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio

from backend import pages
from backend.app import make_app
from backend.identity.registry import KnownViewer, Organisation
from backend.identity.rights import everything
from backend.identity.sessions import COOKIE
from tests.identity.doors import FixedSessions

HTML = {"Accept": "text/html"}


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built front end, with secrets beside it."""
    folder = tmp_path / "frontend" / "dist"
    (folder / "assets" / "fonts").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>wall</title>")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "main-1a2b.js").write_text("export {}")
    (folder / "assets" / "worker-1a2b.mjs").write_text("export {}")
    (folder / "assets" / "fonts" / "sans-1a2b.woff2").write_bytes(b"font")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "frontend" / "secret.txt").write_text("secret")
    (folder / "assets" / "link.js").symlink_to(tmp_path / "secret.txt")
    monkeypatch.setattr(pages, "DIST", folder)
    return folder


@pytest_asyncio.fixture
async def browser(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the app, with the rights of person 1."""
    app = make_app()
    app.state.cookie_secret = "secret"
    app.state.registry = SimpleNamespace(
        current=Organisation(version=2, viewers={"person:1": KnownViewer("operator", everything())})
    )
    transport = httpx.ASGITransport(app)
    app.state.sessions = FixedSessions()
    cookies = {COOKIE: "1"}
    async with httpx.AsyncClient(transport=transport, base_url="http://city", cookies=cookies) as running_one:
        yield running_one


async def test_the_root_leads_to_the_wall(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/wall")


async def test_a_page_is_asked_for_anew_each_time(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/wall")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert "<title>wall" in answer.text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/assets/main-1a2b.js", "text/javascript"),
        ("/assets/worker-1a2b.mjs", "text/javascript"),
        ("/assets/fonts/sans-1a2b.woff2", "font/woff2"),
    ],
)
async def test_an_asset_is_kept_for_ever(browser: httpx.AsyncClient, path: str, kind: str) -> None:
    browser.cookies.clear()
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert "immutable" in answer.headers["cache-control"]


async def test_a_file_beside_the_page(browser: httpx.AsyncClient) -> None:
    browser.cookies.clear()
    assert (await browser.get("/icon.svg")).text == "<svg/>"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/..%2f..%2f..%2fsecret.txt",
        "/assets/..%5c..%5csecret.txt",
        "/assets/%2e%2e%2f%2e%2e%2f%2e%2e%2fsecret.txt",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/link.js",
        "/assets/fonts",
        "/assets/",
        "/assets/%00",
        "/assets/main-1a2b.js%00.txt",
        "/assets/" + "a" * 300,
        "/assets/" + "a/" * 2500,
        "/..%2fsecret.txt",
        "/%2e%2e",
        "/%00",
        "/" + "a" * 300,
        "/index.html",
        "/assets",
    ],
    ids=lambda path: str(path)[:50],
)
async def test_nothing_else_is_served(browser: httpx.AsyncClient, path: str) -> None:
    # As raw bytes: httpx would tidy the dots away.
    url = httpx.URL("http://city").copy_with(raw_path=path.encode())
    answer = await browser.send(browser.build_request("GET", url))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) <= {"type", "title", "status", "detail", "path"}


async def test_without_a_build_the_refusal_says_how_to_make_one(browser: httpx.AsyncClient, dist: Path) -> None:
    (dist / "index.html").unlink()
    answer = await browser.get("/wall")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "make run" in answer.json()["detail"]
    browser.cookies.clear()
    answer = await browser.get("/wall", headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_the_built_pages_are_whole() -> None:
    """Where there is a build: every asset that the page names exists."""
    index = pages.DIST / "index.html"
    if not index.is_file():
        pytest.skip("the pages are not built")
    named = [part.split('"')[0] for part in index.read_text().split('"/assets/')[1:]]
    assert named
    assert [name for name in named if not (pages.DIST / "assets" / name).is_file()] == []
