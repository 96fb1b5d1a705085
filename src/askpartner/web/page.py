"""Gradio's page made ours: strict Content-Security-Policy, our head, header and source panel.

Gradio renders its own ``index.html`` with inline scripts and no place for additions. ``ChatPage``
stands around the application, rewrites that one response, and sets the security headers of all.
The version of Gradio is pinned because the places named here are looked for in its markup.
"""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askpartner.web import html

_HEAD = re.compile(r"<head>")
_APP = re.compile(r"<gradio-app\b")
_BODY_END = re.compile(r"</body>")
_SCRIPT = re.compile(r"<script\b")
# Gradio's description of itself for link previews, and a manifest that is served for PWAs only.
_FOREIGN = re.compile(
    r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>|<link rel="manifest"[^>]*>', re.DOTALL
)

# Gradio sets style attributes and adds style elements at run time: styles cannot carry a nonce.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; "
    "form-action 'none'; frame-ancestors 'self'; object-src 'none'"
)
_PLAIN_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


class ChatPage:
    """ASGI middleware: see the module. Knows two kinds of response, the chat page and the rest."""

    def __init__(self, app: ASGIApp, *, path: str = "/") -> None:
        self.app, self.path = app, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a GET of ``path`` is rewritten as a whole, others get headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == self.path and scope["method"] in ("GET", "HEAD"):
            await self._page(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send, _PLAIN_POLICY))

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce = secrets.token_urlsafe(16)
        # Compressed by Gradio the page could not be rewritten.
        headers = [item for item in scope["headers"] if item[0] != b"accept-encoding"]
        opening: list[Message] = []
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                opening.append(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            await finish()

        async def finish() -> None:
            start = opening[0]
            content = bytes(body)
            is_page = Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")
            if is_page and content:
                content = rewrite_page(content.decode("utf-8"), nonce).encode("utf-8")
                MutableHeaders(raw=start["headers"])["content-length"] = str(len(content))
            policy = _PAGE_POLICY.format(nonce=nonce)
            await _with_headers(send, policy)(start)
            await send({"type": "http.response.body", "body": content})

        await self.app({**scope, "headers": headers}, receive, collect)


def rewrite_page(page: str, nonce: str) -> str:
    """Gradio's ``index.html`` with our parts in it and ``nonce`` on each of its scripts.

    Raises RuntimeError when a place is missing: then this is not the Gradio we were tested with.
    """
    page = _FOREIGN.sub("", page)
    for place, added, before in (
        (_HEAD, html.page_head_html(), False),
        (_APP, html.page_top_html(), True),
        (_BODY_END, html.panel_html(), True),
    ):
        found = list(place.finditer(page))
        if len(found) != 1:
            raise RuntimeError(
                f"Gradio's page has {len(found)} places {place.pattern!r} instead of one; "
                "install the version pinned in pyproject.toml"
            )
        at = found[0].start() if before else found[0].end()
        page = page[:at] + added + page[at:]
    # Gradio writes "<" inside its data as \u003c, so this touches real script elements only.
    return _SCRIPT.sub(f'<script nonce="{nonce}"', page)


def _with_headers(send: Send, policy: str) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["content-security-policy"] = policy
            headers["x-content-type-options"] = "nosniff"
            headers["referrer-policy"] = "same-origin"
        await send(message)

    return wrapped
