"""A question about what a page states: the sentences that say it, or that nothing does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from askpartner.compose.judging import Judged, judge
from askpartner.compose.parts import Draft, introduction_links
from askpartner.compose.quoting import quote_range
from askpartner.directory import way_at
from askpartner.evidence import Calibration, Evidence, load_calibration
from askpartner.index import Index
from askpartner.types import Answer, Hit, Offering, Request
from askpartner.understand.names import partners_in

ENOUGH = 0.5
"""From this probability on the words are shown as an answer."""

PARTLY = 0.25
"""From this share of absent words on, by rarity, the answer is said to be partial."""

CLEARER = 0.1
"""By how much likelier words elsewhere must be to be quoted before the partner's own."""


def answer_fact(draft: Draft) -> Answer:
    """Quote the window that answers, or refuse and say why."""
    hits = [hit for hit in draft.hits if draft.is_fresh(hit.passage.profile)]
    hits = [hit for hit in hits if hit.passage.profile in draft.profiles]
    calibration = load_calibration()
    judged, probability = _best_judged(hits, draft, calibration)
    evidence = judged.evidence
    if evidence.found is None or probability < ENOUGH:
        return _nearest(draft, evidence, probability) or refuse(draft, evidence, probability)
    profile = evidence.found.hit.passage.profile
    for start, end in judged.ranges:
        draft.place(profile, start)
        draft.quote(profile, start, end)
    links = introduction_links(draft, _ways(draft, profile, judged.ranges[0][0]))
    if judged.features["absent_share"] >= PARTLY:
        draft.say("partial", "absent", words=", ".join(judged.absent))
        return draft.finish("partial", reason="not_stated", confidence=probability, links=links)
    # What was right so often is not said of a quote without the number that was asked for.
    is_counted = not judged.features["uncounted"]
    observed = calibration.observed(probability) if is_counted else None
    return draft.finish("answered", confidence=probability, links=links, observed=observed)


def _best_judged(
    hits: Sequence[Hit], draft: Draft, calibration: Calibration
) -> tuple[Judged, float]:
    """What answers, looked for in ever wider places, with its probability.

    Of a way to work that is named, its own section says it, if anything does; then the partner's
    page; then other pages that name the partner. The first that answers the whole question is
    taken, unless one elsewhere is ``CLEARER``; else the first that answers at all, else the first.
    """
    found: list[tuple[Judged, float]] = []
    for place in _places(hits, draft):
        judged = judge(draft.request, place, draft.index)
        found.append((judged, calibration.probability(judged.features)))
    answering = [one for one in found if one[0].evidence.found and one[1] >= ENOUGH]
    whole = [one for one in answering if one[0].features["absent_share"] < PARTLY]
    first = next(iter(whole or answering or found))
    likeliest = max(whole or answering or found, key=lambda one: one[1])
    return likeliest if likeliest[1] >= first[1] + CLEARER else first


def _places(hits: Sequence[Hit], draft: Draft) -> Iterator[list[Hit]]:
    """The hits where an answer is looked for, place by place."""
    request = draft.request
    if not request.partners:
        yield list(hits)
        return
    own = [hit for hit in hits if hit.passage.profile in request.partners]
    if request.offerings:
        yield [hit for hit in own if _is_of_ways(hit, request, draft.index)]
    yield own
    yield [hit for hit in hits if _names_them(hit, draft)]


def _names_them(hit: Hit, draft: Draft) -> bool:
    """Whether a passage of another profile names all the partners that are asked about."""
    passage = hit.passage
    folder = draft.index.profiles[passage.profile].folder
    text = " ".join((folder, passage.title, *passage.heading_path, passage.text))
    return passage.profile not in draft.request.partners and set(
        draft.request.partners
    ) <= partners_in(text, draft.index)


def _is_of_ways(hit: Hit, request: Request, index: Index) -> bool:
    """Whether a hit is of a way to work that is asked about."""
    profile, start = hit.passage.profile, hit.passage.start
    ways = [way for way in index.offerings[profile] if (profile, way.start) in request.offerings]
    return way_at(ways, start) is not None


def _nearest(draft: Draft, evidence: Evidence, probability: float) -> Answer | None:
    """For somebody who describes a situation: what comes nearest to it, said to be just that."""
    if evidence.found is None or draft.request.intent != "match":
        return None
    if evidence.coverage < NEAR:
        return None
    start, end = quote_range(evidence.found, evidence.first, evidence.count, draft.index)
    profile = evidence.found.hit.passage.profile
    draft.say("partial", "nearest")
    draft.place(profile, start)
    draft.quote(profile, start, end)
    links = introduction_links(draft, _ways(draft, profile, start))
    return draft.finish("partial", reason="not_stated", confidence=probability / 2, links=links)


NEAR = 0.2
"""Share of a described situation that a passage must hold to come near it."""


def _ways(draft: Draft, profile: str, position: int) -> Sequence[Offering]:
    """The way to work that was quoted, or all of the partner's."""
    ways = draft.index.offerings[profile]
    return [way for way in ways if way.start <= position < way.end] or ways


def refuse(draft: Draft, evidence: Evidence | None, probability: float) -> Answer:
    """Say that no page, or not the page asked about, states it. ``evidence``: if any was sought."""
    request = draft.request
    if len(request.partners) == 1:
        title = draft.index.profiles[request.partners[0]].title
        draft.say("not_found", "not_stated_by", title=title)
        reason = "not_stated"
    elif request.intent == "list" and request.criteria:
        names = ", ".join(criterion.name for criterion in request.criteria)
        total = str(len(draft.profiles))
        of_words = any(criterion.concept is None for criterion in request.criteria)
        key = "none_says" if of_words else "none_states"
        draft.say("not_found", key, total=total, criterion=names)
        reason = "not_stated"
    elif evidence is not None and not evidence.covered:
        draft.say("not_found", "outside")
        reason = "outside"
    else:
        draft.say("not_found", "not_stated")
        reason = "not_stated"
    return draft.finish("not_found", reason=reason, confidence=probability)
