"""The words' side of the index: which passages hold the words of a question, and how telling.

BM25 as Lucene counts it (Kamphuis et al., "Which BM25 Do You Mean?", ECIR 2020) over weighted
fields (BM25F: Robertson, Zaragoza and Taylor, CIKM 2004): a word in a heading counts more than one
in a sentence, one in a neighbouring passage less. bm25s weighs every word of every passage when the
index is built; asking only adds those weights up, so it needs neither bm25s nor its imports. Does
not know vectors or meanings.
"""

from __future__ import annotations

import io
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
"""How soon a further occurrence of a word in a passage counts less."""

B = 0.6
"""How much a long passage counts less, from 0 (not at all) to 1."""

TITLE, PATH, BODY, NEIGHBOUR = 10, 20, 10, 3
"""How often a word counts where it stands: page title, heading path, the passage itself, the
passages before and after it. Only the ratios matter: ``K1`` is scaled by ``BODY``."""

PAIR_WEIGHT = 0.2
"""What two words beside each other add, as in the question, to their weights apart."""

HEADROOM = 12.0
"""Added to what a question could reach at most, so that short questions do not reach it."""

STOP_WORDS = frozenset(
    # articles, conjunctions, prepositions
    "a an the and or but nor so if then than as of at by for from in into on onto to with within"
    " without about via per upon over under between among through during"
    # pronouns and question words
    " i me my mine we us our ours you your yours he him his she her hers it its they them their"
    " theirs this that these those there here which what who whose whom where"
    # forms of to be, to have, to do, and modals
    " am is are was were be been being has have had having do does did doing done"
    " can could may might must shall should will would"
    # adverbs and the like that carry no topic
    " how when why not no also just only such very too some any please tell"
    # negated forms, without their apostrophe
    " dont doesnt didnt isnt arent wasnt werent cant couldnt wont wouldnt shouldnt".split()
)
"""Words that say nothing about a topic, left out on both sides."""

SCALES = {
    **dict.fromkeys(("k", "thousand"), 10**3),
    **dict.fromkeys(("m", "mil", "mn", "million"), 10**6),
    **dict.fromkeys(("b", "bn", "billion"), 10**9),
}

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_ACCENTS = re.compile("[\u0300-\u036f]")
# The blocks of the scripts of India and of Thai and Lao are named, because Python counts their
# vowel signs as neither letters nor digits.
_LETTER = r"(?:[^\W_]|[\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff])"
_LETTERS = rf"{_LETTER}+(?:[&*']{_LETTER}+)*"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!,?\d)|\d+(?:\.\d+)?"
_TOKEN = re.compile(
    rf"(?:\b[a-z]{{1,3}})?[$€£¥]\ ?(?P<amount>{_NUMBER})(?:\ ?(?P<scale>{'|'.join(SCALES)})\b)?"
    rf"|(?<!\w)(?P<thousands>{_NUMBER})k\b"
    rf"|(?<![\w.])(?P<number>{_NUMBER})(?![^\W_]|[.,]\d)"
    rf"|(?P<word>{_LETTERS}(?:[-\u2010]{_LETTERS})*)"
)


_PAST = re.compile("[^e]ed$")


def words(text: str, *, keep_past: bool = False) -> list[str]:
    """The words of a text in order, in the form they are compared in; both sides use this.

    Lower case, no accents, compatibility characters resolved (NFKC), stop words left out, and
    the rest put in British spelling and cut to English stems (Snowball). Words end at anything but
    a letter or digit, except:

    - ``GMP-grade``: both parts and both joined, so that ``start-up`` meets ``startup``;
    - ``A*STAR``: joined; ``R&D``, parts of one or two letters: kept whole; ``partner's``: without
      the ending;
    - numbers: without separators (``300,000`` is ``300000``, ``2.50`` is ``2.5``), and amounts
      written out (``S$300k`` and ``$0.3 million`` are ``300000``);
    - a Greek letter that is no part of a Greek word: its name (``IFN-γ`` is ``IFN-gamma``), but
      "u" before a unit (``μm`` is ``um``).

    Scripts written without spaces are not cut: a run of their letters is one word. With
    ``keep_past``, words that end like a past ("granted") are not cut to the stem of the noun.
    """
    found = [_british(word) for word in _cut(_fold(text))]
    with _STEMMING:  # one stemmer is not safe to share between threads
        stems: list[str] = _stemmer().stemWords(found)
    if keep_past:
        return [w if _PAST.search(w) else root for w, root in zip(found, stems, strict=True)]
    return stems


