"""The bytes of one Isomer page -> its words, each block with its two addresses.

A page is front matter and a body of Markdown, HTML, or both mixed. Markdown is rendered to HTML
(markdown-it-py), the whole is read by one HTML parser (lxml), and one walk over the tree writes the
canonical text. So a table is read in the same way whether it was typed with pipes or with tags.

Does not know files, sections or tokens.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import yaml
from lxml import etree, html
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from askpartner.errors import CorpusError
from askpartner.types import Block, BlockKind, Link

LINES_ATTRIBUTE = "data-askpartner-lines"
"""Carries the source lines of a Markdown block through the HTML parser."""

LEAST_FIGURES = 2
"""Rows that begin with figures in the same column, from which on the row above names it."""

LABEL_CHARACTERS = 120
"""A bold line longer than this is emphasis, not the name of a field."""

ACTION_LEVEL = 5
"""From this level on a heading that is only a link is always a call to action."""

SENTENCE_WORDS = 6
"""From this many words on, a heading that ends as a sentence does may be one set large."""

DETAILS_LEVEL = 7
"""A <details> summary is a heading below every real one."""

SILENT = frozenset(
    "script style template noscript head title iframe object embed svg math video audio canvas "
    "map datalist img".split()
)
"""Elements whose content a reader of the page never sees as words."""

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr output "
    "q rp rt ruby s samp small span strike strong sub sup time tt u var wbr".split()
)
"""Elements that do not interrupt a line; every other one starts and ends a block."""

BOLD = frozenset(("strong", "b"))
HEADINGS = {f"h{level}": level for level in range(1, 7)}
CARD_PARTS: dict[str, BlockKind] = {"isomer-card-title": "label", "isomer-card-link": "action"}
"""Of the cards Isomer makes: the name of what stands below it, and what only leads elsewhere."""

INVISIBLE = dict.fromkeys(map(ord, "\u200b\ufeff\u00ad\u2060"))
WHITE = re.compile(r"\s+")
LINE_END = re.compile(r"\r\n?|\n")

# Jekyll replaces these before Markdown is read; they are instructions, not words.
INSTRUCTION = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{:[^{}\n]*\}|\{::[^{}\n]*/?\}", re.DOTALL)

FIGURE = re.compile(r"\s*(?:[A-Z]{0,3}\s?[$£€¥])?\s?\d")

# Bold that is closed behind a space, which Markdown leaves as asterisks.
LOOSE_BOLD = re.compile(r"(?<!\S)\*\*(\S[^*\n]*?)([ \u00a0]+)\*\*(?!\S)")

# A list whose marks were typed: "(i) …", "2) …", "• …".
TYPED_MARK = re.compile(r"(?:\(?(?:[ivx]+|[a-z]|\d{1,2})\)|\d{1,2}\.|[•·▪◦●–])\s+\S")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says, before it has a place in a corpus."""

    title: str  # "" when the page has none
    url: str
    text: str
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]


def parse_page(data: bytes, *, name: str) -> Page:
    """Read a page's bytes; ``name`` is what error messages call it.

    Raises CorpusError when the bytes are not UTF-8, the page is empty, or its front matter is
    broken. A page whose body holds no words (an image only) is read as an empty text.
    """
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(
            name, line, f"byte 0x{data[error.start]:02x} is not UTF-8; save the page as UTF-8"
        ) from error
    if not source.strip():
        raise CorpusError(name, 1, "the page is empty; write it or remove it")
    lines = LINE_END.split(source)
    matter, body_line = _front_matter(lines, name)
    writer = _Writer(_to_html("\n".join(lines[body_line:]), body_line + 1))
    text, blocks, links = writer.write()
    title = _plain(matter.get("title"))
    if not title:
        title = next((text[b.start : b.end] for b in blocks if b.kind == "heading"), "")
    return Page(
        title=WHITE.sub(" ", title),
        url=_plain(matter.get("permalink")),
        text=text,
        blocks=blocks,
        links=links,
    )


