"""Whether words answer a question: each sign by hand, and what no sign may ever do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpartner.assistant import Assistant
from askpartner.embedders import Vectors
from askpartner.evidence import (
    BEFORE_GRADE,
    FEATURES,
    GAP_FEATURES,
    HEADING_GRADE,
    SMALLEST_SAMPLE,
    WINDOW_FEATURES,
    Calibration,
    HitText,
    load_calibration,
    measure,
)
from askpartner.evidence.demands import demand_unmet, time_unmet, told_unnamed, year_unsaid
from askpartner.evidence.kinds import counts, counts_up, kind_missing
from askpartner.evidence.near_miss import ELSEWHERE, near_miss
from askpartner.evidence.question import (
    QuestionWords,
    expected_kind,
    head_words,
    heavy_words,
    is_negation,
    match_grade,
    parse_question,
    priced_word,
)
from askpartner.index import Index, IndexReader, build_index
from askpartner.lexical import stem
from askpartner.types import Hit, Passage
from askpartner.wordbook import Wordbook
from conftest import MakeSettings

ASKED = np.array([1.0, 0.0], dtype=np.float32)
"""The question's vector in the plane."""


def at_angle(*cosines: float) -> Vectors:
    return np.array([[c, math.sqrt(1 - c * c)] for c in cosines], dtype=np.float32).reshape(-1, 2)


def read(question: str) -> QuestionWords:
    """A question read without any page: every word is as rare as can be, none is near another."""
    nothing = Wordbook.build([], lambda texts: at_angle(*[0.0] * len(texts)), known={}, dimension=2)
    return parse_question(question, nothing, lambda texts: at_angle(*[0.0] * len(texts)))


def hit_text(
    texts: Sequence[str],
    cosines: Sequence[float],
    *,
    rank: int = 1,
    heading: tuple[str, ...] = (),
    dense_rank: int = 1,
    lexical_rank: int = 1,
    dense: float = 0.5,
    listed: tuple[bool, ...] = (),
) -> HitText:
    passage = Passage(
        id=f"page{rank}@0",
        profile=f"page{rank}",
        title="",
        heading_path=heading,
        kind="other",
        start=0,
        body_start=0,
        end=len(" ".join(texts)),
        lines=(1, 1),
        text=" ".join(texts),
    )
    starts = [sum(len(text) + 1 for text in texts[:at]) for at in range(len(texts))]
    ranges = tuple((start, start + len(text)) for start, text in zip(starts, texts, strict=True))
    hit = Hit(rank, 1.0, passage, dense, 0.5, dense_rank, lexical_rank)
    return HitText(hit, ranges, tuple(texts), at_angle(*cosines), listed or (False,) * len(texts))


# --- a question's words -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many rooms are there?", "number"),
        ("What's the price?", "number"),
        ("When was it founded?", "time"),
        ("In which year did it open?", "time"),
        ("Who leads it?", "person"),
        ("Where is it?", "place"),
        ("Which country is it in?", "place"),
        ("Why is it closed?", "reason"),
        ("How is it cleaned?", "manner"),
        ("Which rooms are clean?", "thing"),
        ("Is it open?", "yesno"),
        ("rooms", "other"),
    ],
)
def test_the_kind_of_answer_a_question_expects(question: str, kind: str) -> None:
    assert expected_kind(question) == kind


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which rooms are clean?", True),
        ("What kinds of yeasts does it study?", True),
        ("Which room is clean?", False),
        ("What does it study?", False),
        ("Which class is it?", False),
        ("Are the rooms clean?", False),
    ],
)
def test_whether_a_question_asks_for_several_things(question: str, several: bool) -> None:
    assert read(question).several is several


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How long has Alpha been around?", "time"),
        ("How many years has Alpha Institute existed?", "time"),
        ("How long has Alpha rented rooms?", "number"),
    ],
)
def test_how_long_something_has_been_there_asks_when_it_began(question: str, kind: str) -> None:
    asked = read(question)
    assert asked.kind == kind
    assert ("establish" in asked.content) == (kind == "time")


