"""Files of questions and answers: unknown keys are left alone, bad lines are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from askpartner.errors import QuestionError
from askpartner.questions import read_answers, read_questions
from askpartner.understand import Turn


def test_good_lines_are_read_and_bad_ones_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    lines = [
        json.dumps({"id": 7, "question": "Who?", "scenario": "kept out of the way"}),
        "",
        "{not json",
        json.dumps(["a", "list"]),
        json.dumps({"id": "a", "question": " "}),
        json.dumps({"question": "no id"}),
        json.dumps({"id": "b", "question": "Q", "history": [{"role": "system", "content": "x"}]}),
        json.dumps(
            {"id": "c", "question": "Q\u2028R", "history": [{"role": "user", "content": "x"}]}
        ),
        json.dumps({"id": "c", "question": "again"}),
    ]
    path.write_text("\r\n".join(lines), encoding="utf-8-sig")
    questions, faults = read_questions(path)
    assert [(q.id, q.question, q.history, q.line) for q in questions] == [
        ("7", "Who?", (), 1),
        ("c", "Q\u2028R", (Turn("user", "x"),), 8),
    ]
    assert [fault.split(": ")[0].rsplit(":", 1)[1] for fault in faults] == list("345679")
    assert "also on line 8" in faults[-1]


@pytest.mark.parametrize(("content", "says"), [(b"", "no questions"), (b"\xff", "not UTF-8")])
def test_a_file_without_questions_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(content)
    with pytest.raises(QuestionError, match=says):
        read_questions(path)
    with pytest.raises(QuestionError, match="cannot be read"):
        read_questions(tmp_path / "missing.jsonl")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"sentences": []}, "'citations' is not a list"),
        ({"citations": [{"number": 1}], "sentences": []}, "'profile' is not a str"),
        ({"citations": [], "sentences": [{"kind": "quote"}]}, "no citation number"),
    ],
)
def test_an_answer_that_cannot_be_proven_is_named(
    answer: dict[str, object], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(answer))
    with pytest.raises(QuestionError, match=f"answers.jsonl:1: .*{says}"):
        read_answers(path)
