"""The HTTP API: the same answers as the command line's ``--json``, for programs.

``build_api`` gives an application of its own, mounted at ``/api``, so that its description at
``/api/openapi.json`` names its routes and nothing else of the server.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from askpartner import __version__
from askpartner.assistant import Assistant, Turn
from askpartner.compose import page_url
from askpartner.errors import AskpartnerError, QuestionError
from askpartner.index import IndexReader
from askpartner.journal import MOST_REASON, Journal, Verdict
from askpartner.render import answer_object
from askpartner.settings import Settings
from askpartner.web.asking import MOST_CHARACTERS
from askpartner.web.cookie import conversation_of, cookie_header
from askpartner.web.gate import too_often
from askpartner.web.limit import Kind, RateLimit
from askpartner.web.refusals import refusal, told
from askpartner.web.sections import section_name, section_object

MOST_TURNS = 100
"""Turns of a history; the newest ones matter, and the body is bounded besides."""

logger = logging.getLogger(__name__)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HistoryTurn(_Strict):
    """One turn of the conversation before the question."""

    role: Literal["user", "assistant"]
    content: str


class Ask(_Strict):
    """A question, with the conversation before it."""

    question: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    history: list[HistoryTurn] = Field([], max_length=MOST_TURNS, description="oldest turn first")
    hits: int | None = Field(
        None, ge=1, le=100, description="show this many of the passages that were found"
    )


class JudgementGiven(_Strict):
    """What the asker thinks of an answer."""

    verdict: Verdict
    reason: str = Field("", max_length=MOST_REASON)


class SectionNamed(BaseModel):
    """A section of a profile, without its words."""

    id: str = Field(description="profile@start")
    heading_path: list[str] = Field(description="outermost heading first")
    kind: str = Field(description="overview, offering, offerings, sources or other")
    start: int = Field(description="position in the profile's text, in Unicode code points")
    end: int
    lines: tuple[int, int] = Field(description="of the page's file, from 1, both included")


class SectionShown(SectionNamed):
    """A section of a profile, word for word."""

    profile: str
    title: str
    url: str = Field(description="the page's address; empty when it names none")
    text: str = Field(description="the profile's text from start to end")
    index_version: str


class ProfileNamed(BaseModel):
    """One partner's page."""

    id: str
    title: str
    url: str = Field(description="the page's address; empty when it names none")
    sections: list[SectionNamed]


class ProfilesShown(BaseModel):
    """All partners' pages, in the order of their ids."""

    profiles: list[ProfileNamed]
    index_version: str


class Reason(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="the part of the request; empty for the whole")
    what: str


class Refusal(BaseModel):
    """Why a request was not answered."""

    error: str = Field(description="for people")
    detail: str = Field(description="the same as error")
    reasons: list[Reason]


def _refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    meaning = {
        403: "the request comes from a page of another site",
        404: "there is no such thing",
        413: "the request is longer than 16 KB",
        421: "the server is not asked by a name it knows",
        422: "the request, or the question, cannot be read; the reasons say why",
        429: "too many questions; Retry-After says in how many seconds to try again",
        503: "the index or the journal cannot be read right now",
    }
    return {status: {"model": Refusal, "description": meaning[status]} for status in statuses}


