"""What a list or a match asks partners to state: read from words alone."""

from __future__ import annotations

import pytest

from askpartner.criteria import kinds_asked, list_criteria, match_criteria
from askpartner.lexical import words
from askpartner.types import Concept, Criterion
from askpartner.vocabulary import concepts_in, holds
from askpartner.wordbook import ASKING

TRAINING = Concept("need", "training", ("training", "train"), ())
FUNDING = Concept("need", "funding", ("funding", "grant"), ())
HOSPITAL = Concept("audience", "hospital", ("hospital",), ())
ALL = (HOSPITAL, FUNDING, TRAINING)


def listed(question: str) -> list[Criterion]:
    aspects = [root for root in words(question) if root not in ASKING]
    return list(list_criteria(question, aspects, concepts_in(question, ALL)))


@pytest.mark.parametrize(
    ("question", "wanted", "denied"),
    [
        ("Which partners offer training?", ["training"], []),
        ("Which partners do not offer training?", [], ["training"]),
        ("Which partners offer training but not funding?", ["training"], ["funding"]),
        ("Which partners offer neither training nor funding?", [], ["funding", "training"]),
        ("Which partners exclude hospitals?", [], ["hospital"]),
        ("Which partners have no training, but funding?", ["funding"], ["training"]),
        ("We are not sure which partners offer training", ["training"], []),
        ("Why not list partners with training?", ["training"], []),
        ("Which partners are there? We have no training.", ["training"], []),
        ("Who offers training if we do not have our own?", ["training"], []),
        (
            "Which partners offer training? Which of those do not offer funding?",
            ["training"],
            ["funding"],
        ),
    ],
)
def test_a_denial_is_of_what_stands_in_its_clause(
    question: str, wanted: list[str], denied: list[str]
) -> None:
    found = listed(question)
    assert [c.name for c in found if c.is_denied] == denied
    assert [c.name for c in found if not c.is_denied] == wanted


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which partners work with SIT?", ["SIT"]),
        ("Which partners know SIT and SIT Labs?", ["SIT Labs"]),
        ("Which partners have Training with Alpha?", ["Alpha"]),  # the other is a concept's
        ("Who In The Directory Has Kites?", []),
        ("Which partners are supported by Enterprise Singapore?", ["Enterprise Singapore"]),
        ("Which partners know Alpha's rooms?", ["Alpha"]),
        ("WHICH PARTNERS WORK WITH SIT?", []),  # where all is written so, nothing is a name
        ("Which partners give more than S$1 million?", []),
        ("Which partners offer rooms?", []),
    ],
)
def test_words_written_as_names_are_names(question: str, names: list[str]) -> None:
    assert [c.name for c in listed(question) if c.is_name] == names


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("SIT is a partner.", True),
        ("Work with SIT.", True),
        ("Its expertise sits in rooms.", False),
        ("They sit.", False),
        ("SITS", False),
    ],
)
def test_a_name_is_found_word_for_word(text: str, held: bool) -> None:
    assert holds(Criterion("SIT", None, frozenset(["sit"]), is_name=True), text) is held


@pytest.mark.parametrize(
    "question",
    [
        "Which partners were founded in 2020?",
        "Which partners give more than S$1 million?",
        "Which grants are below 50,000?",
        "Which partners were opened before 2010?",
    ],
)
def test_numbers_to_compare_with_are_no_words_to_look_for(question: str) -> None:
    assert [c.name for c in listed(question) if c.concept is None] == []


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("We need training.", ["training"]),
        ("We do not need training, we need a grant.", ["funding"]),
        ("We don't want training but funding", ["funding"]),
        ("We have no funding. We need training.", ["funding", "training"]),  # who has none needs it
        ("We are a hospital looking for boats", ["hospital", "boats"]),
        ("We look for a hospital partner", ["hospital"]),
        ("A company without a boat seeking training", ["training"]),
    ],
)
def test_what_is_not_needed_is_no_criterion(question: str, names: list[str]) -> None:
    found = match_criteria(question, "", concepts_in(question, ALL))
    assert [criterion.name for criterion in found] == names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("We want to try it in gentle water.", ["gentle water"]),
        (
            "We want a paid proof of concept with volunteers",
            ["paid proof of concept", "volunteers"],
        ),
        ("We need a part that is no longer made", []),  # a part may be of anything
        ("We look for a place to measure how people walk", []),
        ("We want to make and test some coin cells", ["coin cells"]),
        ("We would like advice on plans before registering", []),
        ("We want to invest next to a fund, one deal at a time", ["fund"]),
        ("We need 250k to build our first factory", ["factory"]),
        ("We'd like a kite", ["kite"]),
        ("We are searching for kites", ["kites"]),
        ("We need access to labs", ["labs"]),
        ("We want to fly kites, and we need kites", ["kites"]),
        ("We are a fast drone studio looking for kites", ["studio", "kites"]),
        ("We need quiet underwater hull cleaning robots", []),  # too long to be said word for word
    ],
)
def test_what_is_needed_is_named_in_whole_phrases(question: str, names: list[str]) -> None:
    assert [criterion.name for criterion in match_criteria(question, "", ())] == names


