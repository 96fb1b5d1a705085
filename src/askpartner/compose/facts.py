"""A question about what a page states: the sentences that say it, or that nothing does."""

from __future__ import annotations

from collections.abc import Sequence

from askpartner.compose.parts import Draft, introduction_links, section_at
from askpartner.evidence import HITS_READ, Evidence, HitText, load_calibration, measure
from askpartner.evidence.near_miss import counts, demand_unmet, opposite_said, told_unnamed
from askpartner.evidence.question import head_words, heavy_words, parse_question
from askpartner.index import Index
from askpartner.lexical import stem, surface_words, words
from askpartner.retrieve import CARRIED_WEIGHT
from askpartner.split import section_blocks, sentence_ranges
from askpartner.types import Answer, Hit, Offering
from askpartner.understand import aspects_of
from askpartner.vocabulary import concepts_in, mentions

ENOUGH = 0.38
"""From this probability on the words are shown as an answer."""

ENOUGH_LIGHT = 0.5
"""The same for a question whose words are of any topic: only how near it is speaks for it."""

ENOUGH_NAMED = 0.15
"""The same for a question that names the partner or way to work: that much is certain."""

PARTLY = 0.25
"""From this share of absent words on, by rarity, the answer is said to be partial."""

ABSENT = 0.45
"""From this share on there is no answer: the passage is on the topic, not on the question."""

SURE = 0.5
"""From this probability on, a named way to work may lack more words and still be quoted."""

ABSENT_SURE = 0.7
"""From this share on there is no answer even then."""


def answer_fact(draft: Draft) -> Answer:
    """Quote the window that answers, or refuse and say why."""
    request, index = draft.request, draft.index
    hits = [hit for hit in draft.hits if draft.is_fresh(hit.passage.profile)]
    hits = [hit for hit in hits if hit.passage.profile in draft.profiles]
    if request.partners:
        hits = [hit for hit in hits if hit.passage.profile in request.partners]
    # Of a way to work that is named, its own section says it, if anything does.
    read = [hit_text(hit, index) for hit in hits if _is_of_ways(hit, draft)]
    question = parse_question(request.text, index.wordbook, index.embedder.embed)
    heavy = set(heavy_words(question)) & set(aspects_of(request, index))
    evidence = measure(question, draft.asked, read, aims=heavy)
    calibration = load_calibration()
    probability = calibration.probability(evidence.features)
    absent, share = _absent_words(evidence, heavy, draft)
    enough = ENOUGH_NAMED if request.partners and heavy else ENOUGH if heavy else ENOUGH_LIGHT
    sure = bool(request.offerings) and probability >= SURE
    head = set(head_words(question)) & heavy
    if head and head <= {stem(word) for word in absent}:
        share = 1.0  # the very thing that is asked for is not there
    if evidence.found and demand_unmet(request.text, evidence.found.hit.passage.text):
        share = 1.0
    if evidence.found is None or probability < enough or share >= (ABSENT_SURE if sure else ABSENT):
        return _nearest(draft, evidence, probability) or refuse(draft, evidence, probability)
    start, end = _quote_range(evidence.found, evidence.first, evidence.count, index)
    profile = evidence.found.hit.passage.profile
    draft.place(profile, start)
    draft.quote(profile, start, end)
    _quote_second(draft, evidence, read, heavy, (start, end))
    links = introduction_links(draft, _ways(draft, profile, start))
    if share >= PARTLY:
        draft.say("partial", "absent", words=", ".join(absent))
        return draft.finish("partial", reason="not_stated", confidence=probability, links=links)
    # What was right so often is not said of a quote without the number that was asked for.
    is_counted = not question.counted or counts(question, evidence.text)
    observed = calibration.observed(probability) if is_counted else None
    return draft.finish("answered", confidence=probability, links=links, observed=observed)


def _quote_second(
    draft: Draft,
    evidence: Evidence,
    read: Sequence[HitText],
    heavy: set[str],
    first: tuple[int, int],
) -> None:
    """Quote the sentence elsewhere on the page that says most of what the first quote lacks."""
    if evidence.found is None:
        return
    profile = evidence.found.hit.passage.profile
    lacking = heavy & set(evidence.missing)
    best, place = 0.0, None
    for found in read[:HITS_READ]:
        if found.hit.passage.profile != profile:
            continue
        for at, text in enumerate(found.texts):
            held = sorted(lacking & set(words(text)))
            worth = sum(draft.index.wordbook.rarity(root) for root in held)
            if worth > best:
                best, place = worth, (found, at)
    if place is None:
        return
    start, end = _quote_range(*place, 1, draft.index)
    if end <= first[0] or first[1] <= start:
        draft.place(profile, start)
        draft.quote(profile, start, end)


