"""The rows of the table: which set, which figure, what the baselines and the product reach."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import mean

from askpartner.assistant import Turn
from askpartner.evaluation.measures import auroc, flat, said_text
from askpartner.render import answer_object, answer_text
from askpartner.retrieve import retrieve
from askpartner.split import embedded_text, path_names
from askpartner.types import Answer, Hit
from askpartner.understand import understand

from .baselines import BASELINES, Baselines
from .measures import (
    PATH_SEPARATOR,
    Range,
    Unit,
    is_right,
    ndcg,
    precision_omega,
    range_recall,
    recall,
    word_f1,
)
from .places import FilePlaces
from .sets import OWN_QUESTIONS, Progress, Question, QuestionSet

HITS = 100
"""Passages asked for where sections are ranked; their sections are more than nDCG looks at."""

BEST = "best baseline"
ALONE = "last turn"

PASSAGES = 5
"""Passages found for a question where passages are judged."""

TAG = ": "
"""Between a set and the tag of the questions a row is about."""

REFUSALS = frozenset(("not_found", "clarify"))


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one set."""

    set_name: str
    measure: str
    count: int  # questions it is the mean of
    value: float  # the product's
    others: Mapping[str, float] = field(default_factory=dict)  # baselines, and the last turn alone
    reach: float | None = None
    most: bool = False  # whether the reach is the most allowed, not the least

    @property
    def met(self) -> bool | None:
        """Whether the reach is met; None where there is none."""
        if self.reach is None:
            return None
        return self.value <= self.reach if self.most else self.value >= self.reach


@dataclass(frozen=True)
class Outcome:
    """The rows of a set and, for own questions, what went wrong."""

    rows: list[Row]
    run: list[dict[str, object]] = field(default_factory=list)  # lines for an outside scorer
    failures: list[str] = field(default_factory=list)


class Measured:
    """A set with its rankings by section."""

    def __init__(self, questions: QuestionSet, work: Path, progress: Progress) -> None:
        self.set, self.work, self.progress = questions, work / questions.name, progress
        self.index = questions.index

    @cached_property
    def _sections(self) -> dict[tuple[str, int], Unit]:
        """Every section with words below its heading, by profile id and start."""
        return {
            (identity, section.start): Unit(
                doc=self.set.documents[identity],
                section=_section_name(profile.title, section.heading_path),
                text=profile.text[section.start : section.end],
            )
            for identity, profile in self.index.profiles.items()
            for section in self.index.sections[identity]
            if profile.text[section.body_start : section.end].strip()
        }

    @cached_property
    def baselines(self) -> Baselines:
        """The baselines over the same sections."""
        texts = []
        for identity, start in self._sections:
            profile = self.index.profiles[identity]
            section = next(s for s in self.index.sections[identity] if s.start == start)
            path = PATH_SEPARATOR.join(path_names(profile.title, section.heading_path))
            texts.append(f"{path}\n{profile.text[section.body_start : section.end].strip()}")
        return Baselines(texts, self.index, self.work, self.progress)

    def found(self, question: Question, history: Sequence[Turn]) -> list[Unit]:
        """The sections the product finds, best first, each once."""
        request = understand(question.question, history, self.index)
        return self.units(retrieve(request, self.index, count=HITS))

    def units(self, hits: Sequence[Hit]) -> list[Unit]:
        """The sections of passages, in their order, each once."""
        starts: dict[tuple[str, int], None] = {}
        for hit in hits:
            passage = hit.passage
            start = next(
                section.start
                for section in self.index.sections[passage.profile]
                if section.start <= passage.start < section.end
            )
            starts[passage.profile, start] = None
        return self._by_document([self._sections[key] for key in starts])

    def found_by(self, question: str) -> dict[str, list[Unit]]:
        """The sections each baseline finds, best first."""
        units = list(self._sections.values())
        ranked = self.baselines.rank(question)
        return {
            name: self._by_document([units[at] for at in places])
            for name, (places, _) in ranked.items()
        }

    def _by_document(self, units: list[Unit]) -> list[Unit]:
        """The documents of the sections, each once, where targets are documents."""
        if any(target.section or target.text for q in self.set.questions for target in q.relevant):
            return units
        return [Unit(doc) for doc in dict.fromkeys(unit.doc for unit in units)]

    def each(self, questions: Sequence[Question]) -> Iterator[Question]:
        """The questions, with progress reported."""
        for done, question in enumerate(questions, start=1):
            yield question
            self.progress(done, len(questions), self.set.name)