@pytest.mark.parametrize(
    "question",
    [
        "We need training. Which hospital offers that?",
        "I need training to found a hospital.",
        "I need training, but have no hospital.",
        "We have no hospital and need training.",
    ],
)
def test_whom_somebody_asks_for_is_not_who_they_are(question: str) -> None:
    found = match_criteria(question, "", concepts_in(question, ALL))
    assert "training" in [criterion.name for criterion in found]
    assert not any(criterion.is_audience for criterion in found)


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("Who has an aquaculture lab or centre?", ["aquaculture lab", "aquaculture centre"]),
        ("Who has a robotics lab or robotics centre?", ["robotics lab", "robotics centre"]),
        ("Which partners have won a prize or an award?", ["prize", "award"]),
        ("Who has data sets or data feeds that my studio could use?", ["data sets", "data feeds"]),
        (
            "Who has printers or does additive milling among the members?",
            ["printers", "additive milling"],
        ),
        ("Who has boats?", ["boats"]),
        ("Who rents silk boats or a kite?", ["rents silk boats", "kite"]),
        ("Who is not suitable for drug developers or drug companies?", ["drug developers", "drug"]),
    ],
)
def test_what_stands_on_each_side_of_an_or_is_looked_for(question: str, sides: list[str]) -> None:
    (found,) = listed(question)
    assert [found.stems, *found.others] == [frozenset(words(side)) for side in sides]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which partners develop kites?", ["kites"]),
        ("Who has projects with SIT?", ["SIT"]),
        ("Who can help with development?", ["development"]),  # nothing else is said
        ("Which partners have experience with boats?", ["boats"]),
        ("Which partners give advice?", ["advice"]),
        ("Who has kites among your investors?", ["kites"]),
        ("Which partners have boats that our hospital could use?", ["boats"]),
        ("Which partners suit companies?", ["companies"]),
    ],
)
def test_words_said_of_any_topic_are_looked_for_only_where_nothing_else_is(
    question: str, names: list[str]
) -> None:
    assert [criterion.name for criterion in listed(question)] == names


def test_one_side_is_enough_and_both_are_named() -> None:
    (found,) = listed("Who has an aquaculture lab or centre?")
    assert found.name == "aquaculture lab or centre"
    assert holds(found, "The centre is for aquaculture.")
    assert not holds(found, "The centre has no lab.")


@pytest.mark.parametrize(
    ("question", "wanted", "denied"),
    [
        ("Which partners train founders without taking equity?", ["founders"], ["equity"]),
        ("Which partners turn away toy makers?", [], ["toy makers"]),
        ("Who says that they're not suitable for makers?", [], ["makers"]),
        ("Where can a baker rent oven halls?", ["oven halls"], []),
        ("Which partners offer training for founders or hospitals?", ["hospital", "training"], []),
    ],
)
def test_what_partners_are_to_be_without_is_told_apart(
    question: str, wanted: list[str], denied: list[str]
) -> None:
    found = [c for c in listed(question) if c.concept is not TRAINING or "training" in wanted]
    assert [c.name for c in found if not c.is_denied] == wanted
    assert [c.name for c in found if c.is_denied] == denied


def test_nobody_looks_for_companies_beside_something_else() -> None:
    company = Concept("audience", "company", ("company", "firm"), ())
    for question, names in (
        ("Which partners offer training for companies?", ["training"]),
        ("Which partners are open to companies?", ["company"]),
    ):
        found = list_criteria(question, [], concepts_in(question, (company, TRAINING)))
        assert [criterion.name for criterion in found] == names


