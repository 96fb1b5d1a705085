"""The arithmetic of the figures: what is right, nDCG, recall, word F1, token-wise recall.

A unit is a section or a document. It is right when its document is, and its section is the marked
one or ends with it, or its text holds the marked words; a target that marks only a document is
found by any unit of it. Several marked sentences of one section are one target.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from askpartner.evaluation.measures import flat

from .sets import Target

DEPTH = 10
"""How many units nDCG looks at."""

PATH_SEPARATOR = " > "


@dataclass(frozen=True, slots=True)
class Unit:
    """What is ranked: a section of a document, or with no section and text a whole document."""

    doc: str
    section: str = ""  # heading path
    text: str = ""


def is_right(unit: Unit, target: Target) -> bool:
    """Whether a unit is what a target marks."""
    if unit.doc != target.doc:
        return False
    if not target.section and not target.text:
        return True
    if unit.section and target.section:
        one, other = flat(unit.section), flat(target.section)
        if one == other or one.endswith(f"> {other}") or other.endswith(f"> {one}"):
            return True
    return bool(unit.text and target.text and flat(target.text) in flat(unit.text))


def grouped(targets: Sequence[Target]) -> list[list[Target]]:
    """Targets by the unit they mark, in order."""
    groups: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        groups.setdefault((target.doc, target.section or target.text), []).append(target)
    return list(groups.values())


def ndcg(ranked: Sequence[Unit], targets: Sequence[Target]) -> float:
    """nDCG at ``DEPTH`` with gains of 0 and 1 (Järvelin and Kekäläinen 2002), in [0, 1].

    A target counts where it is first found. ``targets`` must not be empty.
    """
    groups = grouped(targets)
    seen: set[int] = set()
    gained = 0.0
    for rank, unit in enumerate(ranked[:DEPTH], start=1):
        found = {
            at
            for at, group in enumerate(groups)
            if at not in seen and any(is_right(unit, target) for target in group)
        }
        seen |= found
        gained += bool(found) / math.log2(rank + 1)
    return gained / sum(1 / math.log2(rank + 2) for rank in range(min(DEPTH, len(groups))))


def recall(ranked: Sequence[Unit], targets: Sequence[Target], depth: int) -> float:
    """Share of the targets among the first ``depth`` units, in [0, 1]."""
    groups = grouped(targets)
    found = sum(
        any(is_right(unit, target) for unit in ranked[:depth] for target in group)
        for group in groups
    )
    return found / len(groups)


# --- words --------------------------------------------------------------------------------------

STOP_WORDS = frozenset(
    # persons and pointers
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his "
    "himself she her hers herself it its itself they them their theirs themselves this that these "
    "those here there "
    # question words
    "what which who whom when where why how "
    # forms of be, have and do; modals
    "am is are was were be been being have has had having do does did doing will would shall "
    "should can could may might must ought "
    # articles, conjunctions, prepositions
    "a an the and but if or because as until while of at by for with about against between into "
    "through during before after above below to from up down in out on off over under than "
    # amounts and adverbs
    "again further then once all any both each few more most other some such no nor not only own "
    "same so too very".split()
)
"""English words that carry no content."""


def content_words(text: str) -> Counter[str]:
    """How often each content word occurs: lower case, without possessive endings."""
    bare = re.sub(r"['’]s\b", "", text.lower())
    return Counter(word for word in re.findall(r"[a-z0-9]+", bare) if word not in STOP_WORDS)


def word_f1(said: str, wanted: str) -> float:
    """F1 of the content words of one text against another's, in [0, 1]; 1 when neither has any."""
    one, other = content_words(said), content_words(wanted)
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


# --- ranges -------------------------------------------------------------------------------------

Range = tuple[int, int]


def joined(ranges: Sequence[Range]) -> list[Range]:
    """The same positions as ranges that neither overlap nor touch, in order."""
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def size(ranges: Sequence[Range]) -> int:
    """How many positions the ranges hold, counted as often as they are there."""
    return sum(end - start for start, end in ranges)


def held(ranges: Sequence[Range], wanted: Sequence[Range]) -> list[Range]:
    """The parts of ``wanted`` that lie in ``ranges``, joined."""
    parts = [
        (max(start, first), min(end, last))
        for start, end in ranges
        for first, last in wanted
        if max(start, first) < min(end, last)
    ]
    return joined(parts)


def range_recall(found: Sequence[Range], wanted: Sequence[Range]) -> float:
    """Share of the wanted characters that were found, in [0, 1]."""
    return size(held(found, wanted)) / size(wanted)


def precision_omega(cut: Sequence[Range], wanted: Sequence[Range]) -> float:
    """Precision if every piece that touches a wanted range were found, and nothing else.

    ``cut`` are all pieces of the document (Smith and Troynikov, "Evaluating Chunking Strategies
    for Retrieval", Chroma 2024).
    """
    touching = [
        (start, end)
        for start, end in cut
        if any(max(start, first) <= min(end, last) for first, last in wanted)
    ]
    parts = held(cut, wanted)
    if not parts:
        return 0.0
    missed = [(first, last) for first, last in _without(wanted, parts)]
    return size(parts) / size(joined([*touching, *missed]))


def _without(ranges: Sequence[Range], taken: Sequence[Range]) -> list[Range]:
    """The parts of ``ranges`` outside ``taken``, which is joined."""
    left: list[Range] = []
    for start, end in ranges:
        at = start
        for first, last in taken:
            if first < end and at < last:
                if at < first:
                    left.append((at, first))
                at = max(at, last)
        if at < end:
            left.append((at, end))
    return left