def _plain(value: object) -> str:
    """A front matter value as text; nested values are not text."""
    return "" if value is None or isinstance(value, dict | list) else clean(str(value)).strip()


def clean(text: str) -> str:
    """White space as single spaces, invisible characters gone."""
    return WHITE.sub(" ", text.translate(INVISIBLE))


def _front_matter(lines: list[str], name: str) -> tuple[dict[str, Any], int]:
    """The front matter and the number of lines before the body."""
    if lines[0].rstrip() != "---":
        return {}, 0
    for end in range(1, len(lines)):
        if lines[end].rstrip() in ("---", "..."):
            break
    else:
        raise CorpusError(name, 1, "front matter is not closed; end it with a line of three dashes")
    try:
        matter = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 2
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise CorpusError(
            name, line, f"front matter is not YAML ({problem}); quote the value or fix the line"
        ) from error
    except ValueError as error:  # a date such as 2024-99-99
        raise CorpusError(name, 1, f"front matter holds a value that is none: {error}") from error
    if matter is None:
        matter = {}
    if not isinstance(matter, dict):
        raise CorpusError(name, 2, "front matter is not a list of 'name: value' lines")
    return matter, end + 1


# --- Markdown -> HTML, keeping source lines ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Html:
    """Rendered HTML and, for each stretch of its lines, the source line it came from."""

    markup: str
    starts: list[int]  # first rendered line of each stretch, from 1, ascending
    sources: list[tuple[int, int]]  # its first and last source line

    def source_line(self, rendered: int) -> int:
        """The source line of a rendered one: raw HTML runs in step, the rest nearly so."""
        at = max(bisect_right(self.starts, rendered) - 1, 0)
        first, last = self.sources[at]
        return min(first + rendered - self.starts[at], last)


def _markdown() -> MarkdownIt:
    # Indented code is off: editors indent HTML and prose, and no page means code by it.
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return parser.disable("code").use(footnote_plugin)


_PARSER = _markdown()


def _to_html(body: str, first_line: int) -> _Html:
    """Render the body, whose first line is ``first_line`` of the file, counted from 1."""
    # As many line ends are left as an instruction had, so that lines keep their numbers.
    body = INSTRUCTION.sub(lambda found: "\n" * found[0].count("\n"), body)
    body = LOOSE_BOLD.sub(r"**\1**\2", body)
    environment: dict[str, Any] = {}
    tokens = _PARSER.parse(body, environment)
    lines = body.split("\n")
    pieces: list[str] = []
    starts: list[int] = []
    sources: list[tuple[int, int]] = []
    rendered_line = 1
    place = (first_line, first_line)
    for group in _groups(tokens):
        for token in group:
            if token.map and token.nesting >= 0 and token.type not in ("html_block", "inline"):
                first, last = token.map[0], token.map[1] - 1
                while last > first and not lines[last].strip():
                    last -= 1
                token.attrSet(LINES_ATTRIBUTE, f"{first_line + first} {first_line + last}")
            # A reference is a number the renderer makes up, and a back-link an arrow: no words.
            if token.children:
                token.children = [t for t in token.children if t.type not in GENERATED]
        group = [token for token in group if token.type not in GENERATED]
        if group and group[0].map:
            place = (first_line + group[0].map[0], first_line + group[0].map[1] - 1)
        piece = _PARSER.renderer.render(group, _PARSER.options, environment)
        starts.append(rendered_line)
        sources.append(place)
        pieces.append(piece)
        rendered_line += piece.count("\n")
    return _Html("".join(pieces), starts or [1], sources or [place])


GENERATED = frozenset(("footnote_ref", "footnote_anchor"))


def _groups(tokens: list[Token]) -> Iterator[list[Token]]:
    """Outermost blocks, each with the tokens inside it."""
    group: list[Token] = []
    depth = 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if depth == 0:
            yield group
            group = []
    if group:
        yield group


