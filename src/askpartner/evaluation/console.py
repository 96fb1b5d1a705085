"""Report and Comparison -> tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from askpartner.evaluation.measures import LESS_IS_BETTER, OWN_MEASURES
from askpartner.evaluation.report import label_text
from askpartner.evaluation.types import Comparison, Drift, MeasureRow, QuestionChange, Report

TAG_MEASURES = ("required_words", "citation_recall", "false_refusals", "abstention_recall")
"""What the table by tag shows of answers, besides the first measure of finding and ``right``."""

SHOWN = 20
"""Questions listed on each side of a comparison; the files have all of them."""


def report_view(report: Report) -> RenderableType:
    """The figures of a report, all of them, then some of them by tag, then its gates."""
    parts: list[RenderableType] = [_figures(report)]
    if any(row.tag for row in report.rows):
        parts.append(_by_tag(report))
    if report.gates:
        parts.append(_gates(report))
    return Group(*parts)


def comparison_view(comparison: Comparison) -> RenderableType:
    """The figures of two runs, then the questions one of them does better."""
    return Group(_changes(comparison), *_questions(comparison))


def drift_text(drift: Drift, question_set: str) -> str:
    """One label that is gone, in a line: where it is written, and what of it is missing."""
    return (
        f"{question_set}:{drift.line}: {drift.id}: the {drift.reason} of the label "
        f"{label_text(drift.label)} is not on the page"
    )


# --- one run ------------------------------------------------------------------------------------


def _figures(report: Report) -> Table:
    count = len(report.outcomes)
    asked = f"{count} of {report.asked} questions: PARTIAL" if report.partial else f"{count} asked"
    table = Table(title=Text(f"{report.question_set}: {asked}"))
    table.add_column("measure", no_wrap=True)
    for name in ("figure", "95 % interval", "questions"):
        table.add_column(name, justify="right")
    own = False
    for row in report.rows:
        if row.tag:
            continue
        if row.measure in OWN_MEASURES and not own:
            table.add_section()
            own = True
        table.add_row(_name(row.measure), _figure(row.value), _interval(row), str(row.count))
    return table


def _by_tag(report: Report) -> Table:
    retrieval = [r.measure for r in report.rows if not r.tag and r.measure not in OWN_MEASURES]
    measures = (*retrieval[:1], "right", *TAG_MEASURES)
    tags = list(dict.fromkeys(row.tag for row in report.rows if row.tag))
    table = Table(title="by tag (of how many questions)")
    table.add_column("tag")
    for measure in measures:
        table.add_column(_name(measure), justify="right")
    for tag in tags:
        rows = (report.row(measure, tag) for measure in measures)
        table.add_row(
            Text(tag),
            *(f"{_figure(row.value)} ({row.count})" if row else "" for row in rows),
        )
    return table


def _gates(report: Report) -> Table:
    table = Table(title="gates")
    table.add_column("gate")
    table.add_column("figure", justify="right")
    table.add_column("")
    for result in report.gates:
        passed = Text("passed", "green") if result.passed else Text("below", "bold red")
        table.add_row(Text(result.gate.text), _figure(result.value) or "none", passed)
    return table


def _name(measure: str) -> Text:
    return Text(f"{measure} ↓" if measure in LESS_IS_BETTER else measure)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _interval(row: MeasureRow) -> str:
    return "" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"


# --- two runs -----------------------------------------------------------------------------------


def _changes(comparison: Comparison) -> Table:
    before, after = comparison.names
    allowed = f" (NOT the same {' and '.join(comparison.allowed)})" if comparison.allowed else ""
    table = Table(title=Text(f"{before} → {after}{allowed}"))
    table.add_column("measure", no_wrap=True)
    for name in (before, after):
        table.add_column(Text(name), justify="right", overflow="fold")
    for name in ("difference", "95 % interval", "better", "worse", "sign test p"):
        table.add_column(name, justify="right")
    for row in comparison.rows:
        counted = row.p is not None
        table.add_row(
            _name(row.measure),
            _figure(row.before),
            _figure(row.after),
            f"{row.difference:+.3f}" if row.difference else "0",
            f"{row.low:+.3f} to {row.high:+.3f}",
            str(row.wins) if counted else "",
            str(row.losses) if counted else "",
            f"{row.p:.3f}" if counted else "",
        )
    return table


def _questions(comparison: Comparison) -> Iterator[RenderableType]:
    for name, one, other in comparison.settings:
        yield Text(f"{name}: {one or '(none)'} → {other or '(none)'}")
    for verdict, title in (("loss", "worse"), ("win", "better")):
        found = [change for change in comparison.questions if change.verdict == verdict]
        if not found:
            continue
        yield Text(f"\n{title}: {len(found)} questions", "bold")
        for change in found[:SHOWN]:
            yield Text(_change(change))
        if len(found) > SHOWN:
            yield Text(f"  … and {len(found) - SHOWN} more, in the report")
    said = sum(change.said_differently for change in comparison.questions)
    yield Text(f"\n{said} of {len(comparison.questions)} questions were answered differently")


def _change(change: QuestionChange) -> str:
    moved = ", ".join(f"{m} {d:+.2f}" for m, d in change.differences.items() if d)
    return f"  {change.id}: {change.after.question.question} ({moved or change.after.status})"
