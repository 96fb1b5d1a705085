"""Follow-up questions: carry over from the conversation only what the last turn lacks.

Every name of the conversation is an entity with mentions; the ones a question most likely means
(``salience``) are written in place of its first pronoun, or in brackets behind it. No model is
loaded.

What this does not do: it never changes a turn that stands alone, takes away no word but the one
pronoun it replaces, and never looks at the corpus (words that name partners may be passed in as
``known``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askpartner.followups.names import (
    SENTENCE,
    Case,
    Turn,
    content_words,
    entities,
    mentions,
    name_spans,
    tokenise,
)
from askpartner.followups.salience import Reference, ranked, reference
from askpartner.followups.words import (
    FEMALE,
    MALE,
    MANY,
    NOT_NAMES,
    POINTER,
    POSSESSIVE,
    PRONOUNS,
    STOP,
    THING,
)

__all__ = ["Carried", "Resolved", "Turn", "resolve", "situation"]

ELLIPSIS = re.compile(
    r"^(?:and|or|but|so|then|also|ok(?:ay)?|what about|how about|what else|why|when|where|how|who|"
    r"which one|any(?:thing)? (?:other|else|more)|tell me more|more)\b[\s,?.!]*$"
    r"|^(?:and|what about|how about|or|also)\b",
    re.IGNORECASE,
)


MOST_CARRIED = 2
"""How many names are carried over at most."""

STANDALONE_WORDS = 3.6
"""Content words that a question made to stand alone has more than before, on average."""

MARGIN = 0.05
"""By how much a name must be likelier than what would just be worth carrying over."""

MOST_OWN = 3
"""Content words up to which a short turn takes over what was asked before.

With more it asks something of its own: "And which teams won the second prize?".
"""

ASKED_BEFORE = 0.3
"""Weight of the previous question's words, which a bare "Why?" takes over; not measured."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Words taken over from the conversation. ``weight`` in (0, 1]: how likely they are meant."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """``text`` stands alone; ``carried`` is what it took over, likeliest first; () when nothing."""

    text: str
    carried: tuple[Carried, ...] = ()


_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|we|we're|we've|my|our|me|us)\b", re.IGNORECASE)
_TALK = re.compile(
    r"\b(?:i|we)(?:'m| am| are|'d| would| was)?\s+(?:also\s+|just\s+|really\s+|very\s+)*"
    r"(?:mean|meant|think|thought|see|wonder|wondering|guess|(?:a )?(?:big |huge |great )?fan|"
    r"curious|ask|asked|asking|know|understand|heard|read|agree|believe|"
    r"(?:be )?(?:like|love|want|need|wish|interested|keen|happy) to "
    r"(?:know|hear|ask|see|learn|understand|say))\b|"
    r"\b(?:i|we) (?:also |just |really )*(?:love|like)\b|"
    r"\b(?:tell|give|show) (?:me|us)\b|\bmay i\b|\bthank",
    re.IGNORECASE,
)
_IS_OR_WANTS = re.compile(
    r"\b(?:i am|i'm|we are|we're)\s+(?:an?|in|from|based|looking|interested)\b|"
    r"\b(?:i|we)(?:'d| would) (?:like|love)\b|"
    r"\b(?:i|we) (?:work|make|run|develop|build|sell|study|need|want|seek)\b",
    re.IGNORECASE,
)
"""Says who is asking, or for what, in however few words."""
TOLD = re.compile(rf"{SENTENCE.pattern}|;\s+|\s[-–—]\s+")
"""Between what is told and what is asked: "We are a hotel; who …?"."""

_ASKS = re.compile(
    r"\?|^\W*(?:and |so |but |ok |then )?(?:who|what|when|where|why|which|whose|how|is|are|was|"
    r"were|do|does|did|can|could|will|would|should|has|have|had|am|may|any|tell|give|list|show|"
    r"compare|explain|describe|please|[a-z]+ (?:me|us))\b",
    re.IGNORECASE,
)


def situation(history: Sequence[Turn]) -> str:
    """What the asker said about themselves: first-person statements that ask nothing.

    Unlike an old question this stays true for the next one, so a retriever should add it, with
    less weight than the question's own words.  Remarks about the talk itself ("I mean ...") are
    not a situation.  Returns "" when nothing was said.
    """
    return " ".join(text for turn in history if (text := _tells(turn)))


def _tells(turn: Turn) -> str:
    """The sentences of a user turn that tell and do not ask, if one is in the first person."""
    role, text = turn
    told = [
        sentence.strip()
        for sentence in TOLD.split(text)
        if role == "user"
        and len(content_words(sentence)) >= (1 if _IS_OR_WANTS.search(sentence) else 3)
        and not _ASKS.search(sentence)
        and not _TALK.search(sentence)
    ]
    return " ".join(told) if any(_FIRST_PERSON.search(sentence) for sentence in told) else ""


def _own_names(question: str, history: Sequence[Turn], known: frozenset[str]) -> bool:
    """Does the question name something itself, before any pronoun it uses?"""
    case = Case([text for _, text in history] + [question])
    for sentence in SENTENCE.split(question):
        tokens = tokenise(sentence)
        until = next(
            (at for at, word in enumerate(tokens) if word.lower() in PRONOUNS), len(tokens)
        )
        if any(
            start < until and len("".join(tokens[start:end])) > 1
            for start, end in name_spans(tokens, case)
        ):
            return True
        if known & set(content_words(" ".join(tokens[:until]))):
            return True
        if until < len(tokens):
            return False
    return False


