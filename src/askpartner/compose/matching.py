"""Which ways to work suit the asker: ranked by how near they are and what they state.

The rule is said in words; what a page does not state is said to be not stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from askpartner.compose.parts import (
    CERTAIN,
    Draft,
    introduction_links,
    quote_audiences,
    quote_nearest,
    ways_asked,
)
from askpartner.directory import short_title, way_at
from askpartner.lexical import stem, surface_words, words
from askpartner.survey import Finding, by_title, survey, survey_profile
from askpartner.templates import load_templates
from askpartner.types import Answer, Criterion, Offering, Statement, Table
from askpartner.understand.intent import said_in
from askpartner.understand.subject import aspects_of
from askpartner.vocabulary import Vocabulary, concepts_in, mentions
from askpartner.wordbook import LIGHT_STEMS

MOST_MATCHES = 3
"""Ways to work shown for a match; more would have to be read one by one."""

CLOSE = 0.8
"""Share of the best one's worth that another way to work needs to be shown beside it."""

STATED_WEIGHT = 0.05
"""What stating all criteria counts beside a hit's score: enough to decide between near ones. Few
words tell what an asker needs; all of them together, which the score reads, tell more."""

FAR = 0.25
"""Score up to which the best hit may have nothing to do with what is told."""

LEAST_OWN = 2
"""Criteria that a way to work states itself from which on it has to do with the asker."""

WHOLE = 0.9
"""What the score of words about the partner as a whole counts for each of its ways to work."""


def match(draft: Draft) -> Answer | None:
    """Ways to work ranked by nearness and what they state of the criteria; then what excludes one.

    A partner without ways to work is looked at as a whole. The table has a row a criterion, a
    column a way to work.
    """
    index, criteria = draft.index, draft.request.criteria
    ranked, left_out = fits(draft, criteria) if criteria else ([], [])
    states_more = any(fit.own >= LEAST_OWN for fit in ranked)
    if not draft.request.partners and not states_more and _is_far(draft):
        for criterion in criteria:
            if all(found.stand == "not_stated" for found in survey(criterion, index)):
                say_uncovered(draft, criterion)
        draft.say("not_found", "outside")
        return draft.finish("not_found", reason="outside", confidence=0.0)
    if not criteria:
        return None
    if not ranked and draft.request.partners:
        return _suits_others(draft, left_out, criteria)
    if not any(fit.own for fit in ranked):
        return _nobody(draft, criteria)
    best = [fit for fit in ranked if fit.worth >= CLOSE * ranked[0].worth][:MOST_MATCHES]
    draft.say("match", "rule")
    table = _fits_table(best, criteria, [_say_fit(draft, fit, criteria) for fit in best], draft)
    for fit in left_out[:MOST_MATCHES]:
        _say_excluded(draft, fit, criteria)
    ways = [index.offerings[fit.profile][fit.place - 1] for fit in best if fit.place]
    links = introduction_links(draft, ways)
    # Of the whole directory, whoever was asked about: other partners may state it.
    for at, criterion in enumerate(criteria):
        if all(fit.findings[at].stand == "not_stated" for fit in (*ranked, *left_out)) and all(
            finding.stand == "not_stated" for finding in survey(criterion, index)
        ):
            say_uncovered(draft, criterion)
    # A word of the question that no page knows is something no page states.
    known = {root for criterion in criteria for root in _roots(criterion)}
    asked = set(aspects_of(draft.request, index)) - known
    unknown = {root for root in asked if root not in index.wordbook.rows}
    spelled = [word for word in surface_words(draft.request.question) if stem(word) in unknown]
    for word in dict.fromkeys(spelled):
        draft.say("list", "uncovered_words", criterion=word)
    # That it is the nearest of all counts like something it states.
    confidence = CERTAIN * (1 + best[0].stated) / (1 + len(criteria) + len(unknown))
    if unknown or best[0].stated < len(criteria):
        return draft.finish(
            "partial", reason="not_stated", confidence=confidence, links=links, table=table
        )
    return draft.finish("answered", confidence=confidence, links=links, table=table)


def _is_far(draft: Draft) -> bool:
    """Whether no passage comes near, and more than half of what is told no page has a word of."""
    if not draft.hits or draft.hits[0].score >= FAR:
        return False
    book = draft.index.wordbook
    told = {root for root in said_in(draft.request, draft.index) if root not in LIGHT_STEMS}
    looked_for = {root for criterion in draft.request.criteria for root in _roots(criterion)}
    known = sorted(told & {*book.rows})
    weight = sum(1.0 if root in looked_for else book.rarity(root) for root in known)
    return len(told) - len(known) > weight


