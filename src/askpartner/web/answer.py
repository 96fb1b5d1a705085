"""Answer -> HTML: one message of the chat, with its notices, quotes, table, sources and links.

Nothing here reads a file, an index or a clock: the same answer gives the same markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from askpartner.render import PATH_SEPARATOR
from askpartner.split import path_names
from askpartner.templates import fill, load_templates
from askpartner.types import Answer, AnswerLink, Citation, Request, Sentence, Table
from askpartner.web.html import lines_text, outside_link_html, safe_url, source_url, text_html
from askpartner.web.words import words

MOST_OPEN_SOURCES = 4  # a longer list of sources is folded

_BLANK_LINES = re.compile(r"\n{2,}")  # between the blocks of a quote
_NAME = re.compile(r"\{(\w+)\}")
_GAPS = (
    ("partial", "absent"),
    ("partial", "nearest"),
    ("list", "excluded"),
    ("list", "uncovered"),
    ("match", "not_stated"),
    ("match", "excluded"),
)  # sentences that tell what was not found
_RULES = (("match", "rule"), ("compare", "lead"))  # how the answer below is put together


def question_html(question: str) -> str:
    """What was asked, as it was typed."""
    return f'<div class="asked">{text_html(question)}</div>'


def notice_html(message: str) -> str:
    """What is said when a question could not be looked up at all."""
    return f'<div class="answer notice"><p>{text_html(message)}</p></div>'


def answer_html(answer: Answer) -> str:
    """An answer with what was understood, its citations, sources and links.

    Quotes that the table holds are shown there and not a second time.
    """
    citations = {citation.number: citation for citation in answer.citations}
    parts = [_understood_html(answer.request)]
    if answer.status == "partial":
        parts.append(f'<p class="verdict">{text_html(words("answer.partial"))}</p>')
    parts += _sentences_html(answer, citations)
    parts.append(_observed_html(answer))
    parts += [_sources_html(answer.citations), _links_html(answer.links)]
    kind = answer.status.replace("_", "-")
    return f'<div class="answer {kind}">{"".join(parts)}</div>'


# -- what was understood ---------------------------------------------------------------------


def _understood_html(request: Request) -> str:
    """How the question was read, wherever that is more than its own words."""
    understood = load_templates("answer")["understood"]
    told: list[str] = []
    if request.corrected:
        told.append(fill(understood["corrected"], words=_corrected_text(request)))
    if request.carried:
        told.append(fill(understood["carried"], words=", ".join(request.carried)))
    if request.situation:
        told.append(words("answer.situation", words=request.situation))
    parts = [f"<p>{text_html(line)}</p>" for line in told]
    if request.criteria:
        chips = "".join(f"<li>{text_html(criterion.name)}</li>" for criterion in request.criteria)
        label = text_html(words("answer.criteria"))
        parts.append(f'<div class="criteria"><p>{label}</p><ul>{chips}</ul></div>')
    return f'<div class="understood">{"".join(parts)}</div>' if parts else ""


def _corrected_text(request: Request) -> str:
    """The words as read; those typed side by side stay side by side, others get a comma."""
    read = ""
    end = 0
    question = request.question.casefold()
    for typed, meant in request.corrected:
        start = question.find(typed.casefold(), end)
        beside = start >= 0 and question[end:start].isspace()
        read += (" " if beside else ", ") + meant if read else meant
        end = start + len(typed) if start >= 0 else end
    return read


# -- what is said ----------------------------------------------------------------------------


def _sentences_html(answer: Answer, citations: dict[int, Citation]) -> Iterator[str]:
    table = answer.table
    rows = table.rows if table else ()
    shown = {number for _, cells in rows for cell in cells for number in cell}
    leads = _table_leads(table) if table else frozenset()
    waiting = table  # until the first of its sentences, in whose place it stands
    template = _TemplateLines(answer.citations)
    for sentence in answer.sentences:
        if sentence.citation not in shown and not (
            sentence.kind == "template" and sentence.text in leads
        ):
            if sentence.citation is None:
                yield template.html(sentence.text)
            else:
                yield _quote_html(sentence.text, citations[sentence.citation])
        elif waiting is not None:
            yield _table_html(waiting, answer.sentences, citations)
            waiting = None
    if waiting is not None:
        yield _table_html(waiting, answer.sentences, citations)


def _observed_html(answer: Answer) -> str:
    if answer.observed is None:
        return ""
    right, asked = map(str, answer.observed)
    template = load_templates("answer")["confidence"]["observed"]
    return f'<p class="rule">{text_html(fill(template, right=right, asked=asked))}</p>'


def _table_leads(table: Table) -> frozenset[str]:
    """The lines that name an aspect or a column above a quote: in a table the headings do."""
    lead = load_templates("answer")["lead"]["profile"]
    names = (*table.columns, *(aspect for aspect, _ in table.rows))
    return frozenset(fill(lead, title=name) for name in names)


def _quote_html(text: str, citation: Citation) -> str:
    hidden = words("answer.cited", title=citation.title)
    link = (
        f'<a class="citation" href="{text_html(source_url(citation))}">[{citation.number}]'
        f'<span class="visually-hidden"> {text_html(hidden)}</span></a>'
    )
    paragraphs = [text_html(part) for part in _BLANK_LINES.split(text)]
    paragraphs[-1] += f" {link}"
    return f"<blockquote>{''.join(f'<p>{part}</p>' for part in paragraphs)}</blockquote>"


def _table_html(table: Table, sentences: Sequence[Sentence], citations: dict[int, Citation]) -> str:
    """Every cell also carries its column's name, shown where cells are stacked: on a phone."""
    quoted = {s.citation: s.text for s in sentences if s.citation is not None}
    heads = "".join(f'<th scope="col">{text_html(column)}</th>' for column in table.columns)
    rows = []
    for aspect, cells in table.rows:
        inside = []
        for column, cell in zip(table.columns, cells, strict=True):
            content = "".join(_quote_html(quoted[n], citations[n]) for n in cell)
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


