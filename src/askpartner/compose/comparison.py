"""Partners or ways to work side by side: a table whose every full cell is a quote."""

from __future__ import annotations

import re
from collections.abc import Sequence

from askpartner.compose.columns import Ranges, Side, sides_of, told_of
from askpartner.compose.parts import (
    CERTAIN,
    MOST_STATEMENTS,
    Draft,
    first_paragraph,
    introduction_links,
)
from askpartner.directory import website
from askpartner.lexical import words
from askpartner.split import sentence_ranges, statement_ranges
from askpartner.templates import load_templates
from askpartner.types import Answer, Offering, Profile, Table
from askpartner.understand.intent import AUDIENCE
from askpartner.understand.several import comparison_of
from askpartner.understand.subject import aspects_of
from askpartner.wordbook import LIGHT_STEMS


def compare(draft: Draft) -> Answer | None:
    """A table: a row an aspect, a column a side, every full cell a quote.

    What the asker names comes first, an aspect a row. A side is what the question names, or where
    the pages come nearest to its words.
    """
    comparison = comparison_of(draft.request.text, draft.index)
    found = sides_of(draft, comparison) if comparison else None
    named = max(draft.request.partners, draft.request.offerings, key=len)
    if comparison and not found and len(named) < 2:
        return None  # a side that is nowhere is not compared with all of the other
    columns = [(side.profile, side.way) for side in found] if found else _columns(draft)
    if len(columns) < 2 or not all(draft.is_fresh(profile.id) for profile, _ in columns):
        return None
    names_of_aspects = load_templates("answer")["aspect"]
    names = [way.name if way else profile.title for profile, way in columns]
    if found and len(set(names)) < len(names):
        names = [side.said for side in found]
    draft.say("compare", "lead")
    rows: list[tuple[str, tuple[tuple[int, ...], ...]]] = []
    asked: list[tuple[str, list[Ranges]]] = []
    if found and comparison:
        if not comparison.aspects and len({(side.profile.id, side.way) for side in found}) == 1:
            # Two things of one place: what is told of each.
            said = " ".join(comparison.sides)
            asked = [(names_of_aspects["asked"], told_of(draft, found, said))]
        own = [aspect for aspect in comparison.aspects if not _is_field(aspect)]
        asked += [(aspect, told_of(draft, found, aspect)) for aspect in own]
    else:
        cells = _asked_cells(draft, columns)
        asked = [(names_of_aspects["asked"], cells)]
    if asked and not any(any(cells) for _, cells in asked) and _asks_more(draft, found):
        return None
    aspects = [
        *asked,
        (names_of_aspects["what"], [_what(draft, profile, way) for profile, way in columns]),
        (
            names_of_aspects["audience"],
            [_audiences(draft, profile, way) for profile, way in columns],
        ),
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
                is_above = all(draft.is_quoted(profile.id, *place) for place in ranges)
                draft.say("lead", "above" if is_above else "profile", title=name)
            numbers.append(tuple(n for place in ranges for n in draft.quote(profile.id, *place)))
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


FIELD = re.compile(r"^what (?:each|they|it|both) (?:is|are)$|\bsuits?\b", re.IGNORECASE)


def _is_field(aspect: str) -> bool:
    """Whether a row that every comparison has tells it: what it is, or whom it suits."""
    return FIELD.search(aspect) is not None or AUDIENCE.search(aspect) is not None


Column = tuple[Profile, Offering | None]


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
    place = first_paragraph(draft, profile, way.start if way else None)
    if place is None:
        return []
    start, end = place
    sentences = sentence_ranges(profile.text[start:end])[:2]
    return [(start, start + len(profile.text[start : start + sentences[-1][1]].rstrip()))]


def _audiences(draft: Draft, profile: Profile, way: Offering | None) -> Ranges:
    ways = [way] if way else draft.index.offerings[profile.id]
    return [(a.start, a.end) for one in ways for a in one.audiences]


def _places(way: Offering | None) -> Ranges:
    return [(place.start, place.end) for place in way.places] if way else []


def _website(profile: Profile, way: Offering | None) -> Ranges:
    row = None if way else website(profile)
    return [(row.start, row.end)] if row else []


def _asked_stems(draft: Draft) -> list[str]:
    return [
        stem
        for stem in aspects_of(draft.request, draft.index)
        if stem not in COMPARING and stem not in LIGHT_STEMS
    ]


def _asks_more(draft: Draft, found: Sequence[Side] | None) -> bool:
    """Whether something is asked beyond the comparison: then there may be nothing to compare."""
    return bool(found) or bool(_asked_stems(draft))


def _asked_cells(draft: Draft, columns: Sequence[Column]) -> list[Ranges]:
    """For each column the statements that hold most of what is asked beyond the comparison."""
    asked = _asked_stems(draft)
    return [_cell(draft, profile, way, asked) if asked else [] for profile, way in columns]


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
