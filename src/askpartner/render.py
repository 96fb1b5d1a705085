"""Answer -> text, JSON and HTML. Adds no words to an answer but numbers and addresses."""

from __future__ import annotations

from typing import Any

from askpartner.budget import TokenBudget, count_tokens
from askpartner.pack import split_passages
from askpartner.split import path_names, split_sections
from askpartner.templates import fill, load_templates
from askpartner.types import (
    Answer,
    AnswerLink,
    Citation,
    Hit,
    Passage,
    Profile,
    Request,
    Section,
    Sentence,
    Table,
)

PATH_SEPARATOR = " › "


def sentence_text(sentence: Sentence) -> str:
    """One sentence as plain text; a quote stands in quotation marks before its ``[n]``."""
    if sentence.kind == "template":
        return sentence.text
    return f"“{sentence.text}” [{sentence.citation}]"


def answer_text(answer: Answer) -> str:
    """What is said, without the list of sources: sentences separated by blank lines."""
    return "\n\n".join(sentence_text(sentence) for sentence in answer.sentences)


def source_text(citation: Citation) -> str:
    """One entry of the list of sources: title, heading path, lines of the page, address."""
    first, last = citation.lines
    place = PATH_SEPARATOR.join(path_names(citation.title, citation.heading_path))
    lines = f"line {first}" if first == last else f"lines {first}-{last}"
    address = f" {citation.url}" if citation.url else ""
    return f"[{citation.number}] {place} ({citation.profile}.md, {lines}){address}"


def terminal_text(answer: Answer, *, with_hits: bool = False) -> str:
    """The answer as the command line prints it: what is said, the sources, the links."""
    parts = [answer_text(answer)]
    parts.extend(notices(answer))
    if answer.citations:
        parts.append("\n".join(source_text(citation) for citation in answer.citations))
    if answer.links:
        parts.append("\n".join(f"{link.label}: {link.url}" for link in answer.links))
    if with_hits:
        parts.append("\n".join(_hit_text(hit) for hit in answer.hits))
    return "\n\n".join(parts)


def introduction_brief(answer: Answer, link: AnswerLink) -> str:
    """What to send with a request for an introduction: the question and what the page says.

    Quotes only the link's own partner, each with its place; plain text, lines separated by one
    line break.
    """
    brief = load_templates("answer")["brief"]
    cited = [citation for citation in answer.citations if citation.profile == link.profile]
    parts = [fill(brief["question"], question=" ".join(answer.question.split()))]
    if answer.request.situation and answer.request.situation not in answer.question:
        parts.append(fill(brief["situation"], situation=answer.request.situation))
    for citation in cited:
        place = PATH_SEPARATOR.join(path_names(citation.title, citation.heading_path))
        quote = " / ".join(citation.quote.split("\n"))
        parts.append(fill(brief["quote"], place=place, quote=quote))
    return "\n".join(parts)


def notices(answer: Answer) -> list[str]:
    """What was read otherwise than typed, taken over from before, and how far to trust it."""
    words = load_templates("answer")
    found = []
    if answer.request.corrected:
        read = ", ".join(meant for _, meant in answer.request.corrected)
        found.append(fill(words["understood"]["corrected"], words=read))
    if answer.request.carried:
        carried = ", ".join(answer.request.carried)
        found.append(fill(words["understood"]["carried"], words=carried))
    if answer.observed is not None:
        right, asked = map(str, answer.observed)
        found.append(fill(words["confidence"]["observed"], right=right, asked=asked))
    return found


def _hit_text(hit: Hit) -> str:
    place = PATH_SEPARATOR.join(path_names(hit.passage.title, hit.passage.heading_path))
    return f"{hit.rank:>3}  {hit.score:.3f}  {hit.passage.id}  {place}"


