"""Outcomes -> the list of questions of the HTML report: what was said beside what was expected.

Finds the sections an answer cites and those it should have cited, and cuts them where marked words
begin and end. Plain text only: the template escapes it and puts it into markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from askpartner.evaluation.labels import quote_ranges
from askpartner.evaluation.measures import flat, said_text
from askpartner.evaluation.types import (
    Comparison,
    Label,
    Outcome,
    QuestionChange,
    Report,
    ShownSection,
)
from askpartner.evaluation.words import words
from askpartner.render import PATH_SEPARATOR
from askpartner.split import path_names
from askpartner.understand import Turn
from askpartner.web.html import safe_url

MOST_SOURCES = 5
"""Sections shown with an answer: a list over all profiles may cite dozens of them."""

WHOLE = 1200
"""Characters up to which a section is shown whole; of a longer one, what stands around the words
that are marked."""

AROUND = 300
"""Characters shown before and after marked words of a longer section."""

Result = Literal["right", "wrong", "unjudged"]

_BLANK_LINES = re.compile(r"\n\s*\n\s*")


# --- what the template is given -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SentenceView:
    """A sentence of an answer; ``number`` is its citation's, None for a template."""

    text: str
    number: int | None


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link of an answer; ``url`` is None where nobody may be sent there, ``text`` as written."""

    label: str
    url: str | None
    text: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What was said."""

    sentences: tuple[SentenceView, ...]
    links: tuple[LinkView, ...]
    refusal: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a section that are marked alike, or what stands between words."""

    text: str
    kind: str = ""  # "quoted" for cited words, "expected", both, or neither; without words "gap"
    # between paragraphs or "cut" where words are left out
    numbers: tuple[int, ...] = ()  # of the citations that end here


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section, or what stands around its marked words."""

    trail: str
    place: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class LabelView:
    """A label, and whether the answer got there."""

    place: str
    quote: str
    state: Literal["cited", "found", "missed", "drifted"]
    rank: int | None  # of the best section it matches


@dataclass(frozen=True, slots=True)
class WordView:
    """Words that must or must not be said."""

    text: str
    said: bool
    good: bool


