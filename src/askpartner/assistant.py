"""ask(): the one door for command line, page, API and evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from askpartner.clauses import questions_in
from askpartner.compose import compose, join
from askpartner.index import Index, IndexReader
from askpartner.render import answer_text
from askpartner.retrieve import retrieve
from askpartner.settings import Settings
from askpartner.types import Answer, Request
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
        request = understand(question, history, index, drop=drop, add=add)
        asked = {part: part for part in questions_in(question)}
        if len(asked) == 1:
            asked = asked_of_each(question, index) if request.intent in OF_ONE else {}
        parts = self._ask_each(asked, history, index, shown, drop, add)
        answer = join(request, parts) if parts else self._answer(request, index, shown)
        return replace(answer, hits=answer.hits[:shown])

    def _answer(self, request: Request, index: Index, shown: int) -> Answer:
        found = retrieve(request, index, count=max(shown, LOOKED_AT))
        return compose(request, found, index, self._settings)

    def _ask_each(
        self,
        asked: Mapping[str, str],
        history: Sequence[Turn],
        index: Index,
        shown: int,
        drop: Sequence[str],
        add: Sequence[str],
    ) -> dict[str, Answer]:
        """The questions of a turn, or one question asked of several names, answered one by one.

        ``asked`` has each by what it is called. Each knows those before it, as in a conversation.
        Empty where one cannot be told apart from the others or has to be asked back, and where none
        is answered: then the whole may say more than its parts.
        """
        turns = list(history)
        parts: dict[str, Answer] = {}
        before: Request | None = None
        for name, question in asked.items():
            # What the asker adds is looked for once, by the first.
            request = understand(question, turns, index, drop=drop, add=() if parts else add)
            if before is not None and _leans_on_all(request, before):
                return {}
            answer = self._answer(request, index, shown)
            if answer.status == "clarify":
                return {}
            turns.append(Turn("user", question))
            if answer.citations:  # a refusal names sections, but is about none
                turns.append(Turn("assistant", answer_text(answer)))
            parts[name] = answer
            before = request
        return parts if any(part.citations for part in parts.values()) else {}


def _leans_on_all(request: Request, before: Request) -> bool:
    """Whether a part cannot be told apart from the one before it.

    It leans on a list or a match of many ("… and are they open to us?"), or names, in the same
    sentence, what the part before it lacks ("who funds phase 1 and who phase 2 of the scheme?").
    """
    if request.carried and before.intent in ("list", "match") and len(before.partners) != 1:
        return True
    names = request.partners and not request.carried
    return bool(names and not before.partners and request.question[:1].islower())
