"""The words staff say mean the same: who asks, and what they look for.

Read from ``vocabulary.toml`` beside the pages when the index is built; part of the index after
that. Finds concepts in text; does not know profiles or answers.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from askpartner.directory import KIND
from askpartner.errors import CorpusError
from askpartner.lexical import inflections, words
from askpartner.types import Concept, ConceptKind, Criterion

VOCABULARY_FILE = "vocabulary.toml"

TEXTS_KEPT = 65_536
"""Texts whose words are kept: every statement of a large directory is read for every list."""

Phrase = tuple[str, ...]
"""The stems of a phrase, in order."""


Vocabulary = tuple[Concept, ...]
"""In the order of kinds and names."""


def read_vocabulary(corpus: Path) -> Vocabulary:
    """The vocabulary beside a corpus's pages; where there is none, the one of the package.

    Raises CorpusError naming the file and what is wrong in it.
    """
    path = corpus / VOCABULARY_FILE
    if not path.is_file():
        with resources.as_file(resources.files("askpartner.templates") / VOCABULARY_FILE) as own:
            return read_vocabulary(own.parent)
    try:
        tables = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CorpusError(str(path), 0, "not UTF-8; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(str(path), 0, f"not TOML: {error}") from error
    concepts = [
        _concept(path, kind, name, entry)
        for kind, names in tables.items()
        for name, entry in (names.items() if isinstance(names, dict) else [("", names)])
    ]
    return tuple(sorted(concepts, key=lambda concept: (concept.kind, concept.name)))


def _concept(path: Path, kind: str, name: str, entry: Any) -> Concept:
    where = f"[{kind}.{name}]"
    if kind not in get_args(ConceptKind) or not isinstance(entry, dict):
        raise CorpusError(str(path), 0, f"{where}: tables are [audience.NAME] and [need.NAME]")
    if unknown := sorted(set(entry) - {"words", "also"}):
        raise CorpusError(str(path), 0, f"{where}: {unknown[0]!r} is neither 'words' nor 'also'")
    for key in ("words", "also"):
        phrases = entry.get(key, [])
        if not isinstance(phrases, list) or not all(
            isinstance(phrase, str) and words(phrase) for phrase in phrases
        ):
            raise CorpusError(str(path), 0, f"{where}: {key} is not a list of words")
    if not entry.get("words"):
        raise CorpusError(str(path), 0, f"{where}: no words; give at least one")
    kinds: dict[str, ConceptKind] = {"audience": "audience", "need": "need"}
    return Concept(kinds[kind], name, tuple(entry["words"]), tuple(entry.get("also", ())))


def vocabulary_bytes(vocabulary: Vocabulary) -> bytes:
    """The vocabulary as JSON, the same bytes for the same vocabulary."""
    rows = [[c.kind, c.name, list(c.words), list(c.also)] for c in vocabulary]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def vocabulary_from(data: bytes) -> Vocabulary:
    """The reverse of ``vocabulary_bytes``."""
    return tuple(Concept(k, n, tuple(w), tuple(a)) for k, n, w, a in json.loads(data))


def concepts_in(text: str, vocabulary: Vocabulary) -> tuple[Concept, ...]:
    """The concepts a text names by their own words, in vocabulary order.

    A concept whose only phrase there is part of a longer phrase of another one is not named:
    "biotechnology company" does not name "company".
    """
    streams = word_streams(text)
    places = {c: list(_places(c.words, streams)) for c in vocabulary}
    return tuple(
        concept
        for concept, spans in places.items()
        if any(
            not any(
                _inside(span, wider)
                for other, others in places.items()
                if other != concept and other.kind == concept.kind
                for wider in others
            )
            for span in spans
        )
    )


def holds(criterion: Criterion, text: str) -> bool:
    """Whether a text of a page names a criterion.

    Plain words are there when all of them are, or all of what stands beside an "or", however bent;
    "operations" names no "operators", but "insurance companies" are "insurers". A name is there
    word for word: "SIT" is no "sits".
    """
    if criterion.concept is not None:
        if mentions(criterion.concept, text):
            return True
        if not criterion.others:
            return False
    if criterion.is_name:
        return re.search(rf"(?<!\w){re.escape(criterion.name)}(?!\w)", text) is not None
    stems, bent = _plain_words(text)
    sides = [side for side in (criterion.stems, *criterion.others) if side and side <= stems]
    if not sides:
        return False
    name = criterion.name
    asked = list(zip(words(name), inflections(name), strict=True))
    companies = {root for found in COMPANIES_OF.finditer(name) for root in words(found[1])}
    in_trade = _trades(name) & _trades(text)
    return any(
        all(
            root in in_trade or (word in bent and root not in companies)
            for root, word in asked
            if root in side
        )
        for side in sides
    )


_OF = r"(?<![\w-])((?:[\w-]+(?:,| and| or|, and|, or) )*[\w-]+) "
COMPANIES_OF = re.compile(rf"{_OF}(?:compan(?:y|ies)|firms?)\b", re.IGNORECASE)
"""Companies of one trade or several: "robotics and drone companies"."""

TRADES = re.compile(
    rf"{_OF}(?:compan(?:y|ies)|firms?|business(?:es)?|makers?|manufacturers?|producers?|builders?|"
    r"developers?|operators?|providers?|suppliers?)\b",
    re.IGNORECASE,
)
"""What those in a trade are called."""

DOERS = re.compile(r"\b\w+(?:er|or|ant|ist|ancy|ancie)s?\b", re.IGNORECASE)
"""Who does something for a living: "insurers", "consultants", "consultancies"."""


@lru_cache(maxsize=TEXTS_KEPT)
def _trades(text: str) -> frozenset[str]:
    """The stems of the trades whose people or companies a text names."""
    found = {root for trade in TRADES.finditer(text) for root in words(trade[1])}
    for doer in DOERS.findall(text):
        # "Water" is nobody who waters: nothing is cut off its stem.
        found.update(root for root in words(doer) if root != doer.lower().removesuffix("s"))
    return frozenset(found)


def is_kind(criterion: Criterion, text: str) -> bool:
    """Whether a text of ``directory.kinds`` says that a partner is of a kind.

    Words must end with the kind: a "research station" is no research. The row of its type may say
    more: an "Investor network" is one of investors.
    """
    if not holds(criterion, text):
        return False
    if KIND.search(text):
        return True
    phrases = criterion.concept.words if criterion.concept is not None else (criterion.name,)
    return words(text)[-1] in {root for phrase in phrases for root in words(phrase)}


def mentions(concept: Concept, text: str) -> bool:
    """Whether a text of a page names a concept, or something that includes it."""
    streams = word_streams(text)
    return next(_places((*concept.words, *concept.also), streams), None) is not None


@lru_cache(maxsize=TEXTS_KEPT)
def word_streams(text: str) -> tuple[Phrase, Phrase]:
    """The stems of a text, once with hyphenated words apart and once with them joined.

    What was granted is no grant, and who was sponsored no sponsor: pasts stay as they are.
    """
    joined = text.replace("-", "").replace("\u2010", "")
    apart = text.replace("-", " ").replace("\u2010", " ")
    return _interned(words(apart, keep_past=True)), _interned(words(joined, keep_past=True))


@lru_cache(maxsize=TEXTS_KEPT)
def _plain_words(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The stems of a text, and its words as bent."""
    return frozenset(_interned(words(text))), frozenset(_interned(inflections(text)))


def _interned(found: list[str]) -> Phrase:
    # A directory has few words and says them often: each is kept once.
    return tuple(map(sys.intern, found))


@cache
def _phrase_streams(phrase: str) -> tuple[Phrase, Phrase]:
    return word_streams(phrase)


Span = tuple[int, int, int]
"""Which stream, and from where to where in it."""


def _places(phrases: Sequence[str], streams: tuple[Phrase, Phrase]) -> Iterator[Span]:
    for phrase in phrases:
        for wanted in dict.fromkeys(_phrase_streams(phrase)):
            for number, stream in enumerate(streams):
                for at in range(len(stream) - len(wanted) + 1):
                    if stream[at : at + len(wanted)] == wanted:
                        yield number, at, at + len(wanted)


def _inside(span: Span, wider: Span) -> bool:
    return (
        span[0] == wider[0]
        and wider[1] <= span[1]
        and span[2] <= wider[2]
        and wider[2] - wider[1] > span[2] - span[1]
    )
