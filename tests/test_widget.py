"""The chat on another site: script, button and frame, in a browser, on a page with a policy."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Page, expect

from web_fixtures import Directory, directory, serving

__all__ = ["directory"]  # a fixture

pytestmark = pytest.mark.browser

FOUNDED = "When was the Alpha Institute founded?"
LABEL = "Ask about our partners"


@contextmanager
def another_site() -> Iterator[tuple[str, dict[str, str]]]:
    """A site of its own origin; its pages by path, to be filled in. Gives its address."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server, _, body = pages.get(self.path, "||").partition("|")
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            # The line that docs/embed.md asks of a site with a policy.
            policy = f"script-src {server}; style-src {server}; frame-src {server}"
            self.send_header("content-security-policy", f"default-src 'none'; {policy}")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Nothing to tell."""

    site = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_address[1]}", pages
    finally:
        site.shutdown()
        site.server_close()
        thread.join()


@pytest.fixture(scope="module")
def embedded(directory: Directory) -> Iterator[tuple[str, str]]:
    """Addresses of a page with the widget on a site that is named, and of one that is not."""
    command = [sys.executable, "-m", "askpartner.cli", "serve", "--port", "0"]
    with another_site() as (named, pages), another_site() as (stranger, strange_pages):
        environment = {
            "ASKPARTNER_CORPUS": str(directory.corpus),
            "ASKPARTNER_INDEX": str(directory.index),
            "ASKPARTNER_JOURNAL": ":memory:",
            "ASKPARTNER_QUESTIONS_PER_MINUTE": "0",
            "ASKPARTNER_EMBED_ORIGINS": named,
        }
        with serving(command, environment) as (address, _):
            head = '<!doctype html><html lang="en"><title>Site</title><main><p>Words</p></main>'
            script = f'<script src="{address}/page/widget.js" data-askpartner defer></script>'
            for some in (pages, strange_pages):
                some["/"] = f"{address}|{head}{script}"
            yield named, stranger


def open_widget(page: Page, address: str) -> FrameLocator:
    page.goto(address)
    opener = page.get_by_role("button", name=LABEL)
    expect(opener).to_have_attribute("aria-expanded", "false")
    assert page.locator("iframe").count() == 0  # nothing is loaded before it is wanted
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=LABEL)).to_be_visible()
    return page.frame_locator("iframe")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_question_is_answered_with_its_source_on_another_site(
    browser: Browser, embedded: tuple[str, str], width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    frame = open_widget(page, embedded[0])
    frame.locator("#message textarea").fill(FOUNDED)
    frame.locator("#message textarea").press("Enter")
    expect(frame.locator("blockquote").first).to_contain_text("founded in 1990", timeout=60_000)
    frame.locator("blockquote a.citation").first.click()
    expect(frame.locator("#panel mark").first).to_contain_text("1990", timeout=30_000)
    assert page.url == embedded[0] + "/"  # the site itself is left where it is
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name=LABEL)).to_be_focused()
    assert problems == []
    assert not [text for text in said if "Content Security Policy" in text]
    page.get_by_role("button", name=LABEL).click()
    expect(frame.locator("blockquote").first).to_contain_text("founded in 1990")  # still there
    page.close()


def test_escape_closes_and_gives_the_focus_back(
    browser: Browser, embedded: tuple[str, str]
) -> None:
    page = browser.new_page()
    open_widget(page, embedded[0])
    found = Axe().run(page, options={"iframes": False}).response["violations"]
    serious = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []
    page.get_by_role("button", name="Close", exact=True).focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name=LABEL)).to_be_focused()
    page.close()


def test_a_site_that_is_not_named_shows_no_chat(
    browser: Browser, embedded: tuple[str, str]
) -> None:
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    open_widget(page, embedded[1])
    # Not wait_for_function: it evaluates in the page, whose policy forbids that.
    for _ in range(100):
        if any("frame-ancestors" in text for text in refused):
            break
        page.wait_for_timeout(200)
    assert page.evaluate("document.querySelector('iframe').contentDocument === null")
    assert any("frame-ancestors" in text for text in refused)
    assert all("gradio" not in (frame.name or "") for frame in page.frames)
    assert not [frame for frame in page.frames if frame.url.endswith("/?embed=1")]
    page.close()
