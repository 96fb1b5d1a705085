"""The folder on disk: what is written is read, and nothing else is; no build is ever half done."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askpartner.budget import TokenBudget
from askpartner.corpus import list_pages, read_page
from askpartner.errors import (
    CorpusError,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    IndexRefused,
)
from askpartner.index import (
    CURRENT,
    FILES,
    GENERATIONS,
    LOCK,
    MANIFEST,
    MODELS,
    BuildReport,
    Index,
    IndexReader,
    build_index,
    open_budget,
    open_index,
)
from askpartner.pack import split_passages
from askpartner.settings import Settings, load_settings
from askpartner.split import (
    embedded_text,
    path_text,
    read_text,
    split_sections,
    statement_ranges,
)
from askpartner.storage import replace_file
from askpartner.types import Concept
from askpartner.vocabulary import VOCABULARY_FILE, read_vocabulary
from askpartner.wordbook import Wordbook

Start = Callable[..., Settings]


@pytest.fixture
def start(built: Settings, tmp_path: Path, pages: Path) -> Start:
    """Settings for ``pages`` and an index folder that holds the model and nothing else.

    The model's files are links: one is to be replaced and never written into.
    """

    def make(name: str = "index", **given: Any) -> Settings:
        folder = tmp_path / name
        shutil.copytree(built.index / MODELS, folder / MODELS, copy_function=os.link)
        return load_settings(corpus=pages, index=folder, **given)

    return make


@pytest.fixture(scope="session")
def finished(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of pages beside it, for copying; not to be written to."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(built.corpus, folder / "pages")
    shutil.copytree(built.index / MODELS, folder / "index" / MODELS, copy_function=os.link)
    build_index(load_settings(corpus=folder / "pages", index=folder / "index"))
    return folder / "index"


@pytest.fixture
def begun(finished: Path, tmp_path: Path, pages: Path) -> Settings:
    """Settings for ``pages`` and an index of them that was built before; its model are links."""
    folder = tmp_path / "index"
    shutil.copytree(finished / GENERATIONS, folder / GENERATIONS)
    shutil.copytree(finished / MODELS, folder / MODELS, copy_function=os.link)
    shutil.copy(finished / CURRENT, folder / CURRENT)
    return load_settings(corpus=pages, index=folder)


def generation(folder: Path) -> Path:
    return folder / GENERATIONS / (folder / CURRENT).read_text().strip()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(generation(folder).iterdir())}


def edit(page: Path, old: str, new: str) -> None:
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new), encoding="utf-8")


# --- round trip ---------------------------------------------------------------------------------


def test_what_was_built_is_what_is_read(built: Settings, index: Index) -> None:
    profiles = [read_page(built.corpus, path) for path in list_pages(built.corpus)]
    assert list(index.profiles.values()) == profiles
    assert list(index.profiles) == [profile.id for profile in profiles]
    budget = TokenBudget(built.passage_tokens, index.embedder)
    passages = []
    for profile in profiles:
        sections = split_sections(profile)
        assert index.sections[profile.id] == tuple(sections)
        for section in sections:
            passages += split_passages(profile, section, budget=budget)
    assert index.passages == tuple(sorted(passages, key=lambda passage: passage.id))
    assert len(index.passages) > len(profiles)

    texts = [embedded_text(passage) for passage in index.passages]
    rows = range(len(texts))
    assert np.array_equal(index.store.vectors(rows), index.embedder.embed(texts))
    assert_statements(index)
    assert (
        index.wordbook.to_files()
        == Wordbook.build(
            texts, index.embedder.embed, known={}, dimension=index.embedder.dimension
        ).to_files()
    )
    assert index.vocabulary == read_vocabulary(built.corpus)
    held = index.lexical.shares([("laboratories", 1.0)])
    holding = [row for row in rows if "laborator" in index.passages[row].text.lower()]
    assert holding
    assert min(held[holding]) > 0
    assert index.corpus == built.corpus
    assert (index.model, index.passage_tokens) == (built.model, built.passage_tokens)


def assert_statements(index: Index) -> None:
    """The statements of the passages are those of the pages, each below its headings."""
    embedded: list[str] = []
    said: dict[str, set[tuple[int, int]]] = {identity: set() for identity in index.profiles}
    for passage, statements in zip(index.passages, index.statements, strict=True):
        assert statements.first == len(embedded)
        for start, end in statements.ranges:
            assert passage.start <= start < end <= passage.end
            said[passage.profile].add((start, end))
            path = path_text(passage.title, passage.heading_path)
            profile = index.profiles[passage.profile]
            embedded.append(f"{path}\n{read_text(profile, start, end)}")
    for identity, profile in index.profiles.items():
        assert said[identity] == {
            found
            for section in index.sections[identity]
            for found in statement_ranges(profile, section)
        }
    assert index.statement_store.size == len(embedded) > len(index.passages)
    vectors = index.statement_store.vectors(range(len(embedded)))
    assert np.array_equal(vectors, index.embedder.embed(embedded))


@pytest.mark.slow
def test_the_same_pages_give_the_same_bytes_and_version(built: Settings, start: Start) -> None:
    one, other = start("one", workers=1), start("other", workers=4)
    report = build_index(one)
    assert build_index(other).version == report.version == open_index(one.index).version
    assert contents(one.index) == contents(other.index)
    assert set(contents(one.index)) == {*FILES, MANIFEST}
    # The pages lie elsewhere, so the manifest is another; all else is the same.
    elsewhere = contents(built.index)
    assert {name: elsewhere[name] for name in FILES} == {
        name: data for name, data in contents(one.index).items() if name != MANIFEST
    }


def test_a_report_says_what_was_done(start: Start) -> None:
    settings = start()
    seen: list[tuple[int, int, str]] = []
    report = build_index(settings, progress=lambda *step: seen.append(step))
    assert report == BuildReport(
        version=report.version,
        changed=True,
        pages=3,
        pages_read=3,
        passages=report.passages,
        passages_embedded=report.passages,
        removed=(),
        unreadable=(),
    )
    whats = list(dict.fromkeys(what for _, _, what in seen))
    assert whats[:2] == ["pages", "passages"]
    for what in whats:  # each counts up to its total, one by one
        steps = [(done, total) for done, total, other in seen if other == what]
        assert steps == [(done, len(steps)) for done in range(1, len(steps) + 1)]
    assert seen[2] == (3, 3, "pages")
    assert json.loads(json.dumps(report.as_object()))["index_version"] == report.version
    assert report.version in report.as_text()


def run(code: str, *arguments: object) -> None:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_opening_and_updating_import_no_torch_and_unpickle_nothing(
    begun: Settings, pages: Path
) -> None:
    settings = begun
    edit(pages / "gamma.md", "20 weeks", "30 weeks")
    run(
        "import pickle, sys\n"
        "def refuse(*_, **__): raise AssertionError('something was unpickled')\n"
        "pickle.load = pickle.loads = pickle.Unpickler = refuse\n"
        "from pathlib import Path\n"
        "from askpartner.index import build_index, open_index\n"
        "from askpartner.settings import load_settings\n"
        "corpus, index = map(Path, sys.argv[1:])\n"
        "index_before = open_index(index)\n"
        "index_before.lexical.shares([('laboratories', 1.0)])\n"
        "index_before.store.search(index_before.embedder.embed_question('laboratories'), 3)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers'}\n"
        "read_only = {'bm25s', 'scipy', 'lxml', 'markdown_it', 'tiktoken', 'huggingface_hub'}\n"
        "assert not (heavy | read_only) & set(sys.modules), sys.modules.keys() & read_only\n"
        "report = build_index(load_settings(corpus=corpus, index=index))\n"
        "assert report.changed and report.passages_embedded\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n",
        pages,
        settings.index,
    )


# --- increments ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_updated_index_is_byte_for_byte_a_new_one(start: Start, pages: Path) -> None:
    settings = start("kept")
    build_index(settings)
    added = "---\ntitle: Delta\n---\n# Delta\n\nDelta tests food.\n"

    def rename() -> None:
        (pages / "beta.md").rename(pages / "omega.md")

    def add() -> None:
        (pages / "more").mkdir()
        (pages / "more" / "delta.md").write_text(added)

    changes: list[tuple[Callable[[], object], int, int]] = [
        (lambda: edit(pages / "gamma.md", "20 weeks", "30 weeks"), 1, 1),
        (add, 1, 1),
        (rename, 1, 0),  # the title is the same, so the same words are embedded
        (lambda: (pages / "alpha.md").unlink(), 0, 0),
        (lambda: edit(pages / "gamma.md", "30 weeks", "20 weeks"), 1, 1),
    ]
    for number, (change, pages_read, passages_embedded) in enumerate(changes):
        change()
        report = build_index(settings)
        assert report.changed
        assert (report.pages_read, report.passages_embedded) == (pages_read, passages_embedded)
        fresh = start(f"fresh-{number}")
        assert build_index(fresh).version == report.version
        assert contents(settings.index) == contents(fresh.index)
        shutil.rmtree(fresh.index)
    assert sorted(open_index(settings.index).profiles) == ["gamma", "more/delta", "omega"]


def test_a_removed_page_is_reported_and_gone(begun: Settings, pages: Path) -> None:
    settings = begun
    (pages / "alpha.md").unlink()
    report = build_index(settings)
    assert (report.removed, report.pages) == (("alpha",), 2)
    index = open_index(settings.index)
    assert "alpha" not in index.profiles
    assert all(passage.profile != "alpha" for passage in index.passages)
    assert index.lexical.shares([("yeast", 1.0)]).max() == 0


def test_unchanged_pages_embed_and_write_nothing(start: Start, pages: Path) -> None:
    settings = start()
    first = build_index(settings)

    def state() -> list[tuple[str, int, int]]:
        found = [path for path in settings.index.rglob("*") if path.name != LOCK]
        return sorted((str(path), path.stat().st_ino, path.stat().st_mtime_ns) for path in found)

    before = state()
    (pages / "alpha.md").touch()
    report = build_index(settings)
    assert (report.changed, report.pages_read, report.passages_embedded) == (False, 0, 0)
    assert (report.version, report.passages) == (first.version, first.passages)
    assert state() == before


@pytest.mark.slow
def test_another_vocabulary_is_another_index_but_embeds_nothing(start: Start, pages: Path) -> None:
    settings = start()
    first = build_index(settings)
    assert open_index(settings.index).vocabulary == read_vocabulary(pages)
    (pages / VOCABULARY_FILE).write_text('[need.tea]\nwords = ["tea"]\n')
    report = build_index(settings)
    assert (report.changed, report.pages_read, report.passages_embedded) == (True, 0, 0)
    assert report.version != first.version
    assert open_index(settings.index).vocabulary == (Concept("need", "tea", ("tea",), ()),)
    assert not build_index(settings).changed
    (pages / VOCABULARY_FILE).write_text("[need.tea]\nwords = []\n")
    with pytest.raises(CorpusError, match=VOCABULARY_FILE):
        build_index(settings)
    assert open_index(settings.index).version == report.version
    (pages / VOCABULARY_FILE).unlink()
    assert build_index(settings).version == first.version


@pytest.mark.slow
def test_equal_words_are_embedded_once(start: Start, pages: Path) -> None:
    shutil.copy(pages / "gamma.md", pages / "again.md")
    settings = start()
    report = build_index(settings)
    index = open_index(settings.index)
    again = [row for row, one in enumerate(index.passages) if one.profile == "again"]
    gamma = [row for row, one in enumerate(index.passages) if one.profile == "gamma"]
    assert report.passages_embedded == report.passages - len(again) < report.passages
    assert np.array_equal(index.store.vectors(again), index.store.vectors(gamma))
    (pages / "gamma.md").unlink()
    assert build_index(settings).passages_embedded == 0
    left = open_index(settings.index)
    rows = [row for row, one in enumerate(left.passages) if one.profile == "again"]
    assert np.array_equal(left.store.vectors(rows), index.store.vectors(again))


@pytest.mark.slow
def test_another_budget_reads_every_page_but_embeds_only_other_passages(
    start: Start, begun: Settings
) -> None:
    settings = begun
    smaller = settings.model_copy(update={"passage_tokens": 16})
    report = build_index(smaller)
    assert report.pages_read == 3
    assert 0 < report.passages_embedded < report.passages
    assert open_index(settings.index).passage_tokens == 16
    fresh = start("fresh", passage_tokens=16)
    assert build_index(fresh).version == report.version


# --- pages that cannot be read ------------------------------------------------------------------


@pytest.mark.slow
def test_unreadable_pages_are_reported_and_the_others_indexed(start: Start, pages: Path) -> None:
    (pages / "alpha.md").write_bytes(b"---\ntitle: Alpha\n---\nnot \xff UTF-8\n")
    (pages / "beta.md").write_text("---\ntitle: [broken\n---\nwords\n")
    settings = start()
    report = build_index(settings)
    assert (report.pages, report.changed) == (1, True)
    assert [Path(fault.path).name for fault in report.unreadable] == ["alpha.md", "beta.md"]
    assert [fault.line for fault in report.unreadable] == [4, 2]
    assert all(fault.reason for fault in report.unreadable)
    assert [entry["line"] for entry in report.as_object()["unreadable"]] == [4, 2]
    assert list(open_index(settings.index).profiles) == ["gamma"]

    again = build_index(settings)
    assert (again.changed, len(again.unreadable)) == (False, 2)
    (pages / "alpha.md").write_text("---\ntitle: Alpha\n---\nnow UTF-8\n")
    mended = build_index(settings)
    assert (mended.pages, mended.pages_read, len(mended.unreadable)) == (2, 1, 1)


@pytest.mark.slow
def test_when_no_page_can_be_read_the_index_stays_as_it_was(begun: Settings, pages: Path) -> None:
    settings = begun
    version = open_index(settings.index).version
    for page in pages.glob("*.md"):
        page.write_bytes(b"\xff")
    with pytest.raises(CorpusError, match=r"alpha\.md.*beta\.md.*gamma\.md"):
        build_index(settings)
    assert open_index(settings.index).version == version
    shutil.rmtree(pages)
    with pytest.raises(CorpusError, match="no such folder"):
        build_index(settings)
    index = open_index(settings.index)
    assert (index.version, index.corpus) == (version, None)


# --- refusals -----------------------------------------------------------------------------------


def assert_mends(error: IndexRefused, folder: Path) -> None:
    """The error ends in a command that builds this index again."""
    command = str(error).partition("run: ")[2]
    assert "\n" not in str(error)
    options = shlex.split(command)[2:]
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert command.startswith("askpartner index --corpus ")
    assert given["--index"] == str(folder)
    assert given["--corpus"] == "DIR" or Path(given["--corpus"]).is_dir()


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    path.unlink()
    if how == "truncated":
        path.write_bytes(data[:-1])
    elif how == "emptied":
        path.write_bytes(b"")
    elif how == "flipped":
        at = len(data) // 2
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    elif how == "flipped first":
        path.write_bytes(bytes([data[0] ^ 0x80]) + data[1:])
    else:
        assert how == "missing"


DAMAGES = ("truncated", "emptied", "flipped", "flipped first", "missing")


def assert_refused(error: IndexRefused, file: str, how: str, folder: Path) -> None:
    assert isinstance(error, IndexDamaged)
    assert file in str(error)
    # Refused for its checksum, not because it could not be parsed.
    assert ("No such file" if how == "missing" else "damaged") in str(error)
    assert_mends(error, folder)


@pytest.mark.parametrize(
    "file",
    [
        MANIFEST,
        "passages.jsonl",
        *(
            pytest.param(file, marks=pytest.mark.slow)
            for file in sorted(FILES)
            if file != "passages.jsonl"
        ),
    ],
)
def test_a_damaged_file_is_refused_before_it_is_parsed(
    built: Settings, tmp_path: Path, file: str
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(built.index, folder, copy_function=os.link)
    reader = IndexReader(folder)
    sound = reader.get()
    path = generation(folder) / file
    whole = path.read_bytes()
    for how in DAMAGES:
        damage(path, how)
        refresh(folder)
        assert reader.get() is sound
        assert reader.fault is not None
        assert_refused(reader.fault, file, how, folder)
        path.unlink(missing_ok=True)
        path.write_bytes(whole)
        refresh(folder)
        assert reader.get().version == sound.version
        assert reader.fault is None
        sound = reader.get()
    damage(path, "flipped")
    with pytest.raises(IndexDamaged) as refusal:
        open_index(folder)
    assert_refused(refusal.value, file, "flipped", folder)


def refresh(folder: Path) -> None:
    """Write CURRENT anew, as a builder does, so that readers look at it."""
    replace_file(folder / CURRENT, (folder / CURRENT).read_bytes())


@pytest.mark.parametrize("how", ["truncated", "flipped", "missing"])
@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "model.json"])
def test_an_index_with_a_damaged_model_is_refused(
    built: Settings, tmp_path: Path, file: str, how: str
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(built.index, folder, copy_function=os.link)
    (model,) = (folder / MODELS).iterdir()
    damage(model / file, how)
    with pytest.raises(IndexDamaged) as refusal:
        open_index(folder)
    assert_refused(refusal.value, file, how, folder)


@pytest.mark.slow
@pytest.mark.parametrize("file", [MANIFEST, "vectors.faiss", "passages.jsonl"])
def test_the_named_command_mends_a_damaged_index(begun: Settings, file: str) -> None:
    settings = begun
    version = open_index(settings.index).version
    damage(generation(settings.index) / file, "flipped")
    report = build_index(settings)
    assert (report.changed, report.version) == (True, version)
    assert open_index(settings.index).version == version


@pytest.mark.slow
@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json", "model.json"])
def test_a_damaged_model_is_exported_again(begun: Settings, file: str) -> None:
    settings = begun
    version = open_index(settings.index).version
    (model,) = (settings.index / MODELS).iterdir()
    damage(model / file, "flipped")
    with pytest.raises(IndexDamaged, match=file):
        open_index(settings.index)
    report = build_index(settings)
    assert (report.changed, report.version) == (False, version)
    assert open_index(settings.index).version == version


def forge(folder: Path, **changed: Any) -> None:
    """Another manifest whose checksum holds."""
    place = generation(folder)
    manifest = json.loads((place / MANIFEST).read_bytes()) | changed
    data = json.dumps(manifest).encode()
    (place / MANIFEST).write_bytes(data)
    name = f"7-{hashlib.sha256(data).hexdigest()[:12]}"
    place.rename(place.with_name(name))
    (folder / CURRENT).write_text(name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"format": 0}, "format 0"),
        ({"format": 99}, "format 99"),
        ({"layout": {}}, "another layout"),
        ({"files": {}}, "another layout"),
    ],
)
def test_an_index_of_another_format_is_refused_and_built_anew(
    begun: Settings, changed: dict[str, Any], words: str
) -> None:
    settings = begun
    forge(settings.index, **changed)
    with pytest.raises(IndexMismatch, match=words) as refusal:
        open_index(settings.index)
    assert_mends(refusal.value, settings.index)
    assert build_index(settings).changed
    open_index(settings.index)


def test_an_index_of_another_model_is_refused(built: Settings) -> None:
    assert open_index(built.index, model=built.model).model == built.model
    with pytest.raises(IndexMismatch, match="'someone/other'") as refusal:
        open_index(built.index, model="someone/other")
    assert_mends(refusal.value, built.index)
    assert str(refusal.value).endswith("--model someone/other")


@pytest.mark.slow
def test_vectors_of_another_model_are_not_mixed_in(start: Start) -> None:
    settings = start()
    report = build_index(settings)
    manifest = json.loads((generation(settings.index) / MANIFEST).read_bytes())
    forge(settings.index, runtime="onnxruntime 0.1")
    again = build_index(settings)
    assert (again.pages_read, again.passages_embedded) == (3, report.passages)
    forge(settings.index, model=manifest["model"] | {"fingerprint": "0" * 64})
    again = build_index(settings)
    assert (again.pages_read, again.passages_embedded) == (3, report.passages)


def test_pages_read_by_other_code_are_read_again_but_not_embedded_again(begun: Settings) -> None:
    settings = begun
    forge(settings.index, reader="0" * 64)
    again = build_index(settings)
    assert (again.changed, again.pages_read, again.passages_embedded) == (True, 3, 0)


def test_where_there_is_no_index_the_command_that_builds_one_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(IndexMissing, match="askpartner index --corpus") as refusal:
            open_index(folder)
        assert f"--index {folder}" in str(refusal.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["", "../../elsewhere", "1-000000000000/../..", "1-00000000000g", "\xff", "1-0" * 999]
)
def test_a_name_that_is_no_generation_is_refused(begun: Settings, name: str) -> None:
    settings = begun
    (settings.index / CURRENT).write_text(name, encoding="utf-8")
    with pytest.raises(IndexDamaged, match="CURRENT"):
        open_index(settings.index)
    assert build_index(settings).changed
    open_index(settings.index)


# --- builders -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_second_builder_is_refused_and_the_first_unharmed(begun: Settings) -> None:
    settings = begun
    version = open_index(settings.index).version
    with (settings.index / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IndexRefused, match="another build is writing this index"):
            build_index(settings)
        assert open_index(settings.index).version == version  # readers need no lock
    assert build_index(settings).version == version


@pytest.mark.slow
def test_leftovers_of_killed_builds_are_removed_and_one_older_generation_kept(
    start: Start, pages: Path
) -> None:
    settings = start()
    folder = settings.index
    for weeks in range(30, 33):
        edit(pages / "gamma.md", f"{weeks - 1 if weeks > 30 else 20} weeks", f"{weeks} weeks")
        build_index(settings)
    left = [path.name for path in sorted((folder / GENERATIONS).iterdir())]
    assert [name.partition("-")[0] for name in left] == ["2", "3"]
    current = generation(folder).name

    for name in (".building-x", "9-0123456789ab"):  # begun; finished but not made current
        shutil.copytree(generation(folder), folder / GENERATIONS / name)
    (folder / MODELS / ".exporting-y").mkdir()
    shutil.copytree(
        next((folder / MODELS).glob("[0-9a-f]*")), folder / MODELS / "0", copy_function=os.link
    )
    (folder / ".CURRENT-z").write_text("x")
    assert not build_index(settings).changed
    assert [path.name for path in sorted((folder / GENERATIONS).iterdir())] == left
    assert not (folder / MODELS / ".exporting-y").exists()
    assert not (folder / ".CURRENT-z").exists()

    edit(pages / "gamma.md", "32 weeks", "33 weeks")
    build_index(settings)
    kept = [path.name for path in sorted((folder / GENERATIONS).iterdir())]
    assert kept == [current, generation(folder).name]
    assert len(list((folder / MODELS).iterdir())) == 1
    assert open_index(folder).version == kept[1].partition("-")[2]


def test_the_budget_comes_from_the_exported_model(built: Settings) -> None:
    budget = open_budget(built)
    assert budget.max_tokens == built.passage_tokens
    assert budget.fits(quoted="cell therapy", embedded="cell therapy")
    assert not budget.fits(quoted="cell", embedded="cell " * 255)


# --- readers ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_reader_takes_up_a_new_generation_and_keeps_the_model(
    begun: Settings, pages: Path
) -> None:
    settings = begun
    reader = IndexReader(settings.index)
    before = reader.get()
    assert reader.get() is before
    build_index(settings)
    assert reader.get() is before
    edit(pages / "gamma.md", "20 weeks", "30 weeks")
    version = build_index(settings).version
    after = reader.get()
    assert after.version == version != before.version
    assert "30 weeks" in after.profiles["gamma"].text
    assert "20 weeks" in before.profiles["gamma"].text  # an answer under way is not disturbed
    assert after.embedder is before.embedder
    assert reader.fault is None


@pytest.mark.slow
def test_a_reader_answers_from_the_old_index_when_the_new_one_is_damaged(
    begun: Settings, pages: Path
) -> None:
    settings = begun
    reader = IndexReader(settings.index)
    before = reader.get()
    edit(pages / "gamma.md", "20 weeks", "30 weeks")
    build_index(settings)
    damage(generation(settings.index) / "vectors.faiss", "flipped")
    assert reader.get() is before
    assert isinstance(reader.fault, IndexDamaged)
    assert "vectors.faiss" in str(reader.fault)
    assert reader.get() is before
    mended = build_index(settings)
    assert reader.get().version == mended.version
    assert reader.fault is None
    shutil.rmtree(settings.index)
    assert reader.get().version == mended.version
    assert isinstance(reader.fault, IndexMissing)


@pytest.mark.slow
def test_a_reader_without_any_index_says_so_until_there_is_one(start: Start) -> None:
    settings = start()
    reader = IndexReader(settings.index)
    for _ in range(2):
        with pytest.raises(IndexMissing):
            reader.get()
    build_index(settings)
    assert len(reader.get().profiles) == 3


@pytest.mark.slow
def test_readers_never_see_half_an_index(start: Start, begun: Settings, pages: Path) -> None:
    """Readers open and check the index over and over while it is built again and again."""
    settings = begun
    states = [f"{number} weeks" for number in range(20, 26)]
    served = IndexReader(settings.index)
    served.get()
    done = threading.Event()
    seen: set[str] = set()
    faults: list[BaseException] = []

    def check(index: Index) -> None:
        gamma = index.profiles["gamma"].text
        (state,) = [state for state in states if state in gamma]
        assert any(state in passage.text for passage in index.passages)
        assert len(index.passages) == index.store.size == index.lexical.size
        seen.add(state)

    def read(get: Callable[[], Index]) -> None:
        try:
            while not done.is_set():
                check(get())
                time.sleep(0.001)  # leave the builder its share of the processor
        except BaseException as error:
            faults.append(error)

    getters = [lambda: open_index(settings.index), served.get, served.get]
    readers = [threading.Thread(target=read, args=(get,)) for get in getters]
    for reader in readers:
        reader.start()
    try:
        for before, after in itertools.pairwise(states):
            edit(pages / "gamma.md", before, after)
            build_index(settings)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert not faults
    assert served.fault is None
    check(served.get())
    assert states[-1] in seen
    assert len(seen) > 2


# --- killed builds ------------------------------------------------------------------------------

BUILD = """
import sys
from pathlib import Path
from askpartner.index import build_index
from askpartner.settings import load_settings
settings = load_settings(corpus=Path(sys.argv[1]), index=Path(sys.argv[2]))
print("begin", flush=True)
print(build_index(settings).version, flush=True)
"""

KILLS = 50


def write_pages(pages: Path, state: int) -> None:
    """Twelve pages that all say in which state they are, with words of their own."""
    for number in range(12):
        draw = random.Random(f"{state}-{number}")
        words = " ".join(draw.choice(["cell", "gene", "trial", "grant", "rent"]) for _ in range(40))
        (pages / f"page{number:02}.md").write_text(
            f"---\ntitle: Page {number}\n---\n# Page {number}\n\nState {state}. {words}.\n"
            f"\n## More\n\nStill state {state}. {words[::-1]}.\n"
        )


def state_of(index: Index) -> int:
    """The state of an index, which must be one for all its pages and passages."""
    (state,) = {
        passage.body.split(".")[0].split()[-1] for passage in index.passages if passage.body.strip()
    }
    assert len(index.profiles) == 12
    assert index.store.size == index.lexical.size == len(index.passages)
    return int(state)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_build_killed_at_any_moment_leaves_the_old_or_the_new_index(
    start: Start, pages: Path
) -> None:
    shutil.rmtree(pages)
    pages.mkdir()
    write_pages(pages, 0)
    settings = start()
    command = [sys.executable, "-c", BUILD, str(pages), str(settings.index)]
    building = settings.index / GENERATIONS
    draw = random.Random(20)
    build_index(settings)
    began = time.monotonic()
    write_pages(pages, 1)
    build_index(settings)
    lasts = time.monotonic() - began
    outcomes = {"old": 0, "new": 0, "ended": 0}
    for trial in range(2, KILLS + 2):
        before = state_of(open_index(settings.index))
        write_pages(pages, trial)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as build:
            assert build.stdout is not None
            assert build.stdout.readline() == "begin\n"
            if trial % 2:  # any moment of the build
                time.sleep(draw.uniform(0, lasts))
            else:  # any moment of its writing, which is but a small part of it
                while build.poll() is None and not any(building.glob(".building-*")):
                    time.sleep(0.0002)
                time.sleep(draw.uniform(0, 0.1))
            build.send_signal(signal.SIGKILL)
            ended = build.wait() == 0
        state = state_of(open_index(settings.index))
        assert state in (before, trial)
        assert state == trial or not ended
        outcomes["ended" if ended else "new" if state == trial else "old"] += 1
        report = build_index(settings)
        assert report.changed is (state != trial)
        assert state_of(open_index(settings.index)) == trial
        names = [path.name for path in building.iterdir()]
        assert len(names) <= 2
        assert not any(name.startswith(".") for name in names)
    print(outcomes)
    assert outcomes["old"] >= KILLS // 4
    fresh = start("fresh")
    build_index(fresh)
    assert contents(fresh.index) == contents(settings.index)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_first_build_killed_while_it_exports_the_model_is_made_up_for(
    tmp_path: Path, pages: Path, share: float
) -> None:
    settings = load_settings(corpus=pages, index=tmp_path / "index")
    command = [sys.executable, "-c", BUILD, str(pages), str(settings.index)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as build:
        written = 0
        while build.poll() is None and written < share * 90_000_000:
            written = sum(
                path.stat().st_size for path in settings.index.glob("models/*/model.onnx")
            )
            time.sleep(0.001)
        build.send_signal(signal.SIGKILL)
    with pytest.raises(IndexMissing):
        open_index(settings.index)
    assert build_index(settings).changed
    assert len(open_index(settings.index).profiles) == 3
    assert len(list((settings.index / MODELS).iterdir())) == 1