@dataclass(frozen=True, slots=True)
class ScoreView:
    """One measure of a question, in this run and in the one it is compared with."""

    measure: str
    value: float | None
    before: float | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """The same question in the run that is compared with."""

    verdict: str
    said_differently: bool
    before: AnswerView | None
    before_error: str
    before_status: str
    before_result: Result
    before_confidence: float


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One entry of the list of questions."""

    anchor: str
    id: str
    question: str
    history: tuple[Turn, ...]
    tags: tuple[str, ...]
    tag_numbers: tuple[int, ...]
    result: Result
    faults: tuple[str, ...]
    status: str
    confidence: float
    answer: AnswerView | None
    error: str
    sources: tuple[SectionView, ...]
    more_sources: int
    missed: tuple[SectionView, ...]
    expected: Literal["answerable", "unanswerable", "unknown"]
    labels: tuple[LabelView, ...]
    contains: tuple[WordView, ...]
    omits: tuple[WordView, ...]
    scores: tuple[ScoreView, ...]
    change: ChangeView | None


# --- one question -------------------------------------------------------------------------------


def tag_names(report: Report) -> list[str]:
    """The tags of the questions asked, in order."""
    return sorted({tag for outcome in report.outcomes for tag in outcome.question.tags})


def question_views(report: Report, comparison: Comparison | None) -> list[QuestionView]:
    """The entries of the list of questions, in the order of the question set."""
    sections = _Sections(report.sections)
    numbers = {tag: number for number, tag in enumerate(tag_names(report))}
    changes = {change.id: change for change in comparison.questions} if comparison else {}
    return [
        _question(outcome, f"q{at}", sections, numbers, changes.get(outcome.question.id))
        for at, outcome in enumerate(report.outcomes, start=1)
    ]


def _question(
    outcome: Outcome,
    anchor: str,
    sections: _Sections,
    tag_numbers: Mapping[str, int],
    change: QuestionChange | None,
) -> QuestionView:
    question = outcome.question
    labels = tuple(_label(outcome, at) for at in range(len(question.relevant)))
    cited = sections.cited(outcome)
    missed = [at for at, view in enumerate(labels) if view.state in ("found", "missed")]
    shown = {section for section, _ in cited}
    before = change.before if change else None
    return QuestionView(
        anchor=anchor,
        id=question.id,
        question=question.question,
        history=question.history,
        tags=question.tags,
        tag_numbers=tuple(tag_numbers[tag] for tag in question.tags),
        result=_result(outcome),
        faults=outcome.faults,
        status=outcome.status,
        confidence=outcome.confidence,
        answer=_answer(outcome.answer),
        error=outcome.error,
        sources=tuple(
            section_view(section, citations, _expected(section, outcome))
            for section, citations in cited[:MOST_SOURCES]
        ),
        more_sources=max(0, len(cited) - MOST_SOURCES),
        missed=tuple(
            section_view(section, (), _expected(section, outcome))
            for section in sections.labelled(outcome, missed)[:MOST_SOURCES]
            if section not in shown
        ),
        expected=_EXPECTED[question.answerable],
        labels=labels,
        contains=_words(question.answer_contains, outcome, wanted=True),
        omits=_words(question.answer_omits, outcome, wanted=False),
        scores=_scores(outcome, before),
        change=_change(change) if change else None,
    )


_EXPECTED: dict[bool | None, Literal["answerable", "unanswerable", "unknown"]] = {
    True: "answerable",
    False: "unanswerable",
    None: "unknown",
}


def _result(outcome: Outcome) -> Result:
    if outcome.right is None:
        return "unjudged"
    return "right" if outcome.right else "wrong"


def _answer(answer: Mapping[str, Any] | None) -> AnswerView | None:
    if answer is None:
        return None
    return AnswerView(
        tuple(SentenceView(one["text"], one["citation"]) for one in answer["sentences"]),
        tuple(LinkView(one["label"], safe_url(one["url"]), one["url"]) for one in answer["links"]),
        answer["status"] in ("not_found", "clarify"),
    )


def _label(outcome: Outcome, at: int) -> LabelView:
    label = outcome.question.relevant[at]
    rank = min((one.rank for one in outcome.ranked if at in one.labels), default=None)
    state: Literal["cited", "found", "missed", "drifted"] = "missed" if rank is None else "found"
    if at in outcome.drifted:
        state = "drifted"
    elif any(at in labels for labels in outcome.cited_labels):
        state = "cited"
    return LabelView(_label_place(label), label.quote, state, rank)


def _label_place(label: Label) -> str:
    return PATH_SEPARATOR.join((label.profile, label.section or words("question.all_of")))


def label_text(label: Label) -> str:
    """A label on one line."""
    return f"{_label_place(label)}: “{label.quote}”" if label.quote else _label_place(label)


def _words(entries: Sequence[str], outcome: Outcome, *, wanted: bool) -> tuple[WordView, ...]:
    text = said_text(outcome.answer) if outcome.answer else ""
    said = [flat(entry) in text for entry in entries]
    return tuple(
        WordView(entry, is_said, is_said is wanted)
        for entry, is_said in zip(entries, said, strict=True)
    )


def _scores(outcome: Outcome, before: Outcome | None) -> tuple[ScoreView, ...]:
    """The measures that count this question, in either run."""
    earlier = before.scores if before else {}
    return tuple(
        ScoreView(measure, value, earlier.get(measure))
        for measure, value in outcome.scores.items()
        if value is not None or earlier.get(measure) is not None
    )


def _change(change: QuestionChange) -> ChangeView:
    before = change.before
    return ChangeView(
        change.verdict,
        change.said_differently,
        _answer(before.answer),
        before.error,
        before.status,
        _result(before),
        before.confidence,
    )


# --- sections with their marked words -----------------------------------------------------------


class _Sections:
    """The report's sections, for finding those a citation or label means."""

    def __init__(self, sections: Sequence[ShownSection]) -> None:
        self._at = {(section.profile, section.start): section for section in sections}
        self._of: dict[str, list[ShownSection]] = {}
        for section in sections:
            self._of.setdefault(section.profile, []).append(section)

    def cited(self, outcome: Outcome) -> list[tuple[ShownSection, list[Mapping[str, Any]]]]:
        """The sections an answer cites, by first citation, each with its citations."""
        found: dict[ShownSection, list[Mapping[str, Any]]] = {}
        for citation in outcome.answer["citations"] if outcome.answer else ():
            for section in self._of.get(citation["profile"], ()):
                if section.start <= citation["start"] < section.end:
                    found.setdefault(section, []).append(citation)
        return list(found.items())

    def labelled(self, outcome: Outcome, labels: Sequence[int]) -> list[ShownSection]:
        """For each of these labels the first section with words that it means, each once."""
        found: dict[ShownSection, None] = {}
        for at in labels:
            profile = outcome.question.relevant[at].profile
            meant = [self._at.get((profile, start)) for start in outcome.label_starts[at]]
            there = [section for section in meant if section is not None]
            if there:
                found[next((one for one in there if _has_words(one)), there[0])] = None
        return list(found)


