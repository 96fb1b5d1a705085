"""What anybody could use instead: BM25, the product's embedder alone, and their fusion by rank.

One text a unit: page title and heading path on a line, then the words below them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders import Embedder
from askpartner.index import Index

K1, B = 1.2, 0.75
FUSION_CONSTANT = 60
"""Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""

LIST_LENGTH = 100
"""How many of each list are fused."""

BASELINES = ("BM25", "embedder", "RRF")


class Baselines:
    """Rankings of the same texts by each baseline. Ties: the earlier text."""

    def __init__(
        self,
        texts: Sequence[str],
        index: Index,
        cache: Path,
        progress: Callable[[int, int, str], None],
    ) -> None:
        import bm25s
        import Stemmer

        self._stemmer = Stemmer.Stemmer("english")
        self._words = bm25s.BM25(k1=K1, b=B, method="lucene")
        self._words.index(self._tokens(list(texts)), show_progress=False)
        self._embedder = index.embedder
        self._vectors = _vectors(list(texts), index.embedder, cache, progress)

    def _tokens(self, texts: list[str]) -> Any:
        import bm25s

        return bm25s.tokenize(
            texts, stopwords="en", stemmer=self._stemmer, return_ids=False, show_progress=False
        )

    def rank(self, question: str) -> dict[str, tuple[list[int], float]]:
        """By baseline: the places of the best texts, best first, and the best one's score."""
        (tokens,) = self._tokens([question])
        known = [token for token in tokens if token in self._words.vocab_dict]
        lexical = (
            np.asarray(self._words.get_scores(known), dtype=np.float32)
            if known
            else np.zeros(len(self._vectors), dtype=np.float32)
        )
        dense = self._vectors @ self._embedder.embed([question])[0]
        by_words = [at for at in _best(lexical) if lexical[at] > 0]
        by_meaning = _best(dense)
        fused = np.zeros(len(dense))
        for ranked in (by_words, by_meaning):
            for rank, at in enumerate(ranked, start=1):
                fused[at] += 1 / (FUSION_CONSTANT + rank)
        by_both = [at for at in _best(fused) if fused[at] > 0]
        return {
            "BM25": (by_words, float(lexical.max(initial=0.0))),
            "embedder": (by_meaning, float(dense.max(initial=-1.0))),
            "RRF": (by_both, float(fused.max(initial=0.0))),
        }


def _best(scores: NDArray[Any]) -> list[int]:
    return [int(at) for at in np.argsort(-scores, kind="stable")[:LIST_LENGTH]]


def _vectors(
    texts: list[str],
    embedder: Embedder,
    cache: Path,
    progress: Callable[[int, int, str], None],
) -> NDArray[np.float32]:
    """One vector a text; those made by an earlier run for the same texts are read again."""
    digest = hashlib.sha256(embedder.fingerprint.encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    path = cache / f"baseline-{digest.hexdigest()[:16]}.npy"
    if path.is_file():
        kept: NDArray[np.float32] = np.load(path, allow_pickle=False)
        return kept
    rows = []
    for done, text in enumerate(texts, start=1):
        rows.append(embedder.embed([text])[0])
        progress(done, len(texts), "baseline texts")
    made: NDArray[np.float32] = np.stack(rows)
    for old in cache.glob("baseline-*.npy"):
        old.unlink()
    with path.open("wb") as file:
        np.save(file, made, allow_pickle=False)
    return made
