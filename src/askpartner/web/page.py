"""Gradio's pages made ours: strict Content-Security-Policy, our head, header and source panel.

Gradio renders its own ``index.html`` with inline scripts and no place for additions. ``ChatPage``
stands around the application, rewrites that response, and sets the security headers of all. It
also gives each browser the cookie of its conversation. The version of Gradio is pinned because the
places named here are looked for in its markup.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askpartner.journal import new_identity
from askpartner.web import html
from askpartner.web.assets import FOLDER, PATH, asset_url
from askpartner.web.cookie import conversation_of, cookie_header
from askpartner.web.html import text_html
from askpartner.web.refusals import told

_HEAD = re.compile(r"<head>")
_APP = re.compile(r"<gradio-app\b")
_BODY_END = re.compile(r"</body>")
_SCRIPT = re.compile(r"<script\b")
_ASSET = re.compile(rf'(?<=["\']){PATH}/([\w.-]+)(?=["\'])')
# Gradio's description of itself for link previews, and a manifest that is served for PWAs only.
_FOREIGN = re.compile(
    r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>|<link rel="manifest"[^>]*>', re.DOTALL
)

# Gradio sets style attributes and adds style elements at run time: styles cannot carry a nonce.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; "
    "form-action 'none'; frame-ancestors {ancestors}; object-src 'none'"
)
_PLAIN_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {ancestors}"
)


CHAT_PATH, STAFF_PATH = "/", "/staff/"


class ChatPage:
    """ASGI middleware: see the module. Knows the chat page, the staff page, and the rest.

    ``embed_origins`` are the origins of sites that may show the pages in a frame.
    """

    def __init__(self, app: ASGIApp, *, embed_origins: Sequence[str] = ()) -> None:
        self.app = app
        self._ancestors = " ".join(("'self'", *embed_origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a GET of a Gradio page is rewritten as a whole, others get headers.

        The chat page also gets the cookie of a conversation when the browser has none.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] in ("GET", "HEAD") and scope["path"] == CHAT_PATH:
            await self._page(scope, receive, _with_cookie(scope, send), rewrite_page)
        elif scope["method"] in ("GET", "HEAD") and scope["path"] == STAFF_PATH:
            await self._page(scope, receive, send, rewrite_staff_page)
        else:
            policy = _PLAIN_POLICY.format(ancestors=self._ancestors)
            await self.app(scope, receive, _with_headers(send, policy))

    async def _page(
        self, scope: Scope, receive: Receive, send: Send, rewrite: Callable[[str, str], str]
    ) -> None:
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
            given = MutableHeaders(raw=start["headers"])
            is_page = given.get("content-type", "").startswith("text/html")
            if is_page and content:
                content = rewrite(content.decode("utf-8"), nonce).encode("utf-8")
                given["content-length"] = str(len(content))
            given["cache-control"] = "no-store"  # its nonce is for once
            policy = _PAGE_POLICY.format(nonce=nonce, ancestors=self._ancestors)
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
        (_BODY_END, html.page_bottom_html(), True),
    ):
        found = list(place.finditer(page))
        if len(found) != 1:
            raise RuntimeError(
                f"Gradio's page has {len(found)} places {place.pattern!r} instead of one; "
                "install the version pinned in pyproject.toml"
            )
        at = found[0].start() if before else found[0].end()
        page = page[:at] + added + page[at:]
    return let_scripts_in(_ASSET.sub(_versioned, page), nonce)


def rewrite_staff_page(page: str, nonce: str) -> str:
    """Gradio's page of the staff, or its login: with a title, our style, and its scripts let in."""
    added = (
        f"<title>{text_html(told('staff.title'))}</title>"
        '<meta name="color-scheme" content="light dark">'
        f"{html.assets_html('staff.css')}"
    )
    page = _FOREIGN.sub("", page)
    return let_scripts_in(_HEAD.sub(lambda head: head[0] + added, page, count=1), nonce)


def let_scripts_in(page: str, nonce: str) -> str:
    """A page of Gradio's with ``nonce`` on each of its scripts."""
    # Gradio writes "<" inside its data as \u003c, so this touches real script elements only.
    return _SCRIPT.sub(f'<script nonce="{nonce}"', page)


def _versioned(found: re.Match[str]) -> str:
    return asset_url(found[1]) if (FOLDER / found[1]).is_file() else found[0]


def _with_cookie(scope: Scope, send: Send) -> Send:
    if conversation_of(Headers(scope=scope).get("cookie")) is not None:
        return send
    cookie = cookie_header(new_identity(), secure=scope["scheme"] == "https")

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return wrapped


def _with_headers(send: Send, policy: str) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("content-security-policy", policy)  # a page may have its own
            headers["x-content-type-options"] = "nosniff"
            headers.setdefault("referrer-policy", "same-origin")
        await send(message)

    return wrapped
