"""The whole server over HTTP: what is closed, what survives, what staff may see, how it ends."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Any
from uuid import uuid4

import html5lib
import httpx
import pytest

from askpartner.journal import journal_path, new_identity
from askpartner.web.answer import question_html
from askpartner.web.asking import MOST_CHARACTERS
from askpartner.web.cookie import NAME, conversation_of
from askpartner.web.guard import MOST_BYTES
from web_fixtures import ChatClient, Directory, directory, own_directory, server, serving

__all__ = ["directory", "own_directory", "server"]  # fixtures

pytestmark = pytest.mark.slow

FOUNDED = "When was the Alpha Institute founded?"
STAFF = {"username": "staff", "password": "correct horse battery"}
SITE = "https://site.example"

OPEN = {
    *(("GET", "/"), ("HEAD", "/"), ("GET", "/config"), ("GET", "/theme.css")),
    *(("GET", "/assets/x"), ("GET", "/static/x"), ("GET", "/gradio_api/app_id")),
    *(("GET", "/gradio_api/startup-events"), ("GET", "/gradio_api/heartbeat/x")),
    *(("GET", "/gradio_api/queue/data"), ("POST", "/gradio_api/queue/join")),
}
"""All of Gradio's routes that may be reached; a parameter of the path is an x."""


def environment(directory: Directory, **more: str) -> dict[str, str]:
    return {
        "ASKPARTNER_CORPUS": str(directory.corpus),
        "ASKPARTNER_INDEX": str(directory.index),
        "ASKPARTNER_QUESTIONS_PER_MINUTE": "0",
        **{f"ASKPARTNER_{name.upper()}": value for name, value in more.items()},
    }


SERVE = [sys.executable, "-m", "askpartner.cli", "serve", "--port", "0"]


@pytest.fixture(scope="module")
def staffed(directory: Directory) -> Iterator[str]:
    """A server with a staff page and a site that may embed it."""
    more = {"staff_user": STAFF["username"], "staff_password": STAFF["password"]}
    place = environment(directory, embed_origins=SITE, journal=":memory:", **more)
    with serving(SERVE, place) as (address, _):
        yield address


# -- what of Gradio is reached -------------------------------------------------------------------


# Asks an application for each of its Gradio app's routes; in a process of its own, because Gradio
# leaves an event loop behind that it does not close.
WALK = """
import asyncio, json, re
import httpx
from askpartner.index import IndexReader
from askpartner.journal import Journal
from askpartner.settings import load_settings
from askpartner.web.application import build_application, gradio_apps

settings = load_settings()
application = build_application(settings, IndexReader(settings.index), Journal(None))
[chat] = gradio_apps(application)
routes = set()
for route in chat.routes:
    included = getattr(route, "effective_candidates", None)
    for one in included() if included else [route]:
        path = getattr(one, "path_format", None) or one.path
        for method in getattr(one, "methods", None) or {"GET"}:
            routes.add((method, re.sub(r"{[^}]*}", "x", path)))

async def walk():
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for method, path in sorted(routes):
            if "heartbeat" in path or path.endswith("/queue/data"):
                found = None  # a stream without end; read by other tests
            else:
                found = await client.request(method, path)
            closed = found is not None and found.status_code == 404
            told = closed and (method == "HEAD" or "nothing at this address" in found.text)
            print(json.dumps([method, path, told]))

asyncio.run(walk())
"""


def test_of_all_routes_of_gradio_only_those_of_the_page_are_open(directory: Directory) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WALK],
        env=os.environ | environment(directory),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    routes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(routes) > 60
    reached = {(method, path) for method, path, closed in routes if not closed}
    assert reached == OPEN | {("GET", "/favicon.ico")}  # which is ours, before Gradio's


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/upload_progress?upload_id=x"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=https://evil.example/"),
        ("GET", "/gradio_api/deep_link?session_hash=x"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/openapi.json"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/gradio_api/call/ask"),
        ("POST", "/gradio_api/run/ask"),
        ("POST", "/gradio_api/api/ask"),
        ("POST", "/gradio_api/reset"),
        ("POST", "/gradio_api/cancel"),
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/stream/x/0/0/playlist.m3u8"),
        ("GET", "/gradio_api/mcp/"),
        ("GET", "/gradio_api/token"),
        ("GET", "/gradio_api/user"),
        ("GET", "/gradio_api/login_check"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("POST", "/login"),
        ("GET", "/logout"),
        ("GET", "/docs"),
        ("GET", "/redoc"),
        ("GET", "/openapi.json"),
        ("GET", "/manifest.json"),
        ("GET", "/pwa_icon"),
        ("GET", "/svelte/x.js"),
        ("GET", "/staff"),
        ("GET", "/staff/"),
        ("POST", "/staff/login"),
        ("POST", "/staff/gradio_api/queue/join"),
    ],
)
def test_what_the_page_does_not_need_is_not_there(server: str, method: str, path: str) -> None:
    found = httpx.request(method, server + path)
    assert found.status_code == 404
    assert found.headers["x-content-type-options"] == "nosniff"


