"""The measures: what each question scores, and what a group of questions makes of it.

Finding is measured by ``ir_measures``, under the names of that library. What is ranked are
sections, what is relevant are labels: a section stands for the label it matches, and a label is
found where the first of its sections is. A section that only matches labels found before is judged
and gains nothing. So a label that means several sections is one thing to find, and naming a
section by its parent's heading costs nothing.

Answers, abstention and calibration have measures of our own. Each is a mean over questions, or a
figure of a group (``GroupMeasure``) that is computed from weights, so that the same code gives the
value and every bootstrap resample of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from askpartner.errors import StaleCitation, UsageError
from askpartner.evaluation.labels import Place
from askpartner.evaluation.types import Fault, LabelledQuestion, Outcome, RankedSection

if TYPE_CHECKING:
    from ir_measures.measures import Measure

Numbers = NDArray[np.float64]

RETRIEVAL = ("nDCG@10", "R@5", "RR@10", "P@3", "Judged@10")
"""What is measured of the ranking unless more is asked for."""

ANSWERED = ("answered", "partial")
"""The statuses of an answer that says something; the others are refusals."""

BINS = 10
"""Bins of equal width of the reliability table."""


# --- one question: the answer -------------------------------------------------------------------


def flat(text: str) -> str:
    """A text without case, and with every run of white space as one space."""
    return " ".join(text.lower().split())


def said_text(answer: Mapping[str, Any]) -> str:
    """Everything an asker sees of an answer object, flat: words, headings of quotes, links."""
    parts = [answer["text"]]
    parts += (heading for c in answer["citations"] for heading in c["heading_path"])
    parts += (f"{link['label']} {link['url']}" for link in answer["links"])
    return flat("\n".join(parts))


def says_all(answer: Mapping[str, Any], words: Sequence[str]) -> bool:
    """Whether an answer says each of the words, as it is shown, ignoring case and white space."""
    said = said_text(answer)
    return all(flat(word) in said for word in words)


def says_any(answer: Mapping[str, Any], words: Sequence[str]) -> bool:
    """Whether an answer says one of the words, as it is shown, ignoring case and white space."""
    said = said_text(answer)
    return any(flat(word) in said for word in words)


def citation_scores(
    cited: Sequence[Sequence[int]], places: Mapping[int, object]
) -> tuple[float, float]:
    """Precision and recall of citations against labels, each in [0, 1].

    ``cited`` holds for each citation the labels whose place it is in; ``places`` says where each
    label that counts points, and must not be empty. Labels of one place are one. No citation at
    all scores 0 in both.
    """
    wanted = set(places.values())
    found = {places[label] for labels in cited for label in labels if label in places}
    right = sum(any(label in places for label in labels) for labels in cited)
    return (right / len(cited) if cited else 0.0), len(found) / len(wanted)


OWN_MEANS = (
    "right",
    "required_words",
    "forbidden_absent",
    "citation_precision",
    "citation_recall",
    "quotes_proven",
    "false_refusals",
    "abstention_recall",
)
"""Our measures that are means over questions.

