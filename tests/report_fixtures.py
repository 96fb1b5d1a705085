"""A real evaluation over ``tests/pages``, once a session: right, wrong, refused and not judged."""

from __future__ import annotations

from typing import Any

import pytest

from askpartner.assistant import Assistant
from askpartner.evaluation.questions import labelled_question
from askpartner.evaluation.run import evaluate
from askpartner.evaluation.types import Report

ASKED: list[dict[str, Any]] = [
    {
        "id": "founded",
        "question": "When was the Alpha Institute founded?",
        "relevant": [{"profile": "alpha", "section": "Overview", "quote": "founded in 1990"}],
        "answerable": True,
        "answer_contains": ["1990", "never said"],
        "answer_omits": ["1985"],
        "tags": ["fact"],
    },
    {
        "id": "where",
        "question": "Where are the laboratories of the Alpha Institute?",
        "relevant": [{"profile": "alpha", "section": "Overview"}],
        "answerable": True,
        "answer_contains": ["Jurong"],
        "tags": ["fact", "place"],
    },
    {
        "id": "price",
        "question": "What does the canteen of the Alpha Institute charge for lunch?",
        "answerable": False,
        "tags": ["unanswerable"],
    },
    {
        "id": "follow-up",
        "question": "And how many laboratories does it have?",
        "history": [{"role": "user", "content": "When was the Alpha Institute founded?"}],
        "relevant": [{"profile": "beta"}],
        "answerable": True,
        "tags": ["follow-up"],
    },
    {"id": "unknown", "question": "What is the Beta Centre?"},
]


@pytest.fixture(scope="session")
def report(assistant: Assistant) -> Report:
    """Five questions over ``tests/pages``: right, wrong and not judged."""
    questions = [labelled_question(found, line) for line, found in enumerate(ASKED, start=1)]
    return evaluate(questions, assistant, name="asked.jsonl")
