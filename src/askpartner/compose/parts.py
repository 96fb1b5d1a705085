"""What every answer is built from: citations that prove themselves, sentences, links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from urllib.parse import urljoin, urlsplit

import numpy as np
from numpy.typing import NDArray

from askpartner.directory import short_title
from askpartner.errors import StaleCitation
from askpartner.index import Index
from askpartner.retrieve import question_vector
from askpartner.settings import Settings
from askpartner.split import column_names, path_names, source_lines
from askpartner.templates import fill, load_templates
from askpartner.types import (
    Answer,
    AnswerLink,
    Citation,
    Hit,
    Offering,
    Profile,
    Request,
    Section,
    Sentence,
    Status,
    Table,
)
from askpartner.verify import check_fresh, prove

MOST_NEAREST = 3
"""Sections named below a refusal."""

MOST_NAMED = 20
"""Partners named in a row, where one has to be chosen or all are asked for."""

MOST_STATEMENTS = 2
"""Quotes a partner for one criterion, or a cell for what was asked."""

CERTAIN = 0.9
"""Confidence of an answer that is read off the pages' structure, not judged."""

LINK_SCHEMES = frozenset(("http", "https", "mailto"))


def say(table: str, key: str, **names: str) -> Sentence:
    """A fixed sentence of ``templates/answer.toml``."""
    text = fill(load_templates("answer")[table][key], **names)
    return Sentence("template", text, None, f"{table}.{key}", tuple(names.items()))


class Draft:
    """An answer in the making: sentences in order, one citation a quoted range.

    Every citation is proven against the index and the page's file before it is put in. A page
    that has changed since it was indexed is never quoted; ``stale`` lists such pages.
    """

    def __init__(
        self, request: Request, hits: Sequence[Hit], index: Index, settings: Settings
    ) -> None:
        self.request, self.hits, self.index, self.settings = request, hits, index, settings
        self.sentences: list[Sentence] = []
        self.stale: list[str] = []
        self._fresh: dict[str, bool] = {}
        self._citations: dict[tuple[str, int, int], Citation] = {}

    @cached_property
    def asked(self) -> NDArray[np.float32]:
        """The question's vector."""
        return question_vector(self.request, self.index)

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """The profiles that are meant: all but those the asker left out, by id."""
        excepted = self.request.excepted
        return {i: page for i, page in self.index.profiles.items() if i not in excepted}

    def is_fresh(self, identity: str) -> bool:
        """Whether a page may be quoted: its file is the one that was indexed."""
        if identity not in self._fresh:
            try:
                check_fresh(self.index, self.index.profiles[identity])
                self._fresh[identity] = True
            except StaleCitation:
                self._fresh[identity] = False
                self.stale.append(identity)
        return self._fresh[identity]

    def say(self, table: str, key: str, **names: str) -> None:
        """Add a fixed sentence."""
        self.sentences.append(say(table, key, **names))

    def quote(self, identity: str, start: int, end: int) -> tuple[int, ...]:
        """Add the words at a range of a page as a quote; returns the citations' numbers.

        A table's row is quoted after the row of its columns' names, without which its numbers
        would mean nothing. A range quoted before is not said again.
        """
        profile = self.index.profiles[identity]
        names = column_names(profile, start)
        if names is None or start < names.end or _stands_alone(profile.text[start:end]):
            return (self._quote(identity, start, end),)
        columns = self._quote(identity, names.start, names.end)
        is_of_rows = all(
            block.kind == "row"
            for block in profile.blocks
            if start < block.end and block.start < end
        )
        return columns, self._quote(identity, start, end, columns if is_of_rows else None)

    def _quote(self, identity: str, start: int, end: int, columns: int | None = None) -> int:
        known = (identity, start, end)
        if known not in self._citations:
            citation = replace(self._cite(identity, start, end), columns=columns)
            self._citations[known] = citation
            self.sentences.append(Sentence("quote", citation.quote, citation.number))
        return self._citations[known].number

    def is_quoted(self, identity: str, start: int, end: int) -> bool:
        """Whether exactly this range is quoted already."""
        return (identity, start, end) in self._citations

    def _cite(self, identity: str, start: int, end: int) -> Citation:
        profile = self.index.profiles[identity]
        section = section_at(self.index, identity, start)
        citation = Citation(
            number=len(self._citations) + 1,
            profile=identity,
            title=profile.title,
            heading_path=section.heading_path,
            quote=profile.text[start:end],
            start=start,
            end=end,
            lines=source_lines(profile, start, end),
            url=page_url(profile, self.settings),
        )
        prove(citation, self.index)
        return citation

    def _say_nearest(self) -> None:
        """Name the sections that come nearest, without quoting them."""
        places: dict[str, None] = {}
        for hit in self.hits:
            passage = hit.passage
            named = not self.request.partners or passage.profile in self.request.partners
            if named and self.is_fresh(passage.profile):
                names = path_names(passage.title, passage.heading_path)
                places[" › ".join(dict.fromkeys((short_title(names[0]), names[-1])))] = None
        if places:
            nearest = "; ".join(list(places)[:MOST_NEAREST])
            self.say("not_found", "nearest", sections=nearest)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What is cited so far, in order of number."""
        return tuple(self._citations.values())

    @property
    def has_quotes(self) -> bool:
        """Whether anything is cited yet."""
        return bool(self._citations)

    def place(self, identity: str, start: int) -> None:
        """Say whose words follow, partner and innermost heading; not again below the same words."""
        profile = self.index.profiles[identity]
        names = path_names(profile.title, section_at(self.index, identity, start).heading_path)
        if len(names) > 1:
            lead = say("lead", "section", title=names[0], heading=names[-1])
        else:
            lead = say("lead", "profile", title=profile.title)
        last = next((one for one in reversed(self.sentences) if one.kind == "template"), None)
        if last != lead:
            self.sentences.append(lead)

    def finish(
        self,
        status: Status,
        *,
        confidence: float,
        reason: str = "",
        links: Sequence[AnswerLink] = (),
        table: Table | None = None,
        observed: tuple[int, int] | None = None,
    ) -> Answer:
        """The answer; says which pages could not be quoted, and whom to ask after a refusal."""
        if status == "not_found":
            if self.stale and not self.has_quotes:
                reason = "stale"
            self._say_nearest()
            if self.settings.contact:
                self.say("not_found", "contact", contact=self.settings.contact)
        for identity in self.stale:
            self.say("not_found", "stale", title=self.index.profiles[identity].title)
        return Answer(
            question=self.request.question,
            status=status,
            reason=reason,
            sentences=tuple(self.sentences),
            citations=self.citations,
            links=tuple(links),
            table=table,
            confidence=round(confidence, 6),
            observed=observed,
            request=self.request,
            hits=tuple(self.hits),
            index_version=self.index.version,
        )


def _stands_alone(row: str) -> bool:
    """Whether a table's row says what it means: a name and words, "Organisation type: College"."""
    cells = row.split("\n")
    return len(cells) == 2 and not any(map(str.isdigit, cells[1]))


