"""Batch evaluation: a question set in, a report out, and nothing in it but what can be counted.

read_question_set      a file of questions with labels
evaluate               ask them all and judge the answers
evaluate_in_parallel   the same in several processes; can be interrupted and taken up again
parse_gates            what figures must reach
write_report           a folder of JSON, HTML, CSV, JUnit XML and TREC files
read_report            a report written before
compare                two reports, question by question
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askpartner.evaluation.comparison import compare
    from askpartner.evaluation.gates import parse_gates
    from askpartner.evaluation.parallel import evaluate_in_parallel
    from askpartner.evaluation.questions import read_question_set
    from askpartner.evaluation.report import read_report, write_report
    from askpartner.evaluation.run import evaluate

__all__ = [
    "compare",
    "evaluate",
    "evaluate_in_parallel",
    "parse_gates",
    "read_question_set",
    "read_report",
    "write_report",
]

_ROOMS = {
    "compare": "comparison",
    "evaluate": "run",
    "evaluate_in_parallel": "parallel",
    "parse_gates": "gates",
    "read_question_set": "questions",
    "read_report": "report",
    "write_report": "report",
}


def __getattr__(name: str) -> Any:
    # Imported when first used: the command line looks in here for its options only.
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
