"""What a turn takes over from those before it, by the directory's own names.

The partner, the way to work or, in "What about X?", what was asked; a turn that stands alone takes
over nothing. Where the directory's names say nothing, ``followups`` goes by the conversation's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from askpartner.directory import short_title
from askpartner.followups import resolve
from askpartner.lexical import STOP_WORDS, stem, words
from askpartner.sides import comparison_in
from askpartner.understand.earlier import Earlier, Turn, last_question, page_before, subject_before
from askpartner.understand.intent import ASKS_ITSELF, COMPARES, LISTS, MENTIONED, WAYS
from askpartner.understand.names import WORD, Names, way_name
from askpartner.understand.subject import THE_PARTNER, Scene, content_stems, subject
from askpartner.vocabulary import Vocabulary, concepts_in
from askpartner.wordbook import ASKING, LIGHT_STEMS

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
AND_ASKS = re.compile(rf"\s*(?:[,;:]|\s[-–—])\s+(?={ASKS_ITSELF.pattern})", re.IGNORECASE)
"""Between who or what is meant and what is asked of it: "What about Alpha, how …"."""

LIKE_ONE = re.compile(r"\b(?:the|that|this|their|your)\b[^?]*\bones?\b", re.IGNORECASE)
"""Means a thing of the kind asked about before: "the Alpha one"."""

ONE_OF_A_KIND = re.compile(r"^the (?P<which>.+?) ones?$", re.IGNORECASE)
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
PLACES |= {"former": 0, "latter": -1}
NTH_PARTNER = re.compile(
    rf"\bthe (?P<nth>{_NTH}|former|latter)"
    r"(?: (?:ones?|partner|organi[sz]ation|institute|company|fund|university|of (?:them|these|"
    r"those))\b|(?=\s*[?.!,]*$)|(?<=er)\b)",
    re.IGNORECASE,
)
ELSE = re.compile(r"\b(?:what|anything|something|which) (?:else|other|more)\b", re.IGNORECASE)
"""Asks for something beside the way to work spoken of."""

BOTH = re.compile(
    r"\b(?:the two|both|these|those|them|each other)\b"
    r"(?! (?:ways?|options?|models?|schemes?|programmes?|programs?|services?|offers?)\b)",
    re.IGNORECASE,
)
MOST_COMPARED = 4
"""Partners of a reply that are set side by side; a table of more is not read."""

NUMBERED = re.compile(r"(?:the )?(?P<first>\w+) (?P<last>\w+)", re.IGNORECASE)

FRAGMENT_WORDS = 3
"""A turn of at most this many content words that names nobody leans on the turn before it."""

FEW_OWN = 2
"""Words of a turn's own up to which what was asked before is taken over besides its subject."""

OF_OTHERS = re.compile(
    r"\b(?:which|what|how many|any)(?: other)? (?:partners|profiles|organi[sz]ations|members)\b"
    r"(?! (?:of|at|from|does|did|has|do .* have)\b)",
    re.IGNORECASE,
)
"""Asks which partners do something with whoever is named, not what that partner does."""

NARROWS = re.compile(
    r"^\W*(?:and |but |so |ok |now )*(?:only|just|which|what|how many|any)? ?"
    r"(?:those|these|ones|of (?:those|them|these))\b",
    re.IGNORECASE,
)
"""Begins a turn that asks for some of those just listed."""

OF_THEM = re.compile(r"\b(?:it|them|they)\b", re.IGNORECASE)


def narrowed_list(read: str, history: Sequence[Turn]) -> str:
    """The list question before, where this turn asks for some of those it listed; else ""."""
    before = last_question(history)
    return before if NARROWS.search(read) and _lists(before) else ""


def list_before(read: str, history: Sequence[Turn], names: Names) -> str:
    """The list question before, where this turn only says what else to list; else ""."""
    before = last_question(history)
    short = ELLIPSIS.search(read) and not names.find(read) and not LISTS.search(read)
    return before if short and _lists(before) and not names.find(before) else ""


def _lists(question: str) -> bool:
    """Whether a question asked who of all does something: "who works with them" asks of one."""
    return LISTS.search(question) is not None and OF_THEM.search(question) is None