def build_api(
    assistant: Assistant,
    reader: IndexReader,
    settings: Settings,
    journal: Journal,
    limit: RateLimit,
) -> FastAPI:
    """The API as an application to be mounted at ``/api``."""
    api = FastAPI(
        title="askpartner",
        version=__version__,
        description="Cited answers from a directory of partner profiles. Every sentence of an "
        "answer is a fixed one or a verbatim quote with its citation.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # Without these FastAPI would describe the address by the request's own headers.
        servers=[{"url": "/api"}],
        root_path_in_servers=False,
    )
    _refuse_readably(api)

    def counted(request: Request, kind: Kind) -> Response | None:
        seconds = limit.wait(request.client.host if request.client else None, kind)
        return too_often(seconds) if seconds else None

    @api.post(
        "/ask",
        operation_id="ask",
        summary="Answer one question",
        responses={
            200: {
                "description": "the answer, as `askpartner ask --json` prints it",
                "content": {"application/json": {"schema": _answer_schema()}},
            },
            **_refused(403, 413, 421, 422, 429, 503),
        },
        response_class=JSONResponse,
    )
    def ask(request: Request, given: Annotated[Ask, Body()]) -> Response:
        too_many = counted(request, "question")
        if too_many is not None:
            return too_many
        history = [Turn(turn.role, turn.content) for turn in given.history]
        answer = assistant.ask(given.question, history=history, hits=given.hits)
        return JSONResponse(
            answer_object(answer, with_hits=given.hits is not None),
            headers={"cache-control": "no-store"},
        )

    @api.get(
        "/profiles",
        operation_id="profiles",
        summary="All profiles with the headings of their sections",
        responses=_refused(421, 422, 503),
    )
    def profiles() -> ProfilesShown:
        index = reader.get()
        return ProfilesShown(
            profiles=[
                ProfileNamed(
                    id=profile.id,
                    title=profile.title,
                    url=page_url(profile, settings),
                    sections=[SectionNamed(**section_name(s)) for s in index.sections[profile.id]],
                )
                for profile in index.profiles.values()
            ],
            index_version=index.version,
        )

    @api.get(
        "/sections/{id:path}",
        operation_id="section",
        summary="One section, word for word",
        description="`id` is `profile@start`; start may be any position in the section, such as "
        "that of a citation or of a hit.",
        responses=_refused(404, 421, 422, 503),
    )
    def section(id: str) -> SectionShown:
        found = section_object(reader.get(), settings, id)
        if found is None:
            raise HTTPException(404, told("refused.no_section"))
        return SectionShown(**found)

    @api.post(
        "/answers/{id}/judgement",
        operation_id="judge",
        summary="Say whether an answer of the chat helped",
        status_code=204,
        responses=_refused(403, 404, 413, 421, 422, 429, 503),
    )
    def judge(request: Request, id: str, given: Annotated[JudgementGiven, Body()]) -> Response:
        too_many = counted(request, "other")
        if too_many is not None:
            return too_many
        if not journal.judge(id, given.verdict, given.reason):
            raise HTTPException(404, told("refused.no_answer"))
        return Response(status_code=204)

    @api.post(
        "/conversation/forget",
        operation_id="forget",
        summary="Delete the conversation of the browser's cookie, and begin a new one",
        status_code=204,
        responses=_refused(403, 413, 421, 422, 429, 503),
    )
    def forget(request: Request) -> Response:
        too_many = counted(request, "other")
        if too_many is not None:
            return too_many
        conversation = conversation_of(request.headers.get("cookie"))
        if conversation is not None:
            journal.forget(conversation)
        return begun(request)

    @api.post(
        "/conversation/begin",
        operation_id="begin",
        summary="Begin a new conversation; the browser's earlier one and its answers stay",
        status_code=204,
        responses=_refused(403, 413, 421, 422, 429, 503),
    )
    def begin(request: Request) -> Response:
        return counted(request, "other") or begun(request)

    def begun(request: Request) -> Response:
        secure = request.url.scheme == "https"
        cookie = cookie_header(journal.begin(), secure=secure)
        return Response(status_code=204, headers={"set-cookie": cookie})

    return api


@cache
def _answer_schema() -> dict[str, Any]:
    text = (resources.files("askpartner") / "schemas" / "answer.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    del schema["$schema"]  # OpenAPI 3.1 means the same dialect by itself
    return schema


def _refuse_readably(api: FastAPI) -> None:
    """Every refusal in one shape, whoever refuses."""

    @api.exception_handler(RequestValidationError)
    def unreadable(_request: Request, error: RequestValidationError) -> Response:
        reasons = [
            {"where": ".".join(str(part) for part in fault["loc"][1:]), "what": fault["msg"]}
            for fault in error.errors()
        ]
        return refusal(422, told("refused.unreadable"), reasons=reasons)

    @api.exception_handler(QuestionError)
    def no_question(_request: Request, error: QuestionError) -> Response:
        reason = {"where": "question", "what": str(error)}
        return refusal(422, told("refused.unreadable"), reasons=[reason])

    @api.exception_handler(AskpartnerError)
    def unavailable(_request: Request, error: AskpartnerError) -> Response:
        logger.error("a request was not answered: %s", error)
        return refusal(503, told("refused.unavailable"))

    @api.exception_handler(HTTPException)
    def other(_request: Request, error: HTTPException) -> Response:
        if error.status_code == 400:  # a body that is no text, or nested too deep
            reason = {"where": "", "what": str(error.detail)}
            return refusal(422, told("refused.unreadable"), reasons=[reason])
        known = error.status_code == 404 and error.detail != "Not Found"
        message = error.detail if known or error.status_code != 404 else told("refused.path")
        return refusal(error.status_code, message, headers=error.headers)
