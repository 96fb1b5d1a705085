"""Which partner is meant, and what a follow-up takes over."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from askpartner.errors import QuestionError
from askpartner.index import MODELS, Index, build_index, open_index
from askpartner.settings import Settings, load_settings
from askpartner.types import Concept
from askpartner.understand import Turn, asked_of_each, understand
from askpartner.understand.names import offering_names, partner_names
from conftest import PAGES, MakeSettings, link_models


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
        ("Does Alpha rent rooms?", ("alpha",)),  # "Ways to work with Alpha" is what its page says
        ("an alpha version", ()),
        ("tell me about gamma poly", ("gamma",)),
        ("gamma pol", ("gamma",)),  # its own word, whatever stands behind
        ("Is gamma pol open?", ()),  # of a shortened name at least four letters
    ],
)
def test_partners_are_found_by_their_names(
    question: str, partners: tuple[str, ...], index: Index
) -> None:
    assert understand(question, (), index).partners == partners


def test_parts_of_a_long_title_name_it(tmp_path: Path, make_settings: MakeSettings) -> None:
    corpus = tmp_path / "long"
    corpus.mkdir()
    for name in ("Harbour City Cell Therapy Centre", "Island Food Laboratory"):
        (corpus / f"{name[0]}.md").write_text(
            f"---\ntitle: {name}\n---\n# {name}\n\nHCCTC is a centre. IFL tests soup.\n\n"
            "## Ways to work with us\n### Visits\nVisits are free.\n"
        )
    settings = make_settings(corpus)
    build_index(settings)
    index = open_index(settings.index)

    def named(question: str) -> tuple[str, ...]:
        return understand(question, (), index).partners

    assert named("where is the harbour city cell place?") == ("H",)  # its first words, any case
    assert named("What does the Cell Therapy Centre do?") == ("H",)
    assert named("Which cell therapy centre is there?") == ()  # may be any
    assert named("What is Cell Therapy?") == ()  # two words of five are too few
    assert named("Does the Food Laboratory test soup?") == ("I",)
    assert named("is there a food laboratory?") == ()
    # Initials that the page uses itself may be typed small.
    assert named("does ifl test soup?") == ("I",)


@pytest.fixture(scope="module")
def valley(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A directory whose partners and ways to work are also called by what they are."""
    folder = tmp_path_factory.mktemp("valley")
    (folder / "corpus").mkdir()
    pages = {
        "tourism": ("Lake Tourism Board (LTB)", "Slow Season Fund"),
        "snow": ("Institute for Snow and Avalanches", "Cold Laboratory"),
        "ice": ("Institute for Ice Research", "Short Courses"),
        "forest": ("Lake Forest Owners Cooperative", "Technology Transfer"),
        "bank": ("Lake Regional Development Bank", "Start Guarantee"),
        "hall": ("Ski Test Hall", "Glide Hall"),
        "college": ("Lake Vocational College", "Drone Pilot Academy"),
        "rink": ("Rink Test Hall", "Skate Trials"),
    }
    for name, (title, way) in pages.items():
        (folder / "corpus" / f"{name}.md").write_text(
            f"---\ntitle: {title}\n---\n# {title}\n\nHere since 1990.\n\n"
            f"## Ways to work with us\n\n### 1. {way}\n\nOpen to all.\n"
        )
    link_models(built.index / MODELS, folder / "index")
    settings = load_settings(corpus=folder / "corpus", index=folder / "index")
    build_index(settings)
    return open_index(settings.index)


@pytest.mark.parametrize(
    ("question", "partners"),
    [
        ("What does the tourism board pay for?", ("tourism",)),
        ("Who leads the avalanche institute?", ("snow",)),
        ("Who leads the snow lab?", ()),  # no word of a title or heading says that
        ("Who leads the institute?", ()),
        ("What do the forest owners sell?", ("forest",)),
        ("What does the development bank lend?", ("bank",)),
        ("What does the development bank of Norway lend?", ()),
        ("Is there a development bank?", ()),
        ("How big is the test hall?", ()),  # two titles fit
        ("Which are the research institutes?", ()),  # more than the one Institute for Ice Research
        ("What does the drone academy cost?", ("college",)),
        ("Compare the tourism board and the vocational college", ("tourism", "college")),
        ("How does the technology transfer at the tourism board work?", ("tourism",)),
        ("Does the tourism board know the drone academy?", ("tourism",)),
    ],
)
def test_a_description_names_what_it_alone_fits(
    question: str, partners: tuple[str, ...], valley: Index
) -> None:
    assert understand(question, (), valley).partners == partners


