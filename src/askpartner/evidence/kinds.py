"""Whether a text holds what a question of its kind is answered by: a time, a name, a count, a list.

Does not ask whether it is the right one.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Final

from askpartner.evidence.demands import ORDINALS, YEAR, demand_unmet, demands_form
from askpartner.evidence.question import TIME_NAMES, QuestionWords, match_grade
from askpartner.evidence.words import (
    FUNCTION_WORDS,
    MONTHS,
    NUMBER_WORDS,
    ORDINAL_WORDS,
    WEEKDAYS,
)
from askpartner.lexical import stem, surface_words

_DATED: Final = re.compile(  # texts of any topic also tell of years before any partner's
    rf"{YEAR}|\b(?:1[0-5]\d{{2}}|\d{{3,4}}\s?(?:BC|AD|CE|BCE))\b"
)
_TIME: Final = re.compile(
    r"\b(?:"
    + "|".join(MONTHS)
    + r"|\d{1,2}(?:st|nd|rd|th)[- ]century|[a-z]+teenth century|\d{2,4}0s|century|centuries|"
    rf"BC|AD|{'|'.join(WEEKDAYS)})\b|"
    r"(?i:\b(?:hours?|days?|weeks?|months?|years?) "
    r"(?:before|after|in advance|ahead|prior|ago|later)\b)"
)
# A time that stands beside no date: "the same evening", "within two weeks", "on Thursdays".
_TIMED: Final = re.compile(
    rf"\b(?:{'|'.join(WEEKDAYS)})s?\b|\b\d{{1,2}}[:.]\d{{2}}\b|\b\d{{1,2}} ?[ap]\.?m\b|"
    r"\b(?:the )?(?:same|next|following) (?:working |business )?"
    r"(?:day|evening|morning|week|month|year)\b|"
    r"\b(?:within|after|before|in|for) (?:\w+ ){1,3}(?:hour|day|week|month|year)s?\b|"
    r"\b(?:each|every) (?:\w+ )?(?:day|week|month|year|spring|summer|autumn|winter|term|quarter)\b|"
    r"\b(?:spring|summer|autumn|winter|noon|midnight|weekdays?|weekends?|any ?time|mid-?year|"
    r"daily|weekly|monthly|quarterly|annually|immediately|until \w+|"
    r"on (?:delivery|arrival|completion|receipt|signature)|by appointment|all year)\b|"
    r"\b(?:end|start|beginning|middle) of (?:the |each |every )?(?:day|week|month|term|year)\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[£$€]?\d[\d,.]*%?")
_REASON: Final = re.compile(
    r"\b(?:because|since|due to|so that|in order to|as a result|therefore|thus|"
    r"to (?:avoid|prevent|ensure|make|reduce|help|protect|keep|allow)|"
    r"caused?|reasons?|result(?:s|ed|ing)?|owing to|purpose|led to|"
    r"advantages?|benefits?|enabl\w+|thanks to|so as to|means that)\b",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(
    r"(?<![\w$£€¥])(?<!\d[,.])(?=(?P<number>\d[\d,.]*|[a-z]+)"
    r"(?P<what>(?:\)? of)?(?:\s(?:[A-Z]\.){2,}|\s[\w-]+){1,3}))",
    re.IGNORECASE,
)
_LETTER: Final = r"[\w’'\-/&*.]"
_THING: Final = rf"(?<!{_LETTER})(?:{_LETTER}+ ){{0,3}}{_LETTER}+"  # of few words: no clause
_ENUMERATION: Final = re.compile(
    rf"{_THING}[,;] {_THING}[,;]? (?:and|or|&) \w|(?:{_THING}[,;] ){{3}}"
)
_CAPITALISED: Final = re.compile(r"[^\W\d_a-z][\w’'\-.]*")


_NO_NAMES: Final = FUNCTION_WORDS | TIME_NAMES
# Who does, gets or pays something may be anyone; who somebody is has a name.
_ANYONE: Final = re.compile(
    r"\bwho(?:m|se|['’]ll|['’]d| will| would)?\b "
    r"(?:has to|have to|had to|is (?:responsible|liable|eligible|allowed|to)\b|"
    r"are (?:eligible|allowed)|pays?|may|can|could|must|should|gets?|owns?|keeps?|bears?|carries|"
    r"covers?|takes?|brings?|provides?|supplies|sources?|does|do|needs?|decides?|chooses?|insures?|"
    r"organises?|arranges?|removes?|cleans?|collects?|picks?|will|would|receives?|benefits?|"
    r"qualifies|approves?|judges?)\b|\bwhose\b|\bto whom\b|\bfor whom\b|\bwho .*\bfor$",
    re.IGNORECASE,
)
_SOMEONE: Final = frozenset(
    map(
        stem,
        """
        client customer company companies firm host hirer user tenant owner partner applicant
        participant member team staff institute university college hospital school student operator
        manufacturer supplier borrower founder inventor employer employee government city council
        ministry agency board panel committee jury expert engineer researcher scientist teacher
        nurse doctor producer designer graduate investor charity foundation utility start-up
        startup business farm cooperative centre we our us you your yourself everybody anyone
        everyone nobody
        """.split(),
    )
)


def kind_missing(
    question: QuestionWords, text: str, heading: frozenset[str] = frozenset()
) -> float:
    """1 when the text holds nothing of the expected kind that the question does not itself say.

    0 when it does, and for kinds of answer that words alone do not show (thing, manner, yes or no).
    ``heading`` are the stems above the text, which may open it as a name.
    """
    said = set(question.content)

    def fresh(piece: str) -> bool:
        return stem(piece.strip(".,")) not in said

    if question.kind == "time":
        found = any(
            fresh(match.group()) for pattern in (_DATED, _TIME) for match in pattern.finditer(text)
        ) or bool(_TIMED.search(text))
    elif question.kind == "number":
        found = (
            any(
                fresh(match.group()) and not _DATED.fullmatch(match.group().strip(".,"))
                for match in _NUMBER.finditer(text)
            )
            or any(
                word.lower() in NUMBER_WORDS and word.lower() not in ORDINAL_WORDS and fresh(word)
                for word in surface_words(text)
            )
            or (demands_form(question.text) and not demand_unmet(question.text, text))
            or bool(question.counted and counts(question, text))
        )
    elif question.kind == "person" and _ANYONE.search(question.text):
        stems = (stem(word) for word in surface_words(text))
        found = _names_anyone(text, said, heading) or any(
            root in _SOMEONE and root not in said for root in stems
        )
    elif question.kind == "person":
        found = _names_anyone(text, said, frozenset())
    elif question.kind == "place":
        found = any(
            fresh(match.group()) and match.group().lower() not in _NO_NAMES
            for match in _CAPITALISED.finditer(text)
            if match.start() > 0
        )
    elif question.kind == "reason":
        found = bool(_REASON.search(text))
    else:
        return 0.0
    return 0.0 if found else 1.0


_SENTENCE_START: Final = re.compile(r"(?:^|[.?!:\n])[\s*\"“(]*")


def _names_anyone(text: str, said: Set[str], heading: frozenset[str]) -> bool:
    """Whether a text writes a word as a name that is not ``said``.

    What opens a sentence has its capital from there, unless another follows it, all of it is
    capitals, or it is the page's own and in its ``heading``.
    """
    starts = {found.end() for found in _SENTENCE_START.finditer(text)}
    for found in _CAPITALISED.finditer(text):
        word, root = found.group().strip(".,"), stem(found.group().strip(".,"))
        if root in said or word.lower() in _NO_NAMES:
            continue
        behind = text[found.end() : found.end() + 2]
        is_name = word[1:].isupper() or (behind[:1] == " " and behind[1:].isupper())
        is_own = found.start() == 0 and not heading
        if (found.start() not in starts or is_name or root in heading) and not is_own:
            return True
    return False


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word).replace("-", "") for word in words.split())


_PEOPLE: Final = _stems("people persons ppl")
_ALIKE: Final = (
    _PEOPLE
    | _stems(
        """
        adult participant volunteer patient member student employee staff worker trainee attendee
        guest visitor resident graduate apprentice scientist researcher engineer man woman child
        spectator viewer learner pupil user founder candidate applicant traveller delegate
        """
    ),
    _stems("company firm business start-up startup enterprise venture sme manufacturer"),
    _stems("minute hour day evening night week fortnight month quarter term semester year"),
    _stems("call request query"),
    _stems("place seat spot slot desk"),
    _stems("room suite laboratory lab hall"),
)
"""What may be counted by another word. People are, by anything they are there."""

_TIMES: Final = re.compile(
    r"\b(?:once|twice|thrice|unlimited|as often as|any number of|second (?:time|attempt)|"
    r"(?:only|just) (?:one|a single|a second)|"
    rf"(?:\d+|{'|'.join(sorted(NUMBER_WORDS))}) (?:more )?times)\b",
    re.IGNORECASE,
)
# "It takes up to 12.", "Samples needed: 12": the number stands for what is counted.
_ALONE: Final = re.compile(
    r"\b(?:takes?|holds?|counts?|seats?|admits?|"
    r"max(?:imum)?|needed|required|number|total|places|capacity|up to)\b[:\s]*"
    rf"(?P<number>\d[\d,]*(?<!,)|\b(?:{'|'.join(sorted(NUMBER_WORDS - ORDINAL_WORDS))}))"
    r"(?=[.;:,)\n]|$|\s(?:at|in|a|per|each|and|or|for|on)\b)",
    re.IGNORECASE,
)


_LABELLED: Final = re.compile(
    r"(?P<label>[^\W\d][\w -]{1,40}):\s*(?:about |over |up to |some )?\d[\d,]*(?=[.;)\n]|\s*$)"
)


def counts(question: QuestionWords, text: str) -> bool:
    """Whether a text has a number before what is to be counted, two words between at most.

    "14 clean suites" counts suites; "24 weeks; the diploma" counts no diplomas. It may be counted
    by a word that is near to it, and by a number alone.
    """
    counted = question.counted.replace("-", "")
    if counted in ("time", "attempt"):
        return _TIMES.search(text) is not None
    alike = next((words for words in _ALIKE if counted in words), frozenset((counted,)))
    if counted not in _PEOPLE and alike is _ALIKE[0]:
        alike = _PEOPLE | {counted}
    numbered = [
        found["what"]
        for found in _COUNTED.finditer(text)
        if found["number"][0].isdigit() or found["number"].lower() in NUMBER_WORDS - ORDINALS
    ] + [found["label"] for found in _LABELLED.finditer(text)]
    return _ALONE.search(text) is not None or any(
        root in alike or match_grade(question.counted, frozenset((root,)), question) >= 0.5
        for what in numbered
        for root in (stem(word).replace("-", "") for word in what.split())
    )


def counts_up(text: str) -> bool:
    """Whether a text counts several things up, or announces a list of them."""
    return announces(text) or _ENUMERATION.search(text) is not None


def announces(text: str) -> bool:
    """Whether a text ends by announcing what stands below it: a list, a table, sections."""
    return _ANNOUNCING.search(text.rstrip()) is not None


_ANNOUNCING: Final = re.compile(
    r":$|\b(?:the|these) following\b[^.:]*[.:]?$|\bas follows[.:]?$|"
    r"\bthese (?:\w+ )?[a-z]+s[.:]?$|\b(?:listed|shown|given|set out|described) below[.:]?$",
    re.IGNORECASE,
)
