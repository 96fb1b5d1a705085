"""Questions to ask next: about the partner just cited, kept only when the index answers them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from askpartner.assistant import Assistant
from askpartner.directory import short_title, way_at
from askpartner.index import Index, IndexReader
from askpartner.types import Answer, Offering
from askpartner.vocabulary import mentions
from askpartner.web.starters import Starters, bare_heading
from askpartner.web.words import words

SUGGESTION_COUNT = 3
MOST_TRIED = 6  # candidates asked before fewer are offered
MOST_REMEMBERED = 4096  # questions known to be answered, or not, in one generation of the index


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, the partner its answer must cite, and the kind of question it is."""

    kind: str  # of the table [next]
    question: str
    profile: str

    def answered_by(self, answer: Answer) -> bool:
        """Whether it is answered in full, and from the page it is about."""
        return answer.status == "answered" and any(
            citation.profile == self.profile for citation in answer.citations
        )


class Suggestions:
    """What may be asked next; what the index answers is tried once for each generation."""

    def __init__(self, reader: IndexReader, assistant: Assistant, starters: Starters) -> None:
        self._reader, self._assistant, self._starters = reader, assistant, starters
        self._lock = threading.Lock()
        self._version: str | None = None
        self._known: OrderedDict[str, bool] = OrderedDict()

    def __call__(self, answer: Mapping[str, Any], asked: Collection[str]) -> tuple[str, ...]:
        """Up to SUGGESTION_COUNT questions after an answer object, none of those ``asked``.

        After a refusal that is about no partner these are the questions to begin with. Raises
        IndexRefused when there is no index to read.
        """
        index = self._reader.get()
        before = {_compared(question) for question in asked}
        partner = _partner(answer)
        if partner is None or partner not in index.profiles:
            found: Iterator[str] = iter(self._starters())
        else:
            tried = (
                candidate
                for candidate in candidates(index, partner, answer)
                if _compared(candidate.question) not in before
            )
            found = (
                candidate.question
                for candidate in islice(tried, MOST_TRIED)
                if self._is_answered(index, candidate)
            )
        return tuple(
            islice((one for one in found if _compared(one) not in before), SUGGESTION_COUNT)
        )

    def _is_answered(self, index: Index, candidate: Candidate) -> bool:
        with self._lock:
            if self._version != index.version:
                self._version = index.version
                self._known.clear()
            known = self._known.get(candidate.question)
        if known is None:
            # Not in the lock: another thread may ask the same meanwhile, and gets the same.
            known = candidate.answered_by(self._assistant.ask(candidate.question))
            with self._lock:
                self._known[candidate.question] = known
                if len(self._known) > MOST_REMEMBERED:
                    self._known.popitem(last=False)
        return known


def candidates(index: Index, partner: str, answer: Mapping[str, Any]) -> Iterator[Candidate]:
    """What could be asked next about a partner, in the order it is tried.

    First about the way to work that was cited, then the partner's others, then other partners for
    the same audience; what was just asked is left out.
    """
    name = short_title(index.profiles[partner].title)
    ways = index.offerings[partner]
    cited = _cited_way(ways, partner, answer)
    here = cited or (ways[0] if ways else None)
    intent = answer["request"]["intent"]

    def candidate(kind: str, **names: str) -> Candidate:
        return Candidate(kind, words(f"next.{kind}", name=name, **names), partner)

    if here is not None:
        heading = bare_heading(here.name)
        if here.audiences and intent not in ("audience", "compare"):
            yield candidate("audience", heading=heading)
        if len(ways) > 1 and intent != "compare":
            yield candidate("compare")
        if here.places and intent not in ("place", "compare"):
            yield candidate("place", heading=heading)
        if len(ways) > 1 and intent not in ("ways", "compare"):
            yield candidate("ways")
        if here.introduction is not None and intent != "introduction":
            yield candidate("introduction")
        audience = _audience(index, here)
        if audience is not None and intent not in ("list", "match"):
            yield candidate("list", audience=audience)
        after = ways.index(here) + 1 if cited is not None else 0
        for way in (*ways[after:], *ways[:after]):
            if way is not cited:
                yield candidate("offering", heading=bare_heading(way.name))


def _partner(answer: Mapping[str, Any]) -> str | None:
    """Whom an answer is about: the partner it cites first, or the one that was named."""
    cited = [citation["profile"] for citation in answer["citations"]]
    named = answer["request"]["partners"]
    return next(iter([*cited, *named]), None)


def _cited_way(
    ways: tuple[Offering, ...], partner: str, answer: Mapping[str, Any]
) -> Offering | None:
    starts = [one["start"] for one in answer["citations"] if one["profile"] == partner]
    return next(filter(None, (way_at(ways, start) for start in starts)), None)


def _audience(index: Index, way: Offering) -> str | None:
    """The vocabulary's first audience that the page's own list for a way to work names."""
    return next(
        (
            concept.name
            for concept in index.vocabulary
            if concept.kind == "audience"
            and any(mentions(concept, statement.text) for statement in way.audiences)
        ),
        None,
    )


def _compared(question: str) -> str:
    return " ".join(question.casefold().split())
