"""The conversation as a Gradio app: questions in, answers out, history kept on the server.

The browser sends texts and nothing else: a question, or a short command such as "drop" that names
an answer and what to take away of it. What was said before is read from the journal, by the id that
the browser's cookie holds; the Chatbot is only ever written.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio

from askpartner.assistant import Assistant, Turn
from askpartner.errors import AskpartnerError, JournalRefused, QuestionError
from askpartner.index import IndexReader
from askpartner.journal import Entry, Journal, is_identity, new_identity
from askpartner.render import answer_text
from askpartner.types import Answer
from askpartner.web import cookie
from askpartner.web.answer import Controls, body_html, chips, entry_html, notice_html, question_html
from askpartner.web.starters import STARTER_COUNT, Starters
from askpartner.web.suggestions import Suggestions
from askpartner.web.words import words

CONCURRENT_ANSWERS = 8
MOST_WAITING = 256

FORGET = "forget"  # the command that deletes the whole conversation
DROPPED = "dropped"  # of an answer object's request: what was taken away when it was asked

_COMMAND = re.compile(
    r"(?P<verb>drop) (?P<drop>[A-Za-z0-9_-]{32}) (?P<number>[1-9][0-9]{0,2})|"
    r"(?P<other>audience) (?P<audience>[A-Za-z0-9_-]{32}) (?P<name>[^\x00-\x1f]{1,100})"
)

logger = logging.getLogger(__name__)


class UnknownCommand(ValueError):
    """A command that is not of its form, or names what is not part of the conversation."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to be asked, and what it is asked without and besides."""

    question: str
    drop: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    replaces: str | None = None  # the answer in whose place the new one stands


@dataclass(frozen=True, slots=True)
class Shown:
    """A conversation as it is shown: what the journal holds, and a last word it does not."""

    entries: tuple[Entry, ...]
    unkept: tuple[str, str] | None = None  # a question, and the HTML said to it; "": nothing yet


def again(command: str, entries: Sequence[Entry], audiences: Sequence[str]) -> Asking:
    """What a command of the page means: an earlier question, asked without or for something.

    ``audiences`` are the names that may be asked for. Raises UnknownCommand.
    """
    read = _COMMAND.fullmatch(command)
    if read is None:
        raise UnknownCommand
    identity = read["drop"] or read["audience"]
    entry = next((one for one in entries if one.id == identity), None)
    if entry is None:
        raise UnknownCommand
    request = entry.answer["request"]
    dropped: list[str] = list(request[DROPPED])
    criteria = request["criteria"]
    if read["verb"] == "drop":
        shown = chips(entry.answer)
        number = int(read["number"])
        if number > len(shown):
            raise UnknownCommand
        dropped.append(shown[number - 1].text)
        added = [one["name"] for one in criteria if one["kind"] == "audience"]
    else:
        if read["name"] not in audiences:
            raise UnknownCommand
        added = [read["name"]]
        dropped += [one["name"] for one in criteria if one["kind"] == "audience"]
        dropped = [name for name in dropped if name != read["name"]]
    return Asking(
        question=entry.question,
        drop=tuple(dict.fromkeys(dropped)),
        # An audience that was chosen is no word of the question: it is chosen again.
        add=tuple(name for name in added if name not in dropped),
        replaces=identity,
    )