right: nothing is wrong with what was said; required_words: every required word is said;
forbidden_absent: no forbidden word is, and it was answered if it could be; citation_precision:
the share of citations in a labelled place; citation_recall: the share of labelled places cited;
quotes_proven: the share of citations that the page holds, over questions with citations;
false_refusals: the share of answerable questions that were refused (less is better);
abstention_recall: the share of unanswerable questions that were refused.
"""


def own_scores(
    question: LabelledQuestion,
    answer: Mapping[str, Any] | None,
    cited: Sequence[Sequence[int]],
    places: Mapping[int, object],
    proven: Sequence[bool],
) -> tuple[dict[str, float | None], bool | None, tuple[Fault, ...]]:
    """What one question scores by ``OWN_MEANS``, whether it is right, and why not.

    ``cited`` as in ``citation_scores``; ``places`` are those of the labels that have not drifted;
    ``proven`` says of each citation whether the page holds it. A question all of whose labels have
    drifted is set aside: only its quotes count.
    """
    scores: dict[str, float | None] = dict.fromkeys(OWN_MEANS)
    if proven:
        scores["quotes_proven"] = sum(proven) / len(proven)
    if question.relevant and not places:
        return scores, None, ()
    answered = answer is not None and answer["status"] in ANSWERED
    must = question.answerable is not False
    if question.answerable is not None:
        name = "false_refusals" if question.answerable else "abstention_recall"
        scores[name] = float(not answered)
    if must and question.answer_contains:
        said = answered and says_all(answer or {}, question.answer_contains)
        scores["required_words"] = float(said)
    if question.answer_omits:
        broken = answer is not None and says_any(answer, question.answer_omits)
        kept = not broken and (answered or not question.answerable)
        scores["forbidden_absent"] = float(kept)
    if must and places:
        # What is cited below a refusal answers nothing.
        precision, recall = citation_scores(cited if answered else (), places)
        scores["citation_precision"], scores["citation_recall"] = precision, recall
    faults = _faults(question, answer, answered, scores)
    known = (
        question.answerable is not None
        or question.relevant
        or question.answer_contains
        or question.answer_omits
        or faults
    )
    right = not faults if known else None
    scores["right"] = None if right is None else float(right)
    return scores, right, faults


def _faults(
    question: LabelledQuestion,
    answer: Mapping[str, Any] | None,
    answered: bool,
    scores: Mapping[str, float | None],
) -> tuple[Fault, ...]:
    if answer is None:
        return ("unreadable",)
    if question.answerable and not answered:
        return ("refused",)
    faults: list[Fault] = []
    if question.answerable is False and answered:
        faults.append("answered")
    if scores["citation_recall"] == 0:
        faults.append("uncited")
    if scores["required_words"] == 0:
        faults.append("words_missing")
    if question.answer_omits and says_any(answer, question.answer_omits):
        faults.append("words_forbidden")
    if scores["quotes_proven"] not in (None, 1.0):
        faults.append("quote_unproven")
    return tuple(faults)


def proven_citations(
    answer: Mapping[str, Any], prove: Callable[[Mapping[str, Any]], None]
) -> list[bool]:
    """Of each citation, whether ``prove`` accepts it and it is quoted as it stands.

    ``prove`` raises StaleCitation for words that the page does not hold. A quote without its
    citation counts as a citation that is not proven.
    """
    said = {s["citation"]: s["text"] for s in answer["sentences"] if s["kind"] == "quote"}
    proven: list[bool] = []
    for citation in answer["citations"]:
        try:
            prove(citation)
        except StaleCitation:
            proven.append(False)
        else:
            proven.append(said.pop(citation["number"], None) == citation["quote"])
    return proven + [False] * sum(
        number not in {c["number"] for c in answer["citations"]} for number in said
    )


# --- one question: the ranking ------------------------------------------------------------------


def parse_measures(names: Sequence[str]) -> list[Measure]:
    """Measures of ``ir_measures`` by name, each once. Raises UsageError naming all unknown ones."""
    import ir_measures

    found: list[Measure] = []
    faults: list[str] = []
    for name in names:
        try:
            measure = ir_measures.parse_measure(name)
            supported = ir_measures.DefaultPipeline.supports(measure)  # type: ignore[no-untyped-call]
        except (NameError, ValueError, SyntaxError, KeyError, AssertionError, TypeError):
            faults.append(f"{name} is no measure of ir_measures")
            continue
        if not supported:
            faults.append(f"{name} needs a package of ir_measures that is not installed")
        elif type(measure.aggregator()).__name__ != "MeanAgg":
            faults.append(f"{name} is not a mean over questions")
        elif measure not in found:
            found.append(measure)
    if faults:
        raise UsageError(
            f"measures: {'; '.join(faults)}; there are {', '.join(RETRIEVAL)} and others of "
            "ir_measures, such as AP or Success@1"
        )
    return found


Judgements = dict[str, dict[str, int]]
"""By question id, then by what can be found: 1 for a label's place, 0 for a section of one that
was found before."""

Rankings = dict[str, dict[str, float]]
"""By question id, then by what was found: a score that falls with the rank."""


def rankings(
    questions: Sequence[tuple[LabelledQuestion, Sequence[RankedSection], Mapping[int, Place]]],
) -> tuple[Judgements, Rankings]:
    """Judgements and rankings as TREC tools read them, for questions with labels that count.

    Each question comes with its ranked sections and the places of its labels that have not
    drifted. Where a section matches several places not yet found,
    it stands for the one with the fewest sections, then for the one labelled first.
    """
    judgements: Judgements = {}
    found: Rankings = {}
    for question, ranked, places in questions:
        if not places:
            continue
        wanted = {
            place: f"label:{place.profile}@{'+'.join(map(str, place.starts))}"
            for place in places.values()
        }
        judged = dict.fromkeys(wanted.values(), 1)
        scores: dict[str, float] = {}
        left = sorted(wanted, key=lambda place: len(place.starts))
        for section in ranked:
            matched = {places[label] for label in section.labels if label in places}
            place = next((p for p in left if p in matched), None)
            if place is not None:
                left.remove(place)
                name = wanted[place]
            else:
                name = f"{section.profile}@{section.start}"
                if matched:
                    judged[name] = 0
            scores[name] = float(len(ranked) + 1 - section.rank)
        judgements[question.id], found[question.id] = judged, scores
    return judgements, found


def retrieval_scores(
    measures: Sequence[Measure], judgements: Judgements, found: Rankings
) -> dict[str, dict[str, float]]:
    """By question id, then by measure: what ``ir_measures`` makes of the rankings.

    A question without anything found scores 0. Empty judgements give an empty result.
    """
    import ir_measures

    scores: dict[str, dict[str, float]] = {
        identity: {str(measure): 0.0 for measure in measures} for identity in judgements
    }
    if not scores or not measures:
        return scores
    qrels = [
        ir_measures.Qrel(identity, name, relevance)
        for identity, judged in judgements.items()
        for name, relevance in judged.items()
    ]
    run = [
        ir_measures.ScoredDoc(identity, name, score)
        for identity, ranked in found.items()
        for name, score in ranked.items()
    ]
    for metric in ir_measures.iter_calc(measures, qrels, run):
        scores[metric.query_id][str(metric.measure)] = float(metric.value)
    return scores


# --- a group of questions -----------------------------------------------------------------------

Figure = Callable[[Numbers], Numbers]
"""From weights, shaped (resamples, questions), to a value a resample; NaN where it has none."""

LESS_IS_BETTER = frozenset(("false_refusals", "AURC", "ECE"))

GroupMeasure = Callable[[Sequence[Outcome]], tuple[Figure, list[int]]]
"""From outcomes to a figure, and the positions of the outcomes it is over."""


def mean_figure(values: Sequence[float]) -> Figure:
    """The mean of values, one a question."""
    column = np.asarray(values, dtype=np.float64)

    def figure(weights: Numbers) -> Numbers:
        return _ratio(weights @ column, weights.sum(axis=1))

    return figure


def auroc_figure(scores: Sequence[float], positive: Sequence[bool]) -> Figure:
    """How likely a positive scores above a negative, ties counting half.

    The area under the receiver operating characteristic (Hanley and McNeil, Radiology 1982).
    """
    order, groups = _groups(np.asarray(scores, dtype=np.float64))
    positives = np.asarray(positive, dtype=np.float64)[order]

    def figure(weights: Numbers) -> Numbers:
        ordered = weights[:, order]
        above = _sums(ordered * positives, groups)
        below = _sums(ordered * (1 - positives), groups)
        won = above * (below.cumsum(axis=1) - below / 2)
        return _ratio(won.sum(axis=1), above.sum(axis=1) * below.sum(axis=1))

    return figure


def aurc_figure(keys: Sequence[float], wrong: Sequence[bool]) -> Figure:
    """Area under the risk-coverage curve: the mean, over k, of the risk of the k surest.

    ``keys`` order the questions, surest highest; within a tie the errors are shared evenly
    (Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017).
    Weights are whole numbers: a question of weight 2 is there twice.
    """
    order, groups = _groups(-np.asarray(keys, dtype=np.float64))
    errors = np.asarray(wrong, dtype=np.float64)[order]

    def figure(weights: Numbers) -> Numbers:
        ordered = weights[:, order]
        sizes, lost = _sums(ordered, groups), _sums(ordered * errors, groups)
        before, lost_before = sizes.cumsum(axis=1) - sizes, lost.cumsum(axis=1) - lost
        # Of a tie of c questions, e of them wrong, behind C others, E of them wrong, the risks are
        # (E + k e/c) / (C + k) for k = 1..c; they add up to e + (E - C e/c) (H(C + c) - H(C)).
        total = weights.sum(axis=1)
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, total.max(initial=0) + 1))])
        rate = np.divide(lost, sizes, out=np.zeros_like(lost), where=sizes > 0)
        steps = harmonic[(before + sizes).astype(int)] - harmonic[before.astype(int)]
        risks = lost + (lost_before - before * rate) * steps
        return _ratio(risks.sum(axis=1), total)

    return figure


def ece_figure(confidences: Sequence[float], right: Sequence[bool]) -> Figure:
    """Expected calibration error over ``BINS`` bins of equal width, in [0, 1].

    The mean, over answers, of the distance between the mean confidence of their bin and the share
    of it that is right (Naeini, Cooper and Hauskrecht, AAAI 2015).
    """
    column = np.asarray(confidences, dtype=np.float64)
    gap = np.asarray(right, dtype=np.float64) - column
    member = np.eye(BINS)[bin_of(column)]

    def figure(weights: Numbers) -> Numbers:
        gaps = (weights * gap) @ member
        return _ratio(np.abs(gaps).sum(axis=1), weights.sum(axis=1))

    return figure


def bin_of(confidences: Numbers) -> NDArray[np.int64]:
    """The bin of the reliability table of each confidence, from 0; 1.0 is in the last."""
    return np.minimum((confidences * BINS).astype(np.int64), BINS - 1)


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """How likely a positive scores above a negative, ties counting half; both not empty."""
    scores = [*positives, *negatives]
    positive = [True] * len(positives) + [False] * len(negatives)
    return float(auroc_figure(scores, positive)(np.ones((1, len(scores))))[0])


def _ratio(above: Numbers, below: Numbers) -> Numbers:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _groups(keys: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """An order by key, and where in it each group of equal keys begins."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(keys) else np.array([])
    return order, np.flatnonzero(begins)


