"""What makes a passage on the right topic the wrong answer: a word replaced, denied or missing.

The kinds of near miss are those of Rajpurkar, Jia and Liang, "Know What You Don't Know", ACL 2018,
table 1. Words are aligned by their longest common subsequence (Hirschberg 1975).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np

from askpartner.evidence.demands import YEAR, told_unnamed
from askpartner.evidence.question import QuestionWords, is_negation, match_grade
from askpartner.evidence.words import (
    FUNCTION_WORDS,
    MONTHS,
    NUMBER_WORDS,
    OPPOSITES,
    ORDINAL_WORDS,
)
from askpartner.lexical import stem, surface_words

_DATED: Final = re.compile(  # texts of any topic also tell of years before any partner's
    rf"{YEAR}|\b(?:1[0-5]\d{{2}}|\d{{3,4}}\s?(?:BC|AD|CE|BCE))\b"
)
_TIME: Final = re.compile(
    r"\b(?:"
    + "|".join(MONTHS)
    + r"|\d{1,2}(?:st|nd|rd|th)[- ]century|[a-z]+teenth century|\d{2,4}0s|century|centuries|"
    r"BC|AD|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b|"
    r"(?i:\b(?:hours?|days?|weeks?|months?|years?) "
    r"(?:before|after|in advance|ahead|prior|ago|later)\b)"
)
_NUMBER: Final = re.compile(r"[£$€]?\d[\d,.]*%?")
_REASON: Final = re.compile(
    r"\b(?:because|since|due to|so that|in order to|as a result|therefore|thus|"
    r"to (?:avoid|prevent|ensure|make|reduce|help|protect|keep|allow)|"
    r"caused?|reasons?|result(?:s|ed|ing)?|owing to|purpose|led to)\b",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"(?<![\w$£€¥])(?<!\d[,.])(?=(?P<number>\d[\d,.]*|[a-z]+)(?P<what>(?:\s[\w-]+){1,3}))",
    re.IGNORECASE,
)
_LETTER: Final = r"[\w’'\-/&*.]"
_THING: Final = rf"(?<!{_LETTER})(?:{_LETTER}+ ){{0,3}}{_LETTER}+"  # of few words: no clause
_ENUMERATION: Final = re.compile(
    rf"{_THING}[,;] {_THING}[,;]? (?:and|or|&) \w|(?:{_THING}[,;] ){{3}}"
)
_ARTICLES: Final = frozenset(("the", "a", "an"))
_CAPITALISED: Final = re.compile(r"[^\W\d_a-z][\w’'\-.]*")


def kind_missing(question: QuestionWords, text: str) -> float:
    """1 when the text holds nothing of the expected kind that the question does not itself say.

    0 when it does, and for kinds of answer that words alone do not show (thing, manner, yes or no).
    """
    said = set(question.content)

    def fresh(piece: str) -> bool:
        return stem(piece.strip(".,")) not in said

    if question.kind == "time":
        found = any(
            fresh(match.group()) for pattern in (_DATED, _TIME) for match in pattern.finditer(text)
        )
    elif question.kind == "number":
        found = any(
            fresh(match.group()) and not _DATED.fullmatch(match.group().strip(".,"))
            for match in _NUMBER.finditer(text)
        ) or any(
            word.lower() in NUMBER_WORDS and word.lower() not in ORDINAL_WORDS and fresh(word)
            for word in surface_words(text)
        )
    elif question.kind in ("person", "place"):
        found = any(
            fresh(match.group()) and match.group().lower() not in FUNCTION_WORDS
            for match in _CAPITALISED.finditer(text)
            if match.start() > 0
        )
    elif question.kind == "reason":
        found = bool(_REASON.search(text))
    else:
        return 0.0
    return 0.0 if found else 1.0


_PEOPLE: Final = frozenset(map(stem, ("people", "persons")))
_PERSONS: Final = _PEOPLE | frozenset(
    map(
        stem,
        (
            *("adult", "participant", "volunteer", "patient", "member", "student", "employee"),
            *("staff", "worker", "trainee", "attendee", "guest", "visitor", "resident", "graduate"),
            *("apprentice", "scientist", "researcher", "engineer", "man", "woman", "child"),
        ),
    )
)


def counts(counted: str, text: str) -> bool:
    """Whether a text has a number before what is to be counted, a stem, two words between at most.

    "14 clean suites" counts suites; "24 weeks; the diploma" counts no diplomas. People may be
    counted by what they are there: "6,000 participants".
    """
    people = counted in _PEOPLE
    return any(
        stem(word) == counted or (people and stem(word) in _PERSONS)
        for found in _COUNTED.finditer(text)
        if found["number"][0].isdigit() or found["number"].lower() in NUMBER_WORDS
        for word in found["what"].split()
    )


def counts_up(text: str) -> bool:
    """Whether a text counts several things up, or announces a list of them."""
    return text.rstrip().endswith(":") or _ENUMERATION.search(text) is not None


def near_miss(question: QuestionWords, text: str, heading: frozenset[str]) -> dict[str, float]:
    """How one question is nearly, but not quite, met by one text: four features in [0, 1].

    ``heading`` holds the stems of page title and heading path: a name or word said there is said.
    replaced, negation_missing, opposite: see below. name_missing: 0 when every name is there, else
    .5 + .5 * the weight of the rarest that is not. A yes-or-no question is answered by words that
    deny it, or say its opposite, as well.
    """
    asked = [(word, stem(word)) for word in surface_words(question.text)]
    stems = [stem(word) for word in surface_words(text)]
    present = frozenset(stems)
    weight = {
        word: float(value) for word, value in zip(question.content, question.weight, strict=True)
    }
    lacking_names = [weight[name] for name in question.names if name not in present | heading]
    either = question.kind == "yesno"
    return {
        "replaced": _replaced(question, asked, stems, present | heading, weight),
        "negation_missing": _negation_missing(question, text),
        "name_missing": 0.5 + 0.5 * max(lacking_names) if lacking_names else 0.0,
        "opposite": 0.0 if either else _opposite(question, text, stems, present, weight),
    }


def _align(one: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    """Positions of one longest common subsequence (leftmost in ``one`` on ties)."""
    length = np.zeros((len(one) + 1, len(other) + 1), dtype=np.int32)
    for row in range(len(one) - 1, -1, -1):
        for column in range(len(other) - 1, -1, -1):
            length[row, column] = (
                length[row + 1, column + 1] + 1
                if one[row] == other[column]
                else max(length[row + 1, column], length[row, column + 1])
            )
    pairs: dict[int, int] = {}
    row = column = 0
    while row < len(one) and column < len(other):
        if one[row] == other[column]:
            pairs[row] = column
            row, column = row + 1, column + 1
        elif length[row + 1, column] >= length[row, column + 1]:
            row += 1
        else:
            column += 1
    return pairs


def _replaced(
    question: QuestionWords,
    asked: Sequence[tuple[str, str]],
    stems: Sequence[str],
    present: frozenset[str],
    weight: Mapping[str, float],
) -> float:
    """Weight of a question word standing between aligned words where the text has another word.

    Halved where only one side is aligned; times the share of the words around it that are said.
    Neither for a number behind the same word: "CFP 2028" is not "CFP 2026".
    """
    asked_stems = [root for _, root in asked]
    aligned = _align(asked_stems, stems)
    worst = 0.0
    for at, word in enumerate(asked_stems):
        if word not in weight or word in present or match_grade(word, present, question) >= 0.79:
            continue
        if word[:1].isdigit() and asked_stems[at - 1] in weight and at - 1 in aligned:
            there = stems[aligned[at - 1] + 1 : aligned[at - 1] + 2]
            if there and there[0][:1].isdigit():
                worst = max(worst, weight[word])
                continue
        before = max(
            (
                other
                for other in aligned
                if other < at
                and asked_stems[other] not in _ARTICLES
                and (asked_stems[other] in weight or at - other <= 2)
            ),
            default=None,
        )
        after = min((other for other in aligned if other > at), default=None)
        left = before is not None and at - before <= 2
        right = after is not None and after - at <= 2
        if left and right and before is not None and after is not None:
            gap = stems[aligned[before] + 1 : aligned[after]]
        elif left and before is not None:
            gap = stems[aligned[before] + 1 : aligned[before] + 3]
        elif right and after is not None:
            gap = stems[max(0, aligned[after] - 2) : aligned[after]]
        else:
            continue
        if len(gap) > 5 or not any(
            root not in asked_stems and root not in FUNCTION_WORDS for root in gap
        ):
            continue
        around = [
            root
            for root in (*asked_stems[max(0, at - 3) : at], *asked_stems[at + 1 : at + 4])
            if root in weight
        ]
        density = sum(root in present for root in around) / max(1, len(around))
        worst = max(worst, weight[word] * (1.0 if left and right else 0.5) * density)
    return worst


_ASKING_NEGATION: Final = re.compile(
    r"^(is|are|was|were|do|does|did|can|could|should|will|would|has|have|had)n['’]?t\b"
    r"|,\s*\w+n['’]t\s+\w+\s*\?\s*$"
)


_CONDITION: Final = re.compile(
    r"^(?:if\b[^,]*,(?P<then>.+)|(?P<asked>.+)(?<!know)(?<!wondering)(?<!wonder)(?<!tell me)\s"
    r"if\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
"""A condition is not what is asked: "When must we tell, if we do not want to renew?"."""


_PAYING: Final = frozenset(map(stem, ("pay", "paying", "paid", "cost", "charge", "fee", "payment")))
_FREE: Final = re.compile(r"\b(?:free|gratis|waived)\b", re.IGNORECASE)


def _negation_missing(question: QuestionWords, text: str) -> float:
    """1 when the question denies something and the text does not deny it.

    "Isn't it …?" and "…, doesn't it?" only ask; a leading "No, …" answers; what is denied in a
    condition is not asked. A yes-or-no question is answered by either.
    """
    if question.kind == "yesno" or _ASKING_NEGATION.search(question.text.lower().strip()):
        return 0.0
    condition = _CONDITION.search(question.text)
    main = (condition["asked"] or condition["then"]) if condition else question.text
    asked = [(word, stem(word)) for word in surface_words(main)]
    if not any(is_negation(word) for word, _ in asked):
        return 0.0
    said = [(word, stem(word)) for word in surface_words(text)]
    weight = set(question.content)
    for at, (word, _) in enumerate(asked):
        if not is_negation(word) or (at == 0 and word.lower() in ("no", "not")):
            continue
        denied = [root for _, root in asked[at + 1 : at + 6] if root in weight][:2] or [
            root for _, root in asked[max(0, at - 3) : at] if root in weight
        ][-1:]
        if _PAYING & set(denied) and _FREE.search(text):
            continue
        places = [place for place, (_, root) in enumerate(said) if root in denied]
        if places:
            kept = any(
                is_negation(near)
                for place in places
                for near, _ in (*said[max(0, place - 6) : place], *said[place + 1 : place + 3])
            )
        else:
            kept = any(is_negation(near) for near, _ in said)
        if not kept:
            return 1.0
    return 0.0


def _opposite(
    question: QuestionWords,
    text: str,
    stems: Sequence[str],
    present: frozenset[str],
    weight: Mapping[str, float],
) -> float:
    """1 when a question word is absent and its opposite stands near a matched word, else 0.

    Near: at most six words before or after it.
    """
    for word in question.content:
        against = _opposites().get(word, frozenset())
        if word in present or not against or told_unnamed(word, question.text, text):
            continue
        for at, other in enumerate(stems):
            if other in against and any(
                root in weight and root != other for root in stems[max(0, at - 6) : at + 7]
            ):
                return 1.0
    return 0.0


def opposite_said(word: str, stems: frozenset[str]) -> bool:
    """Whether an opposite of a stem is among ``stems``: "closed" speaks of what is "open"."""
    return bool(_opposites().get(word, frozenset()) & stems)


@cache
def _opposites() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for pair in OPPOSITES:
        one, other = (stem(word) for word in pair.split("/"))
        table.setdefault(one, set()).add(other)
        table.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in table.items()}
