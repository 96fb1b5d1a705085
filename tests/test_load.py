"""Many sessions: memory stays bounded, and no conversation gets into another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from benchmarks.load import chat, compare, memory, process

from askpartner.assistant import Assistant
from askpartner.index import IndexReader
from web_fixtures import Directory, directory, in_a_loop

__all__ = ["directory"]  # a fixture

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # seconds, on a busy machine

INVENTED = 10_000
MOST_SESSIONS = 500
FULL = 4_000  # invented; until then the MOST_SESSIONS that are held fill up, a part being refused
MOST_GROWTH = 60.0  # MB, from there to INVENTED


@pytest.fixture
def running(directory: Directory, tmp_path: Path) -> Iterator[tuple[str, int, Path]]:
    """A server's address, its process, and its journal."""
    journal = tmp_path / "journal.sqlite"
    environment = {
        "ASKPARTNER_CORPUS": str(directory.corpus),
        "ASKPARTNER_INDEX": str(directory.index),
        "ASKPARTNER_SITE_URL": "https://site.example",
        "ASKPARTNER_JOURNAL": str(journal),
        "ASKPARTNER_QUESTIONS_PER_MINUTE": "0",
    }
    serve = [sys.executable, "-m", "askpartner.cli", "serve", "--port", "0"]
    with process(serve, environment) as (address, pid):
        yield address, pid, journal


def test_users_at_once_get_their_own_answers(
    running: tuple[str, int, Path], directory: Directory
) -> None:
    address, _, journal = running
    questions = [
        "When was the Alpha Institute founded?",
        "Who is Training suitable for?",
        "What does Echo Works do?",
        "Which partners work with start-ups?",
        "Who won the football match?",
    ]
    asked = [questions[at % 5 :] + questions[: at % 5] for at in range(15)]
    times, cookies = in_a_loop(chat(address, asked, think=0.2))
    assert len(times.seconds) == 75
    assert len(cookies) == 15
    assistant = Assistant(IndexReader(directory.index), directory.settings)
    assert compare(journal, cookies, assistant) == (75, 0)


def test_invented_sessions_leave_memory_bounded(running: tuple[str, int, Path]) -> None:
    address, pid, _ = running
    with httpx.Client(base_url=address) as client:
        config = client.get("/config").json()
    [load] = [one["id"] for one in config["dependencies"] if one["targets"][0][1] == "load"]

    def invent(numbers: range) -> int:
        joined = 0
        with httpx.Client(base_url=address, timeout=60) as client:
            for number in numbers:
                session = {"fn_index": load, "data": [], "session_hash": f"invented{number}"}
                found = client.post("/gradio_api/queue/join", json=session)
                # 503: the queue is full. It says so, and goes on.
                assert found.status_code in (200, 503), found.text
                joined += found.status_code == 200
        return joined

    def all_of(first: int, last: int) -> int:
        with ThreadPoolExecutor(4) as pool:
            return sum(pool.map(invent, (range(first + at, last, 4) for at in range(4))))

    assert all_of(0, FULL) > MOST_SESSIONS
    when_full = memory(pid)
    assert all_of(FULL, INVENTED) > MOST_SESSIONS
    grown = memory(pid) - when_full
    assert grown < MOST_GROWTH, f"{grown} MB for {INVENTED} sessions"
    figures = httpx.get(f"{address}/metrics").text
    [held] = [line for line in figures.splitlines() if line.startswith("askpartner_sessions ")]
    assert 0 < float(held.split()[1]) <= MOST_SESSIONS
    question = {"question": "When was the Alpha Institute founded?"}
    answer = httpx.post(f"{address}/api/ask", json=question, timeout=60)
    assert answer.json()["status"] == "answered"
