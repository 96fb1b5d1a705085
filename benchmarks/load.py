"""A hundred people at once, and the API beside a route that does nothing, on the real server.

    python -m benchmarks.load [--index DIR] [--users N] [--questions N] [--think SECONDS] [--json]

Every user opens the page with its files, holds its event streams, and asks with pauses, each other
questions in another order. Afterwards every answer in the journal is compared with what the
assistant says to the same question after the same conversation: none may be missing or mixed up.
Then ``/api/ask`` is asked by 1, 8 and 32 clients beside a bare FastAPI route in a process of its
own, turn by turn, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from askpartner.assistant import Assistant, Turn
from askpartner.index import IndexReader
from askpartner.journal import FILE
from askpartner.render import answer_object, answer_text
from askpartner.settings import Settings, load_settings

CLIENTS = (1, 8, 32)
REQUESTS = 320  # of the API, for each number of clients
PATIENCE = 120.0  # seconds a user waits for anything

BARE = """
import socket, sys, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

class Ask(BaseModel):
    question: str

application = FastAPI()
answer = {"text": "x" * int(sys.argv[1])}

@application.post("/ask")
def ask(given: Ask) -> dict[str, str]:
    return answer

listener = socket.create_server(("127.0.0.1", 0))
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
print("http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(application, log_level="warning")).run([listener])
"""


@dataclass(frozen=True)
class Times:
    """Seconds that requests took, and how long all of them took together."""

    seconds: tuple[float, ...]
    whole: float

    def as_object(self) -> dict[str, float]:
        """Milliseconds at the median and the 95th percentile, and requests a second."""
        p95 = statistics.quantiles(self.seconds, n=20, method="inclusive")[18]
        return {
            "p50_ms": round(statistics.median(self.seconds) * 1000, 1),
            "p95_ms": round(p95 * 1000, 1),
            "per_second": round(len(self.seconds) / self.whole, 1),
        }


# -- processes -----------------------------------------------------------------------------------


@contextmanager
def process(command: Sequence[str], environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A server that prints its address; gives the address and the process id."""
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )
    assert started.stdout is not None
    try:
        words = (word for line in started.stdout for word in line.split())
        address = next((word for word in words if word.startswith("http://")), None)
        if address is None:
            raise SystemExit("the server did not start")
        yield address, started.pid
    finally:
        started.terminate()
        try:
            started.wait(timeout=20)
        finally:
            started.stdout.close()


def memory(pid: int, name: str = "VmRSS") -> float:
    """Resident memory of a process in MB: now, or at most (``VmHWM``). Linux only."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
    if found is None:
        raise SystemExit(f"/proc/{pid}/status does not tell {name}")
    return round(int(found[1]) / 1024, 1)


def processor(pid: int) -> float:
    """Processor seconds a process has used; unlike the clock, little moved by other programs."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- one user of the chat ------------------------------------------------------------------------


class User:
    """A page of the chat: one cookie, one session, its streams, one question after another."""

    def __init__(self, client: httpx.AsyncClient, name: str) -> None:
        self.client, self.name = client, name
        self.cookie = ""
        self._config: dict[str, Any] = {}

    async def open(self) -> None:
        """Load the page with the files it names, and take its cookie and settings."""
        page = await self.client.get("/", headers={"cookie": ""})
        page.raise_for_status()
        self.cookie = page.headers["set-cookie"].split(";")[0]
        files = re.findall(r'(?:src|href)="\.?(/[^"]+\.(?:js|css)[^"]*)"', page.text)
        for file in sorted(set(files)):
            (await self.client.get(file)).raise_for_status()
        config = re.search(r"window\.gradio_config = (\{.*?\});\s*</script>", page.text, re.DOTALL)
        assert config is not None
        self._config = json.loads(config[1])

    @asynccontextmanager
    async def present(self) -> AsyncIterator[None]:
        """Hold the stream that keeps a page's session, as a browser does."""
        url = f"/gradio_api/heartbeat/{self.name}"
        async with self.client.stream("GET", url, timeout=None) as stream:
            stream.raise_for_status()
            yield

    async def load(self) -> None:
        """The event of an opened page."""
        [number] = [d["id"] for d in self._config["dependencies"] if d["targets"][0][1] == "load"]
        await self._event(number, [])

    async def ask(self, question: str) -> float:
        """Ask, and give the seconds until the answer was there."""
        [message] = [
            one["id"]
            for one in self._config["components"]
            if one["props"].get("elem_id") == "message"
        ]
        [event] = [
            one for one in self._config["dependencies"] if [message, "submit"] in one["targets"]
        ]
        begun = time.perf_counter()
        await self._event(event["id"], [question] + [None] * (len(event["inputs"]) - 1))
        return time.perf_counter() - begun

    async def _event(self, number: int, data: list[str | None]) -> None:
        payload = {"fn_index": number, "data": data, "session_hash": self.name}
        headers = {"cookie": self.cookie}
        joined = await self.client.post("/gradio_api/queue/join", json=payload, headers=headers)
        joined.raise_for_status()
        url = f"/gradio_api/queue/data?session_hash={self.name}"
        async with self.client.stream("GET", url, headers=headers) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data:"):
                    message = json.loads(line.removeprefix("data:"))
                    if message["msg"] == "process_completed":
                        assert message["success"], message
                        return
        raise AssertionError("the event stream ended before the event did")


