"""The staff page in a browser: behind its login, under the same policy as the chat."""

from __future__ import annotations

import sys

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from web_fixtures import ChatClient, Directory, directory, serving

__all__ = ["directory"]  # a fixture

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"
QUESTION = "Who founded <b>the Alpha Institute</b>? <script>window.hacked=1</script>"


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page as it is."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_staff_sign_in_and_see_what_was_asked(directory: Directory, browser: Browser) -> None:
    environment = {
        "ASKPARTNER_CORPUS": str(directory.corpus),
        "ASKPARTNER_INDEX": str(directory.index),
        "ASKPARTNER_JOURNAL": ":memory:",
        "ASKPARTNER_STAFF_USER": "staff",
        "ASKPARTNER_STAFF_PASSWORD": PASSWORD,
    }
    command = [sys.executable, "-m", "askpartner.cli", "serve", "--port", "0"]
    with serving(command, environment) as (address, _):
        message = ChatClient(address, "asker").ask(QUESTION)[-1][1]
        judged = message.split("/a/")[1][:32]
        given = {"verdict": "not_helpful", "reason": "it was <i>somebody</i> else"}
        httpx.post(f"{address}/api/answers/{judged}/judgement", json=given).raise_for_status()

        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/staff")
        page.locator("input[type=password]").wait_for(timeout=60_000)
        assert "Alpha" not in page.content()
        assert barriers(page) == []
        page.get_by_label("username").fill("staff")
        page.get_by_label("password").fill(PASSWORD)
        page.get_by_role("button", name="Login").click()
        table = page.locator("#asked table")
        expect(table).to_contain_text(QUESTION, timeout=60_000)
        expect(table).to_contain_text("it was <i>somebody</i> else")
        expect(table).to_contain_text("not helpful")
        assert table.locator("b, i, script").count() == 0
        assert page.evaluate("window.hacked === undefined")
        link = table.get_by_role("link", name="open").first
        assert str(link.get_attribute("href")).endswith(f"/a/{judged}")
        assert not [text for text in said if "Content Security Policy" in text]
        assert barriers(page) == []
        page.close()
