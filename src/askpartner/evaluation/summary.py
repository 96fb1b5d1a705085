"""Outcomes -> rows of figures, abstention and calibration: by tag and overall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askpartner.evaluation.measures import (
    BINS,
    OWN_MEASURES,
    bin_of,
    figure_of,
    right_known,
    surest_first,
)
from askpartner.evaluation.statistics import interval_of, value_of
from askpartner.evaluation.types import (
    Abstention,
    Calibration,
    Confusion,
    MeasureRow,
    Outcome,
    ReliabilityBin,
    RiskCoverage,
)


def measure_rows(outcomes: Sequence[Outcome], retrieval: Sequence[str]) -> tuple[MeasureRow, ...]:
    """A row a measure over all outcomes, then over those of each tag, tags in order.

    A tag has rows for the measures that any of its questions counts in; all questions together
    have a row for every measure.
    """
    tags = sorted({tag for outcome in outcomes for tag in outcome.question.tags})
    rows = []
    for tag in ("", *tags):
        chosen = [o for o in outcomes if not tag or tag in o.question.tags]
        for measure in (*retrieval, *OWN_MEASURES):
            row = measure_row(measure, tag, chosen)
            if row.value is not None or not tag:
                rows.append(row)
    return tuple(rows)


def measure_row(measure: str, tag: str, outcomes: Sequence[Outcome]) -> MeasureRow:
    """One figure with its interval over the outcomes that count in it."""
    figure, chosen = figure_of(measure, outcomes)
    value = value_of(figure, len(chosen))
    interval = None if value is None else interval_of(figure, len(chosen))
    low, high = interval or (None, None)
    return MeasureRow(measure, tag, value, low, high, len(chosen))


def abstention(outcomes: Sequence[Outcome]) -> Abstention:
    """Whether what cannot be answered is refused, and the risk of answering the surest share."""

    def value(measure: str) -> float | None:
        figure, chosen = figure_of(measure, outcomes)
        return value_of(figure, len(chosen))

    return Abstention(
        confusion=confusion(outcomes),
        precision=value("abstention_precision"),
        recall=value("abstention_recall"),
        auroc=value("AUROC"),
        risk_coverage=RiskCoverage(risk_coverage(outcomes), value("AURC")),
    )


def confusion(outcomes: Sequence[Outcome]) -> Confusion:
    """How many answerable and unanswerable questions were answered and refused."""
    counts = {(known, said): 0 for known in (True, False) for said in (True, False)}
    for outcome in outcomes:
        answerable = outcome.question.answerable
        if answerable is not None and not outcome.set_aside:
            counts[answerable, outcome.answered] += 1
    return Confusion(
        answerable_answered=counts[True, True],
        answerable_refused=counts[True, False],
        unanswerable_answered=counts[False, True],
        unanswerable_refused=counts[False, False],
    )


def risk_coverage(outcomes: Sequence[Outcome]) -> tuple[tuple[float, float], ...]:
    """Coverage and risk of the k surest questions, for every k; ties share their errors evenly."""
    counted = right_known(outcomes)
    groups: dict[float, list[bool]] = {}
    for key, outcome in zip(surest_first(counted), counted, strict=True):
        groups.setdefault(key, []).append(not (outcome.right and outcome.answered))
    points: list[tuple[float, float]] = []
    done, lost = 0, 0
    for key in sorted(groups, reverse=True):
        size, wrong = len(groups[key]), sum(groups[key])
        points.extend(
            ((done + k) / len(counted), (lost + wrong * k / size) / (done + k))
            for k in range(1, size + 1)
        )
        done, lost = done + size, lost + wrong
    return tuple(points)


def calibration(outcomes: Sequence[Outcome]) -> Calibration:
    """The reliability table of the answered questions, as far as it is known which are right."""
    counted = [outcome for outcome in right_known(outcomes) if outcome.answered]
    members: list[list[Outcome]] = [[] for _ in range(BINS)]
    for outcome in counted:
        members[int(bin_of(np.array([outcome.confidence]))[0])].append(outcome)
    bins = tuple(
        ReliabilityBin(
            low=at / BINS,
            high=(at + 1) / BINS,
            count=len(found),
            confidence=sum(o.confidence for o in found) / len(found) if found else None,
            right=sum(bool(o.right) for o in found) / len(found) if found else None,
        )
        for at, found in enumerate(members)
    )
    figure, chosen = figure_of("ECE", outcomes)
    return Calibration(bins, value_of(figure, len(chosen)), len(chosen))
