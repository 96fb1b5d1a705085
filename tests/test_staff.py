"""The staff page: what it shows of the journal, and in a browser, behind its login."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace

import html5lib
import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from askpartner.assistant import Assistant
from askpartner.journal import Journal
from askpartner.types import Answer, Status
from askpartner.web.staff import CHOICES, MOST_SHOWN, UNANSWERED, shown_html
from web_fixtures import ChatClient, Directory, directory, serving

__all__ = ["directory"]  # a fixture

PASSWORD = "correct horse battery"
QUESTION = "Who founded <b>the Alpha Institute</b>? <script>window.hacked=1</script>"
FOUNDED = "When was the Alpha Institute founded?"
NOTHING = "Who won the football match?"
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
HEIGHT = """one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return range.getBoundingClientRect().height;
}"""  # of what stands in an element
STATUSES: tuple[Status, ...] = ("answered", "partial", "not_found", "clarify")


# -- what is shown of the journal ------------------------------------------------------------------


@pytest.fixture
def journal() -> Iterator[Journal]:
    opened = Journal(None)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def answer(assistant: Assistant) -> Answer:
    return assistant.ask(NOTHING)


def keep(journal: Journal, answer: Answer, question: str, status: Status = "answered") -> str:
    answer = replace(answer, status=status)
    return journal.record(journal.begin(), question, answer, html="", text="said")


def questions(table: str) -> list[str]:
    """The questions in the table, from above."""
    read = html5lib.parseFragment(table, namespaceHTMLElements=False)
    cells = [one for one in read.iter("td") if one.get("class") == "question"]
    return ["".join(cell.itertext()) for cell in cells]


def test_each_choice_shows_what_it_names_newest_first(journal: Journal, answer: Answer) -> None:
    kept = {status: keep(journal, answer, f"q {status}", status) for status in STATUSES}
    keep(journal, answer, "q liked")
    journal.judge(kept["answered"], "not_helpful", "another partner")
    journal.judge(kept["partial"], "not_helpful")
    journal.judge(kept["clarify"], "helpful")
    everything = ["q liked", "q clarify", "q not_found", "q partial", "q answered"]
    assert {choice: questions(shown_html(journal, choice)) for choice in CHOICES} == {
        "all": everything,
        "unanswered": ["q clarify", "q not_found", "q partial"],
        "not_helpful": ["q partial", "q answered"],
    }
    assert {*UNANSWERED, "answered"} == set(STATUSES)
    table = shown_html(journal, "all")
    for words in ("in part", "nothing found", "asked back", "not helpful", "another partner"):
        assert words in table


@pytest.mark.parametrize("choice", ["", "answered", "All", "all ", "<script>", None])
def test_a_choice_that_is_not_offered_shows_nothing(
    journal: Journal, answer: Answer, choice: str | None
) -> None:
    keep(journal, answer, "a secret question")
    shown = shown_html(journal, choice)
    assert shown == "<p>There is no such choice.</p>"


def test_no_question_and_none_of_a_kind_are_told_apart(journal: Journal, answer: Answer) -> None:
    assert "No question has been kept" in shown_html(journal, "all")
    keep(journal, answer, "q")
    assert "No kept question is of this kind" in shown_html(journal, "unanswered")
    assert "1 shown" in shown_html(journal, "all")


def test_what_went_unanswered_long_ago_is_still_found(journal: Journal, answer: Answer) -> None:
    keep(journal, answer, "the first", "not_found")
    for number in range(MOST_SHOWN):
        keep(journal, answer, f"q {number}")
    shown = shown_html(journal, "all")
    assert questions(shown) == [f"q {number}" for number in reversed(range(MOST_SHOWN))]
    assert f"The newest {MOST_SHOWN}; there are more" in shown
    assert questions(shown_html(journal, "unanswered")) == ["the first"]


def test_words_of_askers_stay_words(journal: Journal, answer: Answer) -> None:
    hostile = "<script>hack()</script>\n\n# *x* <img src=x onerror=hack()> &amp;"
    identity = keep(journal, answer, hostile)
    journal.judge(identity, "not_helpful", hostile)
    for choice in ("all", "not_helpful"):
        shown = shown_html(journal, choice)
        assert questions(shown) == [" ".join(hostile.split())]
        assert not re.search(r"<(script|img)", shown)
        assert "\n" not in shown  # a blank line would end the block of HTML


# -- in a browser ----------------------------------------------------------------------------------


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page as it is."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/staff")
    page.locator("input[type=password]").wait_for(timeout=60_000)
    assert "Alpha" not in page.content()
    assert barriers(page) == []
    page.get_by_label("username").fill("staff")
    page.get_by_label("password").fill(PASSWORD)
    page.get_by_role("button", name="Login").click()
    expect(page.locator("#asked table")).to_contain_text(QUESTION, timeout=60_000)


@pytest.fixture(scope="module")
def staffed(directory: Directory) -> Iterator[tuple[str, str]]:
    """The address of a server where four questions were asked, and the id of a judged answer."""
    environment = {
        "ASKPARTNER_CORPUS": str(directory.corpus),
        "ASKPARTNER_INDEX": str(directory.index),
        "ASKPARTNER_JOURNAL": ":memory:",
        "ASKPARTNER_STAFF_USER": "staff",
        "ASKPARTNER_STAFF_PASSWORD": PASSWORD,
    }
    command = [sys.executable, "-m", "askpartner.cli", "serve", "--port", "0"]
    with serving(command, environment) as (address, _):
        ChatClient(address, "sure").ask(FOUNDED)
        ChatClient(address, "other").ask(NOTHING)
        ChatClient(address, "wordy").ask(f"What about {'antidisestablishmentarianism' * 8}?")
        message = ChatClient(address, "asker").ask(QUESTION)[-1][1]
        judged = message.split("/a/")[1][:32]
        given = {"verdict": "not_helpful", "reason": "it was <i>somebody</i> else"}
        httpx.post(f"{address}/api/answers/{judged}/judgement", json=given).raise_for_status()
        yield address, judged


@pytest.mark.browser
def test_staff_sign_in_and_see_what_was_asked(staffed: tuple[str, str], browser: Browser) -> None:
    address, judged = staffed
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    sign_in(page, address)
    table = page.locator("#asked table")
    expect(table).to_contain_text("it was <i>somebody</i> else")
    expect(table).to_contain_text("not helpful")
    assert table.locator("b, i, script").count() == 0
    assert page.evaluate("window.hacked === undefined")
    link = table.get_by_role("link", name="open").first
    assert str(link.get_attribute("href")).endswith(f"/a/{judged}")
    assert not [text for text in said if "Content Security Policy" in text]
    page.close()


@pytest.mark.browser
def test_staff_choose_what_they_see(staffed: tuple[str, str], browser: Browser) -> None:
    page = browser.new_page()
    sign_in(page, staffed[0])
    asked = page.locator("#asked td.question")
    expect(asked).to_have_count(4)
    page.get_by_label("judged not helpful").check()
    expect(asked).to_have_text([QUESTION])
    page.get_by_label("not answered").check()
    expect(asked.filter(has_text=NOTHING)).to_be_visible()
    expect(asked.filter(has_text=FOUNDED)).to_have_count(0)
    ChatClient(staffed[0], "later").ask(f"{NOTHING} Really?")
    page.get_by_role("button", name="Refresh").click()
    expect(asked.first).to_have_text(f"{NOTHING} Really?")  # the choice is kept
    expect(asked.filter(has_text=FOUNDED)).to_have_count(0)
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("shade", ["light", "dark"])
def test_staff_can_read_every_row(
    staffed: tuple[str, str], browser: Browser, size: ViewportSize, shade: str
) -> None:
    page = browser.new_context(viewport=size, color_scheme=shade).new_page()  # type: ignore[arg-type]
    sign_in(page, staffed[0])
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for cell in page.locator("#asked td").all():
        box = cell.bounding_box()
        if box is None or not cell.inner_text():
            continue
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        # Nothing is broken into letters: a question has room for words, the rest is in one line.
        kind = cell.get_attribute("class")
        assert box["width"] >= (200 if kind == "question" else 30)
        if kind in ("when", "status", "answer"):
            assert cell.evaluate(HEIGHT) < 40
    ground = page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor")
    assert ground == ("rgb(246, 247, 245)" if shade == "light" else "rgb(17, 22, 21)")
    page.context.close()
