"""The inner door, before a mounted Gradio app: only what its page asks for, in the page's own form.

Gradio serves far more than one page needs (uploads, a file proxy, its own API, monitoring, saved
runs). ``Gate`` lets through what is on the list and answers 404 to all else; of an event it lets
through nothing but texts, so that no value a component would resolve, such as ``{"path": …}``,
ever comes from a browser.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askpartner.web.assets import FOREVER
from askpartner.web.guard import replay
from askpartner.web.limit import Kind, RateLimit
from askpartner.web.refusals import refusal, told

if TYPE_CHECKING:
    import gradio

JOIN = "/gradio_api/queue/join"
LOGIN = "/login"
MOST_SESSION_NAME = 64  # characters; Gradio's own have about 11

_ASSET = re.compile(r"/assets/[\w.-]+-[\w-]{8,}\.\w+")
_VERSION = re.compile(r"v=[0-9a-f]{64}")  # Gradio's hash of the theme
_ALLOWED = (
    ("GET", re.compile("/")),
    ("HEAD", re.compile("/")),
    ("GET", re.compile(r"/assets/[\w./-]+")),
    ("GET", re.compile(r"/static/[\w./-]+")),
    ("GET", re.compile(r"/theme\.css")),
    ("GET", re.compile(r"/config")),  # the page holds it too; fetched after a connection was lost
    ("GET", re.compile(r"/gradio_api/app_id")),
    ("GET", re.compile(r"/gradio_api/startup-events")),
    ("GET", re.compile(r"/gradio_api/heartbeat/[^/]{1,64}")),
    ("GET", re.compile(r"/gradio_api/queue/data")),
    ("POST", re.compile(JOIN)),
)
_ALLOWED_WITH_LOGIN = (
    ("POST", re.compile(LOGIN)),
    ("GET", re.compile(r"/logout")),
)
_QUERY = frozenset({"q", "embed", "__theme"})
"""Parts of the page's address that mean something; Gradio would also load saved states by it."""


@dataclass(frozen=True, slots=True)
class Event:
    """What the page may send for one of its events."""

    states: tuple[bool, ...]  # an input each: is it held on the server, so that null is sent?
    is_question: bool  # counts as a question; what happens when a page is opened does not


def events_of(blocks: gradio.Blocks) -> dict[int, Event]:
    """The events of a Gradio app by the number its page sends."""
    from gradio import State

    return {
        number: Event(
            states=tuple(isinstance(component, State) for component in function.inputs),
            is_question=any(name != "load" for _, name in function.targets),
        )
        for number, function in blocks.fns.items()
    }


class Gate:
    """ASGI application around a mounted Gradio app; see the module."""

    def __init__(
        self, app: ASGIApp, *, events: dict[int, Event], limit: RateLimit, login: bool
    ) -> None:
        self.app, self._events, self._limit = app, events, limit
        self._allowed = _ALLOWED + (_ALLOWED_WITH_LOGIN if login else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed; 404, 422 or 429 for the rest."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        if not any(
            scope["method"] == method and pattern.fullmatch(path)
            for method, pattern in self._allowed
        ):
            await refusal(404, told("refused.path"))(scope, receive, send)
            return
        named = _VERSION.fullmatch(scope["query_string"].decode("latin-1"))
        scope = {**scope, "query_string": _query(scope["query_string"], path)}
        if path == JOIN:
            await self._join(scope, receive, send)
        elif path == LOGIN:
            await self._counted(scope, receive, send, "login")
        elif _ASSET.fullmatch(path) or (path == "/theme.css" and named):
            await self.app(scope, receive, _kept(send))
        else:
            await self.app(scope, receive, send)

    async def _join(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()  # the guard has read and bounded it
        payload = _payload(body)
        event = None if payload is None else self._events.get(payload["fn_index"])
        if payload is None or event is None or not _fits(payload["data"], event):
            await refusal(422, told("refused.payload"))(scope, receive, send)
            return
        # A page opened by a link with "?q=" asks at once.
        linked = "q" in parse_qs(scope["query_string"].decode("latin-1"))
        kind: Kind = "question" if event.is_question or linked else "other"
        await self._counted(scope, replay(body, receive), send, kind)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, kind: Kind) -> None:
        client = scope["client"][0] if scope.get("client") else None
        seconds = self._limit.wait(client, kind)
        if seconds:
            await too_often(seconds)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def too_often(seconds: int) -> Any:
    """The refusal of a client that asks too much: 429, with the seconds after which to try."""
    message = told("refused.often", seconds=str(seconds))
    return refusal(429, message, headers={"retry-after": str(seconds)})


def _payload(body: bytes) -> dict[str, Any] | None:
    """An event as the page sends it; None for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    match found:
        case {"fn_index": int(number), "data": list(data), "session_hash": str(session)} if (
            not isinstance(number, bool)
            and 0 < len(session) <= MOST_SESSION_NAME
            and found.get("event_data") is None
            and isinstance(found.get("trigger_id"), int | None)
            and set(found) <= {"fn_index", "data", "session_hash", "event_data", "trigger_id"}
        ):
            return {"fn_index": number, "data": data}
    return None


def _fits(data: list[object], event: Event) -> bool:
    return len(data) == len(event.states) and all(
        value is None or (isinstance(value, str) and not state and _is_text(value))
        for value, state in zip(data, event.states, strict=True)
    )


def _is_text(value: str) -> bool:
    """Whether it is Unicode text: JSON can also spell halves of characters, which are none."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _query(query: bytes, path: str) -> bytes:
    """The query without what Gradio would understand and we do not mean."""
    text = query.decode("latin-1")
    if path == "/gradio_api/queue/data":
        session = parse_qs(text).get("session_hash", [""])[0][:MOST_SESSION_NAME]
        return urlencode({"session_hash": session}).encode()
    pairs = parse_qsl(text, max_num_fields=16) if text.count("&") < 16 else []
    return urlencode([(name, value) for name, value in pairs if name in _QUERY]).encode()


def _kept(send: Send) -> Send:
    """Gradio's files have names with a hash of their content in them: they never change."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in (200, 304):
            MutableHeaders(scope=message)["cache-control"] = FOREVER
        await send(message)

    return wrapped
