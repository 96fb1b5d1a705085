"""Vectors and the nearest of them. One contract; one file for each package that fulfils it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders import Vectors

Vector = NDArray[np.float32]
"""Shape (dimension,), length 1."""


class VectorStore(Protocol):
    """Unit vectors by row number, from 0. Never changed after it was built.

    Search is exact: the inner product (for unit vectors: the cosine) with every row counts.
    May be used from several threads.
    """

    @property
    def size(self) -> int:
        """How many rows there are."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def search(self, vector: Vector, count: int) -> list[tuple[int, float]]:
        """The ``count`` best rows with their inner products, best first, equal ones by row.

        Fewer only when there are fewer rows. Raises ValueError for a vector of another
        dimension or length, or a count below 1.
        """

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """The vectors of rows, bit for bit as given; shape (len(rows), dimension).

        Raises ValueError for a row that does not exist.
        """

    def to_bytes(self) -> bytes:
        """The store as bytes, the same for the same vectors."""