def _sums(columns: Numbers, groups: NDArray[np.int64]) -> Numbers:
    return np.add.reduceat(columns, groups, axis=1)


def surest_first(outcomes: Sequence[Outcome]) -> list[float]:
    """A key for each outcome that falls from the surest answer to the least, refusals behind."""
    return [o.confidence if o.answered else -1.0 for o in outcomes]


def right_known(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of which it is known whether they are right."""
    return [outcome for outcome in outcomes if outcome.right is not None]


def _abstaining(outcomes: Sequence[Outcome]) -> list[int]:
    """The positions of the outcomes of which it is known whether there is an answer."""
    return [
        at
        for at, outcome in enumerate(outcomes)
        if outcome.question.answerable is not None and not outcome.set_aside
    ]


def _abstention_precision(outcomes: Sequence[Outcome]) -> tuple[Figure, list[int]]:
    refused = [at for at in _abstaining(outcomes) if not outcomes[at].answered]
    return mean_figure([not outcomes[at].question.answerable for at in refused]), refused


def _auroc(outcomes: Sequence[Outcome]) -> tuple[Figure, list[int]]:
    chosen = _abstaining(outcomes)
    answerable = [bool(outcomes[at].question.answerable) for at in chosen]
    return auroc_figure([outcomes[at].confidence for at in chosen], answerable), chosen


def _aurc(outcomes: Sequence[Outcome]) -> tuple[Figure, list[int]]:
    chosen = [at for at, outcome in enumerate(outcomes) if outcome.right is not None]
    counted = [outcomes[at] for at in chosen]
    wrong = [not (outcome.right and outcome.answered) for outcome in counted]
    return aurc_figure(surest_first(counted), wrong), chosen


def _ece(outcomes: Sequence[Outcome]) -> tuple[Figure, list[int]]:
    chosen = [at for at, o in enumerate(outcomes) if o.right is not None and o.answered]
    confidences = [outcomes[at].confidence for at in chosen]
    return ece_figure(confidences, [bool(outcomes[at].right) for at in chosen]), chosen


GROUP_MEASURES: Mapping[str, GroupMeasure] = {
    "abstention_precision": _abstention_precision,
    "AUROC": _auroc,
    "AURC": _aurc,
    "ECE": _ece,
}
"""Our measures of a group of questions, which are no means over them.

abstention_precision: the share of refused questions that are unanswerable; AUROC: how well
confidence tells answerable from unanswerable; AURC: area under the risk-coverage curve (less is
better); ECE: expected calibration error of answered questions (less is better).
"""

OWN_MEASURES = (*OWN_MEANS, *GROUP_MEASURES)


def figure_of(measure: str, outcomes: Sequence[Outcome]) -> tuple[Figure, list[int]]:
    """The figure of any measure, and the positions of the outcomes that count in it."""
    if measure in GROUP_MEASURES:
        return GROUP_MEASURES[measure](outcomes)
    scores = [outcome.scores.get(measure) for outcome in outcomes]
    chosen = [at for at, score in enumerate(scores) if score is not None]
    return mean_figure([score for score in scores if score is not None]), chosen
