"""How long it takes to index a folder of pages from nothing, again, and after editing one page.

    python benchmarks/incremental.py [--pages N] [--workers N]

Each step is a whole `askpartner index` process. The model is exported beforehand, so that the full
build does not count it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from askpartner.index import open_index, prepare_model
from askpartner.settings import load_settings

THINGS = (
    "bioreactor assay cell chromatography clinic cohort culture device enzyme gene genome imaging "
    "implant laboratory medicine microscope peptide pilot protein reagent sequencing sensor "
    "software stability sterility storage therapy tissue trial vaccine vector virus workshop"
).split()
DEEDS = "analyses builds compares designs develops funds measures rents teaches tests".split()
MANNERS = "carefully jointly locally quickly regularly remotely safely weekly yearly".split()


def write_page(path: Path, number: int, state: int = 0) -> None:
    """A page of the size and shape of a partner's, with words of its own."""
    draw = random.Random(f"{number}-{state}")

    def sentences(count: int) -> str:
        return " ".join(
            f"The partner {draw.choice(DEEDS)} {draw.choice(THINGS)} and {draw.choice(THINGS)} "
            f"for {draw.choice(THINGS)} groups of {draw.randrange(2, 900)} people, "
            f"{draw.choice(MANNERS)} and with {draw.choice(THINGS)} support."
            for _ in range(count)
        )

    title = f"Partner {number}"
    lines = ["---", f"title: {title}", "---", f"### {title}", "#### Overview", "", sentences(8)]
    lines += ["", f"#### Ways to work with {title}"]
    for way in range(1, 4):
        lines += [f"##### {way}. {draw.choice(THINGS).title()} service", "", sentences(7), ""]
        lines += ["**Who is this suitable for?**", ""]
        lines += [f"* {draw.choice(THINGS).title()} companies" for _ in range(3)]
        lines += ["", "**Where is this offered?**", "", "Singapore", ""]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_index(corpus: Path, index: Path, workers: int) -> tuple[float, dict[str, Any]]:
    """Wall time of one `askpartner index`, in seconds, and its report."""
    command = [sys.executable, "-m", "askpartner.cli", "index", "--json"]
    command += ["--corpus", str(corpus), "--index", str(index)]
    environment = dict(os.environ) | {"ASKPARTNER_WORKERS": str(workers)}
    start = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return time.perf_counter() - start, json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="askpartner-") as folder:
        corpus, index = Path(folder) / "pages", Path(folder) / "index"
        corpus.mkdir()
        for number in range(given.pages):
            write_page(corpus / f"partner{number:04}.md", number)
        prepare_model(load_settings(corpus=corpus, index=index))
        steps = [("from nothing", *run_index(corpus, index, given.workers))]
        steps.append(("nothing changed", *run_index(corpus, index, given.workers)))
        write_page(corpus / "partner0000.md", 0, state=1)
        steps.append(("one page edited", *run_index(corpus, index, given.workers)))
        start = time.perf_counter()
        open_index(index)
        opened = time.perf_counter() - start
    table = Table(title=f"askpartner index, {given.pages} pages, {given.workers} workers")
    table.add_column("step")
    for name in ("pages read", "passages", "embedded", "seconds", "ratio", "embedded/s"):
        table.add_column(name, justify="right")
    for name, seconds, report in steps:
        table.add_row(
            name,
            str(report["pages_read"]),
            str(report["passages"]),
            str(report["passages_embedded"]),
            f"{seconds:.2f}",
            f"1/{steps[0][1] / seconds:.1f}",
            f"{report['passages_embedded'] / seconds:.1f}",
        )
    console = Console()
    console.print(table)
    console.print(f"open the index for answering: {opened:.2f} s")


if __name__ == "__main__":
    main()
