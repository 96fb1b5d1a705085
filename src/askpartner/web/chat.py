"""The conversation as a Gradio app: questions in, answers out, history kept on the server.

The browser sends a question and nothing else. What was said before is held in a ``gr.State``,
which Gradio keeps in this process under the browser's session; the Chatbot is only ever written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio

from askpartner.assistant import Assistant, Turn
from askpartner.errors import AskpartnerError, QuestionError
from askpartner.render import answer_text
from askpartner.web.answer import answer_html, notice_html, question_html
from askpartner.web.starters import STARTER_COUNT
from askpartner.web.words import words

MOST_EXCHANGES = 50  # of one conversation; older ones are let go, which bounds a session's memory
CONCURRENT_ANSWERS = 8
MOST_WAITING = 256

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was said to it: as text for the next turn, as HTML for the page."""

    question: str
    answer: str
    html: str


Conversation = tuple[Exchange, ...]


def answer_exchange(assistant: Assistant, question: str, conversation: Conversation) -> Exchange:
    """Ask, with the conversation so far; an error raised on purpose becomes a notice.

    A question that cannot be read is told as it is. Any other error is the operator's: it is
    logged whole, and the asker is told to come back later.
    """
    try:
        answer = assistant.ask(question, history=_turns(conversation))
    except QuestionError as error:
        return Exchange(question, str(error), notice_html(str(error)))
    except AskpartnerError:
        logger.exception("a question was not answered")
        message = words("problem.unavailable")
        return Exchange(question, message, notice_html(message))
    return Exchange(question, answer_text(answer), answer_html(answer))


def build_chat(assistant: Assistant, starters: Callable[[], tuple[str, ...]]) -> gradio.Blocks:
    """The Gradio app; ``starters`` gives the questions offered to begin with at each page load."""
    with gradio.Blocks(
        analytics_enabled=False, title=words("page.title"), fill_height=True, fill_width=True
    ) as blocks:
        conversation = gradio.State(())
        chat = gradio.Chatbot(
            elem_id="chat",
            show_label=False,
            container=False,
            scale=1,
            height=None,
            layout="panel",
            autoscroll=False,
            buttons=[],
            feedback_options=None,
            allow_file_downloads=False,
            group_consecutive_messages=False,
            placeholder=words("page.invitation"),
            # Without Markdown a message is HTML, sanitised in the browser; ours is escaped
            # already. So neither Markdown nor LaTeX of a page or a question means anything.
            render_markdown=False,
            sanitize_html=True,
            latex_delimiters=[],
            line_breaks=False,
            allow_tags=False,
        )
        with gradio.Column(elem_id="starters", visible=False) as offered:
            gradio.Markdown(words("page.starters"), elem_id="starters-title", latex_delimiters=[])
            buttons = [gradio.Button("", size="sm") for _ in range(STARTER_COUNT)]
        with gradio.Row(elem_id="composer"):
            message = gradio.Textbox(
                elem_id="message",
                label=words("page.message"),
                placeholder=words("page.placeholder"),
                lines=1,
                max_lines=6,
                autofocus=True,
                submit_btn=True,
                container=False,
                scale=1,
            )
            again = gradio.Button(
                words("page.begin_again"), elem_id="again", size="sm", scale=0, visible=False
            )

        def ask(question: str | None, before: Conversation) -> Iterator[dict[Any, Any]]:
            asked = (question or "").strip()
            if not asked:
                yield {message: gradio.skip()}
                return
            yield {
                chat: [*_messages(before), _message("user", question_html(asked))],
                message: gradio.update(value=""),
                offered: gradio.update(visible=False),
            }
            exchange = answer_exchange(assistant, asked, before)
            after = (*before, exchange)[-MOST_EXCHANGES:]
            yield {
                chat: _messages(after),
                conversation: after,
                again: gradio.update(visible=True),
            }

        def offer() -> dict[Any, Any]:
            try:
                questions = starters()
            except AskpartnerError:
                logger.exception("no starter questions are offered")
                questions = ()
            return {offered: gradio.update(visible=bool(questions))} | {
                button: gradio.update(
                    value=questions[place] if place < len(questions) else "",
                    visible=place < len(questions),
                )
                for place, button in enumerate(buttons)
            }

        def begin_again() -> dict[Any, Any]:
            return {
                chat: [],
                conversation: (),
                again: gradio.update(visible=False),
                **offer(),
            }

        said = [chat, message, offered, again, conversation]
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        message.submit(ask, [message, conversation], said, **quiet)
        for button in buttons:
            button.click(ask, [button, conversation], said, **quiet)
        again.click(begin_again, None, [chat, conversation, again, offered, *buttons], **quiet)
        blocks.load(offer, None, [offered, *buttons], **quiet)

    blocks.queue(
        api_open=False, max_size=MOST_WAITING, default_concurrency_limit=CONCURRENT_ANSWERS
    )
    return blocks


def _turns(conversation: Conversation) -> list[Turn]:
    turns: list[Turn] = []
    for exchange in conversation:
        turns += [
            Turn(role="user", content=exchange.question),
            Turn(role="assistant", content=exchange.answer),
        ]
    return turns


def _messages(conversation: Conversation) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for exchange in conversation:
        messages += [
            _message("user", question_html(exchange.question)),
            _message("assistant", exchange.html),
        ]
    return messages


def _message(role: str, html: str) -> dict[str, Any]:
    # A content part, not a string: Gradio would change the white space of a string.
    return {"role": role, "content": [{"type": "text", "text": html}]}
