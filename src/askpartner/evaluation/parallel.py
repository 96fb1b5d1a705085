"""Asks a question set in several processes, and puts down what was said as it comes.

What was said goes to a file, the checkpoint, a line a question. A run that ends early, by kill -9
too, is taken up from there by the next one of the same questions, index and program; the report
is the same, byte for byte. Does not judge: that is ``run.py``'s.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import askpartner
from askpartner.assistant import Assistant
from askpartner.errors import AskpartnerError
from askpartner.evaluation.questions import set_fingerprint
from askpartner.evaluation.run import Progress, Said, ask_one, make_report, wanted_measures
from askpartner.evaluation.types import Gate, LabelledQuestion, Report
from askpartner.index import IndexReader
from askpartner.settings import Settings

PROCESSES = 2
BATCH = 8
"""Questions a process is given at a time."""

ALONE = 16
"""Up to this many questions are asked in this process: starting others takes longer."""

CHECKPOINT = "unfinished.jsonl"


def evaluate_in_parallel(
    questions: Sequence[LabelledQuestion],
    settings: Settings,
    *,
    measures: Sequence[str] = (),
    gates: Sequence[Gate] = (),
    name: str = "questions",
    folder: Path | None = None,
    processes: int = PROCESSES,
    progress: Progress | None = None,
) -> Report:
    """As ``evaluate``, over the index of ``settings``, in ``processes`` processes.

    With a ``folder``, what was said is kept there until the report is made from all questions, and
    taken from there when a run before was interrupted. Ctrl-C ends the asking: the report is then
    of the questions asked so far, and marked partial. A script that calls this needs the usual
    ``if __name__ == "__main__":``, because the processes import it anew.

    Raises what ``evaluate`` raises, and AskpartnerError when a process was ended from outside.
    """
    wanted = wanted_measures(measures, gates, questions)
    assistant = Assistant(IndexReader(settings.index), settings)
    # The processes open the index while this one does.
    with _pool(settings, 1 if len(questions) <= ALONE else processes) as pool:
        checkpoint = _Checkpoint(folder, _key(questions, assistant))
        said = checkpoint.read()
        left = [question for question in questions if question.id not in said]
        with checkpoint:
            try:
                for batch in _asked(left, assistant, pool):
                    for one in batch:
                        said[one["id"]] = one
                    checkpoint.add(batch)
                    if progress is not None:
                        progress(len(said), len(questions), "questions")
            except KeyboardInterrupt:
                # What was said until now is a report too.
                pass
    return make_report(
        questions,
        list(said.values()),
        assistant.index,
        settings,
        wanted,
        gates=gates,
        name=name,
    )


def finish(folder: Path) -> None:
    """Forget what was put down of a run whose report is written."""
    (folder / CHECKPOINT).unlink(missing_ok=True)


# --- the processes ------------------------------------------------------------------------------


@contextmanager
def _pool(settings: Settings, processes: int) -> Iterator[ProcessPoolExecutor | None]:
    """Processes with an assistant each, begun at once; None when one process is enough."""
    if processes == 1:
        yield None
        return
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(settings,),
    )
    try:
        with _interrupts_ignored():
            for _ in range(processes):
                pool.submit(_ask, ())
        yield pool
    finally:
        # The batches under way are given up with the rest when the asking ends early.
        pool.shutdown(wait=True, cancel_futures=True)


def _asked(
    questions: Sequence[LabelledQuestion], assistant: Assistant, pool: ProcessPoolExecutor | None
) -> Iterator[Sequence[Said]]:
    """What was said, in batches, in the order it comes."""
    if pool is None:
        for question in questions:
            yield [ask_one(question, assistant)]
        return
    try:
        pending: set[Future[list[dict[str, Any]]]] = {
            pool.submit(_ask, questions[at : at + BATCH]) for at in range(0, len(questions), BATCH)
        }
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise AskpartnerError(
            "a process that asked questions was ended from outside (short of memory?); run the "
            "same command with the same --out to go on from there"
        ) from error


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes begun in here are deaf to Ctrl-C from their first moment on.

    It goes to all processes of a terminal; the one that collects decides what it means.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_assistant: Assistant | None = None
"""Of a process that asks questions."""


def _begin(settings: Settings) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _assistant
    _assistant = Assistant(IndexReader(settings.index), settings)


def _end_with_parent() -> None:
    """End this process when the one that collects was killed, for nobody else would."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _ask(questions: Sequence[LabelledQuestion]) -> list[dict[str, Any]]:
    assert _assistant is not None
    return [ask_one(question, _assistant) for question in questions]


# --- what was said so far -----------------------------------------------------------------------


class _Checkpoint:
    """A file of what was said: a first line with what it belongs to, then a line a question.

    Lines are only ever added. A last line that was cut short is dropped, with whatever follows the
    first line that is not whole.
    """

    def __init__(self, folder: Path | None, key: str) -> None:
        self._path = None if folder is None else folder / CHECKPOINT
        self._first = json.dumps({"run": key}).encode() + b"\n"
        self._file: Any = None

    def read(self) -> dict[str, Said]:
        """What was said to the same questions before, by question id."""
        found: dict[str, Said] = {}
        if self._path is None or not self._path.is_file():
            return found
        data = self._path.read_bytes()
        whole = len(self._first)
        if data[:whole] != self._first:
            self._path.unlink()
            return found
        for line in data[whole:].splitlines(keepends=True):
            one = _whole_line(line)
            if one is None:
                break
            found[one["id"]] = one
            whole += len(line)
        os.truncate(self._path, whole)
        return found

    def __enter__(self) -> _Checkpoint:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab")
            if not self._file.tell():
                self._write(self._first)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, batch: Sequence[Said]) -> None:
        """Put down what was said; it is on the disk when this returns."""
        lines = [json.dumps(one, separators=(",", ":")) + "\n" for one in batch]
        self._write("".join(lines).encode())

    def _write(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())


def _whole_line(line: bytes) -> dict[str, Any] | None:
    """The object of a line with an end; None for one that was cut short."""
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(found, dict) and found.keys() == {"id", "answer", "error", "found"}
    return found if whole else None


def _key(questions: Sequence[LabelledQuestion], assistant: Assistant) -> str:
    """SHA-256 of all that decides what is said: what is asked, the index, settings and program."""
    settings = assistant.settings
    parts = [
        set_fingerprint(questions),
        assistant.index.version,
        repr((settings.site_url, settings.contact)),
        _program(),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _program() -> str:
    """SHA-256 of the program's files: after a change what it said before says nothing of it."""
    digest = hashlib.sha256()
    folder = Path(askpartner.__file__).parent
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".toml", ".json")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
