"""The doors of the server: what is let in, and how the rest is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from askpartner.errors import UsageError
from askpartner.settings import load_settings
from askpartner.web.gate import Event, Gate
from askpartner.web.guard import MOST_BYTES, Guard
from askpartner.web.limit import LOGINS_PER_MINUTE, OTHERS_PER_QUESTION, RateLimit
from web_fixtures import in_a_loop

SITE = "https://site.example"


async def echo(request: Request) -> Response:
    """What comes through: method, query, headers, body."""
    return JSONResponse(
        {
            "method": request.method,
            "query": request.url.query,
            "headers": dict(request.headers),
            "body": (await request.body()).decode("latin-1"),
        },
        headers={"access-control-allow-origin": "*", "access-control-allow-credentials": "true"},
    )


def inside(path: str = "/{path:path}") -> Starlette:
    return Starlette(routes=[Route(path, echo, methods=["GET", "POST", "PUT"])])


def send(app: ASGIApp, method: str, path: str, **options: Any) -> httpx.Response:
    """One request to an application, as from another machine; the Host is what ``path`` says."""

    async def sent() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=(options.pop("client", "192.0.2.7"), 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **options)

    return in_a_loop(sent())


def guard(host: str = "127.0.0.1", *hosts: str) -> Guard:
    return Guard(inside(), host=host, hosts=hosts, embed_origins=[SITE])


def refused(response: httpx.Response, status: int) -> str:
    """The readable sentence of a refusal."""
    assert response.status_code == status
    found = response.json()
    assert set(found) == {"error", "detail", "reasons"}
    assert found["error"] == found["detail"]
    assert found["error"].endswith(".")
    return str(found["error"])


# -- Host ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listening", "hosts", "asked", "known"),
    [
        ("127.0.0.1", (), "localhost", True),
        ("127.0.0.1", (), "localhost:7860", True),
        ("127.0.0.1", (), "127.0.0.1:7860", True),
        ("127.0.0.1", (), "[::1]:7860", True),
        ("127.0.0.1", (), "evil.example", False),
        ("127.0.0.1", (), "localhost.evil.example", False),
        ("127.0.0.1", (), "192.0.2.1", False),
        ("127.0.0.1", (), "", False),
        ("127.0.0.1", (), "[", False),
        ("127.0.0.1", (), "evil.example@localhost:1@evil.example", False),
        ("127.0.0.1", ("ask.site.example",), "ASK.site.example", True),
        ("127.0.0.1", ("ask.site.example",), "site.example", False),
        ("127.0.0.1", ("*",), "evil.example", True),
        ("192.0.2.1", (), "192.0.2.1:80", True),
        ("0.0.0.0", (), "192.0.2.1:80", True),
        ("0.0.0.0", (), "evil.example", False),
        ("::", (), "[2001:db8::1]:80", True),
    ],
)
def test_only_known_names_are_answered_to(
    listening: str, hosts: tuple[str, ...], asked: str, known: bool
) -> None:
    found = send(guard(listening, *hosts), "GET", "/", headers={"host": asked})
    assert found.status_code == (200 if known else 421)
    if not known:
        refused(found, 421)


# -- Origin --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({}, True),
        ({"origin": "http://localhost"}, True),
        ({"origin": "http://localhost:80"}, True),
        ({"origin": "http://localhost:81"}, False),
        ({"origin": "https://localhost"}, True),  # a proxy before us may speak https
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://["}, False),
        ({"origin": SITE}, False),
        ({"origin": "http://localhost", "sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://localhost", "sec-fetch-site": "same-origin"}, True),
    ],
)
def test_only_our_own_pages_may_change_anything(headers: dict[str, str], let_in: bool) -> None:
    for method in ("POST", "PUT"):
        found = send(guard(), method, "/api/conversation/forget", headers=headers, content=b"{}")
        assert found.status_code == (200 if let_in else 403)
        if not let_in:
            refused(found, 403)
    assert send(guard(), "GET", "/", headers=headers).status_code == 200


def test_behind_a_proxy_the_origin_is_compared_by_the_name_asked_for() -> None:
    headers = {"host": "ask.site.example", "origin": "https://ask.site.example"}
    behind = guard("127.0.0.1", "ask.site.example")
    assert send(behind, "POST", "/", headers=headers, content=b"").status_code == 200


def test_named_sites_may_call_the_api_and_nothing_else() -> None:
    from_site = {"origin": SITE, "sec-fetch-site": "cross-site"}
    for path in ("/api/ask", "/api/sections/alpha@0"):
        found = send(guard(), "POST", path, headers=from_site, content=b"{}")
        assert found.status_code == 200
        assert found.headers["access-control-allow-origin"] == SITE
        assert "access-control-allow-credentials" not in found.headers
        assert "origin" in found.headers["vary"].lower()
        asked = send(
            guard(),
            "OPTIONS",
            path,
            headers=from_site | {"access-control-request-method": "POST"},
        )
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == SITE
        assert "content-type" in asked.headers["access-control-allow-headers"]
    for path in ("/api/conversation/forget", "/gradio_api/queue/join", "/staff/login"):
        found = send(guard(), "POST", path, headers=from_site, content=b"{}")
        refused(found, 403)
        assert "access-control-allow-origin" not in found.headers


def test_what_the_inside_says_about_other_origins_is_dropped() -> None:
    found = send(guard(), "GET", "/api/ask", headers={"origin": "https://evil.example"})
    assert found.status_code == 200
    assert not [name for name in found.headers if name.startswith("access-control")]


# -- headers and size ----------------------------------------------------------------------------


def test_headers_that_pretend_do_not_come_through() -> None:
    pretended = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "X-Forwarded-For": "10.0.0.1",
        "forwarded": "for=10.0.0.1;host=evil.example",
        "x-gradio-server": "https://evil.example",
        "x-real-ip": "10.0.0.1",
        "accept-language": "en",
    }
    found = send(guard(), "GET", "/", headers=pretended).json()["headers"]
    assert found["accept-language"] == "en"
    assert "evil.example" not in json.dumps(found)
    assert "10.0.0.1" not in json.dumps(found)


def test_a_body_comes_through_whole_up_to_the_limit() -> None:
    body = bytes(range(256)) * (MOST_BYTES // 256)
    assert len(body) == MOST_BYTES
    found = send(guard(), "POST", "/", content=body)
    assert found.json()["body"].encode("latin-1") == body
    refused(send(guard(), "POST", "/", content=body + b"x"), 413)


def test_a_long_body_without_announced_length_is_cut_off() -> None:
    given = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(1000):
            given += 1024
            yield b"x" * 1024

    refused(send(guard(), "POST", "/", content=chunks()), 413)

    async def short() -> AsyncIterator[bytes]:
        yield b"a" * 100
        yield b"b" * 100

    found = send(guard(), "POST", "/", content=short())
    assert found.json()["body"] == "a" * 100 + "b" * 100


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999", "0x10", "١٢"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    headers = [(b"host", b"localhost"), (b"content-length", length.encode())]
    refused(send(guard(), "POST", "/", headers=headers), 413)


# -- how often -----------------------------------------------------------------------------------


def test_a_client_waits_after_its_share_and_others_do_not() -> None:
    limit = RateLimit(3)
    assert [limit.wait("192.0.2.1", "question") for _ in range(3)] == [0, 0, 0]
    assert 1 <= limit.wait("192.0.2.1", "question") <= 61
    assert limit.wait("192.0.2.2", "question") == 0
    others = [limit.wait("192.0.2.1", "other") for _ in range(3 * OTHERS_PER_QUESTION)]
    assert set(others) == {0}
    assert limit.wait("192.0.2.1", "other") >= 1


def test_a_network_of_ipv6_is_one_client() -> None:
    limit = RateLimit(1)
    assert limit.wait("2001:db8::1", "question") == 0
    assert limit.wait("2001:db8::ffff:2", "question") >= 1
    assert limit.wait("2001:db8:0:1::1", "question") == 0
    assert limit.wait("::ffff:192.0.2.1", "question") == 0
    assert limit.wait("192.0.2.1", "question") >= 1
    assert limit.wait(None, "question") == 0


def test_without_a_limit_only_logins_wait() -> None:
    limit = RateLimit(0)
    assert {limit.wait("192.0.2.1", "question") for _ in range(500)} == {0}
    assert {limit.wait("192.0.2.1", "login") for _ in range(LOGINS_PER_MINUTE)} == {0}
    assert limit.wait("192.0.2.1", "login") >= 1


# -- the gate ------------------------------------------------------------------------------------

EVENTS = {0: Event(states=(False, True), is_question=True), 1: Event((), is_question=False)}
ASK = {
    "fn_index": 0,
    "data": ["What?", None],
    "session_hash": "abc",
    "event_data": None,
    "trigger_id": 3,
}


def gate(limit: int = 0, *, login: bool = False, path: str = "/") -> Starlette:
    inner = Gate(inside(), events=EVENTS, limit=RateLimit(limit), login=login)
    return Starlette(routes=[Mount(path, app=inner)])


def join(
    payload: object, app: ASGIApp | None = None, query: str = "", **options: Any
) -> httpx.Response:
    return send(
        app or gate(),
        "POST",
        f"/gradio_api/queue/join{query}",
        content=payload if isinstance(payload, bytes) else json.dumps(payload).encode(),
        **options,
    )


def test_an_event_of_texts_comes_through() -> None:
    for payload in (ASK, ASK | {"data": [None, None]}, ASK | {"fn_index": 1, "data": []}):
        found = join(payload)
        assert found.status_code == 200
        assert json.loads(found.json()["body"]) == payload


@pytest.mark.parametrize(
    "change",
    [
        {"data": [{"path": "/etc/passwd"}, None]},
        {"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, None]},
        {"data": [["What?"], None]},
        {"data": [1, None]},
        {"data": [True, None]},
        {"data": ["What?", "a state of my own"]},
        {"data": ["What?", []]},
        {"data": ["half a character: \ud800", None]},
        {"data": ["What?"]},
        {"data": ["What?", None, None]},
        {"data": "What?"},
        {"data": None},
        {"fn_index": 2},
        {"fn_index": -1},
        {"fn_index": "0"},
        {"fn_index": False},
        {"fn_index": 0.0},
        {"fn_index": None},
        {"session_hash": None},
        {"session_hash": ""},
        {"session_hash": "x" * 65},
        {"session_hash": ["x"]},
        {"event_data": {"path": "/etc/passwd"}},
        {"event_data": ""},
        {"trigger_id": "3"},
        {"trigger_id": {"path": "x"}},
        {"api_name": "/ask"},
        {"batched": True},
    ],
)
def test_an_event_of_another_form_is_refused(change: dict[str, object]) -> None:
    refused(join(ASK | change), 422)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 16000, b'{"fn_index": NaN}', b"{}"],
)
def test_an_event_that_is_no_object_is_refused(body: bytes) -> None:
    refused(join(body), 422)


def test_too_many_events_are_refused_with_the_time_to_wait() -> None:
    app = gate(2)
    assert [join(ASK, app).status_code for _ in range(2)] == [200, 200]
    found = join(ASK, app)
    message = refused(found, 429)
    assert found.headers["retry-after"] in message
    assert 1 <= int(found.headers["retry-after"]) <= 61
    assert join(ASK, app, client="192.0.2.8").status_code == 200
    opened = ASK | {"fn_index": 1, "data": []}
    assert join(opened, app).status_code == 200
    assert join(opened, app, query="?__theme=dark&q=What").status_code == 429  # asks at once
    assert join(ASK | {"fn_index": 9}, app).status_code == 422  # not counted, not run


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/assets/index-DphvyggB.js", 200),
        ("GET", "/theme.css", 200),
        ("GET", "/gradio_api/heartbeat/abc", 200),
        ("GET", "/gradio_api/queue/data?session_hash=abc", 200),
        ("GET", "/gradio_api/queue/join", 404),
        ("POST", "/", 404),
        ("GET", "/gradio_api/heartbeat/" + "x" * 65, 404),
        ("GET", "/assets/", 404),
        ("GET", "/gradio_api/file=/etc/passwd", 404),
        ("POST", "/gradio_api/upload", 404),
        ("POST", "/login", 404),
        ("GET", "/anything", 404),
        ("GET", "/gradio_api/queue/join%0A", 404),
    ],
)
def test_only_what_the_page_needs_is_reached(method: str, path: str, status: int) -> None:
    for mounted in ("/", "/staff"):
        prefix = "" if mounted == "/" else mounted
        found = send(gate(path=mounted), method, prefix + path)
        assert found.status_code == status
        if status == 404:
            refused(found, 404)


def test_a_login_is_there_where_there_is_one_and_bounded() -> None:
    app = gate(login=True)
    codes = [send(app, "POST", "/login").status_code for _ in range(LOGINS_PER_MINUTE + 1)]
    assert codes == [200] * LOGINS_PER_MINUTE + [429]


def test_of_the_address_only_what_is_meant_comes_through() -> None:
    found = send(gate(), "GET", "/?q=What%3F+%26&deep_link=x&view=api&__theme=dark&__theme=light")
    assert found.json()["query"] == "q=What%3F+%26&__theme=dark&__theme=light"
    found = send(gate(), "GET", "/gradio_api/queue/data?x=1&session_hash=abc&session_hash=d")
    assert found.json()["query"] == "session_hash=abc"


def test_files_named_by_their_content_are_kept_for_ever() -> None:
    for path, kept in (
        ("/assets/index-DphvyggB.js", True),
        (f"/theme.css?v={'9a89' * 16}", True),
        ("/theme.css?v=undefined", False),
        ("/theme.css", False),
        ("/static/js/x.js", False),
        ("/", False),
    ):
        found = send(gate(), "GET", path).headers.get("cache-control", "")
        assert ("immutable" in found) == kept


# -- settings ------------------------------------------------------------------------------------


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASKPARTNER_HOSTS", "Ask.Site.example, [::2],*")
    monkeypatch.setenv("ASKPARTNER_EMBED_ORIGINS", "https://a.example,http://localhost:8000")
    settings = load_settings()
    assert settings.hosts == ("ask.site.example", "::2", "*")
    assert settings.embed_origins == ("https://a.example", "http://localhost:8000")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"hosts": "ask.site.example:80/path"}, "host name"),
        ({"embed_origins": "site.example"}, "origin"),
        ({"embed_origins": "https://site.example/"}, "origin"),
        ({"embed_origins": "https://site.example; script-src *"}, "origin"),
        ({"embed_origins": "*"}, "origin"),
        ({"questions_per_minute": -1}, "questions_per_minute"),
        ({"staff_user": "staff"}, "both or none"),
        ({"staff_password": "long enough to be one"}, "both or none"),
        ({"staff_user": "staff", "staff_password": "short"}, "12 characters"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        load_settings(**given)
    assert "short" not in str(error.value).replace("shorter", "")
