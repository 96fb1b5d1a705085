"""Three values for every profile: stated, excluded, not stated; and silence is never a "no"."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from askpartner.corpus import list_pages, page_id, read_page
from askpartner.directory import offerings
from askpartner.index import Index
from askpartner.lexical import words
from askpartner.split import split_sections, stated_ranges
from askpartner.survey import Finding, denies, survey, survey_profile
from askpartner.types import Concept, Criterion, Offering, Profile
from askpartner.vocabulary import read_vocabulary
from shared_material import ROOT

VOCABULARY = {concept.name: concept for concept in read_vocabulary(ROOT / "corpus")}


@dataclass(frozen=True)
class Pages:
    """Pages of a folder, read and cut as the index holds them."""

    profiles: Mapping[str, Profile]
    offerings: Mapping[str, Sequence[Offering]]
    said: Mapping[str, tuple[tuple[int, int], ...]]


def read_pages(folder: Path) -> Pages:
    paths = sorted(list_pages(folder), key=lambda path: page_id(folder, path))
    profiles = {page_id(folder, path): read_page(folder, path) for path in paths}
    return Pages(
        profiles,
        {name: offerings(profile) for name, profile in profiles.items()},
        {name: stated_ranges(page, split_sections(page)) for name, page in profiles.items()},
    )


def idea(name: str) -> Criterion:
    return Criterion(name, VOCABULARY[name], frozenset())


def plain(text: str) -> Criterion:
    return Criterion(text, None, frozenset(words(text)))


def page(title: str, body: str) -> str:
    return f"---\ntitle: {title}\n---\n# {title}\n\n{body}\n"


def stands(found: list[Finding]) -> dict[str, str]:
    """The stand of each profile; its ways to work must agree."""
    seen: dict[str, set[str]] = {}
    for finding in found:
        seen.setdefault(finding.profile, set()).add(finding.stand)
    return {profile: stand for profile, (stand,) in seen.items()}


def told(found: list[Finding]) -> list[tuple[str, str, str, list[str]]]:
    return [
        (
            finding.profile,
            finding.offering.name if finding.offering else "",
            finding.stand,
            [statement.text for statement in finding.statements],
        )
        for finding in found
    ]


# --- three values -------------------------------------------------------------------------------


def test_each_profile_has_one_of_three_values_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(page("A", "We run clean rooms. We sell tea."))
    (tmp_path / "b.md").write_text(page("B", "We do not run clean rooms."))
    (tmp_path / "c.md").write_text(page("C", "We sell tea."))
    assert told(survey(idea("GMP rooms"), read_pages(tmp_path))) == [
        ("a", "", "stated", ["We run clean rooms."]),
        ("b", "", "excluded", ["We do not run clean rooms."]),
        ("c", "", "not_stated", []),
    ]


def test_what_is_stated_somewhere_is_not_excluded_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(page("A", "We have no clean rooms abroad. We rent clean rooms."))
    assert told(survey(idea("GMP rooms"), read_pages(tmp_path))) == [
        ("a", "", "stated", ["We rent clean rooms."])
    ]


def test_every_statement_is_the_page_s_own_words(index: Index) -> None:
    count = 0
    for name in ("start-up", "training", "funding", "academic institution", "internships"):
        for finding in survey(idea(name), index):
            assert bool(finding.statements) is (finding.stand != "not_stated")
            for statement in finding.statements:
                text = index.profiles[finding.profile].text
                assert statement.profile == finding.profile
                assert text[statement.start : statement.end] == statement.text
                count += 1
    assert count > 5


def test_a_directory_by_hand(index: Index) -> None:
    """On the index itself: who takes start-ups, who trains, who names vaccines, who does not."""
    alpha, beta, gamma = "alpha", "beta", "gamma"
    assert told(survey(idea("start-up"), index)) == [
        (alpha, "1. Laboratory Rental", "stated", ["Start-ups"]),
        (beta, "", "not_stated", []),
        (gamma, "", "not_stated", []),
    ]
    assert told(survey(idea("training"), index)) == [
        (alpha, "2. Training", "stated", ["Alpha trains operators over 6 weeks."]),
        (beta, "", "not_stated", []),
        (gamma, "", "not_stated", []),
    ]
    assert told(survey(plain("research on vaccines"), index)) == [
        (alpha, "", "not_stated", []),
        (beta, "", "stated", ["Beta Fund pays for early research on vaccines."]),
        (gamma, "", "not_stated", []),
    ]
    assert told(survey(plain("companies apply"), index)) == [
        (alpha, "", "not_stated", []),
        (beta, "", "excluded", ["Companies may not apply alone."]),
        (gamma, "", "not_stated", []),
    ]


def test_the_index_and_its_pages_say_the_same(index: Index) -> None:
    pages = read_pages(ROOT / "tests" / "pages")
    for name in sorted(VOCABULARY):
        assert survey(idea(name), index) == survey(idea(name), pages)


def test_the_partner_and_each_of_its_ways_have_a_value_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        page(
            "A",
            "## Overview\nA rents rooms.\n## Ways to work with A\n### Rooms\nNo training.\n\n"
            "**Who is this suitable for?**\n* Investors\n### Courses\nA course lasts a week.\n\n"
            "**Who is this suitable for?**\n* Start-ups\n* Not for investors\n### Other\nTea.\n",
        )
    )
    pages = read_pages(tmp_path)
    by_way = [
        [finding.stand for finding in survey_profile(idea(name), pages.profiles["a"], pages)]
        for name in ("training", "investor", "start-up")
    ]
    assert by_way == [
        ["not_stated", "excluded", "stated", "not_stated"],
        ["not_stated", "stated", "excluded", "not_stated"],
        ["not_stated", "not_stated", "stated", "not_stated"],
    ]
    assert [
        (finding.offering and finding.offering.name, finding.stand)
        for finding in survey(idea("training"), pages)
    ] == [("Rooms", "excluded"), ("Courses", "stated")]


def test_an_audience_is_stated_only_where_the_page_lists_whom_it_suits(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        page(
            "A",
            "A was a start-up once.\n## Ways to work with A\n### Rooms\nA start-up rented one.\n\n"
            "**Who is this suitable for?**\n* Hospitals\n",
        )
    )
    pages = read_pages(tmp_path)
    assert stands(survey(idea("start-up"), pages)) == {"a": "not_stated"}
    assert stands(survey(idea("hospital"), pages)) == {"a": "stated"}


def test_an_entry_turns_away_only_whom_it_names_so(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        page(
            "A",
            "## Ways to work with A\n### Rooms\nFree without cost, under our start-up terms.\n\n"
            "**Who is this suitable for?**\n* Professors who do not run a hospital\n"
            "* SMEs without a company of their own\n\n"
            "**Who is this not suitable for?**\n* Investors in drugs\n",
        )
    )
    pages = read_pages(tmp_path)
    stand = {
        name: stands(survey(idea(name), pages))["a"]
        for name in ("academic institution", "hospital", "SME", "company", "investor", "start-up")
    }
    assert stand == {
        "academic institution": "stated",
        "hospital": "not_stated",
        "SME": "stated",
        "company": "not_stated",
        "investor": "excluded",
        "start-up": "not_stated",
    }


def test_plain_words_are_those_words_and_no_address(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(page("A", "We run operations. See https://a.example/operator."))
    (tmp_path / "b.md").write_text(page("B", "We train an operator."))
    wanted = Criterion("operators", None, frozenset(words("operators")))
    assert told(survey(wanted, read_pages(tmp_path))) == [
        ("a", "", "not_stated", []),
        ("b", "", "stated", ["We train an operator."]),
    ]


def test_what_was_granted_is_no_grant(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(page("A", "The authority has granted A a certificate."))
    (tmp_path / "b.md").write_text(page("B", "We give grants."))
    grant = Concept("need", "funding", ("grant",), ())
    assert told(survey(Criterion("funding", grant, frozenset()), read_pages(tmp_path))) == [
        ("a", "", "not_stated", []),
        ("b", "", "stated", ["We give grants."]),
    ]


def test_a_way_to_work_offers_what_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        page("A", "## Ways to work with A\n### 1. Internships\nAsk us.\n### 2. Tea\nAsk us.\n")
    )
    pages = read_pages(tmp_path)
    assert told(survey(idea("internships"), pages)) == [
        ("a", "1. Internships", "stated", ["1. Internships"])
    ]


def test_sources_and_headings_state_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        page("A", "## Clean rooms\nTea.\n## Sources\n* A report on clean rooms\n")
    )
    assert stands(survey(idea("GMP rooms"), read_pages(tmp_path))) == {"a": "not_stated"}


# --- denials ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "denied"),
    [
        ("Open to start-ups.", "start-up", False),
        ("Not open to start-ups.", "start-up", True),
        ("A start-up cannot apply on its own.", "start-up", True),
        ("Start-ups can't apply.", "start-up", True),
        ("Start-ups aren’t eligible.", "start-up", True),
        ("Open not only to hospitals and start-ups.", "start-up", False),
        ("Start-ups may stay no longer than two years.", "start-up", False),
        ("Start-ups may no longer apply.", "start-up", True),
        ("Everyone except start-ups may apply.", "start-up", True),
        ("Start-ups without funding may apply.", "start-up", False),
        ("Partners without start-ups of their own may apply.", "start-up", True),
        ("All companies other than start-ups may apply.", "start-up", True),
        ("None of the start-ups may apply.", "start-up", True),
        ("Nobody at a start-up may apply.", "start-up", True),
        ("Neither hospitals nor start-ups may apply.", "hospital", True),
        ("Start-ups may apply, but hospitals may not.", "start-up", False),
        ("Start-ups may apply, but hospitals may not.", "hospital", True),
        ("Hospitals may not apply but start-ups may.", "start-up", False),
        ("Not for hospitals; start-ups are welcome.", "start-up", False),
        ("Not for hospitals: start-ups, and SMEs.", "hospital", True),
        ("Start-ups may not rent, and start-ups may train.", "start-up", False),
        ("We do not fund hospitals, organisations abroad or start-ups.", "start-up", True),
        ("We do not fund hospitals, SMEs, or start-ups.", "start-up", True),
        ("We take non-SMEs.", "SME", True),
        ("We take non-profit hospitals.", "hospital", False),
        ("Hospitals are welcome.", "start-up", False),
    ],
)
def test_a_denial_is_one_in_every_clause_that_names_it(text: str, name: str, denied: bool) -> None:
    assert denies(idea(name), text) is denied


def test_what_is_asked_for_may_itself_begin_with_non() -> None:
    charity = Criterion("x", Concept("audience", "x", ("non-profit",), ()), frozenset())
    assert not denies(charity, "We help non-profit groups.")
    assert denies(charity, "We do not help non-profit groups.")
    assert not denies(plain("non-profit groups"), "We help non-profit groups.")


# --- planted facts ------------------------------------------------------------------------------

SAID: list[tuple[str, str, list[str]]] = [
    (
        "GMP rooms",
        "need",
        ["{} rents clean rooms.", "GMP suites stand ready.", "It has a cleanroom."],
    ),
    (
        "viral vectors",
        "need",
        ["{} makes viral vectors.", "Viral-vector batches are made to order."],
    ),
    ("start-up", "audience", ["Start-ups", "Young companies, spin-offs and others"]),
    ("hospital", "audience", ["Hospitals", "Public healthcare institutions"]),
]
DENIED = {
    "need": ["{} has no {}.", "We cannot offer {}.", "Everything except {} is provided."],
    "audience": ["Not for {}", "Anyone except {}"],
}
SINGULAR = {
    "GMP rooms": "clean rooms",
    "viral vectors": "viral vectors",
    "start-up": "start-ups",
    "hospital": "hospitals",
}
FILLER = [
    "{} sells tea in three sizes.",
    "Its office opens at nine, and closes late.",
    "Nobody needs an appointment there.",
    "The garden was not planted before 2001.",
    "Parcels are sent by train.",
]
PROFILES = 60


def write_profiles(
    folder: Path, name: str, kind: str, said: list[str], stated: int, excluded: int, seed: int
) -> tuple[set[str], set[str]]:
    """Sixty pages; the ids of those that state it and of those that exclude it."""
    draw = random.Random(f"{name} {stated} {excluded} {seed}")
    numbers = list(range(PROFILES))
    draw.shuffle(numbers)
    yes, no = set(numbers[:stated]), set(numbers[stated : stated + excluded])
    for number in range(PROFILES):
        title = f"Partner {number:02}"
        lines = [text.format(title) for text in draw.sample(FILLER, 3)]
        entries = ["Tea drinkers", "Gardeners"]
        if number in yes:
            (lines if kind == "need" else entries).append(draw.choice(said).format(title))
        if number in no:
            denial = draw.choice(DENIED[kind])
            fills = [SINGULAR[name]] if denial.count("{}") == 1 else [title, SINGULAR[name]]
            (lines if kind == "need" else entries).append(denial.format(*fills))
        draw.shuffle(lines)
        draw.shuffle(entries)
        ways = "\n".join(f"* {entry}" for entry in entries)
        (folder / f"p{number:02}.md").write_text(
            page(
                title,
                f"## Overview\n{lines[0]}\n## Ways to work with {title}\n### Visit\n"
                f"{' '.join(lines[1:])}\n\n**Who is this suitable for?**\n{ways}\n",
            )
        )
    return {f"p{number:02}" for number in yes}, {f"p{number:02}" for number in no}


@pytest.mark.parametrize(("stated", "excluded"), [(0, 1), (17, 5), (60, 0)])
@pytest.mark.parametrize(("name", "kind", "said"), SAID, ids=[name for name, *_ in SAID])
def test_a_fact_planted_in_some_profiles_is_found_in_exactly_those(
    tmp_path: Path, name: str, kind: str, said: list[str], stated: int, excluded: int
) -> None:
    yes, no = write_profiles(tmp_path, name, kind, said, stated, excluded, seed=3)
    found = stands(survey(idea(name), read_pages(tmp_path)))
    assert len(found) == PROFILES
    assert {profile for profile, stand in found.items() if stand == "stated"} == yes
    assert {profile for profile, stand in found.items() if stand == "excluded"} == no


def test_renaming_and_reordering_files_changes_no_finding(tmp_path: Path) -> None:
    name, kind, said = SAID[0]
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    (second / "deep").mkdir(parents=True)
    write_profiles(first, name, kind, said, 13, 5, seed=4)
    paths = sorted(first.iterdir())
    renamed = {}
    for number, path in enumerate(reversed(paths)):
        folder = second / "deep" if number % 3 else second
        copy = folder / f"x{number:02}.md"
        copy.write_bytes(path.read_bytes())
        renamed[copy.relative_to(second).with_suffix("").as_posix()] = path.stem

    def findings(folder: Path, names: Mapping[str, str]) -> list[tuple[str, str, str, list[str]]]:
        found = told(survey(idea(name), read_pages(folder)))
        return sorted((names[profile], *rest) for profile, *rest in found)  # type: ignore[misc]

    before = findings(first, {path.stem: path.stem for path in paths})
    assert findings(second, renamed) == before
    assert len({stand for _, _, stand, _ in before}) == 3
    order = [finding.profile for finding in survey(idea(name), read_pages(first))]
    again = [renamed[finding.profile] for finding in survey(idea(name), read_pages(second))]
    assert again == order
