"""Kept answers as documents: ``/a/<id>``, and a whole conversation, as a page or as Markdown.

Plain HTML without script, fit to print, that says what the chat said (``said``). Every quote is
proven again before it is shown: where a page has changed since, its words are left out and that is
told.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from askpartner.errors import AskpartnerError, StaleCitation
from askpartner.index import Index, IndexReader
from askpartner.journal import Entry, Journal, is_identity
from askpartner.render import PATH_SEPARATOR
from askpartner.split import path_names
from askpartner.types import Citation
from askpartner.verify import prove
from askpartner.web.answer import understood_html
from askpartner.web.cookie import conversation_of
from askpartner.web.html import (
    lines_text,
    outside_link_html,
    plain_page_html,
    safe_url,
    source_url,
    text_html,
)
from askpartner.web.kept import kept_citations, kept_said
from askpartner.web.refusals import told
from askpartner.web.said import said_html
from askpartner.web.words import words

MARKDOWN = "text/markdown; charset=utf-8"

_PRIVATE = {
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "no-referrer",  # the address is a secret
}
_BLANK_LINES = re.compile(r"\n{2,}")
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&=:/@])")

logger = logging.getLogger(__name__)


def add_documents(application: FastAPI, journal: Journal, reader: IndexReader) -> None:
    """Add the routes ``/a/<id>``, ``/a/<id>.md``, ``/conversation`` and ``/conversation.md``."""

    def guarded(make: Callable[[], Response]) -> Response:
        try:
            return make()
        except AskpartnerError as error:
            logger.error("a document cannot be made: %s", error)
            return _message_page(503, "unavailable")

    @application.get("/a/{name}")
    def permalink(name: str) -> Response:
        identity, _, suffix = name.partition(".")

        def make() -> Response:
            entry = journal.answer(identity) if is_identity(identity) else None
            if entry is None or suffix not in ("", "md"):
                return _message_page(404, "gone")
            if suffix:
                return PlainTextResponse(
                    entry_markdown(entry, reader.get()), media_type=MARKDOWN, headers=_PRIVATE
                )
            return _page(entry.question, [entry_html(entry, reader.get())], f"/a/{identity}.md")

        return guarded(make)

    @application.get("/conversation")
    def conversation_page(request: Request) -> Response:
        def make() -> Response:
            index = reader.get()
            articles = [entry_html(entry, index, listed=True) for entry in _kept(journal, request)]
            articles = articles or [f"<p>{text_html(told('document.empty'))}</p>"]
            return _page(told("document.conversation"), articles, "/conversation.md")

        return guarded(make)

    @application.get("/conversation.md")
    def conversation_markdown(request: Request) -> Response:
        def make() -> Response:
            index = reader.get()
            entries = _kept(journal, request)
            text = "\n\n---\n\n".join(entry_markdown(entry, index).rstrip() for entry in entries)
            headers = {"content-disposition": 'attachment; filename="conversation.md"'}
            return PlainTextResponse(
                (text or markdown_text(told("document.empty"))) + "\n",
                media_type=MARKDOWN,
                headers=_PRIVATE | headers,
            )

        return guarded(make)


def _kept(journal: Journal, request: Request) -> tuple[Entry, ...]:
    conversation = conversation_of(request.headers.get("cookie"))
    return journal.conversation(conversation) if conversation else ()


# -- one kept answer -------------------------------------------------------------------------


def entry_html(entry: Entry, index: Index, *, listed: bool = False) -> str:
    """A kept answer as one ``<article>``: what is said, sources, links, when and of what.

    ``listed``: as one of several, headed by its question, with a link to its own page; alone, the
    page is headed by it.
    """
    citations = kept_citations(entry.answer)
    stale = _stale(citations, index)
    level = 3 if listed else 2
    parts = [f"<h2>{text_html(entry.question)}</h2>"] if listed else []
    said = said_html(kept_said(entry.answer, stale=stale), level=level)
    kind = text_html(entry.status.replace("_", "-"))
    parts.append(f'<div class="answer {kind}">{understood_html(entry)}{said}</div>')
    sources = [_source_html(citation) for citation in citations if citation.number not in stale]
    links = [f"<li>{outside_link_html(label, url)}</li>" for label, url in _links(entry.answer)]
    for name, entries in (("sources", sources), ("links", links)):
        if entries:
            title = f'<h{level} class="small-heading">{text_html(told(f"document.{name}"))}'
            parts.append(f'{title}</h{level}><ul class="{name}">{"".join(entries)}</ul>')
    made = text_html(_made_text(entry))
    if listed:
        made += f' · <a href="/a/{entry.id}">{text_html(told("document.permalink"))}</a>'
    parts.append(f'<p class="made">{made}</p>')
    return f'<article class="kept">{"".join(parts)}</article>'


def entry_markdown(entry: Entry, index: Index) -> str:
    """A kept answer as Markdown (CommonMark); read back, it has the same words."""
    citations = {citation.number: citation for citation in kept_citations(entry.answer)}
    stale = _stale(citations.values(), index)
    parts = [f"## {markdown_text(entry.question, one_line=True)}"]
    for sentence in entry.answer["sentences"]:
        citation = citations.get(sentence["citation"])
        if citation is None:
            parts.append(markdown_text(sentence["text"]))
            continue
        said = told("document.stale") if citation.number in stale else sentence["text"]
        quoted = f"{markdown_text(said)} \\[{citation.number}\\]"
        parts.append("\n".join(f"> {line}" for line in quoted.split("\n")))
    shown = [c for c in citations.values() if c.number not in stale]
    if shown:
        sources = [f"- {_source_markdown(citation)}" for citation in shown]
        parts.append("\n".join([f"{told('document.sources')}:\n", *sources]))
    links = [
        f"- [{markdown_text(label, one_line=True)}](<{url}>)"
        for label, url in _links(entry.answer)
        if not set("<>\\") & set(url)
    ]
    if links:
        parts.append("\n".join([f"{told('document.links')}:\n", *links]))
    parts.append(markdown_text(_made_text(entry)))
    return "\n\n".join(parts) + "\n"


def markdown_text(text: str, *, one_line: bool = False) -> str:
    """``text`` so that a Markdown reader shows it and takes no sign in it for markup.

    Runs of blank lines become one, lines lose the white space at their ends, as in any Markdown.
    """
    lines = (" ".join(line.split()) for line in re.split(r"\r\n?|\n", text))
    escaped = [_MARKDOWN_SIGNS.sub(r"\\\1", line) for line in lines]
    # "1." and "1)" begin lists; their sign is escaped above. Lines stay lines by a backslash.
    if one_line:
        return " ".join(line for line in escaped if line)
    paragraphs = _BLANK_LINES.split("\n".join(escaped).strip("\n"))
    return "\n\n".join(paragraph.replace("\n", "\\\n") for paragraph in paragraphs)


def _stale(citations: Iterable[Citation], index: Index) -> frozenset[int]:
    """The numbers of citations whose page no longer holds the quote."""
    stale = set()
    for citation in citations:
        try:
            prove(citation, index)
        except StaleCitation:
            stale.add(citation.number)
    return frozenset(stale)


def _place_text(citation: Citation) -> str:
    return PATH_SEPARATOR.join(path_names(citation.title, citation.heading_path))


def _source_html(citation: Citation) -> str:
    address = safe_url(citation.url)
    place = f'<a href="{text_html(source_url(citation))}">{text_html(_place_text(citation))}</a>'
    where = f"{place}, {text_html(lines_text(citation.lines))}"
    if address:
        where += f"<br>{outside_link_html(address, address)}"
    return f'<li><span class="number">[{citation.number}]</span> <span>{where}</span></li>'


def _source_markdown(citation: Citation) -> str:
    place = f"[{citation.number}] {_place_text(citation)}, {lines_text(citation.lines)}"
    address = safe_url(citation.url)
    shown = markdown_text(place, one_line=True)
    return f"{shown} <{address}>" if address and not set("<>") & set(address) else shown


def _links(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Label and address; one a partner and label, as in the chat: a second would look the same."""
    seen = set()
    for link in answer["links"]:
        url = safe_url(link["url"])
        if url is not None and (link["profile"], link["label"]) not in seen:
            seen.add((link["profile"], link["label"]))
            yield link["label"], url


def _made_text(entry: Entry) -> str:
    date = f"{entry.created_at:%Y-%m-%d %H:%M}"
    version = told("document.version", version=entry.index_version[:12])
    return f"{told('document.answered', date=date)}, {version}"


# -- the page --------------------------------------------------------------------------------


def _page(
    title: str, articles: Sequence[str], markdown_url: str | None, status: int = 200
) -> Response:
    markdown = ""
    if markdown_url is not None:
        markdown = (
            f'<nav><a href="{markdown_url}">{text_html(told("document.as_markdown"))}</a></nav>'
        )
    page = plain_page_html(
        title,
        f"<h1>{text_html(title)}</h1>{''.join(articles)}",
        kind="document",
        above=f'<header><p><a href="/">{text_html(words("page.title"))}</a></p>{markdown}</header>',
        styles=("document.css",),
    )
    return HTMLResponse(page, status_code=status, headers=_PRIVATE)


def _message_page(status: int, name: str) -> Response:
    message = f"<p>{text_html(told(f'document.{name}'))}</p>"
    return _page(told(f"document.{name}_title"), [message], None, status)