def test_content_words_names_and_numbers() -> None:
    question = read("Did the Alpha Institute rent 12 rooms in Jurong to Alpha?")
    assert question.content == tuple(
        stem(word) for word in ("Alpha", "Institute", "rent", "12", "rooms", "Jurong")
    )
    assert question.names == ("alpha", "institut", "jurong")
    assert question.numbers == ("12",)
    assert question.weight.shape == (6,)
    assert set(question.weight.tolist()) == {1.0}
    # What any page may say otherwise, or need not say, weighs less.
    light = read("In which year was the yeast project established?")
    weights = dict(zip(light.content, light.weight.tolist(), strict=True))
    assert weights == pytest.approx({"year": 0.3, "yeast": 1.0, "project": 0.3, "establish": 0.3})


def test_asking_words_are_no_content() -> None:
    assert read("What's the yeast?").content == ("yeast",)
    assert read("Who’s that, and where's yeast?").content == ("yeast",)


def test_what_is_told_beside_the_question_is_not_looked_for(index: Index) -> None:
    asked = "We brew beer in Brunei. When was yeast studied?"
    embed, told = index.embedder.embed, frozenset(map(stem, ("brew", "beer", "Brunei")))
    question = parse_question(asked, index.wordbook, embed, told=told)
    assert not set(heavy_words(question)) & told
    assert question.names == ()
    whole = parse_question(asked, index.wordbook, embed)
    assert set(heavy_words(whole)) == set(heavy_words(question)) | told
    assert whole.names == (stem("Brunei"),)


def test_rare_words_weigh_more(index: Index) -> None:
    question = parse_question("Alpha yeast zebra", index.wordbook, index.embedder.embed)
    alpha, yeast, zebra = question.weight.tolist()
    assert alpha < yeast < zebra == 1.0
    assert question.names == ("alpha",)  # by its place no name, but the pages write it so


@pytest.mark.parametrize(
    ("word", "said", "grade"),
    [
        ("room", ["room"], 1.0),
        ("room", ["rooms"], 0.8),
        ("manufactur", ["manufact"], 0.8),
        ("room", ["roof"], 0.0),
        ("1990", ["1991"], 0.0),
        ("1990", ["1990"], 1.0),
        ("room", [], 0.0),
    ],
)
def test_how_far_a_word_is_said(word: str, said: list[str], grade: float) -> None:
    assert match_grade(word, frozenset(said), read("room")) == grade


def test_what_is_spelled_out_with_its_letters_is_named_by_them() -> None:
    question = read("Who runs the lab at Ngee Ann Polytechnic (NP)?")
    assert match_grade(stem("Polytechnic"), frozenset([stem("NP")]), question) == 1.0
    assert match_grade("lab", frozenset([stem("NP")]), question) == 0.0
    assert part("name_missing", question.text, "NP's lab is run by Ann Lee.") == 0.0
    assert part("name_missing", "Who signed MOUs?", "Two Memorandums of Understanding") == 0.0


def test_words_near_in_meaning_are_said_in_part() -> None:
    question = read("price")
    near = QuestionWords(
        question.text,
        question.content,
        question.weight,
        (),
        (),
        question.counted,
        question.kind,
        question.several,
        frozenset(),
        {},
        {"price": {"fee": 0.6, "cost": 0.9, "tea": 0.49}},
    )
    assert match_grade("price", frozenset(["fee"]), near) == pytest.approx(0.4)
    assert match_grade("price", frozenset(["cost"]), near) == pytest.approx(0.8)
    assert match_grade("price", frozenset(["tea"]), near) == 0.0


@pytest.mark.parametrize(
    ("word", "denies"), [("not", True), ("Don’t", True), ("without", True), ("note", False)]
)
def test_negations(word: str, denies: bool) -> None:
    assert is_negation(word) is denies


