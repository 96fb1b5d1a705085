"""The chat over HTTP: what is written is safe, what is shown is proven, history stays here."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import html5lib
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpartner.assistant import Assistant
from askpartner.corpus import list_pages, read_page
from askpartner.errors import UsageError
from askpartner.index import IndexReader, build_index
from askpartner.split import section_blocks, source_lines, split_sections
from askpartner.types import (
    Answer,
    AnswerLink,
    Citation,
    Criterion,
    Profile,
    Request,
    Section,
    Sentence,
    Table,
)
from askpartner.web import html
from askpartner.web.answer import answer_html, question_html
from askpartner.web.page import rewrite_page
from shared_material import ROOT
from web_fixtures import (
    HOSTILE,
    PAGES,
    ChatClient,
    Directory,
    directory,
    own_directory,
    running_server,
    server,
    serving,
)

__all__ = ["directory", "own_directory", "server"]  # fixtures

# What a browser's parser keeps as it is: no NUL (replaced) and no surrogate (not in UTF-8).
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
PROFILES = {page.id: page for page in (read_page(PAGES, path) for path in list_pages(PAGES))}
SECTIONS = [(page, section) for page in PROFILES.values() for section in split_sections(page)]


@pytest.fixture(scope="module")
def reader(directory: Directory) -> IndexReader:
    return IndexReader(directory.index)


@pytest.fixture(scope="module")
def teller(reader: IndexReader, directory: Directory) -> Assistant:
    """Answers from the pages of the fixture, in this process."""
    return Assistant(reader, directory.settings)


def parse(fragment: str) -> Any:
    return html5lib.parseFragment(fragment, namespaceHTMLElements=False)


def text_of(element: Any) -> str:
    return "".join(element.itertext())


def squeeze(text: str) -> str:
    return "".join(text.split())


# -- escaping ------------------------------------------------------------------------------------


@given(TEXT)
def test_text_is_shown_as_it_is(text: str) -> None:
    element = parse(f'<p title="{html.text_html(text)}">{html.text_html(text)}</p>')[0]
    assert text_of(element) == text
    assert element.get("title") == text
    assert len(element) == 0


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://alpha.example/contact?a=1&b=2#c", True),
        ("http://alpha.example", True),
        ("HTTPS://alpha.example/", True),
        ("mailto:grants@beta.example", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("java\nscript:alert(1)", False),
        (" https://alpha.example", False),
        ("https://alpha.example/a b", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("vbscript:x", False),
        ("file:///etc/passwd", False),
        ("//alpha.example/", False),
        ("/source?profile=alpha", False),
        ("https:", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_addresses_of_listed_schemes_become_links(url: str, allowed: bool) -> None:
    assert html.safe_url(url) == (url if allowed else None)


# -- an answer -----------------------------------------------------------------------------------

NASTY = "<img src=x onerror=hack()> [x](javascript:hack()) $$x$$ | a | `b` **c** &lt; \r\t\\( </p>"


def make_answer(text: str, url: str, *, status: str = "answered") -> Answer:
    """An answer with every text in it being ``text`` and every address ``url``.

    Of two quotes the table holds the first; its second column states nothing.
    """
    first, second = (
        Citation(
            number=number,
            profile=text,
            title=text,
            heading_path=(text, text),
            quote=text,
            start=3 * number,
            end=3 * number + len(text),
            lines=(5, 8),
            url=url,
        )
        for number in (1, 2)
    )
    return Answer(
        question=text,
        status="answered" if status == "answered" else "not_found",
        reason="",
        sentences=(
            Sentence("template", text, None),
            Sentence("quote", text, 1),
            Sentence("quote", text, 2),
        ),
        citations=(first, second),
        links=(AnswerLink(text, url, text),),
        table=Table((text, text), ((text, ((1,), ())),)),
        confidence=1.0,
        observed=(9, 10),
        request=Request(
            question=text,
            text=text,
            intent="fact",
            partners=(text,),
            offerings=((text, 3),),
            criteria=(Criterion(text, None, frozenset((text,))),),
            situation=text,
            carried=(text,),
            corrected=((text, text),),
        ),
        hits=(),
        index_version="1",
    )


ELEMENTS = {
    *("div", "p", "blockquote", "a", "span", "ul", "li", "h3", "strong", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"class", "href", "target", "rel", "scope", "open"}


@given(TEXT.filter(lambda text: text.strip()))
def test_an_answer_is_made_of_our_elements_only(text: str) -> None:
    found = parse(answer_html(make_answer(text, text)))
    assert {element.tag for element in found.iter()} - {"DOCUMENT_FRAGMENT"} <= ELEMENTS
    assert {name for element in found.iter() for name in element.attrib} <= ATTRIBUTES
    addresses = [link.get("href") for link in found.iter("a")]
    assert len(addresses) >= 4  # two citations and their sources
    assert all(address.startswith("/source?") or address == text for address in addresses)
    headings = [text_of(one) for one in found.iter("th")]
    assert [squeeze(one) for one in headings] == [squeeze(text)] * 3
    [criterion, *_] = found.iter("li")
    assert squeeze(text_of(criterion)) == squeeze(text)
    quotes = [squeeze(text_of(one)) for one in found.iter("blockquote")]
    assert len(quotes) == 2
    assert all(quote.startswith(squeeze(text) + "[") for quote in quotes)


def test_an_answer_shows_quote_number_source_and_link() -> None:
    answer = make_answer(NASTY, "https://alpha.example/")
    found = parse(answer_html(answer))
    quotes = list(found.iter("blockquote"))
    assert [squeeze(text_of(one))[: len(squeeze(NASTY)) + 3] for one in quotes] == [
        squeeze(NASTY) + "[1]",
        squeeze(NASTY) + "[2]",
    ]
    first, _, source, _, outside = found.iter("a")
    assert first.get("href") == source.get("href")
    query = parse_qs(urlsplit(first.get("href")).query)
    assert query["profile"] == [NASTY]
    assert (query["start"], query["end"]) == (["3"], [str(3 + len(NASTY))])
    assert text_of(source).startswith("[1]")
    assert text_of(source).endswith("lines 5–8")
    assert outside.get("href") == "https://alpha.example/"
    assert outside.get("target") == "_blank"
    assert "noopener" in outside.get("rel")


def of_class(found: Any, name: str) -> list[Any]:
    return [one for one in found.iter() if name in (one.get("class") or "").split()]


def test_a_table_holds_its_quotes_once_and_says_what_is_not_stated() -> None:
    found = parse(answer_html(make_answer("words", "https://alpha.example/")))
    [table] = found.iter("table")
    assert [one.get("scope") for one in table.iter("th")] == ["col", "col", "row"]
    assert "words, words" in text_of(next(table.iter("caption")))
    full, empty = list(next(table.iter("tbody")).iter("td"))
    assert text_of(next(full.iter("blockquote"))).startswith("words [1]")
    assert text_of(empty) == "wordsnot stated"  # the column's name is for a phone
    assert list(empty.iter("a")) == []
    outside = [one for one in found.iter("blockquote") if one not in list(table.iter())]
    assert [text_of(one)[:9] for one in outside] == ["words [2]"]


def test_an_answer_tells_how_the_question_was_read() -> None:
    answer = make_answer("words", "https://alpha.example/")
    request = replace(
        answer.request,
        question="Is fasility rentl or a labratory to be had?",
        corrected=(("fasility", "facility"), ("rentl", "rental"), ("labratory", "laboratory")),
        carried=("Alpha", "Training"),
        situation="We are small.",
        criteria=(Criterion("start-up", None, frozenset()), Criterion("GMP", None, frozenset())),
    )
    found = parse(answer_html(replace(answer, request=request)))
    [understood] = of_class(found, "understood")
    lines = [text_of(one) for one in understood.iter("p")]
    assert lines[0] == "Read as: facility rental, laboratory"
    assert lines[1].endswith(": Alpha, Training")
    assert lines[2].endswith(": We are small.")
    assert [text_of(one) for one in understood.iter("li")] == ["start-up", "GMP"]
    plain = replace(request, corrected=(), carried=(), situation="", criteria=())
    assert not of_class(parse(answer_html(replace(answer, request=plain))), "understood")


@pytest.mark.parametrize(("count", "is_open"), [(1, True), (4, True), (5, False), (30, False)])
def test_a_long_list_of_sources_is_folded(count: int, is_open: bool) -> None:
    answer = make_answer("words", "https://alpha.example/")
    citations = tuple(replace(answer.citations[0], number=at + 1) for at in range(count))
    sentences = tuple(Sentence("quote", "words", at + 1) for at in range(count))
    found = parse(
        answer_html(replace(answer, citations=citations, sentences=sentences, table=None))
    )
    [details] = found.iter("details")
    assert ("open" in details.attrib) == is_open
    assert text_of(next(details.iter("summary"))) == f"Sources ({count})"
    assert len(list(details.iter("li"))) == count


def test_a_partner_has_one_link_of_a_kind() -> None:
    answer = make_answer("words", "https://alpha.example/")
    links = (
        AnswerLink("Introduction", "javascript:alert(1)", "alpha"),
        AnswerLink("Introduction", "https://alpha.example/hire", "alpha"),
        AnswerLink("Introduction", "https://alpha.example/walk", "alpha"),
        AnswerLink("Website", "https://alpha.example/", "alpha"),
        AnswerLink("Introduction", "https://alpha.example/hire", "beta"),
    )
    found = parse(answer_html(replace(answer, links=links)))
    [shown] = of_class(found, "links")
    assert [one.get("href") for one in shown.iter("a")] == [
        "https://alpha.example/hire",
        "https://alpha.example/",
        "https://alpha.example/hire",
    ]


# Asked of the pages of the fixture, these are a comparison, a list, a fact that is there in part,
# a fact, the ways to work, a refusal and a greeting.
ASKED = {
    "Compare the two ways to work with Echo Works": "answered",
    "Which partners work with start-ups?": "answered",
    "Does the client return hired ropes dry to Echo Works by courier?": "partial",
    "When was the Alpha Institute founded?": "answered",
    "What ways are there to work with Alpha Institute?": "answered",
    "Who won the football match?": "not_found",
    "Hello": "clarify",
}


@pytest.mark.parametrize(("question", "status"), ASKED.items())
def test_what_is_said_is_shown_whole_and_in_order(
    teller: Assistant, question: str, status: str
) -> None:
    answer = teller.ask(question)
    assert answer.status == status
    found = parse(answer_html(answer))
    assert found[0].get("class") == f"answer {status.replace('_', '-')}"
    assert bool(of_class(found, "verdict")) == (status == "partial")
    shown = squeeze(text_of(found))
    at = 0
    for sentence in answer.sentences:
        said = squeeze(sentence.text)
        if answer.table is None:
            at = shown.index(said, at) + len(said)
        elif sentence.kind == "quote":
            assert said in shown
    cited = [squeeze(text_of(one)).split("show")[0] for one in of_class(found, "citation")]
    numbers = [f"[{citation.number}]" for citation in answer.citations]
    assert cited[: len(numbers)] == numbers  # each quote once, in the order of the answer


def test_a_comparison_is_a_table_without_its_lines_a_second_time(teller: Assistant) -> None:
    answer = teller.ask("Compare the two ways to work with Echo Works")
    found = parse(answer_html(answer))
    assert not of_class(found, "lead")
    rows = [
        [text_of(one) for one in row if one.tag in ("th", "td")]
        for row in next(found.iter("tbody"))
    ]
    assert [row[0] for row in rows] == ["What it is", "Who it suits", "Where"]
    assert "returns them dry" in rows[0][1]
    assert "<script>" in rows[1][1]
    assert rows[1][2] == "2. Rope Walknot stated"
    assert rows[2][1].endswith("not stated")
    assert "Singapore" in rows[2][2]
    assert not {"img", "script"} & {element.tag for element in found.iter()}
    assert [one.get("class") for one in found[0] if one.tag == "p"] == ["rule"]


def test_lines_look_like_what_they_are(teller: Assistant) -> None:
    found = parse(answer_html(teller.ask("Which partners work with start-ups?")))
    [count] = of_class(found, "count")
    assert [text_of(one) for one in count.iter("strong")][:2] == ["2", "5"]
    leads = of_class(found, "lead")
    assert [text_of(one) for one in leads] == [
        "Alpha Institute (AI), 1. Laboratory Rental:",
        "Echo Works (EW), 1. Rope Hire <img src=x onerror=window.hacked=1>:",
    ]
    assert [text_of(one) for lead in leads for one in lead.iter("strong")] == [
        "1. Laboratory Rental",
        "1. Rope Hire <img src=x onerror=window.hacked=1>",
    ]
    found = parse(
        answer_html(teller.ask("Does the client return hired ropes dry to Echo Works by courier?"))
    )
    [gap] = of_class(found, "gap")
    assert "courier" in text_of(gap)


def test_an_answer_has_no_link_of_another_scheme() -> None:
    found = answer_html(make_answer("words", "javascript:alert(1)"))
    assert "javascript" not in found


# -- a section with its quote --------------------------------------------------------------------


def show(page: Profile, section: Section, start: int, end: int) -> Any:
    lines = source_lines(page, start, end)
    return parse(html.source_html(page, section, start=start, end=end, lines=lines, url=page.url))[
        0
    ]


@given(st.data())
def test_a_source_loses_and_adds_no_word_and_marks_the_quote(data: st.DataObject) -> None:
    page, section = data.draw(st.sampled_from(SECTIONS))
    start = data.draw(st.integers(section.start, section.end - 1))
    end = data.draw(st.integers(start + 1, section.end))
    if not page.text[start:end].strip():
        return
    shown = show(page, section, start, end)
    marks = list(shown.iter("mark"))
    assert squeeze("".join(map(text_of, marks))) == squeeze(page.text[start:end])
    assert [mark.get("id") for mark in marks] == ["quote", *[None] * (len(marks) - 1)]
    heading = "".join(text_of(one) for one in shown.iter("h2"))
    [body] = [one for one in shown.iter("div") if one.get("class") == "words"]
    whole = page.text[section.start : section.end]
    assert squeeze(heading + text_of(body)) == squeeze(whole)


def test_a_source_shows_lists_tables_and_labels() -> None:
    beta = PROFILES["beta"]
    overview, grant = (
        next(one for one in split_sections(beta) if one.heading_path[-1:] == (name,))
        for name in ("Overview", "Apply for a grant")
    )
    shown = show(beta, overview, overview.start, overview.end)
    rows = [[text_of(cell) for cell in row] for row in shown.iter("tr")]
    assert rows == [["Scheme", "Cap"], ["Seed", "S$50,000"], ["Growth", "S$250,000"]]
    shown = show(beta, grant, grant.start, grant.end)
    assert [text_of(one) for one in shown.iter("li")] == ["Researchers in public hospitals"]
    labels = [text_of(one) for one in shown.iter("p") if one.get("class") == "label"]
    assert labels == ["Who is this suitable for?"]
    assert text_of(shown).startswith("Beta Fund")
    assert "Ways to work with Beta" in text_of(shown)


def test_a_quote_over_several_blocks_is_marked_in_each() -> None:
    alpha = PROFILES["alpha"]
    section = next(one for one in split_sections(alpha) if one.heading_path[-1].startswith("1."))
    blocks = section_blocks(alpha, section)
    label = next(at for at, block in enumerate(blocks) if block.kind == "label")
    quoted = blocks[label : label + 3]
    shown = show(alpha, section, quoted[0].start, quoted[-1].end)
    marks = [text_of(mark) for mark in shown.iter("mark")]
    assert marks == ["Who is this suitable for?", "Start-ups", "Universities"]


@pytest.mark.parametrize(
    ("url", "links", "told"),
    [
        ("https://site.example/alpha/", ["https://site.example/alpha/"], False),
        ("/partners/alpha/", [], True),
        ("javascript:alert(1)", [], False),
        ("", [], False),
    ],
)
def test_the_address_of_a_page_is_a_link_only_where_it_leads(
    url: str, links: list[str], told: bool
) -> None:
    alpha = PROFILES["alpha"]
    section = split_sections(alpha)[1]
    made = html.source_html(
        alpha, section, start=section.start, end=section.end, lines=section.lines, url=url
    )
    shown = parse(made)[0]
    assert [link.get("href") for link in shown.iter("a")] == links
    assert (bool(url) and url in text_of(shown)) == told


# -- the page ------------------------------------------------------------------------------------


def test_a_page_that_is_not_the_pinned_gradio_is_refused() -> None:
    with pytest.raises(RuntimeError, match="pinned"):
        rewrite_page("<html><head></head><body></body></html>", "nonce")


def test_the_page_names_no_other_host(server: str) -> None:
    page = httpx.get(server).text
    hosts = {
        urlsplit(url).netloc for url in re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\"' ]*", page)
    }
    assert hosts <= {urlsplit(server).netloc}


def test_every_script_of_the_page_is_let_in_by_its_policy(server: str) -> None:
    first, second = httpx.get(server), httpx.get(server)
    policy = first.headers["content-security-policy"]
    [nonce] = re.findall(r"'nonce-([\w-]+)'", policy)
    scripts = re.findall(r"<script\b[^>]*>", first.text)
    assert len(scripts) >= 5
    assert all(f'nonce="{nonce}"' in script for script in scripts)
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert nonce not in second.text


def test_the_page_can_be_asked_for_without_body(server: str) -> None:
    assert httpx.head(server).status_code == 200


@pytest.mark.parametrize("name", ["chat.css", "chat.js", "icon.svg"])
def test_assets_are_served(server: str, name: str) -> None:
    found = httpx.get(f"{server}/page/{name}")
    assert found.status_code == 200
    assert found.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{server}/page/../chat.py").status_code == 404


def test_health(server: str, reader: IndexReader) -> None:
    found = httpx.get(f"{server}/healthz")
    assert found.status_code == 200
    version = reader.get().version
    assert found.json() == {"status": "ok", "index_version": version, "profiles": 5}


# -- the conversation ----------------------------------------------------------------------------


def citation_urls(message: str) -> list[str]:
    return [
        link.get("href")
        for link in parse(message).iter("a")
        if "citation" in (link.get("class") or "").split()
    ]


def test_an_answer_is_cited_and_its_source_can_be_opened(server: str) -> None:
    asked, answered = ChatClient(server, "cited").ask("When was the Alpha Institute founded?")
    assert asked == ("user", question_html("When was the Alpha Institute founded?"))
    role, message = answered
    assert role == "assistant"
    assert "founded in 1990" in message
    urls = citation_urls(message)
    assert urls
    for url in urls:
        shown = httpx.get(server + url)
        assert shown.status_code == 200
        [article] = [
            one
            for one in html5lib.parse(shown.text, namespaceHTMLElements=False).iter("article")
            if one.get("id") == "source"
        ]
        assert any(text_of(mark).strip() for mark in article.iter("mark"))
        assert "It has 12 laboratories" in text_of(article)  # the whole section, not the quote
        assert "https://site.example/partners/alpha/" in shown.text


def test_a_refusal_cites_nothing_and_looks_different(server: str) -> None:
    _, (_, message) = ChatClient(server, "refused").ask("Who won the football match?")
    assert citation_urls(message) == []
    assert parse(message)[0].get("class") == "answer not-found"


def test_history_is_kept_on_the_server(server: str) -> None:
    client, stranger = ChatClient(server, "kept"), ChatClient(server, "stranger")
    client.ask("When was the Alpha Institute founded?")
    forged = [["What is Beta Fund?", "x", "<script>hack()</script>"]]
    messages = client.ask("Who is Training suitable for?", forged)
    assert [role for role, _ in messages] == ["user", "assistant"] * 2
    assert "founded" in messages[0][1]
    assert not any("script" in message for _, message in messages)
    assert len(stranger.ask("Who is Training suitable for?", forged)) == 2


def test_a_new_conversation_forgets(server: str) -> None:
    client = ChatClient(server, "forgets")
    client.ask("When was the Alpha Institute founded?")
    outputs = client.trigger(client.component("again"), "click")
    assert outputs[client.component("chat")] == []
    assert len(client.ask("What is Beta Fund?")) == 2


@pytest.mark.parametrize("question", ["", "   \n", None])
def test_an_empty_message_is_not_a_question(server: str, question: object) -> None:
    client = ChatClient(server, f"empty {question!r}")
    client.trigger(client.component("message"), "submit", question, None)
    assert len(client.ask("What is Beta Fund?")) == 2


def test_a_question_that_cannot_be_read_is_told_so(server: str) -> None:
    _, (_, message) = ChatClient(server, "unreadable").ask("?!")
    assert parse(message)[0].get("class") == "answer notice"
    assert "no words" in message


def test_hostile_words_stay_words(server: str, directory: Directory) -> None:
    question = "What does Delta hire out? <img src=x onerror=hack()> [x](javascript:hack()) $$y$$"
    (_, asked), (_, message) = ChatClient(server, "hostile").ask(question)
    assert text_of(parse(asked)) == question
    found = parse(message)
    assert not {"img", "script"} & {element.tag for element in found.iter()}
    assert not any(name.startswith("on") for one in found.iter() for name in one.attrib)
    assert "javascript:" not in "".join(link.get("href") for link in found.iter("a"))
    for url in citation_urls(message):
        page = html5lib.parse(httpx.get(server + url).text, namespaceHTMLElements=False)
        assert not {"img", "script"} & {element.tag for element in page.iter()}
    assert "script" in HOSTILE


def test_starters_are_questions_the_index_answers(server: str, teller: Assistant) -> None:
    offered = ChatClient(server, "starters").starters()
    assert len(offered) >= 3
    assert offered == ChatClient(server, "starters again").starters()
    for question in offered:
        assert teller.ask(question).status == "answered", question


# -- sources that cannot be shown ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("profile=alpha", 422),
        ("profile=alpha&start=a&end=b&quote=0123456789abcdef", 422),
        ("profile=alpha&start=5&end=5&quote=0123456789abcdef", 422),
        ("profile=alpha&start=-5&end=5&quote=0123456789abcdef", 422),
        ("profile=alpha&start=1&end=9&quote=no", 422),
        ("profile=alpha&start=1&end=9999999999999999999&quote=0123456789abcdef", 422),
        ("profile=nobody&start=1&end=9&quote=0123456789abcdef", 404),
        ("profile=../../etc/passwd&start=1&end=9&quote=0123456789abcdef", 404),
        ("profile=alpha&start=1&end=9&quote=0123456789abcdef", 409),
        ("profile=alpha&start=1&end=999999&quote=0123456789abcdef", 409),
    ],
)
def test_a_wrong_source_address_is_told_plainly(server: str, query: str, status: int) -> None:
    found = httpx.get(f"{server}/source?{query}")
    assert found.status_code == status
    assert found.headers["content-type"].startswith("text/html")
    assert "Traceback" not in found.text
    page = html5lib.parse(found.text, namespaceHTMLElements=False)
    [article] = page.iter("article")
    assert article.get("class") == "problem"
    assert not list(page.iter("mark"))


def test_a_range_over_two_sections_is_no_source(server: str, reader: IndexReader) -> None:
    alpha = reader.get().profiles["alpha"]
    query = f"profile=alpha&start=0&end={len(alpha.text)}&quote={html.quote_proof(alpha.text)}"
    assert httpx.get(f"{server}/source?{query}").status_code == 404


@pytest.mark.slow
def test_an_edited_page_refuses_and_a_new_index_is_picked_up(own_directory: Directory) -> None:
    page = own_directory.corpus / "alpha.md"
    with running_server(own_directory) as address:
        client = ChatClient(address, "edited")
        [url, *_] = citation_urls(client.ask("When was the Alpha Institute founded?")[-1][1])
        assert httpx.get(address + url).status_code == 200

        page.write_text(page.read_text().replace("founded in 1990", "founded in 1985"))
        stale = httpx.get(address + url)
        assert stale.status_code == 409
        assert "1990" not in stale.text
        assert "has changed" in stale.text

        build_index(own_directory.settings)
        stale = httpx.get(address + url)
        assert stale.status_code == 409
        assert "1985" not in stale.text
        message = client.ask("When was the Alpha Institute founded?")[-1][1]
        assert "founded in 1985" in message
        [url, *_] = citation_urls(message)
        assert httpx.get(address + url).status_code == 200


# -- the process ---------------------------------------------------------------------------------


def test_an_address_in_use_is_refused(server: str, directory: Directory) -> None:
    port = urlsplit(server).port
    done = run_serve(directory.index, "--port", str(port))
    assert done.returncode == UsageError.exit_code
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_index_is_refused(tmp_path: Path) -> None:
    done = run_serve(tmp_path / "none")
    assert done.returncode == 4
    assert "askpartner index" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_index_that_cannot_be_used_is_told_before_the_server_is_loaded(
    own_directory: Directory,
) -> None:
    [manifest] = own_directory.index.glob("generations/*/manifest.json")
    manifest.unlink()
    program = (
        "import sys\n"
        "from askpartner.cli import main\n"
        "code = main(['serve', '--port', '0'])\n"
        "print(code, sorted({'gradio', 'fastapi', 'torch'} & set(sys.modules)))\n"
    )
    for index in (own_directory.index, own_directory.folder / "none"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"ASKPARTNER_INDEX": str(index)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout == "4 []\n"
        assert str(index) in done.stderr


def run_serve(index: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "askpartner.cli", "serve", "--index", str(index), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# Ends a process that starts to import one of the packages that build an index.
WITHOUT_TORCH = """
import os, sys

