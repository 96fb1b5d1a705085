"""Two reports of the same questions and pages -> Comparison: what got better, what got worse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from askpartner.errors import ComparisonRefused
from askpartner.evaluation.measures import GROUP_MEASURES, LESS_IS_BETTER, Numbers, figure_of
from askpartner.evaluation.statistics import PERCENTILES, resamples, sign_test
from askpartner.evaluation.types import (
    Comparison,
    MeasureChange,
    Outcome,
    QuestionChange,
    Report,
    Verdict,
)

OF_LABELS = "Judged"
"""Measures that tell how much of a ranking is labelled, which is neither better nor worse."""

EQUAL = 1e-9
"""Scores nearer than this are the same: sums of floats in another order differ in the last bits."""


def compare(
    before: Report,
    after: Report,
    *,
    names: tuple[str, str] = ("before", "after"),
    allow_different: bool = False,
) -> Comparison:
    """Two runs question by question; questions are paired by id.

    Differences are the second run's figure less the first's. Raises ComparisonRefused when the
    pages or the question sets are not the same, unless ``allow_different``, and when no question
    is in both.
    """
    different = [
        what
        for what, one, other in (
            ("corpus", before.corpus_fingerprint, after.corpus_fingerprint),
            ("questions", before.question_set_fingerprint, after.question_set_fingerprint),
        )
        if one != other
    ]
    if different and not allow_different:
        raise ComparisonRefused(
            f"{names[0]} and {names[1]} are not of the same {' and '.join(different)}, so their "
            "differences would say little; run both anew, or compare with --allow-different"
        )
    earlier = {outcome.question.id: outcome for outcome in before.outcomes}
    pairs = [(earlier[o.question.id], o) for o in after.outcomes if o.question.id in earlier]
    if not pairs:
        raise ComparisonRefused(f"{names[0]} and {names[1]} have no question in common")
    measures = [row.measure for row in after.rows if not row.tag]
    changes = (_measure_change(measure, pairs) for measure in measures)
    return Comparison(
        names=names,
        settings=_settings(before, after),
        allowed=tuple(different),
        rows=tuple(change for change in changes if change is not None),
        questions=tuple(_question_change(*pair) for pair in pairs),
    )


def _settings(before: Report, after: Report) -> tuple[tuple[str, str, str], ...]:
    one = {**before.settings, "askpartner": before.askpartner, "index": before.index_version}
    other = {**after.settings, "askpartner": after.askpartner, "index": after.index_version}
    names = dict.fromkeys((*one, *other))
    found = ((name, str(one.get(name, "")), str(other.get(name, ""))) for name in names)
    return tuple(entry for entry in found if entry[1] != entry[2])


# --- a measure ----------------------------------------------------------------------------------


def _measure_change(measure: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> MeasureChange | None:
    """The change of one measure; None where one of the runs has no figure."""
    if measure in GROUP_MEASURES:
        figures = [_over_all(measure, [pair[side] for pair in pairs]) for side in (0, 1)]
        wins, losses, count = 0, 0, len(pairs)
    else:
        pairs = [
            pair
            for pair in pairs
            if pair[0].scores.get(measure) is not None and pair[1].scores.get(measure) is not None
        ]
        figures = [_over_all(measure, [pair[side] for pair in pairs]) for side in (0, 1)]
        signs = [_sign(measure, difference(measure, *pair)) for pair in pairs]
        wins, losses, count = signs.count(1), signs.count(-1), len(pairs)
    if not pairs:
        return None
    one, other = (float(figure(np.ones((1, count)))[0]) for figure in figures)
    if np.isnan(one) or np.isnan(other):
        return None
    drawn = [figures[1](weights) - figures[0](weights) for weights in resamples(count)]
    values = np.concatenate(drawn)
    low, high = np.percentile(values[~np.isnan(values)], PERCENTILES)
    mean = measure not in GROUP_MEASURES
    return MeasureChange(
        measure=measure,
        before=one,
        after=other,
        difference=other - one,
        low=float(low),
        high=float(high),
        p=sign_test(wins, losses) if mean else None,
        wins=wins,
        losses=losses,
        ties=count - wins - losses if mean else 0,
        count=count,
    )


def _over_all(measure: str, outcomes: Sequence[Outcome]) -> Callable[[Numbers], Numbers]:
    """A figure that takes a weight for each outcome, also for those that do not count in it."""
    figure, chosen = figure_of(measure, outcomes)
    if not chosen:
        return lambda weights: np.full(len(weights), np.nan)
    return lambda weights: figure(weights[:, chosen])


def difference(measure: str, before: Outcome, after: Outcome) -> float:
    """How much more the second outcome scores; 0 when within ``EQUAL``. Both must count."""
    one, other = before.scores[measure], after.scores[measure]
    assert one is not None
    assert other is not None
    return 0.0 if abs(other - one) < EQUAL else other - one


def _sign(measure: str, value: float) -> int:
    sign = (value > 0) - (value < 0)
    return -sign if measure in LESS_IS_BETTER else sign


# --- a question ---------------------------------------------------------------------------------


def _question_change(before: Outcome, after: Outcome) -> QuestionChange:
    differences = {
        measure: difference(measure, before, after)
        for measure, score in after.scores.items()
        if score is not None and before.scores.get(measure) is not None
    }
    return QuestionChange(
        id=after.question.id,
        before=before,
        after=after,
        differences=differences,
        verdict=_verdict(before, after, differences),
        said_differently=_said(before.answer) != _said(after.answer),
    )


def _verdict(before: Outcome, after: Outcome, differences: Mapping[str, float]) -> Verdict:
    if before.right != after.right and None not in (before.right, after.right):
        return "win" if after.right else "loss"
    total = sum(
        -value if measure in LESS_IS_BETTER else value
        for measure, value in differences.items()
        if not measure.startswith(OF_LABELS)
    )
    return "tie" if abs(total) < EQUAL else "win" if total > 0 else "loss"


def _said(answer: Mapping[str, Any] | None) -> object:
    """What an asker sees of an answer, by which pages say it; nothing that only places it."""
    if answer is None:
        return None
    return (
        answer["status"],
        [(sentence["kind"], sentence["text"]) for sentence in answer["sentences"]],
        [(citation["profile"], citation["quote"]) for citation in answer["citations"]],
        [(link["label"], link["url"]) for link in answer["links"]],
    )
