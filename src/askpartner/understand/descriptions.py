"""Partners and ways to work called by what they are: "the tourism board", "the drone academy".

Such a phrase is made of the words of one title or one heading, in any order, and only a definite
article or its owner before it says that a certain one is meant. Does not know any other name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askpartner.lexical import STOP_WORDS, stem
from askpartner.wordbook import ASKING, LIGHT_STEMS

MOST_WORDS = 5
"""Words of the longest phrase that is read."""

PLACED = frozenset("of for in on at to with through by from".split())
"""Prepositions that end the noun a title begins with: "Institute for Snow"."""

SAME = {
    stem("lab"): stem("laboratory"),
    stem("uni"): stem("university"),
    stem("poly"): stem("polytechnic"),
}
"""Short forms of what a title calls its partner."""

_WORD = re.compile(r"[^\W_]+(?:[*&'’][^\W_]+)*")


def described(word: str) -> str:
    """A word in the form in which descriptions are compared."""
    root = stem(word)
    return SAME.get(root, root)


@dataclass(frozen=True, slots=True)
class Described:
    """What one title or heading can be described by."""

    identity: str
    start: int | None  # of a way to work; None: the partner
    own: frozenset[str]  # its words, as ``described``
    beside: frozenset[str]  # for a way to work, the words of its page's title
    heads: frozenset[str]  # words that say what it is; one must be said
    rows: tuple[tuple[str, ...], ...]  # of a title: what ends like one of these names it too
    of_many: frozenset[str]  # its words that mean more than one, as written, lower case

    def fits(self, spelled: Sequence[str]) -> bool:
        """Whether a phrase is made of its words and says what it is."""
        if _is_of_many(spelled[-1]) and spelled[-1].lower() not in self.of_many:
            return False  # "the research institutes" are not the Research Institute
        said = tuple(described(word) for word in spelled)
        held = frozenset(said)
        if len(held & self.own) < 2 or not held <= self.own | self.beside:
            return False
        if any(said == row[-len(said) :] for row in self.rows):
            return True
        telling = [root for root in held & self.own if root not in LIGHT_STEMS | ASKING]
        heads = held & self.heads
        return any(root != head for head in heads for root in telling)


def describe(name: str, identity: str, start: int | None = None, *, title: str = "") -> Described:
    """A title, or the heading of a way to work of the page of that ``title``, unnumbered."""
    bare = re.sub(r"\([^)]*\)", " ", name)
    spelled = _content(bare)
    first = re.split(rf"\s(?:{'|'.join(sorted(PLACED))})\s|,", bare, maxsplit=1)[0]
    nouns = [described(word) for word in _content(first)]
    if start is not None:  # "AI Apprenticeship Programme" is the AI apprenticeship
        heavy = [root for root in nouns if root not in LIGHT_STEMS | ASKING]
        heads = {*nouns[-1:], *heavy[-1:]}
    else:
        heads = {*nouns[-1:], *(described(word) for word in spelled[-1:])}
    # "Regional Development Bank" is the development bank, a "Forest Owners Cooperative" the owners.
    ends = [at + 1 for at, word in enumerate(spelled) if _is_of_many(word)] + [len(nouns)]
    rows = [tuple(described(word) for word in spelled[:end]) for end in ends]
    return Described(
        identity,
        start,
        frozenset(map(described, spelled)),
        frozenset(map(described, _content(re.sub(r"\([^)]*\)", " ", title)))),
        frozenset(heads),
        tuple(rows) if start is None else (),
        frozenset(word.lower() for word in spelled if _is_of_many(word)),
    )


def meant_by(
    spelled: Sequence[str], at: int, described_by: Sequence[Described]
) -> tuple[int, Described] | None:
    """What the words from ``at`` on describe, and how many of them do; None where two things fit.

    The longest phrase decides; a partner is meant before a way to work of its own.
    """
    if not at or not (spelled[at - 1].lower() == "the" or _is_owner(spelled[at - 1])):
        return None
    end = at
    while end < len(spelled) and end - at < MOST_WORDS and spelled[end].lower() not in STOP_WORDS:
        end += 1
    for last in range(end, at + 1, -1):
        fits = [one for one in described_by if one.fits(spelled[at:last])]
        if not fits:
            continue
        partners = [one for one in fits if one.start is None]
        of_one = len({one.identity for one in fits}) == 1
        if not of_one or len(partners or fits) > 1 or _is_of_another(spelled, last, fits[0]):
            return None
        return last - at, (partners or fits)[0]
    return None


def _is_of_many(word: str) -> bool:
    plain = word.lower().replace("’", "'").removesuffix("'s")
    return plain.endswith("s") and stem(plain) != plain


def _is_owner(word: str) -> bool:
    return word.replace("’", "'").endswith("'s") and word[0].isupper()


def _is_of_another(spelled: Sequence[str], last: int, one: Described) -> bool:
    """Whether "of Norway" behind a phrase says that it is some other."""
    if last + 1 >= len(spelled) or spelled[last].lower() not in ("of", "for", "in"):
        return False
    behind = spelled[last + 1]
    return behind[0].isupper() and described(behind) not in one.own | one.beside


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.lower() not in STOP_WORDS]