def _insert(question: str, name: str, kind: Reference) -> str:
    """The first pronoun replaced by the name; in brackets at the end when there is none."""
    families = {"person": MALE | FEMALE, "many": MANY, "thing": THING | {"this", "that"}}
    for match in re.finditer(r"[A-Za-z]+", question):
        word = match[0].lower()
        if word not in families.get(kind, frozenset()):
            continue
        after = re.match(r"\s+([A-Za-z]+)", question[match.end() :])
        if word in POINTER and after and after[1].lower() not in STOP:
            continue
        owned = word in POSSESSIVE and not (
            word == "her" and not (after and after[1].lower() not in STOP)
        )
        return question[: match.start()] + name + ("'s" if owned else "") + question[match.end() :]
    return f"{question} ({name})"


def _asked_before(history: Sequence[Turn], question: str) -> str:
    """What the previous question asked, without the names and words already there."""
    asked = [text for role, text in history if role == "user" and not _tells((role, text))]
    if not asked:
        return ""
    have = set(content_words(question))
    return " ".join(word for word in content_words(asked[-1]) if word not in have)


_ONE = re.compile(
    r"\b(?:the|that|this) (?!(?:same|other|only|right|best|next|previous)\b)"
    r"(?:[\w-]+ ){1,3}ones?\b",
    re.IGNORECASE,
)
"""Means another thing of the kind asked about before, which "it" behind then means too."""


def _kind_before(question: str, history: Sequence[Turn]) -> str:
    """What "the timber one" is, in words of the question before without what sets its thing apart.

    "Tell me about the Welding Certificate" asked of a certificate.
    """
    if _ONE.search(question) is None:
        return ""
    asked = next((text for role, text in reversed(history) if role == "user"), "")
    case = Case([asked])
    names = [
        tokens[start:end]
        for tokens in map(tokenise, SENTENCE.split(asked))
        for start, end in name_spans(tokens, case)
    ]
    apart = {word for name in names[:1] for word in content_words(" ".join(name))}
    for name in names[:1]:
        if len(name) > 1:
            apart -= set(content_words(name[-1]))
    have = {*content_words(question), *apart, *NOT_NAMES}
    return " ".join(word for word in content_words(asked) if word not in have)


_PLACES_IN_ORDER = {
    "first": 0,
    "second": 1,
    "third": 2,
    "fourth": 3,
    "fifth": 4,
    "last": -1,
    "former": 0,
    "latter": -1,
}
_ORDINAL = re.compile(
    r"\bthe (first|second|third|fourth|fifth|last|former|latter)"
    r"(?: one\b| of (?:these|those|them)\b|(?<=er)\b|\s*[?.!]*\s*$)",
    re.IGNORECASE,
)


def _counted_name(question: str, history: Sequence[Turn]) -> str:
    """'The second one': that name of the last reply, in reading order; "" when there is none."""
    match = _ORDINAL.search(question)
    if match is None or not history:
        return ""
    found = mentions(history[-1:], Case(text for _, text in history))
    groups = entities(found)
    order = sorted(
        (min(mention.order for mention in group), group[0].surface) for group in groups.values()
    )
    place = _PLACES_IN_ORDER[match[1].lower()]
    return order[place][1] if -len(order) <= place < len(order) else ""


def resolve(
    question: str,
    history: Sequence[Turn],
    *,
    known: frozenset[str] = frozenset(),
    without: frozenset[str] = frozenset(),
) -> Resolved:
    """The question made to stand alone with at most ``MOST_CARRIED`` names of the conversation.

    ``history`` holds (role, content) turns, oldest first; role is "user" or "assistant".
    ``known`` are lower-case words that name partners: a question that holds one before any pronoun
    stands alone; nothing of ``without`` is carried. A name is carried when it is likelier than
    n / (2n + ``STANDALONE_WORDS``) + ``MARGIN``, n the content words of the question: from there
    on adding it raises the expected F1 of the question's words. Ties go to the alphabetically
    first name.
    """
    if not history:
        return Resolved(question)
    counted = _counted_name(question, history)
    if counted and counted not in without:
        return Resolved(f"{question} ({counted})", (Carried(counted, 1.0),))
    short = ELLIPSIS.search(question) is not None
    if not short and _own_names(question, history, known):
        return Resolved(question)
    if like := _kind_before(question, history):
        if like in without:
            return Resolved(question)
        return Resolved(f"{question} ({like})", (Carried(like, ASKED_BEFORE),))
    kind = reference(question)
    own = len(content_words(question))
    bar = own / (2 * own + STANDALONE_WORDS) + MARGIN
    text, carried, said = question, list[Carried](), set[str]()
    # What the asker told about themselves names nothing a question is about.
    talked = [turn for turn in history if not _tells(turn)]
    for candidate, likely in ranked(question, talked)[:MOST_CARRIED]:
        if candidate.surface in without:
            continue
        if likely > bar and not said & set(candidate.words):
            text = _insert(text, candidate.surface, "none" if carried else kind)
            carried.append(Carried(candidate.surface, round(likely, 3)))
            said.update(content_words(candidate.surface))
    asked = _asked_before(history, text) if short and own <= MOST_OWN else ""
    if asked and asked not in without:
        text = f"{text} ({asked})"
        carried.append(Carried(asked, ASKED_BEFORE))
    return Resolved(text, tuple(carried))
