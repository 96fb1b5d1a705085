"""What would be quoted in answer to a question, and what speaks for and against it.

Reads the hits of one place with ``evidence`` and adds what only the directory tells. Where it is
looked for, and what is said of it, is ``facts``'s.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from askpartner.clauses import asking_words
from askpartner.compose.quoting import announced_sections, quote_range
from askpartner.evidence import HITS_READ, Evidence, HitText, measure
from askpartner.evidence.alignment import AskedWords, asked_words, word_cosine
from askpartner.evidence.demands import (
    demand_unmet,
    numbered_unmet,
    time_unmet,
    told_unnamed,
    year_unsaid,
)
from askpartner.evidence.kinds import counts
from askpartner.evidence.near_miss import opposite_said
from askpartner.evidence.question import (
    QuestionWords,
    head_words,
    heavy_words,
    parse_question,
    priced_word,
)
from askpartner.index import Index
from askpartner.lexical import stem, surface_words, words
from askpartner.retrieve import CARRIED_WEIGHT, question_vector
from askpartner.split import TELLING_LABEL, path_text, read_text
from askpartner.types import Hit, Profile, Request
from askpartner.understand.subject import aspects_of
from askpartner.vocabulary import concepts_in, mentions


@dataclass(frozen=True)
class Judged:
    """What would be quoted in answer to a question, and what speaks for and against it."""

    evidence: Evidence
    ranges: tuple[tuple[int, int], ...]  # in the profile's text; () when there is nothing to read
    absent: tuple[str, ...]  # words of the question that the passage does not say, as typed
    features: Mapping[str, float]  # by every name of ``evidence.FEATURES``


@dataclass(frozen=True)
class Asked:
    """A request as every place is read with it."""

    question: QuestionWords
    vector: NDArray[np.float32]  # of the whole question, see ``question_vector``
    words: AskedWords
    heavy: frozenset[str]  # stems of what is asked, but for the names of partners


@lru_cache(maxsize=8)  # an answer is looked for in up to three places
def _read(request: Request, index: Index) -> Asked:
    told = set(words(request.question)) - set(words(asking_words(request.question)))
    question = parse_question(request.text, index.wordbook, index.embedder.embed, told=told)
    if request.carried and request.partners:
        # The partner and way that were taken over are looked for where they stand: by page.
        named = {stem(word) for word in surface_words(request.question)}
        question = replace(question, names=tuple(n for n in question.names if n in named))
    return Asked(
        question,
        question_vector(request, index),
        asked_words(question, index.embedder.embed_words),
        frozenset(heavy_words(question)) & frozenset(aspects_of(request, index)),
    )


def judge(request: Request, hits: Sequence[Hit], index: Index) -> Judged:
    """The window of the first hits that answers best, and how much of the question it leaves open.

    ``hits`` are of where it is looked for, best first.
    """
    asked = _read(request, index)
    read = [hit_text(hit, index, asked.question.names) for hit in hits]
    question, heavy = asked.question, asked.heavy
    evidence = measure(question, asked.vector, read, aims=heavy)
    found = _windows(evidence, index)
    # Of two windows, one may have the form of what is asked for: a price, a date, who runs it.
    windows = [place for place in found if _has_form(request.text, evidence, place, index)] or found
    if evidence.found is not None:
        told = announced_sections(evidence.found, evidence.first, evidence.count, index)
        windows += [one for one in told if _beside(windows, one)]
    ranges = [*windows, *_filling(evidence, read, heavy, windows, index)]
    is_uncounted = _is_uncounted(question, evidence, ranges, index)
    absent = _absent_words(evidence, heavy, windows, request, index)
    if not is_uncounted:  # "how many people": 60 volunteers are
        absent = [root for root in absent if root != question.counted]
    typed = set(words(request.question))
    weights = {root: index.wordbook.rarity(root) for root in sorted(heavy)}
    # What was asked of another partner before is only likely meant of this one.
    carried = 0.0 if _says_what_is_new(evidence, request, index) else CARRIED_WEIGHT
    lost = [weights[root] * (1.0 if root in typed else carried) for root in absent]
    head = set(head_words(question)) & heavy & typed
    is_head_absent = bool(head) and head <= set(absent)
    gaps = {
        "absent_share": sum(lost) / sum(weights.values()) if weights else 0.0,
        "head_absent": float(is_head_absent or priced_word(question) in absent),
        "demand_unmet": float(_is_unmet(request.text, evidence, ranges, index)),
        "named": float(bool(request.partners)),
        "uncounted": float(is_uncounted),
        "word_cosine": _word_cosine(asked, evidence, index),
    }
    return Judged(
        evidence,
        tuple(ranges),
        tuple(_spelled(absent, request)),
        {**evidence.features, **gaps},
    )


def _word_cosine(asked: Asked, evidence: Evidence, index: Index) -> float:
    """How near the window and its headings come to the words of the question."""
    if evidence.found is None:
        return 0.0
    passage, found = evidence.found.hit.passage, evidence.found
    label = found.labels[evidence.first]
    text = f"{path_text(passage.title, passage.heading_path)}\n{label}\n{evidence.text}"
    return word_cosine(asked.words, text, index.embedder.embed_words)


def _spelled(roots: Sequence[str], request: Request) -> list[str]:
    """Words as typed, or as the question was made to stand alone."""
    for text in (request.question, request.text):
        if spelled := [word for word in surface_words(text) if stem(word) in roots]:
            return list(dict.fromkeys(spelled))
    return []


def _windows(evidence: Evidence, index: Index) -> list[tuple[int, int]]:
    """Where the best window stands, and the next best when it is about as good."""
    if evidence.found is None:
        return []
    ranges = [quote_range(evidence.found, evidence.first, evidence.count, index)]
    if evidence.next_best is not None:
        ranges += _beside(ranges, quote_range(*evidence.next_best, index))
    return ranges


def _filling(
    evidence: Evidence,
    read: Sequence[HitText],
    heavy: Set[str],
    windows: Sequence[tuple[int, int]],
    index: Index,
) -> list[tuple[int, int]]:
    """Where the sentence stands that says most of what the best window lacks, if any does."""
    if evidence.found is None:
        return []
    profile = evidence.found.hit.passage.profile
    lacking = heavy & set(evidence.missing)
    best, place = 0.0, None
    for found in read[:HITS_READ]:
        if found.hit.passage.profile != profile:
            continue
        for at, text in enumerate(found.texts):
            held = sorted(lacking & set(words(text)))
            worth = sum(index.wordbook.rarity(root) for root in held)
            if worth > best:
                best, place = worth, (found, at)
    return _beside(windows, quote_range(*place, 1, index)) if place else []


def _beside(ranges: Sequence[tuple[int, int]], other: tuple[int, int]) -> list[tuple[int, int]]:
    """The other range, unless it overlaps one that is there."""
    apart = all(other[1] <= start or end <= other[0] for start, end in ranges)
    return [other] if apart else []


def _has_form(question: str, evidence: Evidence, place: tuple[int, int], index: Index) -> bool:
    """Whether the words there have the form of what is asked for."""
    if evidence.found is None:
        return False
    quote = read_text(index.profiles[evidence.found.hit.passage.profile], *place)
    return not (demand_unmet(question, quote) or time_unmet(question, quote))


def _is_unmet(
    question: str, evidence: Evidence, ranges: Sequence[tuple[int, int]], index: Index
) -> bool:
    """Whether the first quote has not the form of what is asked for, or none names its year."""
    if evidence.found is None or not _has_form(question, evidence, ranges[0], index):
        return True
    passage = evidence.found.hit.passage
    text = index.profiles[passage.profile].text
    quotes = (text[start:end] for start, end in ranges)
    said = "\n".join((passage.title, *passage.heading_path, passage.text, *quotes))
    return year_unsaid(question, said) or numbered_unmet(question, said)


def _is_uncounted(
    question: QuestionWords, evidence: Evidence, ranges: Sequence[tuple[int, int]], index: Index
) -> bool:
    """Whether something is to be counted, and no quote has a number before it."""
    if not question.counted or evidence.found is None:
        return bool(question.counted)
    profile = index.profiles[evidence.found.hit.passage.profile]
    return not any(counts(question, read_text(profile, *place)) for place in ranges)


def _absent_words(
    evidence: Evidence,
    heavy: Set[str],
    windows: Sequence[tuple[int, int]],
    request: Request,
    index: Index,
) -> list[str]:
    """The heavy words of the question that the passage does not say, as stems in order.

    A word is said too when the passage names its concept of the vocabulary by another one, says its
    opposite, or tells what it asks for: what was open until May did close, and had a deadline.
    """
    if evidence.found is None:
        return sorted(heavy)
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
    page = index.profiles[passage.profile].text
    quoted = "\n".join(page[start:end] for start, end in windows)
    return [
        root
        for root in sorted(heavy & set(evidence.absent) - said)
        if not opposite_said(root, roots) and not told_unnamed(root, request.text, quoted)
    ]


def _says_what_is_new(evidence: Evidence, request: Request, index: Index) -> bool:
    """Whether a turn that takes over a question says more than a name, and the window all of that.

    "And for students?": what was asked before need not be said again beside the students.
    """
    if not request.carried:
        return False
    own = set(words(request.question)) & set(aspects_of(request, index))
    return not own & set(evidence.missing) and bool(own & set(evidence.covered))


def hit_text(hit: Hit, index: Index, names: Sequence[str] = ()) -> HitText:
    """A hit with what its passage says, as evidence reads it; ``names`` are those asked about."""
    said = index.statements[index.rows[hit.passage.id]]
    profile = index.profiles[hit.passage.profile]
    items = {block.start for block in profile.blocks if block.kind in ("item", "row")}
    return HitText(
        hit=hit,
        ranges=said.ranges,
        texts=tuple(read_text(profile, start, end) for start, end in said.ranges),
        vectors=index.statement_store.vectors(said.rows),
        listed=tuple(start in items for start, _ in said.ranges),
        labels=tuple(_label_above(profile, start) for start, _ in said.ranges),
        page=profile.text,
        whose=frozenset(words(f"{profile.folder} {profile.url}")).union(
            name for name in names if profile.folder in _folders_of(name, index)
        ),
    )


def _label_above(profile: Profile, start: int) -> str:
    """The label that names the paragraph, or the list, in which a position stands; "" without."""
    at = bisect_right(profile.blocks, start, key=lambda block: block.start) - 1
    if profile.blocks[at].kind == "item":
        while at and profile.blocks[at].kind == "item":
            at -= 1
    else:
        at -= 1
    if at < 0 or profile.blocks[at].kind != "label":
        return ""
    label = profile.text[profile.blocks[at].start : profile.blocks[at].end]
    return "" if TELLING_LABEL.match(label) else label  # one that tells stands by itself


@lru_cache(maxsize=1024)
def _folders_of(name: str, index: Index) -> frozenset[str]:
    """The folders whose pages are about a name: most of them say it, and few others do.

    Not one that holds half of the directory: that it is about nobody's site is all it says.
    """
    pages = Counter(profile.folder for profile in index.profiles.values())
    saying = {index.passages[row].profile for row in index.lexical.rows(name)}
    said = Counter(index.profiles[identity].folder for identity in sorted(saying))
    return frozenset(
        folder
        for folder, count in said.items()
        if 2 * count >= pages[folder] >= LEAST_PAGES
        and 2 * count > len(saying)
        and 2 * pages[folder] < len(index.profiles)
    )


LEAST_PAGES = 3
"""Fewer pages in a folder show nothing of what they have in common."""
