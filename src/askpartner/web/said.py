"""What an answer says -> HTML: its fixed lines, its quotes with their citations, its table.

The same markup wherever an answer is shown: in the chat, just given (``answer.body_html``), and in
a document, from the journal (``permalink``; ``kept`` reads it back). Nothing here reads a file, an
index or a clock: the same answer gives the same markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from askpartner.templates import fill, load_templates
from askpartner.types import Answer, Citation, Sentence, Table
from askpartner.web.html import source_url, text_html
from askpartner.web.refusals import told
from askpartner.web.words import words

_BLANK_LINES = re.compile(r"\n{2,}")  # between the blocks of a quote
_GAPS = frozenset(
    (
        "partial.absent",
        "partial.nearest",
        "list.excluded",
        "list.uncovered",
        "list.uncovered_words",
        "list.silent",
        "list.no_ranking",
        "match.not_stated",
        "match.excluded",
        "match.excluded_partner",
    )
)  # sentences that tell what was not found
_RULES = frozenset(("match.rule", "compare.lead"))  # how the answer below is put together
_FITS = frozenset(("match.way", "match.partner"))  # how much a way to work states of what is sought
_PARTS = frozenset(("parts.asked", "parts.above"))  # which of several questions follows
_LEADS = frozenset(("lead.section", "lead.profile")) | _FITS  # whose words follow
_NAMED = frozenset(("lead.profile", "lead.above"))  # of whom, or what, it is told
_IN_TABLE = "match.not_stated"  # what an empty cell says as well
_INNERMOST = frozenset(("heading",))  # of partner and heading the one that stands out
_COUNTED = frozenset(("list.counted", "list.all_of", "list.each_of", "list.all"))
_COUNTS = frozenset(("stated", "total", "criterion", "criteria"))  # the names that stand out
_EXCLUDING = "list.excluding"
_EXCLUDED = frozenset(("excluded", "total", "criterion"))


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says, without what was asked and what is offered beside it."""

    status: str
    sentences: tuple[Sentence, ...]
    citations: Mapping[int, Citation]  # by number
    table: Table | None
    observed: tuple[int, int] | None
    stale: frozenset[int] = frozenset()  # numbers of quotes whose page has changed: left out


def said(answer: Answer) -> Said:
    """What an answer just given says."""
    return Said(
        status=answer.status,
        sentences=answer.sentences,
        citations={citation.number: citation for citation in answer.citations},
        table=answer.table,
        observed=answer.observed,
    )


def said_html(answer: Said, *, level: int = 3) -> str:
    """What is said, in its order; ``level``, 2 to 6, is that of the headings in it.

    Quotes that the table holds are shown there and not a second time.
    """
    parts = []
    if answer.status == "partial":
        parts.append(f'<p class="verdict">{text_html(words("answer.partial"))}</p>')
    parts += _sentences_html(answer, level)
    parts.append(_observed_html(answer.observed))
    return "".join(parts)


def _sentences_html(answer: Said, level: int) -> Iterator[str]:
    table = answer.table
    rows = table.rows if table else ()
    shown = {number for _, cells in rows for cell in cells for number in cell}
    heads = {*table.columns, *(aspect for aspect, _ in rows)} if table else set()
    # The table stands where the last of its quotes would: below the lines that name its columns.
    last = max(
        (at for at, one in enumerate(answer.sentences) if one.citation in shown), default=None
    )
    for at, sentence in enumerate(answer.sentences):
        if table is not None and at == last:
            yield _table_html(table, answer)
        elif sentence.citation in shown or _is_above_its_rows(answer, at):
            continue
        elif sentence.citation is not None:
            yield _quote_html(sentence.text, sentence.citation, answer)
        elif table is None:
            yield _template_html(sentence, level)
        elif sentence.template in _FITS:
            yield f'<p class="fit">{_filled_html(sentence, _INNERMOST)}</p>'
        elif sentence.template != _IN_TABLE and not _is_head(sentence, heads):
            yield _template_html(sentence, level)
    if table is not None and last is None:
        yield _table_html(table, answer)


def _is_above_its_rows(answer: Said, at: int) -> bool:
    """Whether a quote has a table's column names, and the next one the rows shown below them."""
    following = answer.sentences[at + 1 : at + 2]
    number = following[0].citation if following else None
    if number is None or number in answer.stale or answer.sentences[at].citation is None:
        return False
    citation = answer.citations[number]
    names = answer.citations.get(citation.columns or 0)
    is_above = names is not None and names.number == answer.sentences[at].citation
    return is_above and names is not None and _fits(names, citation.quote)


def _is_head(sentence: Sentence, heads: set[str]) -> bool:
    """Whether a line names an aspect or a column above a quote: in a table the headings do."""
    return sentence.template in _NAMED and dict(sentence.names)["title"] in heads