@pytest.mark.parametrize(
    ("question", "partners", "ways"),
    [
        ("What does the glide hall cost?", ("hall",), 1),
        ("What does the tourism board's glide hall cost?", ("tourism",), 0),
        ("What does the glide hall at the Lake Tourism Board cost?", ("tourism",), 0),
        ("What does Ski Test Hall's glide hall cost?", ("hall",), 1),
        ("Does LTB know the glide hall?", ("tourism", "hall"), 1),
    ],
)
def test_what_is_said_to_be_a_partners_own_is_no_others(
    question: str, partners: tuple[str, ...], ways: int, valley: Index
) -> None:
    request = understand(question, (), valley)
    assert (request.partners, len(request.offerings)) == (partners, ways)


def test_names_of_a_title() -> None:
    assert set(partner_names("Cell Centre, Singapore (ACC)")) == {
        ("cell", "centr", "singapor", "acc"),
        ("cell", "centr", "singapor"),
        ("cell", "centr"),
        ("acc",),
    }


@pytest.mark.parametrize(
    ("heading", "named", "not_named"),
    [
        ("1. Cancer research through STCC", "stcc", "cancer"),
        ("2. mRNA BioFoundry", "biofoundri", "mrna foundry"),
        ("Help with aI", "help with ai", "ai"),  # two letters are too few
        ("3. Innovation to Adopt (I2Adopt)", "i2adopt", "adopt"),
    ],
)
def test_names_of_a_way_to_work(heading: str, named: str, not_named: str) -> None:
    names = {" ".join(name) for name in offering_names(heading)}
    assert named in names
    assert not_named not in names


def test_a_turn_of_four_words_of_its_own_stands_alone(index: Index) -> None:
    history = [Turn("user", "What does the Alpha Institute study?")]
    three = understand("yeast rooms price", history, index)
    assert three.carried == ("Alpha Institute (AI)",)
    four = understand("yeast rooms price deposit", history, index)
    assert four.partners == ()


def test_a_follow_up_takes_over_the_partner_named_last(index: Index) -> None:
    history = [
        Turn("user", "What does Beta Fund pay for?"),
        Turn("assistant", "Vaccines."),
        Turn("user", "And where is Alpha Institute?"),
    ]
    request = understand("Who is it suitable for?", history, index)
    assert (request.partners, request.carried) == (("alpha",), ("Alpha Institute (AI)",))
    assert request.text == "Who is it suitable for? (AI)"


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


def test_thanks_take_nothing_over(index: Index) -> None:
    history = [Turn("user", "What does the Alpha Institute study?"), Turn("assistant", "Yeast.")]
    request = understand("Thanks!", history, index)
    assert (request.intent, request.partners, request.carried) == ("small_talk", (), ())


def test_some_of_a_list_are_of_no_single_partner(index: Index) -> None:
    listed = [
        Turn("user", "Which partners have courses?"),
        Turn("assistant", "Alpha Institute: “courses on yeast”"),
    ]
    request = understand("Which of those are for bakers?", listed, index)
    assert (request.intent, request.partners) == ("list", ())
    # Who works with one partner is no list of partners.
    asked = [Turn("user", "What is Alpha Institute?"), Turn("user", "Who works with them?")]
    assert understand("And bakers?", asked, index).partners == ("alpha",)


def test_those_spoken_of_are_compared(index: Index) -> None:
    asked = ["What is Alpha Institute?", "Is Beta Fund larger?", "Where does it stand?"]
    history = [Turn("user", one) for one in asked]
    for question in ("Compare the two", "What is the difference between them?"):
        request = understand(question, history, index)
        assert (request.intent, request.partners) == ("compare", ("alpha", "beta"))
    said = understand("Compare the two", history, index).carried
    assert understand("Compare the two", history, index, drop=said[:1]).partners != (
        "alpha",
        "beta",
    )
    # Where the asker named none, those that the last reply lists.
    history = [Turn("user", "Who has courses?"), Turn("assistant", "Beta Fund; Alpha Institute")]
    assert understand("Compare them", history, index).partners == ("beta", "alpha")


def test_what_else_is_offered_is_not_of_the_way_spoken_of(index: Index) -> None:
    history = [Turn("user", "What does Laboratory Rental at Alpha Institute cost?")]
    request = understand("What else do they offer?", history, index)
    assert (request.intent, request.partners, request.offerings) == ("ways", ("alpha",), ())


def test_an_earlier_question_is_not_asked_again_once_dropped(index: Index) -> None:
    history = [Turn("user", "What does the Alpha Institute study?")]
    question = "What about Gamma Polytechnic?"
    before = understand(question, history, index)
    assert before.carried == ("What does the Alpha Institute study?",)
    after = understand(question, history, index, drop=before.carried)
    assert (after.text, after.partners, after.carried) == (question, ("gamma",), ())


