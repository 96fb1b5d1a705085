"""Proofs that need no labels: what an answer cites decides it, and nothing else does."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from askpartner.assistant import Assistant, Turn
from askpartner.compose import compose
from askpartner.index import Index, IndexReader, build_index
from askpartner.render import answer_object, introduction_brief
from askpartner.retrieve import retrieve
from askpartner.settings import Settings
from askpartner.types import Answer, Concept
from askpartner.understand import understand
from conftest import MakeSettings
from shared_material import shared

QUESTIONS = (
    "When was Alpha Institute founded?",
    "Who is laboratory rental at Alpha Institute suitable for?",
    "What is the cap of the Growth scheme?",
    "How long do students stay with a company?",
    "What are the ways to work with Alpha Institute?",
    "Which partners are suitable for universities?",
    "Compare laboratory rental and training at Alpha Institute.",
    "What is the website of Alpha Institute?",
    "How can we be introduced to Beta Fund?",
)

Ask = Callable[[Path], Assistant]


@pytest.fixture
def ask(make_settings: MakeSettings) -> Ask:
    def build(corpus: Path) -> Assistant:
        settings = make_settings(corpus)
        build_index(settings)
        return Assistant(IndexReader(settings.index), settings)

    return build


def said(answer: Answer) -> list[tuple[str, str]]:
    """What an answer says and quotes, without numbers that depend on the directory's size."""
    return [(s.kind, re.sub(r"\d+ of \d+.*", "", s.text)) for s in answer.sentences]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_is_the_page_and_every_number_is_cited(
    question: str, assistant: Assistant, built: Settings
) -> None:
    answer = assistant.ask(question)
    profiles = IndexReader(built.index).get().profiles
    assert answer.status == "answered", answer
    for citation in answer.citations:
        page = profiles[citation.profile]
        assert page.text[citation.start : citation.end] == citation.quote
    quoted = [s.citation for s in answer.sentences if s.kind == "quote"]
    assert quoted == [citation.number for citation in answer.citations]
    assert quoted == list(range(1, len(quoted) + 1))


@pytest.mark.slow
def test_deleting_the_cited_section_changes_the_answer_and_another_does_not(
    pages: Path, ask: Ask
) -> None:
    question = "How long does training at Alpha Institute take?"
    before = ask(pages).ask(question)
    assert "6 weeks" in before.citations[0].quote
    alpha = pages / "alpha.md"
    text = alpha.read_text()
    rental = text.index("##### 1. Laboratory Rental")
    training = text.index("##### 2. Training")
    without_rental = pages.parent / "without-rental"
    without_rental.mkdir()
    (without_rental / "alpha.md").write_text(text[:rental] + text[training:])
    assert said(ask(without_rental).ask(question)) == said(before)
    without_training = pages.parent / "without-training"
    without_training.mkdir()
    (without_training / "alpha.md").write_text(text[:training])
    after = ask(without_training).ask(question)
    assert said(after) != said(before)
    assert "6 weeks" not in after.sentences[0].text


@pytest.mark.slow
def test_an_unrelated_profile_and_other_file_names_change_no_answer(pages: Path, ask: Ask) -> None:
    before = {
        question: said(ask_all.ask(question)) for ask_all in [ask(pages)] for question in QUESTIONS
    }
    moved = pages.parent / "moved"
    moved.mkdir()
    for name in ("alpha", "beta", "gamma"):
        (moved / f"zz-{name}-renamed.md").write_bytes((pages / f"{name}.md").read_bytes())
    (moved / "aa.md").write_text(
        "---\ntitle: Omega Theatre\n---\n# Omega Theatre\n\nOmega Theatre stages operas at night.\n"
    )
    assistant = ask(moved)
    assert {question: said(assistant.ask(question)) for question in QUESTIONS} == before


@pytest.mark.parametrize(
    "planted", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in (7, 60))]
)
def test_a_planted_fact_is_listed_exactly_as_often_as_it_was_planted(
    planted: int, tmp_path: Path, ask: Ask
) -> None:
    corpus = tmp_path / "generated"
    corpus.mkdir()
    chosen = set(random.Random(planted).sample(range(60), planted))
    for number in range(60):
        fact = "It lends cryostats to visitors.\n" if number in chosen else ""
        (corpus / f"p{number:02}.md").write_text(
            f"---\ntitle: Partner Q{number:02}\n---\n# Partner Q{number:02}\n\n"
            f"Partner Q{number:02} studies topic {number}.\n{fact}"
        )
    answer = ask(corpus).ask("Which partners lend cryostats?")
    assert len(answer.citations) == planted
    assert {c.profile for c in answer.citations} == {f"p{number:02}" for number in chosen}
    if planted:
        assert answer.sentences[0].text.startswith(f"{planted} of 60 profiles state this")
    else:
        assert answer.status == "not_found"


