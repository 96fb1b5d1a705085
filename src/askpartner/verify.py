"""Proves quotes: when an answer is composed, before it is shown, and in a file of answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from askpartner.corpus import PAGE_SUFFIX, read_bytes, read_page, source_hash
from askpartner.errors import AskpartnerError, CorpusError, StaleCitation
from askpartner.index import Index
from askpartner.types import Citation, Profile

WAY_OUT = "build the index again with: askpartner index"


def check_fresh(index: Index, profile: Profile) -> None:
    """Raise StaleCitation when the page's file is not the one that was indexed.

    An index that was moved away from its pages can only be checked against itself.
    """
    if index.corpus is None:
        return
    path = index.corpus / profile.source
    try:
        now = source_hash(read_bytes(path))
    except CorpusError as error:
        raise StaleCitation(f"{profile.source}: the page is gone; {WAY_OUT}") from error
    if now != profile.source_hash:
        raise StaleCitation(f"{profile.source}: the page has changed since; {WAY_OUT}")


def prove(citation: Citation, index: Index) -> None:
    """Raise StaleCitation unless the cited page still holds the quote at its address."""
    profile = index.profiles.get(citation.profile)
    if profile is None:
        raise StaleCitation(f"{citation.profile}{PAGE_SUFFIX}: no longer indexed; ask again")
    check_fresh(index, profile)
    check_quote(profile, citation.start, citation.end, citation.quote)


def check_quote(profile: Profile, start: int, end: int, quote: str) -> None:
    """Raise StaleCitation unless ``profile.text[start:end] == quote`` and it says something."""
    if not (0 <= start < end <= len(profile.text)) or profile.text[start:end] != quote:
        raise StaleCitation(
            f"{profile.source}: characters {start} to {end} are not the quoted words; {WAY_OUT}"
        )


def failed_quotes(answer: dict[str, Any], corpus: Path) -> list[str]:
    """Read the cited pages anew and say which quotes of an answer object they do not hold.

    Also reports an ``[n]`` without a citation, a citation without its ``[n]``, and a quote
    sentence that is not its citation's. Each entry is one line: what, where.
    """
    faults: list[str] = []
    numbers: dict[int, str] = {}
    for citation in answer["citations"]:
        number, quote = citation["number"], citation["quote"]
        numbers[number] = quote
        try:
            # A citation names a page of the corpus; anything else is no path.
            source = f"{citation['profile']}{PAGE_SUFFIX}"
            path = corpus / source
            if not path.resolve().is_relative_to(corpus.resolve()):
                raise StaleCitation(f"{source}: not a page of the corpus")
            check_quote(read_page(corpus, path), citation["start"], citation["end"], quote)
        except AskpartnerError as error:
            faults.append(f"[{number}] {error}")
    used = {s["citation"]: s["text"] for s in answer["sentences"] if s["kind"] == "quote"}
    faults.extend(f"[{n}] quoted but not cited" for n in used if n not in numbers)
    faults.extend(f"[{n}] cited but not quoted" for n in numbers if n not in used)
    faults.extend(
        f"[{n}] the sentence is not the cited quote"
        for n, text in used.items()
        if n in numbers and text != numbers[n]
    )
    return faults