class Conversations:
    """Asks with what was said before, and remembers what was said."""

    def __init__(
        self, assistant: Assistant, reader: IndexReader, journal: Journal, suggestions: Suggestions
    ) -> None:
        self._assistant, self._reader = assistant, reader
        self._journal, self._suggestions = journal, suggestions

    def read(self, conversation: str) -> Shown:
        """A conversation from the journal; a journal that cannot be read is told."""
        try:
            return Shown(self._journal.conversation(conversation))
        except JournalRefused:
            logger.exception("a conversation was not read")
            return Shown((), ("", notice_html(words("problem.not_read"))))

    def ask(self, conversation: str, shown: Shown, asking: Asking) -> Shown:
        """Ask, and give the conversation as it is after that.

        A question that cannot be read is told as it is. Any other error is the operator's: it is
        logged whole, and the asker is told to come back later.
        """
        question = asking.question
        try:
            answer = self._assistant.ask(
                question,
                history=_turns(_before(shown.entries, asking.replaces)),
                drop=asking.drop,
                add=asking.add,
            )
        except QuestionError as error:
            return Shown(shown.entries, (question, notice_html(str(error))))
        except AskpartnerError:
            logger.exception("a question was not answered")
            return Shown(shown.entries, (question, notice_html(words("problem.unavailable"))))
        return self._keep(conversation, shown, asking, answer)

    def _keep(self, conversation: str, shown: Shown, asking: Asking, answer: Answer) -> Shown:
        html = body_html(answer)
        try:
            self._journal.record(
                conversation,
                asking.question,
                answer,
                html=html,
                text=answer_text(answer),
                replaces=asking.replaces,
            )
            return Shown(self._journal.conversation(conversation))
        except JournalRefused:
            logger.exception("an answer was not kept")
            notice = notice_html(words("problem.not_kept"))
            said = f'<div class="answer">{html}</div>{notice}'
            return Shown(shown.entries, (asking.question, said))

    def command(self, conversation: str, shown: Shown, command: str) -> Shown:
        """Do what a command says. Raises UnknownCommand when it says nothing that can be done."""
        return self.ask(conversation, shown, again(command, shown.entries, self._audiences()))

    def forget(self, conversation: str) -> bool:
        """Delete a conversation; False when the journal could not do it, which is logged."""
        try:
            self._journal.forget(conversation)
        except JournalRefused:
            logger.exception("a conversation was not deleted")
            return False
        return True

    def messages(self, shown: Shown) -> list[dict[str, Any]]:
        """The conversation as Gradio's messages; what may be asked next stands below the last."""
        messages: list[dict[str, Any]] = []
        for entry in shown.entries:
            is_last = entry is shown.entries[-1] and shown.unkept is None
            controls = self._controls(entry, shown.entries if is_last else ())
            messages += [
                _message("user", question_html(entry.question)),
                _message("assistant", entry_html(entry, controls)),
            ]
        if shown.unkept is not None:
            question, said = shown.unkept
            if question:
                messages.append(_message("user", question_html(question)))
            if said:
                messages.append(_message("assistant", said))
        return messages

    def _controls(self, entry: Entry, entries: Sequence[Entry]) -> Controls:
        request = entry.answer["request"]
        has = {criterion["name"] for criterion in request["criteria"]}
        audiences = self._audiences() if request["intent"] in ("match", "list") else ()
        questions = self._next(entry, entries) if entries else ()
        return Controls(tuple(name for name in audiences if name not in has), questions)

    def _audiences(self) -> tuple[str, ...]:
        vocabulary = self._reader.get().vocabulary
        return tuple(concept.name for concept in vocabulary if concept.kind == "audience")

    def _next(self, entry: Entry, entries: Sequence[Entry]) -> tuple[str, ...]:
        return self._suggestions(entry.answer, [one.question for one in entries])