def _has_words(section: ShownSection) -> bool:
    return _after_heading(section, ()) < len(section.text.rstrip())


def _expected(section: ShownSection, outcome: Outcome) -> list[tuple[int, int]]:
    """Where in a labelled section the quotes of its labels and the required words stand."""
    labels = [
        label
        for label, starts in zip(outcome.question.relevant, outcome.label_starts, strict=True)
        if label.profile == section.profile and section.start in starts
    ]
    found = [place for label in labels for place in quote_ranges(label.quote, section.text)]
    text = section.text.lower()
    if labels and len(text) == len(section.text):  # else lower case is not letter for letter
        for required in outcome.question.answer_contains:
            found += quote_ranges(required.lower(), text)
    return found


def section_view(
    section: ShownSection,
    citations: Sequence[Mapping[str, Any]],
    expected: Sequence[tuple[int, int]],
) -> SectionView:
    """A section with what is cited of it and what was expected there marked.

    ``citations`` are of an answer object and begin in the section; ``expected`` are ranges of its
    text.
    """
    quoted = [
        (start, end, citation["number"])
        for citation in citations
        if (start := citation["start"] - section.start)
        < (end := min(citation["end"] - section.start, len(section.text)))
    ]
    first, last = section.lines
    return SectionView(
        trail=PATH_SEPARATOR.join(path_names(section.title, section.heading_path)),
        place=words("question.line", profile=section.profile, first=first)
        if first == last
        else words("question.lines", profile=section.profile, first=first, last=last),
        pieces=tuple(_pieces(section, quoted, expected)),
    )


def _pieces(
    section: ShownSection,
    quoted: Sequence[tuple[int, int, int]],
    expected: Sequence[tuple[int, int]],
) -> Iterator[Piece]:
    """The section's words cut where a mark begins or ends, with a cut for words left out."""
    text = section.text
    marks = [*((start, end) for start, end, _ in quoted), *expected]
    begin = _after_heading(section, marks)
    edges = {end for mark in marks for end in mark}
    at = begin
    for start, end in _kept(text, begin, marks):
        if start > at:
            yield Piece("", "cut")
        alike: list[tuple[int, int, str, tuple[int, ...]]] = []
        for left, right in pairwise(sorted({start, end, *(e for e in edges if start < e < end)})):
            is_quoted = any(first <= left and right <= last for first, last, _ in quoted)
            is_expected = any(first <= left and right <= last for first, last in expected)
            kind = " ".join(["expected"] * is_expected + ["quoted"] * is_quoted)
            numbers = tuple(number for _, last, number in quoted if last == right)
            if alike and alike[-1][2:] == (kind, ()):
                left = alike.pop()[0]  # marks of one kind that overlap or touch are one
            alike.append((left, right, kind, numbers))
        for left, right, kind, numbers in alike:
            yield from _paragraphs(text[left:right], kind, numbers)
        at = end
    if at < len(text.rstrip()):
        yield Piece("", "cut")


def _paragraphs(text: str, kind: str, numbers: tuple[int, ...]) -> Iterator[Piece]:
    """Words that are marked alike, a piece a paragraph."""
    *before, last = _BLANK_LINES.split(text)
    for paragraph in before:
        yield Piece(paragraph, kind)
        yield Piece("", "gap")
    yield Piece(last, kind, numbers)


def _after_heading(section: ShownSection, marks: Sequence[tuple[int, int]]) -> int:
    """Where the words below the heading begin: the heading itself is already in the trail."""
    heading = section.heading_path[-1] if section.heading_path else ""
    if not heading or not section.text.startswith(heading):
        return 0
    rest = section.text[len(heading) :]
    below = len(heading) + len(rest) - len(rest.lstrip())
    return 0 if any(start < below for start, _ in marks) else below


def _kept(text: str, begin: int, marks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges of a section that are shown, cut between words; all of a short one."""
    end = len(text.rstrip())
    if end - begin <= WHOLE or end <= begin:
        return [(begin, end)] if begin < end else []
    kept: list[tuple[int, int]] = []
    for start, stop in sorted(marks) or [(begin, begin + WHOLE - AROUND)]:
        first = _word_start(text, max(begin, start - AROUND), begin)
        last = min(end, _word_end(text, stop + AROUND))
        if kept and first <= kept[-1][1] + AROUND // 4:
            kept[-1] = kept[-1][0], max(kept[-1][1], last)
        else:
            kept.append((first, last))
    return kept


def _word_start(text: str, at: int, least: int) -> int:
    while at > least and not text[at - 1].isspace():
        at -= 1
    return at


def _word_end(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace():
        at += 1
    return at
