"""Questions about the directory as a whole: answered from all profiles, not from the best hits.

Each function returns None when the directory cannot answer, and the question is then looked up as
a fact. Counts have their denominator, and what a page does not state is said to be not stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askpartner.compose.parts import Draft, allowed_link, introduction_links, short_title
from askpartner.directory import offerings, website
from askpartner.evidence.question import LIGHT_STEMS
from askpartner.lexical import stem, surface_words, words
from askpartner.split import sentence_ranges, statement_ranges
from askpartner.survey import Finding, by_title, survey, survey_profile
from askpartner.templates import load_templates
from askpartner.types import Answer, Criterion, Offering, Profile, Statement, Table
from askpartner.understand import aspects_of, reasons_of

MOST_MATCHES = 3
"""Ways to work shown for a match; more would have to be read one by one."""

MOST_NAMED = 20
"""Partners named when one has to be chosen."""

MOST_STATEMENTS = 2
"""Quotes a partner for one criterion."""

CERTAIN = 0.9
"""Confidence of an answer that is read off the pages' structure, not judged."""


# --- what is not clear ---------------------------------------------------------------------------

OF_ONE_PARTNER = frozenset(("website", "introduction", "place", "audience"))


def ask_which(draft: Draft) -> Answer | None:
    """Ask back where a question says not what it asks, or not of which partner; None if it does."""
    request, index = draft.request, draft.index
    if request.partners or request.carried or request.criteria:
        return None
    if request.intent in OF_ONE_PARTNER:
        partners = [
            short_title(profile.title)
            for profile in by_title(index.profiles.values())
            if index.offerings[profile.id]
        ]
        if len(partners) > 1:
            draft.say("not_found", "several", partners=", ".join(partners[:MOST_NAMED]))
            return draft.finish("clarify", reason="several", confidence=0.0)
    if request.intent == "fact" and not request.situation and not aspects_of(request, index):
        draft.say("not_found", "vague")
        return draft.finish("clarify", reason="vague", confidence=0.0)
    return None


# --- one partner --------------------------------------------------------------------------------


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

    For somebody who says what for, with the words of the page that come nearest to it.
    """
    why = reasons_of(draft.request, draft.index)
    ways = _ways_asked(draft)
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
            _quote_nearest(draft, way.profile, way.start, way.end)
        draft.quote(way.profile, link.start, link.end)
    if draft.has_quotes:
        return draft.finish("answered", confidence=CERTAIN, links=links)
    for identity in draft.request.partners:
        draft.say("not_found", "no_introduction", title=draft.index.profiles[identity].title)
    return draft.finish("not_found", reason="not_stated", confidence=1 - CERTAIN)


def show_audiences(draft: Draft) -> Answer | None:
    """Whom the named ways to work, or all of a partner's, suit: the field of the page, whole."""
    ways = _ways_asked(draft)
    _quote_audiences(draft, ways)
    if draft.has_quotes:
        return draft.finish("answered", confidence=CERTAIN, links=introduction_links(draft, ways))
    if not ways:
        return None
    for identity in draft.request.partners:
        draft.say("not_found", "no_audience", title=draft.index.profiles[identity].title)
    return draft.finish("not_found", reason="not_stated", confidence=1 - CERTAIN)


def _quote_audiences(draft: Draft, ways: Sequence[Offering]) -> None:
    for way in ways:
        if way.audiences:
            first, last = way.audiences[0], way.audiences[-1]
            draft.place(way.profile, first.start)
            draft.quote(way.profile, _label_start(draft, way.profile, first.start), last.end)


def show_places(draft: Draft) -> Answer | None:
    """Where the named ways to work, or all of a partner's, are offered: the page's field, whole."""
    for way in _ways_asked(draft):
        if way.places:
            first, last = way.places[0], way.places[-1]
            draft.place(way.profile, first.start)
            draft.quote(way.profile, _label_start(draft, way.profile, first.start), last.end)
    if not draft.has_quotes:
        return None
    links = introduction_links(draft, _ways_asked(draft))
    return draft.finish("answered", confidence=CERTAIN, links=links)


def _ways_asked(draft: Draft) -> list[Offering]:
    """The ways to work a question names, or all of its partners'."""
    return [
        way
        for identity in draft.request.partners
        if draft.is_fresh(identity)
        for way in draft.index.offerings[identity]
        if not any(i == identity for i, _ in draft.request.offerings)
        or (identity, way.start) in draft.request.offerings
    ]


