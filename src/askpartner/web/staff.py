"""The staff page: a Gradio app of its own behind a login, with what was asked lately.

Its functions belong to another ``Blocks`` than the chat's: those of one app can be called by who
may open any page of it. Reads the journal and changes nothing.
"""

from __future__ import annotations

import logging

import gradio

from askpartner.errors import JournalRefused
from askpartner.journal import Entry, Journal
from askpartner.web.html import text_html
from askpartner.web.refusals import told

MOST_SHOWN = 200

logger = logging.getLogger(__name__)


def build_staff(journal: Journal) -> gradio.Blocks:
    """The Gradio app; whoever mounts it sees to the login."""

    def show() -> str:
        try:
            return table_html(journal.recent(MOST_SHOWN))
        except JournalRefused as error:
            logger.error("the staff page cannot be shown: %s", error)
            return f"<p>{text_html(told('document.unavailable'))}</p>"

    with gradio.Blocks(analytics_enabled=False, title=told("staff.title")) as blocks:
        # Not gradio.HTML: its template is evaluated as JavaScript, which the page's policy forbids.
        # To Markdown the table is a block of HTML, in which nothing is read as Markdown.
        table = gradio.Markdown(elem_id="asked", latex_delimiters=[])
        refresh = gradio.Button(told("staff.refresh"), size="sm")
        for event in (refresh.click, blocks.load):
            event(show, None, [table], show_progress="hidden", api_visibility="private")
    blocks.queue(api_open=False, max_size=16, default_concurrency_limit=2)
    return blocks


def table_html(entries: tuple[Entry, ...]) -> str:
    """What was asked, newest first, a row each; all words escaped."""
    if not entries:
        return f"<p>{text_html(told('staff.none'))}</p>"
    heads = "".join(
        f'<th scope="col">{text_html(told(f"staff.{name}"))}</th>'
        for name in ("when", "question", "status", "verdict", "reason", "answer")
    )
    rows = "".join(_row_html(entry) for entry in entries)
    return (
        f"<table><caption>{text_html(told('staff.title'))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row_html(entry: Entry) -> str:
    judged = entry.judgement
    cells = (
        f"{entry.created_at:%Y-%m-%d %H:%M}",
        entry.question,
        entry.status,
        told(f"staff.{judged.verdict}") if judged else "",
        judged.reason if judged else "",
    )
    # A blank line would end the block of HTML: white space is made one space.
    shown = (f"<td>{text_html(' '.join(cell.split()))}</td>" for cell in cells)
    link = f'<a href="/a/{text_html(entry.id)}">{text_html(told("staff.open"))}</a>'
    return f"<tr>{''.join(shown)}<td>{link}</td></tr>"
