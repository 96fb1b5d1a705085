"""The web's own door to the assistant: bounds what strangers may ask, and counts it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from askpartner.assistant import Assistant, Turn
from askpartner.errors import AskpartnerError, QuestionError
from askpartner.index import IndexReader
from askpartner.settings import Settings
from askpartner.types import Answer
from askpartner.web.metrics import Metrics
from askpartner.web.refusals import told

MOST_CHARACTERS = 600
"""Of a question asked over the web; the command line has no such limit."""


class WebAssistant(Assistant):
    """An assistant for questions from the web; chat and API share it."""

    def __init__(self, reader: IndexReader, settings: Settings, metrics: Metrics) -> None:
        super().__init__(reader, settings)
        self._metrics = metrics

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        hits: int | None = None,
        drop: Sequence[str] = (),
        add: Sequence[str] = (),
    ) -> Answer:
        """As ``Assistant.ask``; raises QuestionError also for more than MOST_CHARACTERS."""
        begun = time.perf_counter()
        status = "failed"
        try:
            if len(question) > MOST_CHARACTERS:
                raise QuestionError(
                    told("refused.length", length=str(len(question)), most=str(MOST_CHARACTERS))
                )
            answer = super().ask(question, history=history, hits=hits, drop=drop, add=add)
            status = answer.status
        except QuestionError:
            status = "refused"
            raise
        except AskpartnerError:
            status = "unavailable"
            raise
        finally:
            self._metrics.asked(status, time.perf_counter() - begun)
        return answer
