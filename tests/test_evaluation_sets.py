"""Question sets in both forms, every bad line named; labels found on pages, or known to be gone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from askpartner.errors import QuestionError
from askpartner.evaluation.labels import Pages, Place, folded, names_section, quote_ranges
from askpartner.evaluation.questions import (
    question_set_bytes,
    read_question_set,
    set_fingerprint,
)
from askpartner.evaluation.types import Label, LabelledQuestion
from askpartner.index import Index
from askpartner.understand import Turn
from shared_material import ROOT

WHOLE: dict[str, Any] = {
    "id": "a",
    "question": "Who may rent, “quoted”;\nand when?",
    "history": [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Ask me."},
    ],
    "relevant": [
        {"profile": "alpha", "section": "1. Laboratory Rental", "quote": "clean; rooms"},
        {"profile": "beta"},
    ],
    "answerable": True,
    "answer_contains": ["Start-ups"],
    "answer_omits": ["no; never", "none"],
    "tags": ["rental", "fact"],
}


def written(folder: Path, *rows: object, name: str = "set.jsonl") -> Path:
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def as_csv(folder: Path, *rows: dict[str, Any]) -> Path:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, fieldnames=list(WHOLE))
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: json.dumps(v) if isinstance(v, list | bool) else v for k, v in row.items()}
        )
    path = folder / "set.csv"
    path.write_bytes(b"\xef\xbb\xbf" + file.getvalue().encode())
    return path


# --- reading ------------------------------------------------------------------------------------


def test_a_line_is_read_whole(tmp_path: Path) -> None:
    (question,), faults = read_question_set(written(tmp_path, "", WHOLE))
    assert not faults
    assert question == LabelledQuestion(
        id="a",
        question="Who may rent, “quoted”;\nand when?",
        history=(Turn("user", "Hello"), Turn("assistant", "Ask me.")),
        relevant=(Label("alpha", "1. Laboratory Rental", "clean; rooms"), Label("beta")),
        answerable=True,
        answer_contains=("Start-ups",),
        answer_omits=("no; never", "none"),
        tags=("rental", "fact"),
        line=2,
    )


def test_csv_and_json_lines_are_the_same_set(tmp_path: Path) -> None:
    rows = [WHOLE, {"id": "b", "question": "Why?"}, {**WHOLE, "id": "c", "answerable": False}]
    for row in rows[2:]:
        row.pop("relevant")
        row.pop("answer_contains")
    from_lines, _ = read_question_set(written(tmp_path, *rows))
    from_cells, faults = read_question_set(as_csv(tmp_path, *rows))
    assert not faults
    assert set_fingerprint(from_cells) == set_fingerprint(from_lines)
    # The first question holds a line break, so the third row begins on line 4.
    assert [question.line for question in from_cells] == [2, 4, 5]


def test_written_sets_are_read_the_same(tmp_path: Path) -> None:
    questions, _ = read_question_set(written(tmp_path, WHOLE, {"id": "b", "question": "Why?"}))
    again = tmp_path / "again.jsonl"
    again.write_bytes(question_set_bytes(questions))
    assert read_question_set(again) == (questions, [])


def test_csv_cells_may_be_written_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text(
        "id,question,relevant,answerable,answer_contains,tags,note\n"
        "1,Who?,alpha > Overview; beta > Ways to work > Apply,YES,1990; yeast,fact;old,mine\n"
        "\n"
        "2,What else?,,no,,,\n",
        encoding="utf-8",
    )
    (one, other), faults = read_question_set(path)
    assert not faults
    assert one.relevant == (Label("alpha", "Overview"), Label("beta", "Ways to work > Apply"))
    assert (one.answer_contains, one.tags) == (("1990", "yeast"), ("fact", "old"))
    assert (one.answerable, other.answerable) == (True, False)
    assert (other.line, other.relevant) == (4, ())


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("{", "not JSON"),
        ([1], "not a JSON object"),
        ({"question": "Why?"}, "'id' is not"),
        ({"id": "x"}, "'question' is not"),
        ({"id": "x", "question": "?", "answerable": "yes"}, "'answerable' is not true, false"),
        ({"id": "x", "question": "Why?", "tags": "fact"}, "'tags' is not a list of texts"),
        ({"id": "x", "question": "Why?", "tags": [" "]}, "'tags' is not a list of texts"),
        ({"id": "x", "question": "Why?", "relevant": [{"section": "A"}]}, "label 1: names no"),
        ({"id": "x", "question": "Why?", "relevant": [{"profile": 3}]}, "'profile' is not a text"),
        (
            {"id": "x", "question": "Why?", "relevant": [{"profile": "a", "passage": "a@1"}]},
            "key 'passage' is not known",
        ),
        ({"id": "x", "question": "Why?", "answer_contain": ["a"]}, "is it 'answer_contains'?"),
        (
            {"id": "x", "question": "Why?", "answerable": False, "relevant": [{"profile": "a"}]},
            "'answerable' is false",
        ),
        ({"id": "x", "question": "half \ud800"}, "half of a character"),
        ({"id": "x", "question": "Why?", "history": [{"role": "me"}]}, "'history' holds a turn"),
        ({"id": "good", "question": "Again?"}, "id 'good' is also on line 1"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(
    row: object, complaint: str, tmp_path: Path
) -> None:
    good = {"id": "good", "question": "Why?"}
    path = written(tmp_path, good, row, {"id": "last", "question": "Why not?"})
    questions, (fault,) = read_question_set(path)
    assert [question.id for question in questions] == ["good", "last"]
    assert fault.startswith(f"{path}:2: ")
    assert complaint in fault


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    bad = {"id": True, "question": "", "answerable": 1, "answer_omits": [3]}
    _, faults = read_question_set(written(tmp_path, bad, "nonsense"))
    assert len(faults) == 2
    for part in ("'id'", "'answerable'", "'answer_omits'"):
        assert part in faults[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no questions in it"),
        ("id,question\n", "no questions in it"),
        ("id,text\n1,Why?\n", "no column 'question'"),
        ("id,question,id\n1,Why?,1\n", "two columns 'id'"),
    ],
)
def test_a_file_without_questions_is_an_error(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(QuestionError, match=complaint):
        read_question_set(path)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1,Why?,maybe,", "'answerable' is none of"),
        ("1,Why?,yes,[broken", "begins with '[' and is not JSON"),
        ("1,Why?,yes,a,b", "5 cells below 4 names"),
        ('1,"Why?,yes,a', "not CSV from here on"),
    ],
)
def test_a_bad_row_is_named(row: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text(f"id,question,answerable,relevant\n{row}\n", encoding="utf-8")
    questions, (fault,) = read_question_set(path)
    assert not questions
    assert fault.startswith(f"{path}:2: ")
    assert complaint in fault


def test_the_projects_own_set_has_this_form() -> None:
    questions, faults = read_question_set(ROOT / "benchmarks" / "own_questions.jsonl")
    assert not faults
    assert len(questions) > 200


# --- labels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "plain"),
    [
        ("2. Facility Rental", "facility rental"),
        ("2) FACILITY  rental", "facility rental"),
        ("(b) Facility\u00a0rental", "facility rental"),
        ("2.1 Facility rental", "facility rental"),
        ("iv. Facility rental", "facility rental"),
        ("3 ways to work", "3 ways to work"),
        ("3D printing", "3d printing"),
        ("2.", "2."),
    ],
)
def test_headings_are_compared_without_case_and_numbering(heading: str, plain: str) -> None:
    assert folded(heading) == plain


def test_a_label_names_any_heading_above_or_several_in_order() -> None:
    path = ("Alpha", "Ways to work with Alpha", "1. Laboratory Rental")
    for name in (
        *path,
        "laboratory rental",
        "alpha",
        "Ways to work with Alpha > laboratory rental",
    ):
        assert names_section(name, path), name
    for name in ("Rental", "Alpha > Laboratory rental", "Laboratory rental > Alpha"):
        assert not names_section(name, path), name
    assert names_section("Reuse > recycling", ("Reuse > recycling",))


def test_quotes_are_found_whatever_the_white_space() -> None:
    text = "One  two\nthree. One two three!"
    assert quote_ranges("One two\u00a0three", text) == [(0, 14), (16, 29)]
    assert quote_ranges("one two", text) == []
    assert quote_ranges("three.", text) == [(9, 15)]
    assert quote_ranges(" ", text) == []


def pages_of(index: Index) -> Pages:
    return Pages(index.profiles, index.sections)


def test_labels_point_at_sections(index: Index) -> None:
    pages = pages_of(index)
    profile, sections = index.profiles["alpha"], index.sections["alpha"]
    rental = next(s for s in sections if s.heading_path[-1:] == ("1. Laboratory Rental",))
    for label in (
        Label("alpha", "laboratory rental"),
        Label("alpha", "Ways to work with Alpha > Laboratory Rental"),
        Label("alpha", quote="clean rooms with\nbasic equipment"),
        Label("alpha", "Ways to work with Alpha", "Start-ups"),
    ):
        assert pages.place(label) == Place("alpha", (rental.start,)), label
    everything = pages.place(Label("alpha"))
    assert everything == Place("alpha", tuple(section.start for section in sections))
    for section in sections:
        for offset in (section.start, section.end - 1):
            assert pages.section_at("alpha", offset) == section
    assert sections[-1].end == len(profile.text)


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (Label("delta"), "profile"),
        (Label("alpha", "Consulting"), "section"),
        (Label("alpha", "", "founded in 1991"), "quote"),
        # The words are on the page, in another section than the one named.
        (Label("alpha", "Training", "clean rooms"), "quote"),
    ],
)
def test_a_label_that_left_its_page_is_drift(label: Label, reason: str, index: Index) -> None:
    question = LabelledQuestion("q", "Why?", (), (Label("alpha"), label), True, (), (), (), line=7)
    ((at, drift),) = pages_of(index).drift(question)
    assert (at, drift.reason, drift.label, drift.line) == (1, reason, label, 7)
