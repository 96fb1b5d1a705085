"""A question set through the product: what is counted, what a fault costs, and what is written."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from rich.console import Console

from askpartner.assistant import Assistant
from askpartner.errors import ComparisonRefused, QuestionError, ReportError, UsageError
from askpartner.evaluation import compare, evaluate, parse_gates, read_report
from askpartner.evaluation.console import comparison_view, report_view
from askpartner.evaluation.questions import labelled_question
from askpartner.evaluation.report import (
    json_bytes,
    junit_xml,
    questions_csv,
    report_object,
    report_schema,
    trec_files,
    write_report,
)
from askpartner.evaluation.types import Confusion, LabelledQuestion, Report
from askpartner.index import IndexReader, build_index
from askpartner.settings import Settings
from askpartner.types import Answer
from conftest import MakeSettings
from shared_material import ROOT

SCHEMA = ROOT / "src" / "askpartner" / "schemas" / "report.json"

ROWS: tuple[dict[str, Any], ...] = (
    {
        "id": "founded",
        "question": "When was Alpha Institute founded?",
        "relevant": [{"profile": "alpha", "section": "overview", "quote": "founded in 1990"}],
        "answerable": True,
        "answer_contains": ["1990"],
        "answer_omits": ["Beta"],
        "tags": ["fact"],
    },
    {
        "id": "rental",
        "question": "Who is laboratory rental at Alpha Institute suitable for?",
        "relevant": [{"profile": "alpha", "section": "Laboratory Rental"}],
        "answerable": True,
        "answer_contains": ["start-ups", "Universities"],
        "tags": ["audience", "fact"],
    },
    {
        "id": "cap",
        "question": "What is the cap of the Growth scheme?",
        "relevant": [{"profile": "beta", "section": "Overview"}],
        "answerable": True,
        "answer_contains": ["S$250,000"],
        "tags": ["fact"],
    },
    {
        "id": "stay",
        "question": "How long do students stay with a company?",
        "relevant": [{"profile": "gamma", "section": "Internships"}],
        "answerable": True,
        "answer_contains": ["20 weeks"],
        "tags": ["fact"],
    },
    {
        "id": "director",
        "question": "Who is the director of Alpha Institute?",
        "answerable": False,
        "tags": ["unanswerable"],
    },
    {"id": "unlabelled", "question": "What is the website of Alpha Institute?"},
)


def asked(*rows: dict[str, Any]) -> list[LabelledQuestion]:
    return [labelled_question(row, line) for line, row in enumerate(rows or ROWS, start=1)]


@pytest.fixture(scope="module")
def report(assistant: Assistant) -> Report:
    return evaluate(asked(), assistant)


@pytest.fixture(scope="module")
def written(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's files."""
    folder = tmp_path_factory.mktemp("written")
    write_report(report, folder)
    return folder


def figure(report: Report, measure: str, tag: str = "") -> float | None:
    row = report.row(measure, tag)
    return None if row is None else row.value


# --- what is counted ----------------------------------------------------------------------------


def test_every_question_is_counted(report: Report) -> None:
    assert [o.question.id for o in report.outcomes] == [row["id"] for row in ROWS]
    assert (report.asked, report.partial, report.drift) == (6, False, ())
    counts = {row.measure: row.count for row in report.rows if not row.tag}
    assert counts["nDCG@10"] == counts["citation_recall"] == counts["required_words"] == 4
    assert counts["right"] == counts["AUROC"] == counts["AURC"] == 5
    assert counts["forbidden_absent"] == counts["abstention_recall"] == 1
    assert report.outcomes[-1].right is None


def test_the_product_answers_its_three_pages_rightly(report: Report) -> None:
    assert [o.faults for o in report.outcomes] == [()] * 6
    for measure in ("right", "required_words", "citation_recall", "quotes_proven", "nDCG@10"):
        assert figure(report, measure) == 1, measure
    assert figure(report, "false_refusals") == 0


def test_cited_and_labelled_sections_are_there_to_be_shown(report: Report) -> None:
    shown = {(s.profile, s.start): s for s in report.sections}
    assert list(shown) == sorted(shown)
    for outcome in report.outcomes:
        assert outcome.answer is not None
        for citation in outcome.answer["citations"]:
            section = next(
                s
                for s in report.sections
                if s.profile == citation["profile"] and s.start <= citation["start"] < s.end
            )
            assert citation["quote"] in section.text
        for label, starts in zip(outcome.question.relevant, outcome.label_starts, strict=True):
            assert (label.profile, starts[0]) in shown


