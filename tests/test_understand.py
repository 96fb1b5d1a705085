"""Which partner is meant, and what a follow-up takes over."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from askpartner.errors import QuestionError
from askpartner.index import Index, build_index, open_index
from askpartner.types import Concept
from askpartner.understand import Turn, partner_names, understand
from conftest import PAGES, MakeSettings


@pytest.mark.parametrize(
    ("question", "partners"),
    [
        ("What does the Alpha Institute study?", ("alpha",)),
        ("What is AI's website?", ("alpha",)),
        ("Compare Gamma Polytechnic and Beta Fund", ("gamma", "beta")),
        ("internships at GP", ("gamma",)),
        ("What is alphabetical order?", ()),
        ("is there an ai course?", ("alpha",)),
        ("is gp open?", ()),
        ("Who pays for vaccines?", ()),
    ],
)
def test_partners_are_found_by_their_names(
    question: str, partners: tuple[str, ...], index: Index
) -> None:
    assert understand(question, (), index).partners == partners


def test_names_of_a_title() -> None:
    assert set(partner_names("Cell Centre, Singapore (ACC)")) == {
        ("cell", "centr", "singapor", "acc"),
        ("cell", "centr", "singapor"),
        ("cell", "centr"),
        ("acc",),
    }


def test_a_follow_up_takes_over_the_partner_named_last(index: Index) -> None:
    history = [
        Turn("user", "What does Beta Fund pay for?"),
        Turn("assistant", "Vaccines."),
        Turn("user", "And where is Alpha Institute?"),
    ]
    request = understand("Who is it suitable for?", history, index)
    assert (request.partners, request.carried) == (("alpha",), ("Alpha Institute (AI)",))
    assert request.text == "Who is it suitable for? (Alpha Institute (AI))"


@pytest.mark.parametrize(
    "question",
    ["What is the cap of the Growth scheme at Beta Fund?", "Which partner trains staff?"],
)
def test_a_question_that_stands_alone_is_not_changed(question: str, index: Index) -> None:
    history = [Turn("user", "What does Alpha Institute study?")]
    request = understand(question, history, index)
    assert (request.text, request.carried) == (question, ())


@pytest.mark.parametrize(
    ("question", "says"), [("  ", "no words"), ("?!", "no words"), ("a" * 5000, "5000 characters")]
)
def test_a_question_that_cannot_be_read_is_refused(question: str, says: str, index: Index) -> None:
    with pytest.raises(QuestionError, match=says):
        understand(question, (), index)


@pytest.mark.slow
def test_titles_of_a_site_that_is_no_directory_name_no_partner(
    tmp_path: Path, make_settings: MakeSettings
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for name in ("Sound Settings", "Picture Settings", "Remote Control"):
        (site / f"{name}.md").write_text(f"# {name}\n\nHow to use it.\n")
    settings = make_settings(site)
    build_index(settings)
    index = open_index(settings.index)
    assert understand("Where are the sound settings?", (), index).partners == ()
    shutil.copy(PAGES / "alpha.md", site)
    build_index(settings)
    index = open_index(settings.index)
    assert understand("Where are the sound settings?", (), index).partners == ()
    assert understand("Where is Alpha Institute?", (), index).partners == ("alpha",)


def test_what_was_carried_over_can_be_dropped(index: Index) -> None:
    history = [Turn("user", "What does the Alpha Institute study?")]
    before = understand("Where is it?", history, index)
    assert before.carried == ("Alpha Institute (AI)",)
    after = understand("Where is it?", history, index, drop=before.carried)
    assert (after.text, after.partners, after.carried) == ("Where is it?", (), ())
    assert after.dropped == before.carried


def test_an_earlier_question_is_not_asked_again_once_dropped(index: Index) -> None:
    history = [Turn("user", "What does the Alpha Institute study?")]
    question = "What about Gamma Polytechnic?"
    before = understand(question, history, index)
    assert before.carried == ("What does the Alpha Institute study?",)
    after = understand(question, history, index, drop=before.carried)
    assert (after.text, after.partners, after.carried) == (question, ("gamma",), ())


def test_criteria_can_be_dropped_and_added(index: Index) -> None:
    kept = (
        Concept("audience", "start-up", ("start-up",), ()),
        Concept("audience", "university", ("university",), ()),
    )
    index = replace(index, vocabulary=kept)
    question = "We are a start-up. Who suits us?"
    names = [c.name for c in understand(question, (), index).criteria]
    assert names == ["start-up"]
    changed = understand(question, (), index, drop=("start-up",), add=("university",))
    assert [c.name for c in changed.criteria] == ["university"]
    with pytest.raises(QuestionError, match="not in the vocabulary"):
        understand(question, (), index, add=("astronaut",))


def test_nothing_is_taken_over_from_a_greeting(index: Index) -> None:
    history = [Turn("user", "Hello"), Turn("assistant", "Hello. Ask me about the partners.")]
    request = understand("And who can help with rope?", history, index)
    assert (request.text, request.carried) == ("And who can help with rope?", ())


def test_where_asks_for_the_place_unless_it_asks_for_more(index: Index) -> None:
    assert understand("Where's Alpha Institute?", (), index).intent == "place"
    assert understand("Where does Alpha Institute keep yeast?", (), index).intent == "fact"