def nearest_ways(draft: Draft) -> Answer | None:
    """The ways to work nearest to what is told, where nothing told is stated; None: none is near.

    A partner without ways to work is looked at as a whole.
    """
    if draft.request.partners:
        return None
    near = _nearness(draft)
    places = [
        (max(near.get((identity, place), 0.0), WHOLE * near.get((identity, 0), 0.0)), n, place)
        for n, identity in enumerate(draft.profiles)
        for place in range(len(draft.index.offerings[identity]) + 1)
        if bool(place) == bool(draft.index.offerings[identity]) and draft.is_fresh(identity)
    ]
    ranked = sorted((found for found in places if found[0]), key=lambda f: (-f[0], f[1], f[2]))
    best = [found for found in ranked if found[0] >= CLOSE * ranked[0][0]][:MOST_MATCHES]
    identities = list(draft.profiles)
    draft.say("partial", "nearest")
    ways: list[Offering] = []
    for _, n, place in best:
        start, end = _extent(draft, identities[n], place)
        draft.place(identities[n], start)
        way = draft.index.offerings[identities[n]][place - 1] if place else None
        if not quote_nearest(draft, identities[n], start, end) and way is not None:
            draft.quote(identities[n], start, start + len(way.name))
        ways += [way] if way is not None else []
    if not draft.has_quotes:
        return None
    links = introduction_links(draft, ways)
    confidence = CERTAIN * best[0][0] / 2
    return draft.finish("partial", reason="not_stated", confidence=confidence, links=links)


def _nobody(draft: Draft, criteria: Sequence[Criterion]) -> Answer | None:
    """A refusal where no profile has anything of a need the vocabulary knows by all its names.

    None where only plain words were looked for: pages may say the same in other words.
    """
    needs = [c for c in criteria if c.concept is not None and not c.is_audience]
    if not needs or any(f.stand != "not_stated" for c in needs for f in survey(c, draft.index)):
        return None
    for criterion in needs:
        say_uncovered(draft, criterion)
    return draft.finish("not_found", reason="not_stated", confidence=0.0)


def _suits_others(
    draft: Draft, left_out: Sequence[Fit], criteria: Sequence[Criterion]
) -> Answer | None:
    """What the named partners exclude of the criteria, and whom their ways to work suit instead."""
    for fit in left_out[:MOST_MATCHES]:
        _say_excluded(draft, fit, criteria)
    excluded = {n for fit in left_out for n, f in enumerate(fit.findings) if f.stand == "excluded"}
    silent = ", ".join(c.name for n, c in enumerate(criteria) if n not in excluded)
    for identity in draft.request.partners if silent else ():
        title = draft.index.profiles[identity].title
        ways = [way for way in ways_asked(draft) if way.profile == identity]
        if draft.request.offerings and ways:  # another way to work may state it
            headings = ", ".join(way.name for way in ways)
            draft.say("match", "silent_way", title=title, heading=headings, criteria=silent)
        else:
            draft.say("match", "silent", title=title, criteria=silent)
    quote_audiences(draft, ways_asked(draft))
    if not draft.has_quotes:
        return None
    return draft.finish(
        "partial",
        reason="not_stated",
        confidence=CERTAIN / 2,
        links=introduction_links(draft, ways_asked(draft)),
    )


@dataclass(frozen=True, slots=True)
class Fit:
    """How a way to work, or a partner as a whole, fits the asker."""

    stated: int  # criteria it states, what the page says of the partner as a whole included
    own: int  # criteria its own section states
    near: float  # score of its best hit; 0: it has none
    profile: str
    place: int  # number of the way to work on its page, from 1; 0: the partner as a whole
    findings: tuple[Finding, ...]  # one a criterion, in order

    @property
    def worth(self) -> float:
        """What it is ranked by."""
        return self.near + STATED_WEIGHT * self.stated / len(self.findings)


def _roots(criterion: Criterion) -> frozenset[str]:
    """The stems a criterion is asked for by."""
    if criterion.concept is None:
        return criterion.stems
    return frozenset(root for phrase in criterion.concept.words for root in words(phrase))


def say_uncovered(draft: Draft, criterion: Criterion) -> None:
    """Say that no profile states it; of plain words, that none has these words."""
    key = "uncovered" if criterion.concept is not None else "uncovered_words"
    draft.say("list", key, criterion=criterion.name)


