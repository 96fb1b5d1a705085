"""The folder on disk: written by ``build_index``, read by everything else.

    index/
      CURRENT                      the name of the generation to read
      lock                         held while building
      generations/<n>-<version>/   manifest.json, profiles.jsonl, passages.jsonl,
                                   vectors.faiss, statements.faiss, vocabulary.json and the
                                   files of the lexical index and the wordbook
      models/<key>/                an exported embedder or reranker, shared by generations

A generation is named after the SHA-256 of its manifest, and the manifest holds that of every other
file: from CURRENT on nothing is parsed before its checksum holds, and nothing is a pickle. A
generation is built aside, brought to the disk, and then made the current one by replacing CURRENT;
readers have everything in memory and see the old one or the new one. Does not know questions.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.resources
import json
import os
import re
import shlex
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from askpartner import __version__
from askpartner.directory import offerings
from askpartner.embedders.files import EXPORTING
from askpartner.embedders.onnx import MODEL_FORMAT, OnnxEmbedder, read_record
from askpartner.errors import (
    CorpusError,
    EmbedderError,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexRefused,
)
from askpartner.lexical import LEXICAL_FILES, Fields, LexicalIndex, stem, surface_words, words
from askpartner.rerankers.onnx import RERANKER_FORMAT, OnnxReranker, read_reranker_record
from askpartner.settings import Settings
from askpartner.storage import replace_file, sync_path, write_file
from askpartner.stores import VectorStore
from askpartner.stores.faiss_store import FaissStore
from askpartner.types import Block, Link, Offering, Passage, Profile, Section
from askpartner.vocabulary import (
    Vocabulary,
    read_vocabulary,
    vocabulary_bytes,
    vocabulary_from,
)
from askpartner.wordbook import WORDBOOK_FILES, Wordbook

if TYPE_CHECKING:
    from askpartner.budget import TokenBudget
    from askpartner.embedders import Vectors

FORMAT = 3
"""Number of the layout below a generation. Raised whenever an older one must not be read."""

CURRENT, LOCK, MANIFEST = "CURRENT", "lock", "manifest.json"
PROFILES, PASSAGES, VOCABULARY = "profiles.jsonl", "passages.jsonl", "vocabulary.json"
VECTORS, STATEMENTS = "vectors.faiss", "statements.faiss"
FILES = frozenset(
    (PROFILES, PASSAGES, VOCABULARY, VECTORS, STATEMENTS, *LEXICAL_FILES, *WORDBOOK_FILES)
)
GENERATIONS, MODELS = "generations", "models"
BUILDING = ".building-"

READERS = (
    *("corpus.py", "page.py", "split.py", "budget.py", "lexical.py", "wordbook.py", "types.py"),
)
"""The modules that decide how a page is read, cut and taken apart into words."""

READER_PACKAGES = (
    *("markdown-it-py", "mdit-py-plugins", "lxml", "PyYAML", "sentencex"),
    *("tiktoken", "tokenizers", "bm25s", "PyStemmer"),
)
"""The packages they stand on."""

LAYOUT = {
    kind.__name__: [part.name for part in fields(kind)]
    for kind in (Profile, Block, Link, Section, Passage)
}
"""The parts of the nouns in a generation; blocks, links and sections are lists in this order."""

Progress = Callable[[int, int, str], None]
"""Called with how many are done, how many there are, and what they are."""

Noun = TypeVar("Noun", Block, Link, Section)


@dataclass(frozen=True, slots=True)
class Statements:
    """The sentences, list items and table rows of a passage, in order."""

    ranges: tuple[tuple[int, int], ...]  # in the profile's text
    first: int  # row of the first one's vector in the statement store; the others follow

    @property
    def rows(self) -> range:
        """The rows of their vectors in the statement store."""
        return range(self.first, self.first + len(self.ranges))


@dataclass(frozen=True, eq=False)  # one generation is itself, not its content: it can be a key
class Index:
    """One generation, whole, in memory. Nothing is read from its folder afterwards."""

    version: str  # the same for the same content
    folder: Path
    corpus: Path | None  # where the pages lie; None when they are not there
    model: str  # as the settings named it
    passage_tokens: int  # the budget the passages were cut to
    profiles: Mapping[str, Profile]  # by id, in the order of ids
    sections: Mapping[str, tuple[Section, ...]]  # by profile id; they tile the profile
    passages: tuple[Passage, ...]  # in the order of ids; the position is the row
    store: VectorStore  # the passages' vectors, by row
    statements: tuple[Statements, ...]  # what each passage says, by row
    statement_store: VectorStore  # the statements' vectors
    lexical: LexicalIndex  # the passages' words, by row
    wordbook: Wordbook  # what is known of single words
    vocabulary: Vocabulary  # the concepts staff keep
    embedder: OnnxEmbedder  # for questions: the model the vectors came from
    reranker: OnnxReranker | None  # None when the index was built without one
    rerank_hits: int  # how many of the best hits it reads; 0 without one

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each passage by its id."""
        return {passage.id: row for row, passage in enumerate(self.passages)}

    @cached_property
    def passages_of(self) -> dict[str, tuple[Passage, ...]]:
        """The passages of each profile, by its id."""
        found: dict[str, list[Passage]] = {identity: [] for identity in self.profiles}
        for passage in self.passages:
            found[passage.profile].append(passage)
        return {identity: tuple(passages) for identity, passages in found.items()}

    @cached_property
    def offerings(self) -> dict[str, tuple[Offering, ...]]:
        """The ways to work with each partner, in page order, by profile id."""
        return {identity: tuple(offerings(profile)) for identity, profile in self.profiles.items()}

    @cached_property
    def said(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """What each profile states, in page order, by its id."""
        from askpartner.split import stated_ranges

        return {
            identity: stated_ranges(profile, self.sections[identity])
            for identity, profile in self.profiles.items()
        }

    def correct(self, question: str) -> tuple[tuple[str, str], ...]:
        """Mistyped words of a question with the corpus's word each is read as.

        A word is mistyped when the corpus does not know it and the model has no piece for it as a
        whole: words such as "price" are known to the language, and missing from the corpus.
        """
        found: dict[str, str] = {}
        kept = {
            stem(w) for c in self.vocabulary for phrase in c.words for w in surface_words(phrase)
        }
        for word in surface_words(question):
            if stem(word) not in self.wordbook.rows and stem(word) not in kept:
                meant = self.wordbook.correct(word)
                if meant is None or meant == word.casefold():
                    continue
                if self.embedder.count_pieces(word) > WHOLE_WORD_PIECES:
                    found[word] = meant
        return tuple(found.items())


WHOLE_WORD_PIECES = 3
"""Pieces of a word that the model knows as a whole: the word, and a mark before and after."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did."""

    version: str
    changed: bool  # whether a new generation was written
    pages: int  # pages in the index
    pages_read: int  # of those, read anew because they are new or changed
    passages: int  # passages in the index
    passages_embedded: int  # texts that had to be embedded
    removed: tuple[str, ...]  # profile ids that were in the index before and are not now
    unreadable: tuple[CorpusError, ...]  # pages that could not be read, in the order of paths

    def as_object(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "index_version": self.version,
            "changed": self.changed,
            "pages": self.pages,
            "pages_read": self.pages_read,
            "passages": self.passages,
            "passages_embedded": self.passages_embedded,
            "removed": list(self.removed),
            "unreadable": [
                {"path": fault.path, "line": fault.line, "reason": fault.reason}
                for fault in self.unreadable
            ],
        }

    def as_text(self) -> str:
        """The report as a line."""
        state = "written" if self.changed else "unchanged"
        removed = f", {len(self.removed)} removed" if self.removed else ""
        failed = f", {len(self.unreadable)} not readable" if self.unreadable else ""
        return (
            f"index {self.version} {state}: {self.pages} pages ({self.pages_read} read"
            f"{removed}{failed}), {self.passages} passages ({self.passages_embedded} embedded)"
        )


# --- reading ------------------------------------------------------------------------------------


def open_index(folder: Path, *, model: str | None = None) -> Index:
    """Read the current generation, whole.

    With ``model``, only an index built with the model of that name is opened. Raises
    IndexMissing, IndexDamaged or IndexMismatch, each with the command that mends it.
    """
    return _open(folder, model, None)


class IndexReader:
    """Always the newest readable generation of a folder. Safe to share between threads.

    ``fault`` says why a newer generation is not the one answered from; None when all is well.
    """

    def __init__(self, folder: Path, *, model: str | None = None) -> None:
        self.fault: IndexRefused | None = None
        self._folder, self._model = folder, model
        self._index: Index | None = None
        self._seen: tuple[int, ...] | None = None
        self._loading = threading.Lock()

    def get(self) -> Index:
        """The current generation, read again only when there is another one.

        While one thread reads a new generation, the others get the old one. Raises IndexRefused
        when there is none to fall back on.
        """
        if self._index is not None and self._stamp() == self._seen:
            return self._index
        if not self._loading.acquire(blocking=self._index is None):
            assert self._index is not None
            return self._index
        try:
            stamp = self._stamp()
            if self._index is None or stamp != self._seen:
                self._load(stamp)
            assert self._index is not None
            return self._index
        finally:
            self._loading.release()

    def _load(self, stamp: tuple[int, ...] | None) -> None:
        try:
            self._index = _open(self._folder, self._model, self._index)
            self.fault = None
        except IndexRefused as error:
            if self._index is None:
                raise
            self.fault = error
        self._seen = stamp

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            found = (self._folder / CURRENT).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _open(folder: Path, model: str | None, previous: Index | None) -> Index:
    while True:
        name = _current(folder)
        try:
            return _open_generation(folder, name, model, previous)
        except IndexDamaged:
            # Builders remove old generations: was it only that a newer one took its place?
            if _current(folder) == name:
                raise


def _open_generation(folder: Path, name: str, model: str | None, previous: Index | None) -> Index:
    manifest = _read_manifest(folder, name)
    mend = _mend(folder, manifest)
    if model is not None and model != manifest["model"]["name"]:
        raise IndexMismatch(
            f"{folder}: built with the model {manifest['model']['name']!r}, not {model!r}; "
            f"ask for that one, or run: {mend} --model {shlex.quote(model)}"
        )
    embedder = None
    if previous is not None and previous.embedder.record == manifest["model"]["record"]:
        embedder = previous.embedder
    # The model takes longest to read, and most of that leaves Python's lock to the others.
    with ThreadPoolExecutor(2) as pool:
        loading = None if embedder else pool.submit(_open_model, folder, manifest)
        loading_too = pool.submit(_open_reranker, folder, manifest, previous)
        stored = _read_generation(folder, name, manifest)
        embedder = embedder or (loading.result() if loading else None)
        reranker = loading_too.result()
    assert embedder is not None
    corpus = folder.joinpath(manifest["corpus"]).resolve()
    return Index(
        version=name.partition("-")[2],
        folder=folder,
        corpus=corpus if corpus.is_dir() else None,
        model=manifest["model"]["name"],
        passage_tokens=manifest["passage_tokens"],
        profiles=stored.profiles,
        sections=stored.sections,
        passages=stored.passages,
        store=stored.store,
        statements=stored.statements,
        statement_store=stored.statement_store,
        lexical=stored.lexical,
        wordbook=stored.wordbook,
        vocabulary=stored.vocabulary,
        embedder=embedder,
        reranker=reranker,
        rerank_hits=manifest["reranker"]["hits"] if reranker else 0,
    )


def _current(folder: Path) -> str:
    try:
        name = (folder / CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise IndexMissing(f"{folder}: no index here; run: {_mend(folder)}") from None
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{folder / CURRENT}: {error}; run: {_mend(folder)}") from error
    # A name of another shape could lead out of the folder.
    if not re.fullmatch(r"[0-9]+-[0-9a-f]{12}", name):
        raise IndexDamaged(f"{folder / CURRENT}: names no generation; run: {_mend(folder)}")
    return name


def _mend(folder: Path, manifest: Mapping[str, Any] | None = None) -> str:
    """The command that builds the index again."""
    corpus = "DIR"
    if manifest is not None:
        corpus = shlex.quote(os.path.relpath(folder.joinpath(manifest["corpus"]).resolve()))
    return f"askpartner index --corpus {corpus} --index {shlex.quote(str(folder))}"


def _read_manifest(folder: Path, name: str) -> dict[str, Any]:
    """A generation's manifest, if it is the one the generation is named after."""
    path = folder / GENERATIONS / name / MANIFEST
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{path}: {error.strerror}; run: {_mend(folder)}") from error
    if _version(data) != name.partition("-")[2]:
        raise IndexDamaged(f"{path}: damaged (not the one named); run: {_mend(folder)}")
    manifest: dict[str, Any] = json.loads(data)
    if manifest["format"] != FORMAT:
        raise IndexMismatch(
            f"{folder}: format {manifest['format']}, this askpartner reads format {FORMAT}; "
            f"run: {_mend(folder)}"
        )
    if manifest["layout"] != LAYOUT or manifest["files"].keys() != FILES:
        raise IndexMismatch(
            f"{folder}: written by another askpartner ({manifest['askpartner']}) in another "
            f"layout; run: {_mend(folder, manifest)}"
        )
    return manifest


def _version(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()[:12]


def _open_model(folder: Path, manifest: Mapping[str, Any], workers: int = 1) -> OnnxEmbedder:
    model = manifest["model"]
    try:
        return OnnxEmbedder(
            folder / MODELS / model["folder"], workers=workers, record=model["record"]
        )
    except EmbedderError as error:
        reason = str(error).partition(";")[0]
        raise IndexDamaged(f"{reason}; run: {_mend(folder, manifest)}") from error


def _open_reranker(
    folder: Path, manifest: Mapping[str, Any], previous: Index | None
) -> OnnxReranker | None:
    recorded = manifest["reranker"]
    if recorded is None:
        return None
    known = previous.reranker if previous else None
    if known is not None and known.record == recorded["record"]:
        return known
    try:
        return OnnxReranker(folder / MODELS / recorded["folder"], record=recorded["record"])
    except EmbedderError as error:
        reason = str(error).partition(";")[0]
        raise IndexDamaged(f"{reason}; run: {_mend(folder, manifest)}") from error


@dataclass(frozen=True)
class _Stored:
    """What the files of a generation hold."""

    profiles: dict[str, Profile]
    sections: dict[str, tuple[Section, ...]]
    passages: tuple[Passage, ...]
    embedded: tuple[str, ...]  # SHA-256 of what was embedded, by row
    store: FaissStore
    statements: tuple[Statements, ...]
    statements_embedded: tuple[str, ...]  # SHA-256 of what was embedded, by row
    statement_store: FaissStore
    lexical: LexicalIndex
    wordbook: Wordbook
    vocabulary: Vocabulary


def _read_generation(folder: Path, name: str, manifest: Mapping[str, Any]) -> _Stored:
    """Read the files of a generation; none is parsed before its size and SHA-256 are right."""
    place = folder / GENERATIONS / name
    mend = _mend(folder, manifest)
    data = {}
    for file, expected in manifest["files"].items():
        try:
            found = (place / file).read_bytes()
        except OSError as error:
            raise IndexDamaged(f"{place / file}: {error.strerror}; run: {mend}") from error
        if _file_entry(found) != expected:
            raise IndexDamaged(
                f"{place / file}: damaged (size or SHA-256 is not the recorded one); run: {mend}"
            )
        data[file] = found
    try:
        return _parse(data, manifest)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(f"{place}: not written by askpartner ({error}); run: {mend}") from error


def _file_entry(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def _parse(data: Mapping[str, bytes], manifest: Mapping[str, Any]) -> _Stored:
    profiles, sections = {}, {}
    for line in data[PROFILES].split(b"\n")[:-1]:
        known = json.loads(line)
        sections[known["id"]] = tuple(_made(Section, parts) for parts in known.pop("sections"))
        known["blocks"] = tuple(_made(Block, parts) for parts in known["blocks"])
        known["links"] = tuple(_made(Link, parts) for parts in known["links"])
        profiles[known["id"]] = Profile(**known)
    passages, embedded, statements = [], [], []
    said: list[str] = []
    for line in data[PASSAGES].split(b"\n")[:-1]:
        known = json.loads(line)
        embedded.append(known.pop("embedded"))
        ranges = tuple((start, end) for start, end, _ in known["statements"])
        statements.append(Statements(ranges, len(said)))
        said.extend(value for _, _, value in known.pop("statements"))
        profile = profiles[known["profile"]]
        known["heading_path"] = tuple(known["heading_path"])
        known["lines"] = tuple(known["lines"])
        text = profile.text[known["start"] : known["end"]]
        passages.append(Passage(**known, title=profile.title, text=text))
    dimension = manifest["model"]["dimension"]
    store = FaissStore.from_bytes(data[VECTORS], dimension=dimension)
    statement_store = FaissStore.from_bytes(data[STATEMENTS], dimension=dimension)
    lexical = LexicalIndex.from_files({name: data[name] for name in LEXICAL_FILES})
    if not store.size == lexical.size == len(passages) or statement_store.size != len(said):
        raise ValueError("passages, vectors and words are not equally many")
    return _Stored(
        profiles,
        sections,
        tuple(passages),
        tuple(embedded),
        store,
        tuple(statements),
        tuple(said),
        statement_store,
        lexical,
        Wordbook.from_files({name: data[name] for name in WORDBOOK_FILES}),
        vocabulary_from(data[VOCABULARY]),
    )


def _made(kind: Callable[..., Noun], parts: Sequence[Any]) -> Noun:
    return kind(*[tuple(part) if type(part) is list else part for part in parts])


# --- writing ------------------------------------------------------------------------------------


def build_index(settings: Settings, *, progress: Progress | None = None) -> BuildReport:
    """Bring the index up to date with the pages.

    Only new and changed pages are read, and only texts that were not in the index are embedded;
    when nothing changed, nothing is written. The result is the same, byte for byte, as that of a
    build from nothing. A page that cannot be read is left out and reported.

    Raises CorpusError when there is no page or none can be read, EmbedderError when the model is
    not there, and IndexRefused when another build is at work. The index is then as it was.
    """
    from askpartner.corpus import list_pages

    report = progress or (lambda done, total, what: None)
    pages = list_pages(settings.corpus)
    with _building(settings.index):
        _sweep(settings.index)
        name, manifest = _previous(settings.index)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(_previous_content, settings.index, name, manifest)
            embedder = _embedder(settings, manifest, report)
            reranker = _reranker(settings, manifest, report)
            stored = reading.result()
        draft = _Draft(settings, embedder, reranker, manifest, stored)
        draft.read(pages, report)
        entry = draft.entry()
        if stored and manifest and entry == {key: manifest[key] for key in entry}:
            return draft.report(name.partition("-")[2], changed=False)
        version = _write(settings.index, entry, draft.files(report))
        _sweep(settings.index, also=_models_of(entry))
        return draft.report(version, changed=True)


def prepare_model(settings: Settings) -> None:
    """Export the settings' models where that was not done.

    Raises EmbedderError when the model is not there, IndexRefused when a build is at work.
    """
    with _building(settings.index):
        _embedder(settings, None, lambda done, total, what: None)
        _reranker(settings, None, lambda done, total, what: None)


def open_budget(settings: Settings) -> TokenBudget:
    """The token budget passages are cut to. Writes nothing: without an export of the model its
    tokenizer is asked.

    Raises EmbedderError when the model is not there.
    """
    from askpartner.budget import TokenBudget

    try:
        return TokenBudget(settings.passage_tokens, OnnxEmbedder(_model_folder(settings)))
    except EmbedderError:
        from askpartner.embedders.pieces import ModelPieces
        from askpartner.embedders.sources import locate_model

        return TokenBudget(settings.passage_tokens, ModelPieces(locate_model(settings.model)))


class _Draft:
    """A generation in the making."""

    def __init__(
        self,
        settings: Settings,
        embedder: OnnxEmbedder,
        reranker: OnnxReranker | None,
        manifest: Mapping[str, Any] | None,
        stored: _Stored | None,
    ) -> None:
        import onnxruntime

        self._settings, self._embedder, self._stored = settings, embedder, stored
        self._profiles: dict[str, Profile] = {}
        self._sections: dict[str, tuple[Section, ...]] = {}
        self._passages: dict[str, tuple[Passage, ...]] = {}
        self._unreadable: list[CorpusError] = []
        self._read_anew = 0
        self._embedded = 0
        self._vocabulary = read_vocabulary(settings.corpus)
        self._said: dict[str, list[tuple[int, int]]] = {}
        self._entry: dict[str, Any] = {
            "askpartner": __version__,
            "corpus": _relative(settings.corpus, settings.index),
            "format": FORMAT,
            "layout": LAYOUT,
            "model": {
                "configuration": embedder.configuration,
                "dimension": embedder.dimension,
                "fingerprint": embedder.fingerprint,
                "folder": _model_key(settings.model, embedder),
                "name": settings.model,
                "record": embedder.record,
            },
            "passage_tokens": settings.passage_tokens,
            "reader": _reader_fingerprint(),
            "reranker": _reranker_entry(settings, reranker),
            "runtime": f"onnxruntime {onnxruntime.__version__}",
            "vocabulary": hashlib.sha256(vocabulary_bytes(self._vocabulary)).hexdigest(),
        }
        self._old_vectors: _Stored | None = None
        self._old_pages: _Stored | None = None
        # Another runtime may round otherwise: then vectors are not mixed, but all made again.
        if manifest is not None and self._agrees(manifest, "model", "runtime"):
            self._old_vectors = stored
            if self._agrees(manifest, "askpartner", "passage_tokens", "reader"):
                self._old_pages = stored

    def _agrees(self, manifest: Mapping[str, Any], *keys: str) -> bool:
        return all(manifest[key] == self._entry[key] for key in keys)

    def read(self, pages: Sequence[Path], report: Progress) -> None:
        """Read every page, or take it over when its bytes are those indexed before."""
        from askpartner.budget import TokenBudget
        from askpartner.corpus import page_id, read_bytes, read_page, source_hash
        from askpartner.pack import split_passages
        from askpartner.split import split_sections

        corpus = self._settings.corpus
        budget = TokenBudget(self._settings.passage_tokens, self._embedder)
        old = self._old_pages
        old_passages: dict[str, list[Passage]] = {}
        for passage in old.passages if old else ():
            old_passages.setdefault(passage.profile, []).append(passage)
        for done, path in enumerate(pages, start=1):
            try:
                identity = page_id(corpus, path)
                if (
                    old is not None
                    and identity in old.profiles
                    and source_hash(read_bytes(path)) == old.profiles[identity].source_hash
                ):
                    profile, sections = old.profiles[identity], old.sections[identity]
                    # They were kept in the order of ids; a page's own order is that of its text.
                    kept = old_passages.get(identity, [])
                    passages = tuple(sorted(kept, key=lambda passage: passage.start))
                else:
                    profile = read_page(corpus, path)
                    sections = tuple(split_sections(profile))
                    passages = tuple(
                        passage
                        for section in sections
                        for passage in split_passages(profile, section, budget=budget)
                    )
                    self._read_anew += 1
            except CorpusError as error:
                self._unreadable.append(error)
            else:
                self._profiles[identity] = profile
                self._sections[identity] = sections
                self._passages[identity] = passages
            report(done, len(pages), "pages")
        if not self._profiles:
            faults = "; ".join(str(fault) for fault in self._unreadable)
            raise CorpusError(str(corpus), 0, f"none of its pages can be read: {faults}")

    def entry(self) -> dict[str, Any]:
        """The manifest, but for the files."""
        pages = {identity: profile.source_hash for identity, profile in self._profiles.items()}
        return self._entry | {"pages": pages}

    def files(self, report: Progress) -> dict[str, bytes]:
        """The files of the generation by name; embeds what was not embedded before."""
        from askpartner.split import embedded_text, path_text, read_text

        rows = sorted(
            (passage for passages in self._passages.values() for passage in passages),
            key=lambda passage: passage.id,
        )
        texts = [embedded_text(passage) for passage in rows]
        hashes = [_hash(text) for text in texts]
        ranges = [self._statements(passage) for passage in rows]
        # A statement is embedded below its headings, as the passage is.
        said = [
            f"{path_text(passage.title, passage.heading_path)}\n"
            f"{read_text(self._profiles[passage.profile], start, end)}"
            for passage, found in zip(rows, ranges, strict=True)
            for start, end in found
        ]
        said_hashes = [_hash(text) for text in said]
        dimension = self._embedder.dimension
        old = self._old_vectors
        known: dict[str, tuple[FaissStore, int]] = {}
        if old is not None:
            for names, store in (
                (old.statements_embedded, old.statement_store),
                (old.embedded, old.store),
            ):
                known.update((value, (store, row)) for row, value in enumerate(names))
        vectors = self._vectors([*texts, *said], [*hashes, *said_hashes], known, report)
        self._embedded = len({value for value in hashes if value not in known})
        surfaces = (
            dict(zip(old.wordbook.surfaces, old.wordbook.vectors, strict=True)) if old else {}
        )
        wordbook = Wordbook.build(
            texts,
            lambda new: self._embedder.embed(
                new, progress=lambda done, total: report(done, total, "words")
            ),
            known=surfaces,
            dimension=dimension,
        )
        said_by_row = iter(said_hashes)
        return {
            PROFILES: b"".join(
                _line(_profile_object(self._profiles[identity], self._sections[identity]))
                for identity in sorted(self._profiles)
            ),
            PASSAGES: b"".join(
                _line(
                    _passage_object(passage, embedded)
                    | {"statements": [[start, end, next(said_by_row)] for start, end in found]}
                )
                for passage, embedded, found in zip(rows, hashes, ranges, strict=True)
            ),
            VOCABULARY: vocabulary_bytes(self._vocabulary),
            VECTORS: FaissStore.build(vectors[: len(texts)], dimension=dimension).to_bytes(),
            STATEMENTS: FaissStore.build(vectors[len(texts) :], dimension=dimension).to_bytes(),
            **LexicalIndex.build(self._fields(rows)).to_files(),
            **wordbook.to_files(),
        }

    def _statements(self, passage: Passage) -> list[tuple[int, int]]:
        """What a passage says; a statement cut between passages is in each of them in part."""
        from askpartner.split import statement_ranges

        if passage.profile not in self._said:
            profile = self._profiles[passage.profile]
            self._said[passage.profile] = [
                found
                for section in self._sections[passage.profile]
                for found in statement_ranges(profile, section)
            ]
        return [
            (max(start, passage.start), min(end, passage.end))
            for start, end in self._said[passage.profile]
            if start < passage.end and passage.start < end
        ]

    def _fields(self, rows: Sequence[Passage]) -> list[Fields]:
        bodies = {passage.id: tuple(words(passage.body)) for passage in rows}
        found: dict[str, Fields] = {}
        for passages in self._passages.values():
            for at, passage in enumerate(passages):
                around = (*passages[max(at - 1, 0) : at], *passages[at + 1 : at + 2])
                found[passage.id] = Fields(
                    title=tuple(words(passage.title)),
                    path=tuple(words("\n".join(passage.heading_path))),
                    body=bodies[passage.id],
                    neighbours=tuple(bodies[other.id] for other in around),
                )
        return [found[passage.id] for passage in rows]

    def _vectors(
        self,
        texts: list[str],
        hashes: list[str],
        known: Mapping[str, tuple[FaissStore, int]],
        report: Progress,
    ) -> Vectors:
        """A vector a text: taken over where its hash is known, made otherwise; equal texts once."""
        new = {value: text for value, text in zip(hashes, texts, strict=True) if value not in known}
        made = dict(
            zip(
                new,
                self._embedder.embed(
                    list(new.values()), progress=lambda done, total: report(done, total, "passages")
                ),
                strict=True,
            )
        )
        vectors = np.empty((len(texts), self._embedder.dimension), dtype=np.float32)
        taken: dict[int, tuple[FaissStore, list[int], list[int]]] = {}
        for at, value in enumerate(hashes):
            if value in made:
                vectors[at] = made[value]
            else:
                store, row = known[value]
                _, places, rows = taken.setdefault(id(store), (store, [], []))
                places.append(at)
                rows.append(row)
        for store, places, rows in taken.values():
            vectors[places] = store.vectors(rows)
        return vectors

    def report(self, version: str, *, changed: bool) -> BuildReport:
        """What was done."""
        before = self._stored.profiles if self._stored else {}
        return BuildReport(
            version=version,
            changed=changed,
            pages=len(self._profiles),
            pages_read=self._read_anew,
            passages=sum(map(len, self._passages.values())),
            passages_embedded=self._embedded,
            removed=tuple(sorted(set(before) - set(self._profiles))),
            unreadable=tuple(self._unreadable),
        )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _line(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


def _profile_object(profile: Profile, sections: Sequence[Section]) -> dict[str, Any]:
    return {
        **{part.name: getattr(profile, part.name) for part in fields(Profile)},
        "blocks": [_parts(block) for block in profile.blocks],
        "links": [_parts(link) for link in profile.links],
        "sections": [_parts(section) for section in sections],
    }


def _passage_object(passage: Passage, embedded: str) -> dict[str, Any]:
    # Title and words are the profile's; they are put back when reading.
    known = {part.name: getattr(passage, part.name) for part in fields(Passage)}
    del known["title"], known["text"]
    return known | {"embedded": embedded}


def _parts(noun: Block | Link | Section) -> list[Any]:
    return [getattr(noun, name) for name in LAYOUT[type(noun).__name__]]


def _relative(corpus: Path, index: Path) -> str:
    return Path(os.path.relpath(corpus.resolve(), index.resolve())).as_posix()


@functools.cache
def _reader_fingerprint() -> str:
    """SHA-256 of what decides how a page is read: our modules and the packages below them."""
    package = importlib.resources.files("askpartner")
    digest = hashlib.sha256()
    for module in READERS:
        digest.update(hashlib.sha256((package / module).read_bytes()).digest())
    for name in READER_PACKAGES:
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    return digest.hexdigest()


def _write(folder: Path, entry: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Write a generation aside, bring it to the disk, and make it the current one."""
    manifest = {**entry, "files": {name: _file_entry(data) for name, data in files.items()}}
    data = (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    version = _version(data)
    generations = folder / GENERATIONS
    generations.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=BUILDING, dir=generations))
    try:
        for name, content in {**files, MANIFEST: data}.items():
            write_file(aside / name, content)
        # mkdtemp keeps others out; a generation is as readable as any other folder.
        aside.chmod(0o755)
        sync_path(aside)
        number = 1 + max((_number(path) for path in _complete(folder)), default=0)
        name = f"{number}-{version}"
        aside.rename(generations / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sync_path(generations)
    replace_file(folder / CURRENT, f"{name}\n".encode())
    return version


def _complete(folder: Path) -> list[Path]:
    """The generations that were written to their end, oldest first."""
    found = (folder / GENERATIONS).glob("[0-9]*-*")
    return sorted(found, key=_number)


def _number(generation: Path) -> int:
    return int(generation.name.partition("-")[0])


def _previous(folder: Path) -> tuple[str, dict[str, Any] | None]:
    """The current generation and its manifest; none when it is missing or cannot be trusted."""
    try:
        name = _current(folder)
        return name, _read_manifest(folder, name)
    except IndexRefused:
        return "", None  # a build is what mends it


def _previous_content(
    folder: Path, name: str, manifest: Mapping[str, Any] | None
) -> _Stored | None:
    """What that generation holds, to build on; none as above."""
    try:
        return _read_generation(folder, name, manifest) if manifest else None
    except IndexRefused:
        return None


@contextlib.contextmanager
def _building(folder: Path) -> Iterator[None]:
    """Keep other builders out. The system lets go of the lock when a builder dies."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IndexRefused(
                f"{folder}: another build is writing this index; run the command again when it "
                "has ended"
            ) from None
        yield


def _models_of(entry: Mapping[str, Any]) -> set[str]:
    """The folders of the models that a manifest names."""
    return {model["folder"] for model in (entry["model"], entry["reranker"]) if model}


def _sweep(folder: Path, *, also: Set[str] | None = None) -> None:
    """Remove what killed builds left, and all generations but the current and the one before.

    With ``also``, models that no remaining generation needs are removed too, but for those.
    """
    for pattern in (f"{GENERATIONS}/{BUILDING}*", f"{MODELS}/{EXPORTING}*"):
        for left in folder.glob(pattern):
            shutil.rmtree(left)
    for left in folder.glob(f".{CURRENT}-*"):
        left.unlink()
    try:
        current = _current(folder)
    except IndexRefused:
        return
    before = [path for path in _complete(folder) if _number(path) < int(current.split("-")[0])]
    keep = {current, *(path.name for path in before[-1:])}
    for path in _complete(folder):
        if path.name not in keep:
            shutil.rmtree(path)
    if also is None:
        return
    needed = set(also)
    for name in sorted(keep):
        with contextlib.suppress(IndexRefused):  # a damaged one needs none
            needed |= _models_of(_read_manifest(folder, name))
    for path in _exported(folder):
        if path.name not in needed:
            shutil.rmtree(path)


# --- the model ----------------------------------------------------------------------------------


def _embedder(
    settings: Settings, manifest: Mapping[str, Any] | None, report: Progress
) -> OnnxEmbedder:
    """The settings' model, exported first where that was not done or the export is damaged."""
    folder = _model_folder(settings)
    record = None
    if manifest is not None and manifest["model"]["folder"] == folder.name:
        record = manifest["model"]["record"]
    try:
        return OnnxEmbedder(folder, workers=settings.workers, record=record)
    except EmbedderError:
        from askpartner.embedders.sources import export_model

        report(0, 1, "model")
        export_model(settings.model, folder)
        report(1, 1, "model")
        return OnnxEmbedder(folder, workers=settings.workers)


def _model_folder(settings: Settings) -> Path:
    """Where the settings' model is, or is to be, exported to."""
    from askpartner.embedders.sources import identify_model

    try:
        return settings.index / MODELS / _model_key(settings.model, identify_model(settings.model))
    except EmbedderError:
        # The model itself is gone; its export will do.
        for folder in _exported(settings.index):
            with contextlib.suppress(EmbedderError):
                if read_record(folder).name == settings.model:
                    return folder
        raise


def _reranker(
    settings: Settings, manifest: Mapping[str, Any] | None, report: Progress
) -> OnnxReranker | None:
    """The settings' reranker, exported first where that was not done; None when there is none."""
    if not settings.reranker:
        return None
    folder = _reranker_folder(settings)
    record = None
    if manifest is not None and manifest["reranker"]:
        recorded = manifest["reranker"]
        record = recorded["record"] if recorded["folder"] == folder.name else None
    try:
        return OnnxReranker(folder, record=record)
    except EmbedderError:
        from askpartner.rerankers.sources import export_reranker

        report(0, 1, "reranker")
        export_reranker(settings.reranker, folder)
        report(1, 1, "reranker")
        return OnnxReranker(folder)


def _reranker_folder(settings: Settings) -> Path:
    """Where the settings' reranker is, or is to be, exported to."""
    from askpartner.rerankers.sources import identify_reranker

    try:
        identity = identify_reranker(settings.reranker)
        return settings.index / MODELS / _reranker_key(settings.reranker, identity)
    except EmbedderError:
        # As above.
        for folder in _exported(settings.index):
            with contextlib.suppress(EmbedderError):
                if read_reranker_record(folder).name == settings.reranker:
                    return folder
        raise


def _reranker_entry(settings: Settings, reranker: OnnxReranker | None) -> dict[str, Any] | None:
    """What the manifest says of the reranker."""
    if reranker is None:
        return None
    return {
        "configuration": reranker.configuration,
        "fingerprint": reranker.fingerprint,
        "folder": _reranker_key(settings.reranker, reranker),
        "hits": settings.rerank_hits,
        "name": settings.reranker,
        "record": reranker.record,
    }


def _exported(folder: Path) -> list[Path]:
    return sorted((folder / MODELS).glob("[0-9a-f]*"))


class _Identified(Protocol):
    @property
    def fingerprint(self) -> str: ...

    @property
    def configuration(self) -> str: ...


def _model_key(name: str, model: _Identified) -> str:
    """The name of an exported model's folder: another model or format, another folder."""
    return _key(MODEL_FORMAT, name, model.fingerprint, model.configuration)


def _reranker_key(name: str, model: _Identified) -> str:
    return _key("reranker", RERANKER_FORMAT, name, model.fingerprint, model.configuration)


def _key(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]
