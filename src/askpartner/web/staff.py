"""The staff page: a Gradio app of its own behind a login, with what was asked lately.

Its functions belong to another ``Blocks`` than the chat's: those of one app can be called by who
may open any page of it. Reads the journal and changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import gradio

from askpartner.errors import JournalRefused
from askpartner.journal import Entry, Journal
from askpartner.web.html import text_html
from askpartner.web.refusals import told

MOST_SHOWN = 200
CHOICES = ("all", "unanswered", "not_helpful")
"""What may be shown; each has its words below ``[staff]``, as ``show_all``."""

UNANSWERED = ("not_found", "partial", "clarify")
"""The statuses of answers that leave something open."""

logger = logging.getLogger(__name__)


def build_staff(journal: Journal) -> gradio.Blocks:
    """The Gradio app; whoever mounts it sees to the login."""

    def show(choice: str | None) -> str:
        try:
            return shown_html(journal, choice)
        except JournalRefused as error:
            logger.error("the staff page cannot be shown: %s", error)
            return f"<p>{text_html(told('document.unavailable'))}</p>"

    with gradio.Blocks(analytics_enabled=False, title=told("staff.title")) as blocks:
        gradio.Markdown(f"# {told('staff.title')}", elem_id="title", latex_delimiters=[])
        with gradio.Row(elem_id="choosing"):
            choice = gradio.Radio(
                [(told(f"staff.show_{name}"), name) for name in CHOICES],
                value=CHOICES[0],
                label=told("staff.show"),
                elem_id="choice",
                container=False,
            )
            refresh = gradio.Button(told("staff.refresh"), elem_id="refresh", size="sm", scale=0)
        # Not gradio.HTML: its template is evaluated as JavaScript, which the page's policy forbids.
        # To Markdown the table is a block of HTML, in which nothing is read as Markdown.
        table = gradio.Markdown(elem_id="asked", latex_delimiters=[])
        for event in (refresh.click, choice.change, blocks.load):
            event(show, [choice], [table], show_progress="hidden", api_visibility="private")
    blocks.queue(api_open=False, max_size=16, default_concurrency_limit=2)
    return blocks


def shown_html(journal: Journal, choice: str | None) -> str:
    """The newest MOST_SHOWN answers of a choice as a table; another choice is refused in words.

    The choice comes from a browser. Raises JournalRefused when the journal cannot be read.
    """
    if choice not in CHOICES:
        return f"<p>{text_html(told('staff.unknown'))}</p>"
    entries = journal.recent(
        MOST_SHOWN + 1,  # one more than is shown tells whether there are more
        statuses=UNANSWERED if choice == "unanswered" else (),
        verdict="not_helpful" if choice == "not_helpful" else None,
    )
    if not entries:
        none = "staff.none" if choice == "all" else "staff.none_chosen"
        return f"<p>{text_html(told(none))}</p>"
    return table_html(entries)


def table_html(entries: Sequence[Entry]) -> str:
    """At most MOST_SHOWN of what was asked, as it is ordered, a row each; all words escaped."""
    heads = "".join(
        f'<th scope="col">{text_html(told(f"staff.{name}"))}</th>'
        for name in ("when", "question", "status", "verdict", "answer")
    )
    shown = entries[:MOST_SHOWN]
    caption = "staff.most" if len(entries) > len(shown) else "staff.newest"
    rows = "".join(_row_html(entry) for entry in shown)
    return (
        f"<table><caption>{text_html(told(caption, count=str(len(shown))))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row_html(entry: Entry) -> str:
    judged = ""
    if entry.judgement is not None:
        verdict, reason = entry.judgement.verdict, entry.judgement.reason
        judged = _chip_html(verdict, told(f"staff.{verdict}"))
        judged += f' <span class="reason">{_line_html(reason)}</span>' if reason else ""
    cells = {
        "when": _line_html(f"{entry.created_at:%Y-%m-%d %H:%M}"),
        "question": _line_html(entry.question),
        "status": _chip_html(entry.status, told(f"staff.status_{entry.status}")),
        "verdict": judged,
        "answer": f'<a href="/a/{text_html(entry.id)}">{text_html(told("staff.open"))}</a>',
    }
    inside = "".join(f'<td class="{name}">{cell}</td>' for name, cell in cells.items())
    return f"<tr>{inside}</tr>"


def _chip_html(kind: str, label: str) -> str:
    return f'<span class="chip {text_html(kind)}">{text_html(label)}</span>'


def _line_html(text: str) -> str:
    """Escaped, its white space made one space: a blank line would end the block of HTML."""
    return text_html(" ".join(text.split()))
