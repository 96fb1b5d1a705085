"""The words that answer -> what is quoted: so much that it stands alone, and lists whole.

What is quoted goes on as far as what it announces does: items, rows, sections. Which words answer
is ``evidence``'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from askpartner.compose.parts import section_at
from askpartner.evidence import HitText
from askpartner.evidence.kinds import announces
from askpartner.index import Index
from askpartner.lexical import stem, words
from askpartner.split import section_blocks, sentence_ranges
from askpartner.types import Block, Profile, Section

MOST_SECTIONS = 12
"""More sections than this below a sentence are a page, not its list."""

MOST_OF_ROWS = 3000
"""Characters up to which a table is quoted with the words that announce it."""


def quote_range(found: HitText, first: int, count: int, index: Index) -> tuple[int, int]:
    """The window's range, widened so that it stands alone.

    A list is quoted whole with the line that introduces it, and "They won" with the sentence
    before it; other windows as they are.
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
    elif _goes_on(found, first, blocks[low].start):
        start = found.ranges[first - 1][0]
    elif low and blocks[low - 1].kind == "label":
        start = blocks[low - 1].start
    if (
        blocks[high].kind == "paragraph"
        and profile.text[start:end].rstrip().endswith(":")
        and high + 1 < len(blocks)
        and blocks[high + 1].kind in ("item", "paragraph")
    ):
        high += 1
        while blocks[high].kind == "paragraph" and high + 1 < len(blocks):
            # "Please write to:" and two addresses.
            if not (_is_address(profile, blocks[high]) and _is_address(profile, blocks[high + 1])):
                break
            high += 1
        end = blocks[high].end
    if blocks[high].kind == "item":
        while high + 1 < len(blocks) and blocks[high + 1].kind == "item":
            high += 1
        end = blocks[high].end
    if announces(profile.text[start:end]):
        rows = [*takewhile(lambda block: block.kind == "row", blocks[high + 1 :])]
        if rows and rows[-1].end - rows[0].start <= MOST_OF_ROWS:
            end = rows[-1].end
    return start, end


def announced_sections(
    found: HitText, first: int, count: int, index: Index
) -> list[tuple[int, int]]:
    """How each section begins that a window announces; none where it announces none.

    "It has the following offices." stands last before sections of their own, "three archetypes"
    anywhere before three whose headings say "archetype".
    """
    profile = index.profiles[found.hit.passage.profile]
    start, end = found.ranges[first][0], found.ranges[first + count - 1][1]
    section = section_at(index, profile.id, start)
    sections = index.sections[profile.id]
    later = sections[sections.index(section) + 1 :]
    below = _counted_below(found.window(first, count), later)
    # A colon alone may announce a picture.
    ends = found.texts[first + count - 1].rstrip(" :")
    if not below and announces(ends) and not profile.text[end : section.end].strip():
        below = _directly_below(section, later)
    return [_opening(profile, one) for one in below if one.body_start < one.end]


_COUNTED = re.compile(
    r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[2-9]|1[0-2])"
    r"((?: [a-z-]+){1,3})",
    re.IGNORECASE,
)
_NUMBERS = "two three four five six seven eight nine ten eleven twelve".split()


def _counted_below(text: str, later: Sequence[Section]) -> list[Section]:
    """As many sections as a text counts of what their headings say; "two" of two "grants"."""
    for counted in _COUNTED.finditer(text):
        said = counted[1].lower()
        number = int(said) if said.isdigit() else _NUMBERS.index(said) + 2
        for word in counted[2].split():
            run = [one for one in later if one.heading_path and _says(one, word)]
            if len(run) == number and len({len(one.heading_path) for one in run}) == 1:
                return run
    return []


def _says(section: Section, word: str) -> bool:
    return word.endswith("s") and stem(word) in words(section.heading_path[-1])


def _directly_below(section: Section, later: Sequence[Section]) -> list[Section]:
    """The sections one level below, up to ``MOST_SECTIONS``; none where it is one or more."""
    depth = len(section.heading_path)
    deeper = list(takewhile(lambda one: len(one.heading_path) > depth, later))
    children = [one for one in deeper if len(one.heading_path) == len(deeper[0].heading_path)]
    return children if 2 <= len(children) <= MOST_SECTIONS else []


def _opening(profile: Profile, section: Section) -> tuple[int, int]:
    """The first sentence, item or row of a section that has words below its heading."""
    body = next(block for block in section_blocks(profile, section) if block.kind != "heading")
    if body.kind != "paragraph":
        return body.start, body.end
    start, end = sentence_ranges(profile.text[body.start : body.end])[0]
    said = profile.text[body.start + start : body.start + end].rstrip()
    return body.start + start, body.start + start + len(said)


def _is_address(profile: Profile, block: Block) -> bool:
    """Whether a paragraph is of lines, none of which ends as a sentence does."""
    lines = profile.text[block.start : block.end].split("\n")
    is_lines = len(lines) > 1 and not any(line.endswith((".", "?", "!")) for line in lines)
    return block.kind == "paragraph" and is_lines


_REFERS = re.compile(
    r"^(?:It|Its|They|Their|He|She|His|Her|These|Those|This|Both|Such)\b|"
    r"\b(?:this|these|such) (?!way|end|year|time|case|page|is|are|was|as)[a-z]+\b"
)
"""A sentence that speaks of what the one before it named."""


def _goes_on(found: HitText, first: int, block: int) -> bool:
    """Whether a window opens with a sentence that refers to the one before it in its paragraph."""
    return (
        first > 0
        and found.ranges[first - 1][0] >= block
        and _REFERS.search(found.texts[first]) is not None
    )


def _last_sentence(text: str, start: int, end: int) -> int:
    return start + sentence_ranges(text[start:end])[-1][0]
