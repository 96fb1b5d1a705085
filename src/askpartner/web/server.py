"""Serves the chat. What cannot work is refused before the packages of a server are loaded."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing

from askpartner.errors import UsageError
from askpartner.index import IndexReader
from askpartner.settings import Settings


def _say(words: str) -> None:
    print(words, flush=True)  # at once, also into a pipe


def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    announce: Callable[[str], None] = _say,
) -> None:
    """Serve until interrupted (SIGINT or SIGTERM).

    ``announce`` is told the address once it answers. ``port`` 0 takes a free one.
    Raises IndexRefused or EmbedderError when there is no index to answer from, UsageError when
    the address cannot be listened on, JournalRefused when conversations cannot be kept; all of
    them before anything is announced.
    """
    reader = IndexReader(settings.index)
    reader.get()
    with _listen(host, port) as listener:
        from askpartner.journal import open_journal  # loads sqlalchemy

        with closing(open_journal(settings)) as journal:
            from askpartner.web.application import build_application, run  # loads gradio

            address = _address(listener)
            run(
                build_application(settings, reader, journal, host=host),
                listener,
                lambda: announce(f"askpartner answers at {address} (stop with Ctrl+C)"),
            )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
        # Else the second half of a short answer waits for the first to be acknowledged: 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"cannot listen on {host} port {port} ({error}); give another with --host or --port"
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