# --- near misses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        ("When was it founded?", "It was founded in 1990.", 0),
        ("When was it founded?", "It was founded in March.", 0),
        ("When was it founded?", "It was founded in the 19th century.", 0),
        ("When was it founded?", "It was founded by students.", 1),
        ("When in 1990 was it founded?", "It was founded in 1990.", 1),  # nothing new
        ("When would I get it?", "You get it the same evening.", 0),
        ("When are tours?", "Tours are on Thursdays.", 0),
        ("Is power included when I rent a tank?", "It is.", 0),  # asks for no time
        ("When a room is let, who pays?", "The client pays.", 0),
        ("Who pays for it?", "The host pays.", 0),
        ("Who is the boss?", "The host pays.", 1),
        ("Who sits on the panel?", "On Tuesday the panel meets. Papers are read.", 1),
        ("How many times may I try?", "Only one more attempt is allowed.", 0),
        ("How many rooms are there?", "There are 12 rooms.", 0),
        ("How many rooms are there?", "There are twelve rooms.", 0),
        ("How many rooms are there?", "The first rooms were clean.", 1),
        ("How many rooms are there?", "Rooms since 1990.", 1),  # a year is no count
        ("How many rooms are there?", "There are rooms.", 1),
        ("Who leads it?", "It is led by Mary Tan.", 0),
        ("Who leads it?", "It is led by a chemist.", 1),
        ("Who leads Alpha?", "A chemist leads Alpha.", 1),
        ("Where is it?", "It stands in Jurong.", 0),
        ("Where is it?", "It stands in a wood.", 1),
        ("Why is it closed?", "It is closed because of rain.", 0),
        ("Why is it closed?", "It is closed.", 1),
        ("What is it?", "", 0),
        ("Is it open?", "", 0),
    ],
)
def test_an_answer_of_the_kind_asked_for(question: str, text: str, missing: int) -> None:
    assert kind_missing(read(question), text) == missing


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("It has 14 clean rooms.", True),
        ("It has fourteen rooms.", True),
        ("Rooms: 14", True),
        ("It lasts 24 weeks; the room decides.", False),
        ("It has 14 very large clean rooms.", False),
        ("It has rooms.", False),
        ("It pays $3,400 rooms.", False),  # a sum counts nothing
    ],
)
def test_whether_a_number_counts_what_is_asked(text: str, does: bool) -> None:
    assert counts(read("How many rooms are there?"), text) is does


@pytest.mark.parametrize(
    ("question", "text", "does"),
    [
        ("How many calls may I make?", "A key allows 60 requests a minute.", True),
        ("How many full-time diplomas are there?", "It runs 37 diplomas.", True),
        ("How many people can come?", "It takes up to 12.", True),
        ("How many months does it take?", "It takes 24 weeks.", True),
        ("How many times may I try?", "You may apply twice.", True),
        ("How many patents does it own?", "It brought three units into one.", False),
        ("How many people can come?", "$75 per person", False),
        ("How many of them are there?", "It takes up to 12.", True),
    ],
)
def test_a_count_may_be_said_of_another_word(question: str, text: str, does: bool) -> None:
    assert counts(read(question), text) is does


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("We rent rooms. Credit scoring at Alpha?", ("alpha",)),  # opens a sentence
        ("Hello Team, may Beta come on Sundays in May?", ("beta",)),
        ("I'd ask Beta", ("beta",)),
        ("What Is The Price Of A Room", ()),  # written as a heading
    ],
)
def test_which_capitals_mark_a_name(question: str, names: tuple[str, ...]) -> None:
    assert read(question).names == names


def test_a_name_said_elsewhere_on_the_page_is_missing_in_part() -> None:
    question = read("Does it rent rooms in Alpha Road?")
    none: frozenset[str] = frozenset()
    assert near_miss(question, "It rents rooms.", none)["name_missing"] == 1
    page = "The station stands in Alpha Road. It rents rooms."
    assert near_miss(question, "It rents rooms.", none, page)["name_missing"] == ELSEWHERE
    acronym = read("Is there a QCL room?")
    text = "The quality control laboratory is a room."
    assert near_miss(acronym, text, none)["name_missing"] == 0


@pytest.mark.parametrize(
    "text", ["They recruit 1,500 U.S. participants.", "A group (100-300) of participants is asked."]
)
def test_what_is_counted_may_stand_behind_an_abbreviation_or_bracket(text: str) -> None:
    assert counts(read("How many participants are there?"), text)


def test_a_window_whose_own_heading_says_what_is_asked_is_worth_more() -> None:
    question = read("What is the mission?")
    hits = [
        hit_text(["They help all."], [0.5], rank=at, heading=("Vision and mission", name))
        for at, name in ((1, "Mandate"), (2, "Mission"))
    ]
    found = measure(question, ASKED, hits).found
    assert found is hits[1]


def test_a_label_is_said_of_what_stands_below_it() -> None:
    question = read("Which customised tools are there?")
    hit = hit_text(["We match you with makers."], [0.5])
    below = replace(hit, labels=("Customised tools",))
    assert measure(question, ASKED, [hit]).coverage == 0.0
    assert measure(question, ASKED, [below]).coverage == pytest.approx(HEADING_GRADE)


