"""How the server says no: one status, one readable sentence, the same shape everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse

from askpartner.templates import fill, load_templates


def told(place: str, /, **names: str) -> str:
    """The words at ``table.key`` of ``templates/server.toml`` with their ``{names}`` filled in.

    Plain text: whoever puts it on a page escapes it.
    """
    table, key = place.split(".")
    return fill(load_templates("server")[table][key], **names)


def refusal(
    status: int,
    message: str,
    *,
    reasons: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A refusal as JSON: ``error`` for people, ``reasons`` by place, ``detail`` for Gradio's page.

    Gradio's page shows ``detail`` when a question of the chat is refused.
    """
    content = {"error": message, "detail": message, "reasons": [dict(one) for one in reasons]}
    return JSONResponse(content, status_code=status, headers=dict(headers or {}))
