"""Question sets on disk: JSON Lines and CSV, read with every bad line named, and written.

A line of JSON Lines is an object with ``id``, ``question`` and, where known, ``history``,
``relevant``, ``answerable``, ``answer_contains``, ``answer_omits`` and ``tags``. A CSV file has a
first row of these names and one question a row. Its list cells hold JSON, or texts separated by
``;``; a label among those is ``profile`` or ``profile > section``, and one with a quote needs JSON,
as ``history`` does. An empty cell is a key left out. Other keys and columns are left alone, unless
they look like a slip of the pen. Does not know pages: whether labels hold is ``labels.py``'s.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from askpartner.errors import QuestionError
from askpartner.evaluation.types import Label, LabelledQuestion
from askpartner.questions import json_object, numbered_lines, question_from, read_text

PATH_SEPARATOR = " > "
"""Between headings of a label, and between profile and section in a CSV cell."""

LIST_SEPARATOR = ";"

KEYS = (
    *("id", "question", "history", "relevant", "answerable"),
    *("answer_contains", "answer_omits", "tags"),
)
LABEL_KEYS = ("profile", "section", "quote")
LIST_KEYS = ("answer_contains", "answer_omits", "tags")

YES, NO = ("true", "yes", "1"), ("false", "no", "0")
"""What the cell ``answerable`` of a CSV file may say, in any case."""

SLIP = 2
"""A key within this many edits of a known one is taken for a slip."""


def read_question_set(path: Path) -> tuple[list[LabelledQuestion], list[str]]:
    """The questions of a ``.csv`` or JSON Lines file, and a line of complaint for each bad line.

    A complaint is ``file:line: what``, with everything that is wrong with the line. Raises
    QuestionError when the file cannot be read or holds no question.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    questions: list[LabelledQuestion] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    for number, found in rows:
        try:
            if isinstance(found, QuestionError):
                raise found
            question = labelled_question(found, number)
            if question.id in seen:
                raise QuestionError(f"id {question.id!r} is also on line {seen[question.id]}")
        except QuestionError as error:
            faults.append(f"{path}:{number}: {error}")
            continue
        seen[question.id] = number
        questions.append(question)
    if not questions and not faults:
        raise QuestionError(
            f"{path}: no questions in it; write one JSON object a line, or a CSV file with a first "
            "row of names; draft some with: askpartner questions draft"
        )
    return questions, faults


def labelled_question(found: dict[str, Any], line: int) -> LabelledQuestion:
    """One object of a question set. Raises QuestionError with all that is wrong with it."""
    faults: list[str] = [*_slips(found)]
    try:
        plain = question_from(found, line)
    except QuestionError as error:
        plain = None
        faults.append(str(error))
    answerable = found.get("answerable")
    if not (answerable is None or isinstance(answerable, bool)):
        faults.append("'answerable' is not true, false or left out")
    lists = {key: _texts(found, key, faults) for key in LIST_KEYS}
    relevant = _labels(found, faults)
    if answerable is False:
        for key in ("relevant", "answer_contains"):
            if found.get(key):
                faults.append(f"'{key}' says what answers it, and 'answerable' is false")
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        faults.append("holds half of a character (a lone surrogate)")
    if faults or plain is None:
        raise QuestionError("; ".join(faults))
    return LabelledQuestion(
        id=plain.id,
        question=plain.question,
        history=plain.history,
        relevant=relevant,
        answerable=answerable,
        answer_contains=lists["answer_contains"],
        answer_omits=lists["answer_omits"],
        tags=tuple(dict.fromkeys(lists["tags"])),
        line=line,
    )


def question_object(question: LabelledQuestion) -> dict[str, Any]:
    """A question as it stands in a JSON Lines file: keys in order, empty ones left out."""
    found: dict[str, Any] = {"id": question.id, "question": question.question}
    if question.history:
        found["history"] = [{"role": t.role, "content": t.content} for t in question.history]
    if question.relevant:
        found["relevant"] = [label_object(label) for label in question.relevant]
    if question.answerable is not None:
        found["answerable"] = question.answerable
    for key in LIST_KEYS:
        if texts := getattr(question, key):
            found[key] = list(texts)
    return found


def label_object(label: Label) -> dict[str, str]:
    """A label as it stands in a question: empty parts left out."""
    parts = {key: getattr(label, key) for key in LABEL_KEYS}
    return {key: text for key, text in parts.items() if text}


def question_set_bytes(questions: Sequence[LabelledQuestion]) -> bytes:
    """A question set as JSON Lines in UTF-8."""
    lines = [json.dumps(question_object(q), ensure_ascii=False) + "\n" for q in questions]
    return "".join(lines).encode()


