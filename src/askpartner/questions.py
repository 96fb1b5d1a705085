"""Files of questions and of answers, one JSON object a line, every bad line named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askpartner.errors import QuestionError
from askpartner.understand import Turn


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a question file."""

    id: str
    question: str
    history: tuple[Turn, ...]
    line: int  # in the file, from 1


def read_questions(path: Path) -> tuple[list[Question], list[str]]:
    """The questions of a file, and one line of complaint for each line that is none.

    Keys other than id, question and history are left alone. Raises QuestionError when the file
    cannot be read or holds no question.
    """
    questions: list[Question] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for number, line in numbered_lines(path):
        try:
            question = question_from(json_object(line), number)
            if question.id in seen:
                raise QuestionError(f"id {question.id!r} is also on line {seen[question.id]}")
            seen[question.id] = number
            questions.append(question)
        except QuestionError as error:
            faults.append(f"{path}:{number}: {error}")
    if not questions and not faults:
        raise QuestionError(f"{path}: no questions in it; write one JSON object a line")
    return questions, faults


def read_answers(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The answers of a file with their line numbers. Raises QuestionError at the first bad line."""
    answers: list[tuple[int, dict[str, Any]]] = []
    for number, line in numbered_lines(path):
        try:
            answers.append((number, _checked_answer(json_object(line))))
        except QuestionError as error:
            raise QuestionError(f"{path}:{number}: {error}") from error
    if not answers:
        raise QuestionError(f"{path}: no answers in it; make some with: askpartner batch")
    return answers


def numbered_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that hold something, with their numbers from 1.

    Raises QuestionError when the file cannot be read.
    """
    lines = read_text(path).split("\n")
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def read_text(path: Path) -> str:
    """The text of a file. Raises QuestionError when it cannot be read or is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise QuestionError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise QuestionError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error


def json_object(line: str) -> dict[str, Any]:
    """The JSON object of a line. Raises QuestionError when it holds none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"not JSON: {error}") from error
    if not isinstance(found, dict):
        raise QuestionError("not a JSON object")
    return found


def question_from(found: dict[str, Any], number: int) -> Question:
    """The question of a line's object. Raises QuestionError saying what of it is missing."""
    identity = found.get("id")
    if isinstance(identity, bool) or not isinstance(identity, str | int) or identity == "":
        raise QuestionError("'id' is not a text or a whole number")
    question = found.get("question")
    if not isinstance(question, str) or not question.strip():
        raise QuestionError("'question' is not a text with words in it")
    history = found.get("history") or []
    if not isinstance(history, list):
        raise QuestionError("'history' is not a list")
    return Question(str(identity), question, tuple(_turn(turn) for turn in history), number)


def _turn(turn: object) -> Turn:
    match turn:
        case {"role": "user" | "assistant" as role, "content": str(content)}:
            return Turn(role, content)
    raise QuestionError("'history' holds a turn that is not {role: user or assistant, content}")


def _checked_answer(found: dict[str, Any]) -> dict[str, Any]:
    """The parts of an answer that a proof reads, each of the type it should be."""
    types: dict[str, type] = {
        "number": int, "profile": str, "quote": str, "start": int, "end": int,
    }  # fmt: skip
    for key in ("citations", "sentences"):
        entries = found.get(key)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise QuestionError(f"'{key}' is not a list of objects")
    for citation in found["citations"]:
        for key, type_ in types.items():
            if not isinstance(citation.get(key), type_) or isinstance(citation.get(key), bool):
                raise QuestionError(f"a citation's '{key}' is not a {type_.__name__}")
    for sentence in found["sentences"]:
        if sentence.get("kind") == "quote" and not (
            isinstance(sentence.get("citation"), int) and isinstance(sentence.get("text"), str)
        ):
            raise QuestionError("a quoted sentence has no citation number or text")
    return found