def _section_name(title: str, heading_path: tuple[str, ...]) -> str:
    """The heading path without the page's own title."""
    if heading_path and heading_path[0].casefold() == title.casefold():
        heading_path = heading_path[1:]
    return PATH_SEPARATOR.join(heading_path)


def _with_targets(questions: Sequence[Question]) -> list[Question]:
    return [question for question in questions if question.answerable and question.relevant]


# --- finding ------------------------------------------------------------------------------------

Reach = Callable[[Mapping[str, float]], float]
"""From the figures beside it to what is to be reached."""


def _at_least(figure: float) -> Reach:
    return lambda others: figure


def _above(margin: float, names: Sequence[str]) -> Reach:
    return lambda others: max(others[name] for name in names) + margin


def finding(
    measured: Measured,
    reaches: Mapping[str, Reach],
    *,
    follow_ups: bool = False,
    baseline_query: Callable[[Question], str] = lambda question: question.question,
) -> Outcome:
    """nDCG@10 and recall@5 of the sections found, for questions that mark what is right."""
    chosen = _with_targets(measured.set.questions)
    if follow_ups:
        chosen = [question for question in chosen if question.history]
    has_history = any(question.history for question in chosen)
    names = (*BASELINES, *((ALONE,) if has_history else ()), "askpartner")
    figures: dict[str, dict[str, list[float]]] = {
        measure: {name: [] for name in names} for measure in ("nDCG@10", "recall@5")
    }
    run: list[dict[str, object]] = []
    for question in measured.each(chosen):
        ranked = measured.found_by(baseline_query(question))
        if has_history:
            ranked[ALONE] = measured.found(question, ())
        ranked["askpartner"] = measured.found(question, question.history)
        for name, units in ranked.items():
            figures["nDCG@10"][name].append(ndcg(units, question.relevant))
            figures["recall@5"][name].append(recall(units, question.relevant, 5))
        run.append(_run_line(question, ranked["askpartner"]))
    rows = []
    for measure, by_name in figures.items():
        others = {name: mean(values) for name, values in by_name.items() if name != "askpartner"}
        reach = reaches[measure](others) if measure in reaches else None
        value = mean(by_name["askpartner"])
        rows.append(Row(measured.set.name, measure, len(chosen), value, others, reach))
    return Outcome(rows, run)


def _run_line(question: Question, units: Sequence[Unit]) -> dict[str, object]:
    ranked = [
        {key: value for key in ("doc", "section", "text") if (value := getattr(unit, key))}
        for unit in units[:10]
    ]
    return {"id": question.id, "ranked": ranked}


# --- saying no ----------------------------------------------------------------------------------


def answerability(measured: Measured, reach: float) -> Outcome:
    """AUROC of an answer's confidence, and of the best score of each baseline."""
    scores: dict[str, tuple[list[float], list[float]]] = {
        name: ([], []) for name in (*BASELINES, "askpartner")
    }
    run: list[dict[str, object]] = []
    refused_right = 0
    for question in measured.each(measured.set.questions):
        answer = measured.set.assistant.ask(question.question, history=question.history)
        best = {
            name: score for name, (_, score) in measured.baselines.rank(question.question).items()
        }
        best["askpartner"] = answer.confidence
        for name, score in best.items():
            scores[name][not question.answerable].append(score)
        answered = answer.status not in REFUSALS
        refused_right += answered == question.answerable
        run.append({"id": question.id, "answered": answered, "score": answer.confidence})
    figures = {name: auroc(*split) for name, split in scores.items()}
    value = figures.pop("askpartner")
    count = len(measured.set.questions)
    return Outcome(
        [
            Row(measured.set.name, "AUROC of confidence", count, value, figures, reach),
            Row(measured.set.name, "answered or refused rightly", count, refused_right / count),
        ],
        run,
    )


# --- passages -----------------------------------------------------------------------------------


