"""Do these passages answer this question? Decided from words, never from a retrieval score.

The best retrieval score hardly tells answerable from unanswerable questions, so what counts is
whether a window of sentences holds the question's own words, names and numbers, says something
of the kind asked for, and neither denies nor replaces what is asked. A logistic model with a few
features, each of which may only push one way, turns that into a probability.

Does not retrieve, and does not read answers out of the window.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders import Vectors
from askpartner.evidence.demands import (
    demand_unmet,
    demands_form,
    numbered_unmet,
    told_unnamed,
    year_unsaid,
)
from askpartner.evidence.kinds import counts, counts_up, kind_missing
from askpartner.evidence.near_miss import LEAST_LETTERS, near_miss
from askpartner.evidence.question import QuestionWords, match_grade
from askpartner.evidence.words import FUNCTION_WORDS
from askpartner.lexical import stem, surface_words, without_addresses
from askpartner.types import Hit

WINDOW_FEATURES = (
    *("passage_cosine", "window_cosine", "replaced", "negation_missing", "name_missing"),
    *("opposite", "kind_missing", "agreement", "form_apart"),
)
"""What a window is measured by."""

GAP_FEATURES = (
    *("absent_share", "head_absent", "demand_unmet", "named", "uncounted", "word_cosine"),
)
"""What is asked and not said there, known to whoever knows the directory and what is quoted."""

FEATURES = (*WINDOW_FEATURES, *GAP_FEATURES)
HITS_READ = 5
WINDOW_SENTENCES = 3
HEADING_GRADE = 0.7
"""A word that only the headings hold is covered this far."""

BEFORE_GRADE = 0.6
"""A word that only the sentence before says is said this far."""

KIND_PENALTY = 0.25
"""What a window loses for each kind of thing asked for that it does not hold.

No date for a "when", no number for a "how many", no money for a price, none of several things.
"""

COUNT_PENALTY = 0.5
"""What a window loses where something is to be counted and no number stands before it."""

AIM_WORTH = 0.25
"""What a window gains that says all the words without which it is no answer."""

HEADED_WORTH = 0.1
"""What a window gains whose own heading says all that is asked."""

CLOSE = 0.1
"""By how much less a window elsewhere on the page may be worth to be shown beside the best."""

SMALLEST_SAMPLE = 20
"""Below this many questions in a bin, no figure is shown."""


@dataclass(frozen=True, slots=True)
class HitText:
    """A hit with its sentences, list items and table rows, and their vectors."""

    hit: Hit
    ranges: tuple[tuple[int, int], ...]  # in the profile's text
    texts: tuple[str, ...]
    vectors: Vectors  # shape (texts, dimension)
    listed: tuple[bool, ...]  # whether a text is one of a list
    labels: tuple[str, ...] = ()  # what names the paragraph or list a text is of, "" without
    whose: frozenset[str] = frozenset()  # stems that tell whose page it is: folders, address
    page: str = ""  # the profile's whole text

    def window(self, first: int, count: int) -> str:
        """The words of ``count`` texts from ``first`` on."""
        return " ".join(self.texts[first : first + count])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured. ``features`` has every name of ``WINDOW_FEATURES``, all finite."""

    features: Mapping[str, float]
    coverage: float  # share of the question's content words, by weight, that is said there
    found: HitText | None  # None when there is nothing to read
    first: int  # the window: ``count`` sentences of ``found`` from this one on
    count: int
    covered: tuple[str, ...]  # content words of the question in the window or its headings
    missing: tuple[str, ...]
    absent: tuple[str, ...]  # of those, the ones that the whole passage does not say either
    next_best: tuple[HitText, int, int] | None = None  # a window elsewhere on the page, as good

    @property
    def text(self) -> str:
        """The window's words; "" when there is nothing to read."""
        return self.found.window(self.first, self.count) if self.found else ""


