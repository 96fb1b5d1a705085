"""How well askpartner understands, finds, answers and refuses: the table of figures.

    python -m benchmarks.quality [--shared DIR] [--work DIR] [--json FILE] [SET ...]

Public sets are read from the folder ``--shared`` (or ASKPARTNER_SHARED, or ``../shared`` beside
the project); a set that is not there is named and left out. Pages and indexes are written below
``--work``, and taken from there again while the pages are the same. The baselines are BM25 (k1
1.2, b .75, English stemmer and stop words), the index's own embedder alone, and reciprocal rank
fusion of the two (k 60), each over the same sections as the product.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from askpartner.progress import progress_bar
from askpartner.settings import Settings

from .baselines import BASELINES
from .rows import ALONE, OWN_MEASURES, TAG, Outcome, Row, measure_set
from .sets import NAMES, add_places, open_set

PACKAGES = ("askpartner", "bm25s", "faiss-cpu", "numpy", "onnxruntime", "PyStemmer")


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    outcomes: dict[str, list[Outcome]] = {}
    absent: list[str] = []
    settings: dict[str, str] = {}
    with progress_bar() as progress:
        for name in given.sets or NAMES:
            try:
                opened = open_set(
                    name,
                    given.shared,
                    given.work,
                    progress,
                    given=dict(given.setting),
                    documents_kept=given.documents,
                )
            except FileNotFoundError as error:
                if given.sets:
                    print(error, file=sys.stderr)
                    return 2
                absent.append(name)
                continue
            settings[name] = (
                f"model {opened.settings.model}, passages of up to "
                f"{opened.settings.passage_tokens} tokens, index {opened.index.version}"
            )
            outcomes[name] = measure_set(opened, given.work, progress)
    rows = [row for found in outcomes.values() for outcome in found for row in outcome.rows]
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(_table([row for row in rows if TAG not in row.set_name]))
    tagged = [row for row in rows if TAG in row.set_name]
    if tagged:
        console.print(_tag_table(tagged))
    if absent:
        console.print(f"not measured, because not in the shared folder: {', '.join(absent)}")
    for name, text in settings.items():
        console.print(f"{name}: {text}")
    console.print(_machine())
    console.print(f"command: {_command(arguments)}", soft_wrap=True, markup=False)
    if given.failures:
        for found in outcomes.values():
            for outcome in found:
                for failure in outcome.failures:
                    print(f"\n{failure}")
    if given.json:
        given.json.write_text(_json(rows, settings), encoding="utf-8")
    if given.runs:
        _write_runs(given.runs, outcomes)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sets", nargs="*", metavar="SET", help="all: " + ", ".join(NAMES))
    add_places(parser)
    parser.add_argument(
        "--setting",
        action="append",
        default=[],
        type=parse_setting,
        metavar="NAME=VALUE",
        help="a setting of the product instead of its default (model=bge-small-en-v1.5); may be "
        "repeated; use another --work for another model",
    )
    parser.add_argument(
        "--documents",
        type=int,
        metavar="N",
        help="make large sets smaller: the questions' documents and others up to N in all",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--runs", type=Path, metavar="DIR", help="write what was found, for an outside scorer"
    )
    parser.add_argument("--failures", action="store_true", help="show own questions that failed")
    return parser


def parse_setting(text: str) -> tuple[str, str]:
    """A setting's name and its value. Raises ArgumentTypeError for anything else."""
    name, equals, value = text.partition("=")
    if not equals or name not in Settings.model_fields:
        raise argparse.ArgumentTypeError(
            f"not NAME=VALUE with one of: {', '.join(Settings.model_fields)}"
        )
    return name, value


def _table(rows: Sequence[Row]) -> Table:
    table = Table(title="askpartner: quality")
    for name in ("set", "measure"):
        table.add_column(name)
    for name in ("questions", *BASELINES, ALONE, "askpartner", "reach", "met"):
        table.add_column(name, justify="right")
    last = ""
    for row in rows:
        if last and row.set_name != last:
            table.add_section()
        sign = "≤" if row.most else "≥"
        table.add_row(
            row.set_name if row.set_name != last else "",
            row.measure,
            str(row.count),
            *(_figure(row.others.get(name)) for name in (*BASELINES, ALONE)),
            _figure(row.value),
            f"{sign} {_figure(row.reach)}" if row.reach is not None else "",
            {None: "", True: "yes", False: "no"}[row.met],
        )
        last = row.set_name
    return table


def _tag_table(rows: Sequence[Row]) -> Table:
    table = Table(title="own questions by tag (of how many questions)")
    table.add_column("tag")
    for measure in OWN_MEASURES:
        table.add_column(measure, justify="right")
    for tag in dict.fromkeys(row.set_name for row in rows):
        found = {row.measure: row for row in rows if row.set_name == tag}
        table.add_row(
            tag.partition(TAG)[2],
            *(
                f"{_figure(found[measure].value)} ({found[measure].count})"
                if measure in found
                else ""
                for measure in OWN_MEASURES
            ),
        )
    return table


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _machine() -> str:
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return (
        f"machine: {platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}; {packages}"
    )


def _command(arguments: Sequence[str] | None) -> str:
    return shlex.join(
        ["python", "-m", "benchmarks.quality", *(sys.argv[1:] if arguments is None else arguments)]
    )


def _json(rows: Sequence[Row], settings: dict[str, str]) -> str:
    found = {"settings": settings, "rows": [{**asdict(row), "met": row.met} for row in rows]}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _write_runs(folder: Path, outcomes: dict[str, list[Outcome]]) -> None:
    """A file for each set; what two measures found of one question is one line."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in outcomes.items():
        lines: dict[str, dict[str, object]] = {}
        for outcome in found:
            for at, line in enumerate(outcome.run):
                lines.setdefault(str(line.get("id", f"chunk {at}")), {}).update(line)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines.values())
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