def _label_start(draft: Draft, identity: str, start: int) -> int:
    """Where the label right above a field's first line begins; the line itself without one."""
    blocks = draft.index.profiles[identity].blocks
    at = next(n for n, block in enumerate(blocks) if block.start == start)
    return blocks[at - 1].start if at and blocks[at - 1].kind == "label" else start


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
            place = _first_paragraph(draft, profile, start)
            if place is not None:
                draft.place(identity, place[0])
                draft.quote(identity, *place)
    if not draft.has_quotes:
        return None
    ways_of = [w for i in draft.request.partners for w in draft.index.offerings[i]]
    return draft.finish("answered", confidence=CERTAIN, links=introduction_links(draft, ways_of))


def _first_paragraph(draft: Draft, profile: Profile, start: int | None) -> tuple[int, int] | None:
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


# --- which partners -----------------------------------------------------------------------------


def list_partners(draft: Draft) -> Answer | None:
    """Every profile that states what is asked for, with the count of those that do not."""
    index, criteria = draft.index, draft.request.criteria
    if not criteria:
        return None
    total = len(index.profiles)
    answered, uncovered = [], []
    for criterion in criteria:
        findings = [f for f in survey(criterion, index) if draft.is_fresh(f.profile)]
        stated = [finding for finding in findings if finding.stand == "stated"]
        if not stated and not any(finding.stand == "excluded" for finding in findings):
            uncovered.append(criterion)
            continue
        answered.append(criterion)
        _say_findings(draft, criterion, findings, total)
    if not answered:
        return None
    for criterion in uncovered:
        draft.say("list", "uncovered", criterion=criterion.name)
    cited = dict.fromkeys(citation.profile for citation in draft.citations)
    links = introduction_links(draft, [w for identity in cited for w in index.offerings[identity]])
    if uncovered:
        return draft.finish("partial", reason="not_stated", confidence=CERTAIN / 2, links=links)
    return draft.finish("answered", confidence=CERTAIN, links=links)


def _say_findings(
    draft: Draft, criterion: Criterion, findings: Sequence[Finding], total: int
) -> None:
    stated = {finding.profile for finding in findings if finding.stand == "stated"}
    excluded = {f.profile for f in findings if f.stand == "excluded"} - stated
    draft.say(
        "list",
        "counted",
        criterion=criterion.name,
        stated=str(len(stated)),
        total=str(total),
        silent=str(total - len(stated) - len(excluded)),
        excluded=str(len(excluded)),
    )
    for finding in findings:
        if finding.stand == "stated":
            _quote_finding(draft, finding)
    if excluded:
        draft.say("list", "excluded")
        for finding in findings:
            if finding.stand == "excluded" and finding.profile in excluded:
                _quote_finding(draft, finding)


def _quote_finding(draft: Draft, finding: Finding) -> None:
    draft.place(finding.profile, finding.statements[0].start)
    for statement in finding.statements[:MOST_STATEMENTS]:
        draft.quote(statement.profile, statement.start, statement.end)


# --- which suits the asker ----------------------------------------------------------------------


