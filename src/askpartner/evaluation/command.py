"""``askpartner evaluate``: a question set in, a verdict out, as an exit code and files.

0 every gate passed, 1 a figure below its gate, 2 usage, 3 bad input, 5 label drift (when no gate
failed), 130 stopped with Ctrl-C: the report is then of the questions asked so far.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from askpartner.errors import LabelDrift, UsageError
from askpartner.evaluation.comparison import compare
from askpartner.evaluation.console import comparison_view, drift_text, report_view
from askpartner.evaluation.gates import parse_gates
from askpartner.evaluation.options import BUILT_WITH, CAN_BE_SET
from askpartner.evaluation.parallel import evaluate_in_parallel, finish
from askpartner.evaluation.questions import read_question_set
from askpartner.evaluation.report import (
    comparison_object,
    json_bytes,
    read_report,
    report_object,
    write_report,
)
from askpartner.evaluation.run import wanted_measures
from askpartner.evaluation.types import Comparison, Gate, LabelledQuestion, Report
from askpartner.index import MODELS, build_index
from askpartner.progress import progress_bar
from askpartner.settings import Settings, load_settings

BELOW_GATE = 1
BAD_INPUT = 3
STOPPED = 130

INDEX, FIRST = "index", "first"
"""Below ``--out``: the index of ``--corpus``, and the first of two runs."""

WIDTH = 120
"""Columns of the tables where there is no terminal to ask."""


def run(given: argparse.Namespace) -> int:
    """Run the command; returns the exit code. Raises LabelDrift after all reports are written."""
    try:
        return _run(given)
    except KeyboardInterrupt:  # not while questions were asked: there is nothing to report
        print("askpartner: stopped", file=sys.stderr)
        return STOPPED


def _run(given: argparse.Namespace) -> int:
    variants = _variants(given)
    gates = parse_gates(given.gate)
    earlier = None if given.against is None else read_report(given.against)
    questions, faults = read_question_set(given.questions)
    for fault in faults:
        print(f"askpartner: {fault}", file=sys.stderr)
    if faults:
        return BAD_INPUT
    wanted_measures(given.measure, gates, questions)
    reports: list[Report] = []
    with ExitStack() as stack:
        work = _work_folder(given, stack)
        for number, values in enumerate(variants):
            last = number == len(variants) - 1
            folder = work if last else work / FIRST
            settings = _settings(given, values, folder)
            report = _ask(given, questions, gates, settings, folder)
            if not last and given.out is not None:
                write_report(report, folder)
                if not report.partial:
                    finish(folder)
            reports.append(report)
            if report.partial:
                break
        comparison = _comparison(given, variants, reports, earlier)
        if given.out is not None and len(reports) == len(variants):
            write_report(reports[-1], given.out, comparison)
            if not reports[-1].partial:
                finish(given.out)
    _print(given, reports[-1], comparison)
    return _verdict(given, reports[-1])


# --- what is run --------------------------------------------------------------------------------


def _variants(given: argparse.Namespace) -> list[dict[str, str]]:
    """The settings of each run, by name: one run, or two when a setting has two values."""
    values: dict[str, list[str]] = {}
    faults = []
    for text in given.setting:
        name, sign, value = text.partition("=")
        if not sign or name not in CAN_BE_SET:
            faults.append(f"{text!r} is not KEY=VALUE with one of {', '.join(CAN_BE_SET)}")
        elif name in BUILT_WITH and given.corpus is None:
            faults.append(f"{name} is built into the index; name the pages with --corpus")
        else:
            values.setdefault(name, []).append(value)
    faults += [f"{name} is given more than twice" for name, all_ in values.items() if len(all_) > 2]
    faults += [
        f"{name} is given twice with the same value"
        for name, all_ in values.items()
        if len(all_) == 2 and all_[0] == all_[1]
    ]
    runs = 2 if any(len(all_) == 2 for all_ in values.values()) else 1
    if runs == 2 and given.against is not None:
        faults.append("two values of a setting are compared with each other, not with --against")
    if faults:
        raise UsageError(f"--setting: {'; '.join(faults)}")
    return [
        {name: all_[min(run, len(all_) - 1)] for name, all_ in values.items()}
        for run in range(runs)
    ]


def _work_folder(given: argparse.Namespace, stack: ExitStack) -> Path:
    if given.out is None:
        # Made with the same depth every time: an index knows its pages by a relative path.
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="askpartner-")))
    given.out.mkdir(parents=True, exist_ok=True)
    out: Path = given.out
    return out


def _settings(given: argparse.Namespace, values: dict[str, str], folder: Path) -> Settings:
    """The settings of a run; with ``--corpus``, its index is brought up to date in ``folder``."""
    if given.corpus is None:
        return load_settings(index=given.index, **values)
    usual = load_settings()
    settings = load_settings(corpus=given.corpus, index=folder / INDEX, **values)
    lenders = [usual.index] + ([given.out / FIRST / INDEX] if given.out else [])
    for lender in lenders:
        _lend_models(lender, settings.index)
    with progress_bar() as progress:
        built = build_index(settings, progress=progress)
    if built.unreadable:
        for fault in built.unreadable[1:]:
            print(f"askpartner: {fault}", file=sys.stderr)
        raise built.unreadable[0]
    return settings


def _lend_models(lender: Path, index: Path) -> None:
    """Take over exported models, which take longer to export than most question sets to ask.

    They are checked before they are used, wherever they come from.
    """
    if not (lender / MODELS).is_dir() or (index / MODELS).is_dir():
        return
    index.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".models-", dir=index))
    shutil.copytree(lender / MODELS, aside / MODELS, copy_function=_link_or_copy)
    (aside / MODELS).rename(index / MODELS)
    aside.rmdir()


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)


def _ask(
    given: argparse.Namespace,
    questions: Sequence[LabelledQuestion],
    gates: Sequence[Gate],
    settings: Settings,
    folder: Path,
) -> Report:
    begun = time.monotonic()
    with progress_bar() as progress:
        report = evaluate_in_parallel(
            questions,
            settings,
            measures=given.measure,
            gates=gates,
            name=given.questions.name,
            folder=None if given.out is None else folder,
            progress=progress,
        )
    took = time.monotonic() - begun
    print(f"{len(report.outcomes)} questions in {took:.1f} s", file=sys.stderr)
    return report


def _comparison(
    given: argparse.Namespace,
    variants: Sequence[dict[str, str]],
    reports: Sequence[Report],
    earlier: Report | None,
) -> Comparison | None:
    if not reports[-1].outcomes:  # stopped before the first answer
        return None
    if earlier is not None:
        folder = given.against if given.against.is_dir() else given.against.parent
        names = folder.resolve().name, "this run"
        return compare(earlier, reports[-1], names=names, allow_different=given.allow_different)
    if len(reports) < 2:
        return None
    differing = [name for name, value in variants[0].items() if value != variants[1][name]]
    one, other = (", ".join(f"{name}={run[name]}" for name in differing) for run in variants)
    return compare(
        reports[0], reports[1], names=(one, other), allow_different=given.allow_different
    )


# --- what is told -------------------------------------------------------------------------------


def _print(given: argparse.Namespace, report: Report, comparison: Comparison | None) -> None:
    if given.json:
        found = report_object(report)
        if comparison is not None:
            found["comparison"] = comparison_object(comparison)
        sys.stdout.write(json_bytes(found).decode())
    else:
        console = Console(width=None if sys.stdout.isatty() else WIDTH)
        console.print(report_view(report))
        if comparison is not None:
            console.print(comparison_view(comparison))
    if given.out is not None:
        print(f"reports: {given.out}", file=sys.stderr)


def _verdict(given: argparse.Namespace, report: Report) -> int:
    for drift in report.drift:
        print(f"askpartner: {drift_text(drift, str(given.questions))}", file=sys.stderr)
    if report.partial:
        again = "run the same command again to go on" if given.out else "with --out it can go on"
        print(
            f"askpartner: stopped at {len(report.outcomes)} of {report.asked}; {again}",
            file=sys.stderr,
        )
        return STOPPED
    below = [result for result in report.gates if not result.passed]
    for result in below:
        value = "no question counts in it" if result.value is None else f"it is {result.value:.4f}"
        print(f"askpartner: below the gate {result.gate.text}: {value}", file=sys.stderr)
    if below:
        return BELOW_GATE
    if report.drift:
        raise LabelDrift(
            f"{given.questions}: {len(report.drift)} labels are no longer on their pages; correct "
            "them there, and see askpartner questions check"
        )
    return 0
