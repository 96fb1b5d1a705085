"""ask(): the one door for command line, page, API and evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from askpartner.clauses import questions_in
from askpartner.compose import compose, join
from askpartner.index import Index, IndexReader
from askpartner.render import answer_text
from askpartner.retrieve import retrieve
from askpartner.settings import Settings
from askpartner.types import Answer
from askpartner.understand import Turn, asked_of_each, understand

LOOKED_AT = 20
"""Passages an answer is made from, however few are shown."""

OF_ONE = frozenset(("fact", "place", "website", "audience", "introduction"))
"""Intents that look one partner up, so that of several each is asked."""

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
        shown = hits or self._settings.hits
        answer = self._ask_each(question, history, index, shown, drop, add) or self._ask_one(
            question, history, index, shown, drop, add
        )
        return replace(answer, hits=answer.hits[:shown])

    def _ask_one(
        self,
        question: str,
        history: Sequence[Turn],
        index: Index,
        shown: int,
        drop: Sequence[str],
        add: Sequence[str],
    ) -> Answer:
        request = understand(question, history, index, drop=drop, add=add)
        found = retrieve(request, index, count=max(shown, LOOKED_AT))
        return compose(request, found, index, self._settings)

    def _ask_each(
        self,
        question: str,
        history: Sequence[Turn],
        index: Index,
        shown: int,
        drop: Sequence[str],
        add: Sequence[str],
    ) -> Answer | None:
        """The questions of a turn, or one question asked of several names, answered one by one.

        Each knows those before it, as in a conversation. None where there is but one, and where no
        part is answered or one has to be asked back: then the whole may say more than its parts.
        """
        asked = {part: part for part in questions_in(question)}
        if len(asked) == 1:
            intent = understand(question, history, index, drop=drop).intent
            asked = asked_of_each(question, index) if intent in OF_ONE else {}
        if len(asked) < 2:
            return None
        turns = list(history)
        parts: list[Answer] = []
        for part in asked.values():
            # What the asker adds is looked for once, by the first.
            answer = self._ask_one(part, turns, index, shown, drop, () if parts else add)
            if answer.status == "clarify" or _is_of_whole(answer, parts):
                return None
            turns.append(Turn("user", part))
            if answer.citations:  # a refusal names sections, but is about none
                turns.append(Turn("assistant", answer_text(answer)))
            parts.append(answer)
        if not any(part.citations for part in parts):
            return None
        return join(question, dict(zip(asked, parts, strict=True)))


def _is_of_whole(answer: Answer, before: Sequence[Answer]) -> bool:
    """Whether a part cannot be told apart from those before it.

    It leans on a list or a match of many ("… and are they open to us?"), or names, in the same
    sentence, what the part before it lacks ("who funds phase 1 and who phase 2 of the scheme?").
    """
    if not before:
        return False
    last, request = before[-1].request, answer.request
    if request.carried and last.intent in ("list", "match") and len(last.partners) != 1:
        return True
    names = request.partners and not request.carried
    return bool(names and not last.partners and answer.question[:1].islower())
