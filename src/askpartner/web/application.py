"""One FastAPI application: staff at ``/staff``, the API at ``/api``, the chat at ``/``.

Beside them stand the plain routes: sources, kept answers, the server's health and figures. The
order counts: the chat is mounted last, because Gradio answers every path below its own.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount

from askpartner.assistant import Assistant
from askpartner.errors import AskpartnerError, IndexRefused, StaleCitation
from askpartner.index import IndexReader
from askpartner.journal import Journal
from askpartner.settings import Settings
from askpartner.web import directory_view, html
from askpartner.web.api import build_api
from askpartner.web.asking import WebAssistant
from askpartner.web.assets import PATH, Assets, asset_url
from askpartner.web.chat import build_chat
from askpartner.web.gate import Gate, events_of
from askpartner.web.guard import Guard
from askpartner.web.limit import RateLimit
from askpartner.web.metrics import Metrics
from askpartner.web.page import STAFF_PATH, ChatPage
from askpartner.web.permalink import add_documents
from askpartner.web.refusals import told
from askpartner.web.source import UnknownSource, UnreadableSource, source_article
from askpartner.web.staff import build_staff
from askpartner.web.starters import Starters
from askpartner.web.suggestions import Suggestions
from askpartner.web.words import words

MOST_SESSIONS = 500  # conversations held in memory; the one longest unused goes first
NEVER = 2**62  # events
MOST_CONNECTIONS = 2000  # open at once, a page has two or three; above it is answered 503
CLOSING_SECONDS = 5  # open pages hold an event stream that would never end by itself

logger = logging.getLogger(__name__)


def build_application(
    settings: Settings, reader: IndexReader, journal: Journal, *, host: str = "127.0.0.1"
) -> FastAPI:
    """The whole server as an ASGI application.

    ``reader`` reads the index of the settings, ``journal`` is theirs too; ``host`` is the address
    that will be listened on: the server answers to it and to the settings' ``hosts``.
    """
    limit = RateLimit(settings.questions_per_minute)
    metrics = Metrics(lambda: _sessions(application))
    assistant = WebAssistant(reader, settings, metrics)

    application = FastAPI(title="askpartner", docs_url=None, redoc_url=None, openapi_url=None)
    application.mount(PATH, Assets(), name="page")
    _add_health(application, reader, journal, metrics)
    _add_sources(application, reader, settings)
    add_documents(application, journal, reader)
    directory_view.register(application, reader, settings)
    application.mount("/api", build_api(assistant, reader, settings, journal, limit))
    application.add_api_route("/favicon.ico", lambda: RedirectResponse(asset_url("icon.svg")))
    if settings.staff_user:
        application.add_api_route(STAFF_PATH.rstrip("/"), _to_staff)
        login = (settings.staff_user, settings.staff_password.get_secret_value())
        staff = build_staff(journal)
        _mount(application, staff, STAFF_PATH.rstrip("/"), limit, auth=login)
    own = Assistant(reader, settings)  # what the server asks itself is not counted
    starters = Starters(reader, own)
    chat = build_chat(assistant, reader, journal, starters, Suggestions(reader, own, starters))
    _mount(application, chat, "/", limit)
    # The last one added is the outermost: a refusal of the guard has the security headers too.
    application.add_middleware(
        Guard, host=host, hosts=settings.hosts, embed_origins=settings.embed_origins
    )
    application.add_middleware(ChatPage, embed_origins=settings.embed_origins)
    return application


def run(application: FastAPI, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve on a listening socket until SIGINT or SIGTERM; tells ``started`` when it answers."""
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # anyone could send them
        limit_concurrency=MOST_CONNECTIONS,
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


# -- the routes ------------------------------------------------------------------------------


def _add_health(
    application: FastAPI, reader: IndexReader, journal: Journal, metrics: Metrics
) -> None:
    """``/healthz``: the process answers from an index; ``/readyz``: it can also keep answers."""

    def health(check: Callable[[], object]) -> JSONResponse:
        try:
            index = reader.get()
            check()
        except AskpartnerError as error:
            logger.error("not ready: %s", error)
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse(
            {"status": "ok", "index_version": index.version, "profiles": len(index.profiles)}
        )

    @application.get("/healthz")
    def healthz() -> JSONResponse:
        return health(lambda: None)

    @application.get("/readyz")
    def readyz() -> JSONResponse:
        return health(lambda: journal.recent(1))

    @application.get("/metrics")
    def figures() -> Response:
        return metrics.page()


def _add_sources(application: FastAPI, reader: IndexReader, settings: Settings) -> None:
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


def _problem(status: int, name: str) -> HTMLResponse:
    article = html.message_html(words(f"problem.{name}_title"), words(f"problem.{name}"))
    return HTMLResponse(html.source_page_html(article), status_code=status)


def _to_staff() -> RedirectResponse:
    return RedirectResponse(STAFF_PATH)


# -- Gradio ----------------------------------------------------------------------------------


def _mount(
    application: FastAPI,
    blocks: gradio.Blocks,
    path: str,
    limit: RateLimit,
    *,
    auth: tuple[str, str] | None = None,
) -> None:
    blocks.state_session_capacity = MOST_SESSIONS
    gradio.mount_gradio_app(
        application,
        blocks,
        path=path,
        auth=auth,
        auth_message=html.text_html(told("staff.sign_in")) if auth else None,
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
    mount = application.routes[-1]
    if not isinstance(mount, Mount):
        raise RuntimeError("Gradio was not mounted last; install the version in pyproject.toml")
    _bound(blocks)
    mount.app = Gate(mount.app, events=events_of(blocks), limit=limit, login=auth is not None)


def _bound(blocks: gradio.Blocks) -> None:
    """Two things that Gradio keeps for ever, or works out anew at every event.

    It has a table made of all past events after each one, for the page of figures that is not
    served here; and it remembers each session that ever sent an event.
    """
    queue = blocks._queue
    for name in ("ANALYTICS_MAX_EVENTS", "ANAYLTICS_CACHE_FREQUENCY", "pending_event_ids_session"):
        if not hasattr(queue, name):
            raise RuntimeError(f"Gradio's queue has no {name}; install the pinned version")
    queue.ANALYTICS_MAX_EVENTS = 1
    queue.ANAYLTICS_CACHE_FREQUENCY = NEVER  # spelt so in Gradio
    queue.pending_event_ids_session = gradio.utils.LRUCache(
        queue.pending_messages_per_session.max_size
    )


def gradio_apps(application: FastAPI) -> list[Any]:
    """The mounted Gradio applications, in the order they were mounted."""
    found = [route._base_app for route in application.routes if isinstance(route, Mount)]
    return [app for app in found if hasattr(app, "state_holder")]


def _sessions(application: FastAPI) -> int:
    return sum(len(app.state_holder.session_data) for app in gradio_apps(application))


def _theme() -> gradio.themes.Base:
    # Fonts of the asker's own system: a named web font would be fetched from its maker.
    return gradio.themes.Base(
        font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
    )
