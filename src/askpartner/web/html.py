"""Section and page -> HTML, and how any text is escaped for the place it is shown in.

Nothing here reads a file, an index or a clock: the same nouns give the same markup.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from urllib.parse import urlencode, urlsplit

from askpartner.compose import LINK_SCHEMES
from askpartner.render import PATH_SEPARATOR
from askpartner.split import path_names, section_blocks
from askpartner.types import Block, Citation, Profile, Section
from askpartner.web.assets import asset_url
from askpartner.web.words import words

QUOTE_ID = "quote"  # the first highlighted words of a source; what is scrolled into view

REASONS = ("wrong_partner", "not_answered", "missing", "unclear")
"""Why an answer did not help, to choose from; each has its words below ``[reason]``."""

MOST_REASON = 300
"""Characters of a reason in the asker's own words."""


def text_html(text: str) -> str:
    """``text`` so that a browser shows exactly it, as element content or attribute value.

    A carriage return is written as a reference, because a parser would read a line feed.
    """
    return escape(text, quote=True).replace("\r", "&#13;")


def safe_url(url: str) -> str | None:
    """``url`` when a person may be sent there, else None.

    Allowed are http and https with a host, and mailto; not a relative address (it would point
    into this server) and not one holding control characters or spaces, which browsers drop.
    """
    if any(character.isspace() or ord(character) < 0x20 for character in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an unclosed "[" in the host
        return None
    if parts.scheme not in LINK_SCHEMES:
        return None
    return url if parts.netloc or parts.scheme == "mailto" else None


def quote_proof(quote: str) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the quoted words (UTF-8).

    It travels in the source address, so that an address given out before a page was edited and
    indexed again is recognised instead of highlighting other words.
    """
    return hashlib.sha256(quote.encode("utf-8")).hexdigest()[:16]


def source_url(citation: Citation) -> str:
    """Address of the page that shows a citation's section (path and query, no host)."""
    return place_url(citation.profile, citation.start, citation.end, citation.quote)


def place_url(profile: str, start: int, end: int, quote: str) -> str:
    """Address of the page that shows ``quote``, which stands at ``[start, end)`` of a profile."""
    place = {"profile": profile, "start": start, "end": end, "quote": quote_proof(quote)}
    return "/source?" + urlencode(place)


def ask_url(question: str) -> str:
    """Address of the chat that asks a question as soon as it is opened."""
    return "/?" + urlencode({"q": question})


def lines_text(lines: tuple[int, int]) -> str:
    """``line 3`` or ``lines 3–5``."""
    first, last = lines
    if first == last:
        return words("answer.line", first=str(first))
    return words("answer.lines", first=str(first), last=str(last))


def outside_link_html(label: str, url: str) -> str:
    """A link that leaves this server, in a tab of its own; ``url`` has passed ``safe_url``."""
    return (
        f'<a class="outside" href="{text_html(url)}" target="_blank" '
        f'rel="noopener noreferrer">{text_html(label)}</a>'
    )


# -- the source of a citation ----------------------------------------------------------------


def source_html(
    profile: Profile, section: Section, *, start: int, end: int, lines: tuple[int, int], url: str
) -> str:
    """The whole section with ``profile.text[start:end]`` highlighted, as one ``<article>``.

    ``section.start <= start < end <= section.end``; ``lines`` are those of the highlighted
    words; ``url`` is the page's address: a link when ``safe_url`` allows it, text when it is a path
    (no site address is set), else left out.
    """
    blocks = section_blocks(profile, section)
    marks = _Marks(profile.text, start, end)
    if blocks and blocks[0].kind == "heading":
        above, heading = section.heading_path[:-1], marks.html(blocks[0].start, blocks[0].end)
        blocks = blocks[1:]
    else:
        above, heading = section.heading_path, ""
    trail = text_html(PATH_SEPARATOR.join(path_names(profile.title, above)))
    parts = [f'<p class="trail">{trail}</p>']
    if heading:
        parts.append(f"<h2>{heading}</h2>")
    parts.append(f'<div class="words">{"".join(_blocks_html(blocks, marks))}</div>')
    address = safe_url(url)
    page = text_html(words("source.place", page=profile.source, lines=lines_text(lines)))
    if address:
        page += f"<br>{outside_link_html(words('source.open_page'), address)}"
    elif url.startswith("/"):
        page += f"<br>{text_html(url)}"
    parts.append(f'<p class="from">{page}</p>')
    return f'<article id="source">{"".join(parts)}</article>'


def message_html(title: str, message: str) -> str:
    """Why a source is not shown, in the place where it would stand."""
    return (
        f'<article id="source" class="problem"><h2>{text_html(title)}</h2>'
        f"<p>{text_html(message)}</p></article>"
    )


def source_page_html(article: str) -> str:
    """``article`` as a page of its own: what is seen without script or in another tab."""
    title = words("source.title")
    return plain_page_html(title, f'<h1 class="visually-hidden">{text_html(title)}</h1>{article}')


def plain_page_html(
    title: str,
    main: str,
    *,
    kind: str = "",
    above: str = "",
    below: str = "",
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
) -> str:
    """A page beside the chat.

    ``main`` is the markup of its main part, ``above`` and ``below`` of what stands around it,
    ``kind`` a further class of the page; ``styles`` and ``scripts`` are the files of ours it needs
    besides those of every page.
    """
    needed = "".join(
        f'<script src="{text_html(asset_url(name))}" defer></script>' for name in scripts
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{text_html(title)} · {text_html(words('page.title'))}</title>"
        f"{assets_html('chat.css', *styles)}{needed}</head>"
        f'<body class="plain{f" {kind}" if kind else ""}">{above}<main>{main}<p class="back">'
        f'<a href="/">{text_html(words("source.back"))}</a></p></main>{below}</body></html>'
    )


def assets_html(*styles: str) -> str:
    """Links to our icon, the palette, and these style sheets of ours, for the ``<head>``."""
    sheets = "".join(
        f'<link rel="stylesheet" href="{text_html(asset_url(name))}">'
        for name in ("palette.css", *styles)
    )
    icon = f'<link rel="icon" href="{text_html(asset_url("icon.svg"))}" type="image/svg+xml">'
    return icon + sheets


class _Marks:
    """Pieces of a page's text with the highlighted part in ``<mark>``; the first has the id."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end
        self.begun = False

    def html(self, start: int, end: int) -> str:
        """The words at ``[start, end)``; a quote that spans pieces is marked in each of them."""
        first = min(max(self.start, start), end)
        last = min(max(self.end, start), end)
        before, marked, after = (
            text_html(self.text[left:right])
            for left, right in ((start, first), (first, last), (last, end))
        )
        if not marked:
            return before + after
        identity = "" if self.begun else f' id="{QUOTE_ID}"'
        self.begun = True
        return f"{before}<mark{identity}>{marked}</mark>{after}"


def _blocks_html(blocks: Sequence[Block], marks: _Marks) -> Iterator[str]:
    for container, run in groupby(blocks, key=lambda block: _CONTAINER.get(block.kind)):
        if container == "table":
            yield _table_html(list(run), marks)
        elif container == "ul":
            items = "".join(f"<li>{marks.html(block.start, block.end)}</li>" for block in run)
            yield f"<ul>{items}</ul>"
        else:
            for block in run:
                name = "h3" if block.kind == "heading" else "p"
                words_of = marks.html(block.start, block.end)
                yield f'<{name} class="{block.kind}">{words_of}</{name}>'


_CONTAINER = {"item": "ul", "header": "table", "row": "table"}


def _table_html(rows: list[Block], marks: _Marks) -> str:
    """Rows of one or more tables, a line of a row's text being a cell; short rows are spanned."""
    cells = [_lines_of(marks.text, row) for row in rows]
    columns = max(len(row) for row in cells)
    written = []
    for row, ranges in zip(rows, cells, strict=True):
        name = "th" if row.kind == "header" else "td"
        span = columns - len(ranges) + 1
        last = f' colspan="{span}"' if span > 1 else ""
        inside = [
            f"<{name}{last if place == len(ranges) else ''}>{marks.html(start, end)}</{name}>"
            for place, (start, end) in enumerate(ranges, start=1)
        ]
        written.append(f"<tr>{''.join(inside)}</tr>")
    return f"<table><tbody>{''.join(written)}</tbody></table>"


def _lines_of(text: str, block: Block) -> list[tuple[int, int]]:
    ranges = []
    start = block.start
    for line in text[block.start : block.end].split("\n"):
        ranges.append((start, start + len(line)))
        start += len(line) + 1
    return ranges


# -- the page around the chat ----------------------------------------------------------------


def page_head_html() -> str:
    """What the chat page has in its ``<head>`` besides Gradio's own."""
    return (
        f"<title>{text_html(words('page.title'))}</title>"
        f'<meta name="description" content="{text_html(words("page.tagline"))}">'
        '<meta name="color-scheme" content="light dark">'
        f"{assets_html('chat.css')}"
        f'<script src="{text_html(asset_url("panel.js"))}" defer></script>'
        f'<script src="{text_html(asset_url("chat.js"))}" defer></script>'
    )


def page_top_html() -> str:
    """What stands above the chat: who speaks, that it can be checked, and where else to go."""

    def button(name: str) -> str:
        return f'<button id="{name}" type="button">{text_html(words(f"page.{name}"))}</button>'

    def link(name: str, path: str) -> str:
        return f'<a href="{path}">{text_html(words(f"page.{name}"))}</a>'

    return (
        '<header class="page-top"><div>'
        f"<h1>{text_html(words('page.title'))}</h1>"
        f"<p>{text_html(words('page.tagline'))}</p>"
        f"<noscript><p>{text_html(words('page.needs_script'))}</p></noscript></div>"
        f'<nav aria-label="{text_html(words("page.menu"))}">{link("directory", "/directory")}'
        f"{button('begin')}"
        '<details id="keep"><summary>'
        f"{text_html(words('page.keep'))}</summary><ul>"
        f"<li>{link('save_markdown', '/conversation.md')}</li>"
        f"<li>{link('save_print', '/conversation')}</li>"
        f"<li>{button('forget')}</li></ul></details></nav></header>"
    )


def panel_html() -> str:
    """The empty source panel; ``static/panel.js`` opens it."""
    return (
        f'<dialog id="panel" aria-labelledby="panel-title" '
        f'data-failed="{text_html(words("source.not_fetched"))}">'
        f'<div class="panel-bar"><p id="panel-title">{text_html(words("source.title"))}</p>'
        f'<button id="panel-close" type="button" aria-label="{text_html(words("source.close"))}">'
        '<span aria-hidden="true">×</span></button></div>'
        '<div id="panel-body" tabindex="-1"></div></dialog>'
    )


def page_bottom_html() -> str:
    """What stands below the chat and is not seen until needed; ``static/chat.js`` opens it.

    The source panel, the two questions asked back, and the line that tells what happened, with the
    words the script says itself.
    """
    told = ("copied", "not_copied", "judged", "not_sent", "send", "copy")
    data = "".join(f' data-{name.replace("_", "-")}="{_told(name)}"' for name in told)
    return f'{panel_html()}{_reason_html()}{_forget_html()}<p id="told" role="status"{data}></p>'


def _told(name: str) -> str:
    return text_html(words(f"told.{name}"))


def _reason_html() -> str:
    """Why an answer did not help: one of REASONS, or a few words."""
    choices = "".join(
        f'<li><label><input type="radio" name="reason" value="{text_html(words(f"reason.{name}"))}"'
        f">{text_html(words(f'reason.{name}'))}</label></li>"
        for name in REASONS
    )
    return (
        '<dialog id="reason" class="asking" aria-labelledby="reason-title">'
        f'<h2 id="reason-title">{text_html(words("reason.title"))}</h2><ul>{choices}</ul>'
        f'<label class="own" for="reason-own">{text_html(words("reason.own"))}</label>'
        f'<textarea id="reason-own" rows="2" maxlength="{MOST_REASON}"></textarea>'
        f"{_buttons_html('reason')}</dialog>"
    )


def _forget_html() -> str:
    return (
        '<dialog id="forgetting" class="asking" aria-labelledby="forgetting-title">'
        f'<h2 id="forgetting-title">{text_html(words("forgetting.title"))}</h2>'
        f"<p>{text_html(words('forgetting.told'))}</p>{_buttons_html('forgetting')}</dialog>"
    )


def _buttons_html(name: str) -> str:
    return (
        f'<p class="buttons"><button type="button" class="cancel">'
        f"{text_html(words(f'{name}.cancel'))}</button>"
        f'<button type="button" class="go">{text_html(words(f"{name}.go"))}</button></p>'
    )