def test_silence_is_not_no_and_exclusion_is_said(assistant: Assistant) -> None:
    answer = assistant.ask("Which partners let companies apply alone?")
    texts = [sentence.text for sentence in answer.sentences]
    assert any("exclude it" in text for text in texts)
    assert "Companies may not apply alone." in [c.quote for c in answer.citations]


@pytest.mark.slow
def test_two_processes_say_the_same_bytes(built: Settings) -> None:
    program = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from askpartner.assistant import Assistant\n"
        "from askpartner.index import IndexReader\n"
        "from askpartner.render import answer_object\n"
        "from askpartner.settings import load_settings\n"
        f"settings = load_settings(index=Path({str(built.index)!r}))\n"
        "assistant = Assistant(IndexReader(settings.index), settings)\n"
        f"for question in {QUESTIONS!r}:\n"
        "    print(json.dumps(answer_object(assistant.ask(question), with_hits=True)))\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    ]
    assert runs[0] == runs[1] != b""


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("What does training at Alpha Institute cost?", "not_stated"),
        ("Who is the director of Gamma Polytechnic?", "not_stated"),
        ("When did Alpha Institute win the Nobel Prize?", "not_stated"),
        ("Is there lorem ipsum here?", "not_stated"),
    ],
)
def test_what_no_page_states_is_refused(question: str, reason: str, assistant: Assistant) -> None:
    answer = assistant.ask(question)
    assert answer.status == "not_found"
    assert answer.reason in (reason, "outside")
    assert answer.citations == ()
    assert answer.links == ()


def test_small_talk_needs_no_page(assistant: Assistant) -> None:
    answer = assistant.ask("Thanks a lot!")
    assert (answer.status, answer.reason, answer.citations) == ("clarify", "small_talk", ())


def test_placeholder_text_is_never_an_answer(pages: Path, ask: Ask) -> None:
    alpha = pages / "alpha.md"
    alpha.write_text(alpha.read_text().replace("https://alpha.example/ |", "(insert link) |"))
    answer = ask(pages).ask("What is the website of Alpha Institute?")
    assert answer.status == "not_found"
    assert answer.citations == ()


def test_typos_are_read_by_the_corpus_own_words(assistant: Assistant) -> None:
    answer = assistant.ask("labratory rentl at Alpha Institute, who is it suitable for?")
    read = dict(answer.request.corrected)
    assert read["rentl"] == "rental"
    assert read["labratory"] in ("laboratory", "laboratories")
    assert "Start-ups" in answer.citations[0].quote


def test_what_about_asks_the_same_of_another_partner(assistant: Assistant) -> None:
    history = [Turn("user", "Who is laboratory rental at Alpha Institute suitable for?")]
    answer = assistant.ask("What about training?", history=history)
    assert "Pharmaceutical companies" in answer.citations[0].quote


def test_a_comparison_is_a_table_whose_full_cells_are_cited(assistant: Assistant) -> None:
    answer = assistant.ask("Compare laboratory rental and training at Alpha Institute.")
    assert answer.table is not None
    assert answer.table.columns == ("1. Laboratory Rental", "2. Training")
    numbers = [n for _, cells in answer.table.rows for cell in cells for n in cell]
    assert sorted(numbers) == [citation.number for citation in answer.citations]
    places = dict(answer.table.rows)["Where"]
    assert len(places[0]) == 1
    assert places[1] == ()


REAL_PAGE = [
    (
        "Who is Technology Transfer at ACTRIS suitable for?",
        "Academic Institutions",
        "1. Technology",
    ),
    ("Who is Facility Rental at ACTRIS suitable for?", "Pharmaceutical companies", "2. Facility"),
    ("Who is the ACTRIS Partnership for?", "Start-up and biotechnology", "3. Partnership"),
    (
        "Who supplies the equipment under Technology Transfer at ACTRIS?",
        "the client is just expected to source for project specific equipment",
        "1. Technology",
    ),
    (
        "Who supplies the equipment under Facility Rental at ACTRIS?",
        "bringing in necessary project-specific equipment",
        "2. Facility",
    ),
    (
        "Who supplies the equipment under Partnership at ACTRIS?",
        "the client will have to source for project specific equipment",
        "3. Partnership",
    ),
    ("When was ACTRIS established?", "established in 2020", "Overview"),
    ("What is the website of ACTRIS?", "https://www.actris.sg/", "Overview"),
]


