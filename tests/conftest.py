"""What the tests share: one exported model, and one index over three pages known by heart.

Exporting the model takes most of the time, so it is done once a session; every other index of a
test starts with a copy of the models folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from askpartner.assistant import Assistant
from askpartner.embedders import Embedder
from askpartner.index import MODELS, Index, IndexReader, build_index, open_index
from askpartner.settings import Settings, load_settings
from shared_material import ROOT

PAGES = ROOT / "tests" / "pages"

MakeSettings = Callable[[Path], Settings]
"""Settings for a corpus, with an index folder of its own that already holds the model."""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index over ``tests/pages``; not to be written to."""
    folder = tmp_path_factory.mktemp("built")
    settings = load_settings(corpus=PAGES, index=folder / "index")
    build_index(settings)
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
def make_settings(built: Settings, tmp_path: Path) -> MakeSettings:
    def make(corpus: Path) -> Settings:
        folder = tmp_path / f"index-of-{corpus.name}"
        shutil.copytree(built.index / MODELS, folder / MODELS)
        return load_settings(corpus=corpus, index=folder)

    return make


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A copy of ``tests/pages`` that may be edited."""
    copy = tmp_path / "pages"
    shutil.copytree(PAGES, copy)
    return copy