async def chat(
    address: str, asked: Sequence[Sequence[str]], think: float
) -> tuple[Times, dict[str, Sequence[str]]]:
    """All users at once; gives the times of the questions, and who asked what, by cookie."""
    made = random.Random(1)
    seconds: list[float] = []
    cookies: dict[str, Sequence[str]] = {}

    async def use(number: int, questions: Sequence[str]) -> None:
        limits = httpx.Limits(max_connections=6)
        options = {"base_url": address, "timeout": PATIENCE, "limits": limits}
        pauses = [made.uniform(0.5, 1.5) * think for _ in range(len(questions) + 1)]
        async with httpx.AsyncClient(**options) as client, AsyncExitStack() as stack:  # type: ignore[arg-type]
            await asyncio.sleep(pauses[0])
            user = User(client, f"user{number}")
            await user.open()
            cookies[user.cookie.partition("=")[2]] = questions
            await stack.enter_async_context(user.present())
            await user.load()
            for question, pause in zip(questions, pauses[1:], strict=True):
                await asyncio.sleep(pause)
                seconds.append(await user.ask(question))

    begun = time.perf_counter()
    await asyncio.gather(*(use(number, questions) for number, questions in enumerate(asked)))
    return Times(tuple(seconds), time.perf_counter() - begun), cookies


def compare(
    journal: Path, cookies: dict[str, Sequence[str]], assistant: Assistant
) -> tuple[int, int]:
    """How many answers are kept, and how many are not what the assistant says by itself."""
    kept = wrong = 0
    with closing(sqlite3.connect(journal)) as connection:
        for cookie, questions in cookies.items():
            rows = connection.execute(
                "SELECT question, answer FROM exchange WHERE conversation = ? ORDER BY position",
                (cookie,),
            ).fetchall()
            kept += len(rows)
            history: list[Turn] = []
            for (question, answer), expected in zip(rows, questions, strict=False):
                said = assistant.ask(expected, history=history)
                history += [Turn("user", expected), Turn("assistant", answer_text(said))]
                same = json.loads(answer) == json.loads(json.dumps(answer_object(said)))
                wrong += question != expected or not same
    return kept, wrong


# -- the API -------------------------------------------------------------------------------------


async def post(url: str, questions: Sequence[str], clients: int) -> Times:
    """Ask ``questions`` by so many clients, each one after the other."""
    waiting = iter(questions)
    seconds: list[float] = []

    async def work(client: httpx.AsyncClient) -> None:
        for question in waiting:
            begun = time.perf_counter()
            found = await client.post(url, json={"question": question})
            found.raise_for_status()
            seconds.append(time.perf_counter() - begun)

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(timeout=PATIENCE, limits=limits) as client:
        await client.post(url, json={"question": questions[0]})  # the connection is opened
        begun = time.perf_counter()
        await asyncio.gather(*(work(client) for _ in range(clients)))
        return Times(tuple(seconds), time.perf_counter() - begun)


# -- the run -------------------------------------------------------------------------------------