def build_chat(
    assistant: Assistant,
    reader: IndexReader,
    journal: Journal,
    starters: Starters,
    suggestions: Suggestions,
) -> gradio.Blocks:
    """The Gradio app; ``starters`` gives the questions offered before anything is asked."""
    conversations = Conversations(assistant, reader, journal, suggestions)
    with gradio.Blocks(
        analytics_enabled=False, title=words("page.title"), fill_height=True, fill_width=True
    ) as blocks:
        # For a browser that sends no cookie, such as in another site's frame: its conversation
        # lasts as long as its page.
        kept = gradio.State("")
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
            # What the page's own controls ask for, as a line of text; see ``again``.
            command = gradio.Textbox(elem_id="command", visible="hidden", container=False)

        def ask(
            question: str | None, identity: str, request: gradio.Request
        ) -> Iterator[dict[Any, Any]]:
            asked = (question or "").strip()
            if not asked:
                yield {message: gradio.skip()}
                return
            conversation = _conversation(request, identity)
            before = conversations.read(conversation)
            yield {
                chat: conversations.messages(Shown(before.entries, (asked, ""))),
                message: gradio.update(value=""),
                offered: gradio.update(visible=False),
            }
            after = conversations.ask(conversation, before, Asking(asked))
            yield {chat: conversations.messages(after), kept: conversation}

        def obey(given: str | None, identity: str, request: gradio.Request) -> dict[Any, Any]:
            conversation = _conversation(request, identity)
            if given == FORGET:
                if conversations.forget(conversation):
                    return {chat: [], command: "", kept: ""}
                gradio.Info(words("problem.not_forgotten"))
                return {command: gradio.skip()}
            before = conversations.read(conversation)
            try:
                after = conversations.command(conversation, before, given or "")
            except UnknownCommand:
                gradio.Info(words("problem.unknown_command"))
                after = before
            return {chat: conversations.messages(after), command: "", kept: conversation}

        def restore(request: gradio.Request) -> Iterator[dict[Any, Any]]:
            conversation = _conversation(request, "")
            shown = conversations.read(conversation)
            linked = str(dict(request.query_params).get("q", "")).strip()
            if linked:
                yield {chat: conversations.messages(Shown(shown.entries, (linked, "")))}
                shown = conversations.ask(conversation, shown, Asking(linked))
            messages = conversations.messages(shown)
            if messages:
                yield {chat: messages, kept: conversation}
            else:
                # Only the starters: what was asked before they were found is not overwritten.
                yield _offer(_questions(starters))

        def _offer(questions: Sequence[str]) -> dict[Any, Any]:
            return {offered: gradio.update(visible=bool(questions))} | {
                button: gradio.update(
                    value=questions[place] if place < len(questions) else "",
                    visible=place < len(questions),
                )
                for place, button in enumerate(buttons)
            }

        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        # What is sent while the one before is still being answered waits its turn. Gradio's own
        # choice is to throw it away.
        in_turn = quiet | {"trigger_mode": "always_last"}
        said = [chat, message, offered, kept]
        message.submit(ask, [message, kept], said, **in_turn)
        for button in buttons:
            button.click(ask, [button, kept], said, **quiet)
        command.submit(obey, [command, kept], [chat, command, kept], **in_turn)
        blocks.load(restore, None, [chat, kept, offered, *buttons], **quiet)

    blocks.queue(
        api_open=False, max_size=MOST_WAITING, default_concurrency_limit=CONCURRENT_ANSWERS
    )
    return blocks


def _questions(starters: Starters) -> tuple[str, ...]:
    try:
        return starters()
    except AskpartnerError:
        logger.exception("no starter questions are offered")
        return ()


def _conversation(request: gradio.Request, identity: str) -> str:
    """The conversation of a browser: its cookie's, else its page's, else a new one."""
    cookies: Mapping[str, str] = dict(request.cookies)
    named = cookies.get(cookie.NAME, "")
    for known in (named, identity):
        if is_identity(known):
            return known
    return new_identity()


def _before(entries: Sequence[Entry], replaced: str | None) -> Sequence[Entry]:
    """The exchanges before the one that is asked again; all of them for a new one."""
    places = [place for place, entry in enumerate(entries) if entry.id == replaced]
    return entries[: places[0]] if places else entries


def _turns(entries: Sequence[Entry]) -> list[Turn]:
    turns: list[Turn] = []
    for entry in entries:
        turns += [
            Turn(role="user", content=entry.question),
            Turn(role="assistant", content=entry.text),
        ]
    return turns


def _message(role: str, html: str) -> dict[str, Any]:
    # A content part, not a string: Gradio would change the white space of a string.
    return {"role": role, "content": [{"type": "text", "text": html}]}