def match(draft: Draft) -> Answer | None:
    """Ways to work ranked by how many of the asker's criteria they state; then what excludes one.

    A partner without ways to work is looked at as a whole. The table has a row a criterion, a
    column a way to work.
    """
    index, criteria = draft.index, draft.request.criteria
    if not criteria:
        return None
    ranked: list[_Fit] = []
    left_out: list[_Fit] = []
    for identity, profile in index.profiles.items():
        if draft.request.partners and identity not in draft.request.partners:
            continue
        if not draft.is_fresh(identity):
            continue
        columns = [survey_profile(criterion, profile, index) for criterion in criteria]
        for place, row in enumerate(zip(*columns, strict=True)):
            # What the page says of the partner as a whole holds for each of its ways.
            whole = [column[0] for column in columns]
            merged = [
                of_way if of_way.stand != "not_stated" or criterion.is_audience else general
                for of_way, general, criterion in zip(row, whole, criteria, strict=True)
            ]
            if place == 0 and len(columns[0]) > 1:
                continue
            stated = sum(finding.stand == "stated" for finding in merged)
            excluded = sum(finding.stand == "excluded" for finding in merged)
            own = sum(f.stand == "stated" for f in row)
            near = _nearness(draft, identity, place)
            fit = _Fit(stated, own, near, identity, place, tuple(merged))
            if excluded:
                left_out.append(fit)
            elif stated and own:
                ranked.append(fit)
    if not ranked and draft.request.partners:
        return _suits_others(draft, left_out, criteria)
    if not ranked:
        return None
    titles = {profile.id: n for n, profile in enumerate(by_title(index.profiles.values()))}
    for fits in (ranked, left_out):
        fits.sort(key=lambda f: (-f.stated, f.near, -f.own, titles[f.profile], f.place))
    best = [fit for fit in ranked if fit.stated == ranked[0].stated][:MOST_MATCHES]
    draft.say("match", "rule")
    table = _fits_table(best, criteria, [_say_fit(draft, fit, criteria) for fit in best], draft)
    for fit in left_out[:MOST_MATCHES]:
        _say_excluded(draft, fit, criteria)
    ways = [index.offerings[fit.profile][fit.place - 1] for fit in best if fit.place]
    links = introduction_links(draft, ways)
    left = [
        criterion.name
        for at, criterion in enumerate(criteria)
        if not any(fit.findings[at].stand == "stated" for fit in ranked)
    ]
    # A word of the question that no page knows is something no page states.
    unknown = {r for r in aspects_of(draft.request, index) if r not in index.wordbook.rows}
    left += [word for word in surface_words(draft.request.question) if stem(word) in unknown]
    for name in dict.fromkeys(left):
        draft.say("list", "uncovered", criterion=name)
    confidence = CERTAIN * best[0].stated / (len(criteria) + len(unknown))
    if unknown or best[0].stated < len(criteria):
        return draft.finish(
            "partial", reason="not_stated", confidence=confidence, links=links, table=table
        )
    return draft.finish("answered", confidence=confidence, links=links, table=table)


