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
        ("Difference between A vs B on price", "A|B", "price"),
        ("What difference is there between A and B in price?", "A|B", "price"),
        ("Difference between A and B? Price", "A|B", "Price"),
        ("A as against B; price", "A|B", "price"),
        ("Could you please compare A and B?", "A|B", ""),
        ("I am comparing A and B on price", "A|B", "price"),
        ("Compare both the pool and the hall", "pool|hall", ""),
        ("Compare both pool and hall", "pool|hall", ""),
        (
            "Compare pool to hall on what each one of them costs",
            "pool|hall",
            "what each one of them costs",
        ),
        ("Compare the hourly rates of A with B", "A|B", "the hourly rates"),
        ("Compare A and B on price as well as length", "A|B", "price|length"),
        ("How does A differ from B in price?", "A|B", "price"),
        ("How do the prices at A and B compare?", "A|B", "the prices"),
        ("A versus B: how do their lengths differ?", "A|B", "lengths"),
        ("Compare the daily rate for students of A and B", "A|B", "the daily rate for students"),
        ("Compare the pool at A with that at B, depths please", "A|B", "the pool|depths"),
        ("Compare prices at A with those of B.", "A|B", "prices"),
        ("A or B: which of the two lasts longer?", "A|B", "which of the two lasts longer"),
        ("A or B - how do the length and the fee differ?", "A|B", "length|the fee"),
        ("A or B - what do they cost, please?", "A|B", "what do they cost"),
        ("Compare A and B for us, especially the price.", "A|B", "the price"),
        (
            "Difference between renting A and going in as a client?",
            "renting A|going in as a client",
            "",
        ),
        ("Which lasts longer, A or B?", "A|B", "Which lasts longer"),
    ],
)
def test_a_comparison_has_sides_and_aspects(question: str, sides: str, aspects: str) -> None:
    expected = Comparison(tuple(sides.split("|")), tuple(filter(None, aspects.split("|"))))
    assert comparison_in(question) == expected


@pytest.mark.parametrize(
    "words",
    [
        *("in terms of", "in respect of", "in regard to", "with regard to", "with respect to"),
        *("regarding", "concerning", "when it comes to", "as regards", "as to", "based on"),
    ],
)
def test_what_follows_such_words_is_compared(words: str) -> None:
    for asked in ("Compare pool and hall", "Compare pool with hall", "Pool versus hall"):
        found = comparison_in(f"{asked} {words} price")
        assert found is not None
        assert [side.lower() for side in found.sides] == ["pool", "hall"]
        assert found.aspects == ("price",)


@pytest.mark.parametrize(
    "question",
    [
        "Compare the two.",
        "Compare the former with the latter",
        "Compare both of them and B",
        "Compare , with B",
        "Is A or B - what is each for?",
        "Which grants suit boats, rafts or canoes?",
        "Compare the three ways to work with A",
        "Compare the ways to work with A",
        "Compare the ways to work with A and B",
        "How do they differ?",
        "Do you have A or B?",
        "We want our sensor compared with a reference. Who helps?",
        "What does A cost?",
    ],
)
def test_what_names_no_two_sides_is_no_comparison(question: str) -> None:
    assert comparison_in(question) is None
