"""How near a text comes to each word of a question, both read in their context.

A word that no rule relates to another ("refreshed", "updated") has a like vector where both stand
beside like words. Each word of the question is compared with its nearest word of the text: the late
interaction of Khattab and Zaharia, "ColBERT", SIGIR 2020, over words in place of word pieces, each
weighing its rarity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from askpartner.embedders import Vectors
from askpartner.evidence.question import QuestionWords
from askpartner.evidence.words import FUNCTION_WORDS
from askpartner.lexical import stem, surface_ranges

EmbedWords = Callable[[str, Sequence[tuple[int, int]]], Vectors]
"""A text and ranges of it -> one unit vector a range."""


def word_cosine(question: QuestionWords, text: str, embed: EmbedWords) -> float:
    """Mean over the question's content words of the cosine to the nearest word of a text.

    In [-1, 1]; 0 when either has no words.
    """
    weights = dict(zip(question.content, question.weight, strict=True))
    asked: dict[str, tuple[int, int]] = {}
    for start, end in surface_ranges(question.text):
        root = stem(question.text[start:end])
        if root in weights:
            asked.setdefault(root, (start, end))
    said = [
        (start, end)
        for start, end in surface_ranges(text)
        if text[start:end].lower() not in FUNCTION_WORDS
    ]
    total = sum(weights[root] for root in asked)
    if not said or not total:
        return 0.0
    cosines = embed(question.text, list(asked.values())) @ embed(text, said).T
    nearest = cosines.max(axis=1)
    return float(sum(weights[root] * nearest[at] for at, root in enumerate(asked)) / total)