# --- HTML -> canonical text ---------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """A block being written: its lines of text, and the source lines seen so far."""

    kind: BlockKind
    path: tuple[str, ...]
    level: int = 0
    rows: list[list[tuple[str, bool]]] = field(default_factory=lambda: [[]])  # (text, bold)
    links: list[tuple[str, int, int, int]] = field(default_factory=list)  # url, row, from, to
    lines: tuple[int, int] = (0, 0)

    def see(self, first: int, last: int) -> None:
        low, high = self.lines
        self.lines = (min(low, first) if low else first, max(high, last))


@dataclass(frozen=True, slots=True)
class _Written:
    """A finished block before it has its place in the text."""

    kind: BlockKind
    level: int
    path: tuple[str, ...]
    text: str
    lines: tuple[int, int]
    links: tuple[Link, ...]  # offsets within ``text``


class _Writer:
    """Walks the tree once and writes blocks in page order."""

    def __init__(self, source: _Html) -> None:
        self._source = source
        self._written: list[_Written] = []
        self._headings: list[tuple[int, str]] = []  # level and text of those in force
        self._details: list[int] = []  # how many headings stood outside each open <details>
        self._draft: _Draft | None = None
        self._line = 1  # rendered line the walk has reached
        self._fixed: tuple[int, int] | None = None  # lines of the Markdown block around
        self._bold = 0
        self._kinds: list[BlockKind] = ["paragraph"]  # what a new block is; the innermost last
        self._whole = 0  # above 0: inside an item or row, where a break is a line, not a block

    def write(self) -> tuple[str, tuple[Block, ...], tuple[Link, ...]]:
        """The canonical text, its blocks and its links."""
        if self._source.markup.strip():
            parser = html.HTMLParser(huge_tree=True, encoding="utf-8")
            root = html.document_fromstring(
                # The wrapper keeps the parser from making up a paragraph around leading text.
                f"<html><body>{self._source.markup}</body></html>".encode(),
                parser=parser,
                ensure_head_body=True,
            )
            self._children(root.find("body"))
            self._end_block()
        return _join(_typed_lists(_sentences(_actions(self._written))))

    # -- the walk ---------------------------------------------------------------------------

    def _children(self, element: html.HtmlElement) -> None:
        self._say(element.text)
        for child in element:
            if isinstance(child.tag, str):
                # lxml counts lines of what it parses; a start tag resets what we counted.
                self._line = max(self._line, child.sourceline or 0)
                self._element(child)
            elif child.tag is etree.Comment or child.tag is etree.ProcessingInstruction:
                self._line += (child.text or "").count("\n")
            else:  # an entity the parser does not know stands for itself
                self._say(str(child.text or ""))
            self._say(child.tail)

    def _element(self, element: html.HtmlElement) -> None:
        tag = element.tag.lower()
        if tag in SILENT:
            return
        if tag == "br":
            self._break_line()
            return
        if tag == "a":
            self._anchor(element)
            return
        if tag in INLINE:
            self._bold += tag in BOLD
            self._children(element)
            self._bold -= tag in BOLD
            return
        outer = self._fixed
        if lines := element.get(LINES_ATTRIBUTE):
            first, last = lines.split()
            self._fixed = (int(first), int(last))
        self._block(tag, element)
        self._fixed = outer

    def _block(self, tag: str, element: html.HtmlElement) -> None:
        if tag in HEADINGS and not self._whole:
            self._heading(HEADINGS[tag], element)
        elif tag == "details" and not self._whole:
            self._end_block()
            self._details.append(len(self._headings))
            self._children(element)
            self._end_block()
            del self._headings[self._details.pop() :]
        elif tag == "summary" and self._details:
            self._heading(DETAILS_LEVEL, element)
        elif tag == "li" and "row" not in self._kinds:
            self._item(element)
        elif tag in ("ul", "ol") and self._kinds[-1] == "item":
            # A nested list ends its parent's item; what follows it is an item of the parent again.
            self._end_block()
            whole, self._whole = self._whole, 0
            self._kinds.append("paragraph")
            self._children(element)
            self._end_block()
            self._kinds.pop()
            self._whole = whole
        elif tag == "tr" and not self._whole:
            self._row(element)
        elif not self._whole and (part := _card_part(element)):
            self._end_block()
            self._kinds.append(part)
            self._whole += 1
            self._children(element)
            self._end_block()
            self._whole -= 1
            self._kinds.pop()
        else:
            self._break()
            self._children(element)
            self._break()

    def _anchor(self, element: html.HtmlElement) -> None:
        address = (element.get("href") or "").strip()
        before = self._written_so_far()
        self._children(element)
        draft = self._draft
        # A link around whole blocks (a card) has no label of its own to show.
        if address and draft is not None and (before is None or before[0] is draft):
            row, start = (0, 0) if before is None else before[1:]
            stop = sum(len(piece) for piece, _ in draft.rows[-1])
            if row == len(draft.rows) - 1 and stop > start:
                draft.links.append((address, row, start, stop))

    def _written_so_far(self) -> tuple[_Draft, int, int] | None:
        if self._draft is None:
            return None
        rows = self._draft.rows
        return self._draft, len(rows) - 1, sum(len(text) for text, _ in rows[-1])

    def _heading(self, level: int, element: html.HtmlElement) -> None:
        self._end_block()
        self._kinds.append("heading")
        self._whole += 1
        draft = self._start(level)
        self._children(element)
        self._whole -= 1
        self._kinds.pop()
        self._draft = None
        written = _finish(draft)
        if written is None:
            return
        inside = self._details[-1] if self._details else 0
        while len(self._headings) > inside and self._headings[-1][0] >= level:
            self._headings.pop()
        path = (*(text for _, text in self._headings), clean(written.text))
        self._headings.append((level, path[-1]))
        self._written.append(replace(written, path=path))

    def _item(self, element: html.HtmlElement) -> None:
        self._end_block()
        self._kinds.append("item")
        self._whole += 1
        self._children(element)
        self._end_block()
        self._whole -= 1
        self._kinds.pop()

    def _row(self, element: html.HtmlElement) -> None:
        cells = [cell for cell in element if cell.tag in ("td", "th")]
        full = [cell for cell in cells if _has_words(cell)]
        if len(full) <= 1:
            # One cell with words is layout: its paragraphs, lists and headings are the page's own.
            self._end_block()
            self._children(element)
            self._end_block()
            return
        names = all(cell.tag == "th" for cell in full)
        heads = (names and not _is_first_column(full, element)) or _heads_figures(element)
        self._end_block()
        self._kinds.append("header" if heads else "row")
        self._whole += 1
        self._children(element)
        self._end_block()
        self._whole -= 1
        self._kinds.pop()

    # -- writing ------------------------------------------------------------------------------

    def _say(self, text: str | None) -> None:
        if not text:
            return
        breaks = text.count("\n")
        first = self._line
        self._line += breaks
        words = text.translate(INVISIBLE)
        if not words.strip() and self._draft is None:
            return
        draft = self._draft or self._start(0)
        if words.strip():
            if self._fixed is not None:
                draft.see(*self._fixed)
            else:
                # White space at either end does not belong to the words' own lines.
                lead = len(text) - len(text.lstrip())
                trail = len(text.rstrip())
                draft.see(
                    self._source.source_line(first + text.count("\n", 0, lead)),
                    self._source.source_line(first + text.count("\n", 0, trail)),
                )
        if self._soft_label_end(draft, text):
            draft.rows.append([])
        draft.rows[-1].append((words, self._bold > 0))

    def _soft_label_end(self, draft: _Draft, text: str) -> bool:
        """Whether a typed line end after bold "Name:" or "Name?" ends the name of a field."""
        if self._bold or draft.kind != "paragraph" or len(draft.rows) != 1:
            return False
        white = text[: len(text) - len(text.lstrip())]
        row = [piece for piece in draft.rows[0] if piece[0].strip()]
        return (
            "\n" in white
            and bool(text.strip())
            and bool(row)
            and all(bold for _, bold in row)
            and row[-1][0].rstrip().endswith(("?", ":"))
        )

    def _start(self, level: int) -> _Draft:
        path = tuple(text for _, text in self._headings)
        self._draft = _Draft(kind=self._kinds[-1], path=path, level=level)
        return self._draft

    def _break(self) -> None:
        if self._whole:
            self._break_line()
        else:
            self._end_block()

    def _break_line(self) -> None:
        if self._draft is not None:
            self._draft.rows.append([])

    def _end_block(self) -> None:
        draft, self._draft = self._draft, None
        if draft is None:
            return
        if draft.kind == "paragraph" and (name := _label(draft)) is not None:
            self._add(name)
            rest = replace(draft, rows=draft.rows[1:], links=_later(draft.links))
            self._add(rest)
        else:
            self._add(draft)

    def _add(self, draft: _Draft) -> None:
        written = _finish(draft)
        if written is not None:
            self._written.append(written)


