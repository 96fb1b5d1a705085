"""Report -> one HTML file that opens from a disk: no request leaves it, no script from elsewhere.

Puts a report in order for ``static/report.html.jinja``, which holds the markup; the words are in
``templates/report.toml``. Pages, questions and answers are text nobody vouches for: Jinja escapes
all of it, and only our own style sheets, script and plots are markup. Measures nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from askpartner.evaluation.measures import LESS_IS_BETTER
from askpartner.evaluation.types import (
    Calibration,
    Comparison,
    MeasureChange,
    MeasureRow,
    ReliabilityBin,
    Report,
)
from askpartner.evaluation.views import label_text, question_views, tag_names
from askpartner.evaluation.words import words
from askpartner.templates import load_templates

if TYPE_CHECKING:
    from jinja2 import Environment

HEADLINE = (
    "right",
    "nDCG@10",
    "required_words",
    "citation_precision",
    "abstention_recall",
    "false_refusals",
    "AUROC",
    "ECE",
)
"""What is told first, where the run has measured it; the other figures are in a table below."""

BY_TAG = (
    "right",
    "nDCG@10",
    "required_words",
    "citation_recall",
    "false_refusals",
    "abstention_recall",
)
"""Columns of the table by tag, where the run has measured them."""

COVERAGES = tuple(step / 10 for step in range(1, 11))
"""Where the risk-coverage curve is read for its table."""


@dataclass(frozen=True, slots=True)
class TagView:
    """One row of the table by tag; a row of the report, or None, for each measure."""

    number: int
    name: str
    count: int
    rows: tuple[MeasureRow | None, ...]


@dataclass(frozen=True, slots=True)
class DriftView:
    """A label that its page no longer has; ``anchor`` is its question's, "" if not asked yet."""

    id: str
    anchor: str
    label: str
    reason: str


# --- the page -----------------------------------------------------------------------------------


def report_html(report: Report, comparison: Comparison | None = None) -> str:
    """The report as one HTML file, with ``comparison`` beside it when two runs were compared.

    ``report`` is then the second run. The same report gives the same bytes.
    """
    from markupsafe import Markup

    files = resources.files(__package__) / "static"
    palette = resources.files("askpartner.web") / "static" / "palette.css"
    style = "\n".join(one.read_text(encoding="utf-8") for one in (palette, files / "report.css"))
    script = (files / "report.js").read_text(encoding="utf-8")
    questions = question_views(report, comparison)
    anchors = {view.id: view.anchor for view in questions}
    overall = [row for row in report.rows if row.tag == ""]
    results = [view.result for view in questions]
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            comparison=comparison,
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            sum={name: results.count(name) for name in ("right", "wrong", "unjudged")},
            failed_gates=sum(not result.passed for result in report.gates),
            drift=[
                DriftView(one.id, anchors.get(one.id, ""), label_text(one.label), one.reason)
                for one in report.drift
            ],
            headline=_chosen(report, HEADLINE),
            rows=overall,
            **_plots(report, comparison, Markup),
            tags=_tags(report),
            tag_measures=[row.measure for row in _chosen(report, BY_TAG)],
            tag_names=tag_names(report),
            statuses=_in_order((view.status for view in questions), "status"),
            faults=_in_order((fault for view in questions for fault in view.faults), "fault"),
            changes=_changes_text(comparison) if comparison else "",
            widest=_widest(comparison) if comparison else 0.0,
            questions=questions,
        )
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("askpartner.evaluation", "static"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        words=words,
        figure=figure_text,
        ends=ends_text,
        signed=signed_text,
        chance=chance_text,
        percent=percent_text,
        measure_name=measure_name,
        meaning=meaning,
        tendency=tendency,
    )
    return environment