TOLD = (
    "Organisation type\nResearch institute",
    "Organisation Type\nInvestor network",
    "venture capital firm",
    "Old Harbour University",
    "Grant call",
    "medical station",
)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("List the research institutes.", "research institutes"),
        ("How many investors do you have?", "investors"),
        ("Please show me all universities", "universities"),
        ("Which partners are research institutes?", "research institutes"),
        ("Which organisations in the directory are universities?", "universities"),
        ("Which research institutes are on the island?", "research institutes"),
        ("Are there any universities?", "universities"),
        ("Any universities here?", "universities"),
        ("Which partner is a university?", "university"),
        ("Who are the investors?", "investors"),
        ("Which university has boats?", None),  # asks for one, as of a fact
        ("Which clinics are there?", "clinics"),  # as the vocabulary knows: a hospital
        ("Which grants are open?", None),  # what partners have
        ("Which endowments are there?", None),  # what the vocabulary knows as a need
        ("List the networks", "networks"),
        ("Which medical questions are answered?", None),
        ("Which research do you fund?", None),
        ("List the partners", None),
    ],
)
def test_a_kind_of_partner_is_one_that_a_page_says_its_partner_is(
    question: str, kind: str | None
) -> None:
    clinic = Concept("audience", "hospital", ("clinic", "hospital", "medical station"), ())
    endowment = Concept("need", "funding", ("endowment", "grant"), ())
    found = kinds_asked(question, TOLD, (clinic, endowment))
    assert (found[0].name if found else None) == kind
    if found:
        assert found[0].is_kind
        assert "partners" in found[1]


INTERNS = Concept("need", "internships", ("internship", "intern"), ())
UNIVERSITY = Concept("audience", "university", ("university",), ())
COMPANY = Concept("audience", "company", ("company", "firm"), ())


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        # A name that ends with who somebody is, is that name.
        ("Which partners belong to Alpha University?", ["Alpha University"]),
        ("Which partners know Alpha Universities?", ["university", "Alpha"]),
        ("Which partners are accredited to ISO/IEC 27001?", ["ISO/IEC 27001"]),
        ("Which partners are based at Alpha Park?", ["Alpha Park"]),
        ("Who has something for insurance companies?", ["insurance companies"]),
        ("Who has something for drones, companies?", ["drones"]),
        (
            "We'd like young talent: which partners place interns, apprentices or trainees?",
            ["interns, apprentices or trainees"],
        ),
        ("Who has something for shipping companies or docks?", ["shipping companies or docks"]),
        ("Who lends kites, tents or rafts?", ["lends kites, tents or rafts"]),
    ],
)
def test_a_list_is_of_what_its_words_mean_together(question: str, wanted: list[str]) -> None:
    concepts = concepts_in(question, (UNIVERSITY, COMPANY, INTERNS))
    aspects = [root for root in words(question) if root not in ASKING]
    assert [c.name for c in list_criteria(question, aspects, concepts)] == wanted


def test_the_trade_of_companies_is_not_that_of_what_stands_beside_an_or() -> None:
    (found,) = listed("Who has something for shipping companies or docks?")
    assert [sorted(side) for side in (found.stems, *found.others)] == [["ship"], ["dock"]]


def test_a_need_beside_an_or_is_held_by_any_of_its_sides() -> None:
    question = "Which partners place interns, apprentices or trainees?"
    aspects = [root for root in words(question) if root not in ASKING]
    (found,) = list_criteria(question, aspects, (INTERNS,))
    assert [
        holds(found, text)
        for text in ("An internship", "Every apprentice", "Trainees", "A place for kites")
    ] == [True, True, True, False]


def test_a_word_of_asking_is_a_kind_where_a_page_calls_its_partner_so() -> None:
    told = ["Organisation type\nCooperative"]
    found = kinds_asked("list all partners that are cooperatives", told, ())
    assert found is not None
    assert found[0].name == "cooperatives"
    assert kinds_asked("Which partners are types?", told, ()) is None


def test_companies_of_a_trade_are_not_all_partners_that_are_companies() -> None:
    told = ["company"]
    assert kinds_asked("Which organisations name drone companies?", told, (COMPANY,)) is None