def _later(links: list[tuple[str, int, int, int]]) -> list[tuple[str, int, int, int]]:
    return [(url, row - 1, start, stop) for url, row, start, stop in links if row]


def _label(draft: _Draft) -> _Draft | None:
    """The first line of a paragraph as a label of its own, when it is bold from end to end."""
    row = [piece for piece in draft.rows[0] if piece[0].strip()]
    if not row or not all(bold for _, bold in row):
        return None
    if sum(len(text) for text, _ in row) > LABEL_CHARACTERS:
        return None
    first = [link for link in draft.links if link[1] == 0]
    return replace(draft, kind="label", rows=draft.rows[:1], links=first)


def _has_words(element: html.HtmlElement) -> bool:
    text = element.text or ""
    if text.translate(INVISIBLE).strip():
        return True
    for child in element:
        if isinstance(child.tag, str) and child.tag.lower() not in SILENT and _has_words(child):
            return True
        if (child.tail or "").translate(INVISIBLE).strip():
            return True
    return False


def _card_part(element: html.HtmlElement) -> BlockKind | None:
    names = (element.get("class") or "").split()
    return next((CARD_PARTS[name] for name in names if name in CARD_PARTS), None)


def _is_first_column(full: list[html.HtmlElement], row: html.HtmlElement) -> bool:
    """Whether a row of <th> cells follows another row of its table, so names no columns."""
    table = next(row.iterancestors("table"), None)
    if table is None:
        return False
    first = next((tr for tr in table.iter("tr") if _has_words(tr)), None)
    return first is not row and bool(full)


