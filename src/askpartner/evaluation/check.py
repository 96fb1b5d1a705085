"""What is wrong with a question set before anything is asked: doubles, doubts, drift.

Compares the set with itself and its labels with the pages. Does not mend, and asks no assistant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from askpartner.evaluation.labels import Pages, names_section, quote_ranges
from askpartner.evaluation.types import Label, LabelledQuestion
from askpartner.types import Section
from askpartner.understand.names import WORD

FEWEST_CASES = 5
"""A tag with fewer questions says nothing by its figure: one of them is a fifth of it or more."""

ORDER_TAG = "order"
"""Marks a question that is another one's words in another order on purpose."""

SHOWN_CHARACTERS = 60
"""Longest stretch of a quote that a finding shows."""

Kind = Literal[
    "duplicate",
    "contradiction",
    "reordered",
    "unlabelled",
    "drift",
    "ambiguous",
    "words_not_there",
    "few_cases",
]
"""duplicate: the same question and history, case, white space and punctuation aside;
contradiction: the same, labelled answerable in one place and not in the other; reordered: the same
words in another order; unlabelled: said to be answerable, and nothing says by what; drift: a label
its page no longer has; ambiguous: a label that means several places; words_not_there: required
words that no labelled section holds; few_cases: a tag of fewer than ``FEWEST_CASES`` questions."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    line: int  # of the question set; for a tag, of its first question
    id: str  # of the question
    kind: Kind
    text: str  # what is wrong, and the way out, on one line

    def as_object(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return {"line": self.line, "id": self.id, "kind": self.kind, "text": self.text}


def check_questions(
    questions: Sequence[LabelledQuestion],
    pages: Pages | None = None,
    *,
    fewest_cases: int = FEWEST_CASES,
) -> list[Finding]:
    """Everything found, in the order of lines; labels are checked only where ``pages`` are given.

    Two findings on one line are in the order of ``Kind``.
    """
    found = [*_doubles(questions), *_unlabelled(questions), *_few_cases(questions, fewest_cases)]
    if pages is not None:
        for question in questions:
            found.extend(_of_labels(question, pages))
    order = {kind: at for at, kind in enumerate(get_args(Kind))}
    return sorted(found, key=lambda finding: (finding.line, order[finding.kind], finding.text))


# --- the set against itself ---------------------------------------------------------------------


def _doubles(questions: Sequence[LabelledQuestion]) -> Iterator[Finding]:
    """Each question against the first one of the same words."""
    same: dict[object, LabelledQuestion] = {}
    turned: dict[object, LabelledQuestion] = {}
    for question in questions:
        said = _said(question.question)
        history = tuple((turn.role, _said(turn.content)) for turn in question.history)
        first = same.setdefault((said, history), question)
        if first is not question:
            yield _double(first, question)
            continue
        other = turned.setdefault((tuple(sorted(said)), history), question)
        if other is not question and ORDER_TAG not in (*other.tags, *question.tags):
            yield Finding(
                question.line,
                question.id,
                "reordered",
                f"the words of line {other.line} ({other.id}) in another order; tag one of them "
                f"{ORDER_TAG!r} if that is meant",
            )


def _said(text: str) -> tuple[str, ...]:
    return tuple(WORD.findall(text.casefold()))


def _double(first: LabelledQuestion, second: LabelledQuestion) -> Finding:
    where = f"line {first.line} ({first.id})"
    claims = {first.answerable, second.answerable}
    if claims == {True, False}:
        yes = "answerable there and not here" if first.answerable else "answerable only here"
        return Finding(
            second.line, second.id, "contradiction", f"asked on {where} too, {yes}; keep one"
        )
    apart = "" if set(first.relevant) == set(second.relevant) else ", with other labels"
    return Finding(second.line, second.id, "duplicate", f"asked on {where} too{apart}; keep one")


def _unlabelled(questions: Sequence[LabelledQuestion]) -> Iterator[Finding]:
    for question in questions:
        if question.answerable and not question.relevant:
            yield Finding(
                question.line,
                question.id,
                "unlabelled",
                "said to be answerable, but 'relevant' does not say where the answer stands",
            )


def _few_cases(questions: Sequence[LabelledQuestion], fewest: int) -> Iterator[Finding]:
    tagged: dict[str, list[LabelledQuestion]] = defaultdict(list)
    for question in questions:
        for tag in question.tags:
            tagged[tag].append(question)
    for tag, cases in tagged.items():
        if len(cases) < fewest:
            count = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
            yield Finding(
                cases[0].line,
                cases[0].id,
                "few_cases",
                f"tag {tag!r} has {count}, fewer than {fewest}; add some or drop the tag",
            )


# --- labels against the pages -------------------------------------------------------------------


def _of_labels(question: LabelledQuestion, pages: Pages) -> Iterator[Finding]:
    def finding(kind: Kind, text: str) -> Finding:
        return Finding(question.line, question.id, kind, text)

    gone = dict(pages.drift(question))
    for drifted in gone.values():
        what = _described(drifted.label)
        yield finding("drift", f"{what}: its {drifted.reason} is no longer on the pages")
    held = [label for at, label in enumerate(question.relevant) if at not in gone]
    for label in held:
        if doubt := ambiguity(label, pages):
            yield finding("ambiguous", f"{_described(label)}: {doubt}")
    if not held or gone:  # words may have gone with what drifted
        return
    texts = [_folded(text) for label in held for text in _texts(label, pages)]
    for required in question.answer_contains:
        if not any(_folded(required) in text for text in texts):
            yield finding("words_not_there", f"{required!r} is in no section of its labels")


def ambiguity(label: Label, pages: Pages) -> str:
    """Why a label means several places of its page, or "" when it means one.

    A section counts with those below its heading as one place; so does a whole page. The label
    must be there: what drifted is not ambiguous.
    """
    text = pages.profiles[label.profile].text
    if label.quote:
        sections = _sections(label, pages)
        held = [
            (start, end)
            for start, end in quote_ranges(label.quote, text)
            if any(start < section.end and section.start < end for section in sections)
        ]
        if len(held) > 1:
            place = "section" if label.section else "page"
            return f"the quote stands {len(held)} times in the {place}; make it longer"
        return ""
    headings = _headings(label, pages) if label.section else []
    if len(headings) > 1:
        lines = ", ".join(str(section.lines[0]) for section in headings)
        return (
            f"{len(headings)} headings of the page are called that (lines {lines}); "
            "put the heading above it before it with ' > ', or add a quote"
        )
    return ""


def _sections(label: Label, pages: Pages) -> list[Section]:
    return [
        section
        for section in pages.sections[label.profile]
        if not label.section or names_section(label.section, section.heading_path)
    ]


def _headings(label: Label, pages: Pages) -> list[Section]:
    """The sections a label's heading opens, without those that stand below one of them."""
    found: list[tuple[Section, tuple[str, ...]]] = []
    for section in _sections(label, pages):
        path = section.heading_path
        depth = next(n for n in range(1, len(path) + 1) if names_section(label.section, path[:n]))
        above = path[:depth]
        below = bool(found) and above == found[-1][1]
        opens = path == above and section.body_start > section.start
        if not below or opens:
            found.append((section, above))
    return [section for section, _ in found]


def _texts(label: Label, pages: Pages) -> Iterator[str]:
    text = pages.profiles[label.profile].text
    if not label.section:
        yield text
        return
    for section in _sections(label, pages):
        yield text[section.start : section.end]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _described(label: Label) -> str:
    quote = " ".join(label.quote.split())
    if len(quote) > SHOWN_CHARACTERS:
        quote = f"{quote[: SHOWN_CHARACTERS - 1]}…"
    parts = [label.profile, label.section, f"“{quote}”" if quote else ""]
    return f"label {', '.join(filter(None, parts))}"


def findings_text(
    path: Path, questions: int, findings: Sequence[Finding], *, with_pages: bool
) -> str:
    """The findings, one line each with its place, and a line that counts them."""
    lines = [f"{path}:{f.line}: {f.kind}: {f.id}: {f.text}" for f in findings]
    unread = "" if with_pages else " (labels not checked; name the pages with --corpus)"
    return "\n".join([*lines, f"{questions} questions, {len(findings)} findings{unread}"])
