"""How near a text comes to each word of a question, both read in their context.

A word that no rule relates to another ("refreshed", "updated") has a like vector where both stand
beside like words. Each word of the question is compared with its nearest word of the text: the late
interaction of Khattab and Zaharia, "ColBERT", SIGIR 2020, over words in place of word pieces, each
weighing its rarity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders import Vectors
from askpartner.evidence.question import QuestionWords
from askpartner.evidence.words import FUNCTION_WORDS
from askpartner.lexical import stem, surface_ranges

EmbedWords = Callable[[str, Sequence[tuple[int, int]]], Vectors]
"""A text and ranges of it -> one unit vector a range."""


@dataclass(frozen=True)
class AskedWords:
    """The content words of a question that it spells, read where they stand."""

    weight: NDArray[np.float64]  # of each, its rarity
    vectors: Vectors  # shape (words, dimension)


def asked_words(question: QuestionWords, embed: EmbedWords) -> AskedWords:
    """A question's words for ``word_cosine``: made once, compared with many texts."""
    weights = dict(zip(question.content, question.weight, strict=True))
    places: dict[str, tuple[int, int]] = {}
    for start, end in surface_ranges(question.text):
        root = stem(question.text[start:end])
        if root in weights:
            places.setdefault(root, (start, end))
    return AskedWords(
        np.array([weights[root] for root in places]), embed(question.text, list(places.values()))
    )


def word_cosine(asked: AskedWords, text: str, embed: EmbedWords) -> float:
    """Mean over the question's content words of the cosine to the nearest word of a text.

    In [-1, 1]; 0 when either has no words.
    """
    said = [
        (start, end)
        for start, end in surface_ranges(text)
        if text[start:end].lower() not in FUNCTION_WORDS
    ]
    total = float(asked.weight.sum())
    if not said or not total:
        return 0.0
    nearest = (asked.vectors @ embed(text, said).T).max(axis=1)
    return float((asked.weight * nearest).sum() / total)