def test_each_section_is_ranked_once(report: Report) -> None:
    for outcome in report.outcomes:
        places = [(section.profile, section.start) for section in outcome.ranked]
        assert len(set(places)) == len(places) > 1
        assert [section.rank for section in outcome.ranked] == list(range(1, len(places) + 1))


def test_the_same_questions_give_the_same_bytes(report: Report, assistant: Assistant) -> None:
    again = evaluate(asked(), assistant)
    assert json_bytes(report_object(again)) == json_bytes(report_object(report))


def test_no_folder_of_the_machine_is_in_a_report(written: Path, built: Settings) -> None:
    assert len(list(written.iterdir())) == 6
    for path in written.iterdir():
        text = path.read_text(encoding="utf-8")
        for folder in (ROOT, built.index, built.corpus, written):
            assert str(folder) not in text, path.name


def test_labels_that_left_their_pages_are_listed_and_cost_nothing(assistant: Assistant) -> None:
    gone = {**ROWS[0], "id": "gone", "relevant": [{"profile": "alpha", "section": "History"}]}
    half = {**ROWS[1], "id": "half"}
    half["relevant"] = [*half["relevant"], {"profile": "omega"}]
    report = evaluate(asked(gone, half, ROWS[2]), assistant)
    assert [(d.id, d.line, d.reason) for d in report.drift] == [
        ("gone", 1, "section"),
        ("half", 2, "profile"),
    ]
    set_aside, counted, _ = report.outcomes
    assert set_aside.set_aside
    assert set_aside.right is None
    assert not counted.set_aside
    assert counted.scores["citation_recall"] == counted.scores["R@5"] == 1
    assert figure(report, "right") == 1
    assert report.row("nDCG@10", "") is not None
    assert figure(report, "false_refusals") == 0
    assert report.abstention.confusion == Confusion(2, 0, 0, 0)


def test_a_question_that_cannot_be_read_scores_nothing(assistant: Assistant) -> None:
    report = evaluate(asked({**ROWS[0], "question": "yeast " * 1000}, ROWS[2]), assistant)
    unread, read = report.outcomes
    assert unread.answer is None
    assert "4000" in unread.error
    assert (unread.status, unread.faults) == ("error", ("unreadable",))
    for measure in ("nDCG@10", "required_words", "citation_recall", "right"):
        assert (unread.scores[measure], read.scores[measure]) == (0, 1)
        assert figure(report, measure) == 0.5
    assert junit_xml(report).count(b"<error ") == 1


def test_more_measures_can_be_asked_for(assistant: Assistant) -> None:
    report = evaluate(asked(), assistant, measures=["AP", "Success@1"])
    assert figure(report, "AP") == figure(report, "Success@1", "fact") == 1
    with pytest.raises(UsageError, match="Goodness"):
        evaluate(asked(), assistant, measures=["Goodness"])


def test_two_questions_of_one_id_are_refused(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="'cap'"):
        evaluate([*asked(), *asked(ROWS[2])], assistant)


def test_an_assistant_without_an_answer_to_anything_fails_every_gate(assistant: Assistant) -> None:
    gates = parse_gates(["right>=0.5", "nDCG@10[fact]>=0.5", "Success@1>=0.5", "AUROC>0.1"])
    report = evaluate([], assistant)
    assert report.rows
    assert all(row.value is None for row in report.rows)
    report = evaluate(asked(*ROWS[:4]), _Silent.of(assistant), gates=gates)
    values = [result.value for result in report.gates]
    assert values == [0, 0, 0, None]
    assert not any(result.passed for result in report.gates)
    with pytest.raises(UsageError, match="no question has the tag 'typo'"):
        evaluate(asked(), assistant, gates=parse_gates(["right[typo]>=1"]))


# --- seeded faults ------------------------------------------------------------------------------


@cache
def _reader(folder: Path) -> IndexReader:
    return IndexReader(folder)


class _Faulty(Assistant):
    """The product with one fault."""

    @classmethod
    def of(cls, assistant: Assistant) -> Assistant:
        return cls(_reader(assistant.settings.index), assistant.settings)

    def fault(self, answer: Answer) -> Answer:
        raise NotImplementedError

    def ask(self, question: str, **given: Any) -> Answer:
        return self.fault(super().ask(question, **given))


class _Silent(_Faulty):
    """Refuses everything and finds nothing."""

    def fault(self, answer: Answer) -> Answer:
        return replace(
            answer, status="not_found", sentences=(), citations=(), links=(), hits=(), confidence=0
        )