def chunking(measured: Measured, least_recall: float, least_precision: float) -> Outcome:
    """Recall of five passages and precision-omega of all, in characters of the documents."""
    index, chosen = measured.index, measured.set.questions
    places = {}
    for identity, profile in index.profiles.items():
        source = (measured.set.pages / profile.source).read_bytes().decode("utf-8-sig")
        places[identity] = FilePlaces(profile.text, source)
        if places[identity].lost * 1000 > len(profile.text.split()):
            raise ValueError(f"{profile.source}: {places[identity].lost} words not found in it")
    ranges = [
        places[passage.profile].range_between(passage.start, passage.end)
        for passage in index.passages
    ]
    cut: dict[str, list[Range]] = {}
    for passage, place in zip(index.passages, ranges, strict=True):
        cut.setdefault(measured.set.documents[passage.profile], []).append(place)
    texts = [embedded_text(passage) for passage in index.passages]
    baselines = Baselines(texts, index, measured.work, measured.progress)
    names = (*BASELINES, "askpartner")
    recalls: dict[str, list[float]] = {name: [] for name in names}
    precisions: list[float] = []
    run: list[dict[str, object]] = []
    for question in measured.each(chosen):
        ranked = {name: at for name, (at, _) in baselines.rank(question.question).items()}
        request = understand(question.question, question.history, index)
        hits = retrieve(request, index, count=PASSAGES)
        ranked["askpartner"] = [index.rows[hit.passage.id] for hit in hits]
        (doc,) = {target.doc for target in question.relevant}
        wanted = [(target.start, target.end) for target in question.relevant]
        for name, rows in ranked.items():
            found = [
                ranges[row]
                for row in rows[:PASSAGES]
                if measured.set.documents[index.passages[row].profile] == doc
            ]
            recalls[name].append(range_recall(found, wanted))
        precisions.append(precision_omega(cut[doc], wanted))
        run.append({"id": question.id, "retrieved": ranked["askpartner"]})
    name, count = measured.set.name, len(chosen)
    others = {other: mean(recalls[other]) for other in BASELINES}
    return Outcome(
        [
            Row(
                name,
                f"recall of {PASSAGES} passages",
                count,
                mean(recalls["askpartner"]),
                others,
                least_recall,
            ),
            Row(name, "precision-omega", count, mean(precisions), {}, least_precision),
        ],
        [
            {"doc": measured.set.documents[passage.profile], "start": start, "end": end}
            for passage, (start, end) in zip(index.passages, ranges, strict=True)
        ]
        + run,
    )


# --- follow-ups ---------------------------------------------------------------------------------


def resolving(measured: Measured, reach: float) -> Outcome:
    """Content-word F1 of a follow-up's resolved text against a person's stand-alone rewrite."""
    chosen = [q for q in measured.set.questions if q.history and q.row["needs_history"]]
    alone, resolved = [], []
    for question in measured.each(chosen):
        rewrite = question.row["rewrite"]
        request = understand(question.question, question.history, measured.index)
        alone.append(word_f1(question.question, rewrite))
        resolved.append(word_f1(request.text, rewrite))
    row = Row(
        measured.set.name,
        "content-word F1",
        len(chosen),
        mean(resolved),
        {ALONE: mean(alone)},
        reach,
    )
    return Outcome([row])


# --- own questions ------------------------------------------------------------------------------

OWN_REACH = {
    "right section in top 3": 0.97,
    "required words said": 0.93,
    "false refusals": 0.04,
    "unanswerables refused": 0.92,
}
OWN_MEASURES = (*OWN_REACH, "right section cited")


def own(measured: Measured) -> Outcome:
    """Questions over the project's pages, over all and by tag."""
    values: dict[tuple[str, str], dict[str, list[bool]]] = {}
    failures: list[str] = []
    for question in measured.each(measured.set.questions):
        answer = measured.set.assistant.ask(question.question, history=question.history)
        judged = _judged(question, answer, measured)
        for measure, by_name in judged.items():
            for tag in ("", *question.row["tags"]):
                for name, good in by_name.items():
                    values.setdefault((tag, measure), {}).setdefault(name, []).append(good)
        wrong = [
            measure
            for measure, by_name in judged.items()
            if by_name["askpartner"] == (measure == "false refusals")
        ]
        if wrong:
            failures.append(_failure(question, answer, wrong))
    tags = sorted({tag for tag, _ in values})
    rows = [
        _own_row(measured.set.name, tag, measure, values[tag, measure])
        for tag in tags
        for measure in OWN_MEASURES
        if (tag, measure) in values
    ]
    return Outcome(rows, failures=failures)


