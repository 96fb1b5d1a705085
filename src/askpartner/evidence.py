"""Do these words answer this question? Decided from words, never from a retrieval score.

The best retrieval score hardly tells answerable from unanswerable questions, so what counts is
whether a quote holds the question's own words. Words that say *where* to look (title and headings
of the passage) are set apart from those that say *what* is asked: a passage under "Facility
Rental" is no evidence for a price because the question names the rental.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from askpartner.lexical import words
from askpartner.split import section_blocks, sentence_ranges
from askpartner.types import Hit, Passage, Profile, Section

Weight = Callable[[str], float]
"""How much a term says: its inverse document frequency, above 0."""

QUOTE_CHARACTERS = 600
"""A quote grows by neighbouring sentences up to this length, whole lists excepted."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of a hit that answer best, and how far they cover what is asked, in [0, 1]."""

    hit: Hit
    start: int
    end: int
    coverage: float


def best_quote(
    question: str, hit: Hit, profile: Profile, section: Section, *, weight: Weight
) -> Quote:
    """The stretch of a hit that covers most of what the question asks; ties: the earliest.

    A stretch is a sentence or two that follow each other, a table row, or a label with its
    whole list.
    """
    place = set(words(" ".join((hit.passage.title, *hit.passage.heading_path))))
    asked = set(words(question))
    aspects = asked - place
    total = sum(weight(term) for term in sorted(aspects))
    best: tuple[float, float, int, int] | None = None
    for start, end in _stretches(hit.passage, profile, section):
        said = set(words(profile.text[start:end]))
        coverage = 1.0 if not total else _sum(aspects & said, weight) / total
        # Words of the question that the headings hold too break ties between stretches.
        tie = _sum(asked & said, weight)
        if best is None or (coverage, tie) > best[:2]:
            best = (coverage, tie, start, end)
    assert best is not None  # a passage with a body has at least one stretch
    return Quote(hit=hit, start=best[2], end=best[3], coverage=best[0])


def _sum(found: set[str], weight: Weight) -> float:
    return sum(weight(term) for term in sorted(found))


def _stretches(passage: Passage, profile: Profile, section: Section) -> list[tuple[int, int]]:
    """Every range of the passage's body that could be quoted, shorter ones first at each place."""
    found: list[tuple[int, int]] = []
    blocks = [
        block
        for block in section_blocks(profile, section)
        if block.start < passage.end and passage.body_start < block.end
    ]
    listed: int | None = None  # where the label or lead-in of the current list begins
    for at, block in enumerate(blocks):
        start, end = max(block.start, passage.body_start), min(block.end, passage.end)
        follower = blocks[at + 1].kind if at + 1 < len(blocks) else None
        if block.kind == "label":
            listed = start
            if follower is None:
                found.append((start, end))
            continue
        if block.kind == "item":
            listed = start if listed is None else listed
            if follower != "item":
                found.append((listed, end))
                listed = None
            continue
        if block.kind == "paragraph" and listed is not None:
            found.append((listed, end))
            listed = None
            continue
        if block.kind == "paragraph":
            sentences = [
                (start + first, start + len(profile.text[start : start + last].rstrip()))
                for first, last in sentence_ranges(profile.text[start:end])
            ]
            found.extend(sentences)
            found.extend(
                (one[0], two[1])
                for one, two in pairwise(sentences)
                if two[1] - one[0] <= QUOTE_CHARACTERS
            )
            if follower == "item":
                listed = sentences[-1][0]
        elif block.kind in ("row", "header"):
            found.append((start, end))
        # A call to action ("Request Introduction") answers nothing.
        if block.kind not in ("paragraph", "item", "label"):
            listed = None
    return found or [(passage.body_start, passage.body_start + len(passage.body.rstrip()))]