def carry(
    read: str,
    history: Sequence[Turn],
    names: Names,
    vocabulary: Vocabulary,
    drop: frozenset[str],
) -> Scene:
    """The turn with the subject it names, or else takes over; nothing of ``drop`` is."""
    earlier = subject_before(history, names) or page_before(read, history, names)
    if earlier and earlier.question in drop:
        earlier = replace(earlier, question="")
    scene = _settled(read, earlier, names, vocabulary, drop)
    of_others = OF_OTHERS.search(read) if not scene.offerings else None
    if (of_others or MENTIONED.search(read)) and scene.partners and not scene.carried:
        return Scene(read, (), (), ())  # whoever is named is looked for on the others' pages
    what_about, before = WHAT_ABOUT.match(read), last_question(history)
    other = _other_number(what_about["name"], before) if what_about else ""
    if other and before not in drop and not scene.partners:
        return Scene(other, (), (), (before,), is_changed=True)
    return scene


def carry_words(
    read: str, scene: Scene, history: Sequence[Turn], names: Names, drop: frozenset[str]
) -> Scene:
    """The turn with what it takes over by the conversation's own words, if anything.

    Else it stays with the page that the last reply quotes, if ``scene`` has one.
    """
    turns = [(turn.role, turn.content) for turn in history]
    resolved = resolve(read, turns, known=names.known_words(), without=drop)
    carried = tuple(name.text for name in resolved.carried)
    if carried:
        return Scene(resolved.text, (), (), carried)
    titles = tuple(names.profiles[page].title for page in scene.partners)
    return Scene(resolved.text, scene.partners, (), titles)


def _settled(
    read: str,
    earlier: Earlier | None,
    names: Names,
    vocabulary: Vocabulary,
    drop: frozenset[str],
) -> Scene:
    """The turn of the subject it names; else, if it leans on it, of the earlier one."""
    within = earlier.partners if earlier else ()
    partners, ways = subject(names.find(read), names, within=within)
    if partners or ways:
        named = Scene(read, partners, ways, ())
        return _of_this(named, earlier, names) if earlier and earlier.question else named
    if earlier is None or not _leans(read):
        return Scene(read, (), (), ())
    return _of_earlier(read, earlier, names, vocabulary, drop)


def _of_this(scene: Scene, earlier: Earlier, names: Names) -> Scene:
    """A turn that names its subject; with what was asked before, where it asks nothing itself."""
    read = scene.text
    what_about = WHAT_ABOUT.match(read)
    if what_about and not ASKS_ITSELF.match(what_about["name"]):
        name, *asked = AND_ASKS.split(what_about["name"], maxsplit=1)
        if asked:
            return replace(scene, text=f"{asked[0]} ({name})")
        # "What about X?" asks of X what was asked before.
        text = _ask_again(earlier, read, name, names)
        return replace(scene, text=text, carried=(earlier.question,))
    if LIKE_ONE.search(read):
        kind = " ".join(_kind_asked(read, earlier, names))
        text = f"{read} ({kind})" if kind else read
        return replace(scene, text=text, carried=(earlier.question,))
    return scene


def _of_earlier(
    read: str, earlier: Earlier, names: Names, vocabulary: Vocabulary, drop: frozenset[str]
) -> Scene:
    """A turn that names nobody, of the subject before, but for what is in ``drop``."""
    if one := _one_of_several(read, earlier):
        title = names.profiles[one].title
        if title in drop:
            return Scene(read, (), (), ())
        return Scene(f"{read} ({short_title(title)})", (one,), (), (title,))
    if together := _together(read, earlier, names, drop):
        titles = [names.profiles[identity].title for identity in together]
        text = f"{read} ({'; '.join(map(short_title, titles))})"
        return Scene(text, together, (), tuple(titles))
    partners = tuple(i for i in earlier.partners if names.profiles[i].title not in drop)
    what_about = WHAT_ABOUT.match(read)
    changed = _changed(what_about, earlier.question, names, vocabulary) if what_about else ""
    if changed and partners == earlier.partners:
        return Scene(changed, partners, earlier.offerings, (earlier.question,), is_changed=True)
    if earlier.is_page:
        return Scene(read, partners, (), (), is_page=True)
    if not partners:
        return Scene(read, (), (), ())
    # Without its partner a way to work is another partner's, or nobody's.
    ways = tuple(
        way
        for way in _ways_meant(read, earlier, names)
        if way[0] in partners and way_name(way, names) not in drop
    )
    titles = [names.profiles[identity].title for identity in partners]
    if len(titles) == 1 and THE_PARTNER.search(read):
        text = THE_PARTNER.sub(short_title(titles[0]).replace("\\", r"\\"), read)
        return Scene(text, partners, (), tuple(titles))
    headings = [way_name(way, names) for way in ways]
    if earlier.topic and earlier.topic not in drop:
        headings.append(earlier.topic)
    # A long title in full would be most of what is asked.
    said = [*headings, *map(short_title, titles)]
    own = [root for root in words(read) if root not in ASKING]
    is_short = ELLIPSIS.search(read) and len(own) <= FEW_OWN and not ORDINAL.search(read)
    kind = " ".join(_kind_asked(read, earlier, names)) if is_short else ""
    if kind:  # "And for how long?" asks of what was asked about before.
        said, headings = [*said, kind], [*headings, earlier.question]
    return Scene(f"{read} ({'; '.join(said)})", partners, ways, (*headings, *titles))


