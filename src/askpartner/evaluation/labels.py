"""Labels on pages: which sections a label means, and which labels their pages no longer have.

A section matches by any heading above its words, ignoring case, white space and numbering ("2.
Facility Rental" is "facility rental"); a label of several headings joined by " > " matches where
they stand one below the other. A quote matches where its words stand in the profile's text,
ignoring white space. Does not know answers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from askpartner.evaluation.questions import PATH_SEPARATOR
from askpartner.evaluation.types import Drift, Label, LabelledQuestion
from askpartner.types import Profile, Section

NUMBERING = re.compile(r"^\W*(?:\d+(?:\.\d+)+\.?|(?:\d+|[a-z]|[ivxlc]+)[.)])\s+")
"""In lower case: "2.", "2)", "(b)", "2.1", "iv."; not the "3" of "3 ways to work"."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label points on its page: the starts of the sections it means, in page order."""

    profile: str
    starts: tuple[int, ...]


def folded(heading: str) -> str:
    """A heading without case, numbering and differences of white space."""
    plain = " ".join(heading.casefold().split())
    return NUMBERING.sub("", plain) or plain


def names_section(name: str, heading_path: Sequence[str]) -> bool:
    """Whether a label's section is one of a heading path, or several of it in order."""
    path = [folded(heading) for heading in heading_path]
    if folded(name) in path:
        return True
    wanted = [folded(part) for part in name.split(PATH_SEPARATOR)]
    return any(path[at : at + len(wanted)] == wanted for at in range(len(path) - len(wanted) + 1))


def quote_ranges(quote: str, text: str) -> list[tuple[int, int]]:
    """Every place in a text where the words of a quote stand, white space aside."""
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    return [match.span() for match in re.finditer(pattern, text)] if pattern else []


class Pages:
    """The pages labels point at: an index's profiles with their sections, by profile id."""

    def __init__(
        self, profiles: Mapping[str, Profile], sections: Mapping[str, Sequence[Section]]
    ) -> None:
        self.profiles, self.sections = profiles, sections
        self._starts = {identity: [s.start for s in found] for identity, found in sections.items()}
        # The same labels stand at many questions.
        self.place = lru_cache(maxsize=None)(self._place)

    def section_at(self, profile: str, offset: int) -> Section:
        """The section that holds a position of a profile's text."""
        return self.sections[profile][max(0, bisect_right(self._starts[profile], offset) - 1)]

    def _place(self, label: Label) -> Place | str:
        """Where a label points, or the first part of it that is not there.

        A quote that left the section it is labelled with is as gone as one that left the page.
        """
        profile = self.profiles.get(label.profile)
        if profile is None:
            return "profile"
        found = [
            section
            for section in self.sections[label.profile]
            if not label.section or names_section(label.section, section.heading_path)
        ]
        if not found:
            return "section"
        if label.quote:
            ranges = quote_ranges(label.quote, profile.text)
            found = [
                section
                for section in found
                if any(start < section.end and section.start < end for start, end in ranges)
            ]
            if not found:
                return "quote"
        return Place(label.profile, tuple(section.start for section in found))

    def drift(self, question: LabelledQuestion) -> list[tuple[int, Drift]]:
        """The labels of a question that are gone, each with its position."""
        found: list[tuple[int, Drift]] = []
        for at, label in enumerate(question.relevant):
            match self.place(label):
                case "profile" | "section" | "quote" as reason:
                    found.append((at, Drift(question.id, question.line, label, reason)))
        return found

    def matches(self, question: LabelledQuestion, profile: str, start: int) -> tuple[int, ...]:
        """The labels of a question that mean the section that begins there, as positions."""
        return tuple(
            at
            for at, label in enumerate(question.relevant)
            if isinstance(place := self.place(label), Place)
            and place.profile == profile
            and start in place.starts
        )
