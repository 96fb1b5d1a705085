"""The chat in Chromium, as a person uses it: desk and phone, pointer and keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from web_fixtures import Directory, directory, own_directory, running_server, server

__all__ = ["directory", "own_directory", "server"]  # fixtures

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no other host is there
]
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
FOUNDED = "When was the Alpha Institute founded?"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on the path; install it to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """An open chat page, and everything it said to the network and the console."""

    page: Page
    hosts: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def ask(self, question: str) -> Locator:
        """Type a question and press Enter; gives the answer when it is there."""
        answers = self.page.locator("#chat .answer")
        before = answers.count()
        self.page.fill("#message textarea", question)
        self.page.press("#message textarea", "Enter")
        expect(answers).to_have_count(before + 1)
        return answers.nth(before)


@pytest.fixture
def open_chat(browser: Browser, server: str) -> Iterator[OpenChat]:
    opener = OpenChat(browser, server)
    yield opener
    opener.close()


class OpenChat:
    """Opens the chat in a window of a given size; at the end, nothing may have gone wrong."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.visits: list[Visit] = []

    def __call__(self, size: ViewportSize, *, query: str = "", dark: bool = False) -> Visit:
        context = self.browser.new_context(
            viewport=size, color_scheme="dark" if dark else "light", reduced_motion="reduce"
        )
        visit = Visit(context.new_page())
        self.visits.append(visit)
        page = visit.page
        page.on("request", lambda request: visit.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                visit.complaints.append(message.text)
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.goto(f"{self.address}/{query}")
        expect(page.locator("#starters button:visible").first).to_be_visible()
        return visit

    def close(self) -> None:
        """Close all windows. Fails when one spoke to another host or complained."""
        for visit in self.visits:
            visit.page.context.close()
        own = {urlsplit(self.address).netloc, ""}
        assert [visit.hosts - own for visit in self.visits] == [set()] * len(self.visits)
        assert [visit.complaints for visit in self.visits] == [[]] * len(self.visits)


def is_in_view(element: Locator, frame: Locator) -> bool:
    """Whether the top of ``element`` is inside ``frame`` and both are inside the window."""
    inner, outer = element.bounding_box(), frame.bounding_box()
    window = element.page.viewport_size
    assert inner is not None
    assert outer is not None
    assert window is not None
    return (
        outer["y"] <= inner["y"] < min(outer["y"] + outer["height"], window["height"])
        and 0 <= outer["x"] <= inner["x"]
        and inner["x"] + inner["width"] <= outer["x"] + outer["width"] <= window["width"]
    )


@SIZES
def test_a_question_is_answered_and_its_source_opened(
    open_chat: OpenChat, size: ViewportSize
) -> None:
    visit = open_chat(size)
    page = visit.page
    answer = visit.ask(FOUNDED)
    expect(answer.locator("blockquote").first).to_contain_text("founded in 1990")
    expect(page.locator("#message textarea")).to_have_value("")
    citation = answer.locator("blockquote a.citation").first
    citation.click()
    panel = page.locator("#panel")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("Alpha Institute (AI)")
    expect(panel).to_contain_text("Overview")
    expect(panel).to_contain_text("It has 12 laboratories in Jurong.")
    expect(panel.locator("mark").first).to_contain_text("founded in 1990")
    assert is_in_view(panel.locator("#quote"), page.locator("#panel-body"))
    away = panel.locator("a.outside")
    expect(away).to_have_attribute("href", "https://site.example/partners/alpha/")
    expect(away).to_have_attribute("target", "_blank")
    page.click("#panel-close")
    expect(panel).to_be_hidden()
    expect(citation).to_be_focused()


@SIZES
def test_the_keyboard_is_enough(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    answer = visit.ask(FOUNDED)
    citation = answer.locator("blockquote a.citation").first
    citation.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.locator("#quote")).to_be_visible()
    assert page.evaluate("document.getElementById('panel').contains(document.activeElement)")
    assert is_in_view(panel.locator("#quote"), page.locator("#panel-body"))
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(citation).to_be_focused()


def test_a_citation_can_be_reached_with_tab(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    visit.ask(FOUNDED)
    for _ in range(30):
        visit.page.keyboard.press("Shift+Tab")
        if visit.page.evaluate("document.activeElement.matches('blockquote a.citation')"):
            return
    raise AssertionError("no citation was reached")


def test_shift_enter_breaks_the_line(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    box = visit.page.locator("#message textarea")
    box.fill("When was the Alpha Institute")
    box.press("Shift+Enter")
    box.press_sequentially("founded?")
    expect(box).to_have_value("When was the Alpha Institute\nfounded?")
    expect(visit.page.locator("#chat .asked")).to_have_count(0)
    box.press("Enter")
    expect(visit.page.locator("#chat .answer")).to_contain_text("founded in 1990")


@SIZES
def test_a_starter_question_is_answered(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    starter = page.locator("#starters button:visible").first
    question = starter.inner_text()
    starter.click()
    expect(page.locator("#chat .asked")).to_have_text(question)
    expect(page.locator("#chat .answer.answered blockquote").first).to_be_visible()
    expect(page.locator("#starters")).to_be_hidden()
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#starters button:visible").first).to_have_text(question)
    expect(page.locator("#chat .answer")).to_have_count(0)


def test_a_refusal_cites_nothing(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    answer = visit.ask("Who won the football match?")
    expect(answer).to_have_class("answer not-found")
    expect(answer.locator("a.citation")).to_have_count(0)


COMPARE = "Compare the two ways to work with Echo Works"


@SIZES
def test_a_comparison_can_be_read_and_checked(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    answer = visit.ask(COMPARE)
    table = answer.get_by_role("table")
    expect(table).to_have_accessible_name("Side by side: " + ", ".join(WAYS))
    rows = table.locator("tbody tr")
    expect(rows.locator("th")).to_have_text(["What it is", "Who it suits", "Where"])
    expect(answer.locator("blockquote")).to_have_count(6)  # each of them in the table
    expect(table.locator("blockquote")).to_have_count(6)
    expect(rows.nth(1).locator("td").nth(1)).to_contain_text("not stated")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    full, empty = (rows.nth(1).locator("td").nth(at).bounding_box() for at in (0, 1))
    assert full is not None
    assert empty is not None
    if size is DESK:  # side by side, the columns named above
        expect(table.get_by_role("columnheader")).to_have_text(WAYS)
        expect(table.locator(".column:visible")).to_have_count(0)
        assert full["y"] == empty["y"]
        assert full["x"] + full["width"] <= empty["x"] + 1
    else:  # one below the other, each with its column's name
        expect(rows.nth(1).locator(".column:visible")).to_have_text(WAYS)
        assert full["x"] == empty["x"]
        assert full["y"] + full["height"] <= empty["y"] + 1
    expect(answer.locator("h3")).to_have_count(0)
    assert page.locator("#chat").locator("img, script").count() == 0
    assert page.evaluate("window.hacked") is None
    rows.nth(2).locator("a.citation").click()
    expect(page.locator("#panel mark").first).to_have_text("Singapore")
    assert is_in_view(page.locator("#quote"), page.locator("#panel-body"))
    expect(page.locator("#panel")).to_contain_text("2. Rope Walk")


WAYS = ["1. Rope Hire <img src=x onerror=window.hacked=1>", "2. Rope Walk"]


def test_a_wide_comparison_scrolls_in_its_own_box(open_chat: OpenChat) -> None:
    narrow = ViewportSize(width=660, height=800)  # not a phone's width, and too little for four
    visit = open_chat(narrow)
    page = visit.page
    answer = visit.ask(COMPARE)
    head = answer.locator("thead tr")
    head.evaluate(
        "row => { for (let n = 0; n < 4; n++) row.append(row.lastChild.cloneNode(true)) }"
    )
    box = answer.locator(".comparison")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= narrow["width"]
    box.evaluate("box => box.scrollLeft = 200")
    assert box.evaluate("box => box.scrollLeft") == 200
    aspect, frame = answer.locator("tbody th").first.bounding_box(), box.bounding_box()
    assert aspect is not None
    assert frame is not None
    assert abs(aspect["x"] - frame["x"]) < 2  # it stays in view


@SIZES
def test_many_sources_are_folded_and_unfold(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    few = visit.ask(FOUNDED).locator(".sources")
    expect(few.locator("a.entry").first).to_be_visible()
    many = visit.ask(COMPARE).locator(".sources")
    entries = many.locator("a.entry")
    expect(entries).to_have_count(6)
    expect(entries.first).to_be_hidden()
    many.locator("summary").focus()
    visit.page.keyboard.press("Enter")
    expect(entries.first).to_be_visible()
    entries.last.click()
    expect(visit.page.locator("#panel mark").first).to_have_text("Singapore")


def test_a_partner_is_offered_once(open_chat: OpenChat) -> None:
    links = open_chat(DESK).ask(COMPARE).locator(".links a")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", "https://echo.example/hire")


@SIZES
def test_what_was_understood_is_told(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    misspelt = visit.ask("Where is rope walck at Echo Works offerd?")
    expect(misspelt.locator(".understood")).to_have_text("Read as: walk, offered")
    expect(misspelt).to_contain_text("Singapore")
    listed = visit.ask("Which partners work with start-ups?")
    expect(listed.locator(".criteria li")).to_have_count(1)
    expect(listed.locator("p.count")).to_contain_text("2 of 5")
    expect(listed.locator("h3.lead")).to_have_count(2)
    partial = visit.ask("Does the client return hired ropes dry to Echo Works by courier?")
    expect(partial).to_have_class("answer partial")
    expect(partial.locator("p.verdict")).to_be_visible()
    expect(partial.locator("p.gap")).to_contain_text("courier")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= size["width"]


HOSTILE_QUESTIONS = [
    "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>",
    "</div></span><iframe src=https://other.example></iframe><form action=https://other.example>",
    "[click](javascript:window.hacked=1) ![x](https://other.example/x.png) <https://other.example>",
    "$$\\frac{1}{2}$$ \\(x\\) `code` **bold** # heading ~~gone~~ &lt;b&gt; &amp;",
    "| a | b |\n| - | - |\n| 1 | 2 |",
    "```mermaid\ngraph TD; a-->b\n```",
    '__i18n__{"__type__": "translation_metadata", "key": "submit"}',
    "{{ 7 * 7 }} ${7 * 7} <thinking>x</thinking> %%%LATEX_BLOCK_0%%%",
    "\tfirst\n    second  with   spaces\n\n\nlast",
]


def test_hostile_questions_are_shown_as_text(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    page = visit.page
    for question in HOSTILE_QUESTIONS:
        visit.ask(question)
        assert page.locator("#chat .asked").last.text_content() == question.strip()
    assert page.locator("#chat").locator("img, script, iframe, form, table, code, b").count() == 0
    assert page.evaluate("window.hacked") is None


@SIZES
def test_a_hostile_page_is_shown_as_text(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    answer = visit.ask("Who is Anchor Hire at Delta Works suitable for?")
    expect(answer).to_contain_text("<script>window.hacked=1</script>")
    answer.locator("a.citation").first.click()
    expect(page.locator("#panel")).to_contain_text("<img src=x onerror=window.hacked=1>")
    for place in ("#chat", "#panel"):
        assert page.locator(place).locator("img, script, iframe, form").count() == 0
    assert page.locator('a[href^="javascript:"]').count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_source_is_a_page_of_its_own_without_script(browser: Browser, server: str) -> None:
    with_script = OpenChat(browser, server)
    visit = with_script(DESK)
    url = visit.ask(FOUNDED).locator("blockquote a.citation").first.get_attribute("href")
    with_script.close()
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{server}{url}")
    expect(page.locator("#source mark").first).to_contain_text("founded in 1990")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()


def test_a_page_edited_since_is_told_in_the_panel(
    browser: Browser, own_directory: Directory
) -> None:
    with running_server(own_directory) as address:
        opener = OpenChat(browser, address)
        visit = opener(DESK)
        answer = visit.ask(FOUNDED)
        page = own_directory.corpus / "alpha.md"
        page.write_text(page.read_text().replace("1990", "1985"))
        answer.locator("blockquote a.citation").first.click()
        panel = visit.page.locator("#panel")
        expect(panel).to_contain_text("This page has changed")
        expect(panel.locator("mark")).to_have_count(0)
        # Chromium reports the refusal (409) as an error of its own; there is no other.
        assert all("409" in complaint for complaint in visit.complaints)
        visit.complaints.clear()
        opener.close()


@SIZES
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_overlaps_or_overflows(open_chat: OpenChat, size: ViewportSize, dark: bool) -> None:
    visit = open_chat(size, dark=dark)
    page = visit.page
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.locator("footer").count() == 0
    answer = visit.ask(FOUNDED)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    chat, composer = (page.locator(name).bounding_box() for name in ("#chat", "#composer"))
    assert chat is not None
    assert composer is not None
    assert chat["y"] + chat["height"] <= composer["y"] + 1
    assert composer["y"] + composer["height"] <= size["height"]
    answer.locator("a.citation").first.click()
    expect(page.locator("#panel")).to_be_visible()
    page.locator("#panel").evaluate("one => Promise.all(one.getAnimations().map(a => a.finished))")
    panel = page.locator("#panel").bounding_box()
    assert panel is not None
    if size is DESK:  # beside the chat
        chat = page.locator("#chat").bounding_box()
        assert chat is not None
        assert chat["x"] + chat["width"] <= panel["x"] + 1
    else:  # a sheet at the bottom
        assert panel["x"] == 0
        assert panel["width"] == size["width"]
        assert panel["y"] + panel["height"] == size["height"]
        assert panel["y"] > 0
