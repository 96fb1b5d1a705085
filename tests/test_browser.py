"""The chat in Chromium, as a person uses it: desk and phone, pointer and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, ViewportSize, expect

from askpartner.journal import FILE, Entry, Journal
from web_fixtures import Directory, directory, own_directory, running_server, server

__all__ = ["directory", "own_directory", "server"]  # fixtures

pytestmark = pytest.mark.browser

DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
SHADES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
FOUNDED = "When was the Alpha Institute founded?"
expect.set_options(timeout=20_000)  # milliseconds: a busy machine is not a fault of the page
LEAVING = ("AbortError: ", "Unexpected error Connection errored out")


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

    def complain(self, message: str) -> None:
        """Note what was said to the console, but for a stream broken off as its page is left."""
        if not message.startswith(LEAVING):
            self.complaints.append(message)


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

    def __call__(
        self,
        size: ViewportSize,
        *,
        path: str = "/",
        dark: bool = False,
        context: BrowserContext | None = None,
    ) -> Visit:
        """A page in a window of its own, or in one more tab of a context that is open already."""
        context = context or self.browser.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        visit = Visit(context.new_page())
        self.visits.append(visit)
        page = visit.page
        page.on("request", lambda request: visit.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: visit.complain(str(error)))
        page.on(
            "console",
            lambda message: (
                visit.complain(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.goto(f"{self.address}{path}")
        if path == "/":
            ready = page.locator("#starters button:visible, #chat .answer")
            expect(ready.first).to_be_visible()
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


def test_no_question_is_lost_to_haste(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    box = visit.page.locator("#message textarea")
    asked = [FOUNDED, "Who won the football match?", "What does Echo Works do?", COMPARE]
    for question in asked:
        box.fill(question)
        box.press("Enter")
        expect(box).to_have_value("")  # it was sent; its answer is still being written
    expect(visit.page.locator("#chat .answer")).to_have_count(len(asked))
    expect(visit.page.locator("#chat .asked")).to_have_text(asked)


def test_no_command_is_lost_to_haste(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    visit.ask(MATCH)
    visit.ask(f"And now: {MATCH}")
    drops = visit.page.locator("#chat .drop")
    before = drops.count()
    assert before >= 2
    visit.page.evaluate(
        "() => { const all = document.querySelectorAll('#chat .drop');"
        " all[0].click(); all[all.length - 1].click(); }"
    )
    expect(drops).to_have_count(before - 2)


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
    assert page.locator("#begin, #keep").filter(visible=True).count() == 0


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
    expect(listed.locator(".chips li > span")).to_have_text(["start-up"])
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
@SHADES
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


# -- what was understood -------------------------------------------------------------------------

MATCH = "We are a start-up looking for rope. Who can help us?"


@SIZES
def test_a_chip_is_taken_away_and_the_answer_takes_its_place(
    open_chat: OpenChat, size: ViewportSize
) -> None:
    visit = open_chat(size)
    page = visit.page
    answer = visit.ask(MATCH)
    visit.ask(FOUNDED)
    chips = answer.locator(".chips li > span")
    expect(chips).to_have_text(["start-up", "rope"])
    answer.get_by_role("button", name="Ask again without: rope").click()
    expect(chips).to_have_text(["start-up"])
    expect(page.locator("#chat .asked")).to_have_text([MATCH, FOUNDED])
    expect(page.locator("#chat .answer").first).to_be_focused()
    answer.get_by_role("button", name="Ask again without: start-up").press("Enter")
    expect(chips).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@SIZES
def test_another_audience_is_chosen(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    answer = visit.ask(MATCH)
    answer.get_by_text("Ask again for another audience").click()
    menu = answer.locator(".audiences button")
    expect(menu).to_have_text(["sailor <b>", "university"])
    menu.first.click()
    expect(answer.locator(".chips li > span")).to_have_text(["rope", "sailor <b>"])
    expect(answer).to_contain_text("Sailors")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_partner_carried_over_is_taken_away(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    visit.ask(FOUNDED)
    follow_up = visit.ask("Where is it?")
    expect(follow_up.locator(".chips li > span")).to_have_text(["Alpha Institute (AI)"])
    follow_up.get_by_role("button", name="Ask again without: Alpha Institute (AI)").click()
    expect(follow_up.locator(".chips li")).to_have_count(0)


def test_a_command_the_page_never_gave_is_told_and_ignored(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    page = visit.page
    answer = visit.ask(MATCH)
    drop = answer.locator("button.drop").first
    drop.evaluate("one => { one.value = 'drop everything' }")
    drop.click()
    expect(page.get_by_text("That answer is no longer part of this conversation.")).to_be_visible()
    expect(page.locator("#chat .answer")).to_have_count(1)
    expect(answer.locator(".chips li > span")).to_have_text(["start-up", "rope"])
    page.reload()
    expect(page.locator(".chips li > span")).to_have_text(["start-up", "rope"])


# -- the conversation stays ----------------------------------------------------------------------


@SIZES
def test_a_conversation_is_there_after_a_reload(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    visit.ask(FOUNDED)
    page.reload()
    expect(page.locator("#chat .asked")).to_have_text([FOUNDED])
    expect(page.locator("#chat .answer blockquote").first).to_contain_text("founded in 1990")
    expect(page.locator("#starters button:visible")).to_have_count(0)
    expect(visit.ask("Where is it?").locator(".chips li")).to_have_count(1)  # so is what was meant


def test_a_conversation_is_there_after_a_restart(
    browser: Browser, own_directory: Directory
) -> None:
    with running_server(own_directory) as address:
        first = OpenChat(browser, address)
        visit = first(DESK)
        visit.ask(FOUNDED)
        context = visit.page.context
        cookies = context.cookies()
        assert all(cookie["httpOnly"] for cookie in cookies)
        assert all(cookie["sameSite"] == "Lax" for cookie in cookies)
        visit.page.close()
    with running_server(own_directory) as address:  # cookies do not know ports
        again = OpenChat(browser, address)
        page = again(DESK, context=context).page
        expect(page.locator("#chat .asked")).to_have_text([FOUNDED])
        again.close()


def test_a_new_conversation_leaves_the_old_ones_answers(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    page = visit.page
    link = visit.ask(FOUNDED).locator("a.permalink").get_attribute("href")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#starters button:visible").first).to_be_visible()
    expect(page.locator("#chat .asked")).to_have_count(0)
    page.goto(f"{open_chat.address}{link}")
    expect(page.locator("blockquote").first).to_contain_text("founded in 1990")


@SIZES
def test_a_conversation_is_forgotten_when_that_is_meant(
    open_chat: OpenChat, size: ViewportSize
) -> None:
    visit = open_chat(size)
    page = visit.page
    link = visit.ask(FOUNDED).locator("a.permalink").get_attribute("href")
    menu = page.locator("#keep summary")
    menu.click()
    page.get_by_role("button", name="Forget this conversation").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#forgetting")).to_be_hidden()
    expect(page.locator("#chat .asked")).to_have_count(1)
    menu.click()
    page.get_by_role("button", name="Forget this conversation").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.locator("#starters button:visible").first).to_be_visible()
    expect(page.locator("#chat .asked")).to_have_count(0)
    gone = page.request.get(f"{open_chat.address}{link}")
    assert gone.status == 404


def test_a_conversation_is_saved_and_printed(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    page = visit.page
    visit.ask(FOUNDED)
    page.locator("#keep summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as Markdown").click()
    saved = download.value.path().read_text(encoding="utf-8")
    assert "founded in 1990" in saved
    assert FOUNDED in saved.replace("\\", "")
    page.keyboard.press("Escape")
    page.locator("#keep summary").click()
    page.get_by_role("link", name="Printable page").click()
    expect(page.locator("main")).to_contain_text("founded in 1990")
    assert page.locator("script").count() == 0


def test_the_menu_closes_with_escape_and_gives_focus_back(open_chat: OpenChat) -> None:
    visit = open_chat(PHONE)
    page = visit.page
    visit.ask(FOUNDED)
    menu = page.locator("#keep summary")
    menu.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Save as Markdown")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Save as Markdown")).to_be_hidden()
    expect(menu).to_be_focused()


# -- what can be done with an answer -------------------------------------------------------------


def kept(directory: Directory, link: str | None) -> Entry:
    """The answer of a permalink, from the server's journal."""
    assert link is not None
    journal = Journal(directory.folder / FILE)
    entry = journal.answer(link.removeprefix("/a/"))
    journal.close()
    assert entry is not None
    return entry


