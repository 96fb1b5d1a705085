"""Figures about the server for Prometheus: how much and how fast, never what was asked."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.responses import Response

STATUSES = ("answered", "partial", "not_found", "clarify", "refused", "unavailable", "failed")
"""An answer's status; refused: a question that cannot be read; unavailable: no index; failed: an
error nobody raised on purpose."""

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds


class Metrics:
    """The figures of one server; ``sessions`` tells how many conversations are in memory."""

    def __init__(self, sessions: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._questions = Counter(
            "askpartner_questions",
            "Questions by what became of them",
            ["status"],
            registry=self._registry,
        )
        for status in STATUSES:
            self._questions.labels(status)  # named from the start, with 0
        self._seconds = Histogram(
            "askpartner_question_seconds",
            "Seconds from a question to its answer, without the network",
            buckets=BUCKETS,
            registry=self._registry,
        )
        Gauge(
            "askpartner_sessions", "Conversations held in memory", registry=self._registry
        ).set_function(sessions)
        ProcessCollector(registry=self._registry)  # memory and processor time of this process

    def asked(self, status: str, seconds: float) -> None:
        """Count one question."""
        self._questions.labels(status).inc()
        self._seconds.observe(seconds)

    def page(self) -> Response:
        """The figures in Prometheus' text format."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
