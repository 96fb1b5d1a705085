"""The sides of a comparison on the pages: where each stands, and what is told there of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from askpartner.compose.parts import MOST_STATEMENTS, Draft
from askpartner.directory import way_at
from askpartner.evidence.demands import CURRENCY_SUM
from askpartner.lexical import surface_words, words
from askpartner.retrieve import retrieve
from askpartner.sides import Comparison
from askpartner.split import path_text, read_text
from askpartner.types import Hit, Offering, Passage, Profile
from askpartner.understand.names import partner_names
from askpartner.understand.subject import subject_of
from askpartner.wordbook import ASKING, LIGHT_STEMS

Ranges = list[tuple[int, int]]

READ = 20
"""Hits among which a side is looked for."""

MEANT = 0.5
"""Share of a side's words, by rarity, that the place must hold where no name says which it is."""

AKIN = 4
"""Letters of a stem from which one that begins with it is akin: "rent" and "rental"."""

LEAST_TITLE_WORDS = 2
"""Words of a title that a side must say where they are not the whole of a name."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: what the asker calls it, and where its page tells of it."""

    said: str
    profile: Profile
    way: Offering | None  # None: the whole page
    is_named: bool = True  # else found by its words alone


def sides_of(draft: Draft, comparison: Comparison) -> list[Side] | None:
    """Where each side stands; None where one of them stands nowhere.

    "A loan and a grant", of which nothing else is asked, is no comparison of partners.
    """
    named = {said: subject_of(said, draft.index)[0] for said in comparison.sides}
    found: list[Side] = []
    for said in comparison.sides:
        others = [other for other in comparison.sides if other != said]
        # "A's rooms and workshops": both may be A's.
        within = () if named[said] else tuple(i for other in others for i in named[other])
        side = _side(draft, said, " ".join(others), within, found)
        if side is None:
            return None
        found.append(side)
    return found if comparison.aspects or any(side.is_named for side in found) else None


def _side(
    draft: Draft, said: str, others: str, within: tuple[str, ...], taken: Sequence[Side]
) -> Side | None:
    index = draft.index
    partners, ways = subject_of(said, index, within=within)
    if (not partners or ways) and (other := _of_title(draft, said, ways)):
        partners, ways = other, ()
    if len(ways) == 1:
        ((identity, start),) = ways
        way = next(way for way in index.offerings[identity] if way.start == start)
        return Side(said, index.profiles[identity], way)
    if len(partners) > 1 or len(ways) > 1:
        return None
    if not partners and (page := _titled(draft, said)):
        return Side(said, page, None)
    if called := _called_alike(draft, said, partners or within):
        return Side(said, index.profiles[called.profile], called)
    own = _own_words(draft, said, partners)
    if partners and not own:
        return Side(said, index.profiles[partners[0]], None)
    hits = _hits(draft, said, others, partners)
    if not partners:
        hits = [hit for hit in hits if _held(draft, own, hit) >= MEANT]
    anywhere = dict.fromkeys(_place(draft, hit) for hit in hits)
    places = sorted(anywhere, key=lambda place: place[0] not in within)
    if not places:
        return Side(said, index.profiles[partners[0]], None) if partners else None
    # "Internships at A or at the polytechnic": where the first side stands, the other does not,
    # if a page is called so.
    free = [
        (identity, way)
        for identity, way in anywhere
        if identity not in {side.profile.id for side in taken}
        and set(own) & set(words(index.profiles[identity].title))
    ]
    is_taken = any((side.profile.id, side.way) == places[0] for side in taken)
    place = free[0] if is_taken and free else places[0]
    return Side(said, index.profiles[place[0]], place[1], is_named=bool(partners))


def _called_alike(draft: Draft, said: str, partners: Sequence[str]) -> Offering | None:
    """The one way to work of some partners to whose name each word of a side is akin.

    "Renting the rooms" is "Room Rental", and "going in as a partner" a "Partnership".
    """
    index = draft.index
    titled = {root for i in partners for root in words(index.profiles[i].title)}
    roots = {r for r in words(said) if len(r) >= AKIN} - titled
    ways = [way for identity in partners for way in index.offerings[identity]]
    akin = [way for way in ways if all(_is_akin(root, words(way.name)) for root in roots)]
    return akin[0] if roots and len(akin) == 1 else None


def _is_akin(root: str, name: Sequence[str]) -> bool:
    """Whether a stem begins one of a name, or one of a name's begins it."""
    long = [other for other in name if len(other) >= AKIN]
    return any(root.startswith(other) or other.startswith(root) for other in long)


