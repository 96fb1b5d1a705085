"""Answer -> HTML: one message of the chat, with what it says (``said``), its sources and links.

``body_html`` writes it once, when it is said; the journal keeps it. ``entry_html`` puts around it
what was understood and, in the chat, the controls. Nothing here reads a file, an index or
a clock: the same answer gives the same markup.

The chat's markup passes Gradio's sanitiser, which lets no ``aria-`` and no ``data-`` attribute
through: a button says what it is for in words, and what it does in its ``value``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from askpartner.journal import Entry
from askpartner.render import PATH_SEPARATOR, introduction_brief, source_text
from askpartner.split import path_names
from askpartner.templates import fill, load_templates
from askpartner.types import Answer, AnswerLink, Citation
from askpartner.web.html import (
    ask_url,
    lines_text,
    outside_link_html,
    safe_url,
    source_url,
    text_html,
)
from askpartner.web.kept import kept_citations
from askpartner.web.said import said, said_html
from askpartner.web.words import words

MOST_OPEN_SOURCES = 4  # a longer list of sources is folded


def question_html(question: str) -> str:
    """What was asked, as it was typed."""
    return f'<div class="asked">{text_html(question)}</div>'


def notice_html(message: str) -> str:
    """What is said when a question could not be looked up at all."""
    return f'<div class="answer notice"><p>{text_html(message)}</p></div>'


# -- a kept answer -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Controls:
    """What the asker may do with an answer of the chat."""

    audiences: tuple[str, ...] = ()  # names of the vocabulary it may be asked again for
    questions: tuple[str, ...] = ()  # what may be asked next


@dataclass(frozen=True, slots=True)
class Chip:
    """Something understood that the asker may take away."""

    kind: Literal["carried", "situation", "criterion"]
    text: str


def chips(answer: Mapping[str, Any]) -> tuple[Chip, ...]:
    """What may be taken away of an answer object, in the order it is shown."""
    request = answer["request"]
    return (
        *(Chip("carried", text) for text in request["carried"]),
        *((Chip("situation", request["situation"]),) if request["situation"] else ()),
        *(Chip("criterion", criterion["name"]) for criterion in request["criteria"]),
    )


def entry_html(entry: Entry, controls: Controls | None = None) -> str:
    """An answer as it is shown, then or later; without ``controls`` there is nothing to press."""
    kind = entry.status.replace("_", "-")
    parts = [understood_html(entry, controls), entry.html]
    if controls is not None:
        parts += [_tools_html(entry), _next_html(controls.questions)]
    return f'<div class="answer {kind}">{"".join(parts)}</div>'


def entry_text(entry: Entry) -> str:
    """What is said as plain text with its list of sources, to be pasted elsewhere."""
    sources = [source_text(citation) for citation in kept_citations(entry.answer)]
    return "\n\n".join(part for part in (entry.text, "\n".join(sources)) if part)


def understood_html(entry: Entry, controls: Controls | None = None) -> str:
    """How the question was read, wherever that is more than its own words; "" when it is not."""
    parts = []
    if corrected := entry.answer["request"]["corrected"]:
        template = load_templates("answer")["understood"]["corrected"]
        read = _corrected_text(entry.question, corrected)
        parts.append(f"<p>{text_html(fill(template, words=read))}</p>")
    numbered = list(enumerate(chips(entry.answer), start=1))
    for kind in ("carried", "situation", "criterion"):
        items = [
            _chip_html(chip, f"drop {entry.id} {number}" if controls else "")
            for number, chip in numbered
            if chip.kind == kind
        ]
        if items:
            label = text_html(words(f"understood.{kind}"))
            parts.append(f'<div class="chips"><p>{label}</p><ul>{"".join(items)}</ul></div>')
    if controls is not None and controls.audiences:
        parts.append(_audiences_html(entry.id, controls.audiences))
    return f'<div class="understood">{"".join(parts)}</div>' if parts else ""


def _chip_html(chip: Chip, command: str) -> str:
    button = ""
    if command:
        label = text_html(words("understood.drop", words=chip.text))
        button = (
            f'<button type="button" class="command drop" value="{text_html(command)}">'
            f'<span class="visually-hidden">{label}</span></button>'
        )
    return f"<li><span>{text_html(chip.text)}</span>{button}</li>"


def _audiences_html(identity: str, audiences: Sequence[str]) -> str:
    items = "".join(
        '<li><button type="button" class="command" '
        f'value="{text_html(f"audience {identity} {name}")}">{text_html(name)}</button></li>'
        for name in audiences
    )
    label = text_html(words("understood.audience"))
    return f'<details class="audiences"><summary>{label}</summary><ul>{items}</ul></details>'


def _corrected_text(question: str, corrected: Sequence[Mapping[str, str]]) -> str:
    """The words as read; those typed side by side stay side by side, others get a comma."""
    read = ""
    end = 0
    question = question.casefold()
    for word in corrected:
        start = question.find(word["typed"].casefold(), end)
        beside = start >= 0 and question[end:start].isspace()
        read += (" " if beside else ", ") + word["read"] if read else word["read"]
        end = start + len(word["typed"]) if start >= 0 else end
    return read


def _tools_html(entry: Entry) -> str:
    """Copy, link and judge. The text to copy is there, hidden, so that a press is enough."""
    verdict = entry.judgement.verdict if entry.judgement is not None else ""
    judging = "".join(
        f'<button type="button" class="judge{" given" if verdict == name else ""}" '
        f'value="{name} {entry.id}">{text_html(words(f"tools.{name}"))}</button>'
        for name in ("helpful", "not_helpful")
    )
    return (
        '<div class="tools">'
        f'<button type="button" class="copy">{text_html(words("tools.copy"))}</button>'
        f'<pre class="copied" hidden>{text_html(entry_text(entry))}</pre>'
        f'<a class="permalink" href="/a/{text_html(entry.id)}">'
        f"{text_html(words('tools.permalink'))}</a>"
        f'<span class="judging"><span>{text_html(words("tools.judge"))}</span>{judging}</span>'
        "</div>"
    )


def _next_html(questions: Sequence[str]) -> str:
    if not questions:
        return ""
    items = "".join(
        f'<li><a class="ask" href="{text_html(ask_url(question))}">{text_html(question)}</a></li>'
        for question in questions
    )
    label = text_html(words("next.title"))
    return f'<div class="next"><p class="small-heading">{label}</p><ul>{items}</ul></div>'


# -- what is said, and below it ------------------------------------------------------------------


def body_html(answer: Answer) -> str:
    """What an answer says, with its sources and links; a whole one, before the journal has it."""
    return said_html(said(answer)) + _sources_html(answer.citations) + _links_html(answer)


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


def _links_html(answer: Answer) -> str:
    """One link a partner and label, with what to send along: a second one would look the same."""
    chosen: dict[tuple[str, str], AnswerLink] = {}
    for link in answer.links:
        if safe_url(link.url) is not None:
            chosen.setdefault((link.profile, link.label), link)
    summary = text_html(words("tools.brief"))
    entries = "".join(
        f"<li>{outside_link_html(link.label, link.url)}"
        f'<details class="brief"><summary>{summary}</summary>'
        f'<pre class="copied">{text_html(introduction_brief(answer, link))}</pre></details></li>'
        for link in chosen.values()
    )
    return f'<ul class="links">{entries}</ul>' if entries else ""
