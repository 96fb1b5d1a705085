"""What makes a passage on the right topic the wrong answer: a word replaced, denied or missing.

The kinds of near miss are those of Rajpurkar, Jia and Liang, "Know What You Don't Know", ACL 2018,
table 1. Words are aligned by their longest common subsequence (Hirschberg 1975).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

import numpy as np

from askpartner.evidence.demands import told_unnamed
from askpartner.evidence.question import QuestionWords, is_negation, match_grade
from askpartner.evidence.words import FUNCTION_WORDS, OPPOSITES
from askpartner.lexical import stem, surface_words

_ARTICLES: Final = frozenset(("the", "a", "an"))


def near_miss(
    question: QuestionWords, text: str, heading: frozenset[str], page: str = ""
) -> dict[str, float]:
    """How one question is nearly, but not quite, met by one text: four features in [0, 1].

    ``heading`` holds the stems of page title and heading path: a name or word said there is said.
    replaced, negation_missing, opposite: see below. name_missing: 0 when every name is there, else
    .5 + .5 * the weight of the rarest that is not; less when the ``page`` says it elsewhere. A
    yes-or-no question is answered by words that deny it, or say its opposite, as well.
    """
    asked = [(word, stem(word)) for word in surface_words(question.text)]
    stems = [stem(word) for word in surface_words(text)]
    present = frozenset(stems)
    weight = {
        word: float(value) for word, value in zip(question.content, question.weight, strict=True)
    }
    elsewhere = _page_stems(page) if question.names else frozenset()
    lacking_names = [
        (0.5 + 0.5 * weight[name]) * (ELSEWHERE if name in elsewhere else 1.0)
        for name in question.names
        if not {name, question.spelled_out.get(name)} & (present | heading)
        and not _is_acronym_of(name, question.text, text)
    ]
    either = question.kind == "yesno"
    return {
        "replaced": _replaced(question, asked, stems, present | heading, weight),
        "negation_missing": _negation_missing(question, text),
        "name_missing": max(lacking_names, default=0.0),
        "opposite": 0.0 if either else _opposite(question, text, stems, present, weight),
    }


@lru_cache(maxsize=200)
def _page_stems(page: str) -> frozenset[str]:
    return frozenset(stem(word) for word in surface_words(page))


ELSEWHERE = 0.6
"""How far a name is missing that only another part of the page says."""

LEAST_LETTERS = 3
"""Shorter acronyms are the initials of any two words."""


def _is_acronym_of(name: str, question: str, text: str) -> bool:
    """Whether a name in capitals is made of the initials of words that stand together."""
    typed = next((word for word in surface_words(question) if stem(word) == name), "")
    if typed[:-1].isupper():
        typed = typed.removesuffix("s")  # "MOUs"
    if len(typed) < LEAST_LETTERS or not typed.isupper():
        return False
    initials = "".join(word[0].lower() for word in surface_words(text))
    open_initials = "".join(
        word[0].lower() for word in surface_words(text) if word.lower() not in FUNCTION_WORDS
    )
    return typed.lower() in initials or typed.lower() in open_initials


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
_FOR_NOTHING: Final = re.compile(r"\bfor nothing\b|\bnothing but\b|\bnot only\b", re.IGNORECASE)
# What denies without a word of denial: a few may, all else may not.
_EXCLUDED: Final = re.compile(
    r"\b(?:only|unless|exclude[sd]?|excluding|except\w*|exempt\w*|reject\w*|refus\w+|"
    r"prohibit\w*|forbid\w*|forbidden|banned|barred|ineligible|waive[sd]?|free|instead|before|"
    r"limited to|restricted to|un(?=used|paid|secured|sold|opened)\w+|non|fails?|stops?|ends?|"
    r"otherwise|remaining|left ?over)\b|\bnon-",
    re.IGNORECASE,
)


def _negation_missing(question: QuestionWords, text: str) -> float:
    """1 when the question denies something and the text does not deny it.

    "Isn't it …?" and "…, doesn't it?" only ask; a leading "No, …" answers; what is denied in a
    condition is not asked. A yes-or-no question is answered by either.
    """
    if question.kind == "yesno" or _ASKING_NEGATION.search(question.text.lower().strip()):
        return 0.0
    condition = _CONDITION.search(question.text)
    main = (condition["asked"] or condition["then"]) if condition else question.text
    main = _FOR_NOTHING.sub(" ", main)
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
        if (_PAYING & set(denied) and _FREE.search(text)) or _EXCLUDED.search(text):
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


_SCALE: Final = re.compile(
    r"\b(?:how|years?|months?) (?P<scale>\w+)|\b(?P<phrase>end)\w* up\b", re.IGNORECASE
)


def _opposite(
    question: QuestionWords,
    text: str,
    stems: Sequence[str],
    present: frozenset[str],
    weight: Mapping[str, float],
) -> float:
    """1 when a question word is absent and its opposite stands near a matched word, else 0.

    Near: at most six words before or after it. "How old" asks where on a scale something stands,
    and so does who asks for both ends of it.
    """
    asked = frozenset(stem(word) for word in surface_words(question.text))
    scale = {stem(found["scale"] or found["phrase"]) for found in _SCALE.finditer(question.text)}
    for word in question.content:
        against = _opposites().get(word, frozenset())
        if word in present or not against or told_unnamed(word, question.text, text):
            continue
        if word in scale or against & asked:
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