# -- hostile requests ----------------------------------------------------------------------------


def test_another_name_or_site_has_no_effect(server: str) -> None:
    ask = {"question": FOUNDED}
    assert httpx.get(server, headers={"host": "evil.example"}).status_code == 421
    for origin in ("https://evil.example", "null", SITE):
        found = httpx.post(f"{server}/api/ask", headers={"origin": origin}, json=ask)
        assert found.status_code == 403
        assert "access-control-allow-origin" not in found.headers
        joined = httpx.post(f"{server}/gradio_api/queue/join", headers={"origin": origin}, json={})
        assert joined.status_code == 403
    own = httpx.post(f"{server}/api/ask", headers={"origin": server}, json=ask)
    assert own.status_code == 200

    pretended = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "x-forwarded-for": "10.0.0.1",
        "forwarded": "host=evil.example",
    }
    plain, forwarded = (httpx.get(f"{server}/config", headers=h) for h in ({}, pretended))
    assert plain.json() == forwarded.json()
    page = httpx.get(server, headers=pretended)
    assert "evil.example" not in page.text + str(page.headers)


def test_what_is_too_long_is_cut_off(server: str) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 1024

    for path in ("/api/ask", "/gradio_api/queue/join", "/api/conversation/forget", "/nothing"):
        long = httpx.post(server + path, content=b"x" * (MOST_BYTES + 1))
        assert long.status_code == 413
        assert str(MOST_BYTES) in long.json()["error"]
        assert httpx.post(server + path, content=chunks()).status_code == 413


def test_a_long_question_gets_a_clear_message_and_no_trace(server: str) -> None:
    message = ChatClient(server, "long").ask("word " * 130)[-1][1]
    assert "at most 600" in message
    found = httpx.post(f"{server}/api/ask", json={"question": "word " * 130})
    assert found.status_code == 422
    assert "600" in found.text
    for text in (message, found.text):
        assert "Traceback" not in text