def _hits(draft: Draft, said: str, others: str, partners: tuple[str, ...]) -> list[Hit]:
    # What the other side is called may be meant of both: "the Alpha and the Beta grant".
    request = replace(
        draft.request,
        question=said,
        text=f"{said} {_shared(draft, others)}".strip(),
        partners=partners,
        offerings=(),
        situation="",
    )
    hits = retrieve(request, draft.index, count=READ)
    return [hit for hit in hits if not partners or hit.passage.profile in partners]


def _place(draft: Draft, hit: Hit) -> tuple[str, Offering | None]:
    """Whose page a hit is of, and its way to work, if it is of one."""
    passage = hit.passage
    return passage.profile, way_at(draft.index.offerings[passage.profile], passage.start)


def _titled(draft: Draft, said: str) -> Profile | None:
    """The page whose title, or a part of it, is said in any order; the longest, none of equals."""
    stems = set(words(said))
    found: dict[int, list[str]] = {}
    for identity, profile in draft.index.profiles.items():
        for name in partner_names(profile.title):
            if len(name) > 1 and set(name) <= stems:
                found.setdefault(len(set(name)), []).append(identity)
    longest = dict.fromkeys(found[max(found)]) if found else {}
    return draft.index.profiles[next(iter(longest))] if len(longest) == 1 else None


def _of_title(draft: Draft, said: str, ways: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """The partner in whose title alone the most words that are said stand, two of them at least.

    "Internships at the port authority" are those of the "Port of Alpha Authority", also where
    another partner calls a way to work so. Words of the ways named, and their partners, count not.
    """
    index = draft.index
    named = [w.name for i, start in ways for w in index.offerings[i] if w.start == start]
    stems = set(words(said)) - ASKING - LIGHT_STEMS - set(words(" ".join(named)))
    held = {
        identity: len(stems & set(words(profile.title)))
        for identity, profile in index.profiles.items()
    }
    most = max(held.values(), default=0)
    best = tuple(identity for identity, count in held.items() if count == most)
    is_own = any(identity in best for identity, _ in ways)
    return best if most >= LEAST_TITLE_WORDS and len(best) == 1 and not is_own else ()


def _shared(draft: Draft, others: str) -> str:
    """The words of the other sides that name no partner."""
    partners, _ = subject_of(others, draft.index)
    own = set(_own_words(draft, others, partners))
    return " ".join(word for word in surface_words(others) if set(words(word)) & own)


def _own_words(draft: Draft, said: str, partners: Sequence[str]) -> list[str]:
    """Stems of a side's words that are not the partner's name."""
    named = {root for i in partners for root in words(draft.index.profiles[i].title)}
    called = {root for i in partners for root in _called(draft, i)}
    return [r for r in dict.fromkeys(words(said)) if r not in named | called | ASKING]


def _called(draft: Draft, identity: str) -> list[str]:
    """Words of the heading above a partner's ways to work, which may call it by a shorter name."""
    ways = draft.index.offerings[identity]
    return words(ways[0].heading_path[-2]) if ways and len(ways[0].heading_path) > 1 else []


def _held(draft: Draft, own: Sequence[str], hit: Hit) -> float:
    """The share of a side's words that a passage and its headings hold, by rarity."""
    passage = hit.passage
    there = set(words(f"{path_text(passage.title, passage.heading_path)}\n{passage.text}"))
    return _share(draft, set(own), there)


_COUNT = (
    r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|"
    r"\w+teen|twenty|thirty|forty|fifty|sixty|ninety)"
)
_UNIT = r"(?:minute|hour|day|night|evening|week|month|year|semester|term)s?"
TELLS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(told, re.IGNORECASE))
    for asked, told in (
        (
            r"\b(?:price|cost|fee|charge|rent|rental|rate|allowance|stipend|salary|pay|put in|"
            r"budget|fund|funding|invest\w*|grant|money|amount|cap|tariff|how much|cheaper)s?\b",
            r"[$£€¥]\s?\d|\d\s?(?:dollar|euro|pound|million)s?\b|\bfree\b|\bnegotia\w+|"
            rf"{CURRENCY_SUM}|"
            r"\bno (?:charge|fee|cost)s?\b",
        ),
        (
            r"\b(?:length|duration|how (?:long|quickly|fast)|longer|shorter|terms?|stay|period)\b",
            rf"\b{_COUNT}(?:[-\s](?:to|or|and)[-\s]{_COUNT})?[-\s](?:\w+[-\s])?{_UNIT}\b",
        ),
        (
            r"\b(?:share|stake|equity|percentage|proportion|royalt\w+)s?\b",
            r"\d\s?%|\bper ?cent\b|\bequity\b|\bno (?:share|stake)s?\b",
        ),
        (
            r"\b(?:own(?:s|ed|ing|ership)?|belongs?|intellectual property|IP)\b",
            r"\bbelongs?\b|\bown(?:s|ed|ing|ership)\b|\bkeeps?\b|\bassigned\b|\bproperty of\b",
        ),
        (r"\b(?:number|how many|size|capacity)\b", rf"\d|\b{_COUNT}\b"),
    )
)
"""What an aspect asks for, and how a text sounds that tells it.

Not ``evidence``'s demands: an aspect is a bare noun ("price"), no question, and whatever sum or
share one side tells is compared, where a question of what to pay is not answered by a grant.
"""

