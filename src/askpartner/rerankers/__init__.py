"""A question and texts to scores. One contract; one file for each package that fulfils it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Reranker(Protocol):
    """Reads a question and a text together and says how well the text answers it (cross-encoder).

    A pair's score depends on the pair alone: not on the texts beside it, nor on their number.
    """

    @property
    def name(self) -> str:
        """The model's name, as the settings give it."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights, hexadecimal."""

    @property
    def max_pieces(self) -> int:
        """How many word pieces the model sees of a pair, its own marks included."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """A logit a text, in order; shape (len(texts),).

        Above 0 the text is more likely to answer the question than not; mostly within ±12.
        """
