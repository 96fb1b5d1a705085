"""Figures against those of others: the command line of ir_measures, and an independent scorer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from benchmarks.quality.sets import QuestionSet, Target, open_set

from askpartner.evaluation import evaluate
from askpartner.evaluation.labels import Pages, Place
from askpartner.evaluation.measures import RETRIEVAL, flat
from askpartner.evaluation.report import trec_files
from askpartner.evaluation.types import Label, LabelledQuestion, Report
from askpartner.index import MODELS
from askpartner.settings import Settings
from shared_material import shared
from test_quality import scorer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

MORE = ("AP", "Success@1", "nDCG@3", "R@20")
ASKED = 100


@pytest.fixture(scope="module", params=["emanual_tv", "govuk_conditionalqa"])
def opened(
    request: pytest.FixtureRequest, built: Settings, tmp_path_factory: pytest.TempPathFactory
) -> QuestionSet:
    shared("bench", request.param)
    work = tmp_path_factory.mktemp("work")
    shutil.copytree(built.index / MODELS, work / request.param / "index" / MODELS)
    return open_set(request.param, shared(), work, lambda done, total, what: None)


def labelled(opened: QuestionSet) -> list[LabelledQuestion]:
    """The first questions whose labels each mean the one section that the scorer means."""
    pages = Pages(opened.index.profiles, opened.index.sections)
    found = []
    for line, question in enumerate(opened.questions, start=1):
        labels = [_label(target, pages) for target in question.relevant]
        if question.answerable and None not in labels:
            relevant = tuple(dict.fromkeys(label for label in labels if label is not None))
            found.append(
                LabelledQuestion(
                    id=question.id,
                    question=question.question,
                    history=question.history,
                    relevant=relevant,
                    answerable=True,
                    answer_contains=(),
                    answer_omits=(),
                    tags=(),
                    line=line,
                )
            )
    return list(islice(found, ASKED))


def _label(target: Target, pages: Pages) -> Label | None:
    """A section's heading may stand above other sections; then its words tell which is meant."""
    for label in (
        Label(target.doc, target.section),
        Label(target.doc, target.section, target.text),
    ):
        place = pages.place(label)
        if isinstance(place, Place) and len(place.starts) == 1:
            path = pages.section_at(place.profile, place.starts[0]).heading_path
            if flat(" > ".join(path)).endswith(flat(target.section)):
                return label
    return None


@pytest.fixture(scope="module")
def report(opened: QuestionSet) -> Report:
    questions = labelled(opened)
    assert len(questions) > 60
    return evaluate(questions, opened.assistant, measures=MORE)


def test_figures_equal_those_of_the_command_of_ir_measures(report: Report, tmp_path: Path) -> None:
    names = ("qrels.txt", "run.txt")
    for name, data in zip(names, trec_files(report), strict=True):
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "ir_measures", *names, *RETRIEVAL, *MORE, "--places", "9"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = dict(line.split("\t") for line in done.stdout.splitlines())
    assert theirs.keys() == {*RETRIEVAL, *MORE}
    for measure, value in theirs.items():
        row = report.row(measure)
        assert row is not None
        assert row.value == pytest.approx(float(value), abs=1e-6), measure
    assert 0.3 < float(theirs["nDCG@10"]) < 1


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the scorer leaves its files open
def test_figures_equal_those_of_the_independent_scorer(
    report: Report, opened: QuestionSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = scorer("score.py")
    keep: Callable[[Any, int], Any] = lambda value, places: value  # noqa: E731
    monkeypatch.setattr(theirs, "round", keep, raising=False)
    (tmp_path / "questions.jsonl").write_text(
        "".join(
            json.dumps(
                {**q.row, "relevant": [_marked(label) for label in outcome.question.relevant]}
            )
            + "\n"
            for outcome in report.outcomes
            for q in opened.questions
            if q.id == outcome.question.id
        )
    )
    lines = [_line(outcome, opened) for outcome in report.outcomes]
    (tmp_path / "run.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    figures = theirs.main(tmp_path, tmp_path / "run.jsonl")
    for measure, name in (("nDCG@10", "ndcg@10"), ("R@5", "recall@5"), ("RR@10", "mrr@10")):
        row = report.row(measure)
        assert row is not None
        assert figures[name]["n"] == row.count == len(report.outcomes)
        assert row.value == pytest.approx(figures[name]["mean"], abs=1e-6), measure
    # Theirs leaves out what was refused; so does this mean of ours.
    for measure, name in (
        ("citation_precision", "cite_precision"),
        ("citation_recall", "cite_recall"),
    ):
        scores = [o.scores[measure] for o in report.outcomes if o.answered]
        assert figures[name]["n"] == len(scores) > 10
        assert mean(s for s in scores if s is not None) == pytest.approx(
            figures[name]["mean"], abs=1e-6
        )
    confusion, abstention = report.abstention.confusion, figures["abstention"]
    assert abstention["false_abstentions"] == confusion.answerable_refused
    false = report.row("false_refusals")
    assert false is not None
    assert false.value == pytest.approx(1 - abstention["avna"], abs=1e-6)


def _marked(label: Label) -> dict[str, str]:
    return {"doc": label.profile, "section": label.section}


def _line(outcome: Any, opened: QuestionSet) -> dict[str, Any]:
    ranked = [_unit(section.profile, section.heading_path, opened) for section in outcome.ranked]
    cited = [_unit(c["profile"], c["heading_path"], opened) for c in outcome.answer["citations"]]
    return {
        "id": outcome.question.id,
        "ranked": ranked,
        "citations": cited,
        "answered": outcome.answered,
        "score": outcome.confidence,
    }


def _unit(profile: str, path: Any, opened: QuestionSet) -> dict[str, str]:
    return {"doc": opened.documents[profile], "section": " > ".join(path)}