NEAR = 0.35
"""Cosine from which a statement without a word of an aspect may tell it."""

AS_GOOD = 0.9
"""Share of the best statement's worth from which a second one is quoted beside it."""

HEADING = 0.7
"""What a word of an aspect counts that only the heading above a statement holds."""


TITLE_WORDS = 6
"""Words of a paragraph up to which it may be the name of what follows."""


def told_of(draft: Draft, sides: Sequence[Side], aspect: str) -> list[Ranges]:
    """For each side the statements that tell an aspect, one or two, in page order; [] for none."""
    cells = []
    for side in sides:
        here = [other for other in sides if _stands(other) == _stands(side)]
        others = [other for other in here if other is not side]
        apart = {word for other in others for word in _spelled(other.said)}
        cells.append(_told(draft, side, aspect, _spelled(side.said) - apart, bool(others)))
    return cells


def _stands(side: Side) -> tuple[str, int | None]:
    return side.profile.id, side.way.start if side.way else None


def _told(draft: Draft, side: Side, aspect: str, named: set[str], only_named: bool) -> Ranges:
    """The statements of a side that tell an aspect.

    One tells it that holds its words, or is near to it in meaning, and has a number of the kind it
    asks for, if it asks for one. ``named`` are the side's own words; where both sides stand at one
    place, only what holds one of them is of this side.
    """
    index, profile = draft.index, side.profile
    asked = {r for r in words(aspect) if r not in ASKING}
    asked = {r for r in asked if r not in LIGHT_STEMS} or asked
    asks = _spelled(f"{aspect} {side.said}")
    named = named - _spelled(f"{profile.title} {side.way.name if side.way else ''}")
    tells = [told for wanted, told in TELLS if wanted.search(aspect)]
    vector = index.embedder.embed_question(" ".join((aspect, *sorted(named))))
    found: list[tuple[float, tuple[int, int]]] = []
    for passage in index.passages:
        if passage.profile != profile.id or passage.kind == "sources":
            continue
        if side.way and not side.way.start <= passage.start < side.way.end:
            continue
        said = index.statements[index.rows[passage.id]]
        near = index.statement_store.vectors(said.rows) @ vector
        for place, cosine in zip(said.ranges, near, strict=True):
            heading = _above(profile, passage, place[0])
            text = read_text(profile, *place)
            held = _share(draft, asked, set(words(text)))
            above = HEADING * _share(draft, asked, set(words(heading)))
            tells_it = any(told.search(text) for told in tells)
            if not {word for word in _spelled(text) if len(word) > 1} - asks:
                continue  # a title, such as "C. Clinics": it says no more than is asked
            if not (tells_it if tells else held or cosine >= NEAR):
                continue
            own = named & (_spelled(text) | _spelled(heading))
            if only_named and named and not named & _spelled(text):
                continue
            worth = max(held, above) + float(cosine) + (len(own) / len(named) if named else 0.0)
            found.append((worth, place))
    found.sort(key=lambda entry: (-entry[0], entry[1]))
    return sorted(p for worth, p in found[:MOST_STATEMENTS] if worth >= AS_GOOD * found[0][0])


def _above(profile: Profile, passage: Passage, start: int) -> str:
    """The heading a statement stands below, and the label between them, if any."""
    heading = passage.heading_path[-1] if passage.heading_path else ""
    before = [b for b in profile.blocks if b.path == passage.heading_path and b.end <= start]
    texts = [(block.kind, profile.text[block.start : block.end]) for block in before]
    labels = [text for kind, text in texts if kind == "label" or _is_title(kind, text)]
    return " ".join((heading, *labels[-1:]))


def _is_title(kind: str, text: str) -> bool:
    """Whether a paragraph is a line that only names what follows: "C. Clinics"."""
    return kind == "paragraph" and len(text.split()) <= TITLE_WORDS and text[-1] not in ".!?;,"


def _spelled(text: str) -> set[str]:
    """The words of a text in lower case, those of any topic too: "room B"."""
    return {word.lower() for word in surface_words(text)} - {"the", "of", "at", "for", "in", "and"}


def _share(draft: Draft, asked: set[str], held: set[str]) -> float:
    weights = {root: draft.index.wordbook.rarity(root) for root in sorted(asked)}
    total = sum(weights.values())
    return sum(w for root, w in weights.items() if root in held) / total if total else 0.0
