"""Words and their weights: a worked example, the formula in full, and bm25s itself."""

from __future__ import annotations

import io
import itertools
import math
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askpartner.lexical import (
    BODY,
    HEADROOM,
    K1,
    LEXICAL_FILES,
    NEIGHBOUR,
    PAIR_WEIGHT,
    PATH,
    STOP_WORDS,
    TITLE,
    B,
    Fields,
    LexicalIndex,
    TermWeights,
    inflections,
    stem,
    without_addresses,
    words,
)

THREE = ["cell therapy", "gene therapy, therapy", "drug discovery screening"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The partners' laboratories", ["partner", "laboratori"]),
        ("Partner’s", ["partner"]),
        ("S$300k, S$300,000, $0.3 million or 300K", ["300000"] * 4),
        ("US$1.5m and €20bn and S$2 Million", ["1500000", "20000000000", "2000000"]),
        ("5m tall, 300,000. Or 2.50%", ["5m", "tall", "300000", "2.5"]),
        ("postal code 018989, founded 2019.", ["postal", "code", "018989", "found", "2019"]),
        ("A*STAR, a-star", ["astar", "star", "astar"]),
        ("IFN-γ, TNFα", ["ifn", "gamma", "ifngamma", "tnfalpha"]),
        ("10 µm, 10 μm, λόγος", ["10", "um", "10", "um", "λογοσ"]),
        ("R&D, Q&A, Johnson&Johnson", ["r&d", "q&a", "johnson", "johnson"]),
        ("GMP-grade start\u2011ups", ["gmp", "grade", "gmpgrade", "start", "up", "startup"]),
        ("startup", ["startup"]),
        ("SMEs and an SME", ["sme", "sme"]),
        ("Nestlé, Ångström, \ufb01ne", ["nestl", "angstrom", "fine"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("snake_case www.example.org", ["snake", "case", "www", "exampl", "org"]),
        ("细胞治疗 நோயாளி", ["细胞治疗", "நோயாளி"]),
        ("What is it, and how do you do that?", []),
        ("Who is this suitable for?", ["suitabl"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_both_spellings_of_english_are_one() -> None:
    american = "organizations Centers program licenses analyzing colors characterization aging"
    british = "organisations Centres programme licences analysing colours characterisation ageing"
    assert words(american) == words(british)
    assert inflections(american) == inflections(british)
    assert stem("Center") == stem("centre")
    # No other word is taken for one of them.
    assert words("size prize meters") == ["size", "prize", "metr"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("operators", "operator", True),
        ("operators", "operations", False),
        ("facilities", "facility", True),
        ("training", "trains", True),
        ("trained", "trainer", False),
        ("planning", "plans", True),
        ("selling", "sells", True),
        ("manufacturing", "manufactures", True),
        ("used", "using", True),
        ("strings", "string", True),
        ("speeds", "speed", True),
        ("classes", "class", True),
        ("regulation", "regulatory", False),
    ],
)
def test_a_bent_word_is_the_same_word(one: str, other: str, same: bool) -> None:
    assert (inflections(one) == inflections(other)) is same


def test_every_greek_letter_has_a_name() -> None:
    letters = [chr(code) for code in range(ord("α"), ord("ω") + 1)]
    assert [stem(letter) for letter in letters] == [words(letter)[0] for letter in letters]
    assert {"alpha", "sigma", "lambda", "omega"} <= {stem(letter) for letter in letters}


def test_pasts_can_be_kept_apart_from_nouns() -> None:
    assert words("grants granted feed", keep_past=True) == ["grant", "granted", "feed"]
    assert words("grants granted feed") == ["grant", "grant", "feed"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see https://site.example/grants/open now", "see now"),
        ("Write to grants@site.example today", "Write to today"),
        ("NACE@RP helps", "NACE@RP helps"),
        ("www.site.example/a", ""),
    ],
)
def test_addresses_are_left_out(text: str, left: str) -> None:
    assert " ".join(without_addresses(text).split()) == left


@given(st.text())
def test_words_of_anything_are_words(text: str) -> None:
    assert all(word and not any(letter.isspace() for letter in word) for word in words(text))


@given(st.text(st.characters(max_codepoint=127)), st.text(st.characters(max_codepoint=127)))
def test_words_of_two_lines_are_those_of_each(one: str, two: str) -> None:
    assert words(f"{one}\n{two}") == words(one) + words(two)


def test_stop_words_are_spelled_as_words_are_compared() -> None:
    assert all(word.isascii() and word.islower() for word in STOP_WORDS)
    assert words(" ".join(sorted(STOP_WORDS))) == []


def term_weights(texts: list[str]) -> TermWeights:
    return TermWeights.build([Counter(words(text)) for text in texts])


def test_three_passages_by_hand() -> None:
    weights = term_weights(THREE)
    # N = 3; "therapy" is in 2, "cell" in 1; lengths 2, 3, 3, average 8/3.
    assert weights.idf("therapi") == pytest.approx(math.log(1.6))
    assert weights.idf("cell") == pytest.approx(math.log(8 / 3))
    assert weights.idf("price") == pytest.approx(math.log(8))
    # Length norms of 2 and 3 words: 3/4 and 9/8 of the average.
    short = K1 * BODY * (1 - B + B * 3 / 4)
    long = K1 * BODY * (1 - B + B * 9 / 8)
    expected = [
        math.log(8 / 3) / (1 + short) + math.log(1.6) / (1 + short),
        math.log(1.6) * 2 / (2 + long),
        0.0,
    ]
    found = weights.scores({"cell": 1.0, "therapi": 1.0})
    assert found.tolist() == pytest.approx(expected, abs=1e-6)
    half = weights.scores({"cell": 0.5, "therapi": 0.5})
    assert half.tolist() == pytest.approx([score / 2 for score in expected], abs=1e-6)
    assert weights.scores({"price": 1.0}).tolist() == [0.0, 0.0, 0.0]
    assert "cell" in weights
    assert "price" not in weights


def formula(counted: list[Counter[str]], asked: dict[str, float]) -> list[float]:
    """BM25 as its authors write it, row by row."""
    average = sum(counts.total() for counts in counted) / len(counted)
    scores = []
    for counts in counted:
        norm = K1 * BODY * (1 - B + B * counts.total() / average)
        score = 0.0
        for term, weight in asked.items():
            rows = sum(term in other for other in counted)
            idf = math.log(1 + (len(counted) - rows + 0.5) / (rows + 0.5))
            score += weight * idf * counts[term] / (counts[term] + norm)
        scores.append(score)
    return scores


def generated(count: int, *, seed: int) -> list[str]:
    draw = np.random.default_rng(seed)
    known = [f"word{number}" for number in range(60)]
    texts = [" ".join(draw.choice(known, size=draw.integers(0, 40))) for _ in range(count)]
    return [*texts, "", "the of and", texts[0]]


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_the_formula_and_those_of_bm25s(seed: int) -> None:
    import bm25s

    texts = generated(40, seed=seed)
    asked = {"word1": 1.0, "word2": 2.0, "word59": 1.0, "unknown": 1.0}
    found = term_weights(texts).scores(asked)
    assert found.dtype == np.float32
    counted = [Counter(words(text)) for text in texts]
    assert found.tolist() == pytest.approx(formula(counted, asked), abs=1e-5)
    assert found[0] == found[-1]  # the same text twice: the same score to the bit

    theirs = bm25s.BM25(k1=K1 * BODY, b=B, method="lucene")
    theirs.index([words(text) for text in texts], show_progress=False)
    said = ["word1", "word2", "word2", "word59"]
    assert found.tolist() == pytest.approx(theirs.get_scores(said).tolist(), abs=1e-5)


def drawn_fields(seed: int) -> list[Fields]:
    draw = np.random.default_rng(seed)

    def stems(most: int) -> tuple[str, ...]:
        return tuple(f"word{number}" for number in draw.integers(0, 30, size=draw.integers(most)))

    bodies = [stems(25) for _ in range(30)]
    return [
        Fields(
            title=stems(3),
            path=stems(5),
            body=body,
            neighbours=tuple(bodies[max(at - 1, 0) : at] + bodies[at + 1 : at + 2]),
        )
        for at, body in enumerate(bodies)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_shares_are_the_formula_over_weighted_fields(seed: int) -> None:
    passages = drawn_fields(seed)
    stems: list[Counter[str]] = []
    pairs: list[Counter[str]] = []
    for passage in passages:
        one, two = Counter[str](), Counter[str]()
        for field, weight in (
            (passage.title, TITLE),
            (passage.path, PATH),
            (passage.body, BODY),
            *((body, NEIGHBOUR) for body in passage.neighbours),
        ):
            for _ in range(weight):
                one.update(field)
                two.update(f"{first} {second}" for first, second in itertools.pairwise(field))
        stems.append(one)
        pairs.append(two)
    index = LexicalIndex.build(passages)
    found = index.shares([("word1 word2 the unknown word1", 1.0), ("word2 word3", 0.5)])
    asked = {"word1": 2.0, "word2": 1.0, "unknown": 1.0, "word3": 0.5}
    beside = {"word1 word2": 1.0, "word2 unknown": 1.0, "unknown word1": 1.0, "word2 word3": 0.5}
    most = sum(weight * index.idf(term) for term, weight in asked.items() if term != "unknown")
    expected = [
        (single + PAIR_WEIGHT * pair) / (most + HEADROOM)
        for single, pair in zip(formula(stems, asked), formula(pairs, beside), strict=True)
    ]
    assert found.dtype == np.float32
    assert max(expected) > 0
    assert found.tolist() == pytest.approx(expected, abs=1e-5)


def fields_of(texts: list[str]) -> list[Fields]:
    return [Fields(title=(), path=(), body=tuple(words(text)), neighbours=()) for text in texts]


@pytest.mark.parametrize("texts", [[], [""], ["the", "of"], THREE, generated(30, seed=3)])
def test_round_trip(texts: list[str]) -> None:
    index = LexicalIndex.build(fields_of(texts))
    files = index.to_files()
    assert tuple(files) == LEXICAL_FILES
    again = LexicalIndex.from_files(files)
    assert again.to_files() == files
    assert again.size == len(texts)
    asked = [("cell therapy word1 word2", 1.0)]
    assert np.array_equal(again.shares(asked), index.shares(asked))
    assert again.idf("therapi") == index.idf("therapi")


def test_files_that_do_not_fit_together_are_refused() -> None:
    files = LexicalIndex.build(fields_of(THREE)).to_files()
    others = LexicalIndex.build(fields_of(generated(30, seed=3))).to_files()
    for name in LEXICAL_FILES:
        with pytest.raises(ValueError, match="fit together"):
            LexicalIndex.from_files(files | {name: others[name]})


def test_files_hold_no_pickle() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    files = LexicalIndex.build(fields_of(THREE)).to_files()
    with pytest.raises(ValueError, match="allow_pickle"):
        LexicalIndex.from_files(files | {"lexical-rows.npy": buffer.getvalue()})


BUILD = """
import hashlib, sys
from askpartner.lexical import Fields, LexicalIndex, words
texts = ["cell therapy", "gene therapy therapy", "drug discovery screening of cells"] * 5
bodies = [tuple(words(text)) for text in texts]
files = LexicalIndex.build([Fields((), (), body, ()) for body in bodies]).to_files()
print(hashlib.sha256(b"".join(files.values())).hexdigest())
"""

ASK = """
import sys
from askpartner.lexical import LexicalIndex
index = LexicalIndex.from_files(LexicalIndex.build([]).to_files())
index.shares([("anything", 1.0)])
assert not {"bm25s", "scipy"} & set(sys.modules)
"""


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=dict(os.environ) | environment,
    )
    assert done.stderr == ""
    return done.stdout


def test_the_same_texts_give_the_same_bytes_in_every_process() -> None:
    assert run(BUILD, PYTHONHASHSEED="1") == run(BUILD, PYTHONHASHSEED="2")


def test_asking_imports_no_bm25s() -> None:
    assert run(ASK) == ""
