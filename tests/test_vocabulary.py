"""The words staff keep: how they are read, what is refused, and what of a text they find."""

from __future__ import annotations

from pathlib import Path

import pytest

from askpartner.errors import CorpusError
from askpartner.lexical import words
from askpartner.types import Concept, Criterion
from askpartner.vocabulary import (
    VOCABULARY_FILE,
    concepts_in,
    holds,
    mentions,
    read_vocabulary,
    vocabulary_bytes,
    vocabulary_from,
    word_streams,
)
from shared_material import ROOT

WRITTEN = """
[need.training]
words = ["training", "course"]

[audience.start-up]
words = ["start-up", "young company"]

[audience."biotechnology company"]
words = ["biotechnology company", "biotech"]

[audience.company]
words = ["company"]
also = ["everyone"]

[need."company visits"]
words = ["company visit", "tour"]
"""

TRAINING = Concept("need", "training", ("training", "course"), ())
START_UP = Concept("audience", "start-up", ("start-up", "young company"), ())
BIOTECH = Concept("audience", "biotechnology company", ("biotechnology company", "biotech"), ())
COMPANY = Concept("audience", "company", ("company",), ("everyone",))
VISITS = Concept("need", "company visits", ("company visit", "tour"), ())
ALL = (BIOTECH, COMPANY, START_UP, VISITS, TRAINING)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / VOCABULARY_FILE
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# --- reading ------------------------------------------------------------------------------------


def test_a_vocabulary_is_read_in_the_order_of_kinds_and_names(tmp_path: Path) -> None:
    write(tmp_path, WRITTEN)
    assert read_vocabulary(tmp_path) == ALL
    tables = WRITTEN.strip().split("\n\n")
    write(tmp_path, "\n".join(reversed(tables)))
    assert read_vocabulary(tmp_path) == ALL
    write(tmp_path, b"\xef\xbb\xbf" + WRITTEN.replace("\n", "\r\n").encode())
    assert read_vocabulary(tmp_path) == ALL


def test_a_corpus_without_vocabulary_has_that_of_the_package(tmp_path: Path) -> None:
    general = {concept.name: concept for concept in read_vocabulary(tmp_path)}
    assert {concept.kind for concept in general.values()} == {"audience", "need"}
    assert concepts_in("We are a start-up that needs clean rooms.", tuple(general.values())) == (
        general["start-up"],
        general["GMP rooms"],
    )
    write(tmp_path, WRITTEN)
    assert read_vocabulary(tmp_path) == ALL
    write(tmp_path, "")  # staff who want none say so
    assert read_vocabulary(tmp_path) == ()