_AMERICAN = re.compile(r"(?<=[a-z]{3})(?:(iz)|(yz))(?=(?:e[ds]?|ers?|ing|ations?)$)")
_AMERICAN_WORDS = {
    american + ending: british + ending
    for american, british in (
        *((f"{word}er", f"{word}re") for word in "cent fib lit met theat calib".split()),
        *(
            (f"{word}or", f"{word}our")
            for word in "behavi col fav flav harb hon hum lab neighb od rum tum vap".split()
        ),
        ("program", "programme"),
        ("license", "licence"),
        ("catalog", "catalogue"),
        ("defense", "defence"),
        ("aging", "ageing"),
        ("pediatric", "paediatric"),
    )
    for ending in ("", "s")
}


_CLIPPED = {"lab": "laboratory", "labs": "laboratories"}
"""Words that are as often said short as whole."""


def _british(word: str) -> str:
    """A lower-case word in the one spelling that both sides are compared in, and whole."""
    if word in _CLIPPED:
        return _CLIPPED[word]
    if word in _AMERICAN_WORDS:
        return _AMERICAN_WORDS[word]
    return _AMERICAN.sub(lambda found: "is" if found[1] else "ys", word)


def inflections(text: str) -> list[str]:
    """The words of a text in order, as ``words`` finds them, cut less: only how a word is bent.

    "operators" and "operator" are one, "operators" and "operations" are two; a stem takes all
    three for one.
    """
    return [_unbent(_british(word)) for word in _cut(_fold(text))]


def _unbent(word: str) -> str:
    for ending, kept in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        root = word.removesuffix(ending)
        if word.endswith(ending):
            # No ending: "string", "speed", "class".
            if _VOWEL.search(root) and not word.endswith(("eed", "ss", "us", "is")):
                word = root + kept
                if ending in ("ing", "ed") and root[-1:] == root[-2:-1] and root[-1] not in "sl":
                    word = root[:-1]  # "planning" is bent from "plan"
            break
    return word.removesuffix("e")


_VOWEL = re.compile("[aeiouy]")


_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+|(?<!\S)[^\s@]+@[^\s@]+\.[^\s@]+", re.IGNORECASE)


def without_addresses(text: str) -> str:
    """A text without links and e-mail addresses: they state nothing, whatever they are made of."""
    return _ADDRESS.sub(" ", text)


def surface_words(text: str) -> list[str]:
    """Words and numbers of a text in order, as written, stop words included."""
    return [match[0] for match in _SURFACE.finditer(text)]