def _observed_html(observed: tuple[int, int] | None) -> str:
    if observed is None:
        return ""
    right, asked = map(str, observed)
    template = load_templates("answer")["confidence"]["observed"]
    return f'<p class="rule">{text_html(fill(template, right=right, asked=asked))}</p>'


def _quote_html(text: str, number: int, answer: Said, *, in_cell: bool = False) -> str:
    if number in answer.stale:
        stale = text_html(told("document.stale"))
        return f'<blockquote class="stale"><p>{stale} [{number}]</p></blockquote>'
    citation = answer.citations[number]
    link = _citation_html(citation)
    names = answer.citations.get(citation.columns or 0)
    if (
        names is not None
        and names.number not in answer.stale
        and not in_cell
        and _fits(names, text)
    ):
        table = _rows_html(names.quote, text)
        return f"<blockquote>{table}<p>{_citation_html(names)} {link}</p></blockquote>"
    paragraphs = [text_html(part) for part in _BLANK_LINES.split(text)]
    paragraphs[-1] += f" {link}"
    return f"<blockquote>{''.join(f'<p>{part}</p>' for part in paragraphs)}</blockquote>"


def _fits(names: Citation, rows: str) -> bool:
    """Whether every row has a line a column: else a cell may be empty, and which is not known."""
    columns = len(names.quote.split("\n"))
    return all(len(row.split("\n")) == columns for row in _BLANK_LINES.split(rows))


def _citation_html(citation: Citation) -> str:
    hidden = words("answer.cited", title=citation.title)
    return (
        f'<a class="citation" href="{text_html(source_url(citation))}">[{citation.number}]'
        f'<span class="visually-hidden"> {text_html(hidden)}</span></a>'
    )


def _rows_html(names: str, rows: str) -> str:
    """A quoted table: its columns' names and some of its rows, a line a cell.

    Every cell also carries its column's name, shown where cells are stacked: on a phone.
    """
    heads = [text_html(name) for name in names.split("\n")]
    body = ""
    for row in _BLANK_LINES.split(rows):
        cells = [text_html(cell) for cell in row.split("\n")]
        inside = "".join(
            f'<td><span class="column">{head}</span>{cell}</td>'
            for head, cell in zip(heads, cells, strict=True)
        )
        body += f"<tr>{inside}</tr>"
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return f'<table class="quoted"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _table_html(table: Table, answer: Said) -> str:
    """Every cell also carries its column's name, shown where cells are stacked: on a phone."""
    quoted = {s.citation: s.text for s in answer.sentences if s.citation is not None}
    heads = "".join(f'<th scope="col">{text_html(column)}</th>' for column in table.columns)
    rows = []
    for aspect, cells in table.rows:
        inside = []
        for column, cell in zip(table.columns, cells, strict=True):
            content = "".join(_quote_html(quoted[n], n, answer, in_cell=True) for n in cell)
            if not cell:
                content = f'<span class="nothing">{text_html(words("compare.nothing"))}</span>'
            name = f'<span class="column">{text_html(column)}</span>'
            inside.append(f"<td>{name}{content}</td>")
        rows.append(f'<tr><th scope="row">{text_html(aspect)}</th>{"".join(inside)}</tr>')
    caption = words("compare.caption", columns=", ".join(table.columns))
    return (
        '<div class="comparison"><table>'
        f'<caption class="visually-hidden">{text_html(caption)}</caption>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _template_html(sentence: Sentence, level: int) -> str:
    """A fixed sentence by its part in the answer: heading, count, gap, rule, or plain."""
    if sentence.template in _LEADS:
        strong = _INNERMOST if "heading" in dict(sentence.names) else frozenset(("title",))
        return f'<h{level} class="lead">{_filled_html(sentence, strong)}</h{level}>'
    if sentence.template in _COUNTED:
        return f'<p class="count">{_filled_html(sentence, _COUNTS)}</p>'
    if sentence.template == _EXCLUDING:
        return f'<p class="count">{_filled_html(sentence, _EXCLUDED)}</p>'
    if sentence.template in _GAPS:
        return f'<p class="gap">{text_html(sentence.text)}</p>'
    if sentence.template in _PARTS:
        return f'<p class="part">{_filled_html(sentence, frozenset(("question",)))}</p>'
    if sentence.template in _RULES:
        return f'<p class="rule">{text_html(sentence.text)}</p>'
    return f"<p>{text_html(sentence.text)}</p>"


def _filled_html(sentence: Sentence, strong: frozenset[str]) -> str:
    """The template filled again, the names in ``strong`` standing out."""
    table, key = sentence.template.split(".")
    marked = {
        name: f"<strong>{text_html(value)}</strong>" if name in strong else text_html(value)
        for name, value in sentence.names
    }
    return fill(text_html(load_templates("answer")[table][key]), **marked)