@pytest.mark.parametrize(
    "value",
    [
        {"path": "/etc/passwd"},
        {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
        [{"path": "/etc/passwd"}],
        ["What?"],
        7,
        True,
    ],
)
def test_no_event_takes_anything_but_text(server: str, value: object) -> None:
    client = ChatClient(server, "payload")
    tried = 0
    for dependency in client.config["dependencies"]:
        inputs = len(dependency["inputs"])
        for place in range(max(1, inputs)):
            data: list[object] = [None] * max(1, inputs)
            data[place] = value
            found = httpx.post(
                f"{server}/gradio_api/queue/join",
                json={"fn_index": dependency["id"], "data": data, "session_hash": "payload"},
            )
            assert found.status_code == 422, dependency
            tried += 1
    assert tried >= len(client.config["dependencies"]) > 3


def test_too_many_questions_are_told_when_to_come_back(directory: Directory) -> None:
    place = environment(directory, journal=":memory:") | {"ASKPARTNER_QUESTIONS_PER_MINUTE": "3"}
    with serving(SERVE, place) as (address, _):
        client = ChatClient(address, "often")
        assert client.ask(FOUNDED)
        for _ in range(2):
            assert httpx.post(f"{address}/api/ask", json={"question": FOUNDED}).status_code == 200
        for headers in ({}, {"x-forwarded-for": "10.9.8.7"}):
            found = httpx.post(f"{address}/api/ask", json={"question": FOUNDED}, headers=headers)
            assert found.status_code == 429
            assert 1 <= int(found.headers["retry-after"]) <= 61
            assert found.headers["retry-after"] in found.json()["error"]
        with pytest.raises(httpx.HTTPStatusError, match="429"):
            client.ask(FOUNDED)
        assert httpx.get(address).status_code == 200  # reading goes on


# fmt: off
PIECES = (
    "<script>", "</script>", "<img src=x onerror=hack()>", "javascript:", "{{7*7}}", "{path}",
    "${x}", "%s", "' OR 1=1 --", "../../etc/passwd", "\\", '"', "&amp;", "\0", "\r\n", "\u202e",
    "\ufeff", "é\u0301", "🜚", "\U0010ffff", "\u2028", "[1]", "$$x$$", "`", "Alpha", "rent",
    "laboratory", "start-ups", "?", " ",
)
# fmt: on


def random_strings(count: int) -> Iterator[str]:
    """Half of them of pieces that mean something somewhere, half of any characters."""
    made = random.Random(20261123)
    for _ in range(count):
        if made.random() < 0.5:
            yield "".join(made.choices(PIECES, k=made.randint(1, 12)))
        else:
            points = (made.choice((0x7F, 0x7FF, 0xD7FF)) for _ in range(made.randint(1, 60)))
            yield "".join(chr(made.randint(0, most)) for most in points)


def as_questions(strings: Iterable[str], *, alone: int) -> Iterator[str]:
    """The first ``alone`` strings as they are, then as many to a question as it may hold."""
    held = ""
    for at, text in enumerate(strings):
        if at < alone:
            yield text
        elif len(held) + len(text) + 1 > MOST_CHARACTERS:
            yield held
            held = text
        else:
            held += "\n" + text
    yield held


def test_ten_thousand_random_strings_are_shown_as_text() -> None:
    for text in random_strings(10_000):
        read = html5lib.parseFragment(question_html(text), namespaceHTMLElements=False)
        # HTML has no way to write a null character: browsers leave it out.
        assert "".join(read.itertext()) == text.replace("\0", "")
        assert [element.tag for element in read.iter()] == ["DOCUMENT_FRAGMENT", "div"]


def test_random_strings_come_back_through_the_api(directory: Directory) -> None:
    place = environment(directory, journal=":memory:")
    answered = 0
    with (
        serving(SERVE, place) as (address, process),
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        for text in as_questions(random_strings(2_000), alone=300):
            found = client.post("/api/ask", json={"question": text})
            if found.status_code == 200:
                answer = found.json()
                assert answer["question"] == text
                numbers = {one["number"] for one in answer["citations"]}
                quoted = {one["citation"] for one in answer["sentences"]} - {None}
                assert numbers == quoted
                answered += 1
            else:
                assert found.status_code == 422, (text, found.text)
                assert found.json()["reasons"], text
        assert process.poll() is None
        assert client.get("/healthz").status_code == 200
    assert answered > 200


def test_random_strings_are_shown_and_kept_as_text(server: str) -> None:
    made = random.Random(7)
    signs = "<>&\"'`$[]{}()\\/*_#|~ é🜚?=;:"
    client = ChatClient(server, "shown as text")
    for _ in range(20):
        text = "what " + "".join(made.choice(signs) for _ in range(40)) + " alpha"
        shown = client.ask(text)
        assert shown[-2][0] == "user"
        read = html5lib.parseFragment(shown[-2][1], namespaceHTMLElements=False)
        assert "".join(read.itertext()) == text


# -- the conversation ----------------------------------------------------------------------------


def cookie_of(response: httpx.Response) -> str:
    found = conversation_of(response.headers["set-cookie"].split(";")[0])
    assert found is not None
    return found


def test_each_browser_gets_its_conversation_once(server: str) -> None:
    first, second = httpx.get(server), httpx.get(server)
    assert cookie_of(first) != cookie_of(second)
    again = httpx.get(server, headers={"cookie": f"{NAME}={cookie_of(first)}"})
    assert "set-cookie" not in again.headers
    forged = httpx.get(server, headers={"cookie": f"{NAME}=chosen-by-me"})
    assert cookie_of(forged)
    for path in ("/healthz", "/source", "/api/profiles", "/theme.css"):
        assert "set-cookie" not in httpx.get(server + path).headers
    assert first.headers["cache-control"] == "no-store"


def test_conversations_survive_a_restart_with_pages_open(own_directory: Directory) -> None:
    place = environment(own_directory)
    path = journal_path(own_directory.settings)
    assert path is not None
    kept: dict[str, str] = {}
    with serving(SERVE, place) as (address, process), ExitStack() as pages:
        for number in range(3):
            client = ChatClient(address, f"page{number}")
            cookie = cookie_of(httpx.get(address))
            client.cookie = cookie
            client.ask(f"What does Echo Works do, for client {number}?")
            kept[cookie] = f"client {number}"
            stream = httpx.stream("GET", f"{address}/gradio_api/heartbeat/page{number}")
            pages.enter_context(stream)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)
        assert time.monotonic() - begun < 10
    with serving(SERVE, place) as (address, _):
        for cookie, words in kept.items():
            found = httpx.get(f"{address}/conversation", headers={"cookie": f"{NAME}={cookie}"})
            assert words in found.text
            assert not [other for other in kept.values() if other != words and other in found.text]
        first, second, _ = kept
        headers = {"cookie": f"{NAME}={first}"}
        forgotten = httpx.post(f"{address}/api/conversation/forget", headers=headers)
        assert forgotten.status_code == 204
        assert cookie_of(forgotten) not in kept
        assert kept[first] not in httpx.get(f"{address}/conversation", headers=headers).text
        other = httpx.get(f"{address}/conversation", headers={"cookie": f"{NAME}={second}"})
        assert kept[second] in other.text
    assert b"client 0" not in b"".join(
        one.read_bytes() for one in path.parent.glob(f"{path.name}*")
    )


def test_a_stranger_cannot_delete_or_see_a_conversation(own_directory: Directory) -> None:
    with serving(SERVE, environment(own_directory)) as (address, _):
        client = ChatClient(address, "mine")
        client.cookie = cookie_of(httpx.get(address))
        client.ask(FOUNDED)
        mine = {"cookie": f"{NAME}={client.cookie}"}
        evil = mine | {"origin": "https://evil.example"}
        assert httpx.post(f"{address}/api/conversation/forget", headers=evil).status_code == 403
        assert FOUNDED in httpx.get(f"{address}/conversation", headers=mine).text
        for other in ({}, {"cookie": f"{NAME}={new_identity()}"}):
            assert FOUNDED not in httpx.get(f"{address}/conversation", headers=other).text


def test_a_journal_that_cannot_be_used_is_refused_before_anything_is_loaded(
    own_directory: Directory,
) -> None:
    path = own_directory.folder / "journal.sqlite"
    path.write_text("these are my notes, not a journal\n" * 40)
    place = environment(own_directory)
    refusal = pytest.raises(AssertionError, match="ASKPARTNER_JOURNAL")
    with refusal as refused, serving(SERVE, place):
        pass
    assert "Traceback" not in str(refused.value)
    assert path.read_text().startswith("these are my notes")


# -- staff ---------------------------------------------------------------------------------------


def test_staff_functions_cannot_be_called_without_login(staffed: str) -> None:
    with httpx.Client(base_url=f"{staffed}/staff") as client:
        join = {"fn_index": 0, "data": ["all"], "session_hash": "stranger"}
        for response in (
            client.post("/gradio_api/queue/join", json=join),
            client.get("/gradio_api/queue/data?session_hash=stranger"),
            client.get("/config"),
        ):
            assert response.status_code == 401
        page = client.get("/")
        assert page.status_code == 200
        assert "auth_required" in page.text
        for wrong in ({"password": "wrong"}, {"username": "root"}):
            assert client.post("/login", data=STAFF | wrong).status_code == 400
        assert client.post("/gradio_api/queue/join", json=join).status_code == 401
    # Nor by way of the public app: its events are its own.
    public = httpx.get(f"{staffed}/config").json()
    assert "asked" not in {one["props"].get("elem_id") for one in public["components"]}


def staff_event(client: httpx.Client, number: int, choice: str | None) -> dict[str, Any]:
    """Fire an event of the staff page, signed in; gives the message that ends it."""
    session = uuid4().hex
    join = {"fn_index": number, "data": [choice], "session_hash": session}
    client.post("/gradio_api/queue/join", json=join).raise_for_status()
    url = f"/gradio_api/queue/data?session_hash={session}"
    with client.stream("GET", url, timeout=60) as stream:
        messages = (
            json.loads(line.removeprefix("data:"))
            for line in stream.iter_lines()
            if line.startswith("data:")
        )
        done: dict[str, Any] = next(one for one in messages if one["msg"] == "process_completed")
    return done


def test_staff_see_what_was_asked_as_text(staffed: str) -> None:
    question = "Who founded <script>hack()</script> the Alpha Institute?\n\n# x <b>y</b>"
    ChatClient(staffed, "asker").ask(question)
    ChatClient(staffed, "other").ask(FOUNDED)
    with httpx.Client(base_url=f"{staffed}/staff") as client:
        assert client.post("/login", data=STAFF).json() == {"success": True}
        config = client.get("/config").json()
        for number in range(len(config["dependencies"])):
            done = staff_event(client, number, "all")
            [table] = done["output"]["data"]
            read = html5lib.parseFragment(table, namespaceHTMLElements=False)
            assert " ".join(question.split()) in "".join(read.itertext())
            assert not {"script", "b", "img"} & {element.tag for element in read.iter()}
            assert "\n\n" not in table
        [unanswered] = staff_event(client, 0, "unanswered")["output"]["data"]
        assert "hack()" in unanswered  # no page says anything about it
        assert FOUNDED not in unanswered
        for forged in ("", "answered", "all' OR 1=1 --", None):
            done = staff_event(client, 0, forged)
            shown = str(done["output"].get("data"))
            assert not done["success"] or "There is no such choice" in shown
            assert "<table" not in shown
        asked = ChatClient(staffed, "asker")
        assert len(asked.ask(FOUNDED)) > 2  # the public app goes on beside it


# -- other sites ---------------------------------------------------------------------------------


def test_only_named_sites_may_frame_and_call(staffed: str, server: str) -> None:
    for path in ("/", "/?embed=1", "/source", "/healthz"):
        policy = httpx.get(staffed + path).headers["content-security-policy"]
        assert f"frame-ancestors 'self' {SITE}" in policy
        policy = httpx.get(server + path).headers["content-security-policy"]
        assert policy.count("frame-ancestors 'self'") == 1
        assert SITE not in policy
    asked = {"question": FOUNDED}
    found = httpx.post(f"{staffed}/api/ask", json=asked, headers={"origin": SITE})
    assert found.status_code == 200
    assert found.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in found.headers
    other = httpx.post(f"{staffed}/api/conversation/forget", headers={"origin": SITE})
    assert other.status_code == 403


# -- without the network -------------------------------------------------------------------------

# A server that may answer connections, and ends when it opens one or looks up a name.
WITHOUT_NETWORK = """
import os, socket, sys

def refuse(event, arguments):
    if event == "socket.connect" or (
        event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", None)
    ):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(70)

sys.addaudithook(refuse)
from askpartner.cli import main
sys.exit(main(["serve", "--port", "0"]))
"""


def test_every_page_works_without_a_network(own_directory: Directory) -> None:
    command = [sys.executable, "-c", WITHOUT_NETWORK]
    place = environment(
        own_directory, staff_user=STAFF["username"], staff_password=STAFF["password"]
    )
    with serving(command, place) as (address, process):
        client = ChatClient(address, "alone")
        client.cookie = cookie_of(httpx.get(address))
        message = client.ask(FOUNDED)[-1][1]
        [link, *_] = re.findall(r'href="(/source[^"]*)"', message)
        [permalink, *_] = re.findall(r"/a/[\w-]{32}", message)
        cookie = {"cookie": f"{NAME}={client.cookie}"}
        for path in (
            *("/", "/healthz", "/readyz", "/metrics", "/api/profiles", "/api/openapi.json"),
            *(
                "/directory",
                "/conversation",
                "/conversation.md",
                "/staff/",
                "/page/chat.css",
                "/favicon.ico",
            ),
            *(link.replace("&amp;", "&"), permalink, f"{permalink}.md"),
        ):
            found = httpx.get(address + path, headers=cookie, follow_redirects=True)
            assert found.status_code == 200, path
            loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]*)"', found.text)
            assert not [one for one in loaded if "//" in one], path
        assert process.poll() is None


def test_readiness_tells_of_the_journal(own_directory: Directory) -> None:
    path = journal_path(own_directory.settings)
    assert path is not None
    with serving(SERVE, environment(own_directory)) as (address, _):
        assert httpx.get(f"{address}/readyz").json()["status"] == "ok"
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TABLE exchange")
        found = httpx.get(f"{address}/readyz")
        assert found.status_code == 503
        assert str(path) not in found.text
        assert httpx.get(f"{address}/healthz").status_code == 200
        message = ChatClient(address, "unkept").ask(FOUNDED)[-1][1]
        assert "founded in 1990" in message  # answered, though it could not be kept