def _policy(style: str, script: str) -> str:
    """The page's Content-Security-Policy: its own style sheet and script by hash, nothing else."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"


# --- figures as text ----------------------------------------------------------------------------


def figure_text(value: float | None) -> str:
    """Three decimals; a dash for None."""
    return words("page.nothing") if value is None else f"{value:.3f}".replace("-", "−")


def ends_text(low: float | None, high: float | None) -> str:
    """Both ends of an interval; a dash for none."""
    if low is None or high is None:
        return words("page.nothing")
    return f"{figure_text(low)} – {figure_text(high)}"


def signed_text(value: float) -> str:
    """A difference with its sign, three decimals; 0.000 has none."""
    text = f"{value:+.3f}"
    return "0.000" if text in ("+0.000", "-0.000") else text.replace("-", "−")


def chance_text(p: float | None) -> str:
    """A probability, three decimals; below 0.001 only that it is."""
    if p is None:
        return words("page.nothing")
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def percent_text(value: float) -> str:
    """A share of one as whole percent."""
    return f"{100 * value:.0f} %"


def measure_name(measure: str) -> str:
    """What a measure is called in a headline: our own have words, others their names."""
    return load_templates("report")["names"].get(measure, measure)


def meaning(measure: str) -> str:
    """What a measure says, by its name without parameters and cutoff; "" when it is not known."""
    return load_templates("report")["measures"].get(re.split(r"[@(]", measure)[0], "")


def tendency(row: MeasureChange) -> Literal["good", "bad", ""]:
    """Whether a difference is for the better or worse; "" while its interval holds 0.

    How much of what is found was labelled is neither.
    """
    if row.low <= 0 <= row.high or row.measure.startswith("Judged"):
        return ""
    return "good" if (row.difference > 0) is (row.measure not in LESS_IS_BETTER) else "bad"


# --- all questions ------------------------------------------------------------------------------


def _chosen(report: Report, measures: Sequence[str]) -> list[MeasureRow]:
    """The figures over all questions of those measures that have one; the first four, if none."""
    rows = [row for row in report.rows if row.tag == "" and row.value is not None]
    chosen = [row for measure in measures for row in rows if row.measure == measure]
    return chosen or rows[:4]


def _tags(report: Report) -> list[TagView]:
    found = {(row.tag, row.measure): row for row in report.rows}
    measures = [row.measure for row in _chosen(report, BY_TAG)]
    return [
        TagView(
            number,
            tag,
            sum(tag in outcome.question.tags for outcome in report.outcomes),
            tuple(found.get((tag, measure)) for measure in measures),
        )
        for number, tag in enumerate(tag_names(report))
    ]


def _in_order(present: Iterable[str], table: str) -> list[str]:
    """Those names of a table of words that are present, in the table's order."""
    names = set(present)
    return [name for name in load_templates("report")[table] if name in names]


def _plots(report: Report, comparison: Comparison | None, markup: type[str]) -> dict[str, Any]:
    """Both plots as SVG, "" where there is nothing to draw, and the table beside the first.

    They hold figures and fixed words only, nothing of a page or a question.
    """
    from askpartner.evaluation.plots import reliability_svg, risk_coverage_svg
    from askpartner.evaluation.summary import calibration, risk_coverage

    before = [change.before for change in comparison.questions] if comparison else []
    points = report.abstention.risk_coverage.points
    curves = [curve for curve in (points, risk_coverage(before)) if curve]
    groups = [bins for bins in (_bins(report.calibration), _bins(calibration(before))) if bins]
    return {
        "risk_plot": markup(risk_coverage_svg(curves)) if points else "",
        "risk_rows": list(_read_at(points, COVERAGES)),
        "reliability_plot": markup(reliability_svg(groups)) if report.calibration.count else "",
    }


def _bins(calibration: Calibration) -> list[ReliabilityBin]:
    return [one for one in calibration.bins if one.count]


def _read_at(
    points: Sequence[tuple[float, float]], coverages: Sequence[float]
) -> Iterator[tuple[float, float]]:
    """The point of a curve at or right before each coverage, each point once."""
    known = [coverage for coverage, _ in points]
    places = [bisect_right(known, coverage + 1e-9) - 1 for coverage in coverages]
    yield from (points[at] for at in sorted({at for at in places if at >= 0}))


def _changes_text(comparison: Comparison) -> str:
    verdicts = [change.verdict for change in comparison.questions]
    differently = sum(change.said_differently for change in comparison.questions)
    counts = {name: verdicts.count(name) for name in ("win", "loss", "tie")}
    if not differently and counts["tie"] == len(verdicts):
        return words("compared.same")
    return words(
        "compared.changed",
        wins=counts["win"],
        losses=counts["loss"],
        ties=counts["tie"],
        differently=differently,
    )


def _widest(comparison: Comparison) -> float:
    """The largest difference an interval reaches, either way: the scale of their bars."""
    return max((abs(end) for row in comparison.rows for end in (row.low, row.high)), default=0.0)