def refuse(event, arguments):
    if event == "import" and arguments[0].partition(".")[0] in ("torch", "sentence_transformers"):
        os.write(2, f"imported {arguments[0]}".encode())
        os._exit(70)

sys.addaudithook(refuse)
from askpartner.cli import main
sys.exit(main(["serve", "--port", "0"]))
"""


@pytest.mark.slow
def test_a_server_answers_without_torch_and_stops_in_time(directory: Directory) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH]
    environment = {
        "ASKPARTNER_CORPUS": str(directory.corpus),
        "ASKPARTNER_INDEX": str(directory.index),
    }
    with serving(command, environment) as (address, process):
        message = ChatClient(address, "light").ask("When was the Alpha Institute founded?")[-1][1]
        assert "founded in 1990" in message
        place = urlsplit(address)
        with socket.create_connection((place.hostname or "", place.port or 0)) as page:
            page.sendall(b"GET /gradio_api/heartbeat/open HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert page.recv(12) == b"HTTP/1.1 200"
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)
            assert time.monotonic() - begun < 10


@pytest.mark.slow
def test_app_builds_the_index_once_and_serves(tmp_path: Path) -> None:
    environment = {
        "ASKPARTNER_CORPUS": str(PAGES),
        "ASKPARTNER_INDEX": str(tmp_path / "index"),
    }
    command = [sys.executable, str(ROOT / "app.py"), "--port", "0"]
    with serving(command, environment) as (address, _):
        first = httpx.get(f"{address}/healthz").json()
        assert first["profiles"] == 3
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with serving(command, environment) as (address, _):
        assert httpx.get(f"{address}/healthz").json() == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == files
