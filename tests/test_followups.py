"""What a follow-up takes over, by hand; a turn that stands alone is left as it is."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpartner.followups import Resolved, Turn, resolve, situation
from askpartner.followups.names import Case, content_words, entities, mentions, tokenise
from askpartner.followups.salience import ranked, reference
from askpartner.followups.words import WEIGHTS

STUDIES: list[Turn] = [
    ("user", "What does Alpha Institute do?"),
    ("assistant", "Alpha Institute studies yeast."),
]
LISTED: list[Turn] = [
    ("user", "Which partners rent rooms?"),
    ("assistant", "Alpha Institute, then Beta Fund and at last Gamma Polytechnic."),
]


def carried(resolved: Resolved) -> list[str]:
    return [words.text for words in resolved.carried]


# --- what is taken over -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "text", "names"),
    [
        ("Who founded it?", "Who founded Alpha Institute?", ["Alpha Institute"]),
        ("What is its address?", "What is Alpha Institute's address?", ["Alpha Institute"]),
        ("Where is this?", "Where is Alpha Institute?", ["Alpha Institute"]),
        ("Do they rent rooms?", "Do Alpha Institute rent rooms?", ["Alpha Institute"]),
        ("Is their office open?", "Is Alpha Institute's office open?", ["Alpha Institute"]),
        # "this" before a noun is no pronoun: the name goes behind.
        ("Is this yeast sold?", "Is this yeast sold? (Alpha Institute)", ["Alpha Institute"]),
        # Nothing to replace.
        ("Can we rent?", "Can we rent? (Alpha Institute)", ["Alpha Institute"]),
        # A bare "Why?" also takes over what was asked.
        ("Why?", "Why? (Alpha Institute)", ["Alpha Institute"]),
    ],
)
def test_a_pronoun_is_what_was_talked_about(question: str, text: str, names: list[str]) -> None:
    resolved = resolve(question, STUDIES)
    assert (resolved.text, carried(resolved)) == (text, names)
    assert all(0 < words.weight < 1 for words in resolved.carried)


def test_a_bare_why_asks_the_last_question_again() -> None:
    history = [("user", "Did Beta Fund close its office?"), ("assistant", "Beta Fund closed it.")]
    resolved = resolve("Why?", history)
    assert resolved.text == "Why? (Beta Fund) (close office)"
    assert carried(resolved) == ["Beta Fund", "close office"]
    nobody: list[Turn] = [("user", "Who rents rooms?"), ("assistant", "Nobody does.")]
    assert resolve("And where?", nobody).text == "And where? (rents rooms)"
    assert resolve("What about rooms?", nobody).text == "What about rooms? (rents)"


def test_a_turn_that_only_begins_with_and_leans_on_the_last_even_if_it_names_something() -> None:
    resolved = resolve("And Beta Fund?", STUDIES)
    assert resolved.text.startswith("And Beta Fund? (Alpha Institute)")
    assert resolve("Where is Beta Fund?", STUDIES) == Resolved("Where is Beta Fund?")


def test_a_person_is_not_an_organisation_named_beside_it() -> None:
    history = [
        ("user", "Who is Mary Tan?"),
        ("assistant", "Mary Tan is a chemist. Tan was born in Jurong and led Beta Fund."),
        ("user", "When did she study?"),
        ("assistant", "She studied in 1990."),
    ]
    assert resolve("Where did she work?", history).text.startswith("Where did Mary Tan work?")


def test_at_most_two_names_are_taken_over() -> None:
    reply = "Alpha Institute, Beta Fund, Gamma Polytechnic and Delta Works rent rooms."
    resolved = resolve("And they?", [("user", "Who rents rooms?"), ("assistant", reply)])
    names = [words for words in resolved.carried if words.text[0].isupper()]
    assert 1 <= len(names) <= 2


def test_a_name_the_question_holds_is_not_said_again() -> None:
    candidates = [candidate.surface for candidate, _ in ranked("Is alpha institute it?", STUDIES)]
    assert candidates == []
    assert resolve("And the alpha institute?", STUDIES).text.count("lpha") <= 2


# --- what stands alone --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "What does Beta Fund pay for?",
        "Where is Gamma Polytechnic, and is it open?",
        "Who leads Beta Fund and how is their work paid?",
    ],
)
def test_a_turn_that_names_its_subject_is_unchanged(question: str) -> None:
    assert resolve(question, STUDIES) == Resolved(question, ())
    assert resolve(question, STUDIES + LISTED) == Resolved(question, ())


def test_a_turn_with_a_partner_s_word_is_unchanged() -> None:
    assert resolve("where is gamma?", STUDIES, known=frozenset({"gamma"})) == Resolved(
        "where is gamma?"
    )
    assert resolve("where is gamma?", STUDIES).carried
    # After the pronoun it is too late.
    assert resolve("is it near gamma?", STUDIES, known=frozenset({"gamma"})).text == (
        "is Alpha Institute near gamma?"
    )


@given(st.text(max_size=60))
def test_a_first_turn_is_unchanged(question: str) -> None:
    assert resolve(question, []) == Resolved(question, ())


WORDS = st.sampled_from(
    "who what it they the Alpha Beta Institute Fund rooms rents and is of second one . ? , 's 12"
    " first I we Jurong yeast why that".split()
)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
TURNS = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), TEXTS), max_size=5)


@given(TEXTS, TURNS)
def test_only_a_pronoun_is_ever_taken_away(question: str, history: list[Turn]) -> None:
    resolved = resolve(question, history)
    assert len(resolved.carried) <= 3
    if not resolved.carried:
        assert resolved.text == question
    for words in resolved.carried:
        assert words.text in resolved.text
        assert 0 < words.weight <= 1
    lost = [word for word in tokenise(question) if word not in tokenise(resolved.text)]
    assert {word.lower() for word in lost} <= {"it", "they", "that"}
    assert len(lost) <= 1
    said = set(content_words(" ".join(text for _, text in history)))
    assert set(content_words(resolved.text)) <= set(content_words(question)) | said


# --- the second one -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What does the first one cost?", "Alpha Institute"),
        ("And the second one?", "Beta Fund"),
        ("Tell me about the third.", "Gamma Polytechnic"),
        ("tell me about THE LAST", "Gamma Polytechnic"),
        ("Is the former open?", "Alpha Institute"),
        ("Is the latter open?", "Gamma Polytechnic"),
    ],
)
def test_the_second_one_is_the_second_named(question: str, name: str) -> None:
    resolved = resolve(question, LISTED)
    assert (resolved.text, carried(resolved)) == (f"{question} ({name})", [name])
    assert resolved.carried[0].weight == 1.0


def test_another_one_is_of_the_kind_asked_about_before() -> None:
    talk = [("user", "Tell me about the Welding Certificate."), ("assistant", "It takes a week.")]
    resolved = resolve("And the timber one, how long does it take?", talk)
    assert resolved.text == "And the timber one, how long does it take? (certificate)"
    dropped = resolve(
        "And the timber one, how long does it take?", talk, without=frozenset({"certificate"})
    )
    assert dropped.carried == ()


def test_what_is_not_counted_is_not_the_second() -> None:
    for question in ("What does the fifth one cost?", "Does the first floor cost more?"):
        assert all(words.weight < 1 for words in resolve(question, LISTED).carried)
    # Counted are the names of the last reply only.
    later: list[Turn] = [*LISTED, ("user", "Who pays?"), ("assistant", "Delta Works and Epsilon.")]
    assert carried(resolve("And the first one?", later)) == ["Delta Works"]


# --- who is asking ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ([("user", "We are a small bakery in Jurong.")], "We are a small bakery in Jurong."),
        (
            [("user", "I run a small bakery. The brick oven is old. Which grants are there?")],
            "I run a small bakery. The brick oven is old.",
        ),
        ([("user", "We are a small bakery; who can help?")], "We are a small bakery"),
        ([("user", "Our bakery makes bread daily"), ("user", "My oven broke last week")],
         "Our bakery makes bread daily My oven broke last week"),
        ([("user", "The bakery makes bread daily.")], ""),  # of nobody
        ([("assistant", "We are a small bakery in Jurong.")], ""),  # not the asker
        ([("user", "Can we rent a small bakery?")], ""),  # asks
        ([("user", "I meant the small bakery in Jurong.")], ""),  # of the talk
        ([("user", "Tell me about our small bakery.")], ""),
        ([("user", "We bake.")], ""),  # too few words
        ([], ""),
    ],
)  # fmt: skip
def test_what_the_asker_told_about_themselves(turns: list[Turn], told: str) -> None:
    assert situation(turns) == told


def test_what_the_asker_told_is_not_what_a_question_is_about() -> None:
    told: Turn = ("user", "I run a bakery called Golden Crust in Jurong.")
    assert carried(resolve("Who founded it?", [told, *STUDIES])) == ["Alpha Institute"]
    assert resolve("Who founded it?", [told, ("assistant", "I see.")]).text == "Who founded it?"


# --- names --------------------------------------------------------------------------------------


def test_mentions_in_reading_order() -> None:
    history: list[Turn] = [
        ("user", "where is alpha institute?"),
        ("assistant", "The Alpha Institute of Jurong is there. Alpha's rooms are let."),
    ]
    case = Case(text for _, text in history)
    found = [
        (one.turn, one.order, one.surface, one.before, one.after, one.opens)
        for one in mentions(history, case)
    ]
    assert found == [
        (0, 0, "alpha institute", "is", "?", False),
        (1, 0, "Alpha Institute of Jurong", "the", "is", True),
        (1, 1, "Alpha", "", "'s", False),
    ]
    groups = entities(mentions(history, case))
    assert {words: len(group) for words, group in groups.items()} == {
        ("alpha", "institute", "jurong"): 3
    }


def test_a_word_typed_small_is_a_name_if_the_talk_writes_it_large() -> None:
    case = Case(["We saw Jurong and the Fund. A fund is a fund."])
    assert case.names("jurong")
    assert not case.names("fund")  # small as often as large, and more
    assert not case.names("we")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Where was she born?", "person"),
        ("Do they rent?", "many"),
        ("Is it open?", "thing"),
        ("Is that so?", "thing"),
        ("Is it known that rooms are let?", "thing"),
        ("The rooms that are let", "none"),  # opens a clause
        ("Who rents rooms?", "none"),
    ],
)
def test_what_a_question_points_at(question: str, kind: str) -> None:
    assert reference(question) == kind


def test_likelihoods_are_the_logistic_model_of_the_signs() -> None:
    found = ranked("Who founded it?", [*STUDIES, *LISTED])
    likelihoods = [likely for _, likely in found]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert len(found) == 3
    for candidate, likely in found:
        odds = sum(weight * candidate.signs[name] for name, weight in WEIGHTS["thing"].items())
        assert likely == pytest.approx(1 / (1 + math.exp(-odds)))
        topic = sum(weight * candidate.signs[name] for name, weight in WEIGHTS["topic"].items())
        assert candidate.signs["topic"] == pytest.approx(1 / (1 + math.exp(-topic)))
    best = max(candidate.signs["topic"] for candidate, _ in found)
    assert [c.signs["topic_best"] for c, _ in found] == [
        float(c.signs["topic"] == best) for c, _ in found
    ]


def test_every_weight_has_its_sign_and_every_sign_a_weight() -> None:
    ((candidate, _), *_) = ranked("Who founded it?", STUDIES)
    assert set(candidate.signs) == {name for row in WEIGHTS.values() for name in row}


RESOLVE = """
from askpartner.followups import resolve
history = [
    ("user", "Which partners rent rooms?"),
    ("assistant", "Alpha Institute, Beta Fund, Gamma Polytechnic, Delta Works and Epsilon do."),
    ("user", "And who trains?"),
    ("assistant", "Zeta School, Eta School and Theta School train with Beta Fund."),
]
for question in ("Who founded it?", "Do they pay?", "Where is she?", "Why?", "any others?"):
    print(resolve(question, history))
"""


def test_the_same_talk_is_resolved_alike_in_every_process() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", RESOLVE],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert printed[0].count("Carried(") >= 5
