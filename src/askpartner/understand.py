"""Question and conversation -> Request: what is wanted, of which partners, for whom.

Deterministic: closed word lists, the directory's own names and the vocabulary its staff keep; no
model. A turn that stands alone is never changed by what was said before. Does not search.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from string import ascii_lowercase
from typing import Literal, Protocol

from askpartner.criteria import criteria_of, kinds_asked
from askpartner.directory import kinds, short_title
from askpartner.errors import QuestionError
from askpartner.followups import resolve, situation
from askpartner.lexical import STOP_WORDS, stem, without_addresses, words
from askpartner.sides import Comparison, comparison_in
from askpartner.types import Concept, Intent, Offering, Profile, Request
from askpartner.vocabulary import Vocabulary, concepts_in
from askpartner.wordbook import ASKING, LIGHT_STEMS

QUESTION_CHARACTERS = 4000
"""Longer questions are refused: no answer would be to all of it."""

WORD = re.compile(r"[^\W_]+(?:[*&'’][^\W_]+)*")
NUMBERING = re.compile(r"^\W*(?:\d+|[A-Za-z])[.)]\s+")
CONNECTIVES = frozenset("a an and at by for from in of on the to with".split())


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier turn of a conversation, oldest first."""

    role: Literal["user", "assistant"]
    content: str


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

Name = tuple[str, ...]
"""Stems of words, so that "Crisp Meat" is CRISP MEATS."""

Span = tuple[int, int, str, int | None, bool]
"""Words from and to, profile id, an offering's start (None: the partner), written as a name."""


def understand(
    question: str,
    history: Sequence[Turn],
    directory: Directory,
    *,
    drop: Sequence[str] = (),
    add: Sequence[str] = (),
) -> Request:
    """Read a question in its conversation.

    What the last turn lacks is carried over, and nothing else: the partner, the way to work, or,
    in "What about X?", what was asked. ``drop`` are entries of ``carried``, the situation, or names
    of criteria that the asker does not mean; ``add`` names concepts to look for besides. Raises
    QuestionError for a question without words or longer than ``QUESTION_CHARACTERS``, or a concept
    that is not in the vocabulary.
    """
    asked = " ".join(question.split())
    if not WORD.search(asked):
        raise QuestionError("the question has no words; type one")
    if len(asked) > QUESTION_CHARACTERS:
        raise QuestionError(
            f"the question has {len(asked)} characters; at most {QUESTION_CHARACTERS} are read"
        )
    corrected = directory.correct(asked)
    read = _replace_words(_without_courtesies(asked), corrected)
    names = names_of(directory)
    history = _without_small_talk(history)
    before = _narrowed(read, history)
    narrowed = "" if before in drop else before
    read = f"{narrowed} {read}".strip()
    turns = [(turn.role, turn.content) for turn in history]
    told = situation(turns)
    told = "" if told in drop else told
    read, excepted = _without_excepted(read, names)
    listed = _list_before(read, history, names)
    scene = _carry(read, history, names, directory.vocabulary, frozenset(drop))
    if OF_OTHERS.search(read) and scene.partners and not scene.carried and not scene.offerings:
        scene = _Scene(read, (), (), ())  # whoever is named is looked for on the others' pages
    if scene.is_changed:
        read = scene.text
    added = _concepts_named(add, directory.vocabulary)
    intent = _intent(scene, names, told)
    kind = None
    if intent in ("list", "fact") and not scene.partners:
        asked_for = kinds_asked(read, names.kinds, directory.vocabulary)
        if asked_for is not None:
            intent = "list"
            kind, read = asked_for
    if listed and listed not in drop and concepts_in(read, directory.vocabulary):
        intent = "list"
    if added and intent != "list":
        intent = "match"
    concepts = concepts_in(f"{told}\n{read}" if intent == "match" else read, directory.vocabulary)
    concepts = tuple(dict.fromkeys((*concepts, *added)))
    if intent == "fact" and concepts and not (scene.carried and THE_PARTNER.search(read)):
        intent = _asked_of_concepts(read, scene, concepts, names) or intent
    text = scene.text
    carried = tuple(filter(None, (narrowed, *scene.carried)))
    if intent == "list" and listed and listed not in drop:
        carried = (listed,)
    # A partner taken away does not come back as mere words of the conversation.
    taken_away = before != narrowed or (
        bool(drop) and bool(_carry(read, history, names, directory.vocabulary, frozenset()).carried)
    )
    alone = taken_away or intent in ("list", "small_talk")
    if turns and not carried and (not scene.partners or scene.is_page) and not alone:
        resolved = resolve(read, turns, known=names.known_words(), without=frozenset(drop))
        text = resolved.text
        carried = tuple(name.text for name in resolved.carried)
        if scene.is_page and carried:
            scene = _Scene(read, (), (), ())  # the names say what is meant, on whatever page
        elif scene.is_page:
            carried = tuple(names.profiles[page].title for page in scene.partners)
    several = sum(map(bool, names.ways.values())) > 1
    if several and intent == "fact" and not scene.partners and not carried:
        intent = _asked_of_some_partner(text, scene, names) or intent
    return Request(
        question=question,
        text=text,
        intent=intent,
        partners=scene.partners,
        offerings=scene.offerings,
        criteria=tuple(
            criterion
            for criterion in criteria_of(
                intent, read, told, _aspects(read, scene, names), concepts, kind
            )
            if criterion.name not in drop
        ),
        situation=told,
        carried=carried,
        corrected=corrected,
        dropped=tuple(dict.fromkeys(drop)),
        excepted=excepted,
    )


GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day))\b(?: [\w'’]+){0,3}"
    r"\s*[,!.]\s*",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"(?<=[.?!])\s*(?:many |kind |best |warm )?(?:thanks|thank you|regards|wishes|cheers)\b[^?]*$",
    re.IGNORECASE,
)


def _without_courtesies(asked: str) -> str:
    """A question without its salutation and closing, unless nothing else is said."""
    read = CLOSING.sub("", GREETING.sub("", asked)).strip()
    return read if WORD.search(read) else asked


def asked_of_each(question: str, directory: Directory) -> dict[str, str]:
    """A question about "A, B and C", asked of each: the question by the name in it.

    Empty where fewer than two names stand in a row, or others stand elsewhere.
    """
    asked = " ".join(question.split())
    said = list(WORD.finditer(asked))
    spans = sorted({span[:2] for span in names_of(directory).find(asked)})
    places = [(said[first].start(), said[last - 1].end()) for first, last in spans]
    if len(places) < 2 or TOGETHER.search(asked) or GENITIVE.search(asked[: places[-1][1]]):
        return {}
    between = ((before[1], after[0]) for before, after in pairwise(places))
    if not all(AND_NEXT.fullmatch(asked, *place) for place in between):
        return {}
    start, end = places[0][0], places[-1][1]
    return {
        asked[first:last]: f"{asked[:start]}{asked[first:last]}{asked[end:]}"
        for first, last in places
    }


AND_NEXT = re.compile(
    r"\s*(?:,|&|,?\s*\b(?:and|or|as well as)\b(?:\s+also\b)?(?:\s+the\b)?)\s*", re.IGNORECASE
)
TOGETHER = re.compile(
    r"\b(?:together|each other|one another|both|same|shared?|sharing|common|joint(?:ly)?|merged?|"
    r"between|overlap\w*|total|sum|altogether|cooperat\w*|co-operat\w*|collaborat\w*|"
    r"different|differ\w*)\b",
    re.IGNORECASE,
)
"""What is asked of several at once, not of each."""
GENITIVE = re.compile(r"['’]s$")  # "A and B's office" may be theirs together


def _without_small_talk(history: Sequence[Turn]) -> list[Turn]:
    """The conversation without greetings and the replies to them: they hold no topic."""
    kept: list[Turn] = []
    greeted = False
    for turn in history:
        if turn.role == "user":
            greeted = SMALL_TALK.match(turn.content) is not None
        if not greeted:
            kept.append(turn)
    return kept


EXCEPT = re.compile(
    r"\b(?:other than|except(?: for)?|besides|apart from|aside from|excluding)\s+(?:the )?",
    re.IGNORECASE,
)
OF_OTHERS = re.compile(
    r"\b(?:which|what|how many|any)(?: other)? (?:partners|profiles|organi[sz]ations|members)\b"
    r"(?! (?:of|at|from|does|did|has|do .* have)\b)",
    re.IGNORECASE,
)
"""Asks which partners do something with whoever is named, not what that partner does."""


def _without_excepted(read: str, names: Names) -> tuple[str, tuple[str, ...]]:
    """A question without "other than X", and the profile ids that X names."""
    found = EXCEPT.search(read)
    spans = names.find(read[found.end() :]) if found else []
    first = [span for span in spans if span[0] == 0 and span[3] is None]
    if not found or not first:
        return read, ()
    last = list(WORD.finditer(read[found.end() :]))[first[0][1] - 1]
    rest = f"{read[: found.start()]}{read[found.end() + last.end() :].lstrip(' ,')}"
    return rest, tuple(dict.fromkeys(span[2] for span in first))


def _list_before(read: str, history: Sequence[Turn], names: Names) -> str:
    """The list question before, where this turn only says what else to list; else ""."""
    before = _last_question(history)
    short = ELLIPSIS.search(read) and not names.find(read) and not LISTS.search(read)
    return before if short and LISTS.search(before) and not names.find(before) else ""


NARROWS = re.compile(
    r"^\W*(?:and |but |so |ok |now )*(?:only|just|which|what|how many|any)? ?"
    r"(?:those|these|ones|of (?:those|them|these))\b",
    re.IGNORECASE,
)
"""Begins a turn that asks for some of those just listed."""


def _narrowed(read: str, history: Sequence[Turn]) -> str:
    """The list question before, where this turn asks for some of those it listed; else ""."""
    before = _last_question(history)
    return before if NARROWS.search(read) and LISTS.search(before) else ""


def _last_question(history: Sequence[Turn]) -> str:
    return next((turn.content for turn in reversed(history) if turn.role == "user"), "")


def _concepts_named(names: Sequence[str], vocabulary: Vocabulary) -> list[Concept]:
    known = {concept.name: concept for concept in vocabulary}
    for name in names:
        if name not in known:
            raise QuestionError(f"{name!r} is not in the vocabulary; it has: {', '.join(known)}")
    return [known[name] for name in names]


# --- names --------------------------------------------------------------------------------------


MENTIONS = 3
"""How many times as often as all others a page must say its own name."""


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
        # A page of some other site is no partner: its title is a topic like any heading. So names
        # are those of pages that set out ways to work, and of all where most pages do.
        all_partners = 2 * sum(map(bool, self.ways.values())) >= len(profiles)
        for identity, profile in profiles.items():
            if not all_partners and not self.ways[identity]:
                continue
            self._add(partner_names(profile.title), identity, None)
            self._add_initials(profile)
            self._add_parts(profile.title, identity)
            for at, root in enumerate(dict.fromkeys(words(profile.title))):
                self._title_words.setdefault(root, []).append(identity if at == 0 else "")
            for way in self.ways[identity]:
                self._add(offering_names(way.name), identity, way.start)
                self._add_parts_of_way(way)
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
        stems = [stem(word) for word in WORD.findall(NUMBERING.sub("", way.name))]
        for length in range(max(2, (len(stems) + 1) // 2), len(stems)):
            for first in range(len(stems) - length + 1):
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

    def find(self, text: str) -> list[Span]:
        """Where ``text`` names a partner or a way to work; longest names first at each place.

        A partner's name that is one ordinary word ("Connections") must be written as a name, with a
        capital that does not only begin the question; of a way to work, see ``_subject``.
        """
        spelled = WORD.findall(text)
        said = [stem(word) for word in spelled]
        found: list[Span] = []
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
                capital = at > 0 and spelled[at][0].isupper()
                proper = name in self._proper or capital
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
            at += 1
        return found


@lru_cache(maxsize=2)
def names_of(directory: Directory) -> Names:
    """The names of a directory; made once for each generation of the index."""
    return Names(directory)


def partner_names(title: str) -> dict[Name, bool]:
    """The names a title can be called by, and whether each is written like no ordinary word.

    The whole title, the title without what stands in brackets, its part before a comma, and the
    acronym in brackets.
    """
    bare = re.sub(r"\([^)]*\)", " ", title)
    forms = [title, bare, bare.split(",")[0], *re.findall(r"\(([^)]*)\)", title)]
    return _names(forms)


WITH_PARTNER = re.compile(r"\bwith (?:the )?(?P<name>[A-Z].*)$")


def _called_by_its_page(ways: Sequence[Offering]) -> str:
    """What a page calls its partner: "Alpha" where it says "Ways to work with Alpha"; else ""."""
    above = ways[0].heading_path[:-1] if ways else ()
    named = WITH_PARTNER.search(above[-1]) if above else None
    return named["name"] if named and named["name"].casefold() != "us" else ""


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


def _replace_words(text: str, corrected: Sequence[tuple[str, str]]) -> str:
    for typed, meant in corrected:
        text = re.sub(rf"(?<!\w){re.escape(typed)}(?!\w)", meant.replace("\\", r"\\"), text)
    return text


# --- what is carried over -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scene:
    """The question with its subject settled."""

    text: str
    partners: tuple[str, ...]
    offerings: tuple[tuple[str, int], ...]
    carried: tuple[str, ...]
    is_changed: bool = False  # the question before, of another circumstance
    is_page: bool = False  # of a page that is no partner's: names are still to be carried over


THE_PARTNER = re.compile(
    r"\b(?:the|this|that) (?:company|firm|organi[sz]ation|agency|university|polytechnic|hospital|"
    r"institute|institution|centre|center|laboratory|lab|partner|fund|accelerator|incubator)\b"
    r"(?! (?:of|for|that|which|who|with|in|at))",
    re.IGNORECASE,
)
"""Means the partner spoken of."""

POINTS_BACK = re.compile(
    r"\b(it|its|they|them|their|theirs|there|this|that|these|those|the (?:same|scheme|programme|"
    r"program|call|grant|office|centre|institute|partner|two|three|first|second|third|other)s?)\b|"
    + THE_PARTNER.pattern,
    re.IGNORECASE,
)
ELLIPSIS = re.compile(r"^(?:and|or|but|so|also|then|what about|how about)\b", re.IGNORECASE)
WHAT_ABOUT = re.compile(
    r"^(?:and what about|what about|how about|and|or|so|then|also)\s+"
    r"(?:(?P<how>for|with|at|in|on|to|from|under|during)\s+)?"
    r"(?P<name>[^?]+?)\s*\?*$",
    re.IGNORECASE,
)
_ASKS = (
    r"(?:(?:by|in|on|of|to|at|for|from|until|since|with)\s+)?"
    r"(?:who|whom|whose|what|when|where|why|how|which|whether|is|are|was|were|do|does|did|can|could|"
    r"may|must|will|would|shall|should|has|have|had)\b"
)
ASKS_ITSELF = re.compile(_ASKS, re.IGNORECASE)
"""Begins like a question of its own: "And how much is …"."""

AND_ASKS = re.compile(rf"\s*(?:[,;:]|\s[-–—])\s+(?={_ASKS})", re.IGNORECASE)
"""Between who or what is meant and what is asked of it: "What about Alpha, how …"."""

LIKE_ONE = re.compile(r"\b(?:the|that|this|their|your)\b[^?]*\bones?\b", re.IGNORECASE)
"""Means a thing of the kind asked about before: "the Alpha one"."""

CIRCUMSTANCE = re.compile(
    r"\b(?P<how>for|with|at|in|on|to|from|under|during)\s+(?P<what>[^?.,;:]+?)(?=\s*[?.,;:]|$|"
    r"\s(?:for|with|at|in|on|to|from|under|during|of|by|and|or|but|if|when|while|that|which|who|is|"
    r"are|was|were|do|does|did|can|could|may|will|would|has|have|had|cost|costs|last|lasts)\b)",
    re.IGNORECASE,
)
"""For whom, when or where something is asked of."""

ATTRIBUTES = frozenset(
    words(
        """
        price cost fee charge rent rate pay payment salary stipend allowance budget funding amount
        deadline date time duration length term period size number count capacity age share stake
        equity royalty address place location website site page link contact email phone person
        people head director manager team staff member founder owner partner name criteria
        condition requirement eligibility application process step procedure rule limit minimum
        maximum result outcome goal aim purpose benefit advantage detail example equipment facility
        service programme scheme course training option way difference
        """
    )
)
"""Stems of what is asked of something, so that "And the price?" is no other circumstance."""

_NTH = r"(?:first|second|third|fourth|fifth|sixth|last)"
ORDINAL = re.compile(  # "how long does it last" names no last one
    rf"\bthe (?P<of_all>{_NTH})\b|\b(?P<of_kind>{_NTH}) (?:one|way|option|scheme|model)\b",
    re.IGNORECASE,
)
PLACES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "last": -1}
DIRECTORY_WORDS = frozenset(
    "partner partners profile profiles organisation organisations organization organizations "
    "directory anyone everyone everybody who".split()
)
FRAGMENT_WORDS = 3
"""A turn of at most this many content words that names nobody leans on the turn before it."""


FEW_OWN = 2
"""Words of a turn's own up to which what was asked before is taken over besides its subject."""


def _carry(
    read: str,
    history: Sequence[Turn],
    names: Names,
    vocabulary: Vocabulary,
    drop: frozenset[str],
) -> _Scene:
    spans = names.find(read)
    earlier = _subject_before(history, names) or _page_before(read, history, names)
    partners, ways = _subject(spans, names, within=earlier.partners if earlier else ())
    asked_before = earlier.question if earlier and earlier.question not in drop else ""
    what_about = WHAT_ABOUT.match(read)
    if earlier and asked_before and (partners or ways):
        if what_about and not ASKS_ITSELF.match(what_about["name"]):
            name, *asked = AND_ASKS.split(what_about["name"], maxsplit=1)
            if asked:
                return _Scene(f"{asked[0]} ({name})", partners, ways, ())
            # "What about X?" asks of X what was asked before.
            text = _ask_again(earlier, read, name, names)
            return _Scene(text, partners, ways, (asked_before,))
        if LIKE_ONE.search(read):
            kind = " ".join(_kind_asked(read, earlier, names))
            return _Scene(f"{read} ({kind})" if kind else read, partners, ways, (asked_before,))
    if partners or ways:
        return _Scene(read, partners, ways, ())
    if earlier is None or not _leans(read):
        return _Scene(read, (), (), ())
    # Without its partner a way to work is another partner's, or nobody's.
    partners = tuple(i for i in earlier.partners if names.profiles[i].title not in drop)
    changed = _changed(what_about, asked_before, names, vocabulary) if what_about else ""
    if changed and partners == earlier.partners:
        return _Scene(changed, partners, earlier.offerings, (asked_before,), is_changed=True)
    if earlier.is_page:
        return _Scene(read, partners, (), (), is_page=True)
    ways = earlier.offerings
    nth = ORDINAL.search(read)
    if nth and len(earlier.partners) == 1:
        listed = names.ways[earlier.partners[0]]
        place = PLACES[(nth["of_all"] or nth["of_kind"]).lower()]
        if -len(listed) <= place < len(listed):
            ways = ((earlier.partners[0], listed[place].start),)
    ways = tuple(w for w in ways if w[0] in partners and _name_of(w, names) not in drop)
    headings = [_name_of(way, names) for way in ways]
    titles = [names.profiles[identity].title for identity in partners]
    if not titles:
        return _Scene(read, (), (), ())
    # A long title in full would be most of what is asked.
    said = "; ".join((*headings, *map(short_title, titles)))
    own = [root for root in words(read) if root not in ASKING]
    kind = " ".join(_kind_asked(read, earlier, names)) if asked_before and not nth else ""
    if kind and ELLIPSIS.search(read) and len(own) <= FEW_OWN:
        # "And for how long?" asks of what was asked about before.
        said, headings = f"{said}; {kind}", [*headings, asked_before]
    text = f"{read} ({said})"
    if len(titles) == 1 and THE_PARTNER.search(read):
        ways, headings = (), []
        text = THE_PARTNER.sub(short_title(titles[0]).replace("\\", r"\\"), read)
    return _Scene(text, partners, ways, (*headings, *titles))


def _kind_asked(read: str, earlier: _Earlier, names: Names) -> list[str]:
    """Words of the question before that say of what kind "the one" is, as they were typed."""
    before = _Scene(earlier.question, earlier.partners, (), ())
    left = set(_content(earlier.question, before, names)) - set(words(read)) - ATTRIBUTES
    return [word for word in WORD.findall(earlier.question) if stem(word) in left]


def _changed(what_about: re.Match[str], asked: str, names: Names, vocabulary: Vocabulary) -> str:
    """The question before with another circumstance; "" where the turn asks for something else.

    "And for students?" after "What is the fee for firms?" asks for the fee for students.
    """
    name, how = what_about["name"], what_about["how"]
    is_one = LIKE_ONE.search(name) is not None
    name = ONE_OF_A_KIND.sub(r"\g<which>", name)
    if not asked:
        return ""
    if numbered := _other_number(name, asked):
        return numbered
    content = [root for root in words(name) if root not in LIGHT_STEMS]
    points = POINTS_BACK.search(name) or ORDINAL.search(name)
    if ASKS_ITSELF.match(name) or points or not content:
        return ""
    if not how and ATTRIBUTES & set(words(name)):
        return ""
    said = list(WORD.finditer(asked))
    named = [(said[span[0]].start(), said[span[1] - 1].end()) for span in names.find(asked)]

    def is_named(start: int, end: int) -> bool:
        return any(first < end and start < last for first, last in named)

    proper = [
        word.span()
        for word in said[1:]
        if word[0][0].isupper() and word[0].lower() not in STOP_WORDS and not is_named(*word.span())
    ]
    if not how and name[0].isupper() and len(proper) == 1:
        return f"{asked[: proper[0][0]]}{name}{asked[proper[0][1] :]}"
    places = [p.span("what") for p in CIRCUMSTANCE.finditer(asked) if not is_named(*p.span("what"))]
    if _audiences_in(name, vocabulary):
        places = [p for p in places if _audiences_in(asked[slice(*p)], vocabulary)]
    elif how:
        places = [
            p.span("what")
            for p in CIRCUMSTANCE.finditer(asked)
            if p["how"].lower() == how.lower() and not is_named(*p.span("what"))
        ]
    if len(places) == 1 or (how and places):
        start, end = places[-1]
        return f"{asked[:start]}{name}{asked[end:]}"
    if is_one:
        return ""
    return f"{asked.rstrip(' ?.!')} {how or 'for'} {name}?"


def _other_number(name: str, asked: str) -> str:
    """The question before with another number: "the second phase" after "… phase 1 …"; else ""."""
    found = NUMBERED.fullmatch(name)
    if found is None or found["nth"].lower() not in PLACES:
        return ""
    number = PLACES[found["nth"].lower()] + 1
    before = re.search(rf"\b({re.escape(found['kind'])} )\d+\b", asked, re.IGNORECASE)
    if before is None or not number:
        return ""
    return f"{asked[: before.start()]}{before[1]}{number}{asked[before.end() :]}"


NUMBERED = re.compile(r"(?:the )?(?P<nth>\w+) (?P<kind>\w+)", re.IGNORECASE)


def _audiences_in(text: str, vocabulary: Vocabulary) -> bool:
    return any(concept.kind == "audience" for concept in concepts_in(text, vocabulary))


ONE_OF_A_KIND = re.compile(r"^the (?P<which>.+?) ones?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """The turn whose subject a later one may lean on."""

    question: str
    partners: tuple[str, ...]
    offerings: tuple[tuple[str, int], ...]
    is_page: bool = False  # known only by the words that a reply quotes


def _subject_before(history: Sequence[Turn], names: Names) -> _Earlier | None:
    """The newest turn that names a partner or a way to work, an asker's before a reply's.

    Of a partner, the way to work is meant that the reply to the last question is about.
    """
    question = ""
    partners: tuple[str, ...] = ()
    ways: tuple[tuple[str, int], ...] = ()
    for turn in reversed(history):
        if turn.role != "user":
            continue
        question = question or turn.content
        partners, ways = _subject(names.find(turn.content), names, within=())
        if partners or ways:
            break
    reply = _last_reply(history)
    if not partners:
        # What was answered first is what the reply is about.
        for turn in reversed(history):
            if turn.role == "assistant" and not partners:
                partners, ways = _subject(names.find(turn.content)[:1], names, within=())
    if not partners:
        return None
    if len(partners) == 1 and not ways:
        ways = _replied_of(reply, partners[0], names)
    return _Earlier(question, partners, ways)


def _last_reply(history: Sequence[Turn]) -> str:
    return next((turn.content for turn in reversed(history) if turn.role == "assistant"), "")


def _pieces_of(reply: str, least: int) -> set[str]:
    """What a reply may quote: its pieces of so many words at least."""
    pieces = {piece.strip(" .,:;!?") for piece in QUOTED_PIECE.split(reply)}
    return {piece for piece in pieces if len(piece.split()) >= least}


def _replied_of(reply: str, identity: str, names: Names) -> tuple[tuple[str, int], ...]:
    """The one way to work of a partner that a reply names, or else quotes most of; else ()."""
    _, named = _subject(names.find(reply), names, within=(identity,))
    own = [way for way in named if way[0] == identity]
    if own:
        return tuple(own) if len(own) == 1 else ()
    text = names.profiles[identity].text
    pieces = _pieces_of(reply, LEAST_QUOTED)
    held = [
        (sum(piece in text[way.start : way.end] for piece in pieces), (identity, way.start))
        for way in names.ways[identity]
    ]
    most = max((count for count, _ in held), default=0)
    found = tuple(way for count, way in held if count == most)
    return found if most and len(found) == 1 else ()


def _page_before(read: str, history: Sequence[Turn], names: Names) -> _Earlier | None:
    """The one page that the last reply quotes most of, where it says all names of this turn."""
    reply = _last_reply(history)
    pieces = _pieces_of(reply, LEAST_QUOTED_ANYWHERE)
    held = {i: sum(p in page.text for p in pieces) for i, page in names.profiles.items()}
    most = max(held.values(), default=0)
    found = [identity for identity, count in held.items() if count == most]
    if not most or len(found) != 1:
        return None
    said = set(words(names.profiles[found[0]].text))
    typed = [word for word in WORD.findall(read)[1:] if word[0].isupper()]
    if not set(words(" ".join(typed))) <= said:
        return None
    return _Earlier(_last_question(history), (found[0],), (), is_page=True)


LEAST_QUOTED_ANYWHERE = 3
"""Words of a piece of a reply that is looked for on every page."""

QUOTED_PIECE = re.compile(r"[\n“”\"()\[\]:;]|(?<=[.!?])\s")
LEAST_QUOTED = 2
"""Words of a piece of a reply that is looked for on the page of the partner it is about."""


def _subject(
    spans: Sequence[Span], names: Names, *, within: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Partners and ways to work of the spans, in the order they are named.

    A way to work that several partners have is that of a partner named beside it, or else of the
    partner the conversation is about.
    """
    partners = list(dict.fromkeys(identity for _, _, identity, start, _ in spans if start is None))
    around = {*partners, *within, *(span[2] for span in spans if span[1] - span[0] > 1)}
    # A heading of one ordinary word ("Partnership") names a way only beside its partner.
    spans = [
        span
        for span in spans
        if span[3] is None or span[1] - span[0] > 1 or span[2] in around or span[4]
    ]
    ways: dict[tuple[str, int], None] = {}
    for at, *_ in spans:
        here = [(i, s) for a, _, i, s, _ in spans if a == at and s is not None]
        if any(a == at and s is None for a, _, _, s, _ in spans):
            continue
        near = [way for way in here if way[0] in partners] or [w for w in here if w[0] in within]
        ways.update(dict.fromkeys(near or here))
    for identity, _ in ways:
        if identity not in partners:
            partners.append(identity)
    return tuple(partners), tuple(ways)


def _leans(read: str) -> bool:
    """Whether a turn that names nobody needs the turn before it."""
    if LISTS.search(read) and not POINTS_BACK.search(read) and not ELLIPSIS.search(read):
        return False
    if comparison_in(read):
        return False
    content = [word for word in words(read) if word not in ASKING]
    return bool(POINTS_BACK.search(read) or ELLIPSIS.search(read) or len(content) <= FRAGMENT_WORDS)


def _ask_again(earlier: _Earlier, read: str, name: str, names: Names) -> str:
    """The earlier question with its subject replaced by the one now named."""
    said = list(WORD.finditer(earlier.question))
    spans = names.find(earlier.question)
    if not spans:
        return f"{earlier.question} {name}"
    # A way to work is replaced by a way to work, a partner by a partner.
    is_way = any(span[3] is not None for span in names.find(read))
    alike = [span for span in spans if (span[3] is not None) == is_way] or spans
    first, last = said[alike[0][0]], said[alike[0][1] - 1]
    return f"{earlier.question[: first.start()]}{name}{earlier.question[last.end() :]}"


def _name_of(way: tuple[str, int], names: Names) -> str:
    found = next(o for o in names.ways[way[0]] if o.start == way[1])
    return NUMBERING.sub("", found.name)


# --- what is wanted -----------------------------------------------------------------------------

SMALL_TALK = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?|thank you|thx|cheers|bye|"
    r"goodbye|ok(?:ay)?|great|perfect|how are you|nice|cool|very much|so much|a lot|"
    r"there)\b[\s!.,?]*)+$",
    re.IGNORECASE,
)
WEBSITE = re.compile(r"\bweb\s?-?(?:site|page|address)s?\b|\bhome ?page\b|\burl\b", re.IGNORECASE)
INTRODUCTION = re.compile(
    r"\bintroduc(?:e|ed|tions?)\b|\b(?:get|put (?:me|us)|be) in touch\b|"
    r"\bhow (?:do|can|could|would|should) (?:i|we) (?:contact|reach|approach)\b|"
    r"\b(?:whom?|where) (?:do|can|could|should|must) (?:i|we) "
    r"(?:contact|talk (?:to|with)|speak (?:to|with)|approach|call|ask|e-?mail|write to|phone)\b|"
    r"\bcontacts?\b(?:\W+(?:details?|info|information|persons?|points?)\b)?"
    r"(?=\W*$|\W+(?:for|of|at|from)\b)",
    re.IGNORECASE,
)
WAYS = re.compile(
    r"\bways?(?: are there)? (?:to|of) (?:work|partner|engag|collaborat|cooperat)\w*|"
    r"\boptions\b.{0,10}\b(?:for|of|to) (?:work|partner|engag|collaborat|cooperat)\w*|"
    r"\bways\b.{0,25}\b(?:work|partner|engage|collaborate|cooperate) (?:together )?with\b|"
    r"\bhow (?:can|could|do|may|might|to)\b.{0,40}\b(?:work|partner|collaborate|cooperate|engage)"
    r"(?: together)? with\b|"
    r"\b(?:what|which|list|all)\b.{0,20}\b(?:schemes?|services|offerings?|offers|options|"
    r"partnering models)\b.{0,25}\b(?:do(?:es)?|run|offer|have|provide|are "
    r"there|at|of|from)\b",
    re.IGNORECASE,
)
ONE_WAY = re.compile(r"\b(?:the|that|this|its|their) (?:[\w-]+ ){1,4}way\b", re.IGNORECASE)
"""One way to work, not the ways there are."""

COMPARES = re.compile(
    r"\bcompar(?:e|es|ed|ing|ison)\b|\bdiffer(?:s|ent|ence|ences)?\b|\bversus\b|\bvs\b|"
    r"\b(?:in|of|for|under) each\b|\beach (?:of|way|model|scheme|option)\b|"
    r"\bwhich\b.*\b(?:earlier|later|older|newer|larger|smaller)\b|"
    r"\bwhich (?:one )?(?:of the|is|was|has)\b.*\bor\b",
    re.IGNORECASE,
)
EITHER = re.compile(r"\bor\b", re.IGNORECASE)
LISTS = re.compile(
    r"\b(?:which|what|how many|any|all|list|list all|name|show|every)\b(?: of| is| are)?"
    r"(?: the| your)?(?: other| public| best| right| top| ideal)? "
    r"(?:partners?|profiles?|organi[sz]ations?|institut\w+|providers?|members?|"
    r"offers?|offerings?|fundings?|grants?|schemes?|places|facilit\w+|consorti\w+)\b|"
    r"^(?:so |and )?who(?: else)? (?:can |could |would |will |also )?(?:works?|takes?|supports?|"
    r"offers?|provides?|accepts?|helps?|has|have|runs?|rents?|trains?|funds?|gives?|does|"
    r"do(?! (?:i|we)\b)|makes?|"
    r"manufactures?|teaches|sells?|lets?|says?)\b|"
    r"^where (?:can|could|do|does) (?:i|we|one|an? [\w-]+) "
    r"(?:find|get|buy|rent|hire|borrow|order)\b|"
    r"\b(?:list|name|show)\b.{0,12}\b(?:every(?:one|body)|all)\b|\banyone\b|\banybody\b",
    re.IGNORECASE,
)
SUITS_US = re.compile(
    r"\b(?:suits?|fits?|suitable for|right for|best for|good for|for|help|talk to|there for)\b"
    r".{0,12}\b(?:us|me|our|my)\b|\b(?:who|whom|anyone|what|which|where)\b.{0,30}\b(?:can|could|should|"
    r"would|do)\b.{0,12}\b(?:we|i|our|us|help)\b",
    re.IGNORECASE,
)
WANTED = re.compile(
    r"(?:^|[.!;,]\s)\W*(?:need|want|require|(?:looking|searching) for|seeking|in need of)\b|"
    r"^[^?]*\b(?:seeks|looks for|is (?:looking|searching) for)\b",
    re.IGNORECASE,
)
"""A wish without its subject, or whose subject is not the asker: "need a clean room"."""

FOR_US = re.compile(r"\bfor (?:us|me)\W*$|[.!,]\s*(?:who|anyone|where)\W*$", re.IGNORECASE)
"""Ends by asking for whoever has told something before."""

AUDIENCE = re.compile(
    r"\b(?:suitable|suited|meant|aimed|intended|designed|eligible|open) (?:for|to|at)\b|"
    r"\bsuitable\b|\beligib(?:le|ility)\b|\bfor whom\b|"
    r"\b(?:target|intended) (?:audiences?|groups?|users?|participants|applicants)\b|"
    r"\bwho (?:can|may|should|could|might)(?: not|n['’]t)? (?:apply|join|use|seek|get|take|submit|"
    r"benefit|rent|work|participate|sign up|enrol|enroll|register|become)\b|"
    r"\bwho (?:is|are)(?: not|n['’]t)? (?:allowed|admitted|entitled|excluded|welcome)\b|"
    r"\bwho (?:benefits|qualifies|applies)\b|"
    r"\b(?:can|could|may|might|would) (?:we|i|an?)\b.{0,30}?\b(?:become|qualify|be (?:admitted|"
    r"accepted|eligible))\b|"
    r"\bfor (?:all|any|only|just|both)\b|\b(?:only|just) for\b|"
    r"\bwho(?:'s| is| are)\b.*\bfor\b\W*?(?:$|\()|"
    r"\bwho(?:m)? (?:does|do)\b.*\bwork with\b|"
    r"\b(?:which|what) (?:kinds?|sorts?|types?) of (?:compan|partner|organi|institut|client|people|"
    r"user|applicant|researcher)\w*",
    re.IGNORECASE,
)
PLACE = re.compile(
    r"\bwhere (?:is|are|can)\b.*\b(?:offered|available|held|provided|found|get|it|they)\b|"
    r"\bin (?:which|what) (?:country|place|location)\b",
    re.IGNORECASE,
)
LOCATED = frozenset(words("located situated based address"))
WHERE = re.compile(r"\bwhere(?:['’]?s| is| are)\b", re.IGNORECASE)
OVERVIEW = re.compile(
    r"^(?:please )?(?:tell (?:me|us)(?: more)?(?: about)?|what (?:is|are|do|does|kind of)|"
    r"who (?:is|are)|describe|overview of|give (?:me|us) an overview of|explain|info(?:rmation)? "
    r"(?:on|about)|more about)\b",
    re.IGNORECASE,
)


def _intent(scene: _Scene, names: Names, told: str) -> Intent:
    text = scene.text
    one = len(scene.partners) == 1
    sides = max(scene.offerings, scene.partners, key=len)
    if SMALL_TALK.match(text):
        return "small_talk"
    several = len(sides) > 1 or (
        one and not scene.offerings and len(names.ways[scene.partners[0]]) > 1
    )
    if several and (COMPARES.search(text) or (len(sides) > 1 and EITHER.search(text))):
        return "compare"
    if _compared(text, names):
        return "compare"
    if scene.partners and WEBSITE.search(text):
        return "website"
    if scene.partners and INTRODUCTION.search(text):
        return "introduction"
    own = situation([("user", text)]) or WANTED.search(text)
    if (told or own) and SUITS_US.search(text):
        return "match"
    if (
        not scene.partners
        and len(_aspects(text, scene, names)) >= LEAST_TOLD
        and (FOR_US.search(text) or (SUITS_US.search(text) and _tells_first(text)))
    ):
        return "match"
    asks_ways = WAYS.search(text) and not (AUDIENCE.search(text) and ONE_WAY.search(text))
    if one and not scene.offerings and asks_ways and names.ways[scene.partners[0]]:
        return "ways"
    if scene.partners and PLACE.search(text):
        return "place"
    if scene.partners and WHERE.search(text) and not set(_aspects(text, scene, names)) - LOCATED:
        return "place"
    if scene.partners and AUDIENCE.search(text) and not SUITS_US.search(text):
        return "audience"
    if own and (not scene.partners or "?" not in text):
        return "match"
    if not scene.partners and LISTS.search(text):
        return "list"
    if scene.partners and OVERVIEW.search(text) and not _aspects(text, scene, names):
        return "overview"
    return "fact"


LEAST_TOLD = 3
"""Content words from which on something is told before it is asked who has it."""


def _tells_first(text: str) -> bool:
    """Whether a sentence that asks nothing stands before the question."""
    first, *others = SENTENCES.split(text)
    return bool(others) and "?" not in first and not ASKS_ITSELF.match(first)


IS_THERE = re.compile(r"^\W*(?:is|are) there\b", re.IGNORECASE)


def _asked_of_concepts(
    read: str, scene: _Scene, concepts: Sequence[Concept], names: Names
) -> Intent | None:
    """What a question of nothing but concepts wants: who has them, or what suits such an asker."""
    if scene.carried and not scene.partners:
        return None
    known = {root for concept in concepts for phrase in concept.words for root in words(phrase)}
    if any(root not in known | LIGHT_STEMS for root in _aspects(read, scene, names)):
        return None
    if not scene.partners:
        return "list" if IS_THERE.search(read) else None
    if any(concept.kind != "audience" for concept in concepts):
        return None
    return "match"


def _asked_of_some_partner(text: str, scene: _Scene, names: Names) -> Intent | None:
    """What a question wants of one partner without saying of which, and nothing else."""
    patterns: tuple[tuple[Intent, re.Pattern[str]], ...] = (
        ("website", WEBSITE),
        ("introduction", INTRODUCTION),
        ("place", PLACE),
        ("audience", AUDIENCE),
    )
    for intent, pattern in patterns:
        if pattern.search(text) and not _aspects(pattern.sub(" ", text), scene, names):
            return intent
    return None


def _aspects(text: str, scene: _Scene, names: Names) -> list[str]:
    """Stems of a question's content words that neither name its subject nor only ask."""
    # What the asker tells of themselves is not what they ask.
    asked = " ".join(part for part in SENTENCES.split(text) if not situation([("user", part)]))
    return _content(asked, scene, names)


def _content(text: str, scene: _Scene, names: Names) -> list[str]:
    """Stems of words that neither name the subject nor only ask."""
    taken: set[str] = set()
    for identity in scene.partners:
        taken.update(words(names.profiles[identity].title))
        taken.update(
            stem
            for form in partner_names(names.profiles[identity].title)
            for stem in words(" ".join(form))
        )
    for way in scene.offerings:
        taken.update(words(_name_of(way, names)))
    spelled = WORD.findall(text)
    for first, last, identity, *_ in names.find(text):
        if identity in scene.partners:
            taken.update(words(" ".join(spelled[first:last])))
    return [root for root in words(text) if root not in taken and root not in ASKING]


SENTENCES = re.compile(r"(?<=[.!?;])\s+")


def comparison_of(text: str, directory: Directory) -> Comparison | None:
    """What a text compares; the "and" or comma of a name parts no sides."""
    return _compared(text, names_of(directory))


def _compared(text: str, names: Names) -> Comparison | None:
    said = list(WORD.finditer(text))
    spans = dict.fromkeys(span[:2] for span in names.find(text))
    whole = {
        f"{HELD}{letter}": text[said[first].start() : said[last - 1].end()]
        for letter, (first, last) in zip(ascii_lowercase, spans, strict=False)
    }
    whole = {held: name for held, name in whole.items() if JOINT.search(name)}
    for held, name in whole.items():
        text = text.replace(name, held)
    found = comparison_in(text)
    if found is None:
        return None

    def named(part: str) -> str:
        return re.sub(rf"{HELD}[a-z]", lambda held: whole.get(held[0], held[0]), part)

    return Comparison(tuple(map(named, found.sides)), tuple(map(named, found.aspects)))


HELD = "Namewithjoint"
"""Stands for a name while the question is parted."""
JOINT = re.compile(r",|\b(?:and|to|with|or|versus|of|for|in|on|at|by)\b", re.IGNORECASE)


def subject_of(
    text: str, directory: Directory, *, within: Sequence[str] = ()
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """The partners and the ways to work that a text names; ``within`` as in ``_subject``."""
    names = names_of(directory)
    return _subject(names.find(text), names, within=within)


def aspects_of(request: Request, directory: Directory) -> list[str]:
    """Stems of what is asked beyond whose page it is asked of and what kind of question it is."""
    return _aspects(request.text, _scene(request), names_of(directory))


@lru_cache(maxsize=4096)  # passages are asked about again and again
def partners_in(text: str, directory: Directory) -> frozenset[str]:
    """Profile ids of the partners that a text names."""
    return frozenset(identity for _, _, identity, _, _ in names_of(directory).find(text))


def said_in(request: Request, directory: Directory) -> list[str]:
    """Stems of all that is said, of the asker too, beyond whose page it is about and asking."""
    told = f"{request.situation} {INTRODUCTION.sub(' ', request.text)}"
    return _content(told, _scene(request), names_of(directory))


def _scene(request: Request) -> _Scene:
    return _Scene(request.text, request.partners, request.offerings, request.carried)
