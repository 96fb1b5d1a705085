"""Section -> Passages: where a section that is too long for one passage is cut.

A section within the budget is one passage. Of a longer one, all ways to cut it are weighed and the
cheapest is taken (dynamic programming, as Knuth and Plass break a paragraph into lines, "Breaking
Paragraphs into Lines", 1981). Passages should be alike in length and well below the budget, a cut
between blocks is better than one inside a paragraph, and the fewer words go on across a cut, the
better (lexical cohesion: Hearst, "TextTiling", Computational Linguistics 1997). A list item, table
row or sentence is kept whole where it fits; only a longer one is cut between clauses, then words.
Does not know vectors, files or questions.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from askpartner.budget import TokenBudget, count_tokens
from askpartner.lexical import words
from askpartner.split import path_text, section_blocks, sentence_ranges, source_lines
from askpartner.types import Passage, Profile, Section

TARGET = 0.605
"""The length of a passage that costs nothing, as a share of the budget. Shorter passages quote less
that was not asked for, longer ones are found more often: on chunking_chroma 0.60 gives a
precision-omega of .287 and a recall of .904, 0.61 gives .279 and .910."""

BETWEEN_SENTENCES, BETWEEN_CLAUSES, AFTER_LABEL = 0.2, 0.4, 3.0
"""What a cut costs inside a paragraph, inside a sentence, and after a heading, label or table head.
A passage of no length or of twice the target costs 1; a cut between blocks nothing."""

COHESION = 2.0
"""What a cut costs when the same words stand on both sides of it."""

COHESION_PIECES = 2
"""How many pieces on either side of a cut are looked at."""

_CLAUSE = re.compile(r"[.!?;:,…][\"'”’)\]]*\s+")


def split_passages(profile: Profile, section: Section, *, budget: TokenBudget) -> list[Passage]:
    """Cut one section into passages that fit the budget; joined, they are the section."""
    if _fits(profile, section, section.start, section.end, budget):
        return [_passage(profile, section, section.start, section.end)]
    pieces = list(_pieces(profile, section, budget))
    ends = [pieces[last - 1].end for last in _best(profile, section, pieces, budget)]
    edges = pairwise([section.start, *ends])
    return [_passage(profile, section, start, end) for start, end in edges]


def _passage(profile: Profile, section: Section, start: int, end: int) -> Passage:
    return Passage(
        id=f"{profile.id}@{start}",
        profile=profile.id,
        title=profile.title,
        heading_path=section.heading_path,
        kind=section.kind,
        start=start,
        body_start=min(max(start, section.body_start), end),
        end=end,
        lines=source_lines(profile, start, end),
        text=profile.text[start:end],
    )


def _fits(profile: Profile, section: Section, start: int, end: int, budget: TokenBudget) -> bool:
    body = profile.text[min(max(start, section.body_start), end) : end]
    path = path_text(profile.title, section.heading_path)
    return budget.fits(quoted=profile.text[start:end].rstrip(), embedded=f"{path}\n{body}".rstrip())


# --- what is never cut --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    cut: float  # what a cut at its end costs, whatever the words on either side


def _pieces(profile: Profile, section: Section, budget: TokenBudget) -> Iterator[_Piece]:
    """The section as a row of pieces that are not cut; each fits, but for a single character."""
    blocks = section_blocks(profile, section)
    edges = [section.start, *(block.start for block in blocks[1:]), section.end]
    for block, (start, end) in zip(blocks, pairwise(edges), strict=True):
        after = AFTER_LABEL if block.kind in ("heading", "label", "header") else 0.0
        if block.kind != "paragraph" and _fits(profile, section, start, end, budget):
            sentences = [end]
        else:
            sentences = [start + stop for _, stop in sentence_ranges(profile.text[start:end])]
        for first, last in pairwise([start, *sentences]):
            ends = list(_ends_within(profile, section, first, last, budget))
            for at, (left, right) in enumerate(pairwise([first, *ends]), start=1):
                inside = BETWEEN_SENTENCES if last < end else after
                yield _Piece(left, right, inside if at == len(ends) else BETWEEN_CLAUSES)


def _ends_within(
    profile: Profile, section: Section, start: int, end: int, budget: TokenBudget
) -> Iterator[int]:
    """Where a sentence is cut: nowhere if it fits, else between clauses, else between words."""
    if _fits(profile, section, start, end, budget):
        yield end
        return
    text = profile.text
    clauses = [found.end() for found in _CLAUSE.finditer(text, start, end)]
    for left, right in pairwise([start, *(at for at in clauses if at < end), end]):
        yield from _word_ends(profile, section, left, right, budget)


def _word_ends(
    profile: Profile, section: Section, start: int, end: int, budget: TokenBudget
) -> Iterator[int]:
    """The ends of the longest runs of words that fit; of characters in a word that does not."""
    found = re.finditer(r"\S+\s*", profile.text[start:end])
    ends = [start + word.end() for word in found] or [end]
    while start < end:
        places: Sequence[int] = ends
        last = bisect_right(ends, start)
        if not _fits(profile, section, start, ends[last], budget):
            places, last = range(start + 1, ends[last] + 1), 0
        # Ever further ahead, then ever less: never far more is read than fits.
        step = 1
        while last + step < len(places) and _fits(
            profile, section, start, places[last + step], budget
        ):
            last += step
            step *= 2
        while step := step // 2:
            if last + step < len(places) and _fits(
                profile, section, start, places[last + step], budget
            ):
                last += step
        start = places[last]
        yield start


# --- the best cuts ------------------------------------------------------------------------------


def _best(
    profile: Profile, section: Section, pieces: Sequence[_Piece], budget: TokenBudget
) -> list[int]:
    """After how many pieces each passage ends, at the least cost; of equal ones the later cut."""
    texts = [profile.text[piece.start : piece.end] for piece in pieces]
    tokens = list(accumulate(map(count_tokens, texts), initial=0))
    cuts = [
        piece.cut + COHESION * cohesion
        for piece, cohesion in zip(pieces, _cohesions(texts), strict=True)
    ]
    least: list[float] = [0.0]
    begins: list[int] = [0]
    low = 0  # no passage that ends here or later begins before
    for last in range(1, len(pieces) + 1):
        end = pieces[last - 1].end
        while low < last - 1 and not _fits(profile, section, pieces[low].start, end, budget):
            low += 1
        cost, first = min(
            (least[at] + ((tokens[last] - tokens[at]) / budget.max_tokens / TARGET - 1) ** 2, -at)
            for at in range(low, last)
        )
        least.append(cost + cuts[last - 1])
        begins.append(-first)
    ends = [len(pieces)]
    while begins[ends[-1]]:
        ends.append(begins[ends[-1]])
    return ends[::-1]


def _cohesions(texts: Sequence[str]) -> list[float]:
    """How much of what is said before the end of each piece goes on after it, from 0 to 1.

    The cosine of the words on either side, a word by how few pieces of the section hold it.
    """
    held = [dict.fromkeys(words(text)) for text in texts]
    holding = Counter(word for found in held for word in found)
    weight = {word: math.log(1 + len(held) / count) ** 2 for word, count in holding.items()}

    def together(found: Sequence[dict[str, None]]) -> dict[str, None]:
        return {word: None for piece in found for word in piece}

    cosines = []
    for at in range(1, len(held) + 1):
        before = together(held[max(at - COHESION_PIECES, 0) : at])
        after = together(held[at : at + COHESION_PIECES])
        shared = sum(weight[word] for word in before if word in after)
        norm = math.sqrt(sum(map(weight.__getitem__, before)) * sum(map(weight.__getitem__, after)))
        cosines.append(shared / norm if norm else 0.0)
    return cosines
