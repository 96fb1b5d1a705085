"""``askpartner mcp``: the assistant as tools for an agent, over standard input and output.

The same answers as everywhere else: a tool gives the published answer object, whose quotes an agent
can check with ``get_section``. Needs the optional package ``mcp`` (the official SDK).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

from pydantic import Field

from askpartner import __version__
from askpartner.assistant import Assistant, Turn
from askpartner.errors import AskpartnerError, BackendMissing
from askpartner.index import IndexReader
from askpartner.render import answer_object
from askpartner.settings import Settings
from askpartner.templates import load_templates
from askpartner.web.sections import section_object

if TYPE_CHECKING:
    from mcp.server import MCPServer

MOST_CHARACTERS = 600  # of a question, as over the web
MOST_EARLIER = 20  # questions of the conversation before it

Question = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
Earlier = Annotated[
    list[Annotated[str, Field(max_length=MOST_CHARACTERS)]], Field(max_length=MOST_EARLIER)
]
Count = Annotated[int, Field(ge=1, le=100)]
Parameters = ParamSpec("Parameters")

logger = logging.getLogger(__name__)


def build_server(reader: IndexReader, settings: Settings) -> MCPServer:
    """The MCP server with its three tools. Raises BackendMissing without the package ``mcp``."""
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp_types import ToolAnnotations
    except ImportError as error:
        raise BackendMissing("mcp", extra="mcp") from error

    told = load_templates("server")["agent"]
    assistant = Assistant(reader, settings)
    server = MCPServer("askpartner", version=__version__, instructions=told["instructions"])
    reads_only = ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )

    def tool(
        description: str,
    ) -> Callable[[Callable[Parameters, dict[str, Any]]], Callable[Parameters, dict[str, Any]]]:
        """A tool whose errors raised on purpose are told to the agent as they are."""

        def decorate(
            run: Callable[Parameters, dict[str, Any]],
        ) -> Callable[Parameters, dict[str, Any]]:
            @wraps(run)
            def telling(*given: Parameters.args, **named: Parameters.kwargs) -> dict[str, Any]:
                try:
                    return run(*given, **named)
                except AskpartnerError as error:
                    raise ToolError(str(error)) from error

            added: Callable[Parameters, dict[str, Any]] = server.tool(
                description=description, annotations=reads_only, structured_output=True
            )(telling)
            return added

        return decorate

    @tool(told["ask"])
    def ask(question: Question, earlier_questions: Earlier | None = None) -> dict[str, Any]:
        history = [Turn("user", earlier) for earlier in earlier_questions or ()]
        return answer_object(assistant.ask(question, history=history))

    @tool(told["search"])
    def search(query: Question, count: Count = 5) -> dict[str, Any]:
        answer = assistant.ask(query, hits=count)
        return {
            "hits": [
                {"id": f"{hit['profile']}@{hit['start']}"} | hit
                for hit in answer_object(answer, with_hits=True)["hits"]
            ],
            "index_version": answer.index_version,
        }

    @tool(told["get_section"])
    def get_section(id: Annotated[str, Field(max_length=MOST_CHARACTERS)]) -> dict[str, Any]:
        found = section_object(reader.get(), settings, id)
        if found is None:
            raise ToolError(load_templates("server")["refused"]["no_section"])
        return found

    return server


def serve_agent(settings: Settings) -> None:
    """Serve one agent until it closes standard input.

    Raises IndexRefused when there is no index to answer from, BackendMissing without ``mcp``.
    """
    # Standard output belongs to the protocol: whatever is logged goes elsewhere.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    reader = IndexReader(settings.index)
    reader.get()
    build_server(reader, settings).run("stdio")
