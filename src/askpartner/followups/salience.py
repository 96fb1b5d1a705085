"""How likely each name of a conversation is what a question is about.

A linear score over signs of salience (subject of a reply, first mentioned, how recent, how often,
agreement with the pronoun), in the tradition of Lappin and Leass, "An Algorithm for Pronominal
Anaphora Resolution", Computational Linguistics 20(4), 1994; here logistic, its weights fitted on
conversations and kept as plain numbers (``words.WEIGHTS``). In two stages: how likely the name is
what the whole conversation is about, and with that, how likely the question means it. Does not
change the question.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from askpartner.followups.names import (
    Case,
    Mention,
    Turn,
    content_words,
    entities,
    mentions,
)
from askpartner.followups.words import (
    ACTS,
    FEMALE,
    MALE,
    MANY,
    PLACE_WORDS,
    POINTER,
    PRONOUNS,
    STOP,
    THING,
    WEIGHTS,
)

Reference = Literal["person", "many", "thing", "none"]
"""What a question's pronouns point at; none: it has none that needs something said before."""

MORE = re.compile(r"\b(?:other|others|else|another|besides|aside)\b", re.IGNORECASE)
"""Asks for something beside what was named."""


def _pointing_words(question: str) -> set[str]:
    """The pronouns of a question that need something said before.

    "that" after a noun or a verb of saying opens a clause and points at nothing; "it" is empty in
    "is it usual that", which is left to the scorer.
    """
    tokens = re.findall(r"[a-z']+|[^a-z'\s]", question.lower())
    said = set()
    for place, word in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        after = tokens[place + 1] if place + 1 < len(tokens) else "?"
        if word == "that" and not (
            not after[0].isalpha() or not before or before in STOP or before in ("about", "like")
        ):
            continue
        if word in PRONOUNS:
            said.add(word)
    return said


def reference(question: str) -> Reference:
    """The kind of thing the question points at."""
    said = _pointing_words(question)
    if said & (MALE | FEMALE):
        return "person"
    if said & MANY:
        return "many"
    if said & (THING | POINTER):
        return "thing"
    return "none"


def _definite_nouns(question: str) -> set[str]:
    """The words behind "the", "this", "that": what the question takes as known."""
    lower = re.findall(r"[a-z0-9']+", question.lower())
    return {
        following
        for word, following in pairwise(lower)
        if word in POINTER or word == "the"
        if following not in STOP
    }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name the question may mean."""

    words: tuple[str, ...]  # its content words, lower case
    surface: str  # the form to write: its longest, of these the first mentioned
    signs: Mapping[str, float]  # of its salience, each about 0 to 1


def _signs(
    words: tuple[str, ...],
    group: Sequence[Mention],
    last: int,
    question: str,
    same: float,
) -> dict[str, float]:
    """Signs of one entity by itself. ``group``: its mentions; ``last``: the last turn's number;
    ``same``: the share of the asker's turns that point at the same kind of thing."""
    number = len(group)
    turns = {mention.turn for mention in group}
    nouns, own = _definite_nouns(question), set(content_words(question))
    user_turns = {mention.turn for mention in group if mention.role == "user"}
    acts = sum(mention.after in ACTS or mention.after.endswith("ed") for mention in group)
    owner = sum(mention.after in ("'s", "’s", "'", "’") for mention in group)
    lead = float(min(turns) <= 1)
    orders_last = [mention.order for mention in group if mention.turn == max(turns)]
    return {
        "bias": 1.0,
        "first_turn": float(0 in turns),
        "first_named": float(any(mention.turn <= 1 and mention.order == 0 for mention in group)),
        "lead": lead,
        "lead_same": lead * same,
        "same": same,
        "user": float(bool(user_turns)),
        "user_again": float(len(user_turns) >= 2),
        "last_user": float(last - 1 in turns),
        "last_reply": float(last in turns),
        "opens": float(any(mention.opens and mention.role != "user" for mention in group)),
        "later_in_reply": min(orders_last) / 4,
        "age": (last - max(turns)) / 6,
        "turns": len(turns) / max(1.0, (last + 1) / 2),
        "twice": float(len(turns) >= 2),
        "thrice": float(len(turns) >= 3),
        "forms": float(len({mention.words for mention in group}) > 1),
        "acts": acts / number,
        "actor": min(1.0, (acts + owner) / 3),
        "placed": sum(mention.before in PLACE_WORDS for mention in group) / number,
        "the": sum(mention.before == "the" for mention in group) / number,
        "quoted": sum(mention.before in ('"', "“", "'", "`") for mention in group) / number,
        "acronym": float(all(mention.surface.isupper() for mention in group)),
        "one_word": float(len(words) == 1),
        "two_words": float(len(words) == 2),
        "plural": float(words[-1].endswith("s") and not words[-1].endswith("ss")),
        "partly_said": float(bool(set(words) & own)),
        "noun_beside": float(
            any(mention.before in nouns or mention.after in nouns for mention in group)
        ),
        "guessed": sum(mention.guessed for mention in group) / number,
        "own_words": min(len(own), 6) / 6,
    }


