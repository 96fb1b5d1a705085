"""A question as evidence sees it: its content words, names, numbers, and the kind of answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders import Vectors
from askpartner.evidence.words import (
    FUNCTION_WORDS,
    MONTHS,
    NEGATIONS,
    NUMBER_WORDS,
    TYPE_WORDS,
    WEEKDAYS,
)
from askpartner.lexical import stem, surface_ranges, surface_words
from askpartner.wordbook import LIGHT_STEMS, Wordbook

Embed = Callable[[list[str]], Vectors]
"""Texts -> one unit vector each."""


def is_negation(word: str) -> bool:
    """Whether a word denies: "not", "without", "can't"."""
    lowered = word.lower().replace("’", "'")
    return lowered in NEGATIONS or lowered.endswith("n't")


@dataclass(frozen=True)
class QuestionWords:
    """A question as evidence sees it."""

    text: str
    content: tuple[str, ...]  # distinct content stems in order
    weight: NDArray[np.float64]  # their rarity in [0, 1]; light and type words count ``LIGHT``
    names: tuple[str, ...]  # stems of words written as names
    numbers: tuple[str, ...]  # stems of numbers
    counted: str  # stem of what is to be counted: "how many rooms"; "" when nothing
    kind: str  # of answer: number, time, person, place, reason, manner, thing, yesno or other
    several: bool  # whether it asks for several things: "which programmes", "what areas"
    told: frozenset[str]  # content stems that are only said beside what is asked
    spelled_out: Mapping[str, str]  # stems of "Alpha Institute (AI)" -> that of its letters
    similar: Mapping[str, Mapping[str, float]]  # stem -> the corpus's stems near it, with cosine


_KINDS: Final = (
    (
        "number",
        (
            r"\bhow (many|much|long|old|far|tall|big|large|fast|high|often|deep|heavy)\b|"
            r"\b(what|which)('s)?"
            r"( is| was| are)?( the)? (number|percentage|percent|amount|proportion|fraction|share|"
            r"cost|price|fee|age|size|distance|temperature|population)\b"
        ),
    ),
    (
        "time",
        r"\bwhen\b|\b(what|which)( \w+)? (year|date|day|month|century|decade|time|era|period)\b",
    ),
    ("person", r"\b(who|whom|whose|who's)\b"),
    (
        "place",
        (
            r"\bwhere\b|\b(what|which)( \w+)? (country|city|town|place|region|state|"
            r"location|area|island|continent|"
            r"river|province)\b"
        ),
    ),
    ("reason", r"\bwhy\b|\bwhat (is|was|are|were) the (reason|cause|purpose)"),
    ("manner", r"\bhow\b"),
    ("thing", r"\b(what|which|what's)\b"),
    (
        "yesno",
        r"(?:^|[.?!,;:–—]\s+|\b(?:and|but|so|hi|hello)\s+)"
        r"(is|are|was|were|do|does|did|can|could|should|will|would|has|have|had|may|must|am)\b",
    ),
)
_CLAUSE: Final = re.compile(
    r"(?P<before>^|[^\s\w]\s*|[\w']+\s+)(?P<word>who|whom|whose|when|where)\b"
)
_BEFORE_ASKING: Final = frozenset(
    """
    and or but so n for to by from with at of in on until till since about as regarding
    know knows tell me us ask asked wonder wondering see sure find out decide understand explain
    show say says exactly is was are were just only then
    """.split()
)
"""Words behind which "who" or "when" asks; behind any other it only goes on from it."""
_MAIN: Final = re.compile(
    r",\s*(?:then\s+)?(?:who|whom|whose|what|which|where|when|why|how|is|are|was|were|do|does|did|"
    r"can|could|should|will|would|has|have|may|must|at|by|in|to|for|until|on)\b"
)


def expected_kind(question: str) -> str:
    """Kind of answer a question asks for, from its wording alone."""
    lowered = _CLAUSE.sub(_asking, question.lower().replace("’", "'").strip())
    return next((kind for kind, pattern in _KINDS if re.search(pattern, lowered)), "other")


def _asking(found: re.Match[str]) -> str:
    """A word that opens a clause, or none where it only ties that to another: "a man who".

    "When a room is let, who pays?" asks who, not when.
    """
    before = found["before"].strip()
    is_tied = before[-1:].isalpha() and before not in _BEFORE_ASKING
    rest = re.split(r"[?!]", found.string[found.end() : found.end() + LONGEST_CLAUSE])[0]
    if is_tied or (found["word"] in ("when", "where") and _MAIN.search(rest)):
        return found["before"]
    return found[0]


LONGEST_CLAUSE = 200
"""Characters among which the main clause behind a "when" begins."""


def parse_question(
    question: str, wordbook: Wordbook, embed: Embed, *, told: Set[str] = frozenset()
) -> QuestionWords:
    """The content words, names, numbers and expected kind of a question.

    ``told`` are stems that are only said beside what is asked: "We are a small firm. How …?"
    """
    question = E_MAIL.sub("email", question)
    question = ONE.sub(lambda found: re.sub(r"\bone\b", "", found[0]), question)
    question = AROUND.sub(r"when was \g<who> established", question)
    kind = expected_kind(question)
    set_up = SET_UP.sub(r"\1established", question)
    written = [(set_up[start:end], start) for start, end in surface_ranges(set_up)]
    shouted = _is_shouted([word for word, _ in written])  # then capitals mark no names
    opening = {found.end() for found in OPENING.finditer(set_up)}
    head = HEAD.search(question.lower())
    head_word = head[1] if head else ""
    spelled: dict[str, str] = {}
    weight: list[float] = []
    names: list[str] = []
    numbers: list[str] = []
    for word, start in written:
        lowered, key = word.lower().replace("’", "'"), stem(word)
        plain = lowered.removesuffix("'s")  # "what's" asks as "what is" does
        if plain in FUNCTION_WORDS or key in spelled or CONTRACTED.search(lowered):
            continue
        value = wordbook.rarity(key)
        if lowered in TYPE_WORDS.get(kind, ()):
            value *= 0.3  # "in what year": the answer is a year, the page need not say so
        elif key in LIGHT_STEMS:
            value *= LIGHT  # "when was it set up": any page may say it otherwise
        elif lowered == head_word:
            value *= 0.6  # "which religion": the page names one
        spelled[key] = lowered
        weight.append(value)
        if any(character.isdigit() for character in word) or lowered in NUMBER_WORDS:
            numbers.append(key)
        elif key in told or plain.removesuffix("s") in TIME_NAMES:
            continue  # "on Sundays" is said as "seven days a week", too
        elif word[0].isupper() and not shouted and (start not in opening or wordbook.is_name(key)):
            names.append(key)
    content = tuple(spelled)
    related: list[dict[str, float]] = []
    if content:
        related = wordbook.related(wordbook.word_vectors(spelled, embed))
    return QuestionWords(
        text=question,
        content=content,
        weight=np.array(weight),
        names=tuple(names),
        numbers=tuple(numbers),
        counted=_counted(question),
        kind=kind,
        several=kind == "thing" and _is_plural(head_word),
        told=frozenset(told) & set(content),
        spelled_out=_spelled_out(question),
        similar=dict(zip(content, related, strict=True)),
    )


_SPELLED_OUT: Final = re.compile(
    r"((?:[A-Z][\w’']*(?:-[a-z][\w’']*)*[ -](?:(?:of|for|and|the) )*)+)\(([A-Z][\w*-]+)\)"
)


def _spelled_out(question: str) -> dict[str, str]:
    """The words before letters in brackets, from the one on that begins as those do.

    "Alpha Institute (AI)" is named by either.
    """
    spelled: dict[str, str] = {}
    for found in _SPELLED_OUT.finditer(question):
        said = [word for word in surface_words(found[1]) if word.lower() not in FUNCTION_WORDS]
        first = next((at for at, word in enumerate(said) if word[0] == found[2][0]), len(said))
        if len(said) - first >= LEAST_SPELLED:
            spelled |= {stem(word): stem(found[2]) for word in said[first:]}
    return spelled


LEAST_SPELLED = 2
"""Fewer words are not what letters stand for."""


def _is_shouted(words: Sequence[str]) -> bool:
    """Whether nearly all words of a question are written with a capital, as in a heading."""
    open_words = [word for word in words if word.lower() not in FUNCTION_WORDS]
    capitals = sum(word[0].isupper() for word in open_words)
    return (
        len(open_words) > 1
        and all(word[0].isupper() for word in words if len(word) > 4)
        and any(word[0].isupper() for word in words[1:] if word.lower() in FUNCTION_WORDS)
        and capitals == len(open_words)
    ) or all(word.isupper() for word in words)


def _counted(question: str) -> str:
    """Stem of what is to be counted: "diploma" in "How many full-time diplomas are there?"."""
    found = COUNTED.search(question)
    if found is None:
        return ""
    phrase: list[str] = []
    for word in found["what"].split():
        if word.lower() in FUNCTION_WORDS:
            break
        phrase.append(word)
    counted = next((word for word in phrase if _is_plural(word.lower())), "")
    return stem(counted or phrase[0]) if phrase else ""


def _is_plural(noun: str) -> bool:
    return (
        noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and noun not in FUNCTION_WORDS
    )


def heavy_words(question: QuestionWords) -> tuple[str, ...]:
    """The content words that say what is asked: neither of any topic nor of the kind of answer."""
    kind = {stem(word) for word in TYPE_WORDS.get(question.kind, ())}
    aside = question.told | LIGHT_STEMS | kind
    return tuple(word for word in question.content if word not in aside)


def head_words(question: QuestionWords) -> tuple[str, ...]:
    """Content words of what a question asks for: "price" in "What is the price of a room?"."""
    found = ASKED_FOR.search(question.text)
    head = next(filter(None, found.groups()), "") if found else ""
    said = {stem(word) for word in surface_words(head)}
    named = said - GENERIC - LIGHT_STEMS or said  # "interest" in "interest rate"
    return tuple(word for word in question.content if word in named)


def priced_word(question: QuestionWords) -> str:
    """The content word for what has the price or duration asked for, or "".

    "test" in "How much does a wall test cost?" and in "the price of a wall test".
    """
    found = PRICED.search(question.text)
    thing = next(filter(None, found.groups()), "") if found else ""
    named = [stem(word) for word in surface_words(thing)][-1:]
    return named[0] if named and named[0] in question.content else ""


ASKED_FOR = re.compile(
    r"\b(?:what|which|who|how \w+)(?:'s|\s+(?:is|are|was|were))\s+(?:the|your|their|its|a|an)\s+"
    r"((?:[\w-]+\s+){1,3}?)(?:of|for|to|at|in|on|under|per)\b|"
    r"\bhow (?:much|many)\s+([\w-]+)|"
    r"\b(?:what|which)\s+((?:[\w-]+\s+){1,3}?)(?:is|are|was|were|does|do|did|has|have|can|could|"
    r"will|would|must|may|should)\b|"
    r"\b(?:is|are) there (?:an?|any)\s+((?:[\w-]+\s+){1,3}?)(?:for|to|at|in|on|of|under|per)\b",
    re.IGNORECASE,
)

GENERIC = frozenset(
    map(stem, "rate fee charge cost price number amount limit size level share percentage".split())
)
"""Stems of words for a measure, which the word before them tells apart."""

_OWNED = r"(?:the|an?|one|your|their|its)"
_BEHIND = r"(?:of|for|at|in|with|by|per|from|on|to)"
PRICED = re.compile(
    rf"\bhow (?:much|long) (?:does|do|did|will|would|is|are|can|may|must)\s+{_OWNED}\s+"
    rf"((?:[\w-]+\s+){{1,3}}?)(?:costs?|takes?|lasts?|be|{_BEHIND})\b|"
    rf"\bwhat (?:does|do|did|will|would)\s+{_OWNED}\s+"
    rf"((?:[\w-]+\s+){{1,3}}?)(?:costs?|{_BEHIND})\b|"
    rf"\b(?:price|cost|fee|charge|duration)s? (?:of|for)\s+(?:{_OWNED}\s+)?"
    rf"((?:[\w-]+\s+){{0,3}}?[\w-]+)(?:\s+{_BEHIND}\b|\W*$)",
    re.IGNORECASE,
)

LIGHT = 0.3
"""What a word of any topic weighs."""

SET_UP = re.compile(r"(\b(?:was|were|been|is|are)\b[^.?!]*?)\bset up\b", re.IGNORECASE)
"""The one phrase of two words of any topic that together mean something of their own."""

E_MAIL = re.compile(r"\be-?mail(?: (?:address|contact|id)(?:es|s)?)?\b", re.IGNORECASE)

ONE = re.compile(
    r"\b(?:can|could|does|do|should|must|may|might|would|will|if|that|this|which|first|second|"
    r"third|last|other|another|the \w+) one\b|"
    r"\bone (?:can|could|should|must|may|might|would|has to|needs to)\b"
)
"""Where "one" is no number: "can one visit", "the second one"."""

COUNTED = re.compile(
    r"\bhow many (?:different |other )?"
    r"(?!(?:do|does|did|can|could|will|are|is|have|has|were|was|of|\w+ed)\b)"
    r"(?P<what>[\w-]+(?: [\w-]+){0,2})",
    re.IGNORECASE,
)

OPENING = re.compile(
    r"^\W*(?:(?:hi|hello|hey|dear|and|so|ok|okay|well)\W+)?|[.?!:;–—]\W+", re.IGNORECASE
)
"""Before what opens a sentence, which has its capital from there."""

CONTRACTED = re.compile(r"(?:n't|'m|'re|'ve|'ll|'d)$")

TIME_NAMES = frozenset(name.lower() for name in (*MONTHS, *WEEKDAYS))
AROUND = re.compile(
    r"\bhow (?:long|many years) (?:has|have|did) (?P<who>[^.?!]+?) (?:been )?"
    r"(?:around|exist(?:ed)?|in existence|in operation)\b",
    re.IGNORECASE,
)
"""A page says when something began, not for how long it has been there."""

HEAD = re.compile(r"\b(?:what|which)\b\s+(?:(?:kind|type|sort|form|part)s?\s+of\s+)?([a-z\-]+)")


def match_grade(word: str, stems: frozenset[str], question: QuestionWords) -> float:
    """How far a question word is among `stems`: 1 same stem, .9 typo, up to .8 related, else 0.

    Numbers match exactly or not at all.  Related: a long common beginning, or word cosine >= .5.
    """
    if word in stems or question.spelled_out.get(word) in stems:
        return 1.0
    if any(character.isdigit() for character in word):
        return 0.0
    best = 0.0
    similar = question.similar.get(word, {})
    for other in stems:
        cosine = similar.get(other, 0.0)
        if cosine >= 0.5:
            best = max(best, min(0.8, 2 * (cosine - 0.4)))
        if len(other) >= 4 and len(word) >= 4 and other[:4] == word[:4]:
            shared = 4
            while shared < min(len(other), len(word)) and other[shared] == word[shared]:
                shared += 1
            if shared >= 0.65 * max(len(other), len(word)) or shared >= max(
                5.0, 0.8 * min(len(other), len(word))
            ):
                best = max(best, 0.8)
    return best
