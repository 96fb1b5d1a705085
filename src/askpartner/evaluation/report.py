"""Report -> files, and back: JSON (``schemas/report.json``), CSV, JUnit XML, TREC, HTML.

The same report gives the same bytes. What pages, questions and answers say is data here: cells a
spreadsheet would run are quoted, and characters XML does not have are replaced.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from pydantic import TypeAdapter, ValidationError

from askpartner.errors import ReportError
from askpartner.evaluation.labels import Place
from askpartner.evaluation.measures import rankings
from askpartner.evaluation.types import (
    Comparison,
    GateResult,
    Label,
    Outcome,
    Report,
)
from askpartner.storage import replace_file

FORMAT = 1
"""Number of the layout of ``report.json``. Raised whenever an older one must not be read."""

REPORT, COMPARISON, PAGE = "report.json", "comparison.json", "report.html"
QUESTIONS, JUNIT, JUDGEMENTS, RANKINGS = "questions.csv", "junit.xml", "qrels.txt", "run.txt"

COLUMNS = (
    *("id", "line", "question", "tags", "answerable", "status", "confidence", "right", "faults"),
    *("expected", "cited", "answer", "error"),
)
"""What ``questions.csv`` says of a question before its scores."""

RUNS_IN_A_SPREADSHEET = ("=", "+", "-", "@", "\t", "\r")
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
PATH_SEPARATOR = " > "


def write_report(report: Report, folder: Path, comparison: Comparison | None = None) -> None:
    """Write every form of a report into a folder, which is made where it is not there."""
    from askpartner.evaluation.page import report_html

    folder.mkdir(parents=True, exist_ok=True)
    judgements, found = trec_files(report)
    replace_file(folder / REPORT, json_bytes(report_object(report)))
    replace_file(folder / QUESTIONS, questions_csv(report))
    replace_file(folder / JUNIT, junit_xml(report))
    replace_file(folder / JUDGEMENTS, judgements)
    replace_file(folder / RANKINGS, found)
    if comparison is None:
        (folder / COMPARISON).unlink(missing_ok=True)
    else:
        replace_file(folder / COMPARISON, json_bytes(comparison_object(comparison)))
    replace_file(folder / PAGE, report_html(report, comparison).encode())


# --- JSON ---------------------------------------------------------------------------------------


@cache
def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def report_object(report: Report) -> dict[str, Any]:
    """The published JSON object (``schemas/report.json``), its keys as the nouns have them."""
    return {"format": FORMAT, **_adapter().dump_python(report, mode="json")}


def comparison_object(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain JSON values; of each question what changed, not both answers."""
    found: dict[str, Any] = TypeAdapter(Comparison).dump_python(
        comparison, mode="json", exclude={"questions": {"__all__": {"before", "after"}}}
    )
    for entry, change in zip(found["questions"], comparison.questions, strict=True):
        entry["right"] = [change.before.right, change.after.right]
        entry["text"] = [(o.answer or {}).get("text", "") for o in (change.before, change.after)]
    return found


