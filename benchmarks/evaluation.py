"""What evaluating costs beside asking: wall time of `askpartner evaluate` over that of bare calls.

    python -m benchmarks.evaluation [--pages N] [--questions N] [--rounds N] [--index DIR]

Both open the same index in as many processes and ask the same questions; one then also ranks,
judges, keeps what was said, counts with intervals and writes every report. Each round runs one
after the other, each as processes of its own, and the ratio is the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from askpartner.assistant import LOOKED_AT, Assistant, Turn
from askpartner.evaluation.parallel import BATCH, PROCESSES
from askpartner.evaluation.questions import question_set_bytes, read_question_set
from askpartner.evaluation.types import Label, LabelledQuestion
from askpartner.index import IndexReader, build_index
from askpartner.progress import progress_bar
from askpartner.settings import Settings, load_settings

from .incremental import DEEDS, MANNERS, THINGS

REACH = 1.3


def write_page(path: Path, number: int) -> tuple[str, str]:
    """A short page with two ways to work; returns the partner's name and its first way's."""
    draw = random.Random(f"evaluation-{number}")
    title = f"{draw.choice(THINGS).title()} Partner {number}"
    ways = [f"{thing.title()} service" for thing in draw.sample(THINGS, 2)]
    lines = ["---", f"title: {title}", "---", f"### {title}", "#### Overview", ""]
    lines += [f"{title} {draw.choice(DEEDS)} {draw.choice(THINGS)} {draw.choice(MANNERS)}.", ""]
    lines += [f"It has {draw.randrange(2, 900)} rooms for {draw.choice(THINGS)} work.", ""]
    lines += [f"#### Ways to work with {title}"]
    for at, way in enumerate(ways, start=1):
        lines += [f"##### {at}. {way}", ""]
        lines += [f"The partner {draw.choice(DEEDS)} {draw.choice(THINGS)} for its clients.", ""]
        lines += ["**Who is this suitable for?**", "", f"* {draw.choice(THINGS).title()} companies"]
        lines += ["", "**Where is this offered?**", "", "Singapore", ""]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return title, ways[0]


def write_questions(path: Path, names: Sequence[tuple[str, str]], count: int) -> None:
    """Questions with labels, one kind after the other over all partners."""
    found = []
    for number in range(count):
        at, kind = number % len(names), number // len(names) % 2
        title, way = names[at]
        words, section = (
            (f"Who is the {way} of {title} suitable for?", way)
            if kind == 0
            else (f"How many rooms does {title} have?", "Overview")
        )
        found.append(
            LabelledQuestion(
                id=f"{number:05}",
                question=words,
                history=(),
                relevant=(Label(f"partner{at:04}", section),),
                answerable=True,
                answer_contains=(),
                answer_omits=(),
                tags=(("audience", "fact")[kind],),
                line=number + 1,
            )
        )
    path.write_bytes(question_set_bytes(found))


# --- the bare calls -----------------------------------------------------------------------------

_assistant: Assistant | None = None


def _begin(settings: Settings) -> None:
    global _assistant
    _assistant = Assistant(IndexReader(settings.index), settings)


def _ask(questions: Sequence[tuple[str, Sequence[Turn]]]) -> list[str]:
    assert _assistant is not None
    return [
        _assistant.ask(question, history=history, hits=LOOKED_AT).status
        for question, history in questions
    ]


def ask_all(path: Path, index: Path) -> None:
    """Ask every question and keep nothing but the statuses."""
    questions, _ = read_question_set(path)
    batches = [
        [(q.question, q.history) for q in questions[at : at + BATCH]]
        for at in range(0, len(questions), BATCH)
    ]
    with ProcessPoolExecutor(
        PROCESSES,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(load_settings(index=index),),
    ) as pool:
        print(sum(len(statuses) for statuses in pool.map(_ask, batches)))


# --- side by side -------------------------------------------------------------------------------


def seconds(command: Sequence[object]) -> tuple[float, float]:
    """Wall time of a command, and the processor time of all its processes."""
    spent, start = _processor_time(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return time.perf_counter() - start, _processor_time() - spent


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--index", type=Path, help="keep the index there, and take it from there")
    parser.add_argument("--bare", type=Path, metavar="QUESTIONS", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare is not None:
        ask_all(given.bare, given.index)
        return
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="askpartner-")))
        pages, questions = work / "pages", work / "questions.jsonl"
        pages.mkdir()
        names = [write_page(pages / f"partner{n:04}.md", n) for n in range(given.pages)]
        write_questions(questions, names, given.questions)
        index = given.index or work / "index"
        with progress_bar() as progress:
            build_index(load_settings(corpus=pages, index=index), progress=progress)
        bare = ("benchmarks.evaluation", "--bare", questions, "--index", index)
        evaluated = ("askpartner.cli", "evaluate", questions, "--index", index, "--out")
        rounds = []
        for number in range(given.rounds):
            out = work / f"out{number}"
            rounds.append((seconds(bare), seconds((*evaluated, out))))
        report: dict[str, Any] = json.loads((out / "report.json").read_bytes())
    assert len(report["outcomes"]) == given.questions
    table = Table(title=f"{given.questions} questions over {given.pages} profiles")
    for name in ("round", "bare calls (s)", "evaluate (s)", "ratio", "ratio of processor time"):
        table.add_column(name, justify="right")
    for number, (one, other) in enumerate(rounds, start=1):
        table.add_row(
            str(number),
            f"{one[0]:.1f}",
            f"{other[0]:.1f}",
            f"{other[0] / one[0]:.2f}",
            f"{other[1] / one[1]:.2f}",
        )
    console = Console()
    console.print(table)
    ratio, spent = (median(other[at] / one[at] for one, other in rounds) for at in (0, 1))
    met = "met" if ratio <= REACH else "NOT met"
    console.print(
        f"median ratio {ratio:.2f} (of processor time {spent:.2f}), at most {REACH}: {met}; "
        f"{PROCESSES} processes each"
    )


if __name__ == "__main__":
    main()