def test_a_page_may_be_called_by_the_initials_of_its_title() -> None:
    question = read("when did the nhic open")
    hit = hit_text(["It opened in 2014."], [0.5], heading=("National Health Innovation Centre",))
    assert "nhic" in measure(question, ASKED, [hit]).covered


@pytest.mark.parametrize(
    ("text", "does"),
    [
        ("It rents clean rooms, cold rooms and offices.", True),
        ("It has three parts: yeast, vaccines, food, and water", True),
        ("Choose one of these:", True),
        ("It rents rooms and offices.", False),
        ("Alpha, founded in 1990, is the umbrella of many rooms and offices.", False),
        ("", False),
    ],
)
def test_whether_a_text_counts_things_up(text: str, does: bool) -> None:
    assert counts_up(text) is does


def part(name: str, question: str, text: str, heading: str = "") -> float:
    stems = frozenset(stem(word) for word in heading.split())
    found = near_miss(read(question), text, stems)
    assert set(found) == {"replaced", "negation_missing", "name_missing", "opposite"}
    assert all(0 <= value <= 1 for value in found.values())
    return found[name]


@pytest.mark.parametrize(
    ("question", "text", "heading", "value"),
    [
        ("Does Alpha rent rooms?", "Alpha rents rooms.", "", 0.0),
        ("Does Alpha rent rooms?", "Beta rents rooms.", "", 1.0),  # of weight 1: .5 + .5 * 1
        ("Does Alpha rent rooms?", "It rents rooms.", "Alpha Institute", 0.0),
        ("Does it rent rooms?", "Beta rents rooms.", "", 0.0),
    ],
)
def test_a_name_that_is_missing(question: str, text: str, heading: str, value: float) -> None:
    # The first word is no name by its capital alone.
    assert part("name_missing", question, text, heading) == value


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        # Alpha rents [wet -> dry] rooms: aligned on both sides, all its neighbours are said.
        ("alpha rents wet rooms", "alpha rents dry rooms", 1.0),
        ("alpha rents wet rooms", "alpha rents wet rooms", 0.0),
        ("alpha rents wet rooms", "alpha rents rooms", 0.0),  # left out, not replaced
        ("alpha rents wet rooms", "alpha rents the rooms", 0.0),  # by a word of no topic
        ("alpha rents wet", "alpha rents dry", 0.5),  # on one side only
        # One of its two neighbours is not said either: half of half.
        ("alpha lets wet", "alpha dry", 0.25),
        # "The second" says nothing of "the deadline": an article is no neighbour.
        ("what was the deadline", "the second room", 0.0),
        ("what was the deadline room", "the second room", 0.5),
        # A number behind the same word is another thing, whatever stands around it.
        ("alpha lets room 7", "beta rents room 8", 1.0),
        # "Lets" before what is said, two of its three neighbours said: half of two thirds.
        ("alpha lets room 7", "beta rents room 7", 1 / 3),
    ],
)
def test_a_word_that_is_replaced(question: str, text: str, value: float) -> None:
    assert part("replaced", question, text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        ("Who may not rent rooms?", "Students may rent rooms.", 1.0),
        ("Who may not rent rooms?", "Students may not rent rooms.", 0.0),
        ("Who may not rent rooms?", "Students cannot rent rooms.", 0.0),
        ("Who may rent rooms?", "Students may not rent rooms.", 0.0),
        ("Isn't it renting rooms?", "It rents rooms.", 0.0),  # only asks
        ("It rents rooms, doesn't it?", "It rents rooms.", 0.0),
        ("No, who rents rooms?", "It rents rooms.", 0.0),  # only answers
        ("What is never sold?", "Tea is bought.", 1.0),
        ("What is never sold?", "Tea is not bought.", 0.0),
        ("Who may not rent rooms?", "Only students may rent rooms.", 0.0),
        ("What can we rent for nothing?", "Rooms are free.", 0.0),
    ],
)
def test_a_denial_that_is_missing(question: str, text: str, value: float) -> None:
    assert part("negation_missing", question, text) == value


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        ("What is the largest room?", "The smallest room is blue.", 1.0),
        ("What is the largest room?", "The largest room and the smallest room.", 0.0),
        ("What is the largest room?", "The smallest. One two three four five six room.", 0.0),
        ("What is the largest room?", "The smallest. One two three four five room.", 1.0),
        ("What is the largest room?", "The room is blue.", 0.0),
        ("What does it export?", "It imports tea.", 0.0),  # beside no word of the question
        ("What tea does it export?", "It imports tea.", 1.0),
        ("How long is the room?", "The short room is blue.", 0.0),  # asks for a measure
        ("When does the room open and close?", "The room closes at 6.", 0.0),
    ],
)
def test_an_opposite_in_its_place(question: str, text: str, value: float) -> None:
    assert part("opposite", question, text) == value


