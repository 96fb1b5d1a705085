"""The directory as a page: partners, their ways to work, whom each suits, in the pages' own words.

Plain HTML with a form to filter by; ``static/directory.js`` does the same without asking again.
Every cell is a quote with a link to where it stands. Does not answer questions: it links to them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from askpartner.directory import short_title
from askpartner.errors import IndexRefused, StaleCitation
from askpartner.index import Index, IndexReader
from askpartner.settings import Settings
from askpartner.split import sentence_ranges
from askpartner.survey import survey_profile
from askpartner.types import Concept, Criterion, Offering, Profile, Statement
from askpartner.verify import check_fresh
from askpartner.web.html import (
    ask_url,
    message_html,
    outside_link_html,
    panel_html,
    place_url,
    plain_page_html,
    safe_url,
    source_page_html,
    text_html,
)
from askpartner.web.starters import bare_heading
from askpartner.web.words import words

PATH = "/directory"
MOST_CHARACTERS = 100  # of the words to filter by
COLUMNS = ("way", "suits", "where", "then")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A way to work, or a partner without any, with what it can be found by."""

    way: Offering | None
    audiences: frozenset[str]  # names of the vocabulary's audiences its page states for it
    text: str  # its quotes and the partner's, in small letters

    def matches(self, text: str, audience: str) -> bool:
        """Whether it holds every word of ``text`` and is stated to suit ``audience`` ("": any)."""
        return all(word in self.text for word in text.lower().split()) and (
            not audience or audience in self.audiences
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """A partner of the directory."""

    profile: Profile
    about: Statement | None  # the first sentence of its overview
    rows: tuple[Row, ...]  # at least one


def register(application: FastAPI, reader: IndexReader, settings: Settings) -> None:
    """Add the route ``/directory``; it sends a policy of its own, under which its script runs."""
    policy = _POLICY.format(ancestors=" ".join(("'self'", *settings.embed_origins)))

    @application.get(PATH)
    def directory(text: str = "", audience: str = "") -> HTMLResponse:
        try:
            page = directory_html(reader.get(), text=text[:MOST_CHARACTERS], audience=audience)
        except IndexRefused as error:
            logger.error("the index cannot be read: %s", error)
            title, message = words("problem.unavailable_title"), words("problem.unavailable")
            return HTMLResponse(source_page_html(message_html(title, message)), status_code=503)
        return HTMLResponse(page, headers={"content-security-policy": policy})


@lru_cache(maxsize=2)
def listings(index: Index) -> tuple[Listing, ...]:
    """All partners in the order of their ids; worked out once for each generation of the index."""
    audiences = [concept for concept in index.vocabulary if concept.kind == "audience"]
    return tuple(_listing(profile, index, audiences) for profile in index.profiles.values())


def _listing(profile: Profile, index: Index, audiences: Sequence[Concept]) -> Listing:
    about = _about(profile, index)
    ways = index.offerings[profile.id]
    stated: list[set[str]] = [set() for _ in ways]
    for concept in audiences:
        criterion = Criterion(concept.name, concept, frozenset())
        # The first finding is about the partner as a whole.
        for place, finding in enumerate(survey_profile(criterion, profile, index)[1:]):
            if finding.stand == "stated":
                stated[place].add(concept.name)
    heading = [profile.title, about.text if about else ""]
    rows = [
        Row(way, frozenset(names), " ".join((*heading, *_words_of(way))).lower())
        for way, names in zip(ways, stated, strict=True)
    ]
    return Listing(
        profile, about, tuple(rows) or (Row(None, frozenset(), " ".join(heading).lower()),)
    )


def _about(profile: Profile, index: Index) -> Statement | None:
    sections = [one for one in index.sections[profile.id] if one.kind == "overview"]
    for section in sections:
        for block in profile.blocks:
            if block.kind == "paragraph" and section.start <= block.start < section.end:
                first, last = sentence_ranges(profile.text[block.start : block.end])[0]
                text = profile.text[block.start + first : block.start + last].rstrip()
                start = block.start + first
                return Statement(profile.id, start, start + len(text), text)
    return None


def _words_of(way: Offering) -> Iterator[str]:
    yield way.name
    for statement in (*way.audiences, *way.places):
        yield statement.text


# -- the page ------------------------------------------------------------------------------------


def directory_html(index: Index, *, text: str = "", audience: str = "") -> str:
    """The page; rows that do not match are there and hidden, so that a script can show them.

    ``audience`` is a name of the vocabulary; another one is as if none were given. A partner whose
    page has changed since it was indexed is named and not quoted.
    """
    names = [concept.name for concept in index.vocabulary if concept.kind == "audience"]
    audience = audience if audience in names else ""
    numbers = count(1)
    sections = []
    total = ways = partners = 0
    for number, listing in enumerate(listings(index), start=1):
        rows = [row.matches(text, audience) for row in listing.rows]
        own = [row.way is not None for row in listing.rows]
        total += sum(own)
        ways += sum(shown and is_way for shown, is_way in zip(rows, own, strict=True))
        partners += any(rows)
        sections.append(_partner_html(index, listing, rows, names, number, numbers))
    count_words = words("directory.shown", ways=str(ways), total=str(total), partners=str(partners))
    template = words("directory.shown", ways="{ways}", total=str(total), partners="{partners}")
    back = f'<p class="back"><a href="/">{text_html(words("source.back"))}</a></p>'
    main = (
        f"{back}<h1>{text_html(words('directory.title'))}</h1>"
        f'<p class="lead">{text_html(words("directory.lead"))}</p>'
        f"{_filter_html(text, audience, names)}"
        f'<p id="count" role="status" data-template="{text_html(template)}">'
        f"{text_html(count_words)}</p>"
        f'<p id="none"{" hidden" if partners else ""}>{text_html(words("directory.none"))}</p>'
        f'<div class="partners">{"".join(sections)}</div>'
    )
    return plain_page_html(
        words("directory.title"), main, kind="directory", below=panel_html(), scripts=SCRIPTS
    )


SCRIPTS = ("panel.js", "directory.js")


def _filter_html(text: str, audience: str, names: Sequence[str]) -> str:
    chosen = {audience: " selected"}
    options = "".join(
        f'<option value="{text_html(name)}"{chosen.get(name, "")}>'
        f"{text_html(name or words('directory.everyone'))}</option>"
        for name in ("", *names)
    )
    return (
        f'<form class="filter" role="search" method="get" action="{PATH}">'
        f"<label><span>{text_html(words('directory.text'))}</span>"
        f'<input type="search" name="text" maxlength="{MOST_CHARACTERS}" '
        f'value="{text_html(text)}"></label>'
        f"<label><span>{text_html(words('directory.audience'))}</span>"
        f'<select name="audience">{options}</select></label>'
        f"<button>{text_html(words('directory.filter'))}</button></form>"
    )


def _partner_html(
    index: Index,
    listing: Listing,
    shown: Sequence[bool],
    names: Sequence[str],
    number: int,
    numbers: Iterator[int],
) -> str:
    profile, about = listing.profile, listing.about
    hidden = "" if any(shown) else " hidden"
    title = f'<h2 id="partner-{number}">{text_html(profile.title)}</h2>'
    opening = f'<section class="partner" aria-labelledby="partner-{number}"{hidden}>{title}'
    try:
        check_fresh(index, profile)
    except StaleCitation:
        return f"{opening}<p>{text_html(words('directory.stale'))}</p></section>"
    parts = []
    if about is not None:
        parts.append(f'<p class="about">{_quote_html(about, profile, numbers)}</p>')
        question = words("directory.overview", name=short_title(profile.title))
        parts.append(f'<p class="asking-on">{_ask_html(question, profile.title)}</p>')
    if listing.rows[0].way is None:
        row = listing.rows[0]
        told = text_html(words("directory.no_ways"))
        parts.append(f'<p class="way"{_data_html(row, names, shown[0])}>{told}</p>')
    else:
        parts.append(_table_html(listing, shown, names, numbers))
    return f"{opening}{''.join(parts)}</section>"


def _table_html(
    listing: Listing, shown: Sequence[bool], names: Sequence[str], numbers: Iterator[int]
) -> str:
    heads = [words(f"directory.{column}") for column in COLUMNS]
    rows = "".join(
        f'<tr class="way"{_data_html(row, names, is_shown)}>'
        f"{_cells_html(listing.profile, row.way, heads, numbers)}</tr>"
        for row, is_shown in zip(listing.rows, shown, strict=True)
        if row.way is not None
    )
    head = "".join(f'<th scope="col">{text_html(one)}</th>' for one in heads)
    return (
        '<div class="comparison"><table>'
        f'<caption class="visually-hidden">{text_html(listing.profile.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells_html(
    profile: Profile, way: Offering, heads: Sequence[str], numbers: Iterator[int]
) -> str:
    name = Statement(profile.id, way.start, way.start + len(way.name), way.name)
    named = _quote_html(name, profile, numbers)
    suits, where = (
        _statements_html(statements, profile, numbers) for statements in (way.audiences, way.places)
    )
    heading = bare_heading(way.name)
    question = words("directory.offering", heading=heading, name=short_title(profile.title))
    then = _ask_html(question, heading)
    url = safe_url(way.introduction.url) if way.introduction is not None else None
    if url is not None:
        then += outside_link_html(words("directory.introduction"), url)
    cells = "".join(
        f'<td><span class="column">{text_html(head)}</span>{inside}</td>'
        for head, inside in zip(heads[1:], (suits, where, then), strict=True)
    )
    return f'<th scope="row">{named}</th>{cells}'


def _statements_html(
    statements: Sequence[Statement], profile: Profile, numbers: Iterator[int]
) -> str:
    if not statements:
        return f'<span class="nothing">{text_html(words("directory.nothing"))}</span>'
    items = "".join(f"<li>{_quote_html(one, profile, numbers)}</li>" for one in statements)
    return f"<ul>{items}</ul>"


def _quote_html(statement: Statement, profile: Profile, numbers: Iterator[int]) -> str:
    url = place_url(statement.profile, statement.start, statement.end, statement.text)
    hidden = text_html(words("answer.cited", title=profile.title))
    return (
        f'{text_html(statement.text)} <a class="citation" href="{text_html(url)}">'
        f'[{next(numbers)}]<span class="visually-hidden"> {hidden}</span></a>'
    )


def _ask_html(question: str, about: str) -> str:
    return (
        f'<a class="ask" href="{text_html(ask_url(question))}">'
        f'{text_html(words("directory.ask"))}<span class="visually-hidden">: '
        f"{text_html(about)}</span></a>"
    )


def _data_html(row: Row, names: Sequence[str], is_shown: bool) -> str:
    """What the script filters by: the row's words, and the places of its audiences in the menu."""
    places = [str(at) for at, name in enumerate(names, start=1) if name in row.audiences]
    hidden = "" if is_shown else " hidden"
    return f' data-text="{text_html(row.text)}" data-audiences="{" ".join(places)}"{hidden}'
