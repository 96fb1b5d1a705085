"""Profile -> Section -> statement -> sentence: where a page has its seams.

Sections tile a profile's text; statements are what a section says, one by one. Does not know
passages' budgets, vectors, files or questions.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

import sentencex

from askpartner.types import Block, Passage, Profile, Section, SectionKind

PATH_SEPARATOR = " > "
PATH_BYTES = 240
"""A longer heading path is cut from the left when embedded, to leave room for the words below.

Bytes, not characters: a character of a script the embedder does not know may be several pieces.
"""

KINDS: tuple[tuple[SectionKind, re.Pattern[str]], ...] = (
    ("offerings", re.compile(r"^(\W|\d)*ways? to (work|partner|engage|collaborate)\b", re.I)),
    ("overview", re.compile(r"^(\W|\d)*(overview|about( us)?)\W*$", re.I)),
    ("sources", re.compile(r"^(\W|\d)*(sources?|references?)\W*$", re.I)),
)


def split_sections(profile: Profile) -> list[Section]:
    """Cut a profile at its headings; a section without a heading of its own may come first.

    Where a <details> closes, what follows is a section of the heading outside it.
    """
    starts = [
        at
        for at, block in enumerate(profile.blocks)
        if at == 0 or block.kind == "heading" or block.path != profile.blocks[at - 1].path
    ]
    sections = []
    for number, first in enumerate(starts):
        last = starts[number + 1] if number + 1 < len(starts) else len(profile.blocks)
        blocks = profile.blocks[first:last]
        end = profile.blocks[last].start if last < len(profile.blocks) else len(profile.text)
        below = blocks[1:] if blocks[0].kind == "heading" else blocks
        sections.append(
            Section(
                profile=profile.id,
                heading_path=blocks[0].path,
                kind=_kind(blocks[0].path),
                start=blocks[0].start if number else 0,
                body_start=below[0].start if below else end,
                end=end,
                lines=_lines(blocks),
            )
        )
    return sections


def _kind(path: tuple[str, ...]) -> SectionKind:
    for depth, heading in enumerate(reversed(path)):
        for kind, pattern in KINDS:
            if pattern.search(heading):
                return "offering" if kind == "offerings" and depth else kind
    return "other"


def _lines(blocks: tuple[Block, ...]) -> tuple[int, int]:
    return min(block.lines[0] for block in blocks), max(block.lines[1] for block in blocks)


def section_blocks(profile: Profile, section: Section) -> tuple[Block, ...]:
    """The blocks of a section, its heading included."""
    starts = [block.start for block in profile.blocks]
    first = bisect_right(starts, section.start - 1)
    last = bisect_right(starts, section.end - 1)
    return profile.blocks[first:last]


def source_lines(profile: Profile, start: int, end: int) -> tuple[int, int]:
    """The source lines of a range of the text: those of the blocks it touches."""
    return _lines(
        tuple(block for block in profile.blocks if block.start < end and start < block.end)
    )


PLACEHOLDER = re.compile(
    r"\blorem ipsum\b|[(\[]\s*insert [^)\]]*[)\]]|\bTB[CA]\b|"
    r"(?<!has )(?<!have )(?<!had )(?<!need )(?<!needs )\bto be (?:confirmed|added)\b",
    re.IGNORECASE,
)
"""What stands in a page until somebody writes it: words, but never a statement. What "has to be
confirmed" is a condition."""


TELLING_LABEL = re.compile(
    r"[^:?]{2,60}:\s*[^\s:?][^?]*[^?:]$|"  # "Presenting partner: Alpha"
    r"[^\W\d_a-z][\w.’'-]+(?: [^\W\d_a-z][\w.’'-]+){1,3}, [^\W\d_a-z][^?:]*$"  # "Ann Lee, Head"
)
"""A label that is no name of a field, but says something itself."""

LINE_CHARACTERS = 80
"""A line longer than this is text; a shorter one may be a part of an address."""

STATEMENT_CHARACTERS = 240
"""More lines than this holds are a list of things, not one."""


def statement_ranges(profile: Profile, section: Section) -> list[tuple[int, int]]:
    """The smallest stretches of a section's body that say something: half open, in order.

    A sentence of a paragraph, a list item, a table row. Headings, labels and calls to action name
    things and state nothing, but for labels such as "Host: Alpha"; nor does a placeholder. The
    lines of an address or of whom to contact are one statement.
    """
    found: list[tuple[int, int]] = []
    for block in section_blocks(profile, section):
        if block.kind == "paragraph":
            text = profile.text[block.start : block.end]
            for start, end in _lines_joined(text, sentence_ranges(text)):
                trimmed = text[start:end].rstrip()
                if trimmed and not PLACEHOLDER.search(trimmed):
                    found.append((block.start + start, block.start + start + len(trimmed)))
        elif block.kind == "label":
            if TELLING_LABEL.match(profile.text[block.start : block.end]):
                found.append((block.start, block.end))
        elif block.kind in ("item", "row") and not PLACEHOLDER.search(
            profile.text[block.start : block.end]
        ):
            found.append((block.start, block.end))
    return found