# --- the window ---------------------------------------------------------------------------------


def test_coverage_by_hand() -> None:
    question = read("alpha rents wet rooms")
    one = hit_text(["alpha sells tea", "alpha rents rooms", "it rains"], [0.2, 0.6, 0.1])
    found = measure(question, ASKED, [one])
    assert set(found.features) == set(WINDOW_FEATURES)
    assert (found.found, found.first, found.count) == (one, 1, 1)
    assert found.coverage == pytest.approx(3 / 4)
    assert found.features["window_cosine"] == pytest.approx(0.6)
    assert found.covered == ("alpha", "rent", "room")
    assert found.missing == ("wet",)
    # A word of the headings counts for less than one of the words.
    headed = hit_text(["alpha rents rooms"], [0.6], heading=("Wet ones",))
    found = measure(question, ASKED, [headed])
    assert found.coverage == pytest.approx((3 + HEADING_GRADE) / 4)
    assert found.missing == ()


def test_a_window_may_be_three_sentences_and_no_more() -> None:
    question = read("alpha rents wet rooms")
    texts = ["alpha sells", "it rents", "all wet", "some rooms"]
    found = measure(question, ASKED, [hit_text(texts, [0.1] * 4)])
    assert (found.first, found.count) == (0, 3)
    assert found.coverage == pytest.approx(3 / 4)


@pytest.mark.parametrize(
    ("texts", "apart"),
    [
        (["a wet room costs $40"], 0.0),  # the price stands with what is priced
        (["wet rooms are let", "a boat costs $40"], 2 / 3 - BEFORE_GRADE * 2 / 3),  # carried over
        (["wet rooms are let", "it rains"], 0.0),  # no text has the form
    ],
)
def test_what_is_asked_for_stands_with_the_form_asked_for(texts: list[str], apart: float) -> None:
    question = read("what does a wet room cost")
    found = measure(question, ASKED, [hit_text(texts, [0.5] * len(texts))])
    assert found.features["form_apart"] == pytest.approx(apart if found.count > 1 else 0.0)


@pytest.mark.parametrize(
    ("question", "heads"),
    [
        ("What is the price of a room?", ("price",)),
        ("Which rocket does Alpha fly on?", ("rocket",)),
        ("What interest rate must we pay?", ("interest",)),
        ("Is there an age limit for students?", ("age",)),
        ("How many patents does it hold?", ("patent",)),
        ("How long is the waiting list for rooms?", ("wait",)),
        ("Where is Alpha?", ()),
    ],
)
def test_what_a_question_asks_for(question: str, heads: tuple[str, ...]) -> None:
    assert head_words(read(question)) == heads


def test_a_window_elsewhere_that_is_about_as_good_is_named() -> None:
    question = read("alpha rents wet rooms")
    texts = ["alpha rents rooms", "it rains", "wet rooms alpha", "it snows"]
    close = measure(question, ASKED, [hit_text(texts, [0.6, 0.1, 0.55, 0.1])])
    assert (close.first, close.count) == (0, 3)  # all four words
    assert close.next_best is None  # what overlaps is no other window
    far = hit_text(
        ["alpha rents wet rooms", "it rains", "it snows", "alpha rents wet rooms"], [0.6] * 4
    )
    twice = measure(question, ASKED, [far])
    assert (twice.first, twice.count) == (0, 1)
    assert twice.next_best == (far, 3, 1)


def test_equal_windows_are_taken_from_the_better_hit() -> None:
    question = read("alpha rents")
    hits = [
        hit_text(["alpha rents"], [0.5], rank=rank, dense_rank=4, lexical_rank=2, dense=0.1 * rank)
        for rank in (1, 2, 3)
    ]
    found = measure(question, ASKED, hits)
    assert found.found is hits[0]
    assert found.features["agreement"] == pytest.approx(1 / 4 + 1 / 2)
    assert found.features["passage_cosine"] == pytest.approx(0.3)


