"""Request -> Hits: how much of the question a passage holds, and how near it is in meaning.

The two are added, not ranked against each other: both have a scale of their own that needs no
other passage (a share of the question's words, a cosine), and so a long question leans on its
words, a short one on its meaning. Adding ranks instead (reciprocal rank fusion) fell below the
better of the two on manuals. A reranker, when the index has one, then reads the question with
the best of them and may change their order. Does not judge whether a hit answers: that is
``evidence``'s.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from askpartner.index import Index
from askpartner.split import path_text
from askpartner.types import Hit, Request

DENSE_WEIGHT = 0.5
"""What a cosine counts beside the share of the question's words."""

CARRIED_WEIGHT = 0.5
"""What a word taken over, or told about the asker, counts beside one of the question."""

DEPTH = 300
"""How many of the nearest statements, and of the nearest passages, get a cosine."""

RERANK_WEIGHT = 0.06
"""What a logit of the reranker counts beside the scores: the best on every other question of four
sets, and near the best on the rest (``docs/models.md``)."""

LEAST_LOGIT = -12.0
"""Below this a logit counts as this much, so that a passage that was read never loses by it."""

NAMED = 0.35
"""Added to passages of the partner a question is about."""

NAMED_WAY = 0.25
"""Added to passages of the way to work a question is about."""


@lru_cache(maxsize=8)  # an answer needs it twice
def question_vector(request: Request, index: Index) -> NDArray[np.float32]:
    """The question's unit vector: with what it took over and what the asker told, if anything."""
    texts = [request.question]
    if request.text != request.question:
        texts.append(request.text)
    if request.situation:
        texts.append(request.situation)
    total = sum(index.embedder.embed_question(text) for text in texts)
    vector: NDArray[np.float32] = np.asarray(total / np.linalg.norm(total), dtype=np.float32)
    vector.setflags(write=False)
    return vector


def retrieve(request: Request, index: Index, *, count: int) -> tuple[Hit, ...]:
    """The ``count`` best passages with words below their heading, best first.

    How near a passage is, is the mean of how near it is as a whole and how near its nearest
    sentence is. Equal scores are in the order of passage ids.
    """
    if not index.passages:
        return ()
    vector = question_vector(request, index)
    asked = [(request.question, 1.0), (request.text, CARRIED_WEIGHT)]
    if request.situation:
        asked.append((request.situation, CARRIED_WEIGHT))
    shares = index.lexical.shares(asked)
    cosines = _cosines(vector, index, np.argsort(-shares, kind="stable")[:DEPTH])
    scores = shares + DENSE_WEIGHT * cosines
    for row, passage in enumerate(index.passages):
        if passage.profile in request.partners:
            scores[row] += NAMED
            if passage.heading_path and _is_named(request, passage.profile, passage.start, index):
                scores[row] += NAMED_WAY
        if passage.kind == "sources" or not passage.body.strip():
            scores[row] = -np.inf  # names of sources are no statements
    dense_ranks, lexical_ranks = _ranks(cosines), _ranks(shares)
    logits = _logits(request, vector, scores, index)
    for row, logit in logits.items():
        scores[row] += RERANK_WEIGHT * (max(logit, LEAST_LOGIT) - LEAST_LOGIT)
    best = [int(row) for row in np.argsort(-scores, kind="stable")[:count]]
    return tuple(
        Hit(
            rank=rank,
            score=round(float(scores[row]), 6),
            passage=index.passages[row],
            dense=round(float(cosines[row]), 6),
            lexical=round(float(shares[row]), 6),
            dense_rank=int(dense_ranks[row]),
            lexical_rank=int(lexical_ranks[row]),
            logit=logits.get(row),
        )
        for rank, row in enumerate(best, start=1)
        if np.isfinite(scores[row])
    )


def _logits(
    request: Request, vector: NDArray[np.float32], scores: NDArray[np.float32], index: Index
) -> dict[int, float]:
    """What the reranker says of the best rows; nothing without one.

    It reads the question as it stands alone, not what the asker told: with a whole situation
    before it, it fell far behind on gov.uk's questions.
    """
    if index.reranker is None:
        return {}
    best = np.argsort(-scores, kind="stable")[: index.rerank_hits]
    rows = [int(row) for row in best if np.isfinite(scores[row])]
    texts = [_read_text(row, vector, index) for row in rows]
    found = index.reranker.score(request.text, texts)
    return {row: round(float(logit), 6) for row, logit in zip(rows, found, strict=True)}


def _read_text(row: int, vector: NDArray[np.float32], index: Index) -> str:
    """A passage's headings, its nearest sentence and the two beside it.

    A third of the words, and as good as the whole passage on manuals, guidance and articles.
    """
    passage, said = index.passages[row], index.statements[row]
    path = path_text(passage.title, passage.heading_path)
    if not said.ranges:
        return f"{path}\n{passage.body}"
    near = [float(other @ vector) for other in index.statement_store.vectors(said.rows)]
    best = near.index(max(near))
    start = said.ranges[max(best - 1, 0)][0]
    end = said.ranges[min(best + 1, len(said.ranges) - 1)][1]
    return f"{path}\n{index.profiles[passage.profile].text[start:end]}"


def _is_named(request: Request, profile: str, start: int, index: Index) -> bool:
    for identity, way_start in request.offerings:
        if identity != profile or start < way_start:
            continue
        way = next(s for s in index.sections[identity] if s.start == way_start)
        here = next(s for s in index.sections[identity] if s.start <= start < s.end)
        if here.heading_path[: len(way.heading_path)] == way.heading_path:
            return True
    return False


def _cosines(
    vector: NDArray[np.float32], index: Index, rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """How near each passage is; -1 for those among the nearest in neither words nor meaning."""
    firsts = np.array([said.first for said in index.statements])
    near = {row for row, _ in index.store.search(vector, DEPTH)} | set(rows.tolist())
    if index.statement_store.size:
        found = [at for at, _ in index.statement_store.search(vector, DEPTH)]
        near.update((np.searchsorted(firsts, found, side="right") - 1).tolist())
    cosines = np.full(len(index.passages), -1.0, dtype=np.float32)
    for row in sorted(near):
        # Inner products one by one: a product of matrices rounds by its shape.
        whole = float(index.store.vectors([row])[0] @ vector)
        said = index.statements[row]
        parts = [float(other @ vector) for other in index.statement_store.vectors(said.rows)]
        cosines[row] = (whole + max(parts)) / 2 if parts else whole
    return cosines


def _ranks(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The rank of each value from 1, the largest first, equal ones in the order of rows."""
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1)
    return ranks