def _lines_joined(text: str, ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sentences, where short lines without an end that follow each other are one."""
    joined: list[tuple[int, int]] = []
    for start, end in ranges:
        line = text[start:end]
        before = text[joined[-1][0] : joined[-1][1]] if joined else ""
        if (
            before.endswith("\n")
            and before.rstrip()[-1:] not in ".?!"
            and len(before.rstrip().rpartition("\n")[2]) <= LINE_CHARACTERS
            and len(line.rstrip()) <= LINE_CHARACTERS
            and end - joined[-1][0] <= STATEMENT_CHARACTERS
        ):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def column_names(profile: Profile, start: int) -> Block | None:
    """The row of column names above the table row that holds a position; None without one."""
    starts = [block.start for block in profile.blocks]
    for block in reversed(profile.blocks[: bisect_right(starts, start)]):
        if block.kind == "header":
            return block
        if block.kind != "row":
            return None
    return None


def read_text(profile: Profile, start: int, end: int) -> str:
    """A statement as it is understood: of a table's row, each cell behind its column's name.

    Never quoted. A row with more or fewer lines than its table has names is read below them all:
    which cell is empty, or has two lines, is not known here.
    """
    text = profile.text[start:end]
    header = column_names(profile, start)
    if header is None or header.start <= start < header.end:
        return text
    names = profile.text[header.start : header.end].split("\n")
    cells = text.split("\n")
    if len(names) != len(cells):
        return "\n".join((*names, *cells))
    return "\n".join(f"{name}: {cell}" for name, cell in zip(names, cells, strict=True))


def stated_ranges(profile: Profile, sections: Iterable[Section]) -> tuple[tuple[int, int], ...]:
    """Every statement of a profile, in page order, but for the names of its sources."""
    return tuple(
        place
        for section in sections
        if section.kind != "sources"
        for place in statement_ranges(profile, section)
    )


def embedded_text(passage: Passage) -> str:
    """What is embedded and counted as words: title and heading path, then the words below.

    Never quoted. The path's own heading is left out of the words, so that it counts once.
    """
    return "\n".join(filter(None, (path_text(passage.title, passage.heading_path), passage.body)))


def path_text(title: str, heading_path: tuple[str, ...]) -> str:
    """Title and heading path on one line, cut from the left if long."""
    path = PATH_SEPARATOR.join(path_names(title, heading_path))
    return path.encode()[-PATH_BYTES:].decode(errors="ignore")


def path_names(title: str, heading_path: tuple[str, ...]) -> list[str]:
    """Title and headings, outermost first, none twice in a row: many pages repeat their title."""
    names: list[str] = []
    for name in (title, *heading_path):
        if name and (not names or name.casefold() != names[-1].casefold()):
            names.append(name)
    return names


_NEW_WORD = re.compile(r"[^\W\d_]?[^\W\d_A-Z]|\W")
"""How a sentence goes on that no space parts from the one before: "It ends.The next"."""

LONG = 200
"""Characters without a capital among them after which a text counts as written without."""


def sentence_ranges(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of the sentences of a text; they tile it.

    A line end ends a sentence too (an item, a cell). A "sentence" that goes on in lower case was
    cut at an abbreviation and is joined to the one before, but for a text written without capitals.
    So is one cut within a name: "ASP.NET", "H2A.Z".
    """
    ranges: list[tuple[int, int]] = []
    capitals = len(text) < LONG or any(map(str.isupper, text))
    for line in re.finditer(r"[^\n]*\n+|[^\n]+", text):
        before = len(ranges)
        for boundary in sentencex.get_sentence_boundaries("en", line[0]):
            start = line.start() + boundary["start_index"]
            end = line.start() + boundary["end_index"]
            piece = text[start:end]
            fresh = len(ranges) == before
            goes_on = (capitals and piece[:1].islower()) or (
                not text[start - 1].isspace() and not _NEW_WORD.match(piece)
            )
            if ranges and (not piece.strip() or (not fresh and goes_on)):
                ranges[-1] = (ranges[-1][0], end)
            else:
                ranges.append((start, end))
        # Of a long line the library leaves out white space at the end.
        if ranges:
            ranges[-1] = (ranges[-1][0], line.end())
        else:
            ranges.append((line.start(), line.end()))
    return ranges
