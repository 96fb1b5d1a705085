"""The cookie that says which conversation a browser holds: nothing but an unguessable id."""

from __future__ import annotations

from http.cookies import SimpleCookie

from starlette.requests import cookie_parser

from askpartner.journal import is_identity

NAME = "askpartner_conversation"
KEPT_SECONDS = 90 * 24 * 60 * 60


def conversation_of(header: str | None) -> str | None:
    """The conversation's id in a ``Cookie`` header; None when there is none of the right form."""
    value = cookie_parser(header or "").get(NAME, "")
    return value if is_identity(value) else None


def cookie_header(conversation: str, *, secure: bool) -> str:
    """The ``Set-Cookie`` header of a conversation; ``secure`` where the page came by https."""
    cookie: SimpleCookie = SimpleCookie({NAME: conversation})
    morsel = cookie[NAME]
    morsel["path"] = "/"
    morsel["max-age"] = KEPT_SECONDS
    morsel["httponly"] = True
    morsel["samesite"] = "Lax"
    morsel["secure"] = secure
    return morsel.OutputString()