def test_what_is_of_several_names_together_is_not_asked_of_each(index: Index) -> None:
    assert len(asked_of_each("Where are Alpha Institute and Beta Fund?", index)) == 2
    assert asked_of_each("Where are Alpha Institute and Beta Fund's offices?", index) == {}


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


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("Is there a start-up course?", "list"),
        ("Is there a course on yeast?", "fact"),  # yeast is no concept
        ("What does Alpha Institute offer to partners?", "ways"),
        ("What does Alpha Institute offer to astronauts?", "fact"),
        ("What is the internet address of Alpha Institute?", "website"),
        ("What's Alpha Institute?", "overview"),
        ("What's Alpha Institute's site?", "website"),
        ("What's the site of the yeast at Alpha Institute?", "fact"),
        ("Whom is Alpha Institute for?", "audience"),
        ("Whom does Alpha Institute address?", "audience"),
        ("Whom does Laboratory Rental at Alpha Institute turn away?", "audience"),
        ("We are a bakery. How much would a yeast course cost?", "fact"),
        ("We are a bakery. Who has a yeast course, and how much is it?", "match"),
        ("We are a bakery with old ovens; who teaches baking?", "match"),
        ("What can a start-up do with Alpha Institute?", "match"),
        ("What does Alpha Institute offer on yeast?", "fact"),
        ("A mill would like its flour tested. Who does that?", "match"),  # asked for another
        ("A mill tests its flour. Who owns it?", "fact"),
        ("What can a start-up learn on yeast at Alpha Institute?", "fact"),
        ("Whom should we call at Alpha Institute?", "introduction"),
        ("What is the contact of Alpha Institute?", "introduction"),
        ("Who do I call about yeast?", "fact"),
        ("How can we get access to an oven?", "match"),
        ("How does our small bakery find a mentor?", "fact"),  # asks of its own doing
        ("how can our small bakery find a mentor", "match"),
        ("How do I get to the oven?", "fact"),
        ("How can we get access to an oven of Alpha Institute?", "fact"),
        ("What support is there for bakers?", "match"),
        ("What support is on the shelf?", "fact"),
        ("oven tests for a small start-up", "match"),
        ("price of oven tests for a start-up", "fact"),
        ("Is there an oven for a start-up?", "fact"),
        ("oven tests for yeast", "fact"),
        ("Who does courses?", "list"),
        ("Where is Alpha Institute located?", "place"),
        ("Where is the yeast of Alpha Institute kept?", "fact"),
        ("What is the eligibility for Laboratory Rental at Alpha Institute?", "audience"),
        ("Whom did Alpha Institute have in mind with Laboratory Rental?", "audience"),
        ("Who can make use of Laboratory Rental at Alpha Institute?", "audience"),
        ("Who would benefit from Laboratory Rental at Alpha Institute?", "audience"),
        ("In what ways can an outsider team up with Alpha Institute?", "ways"),
        ("How could a company get involved with Alpha Institute?", "ways"),
        ("What cooperation formats exist with Alpha Institute?", "ways"),
        ("What's on offer at Alpha Institute?", "ways"),
        ("How many people work at Alpha Institute?", "fact"),
        ("When does the programme of Alpha Institute begin?", "fact"),
        ("partners based in Harwell", "list"),
        ("Are there partners in Harwell?", "list"),
        ("Who is based in Harwell?", "list"),
        ("Who lends bicycles?", "list"),
        ("Who lends the bicycle of Harwell?", "fact"),
        ("Please write me a poem on yeast.", "fact"),  # tells nothing of the asker
        ("I write a thesis on yeast and would like to know how old Alpha Institute is.", "fact"),
        ("Our bread fits no tin. How does Harwell help bakers?", "fact"),
    ],
)
def test_what_is_wanted(question: str, intent: str, index: Index) -> None:
    start_up = Concept("audience", "start-up", ("start-up",), ())
    course = Concept("need", "training", ("course", "training"), ())
    directory = replace(index, vocabulary=(start_up, course))
    assert understand(question, (), directory).intent == intent


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which partners help with yeast questions?", ["yeast"]),  # of any topic: left out
        ("Which partners have questions?", ["questions"]),  # but not where nothing else is asked
        ("List all partners", []),
        ("Which partners exclude yeast?", ["yeast"]),
        ("Which partners do not exclude companies?", ["company"]),
    ],
)
def test_criteria_of_a_list_are_what_is_looked_for(
    question: str, names: list[str], index: Index
) -> None:
    request = understand(question, (), index)
    assert request.intent == "list"
    assert [criterion.name for criterion in request.criteria] == names


