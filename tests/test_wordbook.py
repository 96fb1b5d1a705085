"""What is known of single words, by hand: how rare, how written, which was meant, which is near."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from askpartner.embedders import Vectors
from askpartner.index import Index
from askpartner.lexical import stem, surface_words
from askpartner.types import Concept
from askpartner.wordbook import RELATED, WORDBOOK_FILES, Wordbook

TEXTS = [
    "The laboratory rents rooms. Laboratories, LABORATORIES and a laboratory.",
    "Actris rents equipment; ACTRIS trains operators. It is in Jurong.",
    "No laboratory: an operator’s Training, operator's training and training.",
    "",
]


def directions(texts: list[str]) -> Vectors:
    """A unit vector a text in the plane, known by heart: its angle is its length in degrees."""
    angles = [math.radians(len(text)) for text in texts]
    return np.array([[math.cos(a), math.sin(a)] for a in angles], dtype=np.float32).reshape(-1, 2)


def wordbook(
    texts: list[str],
    *,
    known: dict[str, NDArray[np.float32]] | None = None,
    embed: Callable[[list[str]], Vectors] = directions,
) -> Wordbook:
    return Wordbook.build(texts, embed, known=known or {}, dimension=2)


def of_words(**frequencies: int) -> Wordbook:
    """A wordbook in which each word is in so many passages of 20."""
    texts = [" ".join(word for word, n in frequencies.items() if at < n) for at in range(20)]
    return wordbook(texts)


# --- what is counted ----------------------------------------------------------------------------


def test_stems_by_hand() -> None:
    book = wordbook(TEXTS)
    assert book.passages == 4
    assert list(book.stems) == sorted({stem(w) for t in TEXTS for w in surface_words(t)})
    rows = book.rows
    assert [book.stems[row] for row in rows.values()] == list(book.stems)
    # In two passages, however often in each; "laboratory" and "laboratories" twice each: by letter.
    assert book.frequencies[rows["laboratori"]] == 2
    assert book.surfaces[rows["laboratori"]] == "laboratory"
    more = wordbook([*TEXTS, "laboratories"])
    assert more.surfaces[more.rows["laboratori"]] == "laboratories"
    assert book.frequencies[rows["train"]] == 2
    assert book.surfaces[rows["train"]] == "training"
    assert book.surfaces[rows["oper"]] == "operator"  # twice, once "operators"


def test_names_are_written_with_a_capital_more_often_than_not() -> None:
    book = wordbook(TEXTS)
    # Actris and ACTRIS; Jurong; "Training" once of three; "No" and "It" only begin sentences.
    assert book.is_name("actri")
    assert book.is_name("jurong")
    assert not book.is_name("train")
    assert not book.is_name("laboratori")  # two of four with a capital, and one in passage 3
    assert not book.is_name("unknown")


def test_rarity_by_hand() -> None:
    book = wordbook(TEXTS)
    most = math.log(1 + 4 / 0.5)
    assert book.rarity("unknown") == 1.0
    assert book.rarity("jurong") == pytest.approx(math.log(1 + 4 / 1.5) / most)
    assert book.rarity("laboratori") == pytest.approx(math.log(1 + 4 / 2.5) / most)
    assert wordbook([]).rarity("anything") == 1.0


@given(st.lists(st.text("ab c"), max_size=8))
def test_a_word_in_more_passages_is_less_rare(texts: list[str]) -> None:
    book = wordbook(texts)
    rarities = [book.rarity(root) for root in book.stems]
    assert all(0 < rarity < 1 for rarity in rarities)
    held = sorted(zip(book.frequencies, rarities, strict=True))
    assert held == sorted(held, key=lambda entry: (entry[0], -entry[1]))
    for root, frequency in zip(book.stems, book.frequencies, strict=True):
        assert frequency == sum(root in map(stem, surface_words(text)) for text in texts)


def test_a_surface_is_embedded_once_and_taken_over_where_it_is_known() -> None:
    asked: list[str] = []

    def embed(texts: list[str]) -> Vectors:
        asked.extend(texts)
        return directions(texts)

    book = wordbook(["cell therapy", "cells"], embed=embed)
    assert asked == ["cell", "therapy"]
    assert np.array_equal(book.vectors, directions(["cell", "therapy"]))
    before = dict(zip(book.surfaces, book.vectors, strict=True))
    wordbook(["cell therapy of genes"], known=before, embed=embed)
    assert asked[2:] == ["genes", "of"]
    again = wordbook(["therapy cell"], known=before, embed=embed)
    assert len(asked) == 4
    assert np.array_equal(again.vectors, book.vectors)


# --- corrections --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("facility", "facility"),  # nothing to correct
        ("fasility", "facility"),  # another letter
        ("facilty", "facility"),  # seven letters: one left out
        ("facillity", "facility"),  # one too many
        ("faciliyt", "facility"),  # two swapped count as one
        ("FASILITY", "facility"),
        ("fasilitty", "facility"),  # two slips in a long word
        ("fasillty", "facility"),  # eight letters are long
        ("fasilittys", None),  # three
        ("fesilty", None),  # seven letters, two slips
        ("rentl", "rental"),  # five letters: one slip
        ("retnl", None),  # five letters, two slips
        ("rentel", "rental"),
        ("grnt", "grant"),  # four letters: a vowel left out
        ("gant", None),  # no vowel
        ("grannt", "grant"),
        ("tarning", None),  # the model would know; here two slips in seven letters
        ("trainign", "training"),
        ("acility", "facility"),  # the last letter is right
        ("facilitg", "facility"),  # the first is
        ("bacilitg", None),  # neither: two slips would do
        ("facil1ty", None),  # a number is no slip
        ("", None),
    ],
)
def test_a_mistyped_word_by_hand(typed: str, meant: str | None) -> None:
    assert of_words(facility=2, rental=2, grant=2, training=2).correct(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cel", "cell"),  # one of two equal letters left out
        ("cels", "cell"),
        ("cll", None),
        ("ce", None),
        ("bok", None),  # one letter short, but not one of two equal ones
        ("mnth", "month"),  # of four letters, a vowel left out
        ("moth", None),
    ],
)
def test_a_short_word_may_lack_a_letter_easily_left_out(typed: str, meant: str | None) -> None:
    assert of_words(cell=2, boks=2, month=2).correct(typed) == meant


@pytest.mark.parametrize("typed", ["we're", "We’re", "they'll", "doesn't"])
def test_a_contraction_is_no_slip(typed: str) -> None:
    assert of_words(were=5, theyll=2, doesnt=2).correct(typed) is None


def test_of_equally_near_words_the_more_frequent_is_meant_then_the_first() -> None:
    assert of_words(grant=3, grand=2).correct("grans") == "grant"
    assert of_words(grant=2, grand=3).correct("grans") == "grand"
    assert of_words(grant=2, grand=2).correct("grans") == "grand"
    # One slip is nearer than two, however frequent the other.
    assert of_words(therapists=1, therapies=19).correct("therapiss") == "therapies"
    assert of_words(contract=1, contrast=19).correct("contractt") == "contract"


def test_a_word_that_another_begins_with_is_short_for_it() -> None:
    assert of_words(biontech=3).correct("biotech") == "biontech"
    assert of_words(biontech=3, biotechnology=1).correct("biotech") is None


def test_a_word_of_asking_is_known_though_no_page_says_it() -> None:
    assert of_words(grant=2).correct("introuced") == "introduced"
    assert of_words(grant=2).correct("compaer") == "compare"
    assert of_words(company=2).correct("compane") == "company"  # the pages' words come first


def test_two_letters_of_a_name_of_four_may_be_swapped() -> None:
    names = wordbook(["Ask NHIC or the desk."])
    assert names.correct("NIHC") == "nhic"
    assert names.correct("NHIK") is None
    assert names.correct("deks") is None  # no name


@given(st.text("abcde", min_size=5, max_size=9))
def test_a_correction_is_the_nearest_by_its_own_rules(word: str) -> None:
    frequencies = {"abcde": 1, "abced": 3, "bacdeab": 2, "eabcdabc": 5, "dcabeabcd": 5, "eeee": 9}
    found = of_words(**frequencies).correct(word)
    near = [
        (slips(typed, known), form, abs(len(typed) - len(known)), -frequency, other)
        for other, frequency in frequencies.items()
        for form, (typed, known) in enumerate([(word, other), (stem(word), stem(other))])
        if len(typed) >= 5 and len(known) >= 4
        if typed[0] == known[0] or typed[-1] == known[-1]
        if slips(typed, known) <= (1 if len(typed) < 8 else 2)
    ]
    if any(other.startswith(word) and len(other) > len(word) + 2 for other in frequencies):
        near = []  # short for that
    assert found == (min(near)[-1] if near else None)


def slips(one: str, other: str) -> int:
    """Optimal string alignment distance, cell by cell."""
    table = {(row, 0): row for row in range(len(one) + 1)}
    table |= {(0, column): column for column in range(len(other) + 1)}
    for row, column in product(range(1, len(one) + 1), range(1, len(other) + 1)):
        table[row, column] = min(
            table[row - 1, column] + 1,
            table[row, column - 1] + 1,
            table[row - 1, column - 1] + (one[row - 1] != other[column - 1]),
        )
        if row > 1 and column > 1 and one[row - 2 : row] == other[column - 2 : column][::-1]:
            table[row, column] = min(table[row, column], table[row - 2, column - 2] + 1)
    return table[len(one), len(other)]


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("Who runs the laborattories?", [("laborattories", "laboratories")]),
        ("Who runs the laborattory?", [("laborattory", "laboratories")]),  # by its stem
        ("Jurog, jurog and Jurog", [("Jurog", "jurong"), ("jurog", "jurong")]),
        (
            "Which reagnts and laboratores?",
            [("reagnts", "reagents"), ("laboratores", "laboratories")],
        ),
        ("Who runs the laboratory in Jurong?", []),
        ("What is the price of a grape?", []),  # words of the language, missing from the pages
        ("Is it bounded?", []),  # though "founded" is near it
        ("Startups or universities in 2019?", []),
    ],
)
def test_a_question_is_corrected_by_the_pages_words(
    question: str, corrected: list[tuple[str, str]], index: Index
) -> None:
    assert list(index.correct(question)) == corrected


def test_a_word_of_the_vocabulary_is_not_mistyped(index: Index) -> None:
    assert index.correct("a reagnt") == (("reagnt", "reagents"),)
    kept = Concept("need", "tests", ("cheap reagnts",), ())
    assert replace(index, vocabulary=(kept,)).correct("a reagnt") == ()


# --- words near each other ----------------------------------------------------------------------


def test_only_words_the_corpus_does_not_know_are_embedded() -> None:
    book = wordbook(TEXTS)
    asked: list[list[str]] = []

    def embed(words: list[str]) -> Vectors:
        asked.append(words)
        return directions(words)

    found = book.word_vectors({"train": "trainings", "zebra": "zebras"}, embed)
    assert asked == [["zebras"]]
    assert np.array_equal(found[0], book.vectors[book.rows["train"]])
    assert np.array_equal(found[1], directions(["zebras"])[0])


def test_related_words_are_those_within_the_angle() -> None:
    # Angles in degrees are the lengths: 1, 10, 40.
    texts = ["a", "b" * 10, "c" * 40]
    book = wordbook([" ".join(texts)])
    asked = directions([""])  # 0 degrees
    (near,) = book.related(asked)
    assert near == pytest.approx(
        {stem(text): math.cos(math.radians(len(text))) for text in texts}, abs=1e-6
    )
    turned = np.array([[math.cos(math.radians(-t)), math.sin(math.radians(-t))] for t in (60, 90)])
    first, second = book.related(turned.astype(np.float32))
    assert math.cos(math.radians(61)) > RELATED > math.cos(math.radians(70))
    assert first == pytest.approx({"a": math.cos(math.radians(61))}, abs=1e-6)
    assert second == {}
    assert wordbook([""]).related(asked) == [{}]
    assert book.related(np.empty((0, 2), dtype=np.float32)) == []


def test_words_of_like_meaning_are_related(index: Index) -> None:
    (near,) = index.wordbook.related(index.embedder.embed(["university"]))
    assert max(near, key=lambda root: near[root]) == "universiti"
    assert near["universiti"] > 0.7
    assert "yeast" not in near


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [[], [""], TEXTS, ["naïve café 细胞 R&D 2.5"]])
def test_round_trip(texts: list[str]) -> None:
    book = wordbook(texts)
    files = book.to_files()
    assert tuple(files) == WORDBOOK_FILES
    again = Wordbook.from_files(files)
    assert again.to_files() == files == wordbook(texts).to_files()
    for name in ("passages", "stems", "frequencies", "surfaces", "names"):
        assert getattr(again, name) == getattr(book, name)
    assert np.array_equal(again.vectors, book.vectors)


def array_file(array: NDArray[np.generic], *, pickled: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


def test_files_that_do_not_fit_together_are_refused() -> None:
    files = wordbook(TEXTS).to_files()
    others = wordbook(["another one"]).to_files()
    for name in WORDBOOK_FILES:
        with pytest.raises(ValueError, match="not equally many"):
            Wordbook.from_files(files | {name: others[name]})
    flat = array_file(np.zeros(len(wordbook(TEXTS).stems), dtype=np.float32))
    with pytest.raises(ValueError, match="not equally many"):
        Wordbook.from_files(files | {"words.npy": flat})
    with pytest.raises(ValueError, match="allow_pickle"):
        Wordbook.from_files(
            files | {"words.npy": array_file(np.array([{}], dtype=object), pickled=True)}
        )


@pytest.mark.parametrize(
    ("change", "says"),
    [("short", "shorter"), ("unsorted", "not in order"), ("twice", "not in order")],
)
def test_words_out_of_form_are_refused(change: str, says: str) -> None:
    files = wordbook(TEXTS).to_files()
    head = json.loads(files["words.json"])
    rows = head["words"]
    if change == "short":
        rows[1] = rows[1][:3]
    elif change == "unsorted":
        rows[0], rows[1] = rows[1], rows[0]
    else:
        rows[1] = rows[0]
    with pytest.raises(ValueError, match=says):
        Wordbook.from_files(files | {"words.json": json.dumps(head).encode()})
