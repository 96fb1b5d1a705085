"""One turn -> the questions it asks, in order: "When did it open, and who runs it?" asks two.

Only what opens like a question counts: a question word, a verb before its subject, a request to
tell. What was told before the first stays with it. Does not know the directory.
"""

from __future__ import annotations

import re

from askpartner.split import sentence_ranges

MOST_QUESTIONS = 8
"""A turn that asks more is read as one question."""

LEAST_WORDS = 2
"""A shorter piece belongs to its neighbour: "how and when", "… and why?", "Anyone?"."""

LEAST_TOLD = 3
"""Words before "I wonder" from which on they tell something."""

_QUESTION_WORD = r"(?i:who|whom|whose|what|when|where|why|how|which|whether)\b"
_VERB = (
    r"(?i:am|is|are|was|were|do|does|did|can|could|may|might|must|will|would|shall|should|has|have)"
)
_SUBJECT = r"(?:(?i:it|they|he|she|there|we|i|you|one|this|that|these|those|the|an?|any)\b|[A-Z])"
_NO_OPENING = "|".join(
    (
        # "… and which are in Singapore" narrows the question before it, "what about" needs it.
        r"(?i:which\s+(?:is|are|has|have|do|does|can|will|of|with|for|to)\b|what\s+about\b)",
        # "… and who under Partnership?", "… and does Beta too?" lack the verb said before.
        r"(?i:who\s+(?:at|for|from|in|of|to|under|with)\b)",
        rf"{_VERB}\s+[^\s?]+(?i:\s+(?:too|as\s+well|also))?\s*\?*$",
    )
)
_PREPOSITION = r"(?:(?i:at|by|for|from|in|on|to|under|with)\s+)?"
_TELL = r"(?i:tell|show|give|list|name|explain|describe)\b"
# "… and give grants" goes on, "… and give me a list" asks.
_TELL_ME = r"(?i:please\s+\w+|(?:please\s+)?(?:tell|show|give)\s+(?:me|us))\b"
_OPENING = rf"(?!{_NO_OPENING})(?:{_PREPOSITION}{_QUESTION_WORD}|{_VERB}\s+{_SUBJECT}|{_TELL_ME})"
_ASKING = re.compile(
    r"(?i:\W*(?:please|and|but|also|so|then)\b)*\W*"
    rf"(?:{_PREPOSITION}{_QUESTION_WORD}|{_VERB}\b|{_TELL}|(?i:let\s+(?:me|us)\s+know\b)|"
    r"(?i:(?:I|we)(?:\s+would|['’]d)?\s+(?:like|love|want|need)\s+to\s+know\b))"
)
_AND = re.compile(rf"\s*[,;]?\s+(?i:and|but)\s+(?i:also\s+)?(?={_OPENING})")
_COMMA = re.compile(rf"\s*[,;]\s+(?:(?i:and|but)\s+)?(?i:also\s+)?(?={_OPENING})|{_AND.pattern}")
_CONDITION = re.compile(r"(?:^|[.?!,]\s+|\b(?:and|but)\s+)if\s+(?:so|not|yes|no)\b", re.IGNORECASE)
_TOLD_FIRST = re.compile(
    rf"^(?i:(?:hi|hello|hey)\W+)?(?i:we|i|our|my)\b[^?]*?\s*(?:[–—:;]|\s-)\s+(?={_OPENING})"
)
_CLOSING = re.compile(
    r"\W*(?:many\s+|kind\s+|best\s+)?(?:thanks|thank\s+you|cheers|regards|best|yours)\b",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")


def questions_in(turn: str) -> tuple[str, ...]:
    """The questions of a turn, each in its own words; the turn itself where it asks but one.

    What depends on the answer to another ("if not, who …") is no question of its own.
    """
    asked: list[str] = []
    told: list[str] = []
    for start, end in sentence_ranges(turn):
        sentence = " ".join(turn[start:end].split())
        if not _LETTER.search(sentence) or (asked and _CLOSING.match(sentence)):
            continue  # the number of an item; thanks, and who says so
        if not sentence.endswith("?") and not _ASKING.match(sentence):
            told.append(sentence)
            continue
        pieces = _pieces(sentence)
        if asked and len(pieces[0].split()) < LEAST_WORDS:
            asked[-1] += f" {pieces.pop(0)}"
        if pieces:
            asked.append(" ".join((*told, pieces.pop(0))))
            told = []
        asked.extend(pieces)
    if told or not 1 < len(asked) <= MOST_QUESTIONS or _CONDITION.search(turn):
        return (turn,)
    return tuple(asked)


_INDIRECT = re.compile(
    r"^(?P<told>.*?)(?:,? (?:and|so|but))?,? ?"
    r"(?:\b(?:i|we)\b(?:['’](?:d|m|re|ve))? )?(?:(?:would|am|are|was|were|have) )?"
    r"(?:(?:also|just|now|therefore|really|be|been) )*"
    r"(?:(?:like|love|want|wanted|need|wish|hope|trying|interested|keen|curious|eager) to "
    r"(?:know|find out|hear|learn|ask|understand|check)|wonder(?:ed|ing)?|curious(?: about)?)"
    r"[,:]? (?P<asked>(?:who|whom|whose|what|when|where|why|how|which)\b.*)$",
    re.IGNORECASE,
)
_AS_A = re.compile(r"^as\s+(?=an?\s)", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:i|we|my|our)\b", re.IGNORECASE)


def asked_directly(turn: str) -> str:
    """A turn with what "I would like to know …" asks as a question of its own.

    What the same sentence tells before becomes one, too: "I write a thesis and wonder who …".
    """
    return " ".join(
        _directly(" ".join(turn[start:end].split())) for start, end in sentence_ranges(turn)
    )


def _directly(sentence: str) -> str:
    found = _INDIRECT.match(sentence)
    if found is None or not _FIRST_PERSON.search(sentence[: found.start("asked")]):
        return sentence
    told = _AS_A.sub("I am ", found["told"].strip(" ,;:"))
    if len(told.split()) < LEAST_TOLD:
        return sentence
    asked = f"{found['asked'].rstrip(' .!?')}?"
    return f"{told}. {asked[0].upper()}{asked[1:]}"


def asking_words(turn: str) -> str:
    """The sentences of a turn that ask, without what is told beside them; all where none asks.

    "We have 300 people – are there limits?" tells first, too.
    """
    sentences = [" ".join(turn[start:end].split()) for start, end in sentence_ranges(turn)]
    asked = [one for one in sentences if one.endswith("?") or _ASKING.match(one)]
    return " ".join(_TOLD_FIRST.sub("", one) for one in asked) if asked else turn


def _pieces(sentence: str) -> list[str]:
    """The questions of one sentence, each ended by the sentence's own mark.

    A comma alone ends a question only where an "and" ends another: else it may be a relative
    clause.
    """
    cut = _COMMA if _AND.search(sentence) or ";" in sentence else _AND
    cuts = []
    start = 0
    asks = False
    for found in cut.finditer(sentence):
        piece = sentence[start : found.start()]
        if not _ASKING.match(piece) and not asks:
            asks = True  # told first: "I know that …, but who …"
        elif len(piece.split()) >= LEAST_WORDS:
            cuts.append((start, found.start()))
            start = found.end()
    rest = sentence[start:]
    if cuts and len(rest.split()) < LEAST_WORDS:
        start = cuts.pop()[0]
        rest = sentence[start:]
    mark = sentence[-1] if sentence[-1] in "?!." else ""
    return [*(sentence[first:last] + mark for first, last in cuts), rest]