def _suits_others(
    draft: Draft, left_out: Sequence[_Fit], criteria: Sequence[Criterion]
) -> Answer | None:
    """What the named partners exclude of the criteria, and whom their ways to work suit instead."""
    for fit in left_out[:MOST_MATCHES]:
        _say_excluded(draft, fit, criteria)
    excluded = {n for fit in left_out for n, f in enumerate(fit.findings) if f.stand == "excluded"}
    silent = ", ".join(c.name for n, c in enumerate(criteria) if n not in excluded)
    titles = [draft.index.profiles[identity].title for identity in draft.request.partners]
    for title in titles if silent else ():
        draft.say("match", "silent", title=title, criteria=silent)
    _quote_audiences(draft, _ways_asked(draft))
    if not draft.has_quotes:
        return None
    return draft.finish(
        "partial",
        reason="not_stated",
        confidence=CERTAIN / 2,
        links=introduction_links(draft, _ways_asked(draft)),
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a way to work, or a partner as a whole, fits the asker."""

    stated: int  # criteria it states, what the page says of the partner as a whole included
    own: int  # criteria its own section states
    near: int  # rank of its best hit
    profile: str
    place: int  # number of the way to work on its page, from 1; 0: the partner as a whole
    findings: tuple[Finding, ...]  # one a criterion, in order


def _nearness(draft: Draft, identity: str, place: int) -> int:
    """The rank of the best hit in a way to work (0: anywhere on the page); far if there is none."""
    ways = draft.index.offerings[identity]
    low, high = (ways[place - 1].start, ways[place - 1].end) if place else (0, 1 << 62)
    ranks = [
        hit.rank
        for hit in draft.hits
        if hit.passage.profile == identity and low <= hit.passage.start < high
    ]
    return min(ranks, default=len(draft.hits) + 1)


def _say_fit(draft: Draft, fit: _Fit, criteria: Sequence[Criterion]) -> list[tuple[int, ...]]:
    """Say what a fit states; returns the citations' numbers, one cell a criterion and one more."""
    counts = {"stated": str(fit.stated), "total": str(len(criteria))}
    _say_way(draft, fit, "way", "partner", **counts)
    cells: list[tuple[int, ...]] = []
    for finding in fit.findings:
        statements = [_most_telling(draft, finding)] if finding.stand == "stated" else []
        cells.append(tuple(draft.quote(s.profile, s.start, s.end) for s in statements))
    ways = draft.index.offerings[fit.profile]
    low, high = (ways[fit.place - 1].start, ways[fit.place - 1].end) if fit.place else (0, 1 << 62)
    cells.append(_quote_nearest(draft, fit.profile, low, high))
    silent = [
        criterion.name
        for criterion, finding in zip(criteria, fit.findings, strict=True)
        if finding.stand == "not_stated"
    ]
    if silent:
        draft.say("match", "not_stated", criteria=", ".join(silent))
    return cells


def _most_telling(draft: Draft, finding: Finding) -> Statement:
    """Of the statements of a finding the one that says most of the question; ties: the first."""
    asked = set(words(f"{draft.request.situation} {draft.request.question}"))
    rarity = draft.index.wordbook.rarity
    said = [asked & set(words(statement.text)) for statement in finding.statements]
    worth = [sum(rarity(root) for root in sorted(roots)) for roots in said]
    return finding.statements[worth.index(max(worth))]


def _say_excluded(draft: Draft, fit: _Fit, criteria: Sequence[Criterion]) -> None:
    excluded = [
        (criterion, finding)
        for criterion, finding in zip(criteria, fit.findings, strict=True)
        if finding.stand == "excluded"
    ]
    names = ", ".join(criterion.name for criterion, _ in excluded)
    _say_way(draft, fit, "excluded", "excluded_partner", criteria=names)
    for _, finding in excluded:
        statement = finding.statements[0]
        draft.quote(statement.profile, statement.start, statement.end)


def _say_way(draft: Draft, fit: _Fit, of_way: str, of_partner: str, **names: str) -> None:
    profile = draft.index.profiles[fit.profile]
    if fit.place:
        heading = draft.index.offerings[fit.profile][fit.place - 1].name
        draft.say("match", of_way, title=profile.title, heading=heading, **names)
    else:
        draft.say("match", of_partner, title=profile.title, **names)


def _fits_table(
    fits: Sequence[_Fit],
    criteria: Sequence[Criterion],
    cells: Sequence[Sequence[tuple[int, ...]]],
    draft: Draft,
) -> Table:
    columns = []
    for fit in fits:
        title = short_title(draft.index.profiles[fit.profile].title)
        ways = draft.index.offerings[fit.profile]
        columns.append(f"{title} › {ways[fit.place - 1].name}" if fit.place else title)
    names = [*(c.name for c in criteria), load_templates("answer")["aspect"]["nearest"]]
    rows = list(zip(names, zip(*cells, strict=True), strict=True))
    return Table(tuple(columns), tuple(row for row in rows if any(row[1]) or row[0] != names[-1]))


def _quote_nearest(draft: Draft, identity: str, low: int, high: int) -> tuple[int, ...]:
    """Quote of the first hit in a range of a page the statement nearest to the question.

    What is quoted already is not said again: the next one is. None when nothing is left.
    """
    index = draft.index
    hits = (hit.passage for hit in draft.hits)
    passage = next((p for p in hits if p.profile == identity and low <= p.start < high), None)
    if passage is None:
        return ()
    said = index.statements[index.rows[passage.id]]
    vectors = index.statement_store.vectors(range(said.first, said.first + len(said.ranges)))
    near = sorted(zip(-(vectors @ draft.asked), said.ranges, strict=True))
    for _, place in near:
        if not draft.is_quoted(identity, *place):
            return (draft.quote(identity, *place),)
    return ()


# --- side by side -------------------------------------------------------------------------------


def compare(draft: Draft) -> Answer | None:
    """A table: a row an aspect, a column a partner or way to work, every full cell a quote."""
    columns = _columns(draft)
    if len(columns) < 2 or not all(draft.is_fresh(profile.id) for profile, _ in columns):
        return None
    names_of_aspects = load_templates("answer")["aspect"]
    names = [way.name if way else profile.title for profile, way in columns]
    draft.say("compare", "lead")
    rows: list[tuple[str, tuple[tuple[int, ...], ...]]] = []
    asked = _asked_cells(draft, columns)
    if asked is None:
        return None
    aspects = [
        (names_of_aspects["asked"], asked),
        (names_of_aspects["what"], [_what(draft, profile, way) for profile, way in columns]),
        (names_of_aspects["audience"], [_audiences(profile, way) for profile, way in columns]),
        (names_of_aspects["place"], [_places(way) for _, way in columns]),
        (names_of_aspects["website"], [_website(profile, way) for profile, way in columns]),
    ]
    for aspect, cells in aspects:
        if not any(cells):
            continue
        if aspect != names_of_aspects["asked"]:
            draft.say("lead", "profile", title=aspect)
        numbers = []
        for (profile, _), name, ranges in zip(columns, names, cells, strict=True):
            if ranges:
                draft.say("lead", "profile", title=name)
            numbers.append(tuple(draft.quote(profile.id, start, end) for start, end in ranges))
        rows.append((aspect, tuple(numbers)))
    if not rows:
        return None
    ways = [
        way
        for profile, column in columns
        for way in ([column] if column else draft.index.offerings[profile.id])
    ]
    return draft.finish(
        "answered",
        confidence=CERTAIN,
        links=introduction_links(draft, ways),
        table=Table(tuple(names), tuple(rows)),
    )


Column = tuple[Profile, Offering | None]
Ranges = list[tuple[int, int]]


def _columns(draft: Draft) -> list[Column]:
    profiles = draft.index.profiles
    ways = {i: draft.index.offerings[i] for i in draft.request.partners}
    if draft.request.offerings:
        chosen = [
            (profiles[identity], way)
            for identity, start in draft.request.offerings
            for way in ways[identity]
            if way.start == start
        ]
        others = [
            (profiles[i], None)
            for i in draft.request.partners
            if i not in {p.id for p, _ in chosen}
        ]
        return [*chosen, *others]
    if len(draft.request.partners) == 1:
        (identity,) = draft.request.partners
        return [(profiles[identity], way) for way in ways[identity]]
    return [(profiles[identity], None) for identity in draft.request.partners]


def _what(draft: Draft, profile: Profile, way: Offering | None) -> Ranges:
    place = _first_paragraph(draft, profile, way.start if way else None)
    if place is None:
        return []
    start, end = place
    sentences = sentence_ranges(profile.text[start:end])[:2]
    return [(start, start + len(profile.text[start : start + sentences[-1][1]].rstrip()))]


def _audiences(profile: Profile, way: Offering | None) -> Ranges:
    ways = [way] if way else offerings(profile)
    return [(a.start, a.end) for one in ways for a in one.audiences]


def _places(way: Offering | None) -> Ranges:
    return [(place.start, place.end) for place in way.places] if way else []


def _website(profile: Profile, way: Offering | None) -> Ranges:
    row = None if way else website(profile)
    return [(row.start, row.end)] if row else []


def _asked_cells(draft: Draft, columns: Sequence[Column]) -> list[Ranges] | None:
    """For each column the statement that holds most of what is asked beyond the comparison.

    None when no column holds anything of it: then there is nothing to compare.
    """
    index = draft.index
    asked = [
        stem
        for stem in aspects_of(draft.request, index)
        if stem not in COMPARING and stem not in LIGHT_STEMS
    ]
    if not asked:
        return [[] for _ in columns]
    cells = [_cell(draft, profile, way, asked) for profile, way in columns]
    return cells if any(cells) else None


def _cell(draft: Draft, profile: Profile, way: Offering | None, asked: Sequence[str]) -> Ranges:
    """One or two statements of a column that together hold most of what is asked, in page order."""
    index = draft.index
    said = [
        (start, end, frozenset(words(profile.text[start:end])))
        for section in index.sections[profile.id]
        if way is None or way.start <= section.start < way.end
        for start, end in statement_ranges(profile, section)
    ]
    left = set(asked)
    chosen: Ranges = []
    while left and said and len(chosen) < MOST_STATEMENTS:
        worth = [
            sum(index.wordbook.rarity(root) for root in sorted(left & held)) for _, _, held in said
        ]
        best = max(range(len(said)), key=lambda at: (worth[at], -at))
        if not worth[best]:
            break
        start, end, held = said[best]
        chosen.append((start, end))
        left -= held
    return sorted(chosen)


COMPARING = frozenset(
    "compar differ differ versus vs each model two three four both side earlier later better "
    "way way work set one".split()
)