class _WrongCitation(_Faulty):
    """Quotes the right words, and says they stand elsewhere."""

    def fault(self, answer: Answer) -> Answer:
        citations = tuple(replace(c, start=0, end=len(c.quote)) for c in answer.citations)
        return replace(answer, citations=citations)


class _DroppedHit(_Faulty):
    """Loses the best hit."""

    def fault(self, answer: Answer) -> Answer:
        return replace(answer, hits=tuple(replace(h, rank=h.rank - 1) for h in answer.hits[1:]))


class _FalseYes(_Faulty):
    """Answers what nobody states."""

    def fault(self, answer: Answer) -> Answer:
        return replace(answer, status="answered") if answer.status == "not_found" else answer


@pytest.mark.parametrize(
    ("faulty", "measures"),
    [
        (_WrongCitation, ("quotes_proven", "citation_recall", "right")),
        (_DroppedHit, ("nDCG@10", "RR@10")),
        (_FalseYes, ("abstention_recall", "right")),
    ],
)
def test_a_seeded_fault_is_caught_by_gate_and_comparison(
    faulty: type[_Faulty], measures: Sequence[str], report: Report, assistant: Assistant
) -> None:
    gates = parse_gates([f"{measure}>={figure(report, measure)}" for measure in measures])
    broken = evaluate(asked(), faulty.of(assistant), gates=gates)
    assert [result.passed for result in broken.gates] == [False] * len(measures)
    found = compare(report, broken)
    changes = {row.measure: row for row in found.rows}
    for measure in measures:
        assert changes[measure].difference < 0
        assert changes[measure].losses > changes[measure].wins == 0
    assert "loss" in {change.verdict for change in found.questions}
    assert "win" not in {change.verdict for change in found.questions}


# --- two runs -----------------------------------------------------------------------------------


def test_identical_runs_have_no_differences(report: Report, assistant: Assistant) -> None:
    found = compare(report, evaluate(asked(), assistant))
    assert {row.measure for row in found.rows} == {
        row.measure for row in report.rows if not row.tag and row.value is not None
    }
    for row in found.rows:
        assert (row.difference, row.low, row.high, row.wins, row.losses) == (0, 0, 0, 0, 0)
        assert row.p in (1, None)
    for change in found.questions:
        assert change.verdict == "tie"
        assert not change.said_differently
        assert not any(change.differences.values())
    assert found.settings == ()


def test_a_comparison_worked_by_hand(report: Report, assistant: Assistant) -> None:
    silent = evaluate(asked(), _Silent.of(assistant))
    rows = {row.measure: row for row in compare(silent, report).rows}
    # All four labelled questions are won: the sign test is 2 / 2 ** 4, and there is no spread.
    row = rows["citation_recall"]
    assert (row.before, row.after, row.difference, row.low, row.high) == (0, 1, 1, 1, 1)
    assert (row.wins, row.losses, row.ties, row.count, row.p) == (4, 0, 0, 4, 2 / 16)
    # Less is better: four questions are no longer refused.
    assert (rows["false_refusals"].difference, rows["false_refusals"].wins) == (-1, 4)
    verdicts = [change.verdict for change in compare(silent, report).questions]
    assert verdicts == ["win", "win", "win", "win", "tie", "tie"]


def test_what_is_only_labelled_otherwise_is_neither_better_nor_worse(report: Report) -> None:
    first = report.outcomes[0]
    other = replace(first, scores={**first.scores, "Judged@10": 0.05})
    (change,) = compare(
        replace(report, outcomes=(first,)), replace(report, outcomes=(other,))
    ).questions
    assert change.differences["Judged@10"] < 0
    assert change.verdict == "tie"


def test_runs_of_other_questions_are_not_compared(report: Report, assistant: Assistant) -> None:
    fewer = evaluate(asked(*ROWS[:3]), assistant)
    with pytest.raises(ComparisonRefused, match="not of the same questions"):
        compare(report, fewer)
    allowed = compare(report, fewer, allow_different=True)
    assert allowed.allowed == ("questions",)
    assert [change.id for change in allowed.questions] == [row["id"] for row in ROWS[:3]]
    with pytest.raises(ComparisonRefused, match="no question in common"):
        compare(fewer, evaluate(asked(ROWS[4]), assistant), allow_different=True)