class _TemplateLines:
    """Fixed sentences, each by its part in the answer: heading, count, gap, rule, or plain.

    A sentence does not say which template it was made of, so it is read back; a wrong guess could
    change how a line looks and never what it says.
    """

    def __init__(self, citations: Sequence[Citation]) -> None:
        lead = load_templates("answer")["lead"]
        self._titles = sorted({citation.title for citation in citations})
        self._places: dict[str, tuple[str, dict[str, str]]] = {}
        for citation in citations:
            path = path_names(citation.title, citation.heading_path)
            if not path:
                continue
            if len(path) > 1:
                template, names = lead["section"], {"title": path[0], "heading": path[-1]}
            else:
                template, names = lead["profile"], {"title": path[0]}
            self._places[fill(template, **names)] = template, names

    def html(self, text: str) -> str:
        """One sentence as an element of its own."""
        if text in self._places:
            return _lead_html(*self._places[text])
        for title in self._titles:
            names = _read_back("match", "way", text, title=title)
            if names is not None:
                return _lead_html(load_templates("answer")["match"]["way"], names)
        names = _read_back("list", "counted", text)
        if names is not None:
            marked = {
                name: f"<strong>{text_html(value)}</strong>"
                if name in ("stated", "total", "criterion")
                else text_html(value)
                for name, value in names.items()
            }
            template = load_templates("answer")["list"]["counted"]
            return f'<p class="count">{fill(text_html(template), **marked)}</p>'
        for kind, keys in (("gap", _GAPS), ("rule", _RULES)):
            if any(_read_back(table, key, text) is not None for table, key in keys):
                return f'<p class="{kind}">{text_html(text)}</p>'
        return f"<p>{text_html(text)}</p>"


def _lead_html(template: str, names: dict[str, str]) -> str:
    """A line above quotes; of partner and heading the innermost stands out."""
    marked = {name: text_html(value) for name, value in names.items()}
    innermost = "heading" if "heading" in marked else "title"
    marked[innermost] = f"<strong>{marked[innermost]}</strong>"
    return f'<h3 class="lead">{fill(text_html(template), **marked)}</h3>'


def _read_back(table: str, key: str, text: str, **known: str) -> dict[str, str] | None:
    """The names a template of ``answer.toml`` was filled with to give ``text``; None: another.

    ``known`` are names that must stand there as they are.
    """
    found = _pattern(load_templates("answer")[table][key], tuple(known.items())).fullmatch(text)
    return found.groupdict() if found else None


@lru_cache(maxsize=256)
def _pattern(template: str, known: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    fixed = dict(known)
    pieces = _NAME.split(template)  # words and names in turn
    pattern = re.escape(pieces[0])
    for name, after in zip(pieces[1::2], pieces[2::2], strict=True):
        value = re.escape(fixed[name]) if name in fixed else ".+"
        pattern += f"(?P<{name}>{value}){re.escape(after)}"
    return re.compile(pattern, re.DOTALL)


# -- below what is said ----------------------------------------------------------------------


def _sources_html(citations: Sequence[Citation]) -> str:
    if not citations:
        return ""
    entries = "".join(_source_entry_html(citation) for citation in citations)
    title = text_html(words("answer.sources", count=str(len(citations))))
    is_open = " open" if len(citations) <= MOST_OPEN_SOURCES else ""
    return (
        f'<details class="sources"{is_open}><summary class="small-heading">{title}</summary>'
        f"<ul>{entries}</ul></details>"
    )


def _source_entry_html(citation: Citation) -> str:
    place = PATH_SEPARATOR.join(path_names(citation.title, citation.heading_path))
    return (
        f'<li><a class="citation entry" href="{text_html(source_url(citation))}">'
        f'<span class="number">[{citation.number}]</span> '
        f'<span class="place">{text_html(place)}</span> '
        f'<span class="where">{text_html(lines_text(citation.lines))}</span></a></li>'
    )


def _links_html(links: Sequence[AnswerLink]) -> str:
    """One link a partner and label: a second one would look the same and lead elsewhere."""
    chosen: dict[tuple[str, str], str] = {}
    for link in links:
        url = safe_url(link.url)
        if url is not None:
            chosen.setdefault((link.profile, link.label), url)
    entries = "".join(
        f"<li>{outside_link_html(label, url)}</li>" for (_, label), url in chosen.items()
    )
    return f'<ul class="links">{entries}</ul>' if entries else ""
