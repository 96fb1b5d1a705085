"""Request -> Hits: vectors and words, each ranked on its own, then fused by rank.

Reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009. Does not judge whether a hit
answers the question: that is ``evidence.py``'s.
"""

from __future__ import annotations

import numpy as np

from askpartner.index import Index
from askpartner.types import Hit, Request

DEPTH = 100
"""How many passages of each ranking are fused."""

RANK_OFFSET = 60
"""The k of reciprocal rank fusion, as its authors set it."""


def retrieve(request: Request, index: Index, *, count: int) -> tuple[Hit, ...]:
    """The ``count`` best passages with words below their heading, best first.

    Passages of the partners a question names come before all others. Equal scores are in the
    order of passage ids.
    """
    vector = index.embedder.embed_question(request.text)
    dense = dict(index.store.search(vector, DEPTH))
    words = index.lexical.scores(request.text)
    by_words = np.argsort(-words, kind="stable")[:DEPTH]
    fused: dict[int, float] = {}
    for rank, row in enumerate(dense, start=1):
        fused[row] = 1 / (RANK_OFFSET + rank)
    for rank, row in enumerate(map(int, by_words), start=1):
        if words[row] > 0:
            fused[row] = fused.get(row, 0.0) + 1 / (RANK_OFFSET + rank)
    best_possible = 2 / (RANK_OFFSET + 1)
    named = set(request.partners)
    ranked = sorted(
        (row for row in fused if index.passages[row].body.strip()),
        key=lambda row: (
            index.passages[row].profile not in named,
            -fused[row],
            index.passages[row].id,
        ),
    )
    return tuple(
        Hit(
            rank=rank,
            score=fused[row] / best_possible,
            passage=index.passages[row],
            dense=dense[row] if row in dense else float(index.store.vectors([row])[0] @ vector),
            lexical=float(words[row]),
        )
        for rank, row in enumerate(ranked[:count], start=1)
    )