def _candidates(question: str, history: Sequence[Turn]) -> list[Candidate]:
    """Names of the conversation the question does not already hold, sorted by their words."""
    case = Case([text for _, text in history] + [question])
    groups = entities(mentions(history, case))
    own = set(content_words(question))
    total = sum(len(group) for group in groups.values())
    most = max((len(group) for group in groups.values()), default=0)
    kind = reference(question)
    kinds = [reference(text) for role, text in history if role == "user"]
    same = sum(other == kind for other in kinds) / max(1, len(kinds))
    frequency = Counter(word for _, text in history for word in content_words(text))
    said = any(set(words) <= own for words in groups)
    spoken = _pointing_words(question)
    more = float(MORE.search(question) is not None)
    points = float(bool(spoken & POINTER))
    rows = []
    for words in sorted(groups):
        if set(words) <= own:
            continue
        group = groups[words]
        row = _signs(words, group, len(history) - 1, question, same)
        row["share"] = len(group) / total
        row["top"] = float(len(group) == most)
        row["top_same"] = row["top"] * same
        row["frequent"] = min(1.0, max(frequency[word] for word in words) / 6)
        row["rivals"] = min(len(groups), 10) / 10
        row["other_said"] = float(said)
        row["more_last"] = row["last_reply"] * more
        row["more_lead"] = row["lead"] * more
        row["points_last"] = row["last_reply"] * points
        row["points_lead"] = row["lead"] * points
        row["own_lead"] = row["lead"] * row["own_words"]
        best = min(
            group,
            key=lambda mention: (
                len(mention.words) != len(words),
                -len(mention.words),
                mention.turn,
                mention.order,
            ),
        )
        rows.append(Candidate(words, best.surface, row))
    return rows


def _likelihood(signs: Mapping[str, float], kind: str) -> float:
    total = sum(WEIGHTS[kind].get(name, 0.0) * value for name, value in signs.items())
    return 1.0 / (1.0 + math.exp(-total))


def _with_topic(found: Sequence[Candidate]) -> list[Candidate]:
    """First stage: how likely each name is what the whole conversation is about."""
    topic = [_likelihood(candidate.signs, "topic") for candidate in found]
    return [
        replace(
            candidate,
            signs={
                **candidate.signs,
                "topic": likely,
                "topic_lag": max(topic) - likely,
                "topic_best": float(likely == max(topic)),
            },
        )
        for candidate, likely in zip(found, topic, strict=True)
    ]


def ranked(question: str, history: Sequence[Turn]) -> list[tuple[Candidate, float]]:
    """The names a question may mean, each with how likely it is meant, in (0, 1).

    Likeliest first; ties: the alphabetically first. A name the question holds is none of them.
    ``history`` holds (role, content) turns, oldest first.
    """
    kind = reference(question)
    found = [
        (candidate, _likelihood(candidate.signs, kind))
        for candidate in _with_topic(_candidates(question, history))
    ]
    return sorted(found, key=lambda entry: (-entry[1], entry[0].words))
