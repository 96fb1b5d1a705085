"""Real pages and public question sets: used where they lie, never copied into the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared(*parts: str) -> Path:
    """A path of the shared material; skips the test where it is not there."""
    folder = Path(os.environ.get("ASKPARTNER_SHARED", str(ROOT.parent / "shared")))
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not here; set ASKPARTNER_SHARED to the folder with it")
    return path


def shared_pages() -> list[Path]:
    """The real pages, or none where the shared material is absent."""
    folder = Path(os.environ.get("ASKPARTNER_SHARED", str(ROOT.parent / "shared"))) / "corpus"
    return sorted([*folder.glob("profiles/**/*.md"), *folder.glob("pages/**/*.md")])