def _heads_figures(row: html.HtmlElement) -> bool:
    """Whether a row of plain cells names columns: the first of its table, and figures below it.

    Some column has a figure in each row but this, which has none at the beginning of a cell.
    """
    table = next(row.iterancestors("table"), None)
    if table is None or next(filter(_has_words, table.iter("tr")), None) is not row:
        return False
    rows = [tr for tr in table.iter("tr") if _has_words(tr)]
    if len(rows) <= LEAST_FIGURES:
        return False
    figures = [[bool(FIGURE.match(cell.text_content())) for cell in tr] for tr in rows]
    return not any(figures[0]) and any(all(column) for column in zip(*figures[1:], strict=False))


def _finish(draft: _Draft) -> _Written | None:
    """The draft's text with white space collapsed, or None when it holds no words."""
    texts: list[str] = []
    links: list[Link] = []
    offset = 0
    for number, row in enumerate(draft.rows):
        raw = "".join(text for text, _ in row)
        shown = WHITE.sub(" ", raw).strip()
        if not shown:
            continue
        for url, at, start, stop in draft.links:
            if at != number:
                continue
            label = WHITE.sub(" ", raw[start:stop]).strip()
            if not label:
                continue
            # White space is collapsed the same way before the label as in it.
            place = len(WHITE.sub(" ", raw[:start]).lstrip())
            place = shown.find(label, max(place - 1, 0))
            if place >= 0:
                links.append(Link(label, url, offset + place, offset + place + len(label)))
        texts.append(shown)
        offset += len(shown) + 1
    if not texts:
        return None
    text = "\n".join(texts) if draft.kind != "heading" else " ".join(texts)
    return _Written(draft.kind, draft.level, draft.path, text, draft.lines, tuple(links))