def json_bytes(found: dict[str, Any]) -> bytes:
    """JSON in UTF-8, indented, keys in the order they are in."""
    return (json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def report_schema() -> dict[str, Any]:
    """The JSON schema of ``report.json``, made from the nouns; published in ``schemas``."""
    schema = _adapter().json_schema(mode="serialization")
    for part in (schema, *schema["$defs"].values()):
        part["additionalProperties"] = False
        part["required"] = list(part["properties"])
    schema["properties"] = {"format": {"const": FORMAT}, **schema["properties"]}
    schema["required"].insert(0, "format")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_report(path: Path) -> Report:
    """A report written before: its ``report.json``, or the folder with it.

    Raises ReportError when there is none, or none that this program reads.
    """
    path = path / REPORT if path.is_dir() else path
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ReportError(
            f"{path}: cannot be read: {error.strerror}; name the --out folder of an earlier run"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path}: not JSON: {error}; run that evaluation again") from error
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise ReportError(f"{path}: no report of this askpartner; run that evaluation again")
    try:
        return _adapter().validate_python(found)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise ReportError(f"{path}: {place}: {fault['msg']}; run that evaluation again") from error


# --- CSV ----------------------------------------------------------------------------------------


def questions_csv(report: Report) -> bytes:
    """One row a question, for a spreadsheet: UTF-8 with a byte order mark, CRLF."""
    measures = [row.measure for row in report.rows if not row.tag]
    scored = [m for m in measures if any(m in outcome.scores for outcome in report.outcomes)]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([*COLUMNS, *scored])
    for outcome in report.outcomes:
        writer.writerow([_cell(value) for value in (*_columns(outcome), *_scores(outcome, scored))])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _columns(outcome: Outcome) -> Sequence[object]:
    question, answer = outcome.question, outcome.answer
    return (
        question.id,
        question.line,
        question.question,
        "; ".join(question.tags),
        question.answerable,
        outcome.status,
        outcome.confidence,
        outcome.right,
        "; ".join(outcome.faults),
        "; ".join(label_text(label) for label in question.relevant),
        "; ".join(_cited(citation) for citation in (answer["citations"] if answer else ())),
        answer["text"] if answer else "",
        outcome.error,
    )


def _scores(outcome: Outcome, measures: Sequence[str]) -> Sequence[object]:
    return [outcome.scores.get(measure) for measure in measures]


def _cell(value: object) -> str:
    """A cell as text that no spreadsheet takes for a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}" if value.startswith(RUNS_IN_A_SPREADSHEET) else value
        case _:
            return str(value)


def label_text(label: Label) -> str:
    """A label in a line: ``profile > section: "quote"``."""
    place = PATH_SEPARATOR.join(part for part in (label.profile, label.section) if part)
    return f"{place}: “{label.quote}”" if label.quote else place


def _cited(citation: dict[str, Any]) -> str:
    return PATH_SEPARATOR.join((citation["profile"], *citation["heading_path"][-1:]))


# --- JUnit XML ----------------------------------------------------------------------------------


def junit_xml(report: Report) -> bytes:
    """A test case a gate and a question, as build servers show them.

    A question that is not right is a failure, one that could not be read an error, one of which
    nothing is known is skipped.
    """
    root = ElementTree.Element(
        "testsuites", name=f"askpartner evaluate {_xml(report.question_set)}"
    )
    gates = [_gate_case(result) for result in report.gates]
    questions = [_question_case(outcome) for outcome in report.outcomes]
    for name, cases in (("gates", gates), ("questions", questions)):
        counts = {
            kind: str(sum(case.find(tag) is not None for case in cases))
            for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
        }
        attributes = {"name": name, "tests": str(len(cases)), **counts}
        suite = ElementTree.SubElement(root, "testsuite", attributes)
        suite.extend(cases)
    ElementTree.indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root) + b"\n"


def _gate_case(result: GateResult) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="gates", name=_xml(result.gate.text))
    if not result.passed:
        value = "no question counts" if result.value is None else f"it is {result.value:.4f}"
        ElementTree.SubElement(case, "failure", message=value)
    return case


def _question_case(outcome: Outcome) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="questions", name=_xml(outcome.question.id))
    if outcome.answer is None:
        found = ElementTree.SubElement(case, "error", message=_xml(outcome.error))
    elif outcome.right is None:
        found = ElementTree.SubElement(case, "skipped")
    elif not outcome.right:
        found = ElementTree.SubElement(case, "failure", message=", ".join(outcome.faults))
    else:
        return case
    answer = outcome.answer["text"] if outcome.answer else ""
    expected = "; ".join(label_text(label) for label in outcome.question.relevant)
    lines = (f"question: {outcome.question.question}", f"expected: {expected}", f"answer: {answer}")
    found.text = _xml("\n".join(lines))
    return case


def _xml(text: str) -> str:
    return NOT_IN_XML.sub("\ufffd", text)


# --- TREC ---------------------------------------------------------------------------------------


def trec_files(report: Report) -> tuple[bytes, bytes]:
    """Judgements and rankings as TREC tools, ``ir_measures`` among them, read them from files.

    White space in ids is written as a percent sign and a number.
    """
    rows = [
        (
            outcome.question,
            outcome.ranked,
            {
                at: Place(outcome.question.relevant[at].profile, starts)
                for at, starts in enumerate(outcome.label_starts)
                if starts
            },
        )
        for outcome in report.outcomes
    ]
    judgements, found = rankings(rows)
    judged = [
        f"{_token(identity)} 0 {_token(name)} {relevance}\n"
        for identity, names in judgements.items()
        for name, relevance in names.items()
    ]
    ranked = [
        f"{_token(identity)} Q0 {_token(name)} {rank} {score:g} askpartner\n"
        for identity, names in found.items()
        for rank, (name, score) in enumerate(names.items(), start=1)
    ]
    return "".join(judged).encode(), "".join(ranked).encode()


def _token(name: str) -> str:
    return quote(name, safe="/:@+,;()[]'!&=~")