def test_nothing_to_read_is_no_evidence() -> None:
    for question, hits in (
        (read("alpha rents"), []),
        (read("alpha rents"), [hit_text([], [])]),
        (read("who is it?"), [hit_text(["alpha rents"], [0.5])]),
    ):
        found = measure(question, ASKED, hits)
        assert found.found is None
        assert found.features == dict.fromkeys(WINDOW_FEATURES, 0.0)
        assert found.missing == question.content


def test_a_name_that_nobody_says_lowers_the_probability(index: Index) -> None:
    def probability(question: str) -> float:
        words = parse_question(question, index.wordbook, index.embedder.embed)
        text = "Alpha Institute rents clean rooms with basic equipment."
        hit = hit_text([text], [0.7], dense=0.7)
        gaps = dict.fromkeys(GAP_FEATURES, 0.0)
        measured = measure(words, ASKED, [hit]).features
        return load_calibration().probability({**gaps, **measured})

    known = probability("Does the Alpha Institute rent clean rooms?")
    assert known > probability("Does the Zebra Institute rent clean rooms?")
    assert known > probability("Does the Alpha Institute rent clean rooms in Paris?")
    asked = probability("Which rooms does the Alpha Institute rent?")
    assert asked > probability("Which rooms does the Alpha Institute not rent?")
    assert known > probability("When does the Alpha Institute rent clean rooms?")
    assert known > probability("Does the Alpha Institute rent clean boats?")


def test_a_yes_or_no_question_is_answered_by_the_opposite_too(index: Index) -> None:
    def features(question: str) -> tuple[float, float]:
        words = parse_question(question, index.wordbook, index.embedder.embed)
        hit = hit_text(["The second call closed in May."], [0.7], dense=0.7)
        found = measure(words, ASKED, [hit]).features
        return found["opposite"], found["negation_missing"]

    assert features("Is the second call open?") == (0.0, 0.0)
    assert features("What makes the second call open?") == (1.0, 0.0)


