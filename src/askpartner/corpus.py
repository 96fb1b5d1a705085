"""A folder of pages: which there are, what they are called, and their bytes.

Does not know Markdown: what a page says is ``page.py``'s.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from askpartner.errors import CorpusError
from askpartner.types import Profile

PAGE_SUFFIX = ".md"


def list_pages(corpus: Path) -> list[Path]:
    """Every ``.md`` file below ``corpus``, by its path there; hidden files and folders left out.

    Raises CorpusError when there is no such folder or no page in it.
    """
    if not corpus.is_dir():
        raise CorpusError(str(corpus), 0, "no such folder; name one with --corpus")
    pages = [
        path
        for path in corpus.rglob(f"*{PAGE_SUFFIX}")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(corpus).parts)
    ]
    if not pages:
        raise CorpusError(str(corpus), 0, f"no {PAGE_SUFFIX} page in it; add one")
    return sorted(pages, key=lambda path: path.relative_to(corpus).as_posix())


def page_id(corpus: Path, path: Path) -> str:
    """The profile id of a page: its path under the corpus without ``.md``, parts joined by "/"."""
    return path.relative_to(corpus).as_posix().removesuffix(PAGE_SUFFIX)


def source_hash(data: bytes) -> str:
    """SHA-256 of a page's bytes, hexadecimal: equal hashes mean equal profiles."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """A page's bytes. Raises CorpusError when the file cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(str(path), 0, f"cannot be read: {error.strerror}") from error


def read_page(corpus: Path, path: Path) -> Profile:
    """One page as a profile. Raises CorpusError with path, line and reason."""
    # The parsers of Markdown and HTML are for building; asking only needs hashes.
    from askpartner.page import parse_page

    data = read_bytes(path)
    page = parse_page(data, name=str(path))
    return Profile(
        id=page_id(corpus, path),
        title=page.title or path.stem,
        url=page.url,
        source=path.relative_to(corpus).as_posix(),
        source_hash=source_hash(data),
        text=page.text,
        blocks=page.blocks,
        links=page.links,
    )
