"""What an answer says, and in what two answers differ.

What is compared is status, reason, sentences, citations by profile, headings and quote, links and
table. Confidences are not: how rare a word is depends on every page, so they drift by tiny amounts
whenever a page comes or goes. For the same reason the "nearest sections" below a refusal, which are
pointers and not statements, are left out, and the number of profiles in a count is held against the
number there are. Does not ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from askpartner.templates import fill, load_templates
from askpartner.types import Answer

MASKED = frozenset(
    (
        *((f"list.{key}", "total") for key in ("counted", "all", "all_of", "each_of", "excluding")),
        *((f"list.{key}", "silent") for key in ("counted", "each_of", "excluding")),
        *((f"list.{key}", "partners") for key in ("all", "silent")),
        ("not_found.several", "partners"),
        ("not_found.none_states", "total"),
        ("not_found.none_says", "total"),
    )
)
"""What sentences are filled with that counts or names the whole directory: template and name."""

POINTERS = frozenset(("not_found.nearest",))
"""Sentences that only point somewhere and state nothing."""

MOST_SHOWN = 3
"""Differences told of one failing case."""

SHOWN_CHARACTERS = 80
"""Longest stretch of a quote or sentence that is told."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says, in a form that is equal exactly when the same is said."""

    status: str
    reason: str
    sentences: tuple[str, ...]
    citations: tuple[tuple[str, tuple[str, ...], str], ...]  # profile, heading path, quote
    links: tuple[tuple[str, str, str], ...]  # label, address, profile
    table: object
    totals: tuple[int, ...]  # how many profiles the counts are out of


def said(answer: Answer, names: Mapping[str, str] | None = None) -> Said:
    """What an answer says; ``names`` are profile ids that are to be read as others."""

    def name(identity: str) -> str:
        return names.get(identity, identity) if names else identity

    sentences: list[str] = []
    totals: list[int] = []
    for sentence in answer.sentences:
        if sentence.template in POINTERS:
            continue
        parts = [sentence.text]
        if any((sentence.template, key) in MASKED for key, _ in sentence.names):
            filled = {
                key: "…" if (sentence.template, key) in MASKED else value
                for key, value in sentence.names
            }
            table, _, key = sentence.template.partition(".")
            parts = [fill(load_templates("answer")[table][key], **filled)]
            totals.extend(int(value) for key, value in sentence.names if key == "total")
        sentences.extend(parts)
    return Said(
        status=answer.status,
        reason=answer.reason,
        sentences=tuple(sentences),
        citations=tuple((name(c.profile), c.heading_path, c.quote) for c in answer.citations),
        links=tuple((link.label, link.url, name(link.profile)) for link in answer.links),
        table=None if answer.table is None else (answer.table.columns, answer.table.rows),
        totals=tuple(totals),
    )


def difference(before: Said, after: Said, *, added: int = 0) -> str:
    """What differs between two answers, on one line; "" when the same is said.

    ``added`` is by how many profiles the directory grew: counts are to be out of so many more.
    """
    found: list[str] = []
    if (before.status, before.reason) != (after.status, after.reason):
        was, now = (" ".join(filter(None, (s.status, s.reason))) for s in (before, after))
        found.append(f"was {was}, now {now}")
    for what, old, new in (
        ("citation", before.citations, after.citations),
        ("sentence", before.sentences, after.sentences),
        ("link", before.links, after.links),
    ):
        lost = [part for part in old if part not in new]
        gained = [part for part in new if part not in old]
        found.extend(f"{what} gone: {shown(part)}" for part in lost)
        found.extend(f"{what} new: {shown(part)}" for part in gained)
        if not lost and not gained and old != new:
            found.append(f"{what}s in another order or number")
    if before.table != after.table and not found:
        found.append("another table")
    wanted = tuple(total + added for total in before.totals)
    if after.totals != wanted and not found:
        found.append(f"counts are out of {list(after.totals)}, not {list(wanted)}")
    more = [f"and {len(found) - MOST_SHOWN} more"] if len(found) > MOST_SHOWN else []
    return "; ".join([*found[:MOST_SHOWN], *more])


def shown(part: object) -> str:
    """A piece of an answer on one line, shortened."""
    text = part if isinstance(part, str) else " | ".join(map(_flat, part))  # type: ignore[call-overload]
    text = " ".join(str(text).split())
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def _flat(part: object) -> str:
    return " › ".join(part) if isinstance(part, tuple) else str(part)
