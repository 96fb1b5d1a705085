"""A kept answer read back: the published object (``schemas/answer.json``) -> the nouns it was.

A kept answer looks as it did; a line whose template has changed since is a plain sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from askpartner.templates import fill, load_templates
from askpartner.types import Citation, Sentence, Table
from askpartner.web.said import Said


def kept_citations(kept: Mapping[str, Any]) -> tuple[Citation, ...]:
    """The citations of a kept answer, in its order."""
    return tuple(
        Citation(**one | {"heading_path": tuple(one["heading_path"]), "lines": tuple(one["lines"])})
        for one in kept["citations"]
    )


def kept_said(kept: Mapping[str, Any], *, stale: frozenset[int] = frozenset()) -> Said:
    """What a kept answer says; ``stale`` are the numbers of the quotes to leave out."""
    citations = {citation.number: citation for citation in kept_citations(kept)}
    table = None
    if kept["table"] is not None:
        rows = kept["table"]["rows"]
        table = Table(
            columns=tuple(kept["table"]["columns"]),
            rows=tuple((row["aspect"], tuple(map(tuple, row["cells"]))) for row in rows),
        )
    observed = kept["observed"]
    return Said(
        status=kept["status"],
        sentences=tuple(map(_sentence, kept["sentences"])),
        citations=citations,
        table=table,
        observed=None if observed is None else (observed["right"], observed["asked"]),
        stale=stale,
    )


def _sentence(kept: Mapping[str, Any]) -> Sentence:
    template, names = kept.get("template", ""), kept.get("names", {})
    try:
        table, _, key = template.partition(".")
        is_said_so = fill(load_templates("answer")[table][key], **names) == kept["text"]
    except KeyError:  # the template, or a name it has, is of another version
        is_said_so = False
    if not is_said_so:
        template, names = "", {}
    return Sentence(kept["kind"], kept["text"], kept["citation"], template, tuple(names.items()))
