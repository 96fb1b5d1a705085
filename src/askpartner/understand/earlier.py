"""What the conversation before a turn was about: its newest partner, way to work and question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from askpartner.lexical import STOP_WORDS, words
from askpartner.understand.intent import SMALL_TALK
from askpartner.understand.names import WORD, Names
from askpartner.understand.subject import subject


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier turn of a conversation, oldest first."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """The turn whose subject a later one may lean on."""

    question: str
    partners: tuple[str, ...]
    offerings: tuple[tuple[str, int], ...]
    is_page: bool = False  # known only by the words that a reply quotes
    topic: str = ""  # what the question was of, where only a reply names the partner
    listed: tuple[str, ...] = ()  # the partners that the last reply names, in its order
    spoken: tuple[str, ...] = ()  # those that the asker named, the newest last


def without_small_talk(history: Sequence[Turn]) -> list[Turn]:
    """The conversation without greetings and the replies to them: they hold no topic."""
    kept: list[Turn] = []
    greeted = False
    for turn in history:
        if turn.role == "user":
            greeted = SMALL_TALK.match(turn.content) is not None
        if not greeted:
            kept.append(turn)
    return kept


def last_question(history: Sequence[Turn]) -> str:
    """What the asker said last; "" at the beginning."""
    return next((turn.content for turn in reversed(history) if turn.role == "user"), "")


def _last_reply(history: Sequence[Turn]) -> str:
    return next((turn.content for turn in reversed(history) if turn.role == "assistant"), "")


def subject_before(history: Sequence[Turn], names: Names) -> Earlier | None:
    """The newest turn that names a partner or a way to work, an asker's before a reply's.

    Of a partner, the way to work is meant that the reply to the last question is about.
    """
    question = ""
    partners: tuple[str, ...] = ()
    ways: tuple[tuple[str, int], ...] = ()
    for turn in reversed(history):
        if turn.role != "user":
            continue
        question = question or turn.content
        partners, ways = subject(names.find(turn.content), names, within=())
        if partners or ways:
            break
    reply, by_reply = _last_reply(history), not partners
    if by_reply:
        # What was answered first is what the reply is about.
        for turn in reversed(history):
            if turn.role == "assistant" and not partners:
                partners, ways = subject(names.find(turn.content)[:1], names, within=())
    if not partners:
        return None
    if len(partners) == 1 and not ways:
        ways = _replied_of(reply, partners[0], names)
    topic = ""
    if by_reply and not ways:
        topic = _named_there(last_question(history), partners[0], names)
    listed = tuple(dict.fromkeys(span[2] for span in names.find(reply) if span[3] is None))
    return Earlier(
        question, partners, ways, topic=topic, listed=listed, spoken=_spoken(history, names)
    )


def _spoken(history: Sequence[Turn], names: Names) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for turn in history:
        if turn.role == "user":
            for partner in subject(names.find(turn.content), names, within=())[0]:
                found.pop(partner, None)
                found[partner] = None
    return tuple(found)


def _named_there(question: str, identity: str, names: Names) -> str:
    """The words a question writes like a name, if a partner's page says them all."""
    typed = [
        word
        for word in WORD.findall(question)[1:]
        if word[0].isupper() and word.lower() not in STOP_WORDS
    ]
    said = words(names.profiles[identity].text)
    return " ".join(typed) if set(words(" ".join(typed))) <= set(said) else ""


def _replied_of(reply: str, identity: str, names: Names) -> tuple[tuple[str, int], ...]:
    """The one way to work of a partner that a reply names, or else quotes most of; else ()."""
    _, named = subject(names.find(reply), names, within=(identity,))
    own = [way for way in named if way[0] == identity]
    if own:
        return tuple(own) if len(own) == 1 else ()
    text = names.profiles[identity].text
    pieces = _pieces_of(reply, LEAST_QUOTED)
    held = [
        (sum(piece in text[way.start : way.end] for piece in pieces), (identity, way.start))
        for way in names.ways[identity]
    ]
    most = max((count for count, _ in held), default=0)
    found = tuple(way for count, way in held if count == most)
    return found if most and len(found) == 1 else ()


def page_before(read: str, history: Sequence[Turn], names: Names) -> Earlier | None:
    """The one page that the last reply quotes most of, where it says all names of this turn."""
    reply = _last_reply(history)
    pieces = _pieces_of(reply, LEAST_QUOTED_ANYWHERE)
    held = {i: sum(p in page.text for p in pieces) for i, page in names.profiles.items()}
    most = max(held.values(), default=0)
    found = [identity for identity, count in held.items() if count == most]
    if not most or len(found) != 1:
        return None
    said = set(words(names.profiles[found[0]].text))
    typed = [word for word in WORD.findall(read)[1:] if word[0].isupper()]
    if not set(words(" ".join(typed))) <= said:
        return None
    return Earlier(last_question(history), (found[0],), (), is_page=True)


LEAST_QUOTED = 2
"""Words of a piece of a reply that is looked for on the page of the partner it is about."""

LEAST_QUOTED_ANYWHERE = 3
"""Words of a piece of a reply that is looked for on every page."""

QUOTED_PIECE = re.compile(r"[\n“”\"()\[\]:;]|(?<=[.!?])\s")


def _pieces_of(reply: str, least: int) -> set[str]:
    """What a reply may quote: its pieces of so many words at least."""
    pieces = {piece.strip(" .,:;!?") for piece in QUOTED_PIECE.split(reply)}
    return {piece for piece in pieces if len(piece.split()) >= least}
