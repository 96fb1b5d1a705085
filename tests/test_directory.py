"""Offerings hold what the page states, each part with its address, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from askpartner.corpus import list_pages, read_page
from askpartner.directory import kinds, offerings, way_at, website
from shared_material import ROOT, profile_of, shared

PAGES = ROOT / "tests" / "pages"


def test_offerings_of_a_page() -> None:
    found = offerings(read_page(PAGES, PAGES / "alpha.md"))
    assert [(o.name, [a.text for a in o.audiences], [p.text for p in o.places]) for o in found] == [
        ("1. Laboratory Rental", ["Start-ups", "Universities"], ["Singapore"]),
        ("2. Training", ["Pharmaceutical companies"], []),
    ]
    assert [o.introduction and o.introduction.url for o in found] == [
        "https://alpha.example/contact"
    ] * 2


def test_a_way_to_work_holds_the_positions_of_its_own_sections() -> None:
    rental, training = offerings(read_page(PAGES, PAGES / "alpha.md"))
    places = (rental.start - 1, rental.start, rental.end - 1, training.start)
    assert [way_at((rental, training), at) for at in places] == [None, rental, rental, training]


def test_html_page_is_read_alike_and_a_page_without_ways_has_none() -> None:
    (grant,) = offerings(read_page(PAGES, PAGES / "beta.md"))
    assert [a.text for a in grant.audiences] == ["Researchers in public hospitals"]
    assert grant.introduction is not None
    assert grant.introduction.url == "mailto:grants@beta.example"
    assert offerings(read_page(PAGES, PAGES / "gamma.md")) == []


def test_a_field_ends_with_its_list_or_its_line() -> None:
    (one,) = offerings(
        profile_of(
            "## Ways to work with X\n### Rent\n**Who is this for?**\n* SMEs\n\nOther words.\n\n"
            "**Where?** \nJurong\n\nMore words.\n"
        )
    )
    assert [a.text for a in one.audiences] == ["SMEs"]
    assert [p.text for p in one.places] == ["Jurong"]


@pytest.mark.parametrize("label", ["Who is this not suitable for?", "Not suitable for:"])
def test_whom_a_way_does_not_suit_is_none_whom_it_suits(label: str) -> None:
    (one,) = offerings(
        profile_of(
            "## Ways to work with X\n### Rent\n**Who is this suitable for?**\n* SMEs\n\n"
            f"**{label}**\n* Students\n"
        )
    )
    assert [a.text for a in one.audiences] == ["SMEs"]
    assert [a.text for a in one.unsuited] == ["Students"]


def test_fields_may_be_headings_and_belong_to_the_offering_above() -> None:
    found = offerings(
        profile_of(
            "## Ways to work with X\n### Rent\nRooms.\n#### Who is this suitable for?\n* SMEs\n"
            "### Learn\nCourses.\n## Contact\n### Mail\nUs.\n"
        )
    )
    assert [(o.name, [a.text for a in o.audiences]) for o in found] == [
        ("Rent", ["SMEs"]),
        ("Learn", []),
    ]


def test_headings_that_say_whom_they_are_for_are_ways_to_work_whatever_stands_above() -> None:
    page = (
        "# X\n## Services\n### Pictures\nFree.\n\n**Who is this suitable for?**\n* Schools\n"
        "### Alarm\nWarns.\n#### Eligibility\nFarmers may apply.\n### Hotline\nCall us.\n"
        "## Rules\n### Fees\nNone.\n"
    )
    assert [(o.name, [a.text for a in o.audiences]) for o in offerings(profile_of(page))] == [
        ("Pictures", ["Schools"]),
        ("Alarm", ["Farmers may apply."]),
        ("Hotline", []),
    ]
    one_of_many = page.replace("#### Eligibility", "Note:")
    assert offerings(profile_of(one_of_many)) == []
    named = f"{page}## Ways to work with X\n### Rent\nRooms.\n"
    assert [o.name for o in offerings(profile_of(named))] == ["Rent"]


def test_what_a_page_says_its_partner_is() -> None:
    profile = profile_of(
        "---\ntitle: Elm Polytechnic (EP), East\n---\n# Elm Polytechnic (EP), East\n\n"
        "Elm is a school for sailors, and the best.\n\nThe sea is a friend.\n\n"
        "| Fact | Value |\n| --- | --- |\n| Organisation type | College |\n"
        "| Type of boat | Ship |\n"
    )
    assert [said.text for said in kinds(profile)] == [
        "Organisation type\nCollege",
        "school",
        "Elm Polytechnic",
    ]
    assert all(profile.text[said.start : said.end] == said.text for said in kinds(profile))


@pytest.mark.parametrize("path", list_pages(ROOT / "corpus"), ids=lambda path: path.stem)
def test_every_part_has_its_address(path: Path) -> None:
    profile = read_page(path.parent, path)
    for offering in offerings(profile):
        assert profile.text[offering.start : offering.end].startswith(offering.name)
        for part in (*offering.audiences, *offering.unsuited, *offering.places):
            assert profile.text[part.start : part.end] == part.text
            assert offering.start <= part.start < part.end <= offering.end


def test_real_page_with_three_ways() -> None:
    path = shared("corpus", "profiles", "actris.md")
    found = offerings(read_page(path.parent, path))
    assert [(o.name, [a.text for a in o.audiences]) for o in found] == [
        ("1. Technology Transfer", ["Academic Institutions"]),
        ("2. Facility Rental", ["Pharmaceutical companies"]),
        ("3. Partnership", ["Start-up and biotechnology companies"]),
    ]


def test_website_is_the_whole_row() -> None:
    row = website(read_page(PAGES, PAGES / "alpha.md"))
    assert row is not None
    assert row.text == "Website\nhttps://alpha.example/"
    assert website(read_page(PAGES, PAGES / "gamma.md")) is None