def measure(
    question: QuestionWords,
    asked: NDArray[np.float32],
    hits: Sequence[HitText],
    *,
    aims: Set[str] = frozenset(),
) -> Evidence:
    """The best window of one to three sentences among the first hits, and its features.

    ``asked`` is the question's vector; ``aims`` are the content words without which a window is no
    answer, known to whoever knows the directory. A window's worth is its coverage plus half its
    cosine, less a little for every further sentence and lower rank; ties: the earlier window.
    """
    hits = [hit for hit in hits[:HITS_READ] if hit.texts]
    total = float(question.weight.sum())
    if not hits or not question.content or total <= 0:
        return Evidence(
            dict.fromkeys(WINDOW_FEATURES, 0.0),
            coverage=0.0,
            found=None,
            first=0,
            count=0,
            covered=(),
            missing=question.content,
            absent=question.content,
        )
    dated = year_unsaid(question.text, "")
    aim = question.weight * [word in aims for word in question.content]
    windows: list[tuple[float, int, int, int, float, float]] = []
    grades: list[NDArray[np.float64]] = []
    contexts: list[NDArray[np.float64]] = []
    headings: list[frozenset[str]] = []
    for k, hit in enumerate(hits):
        passage = hit.hit.passage
        above = (passage.title, *passage.heading_path)
        # "What does PIXEL offer?": a page in PIXEL's folder need not say whose it is.
        whose = hit.whose & set(question.names)
        headings.append(_stems(" ".join(above)).union(whose, *map(_acronyms, above)))
        context = _grades(question, headings[k])
        heading = "\n".join(above)
        # Whose the page is stands above all of it; only what is asked of them tells sections apart.
        own = (
            _grades(question, _stems(above[-1]) - hit.whose)
            if passage.heading_path
            else 0 * context
        )
        headed = HEADED_WORTH * float((question.weight * own).sum() / total)
        grade = np.array([_said(question, text) for text in hit.texts])
        for at, label in enumerate(hit.labels):
            if label:
                below = HEADING_GRADE * _grades(question, _stems(label))
                grade[at] = np.maximum(grade[at], below)
        cosine = hit.vectors @ asked
        grades.append(grade)
        contexts.append(context)
        for first in range(len(hit.texts)):
            for count in range(1, min(WINDOW_SENTENCES, len(hit.texts) - first) + 1):
                held = grade[first : first + count].max(axis=0)
                held = np.maximum(held, HEADING_GRADE * context)
                coverage = float((question.weight * held).sum() / total)
                near = float(cosine[first : first + count].max())
                text = hit.window(first, count)
                worth = coverage + headed + 0.5 * near - 0.04 * (count - 1) - 0.02 * k
                if aims:
                    worth += AIM_WORTH * float((aim * held).sum() / max(aim.sum(), 1e-9))
                if question.kind in ("time", "number"):
                    worth -= KIND_PENALTY * kind_missing(question, text)
                if question.counted and not counts(question, text):
                    worth -= COUNT_PENALTY
                within = f"{heading}\n{text}"
                if demand_unmet(question.text, text) or numbered_unmet(question.text, within):
                    worth -= KIND_PENALTY
                if dated and year_unsaid(question.text, within):
                    worth -= KIND_PENALTY
                if question.several and not (
                    any(hit.listed[first : first + count]) or counts_up(text)
                ):
                    worth -= KIND_PENALTY
                windows.append((worth, k, first, count, coverage, near))
    windows.sort(key=lambda w: (-w[0], *w[1:4]))
    worth, k, first, count, coverage, near = windows[0]
    found = np.maximum(grades[k][first : first + count].max(axis=0), HEADING_GRADE * contexts[k])
    text = hits[k].window(first, count)
    top = hits[0].hit
    features = {
        "passage_cosine": max(hit.hit.dense for hit in hits),
        "window_cosine": near,
        "agreement": 1 / top.lexical_rank + 1 / top.dense_rank,
        "kind_missing": kind_missing(question, text, headings[k]),
        "form_apart": _form_apart(question, hits[k], first, count, grades[k], contexts[k]),
        **near_miss(question, text, headings[k], hits[k].page),
    }
    elsewhere = (
        (hits[at], start, length)
        for value, at, start, length, _, _ in windows
        if value >= worth - CLOSE
        and hits[at].hit.passage.profile == hits[k].hit.passage.profile
        and (at != k or start + length <= first or first + count <= start)
    )
    said = zip(question.content, found, strict=True)
    covered = {word for word, grade in said if grade >= 0.5}
    return Evidence(
        features=features,
        coverage=coverage,
        found=hits[k],
        first=first,
        count=count,
        covered=tuple(word for word in question.content if word in covered),
        missing=tuple(word for word in question.content if word not in covered),
        absent=tuple(
            word
            for word, grade in zip(
                question.content, np.maximum(grades[k].max(axis=0), contexts[k]), strict=True
            )
            if grade < 0.5 and word not in covered
        ),
        next_best=next(elsewhere, None),
    )