def pool(settings: Settings) -> list[str]:
    """Questions of several kinds about every partner of the index."""
    index = IndexReader(settings.index).get()
    questions = ["Which partners work with start-ups?", "Who won the football match?"]
    for profile in index.profiles.values():
        questions += [
            f"What does {profile.title} do?",
            f"What are the ways to work with {profile.title}?",
            f"Who can work with {profile.title}?",
            f"How do I contact {profile.title}?",
        ]
        ways = index.offerings[profile.id]
        questions += [f"Who is {way.name} at {profile.title} suitable for?" for way in ways]
    return questions


def main() -> None:
    """Run it and print a table, or an object with ``--json``."""
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--index", type=Path, help="folder of the index (index)")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--questions", type=int, default=5, help="of each user")
    parser.add_argument("--think", type=float, default=4.0, help="seconds between questions")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    settings = load_settings(index=given.index)
    assistant = Assistant(IndexReader(settings.index), settings)
    questions = pool(settings)
    made = random.Random(20261123)
    asked = [made.sample(questions, given.questions) for _ in range(given.users)]

    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / FILE
        environment = {
            "ASKPARTNER_INDEX": str(settings.index),
            "ASKPARTNER_CORPUS": str(settings.corpus),
            "ASKPARTNER_JOURNAL": str(journal),
            "ASKPARTNER_QUESTIONS_PER_MINUTE": "0",  # all users come from this machine
        }
        serve = [sys.executable, "-m", "askpartner.cli", "serve", "--port", "0"]
        with process(serve, environment) as (address, pid):
            before, used = memory(pid), processor(pid)
            times, cookies = asyncio.run(chat(address, asked, given.think))
            used = processor(pid) - used
            kept, wrong = compare(journal, cookies, assistant)
            report: dict[str, Any] = {
                "load_average": os.getloadavg()[0],
                "chat": {
                    "users": given.users,
                    "asked": given.users * given.questions,
                    "answered": len(times.seconds),
                    "kept": kept,
                    "mixed": wrong,
                    **times.as_object(),
                    "processor_s_per_user": round(used / given.users, 3),
                    "memory_before_mb": before,
                    "memory_after_mb": memory(pid),
                    "memory_peak_mb": memory(pid, "VmHWM"),
                },
                "api": [],
            }
            example = json.dumps(answer_object(assistant.ask(questions[2])))
            with process([sys.executable, "-c", BARE, str(len(example))], {}) as (bare, _):
                for clients in CLIENTS:
                    drawn = made.choices(questions, k=REQUESTS)
                    route = asyncio.run(post(f"{bare}/ask", drawn, clients))
                    used = processor(pid)
                    api = asyncio.run(post(f"{address}/api/ask", drawn, clients))
                    used = processor(pid) - used
                    report["api"].append(
                        {
                            "clients": clients,
                            "ask": api.as_object(),
                            "processor_ms": round(used / REQUESTS * 1000, 1),
                            "bare": route.as_object(),
                        }
                    )
    print(json.dumps(report, indent=2) if given.json else table(report))


def table(report: dict[str, Any]) -> str:
    """The report for people, as Markdown."""
    chat = report["chat"]
    lines = [
        f"load average after the chat: {report['load_average']:.1f}",
        "",
        "| chat | figure |",
        "| --- | --- |",
        f"| answered of asked | {chat['answered']} of {chat['asked']} ({chat['users']} users) |",
        f"| kept in the journal, mixed up | {chat['kept']}, {chat['mixed']} |",
        f"| question to answer, p50, p95 | {chat['p50_ms']} ms, {chat['p95_ms']} ms |",
        f"| processor time of the server for one user | {chat['processor_s_per_user']} s |",
        f"| memory before, after, peak | {chat['memory_before_mb']}, {chat['memory_after_mb']}, "
        f"{chat['memory_peak_mb']} MB |",
        "",
        "| clients | /api/ask p50, p95 | a second | processor | bare route p50, p95 | a second |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in report["api"]:
        ask, bare = row["ask"], row["bare"]
        lines.append(
            f"| {row['clients']} | {ask['p50_ms']}, {ask['p95_ms']} ms | {ask['per_second']} "
            f"| {row['processor_ms']} ms | {bare['p50_ms']}, {bare['p95_ms']} ms "
            f"| {bare['per_second']} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