def _one_of_several(read: str, earlier: Earlier) -> str:
    """Which of several partners that the last reply names "the second one" is; else ""."""
    nth = NTH_PARTNER.search(read)
    if nth is None or len(earlier.listed) < 2:
        return ""
    place = PLACES[nth["nth"].lower()]
    return earlier.listed[place] if -len(earlier.listed) <= place < len(earlier.listed) else ""


def _together(read: str, earlier: Earlier, names: Names, drop: frozenset[str]) -> tuple[str, ...]:
    """The partners that "compare the two" means: those spoken of, or else listed; else ()."""
    if not (COMPARES.search(read) and BOTH.search(read)):
        return ()
    meant = [i for i in earlier.spoken if names.profiles[i].title not in drop][-2:]
    if not earlier.spoken:
        meant = [i for i in earlier.listed if names.profiles[i].title not in drop][:MOST_COMPARED]
    return tuple(meant) if len(meant) > 1 else ()


def _ways_meant(read: str, earlier: Earlier, names: Names) -> tuple[tuple[str, int], ...]:
    """The way to work of the one partner that "the second" is; else those spoken of before."""
    if WAYS.search(read) or ELSE.search(read):
        return ()
    nth = ORDINAL.search(read)
    if nth is None or len(earlier.partners) != 1:
        return earlier.offerings
    (identity,) = earlier.partners
    listed = names.ways[identity]
    place = PLACES[(nth["of_all"] or nth["of_kind"]).lower()]
    if not -len(listed) <= place < len(listed):
        return earlier.offerings
    return ((identity, listed[place].start),)


def _leans(read: str) -> bool:
    """Whether a turn that names nobody needs the turn before it."""
    if LISTS.search(read) and not POINTS_BACK.search(read) and not ELLIPSIS.search(read):
        return False
    if comparison_in(read):
        return False
    content = [word for word in words(read) if word not in ASKING]
    return bool(POINTS_BACK.search(read) or ELLIPSIS.search(read) or len(content) <= FRAGMENT_WORDS)


def _ask_again(earlier: Earlier, read: str, name: str, names: Names) -> str:
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


def _kind_asked(read: str, earlier: Earlier, names: Names) -> list[str]:
    """Words of the question before that say of what kind "the one" is, as they were typed."""
    before = Scene(earlier.question, earlier.partners, (), ())
    left = set(content_stems(earlier.question, before, names)) - set(words(read)) - ATTRIBUTES
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
    """The question before with another number, else "".

    "The second phase" or "phase 2" after "… phase 1 …".
    """
    found = NUMBERED.fullmatch(name)
    if found is None:
        return ""
    first, last = found["first"].lower(), found["last"].lower()
    if last.isdecimal():
        kind, number = first, last
    elif PLACES.get(first, -1) >= 0:
        kind, number = last, str(PLACES[first] + 1)
    else:
        return ""
    before = re.search(rf"\b({re.escape(kind)} )\d+\b", asked, re.IGNORECASE)
    return f"{asked[: before.start()]}{before[1]}{number}{asked[before.end() :]}" if before else ""


def _audiences_in(text: str, vocabulary: Vocabulary) -> bool:
    return any(concept.kind == "audience" for concept in concepts_in(text, vocabulary))