@pytest.mark.slow
def test_runs_of_other_pages_are_not_compared(
    report: Report, pages: Path, make_settings: MakeSettings
) -> None:
    (pages / "delta.md").write_text("# Delta\n\nDelta teaches chemistry.\n", encoding="utf-8")
    settings = make_settings(pages)
    build_index(settings)
    other = evaluate(asked(), Assistant(IndexReader(settings.index), settings))
    with pytest.raises(ComparisonRefused, match="not of the same corpus"):
        compare(report, other)
    assert compare(report, other, allow_different=True).allowed == ("corpus",)


# --- files --------------------------------------------------------------------------------------


def test_the_schema_is_the_published_one(report: Report) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema == report_schema(), "write report_schema() to schemas/report.json"
    jsonschema.Draft202012Validator.check_schema(schema)
    found = json.loads(json_bytes(report_object(report)))
    jsonschema.validate(found, schema)
    found["outcomes"][0]["status"] = 3
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, schema)


def test_a_report_is_read_back_whole(report: Report, written: Path) -> None:
    assert read_report(written) == report
    assert read_report(written / "report.json") == report


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "cannot be read"),
        ("{", "not JSON"),
        ("[]", "no report of this askpartner"),
        ('{"format": 99}', "no report of this askpartner"),
        ('{"format": 1}', "question_set: "),
    ],
)
def test_what_is_no_report_is_refused(text: str | None, complaint: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(ReportError, match=complaint):
        read_report(tmp_path)


@pytest.fixture(scope="module")
def hostile(assistant: Assistant) -> Report:
    rows: list[dict[str, Any]] = [
        {"id": "=1+1", "question": "@SUM(A1) ]]> <b>\u0001 \u2028", "tags": ["-x", "+y"]},
        {"id": "two\nlines", "question": "+yeast?", "answerable": True},
        {"id": "é ü", "question": 'yeast, "quoted"?', "relevant": [{"profile": "alpha"}]},
    ]
    return evaluate(asked(*rows), assistant)


def test_no_cell_is_a_formula(hostile: Report) -> None:
    data = questions_csv(hostile)
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["id"] for row in rows] == ["'=1+1", "two\nlines", "é ü"]
    assert rows[0]["question"] == "'@SUM(A1) ]]> <b>\u0001 \u2028"
    assert rows[1]["question"] == "'+yeast?"
    assert rows[0]["tags"] == "'-x; +y"
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    assert rows[2]["expected"] == "alpha"
    assert {row["line"] for row in rows} == {"1", "2", "3"}


def test_junit_has_a_case_a_gate_and_a_question(assistant: Assistant, hostile: Report) -> None:
    gates = parse_gates(["right>=0", "right[fact]>1"])
    found = evaluate(asked(ROWS[0], ROWS[5]), _FalseYes.of(assistant), gates=gates)
    root = ElementTree.fromstring(junit_xml(found))
    by_name = {suite.get("name"): suite for suite in root.iter("testsuite")}
    gate_cases, question_cases = by_name["gates"], by_name["questions"]
    assert [case.get("name") for case in gate_cases] == ["right>=0", "right[fact]>1"]
    assert [len(case) for case in gate_cases] == [0, 1]
    assert (gate_cases.get("tests"), gate_cases.get("failures")) == ("2", "1")
    assert [case.get("name") for case in question_cases] == ["founded", "unlabelled"]
    assert question_cases.get("skipped") == "1"
    # Text that XML cannot hold does not break the file.
    names = [
        case.get("name") for case in ElementTree.fromstring(junit_xml(hostile)).iter("testcase")
    ]
    assert names == ["=1+1", "two\nlines", "é ü"]


def test_trec_files_have_no_white_space_in_names(hostile: Report) -> None:
    judged, ranked = trec_files(hostile)
    assert all(len(line.split(b" ")) == 4 for line in judged.splitlines())
    assert all(len(line.split(b" ")) == 6 for line in ranked.splitlines())
    assert judged.startswith(b"%C3%A9%20%C3%BC 0 label:alpha@0")


def test_tables_say_what_was_found(report: Report, hostile: Report, assistant: Assistant) -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(report_view(report))
    console.print(report_view(hostile))
    broken = evaluate(asked(), _FalseYes.of(assistant))
    console.print(comparison_view(compare(report, broken, names=("one", "[bold]other"))))
    text = console.export_text()
    for words in ("nDCG@10", "1.000 to 1.000", "unanswerable", "one → [bold]other", "director:"):
        assert words in text
    assert "worse: 1 questions" in text


def test_evaluation_is_loaded_only_when_asked_for() -> None:
    code = (
        "import sys, askpartner.cli; askpartner.cli._parser(); "
        "sys.exit(any(n in sys.modules for n in ('numpy', 'faiss', 'rich', 'pydantic', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
