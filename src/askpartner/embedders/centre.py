"""The middle of what a model makes of ordinary texts, for models whose vectors all lie close.

Some models give any two texts a cosine of .5 and more. What a cosine says elsewhere (how near a
passage is, whether a word is another's neighbour, whether a window is evidence) supposes that
unrelated texts are near 0. Taking the common part away first makes cosines of such a model mean
the same and costs no quality (Mu and Viswanath, "All-but-the-Top", ICLR 2018, the mean alone).
The common part is that of the sentences below: of no corpus, so that no page changes it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PASSAGES: tuple[str, ...] = (
    "The company was founded in 1987 and employs about two hundred people.",
    "Applicants must send the form before the end of March.",
    "Press and hold the button until the light turns green.",
    "The desert is home to lizards, snakes and several kinds of rodents.",
    "In autumn the green pigment breaks down and other colours appear.",
    "The treaty was signed by the two kings after a war of nine years.",
    "The laboratory has twelve clean rooms and its own water supply.",
    "You may keep your benefits for up to four weeks while abroad.",
    "A landlord has to give notice in writing.",
    "The drug lowered blood pressure in most of the patients.",
    "Her second novel tells of a journey to a distant star.",
    "Iron ore is melted with coke and limestone in a tall furnace.",
    "When the contract ends, the deposit is paid back within ten days.",
    "Interest is charged from the first day of the following month.",
    "The museum is open every day except Monday.",
    "The river flows north and meets the sea near the old harbour.",
    "The band recorded the album in a small studio by the lake.",
    "The parliament has two chambers and sits in the capital.",
    "The team won the final by three goals to one.",
    "Mix the flour with eggs and milk and let the dough rest.",
)

QUESTIONS: tuple[str, ...] = (
    "What is the cost of the service?",
    "Who can apply for a grant?",
    "When was the company founded?",
    "How do I change the settings of my device?",
    "Which animals live in the desert?",
    "Why do leaves turn red in autumn?",
    "Where was the treaty signed?",
    "How many people work in the laboratory?",
    "Can I keep my benefits while abroad?",
    "What does the law say about tenants?",
    "Is the drug safe for children?",
    "Who wrote the first novel about space travel?",
    "How is steel made?",
    "What happens after the contract ends?",
    "Which bank offers the lowest rate?",
)


def middle(vectors: Sequence[NDArray[np.float32]]) -> list[float]:
    """The mean of vectors, each component rounded to six places so that it is written as it is."""
    mean = np.mean(np.asarray(vectors, dtype=np.float64), axis=0)
    return [round(float(value), 6) for value in mean]


def without_middle(vector: NDArray[np.float32], centre: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a unit vector has beside the middle, at length 1; itself when that is nothing."""
    rest = vector - centre
    length = np.sqrt(np.sum(rest * rest))
    if not length > 0:
        return vector
    found: NDArray[np.float32] = rest / length
    return found
