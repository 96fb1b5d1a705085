"""Question and conversation -> Request: what is wanted, of which partners, for whom.

Deterministic: closed word lists, the directory's own names and the vocabulary its staff keep; no
model. A turn that stands alone is never changed by what was said before. Does not search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from askpartner.criteria import criteria_of, kinds_asked
from askpartner.errors import QuestionError
from askpartner.followups import resolve, situation
from askpartner.types import Concept, Request
from askpartner.understand.carrying import carry, list_before, narrowed_list
from askpartner.understand.earlier import Turn, without_small_talk
from askpartner.understand.intent import _asked_of_concepts, _intent, asked_of_some_partner
from askpartner.understand.names import WORD, Directory, names_of
from askpartner.understand.several import asked_of_each
from askpartner.understand.subject import OF_OTHERS, THE_PARTNER, Scene, aspects, without_excepted
from askpartner.vocabulary import Vocabulary, concepts_in

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
    asked = " ".join(question.split())
    if not WORD.search(asked):
        raise QuestionError("the question has no words; type one")
    if len(asked) > QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(asked)} characters; at most {QUESTION_CHARACTERS} are read"
        )
    corrected = directory.correct(asked)
    read = _replace_words(_without_courtesies(asked), corrected)
    names = names_of(directory)
    history = without_small_talk(history)
    before = narrowed_list(read, history)
    narrowed = "" if before in drop else before
    read = f"{narrowed} {read}".strip()
    turns = [(turn.role, turn.content) for turn in history]
    told = situation(turns)
    told = "" if told in drop else told
    read, excepted = without_excepted(read, names)
    listed = list_before(read, history, names)
    scene = carry(read, history, names, directory.vocabulary, frozenset(drop))
    if OF_OTHERS.search(read) and scene.partners and not scene.carried and not scene.offerings:
        scene = Scene(read, (), (), ())  # whoever is named is looked for on the others' pages
    if scene.is_changed:
        read = scene.text
    added = _concepts_named(add, directory.vocabulary)
    intent = _intent(scene, names, told)
    kind = None
    if intent in ("list", "fact") and not scene.partners:
        asked_for = kinds_asked(read, names.kinds, directory.vocabulary)
        if asked_for is not None:
            intent = "list"
            kind, read = asked_for
    if listed and listed not in drop and concepts_in(read, directory.vocabulary):
        intent = "list"
    if added and intent != "list":
        intent = "match"
    concepts = concepts_in(f"{told}\n{read}" if intent == "match" else read, directory.vocabulary)
    concepts = tuple(dict.fromkeys((*concepts, *added)))
    if intent == "fact" and concepts and not (scene.carried and THE_PARTNER.search(read)):
        intent = _asked_of_concepts(read, scene, concepts, names) or intent
    text = scene.text
    carried = tuple(filter(None, (narrowed, *scene.carried)))
    if intent == "list" and listed and listed not in drop:
        carried = (listed,)
    # A partner taken away does not come back as mere words of the conversation.
    taken_away = before != narrowed or (
        bool(drop) and bool(carry(read, history, names, directory.vocabulary, frozenset()).carried)
    )
    alone = taken_away or intent in ("list", "small_talk")
    if turns and not carried and (not scene.partners or scene.is_page) and not alone:
        resolved = resolve(read, turns, known=names.known_words(), without=frozenset(drop))
        text = resolved.text
        carried = tuple(name.text for name in resolved.carried)
        if scene.is_page and carried:
            scene = Scene(read, (), (), ())  # the names say what is meant, on whatever page
        elif scene.is_page:
            carried = tuple(names.profiles[page].title for page in scene.partners)
    several = sum(map(bool, names.ways.values())) > 1
    if several and intent == "fact" and not scene.partners and not carried:
        intent = asked_of_some_partner(text, scene, names) or intent
    return Request(
        question=question,
        text=text,
        intent=intent,
        partners=scene.partners,
        offerings=scene.offerings,
        criteria=tuple(
            criterion
            for criterion in criteria_of(
                intent, read, told, aspects(read, scene, names), concepts, kind
            )
            if criterion.name not in drop
        ),
        situation=told,
        carried=carried,
        corrected=corrected,
        dropped=tuple(dict.fromkeys(drop)),
        excepted=excepted,
    )


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
