"""What another embedder or a reranker costs, and what the reranker's logit should count.

    python -m benchmarks.models latency [--work DIR] [--questions N] CONFIGURATION ...
    python -m benchmarks.models weight [--shared DIR] [--work DIR] [--every N]
                                       --setting reranker=NAME [--setting NAME=VALUE] SET ...

A configuration is ``model=NAME``, ``reranker=NAME`` or both with a comma between; the default one
is always measured beside the others. ``latency`` indexes ``corpus/`` with each and asks the
project's own questions of all of them in turn, so that a drift of the machine's speed meets all
alike. Processor time is less at the mercy of other programs than the time that passes; the ratio is
that of processor time, question by question, and its median.

``weight`` tries what a logit counts beside the fused score on every other question of the sets
(development) and shows the same on the rest (check). Quality itself is ``benchmarks.quality``'s.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from askpartner.assistant import Assistant
from askpartner.index import MODELS, IndexReader, build_index
from askpartner.progress import progress_bar
from askpartner.retrieve import LEAST_LOGIT, RERANK_WEIGHT, retrieve
from askpartner.settings import load_settings
from askpartner.types import Hit
from askpartner.understand import understand
from benchmarks.quality.__main__ import parse_setting
from benchmarks.quality.measures import ndcg
from benchmarks.quality.rows import HITS, Measured
from benchmarks.quality.sets import (
    OWN_QUESTIONS,
    ROOT,
    Progress,
    add_places,
    open_set,
    read_questions,
)

WEIGHTS = (0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12)
DEFAULT = "default"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.models",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    latency = commands.add_parser("latency", help="milliseconds a question, beside the default")
    latency.add_argument("configurations", nargs="+", metavar="CONFIGURATION")
    latency.add_argument("--questions", type=int, default=60, help="how many are asked")
    latency.set_defaults(command=_latency)
    weight = commands.add_parser("weight", help="what the reranker's logit should count")
    weight.add_argument("sets", nargs="+", metavar="SET")
    weight.add_argument("--setting", action="append", default=[], type=parse_setting)
    weight.add_argument("--every", type=int, default=1, metavar="N", help="each N-th question only")
    weight.set_defaults(command=_weight)
    for command in (latency, weight):
        add_places(command)
    given = parser.parse_args(arguments)
    with progress_bar() as progress:
        table = given.command(given, progress)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    return 0


# --- latency ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contestant:
    """An index with its configuration."""

    name: str
    assistant: Assistant
    megabytes: float  # of the exported models


def _latency(given: argparse.Namespace, progress: Progress) -> Table:
    contestants = [
        _contestant(name, given.work, progress) for name in (DEFAULT, *given.configurations)
    ]
    questions = read_questions(OWN_QUESTIONS["own"])[: given.questions]
    for contestant in contestants:  # what is read at the first question is not measured
        contestant.assistant.ask(questions[0].question)
    passed: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    worked: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for done, question in enumerate(questions, start=1):
        for contestant in contestants:
            start, before = time.perf_counter(), time.process_time()
            contestant.assistant.ask(question.question, history=question.history)
            worked[contestant.name].append((time.process_time() - before) * 1000)
            passed[contestant.name].append((time.perf_counter() - start) * 1000)
        progress(done, len(questions), "questions")
    table = Table(title=f"{len(questions)} questions, each asked of all in turn")
    for column in ("configuration", "median ms", "processor ms", "ratio", "models MB"):
        table.add_column(column, justify="left" if column == "configuration" else "right")
    for contestant in contestants:
        busy = worked[contestant.name]
        ratios = [one / other for one, other in zip(busy, worked[DEFAULT], strict=True)]
        table.add_row(
            contestant.name,
            f"{statistics.median(passed[contestant.name]):.0f}",
            f"{statistics.median(busy):.0f}",
            f"{statistics.median(ratios):.2f}",
            f"{contestant.megabytes:.0f}",
        )
    return table


def _contestant(name: str, work: Path, progress: Progress) -> Contestant:
    given: Mapping[str, object] = (
        {} if name == DEFAULT else dict(parse_setting(part) for part in name.split(","))
    )
    folder = work / "models" / name.replace("/", "_").replace(",", "_")
    settings = load_settings(corpus=ROOT / "corpus", index=folder, **given)
    build_index(settings, progress=progress)
    size = sum(path.stat().st_size for path in (folder / MODELS).rglob("*") if path.is_file())
    return Contestant(name, Assistant(IndexReader(folder), settings), size / 1e6)


# --- what a logit counts ------------------------------------------------------------------------


def _weight(given: argparse.Namespace, progress: Progress) -> Table:
    table = Table(title="nDCG@10 by what a logit counts: development half / check half")
    table.add_column("weight", justify="right")
    columns = []
    for name in given.sets:
        opened = open_set(name, given.shared, given.work, progress, given=dict(given.setting))
        if opened.index.reranker is None:
            raise SystemExit("name a reranker: --setting reranker=NAME")
        columns.append(_by_weight(Measured(opened, given.work, progress), given.every))
        table.add_column(f"{name} ({len(columns[-1][WEIGHTS[0]])})", justify="right")
    table.add_column("mean of sets", justify="right")
    for weight in WEIGHTS:
        halves = [
            (statistics.mean(found[weight][0::2]), statistics.mean(found[weight][1::2]))
            for found in columns
        ]
        means = [statistics.mean(half) for half in zip(*halves, strict=True)]
        cells = (f"{one:.3f} / {other:.3f}" for one, other in (*halves, means))
        table.add_row(f"{weight:.2f}", *cells)
    return table


def _by_weight(measured: Measured, every: int) -> dict[float, list[float]]:
    """nDCG@10 of each question that marks what is right, by weight."""
    chosen = [q for q in measured.set.questions if q.answerable and q.relevant][::every]
    found: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    for question in measured.each(chosen):
        request = understand(question.question, question.history, measured.index)
        hits = retrieve(request, measured.index, count=HITS)
        for weight in WEIGHTS:
            ordered = sorted(hits, key=lambda hit: (-_score(hit, weight), hit.passage.id))
            found[weight].append(ndcg(measured.units(ordered), question.relevant))
    return found


def _score(hit: Hit, weight: float) -> float:
    """What a hit's score would be if a logit counted ``weight``; read ones stay before others."""
    if hit.logit is None:
        return hit.score
    logit = max(hit.logit, LEAST_LOGIT) - LEAST_LOGIT
    return hit.score + (weight - RERANK_WEIGHT) * logit


if __name__ == "__main__":
    sys.exit(main())
