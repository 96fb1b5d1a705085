"""How far a figure can be trusted: bootstrap intervals and the sign test, the same every time.

Intervals are percentile bootstrap intervals over questions (Efron, Annals of Statistics 1979): the
questions are drawn anew with replacement ``RESAMPLES`` times by numpy's default generator, begun
from ``SEED`` for every interval, and the 2.5th and 97.5th percentile of the figure are its ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import comb

import numpy as np

from askpartner.evaluation.measures import Figure, Numbers

RESAMPLES = 1000
SEED = 20261123
PERCENTILES = (2.5, 97.5)

CELLS = 2_000_000
"""Weights held in memory at once: resamples times questions."""


def value_of(figure: Figure, count: int) -> float | None:
    """A figure over questions as they are; None where it has no value."""
    if not count:
        return None
    value = float(figure(np.ones((1, count)))[0])
    return None if np.isnan(value) else value


def interval_of(figure: Figure, count: int) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of a figure over ``count`` questions.

    Resamples in which the figure has no value (one without any unanswerable question, say) are
    left out. None with fewer than two questions, or when no resample has a value.
    """
    if count < 2:
        return None
    values = np.concatenate([figure(weights) for weights in resamples(count)])
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    low, high = np.percentile(values, PERCENTILES)
    return float(low), float(high)


def resamples(count: int) -> Iterator[Numbers]:
    """How often each of ``count`` questions is drawn, in blocks of (resamples, questions)."""
    if RESAMPLES * count <= CELLS:
        yield _whole(count)
        return
    draw = np.random.default_rng(SEED)
    left = RESAMPLES
    while left:
        block = min(left, max(1, CELLS // count))
        yield _block(draw, block, count)
        left -= block


@lru_cache(maxsize=4)
def _whole(count: int) -> Numbers:
    """All resamples at once: most figures of a report are over as many questions as another."""
    weights = _block(np.random.default_rng(SEED), RESAMPLES, count)
    weights.flags.writeable = False
    return weights


def _block(draw: np.random.Generator, block: int, count: int) -> Numbers:
    chosen = draw.integers(0, count, size=(block, count))
    # Each resample counts in a row of its own.
    shifted = chosen + np.arange(block)[:, None] * count
    weights = np.bincount(shifted.ravel(), minlength=block * count)
    return weights.reshape(block, count).astype(np.float64)


def sign_test(wins: int, losses: int) -> float:
    """Two-sided exact sign test: how likely so uneven a split is when both are as likely.

    In (0, 1]; ties are left out (Dixon and Mood, JASA 1946).
    """
    count = wins + losses
    tail = sum(comb(count, k) for k in range(min(wins, losses) + 1))
    return min(1.0, 2 * tail / (1 << count))
