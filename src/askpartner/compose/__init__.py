"""Hits and the directory -> Answer: fixed words around verbatim quotes, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from askpartner.compose.acronyms import spell_out
from askpartner.compose.comparison import compare
from askpartner.compose.facts import answer_fact
from askpartner.compose.joining import join
from askpartner.compose.listing import list_partners
from askpartner.compose.matching import match, nearest_ways
from askpartner.compose.partner import (
    introduce,
    list_ways,
    overview,
    show_audiences,
    show_places,
    show_website,
)
from askpartner.compose.parts import LINK_SCHEMES, Draft, allowed_link, page_url
from askpartner.compose.unclear import ask_which
from askpartner.index import Index
from askpartner.settings import Settings
from askpartner.types import Answer, Hit, Request
from askpartner.understand.intent import THANKS

__all__ = ["LINK_SCHEMES", "allowed_link", "compose", "join", "page_url"]


def compose(request: Request, hits: Sequence[Hit], index: Index, settings: Settings) -> Answer:
    """Answer a request by what it wants; what the directory cannot answer is looked up as a fact.

    Every citation is proven against the index and the page's file before it is put in.
    """
    draft = Draft(request, hits, index, settings)
    if request.intent == "small_talk":
        draft.say("small_talk", "thanks" if THANKS.search(request.text) else "greeting")
        return draft.finish("clarify", reason="small_talk", confidence=0.0)
    routes = {
        "list": list_partners,
        "match": match,
        "compare": compare,
        "audience": show_audiences,
        "place": show_places,
        "ways": list_ways,
        "website": show_website,
        "introduction": introduce,
        "overview": overview,
    }
    if answer := ask_which(draft) or spell_out(draft):
        return answer
    if request.intent in routes:
        answer = routes[request.intent](draft)
        if answer is not None:
            return answer
        draft = Draft(request, hits, index, settings)
    answer = answer_fact(draft)
    if request.intent == "match" and answer.status != "answered":
        return nearest_ways(Draft(request, hits, index, settings)) or answer
    return answer
