"""What a named partner's page sets out in fields: website, introduction, audience, place, ways.

Each function gives None when the page has no such field, and the question is then looked up as a
fact.
"""

from __future__ import annotations

import re

from askpartner.compose.parts import (
    CERTAIN,
    Draft,
    allowed_link,
    first_paragraph,
    introduction_links,
    label_start,
    quote_audiences,
    quote_nearest,
    ways_asked,
)
from askpartner.directory import website
from askpartner.split import stated_ranges
from askpartner.types import Answer
from askpartner.understand.intent import said_in

ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[a-z]", re.IGNORECASE)
ASKS_ADDRESS = re.compile(
    r"\b(?:contacts?|reach|write|e-?mails?|mail|addresses|phone|call|talk|speak)\b", re.IGNORECASE
)
"""Asks for somebody to turn to, not for the form by which to be introduced."""
MOST_ADDRESSES = 2
"""Statements with an e-mail address that are quoted; pages end with those of whole teams."""


def show_website(draft: Draft) -> Answer | None:
    """The row of each partner's page that names its website."""
    for identity in draft.request.partners:
        row = website(draft.index.profiles[identity])
        if row is not None and draft.is_fresh(identity):
            draft.place(identity, row.start)
            draft.quote(identity, row.start, row.end)
    if draft.has_quotes:
        return draft.finish("answered", confidence=CERTAIN)
    for identity in draft.request.partners:
        draft.say("not_found", "no_website", title=draft.index.profiles[identity].title)
    return draft.finish("not_found", reason="not_stated", confidence=1 - CERTAIN)


def introduce(draft: Draft) -> Answer | None:
    """The links by which a partner's own page offers an introduction.

    For somebody who says what for, with the words of the page that come nearest to it; for
    somebody who asks whom to write to, with the page's first e-mail addresses before.
    """
    if ASKS_ADDRESS.search(draft.request.text):
        _quote_addresses(draft)
    why = said_in(draft.request, draft.index)
    ways = ways_asked(draft)
    links = introduction_links(draft, ways)
    shown: set[str] = set()
    for way in ways:
        link = way.introduction
        # One link to a page says all: most pages repeat it under each way to work.
        if link is None or not allowed_link(link.url) or link.url in shown:
            continue
        shown.add(link.url)
        draft.place(way.profile, link.start)
        if why:
            quote_nearest(draft, way.profile, way.start, way.end)
        draft.quote(way.profile, link.start, link.end)
    if draft.has_quotes:
        return draft.finish("answered", confidence=CERTAIN, links=links)
    for identity in draft.request.partners:
        draft.say("not_found", "no_introduction", title=draft.index.profiles[identity].title)
    return draft.finish("not_found", reason="not_stated", confidence=1 - CERTAIN)


def _quote_addresses(draft: Draft) -> None:
    for identity in draft.request.partners:
        profile = draft.index.profiles[identity]
        if not draft.is_fresh(identity):
            continue
        stated = stated_ranges(profile, draft.index.sections[identity])
        holding = [place for place in stated if ADDRESS.search(profile.text[slice(*place)])]
        for start, end in holding[:MOST_ADDRESSES]:
            draft.place(identity, start)
            draft.quote(identity, start, end)


def show_audiences(draft: Draft) -> Answer | None:
    """Whom the named ways to work, or all of a partner's, suit: the field of the page, whole."""
    ways = ways_asked(draft)
    quote_audiences(draft, ways)
    if draft.has_quotes:
        return draft.finish("answered", confidence=CERTAIN, links=introduction_links(draft, ways))
    if not ways:
        return None
    for identity in draft.request.partners:
        draft.say("not_found", "no_audience", title=draft.index.profiles[identity].title)
    return draft.finish("not_found", reason="not_stated", confidence=1 - CERTAIN)


def show_places(draft: Draft) -> Answer | None:
    """Where the named ways to work, or all of a partner's, are offered: the page's field, whole."""
    for way in ways_asked(draft):
        if way.places:
            first, last = way.places[0], way.places[-1]
            draft.place(way.profile, first.start)
            draft.quote(way.profile, label_start(draft, way.profile, first.start), last.end)
    if not draft.has_quotes:
        return None
    links = introduction_links(draft, ways_asked(draft))
    return draft.finish("answered", confidence=CERTAIN, links=links)


def list_ways(draft: Draft) -> Answer | None:
    """The headings of a partner's ways to work, whole and in page order."""
    (identity,) = draft.request.partners
    profile = draft.index.profiles[identity]
    ways = draft.index.offerings[profile.id]
    if not ways or not draft.is_fresh(identity):
        return None
    if len(ways) == 1:
        draft.say("list", "ways_one", title=profile.title)
    else:
        draft.say("list", "ways", title=profile.title, count=str(len(ways)))
    for way in ways:
        draft.quote(identity, way.start, way.start + len(way.name))
    return draft.finish("answered", confidence=CERTAIN, links=introduction_links(draft, ways))


def overview(draft: Draft) -> Answer | None:
    """The first paragraphs of a partner's page, or of a way to work when one is named."""
    for identity in draft.request.partners:
        if not draft.is_fresh(identity):
            continue
        profile = draft.index.profiles[identity]
        ways = [start for partner, start in draft.request.offerings if partner == identity]
        for start in (*ways,) or (None,):
            place = first_paragraph(draft, profile, start)
            if place is not None:
                draft.place(identity, place[0])
                draft.quote(identity, *place)
    if not draft.has_quotes:
        return None
    ways_of = [w for i in draft.request.partners for w in draft.index.offerings[i]]
    return draft.finish("answered", confidence=CERTAIN, links=introduction_links(draft, ways_of))
