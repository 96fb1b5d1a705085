"""The server's outer door: by which name, from which site, how much may be sent.

Knows nothing of chats and answers. What it lets through has a known Host, comes from this site (or
one of the settings', where that may be), is at most MOST_BYTES long and carries no header with
which a proxy, or someone who plays one, would say who is really asking or where.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askpartner.web.refusals import refusal, told

MOST_BYTES = 16 * 1024
BODY_SECONDS = 10.0  # a body that trickles in is not waited for longer

READING = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
CALLED_FROM_OUTSIDE = ("/api/ask", "/api/profiles", "/api/sections/", "/api/openapi.json")
"""What a page of another site may call, if the settings name the site: it changes nothing."""

_FORGEABLE = ("forwarded", "x-")
"""Beginnings of header names: Gradio believes X-Forwarded-Host; no header with "x-" is needed."""


class Guard:
    """ASGI middleware: see the module.

    ``host`` is the address listened on; ``hosts`` are further names, "*" any; ``embed_origins`` the
    origins of other sites whose pages may call the API.
    """

    def __init__(
        self, app: ASGIApp, *, host: str, hosts: Sequence[str], embed_origins: Sequence[str]
    ) -> None:
        self.app = app
        self._any = "*" in hosts
        self._every_address = host in ("0.0.0.0", "::", "")
        self._hosts = LOCAL | {host.casefold()} | {name.casefold() for name in hosts}
        self._origins = frozenset(embed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass the request on with its forgeable headers gone and its body counted."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        origin = headers.get("origin")
        outside = scope["path"].startswith(CALLED_FROM_OUTSIDE) and origin in self._origins
        send = _with_origin(send, origin if outside else None)
        response = self._refusal(scope, headers, host, outside=outside)
        if response is not None:
            await response(scope, receive, send)
            return
        if outside and scope["method"] == "OPTIONS":
            await _preflight()(scope, receive, send)
            return
        scope = dict(scope)
        scope["headers"] = [
            item
            for item in scope["headers"]
            if not item[0].lower().decode("latin-1").startswith(_FORGEABLE)
        ]
        if scope["method"] in READING:
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(receive)
        except TimeoutError:
            await refusal(408, told("refused.slow"))(scope, receive, send)
            return
        if body is None:
            await _too_long()(scope, receive, send)
            return
        await self.app(scope, replay(body, receive), send)

    def _refusal(
        self, scope: Scope, headers: Headers, host: str, *, outside: bool
    ) -> Response | None:
        if not self._knows(host):
            return refusal(421, told("refused.host"))
        if scope["method"] not in READING and not outside and not _same_site(headers, host):
            return refusal(403, told("refused.origin"))
        announced = headers.get("content-length", "0")
        if not announced.isascii() or not announced.isdigit() or int(announced) > MOST_BYTES:
            return _too_long()
        return None

    def _knows(self, host: str) -> bool:
        if self._any:
            return True
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name.casefold() in self._hosts:
            return True
        # A server on every address cannot list them; an address is no name that could be made to
        # point here by someone else.
        return self._every_address and _is_address(name)


def _same_site(headers: Headers, host: str) -> bool:
    """Whether a request that changes something comes from our own page, or from no page at all."""
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
        same = urlsplit(f"//{host}")
        default = {"http": 80, "https": 443}.get(parts.scheme)
        return (
            default is not None
            and (parts.hostname or "") == (same.hostname or "")
            and (parts.port or default) == (same.port or default)
        )
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _too_long() -> Response:
    return refusal(413, told("refused.size", most=str(MOST_BYTES)), headers={"connection": "close"})


def _preflight() -> Response:
    return Response(
        status_code=204,
        headers={
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "content-type",
            "access-control-max-age": "600",
        },
    )


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is longer than MOST_BYTES, whatever length was announced."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body.extend(message.get("body", b""))
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """``receive`` for whoever comes next: the body at once, then what follows it."""
    given = False

    async def wrapped() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return wrapped


def _with_origin(send: Send, origin: str | None) -> Send:
    """Only this guard says who may read an answer: what the inside says about it is dropped."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in [key for key in headers if key.startswith("access-control-allow-origin")]:
                del headers[name]
            if "access-control-allow-credentials" in headers:
                del headers["access-control-allow-credentials"]
            if origin is not None:
                headers["access-control-allow-origin"] = origin
                headers.add_vary_header("Origin")
        await send(message)

    return wrapped
