"""The same question, written as people in a hurry write it: a typo, an acronym, another order.

Each variant asks what the question asks, so its labels hold. Knows words, not pages or labels.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Sequence

from askpartner.lexical import stem
from askpartner.understand.names import WORD

SHORTEST_MISTYPED = 6
"""Letters of the shortest word that is mistyped: a shorter one may become another word."""

SPELLED_ACRONYM = re.compile(r"\(([^()\s]*[A-Z0-9][^()\s]*[A-Z0-9][^()\s]*)\)\s*$")
"""An acronym in brackets at the end of a name: at least two capitals or digits, no spaces."""


def mistyped(question: str, known: Collection[str], chance: random.Random) -> str | None:
    """The question with one slip of the finger in one of its words, or None where none fits.

    Two neighbouring letters swapped, one left out or one doubled (three of the four slips of
    Damerau, Communications of the ACM 7(3), 1964), never the first letter. ``known`` are stems of
    words that the slip must not turn the word into.
    """
    spelled = [
        found
        for found in re.finditer(r"[^\W\d_]+", question)
        if len(found[0]) >= SHORTEST_MISTYPED and not found[0].isupper()
    ]
    chance.shuffle(spelled)
    for found in spelled:
        slips = _slips(found[0])
        chance.shuffle(slips)
        for slip in slips:
            if stem(slip) not in known and stem(slip) != stem(found[0]):
                return question[: found.start()] + slip + question[found.end() :]
    return None


def _slips(word: str) -> list[str]:
    """Every word one slip away, in order; none has another first letter."""
    swapped = [
        word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        for at in range(1, len(word) - 1)
        if word[at] != word[at + 1]
    ]
    left_out = [word[:at] + word[at + 1 :] for at in range(1, len(word))]
    doubled = [word[: at + 1] + word[at:] for at in range(1, len(word))]
    return list(dict.fromkeys((*swapped, *left_out, *doubled)))


def reordered(question: str, names: Sequence[str], chance: random.Random) -> str | None:
    """The question's words turned round a place between them; ``names`` are kept whole.

    "Who is Training at Alpha suitable for?" becomes "at Alpha suitable for Who is Training". None
    where there are too few words to turn.
    """
    pattern = "|".join(
        [re.escape(name) for name in sorted(set(names), key=lambda name: (-len(name), name))]
        + [r"\S+"]
    )
    pieces = re.findall(pattern, question.rstrip(" ?."))
    if len(pieces) < 3:
        return None
    at = chance.randrange(1, len(pieces))
    turned = " ".join([*pieces[at:], *pieces[:at]])
    return turned if _spelled(turned) == _spelled(question) else None


def _spelled(text: str) -> list[str]:
    return sorted(WORD.findall(text.casefold()))


def bracketed_acronym(name: str) -> str:
    """The acronym a name ends with in brackets, or ""."""
    found = SPELLED_ACRONYM.search(name)
    return found[1] if found else ""