@SIZES
def test_an_answer_is_judged_with_a_reason(
    open_chat: OpenChat, directory: Directory, size: ViewportSize
) -> None:
    visit = open_chat(size)
    page = visit.page
    answer = visit.ask(FOUNDED)
    link = answer.locator("a.permalink").get_attribute("href")
    yes, no = (answer.get_by_role("button", name=name, exact=True) for name in ("Yes", "No"))
    expect(yes).to_have_attribute("aria-pressed", "false")
    yes.click()
    expect(yes).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").filter(has_text="Thank you")).to_be_visible()
    judged = kept(directory, link).judgement
    assert judged is not None
    assert (judged.verdict, judged.reason) == ("helpful", "")

    no.click()
    page.keyboard.press("Escape")  # changes nothing
    expect(no).to_be_focused()
    expect(yes).to_have_attribute("aria-pressed", "true")
    no.click()
    page.get_by_label("Something is missing").check()
    page.get_by_label("In your own words").fill("<b>the street</b>")
    page.locator("#reason .go").click()
    expect(no).to_have_attribute("aria-pressed", "true")
    expect(yes).to_have_attribute("aria-pressed", "false")
    judged = kept(directory, link).judgement
    assert judged is not None
    assert judged.verdict == "not_helpful"
    assert judged.reason == "Something is missing: <b>the street</b>"
    page.reload()
    expect(page.get_by_role("button", name="No", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_an_answer_is_copied_with_its_sources(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    page = visit.page
    visit.ask(COMPARE).get_by_role("button", name="Copy with sources").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "“Singapore” [6]" in copied
    assert "[6] Echo Works (EW) › " in copied
    assert "<img src=x onerror=window.hacked=1>" in copied  # text, as the page has it
    assert "window" not in copied.split("Rope Hire")[0]


def test_the_brief_of_an_introduction_is_copied(open_chat: OpenChat) -> None:
    visit = open_chat(PHONE)
    page = visit.page
    answer = visit.ask(MATCH)
    answer.get_by_text("A brief to send along").click()
    answer.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert MATCH in copied
    assert "Start-ups" in copied


def test_words_that_cannot_be_copied_are_shown_to_be_selected(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    page = visit.page
    page.context.clear_permissions()
    answer = visit.ask(FOUNDED)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject('no') }")
    answer.get_by_role("button", name="Copy with sources").click()
    expect(answer.locator(".tools pre.copied")).to_be_visible()
    assert "founded in 1990" in page.evaluate("String(window.getSelection())")


LOOK = """one => {
    const style = getComputedStyle(one);
    return [...["color", "backgroundColor", "fontFamily", "fontSize", "lineHeight",
        "borderTopColor", "borderRadius", "paddingLeft"].map((name) => style[name])];
}"""  # what of an element meets the eye first
PARTS = (".understood li", ".fit", ".comparison", ".comparison td", ".comparison tbody th", "td p")


@SIZES
@SHADES
def test_a_kept_answer_looks_as_it_does_in_the_chat(
    open_chat: OpenChat, size: ViewportSize, dark: bool
) -> None:
    visit = open_chat(size, dark=dark)
    page = visit.page
    answer = visit.ask(MATCH)
    link = answer.locator("a.permalink").get_attribute("href")
    looks = {part: answer.locator(part).first.evaluate(LOOK) for part in PARTS}
    table = answer.locator("table").inner_text()
    for path in (link, "/conversation"):
        page.goto(f"{open_chat.address}{path}")
        assert {part: page.locator(part).first.evaluate(LOOK) for part in PARTS} == looks
        assert page.locator("table").inner_text() == table
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.get_by_role("heading", name=MATCH).count() == 1


@SHADES
def test_a_kept_answer_is_whole_on_paper(open_chat: OpenChat, dark: bool) -> None:
    visit = open_chat(DESK, dark=dark)
    page = visit.page
    link = visit.ask(COMPARE).locator("a.permalink").get_attribute("href")
    page.goto(f"{open_chat.address}{link}")
    page.emulate_media(media="print")
    for width in (718, 520):  # A4 and A5 without their margins
        page.set_viewport_size(ViewportSize(width=width, height=1000))
        table = page.locator(".comparison")
        assert table.evaluate("one => one.scrollWidth <= one.clientWidth")
        assert table.evaluate("one => getComputedStyle(one).overflowX") == "visible"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        heads = table.locator("tbody th").evaluate_all("all => all.map(one => one.clientWidth)")
        assert min(heads) > 60  # words, not letters
    expect(page.get_by_role("link", name="As Markdown")).to_be_hidden()
    colours = page.locator("body").evaluate(
        "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(27, 36, 33)"]
    introduction = page.locator(".links a.outside").first
    after = introduction.evaluate("one => getComputedStyle(one, '::after').content")
    assert str(introduction.get_attribute("href")) in after


@SIZES
def test_an_answer_has_a_page_of_its_own(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    with page.expect_popup() as popup:
        visit.ask(FOUNDED).get_by_role("link", name="Link to this answer").click()
    shown = popup.value
    expect(shown.locator("main")).to_contain_text(FOUNDED)
    expect(shown.locator("blockquote").first).to_contain_text("founded in 1990")
    assert shown.locator("script").count() == 0
    assert shown.evaluate("document.documentElement.scrollWidth") <= size["width"]


@SIZES
def test_what_is_suggested_is_asked_in_place(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    answer = visit.ask("What does Echo Works do?")
    suggested = answer.locator(".next a")
    expect(suggested).to_have_count(3)
    question = suggested.first.inner_text()
    suggested.first.click()
    expect(page.locator("#chat .asked")).to_have_text(["What does Echo Works do?", question])
    expect(page.locator("#chat .answer").nth(1)).to_have_class("answer answered")
    expect(page.locator("#chat .next")).to_have_count(1)  # below the newest answer only
    assert page.url.endswith("/")


@pytest.mark.parametrize("question", [FOUNDED, "<img src=x onerror=window.hacked=1> rope?"])
def test_a_link_asks_its_question_once(open_chat: OpenChat, question: str) -> None:
    visit = open_chat(DESK, path=f"/?q={quote_plus(question)}")
    page = visit.page
    expect(page.locator("#chat .asked")).to_have_text([question])
    expect(page.locator("#chat .answer")).to_have_count(1)
    assert page.url == f"{open_chat.address}/"
    page.reload()
    expect(page.locator("#chat .answer")).to_have_count(1)
    assert page.locator("#chat img").count() == 0
    assert page.evaluate("window.hacked") is None


# -- the directory -------------------------------------------------------------------------------


def rows(page: Page) -> Locator:
    return page.locator("tr.way:visible")


@SIZES
def test_the_directory_is_filtered_and_asked_about(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    page.get_by_role("link", name="Directory").click()
    everything = rows(page).count()
    assert everything >= 5
    page.get_by_label("Suitable for").select_option("start-up")
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_role("status")).to_contain_text("Partners: 2.")
    page.get_by_label("Words").fill("ROPE sailors")
    expect(rows(page)).to_have_count(1)
    assert "audience=start-up" in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.reload()
    expect(rows(page)).to_have_count(1)
    citation = rows(page).locator("td a.citation").first
    citation.click()
    expect(page.locator("#panel mark").first).to_have_text("Start-ups")
    assert is_in_view(page.locator("#quote"), page.locator("#panel-body"))
    page.keyboard.press("Escape")
    expect(citation).to_be_focused()
    page.get_by_label("Words").fill("nowhere to be found")
    expect(page.locator("#none")).to_be_visible()
    page.get_by_label("Words").fill("")
    page.get_by_label("Suitable for").select_option("")
    expect(rows(page)).to_have_count(everything)
    rows(page).filter(has_text="Rope Walk").get_by_role("link", name="Ask about this").click()
    expect(page.locator("#chat .asked")).to_have_text("What about Rope Walk at EW?")
    expect(page.locator("#chat .answer")).to_contain_text("spins the rope")


def test_the_directory_heeds_a_choice_made_before_its_script_came(
    browser: Browser, server: str
) -> None:
    page = browser.new_page()
    held: list[Route] = []
    page.route("**/*directory*.js*", lambda route: held.append(route))
    page.goto(f"{server}/directory", wait_until="commit")
    page.get_by_label("Suitable for").select_option("start-up")
    assert len(held) == 1
    assert rows(page).count() > 2
    held[0].continue_()
    expect(rows(page)).to_have_count(2)
    page.close()


def test_the_directory_works_without_script(browser: Browser, server: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{server}/directory")
    page.get_by_label("Suitable for").select_option("start-up")
    page.get_by_role("button", name="Show").click()
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_role("status")).to_contain_text("Partners: 2.")
    rows(page).locator("td a.citation").first.click()
    expect(page.locator("#source mark").first).to_have_text("Start-ups")
    context.close()


def test_script_and_server_filter_alike(open_chat: OpenChat) -> None:
    page = open_chat(DESK, path="/directory").page
    for text in ("rope", "ROPE  start-ups", "laboratory", "<script>", "é", "1."):
        page.get_by_label("Words").fill(text)
        by_script = rows(page).all_inner_texts()
        page.goto(f"{open_chat.address}/directory?text={quote_plus(text)}")
        assert rows(page).all_inner_texts() == by_script, text


# -- for everyone --------------------------------------------------------------------------------


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing at all on the page as it is."""
    found = Axe().run(page).response
    assert len(found["passes"]) > 10
    assert [
        (fault["impact"], fault["id"], node["target"])
        for fault in found["violations"]
        for node in fault["nodes"]
    ] == []


@SIZES
@SHADES
def test_axe_finds_nothing(open_chat: OpenChat, size: ViewportSize, dark: bool) -> None:
    visit = open_chat(size, dark=dark)
    page = visit.page
    assert_accessible(page)
    visit.ask("Who won the football match?")
    visit.ask(MATCH)
    answer = visit.ask(COMPARE)
    link = answer.locator("a.permalink").get_attribute("href")
    source = answer.locator("a.citation").first.get_attribute("href")
    page.locator(".audiences summary").first.click()
    page.locator(".brief summary").first.click()
    assert_accessible(page)
    page.locator("#keep summary").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    answer.locator("td a.citation").last.click()
    expect(page.locator("#panel mark").first).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    answer.get_by_role("button", name="No", exact=True).click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    for path in (link, source, "/conversation", "/directory"):
        page.goto(f"{open_chat.address}{path}")
        assert_accessible(page)
    page.locator("tr.way a.citation").first.click()
    expect(page.locator("#panel mark").first).to_be_visible()
    assert_accessible(page)


def test_the_keyboard_reaches_every_control_of_an_answer(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    page = visit.page
    visit.ask(MATCH)
    page.locator("#keep summary").focus()
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.className"))
    for name in ("drop", "citation", "outside", "copy", "permalink", "judge", "ask"):
        assert any(name in one.split() for one in reached), name


def test_nothing_moves_where_motion_is_not_wanted(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    visit.ask(FOUNDED).locator("a.citation").first.click()
    panel = visit.page.locator("#panel")
    expect(panel).to_be_visible()
    assert panel.evaluate("one => getComputedStyle(one).animationName") == "none"


# -- hostile, everywhere -------------------------------------------------------------------------

FOREIGN = "img, iframe, frame, object, embed, video, svg image, form:not(.filter), base"


def assert_harmless(page: Page, place: str = "body") -> None:
    """Nothing of a page or a question became an element, ran, or leads somewhere else."""
    assert page.evaluate("window.hacked") is None
    assert page.locator(place).locator(FOREIGN).count() == 0
    scripts = page.locator(f"{place} script").evaluate_all("all => all.map(one => one.src)")
    own = "/".join(page.url.split("/")[:3])
    assert all(one.startswith(own) for one in scripts)
    links = page.locator(f"{place} a").evaluate_all("all => all.map(one => one.protocol)")
    assert set(links) <= {"http:", "https:", "mailto:"}


@SIZES
def test_hostile_words_stay_words_on_every_page(open_chat: OpenChat, size: ViewportSize) -> None:
    visit = open_chat(size)
    page = visit.page
    hostile = (
        "We are sailor <b> looking for rope <img src=x onerror=window.hacked=1>. Who helps us?"
    )
    answer = visit.ask(hostile)
    link = answer.locator("a.permalink").get_attribute("href")
    anchor = visit.ask("Who is Anchor Hire at Delta Works suitable for?")
    anchor.locator(".sources a").first.wait_for()
    assert_harmless(page, "#chat")
    page.reload()
    expect(page.locator("#chat .asked").first).to_have_text(hostile)
    assert_harmless(page, "#chat")
    for path in (link, "/conversation", "/directory", f"/directory?text={quote_plus(hostile)}"):
        page.goto(f"{open_chat.address}{path}")
        assert_harmless(page)
    page.goto(f"{open_chat.address}/directory")
    expect(page.locator("main")).to_contain_text("<script>window.hacked=1</script>")
    delta = page.locator("section.partner").filter(has_text="Delta")
    delta.locator("a.citation").last.click()
    expect(page.locator("#panel mark").first).to_be_visible()
    assert_harmless(page, "#panel")


def test_each_hostile_question_survives_reload_copy_and_saving(open_chat: OpenChat) -> None:
    visit = open_chat(DESK)
    page = visit.page
    for question in HOSTILE_QUESTIONS:
        visit.ask(question)
    page.reload()
    asked = page.locator("#chat .asked")
    expect(asked).to_have_count(len(HOSTILE_QUESTIONS))
    assert asked.evaluate_all("all => all.map(one => one.textContent)") == [
        question.strip() for question in HOSTILE_QUESTIONS
    ]
    assert_harmless(page, "#chat")
    page.goto(f"{open_chat.address}/conversation")
    assert_harmless(page)