def _is_of_ways(hit: Hit, draft: Draft) -> bool:
    ways = [
        way
        for identity, start in draft.request.offerings
        for way in draft.index.offerings[identity]
        if way.start == start
    ]
    passage = hit.passage
    return not ways or any(
        way.profile == passage.profile and way.start <= passage.start < way.end for way in ways
    )


def _absent_words(evidence: Evidence, heavy: set[str], draft: Draft) -> tuple[list[str], float]:
    """The heavy words of the question that the passage does not say, and their share by rarity.

    A word is said too when the passage names its concept of the vocabulary by another one, says its
    opposite, or tells what it asks for: what was open until May did close, and had a deadline.
    """
    request, index = draft.request, draft.index
    if evidence.found is None:
        return [], 1.0
    passage = evidence.found.hit.passage
    text = "\n".join((passage.title, *passage.heading_path, passage.text))
    said = {
        root
        for concept in concepts_in(request.text, index.vocabulary)
        if mentions(concept, text)
        for phrase in concept.words
        for root in words(phrase)
    }
    roots = frozenset(words(text))
    said.update(r for r in heavy if opposite_said(r, roots) or told_unnamed(r, passage.text))
    weights = {root: index.wordbook.rarity(root) for root in sorted(heavy)}
    absent = [root for root in weights if root in evidence.absent and root not in said]
    # What was asked of another partner before is only likely meant of this one.
    typed = set(words(request.question))
    lost = sum(weights[root] * (1.0 if root in typed else CARRIED_WEIGHT) for root in absent)
    share = lost / sum(weights.values()) if weights else 0.0
    for text in (request.question, request.text):
        spelled = [word for word in surface_words(text) if stem(word) in absent]
        if spelled:
            break
    return list(dict.fromkeys(spelled)), share


def _nearest(draft: Draft, evidence: Evidence, probability: float) -> Answer | None:
    """For somebody who describes a situation: what comes nearest to it, said to be just that."""
    if evidence.found is None or draft.request.intent != "match":
        return None
    if evidence.features["coverage"] < NEAR:
        return None
    start, end = _quote_range(evidence.found, evidence.first, evidence.count, draft.index)
    profile = evidence.found.hit.passage.profile
    draft.say("partial", "nearest")
    draft.place(profile, start)
    draft.quote(profile, start, end)
    links = introduction_links(draft, _ways(draft, profile, start))
    return draft.finish("partial", reason="not_stated", confidence=probability / 2, links=links)


NEAR = 0.2
"""Share of a described situation that a passage must hold to come near it."""


def hit_text(hit: Hit, index: Index) -> HitText:
    """A hit with what its passage says, as evidence reads it."""
    said = index.statements[index.rows[hit.passage.id]]
    profile = index.profiles[hit.passage.profile]
    text = profile.text
    items = {block.start for block in profile.blocks if block.kind == "item"}
    return HitText(
        hit=hit,
        ranges=said.ranges,
        texts=tuple(text[start:end] for start, end in said.ranges),
        vectors=index.statement_store.vectors(said.rows),
        listed=tuple(start in items for start, _ in said.ranges),
    )


def _quote_range(found: HitText, first: int, count: int, index: Index) -> tuple[int, int]:
    """The window's range, widened so that it stands alone.

    A list is quoted whole with the line that introduces it; other windows as they are.
    """
    start, end = found.ranges[first][0], found.ranges[first + count - 1][1]
    profile = index.profiles[found.hit.passage.profile]
    section = section_at(index, profile.id, start)
    blocks = section_blocks(profile, section)
    inside = [at for at, block in enumerate(blocks) if block.start < end and start < block.end]
    low, high = inside[0], inside[-1]
    if blocks[low].kind == "item":
        while low and blocks[low - 1].kind == "item":
            low -= 1
        start = blocks[low].start
        if low and blocks[low - 1].kind == "label":
            start = blocks[low - 1].start
        elif low and blocks[low - 1].kind == "paragraph":
            start = _last_sentence(profile.text, blocks[low - 1].start, blocks[low - 1].end)
    elif low and blocks[low - 1].kind == "label":
        start = blocks[low - 1].start
    if (
        blocks[high].kind == "paragraph"
        and profile.text[start:end].rstrip().endswith(":")
        and high + 1 < len(blocks)
        and blocks[high + 1].kind == "item"
    ):
        high += 1
    if blocks[high].kind == "item":
        while high + 1 < len(blocks) and blocks[high + 1].kind == "item":
            high += 1
        end = blocks[high].end
    return start, end


def _last_sentence(text: str, start: int, end: int) -> int:
    return start + sentence_ranges(text[start:end])[-1][0]


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
