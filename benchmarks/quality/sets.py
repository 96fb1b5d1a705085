"""Question sets, their pages on disk, and an index over them built by the product."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from askpartner.assistant import Assistant, Turn
from askpartner.index import MODELS, Index, IndexReader, build_index
from askpartner.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
DIRECTORIES = ROOT / "benchmarks" / "directories"
INVENTED = ("harbour", "health", "hub", "valley", "delta", "kestria", "arvenne")
OWN_QUESTIONS: Mapping[str, Path] = {
    "own": ROOT / "benchmarks" / "own_questions.jsonl",
    **{name: DIRECTORIES / name / "questions.jsonl" for name in INVENTED},
    "harbour_near": DIRECTORIES / "harbour" / "near_misses.jsonl",
    "health_near": DIRECTORIES / "health" / "near_misses.jsonl",
}
"""Questions over pages of the project, by set: the demonstration profiles, invented directories."""

Progress = Callable[[int, int, str], None]
"""Called with how many are done, how many there are, and what they are."""

PASSAGE_TOKENS: Mapping[str, int] = {"chunking_chroma": 250}
"""Sets that state a passage budget; all others are measured with the product's default."""

OWN_PAGES: Mapping[str, Path] = {
    "own": ROOT / "corpus",
    **{name: DIRECTORIES / name / "corpus" for name in INVENTED},
    "harbour_near": DIRECTORIES / "harbour" / "corpus",
    "health_near": DIRECTORIES / "health" / "corpus",
    "canard_dev": ROOT / "tests" / "pages",
}
"""Sets that bring no documents, and the folder of the project that is indexed for them."""

NAMES = (
    *("own", *INVENTED, "harbour_near", "health_near"),
    *("emanual_tv", "govuk_conditionalqa", "scifact", "squad2_dev"),
    *("single_topic_rag", "mtrag_clapnq", "chunking_chroma", "canard_dev"),
)
"""Every set that can be measured, in the order of the table."""

BLOCKED = re.compile(r"[^A-Za-z0-9._-]")


def add_places(parser: argparse.ArgumentParser) -> None:
    """The options that say where the public sets are, and where indexes are written."""
    parser.add_argument(
        "--shared",
        type=Path,
        default=Path(os.environ.get("ASKPARTNER_SHARED", ROOT.parent / "shared")),
        help="folder that holds bench/",
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir()) / "askpartner-quality",
        help="folder for pages and indexes, outside the project",
    )


