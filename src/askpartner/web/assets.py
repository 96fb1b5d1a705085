"""Our own files for the browser, each under an address that changes when the file does."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
PATH = "/page"
FOREVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"  # kept, but asked about each time: the address stays when the file changes


@cache
def asset_version(name: str) -> str:
    """First 12 hexadecimal digits of the SHA-256 of a file of ours."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Address of a file of ours that may be kept for ever."""
    return f"{PATH}/{name}?v={asset_version(name)}"


class Assets(StaticFiles):
    """The folder; a file is immutable only where its address names its present content."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept. Raises HTTPException 404 for another path."""
        response = await super().get_response(path, scope)
        if response.status_code in (200, 304):
            current = scope["query_string"] == f"v={asset_version(path)}".encode()
            response.headers["cache-control"] = FOREVER if current else ASK_FIRST
        return response