def section_at(index: Index, identity: str, position: int) -> Section:
    """The section of a page that a position of its text stands in."""
    return next(s for s in index.sections[identity] if s.start <= position < s.end)


def ways_asked(draft: Draft) -> list[Offering]:
    """The ways to work a question names, or all of its partners'."""
    return [
        way
        for identity in draft.request.partners
        if draft.is_fresh(identity)
        for way in draft.index.offerings[identity]
        if not any(i == identity for i, _ in draft.request.offerings)
        or (identity, way.start) in draft.request.offerings
    ]


def quote_audiences(draft: Draft, ways: Sequence[Offering]) -> None:
    """Quote whom each way to work suits and does not: the page's fields, whole, with labels."""
    for way in ways:
        for field in filter(None, (way.audiences, way.unsuited)):
            first, last = field[0], field[-1]
            draft.place(way.profile, first.start)
            draft.quote(way.profile, label_start(draft, way.profile, first.start), last.end)


def label_start(draft: Draft, identity: str, start: int) -> int:
    """Where the label right above a field's first line begins; the line itself without one."""
    blocks = draft.index.profiles[identity].blocks
    at = next(n for n, block in enumerate(blocks) if block.start == start)
    return blocks[at - 1].start if at and blocks[at - 1].kind == "label" else start


def quote_nearest(draft: Draft, identity: str, low: int, high: int) -> tuple[int, ...]:
    """Quote of the first hit in a range of a page the statement nearest to the question.

    What is quoted already is not said again: the next one is. Whom a way to work does not suit is
    no reason to name it. None when nothing is left.
    """
    index = draft.index
    hits = (hit.passage for hit in draft.hits)
    passage = next((p for p in hits if p.profile == identity and low <= p.start < high), None)
    if passage is None:
        return ()
    said = index.statements[index.rows[passage.id]]
    vectors = index.statement_store.vectors(said.rows)
    near = sorted(zip(-(vectors @ draft.asked), said.ranges, strict=True))
    unsuited = {(s.start, s.end) for way in index.offerings[identity] for s in way.unsuited}
    for _, place in near:
        if place not in unsuited and not draft.is_quoted(identity, *place):
            return draft.quote(identity, *place)
    return ()


def first_paragraph(draft: Draft, profile: Profile, start: int | None) -> tuple[int, int] | None:
    """The first paragraph of the section at ``start``, or of the overview, or of the page."""
    sections = draft.index.sections[profile.id]
    chosen = [s for s in sections if s.start == start] if start is not None else []
    if start is None:
        chosen = [s for s in sections if s.kind == "overview"] + list(sections)
    for section in chosen:
        for block in profile.blocks:
            if block.kind == "paragraph" and section.start <= block.start < section.end:
                return block.start, block.end
    return None


def introduction_links(draft: Draft, ways: Iterable[Offering]) -> list[AnswerLink]:
    """The links that introduce to ways to work, each from the partner's own page, none twice."""
    found: dict[tuple[str, str], AnswerLink] = {}
    words = load_templates("answer")["links"]["introduction"]
    for way in ways:
        link = way.introduction
        if link is not None and allowed_link(link.url) and draft.is_fresh(way.profile):
            label = fill(words, title=draft.index.profiles[way.profile].title)
            found.setdefault((way.profile, link.url), AnswerLink(label, link.url, way.profile))
    return list(found.values())


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