@dataclass(frozen=True, slots=True)
class Target:
    """What answers a question: a document, one of its sections, words of it, or a range of it."""

    doc: str
    section: str = ""
    text: str = ""
    start: int = 0  # range in the document's file, in characters
    end: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set."""

    id: str
    question: str
    history: tuple[Turn, ...]
    relevant: tuple[Target, ...]
    answerable: bool
    row: Mapping[str, Any]  # the line of the file, for what only one set has


@dataclass(frozen=True)
class QuestionSet:
    """A set with an index over its pages."""

    name: str
    questions: tuple[Question, ...]
    documents: Mapping[str, str]  # the set's name of a document by profile id
    pages: Path
    settings: Settings

    @cached_property
    def reader(self) -> IndexReader:
        """The index, read once."""
        return IndexReader(self.settings.index)

    @property
    def index(self) -> Index:
        """What is searched."""
        return self.reader.get()

    @cached_property
    def assistant(self) -> Assistant:
        """What is asked."""
        return Assistant(self.reader, self.settings)


def open_set(
    name: str,
    shared: Path | None,
    work: Path,
    progress: Progress,
    *,
    given: Mapping[str, str] | None = None,
    documents_kept: int | None = None,
) -> QuestionSet:
    """Bring the pages and the index of a set up to date below ``work``.

    ``given`` are settings by name, instead of the product's defaults. ``documents_kept`` makes a
    set smaller: its questions' documents stay, and of the others as many as there is room for, in
    order of name. Raises FileNotFoundError when the set is not in the folder ``shared``.
    """
    folder = work / name
    source = None if name in OWN_QUESTIONS else _source(name, shared)
    documents: Mapping[str, str] | None = None
    if name in OWN_PAGES:
        pages = OWN_PAGES[name]
    else:
        assert source is not None
        pages = folder / "pages"
        documents = _write_pages(source, pages, documents_kept)
    standard = {
        "corpus": pages,
        "index": folder / "index",
        "workers": 2,
        "passage_tokens": PASSAGE_TOKENS.get(name),
    }
    settings = load_settings(**{**standard, **(given or {})})
    _lend_model(work, settings.index)
    report = build_index(settings, progress=progress)
    if report.unreadable:
        raise report.unreadable[0]
    questions = OWN_QUESTIONS[name] if source is None else source / "questions.jsonl"
    found = read_questions(questions)
    if documents is None:
        documents = {identity: identity for identity in IndexReader(settings.index).get().profiles}
    return QuestionSet(name, found, documents, pages, settings)


def read_questions(path: Path) -> tuple[Question, ...]:
    """The questions of a file, in order."""
    return tuple(_question(row) for row in _rows(path))


def _source(name: str, shared: Path | None) -> Path:
    source = shared / "bench" / name if shared else None
    if source is None or not source.is_dir():
        raise FileNotFoundError(
            f"the set {name} is not in {shared}; name the folder that holds bench/ with --shared "
            "or ASKPARTNER_SHARED"
        )
    return source


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        id=row["id"],
        question=row["question"],
        history=tuple(Turn(turn["role"], turn["content"]) for turn in row.get("history") or ()),
        relevant=tuple(
            Target(
                doc=part.get("doc") or part["profile"],
                section=part.get("section") or "",
                text=part.get("text") or "",
                start=part.get("start", 0),
                end=part.get("end", 0),
            )
            for part in row.get("relevant", ())
        ),
        answerable=bool(row["answerable"]),
        row=row,
    )


def _write_pages(source: Path, pages: Path, kept: int | None) -> dict[str, str]:
    """The set's documents as pages, ``kept`` of them; returns the document's name by profile id.

    Pages whose bytes are there already are left alone, and others are removed.
    """
    wanted: dict[str, bytes] = {}
    documents: dict[str, str] = {}
    if (source / "docs").is_dir():
        for path in sorted((source / "docs").glob("*.md")):
            wanted[path.stem], documents[path.stem] = path.read_bytes(), path.stem
    else:
        for row in _rows(source / "corpus.jsonl"):
            identity = BLOCKED.sub("_", row["id"])
            if identity in wanted:
                raise ValueError(f"{source}: two documents would be the page {identity}.md")
            title = " ".join((row.get("title") or "").split())
            text = row["text"]
            heading = f"# {title}\n\n" if title else ""
            wanted[identity], documents[identity] = f"{heading}{text}\n".encode(), row["id"]
    if kept is not None:
        marked = {
            part["doc"]
            for row in _rows(source / "questions.jsonl")
            for part in row.get("relevant", ())
        }
        order = sorted(
            documents, key=lambda identity: (documents[identity] not in marked, identity)
        )
        documents = {identity: documents[identity] for identity in order[:kept]}
        wanted = {identity: wanted[identity] for identity in documents}
    pages.mkdir(parents=True, exist_ok=True)
    for path in pages.glob("*.md"):
        if path.stem not in wanted:
            path.unlink()
    for identity, data in wanted.items():
        path = pages / f"{identity}.md"
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
    return documents


def _lend_model(work: Path, index: Path) -> None:
    """Copy an exported model from another set's index: exporting takes longer than most sets."""
    if (index / MODELS).is_dir():
        return
    for models in sorted(work.glob(f"*/index/{MODELS}")):
        shutil.copytree(models, index / MODELS)
        return
