"""What letters stand for: the statement or title that spells them out and puts them in brackets.

Gives None where a question does not ask that.
"""

from __future__ import annotations

import re

from askpartner.compose.facts import refuse
from askpartner.compose.parts import CERTAIN, Draft
from askpartner.split import sentence_ranges
from askpartner.survey import by_title
from askpartner.types import Answer

STANDS_FOR = re.compile(
    r"\bwhat (?:does|do|is) (?:the )?(?:acronym |abbreviation )?(?P<short>[^\W_][\w&*-]*) "
    r"(?:stand|short) for\b",
    re.IGNORECASE,
)


def spell_out(draft: Draft) -> Answer | None:
    """Quote the first place that spells the letters out, in the order of titles; else refuse."""
    asked = STANDS_FOR.search(draft.request.text)
    if asked is None:
        return None
    short = asked["short"]
    written = re.compile(rf"\({re.escape(short)}s?\)", re.IGNORECASE)
    for profile in by_title(draft.index.profiles.values()):
        if not draft.is_fresh(profile.id):
            continue
        for block in profile.blocks:
            text = profile.text[block.start : block.end]
            for start, end in sentence_ranges(text):
                sentence = text[start:end].rstrip()
                found = written.search(sentence)
                if found and _has_initials(sentence[: found.start()], short):
                    here = block.start + start
                    draft.place(profile.id, here)
                    draft.quote(profile.id, here, here + len(sentence))
                    return draft.finish("answered", confidence=CERTAIN)
    return refuse(draft, None, 1 - CERTAIN)


def _has_initials(before: str, short: str) -> bool:
    """Whether the last words before an acronym begin with its letters, in their order."""
    letters = [letter for letter in short.casefold() if letter.isalnum()]
    for word in reversed(re.findall(r"\w+", before.casefold())[-2 * len(letters) :]):
        if letters and word[0] == letters[-1]:
            letters.pop()
    return not letters
