"""Hits -> Answer: fixed words around verbatim quotes, or a refusal that cites nothing."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit

from askpartner.errors import StaleCitation
from askpartner.evidence import Quote, best_quote
from askpartner.index import Index
from askpartner.settings import Settings
from askpartner.split import source_lines
from askpartner.templates import fill, load_templates
from askpartner.types import (
    Answer,
    AnswerLink,
    Citation,
    Hit,
    Passage,
    Profile,
    Request,
    Section,
    Sentence,
)
from askpartner.verify import check_fresh, prove

ENOUGH = 0.5
"""A quote answers when it covers at least this share of what is asked."""

NEARLY_BEST = 0.8
"""Other quotes are shown beside the best when they cover at least this share of its coverage."""

MOST_QUOTES = 3
LINK_SCHEMES = frozenset(("http", "https", "mailto"))


def compose(request: Request, hits: Sequence[Hit], index: Index, settings: Settings) -> Answer:
    """Answer from the hits, or say that they do not hold the answer.

    Every citation is proven against the index and the page's file before it is put in.
    """
    fresh, stale = _fresh_hits(hits, index)
    quotes = [
        best_quote(
            request.text,
            hit,
            index.profiles[hit.passage.profile],
            section_of(index, hit.passage),
            weight=index.lexical.idf,
        )
        for hit in fresh
    ]
    chosen = _choose(quotes, request)
    if not chosen:
        return _refusal(request, hits, quotes, stale, index, settings)
    citations = tuple(
        _citation(number, quote, index, settings) for number, quote in enumerate(chosen, start=1)
    )
    for citation in citations:
        prove(citation, index)
    sentences = [sentence for citation in citations for sentence in _quoted(citation)]
    sentences.extend(_stale_sentences(stale, index))
    return Answer(
        question=request.question,
        status="answered",
        reason="",
        sentences=tuple(sentences),
        citations=citations,
        links=_links([citation.profile for citation in citations], index),
        confidence=max(quote.coverage for quote in chosen),
        request=request,
        hits=tuple(hits),
        index_version=index.version,
    )


def section_of(index: Index, passage: Passage) -> Section:
    """The section a passage was cut from."""
    return next(
        section
        for section in index.sections[passage.profile]
        if section.start <= passage.start < section.end
    )


def _fresh_hits(hits: Sequence[Hit], index: Index) -> tuple[list[Hit], list[str]]:
    """The hits whose page is still the indexed one, and the ids of the pages that are not."""
    stale: list[str] = []
    checked: set[str] = set()
    for hit in hits:
        identity = hit.passage.profile
        if identity in checked:
            continue
        checked.add(identity)
        try:
            check_fresh(index, index.profiles[identity])
        except StaleCitation:
            stale.append(identity)
    return [hit for hit in hits if hit.passage.profile not in stale], stale


def _choose(quotes: Sequence[Quote], request: Request) -> list[Quote]:
    """The quotes to show, best hit first: no section twice, named partners only when named."""
    if request.partners:
        quotes = [quote for quote in quotes if quote.hit.passage.profile in request.partners]
    enough = [quote for quote in quotes if quote.coverage >= ENOUGH]
    if not enough:
        return []
    best = max(quote.coverage for quote in enough)
    chosen: list[Quote] = []
    for quote in enough:
        passage = quote.hit.passage
        known = any(
            (other.hit.passage.profile, other.hit.passage.heading_path)
            == (passage.profile, passage.heading_path)
            for other in chosen
        )
        if quote.coverage >= best * NEARLY_BEST and not known:
            chosen.append(quote)
    return chosen[:MOST_QUOTES]


def _citation(number: int, quote: Quote, index: Index, settings: Settings) -> Citation:
    profile = index.profiles[quote.hit.passage.profile]
    return Citation(
        number=number,
        profile=profile.id,
        title=profile.title,
        heading_path=quote.hit.passage.heading_path,
        quote=profile.text[quote.start : quote.end],
        start=quote.start,
        end=quote.end,
        lines=source_lines(profile, quote.start, quote.end),
        url=page_url(profile, settings),
    )


def _quoted(citation: Citation) -> tuple[Sentence, Sentence]:
    lead = load_templates("answer")["lead"]
    heading = citation.heading_path[-1] if citation.heading_path else ""
    if heading and heading.casefold() != citation.title.casefold():
        words = fill(lead["section"], title=citation.title, heading=heading)
    else:
        words = fill(lead["profile"], title=citation.title)
    return (
        Sentence("template", words, None),
        Sentence("quote", citation.quote, citation.number),
    )


def _stale_sentences(stale: Sequence[str], index: Index) -> list[Sentence]:
    words = load_templates("answer")["not_found"]["stale"]
    return [
        Sentence("template", fill(words, title=index.profiles[identity].title), None)
        for identity in stale
    ]


def _refusal(
    request: Request,
    hits: Sequence[Hit],
    quotes: Sequence[Quote],
    stale: Sequence[str],
    index: Index,
    settings: Settings,
) -> Answer:
    words = load_templates("answer")["not_found"]
    sentences = _stale_sentences(stale, index)
    if stale:
        reason = "stale"
    elif not quotes:
        reason = "outside"
        sentences.append(Sentence("template", words["outside"], None))
    elif len(request.partners) == 1:
        reason = "not_stated"
        title = index.profiles[request.partners[0]].title
        sentences.append(Sentence("template", fill(words["not_stated_by"], title=title), None))
    else:
        reason = "not_stated"
        sentences.append(Sentence("template", words["not_stated"], None))
    if settings.contact:
        contact = fill(words["contact"], contact=settings.contact)
        sentences.append(Sentence("template", contact, None))
    return Answer(
        question=request.question,
        status="not_found",
        reason=reason,
        sentences=tuple(sentences),
        citations=(),
        links=(),
        confidence=max((quote.coverage for quote in quotes), default=0.0),
        request=request,
        hits=tuple(hits),
        index_version=index.version,
    )


def _links(profiles: Sequence[str], index: Index) -> tuple[AnswerLink, ...]:
    """The introduction links of the cited partners, each from the partner's own page."""
    words = load_templates("answer")["links"]["introduction"]
    found: dict[str, AnswerLink] = {}
    for identity in profiles:
        profile = index.profiles[identity]
        for block in profile.blocks:
            link = next(
                (
                    link
                    for link in profile.links
                    if block.kind == "action" and (link.start, link.end) == (block.start, block.end)
                ),
                None,
            )
            if link is not None and allowed_link(link.url):
                label = fill(words, title=profile.title)
                found.setdefault(identity, AnswerLink(label, link.url, identity))
    return tuple(found.values())


def allowed_link(url: str) -> bool:
    """Whether an address from a page may be shown as a link: its scheme is on the list."""
    try:
        return urlsplit(url).scheme.lower() in LINK_SCHEMES
    except ValueError:  # such as an unclosed bracket in the host
        return False


def page_url(profile: Profile, settings: Settings) -> str:
    """The page's public address: its permalink below the site's, or "" when not on the list."""
    url = urljoin(settings.site_url, profile.url) if settings.site_url else profile.url
    return url if url.startswith("/") or allowed_link(url) else ""