def test_round_trip() -> None:
    for vocabulary in (ALL, (), read_vocabulary(ROOT / "corpus")):
        data = vocabulary_bytes(vocabulary)
        assert vocabulary_from(data) == vocabulary
        assert vocabulary_bytes(vocabulary_from(data)) == data


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[need.x]\nwords = ['\xff']", "not UTF-8"),
        ("[need.x\n", "not TOML"),
        ("[need.x]\nwords = ['a b']\n[need.x]\nwords = ['c']", "not TOML"),  # twice
        ("[needs.x]\nwords = ['rooms']", "[needs.x]: tables are [audience.NAME] and [need.NAME]"),
        ("[need]\nwords = ['rooms']", "[need.words]: tables are"),
        ("need = 1", "[need.]: tables are"),
        ("words = ['rooms']", "[words.]: tables are"),
        ("[need.x]\nwords = ['rooms']\nalias = ['y']", "[need.x]: 'alias' is neither 'words' nor"),
        ("[need.x]\nalso = ['rooms']", "[need.x]: no words; give at least one"),
        ("[need.x]\nwords = []", "[need.x]: no words; give at least one"),
        ("[need.x]", "[need.x]: no words; give at least one"),
        ("[need.x]\nwords = 'rooms'", "[need.x]: words is not a list of words"),
        ("[need.x]\nwords = ['rooms', 1]", "[need.x]: words is not a list of words"),
        ("[need.x]\nwords = ['rooms', '']", "[need.x]: words is not a list of words"),
        ("[need.x]\nwords = ['rooms', 'with the']", "[need.x]: words is not a list of words"),
        ("[need.x]\nwords = ['rooms']\nalso = [[]]", "[need.x]: also is not a list of words"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_is_wrong(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(CorpusError) as refusal:
        read_vocabulary(tmp_path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.exit_code == 3


def test_the_corpus_of_the_project_has_one() -> None:
    found = read_vocabulary(ROOT / "corpus")
    assert {concept.kind for concept in found} == {"audience", "need"}
    for concept in found:
        for phrase in concept.words:
            assert concept.name in [c.name for c in concepts_in(phrase, found)] or any(
                phrase in other.words for other in found if other != concept
            )


# --- concepts of a question ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("We are a start-up.", [START_UP]),
        ("STARTUP", [START_UP]),
        ("Two start ups and their Startups", [START_UP]),
        ("a start\u2010up", [START_UP]),
        ("We start. Going up?", []),  # "start" and "up", but not beside each other
        ("young companies", [START_UP]),  # and no "company", whose words they hold
        ("a young company and a company", [COMPANY, START_UP]),
        ("a company", [COMPANY]),
        ("companies", [COMPANY]),
        ("a biotechnology company", [BIOTECH]),
        ("a biotech company", [BIOTECH, COMPANY]),
        ("for everyone", []),  # what a page may say is not what an asker is
        # The longer phrase is of another kind: both are meant.
        ("Can a company visit you?", [COMPANY, VISITS]),
        ("A course for a start-up", [START_UP, TRAINING]),
        ("training courses", [TRAINING]),
        ("a trained clown", []),  # a past is a word of its own
        ("price", []),
        ("", []),
    ],
)
def test_concepts_of_a_text(text: str, named: list[Concept]) -> None:
    assert concepts_in(text, ALL) == tuple(named)
    assert concepts_in(text, ()) == ()


def test_two_concepts_of_one_phrase_are_both_named() -> None:
    twin = Concept("audience", "twin", ("start-up",), ())
    assert concepts_in("a start-up", (START_UP, twin)) == (START_UP, twin)


def test_streams_have_hyphens_apart_and_joined() -> None:
    assert word_streams("GMP-grade start\u2010ups") == (
        ("gmp", "grade", "start", "up"),
        ("gmpgrade", "startup"),
    )


# --- concepts of a page -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "concept", "mentioned"),
    [
        ("Open to everyone", COMPANY, True),
        ("Open to companies", COMPANY, True),
        ("Open to biotechnology companies", COMPANY, True),  # they are companies, too
        ("Open to nobody", COMPANY, False),
        ("Open to every start-up", START_UP, True),
        ("Startups", START_UP, True),
        ("Everyone", START_UP, False),
    ],
)
def test_a_page_mentions_a_concept_or_what_includes_it(
    text: str, concept: Concept, mentioned: bool
) -> None:
    assert mentions(concept, text) is mentioned
    assert holds(Criterion(concept.name, concept, frozenset()), text) is mentioned


@pytest.mark.parametrize(
    ("asked", "text", "held"),
    [
        ("viral vectors", "A vector, viral or not", True),  # all words, in any order
        ("viral vectors", "A vector", False),
        ("start-up rooms", "Room for a startup", False),  # plain words are as typed
        ("start-up rooms", "Rooms for a start-up", True),
    ],
)
def test_plain_words_are_held_all_or_not_at_all(asked: str, text: str, held: bool) -> None:
    assert holds(Criterion(asked, None, frozenset(words(asked))), text) is held


@pytest.mark.parametrize(
    ("asked", "text", "held"),
    [
        ("operators", "Operations of a ferry", False),
        ("insurance companies", "Insurers and brokers", True),
        ("insurance companies", "Bring insurance", False),  # no company of that trade
        ("insurers", "Shipping, insurance and travel firms", True),
        ("drone companies", "Drone makers", True),
        ("consultants", "Consultancies", True),
        ("water companies", "Water", False),
    ],
)
def test_those_in_a_trade_are_held_by_whatever_they_are_called(
    asked: str, text: str, held: bool
) -> None:
    stems = frozenset(words(asked.removesuffix("companies")))
    assert holds(Criterion(asked, None, stems), text) is held