def surface_ranges(text: str) -> list[tuple[int, int]]:
    """Where the ``surface_words`` of a text stand, half open."""
    return [match.span() for match in _SURFACE.finditer(text)]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Snowball English stem of one word, lower case, possessive ending dropped."""
    lower = _spelled_out(word.lower().replace("’", "'").removesuffix("'s"))
    with _STEMMING:
        root: str = _stemmer().stemWord(_british(lower))
    return root


_STEMMING = Lock()


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


_GREEK = {
    letter: unicodedata.name(letter).rpartition(" ")[2].lower().replace("lamda", "lambda")
    for letter in "αβγδεζηθικλμνξοπρςστυφχψω"
}
_SYMBOL = re.compile("(?<![α-ω])(?:(μ)(?=[a-z])|[α-ω])(?![α-ω])")
"""A Greek letter that is a symbol ("IFN-γ", "10 μm"), not part of a Greek word."""


def _spelled_out(text: str) -> str:
    """A lower-case text with the names of symbols, and "u" before a unit, as keyboards have it."""
    return _SYMBOL.sub(lambda found: "u" if found[1] else _GREEK[found[0]], text)


_SURFACE = re.compile(r"[^\W_]+(?:[.,][0-9]+)*(?:[’'][A-Za-z]+)?")
_ACRONYMS = re.compile(r"\b([A-Z]{2,})s\b")


def _fold(text: str) -> str:
    text = _ACRONYMS.sub(r"\1", text)  # "SMEs" is "SME"; the stemmer would keep the ending
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    return _spelled_out(text)


def _cut(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "word":
            word = match["word"]
            if word.isalnum():
                if word not in STOP_WORDS:
                    yield word
                continue
            parts = re.split("[-\u2010]", word)
            pieces = [piece for part in parts for piece in _pieces(part)]
            yield from (piece for piece in pieces if piece not in STOP_WORDS)
            if len(parts) > 1:
                yield "".join(pieces)
        elif kind == "number":
            yield _plain(match["number"], 1)
        elif kind == "thousands":
            yield _plain(match["thousands"], 1000)
        else:
            yield _plain(match["amount"], SCALES.get(match["scale"], 1))


def _plain(number: str, scale: int) -> str:
    digits = number.replace(",", "")
    if scale > 1:
        digits = f"{Decimal(digits) * scale:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _pieces(word: str) -> list[str]:
    word = word.removesuffix("'s").replace("'", "").replace("*", "")
    parts = word.split("&")
    return [word] if all(len(part) <= 2 for part in parts) else parts


@dataclass(frozen=True, slots=True)
class Fields:
    """A passage taken apart into stems by where they stand."""

    title: tuple[str, ...]
    path: tuple[str, ...]
    body: tuple[str, ...]
    neighbours: tuple[tuple[str, ...], ...]  # bodies of the passages before and after

    def weighed(self) -> Iterator[tuple[tuple[str, ...], int]]:
        """Each field with how often a word in it counts."""
        yield self.title, TITLE
        yield self.path, PATH
        yield self.body, BODY
        for body in self.neighbours:
            yield body, NEIGHBOUR


WeighedText = tuple[str, float]
"""A piece of what is asked, and how much its words count, above 0."""


class LexicalIndex:
    """How much of what a question says each passage holds. Never changed once built.

    Words, and pairs of words beside each other. May be used from several threads.
    """

    def __init__(self, singles: TermWeights, pairs: TermWeights) -> None:
        self._singles, self._pairs = singles, pairs
        self.size = singles.size

    @classmethod
    def build(cls, passages: Sequence[Fields]) -> LexicalIndex:
        """Weigh the words of passages; row numbers are their positions."""
        return cls(
            TermWeights.build([_counted(fields, lambda stems: stems) for fields in passages]),
            TermWeights.build([_counted(fields, _pairs) for fields in passages]),
        )

    def shares(self, asked: Sequence[WeighedText]) -> NDArray[np.float32]:
        """The share of what is asked that each row holds, about 0 to 1; shape (size,).

        The sum of the weights of the words a row holds, over the most the question's known words
        could reach and ``HEADROOM``: a scale that needs no other passage to compare with.
        """
        terms: dict[str, float] = {}
        pairs: dict[str, float] = {}
        for text, weight in asked:
            stems = tuple(words(text))
            for found, all_terms in ((terms, stems), (pairs, _pairs(stems))):
                fresh: dict[str, float] = {}
                for term in all_terms:
                    fresh[term] = fresh.get(term, 0.0) + weight
                # What was said in full weight is not said again in a lesser one.
                for term, value in fresh.items():
                    found.setdefault(term, value)
        most = sum(
            weight * self._singles.idf(term)
            for term, weight in terms.items()
            if term in self._singles
        )
        held = self._singles.scores(terms) + PAIR_WEIGHT * self._pairs.scores(pairs)
        shares: NDArray[np.float32] = (held / (most + HEADROOM)).astype(np.float32)
        return shares

    def rows(self, term: str) -> list[int]:
        """The passages that hold a stem, by row."""
        return self._singles.rows(term)

    def idf(self, word: str) -> float:
        """How telling a stem is: ``ln(1 + (N - n + .5)/(n + .5))``, n of N rows holding it."""
        return self._singles.idf(word)

    def to_files(self) -> dict[str, bytes]:
        """The index as files by name: JSON and plain arrays, the same bytes for the same texts."""
        return self._singles.to_files("lexical") | self._pairs.to_files("pairs")

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> LexicalIndex:
        """The reverse of ``to_files``. Raises ValueError when the files do not fit together."""
        found = cls(
            TermWeights.from_files("lexical", files), TermWeights.from_files("pairs", files)
        )
        if found._pairs.size != found.size:
            raise ValueError("words and pairs are not of equally many rows")
        return found


def _pairs(stems: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{one} {two}" for one, two in pairwise(stems))


def _counted(fields: Fields, terms: Callable[[tuple[str, ...]], tuple[str, ...]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for stems, weight in fields.weighed():
        for term in terms(stems):
            counts[term] = counts.get(term, 0) + weight
    return counts


class TermWeights:
    """BM25 weights of every word in every passage, by row number. Never changed once built.

    Kept by word: the rows of word ``w`` are ``rows[starts[w]:starts[w + 1]]``, their weights the
    same slice of ``weights``. May be used from several threads.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        weights: NDArray[np.float32],
        size: int,
    ) -> None:
        self._number = {word: number for number, word in enumerate(vocabulary)}
        self._starts, self._rows, self._weights = starts, rows, weights
        self.size = size

    @classmethod
    def build(cls, counted: Sequence[Mapping[str, int]]) -> TermWeights:
        """Weigh terms; one mapping a row from term to how often it counts."""
        vocabulary = sorted({term for counts in counted for term in counts})
        if not vocabulary:
            nothing = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32)
            return cls([], np.zeros(1, dtype=np.int64), *nothing, size=len(counted))
        import bm25s

        number = {term: at for at, term in enumerate(vocabulary)}
        model = bm25s.BM25(k1=K1 * BODY, b=B, method="lucene")
        # Numbers and vocabulary are given, because bm25s would number terms in set order.
        rows = [
            np.repeat(
                np.fromiter((number[term] for term in counts), dtype=np.int32, count=len(counts)),
                np.fromiter(counts.values(), dtype=np.int32, count=len(counts)),
            ).tolist()
            for counts in counted
        ]
        model.index((rows, number), create_empty_token=False, show_progress=False)
        return cls(
            vocabulary,
            np.asarray(model.scores["indptr"], dtype=np.int64),
            np.asarray(model.scores["indices"], dtype=np.int32),
            np.asarray(model.scores["data"], dtype=np.float32),
            size=len(counted),
        )

    def __contains__(self, term: str) -> bool:
        return term in self._number

    def scores(self, terms: Mapping[str, float]) -> NDArray[np.float32]:
        """BM25 score of every row for weighed terms, at least 0; shape (size,)."""
        scores = np.zeros(self.size, dtype=np.float32)
        for term, weight in sorted(terms.items()):  # in any order of words the same bits
            number = self._number.get(term)
            if number is not None:
                start, end = self._starts[number], self._starts[number + 1]
                scores[self._rows[start:end]] += np.float32(weight) * self._weights[start:end]
        return scores

    def rows(self, term: str) -> list[int]:
        """The passages that hold a term, in order."""
        number = self._number.get(term)
        if number is None:
            return []
        held: list[int] = self._rows[self._starts[number] : self._starts[number + 1]].tolist()
        return held

    def idf(self, word: str) -> float:
        """How telling a word is, in the form ``words`` gives it: ``ln(1 + (N - n + .5)/(n + .5))``.

        N is the number of rows, n that of rows with the word (0 when unknown).
        """
        number = self._number.get(word)
        rows = 0 if number is None else int(self._starts[number + 1] - self._starts[number])
        return math.log(1 + (self.size - rows + 0.5) / (rows + 0.5))

    def to_files(self, name: str) -> dict[str, bytes]:
        """The weights as files by name: JSON and plain arrays, the same bytes for the same rows."""
        head = {"size": self.size, "vocabulary": list(self._number)}
        return {
            f"{name}.json": json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode(),
            f"{name}-starts.npy": _array_bytes(self._starts),
            f"{name}-rows.npy": _array_bytes(self._rows),
            f"{name}-weights.npy": _array_bytes(self._weights),
        }

    @classmethod
    def from_files(cls, name: str, files: Mapping[str, bytes]) -> TermWeights:
        """The reverse of ``to_files``, of bytes known to be undamaged.

        Raises ValueError when they do not fit together.
        """
        head = json.loads(files[f"{name}.json"])
        vocabulary, size = head["vocabulary"], head["size"]
        starts, rows, weights = (
            np.load(io.BytesIO(files[f"{name}-{part}.npy"]), allow_pickle=False)
            for part in ("starts", "rows", "weights")
        )
        if not (
            len(starts) == len(vocabulary) + 1
            and starts[0] == 0
            and np.all(np.diff(starts) >= 0)
            and len(rows) == len(weights) == starts[-1]
            and np.all((rows >= 0) & (rows < size))
        ):
            raise ValueError("the files of the lexical index do not fit together")
        return cls(vocabulary, starts, rows, weights, size)


LEXICAL_FILES = tuple(
    f"{name}{part}"
    for name in ("lexical", "pairs")
    for part in (".json", "-starts.npy", "-rows.npy", "-weights.npy")
)
"""The names ``LexicalIndex.to_files`` gives."""


def _array_bytes(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
