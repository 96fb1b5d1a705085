"""How long `askpartner ask` takes from a cold start, beside `import sentence_transformers`.

    python benchmarks/cold_start.py [--runs N] [--index DIR]

The two run in turn, so that a drift of the machine's speed meets both; the ratio is taken pair by
pair and its median is what counts.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

QUESTION = "Who supplies the equipment under Facility Rental at ACTRIS?"


def seconds(command: list[str]) -> float:
    """Wall time of one run, in seconds."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--index", type=Path, default=Path("index"))
    given = parser.parse_args()
    ask = [sys.executable, "-m", "askpartner.cli", "ask", QUESTION, "--index", str(given.index)]
    bare = [sys.executable, "-c", "import sentence_transformers"]
    seconds(ask), seconds(bare)  # one of each warms the disk cache
    pairs = [(seconds(ask), seconds(bare)) for _ in range(given.runs)]
    table = Table(title=f"cold start, {given.runs} pairs")
    for name in ("process", "min s", "median s", "max s"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for name, times in (
        ("askpartner ask", [pair[0] for pair in pairs]),
        ("import sentence_transformers", [pair[1] for pair in pairs]),
    ):
        figures = (min(times), statistics.median(times), max(times))
        table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    ratios = [ask_time / bare_time for ask_time, bare_time in pairs]
    figures = (min(ratios), statistics.median(ratios), max(ratios))
    table.add_row("ratio", *(f"{figure:.3f}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    main()
