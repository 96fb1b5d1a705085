"""Questions that say too little: which partner, or what, is asked back.

Gives None where a question is clear enough to be looked up.
"""

from __future__ import annotations

import re

from askpartner.compose.parts import MOST_NAMED, Draft
from askpartner.directory import short_title
from askpartner.survey import by_title
from askpartner.types import Answer
from askpartner.understand.intent import said_in
from askpartner.understand.subject import aspects_of

PARTNERS = re.compile(
    r"\b(?:partners?|profiles?|organi[sz]ations?|members?|institut(?:e|ion)s?)\b", re.IGNORECASE
)
"""Says what is to be listed: "who can help?" does not."""

OF_ONE_PARTNER = frozenset(("website", "introduction", "place", "audience"))


def ask_which(draft: Draft) -> Answer | None:
    """Ask back where a question says not what it asks, or not of which partner; None if it does."""
    request, index = draft.request, draft.index
    if request.partners or request.carried or request.criteria:
        return None
    if request.intent in OF_ONE_PARTNER:
        partners = [
            short_title(profile.title)
            for profile in by_title(index.profiles.values())
            if index.offerings[profile.id]
        ]
        if len(partners) > 1:
            draft.say("not_found", "several", partners=", ".join(partners[:MOST_NAMED]))
            return draft.finish("clarify", reason="several", confidence=0.0)
    vague = {
        "fact": not request.situation and not aspects_of(request, index),
        "match": not said_in(request, index),
        "list": not PARTNERS.search(request.text) and not said_in(request, index),
    }
    if vague.get(request.intent):
        draft.say("not_found", "vague")
        return draft.finish("clarify", reason="vague", confidence=0.0)
    return None
