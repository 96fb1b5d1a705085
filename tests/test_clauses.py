"""Which questions one turn asks: cut where another question opens, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpartner.clauses import MOST_QUESTIONS, asked_directly, asking_words, questions_in


@pytest.mark.parametrize(
    ("turn", "questions"),
    [
        ("Where is Alpha, and who runs it?", ["Where is Alpha?", "who runs it?"]),
        ("Where is Alpha and when did it open?", ["Where is Alpha?", "when did it open?"]),
        ("What is the cap? Is it a grant?", ["What is the cap?", "Is it a grant?"]),
        ("1. Where is Alpha? 2. Who runs it?", ["Where is Alpha?", "Who runs it?"]),
        ("Where is Alpha? Who runs it? Many thanks, Jane", ["Where is Alpha?", "Who runs it?"]),
        (
            "I'd like to know when Alpha opened and who runs it.",
            ["I'd like to know when Alpha opened.", "who runs it."],
        ),
        (
            "I know that Alpha rents rooms, but who runs it and where is it?",
            ["I know that Alpha rents rooms, but who runs it?", "where is it?"],
        ),
        (
            "What is Alpha, who runs it, and when did it open?",
            ["What is Alpha?", "who runs it?", "when did it open?"],
        ),
        ("When was Alpha set up; who runs it?", ["When was Alpha set up?", "who runs it?"]),
        (
            "Explain the scheme and tell me who runs it.",
            ["Explain the scheme.", "tell me who runs it."],
        ),
        ("Tell me about Alpha. Who runs it?", ["Tell me about Alpha.", "Who runs it?"]),
        ("What does Alpha teach, and for whom?", ["What does Alpha teach?", "for whom?"]),
        (
            "We are a start-up. Who rents rooms and what do they cost?",
            ["We are a start-up. Who rents rooms?", "what do they cost?"],
        ),
        (
            "Who runs Alpha? Where is it and what is its cap?",
            ["Who runs Alpha?", "Where is it?", "what is its cap?"],
        ),
    ],
)
def test_a_turn_of_several_questions(turn: str, questions: list[str]) -> None:
    assert list(questions_in(turn)) == questions


@pytest.mark.parametrize(
    "turn",
    [
        "Who rents rooms?",
        "Does Alpha, which is in Jurong, rent rooms and halls?",
        "How and when can we apply?",
        "Who can apply and why?",
        "We need an R&D partner. Anyone?",
        "Which partners have rooms and which are in Jurong?",  # the second narrows the first
        "Is it free or do we pay?",  # alternatives
        "What is Alpha? We are a start-up.",  # told of both
        "I work at Alpha and what I need is a room.",
        "Who rents rooms under Rental, and who under Partnership?",  # no verb of its own
        "Does Alpha rent rooms and does Beta?",
        "Which partners rent rooms and give grants?",
        "Does Alpha rent rooms but does Beta too?",
        "Can a company apply? If not, who can?",  # depends on the answer
        "Does Alpha rent rooms, and if so, where are they?",
        "Who? What? Where is it? " + "Who runs it? " * MOST_QUESTIONS,
        "",
    ],
)
def test_a_turn_of_one_question_is_left_as_it_is(turn: str) -> None:
    assert questions_in(turn) == (turn,)


@given(st.lists(st.sampled_from("Who is it ? and , where how Alpha . does rent for".split())))
def test_no_word_is_lost_but_the_ands_between(pieces: list[str]) -> None:
    turn = " ".join(pieces)

    def kept(text: str) -> list[str]:
        bare = (word.rstrip("?.") for word in text.split())
        return [word for word in bare if word not in ("", ",", "and")]

    assert kept(" ".join(questions_in(turn))) == kept(turn)


@pytest.mark.parametrize(
    ("turn", "asks"),
    [
        ("We make glulam. How long may a beam be?", "How long may a beam be?"),
        ("How long may a beam be? We make glulam.", "How long may a beam be?"),
        ("We have 300 people – are there limits on size?", "are there limits on size?"),
        ("Our lab is small: what does a day cost?", "what does a day cost?"),
        ("price of a beam", "price of a beam"),
        ("Tell me about beams. We like them.", "Tell me about beams."),
        (
            "How long, or how heavy: what may a beam be?",
            "How long, or how heavy: what may a beam be?",
        ),
    ],
)
def test_what_is_told_beside_a_question_is_not_asked(turn: str, asks: str) -> None:
    assert asking_words(turn) == asks


@pytest.mark.parametrize(
    ("turn", "direct"),
    [
        (
            "I'm writing a thesis on trams and would like to know how many people ride. Thanks.",
            "I'm writing a thesis on trams. How many people ride? Thanks.",
        ),
        ("As a journalist I wonder who owns it", "I am a journalist. Who owns it?"),
        ("I would like to know who owns it.", "I would like to know who owns it."),
        ("They wonder who owns it.", "They wonder who owns it."),
    ],
)
def test_what_is_asked_behind_what_is_told_becomes_a_question(turn: str, direct: str) -> None:
    assert asked_directly(turn) == direct
