"""Text to unit vectors. One contract; one file for each package that fulfils it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (texts, dimension); each row of length 1."""


class Embedder(Protocol):
    """Turns texts into vectors whose inner product is the cosine.

    A text's vector depends on the text alone: not on the texts beside it, nor on their number.
    """

    @property
    def name(self) -> str:
        """The model's name, as the settings give it."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights, hexadecimal."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_pieces(self) -> int:
        """How many word pieces the model sees of a text, its own marks included."""

    def count_pieces(self, text: str) -> int:
        """Word pieces of a text, the model's own marks included, not cut at ``max_pieces``."""

    def embed(self, texts: list[str]) -> Vectors:
        """One unit vector a text, in order; shape (len(texts), dimension)."""

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """A question's unit vector, shape (dimension,).

        Differs from ``embed`` only for models that want other words before a question than
        before a passage.
        """

    def embed_words(self, text: str, ranges: Sequence[tuple[int, int]]) -> Vectors:
        """One unit vector a range of a text, each read in its context; shape (ranges, width).

        The width is the same for all texts. A range the model does not see (behind its last word
        piece, or without letters) has a vector of zeros.
        """
