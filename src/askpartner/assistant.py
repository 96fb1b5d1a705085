"""ask(): the one door for command line, page, API and evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askpartner.compose import compose
from askpartner.index import Index, IndexReader
from askpartner.retrieve import retrieve
from askpartner.settings import Settings
from askpartner.types import Answer
from askpartner.understand import Turn, understand

LOOKED_AT = 20
"""Passages an answer is made from, however few are shown."""

__all__ = ["Assistant", "Turn"]


class Assistant:
    """Answers questions from the newest generation of an index. Safe to share between threads."""

    def __init__(self, reader: IndexReader, settings: Settings) -> None:
        self._reader = reader
        self._settings = settings

    @property
    def index(self) -> Index:
        """What it answers from at this moment. Raises IndexRefused when there is no index."""
        return self._reader.get()

    @property
    def settings(self) -> Settings:
        """What it was made with."""
        return self._settings

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        hits: int | None = None,
        drop: Sequence[str] = (),
        add: Sequence[str] = (),
    ) -> Answer:
        """Answer one question; ``history`` is the conversation before it, oldest turn first.

        ``hits`` is how many passages are shown with the answer (default: the settings').
        ``drop`` are words of an earlier answer's request that the asker took away: entries of
        ``Request.carried`` or names of its criteria. ``add`` are names of concepts of the
        vocabulary to look for besides. Raises QuestionError for a question that cannot be read
        or a concept that is not in the vocabulary, IndexRefused when there is no index.
        """
        index = self._reader.get()
        request = understand(question, history, index, drop=drop, add=add)
        shown = hits or self._settings.hits
        found = retrieve(request, index, count=max(shown, LOOKED_AT))
        answer = compose(request, found, index, self._settings)
        return replace(answer, hits=answer.hits[:shown])