def _actions(written: list[_Written]) -> list[_Written]:
    """Turn headings that are only a link into calls to action of the section above them."""
    found: list[_Written] = []
    gone: dict[tuple[str, ...], tuple[str, ...]] = {}
    for at, block in enumerate(written):
        following = written[at + 1] if at + 1 < len(written) else None
        if (
            block.kind == "heading"
            and block.level != DETAILS_LEVEL
            and len(block.links) == 1
            and block.links[0].label == block.text
            and (
                block.level >= ACTION_LEVEL
                or following is None
                or (following.kind == "heading" and following.level <= block.level)
            )
        ):
            above = found[-1].path if found else ()
            gone[block.path] = above
            found.append(replace(block, kind="action", path=above))
        elif block.kind == "heading":
            if block.path in gone:
                del gone[block.path]
            found.append(block)
        else:
            found.append(replace(block, path=gone.get(block.path, block.path)))
    return found


def _sentences(written: list[_Written]) -> list[_Written]:
    """Turn headings that say something and head nothing into what they are: text set large.

    "# Our Mission", then "#### Help everybody to read." A heading with words below it stays one.
    """
    found: list[_Written] = []
    below: _Written | None = None
    heads = False  # whether what stands below is a heading still
    for block in reversed(written):
        is_leaf = below is None or (
            below.kind == "heading" and below.path[: len(block.path)] != block.path
        )
        # "We are responsible for:" is followed by what it announces, set as large.
        announces = block.text.endswith(":") and below is not None and not heads
        is_text = (
            block.kind == "heading"
            and block.level != DETAILS_LEVEL
            and len(block.text.split()) >= SENTENCE_WORDS
            and is_leaf
            and (block.text.endswith((".", ";")) or announces)
        )
        found.append(
            replace(block, kind="paragraph", level=0, path=block.path[:-1]) if is_text else block
        )
        below, heads = block, block.kind == "heading" and not is_text
    return found[::-1]


def _typed_lists(written: list[_Written]) -> list[_Written]:
    """Turn paragraphs that follow each other with typed marks, "(i) …", into items of a list."""
    marked = [
        block.kind == "paragraph" and TYPED_MARK.match(block.text) is not None for block in written
    ]
    found: list[_Written] = []
    for at, block in enumerate(written):
        is_item = marked[at] and any(
            0 <= near < len(written) and marked[near] and written[near].path == block.path
            for near in (at - 1, at + 1)
        )
        found.append(replace(block, kind="item") if is_item else block)
    return found


TIGHT = {("item", "item"), ("label", "item"), ("label", "paragraph"), ("label", "row")}
"""Kinds that follow each other on the next line; others are set off by an empty line."""


def _join(written: list[_Written]) -> tuple[str, tuple[Block, ...], tuple[Link, ...]]:
    pieces: list[str] = []
    blocks: list[Block] = []
    links: list[Link] = []
    offset = 0
    for at, block in enumerate(written):
        if at:
            gap = "\n" if (written[at - 1].kind, block.kind) in TIGHT else "\n\n"
            pieces.append(gap)
            offset += len(gap)
        end = offset + len(block.text)
        blocks.append(Block(block.kind, offset, end, block.lines, block.path))
        links.extend(
            replace(link, start=offset + link.start, end=offset + link.end) for link in block.links
        )
        pieces.append(block.text)
        offset = end
    return "".join(pieces), tuple(blocks), tuple(links)
