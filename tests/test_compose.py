"""What is said to a question, by what it wants: each answer on pages written for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import pytest
from lxml import html

from askpartner.assistant import Assistant, Turn
from askpartner.clauses import questions_in
from askpartner.compose import join
from askpartner.compose.columns import TELLS
from askpartner.index import MODELS, Index, IndexReader, build_index
from askpartner.render import answer_object, sentence_text
from askpartner.settings import Settings, load_settings
from askpartner.types import Answer, Sentence
from askpartner.web import said as web
from askpartner.web.kept import kept_said
from conftest import link_models

Indexed = Callable[[Mapping[str, str]], Assistant]


@pytest.fixture(scope="module")
def indexed(built: Settings, index: Index, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    """An assistant of pages given by file name; indexed once for all tests that give the same."""
    del index  # while one is open, others of its model need not ready the network again

    @cache
    def build(files: tuple[tuple[str, str], ...]) -> Assistant:
        folder = tmp_path_factory.mktemp("indexed")
        (folder / "corpus").mkdir()
        for name, text in files:
            (folder / "corpus" / name).parent.mkdir(exist_ok=True)
            (folder / "corpus" / name).write_text(text)
        link_models(built.index / MODELS, folder / "index")
        settings = load_settings(corpus=folder / "corpus", index=folder / "index")
        build_index(settings)
        return Assistant(IndexReader(settings.index), settings)

    return lambda files: build(tuple(files.items()))


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


@pytest.fixture(scope="module")
def notes(indexed: Indexed) -> Assistant:
    """Pages that set out no ways to work."""
    pages = {
        "ion": "Institute One (ION)\n---\n# Institute One\n\nION serves schools and the public. "
        "The public comes to ION by boat, and ION runs schemes for the public. It has a boat of "
        "its own. See https://owner.example/owns-ion\n\nEnquiries: office@ion.example\n\n## Boats\n"
        "Entry is by invitation only.\n",
        "fone": "Fund One (FONE)\n---\n# Fund One\n\nAlongside money, FONE mentors a boat builder."
        "\n\n## Boats\nThe cap is S$5,000 for a boat builder.\n",
        "letters": "Letters\n---\n# Institute of High Boats (HB)\n\nTLA is a word. We mind our "
        "three letter acronyms (TLAs). A boat (ZZ) is a boat.\n",
    } | {
        name: f"Laboratory {name}\n---\n# Laboratory {name}\n\nLaboratory {name} studies materials "
        "of the sea for its research. There is a small ship, too.\n\n"
        f"The materials are: {materials}\n"
        for name, materials in (("six", "yeast, algae and moss"), ("ten", "\n\n* yeast\n* moss"))
    }
    return indexed({f"{name}.md": f"---\ntitle: {page}" for name, page in pages.items()})


@pytest.mark.parametrize("name", ["six", "ten"])
def test_of_several_things_the_sentence_that_counts_them_up_is_quoted(
    name: str, notes: Assistant
) -> None:
    answer = notes.ask(f"Which materials does Laboratory {name} study?")
    assert answer.citations[0].quote.endswith(("moss", "moss."))


@pytest.fixture(scope="module")
def announcing(indexed: Indexed) -> Assistant:
    """Pages with sentences that announce what stands elsewhere on them."""
    pages = {
        "port": "Port Group\n---\n# Port Group\n\nThe Port Group comprises the following offices."
        "\n\n## Pilots Desk\nPilots Desk guides tankers in. It has launches.\n\n## Crane Desk\n"
        "Crane Desk lifts containers by night.\n\n### Night shifts\nThey end at six.\n",
        "yard": "Yard Fund\n---\n# Yard Fund\n\nThe Yard Fund pays boat yards in two distinct "
        "stages of support. It likes wood.\n\n## How to apply\nWrite to us.\n\n"
        "### Stage 1: Draft\nA drawing is paid for. It is kept.\n\n"
        "### Stage 2: Build\nA hull is paid for.\n\n## Wood\nOak is best.\n",
        "school": "Rope School\n---\n# Rope School\n\n## Free workshops\n\n* The Rope School "
        "runs monthly workshops on these topics\n\n| | |\n| --- | --- |\n| Knots | Splices |\n"
        "| Nets | Slings |\n\n## Fees\nA term is free.\n",
    } | {
        f"tide{year}": f"Tide Challenge {year}\n---\n# Tide Challenge {year}\n\n## Gold Medal\n\n"
        f"{words}\n"
        for year, words in (
            (2024, "The Gold Medal of the Tide Challenge was won by Ada."),
            (2025, "* Team Bo, Northport\n* Team Cy, Southport"),
        )
    }
    return indexed({f"{name}.md": f"---\ntitle: {page}" for name, page in pages.items()})


@pytest.mark.parametrize(
    ("question", "quotes"),
    [
        (
            "What offices does the Port Group comprise?",
            [
                "The Port Group comprises the following offices.",
                "Pilots Desk guides tankers in.",
                "Crane Desk lifts containers by night.",
            ],
        ),
        (
            "What are the two stages of support of the Yard Fund?",
            [
                "The Yard Fund pays boat yards in two distinct stages of support.",
                "A drawing is paid for.",
                "A hull is paid for.",
            ],
        ),
        (
            "What topics do the monthly workshops of the Rope School cover?",
            [
                "The Rope School runs monthly workshops on these topics\n\n"
                "Knots\nSplices\n\nNets\nSlings"
            ],
        ),
    ],
)
def test_what_a_sentence_announces_is_quoted_with_it(
    question: str, quotes: list[str], announcing: Assistant
) -> None:
    assert [one.quote for one in announcing.ask(question).citations][: len(quotes)] == quotes


def test_a_sentence_that_announces_nothing_is_quoted_alone(announcing: Assistant) -> None:
    answer = announcing.ask("What does the Crane Desk of the Port Group lift?")
    assert [one.quote for one in answer.citations] == ["Crane Desk lifts containers by night."]


def test_of_two_years_the_one_asked_about_is_quoted(announcing: Assistant) -> None:
    answer = announcing.ask("Who got the Gold Medal at the 2025 Tide Challenge?")
    assert [one.quote for one in answer.citations] == ["Team Bo, Northport\nTeam Cy, Southport"]


def test_how_often_it_was_right_is_not_said_of_a_quote_without_the_number_asked_for(
    assistant: Assistant,
) -> None:
    counted = assistant.ask("How many laboratories does the Alpha Institute have?")
    assert "12 laboratories" in counted.citations[0].quote
    assert counted.observed is not None
    other = assistant.ask("How many operators does Alpha Institute train?")
    assert other.observed is None


@pytest.fixture(scope="module")
def hire(indexed: Indexed) -> Assistant:
    """Two partners with one way to work each."""
    return indexed(
        {
            "one.md": "---\ntitle: Ship Hire\n---\n# Ship Hire\n\n## Ways to work with Ship\n"
            "### 1. Boats\nA boat is a boat. A boat for divers is lent by the week. Divers pay a "
            "deposit of S$100 on what is lent.\n",
            "two.md": "---\ntitle: Elm Hire\n---\n# Elm Hire\n\n## Ways to work with Elm\n"
            "### Land\nElm lends tents. Elm gives training.\n",
        }
    )


LOFTS = (
    "---\ntitle: Bird Yard\n---\n# Bird Yard\n\n## Ways to work with Yard\n"
    "### Loft\nRacing pigeons rest on a warm wooden perch above the harbour.\n\n"
    "**Who is this not suitable for?**\n* Start-ups that breed parrots\n",
    "---\ntitle: Sum House\n---\n# Sum House\n\n## Ways to work with House\n"
    "### Books\nTaxes are counted, and a bill is written.\n\n"
    "**Who is this suitable for?**\n* Start-ups\n",
    "---\ntitle: Twin House\n---\n# Twin House\n\n## Ways to work with House\n"
    "### Books\nTaxes are counted, and a bill is written.\n\n"
    "**Who is this suitable for?**\n* Start-ups\n",
)
"""One way to work has what an asker describes, two state who is asking, alike but for the name."""


@pytest.fixture(scope="module")
def lofts(indexed: Indexed) -> Assistant:
    return indexed({f"{at}.md": page for at, page in enumerate(LOFTS)})


def test_what_files_are_called_changes_no_rank(lofts: Assistant, indexed: Indexed) -> None:
    renamed = indexed({f"{9 - at}.md": page for at, page in enumerate(LOFTS)})
    for question in (
        "We are a start-up. Our racing pigeons have to rest on a warm perch. Who can help?",
        "We are a start-up whose taxes have to be counted and bills written. Who can help?",
    ):
        one, other = (
            [dict(s.names).get("title") for s in there.ask(question).sentences]
            for there in (lofts, renamed)
        )
        assert one == other


def test_what_is_near_to_all_that_is_said_comes_before_what_states_one_word_of_it(
    lofts: Assistant,
) -> None:
    answer = lofts.ask(
        "We are a start-up. Our racing pigeons have to rest on a warm perch. Who can help?"
    )
    fits = [
        dict(s.names) for s in answer.sentences if s.template in ("match.way", "match.excluded")
    ]
    assert (fits[0]["title"], fits[0]["stated"]) == ("Bird Yard", "0")
    # Only such a start-up is turned away as says so.
    answer = lofts.ask("We are a start-up and breed parrots. Who has a perch for us?")
    said = [(s.template, dict(s.names).get("title")) for s in answer.sentences]
    assert ("match.excluded", "Bird Yard") in said


def test_a_known_need_that_no_profile_has_is_refused(lofts: Assistant) -> None:
    answer = lofts.ask("We need a clean room. Which partner has one?")
    assert (answer.status, answer.citations) == ("not_found", ())
    said = [dict(s.names) for s in answer.sentences if s.template == "list.uncovered"]
    assert said == [{"criterion": "GMP rooms"}]


@pytest.fixture(scope="module")
def isles(indexed: Indexed) -> Assistant:
    """Two colleges and a club, of which one college and the club are on an island."""
    return indexed(
        {
            f"{name.lower()}.md": f"---\ntitle: {name} Hall\n---\n# {name} Hall\n\n"
            f"| Fact | Value |\n| --- | --- |\n| Organisation type | {kind} |\n\n"
            f"{name} stands {place}.\n\n## Ways to work with {name}\n### Rooms\nRooms are let.\n"
            for name, kind, place in (
                ("Ash", "College", "on Gull Island"),
                ("Elm", "College", "by the lake"),
                ("Oak", "Club", "on Gull Island"),
            )
        }
    )


def test_a_list_of_a_kind_of_partner_has_those_whose_page_says_so(isles: Assistant) -> None:
    answer = isles.ask("How many colleges do you have?")
    (counted,) = [dict(s.names) for s in answer.sentences if s.template == "list.counted"]
    assert (counted["criterion"], counted["stated"], counted["total"]) == ("colleges", "2", "3")
    assert [citation.profile for citation in answer.citations] == ["ash", "elm"]


def test_what_is_said_of_partners_as_a_whole_is_said_of_each_together(isles: Assistant) -> None:
    answer = isles.ask("Which colleges are on Gull Island?")
    assert {citation.profile for citation in answer.citations} == {"ash"}
    assert answer.sentences[0].template == "list.all_of"
    # What is by the lake is told, and that no page says it is a club.
    answer = isles.ask("Which clubs are by the lake?")
    assert {citation.profile for citation in answer.citations} == {"elm"}
    (kind,) = [dict(s.names) for s in answer.sentences if s.template == "list.each_of"]
    assert (kind["criterion"], kind["stated"]) == ("clubs", "1")
    assert answer.status == "partial"


def test_most_of_some_words_is_counted_by_the_words_that_are_there(isles: Assistant) -> None:
    answer = isles.ask("Which partners have rooms standing by a lake?")
    said = {s.template: dict(s.names) for s in answer.sentences}
    assert said["list.counted"]["criterion"] == "lake"
    assert "list.uncovered_words" in said
    assert answer.status == "partial"


def test_a_match_quotes_what_says_most_of_the_question_and_then_the_nearest_rest(
    hire: Assistant,
) -> None:
    answer = hire.ask("We are divers looking for a boat. Who lends one by the week?")
    assert [citation.quote for citation in answer.citations] == [
        "A boat for divers is lent by the week.",
        "Divers pay a deposit of S$100 on what is lent.",
    ]


def test_all_partners_are_counted_and_named(assistant: Assistant) -> None:
    for question in ("List all partners", "How many profiles are in the directory?"):
        answer = assistant.ask(question)
        assert (answer.status, answer.citations) == ("answered", ())
        assert [s.text for s in answer.sentences] == [
            "Profiles in this directory: 3. They are: Alpha Institute (AI), Beta Fund, "
            "Gamma Polytechnic."
        ]


@pytest.fixture(scope="module")
def boats(indexed: Indexed) -> Assistant:
    """Three partners: one lends boats with tents, one boats and tents apart, one no boats."""
    ways_of = {
        "Ash": "### Boats\nAsh lends boats with tents. See https://ash.example/skates",
        "Elm": "### Water\nElm lends boats.\n### Land\nElm lends tents. Elm lends no skates.",
        "Oak": "### Land\nOak lends tents. It does not lend boats.",
    }
    pages = {
        f"{name.lower()}.md": f"---\ntitle: {name} Hire\n---\n# {name} Hire\n\n"
        f"## Ways to work with {name}\n{ways}\n"
        for name, ways in ways_of.items()
    }
    needs = ("boats", "tents", "skates")
    vocabulary = "".join(f'[need.{need}]\nwords = ["{need[:-1]}"]\n' for need in needs)
    return indexed(pages | {"vocabulary.toml": vocabulary})


def test_a_list_of_several_things_names_who_states_all_of_them(boats: Assistant) -> None:
    answer = boats.ask("Which partners have boats and tents?")
    assert answer.status == "answered"
    # Elm lends both, but not in one way to work; Ash says both in one sentence, quoted once.
    assert [citation.quote for citation in answer.citations] == ["Ash lends boats with tents."]
    said = [dict(s.names) for s in answer.sentences if s.template.startswith("list.")]
    assert said[0] == {"criteria": "boats, tents", "stated": "1", "total": "3"}
    # Who else has one of them is named, too.
    assert [one.get("others") or (one["criterion"], one["stated"]) for one in said[1:]] == [
        ("boats", "2"),
        "Elm Hire",
        ("tents", "3"),
        "Elm Hire, Oak Hire",
    ]


def test_whose_words_follow_is_said_once(hire: Assistant) -> None:
    answer = hire.ask("Which partners have tents and training?")
    assert [citation.quote for citation in answer.citations] == [
        "Elm gives training.",
        "Elm lends tents.",
    ]
    assert [s.text for s in answer.sentences if s.template.startswith("lead.")] == [
        "Elm Hire, Land:"
    ]


def test_of_two_things_with_an_or_each_is_listed(boats: Assistant) -> None:
    answer = boats.ask("Which partners have boats or tents?")
    assert {citation.profile for citation in answer.citations} == {"ash", "elm", "oak"}
    assert "list.all_of" not in [sentence.template for sentence in answer.sentences]


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


def test_who_owns_it_is_not_told_by_what_is_its_own(notes: Assistant) -> None:
    answer = notes.ask("Who owns ION?")
    assert (answer.status, answer.citations) == ("not_found", ())


def page_of(name: str, overview: str) -> str:
    return (
        f"# {name}\n\n## Overview\n\n{overview}\n\n## Ways to work with {name}\n\n"
        "### 1. Visits\n\nVisitors come by boat.\n"
    )


def test_what_a_partner_does_not_say_of_itself_another_page_may_that_names_it(
    indexed: Indexed,
) -> None:
    pages = indexed(
        {
            "iron.md": page_of("Iron Institute", "Iron Institute studies ore."),
            "coal.md": page_of(
                "Coal Fund",
                "The minister opened the Iron Institute on 3 May 2019.\n\nThe lift shaft is deep.",
            ),
        }
    )
    answer = pages.ask("When did the minister open the Iron Institute?")
    assert [citation.profile for citation in answer.citations] == ["coal"]
    own = pages.ask("What does the Iron Institute study?")
    assert [citation.profile for citation in own.citations] == ["iron"]
    # Silence about the partner stays silence, whatever else a page says.
    assert pages.ask("How deep is the lift shaft of the Salt Fund?").status == "not_found"


def test_of_two_windows_the_one_with_the_form_asked_for_is_quoted(indexed: Indexed) -> None:
    body = (
        "A day in the wind tunnel is booked by letter.\n\nOther things are told elsewhere.\n\n"
        "The wind tunnel is let at $900 a day."
    )
    answer = indexed({"wind.md": page_of("Wind Institute", body)}).ask(
        "What does a day in the wind tunnel cost at the Wind Institute?"
    )
    assert answer.citations[0].quote == "The wind tunnel is let at $900 a day."


def test_how_much_money_is_answered_by_an_amount(notes: Assistant) -> None:
    answer = notes.ask("How much money does a boat builder get from FONE?")
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
    said = [dict(s.names) for s in answer.sentences if s.template == "list.uncovered_words"]
    assert [names["criterion"] for names in said] == uncovered


@pytest.mark.parametrize(
    ("question", "has"),
    [
        ("We are a hospital that needs boats. Who suits us?", True),
        ("We are a start-up looking for boats and a hospital partner. Who suits us?", False),
    ],
)
def test_a_hospital_that_is_looked_for_is_not_who_is_asking(
    question: str, has: bool, assistant: Assistant
) -> None:
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
    question: str, quote: str | None, notes: Assistant
) -> None:
    answer = notes.ask(question)
    assert [citation.quote for citation in answer.citations] == ([quote] if quote else [])
    assert answer.status == ("answered" if quote else "not_found")


def test_an_address_tells_the_email_and_the_aim_chooses_the_sentence(notes: Assistant) -> None:
    assert "office@ion.example" in notes.ask("What's the email of ION?").citations[0].quote
    answer = notes.ask("Which ION boats are by invitation only?")
    assert answer.citations[0].quote == "Entry is by invitation only."


def test_a_word_of_the_vocabulary_is_not_called_unknown(boats: Assistant) -> None:
    # "boat" is the vocabulary's; "hovercrafts" is nobody's.
    answer = boats.ask("We need boats. Which partner suits us?")
    assert "list.uncovered_words" not in [s.template for s in answer.sentences]
    answer = boats.ask("We need boats. Which partner with hovercrafts suits us?")
    said = [dict(s.names) for s in answer.sentences if s.template == "list.uncovered_words"]
    assert said == [{"criterion": "hovercrafts"}]


OF_ELM = (
    "What are the ways to work with Elm?",
    "What is Elm Hire?",
    "Who is Land at Elm Hire suitable for?",
    "Where is Elm Hire?",
    "What is the website of Elm Hire?",
    "How can we be introduced to Elm Hire?",
    "Compare Elm Hire and Ship Hire",
    "Which partners have tents?",
    "Which partners have tents and mats?",
    "Which partners do not have boats?",
    "We need tents. Who suits us?",
    "What does ELM stand for?",
    "Does Elm Hire lend tents?",
)


@pytest.fixture(scope="module")
def edited(indexed: Indexed) -> Assistant:
    """Two partners; the page of one has been edited since it was quoted to every question."""
    two = (
        "---\ntitle: Elm Hire\n---\n# Elm Hire\n\n| Fact | Value |\n| --- | --- |\n"
        "| Website | https://elm.example |\n\nElm lends tents, and no boats.\n\n"
        "## Ways to work with Elm\n### Land\n"
        "Easy landing mats (ELM) and tents are lent.\n\n**Who is this suitable for?**\n* Divers\n\n"
        "**Where is this offered?**\nJurong\n\n### [Request Introduction](https://elm.example/ask)\n"
    )
    one = (
        "---\ntitle: Ship Hire\n---\n# Ship Hire\n\nShip is for sailors.\n\n"
        "## Ways to work with Ship\n### Sea\nShips are let.\n"
    )
    assistant = indexed({"one.md": one, "two.md": two})
    for question in OF_ELM:
        assert "two" in [c.profile for c in assistant.ask(question).citations], question
    page = assistant.settings.corpus / "two.md"
    page.write_text(f"{page.read_text()}\nEdited.\n")
    return assistant


@pytest.mark.parametrize("question", OF_ELM)
def test_a_page_edited_since_is_never_quoted(question: str, edited: Assistant) -> None:
    answer = edited.ask(question)
    assert "two" not in [citation.profile for citation in answer.citations]
    assert not any(link.profile == "two" for link in answer.links)
    assert answer.status in ("not_found", "answered", "partial")
    if answer.status == "not_found":
        assert "not_found.stale" in [sentence.template for sentence in answer.sentences]


def test_what_is_wanted_and_what_is_not_are_answered_apart(boats: Assistant) -> None:
    answer = boats.ask("Which partners have tents but no boats?")
    assert [(c.name, c.is_denied) for c in answer.request.criteria] == [
        ("boats", True),
        ("tents", False),
    ]
    said = {s.template: dict(s.names) for s in answer.sentences}
    assert (said["list.counted"]["criterion"], said["list.counted"]["stated"]) == ("tents", "3")
    assert (said["list.excluding"]["criterion"], said["list.excluding"]["excluded"]) == (
        "boats",
        "1",
    )


def test_who_is_excepted_is_neither_quoted_nor_counted(boats: Assistant) -> None:
    for question in (
        "Which partners other than Ash Hire have tents?",
        "Apart from Ash Hire, who has tents?",
    ):
        answer = boats.ask(question)
        assert {citation.profile for citation in answer.citations} == {"elm", "oak"}
        (counted,) = [dict(s.names) for s in answer.sentences if s.template == "list.counted"]
        assert (counted["stated"], counted["total"]) == ("2", "2")


def test_an_elliptic_turn_lists_something_else(boats: Assistant) -> None:
    asked = "Which partners have skates?"
    answer = boats.ask("and tents?", history=[Turn("user", asked)])
    assert answer.request.carried == (asked,)
    assert [criterion.name for criterion in answer.request.criteria] == ["tents"]
    assert {citation.profile for citation in answer.citations} == {"ash", "elm", "oak"}


@pytest.mark.parametrize(
    ("question", "status", "template", "quotes"),
    [
        (
            "Can a start-up use Laboratory Rental at Alpha Institute?",
            "answered",
            "match.way",
            ["Start-ups"],
        ),
        (  # another way to work suits them: nothing is said of the partner as a whole
            "Is Laboratory Rental at Alpha Institute for pharma companies?",
            "partial",
            "match.silent_way",
            ["Who is this suitable for?\nStart-ups\nUniversities"],
        ),
        (
            "Can a hospital work with Alpha Institute?",
            "partial",
            "match.silent",
            ["Who is this suitable for?\nStart-ups\nUniversities"],
        ),
        (
            "Can a company use Laboratory Rental at Alpha Institute?",
            "partial",
            "match.silent_way",
            ["Who is this suitable for?\nStart-ups\nUniversities"],
        ),
    ],
)
def test_whether_it_suits_such_an_asker_is_told_of_the_way_asked_about(
    question: str, status: str, template: str, quotes: list[str], assistant: Assistant
) -> None:
    answer = assistant.ask(question)
    assert answer.status == status
    assert template in [sentence.template for sentence in answer.sentences]
    assert [citation.quote for citation in answer.citations][: len(quotes)] == quotes


def test_what_suits_some_companies_does_not_suit_any(assistant: Assistant) -> None:
    # Alpha's training is for pharmaceutical companies: a list of companies has them, whoever says
    # no more than to be a company is not told that it suits.
    listed = assistant.ask("Which partners are open to companies?")
    assert "Pharmaceutical companies" in [citation.quote for citation in listed.citations]
    asked = assistant.ask("We are an insurance company. Does Alpha Institute suit us?")
    assert asked.sentences[0].template == "match.silent"


def test_nobody_is_said_to_have_the_most(boats: Assistant) -> None:
    answer = boats.ask("Which partner has the most tents?")
    assert (answer.status, answer.reason) == ("partial", "not_stated")
    assert answer.sentences[-1].template == "list.no_ranking"
    plain = boats.ask("Which partner has tents at most?")
    assert "list.no_ranking" not in [sentence.template for sentence in plain.sentences]


def test_all_but_one_partner_are_named(boats: Assistant) -> None:
    (said,) = boats.ask("List all partners except Ash Hire").sentences
    assert dict(said.names) == {"total": "2", "partners": "Elm Hire, Oak Hire"}


def test_a_way_that_excludes_a_criterion_is_named_last_and_never_as_fitting(
    boats: Assistant,
) -> None:
    answer = boats.ask("We need tents and boats. Who suits us?")
    said = [(s.template, dict(s.names).get("title")) for s in answer.sentences]
    assert ("match.way", "Oak Hire") not in said
    assert said.index(("match.excluded", "Oak Hire")) > said.index(("match.way", "Ash Hire"))
    assert answer.citations[-1].quote == "It does not lend boats."


def test_a_partner_without_ways_to_work_is_matched_as_a_whole(assistant: Assistant) -> None:
    answer = assistant.ask("We are looking for food technology. Who suits us?")
    said = [(s.template, dict(s.names).get("title")) for s in answer.sentences]
    assert ("match.partner", "Gamma Polytechnic") in said


def said(answer: Answer) -> list[str]:
    return [sentence_text(one) for one in answer.sentences]


def test_each_question_of_a_turn_is_answered_below_it(assistant: Assistant) -> None:
    answer = assistant.ask("When was Alpha Institute founded, and how long is its training?")
    assert (answer.status, answer.reason) == ("answered", "")
    assert said(answer) == [
        "To “When was Alpha Institute founded?”",
        "Alpha Institute (AI), Overview:",
        "“Alpha Institute was founded in 1990 to study yeast.” [1]",
        "To “how long is its training?”",
        "Alpha Institute (AI), 2. Training:",
        "“Alpha trains operators over 6 weeks.” [2]",
    ]
    assert [citation.number for citation in answer.citations] == [1, 2]
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    assert len({hit.passage.id for hit in answer.hits}) == len(answer.hits)
    # What the second took over from the first is no news to the asker.
    assert answer.request.carried == ()


def test_a_part_that_no_page_states_is_told(assistant: Assistant) -> None:
    answer = assistant.ask("When was Alpha Institute founded, and who is its director?")
    assert (answer.status, answer.reason) == ("partial", "not_stated")
    assert "“Alpha Institute was founded in 1990 to study yeast.” [1]" in said(answer)
    at = said(answer).index("To “who is its director?”")
    assert said(answer)[at + 1] == "The profile of Alpha Institute (AI) does not state this."


def test_what_was_quoted_above_is_not_quoted_again(assistant: Assistant) -> None:
    answer = assistant.ask("When was Alpha Institute founded? In which year was it founded?")
    assert said(answer)[-1] == "To “In which year was it founded?”: see what is quoted above."
    assert len(answer.citations) == 1


def test_a_table_among_parts_keeps_its_quotes(assistant: Assistant) -> None:
    answer = assistant.ask("When was Alpha Institute founded, and how do Alpha and Beta compare?")
    alone = assistant.ask("how do Alpha and Beta compare?")
    assert answer.table is not None
    assert alone.table is not None
    quotes = {citation.number: citation.quote for citation in answer.citations}
    alone_quotes = {citation.number: citation.quote for citation in alone.citations}
    assert [
        (aspect, [[quotes[at] for at in cell] for cell in cells])
        for aspect, cells in answer.table.rows
    ] == [
        (aspect, [[alone_quotes[at] for at in cell] for cell in cells])
        for aspect, cells in alone.table.rows
    ]
    # The page shows the table's quotes in the table alone: none of another part may be among them.
    shown = {number for _, cells in answer.table.rows for cell in cells for number in cell}
    assert 1 not in shown


def test_two_tables_are_told_in_sentences(assistant: Assistant) -> None:
    asked = "How do Alpha and Beta compare? How do Laboratory Rental and Training at Alpha compare?"
    answer = assistant.ask(asked)
    assert answer.table is None
    parts = [assistant.ask(part) for part in questions_in(asked)]
    assert all(part.table for part in parts)
    assert {c.quote for c in answer.citations} == {c.quote for p in parts for c in p.citations}


@pytest.mark.parametrize(
    "question",
    [
        "Who rents clean rooms, and on what terms?",  # asked of all that are found
        "Who is the director of Alpha Institute, and when did the director retire?",  # neither
        "Hello? Who are you?",
    ],
)
def test_a_turn_is_read_as_one_where_parts_would_say_less(
    question: str, assistant: Assistant
) -> None:
    assert not any("To “" in sentence for sentence in said(assistant.ask(question)))


def test_a_question_about_several_names_is_answered_for_each(indexed: Indexed) -> None:
    pages = {
        f"{name}.md": f"# {name.title()} Institute\n\n## Overview\n\n{name.title()} Institute was "
        f"founded in {year}.\n\n## Ways to work with {name.title()} Institute\n\n### 1. Courses in "
        f"{name}\n\nStaff are taught.\n"
        for name, year in (("iron", 1990), ("coal", 2001), ("salt", 2011))
    }
    answer = indexed(pages).ask(
        "When were Coal Institute, Salt Institute and Iron Institute founded?"
    )
    assert answer.status == "answered"
    assert said(answer) == [
        "To “Coal Institute”",
        "Coal Institute, Overview:",
        "“Coal Institute was founded in 2001.” [1]",
        "To “Salt Institute”",
        "Salt Institute, Overview:",
        "“Salt Institute was founded in 2011.” [2]",
        "To “Iron Institute”",
        "Iron Institute, Overview:",
        "“Iron Institute was founded in 1990.” [3]",
    ]
    # What is asked of both at once is one question.
    for asked in (
        "Was Coal Institute founded before Iron Institute?",
        "Do Coal Institute and Iron Institute teach together?",
        "When were Coal Institute and Iron Institute's courses founded?",
    ):
        assert not any("To “" in sentence for sentence in said(indexed(pages).ask(asked)))


def test_a_name_that_lacks_what_others_have_is_told(assistant: Assistant) -> None:
    answer = assistant.ask("What are the websites of Alpha Institute and Beta Fund?")
    assert (answer.status, answer.reason) == ("partial", "not_stated")
    at = said(answer).index("To “Beta Fund”")
    assert said(answer)[at + 1] == "The profile of Beta Fund names no website."


def test_a_part_that_leans_on_a_list_is_asked_of_the_whole_list(assistant: Assistant) -> None:
    answer = assistant.ask("Which partners rent clean rooms, and are they open to universities?")
    assert not any("To “" in sentence for sentence in said(answer))


def test_a_part_that_names_what_the_one_before_lacks_is_of_one_question_with_it(
    assistant: Assistant,
) -> None:
    one = assistant.ask("How long is the training and when was Alpha Institute founded?")
    assert not any("To “" in sentence for sentence in said(one))
    two = assistant.ask("How long is the training? When was Alpha Institute founded?")
    assert sum("To “" in sentence for sentence in said(two)) == 2


def test_what_the_asker_adds_is_looked_for_once(boats: Assistant) -> None:
    answer = boats.ask("Which partners lend boats? When was Elm Hire founded?", add=("skates",))
    assert sum("skates" in one for one in said(answer)) == 2  # the figure, and who has none
    at = said(answer).index("To “When was Elm Hire founded?”")
    assert said(answer)[at + 1] == "The profile of Elm Hire does not state this."


def test_a_part_that_was_refused_hands_on_no_topic(assistant: Assistant) -> None:
    alone = assistant.ask("Who made them?")
    assert not alone.citations
    answer = assistant.ask("Do you rent boats? Who made them? When was Alpha Institute founded?")
    at = said(answer).index("To “Who made them?”")
    assert said(answer)[at + 1] == said(alone)[0]  # of no partner


def test_what_is_missing_of_a_follow_up_is_named(indexed: Indexed) -> None:
    page = (
        "# Iron Institute\n\n## Ways to work with Iron Institute\n\n"
        "### 1. Small Grant\n\nThe cap of Small Grant is S$300.\n\n"
        "### 2. Large Grant\n\nThe cap of Large Grant is S$900, paid over 2 years.\n"
    )
    history = [Turn("user", "How long does Small Grant pay for mentors?")]
    answer = indexed({"iron.md": page}).ask("And Large Grant?", history=history)
    assert said(answer)[1:] == [
        "“The cap of Large Grant is S$900, paid over 2 years.” [1]",
        "Not mentioned there: mentors.",
    ]


def test_parts_are_joined_by_their_least_sure_and_keep_what_a_table_needs(
    assistant: Assistant,
) -> None:
    request = assistant.ask("Alpha?").request
    fact = replace(assistant.ask("When was Alpha Institute founded?"), confidence=0.4)
    table = replace(assistant.ask("How do Alpha and Beta compare?"), confidence=0.9)
    assert table.table is not None
    assert join(request, {"one?": fact, "two?": table}).confidence == 0.4
    # Quotes that the table shows again are told again, so that its cells are whole.
    twice = join(request, {"one?": replace(table, table=None), "two?": table})
    assert len(twice.citations) == 2 * len(table.citations)
    gap = Sentence("template", "Not stated there: x.", None, "match.not_stated")
    lacking = replace(fact, sentences=(*fact.sentences, gap))
    assert join(request, {"one?": fact, "two?": table}).table is not None
    assert join(request, {"one?": lacking, "two?": table}).table is None


@pytest.fixture(scope="module")
def port(indexed: Indexed) -> Assistant:
    """Two partners with ways to work of the same kind."""
    bluecap = (
        "---\ntitle: Bluecap Ventures (BCV)\n---\n# Bluecap Ventures (BCV)\n\n"
        "The office is led by Ann Lee.\n\n"
        "## Ways to work with BCV\n### 1. Trial Berth Programme\n"
        "A trial on the quay lasts up to 90 days and may be extended once. "
        "The berth costs $400 a week for firms. Universities pay $100 a week.\n\n"
        "**Who is this suitable for?**\n* Shipyards\n\n"
        "**Who is this not suitable for?**\n* Explosives trials\n\n"
        "### 2. Internships\nStudents stay for 16 weeks. The monthly allowance is $1,100.\n"
    )
    school = (
        "---\ntitle: Kestrel Polytechnic\n---\n# Kestrel Polytechnic\n\n"
        "Kestrel Polytechnic teaches ship design.\n\n"
        "## Ways to work with Kestrel Polytechnic\n### 1. Student Internships\n"
        "An internship lasts 22 weeks. The allowance is $800 a month.\n\n"
        "### 2. Wind Tunnel\nThe tunnel is let by the day.\n"
    )
    return indexed({"bluecap.md": bluecap, "kestrel.md": school})


@pytest.mark.parametrize(
    "question",
    [
        "Compare internships at Bluecap and Kestrel Polytechnic on length and allowance",
        "Internships at Bluecap versus the polytechnic: how do length and allowance differ?",
    ],
)
def test_a_comparison_shows_of_each_side_what_is_asked(question: str, port: Assistant) -> None:
    answer = port.ask(question)
    assert answer.table is not None
    rows = {
        aspect: [[answer.citations[number - 1].quote for number in cell] for cell in cells]
        for aspect, cells in answer.table.rows[:2]
    }
    assert rows == {
        "length": [["Students stay for 16 weeks."], ["An internship lasts 22 weeks."]],
        "allowance": [
            ["The monthly allowance is $1,100."],
            ["The allowance is $800 a month."],
        ],
    }


@pytest.mark.parametrize(
    "question", ["Compare Bluecap and the moon on price", "Difference between a week and a day?"]
)
def test_what_is_nowhere_is_not_compared(question: str, port: Assistant) -> None:
    assert port.ask(question).table is None


def test_what_one_side_does_not_tell_is_an_empty_cell(port: Assistant) -> None:
    answer = port.ask("Compare the Trial Berth and the Wind Tunnel on price")
    assert answer.table is not None
    aspect, (berth, tunnel) = answer.table.rows[0]
    assert aspect == "price"
    assert berth
    assert tunnel == ()


@pytest.mark.parametrize(
    "question",
    [
        "Who should not apply for the Trial Berth Programme?",
        "Target group of the Trial Berth Programme at Bluecap",
        "Who can sign up for the Trial Berth Programme?",
    ],
)
def test_an_audience_asked_in_other_words_is_the_pages_list(question: str, port: Assistant) -> None:
    suited, unsuited = (citation.quote for citation in port.ask(question).citations)
    assert suited.endswith("Shipyards")
    assert unsuited.endswith("Explosives trials")


def test_ways_are_counted_in_other_words(port: Assistant) -> None:
    answer = port.ask("In how many ways can one work with Bluecap?")
    assert [c.quote for c in answer.citations] == ["1. Trial Berth Programme", "2. Internships"]


def test_a_follow_up_is_of_the_way_the_reply_quoted(port: Assistant) -> None:
    talk = [
        Turn("user", "How long may a trial last at Bluecap?"),
        Turn("assistant", "A trial on the quay lasts up to 90 days."),
    ]
    answer = port.ask("Who is it not for?", history=talk)
    assert answer.request.carried[0] == "Trial Berth Programme"
    assert answer.citations[-1].quote.endswith("Explosives trials")
    # What that way does not state, its partner may.
    answer = port.ask("Who leads the office?", history=talk)
    assert "Ann Lee" in answer.citations[0].quote


def test_a_follow_up_asks_again_of_another_circumstance(port: Assistant) -> None:
    talk = [
        Turn("user", "What does a trial at Bluecap cost for firms?"),
        Turn("assistant", "The berth costs $400 a week for firms."),
    ]
    answer = port.ask("And for universities?", history=talk)
    assert answer.request.text == "What does a trial at Bluecap cost for universities?"
    assert answer.request.carried == ("What does a trial at Bluecap cost for firms?",)
    assert "$100" in answer.citations[0].quote


def test_the_and_or_comma_of_a_name_parts_no_sides(indexed: Indexed) -> None:
    directory = indexed(
        {
            "salt.md": page_of("Institute for Salt and Iron, Northport", "It began in 1990."),
            "coal.md": page_of("Coal Fund", "It began in 2001."),
        }
    )
    answer = directory.ask("Compare Institute for Salt and Iron, Northport and Coal Fund.")
    assert answer.table is not None
    assert answer.table.columns == ("Institute for Salt and Iron, Northport", "Coal Fund")
    assert {"It began in 1990.", "It began in 2001."} <= {c.quote for c in answer.citations}


@pytest.fixture(scope="module")
def quay(indexed: Indexed) -> Assistant:
    """Partners that are called by more than one name, with ways to work that are alike."""
    bluecap = (
        "---\ntitle: Bluecap Ventures (BCV)\n---\n# Bluecap Ventures (BCV)\n\n"
        "| Fact | Value |\n| --- | --- |\n| Website | https://bluecap.example |\n\n"
        "The office is led by Ann Lee. It stands by the quay.\n\n## Ways to work with Cap\n"
        "### 1. Trial Berth\nCap is Bluecap, and Bluecap is Cap. The berth costs $400 a week. "
        "Universities pay $100 a week.\n\nAnimals are fed at noon.\n\n"
        "**Who is this suitable for?**\n* Shipyards\n\n"
        "D. Wild animals\n\nAnimals may come along. The employees wear boots.\n\n"
        "### 2. Internships\nStudents of a polytechnic stay for 16 weeks.\n\n"
        "### 3. Sheds\nSheds are let.\n\nC. Shed A\n\nIt holds 40 boats. Shed A is let at no "
        "charge.\n\nC. Shed B\n\nShed B holds 60 boats. Shed B has doors.\n"
    )
    kestrel = (
        "---\ntitle: Kestrel Polytechnic\n---\n# Kestrel Polytechnic\n\n"
        "Ship design is taught. The teaching is done in a hall. The hall is warm.\n\n"
        "## Ways to work with Kestrel Polytechnic\n"
        "### 1. Internships\nAn internship lasts 22 weeks. The allowance is $800 a month. "
        "Guards bring keys.\n\n"
        "### 2. Wind Tunnel\nThe tunnel is let by the day. Its fans stand still at night.\n\n"
        "Animals are fed at night.\n\n"
        "**Who is this suitable for?**\n* Kite makers\n\n"
        "**Wild animals**\n\nAnimals are kept out.\n\n"
        "### 3. Small Grant\nA small team is paid $300. Founders and students take part.\n\n"
        "### 4. Large Grant\nA large team is paid $900.\n\n"
        "## Sources\n\n* Flags of the hall, 2019\n"
    )
    fund = (
        "---\ntitle: Harrier Fund\n---\n# Harrier Fund\n\nThe fund gives small gifts.\n\n"
        "## Ways to work with us\n### 1. Gifts\nGifts of $50 are sent by the fund of Harrier.\n"
    )
    loans = (
        "---\ntitle: Harrier Polytechnic Fund\n---\n# Harrier Polytechnic Fund\n\n"
        "Loans are given. The fund takes 5% of the shares.\n"
    )
    pages = {"bluecap": bluecap, "kestrel": kestrel, "fund": fund, "loans": loans}
    return indexed({f"{name}.md": page for name, page in pages.items()})


BLUECAP, KESTREL = "Bluecap Ventures (BCV)", "Kestrel Polytechnic"


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        # A name that begins a side begins no question: its capital is its own.
        ("Compare Bluecap and Kestrel", [BLUECAP, KESTREL]),
        ("Compare Cap and Kestrel", [BLUECAP, KESTREL]),
        ("Compare Bluecap and Kestrel with Harrier Fund", [BLUECAP, KESTREL, "Harrier Fund"]),
        ("Compare Kestrel and the fund of Harrier", [KESTREL, "Harrier Fund"]),
        (
            "Compare Kestrel and the fund of the Harrier Polytechnic",
            [KESTREL, "Harrier Polytechnic Fund"],
        ),
        ("Compare Kestrel and the fund of harrier", [KESTREL, "Harrier Fund"]),
        (
            "Compare Kestrel and the polytechnic fund of harrier",
            [KESTREL, "Harrier Polytechnic Fund"],
        ),
        ("Compare Kestrel and Wind Tunnel", [KESTREL, "2. Wind Tunnel"]),
        ("How do the Wind Tunnel and Bluecap compare for fans?", ["2. Wind Tunnel", BLUECAP]),
        # Where the first side stands, the other does not, if a page is called so.
        ("Internships at Bluecap versus the polytechnic", ["2. Internships", "1. Internships"]),
        # Who else calls a way to work so is not asked of.
        (
            "Trial Berth at the polytechnic fund versus Bluecap",
            ["Harrier Polytechnic Fund", BLUECAP],
        ),
        ("Internships at Bluecap versus students", ["Internships at Bluecap", "students"]),
        # What both have is that of the partner named.
        (
            "Compare the Trial Berth at Bluecap and internships on length",
            ["1. Trial Berth", "2. Internships"],
        ),
        ("Compare the small and the large grant", ["3. Small Grant", "4. Large Grant"]),
        ("Compare Shed A and Shed B", ["Shed A", "Shed B"]),
        (
            "Compare the ways to work with Bluecap",
            ["1. Trial Berth", "2. Internships", "3. Sheds"],
        ),
    ],
)
def test_each_side_of_a_comparison_is_where_its_words_say(
    question: str, columns: list[str], quay: Assistant
) -> None:
    answer = quay.ask(question)
    assert answer.table is not None
    assert list(answer.table.columns) == columns


def test_a_way_to_work_is_called_by_words_akin_to_its_name(indexed: Indexed) -> None:
    page = (
        "---\ntitle: Heron Institute\n---\n# Heron Institute\n\nHeron grows cells.\n\n"
        "## Ways to work with Heron Institute\n### 1. Technology Transfer\n"
        "A process is handed on.\n\n"
        "### 2. Facility Rental\nThe client runs the clean rooms.\n\n"
        "### 3. Partnership\nHeron runs the clean rooms with the client.\n"
    )
    answer = indexed({"heron.md": page}).ask(
        "What's the difference between renting the facility of Heron and going in as a partner?"
    )
    assert answer.table is not None
    assert answer.table.columns == ("2. Facility Rental", "3. Partnership")


@pytest.mark.parametrize(
    ("aspect", "text"),
    [
        ("the weekly price", "EUR 2,400 a week"),
        ("rent", "1200 CHF"),
        ("which of them takes shares", "It takes no shares."),
        ("who owns the results", "All of it belongs to the client."),
        ("which lasts longer", "Twelve weeks"),
    ],
)
def test_what_an_aspect_asks_for_is_told_in_many_forms(aspect: str, text: str) -> None:
    told = [told for asked, told in TELLS if asked.search(aspect)]
    assert any(one.search(text) for one in told)
    assert not any(one.search("ISO 9001 rooms of their own are let.") for one in told)


@pytest.mark.parametrize(
    "question",
    [
        "Compare Bluecap and a moon",
        "Compare Bluecap and the moon boats of Ganymede",
        "How do Bluecap and Kestrel compare for hovercrafts?",
        "Compare Bluecap and Kestrel on flags",  # said among its sources alone
    ],
)
def test_a_side_or_an_aspect_that_is_nowhere_makes_no_table(question: str, quay: Assistant) -> None:
    assert quay.ask(question).table is None


WHAT, SUITS = "What it is", "Who it suits"


@pytest.mark.parametrize(
    ("question", "aspects", "first"),
    [
        (
            "Compare Shed A and Shed B on price",
            ["price", WHAT],
            [["Shed A is let at no charge."], []],
        ),
        (
            "Compare Shed A and Shed B on capacity",
            ["capacity", WHAT],
            [[], ["Shed B holds 60 boats."]],
        ),
        (
            "Compare Harrier Fund and Harrier Polytechnic Fund on equity",
            ["equity", WHAT],
            [[], ["The fund takes 5% of the shares."]],
        ),
        (
            "Compare the Trial Berth and the Wind Tunnel on wild animals",
            ["wild animals", WHAT, SUITS],
            [["Animals may come along."], ["Animals are kept out."]],
        ),
        (
            "Compare the Internships at Kestrel and the Wind Tunnel on bringing animals",
            ["bringing animals", WHAT, SUITS],
            [[], ["Animals are fed at night.", "Animals are kept out."]],
        ),
        (
            "Compare the Trial Berth for universities and the Wind Tunnel on price",
            ["price", WHAT, SUITS],
            [["Universities pay $100 a week."], []],
        ),
        (  # near in meaning, without a word of it
            "Compare the Trial Berth and the Wind Tunnel on staff footwear",
            ["staff footwear", WHAT, SUITS],
            [["The employees wear boots."], []],
        ),
        # Whom it suits, and what it is, every comparison tells: of a partner in two sentences.
        (
            "Compare the Trial Berth and Kestrel on whom each suits",
            [WHAT, SUITS],
            [
                ["Cap is Bluecap, and Bluecap is Cap. The berth costs $400 a week."],
                ["Ship design is taught. The teaching is done in a hall."],
            ],
        ),
        (
            "Compare the Small Grant and the Large Grant: what each is, and what does it cost",
            ["what does it cost", WHAT],
            [["A small team is paid $300."], ["A large team is paid $900."]],
        ),
        # Asked beside the comparison: the first statement that holds it, or two that hold most.
        (
            "How do Bluecap and Kestrel compare for halls?",
            ["What you asked", WHAT, SUITS, "Website"],
            [[], ["The teaching is done in a hall."]],
        ),
        (
            "How do Bluecap and Kestrel compare for taught design and fans that stand still?",
            ["What you asked", WHAT, SUITS, "Website"],
            [[], ["Ship design is taught.", "Its fans stand still at night."]],
        ),
        (
            "How do the Wind Tunnel and the Internships at Kestrel compare for fans and kayaks?",
            ["What you asked", WHAT, SUITS],
            [["Its fans stand still at night."], []],
        ),
    ],
)
def test_a_table_has_what_is_asked_and_then_what_every_page_tells(
    question: str, aspects: list[str], first: list[list[str]], quay: Assistant
) -> None:
    answer = quay.ask(question)
    assert answer.table is not None
    assert [aspect for aspect, _ in answer.table.rows] == aspects
    _, cells = answer.table.rows[0]
    assert [[answer.citations[number - 1].quote for number in cell] for cell in cells] == first


def test_a_column_whose_quotes_stand_above_says_so(quay: Assistant) -> None:
    assert said(quay.ask("Compare Shed A and Shed B")) == [
        "Side by side, in the pages' own words:",
        "Shed A:",
        "“Shed A is let at no charge.” [1]",
        "Shed B:",
        "“Shed B holds 60 boats.” [2]",
        "“Shed B has doors.” [3]",
        "What it is:",
        "Shed A:",
        "“Sheds are let.” [4]",
        "Shed B: see what is quoted above.",
    ]


@pytest.fixture(scope="module")
def stalls(indexed: Indexed) -> Assistant:
    """Four partners, whose files are in another order than their titles."""
    ways_of = {
        "Oak": ("Oak lends tents and skates.", "### Trees\nTrees are cut."),
        "Fir": ("Fir lends skates, wax and tents.", "### Trees\nTrees are kept."),
        "Elm": (
            "Elm is old.",
            "### Water\nElm lends boats.\n\n**Who is this suitable for?**\n* Start-ups\n\n"
            "### Land\nElm does not lend boats. Elm lends tents.\n\n"
            "**Who is this not suitable for?**\n* Start-ups",
        ),
        "Ash": (
            "Ash lends boats and tents.",
            "### Boats\nAsh lends red boats. Tents and boats are lent. Ash boats are new.\n\n"
            "### Kites\nKites are kept dry.",
        ),
    }
    pages = {
        f"{at}.md": f"---\ntitle: {name} Hire\n---\n# {name} Hire\n\n{overview}\n\n"
        f"## Ways to work with {name}\n{ways}\n"
        for at, (name, (overview, ways)) in enumerate(ways_of.items())
    }
    needs = ("boats", "tents", "skates", "kites")
    vocabulary = "".join(f'[need.{need}]\nwords = ["{need[:-1]}"]\n' for need in needs)
    vocabulary += '[audience.start-up]\nwords = ["start-up"]\n'
    return indexed(pages | {"vocabulary.toml": vocabulary})


def test_a_list_quotes_two_statements_a_place_and_counts_each_partner_once(
    stalls: Assistant,
) -> None:
    answer = stalls.ask("Which partners have boats?")
    # Elm lends boats in one way to work: that another does not is no exclusion.
    (counted,) = [dict(s.names) for s in answer.sentences if s.template == "list.counted"]
    assert [counted[name] for name in ("stated", "silent", "excluded")] == ["2", "2", "0"]
    assert [citation.quote for citation in answer.citations] == [
        "Ash lends boats and tents.",
        "Ash lends red boats.",
        "Tents and boats are lent.",
        "Elm lends boats.",
    ]
    denied = stalls.ask("Which partners do not have boats?")
    (counted,) = [dict(s.names) for s in denied.sentences if s.template == "list.excluding"]
    assert [counted[name] for name in ("excluded", "stated", "silent")] == ["1", "1", "2"]


def test_a_list_is_in_the_order_of_titles(stalls: Assistant) -> None:
    answer = stalls.ask("Which partners have tents and skates, but no boats?")
    assert [citation.quote for citation in answer.citations] == [
        "Fir lends skates, wax and tents.",
        "Oak lends tents and skates.",
        "Elm does not lend boats.",
    ]


def test_where_nobody_excludes_it_the_answer_is_less_sure(stalls: Assistant) -> None:
    answer = stalls.ask("Which partners have no trees?")
    assert answer.citations == ()
    assert answer.confidence < stalls.ask("Which partners do not have boats?").confidence


def test_no_partner_is_said_to_be_the_best(stalls: Assistant) -> None:
    answer = stalls.ask("Which partner has the best boats?")
    assert (answer.status, answer.sentences[-1].template) == ("partial", "list.no_ranking")


def test_the_whole_directory_is_asked_for_in_many_words(stalls: Assistant) -> None:
    for question in ("Give me a list of all your partners", "Which other partners are there?"):
        assert [s.template for s in stalls.ask(question).sentences] == ["list.all"]


def test_twenty_partners_are_named_and_those_beyond_are_counted(indexed: Indexed) -> None:
    pages = {
        f"{at}.md": f"---\ntitle: House {chr(97 + at)}{chr(97 + at)}\n---\nA house.\n"
        for at in range(21)
    }
    (all_of_them,) = said(indexed(pages).ask("List all partners"))
    assert "House tt" in all_of_them
    assert "House uu" not in all_of_them
    assert "1 more" in all_of_them
    del pages["20.md"]
    (all_of_them,) = said(indexed(pages).ask("List all partners"))
    assert all_of_them.endswith("House tt.")


def test_a_match_shows_at_most_three_that_are_about_as_near(stalls: Assistant) -> None:
    answer = stalls.ask("We need tents. Who suits us?")
    assert answer.table is not None
    assert len(answer.table.columns) == 3


def test_a_match_names_the_way_and_each_criterion_that_it_excludes(stalls: Assistant) -> None:
    answer = stalls.ask("We are a start-up and need boats. Who suits us?")
    assert answer.status == "answered"
    assert answer.table is not None
    assert answer.table.columns == ("Elm Hire › Water",)
    # All of it is quoted for the criteria: no row is left for the nearest words.
    assert [aspect for aspect, _ in answer.table.rows] == ["start-up", "boats"]
    (left_out,) = [dict(s.names) for s in answer.sentences if s.template == "match.excluded"]
    assert (left_out["heading"], left_out["criteria"]) == ("Land", "start-up, boats")


def test_a_match_is_less_sure_the_less_is_stated(stalls: Assistant) -> None:
    whole = stalls.ask("We need kites. Who suits us?")
    half = stalls.ask("We need kites and yoghurt. Who suits us?")
    unknown = stalls.ask("We need kites. Which partner with hovercrafts suits us?")
    assert [answer.status for answer in (whole, half, unknown)] == ["answered", *["partial"] * 2]
    assert whole.confidence > half.confidence
    assert whole.confidence > unknown.confidence


def test_an_or_within_what_a_kind_of_partner_has_asks_for_both_together(isles: Assistant) -> None:
    answer = isles.ask("Which colleges let rooms or halls?")
    assert answer.sentences[0].template == "list.all_of"
    assert {citation.profile for citation in answer.citations} == {"ash", "elm"}


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("When did the mill open?", "The mill was opened on 3 May 2019."),  # not merely that it did
        ("When did the mill open its doors to visitors in 2021?", None),
        ("How many weeks does the mill close?", "The mill closes for 3 weeks."),
    ],
)
def test_a_time_or_year_that_is_asked_for_is_quoted_or_it_is_no_answer(
    question: str, quote: str | None, indexed: Indexed
) -> None:
    mill = indexed(
        {
            "mill.md": "---\ntitle: Wind Mill\n---\n# Wind Mill\n\n## Doors\nThe mill did open "
            "its doors to visitors.\n\nThe mill was opened on 3 May 2019.\n\n## Rest\n"
            "The mill closes for 3 weeks.\n"
        }
    )
    answer = mill.ask(question)
    if quote is None:
        assert answer.status == "not_found"
    else:
        assert answer.citations[0].quote == quote


PRICED = {
    "alpha.md": "# Alpha\n\n## Ways to work with Alpha\n\n### 1. Test Hall\n\n"
    "The hall tests walls and beams for builders.\n\n"
    "| Test | Price (EUR) | Ready in |\n|---|---|---|\n"
    "| Beam, static | 1,700 | 3 weeks |\n| Wall panel, cyclic | 3,900 | 6 weeks |\n"
}


@pytest.mark.parametrize(
    "question",
    [
        "What is the price of a cyclic wall panel test at Alpha?",
        "price for a cyclic wall panel test",
    ],
)
def test_a_row_is_read_and_quoted_with_the_names_of_its_columns(
    question: str, indexed: Indexed
) -> None:
    answer = indexed(PRICED).ask(question)
    assert answer.status == "answered"
    assert [citation.quote for citation in answer.citations] == [
        "Test\nPrice (EUR)\nReady in",
        "Wall panel, cyclic\n3,900\n6 weeks",
    ]
    assert [citation.columns for citation in answer.citations] == [None, 1]


def test_a_row_of_a_later_question_still_knows_its_columns(indexed: Indexed) -> None:
    answer = indexed(PRICED).ask(
        "Whom does the hall at Alpha test walls for, and what is the price of a static beam test?"
    )
    quotes = [citation.quote for citation in answer.citations]
    assert "for builders" in quotes[0]
    assert quotes[1:] == ["Test\nPrice (EUR)\nReady in", "Beam, static\n1,700\n3 weeks"]
    assert [citation.columns for citation in answer.citations] == [None, None, 2]


def test_a_row_is_shown_as_a_table_with_its_columns_and_both_citations(indexed: Indexed) -> None:
    answer = indexed(PRICED).ask("price for a cyclic wall panel test")
    page = html.fromstring(f"<div>{web.said_html(web.said(answer))}</div>")
    (table,) = page.iter("table")
    assert ["".join(map(str, cell.itertext())) for cell in table.iter("th")] == [
        "Test",
        "Price (EUR)",
        "Ready in",
    ]
    assert ["".join(map(str, cell.itertext())) for cell in table.iter("td")] == [
        "TestWall panel, cyclic",
        "Price (EUR)3,900",
        "Ready in6 weeks",
    ]
    (quote,) = page.iter("blockquote")
    numbers = [link.text for link in quote.iter("a")]
    assert numbers == ["[1]", "[2]"]
    kept = kept_said(answer_object(answer))
    assert web.said_html(kept) == web.said_html(web.said(answer))
    # A page that has changed since is not shown, neither its columns nor its rows.
    gone = web.said_html(replace(kept, stale=frozenset((1, 2))))
    assert "3,900" not in gone
    assert "Price" not in gone


def test_a_page_in_the_folder_a_question_names_need_not_say_whose_it_is(indexed: Indexed) -> None:
    terms = "It covers half of the cost of ten sessions."
    assistant = indexed(
        {
            "pixel/coaching.md": f"# Coaching\n\n## Terms\n\n{terms}\n",
            "pixel/rooms.md": "# Rooms\n\n## Terms\n\nA room costs 40 dollars a day.\n",
            "grant.md": "# Grant\n\n## Terms\n\nThe grant is paid in May.\n",
        }
    )
    answer = assistant.ask("How much of the cost does the coaching of PIXEL cover?")
    assert [citation.quote for citation in answer.citations] == [terms]
    assert assistant.ask("How much of the cost does the coaching of QUASAR cover?").citations == ()


def test_a_page_that_says_it_more_clearly_is_quoted_before_the_partners_own(
    indexed: Indexed,
) -> None:
    ways = "\n\n## Ways to work with {0}\n\n### 1. Rental\n\n{0} rents rooms.\n"
    alpha = (
        "# Alpha Institute (ALPHA)\n\n## Overview\n\nALPHA was established in 2020 to make cells."
    )
    beta = "# Beta College (BETA)\n\n## Overview\n\nBETA teaches. "
    opened = "The minister opened ALPHA on 3 May 2021."
    assistant = indexed(
        {"alpha.md": alpha + ways.format("ALPHA"), "beta.md": beta + opened + ways.format("BETA")}
    )
    answer = assistant.ask("When was ALPHA opened?")
    assert [citation.quote for citation in answer.citations] == [opened]
    answer = assistant.ask("When was ALPHA established?")
    assert [citation.profile for citation in answer.citations] == ["alpha"]


@pytest.fixture(scope="module")
def brewers(indexed: Indexed) -> Assistant:
    """Two partners whose ways to work say little in an asker's words."""
    suits = "**Who is this suitable for?**\n"
    return indexed(
        {
            "malt.md": "---\ntitle: Malt House\n---\n### Malt House\nMalt House makes food.\n"
            "#### Ways to work with Malt House\n##### 1. Kettles\nBeer and vinegar are brewed in "
            f"kettles of 100 litres.\n\n{suits}* Breweries\n##### 2. Letters\nWe answer letters.\n",
            "tram.md": "---\ntitle: Tram Depot\n---\n### Tram Depot\nTrams stand here at night.\n"
            "#### Ways to work with Tram Depot\n##### 1. Rails\nManufacturers lay rails here.\n",
        }
    )