def test_nothing_is_taken_over_from_a_greeting(index: Index) -> None:
    history = [Turn("user", "Hello"), Turn("assistant", "Hello. Ask me about the partners.")]
    request = understand("And who can help with rope?", history, index)
    assert (request.text, request.carried) == ("And who can help with rope?", ())


def test_where_asks_for_the_place_unless_it_asks_for_more(index: Index) -> None:
    assert understand("Where's Alpha Institute?", (), index).intent == "place"
    assert understand("Where does Alpha Institute keep yeast?", (), index).intent == "fact"


def test_the_verb_to_last_names_no_last_one(index: Index) -> None:
    history = [Turn("user", "Tell me about Laboratory Rental at Alpha Institute.")]
    carried = understand("How long does it last?", history, index).offerings
    assert carried == understand("Laboratory Rental at Alpha Institute", [], index).offerings
    last = understand("What about the last one?", history, index).offerings
    assert last == understand("Training at Alpha Institute", [], index).offerings


def test_an_acronym_that_is_an_ordinary_word_is_a_name_only_in_capitals(
    tmp_path: Path, make_settings: MakeSettings
) -> None:
    corpus = tmp_path / "angels"
    corpus.mkdir()
    (corpus / "can.md").write_text(
        "# Copper Angel Network (CAN)\n\n## Ways to work with CAN\n\n### 1. Pitching\n\nCAN meets\n"
    )
    settings = make_settings(corpus)
    build_index(settings)
    index = open_index(settings.index)
    assert understand("Who can help, and can we rent a room?", (), index).partners == ()
    assert understand("When does CAN meet?", (), index).partners == ("can",)
    assert understand("WHO CAN HELP US?", (), index).partners == ()


def index_of(pages: Mapping[str, str], folder: Path, built: Settings) -> Index:
    """The index of pages by file name, each from its title on, with the models of another."""
    (folder / "corpus").mkdir()
    for name, page in pages.items():
        (folder / "corpus" / f"{name}.md").write_text(f"---\ntitle: {page}")
    link_models(built.index / MODELS, folder / "index")
    settings = load_settings(corpus=folder / "corpus", index=folder / "index")
    build_index(settings)
    return open_index(settings.index)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory, built: Settings) -> Index:
    """Partners whose titles begin with a word of their own, and pages that speak of others."""
    folder = tmp_path_factory.mktemp("harbour")
    pages = {
        "bluecap": "Bluecap Ventures\n---\n# Bluecap Ventures\n\nWe invest.\n\n"
        "## Ways to work with us\n### Seed Money Fund\nPhase 1 pays S$100 in spring.\n"
        "### Sprat Plan\nThe Sprat plan costs $60, the Tuna plan $480.\n",
        "berlin": "Berlin Institute\n---\n# Berlin Institute\n\nIt tests pumps.\n\n"
        "## Ways to work with us\n### Pump Tests\nPumps are tested.\n",
        "catalyst": "Catalyst Fund\n---\n# Catalyst Fund\n\nA catalyst for Berlin.\n\n"
        "## Ways to work with us\n### Grants\nIt pays.\n",
    }
    return index_of(pages, folder, built)


@pytest.mark.parametrize(
    ("question", "partners"),
    [
        ("What does Bluecap invest in?", ("bluecap",)),
        ("We are in Berlin and need help.", ()),  # a place, as another page has it
        ("Is there a Catalyst for tar?", ()),  # its own page writes it without a capital
        ("Who can apply for the Seed Money?", ("bluecap",)),  # half of a heading
        ("We need seed money.", ()),
    ],
)
def test_a_word_of_its_own_names_a_partner(
    question: str, partners: tuple[str, ...], harbour: Index
) -> None:
    assert understand(question, (), harbour).partners == partners


@pytest.mark.parametrize(
    ("before", "question", "text"),
    [
        (
            "What is the price of Bluecap's Sprat offer?",
            "And the Tuna one?",
            "What is the price of Bluecap's Tuna offer?",
        ),
        (
            "What does phase 1 pay at Bluecap?",
            "And the second phase?",
            "What does phase 2 pay at Bluecap?",
        ),
        (
            "What does phase 1 pay at Bluecap?",
            "what about phase 3?",
            "What does phase 3 pay at Bluecap?",
        ),
        (
            "When is the deadline for the spring batch at Bluecap?",
            "What about autumn?",
            "When is the deadline for autumn at Bluecap?",
        ),
        ("When was Bluecap founded?", "who owns the company?", "who owns Bluecap Ventures?"),
    ],
)
def test_a_follow_up_changes_one_thing_of_the_question_before(
    before: str, question: str, text: str, harbour: Index
) -> None:
    request = understand(question, [Turn("user", before)], harbour)
    assert request.text == text
    assert request.partners == ("bluecap",)
    assert request.intent == "fact"
    assert request.carried


