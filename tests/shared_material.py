"""What tests read: real pages and public question sets, used where they lie and never copied into
the project, and pages written in a test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from askpartner.page import parse_page
from askpartner.types import Profile

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


def profile_of(source: str) -> Profile:
    """The profile of a page given as Markdown."""
    page = parse_page(source.encode(), name="page.md")
    return Profile("page", page.title, "", "page.md", "", page.text, page.blocks, page.links)
