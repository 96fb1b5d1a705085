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

from askpartner.evidence.question import QuestionWords, is_negation, match_grade
from askpartner.evidence.words import (
    FUNCTION_WORDS,
    MONTHS,
    NUMBER_WORDS,
    OPPOSITES,
    ORDINAL_WORDS,
)
from askpartner.lexical import stem, surface_words

_YEAR: Final = re.compile(r"\b(?:1\d{3}|20\d{2}|\d{3,4}\s?(?:BC|AD|CE|BCE))\b")
_TIME: Final = re.compile(
    r"\b(?:"
    + "|".join(MONTHS)
    + r"|\d{1,2}(?:st|nd|rd|th)[- ]century|[a-z]+teenth century|\d{2,4}0s|century|centuries|"
    r"BC|AD|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)
_NUMBER: Final = re.compile(r"[£$€]?\d[\d,.]*%?")
_REASON: Final = re.compile(
    r"\b(?:because|since|due to|so that|in order to|as a result|therefore|thus|"
    r"to (?:avoid|prevent|ensure|make|reduce|help|protect|keep|allow)|"
    r"caused?|reasons?|result(?:s|ed|ing)?|owing to|purpose|led to)\b",
    re.IGNORECASE,
)
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
            fresh(match.group()) for pattern in (_YEAR, _TIME) for match in pattern.finditer(text)
        )
    elif question.kind == "number":
        found = any(
            fresh(match.group()) and not _YEAR.fullmatch(match.group().strip(".,"))
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


def near_miss(question: QuestionWords, text: str, heading: frozenset[str]) -> dict[str, float]:
    """How one question is nearly, but not quite, met by one text: four features in [0, 1].

    ``heading`` holds the stems of page title and heading path: a name or word said there is said.
    replaced, negation_missing, opposite: see below. name_missing: 0 when every name is there, else
    .5 + .5 * the weight of the rarest that is not.
    """
    asked = [(word, stem(word)) for word in surface_words(question.text)]
    said = [(word, stem(word)) for word in surface_words(text)]
    stems = [root for _, root in said]
    present = frozenset(stems)
    weight = {
        word: float(value) for word, value in zip(question.content, question.weight, strict=True)
    }
    lacking_names = [weight[name] for name in question.names if name not in present | heading]
    return {
        "replaced": _replaced(question, asked, stems, present | heading, weight),
        "negation_missing": _negation_missing(question, asked, said, weight),
        "name_missing": 0.5 + 0.5 * max(lacking_names) if lacking_names else 0.0,
        "opposite": _opposite(question, stems, present, weight),
    }


def _align(a: Sequence[str], b: Sequence[str]) -> dict[int, int]:
    """Positions of one longest common subsequence (leftmost in a on ties)."""
    length = np.zeros((len(a) + 1, len(b) + 1), dtype=np.int32)
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            length[i, j] = (
                length[i + 1, j + 1] + 1
                if a[i] == b[j]
                else max(length[i + 1, j], length[i, j + 1])
            )
    pairs: dict[int, int] = {}
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            pairs[i] = j
            i, j = i + 1, j + 1
        elif length[i + 1, j] >= length[i, j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _replaced(
    question: QuestionWords,
    asked: Sequence[tuple[str, str]],
    stems: Sequence[str],
    present: frozenset[str],
    weight: Mapping[str, float],
) -> float:
    """Weight of a question word standing between aligned words where the text has another word."""
    aligned = _align([s for _, s in asked], stems)
    own = {s for _, s in asked}
    worst = 0.0
    for i, (_, word) in enumerate(asked):
        if word not in weight or word in present or match_grade(word, present, question) >= 0.79:
            continue
        before = max(
            (k for k in aligned if k < i and (asked[k][1] in weight or i - k <= 2)), default=None
        )
        after = min((k for k in aligned if k > i), default=None)
        left = before is not None and i - before <= 2
        right = after is not None and after - i <= 2
        if left and right and before is not None and after is not None:
            gap = stems[aligned[before] + 1 : aligned[after]]
        elif left and before is not None:
            gap = stems[aligned[before] + 1 : aligned[before] + 3]
        elif right and after is not None:
            gap = stems[max(0, aligned[after] - 2) : aligned[after]]
        else:
            continue
        if len(gap) > 5 or not any(s not in own and s not in FUNCTION_WORDS for s in gap):
            continue
        around = [
            k
            for k in range(max(0, i - 3), min(len(asked), i + 4))
            if k != i and asked[k][1] in weight
        ]
        density = sum(asked[k][1] in present for k in around) / max(1, len(around))
        worst = max(worst, weight[word] * (1.0 if left and right else 0.5) * density)
    return worst


_ASKING_NEGATION: Final = re.compile(
    r"^(is|are|was|were|do|does|did|can|could|should|will|would|has|have|had)n['’]?t\b"
    r"|,\s*\w+n['’]t\s+\w+\s*\?\s*$"
)


def _negation_missing(
    question: QuestionWords,
    asked: Sequence[tuple[str, str]],
    said: Sequence[tuple[str, str]],
    weight: Mapping[str, float],
) -> float:
    """1 when the question denies something and the text does not deny it.

    "Isn't it …?" and "…, doesn't it?" only ask; a leading "No, …" answers.
    """
    if _ASKING_NEGATION.search(question.text.lower().strip()):
        return 0.0
    for i, (word, _) in enumerate(asked):
        if not is_negation(word) or (i == 0 and word.lower() in ("no", "not")):
            continue
        denied = [s for _, s in asked[i + 1 : i + 6] if s in weight][:2] or [
            s for _, s in asked[max(0, i - 3) : i] if s in weight
        ][-1:]
        places = [j for j, (_, s) in enumerate(said) if s in denied]
        if places:
            kept = any(
                is_negation(said[k][0])
                for j in places
                for k in (*range(max(0, j - 6), j), *range(j + 1, min(len(said), j + 3)))
            )
        else:
            kept = any(is_negation(w) for w, _ in said)
        if not kept:
            return 1.0
    return 0.0


def _opposite(
    question: QuestionWords,
    stems: Sequence[str],
    present: frozenset[str],
    weight: Mapping[str, float],
) -> float:
    """1 when a question word is absent and its opposite stands near a matched word, else 0.

    Near: at most six words before or after it.
    """
    for word in question.content:
        against = _opposites().get(word, frozenset())
        if word in present or not against:
            continue
        for j, other in enumerate(stems):
            if other in against and any(
                s in weight and s != other for s in stems[max(0, j - 6) : j + 7]
            ):
                return 1.0
    return 0.0


@cache
def _opposites() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for pair in OPPOSITES:
        a, b = (stem(word) for word in pair.split("/"))
        table.setdefault(a, set()).add(b)
        table.setdefault(b, set()).add(a)
    return {word: frozenset(others) for word, others in table.items()}
