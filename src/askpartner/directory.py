"""Profile -> Offerings: the ways to work with a partner, whom each suits, where, who introduces.

Reads structure (headings, labels, lists, links), not meaning: what a page does not state is
absent, never guessed. Does not know questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from askpartner.split import PLACEHOLDER, section_blocks, split_sections
from askpartner.types import Block, Link, Offering, Profile, Section, Statement

AUDIENCE = re.compile(
    r"\bwho\b.*\b(suitable|for|apply|eligible|benefit|join|use)\b|^(not |un)?suitable for\b|"
    r"\beligib(le|ility)\b|\b(target|intended) audience\b",
    re.IGNORECASE,
)
"""A label or heading that names whom an offering is for."""

UNSUITED = re.compile(r"\bnot\b|n['’]t\b|\bunsuitable\b", re.IGNORECASE)
"""Such a label that names whom it is not for: "Who is this not suitable for?"."""

PLACE = re.compile(r"\bwhere\b|^locations?\b|^(country|countries|region)\b", re.IGNORECASE)
"""A label or heading that names where an offering is to be had."""

WEBSITE = re.compile(r"^web\s?-?site\b", re.IGNORECASE)


KIND = re.compile(
    r"^(?:(?:organi[sz]ation|partner|institution)(?:al)?\s+)?(?:type|kind|category)"
    r"(?:\s+of\s+(?:organi[sz]ation|partner|institution))?\s*:?\n",
    re.IGNORECASE,
)
"""A table row that names what kind of organisation a partner is."""

IS_A = re.compile(
    r"^[^.?!]{0,120}?\b(?:is|are)\s+(?:an?|the|one of the)\s+(?P<what>[^.,;:]+?)"
    r"(?=\s+(?:for|of|that|which|who|in|at|by|with|to|from|on|and)\b|[.,;:]|$)"
)
"""What somebody is, in the first sentence about them."""

TITLE = re.compile(r"^(?P<what>[^,(]*[^,(\s])")
"""What a title says before a comma or bracket."""


_SHORT = re.compile(r"\(([^()\s]+)\)\s*$")


def short_title(title: str) -> str:
    """What a partner is called in passing: the acronym its title ends with, else the title."""
    found = _SHORT.search(title)
    return found[1] if found else title


def offerings(profile: Profile) -> list[Offering]:
    """Every way to work that a profile's headings set out, in page order.

    An offering is a heading directly below "Ways to work with …"; headings deeper down are parts
    of it. On a page without that heading they are those of one other heading, "Services", most of
    which say whom they are for. A page without such headings has none.
    """
    sections = split_sections(profile)
    found = [
        _offering(profile, _parts(sections, at))
        for at, section in enumerate(sections)
        if section.kind == "offering" and _parent_kind(sections, at) == "offerings"
    ]
    return found or _other_offerings(profile, sections)


def _parts(sections: Sequence[Section], at: int) -> list[Section]:
    """A section and those of the headings below its own."""
    path = sections[at].heading_path
    below = takewhile(lambda s: s.heading_path[: len(path)] == path, sections[at + 1 :])
    return [sections[at], *below]


LEAST_ALIKE = 2
"""Headings side by side that say whom they are for, from which on they are ways to work."""


def _other_offerings(profile: Profile, sections: Sequence[Section]) -> list[Offering]:
    """The headings side by side of which more than half say whom they are for."""
    beside: dict[tuple[str, ...], list[Offering]] = {}
    for at, section in enumerate(sections):
        if len(section.heading_path) < 2 or section.kind != "other":
            continue
        beside.setdefault(section.heading_path[:-1], []).append(
            _offering(profile, _parts(sections, at))
        )
    for ways in beside.values():
        alike = sum(bool(way.audiences) for way in ways)
        if alike >= LEAST_ALIKE and 2 * alike > len(ways):
            return ways
    return []


def way_at(ways: Sequence[Offering], position: int) -> Offering | None:
    """The first of a page's ways to work that holds a position of its text; None outside them."""
    return next((way for way in ways if way.start <= position < way.end), None)


def _parent_kind(sections: Sequence[Section], at: int) -> str:
    """The kind of the section whose heading stands directly above this one's."""
    above = sections[at].heading_path[:-1]
    for section in reversed(sections[:at]):
        if section.heading_path == above:
            return section.kind
    return "other"


def _offering(profile: Profile, parts: Sequence[Section]) -> Offering:
    first = parts[0]
    audiences: list[Statement] = []
    unsuited: list[Statement] = []
    places: list[Statement] = []
    introduction: Link | None = None
    for part in parts:
        for name, blocks in _fields(profile, part, first):
            statements = [
                s
                for s in (_statement(profile, b) for b in blocks)
                if not PLACEHOLDER.search(s.text)
            ]
            if AUDIENCE.search(name):
                (unsuited if UNSUITED.search(name) else audiences).extend(statements)
            elif PLACE.search(name):
                places.extend(statements)
        introduction = introduction or _action(profile, part)
    return Offering(
        profile=profile.id,
        name=first.heading_path[-1],
        heading_path=first.heading_path,
        start=first.start,
        end=parts[-1].end,
        audiences=tuple(audiences),
        places=tuple(places),
        introduction=introduction,
        unsuited=tuple(unsuited),
    )


def _fields(
    profile: Profile, part: Section, first: Section
) -> Iterator[tuple[str, Sequence[Block]]]:
    """Names of fields (a label, or a heading inside the offering) and the blocks below each.

    A field given as a list ends with it; one given as a bare line is that line.
    """
    blocks = section_blocks(profile, part)
    name = part.heading_path[-1] if part is not first else ""
    below: list[Block] = []
    for block in blocks:
        if block.kind == "label":
            if name and below:
                yield name, below
            name, below = profile.text[block.start : block.end], []
        elif block.kind in ("heading", "action"):
            continue
        elif name and (not below or (block.kind == "item" and below[-1].kind == "item")):
            below.append(block)
    if name and below:
        yield name, below


def _statement(profile: Profile, block: Block) -> Statement:
    return Statement(profile.id, block.start, block.end, profile.text[block.start : block.end])


def _action(profile: Profile, section: Section) -> Link | None:
    for block in section_blocks(profile, section):
        if block.kind == "action":
            for link in profile.links:
                if (link.start, link.end) == (block.start, block.end):
                    return link
    return None


def kinds(profile: Profile) -> list[Statement]:
    """Where a page says what its partner is: the row of its type, what its first paragraph says it
    "is", and its title, without what stands in brackets.
    """
    rows: list[Statement] = []
    named: list[Statement] = []
    told: list[Statement] = []
    for block in profile.blocks:
        text = profile.text[block.start : block.end]
        found = None
        if block.kind == "row" and KIND.search(text) and not PLACEHOLDER.search(text):
            rows.append(_statement(profile, block))
        elif block.kind == "heading" and text == profile.title and not named:
            found = TITLE.search(text)
        elif block.kind == "paragraph" and not told:
            found = IS_A.search(text)
        if found:
            start, end = block.start + found.start("what"), block.start + found.end("what")
            (named if block.kind == "heading" else told).append(
                Statement(profile.id, start, end, found["what"])
            )
    return [*rows, *told, *named]


def website(profile: Profile) -> Statement | None:
    """The table row that names the partner's website, whole, or None."""
    for block in profile.blocks:
        text = profile.text[block.start : block.end]
        if block.kind == "row" and WEBSITE.search(text) and not PLACEHOLDER.search(text):
            return _statement(profile, block)
    return None
