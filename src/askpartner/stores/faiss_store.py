"""Vectors in a flat FAISS index: the inner product with every row, nothing approximate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from askpartner.embedders import Vectors
from askpartner.stores import Vector

LENGTH_TOLERANCE = 1e-3
"""How far a vector's length may be from 1. Further off, inner products are not cosines."""


class FaissStore:
    """Fulfils ``VectorStore``."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors, *, dimension: int) -> FaissStore:
        """A store of ``vectors``, shape (rows, dimension), row numbers from 0; rows may be 0.

        Raises ValueError when the shape is another or a vector's length is not 1.
        """
        import faiss

        if vectors.ndim != 2 or vectors.shape[1] != dimension:
            raise ValueError(f"vectors of shape {vectors.shape}, expected (rows, {dimension})")
        _check_lengths(vectors)
        index = faiss.IndexFlatIP(dimension)
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def from_bytes(cls, data: bytes, *, dimension: int) -> FaissStore:
        """The reverse of ``to_bytes``. The bytes must be known to be undamaged.

        Raises ValueError when they hold another kind of index or dimension.
        """
        import faiss

        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError as error:
            raise ValueError(f"not a FAISS index: {error}") from error
        if type(index) is not faiss.IndexFlatIP or index.d != dimension:
            raise ValueError(
                f"{type(index).__name__} of dimension {index.d}, "
                f"expected IndexFlatIP of dimension {dimension}"
            )
        return cls(index)

    def to_bytes(self) -> bytes:
        """The store as bytes, the same for the same vectors."""
        import faiss

        data: bytes = faiss.serialize_index(self._index).tobytes()
        return data

    @property
    def size(self) -> int:
        """How many rows there are."""
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def search(self, vector: Vector, count: int) -> list[tuple[int, float]]:
        """The ``count`` best rows with their inner products, best first, equal ones by row."""
        import faiss

        if vector.shape != (self.dimension,):
            raise ValueError(f"a vector of shape {vector.shape}, expected ({self.dimension},)")
        if count < 1:
            raise ValueError(f"count is {count}, expected at least 1")
        _check_lengths(vector[np.newaxis])
        # Waking a second thread costs more than it saves on one query; the number is the calling
        # thread's own, so it is set each time.
        faiss.omp_set_num_threads(1)
        query = np.ascontiguousarray(vector[np.newaxis], dtype=np.float32)
        wanted = min(count, self.size)
        looked_at = min(wanted + 1, self.size)
        while looked_at:
            scores, rows = self._index.search(query, looked_at)
            # FAISS gives equal scores in any order and may cut between them: look on until the
            # last score is below the last one wanted, then all of its equals are here.
            if looked_at == self.size or scores[0, -1] < scores[0, wanted - 1]:
                found = sorted(
                    zip(rows[0].tolist(), scores[0].tolist(), strict=True),
                    key=lambda hit: (-hit[1], hit[0]),
                )
                return found[:wanted]
            looked_at = min(looked_at * 2, self.size)
        return []

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """The vectors of rows, bit for bit as given; shape (len(rows), dimension)."""
        wrong = [row for row in rows if not 0 <= row < self.size]
        if wrong:
            raise ValueError(f"no row {wrong[0]} in a store of {self.size}")
        if not rows:
            return np.empty((0, self.dimension), dtype=np.float32)
        found: Vectors = self._index.reconstruct_batch(np.array(rows, dtype=np.int64))
        return found


def _check_lengths(vectors: Vectors) -> None:
    lengths = np.linalg.norm(vectors, axis=1)
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= LENGTH_TOLERANCE))  # also when not a number
    if wrong.size:
        raise ValueError(
            f"vector {wrong[0]} has length {lengths[wrong[0]]:.6g}, expected 1: its inner "
            "products would not be cosines"
        )
