"""The fixed words of the page, from ``templates/page.toml``."""

from __future__ import annotations

from askpartner.templates import fill, load_templates


def words(place: str, /, **names: str) -> str:
    """The words at ``table.key`` with their ``{names}`` filled in.

    Plain text: whoever puts it on a page escapes it. Raises KeyError for an unknown place or
    a name that is not given.
    """
    table, key = place.split(".")
    return fill(load_templates("page")[table][key], **names)
