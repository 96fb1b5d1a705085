"""Who runs, leads or owns something: whether a question asks it, and whether a text tells it."""

from __future__ import annotations

import re
from typing import Final

from askpartner.evidence.words import FUNCTION_WORDS
from askpartner.lexical import surface_words
from askpartner.split import sentence_ranges

_RUNS: Final = r"(?:runs?|leads?|heads?|owns|manages?|directs?|chairs?|operates?|hosts?|oversees?)"
_RUNS_WORD: Final = re.compile(rf"\b{_RUNS}\b", re.IGNORECASE)
_RUN_BY: Final = re.compile(
    r"\b(?:run|led|headed|owned|managed|directed|chaired|operated|hosted|overseen)\b[^.]*"
    r"\b(?:by|at)\b|\bbelongs? to\b|"
    r"\bunder the (?:direction|leadership|management|supervision) of\b|"
    r"\b(?:is|are|was|were)\b[^.,;]{0,20}"
    r"\b(?:part|subsidiary|unit|programme|arm|office|venture) of\b",
    re.IGNORECASE,
)
ROLE: Final = (
    r"\b(?:chair(?:man|woman|person)?|director|president|chief|CEO|dean|leader|principal|owner|"
    r"manager|investigator|PI|coordinator|supervisor|lead(?=:)|head(?= of\b[^.,;:]{0,40}:))\b"
)
"""What somebody is who runs something."""

_ROLE: Final = re.compile(
    rf"(?P<whose>\b(?:its|their|our)\s+(?:\w+\s+){{0,2}})?{ROLE}"
    r"(?P<named>(?: of\b[^.,;:\n]{0,40})?:\s*(?-i:[A-Z])|\s+(?:is|was)\s+(?-i:[A-Z]))?",
    re.IGNORECASE,
)
# "Ann Lee, Managing Director"
_NAMED_FIRST: Final = re.compile(
    rf"(?-i:[A-Z][\w.’'-]+ [A-Z][\w’'-]+)\s*[,(–—-]\s*(?:\w+\s+){{0,2}}{ROLE}", re.IGNORECASE
)
_WHO_RUNS: Final = re.compile(
    rf"\bwho(?:'s| is| are| will|'ll| would)?\s+(?:currently\s+)?"
    rf"(?:{_RUNS}|(?P<own>own)|in charge of)\b(?P<what>.+)",
    re.IGNORECASE,
)
_OWNS: Final = re.compile(r"\b(?:owns?|gets? the rights|rights to)\b", re.IGNORECASE)
# Whose something is that is made, as results and software are.
_KEPT_BY: Final = re.compile(
    r"\b(?:belongs?|stays?|rests?|remains?|lies?|vests?)\s+(?:jointly\s+)?(?:to|with|in)\b|"
    r"\b(?:remains?|is|are|becomes?)\s+(?:\w+\s+)?(?:yours|ours|theirs|the property of)\b|"
    r"\b(?:assigned|transferred|passed|pass(?:es)?)\b[^.]{0,40}\bto\b|"
    r"\b(?:keeps?|retains?|owns?|gets?|holds?|shares?|shared)\b",
    re.IGNORECASE,
)
_RIGHTS: Final = frozenset(
    """
    result results right rights ip intellectual property ownership software code data invention
    inventions patent patents prototype design designs work everything outcome outcomes foreground
    copyright findings product products
    """.split()
)


def agent_unmet(question: str, text: str) -> bool:
    """Whether a question asks who runs or owns something, and no sentence runs or owns that.

    What the thing itself runs tells nothing of who runs it; "it" may be the thing, unless the
    thing is among those who run it. Names are met word for word. A role tells it that is its own
    ("its director", "the chair of Alpha", "Lead: Ann"). What comes out of a work is owned by whom
    it stays with.
    """
    found = _WHO_RUNS.search(question)
    if found is None:
        return False
    what = _plain_words(found["what"]) - FUNCTION_WORDS
    of_work = bool(what & _RIGHTS) and _OWNS.search(found[0]) is not None
    for start, end in sentence_ranges(text):
        said = _plain_words(text[start:end])
        if of_work and said & _RIGHTS and _KEPT_BY.search(text, start, end):
            return False
        if _NAMED_FIRST.search(text, start, end):
            return False
        for role in _ROLE.finditer(text, start, end):
            if role["whose"] or role["named"] or what & said:
                return False
        for run in _RUNS_WORD.finditer(text, start, end):
            before = _plain_words(text[start : run.start()])
            after = _plain_words(text[run.end() : end])
            if what & after - before or ("it" in after and not what & before):
                return False
        for run in _RUN_BY.finditer(text, start, end):
            if what & _plain_words(text[start : run.start()]) or text[start : start + 3] == "It ":
                return False
    return True


def _plain_words(text: str) -> set[str]:
    return {word.lower().replace("’", "'").removesuffix("'s") for word in surface_words(text)}
