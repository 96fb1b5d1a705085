"""Question and conversation -> Request: which partners are meant, and what to look up.

Deterministic; uses the profiles' titles and nothing that was learned. Does not search.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from askpartner.errors import QuestionError
from askpartner.types import Profile, Request

QUESTION_CHARACTERS = 4000
"""Longer questions are refused: no answer would be to all of it."""

WORD = re.compile(r"[^\W_]+(?:[*&'’][^\W_]+)*")
REFERENCE = re.compile(
    r"\b(it|its|they|them|their|theirs|he|she|his|her|this|that|these|those|there|one|ones|"
    r"second|third|first|other|others|same|what about|how about)\b",
    re.IGNORECASE,
)
CONNECTIVES = frozenset("a an and at by for from in of on the to with".split())
FRAGMENT_WORDS = 3
"""A turn of at most this many words leans on the turn before it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier turn of a conversation, oldest first."""

    role: Literal["user", "assistant"]
    content: str


def understand(question: str, history: Sequence[Turn], profiles: Mapping[str, Profile]) -> Request:
    """Read a question in its conversation.

    A question that names a partner, or refers to nothing, is never changed. One that leans on the
    turn before ("and who is it for?") takes over the partner named last, nothing else.
    Raises QuestionError for a question without words or longer than ``QUESTION_CHARACTERS``.
    """
    asked = " ".join(question.split())
    if not WORD.search(asked):
        raise QuestionError("the question has no words; type one")
    if len(asked) > QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(asked)} characters; at most {QUESTION_CHARACTERS} are read"
        )
    names = {identity: partner_names(profile.title) for identity, profile in profiles.items()}
    partners = named_partners(asked, names)
    carried: tuple[str, ...] = ()
    if not partners and (REFERENCE.search(asked) or len(WORD.findall(asked)) <= FRAGMENT_WORDS):
        for turn in reversed(history):
            if turn.role == "user" and (earlier := named_partners(turn.content, names)):
                partners = earlier
                carried = tuple(profiles[identity].title for identity in earlier)
                break
    return Request(
        question=question, text=" ".join((asked, *carried)), partners=partners, carried=carried
    )


def partner_names(title: str) -> tuple[tuple[str, ...], ...]:
    """The names a title can be called by, each as case-folded words.

    The whole title, the title without what stands in brackets, the acronym in brackets, and the
    acronym of its capital letters ("Republic Polytechnic" is "RP").
    """
    bare = re.sub(r"\([^)]*\)", " ", title)
    forms = [title, bare, bare.split(",")[0], *re.findall(r"\(([^)]*)\)", title)]
    words = [word for word in WORD.findall(bare) if word.casefold() not in CONNECTIVES]
    if len(words) >= 2 and all(word[0].isupper() for word in words):
        forms.append("".join(word[0] for word in words))
    folded = (tuple(word.casefold() for word in WORD.findall(form)) for form in forms)
    return tuple(dict.fromkeys(name for name in folded if len("".join(name)) >= 2))


def named_partners(text: str, names: Mapping[str, tuple[tuple[str, ...], ...]]) -> tuple[str, ...]:
    """Ids of the profiles whose name stands in ``text``, in the order they are first named.

    Profiles named at the same place are in the order of their ids.
    """
    words = [word.casefold().removesuffix("'s").removesuffix("’s") for word in WORD.findall(text)]
    found: list[tuple[int, str]] = []
    for identity, forms in names.items():
        places = [
            at
            for form in forms
            for at in range(len(words) - len(form) + 1)
            if tuple(words[at : at + len(form)]) == form
        ]
        if places:
            found.append((min(places), identity))
    return tuple(identity for _, identity in sorted(found))
