"""Question and conversation -> Request: what is wanted, of which partners, for whom.

Deterministic: closed word lists, the directory's own names and the vocabulary its staff keep; no
model. A turn that stands alone is never changed by what was said before. Does not search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from askpartner.clauses import asked_directly
from askpartner.criteria import criteria_of
from askpartner.errors import QuestionError
from askpartner.followups import situation
from askpartner.types import Concept, Request
from askpartner.understand.carrying import carry, carry_words, list_before, narrowed_list
from askpartner.understand.earlier import Turn, without_small_talk
from askpartner.understand.intent import SMALL_TALK, asked_of_some_partner, wanted
from askpartner.understand.names import WORD, Directory, names_of
from askpartner.understand.several import asked_of_each
from askpartner.understand.subject import Scene, aspects, without_excepted
from askpartner.vocabulary import Vocabulary

__all__ = ["Turn", "asked_of_each", "understand"]

QUESTION_CHARACTERS = 4000
"""Longer questions are refused: no answer would be to all of it."""


def understand(
    question: str,
    history: Sequence[Turn],
    directory: Directory,
    *,
    drop: Sequence[str] = (),
    add: Sequence[str] = (),
) -> Request:
    """Read a question in its conversation.

    What the last turn lacks is carried over, and nothing else: the partner, the way to work, or,
    in "What about X?", what was asked. ``drop`` are entries of ``carried``, the situation, or names
    of criteria that the asker does not mean; ``add`` names concepts to look for besides. Raises
    QuestionError for a question without words or longer than ``QUESTION_CHARACTERS``, or a concept
    that is not in the vocabulary.
    """
    asked = _checked(question)
    added = _concepts_named(add, directory.vocabulary)
    names, dropped = names_of(directory), frozenset(drop)
    history = without_small_talk(history)
    told = _kept(situation([(turn.role, turn.content) for turn in history]), dropped)
    corrected = directory.correct(asked)
    read = asked_directly(_replace_words(_without_courtesies(asked), corrected))
    before = narrowed_list(read, history)
    narrowed = _kept(before, dropped)
    read, excepted = without_excepted(f"{narrowed} {read}".strip(), names)
    listed = _kept(list_before(read, history, names), dropped)
    # Thanks ask nothing, and some of a list are no partner's.
    is_whole = bool(narrowed) or SMALL_TALK.match(read) is not None
    scene = (
        Scene(read, (), (), ())
        if is_whole
        else carry(read, history, names, directory.vocabulary, dropped)
    )
    read = scene.text if scene.is_changed else read
    wants = wanted(read, scene, told, names, directory.vocabulary, goes_on=bool(listed), add=added)
    carried = tuple(filter(None, (narrowed, *scene.carried)))
    if listed and wants.intent == "list":
        carried = (listed,)
    # A partner taken away does not come back as mere words of the conversation.
    taken_away = before != narrowed or (
        bool(dropped)
        and bool(carry(wants.read, history, names, directory.vocabulary, frozenset()).carried)
    )
    alone = taken_away or wants.intent in ("list", "small_talk")
    if history and not carried and (not scene.partners or scene.is_page) and not alone:
        scene = carry_words(wants.read, scene, history, names, dropped)
        carried = scene.carried
    intent = wants.intent
    if intent == "fact" and not scene.partners and not carried:
        intent = asked_of_some_partner(scene, names) or intent
    criteria = criteria_of(
        intent, wants.read, told, aspects(wants.read, scene, names), wants.concepts, wants.kind
    )
    return Request(
        question=question,
        text=scene.text,
        intent=intent,
        partners=scene.partners,
        offerings=scene.offerings,
        criteria=tuple(criterion for criterion in criteria if criterion.name not in dropped),
        situation=told,
        carried=carried,
        corrected=corrected,
        dropped=tuple(dict.fromkeys(drop)),
        excepted=excepted,
    )


def _checked(question: str) -> str:
    """A question on one line. Raises QuestionError for one that cannot be read."""
    asked = " ".join(question.split())
    if not WORD.search(asked):
        raise QuestionError("the question has no words; type one")
    if len(asked) > QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(asked)} characters; at most {QUESTION_CHARACTERS} are read"
        )
    return asked


def _kept(said: str, dropped: frozenset[str]) -> str:
    """What was said before, unless the asker does not mean it."""
    return "" if said in dropped else said


GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day))\b(?: [\w'’]+){0,3}"
    r"\s*[,!.]\s*",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"(?<=[.?!])\s*(?:many |kind |best |warm )?(?:thanks|thank you|regards|wishes|cheers)\b[^?]*$",
    re.IGNORECASE,
)


def _without_courtesies(asked: str) -> str:
    """A question without its salutation and closing, unless nothing else is said."""
    read = CLOSING.sub("", GREETING.sub("", asked)).strip()
    return read if WORD.search(read) else asked


def _replace_words(text: str, corrected: Sequence[tuple[str, str]]) -> str:
    for typed, meant in corrected:
        text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", meant.replace("\\", r"\\"), text)
    return text


def _concepts_named(names: Sequence[str], vocabulary: Vocabulary) -> list[Concept]:
    known = {concept.name: concept for concept in vocabulary}
    for name in names:
        if name not in known:
            raise QuestionError(f"{name!r} is not in the vocabulary; it has: {', '.join(known)}")
    return [known[name] for name in names]
