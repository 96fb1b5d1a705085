"""One criterion, every profile: stated, not stated or excluded, each with the words that say so.

For questions about the directory as a whole ("Which partners …", "who suits us?"), which a list of
the best passages cannot answer: it neither counts nor knows what is missing. Silence is never "no".
Does not rank and does not write answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from askpartner.directory import kinds, way_at
from askpartner.lexical import without_addresses
from askpartner.types import Criterion, Offering, Profile, Statement
from askpartner.vocabulary import holds, is_kind

Stand = Literal["stated", "not_stated", "excluded"]

DENIAL = re.compile(
    r"\b(?:not|no|cannot|never|nor|neither|none|nobody)\b|n['’]t\b",
    re.IGNORECASE,
)
"""Words that turn a clause into its opposite."""

LEFT_OUT = re.compile(
    r"\b(?:without|except(?: for)?|excluding|excludes?|other than)\b", re.IGNORECASE
)
"""Words that deny what follows them and nothing before: "start-ups without funding" may apply."""

HALF_DENIAL = re.compile(
    r"\bnot (?:only|just|merely|least)\b|\bno (?:longer|later|fewer|less|more) than\b",
    re.IGNORECASE,
)
"""Words that look like a denial and are none."""

NON_WORD = re.compile(r"\bnon[-\u2010](\w+)", re.IGNORECASE)
"""A word with its own denial in it."""

RELATIVE = re.compile(r"\b(?:who|whom|whose|that|which|without)\b", re.IGNORECASE)
"""After these an entry says which of those it names are meant."""

GOES_ON = re.compile(
    r",\s+(?:under|with|in|on|at|by|from|after|before|if|as|when)\b", re.IGNORECASE
)
"""Ends what is left out: "free without registration, under an open licence"."""

CLAUSE = re.compile(r"[;:]|,\s+(?=(?:but|and|which|while|so)\b)|\bbut\b", re.IGNORECASE)
"""Where one clause ends and another begins. Not before "or": it goes on with what is denied."""


class Directory(Protocol):
    """What a survey needs of an index."""

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """By id, in the order of ids."""

    @property
    def offerings(self) -> Mapping[str, Sequence[Offering]]:
        """The ways to work with each partner, in page order, by profile id."""

    @property
    def said(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """What each profile states, in page order, by its id; see ``split.stated_ranges``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Where one profile, or one way to work with it, stands on a criterion.

    ``statements`` are the page's words: none exactly when it is not stated.
    """

    profile: str
    offering: Offering | None  # None: the partner as a whole
    stand: Stand
    statements: tuple[Statement, ...]


def survey(criterion: Criterion, directory: Directory) -> list[Finding]:
    """One finding a profile at least, in the order of titles; every profile is looked at.

    A profile that states or excludes it in some of its ways to work has a finding for each of
    those, in page order, and none for the others.
    """
    found: list[Finding] = []
    for profile in by_title(directory.profiles.values()):
        of_profile = survey_profile(criterion, profile, directory)
        known = [finding for finding in of_profile if finding.stand != "not_stated"]
        found.extend(known or [Finding(profile.id, None, "not_stated", ())])
    return found


def by_title(profiles: Iterable[Profile]) -> list[Profile]:
    """Profiles in the order of their titles, whatever their files are called; ties: by id."""
    return sorted(profiles, key=lambda profile: (profile.title.casefold(), profile.id))


def survey_profile(criterion: Criterion, profile: Profile, directory: Directory) -> list[Finding]:
    """A finding for the partner as a whole, then one for each of its ways to work, in page order.

    Sources state nothing. An audience is stated only by an entry of the page's own list of whom a
    way to work suits; anything else, by any statement or by the name of a way to work. What an
    entry of the list of whom it does not suit names, is excluded. What a partner is, is stated only
    where its page says so.
    """
    ways = directory.offerings[profile.id]
    if criterion.is_kind:
        said = tuple(one for one in kinds(profile) if is_kind(criterion, one.text))[:1]
        whole = Finding(profile.id, None, "stated" if said else "not_stated", said)
        return [whole, *(Finding(profile.id, way, "not_stated", ()) for way in ways)]
    general: list[tuple[int, int]] = []
    within: list[list[tuple[int, int]]] = [[] for _ in ways]
    for start, end in directory.said[profile.id]:
        way = way_at(ways, start)
        (within[ways.index(way)] if way else general).append((start, end))
    found = [_finding(criterion, profile, None, general)]
    found.extend(
        _finding(criterion, profile, way, ranges) for way, ranges in zip(ways, within, strict=True)
    )
    return found


def _finding(
    criterion: Criterion,
    profile: Profile,
    way: Offering | None,
    ranges: Sequence[tuple[int, int]],
) -> Finding:
    stated: list[Statement] = []
    excluded: list[Statement] = []
    audiences = {(a.start, a.end) for a in way.audiences} if way else set()
    unsuited = {(a.start, a.end) for a in way.unsuited} if way else set()
    name = way.name if way else ""
    for start, end in ranges:
        statement = Statement(profile.id, start, end, profile.text[start:end])
        text = without_addresses(statement.text)
        if not holds(criterion, text):
            continue
        if (start, end) in audiences:
            # "Professors who do not run a company": a denial after "who" turns nobody away.
            named = RELATIVE.split(text)[0]
            text = named if holds(criterion, named) else text
            if text != named and denies(criterion, text):
                continue
        if (start, end) in unsuited or denies(criterion, text):
            excluded.append(statement)
        elif not criterion.is_audience or (start, end) in audiences:
            stated.append(statement)
    # A way to work that is called so offers it: its heading says it.
    if not stated and way is not None and not criterion.is_audience and holds(criterion, name):
        start = way.start
        stated.append(Statement(profile.id, start, start + len(name), name))
    if excluded and not stated:
        return Finding(profile.id, way, "excluded", tuple(excluded))
    if stated:
        return Finding(profile.id, way, "stated", tuple(stated))
    return Finding(profile.id, way, "not_stated", ())


def denies(criterion: Criterion, text: str) -> bool:
    """Whether every clause of a text that names the criterion is a negative one."""
    named = [clause for clause in CLAUSE.split(text) if holds(criterion, clause)]
    return bool(named) and all(_is_denial(criterion, clause) for clause in named)


def _is_denial(criterion: Criterion, clause: str) -> bool:
    # "non-" denies what it stands before and nothing else: "non-profit hospitals" are hospitals.
    if not holds(criterion, NON_WORD.sub(" ", clause)) and holds(
        criterion, NON_WORD.sub(r"\1", clause)
    ):
        return True
    if DENIAL.search(HALF_DENIAL.sub("", clause)):
        return True
    return any(
        holds(criterion, GOES_ON.split(clause[found.end() :])[0])
        and not holds(criterion, clause[: found.start()])
        for found in LEFT_OUT.finditer(clause)
    )
