"""What is wrong with a question set is named with its line, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from askpartner.cli import main
from askpartner.evaluation.check import Finding, ambiguity, check_questions
from askpartner.evaluation.draft import draft_questions, read_folder
from askpartner.evaluation.labels import Pages
from askpartner.evaluation.types import Label, LabelledQuestion
from askpartner.understand import Turn
from conftest import PAGES

RENTAL = Label("alpha", "Laboratory Rental", "Start-ups")


@pytest.fixture(scope="module")
def alpha() -> Pages:
    folder, _ = read_folder(PAGES)
    return Pages(folder.profiles, folder.sections)


def asked(
    line: int,
    question: str,
    *,
    relevant: tuple[Label, ...] = (RENTAL,),
    answerable: bool | None = True,
    history: tuple[Turn, ...] = (),
    contains: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
) -> LabelledQuestion:
    return LabelledQuestion(
        f"q{line}", question, history, relevant, answerable, contains, (), tags, line
    )


def kinds(findings: list[Finding]) -> list[tuple[int, str]]:
    return [(finding.line, finding.kind) for finding in findings]


def test_a_set_without_faults_gives_no_finding(alpha: Pages) -> None:
    questions = [
        asked(1, "Who may rent a laboratory?", contains=("start-ups", "UNIVERSITIES")),
        asked(2, "Who may rent a kitchen?", relevant=(), answerable=False),
        asked(3, "What is known of yeast?", relevant=(), answerable=None),
    ]
    assert check_questions(questions, alpha) == []


def test_the_same_words_are_a_duplicate_whatever_their_case_and_punctuation() -> None:
    questions = [
        asked(1, "Who may rent a laboratory?"),
        asked(4, "who may  rent – a LABORATORY"),
        asked(5, "Who may rent a laboratory?", relevant=(Label("beta"),)),
    ]
    first, second = check_questions(questions)
    assert kinds([first, second]) == [(4, "duplicate"), (5, "duplicate")]
    assert "line 1 (q1)" in first.text
    assert "other labels" in second.text
    assert "other labels" not in first.text


def test_another_history_makes_it_another_question() -> None:
    told = (Turn("user", "Tell me about Alpha."),)
    questions = [
        asked(1, "Who may rent it?"),
        asked(2, "Who may rent it?", history=told),
        asked(3, "Who may rent it?", history=(Turn("user", "Tell me about Beta."),)),
        asked(4, "Who may rent it", history=(Turn("user", "tell me about Alpha"),)),
    ]
    assert kinds(check_questions(questions)) == [(4, "duplicate")]


def test_answerable_here_and_not_there_is_a_contradiction() -> None:
    questions = [
        asked(1, "Who may rent a laboratory?"),
        asked(2, "Who may rent a laboratory", relevant=(), answerable=False),
        asked(3, "Is it open?", relevant=(), answerable=False),
        asked(4, "is it open", relevant=(), answerable=None),
    ]
    assert kinds(check_questions(questions)) == [(2, "contradiction"), (4, "duplicate")]


def test_the_same_words_in_another_order_are_told_unless_they_are_tagged_so() -> None:
    questions = [
        asked(1, "Who may rent a laboratory?"),
        asked(2, "A laboratory who may rent"),
        asked(3, "rent a laboratory may who", tags=("order",)),
    ]
    (finding,) = check_questions(questions, fewest_cases=1)
    assert kinds([finding]) == [(2, "reordered")]
    assert "line 1 (q1)" in finding.text


def test_answerable_without_labels_and_tags_with_few_cases_are_told() -> None:
    questions = [
        *(asked(n, f"Question {n}?", tags=("fact",)) for n in range(1, 5)),
        asked(5, "Question 5?", tags=("fact", "rare")),
        asked(6, "Question 6?", relevant=()),
    ]
    assert kinds(check_questions(questions)) == [(5, "few_cases"), (6, "unlabelled")]
    assert kinds(check_questions(questions, fewest_cases=6))[0] == (1, "few_cases")
    (few,) = check_questions(questions[:5])
    assert "'rare' has 1 case, fewer than 5" in few.text


@pytest.mark.parametrize(
    ("label", "gone"),
    [
        (Label("delta"), "profile"),
        (Label("alpha", "Office Rental"), "section"),
        (Label("alpha", "Training", "Start-ups"), "quote"),
    ],
)
def test_a_label_that_has_left_its_page_is_drift(label: Label, gone: str, alpha: Pages) -> None:
    # Required words are not looked for where a label is gone: they may have gone with it.
    question = asked(7, "Who may rent?", relevant=(label, RENTAL), contains=("pensioners",))
    (finding,) = check_questions([question], alpha)
    assert kinds([finding]) == [(7, "drift")]
    assert f"its {gone} is no longer" in finding.text


def test_required_words_that_no_labelled_section_holds_are_told(alpha: Pages) -> None:
    question = asked(3, "Who may rent?", contains=("Start-ups", "Pharmaceutical companies"))
    (finding,) = check_questions([question], alpha)
    assert kinds([finding]) == [(3, "words_not_there")]
    assert "'Pharmaceutical companies'" in finding.text
    whole = replace(question, relevant=(Label("alpha"),))
    assert check_questions([whole], alpha) == []


@pytest.fixture
def repeated(pages: Path) -> Pages:
    (pages / "delta.md").write_text(
        "---\ntitle: Delta Trust\n---\n# Delta Trust\n\n"
        "## Boats\n\nBoats are lent. Boats are lent.\n\n### Price\n\nA boat is cheap.\n\n"
        "## Barns\n\n### Price\n\nA barn is dear.\n"
    )
    folder, _ = read_folder(pages)
    return Pages(folder.profiles, folder.sections)


@pytest.mark.parametrize(
    ("label", "doubt"),
    [
        (Label("delta", "Price"), "2 headings of the page are called that (lines 10, 16)"),
        (Label("delta", "Barns > Price"), ""),
        (Label("delta", "Price", "A barn is dear."), ""),
        (Label("delta", "Boats"), ""),  # with what stands below it
        (Label("delta", "Delta Trust"), ""),
        (Label("delta"), ""),
        (Label("delta", "Boats", "Boats are lent."), "the quote stands 2 times in the section"),
        (Label("delta", "", "A boat is cheap."), ""),
        (Label("delta", "Price", "A"), "the quote stands 2 times in the section"),
    ],
)
def test_a_label_is_ambiguous_when_it_means_several_places(
    label: Label, doubt: str, repeated: Pages
) -> None:
    found = ambiguity(label, repeated)
    assert found.partition(";")[0] == doubt
    expected = [(2, "ambiguous")] if doubt else []
    assert kinds(check_questions([asked(2, "What?", relevant=(label,))], repeated)) == expected


def test_what_is_drafted_has_no_finding_but_tags_of_few_cases(alpha: Pages) -> None:
    folder, _ = read_folder(PAGES)
    found = check_questions(draft_questions(folder), alpha)
    assert {finding.kind for finding in found} <= {"few_cases"}
    assert check_questions(draft_questions(folder), alpha, fewest_cases=1) == []


# --- the command --------------------------------------------------------------------------------


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


GOOD = {
    "id": "a",
    "question": "Who may rent a laboratory?",
    "relevant": [{"profile": "alpha", "section": "1. laboratory rental"}],
    "answerable": True,
}


def test_nothing_found_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "set.jsonl", GOOD)
    assert main(["questions", "check", str(path), "--corpus", str(PAGES)]) == 0
    assert capsys.readouterr().out == "1 questions, 0 findings\n"


def test_findings_exit_1_one_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    double = GOOD | {"id": "b", "relevant": [{"profile": "omega"}]}
    path = written(tmp_path / "set.jsonl", GOOD, double)
    assert main(["questions", "check", str(path), "--corpus", str(PAGES)]) == 1
    *lines, count = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        [f"{path}:2", "duplicate"],
        [f"{path}:2", "drift"],
    ]
    assert count == "2 questions, 2 findings"
    # Without pages labels cannot be checked, and that is said.
    assert main(["questions", "check", str(path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(f["line"], f["id"], f["kind"]) for f in found["findings"]] == [(2, "b", "duplicate")]
    main(["questions", "check", str(path)])
    assert "labels not checked" in capsys.readouterr().out


def test_bad_lines_exit_3_and_the_rest_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "set.jsonl", GOOD, ["no object"], GOOD | {"id": "c"})
    assert main(["questions", "check", str(path)]) == 3
    shown = capsys.readouterr()
    assert f"{path}:2" in shown.err
    assert f"{path}:3: duplicate" in shown.out
    assert main(["questions", "check", str(tmp_path / "none.jsonl")]) == 3
    assert main(["questions", "check", str(path), "--corpus", str(tmp_path / "none")]) == 3