def test_the_ways_nearest_to_what_is_told_are_shown_where_none_states_it(
    brewers: Assistant,
) -> None:
    told = "I own a brewery and hate to see good beer go to waste. Which partner fits?"
    answer = brewers.ask(told)
    assert (answer.request.intent, answer.request.criteria) == ("match", ())
    assert answer.status == "partial"
    assert answer.citations[0].heading_path[-1] == "1. Kettles"


@pytest.mark.parametrize(
    "question",
    [
        "Which partner can manufacture a vaccine under GMP for us?",
        "We need someone to audit our tax returns.",
    ],
)
def test_a_need_of_which_no_page_knows_the_words_is_refused(
    question: str, brewers: Assistant
) -> None:
    answer = brewers.ask(question)
    assert (answer.status, answer.citations) == ("not_found", ())


SITE = {
    "ab-gov/privacy.md": "# Privacy\n\nAlbor keeps no data of yours for longer than a year.\n",
    "ab-gov/grants.md": "# Grants\n\nAlbor lends rooms to young firms.\n",
    "ab-gov/about.md": "# About\n\n## Mission\n\nTo help every school in town to teach music.\n",
    "ab-gov/events.md": "# Events\n\nAlbor meets schools in May.\n",
    **{f"other/{n}.md": f"# Cid {n}\n\nCid {n} tests boats and bridges.\n" for n in range(6)},
}


