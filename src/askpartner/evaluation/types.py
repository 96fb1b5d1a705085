"""The nouns of an evaluation, in the order a question set meets them.

Each is frozen and holds plain values only, so that a report can be written, read back and
compared. Scores lie in [0, 1] unless a measure says otherwise; ``None`` is "does not apply to this
question", never "zero": what should have been answered and was not scores 0. Nothing here holds a
clock, a folder of the machine or a live object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from askpartner.understand import Turn

Fault = Literal[
    "unreadable",
    "refused",
    "answered",
    "uncited",
    "words_missing",
    "words_forbidden",
    "quote_unproven",
]
"""Why an outcome is not right. unreadable: the assistant could not read the question; refused: it
said there is no answer, and there is one; answered: it answered, and there is none; uncited: no
labelled section is cited; words_missing: not every required word is said; words_forbidden: a
forbidden one is; quote_unproven: the page does not hold a quote at its address."""

Sign = Literal[">=", "<=", ">", "<"]

Verdict = Literal["win", "loss", "tie"]
"""Of the second run over the first."""


# --- question sets ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Label:
    """A place of a page that answers a question, named so that cutting anew breaks nothing.

    With neither section nor quote the whole profile is meant; with both, the quote must stand in
    a section of that name.
    """

    profile: str  # profile id
    section: str = ""  # a heading, or several from the outside in joined by " > "; "" for any
    quote: str = ""  # words of the page, white space aside; "" for all of the section


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """One line of a question set: a question, and what is known of its answer."""

    id: str  # unique in the set
    question: str
    history: tuple[Turn, ...]  # the conversation before it, oldest turn first
    relevant: tuple[Label, ...]
    answerable: bool | None  # None: not known, so nothing is said about refusing it
    answer_contains: tuple[str, ...]  # words every right answer says, in any case
    answer_omits: tuple[str, ...]  # words no right answer says, in any case
    tags: tuple[str, ...]
    line: int  # in the file, from 1; a CSV row that spans lines counts where it begins


@dataclass(frozen=True, slots=True)
class Drift:
    """A label that its page no longer has: neither a point won nor one lost."""

    id: str  # of the question
    line: int  # of the question
    label: Label
    reason: Literal["profile", "section", "quote"]  # the first part that is not there


# --- one question -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RankedSection:
    """A section found, at the rank of its best hit. Each section is in a ranking once."""

    rank: int  # from 1, best first
    score: float  # of its best hit
    profile: str
    heading_path: tuple[str, ...]
    start: int  # the section's range in the profile's text, half open
    end: int
    labels: tuple[int, ...]  # the labels it matches, as positions in ``LabelledQuestion.relevant``


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question."""

    question: LabelledQuestion
    answer: Mapping[str, Any] | None  # as ``render.answer_object`` gives it, without hits; None
    # when the assistant could not read the question
    error: str  # why it could not; "" otherwise
    status: str  # the answer's, or "error"
    confidence: float  # the answer's, in [0, 1]; 0 for an error
    ranked: tuple[RankedSection, ...]
    cited_labels: tuple[tuple[int, ...], ...]  # for each citation, the labels whose place it is in
    drifted: tuple[int, ...]  # the labels that are gone, as positions in ``relevant``
    scores: Mapping[str, float | None]  # by measure, in the order of the report's rows
    right: bool | None  # None when nothing is known of the answer, or all labels have drifted
    faults: tuple[Fault, ...]  # why not; () when right
    label_starts: tuple[tuple[int, ...], ...] = ()  # for each label, where the sections it means
    # begin in the text of its profile; () for one that is gone

    @property
    def answered(self) -> bool:
        """Whether something was said to the question, if only in part."""
        return self.status in ("answered", "partial")

    @property
    def set_aside(self) -> bool:
        """Whether every label has drifted: then no measure but the proof of quotes counts it."""
        return bool(self.question.relevant) and len(self.drifted) == len(self.question.relevant)


# --- all questions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One figure: a measure over all questions, or over those with a tag."""

    measure: str  # as ir_measures writes it, or one of our own names
    tag: str  # "" for all
    value: float | None  # None when no question counts
    low: float | None  # 95 % bootstrap interval; None with fewer than two questions
    high: float | None
    count: int  # questions it rests on


