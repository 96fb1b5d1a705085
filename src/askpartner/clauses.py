"""One turn -> the questions it asks, in order: "When did it open, and who runs it?" asks two.

Only what opens like a question counts: a question word, a verb before its subject, a request to
tell. What was told before the first stays with it. Does not know the directory.
"""

from __future__ import annotations

import re

from askpartner.split import sentence_ranges

MOST_QUESTIONS = 4
"""A turn that asks more is read as one question."""

LEAST_WORDS = 2
"""A shorter piece belongs to its neighbour: "how and when", "… and why?", "Anyone?"."""

_QUESTION_WORD = r"(?i:who|whom|whose|what|when|where|why|how|which)\b"
_VERB = (
    r"(?i:am|is|are|was|were|do|does|did|can|could|may|might|must|will|would|shall|should|has|have)"
)
_SUBJECT = r"(?:(?i:it|they|he|she|there|we|i|you|one|this|that|these|those|the|an?|any)\b|[A-Z])"
# "… and which are in Singapore" narrows the question before it; "what about" needs it.
_NO_OPENING = r"(?i:which\s+(?:is|are|has|have|do|does|can|will|of|with|for|to)\b|what\s+about\b)"
_PREPOSITION = r"(?:(?i:at|by|for|from|in|on|to|under|with)\s+)?"
_OPENING = rf"(?!{_NO_OPENING})(?:{_PREPOSITION}{_QUESTION_WORD}|{_VERB}\s+{_SUBJECT})"
_ASKING = re.compile(
    rf"(?i:\W*(?:please|and|but|also|so|then)\b\W*)*"
    rf"(?:{_PREPOSITION}{_QUESTION_WORD}|{_VERB}\b|(?i:tell|show|give|list|name|explain|describe)\b)"
)
_ELLIPTIC = re.compile(
    rf"(?i:\W*(?:and|but)\b\W*)?(?i:at|by|for|from|in|on|to|under|with)\s+{_QUESTION_WORD}"
    rf"(?!.*\b{_VERB}\b)"
)
_AND = re.compile(rf"\s*[,;]?\s+(?i:and|but)\s+(?i:also\s+)?(?={_OPENING})")


def questions_in(turn: str) -> tuple[str, ...]:
    """The questions of a turn, each in its own words; the turn itself where it asks but one."""
    asked: list[str] = []
    told: list[str] = []
    for start, end in sentence_ranges(turn):
        sentence = turn[start:end].strip()
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
    if told or not 1 < len(asked) <= MOST_QUESTIONS:
        return (turn,)
    return tuple(asked)


def is_elliptic(question: str) -> bool:
    """Whether a question has no verb of its own: "on what terms?", "for whom?"."""
    return _ELLIPTIC.match(question) is not None


def _pieces(sentence: str) -> list[str]:
    """The questions of one sentence, each ended by the sentence's own mark."""
    cuts = []
    start = 0
    for found in _AND.finditer(sentence):
        piece = sentence[start : found.start()]
        if _ASKING.match(piece) and len(piece.split()) >= LEAST_WORDS:
            cuts.append((start, found.start()))
            start = found.end()
    rest = sentence[start:]
    if cuts and len(rest.split()) < LEAST_WORDS:
        start = cuts.pop()[0]
        rest = sentence[start:]
    mark = sentence[-1] if sentence[-1] in "?!." else ""
    return [*(sentence[first:last] + mark for first, last in cuts), rest]