def _form_apart(
    question: QuestionWords,
    found: HitText,
    first: int,
    count: int,
    grade: NDArray[np.float64],
    context: NDArray[np.float64],
) -> float:
    """How much of what a window covers the one text of it does not that has the form asked for.

    "A room is let by the day. A boat costs $40." says rooms and a cost, not what a room costs. A
    sentence may go on from the one before it; an item of a list or a row stands by itself. 0 where
    no form is asked for, or no text has it.
    """
    if not (question.kind in ("time", "number", "person") or demands_form(question.text)):
        return 0.0
    weight = question.weight / question.weight.sum()
    covered = []
    for at in range(first, first + count):
        text = found.texts[at]
        if demand_unmet(question.text, text) or kind_missing(question, text):
            continue
        held = np.maximum(grade[at], context)
        if at > first and not found.listed[at] and not found.listed[at - 1]:
            held = np.maximum(held, BEFORE_GRADE * grade[at - 1])
        covered.append(float((weight * held).sum()))
    if not covered:
        return 0.0
    whole = np.maximum(grade[first : first + count].max(axis=0), context)
    return float((weight * whole).sum()) - max(covered)


def _stems(text: str) -> frozenset[str]:
    # What is each partner's own says nothing of who owns it.
    said = (word for word in surface_words(text) if word.lower() not in FUNCTION_WORDS)
    return frozenset(map(stem, said))


def _acronyms(heading: str) -> frozenset[str]:
    """What a heading may be called by the initials of its capitals: each run from the first on."""
    capitals = [word[0] for word in surface_words(heading) if word[0].isupper()]
    letters = "".join(capitals).lower()
    return frozenset(stem(letters[:end]) for end in range(LEAST_LETTERS, len(letters) + 1))


def _said(question: QuestionWords, text: str) -> NDArray[np.float64]:
    """How far a text says each content word of the question, or tells what it asks for."""
    told = [float(told_unnamed(word, question.text, text)) for word in question.content]
    return np.maximum(_grades(question, _stems(without_addresses(text))), told)


def _grades(question: QuestionWords, stems: frozenset[str]) -> NDArray[np.float64]:
    """How far each content word of the question is among ``stems``, in [0, 1]."""
    return np.array([match_grade(word, stems, question) for word in question.content])


@dataclass(frozen=True)
class Calibration:
    """One logistic model and what its scores have meant.

    log-odds = intercept + sum(coefficient * feature). ``bins``: lowest probability, how many
    answers were right, how many were given, on the project's own questions.
    """

    coefficients: Mapping[str, float]
    intercept: float
    bins: tuple[tuple[float, int, int], ...]

    def probability(self, features: Mapping[str, float]) -> float:
        """How likely the window answers the question, in (0, 1)."""
        odds = self.intercept + sum(
            coefficient * features[name] for name, coefficient in sorted(self.coefficients.items())
        )
        return 1 / (1 + math.exp(-odds))

    def observed(self, probability: float) -> tuple[int, int] | None:
        """How many answers with a score like this were right, and of how many.

        None when fewer than ``SMALLEST_SAMPLE`` were given.
        """
        found = [(right, asked) for low, right, asked in self.bins if probability >= low]
        return found[-1] if found and found[-1][1] >= SMALLEST_SAMPLE else None


@cache
def load_calibration() -> Calibration:
    """The calibration that comes with the package; ``benchmarks/calibrate.py`` writes it."""
    data = json.loads((resources.files(__package__) / "calibration.json").read_bytes())
    return Calibration(
        data["coefficients"],
        data["intercept"],
        tuple((low, right, asked) for low, right, asked in data["bins"]),
    )