def test_a_page_of_a_site_need_not_say_whose_it_is(indexed: Indexed) -> None:
    answer = indexed(SITE).ask("What is Albor's mission?")
    assert [citation.quote for citation in answer.citations] == [
        "To help every school in town to teach music."
    ]


def test_a_sentence_that_refers_to_the_one_before_is_quoted_with_it(indexed: Indexed) -> None:
    pages = {
        "alpha.md": "# Alpha\n\nAlpha lends rooms. Its main gathering is the Night of Kites. First "
        "held in 2019, Alpha continues to organise this event in October every year.\n"
    }
    (quote,) = [
        c.quote for c in indexed(pages).ask("Which event does Alpha organise every year?").citations
    ]
    assert quote.startswith("Its main gathering is the Night of Kites. First held in 2019")


def test_addresses_are_quoted_with_the_line_that_announces_them(indexed: Indexed) -> None:
    pages = {
        "alpha.md": "# Alpha\n\nAlpha lends rooms.\n\nFor more about the prize, please contact:\n\n"
        "Ann Lee<br>Phone: 6576 7014\n\nBo Tan<br>Phone: 6576 7013\n\nAlpha is closed in May.\n"
    }
    (quote,) = [
        c.quote for c in indexed(pages).ask("Whom do I contact about the prize of Alpha?").citations
    ]
    assert quote.endswith("Ann Lee\nPhone: 6576 7014\n\nBo Tan\nPhone: 6576 7013")