def set_fingerprint(questions: Sequence[LabelledQuestion]) -> str:
    """SHA-256 of what a set asks and labels, hexadecimal: the same for CSV and JSON Lines."""
    return hashlib.sha256(question_set_bytes(questions)).hexdigest()


# --- the parts of an object ---------------------------------------------------------------------


def _slips(found: dict[str, Any]) -> Iterator[str]:
    from rapidfuzz.distance import DamerauLevenshtein

    for key in found:
        if key in KEYS or not isinstance(key, str):
            continue
        near = [k for k in KEYS if DamerauLevenshtein.distance(key.lower(), k) <= SLIP]
        # Two short words are always near: "ip" is no slip of "id".
        near = [k for k in near if len(k) > 2 * SLIP]
        if near:
            yield f"key {key!r} is not known; is it {near[0]!r}?"


def _texts(found: dict[str, Any], key: str, faults: list[str]) -> tuple[str, ...]:
    texts = found.get(key)
    if texts is None:
        return ()
    if not isinstance(texts, list) or not all(isinstance(t, str) and t.strip() for t in texts):
        faults.append(f"'{key}' is not a list of texts with words in them")
        return ()
    return tuple(texts)


def _labels(found: dict[str, Any], faults: list[str]) -> tuple[Label, ...]:
    labels = found.get("relevant")
    if labels is None:
        return ()
    if not isinstance(labels, list):
        faults.append("'relevant' is not a list")
        return ()
    read: list[Label] = []
    for number, label in enumerate(labels, start=1):
        if not isinstance(label, dict):
            faults.append(f"label {number} is not an object with 'profile'")
            continue
        parts = {key: "" if label.get(key) is None else label[key] for key in LABEL_KEYS}
        wrong = [key for key, text in parts.items() if not isinstance(text, str)]
        faults.extend(f"label {number}: '{key}' is not a text" for key in wrong)
        unknown = [key for key in label if key not in LABEL_KEYS]
        faults.extend(
            f"label {number}: key {key!r} is not known; there are {', '.join(LABEL_KEYS)}"
            for key in unknown
        )
        if not wrong and not parts["profile"].strip():
            faults.append(f"label {number}: names no 'profile'")
        elif not wrong:
            read.append(Label(**parts))
    return tuple(dict.fromkeys(read))


# --- the two forms ------------------------------------------------------------------------------

Rows = Iterator[tuple[int, "dict[str, Any] | QuestionError"]]
"""Line numbers, each with the object that begins there or with why there is none."""


def _json_rows(path: Path) -> Rows:
    for number, line in numbered_lines(path):
        try:
            yield number, json_object(line)
        except QuestionError as error:
            yield number, error


def _csv_rows(path: Path) -> Rows:
    rows = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    names: list[str] | None = None
    while True:
        number = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            # What follows a broken quotation cannot be told apart from it.
            yield number, QuestionError(f"not CSV from here on: {error}")
            return
        if not any(cell.strip() for cell in cells):
            continue
        if names is None:
            names = [cell.strip() for cell in cells]
            missing = [key for key in ("id", "question") if key not in names]
            twice = sorted({name for name in names if name and names.count(name) > 1})
            if missing or twice:
                what = [f"no column {key!r}" for key in missing]
                what += [f"two columns {name!r}" for name in twice]
                raise QuestionError(f"{path}:{number}: {'; '.join(what)} in the row of names")
        elif len(cells) > len(names):
            yield number, QuestionError(f"{len(cells)} cells below {len(names)} names")
        else:
            row = {n: c for n, c in zip(names, cells, strict=False) if n and c.strip()}
            try:
                yield number, _from_cells(row)
            except QuestionError as error:
                yield number, error


def _from_cells(row: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = dict(row)
    faults: list[str] = []
    for key in ("history", "relevant", *LIST_KEYS):
        if key not in row:
            continue
        text = row[key].strip()
        if text.startswith("["):
            try:
                found[key] = json.loads(text)
            except (ValueError, RecursionError) as error:
                faults.append(f"'{key}' begins with '[' and is not JSON: {error}")
        elif key == "history":
            faults.append('\'history\' is not JSON; write [{"role": …, "content": …}]')
        else:
            parts = [part.strip() for part in text.split(LIST_SEPARATOR) if part.strip()]
            found[key] = [_short_label(p) for p in parts] if key == "relevant" else parts
    if "answerable" in row:
        said = row["answerable"].strip().lower()
        if said not in YES + NO:
            faults.append(f"'answerable' is none of {', '.join(YES + NO)}")
        found["answerable"] = said in YES
    if faults:
        raise QuestionError("; ".join(faults))
    return found


def _short_label(text: str) -> dict[str, str]:
    profile, _, section = text.partition(PATH_SEPARATOR)
    return {"profile": profile.strip(), "section": section.strip()}
