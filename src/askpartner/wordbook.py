"""What the corpus knows of single words: how rare each is, how it is written, what is near it.

Written when the index is built, read when asking. Corrects typos by the corpus's own words. Does
not know passages or questions.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders import Vectors
from askpartner.lexical import stem, surface_words, words

WORDBOOK_FILES = ("words.json", "words.npy")

SHORTEST_CORRECTED = 5
"""Shorter words are one letter away from too many others."""

LONG_WORD = 8
"""From this length on two slips are allowed, below it one."""

MOST_SLIPS = 2

CONTRACTED = re.compile(r"['’](?:re|ve|ll|d|m|t)$")
"""Ends like "we're", which is two words and no slip for "were"."""

QUESTION_WORDS = tuple(
    "compare comparison difference different introduce introduced introduction website suitable "
    "suits partner partners profile profiles organisation organisations which offered".split()
)
"""Words that say what kind of answer is wanted, which a corpus need not hold."""

SHORT_QUESTION_WORDS = ("what", "when", "where", "which", "many", "much", "does", "have", "cost")
"""Those of them that may be typed with one letter left out, though they are short: "wich"."""

SWAPPED_WORDS = (
    *SHORT_QUESTION_WORDS,
    *("the", "and", "for", "are", "you", "can", "who", "how", "with", "that", "this", "from"),
)
"""Short words that are often typed with two letters swapped: "teh"."""

LIGHT_STEMS = frozenset(
    stem(word)
    for word in """
    able actual add aim allow already apart apply area around ask away bad basis become
    begin began begun big bring brought build built cause change choose client come company
    concern connect consider consist contain count cover create current date day deal depend
    detail develop do early earlier else enough establish exact exist expect fact far fill
    find fit follow form full further general go good great group grow handle happen help
    hold include inside instead involve issue join keep large last late later launch lead
    least leave less let like likely little locate long look main make maximum mean meant
    member method minimum mode model month move new next number offer official officially
    often old open order organisation organization part particular people place plan
    point possible present produce program programme project provide public purpose put
    question reach ready really receive relate remain require rest result run same seek seem
    sell send serve service set several show side simple simply size small sort stand start
    state stay step still supply support sure system take talk team term thing think time
    today together top total try turn under unit up upon use useful user usually various
    want way week well whole wide wish word work world year yet role topic share money
    amount duration differ difference known approach keen sit third rather manage model
    since ourselves anyway kindly max min approx
    """.split()
)
"""Stems of words of any topic: that they are missing says little, and nobody looks for them."""

ASKING = frozenset(
    words(
        """
        partner partners profile page organisation organization institute provider member offer
        offering scheme way work help support take accept provide give run have state say mention
        list name show let allow everyone anyone anybody directory suitable suit fit look looking
        need want seek find get tell more use available open kind sort type other people one thing
        something please know like many much company companies firm Singapore first second third
        fourth fifth last all every any now currently talk speak anything nothing everything
        amount across maximum minimum highest lowest best better good great right top ideal both
        either neither nor alike also most least worst biggest largest smallest fewest longest
        shortest newest oldest collaborate cooperate belong deal serve lead led
        """
    )
)
"""Stems of words of asking: they say what kind of answer is wanted, not what it is about."""

RELATED = 0.45
"""Cosine from which two single words count as related at all."""


def _spelling(word: str) -> str:
    """Lower case, without the possessive ending, which stems do not have either."""
    return word.casefold().replace("’", "'").removesuffix("'s")


@dataclass(frozen=True)
class Wordbook:
    """The stems of a corpus, sorted, with one entry of each other field a stem."""

    passages: int
    stems: tuple[str, ...]
    frequencies: tuple[int, ...]  # passages holding it
    surfaces: tuple[str, ...]  # its most frequent spelling in lower case; ties: alphabetical
    names: tuple[bool, ...]  # written with a capital more often than not
    vectors: Vectors  # of the surfaces, shape (stems, dimension)

    @classmethod
    def build(
        cls,
        texts: Sequence[str],
        embed: Callable[[list[str]], Vectors],
        *,
        known: Mapping[str, NDArray[np.float32]],
        dimension: int,
    ) -> Wordbook:
        """From one text a passage.

        ``embed`` gives a unit vector a text, shape (texts, dimension); ``known`` holds those of
        surfaces embedded before, by surface.
        """
        frequency: Counter[str] = Counter()
        spellings: dict[str, Counter[str]] = {}
        capitals: Counter[str] = Counter()
        for text in texts:
            found = [(word, stem(word)) for word in surface_words(text)]
            frequency.update(list(dict.fromkeys(root for _, root in found)))
            for word, root in found:
                spellings.setdefault(root, Counter())[_spelling(word)] += 1
                capitals[root] += 1 if word[0].isupper() else -1
        stems = sorted(frequency)
        surfaces = [min(spellings[s], key=lambda w: (-spellings[s][w], w)) for s in stems]
        new = [surface for surface in dict.fromkeys(surfaces) if surface not in known]
        made = dict(zip(new, embed(new), strict=True)) if new else {}
        rows = [made[s] if s in made else known[s] for s in surfaces]
        vectors = np.stack(rows) if rows else np.empty((0, dimension), dtype=np.float32)
        return cls(
            len(texts),
            tuple(stems),
            tuple(frequency[s] for s in stems),
            tuple(surfaces),
            tuple(capitals[s] > 0 for s in stems),
            vectors,
        )

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row number by stem."""
        return {root: row for row, root in enumerate(self.stems)}

    def rarity(self, root: str) -> float:
        """Inverse document frequency of a stem, scaled to (0, 1]; 1: in no passage."""
        row = self.rows.get(root)
        frequency = 0 if row is None else self.frequencies[row]
        most = math.log(1 + self.passages / 0.5)
        return math.log(1 + self.passages / (frequency + 0.5)) / most if most else 1.0

    def word_vectors(
        self, spelled: Mapping[str, str], embed: Callable[[list[str]], Vectors]
    ) -> Vectors:
        """A unit vector for each stem, shape (stems, dimension); ``spelled`` says how it is typed.

        Of a word the corpus knows, that of its usual spelling, which is here already.
        """
        new = [word for root, word in spelled.items() if root not in self.rows]
        made = dict(zip(new, embed(new), strict=True)) if new else {}
        return np.array(
            [
                self.vectors[self.rows[root]] if root in self.rows else made[word]
                for root, word in spelled.items()
            ]
        )

    def is_name(self, root: str) -> bool:
        """Whether the corpus writes a word with a capital more often than not."""
        row = self.rows.get(root)
        return row is not None and self.names[row]

    def correct(self, word: str) -> str | None:
        """The spelling, of the corpus or of ``QUESTION_WORDS``, a mistyped word is nearest to.

        None when it is near to none.

        One slip (a letter too many, too few, another, or two swapped) in words of five to seven
        letters, two in longer ones, two letters swapped in a name of four ("NIHC" is NHIC) or in a
        word of asking ("teh"), one of two equal letters left out in words of three or four ("cel"
        is cell), a vowel in those of four ("mnth" is month); the first or the last letter must be
        right. Stems are compared by the same rules. A word that another begins with is short for
        it and no slip: "biotech". Ties: a spelling before a stem, then the nearest length, then
        the more frequent word, then the alphabetically first.
        """
        from rapidfuzz.distance import OSA

        word = word.casefold()
        if any(letter.isdigit() for letter in word) or CONTRACTED.search(word):
            return None
        for short in SHORT_QUESTION_WORDS:
            left_out = (short[:at] + short[at + 1 :] for at in range(1, len(short)))
            if len(word) >= 3 and word in left_out:
                return short
        for short in SWAPPED_WORDS:
            if word in _swaps(short):
                return short
        longer = (s for s in self.surfaces if len(s) > len(word) + MOST_SLIPS)
        if len(word) >= SHORTEST_CORRECTED and any(s.startswith(word) for s in longer):
            return None
        best: tuple[int, int, int, int, str] | None = None
        root = stem(word)
        entries = [
            *zip(self.surfaces, self.stems, self.frequencies, self.names, strict=True),
            *((spelling, stem(spelling), 0, False) for spelling in QUESTION_WORDS),
        ]
        for spelling, known_root, frequency, is_name in entries:
            # The usual spelling may be another form than the one meant: stems are compared too.
            for form, (typed, known) in enumerate(((word, spelling), (root, known_root))):
                swapped = is_name and sorted(typed) == sorted(known)
                shortest = SHORTEST_CORRECTED - 1 if swapped else SHORTEST_CORRECTED
                if len(typed) < shortest and not _lacks_a_letter(typed, known):
                    continue
                limit = 1 if len(typed) < LONG_WORD else MOST_SLIPS
                if abs(len(known) - len(typed)) > limit or len(known) < SHORTEST_CORRECTED - 1:
                    continue
                if known[0] != typed[0] and known[-1] != typed[-1]:
                    continue
                slips = OSA.distance(typed, known, score_cutoff=limit)
                if slips <= limit:
                    far = abs(len(known) - len(typed))
                    entry = (slips, form, far, -frequency, spelling)
                    best = entry if best is None or entry < best else best
        return best[4] if best else None

    def related(self, vectors: Vectors) -> list[dict[str, float]]:
        """For each vector of a single word: the stems with a cosine of ``RELATED`` or more.

        ``vectors`` are unit vectors, shape (words, dimension).
        """
        if not self.stems:
            return [{} for _ in vectors]
        cosines = vectors @ self.vectors.T
        return [
            {self.stems[row]: float(line[row]) for row in np.flatnonzero(line >= RELATED)}
            for line in cosines
        ]

    def to_files(self) -> dict[str, bytes]:
        """The wordbook as files by name, the same bytes for the same words."""
        rows = list(zip(self.stems, self.frequencies, self.surfaces, self.names, strict=True))
        buffer = io.BytesIO()
        np.save(buffer, self.vectors, allow_pickle=False)
        head = {"passages": self.passages, "words": rows}
        return {
            "words.json": json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode(),
            "words.npy": buffer.getvalue(),
        }

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Wordbook:
        """The reverse of ``to_files``, of bytes known to be undamaged.

        Raises ValueError when they do not fit together.
        """
        head = json.loads(files["words.json"])
        vectors = np.load(io.BytesIO(files["words.npy"]), allow_pickle=False)
        words = head["words"]
        if vectors.ndim != 2 or len(vectors) != len(words):
            raise ValueError("words and their vectors are not equally many")
        stems, frequencies, surfaces, names = zip(*words, strict=True) if words else ((),) * 4
        if any(one >= other for one, other in pairwise(stems)):
            raise ValueError("words are not in order")
        return cls(head["passages"], stems, frequencies, surfaces, names, vectors)


def _swaps(word: str) -> list[str]:
    """A word with two letters that stand side by side swapped, in every way."""
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)]


def _lacks_a_letter(typed: str, known: str) -> bool:
    """Whether a word of three or four letters is another one without a letter easily left out.

    That is one of a double letter or, in a word of four letters, a vowel inside.
    """
    if not 3 <= len(typed) <= 4 or len(known) != len(typed) + 1:
        return False
    if any(typed[:at] + letter + typed[at:] == known for at, letter in enumerate(typed)):
        return True
    inside = range(1, len(known) - 1) if len(typed) == SHORTEST_CORRECTED - 1 else ()
    return any(known[at] in "aeiou" and known[:at] + known[at + 1 :] == typed for at in inside)
