"""The plain words of a list that no concept covers, and the sides of its "or".

Reads words only; does not know what else a question asks for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from askpartner.lexical import words
from askpartner.types import Criterion
from askpartner.wordbook import ASKING

COMPANIES = frozenset(words("company companies firm firms"))
NOUNS = frozenset(words("company firm institute"))
"""Words of asking that a kind may end with: "non-profit companies"."""
PUNCTUATION = ',.?!;:()"“”'
OR = re.compile(r"\s+or\s+(?P<article>an?\s+|the\s+|does\s+)?", re.IGNORECASE)


def tells(word: str) -> bool:
    """Whether a word says more than a stop word or one of asking does."""
    return any(root not in ASKING or root in NOUNS for root in words(word))


def in_words(text: str, stems: Sequence[str], doing: set[str]) -> Criterion:
    """A criterion no concept covers: plain words, shown as they were typed.

    Companies of a trade are shown as such: "insurance companies".
    """
    first, *others = _sides(text, stems, doing)
    told = first.union(*others)
    shown: list[str] = []
    is_told = False
    for word in text.split():
        of_trade = is_told and set(words(word)) <= COMPANIES and bool(words(word))
        is_told = bool(told & set(words(word))) or of_trade
        shown.append(word if is_told else "")
        is_told = is_told and word[-1] not in PUNCTUATION
    name = " ".join(dict.fromkeys(word.strip(PUNCTUATION) for word in shown if word))
    name = name or " ".join(stems)
    if others:  # from the first such word to the last, with the "or"
        end = len(shown) - [bool(word) for word in shown][::-1].index(True)
        start = [bool(word) for word in shown].index(True)
        name = " ".join(text.split()[start:end]).strip(PUNCTUATION)
    return Criterion(name, None, first, others=tuple(others))


def joined(found: list[Criterion], one: Criterion, covered: set[str]) -> list[Criterion]:
    """Criteria with one of plain words; a need that is a side of its "or" goes on with the others.

    "Interns, apprentices or trainees" are internships or one of the others.
    """
    sides = [one.stems, *one.others]
    apart = [side for side in sides if not side <= covered]
    if len(apart) == len(sides):
        return [*found, one]
    inside = [side for side in sides if side <= covered]
    needs = [c for c in found if any(_is_need(c, side) for side in inside)]
    if len(needs) != 1 or not apart:
        return found if any(side <= covered for side in one.others) else [*found, one]
    both = replace(needs[0], name=one.name, others=tuple(apart))
    return [both if criterion is needs[0] else criterion for criterion in found]


def _is_need(criterion: Criterion, said: frozenset[str]) -> bool:
    """Whether a criterion is a concept of what is sought that has these words."""
    concept = criterion.concept
    if concept is None or concept.kind != "need":
        return False
    return any(set(words(phrase)) == said for phrase in concept.words)


def _sides(text: str, stems: Sequence[str], doing: set[str]) -> list[frozenset[str]]:
    """What is looked for on each side of an "or", with the words all sides share.

    "An aquaculture lab or centre" is an aquaculture lab or an aquaculture centre, "won a prize or
    an award" a prize won or an award won. Commas before it part sides as it does.
    """
    joint = OR.search(text)
    sides: list[list[str]] = []
    # From the "or" back, as long as a whole part between commas tells something.
    for part in text[: joint.start()].split(",")[::-1] if joint else ():
        said = part.split()
        side = list(takewhile(tells, reversed(said)))[::-1]
        if side:
            sides.insert(0, side)
        if len(side) < len(said) or not side:
            break
    other = list(takewhile(tells, text[joint.end() :].split())) if joint else []
    if joint is None or not sides or not other:
        return [frozenset(stems)]
    one = sides[-1]
    # "Shipping companies or shipyards": no shipping shipyards.
    is_shared = joint["article"] is None and len(sides) == 1 and not {*words(one[-1])} <= COMPANIES
    if is_shared and len(other) < len(one):
        other = [*one[: len(one) - len(other)], *other]
    found = [set(words(" ".join(side))) for side in (*sides, other)]
    if len(found) > 2:  # what is done is done with all of them
        found = [side - doing or side for side in found]
    shared = set(stems).difference(*found)
    return [frozenset(shared | (side - COMPANIES or side)) for side in found]