def test_whom_to_write_to_is_told_by_the_pages_addresses(indexed: Indexed) -> None:
    page = (
        "# Alpha\n\nAlpha lends rooms.\n\n## Contact\n\n- Ann Lee, desk@alpha.example\n- Bo Tan, "
        "rooms@alpha.example\n- Cy Ong, boats@alpha.example\n\n## Ways to work with Alpha\n\n"
        "### 1. Room\n\nA room for a day.\n\n##### [Request Introduction](https://alpha.example)\n"
    )
    assistant = indexed({"alpha.md": page})
    answer = assistant.ask("How can we contact Alpha?")
    assert [c.quote for c in answer.citations] == [
        "Ann Lee, desk@alpha.example",
        "Bo Tan, rooms@alpha.example",
        "Request Introduction",
    ]
    answer = assistant.ask("Introduce us to Alpha")  # by its form, not by its addresses
    assert [c.quote for c in answer.citations] == ["Request Introduction"]
    without = page.partition("## Ways")[0]
    answer = indexed({"alpha.md": without}).ask("How can we contact Alpha?")
    assert answer.status == "answered"


def test_what_a_list_does_not_cover_is_said_before_what_it_does(isles: Assistant) -> None:
    answer = isles.ask("Which partners have rooms standing by a lake?")
    said = [sentence.template for sentence in answer.sentences if sentence.template]
    assert said.index("list.uncovered_words") < said.index("list.counted")


