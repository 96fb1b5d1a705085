"""A long section is cut at the least cost of all ways to cut it, where a reader would."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import pytest

from askpartner.budget import TokenBudget, count_tokens
from askpartner.embedders import Embedder
from askpartner.lexical import words
from askpartner.pack import (
    BETWEEN_SENTENCES,
    COHESION,
    COHESION_PIECES,
    TARGET,
    split_passages,
)
from askpartner.split import sentence_ranges, split_sections
from shared_material import profile_of


def texts_of(source: str, tokens: int, embedder: Embedder) -> list[str]:
    profile = profile_of(source)
    (section,) = split_sections(profile)
    budget = TokenBudget(tokens, embedder)
    return [passage.text for passage in split_passages(profile, section, budget=budget)]


ROOMS = [f"The clean rooms on floor {floor} have {floor} locks." for floor in range(2, 6)]
GRANTS = [f"A grant of phase {phase} pays {phase} salaries." for phase in range(6, 10)]


def test_a_section_within_the_budget_is_one_passage(embedder: Embedder) -> None:
    assert len(texts_of(" ".join(ROOMS), 60, embedder)) == 1


def test_a_cut_stands_where_the_words_change(embedder: Embedder) -> None:
    # Three and five would be as long as four and four, and two threes and a two longer still.
    for rooms, grants in ((ROOMS, GRANTS), (ROOMS[:3], GRANTS), (ROOMS, GRANTS[:3])):
        found = texts_of(" ".join((*rooms, *grants)), 64, embedder)
        assert [text.rstrip() for text in found] == [" ".join(rooms), " ".join(grants)]


def test_a_cut_stands_between_paragraphs(embedder: Embedder) -> None:
    source = " ".join(ROOMS[:3]) + "\n\n" + " ".join((ROOMS[3], *ROOMS[:2]))
    assert [text.split("\n\n") for text in texts_of(source, 50, embedder)] == [
        [" ".join(ROOMS[:3]), ""],
        [" ".join((ROOMS[3], *ROOMS[:2]))],
    ]


@pytest.mark.parametrize("tokens", range(30, 50, 5))
def test_no_cut_stands_after_a_label(tokens: int, embedder: Embedder) -> None:
    items = "\n".join(
        f"* People with {word} locks" for word in ("red", "wet", "old", "new", "big", "odd")
    )
    source = f"{ROOMS[0]}\n\n**Who is this suitable for?**\n\n{items}\n"
    found = texts_of(source, tokens, embedder)
    assert len(found) > 1
    assert not any(text.rstrip().endswith("suitable for?") for text in found)


def test_a_sentence_too_long_is_cut_between_clauses(embedder: Embedder) -> None:
    clauses = [f"room {number} has a lock and a window to the north," for number in range(2, 8)]
    found = texts_of(" ".join(clauses), 30, embedder)
    assert len(found) > 1
    assert all(text.rstrip().endswith(",") for text in found)


@pytest.mark.parametrize("tokens", [30, 45, 60])
def test_no_other_cuts_cost_less(tokens: int, embedder: Embedder) -> None:
    source = " ".join((*ROOMS[:3], *GRANTS, "Vaccines are made there.", ROOMS[3]))
    profile = profile_of(source)
    ranges = sentence_ranges(profile.text)
    sentences = [profile.text[start:end] for start, end in ranges]
    held = [set(words(sentence)) for sentence in sentences]

    def cosine(at: int) -> float:
        before = set().union(*held[max(at - COHESION_PIECES, 0) : at])
        after = set().union(*held[at : at + COHESION_PIECES])

        def mass(found: set[str]) -> float:
            return math.fsum(
                math.log(1 + len(held) / sum(word in one for one in held)) ** 2 for word in found
            )

        return mass(before & after) / math.sqrt(mass(before) * mass(after))

    def cost(cuts: tuple[int, ...]) -> float:
        total = sum(BETWEEN_SENTENCES + COHESION * cosine(at) for at in cuts)
        for first, last in pairwise((0, *cuts, len(sentences))):
            if count_tokens("".join(sentences[first:last]).rstrip()) > tokens:
                return math.inf
            length = sum(count_tokens(sentence) for sentence in sentences[first:last]) / tokens
            total += (length / TARGET - 1) ** 2
        return total

    places = range(1, len(sentences))
    every = [cuts for count in range(len(sentences)) for cuts in combinations(places, count)]
    found = texts_of(source, tokens, embedder)
    starts = [start for start, _ in ranges]
    at, chosen = 0, []
    for text in found[:-1]:
        at += len(text)
        chosen.append(starts.index(at))
    assert cost(tuple(chosen)) == pytest.approx(min(map(cost, every)))


def test_a_text_without_capitals_has_sentences() -> None:
    text = "the rooms are clean. they are let by the day. " * 6
    assert len(sentence_ranges(text)) == 12
    # Too short to tell: the one lower-case start may be what follows an abbreviation.
    assert len(sentence_ranges("the rooms of approx. ten. they are let.")) == 1
    # One capital, and lower case goes on after an abbreviation.
    assert len(sentence_ranges("Rooms of approx. ten. they are let. " + text)) == 1
