"""Questions -> Report: asks, judges, counts. One process; ``parallel.py`` has more.

What an assistant said is first put down as plain values (``ask_one``), so that it makes no
difference whether it was said in this process, in another, or before a run was interrupted. Then it
is judged against the pages of the index. Nothing here knows files or the terminal.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from askpartner import __version__
from askpartner.assistant import LOOKED_AT, Assistant
from askpartner.errors import IndexMismatch, QuestionError, StaleCitation
from askpartner.evaluation.gates import held_against, measures_of
from askpartner.evaluation.labels import Pages, Place
from askpartner.evaluation.measures import (
    RETRIEVAL,
    own_scores,
    parse_measures,
    proven_citations,
    rankings,
    retrieval_scores,
)
from askpartner.evaluation.questions import set_fingerprint
from askpartner.evaluation.summary import abstention, calibration, measure_rows
from askpartner.evaluation.types import (
    Drift,
    Gate,
    LabelledQuestion,
    Outcome,
    RankedSection,
    Report,
    ShownSection,
)
from askpartner.index import Index
from askpartner.render import answer_object
from askpartner.settings import Settings
from askpartner.verify import check_fresh, check_quote

Progress = Callable[[int, int, str], None]
"""Called with how many are done, how many there are, and what they are."""

Said = Mapping[str, Any]
"""What came of asking one question, as plain JSON values: see ``ask_one``."""


def evaluate(
    questions: Sequence[LabelledQuestion],
    assistant: Assistant,
    *,
    measures: Sequence[str] = (),
    gates: Sequence[Gate] = (),
    name: str = "questions",
    progress: Progress | None = None,
) -> Report:
    """Ask every question and report on the answers.

    ``measures`` are names of ``ir_measures`` to take besides ``RETRIEVAL``; ``name`` is what the
    report calls the set. The same questions and index give the same report. A question the
    assistant cannot read counts as not answered. Raises UsageError for an unknown measure, or a
    gate on a figure that the report will not have, and QuestionError for two questions of one id,
    before anything is asked; IndexRefused when there is no index, or when it is built anew
    meanwhile.
    """
    wanted = wanted_measures(measures, gates, questions)
    said: list[Said] = []
    for question in questions:
        said.append(ask_one(question, assistant))
        if progress is not None:
            progress(len(said), len(questions), "questions")
    return make_report(
        questions, said, assistant.index, assistant.settings, wanted, gates=gates, name=name
    )


def wanted_measures(
    measures: Sequence[str], gates: Sequence[Gate], questions: Sequence[LabelledQuestion]
) -> tuple[str, ...]:
    """The names of the retrieval measures to take, those of gates included, each once.

    Raises UsageError for one that is not known, and for a gate on a tag no question has;
    QuestionError when two questions have one id.
    """
    twice = [identity for identity, n in Counter(q.id for q in questions).items() if n > 1]
    if twice:
        raise QuestionError(f"questions: ids given twice: {', '.join(map(repr, twice))}")
    return tuple(map(str, parse_measures([*RETRIEVAL, *measures, *measures_of(gates, questions)])))


# --- asking -------------------------------------------------------------------------------------


def ask_one(question: LabelledQuestion, assistant: Assistant) -> dict[str, Any]:
    """What came of asking: ``id``, ``answer`` (an answer object, or None), ``error``, ``found``.

    ``found`` has profile id, start and score of each section with a hit, best first. An answer is
    made from as many passages as for any asker, and all of them are looked at.
    """
    try:
        answer = assistant.ask(question.question, history=question.history, hits=LOOKED_AT)
    except QuestionError as error:
        return {"id": question.id, "answer": None, "error": str(error), "found": []}
    pages = _pages(assistant.index)
    best: dict[tuple[str, int], float] = {}
    for hit in answer.hits:
        section = pages.section_at(hit.passage.profile, hit.passage.start)
        best.setdefault((section.profile, section.start), hit.score)
    return {
        "id": question.id,
        "answer": answer_object(answer),
        "error": "",
        "found": [[profile, start, score] for (profile, start), score in best.items()],
    }


@lru_cache(maxsize=2)
def _pages(index: Index) -> Pages:
    return Pages(index.profiles, index.sections)


# --- judging ------------------------------------------------------------------------------------


def make_report(
    questions: Sequence[LabelledQuestion],
    said: Sequence[Said],
    index: Index,
    settings: Settings,
    measures: Sequence[str],
    *,
    gates: Sequence[Gate] = (),
    name: str = "questions",
) -> Report:
    """The report of what was said to the questions, in their order; some may be missing.

    Raises IndexMismatch when an answer came from another generation of the index.
    """
    by_id = {one["id"]: one for one in said}
    asked = [question for question in questions if question.id in by_id]
    for one in by_id.values():
        version = one["answer"]["index_version"] if one["answer"] else index.version
        if version != index.version:
            raise IndexMismatch(
                f"{index.folder}: built anew while the questions were asked ({version}, then "
                f"{index.version}); run again"
            )
    judge = _Judge(index)
    ranked = [judge.ranked(question, by_id[question.id]) for question in asked]
    places = [judge.places(question) for question in asked]
    judgements, found = rankings(list(zip(asked, ranked, places, strict=True)))
    retrieved = retrieval_scores(parse_measures(measures), judgements, found)
    outcomes = tuple(
        judge.outcome(
            question,
            by_id[question.id],
            sections,
            where,
            {measure: retrieved.get(question.id, {}).get(measure) for measure in measures},
        )
        for question, sections, where in zip(asked, ranked, places, strict=True)
    )
    rows = measure_rows(outcomes, measures)
    return Report(
        question_set=name,
        question_set_fingerprint=set_fingerprint(questions),
        corpus_fingerprint=corpus_fingerprint(index),
        index_version=index.version,
        askpartner=__version__,
        settings=recorded_settings(index, settings),
        asked=len(questions),
        partial=len(asked) < len(questions),
        drift=tuple(judge.drift(questions)),
        gates=tuple(held_against(gate, rows) for gate in gates),
        rows=rows,
        abstention=abstention(outcomes),
        calibration=calibration(outcomes),
        outcomes=outcomes,
        sections=judge.shown(outcomes),
    )


class _Judge:
    """Looks up on the pages of an index what answers and labels say of them."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._pages = _pages(index)
        self._stale: dict[str, StaleCitation | None] = {}

    def ranked(self, question: LabelledQuestion, said: Said) -> tuple[RankedSection, ...]:
        """The sections found, with the labels each matches."""
        found = []
        for rank, (profile, start, score) in enumerate(said["found"], start=1):
            section = self._pages.section_at(profile, start)
            labels = self._pages.matches(question, profile, start)
            found.append(
                RankedSection(
                    rank, score, profile, section.heading_path, start, section.end, labels
                )
            )
        return tuple(found)

    def places(self, question: LabelledQuestion) -> dict[int, Place]:
        """Where the labels point that have not drifted, by position."""
        found = {at: self._pages.place(label) for at, label in enumerate(question.relevant)}
        return {at: place for at, place in found.items() if isinstance(place, Place)}

    def drift(self, questions: Sequence[LabelledQuestion]) -> list[Drift]:
        """The labels that are gone, of questions that were asked and of those that were not."""
        return [drift for question in questions for _, drift in self._pages.drift(question)]

    def outcome(
        self,
        question: LabelledQuestion,
        said: Said,
        ranked: tuple[RankedSection, ...],
        places: Mapping[int, Place],
        retrieved: Mapping[str, float | None],
    ) -> Outcome:
        """One question judged."""
        answer = said["answer"]
        citations = answer["citations"] if answer else ()
        cited = tuple(self._labels_at(question, citation) for citation in citations)
        proven = proven_citations(answer, self._prove) if answer else []
        scores, right, faults = own_scores(question, answer, cited, places, proven)
        return Outcome(
            question=question,
            answer=answer,
            error=said["error"],
            status=answer["status"] if answer else "error",
            confidence=answer["confidence"] if answer else 0.0,
            ranked=ranked,
            cited_labels=cited,
            drifted=tuple(at for at in range(len(question.relevant)) if at not in places),
            scores={**retrieved, **scores},
            right=right,
            faults=faults,
            label_starts=tuple(
                places[at].starts if at in places else () for at in range(len(question.relevant))
            ),
        )

    def _labels_at(
        self, question: LabelledQuestion, citation: Mapping[str, Any]
    ) -> tuple[int, ...]:
        if citation["profile"] not in self._index.profiles:
            return ()
        section = self._pages.section_at(citation["profile"], citation["start"])
        return self._pages.matches(question, section.profile, section.start)

    def _prove(self, citation: Mapping[str, Any]) -> None:
        """Raise StaleCitation unless the page, as it is now, holds the words at their address."""
        identity = citation["profile"]
        profile = self._index.profiles.get(identity)
        if profile is None:
            raise StaleCitation(f"{identity}: no such profile; build the index again")
        if identity not in self._stale:
            try:
                check_fresh(self._index, profile)
                self._stale[identity] = None
            except StaleCitation as error:
                self._stale[identity] = error
        stale = self._stale[identity]
        if stale is not None:
            raise stale
        check_quote(profile, citation["start"], citation["end"], citation["quote"])

    def shown(self, outcomes: Sequence[Outcome]) -> tuple[ShownSection, ...]:
        """The sections that are cited, and the first of each label's, once each."""
        wanted: set[tuple[str, int]] = set()
        for outcome in outcomes:
            for citation in outcome.answer["citations"] if outcome.answer else ():
                if citation["profile"] in self._index.profiles:
                    section = self._pages.section_at(citation["profile"], citation["start"])
                    wanted.add((section.profile, section.start))
            for place in self.places(outcome.question).values():
                wanted.add((place.profile, place.starts[0]))
        found = []
        for identity, start in sorted(wanted):
            profile, section = (
                self._index.profiles[identity],
                self._pages.section_at(identity, start),
            )
            found.append(
                ShownSection(
                    profile=identity,
                    title=profile.title,
                    heading_path=section.heading_path,
                    start=section.start,
                    end=section.end,
                    lines=section.lines,
                    text=profile.text[section.start : section.end],
                )
            )
        return tuple(found)


# --- what it was made with ----------------------------------------------------------------------


def corpus_fingerprint(index: Index) -> str:
    """SHA-256 of the profiles' ids and the hashes of their files, hexadecimal."""
    lines = [f"{identity}\0{p.source_hash}\n" for identity, p in sorted(index.profiles.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def recorded_settings(index: Index, settings: Settings) -> dict[str, str | int]:
    """The settings that can change an answer: those of the index as it was built, then the rest.

    A model given as a path is called by the last part of it.
    """
    return {
        "model": _model_name(index.model),
        "passage_tokens": index.passage_tokens,
        "reranker": _model_name(index.reranker.name) if index.reranker else "",
        "rerank_hits": index.rerank_hits,
        "site_url": settings.site_url,
        "contact": settings.contact,
    }


def _model_name(name: str) -> str:
    return Path(name).name if Path(name).is_absolute() or name.startswith((".", "~")) else name