def test_told_first_and_asked_whether_there_is_any_is_a_match(indexed: Indexed) -> None:
    pages = {
        "alpha.md": "# Alpha\n\n## Ways to work with Alpha\n\n### 1. Meadow\n\nAlpha lends its "
        "meadow for hives.\n\n**Who is this suitable for?**\n\n- Beekeepers\n",
        "beta.md": "# Beta\n\n## Ways to work with Beta\n\n### 1. Quay\n\nBeta lends a quay.\n\n"
        "**Who is this suitable for?**\n\n- Skippers\n",
    }
    assistant = indexed(pages)
    for question in (
        "Two sisters, forty hives, no land. Is there a meadow for beekeepers?",
        "We keep forty hives on our roof, where could we put up some on a meadow?",
        "Our family keeps forty hives on a roof. They need a meadow. How?",
    ):
        answer = assistant.ask(question)
        assert answer.request.intent == "match", question
        assert answer.citations[0].profile == "alpha", question
    assert assistant.ask("We keep hives. How much is the meadow?").request.intent == "fact"


def test_a_particle_or_an_or_is_no_part_of_what_is_looked_for(isles: Assistant) -> None:
    for question, name in (
        ("Who rents out rooms?", "rents rooms"),
        ("Which partners are colleges or funds?", "colleges or funds"),
    ):
        criteria = isles.ask(question).request.criteria
        assert name in [criterion.name for criterion in criteria], question
    for one in isles.ask("We need four start-up rooms").request.criteria:
        assert not one.name.endswith("-")
    denied = isles.ask("Which partners have rooms that need not be paid?").request.criteria
    assert not any(criterion.is_denied for criterion in denied)


