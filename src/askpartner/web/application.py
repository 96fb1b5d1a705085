"""One FastAPI application: the chat at ``/``, sources at ``/source``, ``/healthz`` beside them."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path

import gradio
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from askpartner.assistant import Assistant
from askpartner.errors import IndexRefused, StaleCitation
from askpartner.index import IndexReader
from askpartner.settings import Settings
from askpartner.web import html
from askpartner.web.chat import build_chat
from askpartner.web.page import ChatPage
from askpartner.web.source import UnknownSource, UnreadableSource, source_article
from askpartner.web.starters import Starters
from askpartner.web.words import words

STATIC = Path(__file__).parent / "static"
MOST_SESSIONS = 500  # conversations held in memory; the one longest unused goes first
CLOSING_SECONDS = 5  # open pages hold an event stream that would never end by itself

logger = logging.getLogger(__name__)


def build_application(settings: Settings, reader: IndexReader) -> FastAPI:
    """The whole server as an ASGI application; ``reader`` reads the index of the settings."""
    assistant = Assistant(reader, settings)

    application = FastAPI(title="askpartner", docs_url=None, redoc_url=None, openapi_url=None)
    application.mount("/page", StaticFiles(directory=STATIC), name="page")

    @application.get("/healthz")
    def healthz() -> JSONResponse:
        try:
            index = reader.get()
        except IndexRefused as error:
            logger.error("the index cannot be read: %s", error)
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse(
            {"status": "ok", "index_version": index.version, "profiles": len(index.profiles)}
        )

    @application.get("/source")
    def source(profile: str = "", start: str = "", end: str = "", quote: str = "") -> HTMLResponse:
        try:
            article = source_article(
                reader.get(), settings, profile=profile, start=start, end=end, proof=quote
            )
        except UnreadableSource:
            return _problem(422, "unreadable")
        except UnknownSource:
            return _problem(404, "unknown")
        except StaleCitation:
            return _problem(409, "stale")
        except IndexRefused as error:
            logger.error("the index cannot be read: %s", error)
            return _problem(503, "unavailable")
        return HTMLResponse(html.source_page_html(article))

    chat = build_chat(assistant, Starters(reader, assistant))
    chat.state_session_capacity = MOST_SESSIONS
    gradio.mount_gradio_app(
        application,
        chat,
        path="/",
        theme=_theme(),
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1kb",
        allowed_paths=[],
        blocked_paths=[str(Path.cwd())],
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
    )
    application.add_middleware(ChatPage)
    return application


def run(application: FastAPI, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve on a listening socket until SIGINT or SIGTERM; tells ``started`` when it answers."""
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )
    _Server(config, started).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()


def _problem(status: int, name: str) -> HTMLResponse:
    article = html.message_html(words(f"problem.{name}_title"), words(f"problem.{name}"))
    return HTMLResponse(html.source_page_html(article), status_code=status)


def _theme() -> gradio.themes.Base:
    # Fonts of the asker's own system: a named web font would be fetched from its maker.
    return gradio.themes.Base(
        font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
    )
