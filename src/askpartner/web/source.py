"""A source address -> the section it means, proven again right before it is shown."""

from __future__ import annotations

import re

from askpartner.compose import page_url
from askpartner.errors import StaleCitation
from askpartner.index import Index
from askpartner.settings import Settings
from askpartner.split import source_lines
from askpartner.types import Citation
from askpartner.verify import prove
from askpartner.web.html import quote_proof, source_html

_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}")
_PROOF = re.compile(r"[0-9a-f]{16}")


class UnreadableSource(ValueError):
    """A source address whose parts are missing or not of their form."""


class UnknownSource(LookupError):
    """A source address of a page, or of a range of it, that the index does not hold."""


def source_article(
    index: Index, settings: Settings, *, profile: str, start: str, end: str, proof: str
) -> str:
    """HTML of the section around the quote at ``[start, end)`` of a page, the quote highlighted.

    The parts are as they stand in the address (``html.source_url`` writes them). Raises
    UnreadableSource, UnknownSource, or StaleCitation when the page no longer holds the quote:
    in this index (``proof`` differs) or in the folder of pages (``verify.prove``).
    """
    if not (
        profile
        and _WHOLE_NUMBER.fullmatch(start)
        and _WHOLE_NUMBER.fullmatch(end)
        and _PROOF.fullmatch(proof)
        and int(start) < int(end)
    ):
        raise UnreadableSource
    first, last = int(start), int(end)
    page = index.profiles.get(profile)
    if page is None:
        raise UnknownSource
    quote = page.text[first:last]
    if quote_proof(quote) != proof:
        raise StaleCitation(f"{page.source}: [{first}, {last}) is not what was cited")
    section = next(
        (one for one in index.sections[profile] if one.start <= first and last <= one.end), None
    )
    if section is None or not quote.strip():
        raise UnknownSource
    lines = source_lines(page, first, last)
    url = page_url(page, settings)
    citation = Citation(
        number=1,
        profile=profile,
        title=page.title,
        heading_path=section.heading_path,
        quote=quote,
        start=first,
        end=last,
        lines=lines,
        url=url,
    )
    prove(citation, index)
    return source_html(page, section, start=first, end=last, lines=lines, url=url)