def test_who_states_the_rarest_word_alone_is_listed_too(indexed: Indexed) -> None:
    said = {"alpha": "loom laboratory", "beta": "loom", "gamma": "laboratory", "delta": "library"}
    pages = {
        f"{name}.md": f"# {name.title()}\n\n{name.title()} lends a {what}.\n\n## Rooms\n\nRooms.\n"
        for name, what in said.items()
    }
    pages |= {f"other{n}.md": f"# Other {n}\n\nOther {n} has a laboratory.\n" for n in range(3)}
    answer = indexed(pages).ask("Which partners have loom laboratories?")
    counts = [dict(s.names) for s in answer.sentences if s.template.startswith("list.")]
    assert [(c["criterion"], c["stated"]) for c in counts] == [
        ("loom laboratories", "1"),
        ("loom", "2"),
    ]
    assert [citation.profile for citation in answer.citations] == ["alpha", "beta"]


def test_where_something_is_mentioned_is_a_list_of_all_pages(indexed: Indexed) -> None:
    pages = {
        "alpha.md": "# Alpha\n\n## Ways to work with Alpha\n\n### 1. Green Label\n\nA label for "
        "quiet looms.\n\n**Who is this suitable for?**\n\n- Weavers\n",
        "beta.md": "# Beta\n\nBeta holds the Green Label since 2019.\n",
        "gamma.md": "# Gamma\n\nGamma dyes wool.\n",
    }
    for question in ("Where in the directory is Green Label mentioned?", "Which pages name wool?"):
        answer = indexed(pages).ask(question)
        assert answer.request.intent == "list", question
    assert {citation.profile for citation in answer.citations} == {"gamma"}


def test_sums_of_any_currency_are_set_side_by_side(indexed: Indexed) -> None:
    pages = {
        f"{name}.md": f"# {name.title()}\n\n## Ways to work with {name.title()}\n\n### 1. Bench\n\n"
        f"Users of the bench bring gloves and an insurance. A day at the bench is RM {price}.\n\n"
        "**Who is this suitable for?**\n\n- Bakers\n"
        for name, price in (("alpha", 130), ("beta", 90))
    }
    answer = indexed(pages).ask("Compare Alpha and Beta on the price of the bench.")
    assert answer.table is not None
    (row,) = [cells for aspect, cells in answer.table.rows if "price" in aspect]
    quotes = [[answer.citations[n - 1].quote for n in cell] for cell in row]
    assert [["RM 130" in q for q in quotes[0]], ["RM 90" in q for q in quotes[1]]] == [[True]] * 2
