"""What partners and their ways to work are called, and where a text names them.

From titles, headings and what the pages themselves say. Does not decide which of several names is
meant.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from askpartner.directory import kinds
from askpartner.lexical import STOP_WORDS, stem, without_addresses, words
from askpartner.types import Offering, Profile
from askpartner.understand.descriptions import Described, describe, meant_by
from askpartner.vocabulary import Vocabulary
from askpartner.wordbook import ASKING, LIGHT_STEMS

WORD = re.compile(r"[^\W_]+(?:[*&'’][^\W_]+)*")
NUMBERING = re.compile(r"^\W*(?:\d+|[A-Za-z])[.)]\s+")
CONNECTIVES = frozenset("a an and at by for from in of on the to with".split())


class Directory(Hashable, Protocol):
    """What understanding needs of an index."""

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """By id, in the order of ids."""

    @property
    def offerings(self) -> Mapping[str, Sequence[Offering]]:
        """The ways to work with each partner, in page order, by profile id."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The concepts staff keep."""

    def correct(self, question: str) -> tuple[tuple[str, str], ...]:
        """Mistyped words of a question with the corpus's word each is read as."""


LEAST_OWN = 4
"""Letters of a word that by itself names the partner whose title has it."""

MOST_NAMESAKES = 2
"""A name that more pages share names none of them."""

MENTIONS = 3
"""How many times as often as all others a page must say its own name."""

DIRECTORY_WORDS = frozenset(
    "partner partners profile profiles organisation organisations organization organizations "
    "directory anyone everyone everybody who".split()
)
"""Words that mean all partners, or any."""

Name = tuple[str, ...]
"""Stems of words, so that "Crisp Meat" is CRISP MEATS."""

Span = tuple[int, int, str, int | None, bool]
"""Words from and to, profile id, an offering's start (None: the partner), written as a name."""


