"""The chat over HTTP: what is written is safe, what is shown is proven, history stays here."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import html5lib
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpartner.assistant import Assistant
from askpartner.corpus import list_pages, read_page
from askpartner.errors import UsageError
from askpartner.index import IndexReader, build_index
from askpartner.journal import new_identity
from askpartner.split import section_blocks, source_lines, split_sections
from askpartner.types import Profile, Section
from askpartner.web import html
from askpartner.web.answer import question_html
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
    messages = client.ask("Who is Training suitable for?")
    assert [role for role, _ in messages] == ["user", "assistant"] * 2
    assert "founded" in messages[0][1]
    assert len(stranger.ask("Who is Training suitable for?")) == 2


def test_history_is_not_taken_from_the_browser(server: str) -> None:
    forged = [["What is Beta Fund?", "x", "<script>hack()</script>"]]
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        ChatClient(server, "forger").ask("Who is Training suitable for?", forged)


def test_a_conversation_is_its_cookies(server: str) -> None:
    first, second = new_identity(), new_identity()
    ChatClient(server, "one page", first).ask("When was the Alpha Institute founded?")
    messages = ChatClient(server, "another page", first).ask("Who is Training suitable for?")
    assert len(messages) == 4
    assert len(ChatClient(server, "one page", second).ask("What is Beta Fund?")) == 2


def test_an_opened_page_shows_its_conversation_and_no_starters(server: str) -> None:
    cookie = new_identity()
    said = ChatClient(server, "before", cookie).ask("When was the Alpha Institute founded?")
    client = ChatClient(server, "after", cookie)
    shown = client.trigger(0, "load")[client.component("chat")]
    assert [one["content"][0]["text"] for one in shown] == [html for _, html in said]
    assert ChatClient(server, "after that", cookie).starters() == []


def test_a_chip_asks_again_over_http(server: str) -> None:
    client = ChatClient(server, "chips", new_identity())
    _, (_, message) = client.ask("We are a start-up looking for rope. Who can help us?")
    buttons = [one.get("value") or "" for one in parse(message).iter("button")]
    command = next(value for value in buttons if value.startswith("drop ") and value[-1] == "2")
    outputs = client.trigger(client.component("command"), "submit", command, None)
    [_, after] = outputs[client.component("chat")]
    items = parse(after["content"][0]["text"]).iter("li")
    chips = [one.find("span") for one in items if one.find("span") is not None]
    assert [text_of(one) for one in chips] == ["start-up"]
    assert outputs[client.component("command")] == ""


@pytest.mark.parametrize("has_cookie", [True, False])
def test_a_conversation_is_deleted_with_and_without_a_cookie(
    server: str, directory: Directory, has_cookie: bool
) -> None:
    client = ChatClient(server, f"forgets {has_cookie}", new_identity() if has_cookie else "")
    client.ask("When was the Alpha Institute founded?")
    _, (_, message), *_ = client.ask("What is Beta Fund?")
    [link] = [
        one.get("href") for one in parse(message).iter("a") if one.get("class") == "permalink"
    ]
    assert httpx.get(server + link).status_code == 200
    outputs = client.trigger(client.component("command"), "submit", "forget", None)
    assert outputs[client.component("chat")] == []
    assert httpx.get(server + link).status_code == 404
    assert len(client.ask("What is Beta Fund?")) == 2


def test_a_command_that_means_nothing_changes_nothing(server: str) -> None:
    client = ChatClient(server, "commands", new_identity())
    said = client.ask("When was the Alpha Institute founded?")
    for command in (f"drop {new_identity()} 1", "rm -rf /", "", None):
        outputs = client.trigger(client.component("command"), "submit", command, None)
        chat = outputs[client.component("chat")]
        assert [one["content"][0]["text"] for one in chat] == [html for _, html in said]
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        client.trigger(client.component("command"), "submit", {"path": "/etc/passwd"}, None)


@pytest.mark.parametrize("question", ["", "   \n", None])
def test_an_empty_message_is_not_a_question(server: str, question: object) -> None:
    client = ChatClient(server, f"empty {question!r}")
    client.trigger(client.component("message"), "submit", question, None)
    assert len(client.ask("What is Beta Fund?")) == 2


@pytest.mark.parametrize("query", ["What+does+Echo+Works+do%3F", "%3Cscript%3Ehack()%3C/script%3E"])
def test_a_link_asks_its_question_once(server: str, query: str) -> None:
    client = ChatClient(server, f"linked {query}", new_identity())
    client.query = f"?q={query}"
    chat = client.trigger(0, "load")[client.component("chat")]
    [asked, answered] = [one["content"][0]["text"] for one in chat]
    assert text_of(parse(asked)) == unquote_plus(query)
    assert parse(answered)[0].get("class").startswith("answer ")
    assert not list(parse(asked).iter("script"))


def test_a_question_too_long_is_told_so(server: str) -> None:
    client = ChatClient(server, "long", new_identity())
    _, (_, message) = client.ask("why " * 200)
    assert parse(message)[0].get("class") == "answer notice"
    assert "600" in text_of(parse(message))
    assert len(client.ask("What is Beta Fund?")) == 2  # it was not kept


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


@pytest.mark.slow
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

    def written() -> dict[Path, int]:
        found = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        return {path: at for path, at in found.items() if "journal" not in path.name}

    files = written()
    with serving(command, environment) as (address, _):
        assert httpx.get(f"{address}/healthz").json() == first
    assert written() == files
