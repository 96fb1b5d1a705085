"""The fixed words of the HTML report, from ``templates/report.toml``."""

from __future__ import annotations

from askpartner.templates import fill, load_templates


def words(place: str, /, **names: object) -> str:
    """The words at ``table.key`` of ``templates/report.toml`` with their ``{names}`` filled in.

    Plain text: the template escapes it. Raises KeyError for an unknown place.
    """
    table, key = place.split(".")
    return fill(load_templates("report")[table][key], **{k: str(v) for k, v in names.items()})