@pytest.fixture(scope="module")
def real(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    import os
    import shutil

    from askpartner.index import MODELS
    from askpartner.settings import load_settings

    folder = tmp_path_factory.mktemp("real") / "index"
    shutil.copytree(built.index / MODELS, folder / MODELS, copy_function=os.link)
    settings = load_settings(corpus=shared("corpus", "profiles"), index=folder)
    build_index(settings)
    return Assistant(IndexReader(folder), settings)


@pytest.mark.parametrize(("question", "words", "heading"), REAL_PAGE)
def test_the_real_page_answers_with_the_right_section(
    question: str, words: str, heading: str, real: Assistant
) -> None:
    answer = real.ask(question)
    assert answer.status == "answered", answer.sentences
    found = [c for c in answer.citations if words in c.quote]
    assert found, [c.quote for c in answer.citations]
    assert found[0].profile == "actris"
    assert found[0].heading_path[-1].startswith(heading)


@pytest.mark.parametrize(
    "question",
    [
        "What does Facility Rental at ACTRIS cost?",
        "How much is the price of renting a GMP room at ACTRIS?",
        "What are the opening hours of ACTRIS?",
        "Who is the chief executive of ACTRIS?",
    ],
)
def test_the_real_page_refuses_what_it_does_not_state(question: str, real: Assistant) -> None:
    answer = real.ask(question)
    assert (answer.status, answer.citations) == ("not_found", ())


def test_the_answer_object_is_json(assistant: Assistant) -> None:
    for question in QUESTIONS:
        json.dumps(answer_object(assistant.ask(question)), allow_nan=False)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("What is the website?", "several"),
        ("How can we be introduced?", "several"),
        ("Who is it suitable for?", "several"),
        ("Tell me more", "vague"),
        ("How much is it?", "vague"),
        ("We need help. Who can help us?", "vague"),
        ("Who can help?", "vague"),
    ],
)
def test_a_question_that_says_too_little_is_asked_back(
    question: str, reason: str, assistant: Assistant
) -> None:
    answer = assistant.ask(question)
    assert (answer.status, answer.reason, answer.citations) == ("clarify", reason, ())
    if reason == "several":
        (said,) = answer.sentences
        assert "AI, Beta Fund." in said.text


def test_the_brief_of_an_introduction_quotes_that_partner_only(assistant: Assistant) -> None:
    answer = assistant.ask("Compare Alpha Institute and Beta Fund")
    link = next(link for link in answer.links if link.profile == "alpha")
    brief = introduction_brief(answer, link)
    assert brief.startswith("My question: Compare Alpha Institute and Beta Fund")
    quoted = [c for c in answer.citations if c.profile == "alpha"]
    assert quoted
    assert brief.count("Your page says") == len(quoted)
    assert all(c.quote.split("\n")[0] in brief for c in quoted)
    assert "Beta Fund ›" not in brief


def test_a_match_says_what_is_stated_left_out_and_not_covered(
    index: Index, built: Settings
) -> None:
    kept = (Concept("audience", "start-up", ("start-up", "start-ups"), ()),)
    index = replace(index, vocabulary=kept)
    question = "We are a start-up. We need clean rooms and viral vectors. Who suits us?"
    request = understand(question, (), index)
    assert [c.name for c in request.criteria] == ["start-up", "clean rooms", "viral vectors"]
    answer = compose(request, retrieve(request, index, count=20), index, built)
    assert answer.status == "partial"
    assert answer.table is not None
    aspects = [aspect for aspect, _ in answer.table.rows]
    assert aspects[:3] == ["start-up", "clean rooms", "viral vectors"]
    assert not any(answer.table.rows[2][1])
    said = {sentence.template: dict(sentence.names) for sentence in answer.sentences}
    assert said["list.uncovered_words"] == {"criterion": "viral vectors"}
    numbers = {n for _, cells in answer.table.rows for cell in cells for n in cell}
    assert numbers <= {citation.number for citation in answer.citations}


def test_who_is_not_named_is_told_whom_the_page_names(assistant: Assistant) -> None:
    answer = assistant.ask("We are an investor. Does Alpha Institute suit us?")
    assert (answer.status, answer.reason) == ("partial", "not_stated")
    assert answer.sentences[0].template == "match.silent"
    assert dict(answer.sentences[0].names)["criteria"] == "investor"
    assert {c.profile for c in answer.citations} == {"alpha"}
    assert any("Start-ups" in citation.quote for citation in answer.citations)


def test_a_list_of_nobody_has_its_denominator(assistant: Assistant) -> None:
    answer = assistant.ask("Which partners offer skydiving?")
    assert answer.status == "not_found"
    assert (
        answer.sentences[0].text == "None of the 3 profiles states this in these words: skydiving."
    )
