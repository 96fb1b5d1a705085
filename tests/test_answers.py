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


@pytest.mark.parametrize(
    ("question", "quotes"),
    [
        ("How can we be introduced to Alpha?", ["Request Introduction"]),
        ("What are the contact details of Alpha?", ["Request Introduction"]),
        (
            "We need clean rooms. How can we get in touch with Alpha?",
            [
                "Alpha provides clean rooms with basic equipment.",
                "Request Introduction",
            ],
        ),
    ],
)
def test_an_introduction_says_what_for(
    question: str, quotes: list[str], assistant: Assistant
) -> None:
    assert [citation.quote for citation in assistant.ask(question).citations] == quotes


def test_of_several_things_the_sentence_that_counts_them_up_is_quoted(
    tmp_path: Path, ask: Ask
) -> None:
    corpus = tmp_path / "counted"
    corpus.mkdir()
    for name, listed in (("one", "yeast, algae and moss"), ("two", "\n\n* yeast\n* moss")):
        (corpus / f"{name}.md").write_text(
            f"---\ntitle: Institute {name}\n---\n# Institute {name}\n\nInstitute {name} studies "
            "materials of the sea for its research. There is a small boat, too.\n\n"
            f"The materials are: {listed}\n"
        )
    assistant = ask(corpus)
    for name, last in (("one", "moss"), ("two", "moss")):
        answer = assistant.ask(f"Which materials does Institute {name} study?")
        assert last in answer.citations[0].quote


def test_a_match_quotes_what_says_most_of_the_question_and_then_the_nearest_rest(
    tmp_path: Path, ask: Ask
) -> None:
    corpus = tmp_path / "matched"
    corpus.mkdir()
    (corpus / "one.md").write_text(
        "---\ntitle: Institute One\n---\n# Institute One\n\n## Ways to work with One\n"
        "### 1. Boats\nA boat is a boat. A boat for divers is lent by the week. Divers pay a "
        "deposit of S$100 on what is lent.\n"
    )
    answer = ask(corpus).ask("We are divers looking for a boat. Who lends one by the week?")
    assert [citation.quote for citation in answer.citations] == [
        "A boat for divers is lent by the week.",
        "Divers pay a deposit of S$100 on what is lent.",
    ]


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
    assert said["list.uncovered"] == {"criterion": "viral vectors"}
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
    assert answer.sentences[0].text == "None of the 3 profiles states this: skydiving."


def test_all_partners_are_counted_and_named(assistant: Assistant) -> None:
    for question in ("List all partners", "How many profiles are in the directory?"):
        answer = assistant.ask(question)
        assert (answer.status, answer.citations) == ("answered", ())
        assert [s.text for s in answer.sentences] == [
            "Profiles in this directory: 3. They are: AI, Beta Fund, Gamma Polytechnic."
        ]


@pytest.fixture
def boats(tmp_path: Path, ask: Ask) -> Assistant:
    """Three partners: one lends boats to divers, one boats and tents apart, one no boats."""
    corpus = tmp_path / "boats"
    corpus.mkdir()
    pages = {
        "Ash": "### Boats\nAsh lends boats with tents. See https://ash.example/skates",
        "Elm": "### Water\nElm lends boats.\n### Land\nElm lends tents. Elm lends no skates.",
        "Oak": "### Land\nOak lends tents. It does not lend boats.",
    }
    for name, ways in pages.items():
        (corpus / f"{name.lower()}.md").write_text(
            f"---\ntitle: {name} Hire\n---\n# {name} Hire\n\n## Ways to work with {name}\n{ways}\n"
        )
    (corpus / "vocabulary.toml").write_text(
        "".join(f'[need.{one}]\nwords = ["{one[:-1]}"]\n' for one in ("boats", "tents", "skates"))
    )
    return ask(corpus)