def fits(draft: Draft, criteria: Sequence[Criterion]) -> tuple[list[Fit], list[Fit]]:
    """Every way to work that is near or states something, and every one that excludes something.

    A partner without ways to work is looked at as a whole. Of a partner that is named, only what
    it states counts. The most worth first; of equal ones, by title and place on the page.
    """
    index = draft.index
    said = frozenset(words(f"{draft.request.situation} {draft.request.question}"))
    of_asker = partial(_of_this_asker, vocabulary=index.vocabulary, said=said)
    ranked: list[Fit] = []
    left_out: list[Fit] = []
    named = set(draft.request.offerings)
    near = _nearness(draft)
    for identity, profile in draft.profiles.items():
        if draft.request.partners and identity not in draft.request.partners:
            continue
        if not draft.is_fresh(identity):
            continue
        columns = [survey_profile(criterion, profile, index) for criterion in criteria]
        ways = index.offerings[identity]
        for place, row in enumerate(zip(*columns, strict=True)):
            if place == 0 and ways:
                continue
            if named and place and (identity, ways[place - 1].start) not in named:
                continue
            # What the page says of the partner as a whole holds for each of its ways.
            row = tuple(map(of_asker, row, criteria))
            whole = [column[0] for column in columns]
            merged = [
                of_way if of_way.stand != "not_stated" or criterion.is_audience else general
                for of_way, general, criterion in zip(row, whole, criteria, strict=True)
            ]
            stated = sum(finding.stand == "stated" for finding in merged)
            own = sum(f.stand == "stated" for f in row)
            excluded = any(finding.stand == "excluded" for finding in merged)
            score = near.get((identity, place), 0.0)
            if excluded or own or (score and not draft.request.partners):
                score = max(score, WHOLE * near.get((identity, 0), 0.0))
                fit = Fit(stated, own, score, identity, place, tuple(merged))
                (left_out if excluded else ranked).append(fit)
    titles = {profile.id: n for n, profile in enumerate(by_title(index.profiles.values()))}
    for found in (ranked, left_out):
        found.sort(key=lambda f: (-f.worth, -f.own, titles[f.profile], f.place))
    return ranked, left_out


def _of_this_asker(
    finding: Finding, criterion: Criterion, vocabulary: Vocabulary, said: frozenset[str]
) -> Finding:
    """A finding without statements of only some such askers; ``said`` are the asker's stems.

    "Pharmaceutical companies" does not suit whoever says no more than to be a company, and
    "Companies that want exclusive rights" below whom it does not suit does not turn them away.
    """
    concept = criterion.concept
    if finding.stand == "excluded" and finding.offering is not None:
        known = said | _roots(criterion)
        unsuited = finding.offering.unsuited
        kept = tuple(
            s for s in finding.statements if s not in unsuited or known >= {*words(s.text)}
        )
        return replace(finding, stand="excluded" if kept else "not_stated", statements=kept)
    if concept is None or concept.kind != "audience" or finding.stand != "stated":
        return finding
    wider = replace(concept, words=concept.also, also=())
    kept = tuple(
        statement
        for statement in finding.statements
        if concept in concepts_in(statement.text, vocabulary) or mentions(wider, statement.text)
    )
    return replace(finding, stand="stated" if kept else "not_stated", statements=kept)


def _extent(draft: Draft, identity: str, place: int) -> tuple[int, int]:
    """Where a way to work begins and ends on its page (0: the whole page)."""
    if not place:
        return 0, len(draft.index.profiles[identity].text)
    way = draft.index.offerings[identity][place - 1]
    return way.start, way.end


def _nearness(draft: Draft) -> dict[tuple[str, int], float]:
    """The score of the best hit in each way to work, by profile and place; 0: outside of them."""
    found: dict[tuple[str, int], float] = {}
    for hit in draft.hits:
        passage = hit.passage
        ways = draft.index.offerings[passage.profile]
        way = way_at(ways, passage.start)
        place = ways.index(way) + 1 if way else 0
        found.setdefault((passage.profile, place), hit.score)
    return found


def _say_fit(draft: Draft, fit: Fit, criteria: Sequence[Criterion]) -> list[tuple[int, ...]]:
    """Say what a fit states; returns the citations' numbers, one cell a criterion and one more."""
    counts = {"stated": str(fit.stated), "total": str(len(criteria))}
    _say_way(draft, fit, "way", "partner", **counts)
    cells: list[tuple[int, ...]] = []
    for finding in fit.findings:
        statements = [most_telling(draft, finding)] if finding.stand == "stated" else []
        cells.append(tuple(n for s in statements for n in draft.quote(s.profile, s.start, s.end)))
    cells.append(quote_nearest(draft, fit.profile, *_extent(draft, fit.profile, fit.place)))
    silent = [
        criterion.name
        for criterion, finding in zip(criteria, fit.findings, strict=True)
        if finding.stand == "not_stated"
    ]
    if silent:
        draft.say("match", "not_stated", criteria=", ".join(silent))
    return cells


def most_telling(draft: Draft, finding: Finding) -> Statement:
    """Of the statements of a finding the one that says most of the question; ties: the first."""
    asked = set(words(f"{draft.request.situation} {draft.request.question}"))
    rarity = draft.index.wordbook.rarity
    said = [asked & set(words(statement.text)) for statement in finding.statements]
    worth = [sum(rarity(root) for root in sorted(roots)) for roots in said]
    return finding.statements[worth.index(max(worth))]


def _say_excluded(draft: Draft, fit: Fit, criteria: Sequence[Criterion]) -> None:
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


def _say_way(draft: Draft, fit: Fit, of_way: str, of_partner: str, **names: str) -> None:
    profile = draft.index.profiles[fit.profile]
    if fit.place:
        heading = draft.index.offerings[fit.profile][fit.place - 1].name
        draft.say("match", of_way, title=profile.title, heading=heading, **names)
    else:
        draft.say("match", of_partner, title=profile.title, **names)


def _fits_table(
    fits: Sequence[Fit],
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