def sections_text(profile: Profile, budget: TokenBudget) -> str:
    """How a page is read and cut, for people: sections, and the passages each is cut into."""
    parts = [f"{profile.title} ({profile.id})"]
    for section in split_sections(profile):
        place = PATH_SEPARATOR.join(section.heading_path) or "(before the first heading)"
        parts.append(f"## {place}  [{section.kind}, lines {section.lines[0]}-{section.lines[1]}]")
        for passage in split_passages(profile, section, budget=budget):
            first, last = passage.lines
            size = f"{count_tokens(passage.text.rstrip())} tokens"
            parts.append(f"-- {passage.id}, {size}, lines {first}-{last}\n{passage.text.rstrip()}")
    return "\n\n".join(parts)


def sections_object(profile: Profile, budget: TokenBudget) -> dict[str, Any]:
    """How a page is read and cut, as JSON: the sections tile ``text``, the passages a section."""
    return {
        "profile": profile.id,
        "title": profile.title,
        "url": profile.url,
        "text": profile.text,
        "sections": [
            _section_object(profile, section, budget) for section in split_sections(profile)
        ],
    }


def _section_object(profile: Profile, section: Section, budget: TokenBudget) -> dict[str, Any]:
    return {
        "heading_path": list(section.heading_path),
        "kind": section.kind,
        "start": section.start,
        "end": section.end,
        "lines": list(section.lines),
        "text": profile.text[section.start : section.end],
        "passages": [
            _passage_object(passage) for passage in split_passages(profile, section, budget=budget)
        ],
    }


def _passage_object(passage: Passage) -> dict[str, Any]:
    return {
        "id": passage.id,
        "start": passage.start,
        "end": passage.end,
        "lines": list(passage.lines),
        "tokens": count_tokens(passage.text.rstrip()),
        "text": passage.text,
    }


def answer_object(
    answer: Answer, *, identity: str | None = None, with_hits: bool = False
) -> dict[str, Any]:
    """The published JSON object (``schemas/answer.json``); keys in the order of the schema."""
    found: dict[str, Any] = {} if identity is None else {"id": identity}
    found |= {
        "question": answer.question,
        "status": answer.status,
        "reason": answer.reason,
        "text": answer_text(answer),
        "sentences": [
            {
                "kind": sentence.kind,
                "text": sentence.text,
                "citation": sentence.citation,
                "template": sentence.template,
                "names": dict(sentence.names),
            }
            for sentence in answer.sentences
        ],
        "citations": [_citation_object(citation) for citation in answer.citations],
        "links": [
            {
                "label": link.label,
                "url": link.url,
                "profile": link.profile,
                "brief": introduction_brief(answer, link),
            }
            for link in answer.links
        ],
        "table": None if answer.table is None else _table_object(answer.table),
        "confidence": answer.confidence,
        "observed": None
        if answer.observed is None
        else {"right": answer.observed[0], "asked": answer.observed[1]},
        "request": _request_object(answer.request),
    }
    if with_hits:
        found["hits"] = [_hit_object(hit) for hit in answer.hits]
    found["index_version"] = answer.index_version
    return found


def _citation_object(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "profile": citation.profile,
        "title": citation.title,
        "heading_path": list(citation.heading_path),
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "lines": list(citation.lines),
        "url": citation.url,
        "columns": citation.columns,
    }


def _table_object(table: Table) -> dict[str, Any]:
    return {
        "columns": list(table.columns),
        "rows": [
            {"aspect": aspect, "cells": [list(cell) for cell in cells]}
            for aspect, cells in table.rows
        ],
    }


def _request_object(request: Request) -> dict[str, Any]:
    return {
        "text": request.text,
        "intent": request.intent,
        "partners": list(request.partners),
        "offerings": [{"profile": i, "start": start} for i, start in request.offerings],
        "criteria": [
            {"name": c.name, "kind": c.concept.kind if c.concept else "words"}
            for c in request.criteria
        ],
        "situation": request.situation,
        "carried": list(request.carried),
        "corrected": [{"typed": typed, "read": read} for typed, read in request.corrected],
        "dropped": list(request.dropped),
    }


def _hit_object(hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "score": hit.score,
        "profile": hit.passage.profile,
        "heading_path": list(hit.passage.heading_path),
        "text": hit.passage.text,
        "start": hit.passage.start,
        "end": hit.passage.end,
    }