def test_a_list_of_several_things_names_who_states_all_of_them(boats: Assistant) -> None:
    answer = boats.ask("Which partners have boats and tents?")
    assert answer.status == "answered"
    # Elm lends both, but not in one way to work; Ash says both in one sentence, quoted once.
    assert [citation.quote for citation in answer.citations] == ["Ash lends boats with tents."]
    said = [dict(s.names) for s in answer.sentences if s.template.startswith("list.")]
    assert said[0] == {"criteria": "boats, tents", "stated": "1", "total": "3"}
    assert [(one["criterion"], one["stated"], one["excluded"]) for one in said[1:]] == [
        ("boats", "2", "1"),
        ("tents", "3", "0"),
    ]


def test_a_list_of_things_nobody_states_together_gives_each(boats: Assistant) -> None:
    answer = boats.ask("Which partners have tents and skates?")
    assert (answer.status, answer.reason) == ("answered", "")
    counted = [dict(s.names) for s in answer.sentences if s.template == "list.counted"]
    assert [(one["criterion"], one["stated"], one["excluded"]) for one in counted] == [
        ("skates", "0", "1"),
        ("tents", "3", "0"),
    ]


@pytest.mark.parametrize(
    "question", ["Which partners do not have boats?", "Which partners exclude boats?"]
)
def test_who_excludes_is_told_apart_from_who_is_silent(question: str, boats: Assistant) -> None:
    answer = boats.ask(question)
    assert [citation.quote for citation in answer.citations] == ["It does not lend boats."]
    said = {s.template: dict(s.names) for s in answer.sentences}
    assert said["list.excluding"] == {
        "criterion": "boats",
        "excluded": "1",
        "total": "3",
        "stated": "2",
        "silent": "0",
    }
    assert "list.silent" not in said


def test_the_silent_are_named_and_no_exclusion_is_made_of_them(boats: Assistant) -> None:
    answer = boats.ask("Which partners have no skates?")
    said = {s.template: dict(s.names) for s in answer.sentences}
    counts = said["list.excluding"]
    assert (counts["excluded"], counts["stated"], counts["silent"]) == ("1", "0", "2")
    assert said["list.silent"] == {"partners": "Ash Hire, Oak Hire"}
    assert [citation.quote for citation in answer.citations] == ["Elm lends no skates."]


def test_who_owns_it_is_not_told_by_what_is_its_own(tmp_path: Path, ask: Ask) -> None:
    corpus = tmp_path / "owned"
    corpus.mkdir()
    (corpus / "one.md").write_text(
        "---\ntitle: Institute One (ION)\n---\n# Institute One\n\nION has a boat of its own and a "
        "partner. See https://owner.example/owns-ion\n"
    )
    answer = ask(corpus).ask("Who owns ION?")
    assert (answer.status, answer.citations) == ("not_found", ())


def test_how_much_money_is_answered_by_an_amount(tmp_path: Path, ask: Ask) -> None:
    corpus = tmp_path / "money"
    corpus.mkdir()
    (corpus / "one.md").write_text(
        "---\ntitle: Fund One (FONE)\n---\n# Fund One\n\nAlongside money, FONE mentors a boat "
        "builder.\n\n## Boats\nThe cap is S$5,000 for a boat builder.\n"
    )
    answer = ask(corpus).ask("How much money does a boat builder get from FONE?")
    assert answer.status in ("answered", "partial")
    assert "S$5,000" in answer.citations[0].quote


@pytest.mark.parametrize(
    ("question", "uncovered"),
    [
        # Oak states tents, Elm tents and boats; Oak excludes boats, which is no silence.
        ("We need tents. Does Oak suit us?", []),
        ("We need tents and boats. Does Oak Hire suit us?", []),
        ("We need tents and kites. Does Oak Hire suit us?", ["kites"]),
        ("We need tents, skates and kites. Who suits us?", ["kites"]),
    ],
)
def test_only_what_no_profile_names_is_not_covered(
    question: str, uncovered: list[str], boats: Assistant
) -> None:
    answer = boats.ask(question)
    assert answer.request.intent == "match"
    said = [dict(s.names) for s in answer.sentences if s.template == "list.uncovered"]
    assert [names["criterion"] for names in said] == uncovered


