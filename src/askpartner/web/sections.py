"""Sections by their address, for programs: the HTTP API and the MCP server show the same."""

from __future__ import annotations

from typing import Any

from askpartner.compose import page_url
from askpartner.index import Index
from askpartner.settings import Settings
from askpartner.types import Section


def section_name(section: Section) -> dict[str, Any]:
    """A section without its words; its id is ``profile@start``."""
    return {
        "id": f"{section.profile}@{section.start}",
        "heading_path": list(section.heading_path),
        "kind": section.kind,
        "start": section.start,
        "end": section.end,
        "lines": list(section.lines),
    }


def section_object(index: Index, settings: Settings, identity: str) -> dict[str, Any] | None:
    """The section that holds a position, word for word; None when there is none.

    ``identity`` is ``profile@position``, the position in Unicode code points: a section's start,
    or that of a passage, hit or citation in it.
    """
    name, _, position = identity.rpartition("@")
    if not (position.isascii() and position.isdigit() and len(position) <= 12):
        return None
    at = int(position)
    sections = index.sections.get(name, ())
    section = next((one for one in sections if one.start <= at < one.end), None)
    if section is None:
        return None
    profile = index.profiles[name]
    return section_name(section) | {
        "profile": name,
        "title": profile.title,
        "url": page_url(profile, settings),
        "text": profile.text[section.start : section.end],
        "index_version": index.version,
    }