class Names:
    """What partners and their ways to work can be called."""

    def __init__(self, directory: Directory) -> None:
        profiles = directory.profiles
        self.profiles = profiles
        self.ways = directory.offerings
        self.kinds = [said.text for profile in profiles.values() for said in kinds(profile)]
        self._forms: dict[Name, list[tuple[str, int | None]]] = {}
        self._proper: set[Name] = set()
        self._initials: dict[str, list[tuple[str, int | None]]] = {}
        self._used: set[str] = set()  # initials that their own page uses as a name
        self._capitalised: set[Name] = set()  # names only if each word is written with a capital
        # By stem, the partners whose title begins with it; "" for each title that has it elsewhere.
        self._title_words: dict[str, list[str]] = {}
        self._own_words: dict[str, str] = {}  # of those, whose own name each is; "" for nobody's
        self._described: list[Described] = []
        # A page of some other site is no partner: its title is a topic like any heading. So names
        # are those of pages that set out ways to work, and of all where most pages do.
        all_partners = 2 * sum(map(bool, self.ways.values())) >= len(profiles)
        for identity, profile in profiles.items():
            if not all_partners and not self.ways[identity]:
                continue
            self._add(partner_names(profile.title), identity, None)
            self._add_initials(profile)
            self._add_parts(profile.title, identity)
            self._described.append(describe(profile.title, identity))
            for at, root in enumerate(dict.fromkeys(words(profile.title))):
                self._title_words.setdefault(root, []).append(identity if at == 0 else "")
            for way in self.ways[identity]:
                self._add(offering_names(way.name), identity, way.start)
                self._add_parts_of_way(way)
                heading = NUMBERING.sub("", way.name)
                self._described.append(describe(heading, identity, way.start, title=profile.title))
            if called := _called_by_its_page(self.ways[identity]):
                self._add(partner_names(called), identity, None)
        for name in [name for name, meant in self._forms.items() if len(meant) > MOST_NAMESAKES]:
            del self._forms[name]
        self._longest = max(map(len, self._forms), default=0)

    def _add(self, names: Mapping[Name, bool], identity: str, start: int | None) -> None:
        for name, proper in names.items():
            meant = self._forms.setdefault(name, [])
            if (identity, start) not in meant:
                meant.append((identity, start))
            if proper:
                self._proper.add(name)

    def _add_initials(self, profile: Profile) -> None:
        # "Harbour University, Office of Licensing" is called HU by its own page.
        for title in dict.fromkeys((profile.title, profile.title.split(",")[0])):
            initials = title_initials(title)
            if not initials:
                continue
            self._initials.setdefault(initials, []).append((profile.id, None))
            if re.search(rf"\b{initials}\b", profile.text):
                self._used.add(initials)

    def _add_parts(self, title: str, identity: str) -> None:
        """Half of a title's words or more, in a row: "Republic Poly", "Cell Therapy Centre".

        A part that does not begin the title must be written with capitals: such words may be
        ordinary ones. Two words of four are too few.
        """
        spelled = WORD.findall(re.sub(r"\([^)]*\)", " ", title))
        stems = [stem(word) for word in spelled]
        if len(stems) == 2:
            shortened = (spelled[1][:length].lower() for length in range(4, len(spelled[1])))
            self._add({(stems[0], stem(word)): False for word in shortened}, identity, None)
        shortest = len(stems) // 2 + 1 if len(stems) < 6 else (len(stems) + 1) // 2
        for length in range(max(2, shortest), len(stems)):
            for first in range(len(stems) - length + 1):
                name = tuple(stems[first : first + length])
                if first and name not in self._forms:
                    self._capitalised.add(name)
                self._add({name: False}, identity, None)

    def _add_parts_of_way(self, way: Offering) -> None:
        """Two words or more of a heading in a row, half of it at least: "Living Ward"."""
        spelled = WORD.findall(NUMBERING.sub("", way.name))
        stems = [stem(word) for word in spelled]
        for length in range(max(2, (len(stems) + 1) // 2), len(stems)):
            for first in range(len(stems) - length + 1):
                if CONNECTIVES & {spelled[first].lower(), spelled[first + length - 1].lower()}:
                    continue  # "and Test" begins many a question
                name = tuple(stems[first : first + length])
                if name not in self._forms:
                    self._capitalised.add(name)
                self._add({name: False}, way.profile, way.start)

    def _own_word(self, spelled: str) -> str:
        """Whose title alone begins with a word that is its own; else "".

        "Bluecap" is Bluecap Ventures. A word that its page writes without a capital is none, nor
        one that other pages say often too: a place.
        """
        root = stem(spelled)
        if len(self._title_words.get(root, ())) != 1 or not self._title_words[root][0]:
            return ""
        if root in LIGHT_STEMS | ASKING:
            return ""
        if root not in self._own_words:
            (identity,) = self._title_words[root]
            title = re.sub(r"\([^)]*\)", " ", self.profiles[identity].title).strip()
            word = re.escape(re.sub(r"['’]s$", "", spelled))
            plain = re.compile(rf"\b{word.lower()}\b")
            anywhere = re.compile(rf"\b{word}", re.IGNORECASE)
            text = without_addresses(self.profiles[identity].text)
            elsewhere = sum(
                len(anywhere.findall(profile.text.replace(title, "")))
                for other, profile in self.profiles.items()
                if other != identity
            )
            is_own = not plain.search(text) and MENTIONS * elsewhere <= len(anywhere.findall(text))
            self._own_words[root] = identity if is_own else ""
        return self._own_words[root]

    def known_words(self) -> frozenset[str]:
        """Words that make a question stand alone: partners' names and words for all partners."""
        named = {word for form in self._proper if len(form) == 1 for word in form}
        return frozenset(named) | DIRECTORY_WORDS

    def find(self, text: str, *, inside: bool = False) -> list[Span]:
        """Where ``text`` names a partner or a way to work; longest names first at each place.

        A partner's name that is one ordinary word ("Connections") must be written as a name, with a
        capital that does not only begin the question: ``inside`` says that the text begins none.
        Where nothing has a capital, a word that is a partner's own is its name. Of a way to work,
        see ``subject``.
        """
        spelled = WORD.findall(text)
        is_plain = text == text.lower()
        said = [stem(word) for word in spelled]
        found: list[Span] = []
        described: list[Span] = []
        at = 0
        while at < len(said):
            for length in range(min(self._longest, len(said) - at), 0, -1):
                name = tuple(said[at : at + length])
                if name in self._capitalised and not all(
                    word[0].isupper() for word in spelled[at : at + length]
                ):
                    continue
                if length == 1 and name in self._proper and _is_ordinary(spelled[at], text):
                    continue  # "can" is not CAN
                capital = (inside or at > 0) and spelled[at][0].isupper()
                proper = name in self._proper or capital
                if length == 1 and (is_plain or at == 0) and not proper:
                    # "an alpha version" is no version of Alpha's.
                    is_noun = at > 0 and spelled[at - 1] in ("a", "an")
                    own = "" if is_noun else self._own_word(spelled[at])
                    proper = bool(own) and (is_plain or spelled[at][0].isupper())
                meant = [
                    (identity, start)
                    for identity, start in self._forms.get(name, ())
                    if length > 1 or proper or start is not None
                ]
                if length == 1 and not meant:
                    # "RP" is Republic Polytechnic; "is" is not Islands in the Stream.
                    typed = re.sub(r"['’]s$", "", spelled[at])
                    if typed.upper() in self._used and not _is_ordinary(typed, text):
                        typed = typed.upper()
                    meant = self._initials.get(typed, [])
                    meant = meant if len(meant) <= MOST_NAMESAKES else []
                if length == 1 and not meant and len(name[0]) >= LEAST_OWN and proper:
                    own = self._own_word(spelled[at])
                    meant = [(own, None)] if own else []
                if meant:
                    found.extend((at, at + length, *entry, proper) for entry in meant)
                    at += length - 1
                    break
            else:
                if phrase := meant_by(spelled, at, self._described):
                    length, one = phrase
                    described.append((at, at + length, one.identity, one.start, True))
                    at += length - 1
            at += 1
        # Beside a partner's name, a way to work is described only if it is that partner's.
        found.extend(span for span in described if span[3] is None)
        named = {span[2] for span in found}
        ways = [span for span in described if span[3] is not None]
        found.extend(span for span in ways if not named or span[2] in named)
        return _without_foreign(sorted(found, key=lambda span: span[:2]), spelled)


BELONGS_TO = frozenset("at of by from".split())

BESIDE_ITS_WAY = 2
"""Words from a partner's genitive to a way to work that is said to be its own."""


def _without_foreign(spans: list[Span], spelled: Sequence[str]) -> list[Span]:
    """Spans without ways to work that are said to be those of a partner who has none such.

    "Alpha's glide hall" is of Alpha: another's Glide Hall is not what is asked about.
    """
    partners = [span for span in spans if span[3] is None]
    kept = []
    for span in spans:
        first, last, *_ = span
        owners = {
            other[2]
            for other in partners
            if (
                other[1] <= first < other[1] + BESIDE_ITS_WAY
                and re.search(r"(?:['’]s|s['’])$", spelled[other[1] - 1])
            )
            or (
                last < other[0] <= last + BESIDE_ITS_WAY
                and spelled[last].lower() in BELONGS_TO
                and all(word.lower() == "the" for word in spelled[last + 1 : other[0]])
            )
        }
        if span[3] is None or not owners or span[2] in owners:
            kept.append(span)
    return kept


@lru_cache(maxsize=2)
def names_of(directory: Directory) -> Names:
    """The names of a directory; made once for each generation of the index."""
    return Names(directory)


@lru_cache(maxsize=4096)  # passages are asked about again and again
def partners_in(text: str, directory: Directory) -> frozenset[str]:
    """Profile ids of the partners that a text names."""
    return frozenset(identity for _, _, identity, _, _ in names_of(directory).find(text))


def way_name(way: tuple[str, int], names: Names) -> str:
    """The heading of a way to work, unnumbered."""
    found = next(o for o in names.ways[way[0]] if o.start == way[1])
    return NUMBERING.sub("", found.name)


def partner_names(title: str) -> dict[Name, bool]:
    """The names a title can be called by, and whether each is written like no ordinary word.

    The whole title, the title without what stands in brackets, its part before a comma, and the
    acronym in brackets.
    """
    bare = re.sub(r"\([^)]*\)", " ", title)
    forms = [title, bare, bare.split(",")[0], *re.findall(r"\(([^)]*)\)", title)]
    return _names(forms)


def title_initials(title: str) -> str:
    """What a title can be called by when typed in capitals: "Republic Polytechnic" is RP."""
    bare = re.sub(r"\([^)]*\)", " ", title)
    capitals = [word for word in WORD.findall(bare) if word.casefold() not in CONNECTIVES]
    if len(capitals) < 2 or not all(word[0].isupper() for word in capitals):
        return ""
    return "".join(word[0] for word in capitals)


def offering_names(heading: str) -> dict[Name, bool]:
    """The names a way to work can be called by: its heading unnumbered, and its acronym."""
    heading = NUMBERING.sub("", heading)
    forms = [heading, re.sub(r"\([^)]*\)", " ", heading)]
    for inside in re.findall(r"\(([^)]*)\)", heading):
        if len(inside.split()) == 1:
            forms.append(inside)
    # "Cancer research through STCC" is called STCC, "mRNA BioFoundry" the BioFoundry.
    forms.extend(word for word in WORD.findall(heading) if len(word) >= 3 and _is_proper(word))
    return _names(forms)


WITH_PARTNER = re.compile(r"\bwith (?:the )?(?P<name>[A-Z].*)$")


def _called_by_its_page(ways: Sequence[Offering]) -> str:
    """What a page calls its partner: "Alpha" where it says "Ways to work with Alpha"; else ""."""
    above = ways[0].heading_path[:-1] if ways else ()
    named = WITH_PARTNER.search(above[-1]) if above else None
    return named["name"] if named and named["name"].casefold() != "us" else ""


def _names(forms: Sequence[str]) -> dict[Name, bool]:
    found: dict[Name, bool] = {}
    for form in forms:
        spelled = WORD.findall(form)
        name = tuple(stem(word) for word in spelled)
        if len("".join(name)) >= 2:
            found[name] = found.get(name, False) or any(map(_is_proper, spelled))
    return found


def _is_ordinary(word: str, text: str) -> bool:
    """Whether a word is one of any topic that is not written in capitals for its own sake."""
    lowered = word.casefold()
    if lowered not in STOP_WORDS and stem(word) not in LIGHT_STEMS | ASKING:
        return False
    return not (word[1:] and word.isupper()) or text.isupper()


def _is_proper(word: str) -> bool:
    """Whether a word is written like no ordinary one: a capital inside it, or a digit."""
    return any(letter.isupper() for letter in word[1:]) or any(map(str.isdigit, word))