def test_a_hospital_that_is_looked_for_is_not_who_is_asking(tmp_path: Path, ask: Ask) -> None:
    corpus = tmp_path / "hospitals"
    corpus.mkdir()
    ways = "### Boats\nOne lends boats.\n\n**Who is this suitable for?**\n* Hospitals\n"
    (corpus / "one.md").write_text(
        f"---\ntitle: Fund One\n---\n# Fund One\n\n## Ways to work with One\n{ways}"
    )
    assistant = ask(corpus)
    for question, has in (
        ("We are a hospital that needs boats. Who suits us?", True),
        ("We are a start-up looking for boats and a hospital partner. Who suits us?", False),
    ):
        criteria = assistant.ask(question).request.criteria
        assert ("hospital" in [c.name for c in criteria if c.is_audience]) is has


def test_a_list_is_narrowed_by_the_next_turn(boats: Assistant) -> None:
    asked = "Which partners have tents?"
    answer = boats.ask("Which of those have boats?", history=[Turn("user", asked)])
    assert [criterion.name for criterion in answer.request.criteria] == ["boats", "tents"]
    assert answer.request.carried == (asked,)
    assert [citation.quote for citation in answer.citations] == ["Ash lends boats with tents."]
    alone = boats.ask("Which of those have boats?", history=[Turn("user", asked)], drop=(asked,))
    assert (alone.request.text, alone.request.carried) == ("Which of those have boats?", ())
    other = boats.ask("Which partners have boats?", history=[Turn("user", asked)])
    assert [criterion.name for criterion in other.request.criteria] == ["boats"]


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What does TLA stand for?", "We mind our three letter acronyms (TLAs)."),
        ("what is tla short for", "We mind our three letter acronyms (TLAs)."),
        ("What does the acronym HB stand for?", "Institute of High Boats (HB)"),
        ("What does ZZ stand for?", None),  # in brackets, but after other words
        ("What does QQ stand for?", None),
    ],
)
def test_letters_are_spelled_out_where_a_page_does(
    question: str, quote: str | None, tmp_path: Path, ask: Ask
) -> None:
    corpus = tmp_path / "letters"
    corpus.mkdir()
    (corpus / "one.md").write_text(
        "---\ntitle: One\n---\n# Institute of High Boats (HB)\n\nTLA is a word. We mind our three "
        "letter acronyms (TLAs). A boat (ZZ) is a boat.\n"
    )
    answer = ask(corpus).ask(question)
    assert [citation.quote for citation in answer.citations] == ([quote] if quote else [])
    assert answer.status == ("answered" if quote else "not_found")


def test_an_address_tells_the_email_and_the_aim_chooses_the_sentence(
    tmp_path: Path, ask: Ask
) -> None:
    corpus = tmp_path / "aims"
    corpus.mkdir()
    (corpus / "one.md").write_text(
        "---\ntitle: Institute One (ION)\n---\n# Institute One\n\nION serves schools and the "
        "public. The public comes to ION by boat, and ION runs schemes for the public.\n\n"
        "Enquiries: office@ion.example\n\n## Boats\nEntry is by invitation only.\n"
    )
    assistant = ask(corpus)
    assert "office@ion.example" in assistant.ask("What's the email of ION?").citations[0].quote
    answer = assistant.ask("Which ION scheme is by invitation only?")
    assert [citation.quote for citation in answer.citations] == ["Entry is by invitation only."]


def test_a_word_of_the_vocabulary_is_not_called_unknown(boats: Assistant) -> None:
    # "boat" is the vocabulary's; "hovercrafts" is nobody's.
    answer = boats.ask("We need boats. Which partner suits us?")
    assert "list.uncovered" not in [s.template for s in answer.sentences]
    answer = boats.ask("We need boats. Which partner with hovercrafts suits us?")
    said = [dict(s.names) for s in answer.sentences if s.template == "list.uncovered"]
    assert said == [{"criterion": "hovercrafts"}]
