"""Whom a text is about, and what it says beyond that.

Reads one text; what earlier turns were about is ``earlier``'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askpartner.followups import situation
from askpartner.lexical import words
from askpartner.types import Request
from askpartner.understand.names import (
    WORD,
    Directory,
    Names,
    Span,
    names_of,
    partner_names,
    way_name,
)
from askpartner.wordbook import ASKING


@dataclass(frozen=True, slots=True)
class Scene:
    """The question with its subject settled."""

    text: str
    partners: tuple[str, ...]
    offerings: tuple[tuple[str, int], ...]
    carried: tuple[str, ...]
    is_changed: bool = False  # the question before, of another circumstance
    is_page: bool = False  # of a page that is no partner's: names are still to be carried over


def subject(
    spans: Sequence[Span], names: Names, *, within: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Partners and ways to work of the spans, in the order they are named.

    A way to work that several partners have is that of a partner named beside it, or else of the
    partner the conversation is about.
    """
    partners = list(dict.fromkeys(identity for _, _, identity, start, _ in spans if start is None))
    around = {*partners, *within, *(span[2] for span in spans if span[1] - span[0] > 1)}
    # A heading of one ordinary word ("Partnership") names a way only beside its partner.
    spans = [
        span
        for span in spans
        if span[3] is None or span[1] - span[0] > 1 or span[2] in around or span[4]
    ]
    ways: dict[tuple[str, int], None] = {}
    for at, *_ in spans:
        here = [(i, s) for a, _, i, s, _ in spans if a == at and s is not None]
        if any(a == at and s is None for a, _, _, s, _ in spans):
            continue
        near = [way for way in here if way[0] in partners] or [w for w in here if w[0] in within]
        ways.update(dict.fromkeys(near or here))
    for identity, _ in ways:
        if identity not in partners:
            partners.append(identity)
    return tuple(partners), tuple(ways)


def subject_of(
    text: str, directory: Directory, *, within: Sequence[str] = ()
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """The partners and the ways to work that a part of a question names.

    ``within`` as in ``subject``.
    """
    names = names_of(directory)
    return subject(names.find(text, inside=True), names, within=within)


EXCEPT = re.compile(
    r"\b(?:other than|except(?: for)?|besides|apart from|aside from|excluding)\s+(?:the )?",
    re.IGNORECASE,
)


def without_excepted(read: str, names: Names) -> tuple[str, tuple[str, ...]]:
    """A question without "other than X", and the profile ids that X names."""
    found = EXCEPT.search(read)
    spans = names.find(read[found.end() :]) if found else []
    first = [span for span in spans if span[0] == 0 and span[3] is None]
    if not found or not first:
        return read, ()
    last = list(WORD.finditer(read[found.end() :]))[first[0][1] - 1]
    rest = f"{read[: found.start()]}{read[found.end() + last.end() :].lstrip(' ,')}"
    return rest, tuple(dict.fromkeys(span[2] for span in first))


THE_PARTNER = re.compile(
    r"\b(?:the|this|that) (?:company|firm|organi[sz]ation|agency|university|polytechnic|hospital|"
    r"institute|institution|centre|center|laboratory|lab|partner|fund|accelerator|incubator)\b"
    r"(?! (?:of|for|that|which|who|with|in|at))",
    re.IGNORECASE,
)
"""Means the partner spoken of."""

SENTENCES = re.compile(r"(?<=[.!?;])\s+")


def aspects(text: str, scene: Scene, names: Names) -> list[str]:
    """Stems of a question's content words that neither name its subject nor only ask."""
    # What the asker tells of themselves is not what they ask.
    asked = " ".join(part for part in SENTENCES.split(text) if not situation([("user", part)]))
    return content_stems(asked, scene, names)


def content_stems(text: str, scene: Scene, names: Names) -> list[str]:
    """Stems of words that neither name the subject nor only ask."""
    taken: set[str] = set()
    for identity in scene.partners:
        taken.update(words(names.profiles[identity].title))
        taken.update(
            stem
            for form in partner_names(names.profiles[identity].title)
            for stem in words(" ".join(form))
        )
    for way in scene.offerings:
        taken.update(words(way_name(way, names)))
    spelled = WORD.findall(text)
    for first, last, identity, *_ in names.find(text):
        if identity in scene.partners:
            taken.update(words(" ".join(spelled[first:last])))
    return [root for root in words(text) if root not in taken and root not in ASKING]


def scene_of(request: Request) -> Scene:
    """What a request has settled."""
    return Scene(request.text, request.partners, request.offerings, request.carried)


def aspects_of(request: Request, directory: Directory) -> list[str]:
    """Stems of what is asked beyond whose page it is asked of and what kind of question it is."""
    return aspects(request.text, scene_of(request), names_of(directory))