@pytest.mark.parametrize(
    ("question", "text", "unmet"),
    [
        ("How much does Alpha charge for a room?", "Rooms are let by the day.", True),
        ("How much does Alpha charge for a room?", "A room is S$400 a day.", False),
        ("What monthly allowance must we pay?", "Interns are paid S$1,000.", False),
        ("What fee is due?", "Members enter free.", False),
        ("How much can a team get?", "Teams get support.", False),
        # What is given, or what somebody has, is no price.
        ("What does the course cost?", "Each team receives S$9,000.", True),
        ("What does the course cost?", "Tuition is S$9,000.", False),
        ("How much does it charge?", "It manages $300 million in two funds.", True),
        ("What is the fee of the course?", "Basic course | two days | $620", False),
        ("How much of the cost do we carry?", "It pays half.", False),
        ("How much of the cost do we carry?", "It pays for food.", True),
        ("How long does a trial take?", "A trial takes up to 90 days.", False),
        ("How long does a trial take?", "A trial is written up.", True),
        ("When was Alpha founded?", "In 2024 members met.", True),
        ("When was Alpha founded?", "It began in 1990.", False),
        ("How many people work at Alpha?", "It has three terminals.", True),
        ("How many people work at Alpha?", "Alpha employs 85 engineers.", False),
        ("How many staff does it have?", "A team of 12 runs it.", False),
        ("What are the opening hours?", "There are 10 free workshop hours.", True),
        ("What are the opening hours?", "It is open on weekdays, 9 am to 5 pm.", False),
        ("How cold does it get?", "From -80 to +5 degrees.", False),
        ("How cold does it get?", "It holds six pallets.", True),
        ("How much equity does it take?", "It takes 6% of the shares.", False),
        ("How much equity does it take?", "90 per cent of founders fail.", True),
        ("When will the next call open?", "A call was open until May 2025.", True),
        ("When will the next call open?", "The second call will open in May.", False),
        ("When did the call open?", "A call was open until May 2025.", False),
        ("Who runs Alpha?", "Beta runs Alpha. It was opened in 2020.", False),
        ("Who is in charge of Alpha?", "Alpha is managed jointly by Beta and Gamma.", False),
        (
            "Who owns the Alpha centre?",
            "Beta and Gamma own land. The centre belongs to Beta.",
            False,
        ),
        ("Who runs Alpha?", "Alpha runs courses for its own staff.", True),
        ("Who runs Alpha?", "Alpha and Beta run it together.", True),  # "it" is another
        ("Who runs the scheme?", "Alpha and Beta run it together.", False),
        ("Who runs Alpha?", "Alpha runs Alpha courses.", True),
        ("Who owns Alpha?", "It belongs to Beta.", False),
        ("Who leads PRECISE?", "PRECISE runs a precision programme.", True),
        ("Tell me who runs Alpha.", "Alpha is now a unit of Beta.", False),
        ("Who runs Alpha?", "Alpha was opened in 2020.", True),
        ("Who runs for office?", "Alpha was opened in 2020.", True),
        ("Who works at Alpha?", "Alpha was opened in 2020.", False),
        ("Who leads Alpha?", "Its principal is Ann Lee.", False),
        ("Who leads Alpha?", "Director: Ann Lee.", False),
        ("Who leads Alpha?", "Lead: Ann Lee.", False),
        ("Who leads Alpha?", "The principal of Alpha is Ann Lee.", False),
        ("Who leads Alpha?", "Ann Lee is Alpha’s principal.", False),
        ("Who leads Alpha?", "The principal of Beta is Ann Lee.", True),
        ("Who owns Alpha?", "See https://beta.example/owns-alpha", True),
        ("What does a room cost?", "The fee is waived.", False),
        ("What does a room cost?", "There is no extra charge for rooms.", False),
        ("What does a room cost?", "Under the grant $40 is the daily fee.", False),
        ("What would a room set us back?", "Rooms are let by the day.", True),
        ("How much is a room?", "Rooms are let by the day.", True),
        ("How long does a trial take?", "Trials: 45 min", False),
        ("How long is the runway?", "The runway measures 60 metres.", False),
        ("How much equity does it take?", "It takes no equity.", False),
        ("When will the next call open?", "The call opens in May.", False),
        ("What is the name of the director?", "the director is known to all", True),
        ("What is the name of the director?", "It is directed by Ann Lee.", False),
        ("What are the opening hours?", "The desk is staffed around the clock.", False),
        ("What is the deadline?", "Apply by the 5th.", False),
        # Asks how long, not in which year.
        ("How many weeks, when asked for, is a booth set up?", "It stands for 3 weeks.", False),
    ],
)
def test_what_is_asked_for_has_to_be_told_in_its_form(
    question: str, text: str, unmet: bool
) -> None:
    assert demand_unmet(question, text) is unmet


@pytest.mark.parametrize(
    ("word", "question", "text", "told"),
    [
        ("deadline", "What is the deadline?", "Applications are accepted at any time.", True),
        ("deadline", "What is the deadline?", "The cap is S$300.", False),
        ("close", "When did the call close?", "It was open until May.", True),
        ("email", "What is the email?", "Write to desk@alpha.example.", True),
        ("phone", "Is there a phone?", "Call +65 6123 4567.", True),
        ("phone", "Is there a phone?", "Founded in 1990.", False),
        ("cap", "What is the cap?", "Applications are accepted at any time.", False),
        ("cost", "What does a room cost?", "Rooms are let at $40 a day.", True),
        ("cost", "Is the cost shared?", "Rooms are let at $40 a day.", False),  # asks for no price
        ("duration", "What is the duration?", "It takes two days.", True),
    ],
)
def test_some_things_are_told_without_their_name(
    word: str, question: str, text: str, told: bool
) -> None:
    assert told_unnamed(stem(word), question, text) is told


@pytest.mark.parametrize(
    ("question", "text", "unmet"),
    [
        ("When is the visit?", "The visit is by boat.", True),
        ("And when is the visit?", "The visit is by boat.", True),
        ("By when do we apply?", "We apply by letter.", True),
        ("When is the visit?", "The visit is in May.", False),
        ("What is open when it rains?", "The visit is by boat.", False),
    ],
)
def test_when_is_answered_by_a_time(question: str, text: str, unmet: bool) -> None:
    assert time_unmet(question, text) is unmet