def _judged(question: Question, answer: Answer, measured: Measured) -> dict[str, dict[str, bool]]:
    """What holds of one question, by measure, then by whose figure it is."""
    refused = answer.status in REFUSALS
    if not question.answerable:
        return {"unanswerables refused": {"askpartner": refused}}
    ranked = measured.found_by(question.question)
    ranked["askpartner"] = measured.found(question, question.history)
    if question.history:
        ranked[ALONE] = measured.found(question, ())
    said = said_text(answer_object(answer))
    return {
        "right section in top 3": {
            name: _is_found(question, units) for name, units in ranked.items()
        },
        "required words said": {
            "askpartner": not refused and all(flat(word) in said for word in wanted_words(question))
        },
        "false refusals": {"askpartner": refused},
        "right section cited": {"askpartner": is_cited(question, answer)},
    }


def _own_row(name: str, tag: str, measure: str, by_name: Mapping[str, Sequence[bool]]) -> Row:
    count = len(by_name["askpartner"])
    # Not every question has earlier turns: what is beside a figure is over the same questions.
    others = {
        other: mean(found)
        for other, found in by_name.items()
        if other != "askpartner" and len(found) == count
    }
    return Row(
        f"{name}{TAG}{tag}" if tag else name,
        measure,
        count,
        mean(by_name["askpartner"]),
        others,
        None if tag else OWN_REACH.get(measure),
        most=measure == "false refusals",
    )


def _is_found(question: Question, units: Sequence[Unit]) -> bool:
    return any(is_right(unit, target) for unit in units[:3] for target in question.relevant)


def is_right_answer(question: Question, answer: Answer) -> bool:
    """Whether an answer cites a right section and says every required word."""
    said = said_text(answer_object(answer))
    return (
        question.answerable
        and is_cited(question, answer)
        and all(flat(words) in said for words in wanted_words(question))
    )


def is_cited(question: Question, answer: Answer) -> bool:
    """Whether one of the right sections is cited."""
    cited = [Unit(c.profile, PATH_SEPARATOR.join(c.heading_path)) for c in answer.citations]
    return any(is_right(unit, target) for unit in cited for target in question.relevant)


def wanted_words(question: Question) -> list[str]:
    """What an answer must say: words, and an address where one is asked for."""
    return list(question.row.get("answer_contains", ()))


def _failure(question: Question, answer: Answer, wrong: Sequence[str]) -> str:
    lines = [f"{question.id}: {question.question}", f"  failed: {', '.join(wrong)}"]
    lines += [f"  earlier: {turn.content}" for turn in question.history]
    if question.relevant:
        places = "; ".join(f"{t.doc} > {t.section}" for t in question.relevant)
        lines.append(f"  wanted: {places}; words: {json.dumps(wanted_words(question))}")
    found = "; ".join(
        f"{hit.passage.profile} > {' > '.join(hit.passage.heading_path[-1:])}"
        for hit in answer.hits[:3]
    )
    lines.append(
        f"  intent {answer.request.intent}, partners {list(answer.request.partners)}, "
        f"read as {answer.request.text!r}"
    )
    lines.append(f"  found: {found}")
    lines.append(f"  {answer.status} ({answer.confidence:.2f}): {flat(answer_text(answer))[:400]}")
    return "\n".join(lines)


# --- all ----------------------------------------------------------------------------------------


def _situation_and_question(question: Question) -> str:
    return " ".join((*(turn.content for turn in question.history), question.question))


def measure_set(questions: QuestionSet, work: Path, progress: Progress) -> list[Outcome]:
    """Every figure the table shows of a set."""
    measured = Measured(questions, work, progress)
    match questions.name:
        case name if name in OWN_QUESTIONS:
            return [own(measured)]
        case "emanual_tv":
            return [finding(measured, {"nDCG@10": _at_least(0.72), "recall@5": _at_least(0.82)})]
        case "govuk_conditionalqa":
            reach = {"nDCG@10": _above(0.04, BASELINES)}
            return [finding(measured, reach, baseline_query=_situation_and_question)]
        case "scifact":
            return [finding(measured, {"nDCG@10": _at_least(0.75)})]
        case "squad2_dev":
            reach = {"nDCG@10": _above(0.02, ("BM25", "embedder"))}
            return [finding(measured, reach), answerability(measured, 0.75)]
        case "single_topic_rag":
            return [answerability(measured, 0.80)]
        case "mtrag_clapnq":
            reach = {"nDCG@10": _above(0.03, (ALONE,))}
            return [finding(measured, reach, follow_ups=True), answerability(measured, 0.70)]
        case "chunking_chroma":
            return [chunking(measured, 0.91, 0.28)]
        case "canard_dev":
            return [resolving(measured, 0.68)]
        case name:
            raise ValueError(f"no figures are known for the set {name}")