@dataclass(frozen=True, slots=True)
class Confusion:
    """Answerable or not, answered or not: how many questions are which."""

    answerable_answered: int
    answerable_refused: int
    unanswerable_answered: int
    unanswerable_refused: int


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """How often answers are wrong when only the surest share of the questions is answered.

    The k-th of n points has coverage k / n. Questions are in the order of confidence, refused ones
    behind all answered ones and wrong, because at full coverage they too would be answered; equal
    confidences share their errors evenly (Geifman and El-Yaniv, NeurIPS 2017).
    """

    points: tuple[tuple[float, float], ...]  # coverage in (0, 1], risk in [0, 1]
    area: float | None  # mean of the risks; None without points


@dataclass(frozen=True, slots=True)
class Abstention:
    """Whether what cannot be answered is refused, and nothing else. The positive is a refusal."""

    confusion: Confusion
    precision: float | None  # of the refused, how many are unanswerable; None when none is refused
    recall: float | None  # of the unanswerable, how many are refused; None when there are none
    auroc: float | None  # that confidence puts an answerable question above an unanswerable one
    risk_coverage: RiskCoverage


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers of about the same confidence: how sure they were, how many were right."""

    low: float  # confidences in [low, high); the last bin holds ``high`` too
    high: float
    count: int
    confidence: float | None  # their mean; None in an empty bin
    right: float | None  # the share of them that was right


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether confidence is how often answers are right, over the answered questions."""

    bins: tuple[ReliabilityBin, ...]  # of equal width over [0, 1]
    error: float | None  # expected calibration error (Naeini, Cooper and Hauskrecht, AAAI 2015)
    count: int


@dataclass(frozen=True, slots=True)
class Gate:
    """What a figure must reach, as ``nDCG@10>=0.8`` or, for one tag, ``nDCG@10[typo]>=0.8``."""

    text: str  # as written
    measure: str
    tag: str  # "" for all
    sign: Sign
    bound: float


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate with the figure it was held against."""

    gate: Gate
    value: float | None  # None when no question counts, which does not pass
    passed: bool


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section that is cited or labelled somewhere, for showing quotes where they stand."""

    profile: str
    title: str  # of the profile
    heading_path: tuple[str, ...]
    start: int  # range in the profile's text: ``text`` is ``Profile.text[start:end]``
    end: int
    lines: tuple[int, int]  # of the source file
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """A run of a question set, whole. The same set, corpus and settings give the same report."""

    question_set: str  # the file's name without its folder, or as the caller named it
    question_set_fingerprint: str  # SHA-256 of the questions and labels, hexadecimal
    corpus_fingerprint: str  # SHA-256 of profile ids and the hashes of their files, hexadecimal
    index_version: str
    askpartner: str  # version of the program
    settings: Mapping[str, str | int]  # what the assistant was made with, without folders
    asked: int  # questions of the set; more than there are outcomes in a partial report
    partial: bool  # stopped before every question was asked
    drift: tuple[Drift, ...]
    gates: tuple[GateResult, ...]
    rows: tuple[MeasureRow, ...]  # all questions first, then tags in order; measures in order
    abstention: Abstention
    calibration: Calibration
    outcomes: tuple[Outcome, ...]  # in the order of the question set
    sections: tuple[ShownSection, ...]  # by profile id and start, each once

    def row(self, measure: str, tag: str = "") -> MeasureRow | None:
        """The figure of a measure, over all questions or those with a tag; None if not there."""
        return next((r for r in self.rows if r.measure == measure and r.tag == tag), None)


# --- two runs -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeasureChange:
    """One measure in two runs, over the questions that count in both."""

    measure: str
    before: float
    after: float
    difference: float  # after less before
    low: float  # 95 % paired bootstrap interval of the difference
    high: float
    p: float | None  # two-sided exact sign test over wins and losses; None for a measure that is
    # no mean over questions
    wins: int  # questions the second run scores better (for a measure where less is better: lower)
    losses: int
    ties: int
    count: int


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """One question in two runs."""

    id: str
    before: Outcome
    after: Outcome
    differences: Mapping[str, float]  # after less before, for measures that count in both
    verdict: Verdict  # by ``right``; then by the sum of the differences, but for Judged@k
    said_differently: bool  # another status, sentence, citation or link


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of one question set, question by question."""

    names: tuple[str, str]  # what the runs are called, first and second
    settings: tuple[tuple[str, str, str], ...]  # what differs between them: name, first, second
    allowed: tuple[str, ...]  # "corpus" and "questions" when these differ and that was allowed
    rows: tuple[MeasureChange, ...]
    questions: tuple[QuestionChange, ...]  # those in both runs, in the order of the second
