"""Questions to begin with: templates filled from the index, kept only when it answers them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from askpartner.assistant import Assistant
from askpartner.directory import offerings, short_title
from askpartner.index import Index, IndexReader
from askpartner.types import Answer, Profile, Section
from askpartner.web.words import words

STARTER_COUNT = 4
MOST_TRIED = 24  # candidates asked before fewer starters are offered

_NUMBERING = re.compile(r"^\s*\d+[.)]\s*")  # "1. Technology Transfer"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and where on which page its answer stands: ``Profile.text[start:end]``."""

    question: str
    profile: str
    start: int
    end: int

    def answered_by(self, answer: Answer) -> bool:
        """Whether the first thing quoted is from the page and place the question is about."""
        if answer.status != "answered":
            return False
        first = answer.citations[0]
        return first.profile == self.profile and first.start < self.end and self.start < first.end


class Starters:
    """The starter questions of the index as it is now; worked out once for each generation."""

    def __init__(self, reader: IndexReader, assistant: Assistant) -> None:
        self._reader, self._assistant = reader, assistant
        self._lock = threading.Lock()
        self._version: str | None = None
        self._questions: tuple[str, ...] = ()

    def __call__(self) -> tuple[str, ...]:
        """Up to STARTER_COUNT questions. Raises IndexRefused when there is no index to read."""
        index = self._reader.get()
        with self._lock:
            if index.version != self._version:
                self._questions = tuple(islice(self._answered(index), STARTER_COUNT))
                self._version = index.version
            return self._questions

    def _answered(self, index: Index) -> Iterator[str]:
        for candidate in islice(candidates(index), MOST_TRIED):
            if candidate.answered_by(self._assistant.ask(candidate.question)):
                yield candidate.question


def candidates(index: Index) -> Iterator[Candidate]:
    """What could be asked, in the order it is tried.

    Profiles in the order of their ids, each with the next kind of question; then round again
    with the kinds moved on by one, so that the first few differ in partner and in kind.
    """
    found = [
        _candidates(index.profiles[identity], index.sections[identity])
        for identity in sorted(index.profiles)
    ]
    for turn in range(3):
        for place, kinds in enumerate(found):
            candidate = kinds[(place + turn) % len(kinds)]
            if candidate is not None:
                yield candidate


def bare_heading(heading: str) -> str:
    """A way to work without its number."""
    return _NUMBERING.sub("", heading)


def _candidates(
    profile: Profile, sections: tuple[Section, ...]
) -> tuple[Candidate | None, Candidate | None, Candidate | None]:
    """Whom a way to work suits, what the partner does, what a way to work is; None: not told."""
    name = short_title(profile.title)
    ways = offerings(profile)

    def candidate(kind: str, heading: str, start: int, end: int) -> Candidate:
        question = words(f"starter.{kind}", name=name, heading=bare_heading(heading))
        return Candidate(question, profile.id, start, end)

    audience = overview = offering = None
    suited = next((way for way in ways if way.audiences), None)
    if suited is not None:
        stated = suited.audiences
        audience = candidate("audience", suited.name, stated[0].start, stated[-1].end)
    about = next((section for section in sections if section.kind == "overview"), None)
    if about is not None:
        overview = candidate("overview", "", about.body_start, about.end)
    if ways:
        offering = candidate("offering", ways[-1].name, ways[-1].start, ways[-1].end)
    return audience, overview, offering
