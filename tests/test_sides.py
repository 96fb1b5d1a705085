"""What a question compares, and on what: read from its wording alone."""

from __future__ import annotations

import pytest

from askpartner.sides import Comparison, comparison_in


@pytest.mark.parametrize(
    ("question", "sides", "aspects"),
    [
        ("Compare the berth at A with B on price and length", "berth at A|B", "price|length"),
        ("Compare A and B: how much do they pay?", "A|B", "how much do they pay"),
        ("difference between A and B when it comes to exclusivity", "A|B", "exclusivity"),
        ("How does A compare with B in terms of duration?", "A|B", "duration"),
        ("How do the day prices of A and B compare?", "A|B", "the day prices"),
        ("How do A and B differ in the number of rooms?", "A|B", "the number of rooms"),
        ("Who owns the results with A as opposed to B?", "A|B", "Who owns the results"),
        (
            "Visits to A versus the fund: how do length and pay differ?",
            "Visits to A|fund",
            "length|pay",
        ),
        ("A or B - how long does each last?", "A|B", "how long does each last"),
        ("room A vs B at C, weekly rent", "room A|B at C", "weekly rent"),
        ("A and B: compare what each is and whom it suits.", "A|B", "what each is|whom it suits"),
        ("Compare the hourly rates of A and B", "A|B", "the hourly rates"),
        ("Difference between A and B?", "A|B", ""),
    ],
)
def test_a_comparison_has_sides_and_aspects(question: str, sides: str, aspects: str) -> None:
    expected = Comparison(tuple(sides.split("|")), tuple(filter(None, aspects.split("|"))))
    assert comparison_in(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Compare the two.",
        "Compare the three ways to work with A",
        "How do they differ?",
        "Do you have A or B?",
        "We want our sensor compared with a reference. Who helps?",
        "What does A cost?",
    ],
)
def test_what_names_no_two_sides_is_no_comparison(question: str) -> None:
    assert comparison_in(question) is None
