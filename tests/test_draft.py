"""Drafted questions: every label stands on its page, and nothing answers what is unanswerable."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from askpartner.assistant import Assistant
from askpartner.cli import main
from askpartner.errors import CorpusError, UsageError
from askpartner.evaluation.draft import Folder, draft_questions, read_folder
from askpartner.evaluation.labels import names_section, quote_ranges
from askpartner.evaluation.questions import question_set_bytes, read_question_set
from askpartner.evaluation.types import LabelledQuestion
from askpartner.evaluation.variants import bracketed_acronym, mistyped, reordered
from askpartner.index import Index, IndexReader, build_index
from askpartner.lexical import words
from askpartner.templates import load_templates
from conftest import PAGES, MakeSettings
from shared_material import ROOT, shared

CORPUS = ROOT / "corpus"
VARIANT_TAGS = {"typo", "acronym", "order"}


@pytest.fixture(scope="module")
def folder() -> Folder:
    found, unreadable = read_folder(PAGES)
    assert unreadable == []
    return found


@pytest.fixture(scope="module")
def drafted(folder: Folder) -> list[LabelledQuestion]:
    return draft_questions(folder)


def by_id(questions: Sequence[LabelledQuestion]) -> dict[str, LabelledQuestion]:
    return {question.id: question for question in questions}


def assert_labels_stand(questions: Sequence[LabelledQuestion], folder: Folder) -> None:
    """Every quote once in a section of its label; what the answer must say is in those sections."""
    for question in questions:
        held: list[str] = []
        for label in question.relevant:
            text = folder.profiles[label.profile].text
            sections = [
                text[section.start : section.end]
                for section in folder.sections[label.profile]
                if not label.section or names_section(label.section, section.heading_path)
            ]
            assert sections, (question.id, label)
            assert sum(len(quote_ranges(label.quote, s)) for s in sections) == 1, (question, label)
            held.extend(sections)
        for required in question.answer_contains:
            assert any(required in text for text in held), (question.id, required)


def test_every_label_stands_on_its_page_once(
    drafted: list[LabelledQuestion], folder: Folder
) -> None:
    assert len(drafted) > 60
    assert_labels_stand(drafted, folder)


def test_every_field_of_a_page_is_asked_for(drafted: list[LabelledQuestion]) -> None:
    found = by_id(drafted)
    audience = found["audience-alpha-laboratory-rental"]
    assert audience.question == "Who is Laboratory Rental at Alpha Institute suitable for?"
    assert audience.answer_contains == ("Start-ups", "Universities")
    (label,) = audience.relevant
    assert (label.profile, label.section) == ("alpha", "1. Laboratory Rental")
    assert label.quote == "Start-ups\nUniversities"
    assert found["place-alpha-laboratory-rental"].relevant[0].quote == "Singapore"
    assert found["website-alpha"].answer_contains == ("https://alpha.example/",)
    assert found["ways-beta"].relevant[0].quote == "Apply for a grant"
    assert found["introduction-alpha-training"].relevant[0].quote == "Request Introduction"
    listed = found["list-audience-universities"]
    assert [label.profile for label in listed.relevant] == ["alpha"]
    compared = found["compare-ways-alpha-laboratory-rental-training"]
    assert {label.section for label in compared.relevant} == {"1. Laboratory Rental", "2. Training"}


def test_unanswerable_questions_are_about_what_no_word_of_the_page_says(
    drafted: list[LabelledQuestion], folder: Folder
) -> None:
    wording = load_templates("questions")
    aspects = {
        name.removeprefix("aspect_"): set(words(table["words"]))
        for name, table in wording.items()
        if name.startswith("aspect_")
    }
    said = {i: set(words(f"{p.title}\n{p.text}")) for i, p in folder.profiles.items()}
    checked = 0
    for question in drafted:
        if question.answerable or VARIANT_TAGS & set(question.tags):
            continue
        assert question.relevant == ()
        if "no-aspect" in question.tags:
            aspect = next(
                name for name in aspects if question.id.startswith(f"no-aspect-{slug(name)}-")
            )
            profile = question.id.removeprefix(f"no-aspect-{slug(aspect)}-")
            assert not aspects[aspect] & said[profile], question
            checked += 1
        elif "no-mention" in question.tags:
            aspect = next(n for n in aspects if question.id == f"no-mention-{slug(n)}")
            assert not aspects[aspect] & set().union(*said.values()), question
            checked += 1
    assert checked > 20
    # Beta's page says who may apply for its grant, so nothing unstated is asked of it.
    assert "no-audience-beta-apply-for-a-grant" not in by_id(drafted)


def slug(name: str) -> str:
    return name.replace("_", "-")


def test_a_way_to_work_without_audience_gets_an_unanswerable_question(pages: Path) -> None:
    alpha = pages / "alpha.md"
    text = alpha.read_text()
    training = text.index("##### 2. Training")
    lacking = re.sub(r"\*\*Who is this.*?companies\n", "", text[training:], flags=re.DOTALL)
    alpha.write_text(text[:training] + lacking)
    folder, _ = read_folder(pages)
    found = by_id(draft_questions(folder))
    question = found["no-audience-alpha-training"]
    assert question.question == "Who is Training at Alpha Institute suitable for?"
    assert question.answerable is False
    assert "audience-alpha-training" not in found
    alpha.write_text(alpha.read_text().replace("over 6 weeks", "over 6 weeks, open to nurses"))
    folder, _ = read_folder(pages)
    assert "no-audience-alpha-training" not in by_id(draft_questions(folder))


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_variants(
    folder: Folder, drafted: list[LabelledQuestion]
) -> None:
    assert question_set_bytes(draft_questions(folder)) == question_set_bytes(drafted)
    other = draft_questions(folder, seed=1)

    def of(questions: Sequence[LabelledQuestion], tag: str) -> set[str]:
        return {question.question for question in questions if tag in question.tags}

    assert of(drafted, "typo") != of(other, "typo")
    assert of(drafted, "order") != of(other, "order")
    plain = [q.id for q in drafted if "fact" in q.tags and not VARIANT_TAGS & set(q.tags)]
    assert plain == [q.id for q in other if "fact" in q.tags and not VARIANT_TAGS & set(q.tags)]


@pytest.mark.slow
def test_another_process_drafts_the_same_bytes(tmp_path: Path) -> None:
    command = ["questions", "draft", "--corpus", str(PAGES)]
    runs = []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.jsonl"
        subprocess.run(
            [sys.executable, "-m", "askpartner.cli", *command, "--out", str(out)],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
        runs.append(out.read_bytes())
    assert runs[0] == runs[1] != b""


def test_ids_are_unique_and_a_page_more_leaves_the_others_questions_as_they_are(
    folder: Folder, drafted: list[LabelledQuestion], pages: Path
) -> None:
    assert max(Counter(question.id for question in drafted).values()) == 1
    (pages / "delta.md").write_text(
        "---\ntitle: Delta Trust\n---\n# Delta Trust\n\n## Boats\n\nDelta Trust lends dinghies.\n"
    )
    more, _ = read_folder(pages)
    found = by_id(draft_questions(more, per_kind=100))
    for question in draft_questions(folder, per_kind=100):
        if question.tags[0] == "fact" and "detail" not in question.tags:
            assert found[question.id].question == question.question
    assert found["section-delta-boats"].relevant[0].quote == "Delta Trust lends dinghies."


def test_at_most_so_many_of_a_kind_are_drafted(folder: Folder) -> None:
    few = draft_questions(folder, per_kind=2)
    kinds = Counter(q.tags[1] for q in few if not VARIANT_TAGS & set(q.tags))
    assert max(kinds.values()) == 2
    assert Counter(tag for q in few for tag in q.tags if tag in VARIANT_TAGS)["typo"] == 2


def test_an_index_and_its_folder_give_the_same_questions(
    index: Index, drafted: list[LabelledQuestion]
) -> None:
    assert draft_questions(index) == drafted


def test_two_pages_of_one_title_are_not_asked_about_by_name(pages: Path) -> None:
    (pages / "again.md").write_bytes((pages / "gamma.md").read_bytes())
    folder, _ = read_folder(pages)
    questions = [q.question for q in draft_questions(folder, per_kind=100)]
    assert not any("Gamma Polytechnic" in question for question in questions)


def test_a_repeated_heading_is_labelled_with_the_heading_above_it(pages: Path) -> None:
    (pages / "delta.md").write_text(
        "---\ntitle: Delta Trust\n---\n# Delta Trust\n\n"
        "## Boats\n\n### Rent\n\nA wooden dinghy is lent by the hour.\n\n"
        "## Barns\n\n### Rent\n\nA dry barn is lent by the season.\n"
    )
    folder, _ = read_folder(pages)
    drafted = draft_questions(folder, per_kind=100)
    assert_labels_stand(drafted, folder)
    sections = {label.section for q in drafted for label in q.relevant if label.profile == "delta"}
    assert {"Boats > Rent", "Barns > Rent"} <= sections


def test_plain_drafted_questions_are_answered_from_their_labels(
    folder: Folder, assistant: Assistant
) -> None:
    assert answered_share(draft_questions(folder, per_kind=5), folder, assistant) == 1.0


@pytest.mark.slow
def test_plain_drafted_questions_over_the_profiles_are_answered_from_their_labels(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(CORPUS)
    build_index(settings)
    folder, _ = read_folder(CORPUS)
    drafted = draft_questions(folder)
    assert_labels_stand(drafted, folder)
    assistant = Assistant(IndexReader(settings.index), settings)
    assert answered_share(drafted, folder, assistant) >= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("part", ["profiles", "pages"])
def test_labels_drafted_from_real_pages_stand_on_them(part: str) -> None:
    folder, _ = read_folder(shared("corpus", part))
    drafted = draft_questions(folder, per_kind=1000)
    assert len(drafted) > 100
    assert_labels_stand(drafted, folder)


def answered_share(
    questions: Sequence[LabelledQuestion], folder: Folder, assistant: Assistant
) -> float:
    """Of the plain questions, those whose every label is cited, or that are rightly refused."""
    plain = [question for question in questions if not VARIANT_TAGS & set(question.tags)]
    right = 0
    for question in plain:
        answer = assistant.ask(question.question)
        if not question.answerable:
            right += answer.status == "not_found"
            continue
        right += all(
            any(
                citation.profile == label.profile and citation.start < end and start < citation.end
                for citation in answer.citations
                for start, end in quote_ranges(label.quote, folder.profiles[label.profile].text)
            )
            for label in question.relevant
        )
    return right / len(plain)


# --- variants -----------------------------------------------------------------------------------


def test_a_typo_is_one_slip_away_and_never_another_known_word() -> None:
    import random

    from rapidfuzz.distance import OSA

    question = "Who is Laboratory Rental at Alpha Institute suitable for?"
    for seed in range(50):
        known = set(words("rental rentals rentl labratory"))
        slip = mistyped(question, known, random.Random(seed))
        assert slip is not None
        assert OSA.distance(question, slip) == 1
        assert not set(words(slip)) & {"rentl", "labratori"}
    assert mistyped("Who is AI for?", set(), random.Random(0)) is None


def test_reordering_keeps_every_word_and_names_whole() -> None:
    import random

    question = "Who is Laboratory Rental at Alpha Institute suitable for?"
    turned = {
        reordered(question, ["Laboratory Rental", "Alpha Institute"], random.Random(seed))
        for seed in range(50)
    }
    assert len(turned) > 4
    for text in turned:
        assert text is not None
        assert sorted(text.split()) == sorted(question.rstrip("?").split())
        assert "Laboratory Rental" in text
        assert "Alpha Institute" in text
    assert reordered("Hello there", [], random.Random(0)) is None


@pytest.mark.parametrize(
    ("name", "acronym"),
    [
        ("Alpha Institute (AI)", "AI"),
        ("Innovation to Develop (I2D)", "I2D"),
        ("Nucleic Acid Therapeutics Initiative (NATi)", "NATi"),
        ("Beta Fund", ""),
        ("CRISP (Centre of Innovation)", ""),
        ("Mentoring (free)", ""),
    ],
)
def test_an_acronym_is_one_word_of_capitals_in_brackets(name: str, acronym: str) -> None:
    assert bracketed_acronym(name) == acronym


# --- the command --------------------------------------------------------------------------------


def test_the_command_writes_a_set_that_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], drafted: list[LabelledQuestion]
) -> None:
    out = tmp_path / "drafted.jsonl"
    assert main(["questions", "draft", "--corpus", str(PAGES), "--out", str(out)]) == 0
    assert f"{len(drafted)} questions over 3 pages" in capsys.readouterr().out
    questions, faults = read_question_set(out)
    assert faults == []
    assert questions == drafted


def test_an_unreadable_page_is_reported_and_the_others_are_drafted(
    pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pages / "bad.md").write_bytes(b"\xff\xfe\xfa")
    out = tmp_path / "drafted.jsonl"
    assert main(["questions", "draft", "--corpus", str(pages), "--out", str(out)]) == 3
    assert "bad.md" in capsys.readouterr().err
    assert len(read_question_set(out)[0]) > 60


def test_what_gives_no_question_is_refused(tmp_path: Path, folder: Folder) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        read_folder(tmp_path / "nowhere")
    for name in ("twin", "other"):
        (tmp_path / f"{name}.md").write_text("---\ntitle: Twin\n---\nTwin keeps wooden boats.\n")
    with pytest.raises(CorpusError, match="give no question"):
        draft_questions(read_folder(tmp_path)[0], per_kind=100)
    with pytest.raises(UsageError, match="1 at least"):
        draft_questions(folder, per_kind=0)