@pytest.mark.parametrize(
    ("question", "text", "unsaid"),
    [
        ("What opened in 2021?", "A room opened in 2019.", True),
        ("What opened in 2021?", "A room opened in 2021, another in 2022.", False),
        ("What opened?", "A room opened in 2019.", False),
    ],
)
def test_a_year_that_is_asked_about_has_to_be_said(question: str, text: str, unsaid: bool) -> None:
    assert year_unsaid(question, text) is unsaid


def test_set_up_is_established_where_it_was_done() -> None:
    assert read("When was Alpha set up?").content == ("alpha", "establish")
    assert "establish" not in read("How do we set up a room?").content


# --- the calibration ----------------------------------------------------------------------------

GOOD = {"passage_cosine", "window_cosine", "agreement", "named", "word_cosine"}


def test_each_sign_pushes_one_way() -> None:
    calibration = load_calibration()
    assert set(calibration.coefficients) == set(FEATURES)
    middle = dict.fromkeys(FEATURES, 0.5)
    for name in FEATURES:
        lower, higher = (calibration.probability(middle | {name: value}) for value in (0.0, 1.0))
        assert (higher >= lower) if name in GOOD else (higher <= lower), name


@given(st.dictionaries(st.sampled_from(FEATURES), st.floats(-1, 2), max_size=10))
def test_a_probability_is_the_logistic_model(given_: dict[str, float]) -> None:
    calibration = load_calibration()
    features = dict.fromkeys(FEATURES, 0.0) | given_
    odds = calibration.intercept + math.fsum(
        calibration.coefficients[name] * value for name, value in features.items()
    )
    probability = calibration.probability(features)
    assert 0 < probability < 1
    assert math.log(probability / (1 - probability)) == pytest.approx(odds, abs=1e-6)


def test_what_scores_have_meant_is_hidden_below_twenty() -> None:
    calibration = Calibration({}, 0.0, ((0.0, 2, 30), (0.5, 9, 19), (0.8, 18, 20)))
    assert SMALLEST_SAMPLE == 20
    assert calibration.observed(0.0) == (2, 30)
    assert calibration.observed(0.49) == (2, 30)
    assert calibration.observed(0.5) is None
    assert calibration.observed(0.79) is None
    assert calibration.observed(0.8) == (18, 20)
    assert calibration.observed(1.0) == (18, 20)
    assert Calibration({}, 0.0, ()).observed(0.5) is None
    assert Calibration({}, 0.0, ((0.3, 20, 20),)).observed(0.2) is None


def test_the_calibration_of_the_package_is_whole() -> None:
    bins = load_calibration().bins
    lows = [low for low, _, _ in bins]
    assert lows[0] == 0.0
    assert lows == sorted(set(lows))
    assert all(0 <= right <= asked for _, right, asked in bins)
    assert all(low < 1 for low in lows)


# --- placeholders -------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "filler",
    [
        "Lorem ipsum zebra stripes.",
        "Zebra stripes (insert link).",
        "Zebra stripes: to be confirmed.",
    ],
)
def test_placeholder_text_is_never_an_answer(
    make_settings: MakeSettings, pages: Path, filler: str
) -> None:
    page = pages / "delta.md"
    page.write_text(f"---\ntitle: Delta\n---\n# Delta\n\n## Zebra stripes\n\n{filler}\n")
    settings = make_settings(pages)
    build_index(settings)
    question = "What are the zebra stripes of Delta?"
    answer = Assistant(IndexReader(settings.index), settings).ask(question)
    assert answer.status == "not_found"
    assert answer.citations == ()

    page.write_text(page.read_text().replace(filler, "Zebra stripes of Delta are black."))
    build_index(settings)
    answer = Assistant(IndexReader(settings.index), settings).ask(question)
    assert [citation.quote for citation in answer.citations] == [
        "Zebra stripes of Delta are black."
    ]


@pytest.mark.parametrize(
    ("asked", "thing"),
    [
        ("How much does a wall test cost at Alpha?", "test"),
        ("price for a wall test", "test"),
        ("cost of membership for firms", "membership"),
        ("What does a full day in the hall cost?", "day"),
        ("How long does the programme last?", "programme"),
        ("Who runs the hall?", ""),
    ],
)
def test_what_has_the_price_that_is_asked(asked: str, thing: str) -> None:
    assert priced_word(read(asked)) == (stem(thing) if thing else "")
