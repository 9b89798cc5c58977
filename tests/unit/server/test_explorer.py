"""What browsers are served: the page, its files, its settings, and nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from gateway.server.app import create_server
from gateway.server.explorer.page import BUILT, FALLBACK
from gateway.server.settings import ServerSettings
from tests.unit.server.small_engine import SmallEngine

pytestmark = pytest.mark.anyio

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FOLDERS = [
    pytest.param(FALLBACK, id="fallback"),
    pytest.param(
        BUILT,
        id="built",
        marks=pytest.mark.skipif(
            not (BUILT / "index.html").is_file(), reason="run `python -m gateway.server.explorer.build`"
        ),
    ),
]


@asynccontextmanager
async def client_of(settings: ServerSettings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_server(SmallEngine(), settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


class Links(HTMLParser):
    """Every address an HTML page mentions in a tag, and its inline scripts and handlers."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [value for name, value in attrs if name in ("href", "src", "action") and value]
        self.inline += [name for name in given if name.startswith("on")]
        if tag == "script" and "src" not in given:
            self.inline.append(tag)


@pytest.mark.parametrize("path", ["/graphql", "/graphql?query=%7Bhello%7D"])
async def test_browser_gets_the_page_at_the_graphql_path(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Braid explorer</title>" in answer.text


async def test_root_leads_to_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=BROWSER, follow_redirects=True)
    assert (answer.url.path, answer.status_code) == ("/graphql", 200)


async def test_page_may_load_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    """The policy forbids foreign hosts and inline scripts, and other sites may not frame the page."""
    policy = (await client.get("/graphql", headers=BROWSER)).headers["content-security-policy"]
    rules = {name: values for name, *values in (rule.split() for rule in policy.split("; "))}
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == ["'self'"]
    assert rules["frame-ancestors"] == ["'none'"]
    assert {value for values in rules.values() for value in values} <= {"'none'", "'self'", "'unsafe-inline'", "data:"}


async def test_examples_are_told_to_the_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/explorer/settings.json")
    example = {"title": "Greet", "query": "query Greet { hello }", "variables": {"a": 1}}
    assert answer.json() == {"examples": [example], "trace": True}


async def test_explorer_can_be_switched_off() -> None:
    """A browser then gets an answer like any other client."""
    async with client_of(ServerSettings(explorer=False)) as client:
        answer = await client.get("/graphql", params={"query": "{ hello }"}, headers=BROWSER)
        assert answer.json() == {"data": {"hello": "Hello, world!"}}
        for path in ("/", "/explorer/settings.json", "/explorer/page.js"):
            assert (await client.get(path, headers=BROWSER)).status_code == 404


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("path", ["/graphql", "/api/v1"])
async def test_everything_a_page_links_to_is_served(folder: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when GraphQL is served at another path: all links are relative to it."""
    monkeypatch.setattr("gateway.server.explorer.page.BUILT", folder)
    async with client_of(ServerSettings(path=path)) as client:
        page = await client.get(path, headers=BROWSER)
        links = Links(page.text)
        assert links.inline == []
        assert len(links.links) >= 3
        for link in links.links:
            answer = await client.get(page.url.join(link))
            assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")


@pytest.mark.parametrize("folder", FOLDERS)
def test_page_links_to_no_foreign_address(folder: Path) -> None:
    links = Links((folder / "index.html").read_text()).links
    assert [link for link in links if "//" in link] == []
    styles = "".join(file.read_text() for file in folder.rglob("*.css"))
    addresses = re.findall(r"url\(\s*['\"]?([^)'\"]*)", styles) + re.findall(r"@import\s+['\"]([^'\"]*)", styles)
    assert [address for address in addresses if "//" in address and not address.startswith("data:")] == []


# Hosts that libraries mention in messages, namespaces and help. Nothing is loaded from them: the policy forbids it, and
# the browser tests see no attempt. A host that is new here deserves a look.
MENTIONED = {
    "code.visualstudio.com",
    "commonmark.org",
    "en.wikipedia.org",
    "github.com",
    "json-schema.org",
    "microsoft.com",
    "prettier.io",
    "react.dev",
    "www.w3.org",
    "yarnpkg.com",
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_scripts_mention_no_unknown_host(folder: Path) -> None:
    scripts = "".join(file.read_text() for file in folder.rglob("*.js"))
    assert scripts
    assert set(re.findall(r"(?:https?|wss?):\\?/\\?/([\w.-]+)", scripts)) <= MENTIONED


async def test_files_outside_the_explorers_folder_are_not_served(client: httpx.AsyncClient) -> None:
    for path in ("/explorer/../page.py", "/explorer/%2e%2e/page.py", "/explorer//etc/passwd", "/explorer/"):
        assert (await client.get(path)).status_code == 404


async def test_hashed_files_are_kept_by_browsers_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "assets" / "a-1234.js").write_text("1")
    monkeypatch.setattr("gateway.server.explorer.page.BUILT", tmp_path)
    async with client_of(ServerSettings()) as client:
        assert "immutable" in (await client.get("/explorer/assets/a-1234.js")).headers["cache-control"]
        assert (await client.get("/explorer/index.html")).headers["cache-control"] == "no-cache"
        assert (await client.get("/graphql", headers=BROWSER)).headers["cache-control"] == "no-store"


async def test_plain_page_is_served_where_nothing_was_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.server.explorer.page.BUILT", tmp_path)
    async with client_of(ServerSettings()) as client:
        assert (await client.get("/graphql", headers=BROWSER)).content == (FALLBACK / "index.html").read_bytes()
        assert (await client.get("/explorer/page.js")).content == (FALLBACK / "page.js").read_bytes()