def test_another_number_needs_no_partner(harbour: Index) -> None:
    before = "How many people take part in a phase 1 trial?"
    talk = [Turn("user", before)]
    request = understand("what about phase 3?", talk, harbour)
    assert request.text == "How many people take part in a phase 3 trial?"
    assert request.carried == (before,)
    alone = understand("what about phase 3?", talk, harbour, drop=request.carried)
    assert (alone.text, alone.carried) == ("what about phase 3?", ())


def test_another_attribute_is_no_other_circumstance(harbour: Index) -> None:
    before = [Turn("user", "When is the deadline for the spring batch at Bluecap?")]
    request = understand("And the fee?", before, harbour)
    assert request.text.startswith("And the fee? (")


def test_a_reply_that_quotes_one_page_makes_it_the_topic(harbour: Index) -> None:
    talk = [Turn("user", "what is tested"), Turn("assistant", "“It tests pumps.”")]
    request = understand("And which tests of large ship engines are made there?", talk, harbour)
    assert request.partners == ("berlin",)
    assert request.carried == ("Berlin Institute",)


def test_what_was_asked_about_stays_the_topic_where_a_reply_names_the_partner(
    index: Index,
) -> None:
    talk = [Turn("user", "What is Yeast?"), Turn("assistant", "Alpha Institute works by it.")]
    request = understand("When could we join it?", talk, index)
    assert (request.partners, request.carried) == (("alpha",), ("Yeast", "Alpha Institute (AI)"))
    assert request.text == "When could we join it? (Yeast; AI)"
    dropped = understand("When could we join it?", talk, index, drop=("Yeast",))
    assert dropped.carried == ("Alpha Institute (AI)",)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("Dear team, when was it founded? Kind regards, Ann", "when was it founded?"),
        ("Hi there! When was it founded?", "When was it founded?"),
        ("Hello", "Hello"),  # nothing else is said
    ],
)
def test_courtesies_are_not_asked(typed: str, text: str, index: Index) -> None:
    request = understand(typed, (), index)
    assert (request.question, request.text) == (typed, text)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory, built: Settings) -> Index:
    """A partner called by one word, and headings with an "and" and an "on" in them."""
    folder = tmp_path_factory.mktemp("sounds")
    pages = {
        "loft": "Soundloft\n---\n# Soundloft\n\nSoundloft is quiet.\n\n"
        "## Ways to work with Soundloft\n### Integration and Test Rooms\nSoundloft rents.\n",
        "trams": "Night Trams\n---\n# Night Trams\n\nTrams.\n\n"
        "## Ways to work with us\n### Test on Track\nAt night.\n",
    }
    return index_of(pages, folder, built)


@pytest.mark.parametrize("question", ["what does soundloft rent?", "Soundloft rent?"])
def test_a_name_of_its_own_needs_no_capital_inside(question: str, sounds: Index) -> None:
    assert understand(question, (), sounds).partners == ("loft",)


def test_a_part_of_a_heading_neither_begins_nor_ends_with_a_joint(sounds: Index) -> None:
    assert understand("And Test what?", (), sounds).offerings == ()
    request = understand("And Test on Track?", (), sounds)
    assert [identity for identity, _ in request.offerings] == ["trams"]


def test_the_second_one_is_that_of_the_partners_the_reply_names(index: Index) -> None:
    history = [
        Turn("user", "Which funds are there?"),
        Turn("assistant", "Beta Fund gives grants.\nThe Alpha Institute gives rooms."),
    ]
    for question, partner in (
        ("What does the second one give?", "alpha"),
        ("What does the former give?", "beta"),
    ):
        request = understand(question, history, index)
        assert (request.partners, request.offerings) == ((partner,), ())
    said = understand("And the latter?", history, index).carried
    assert understand("And the latter?", history, index, drop=said).partners == ()


@pytest.mark.parametrize(
    "question",
    [
        "family bakery, never had a clean room. want to try one before buying. who?",
        "A young biotechnology firm seeks clean rooms with basic equipment",
        "Bakery with a new yeast, no laboratory money at all: is there free testing for us?",
        "A family bakery would like students to design an oven. Who arranges that?",
    ],
)
def test_somebody_who_tells_first_wants_a_match(question: str, index: Index) -> None:
    assert understand(question, (), index).intent == "match"
