"""A question of several names: asked of each of them, or comparing them."""

from __future__ import annotations

import re
from itertools import pairwise
from string import ascii_lowercase

from askpartner.sides import Comparison, comparison_in
from askpartner.understand.names import WORD, Directory, Names, names_of


def asked_of_each(question: str, directory: Directory) -> dict[str, str]:
    """A question about "A, B and C", asked of each: the question by the name in it.

    Empty where fewer than two names stand in a row, or others stand elsewhere.
    """
    asked = " ".join(question.split())
    said = list(WORD.finditer(asked))
    spans = sorted({span[:2] for span in names_of(directory).find(asked)})
    places = [(said[first].start(), said[last - 1].end()) for first, last in spans]
    if len(places) < 2 or TOGETHER.search(asked) or GENITIVE.search(asked[: places[-1][1]]):
        return {}
    between = ((before[1], after[0]) for before, after in pairwise(places))
    if not all(AND_NEXT.fullmatch(asked, *place) for place in between):
        return {}
    start, end = places[0][0], places[-1][1]
    return {
        asked[first:last]: f"{asked[:start]}{asked[first:last]}{asked[end:]}"
        for first, last in places
    }


AND_NEXT = re.compile(
    r"\s*(?:,|&|,?\s*\b(?:and|or|as well as)\b(?:\s+also\b)?(?:\s+the\b)?)\s*", re.IGNORECASE
)
TOGETHER = re.compile(
    r"\b(?:together|each other|one another|both|same|shared?|sharing|common|joint(?:ly)?|merged?|"
    r"between|overlap\w*|total|sum|altogether|cooperat\w*|co-operat\w*|collaborat\w*|"
    r"different|differ\w*)\b",
    re.IGNORECASE,
)
"""What is asked of several at once, not of each."""

GENITIVE = re.compile(r"['’]s$")  # "A and B's office" may be theirs together


def comparison_of(text: str, directory: Directory) -> Comparison | None:
    """What a text compares; the "and" or comma of a name parts no sides."""
    return compared(text, names_of(directory))


def compared(text: str, names: Names) -> Comparison | None:
    """``comparison_of`` where the names are at hand."""
    said = list(WORD.finditer(text))
    spans = dict.fromkeys(span[:2] for span in names.find(text))
    whole = {
        f"{HELD}{letter}": text[said[first].start() : said[last - 1].end()]
        for letter, (first, last) in zip(ascii_lowercase, spans, strict=False)
    }
    whole = {held: name for held, name in whole.items() if JOINT.search(name)}
    for held, name in whole.items():
        text = text.replace(name, held)
    found = comparison_in(text)
    if found is None:
        return None

    def named(part: str) -> str:
        return re.sub(rf"{HELD}[a-z]", lambda held: whole.get(held[0], held[0]), part)

    return Comparison(tuple(map(named, found.sides)), tuple(map(named, found.aspects)))


HELD = "Namewithjoint"
"""Stands for a name while the question is parted."""

JOINT = re.compile(r",|\b(?:and|to|with|or|versus|of|for|in|on|at|by)\b", re.IGNORECASE)
