"""The MCP server, driven by the official client: in a process of its own, as an agent starts it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from askpartner.assistant import Assistant
from askpartner.index import Index
from askpartner.render import answer_object
from askpartner.settings import Settings
from web_fixtures import in_a_loop

FOUNDED = "When was the Alpha Institute founded?"
SCHEMA = json.loads((resources.files("askpartner") / "schemas" / "answer.json").read_text())

pytestmark = pytest.mark.slow


WAITS = "asyncio-waitpid-"
"""How asyncio names the threads that wait for a process to end, where it uses any."""


def talk(settings: Settings, conversation: Callable[[Any], Awaitable[None]]) -> None:
    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "askpartner.cli", "mcp", "--index", str(settings.index)],
        env=dict(os.environ) | {"ASKPARTNER_CORPUS": str(settings.corpus)},
    )

    def waiting() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name.startswith(WAITS)}

    async def run() -> None:
        others = waiting()  # a browser of another test may run as long as this process
        async with asyncio.timeout(60), Client(stdio_client(server)) as client:
            await conversation(client)
        # A loop that closes before it hears of the server's end takes it for running still.
        async with asyncio.timeout(60):
            while waiting() - others:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.01)

    in_a_loop(run())


def test_an_agent_asks_searches_and_reads(
    built: Settings, assistant: Assistant, index: Index
) -> None:
    async def conversation(client: Any) -> None:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["ask", "search", "get_section"]
        assert all(tool.description and tool.annotations.read_only_hint for tool in tools)

        answer = (await client.call_tool("ask", {"question": FOUNDED})).structured_content
        assert answer == json.loads(json.dumps(answer_object(assistant.ask(FOUNDED))))
        jsonschema.validate(answer, SCHEMA)

        [citation] = answer["citations"]
        address = {"id": f"{citation['profile']}@{citation['start']}"}
        section = (await client.call_tool("get_section", address)).structured_content
        assert citation["quote"] in section["text"]
        profile = index.profiles[citation["profile"]]
        assert profile.text[section["start"] : section["end"]] == section["text"]

        found = await client.call_tool("search", {"query": "laboratory", "count": 3})
        hits = found.structured_content["hits"]
        assert [hit["rank"] for hit in hits] == [1, 2, 3]
        for hit in hits:
            whole = await client.call_tool("get_section", {"id": hit["id"]})
            assert hit["text"] in whole.structured_content["text"]

        later = {"question": "Who is Training suitable for?", "earlier_questions": [FOUNDED]}
        answer = (await client.call_tool("ask", later)).structured_content
        assert answer["request"]["partners"] == ["alpha"]

    talk(built, conversation)


def test_what_cannot_be_done_is_told_to_the_agent(built: Settings) -> None:
    async def conversation(client: Any) -> None:
        for name, given, said in (
            ("ask", {"question": "?!"}, "no words"),
            ("ask", {"question": "x" * 601}, "600"),
            ("ask", {}, "question"),
            ("search", {"query": FOUNDED, "count": 0}, "count"),
            ("get_section", {"id": "../../etc/passwd@0"}, "no section"),
            ("get_section", {"id": "alpha@-1"}, "no section"),
        ):
            found = await client.call_tool(name, given)
            assert found.is_error, name
            assert said in found.content[0].text
            assert "Traceback" not in found.content[0].text
        assert not (await client.call_tool("ask", {"question": FOUNDED})).is_error

    talk(built, conversation)


def test_a_missing_index_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "askpartner.cli", "mcp", "--index", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stdout) == (4, "")
    assert "askpartner index" in done.stderr
    assert "Traceback" not in done.stderr
