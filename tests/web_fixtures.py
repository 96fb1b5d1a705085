"""A small index and a running server, once a session; and the chat driven without a browser."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from askpartner.index import LOCK, MODELS, build_index
from askpartner.settings import Settings, load_settings
from shared_material import ROOT

PAGES = ROOT / "tests" / "pages"

Given = TypeVar("Given")

HOSTILE = """---
title: Delta <img src=x onerror=window.hacked=1> Works
permalink: javascript:window.hacked=1
---
### Delta Works
#### Overview
Delta Works forges anchors: \\<script>window.hacked=1\\</script> and $$x^2$$
and \\[x\\](javascript:window.hacked=1).

#### Ways to work with Delta
##### 1. Anchor Hire
Delta hires out anchors &lt;img src=x onerror=window.hacked=1&gt; "by the ton" & 'by the day'.

**Who is this suitable for?**
* Ship owners `</li></ul><script>window.hacked=1</script>`

##### [Request Introduction](javascript:window.hacked=1)
"""

# Two ways to work, to be compared; the one says whom it suits, the other where it is.
COMPARED = """---
title: Echo Works (EW)
permalink: /partners/echo/
---
### Echo Works (EW)
#### Overview
Echo Works spins ropes for ships.

#### Ways to work with EW
##### 1. Rope Hire \\<img src=x onerror=window.hacked=1\\>
Echo hires out ropes by the metre. The client returns them dry.

**Who is this suitable for?**
* Start-ups
* Sailors `</td></table><script>window.hacked=1</script>`
* Riggers

##### [Request Introduction](https://echo.example/hire)

##### 2. Rope Walk
Echo spins the rope that a client has drawn.

**Where is this offered?**
Singapore

##### [Request Introduction](https://echo.example/walk)
"""

VOCABULARY = """
[audience.start-up]
words = ["start-up"]

[audience.university]
words = ["university"]

[audience."sailor <b>"]
words = ["sailor"]

[need.rope]
words = ["rope"]
"""


@dataclass(frozen=True)
class Directory:
    """A corpus of our own pages and its index, side by side in one folder."""

    folder: Path

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus"

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def settings(self) -> Settings:
        return load_settings(corpus=self.corpus, index=self.index, site_url="https://site.example")


@pytest.fixture(scope="session")
def directory(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Directory:
    """The three pages known by heart, a hostile one and one to compare, indexed."""
    directory = Directory(tmp_path_factory.mktemp("directory"))
    shutil.copytree(PAGES, directory.corpus)
    (directory.corpus / "delta.md").write_text(HOSTILE, encoding="utf-8")
    (directory.corpus / "echo.md").write_text(COMPARED, encoding="utf-8")
    (directory.corpus / "vocabulary.toml").write_text(VOCABULARY, encoding="utf-8")
    shutil.copytree(built.index / MODELS, directory.index / MODELS, copy_function=os.link)
    report = build_index(directory.settings)
    assert not report.unreadable
    return directory


@pytest.fixture
def own_directory(directory: Directory, tmp_path: Path) -> Directory:
    """A copy for one test, to edit and index again."""
    shutil.copytree(directory.corpus, tmp_path / "corpus")
    # The index is replaced file by file, never written into: links will do.
    unlocked = shutil.ignore_patterns(LOCK)
    shutil.copytree(directory.index, tmp_path / "index", copy_function=os.link, ignore=unlocked)
    return Directory(tmp_path)


@pytest.fixture(scope="session")
def server(directory: Directory) -> Iterator[str]:
    with running_server(directory) as address:
        yield address


@contextmanager
def running_server(
    directory: Directory, environment: dict[str, str] | None = None
) -> Iterator[str]:
    """``askpartner serve`` in a process of its own on a free port; gives its address."""
    with serving(
        [sys.executable, "-m", "askpartner.cli", "serve", "--port", "0"],
        {
            "ASKPARTNER_CORPUS": str(directory.corpus),
            "ASKPARTNER_INDEX": str(directory.index),
            "ASKPARTNER_SITE_URL": "https://site.example",
            "ASKPARTNER_QUESTIONS_PER_MINUTE": "0",  # all tests are one client
        }
        | (environment or {}),
    ) as (address, _):
        yield address


@contextmanager
def serving(
    command: Sequence[str], environment: dict[str, str]
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that announces an address on a line of its output; ended with SIGTERM."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    errors: list[str] = []
    drain = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
    drain.start()
    try:
        words = (word for line in process.stdout for word in line.split())
        address = next((word for word in words if word.startswith("http://")), None)
        if address is None:  # the output has ended
            process.wait(timeout=30)
            drain.join(timeout=5)
            raise AssertionError(f"not serving: {''.join(errors)}")
        yield address, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            drain.join(timeout=5)
            process.stdout.close()
            process.stderr.close()


@dataclass
class ChatClient:
    """Speaks Gradio's queue protocol as the page does; one object is one session."""

    address: str
    session: str
    cookie: str = ""  # the conversation's; none: as in another site's frame
    query: str = ""  # of the page's address, which Gradio sends along

    def __post_init__(self) -> None:
        self.config = httpx.get(f"{self.address}/config").json()

    def component(self, elem_id: str) -> int:
        """The id of a component by its name in the page."""
        [found] = [one["id"] for one in self.config["components"] if _elem_id(one) == elem_id]
        return int(found)

    def trigger(self, component: int, event: str, *data: object) -> dict[int, Any]:
        """Fire an event with these inputs; gives the last value of each output component."""
        [dependency] = [
            one for one in self.config["dependencies"] if [component, event] in one["targets"]
        ]
        joined = httpx.post(
            f"{self.address}/gradio_api/queue/join{self.query}",
            json={
                "fn_index": dependency["id"],
                "data": list(data),
                "session_hash": self.session,
                "trigger_id": component,
            },
            headers={"cookie": f"askpartner_conversation={self.cookie}"} if self.cookie else {},
        )
        joined.raise_for_status()
        for message in self._messages():
            if message["msg"] == "process_completed":
                assert message["success"], message
                outputs = message["output"]["data"]
                return dict(zip(dependency["outputs"], outputs, strict=True))
        raise AssertionError("the event stream ended before the event did")

    def _messages(self) -> Iterator[dict[str, Any]]:
        url = f"{self.address}/gradio_api/queue/data"
        query = {"session_hash": self.session}
        with httpx.stream("GET", url, params=query, timeout=60) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    def ask(self, question: object, forged_state: object = None) -> list[tuple[str, str]]:
        """Send what is in the message box; gives role and HTML of all messages then in the chat."""
        outputs = self.trigger(self.component("message"), "submit", question, forged_state)
        chat = outputs[self.component("chat")]
        return [(one["role"], "".join(part["text"] for part in one["content"])) for one in chat]

    def starters(self) -> list[str]:
        """The questions offered when the page is opened."""
        offered = self.trigger(0, "load").values()
        return [
            one["value"]
            for one in offered
            if isinstance(one, dict) and one.get("visible") and "value" in one
        ]


def _elem_id(component: dict[str, Any]) -> object:
    return component["props"].get("elem_id")


def in_a_loop(work: Coroutine[Any, Any, Given]) -> Given:
    """What a coroutine gives, in an event loop of a thread of its own.

    The thread of the tests has one already where a browser test ran before.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
