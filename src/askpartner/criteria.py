"""What a list or a match asks partners to state: concepts, names, plain words, and what not.

Reads words only: which partners are meant and what kind of answer is wanted is ``understand``'s,
who states it ``survey``'s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from askpartner.alternatives import COMPANIES, PUNCTUATION, in_words, joined, tells
from askpartner.directory import KIND
from askpartner.lexical import stem, words
from askpartner.types import Concept, Criterion, Intent
from askpartner.vocabulary import concepts_in, holds, is_kind
from askpartner.wordbook import ASKING, LIGHT_STEMS

EXCLUDING = frozenset(words("exclude refuse reject"))
NEEDS = re.compile(
    r"\b(?:needs?|needing|looking for|look for|wants?|seek(?:s|ing)?|requires?|requiring|"
    r"interested in|access to|search(?:ing)? for|'d like|would like)\s+(?:access to\s+)?"
    r"(?P<what>[^.?!;:()]+?(?=$|[.?!;:()]|,?\s(?:and |as |but )?(?:we|i)\b))|"
    r"\b(?:we are|we're|i am|i'm|as)\s+an?\s+(?P<who>[^.?!;:(),]+?)(?=[.?!;:(),]|$|\s+(?:\w+ing|"
    r"based|keen|that|who|which|with|in|at|from|of|and|we|i|to|for|interested)\b)",
    re.IGNORECASE,
)
"""What an asker says they need, or who they say they are."""

NOT_NEEDED = re.compile(
    r"\b(?:do not|don['’]t|does not|doesn['’]t|no longer|not|never)\s+"
    r"(?:need|want|require|look for|looking for|seek|seeking|interested in)\b"
    r"[^.?!;,]*?(?=$|[.?!;,]|\s(?:and |but )?(?:we|i|only|just)\b|\sbut\b)|"
    r"\bwithout\b[^.?!;,]*?(?=$|[.?!;,]|\s(?:seeking|looking|needing|wanting|that|who)\b)",
    re.IGNORECASE,
)
"""What an asker says they do not need, or are without."""

AND = re.compile(
    r"(,|(?<![\w-])(?:and|or|as well as|plus|for|with|to|in|on|at|from|by|before|after|during|"
    r"until|into|about)(?![\w-]))",
    re.IGNORECASE,
)
"""What joins the phrases of a need."""

PHRASE_ENDS = re.compile(
    r"(?<![\w-])(?:who|that|which|whose|where|when|how|why|whether|because|if|so|it|them|us|me|you|"
    r"him|her|is|are|was|were|be|been|out|up|off|next|together|abroad|there|here|too|yet|now|again|"
    r"already)(?![\w-]).*",
    re.IGNORECASE,
)
"""Begins what is no more of a phrase: a clause of its own, or how something is done."""

BEFORE_DOING = re.compile(r"(?:before|after|by|until)\s+\w+ing\b", re.IGNORECASE)
WISHED = re.compile(
    r"\b(?:which|what|any)\s+[\w-]+(?:\s+[\w-]+)?|\bto\s+\w+(?:\s+\w+)?\s+an?\s+(?:\w+\s+)?[\w-]+|"
    r"\bno\s+[\w-]+",
    re.IGNORECASE,
)
"""Who is asked for, what is to come about and what there is none of: "which hospital", "to found a
company", "but no company yet". None of them is who is asking."""
VAGUE_NEEDS = frozenset(
    words(
        "someone somebody something some few several make made making set up order good best new "
        "own our experience expertise knowledge advice information place space somewhere"
    )
)
MOST_NEED_WORDS = 3
"""A longer phrase is a wish told at length, which no page states word for word."""

DOING = re.compile(
    r"\b(?:who|that|which|to|can|could|may|do|does|not|we|i|you|they|partners?|profiles?|anyone|"
    r"organi[sz]ations?)\s+(?=(?:also |else )?(\w+))",
    re.IGNORECASE,
)
"""The word after these is what is done."""

PARTICLE = re.compile(rf"({DOING.pattern}\w+)\s+(?:out|off|over)\b", re.IGNORECASE)
"""Belongs to what is done: "who rents out kitchens" looks for kitchens."""

NAME = re.compile(
    r"(?<=[\w,] )[A-Z][\w*&’'/-]+(?: [A-Z][\w*&’'/-]+|(?<=[A-Z]) \d[\w.-]*\b)*(?![$£€¥])"
)
"""Words written as a name inside a sentence, with the number of a standard: "ISO/IEC 27001"."""

CLAUSE = re.compile(r"[.?!;,]|\b(?:but|yet|though|although|if|when|because|while)\b", re.IGNORECASE)
DENIED = re.compile(
    r"\b(?:no|(?<!need )not|never|cannot|without|neither|nor|exclud(?:e|es|ing)|refuses?|rejects?|"
    r"turn(?:s|ing)? away|rules? out)\b|n['’]t\b",
    re.IGNORECASE,
)
PARTS = re.compile(r"[.?!;:]\s+")
ASKS_FOR = re.compile(
    r"^\W*(?:and |so |but )?(?:which|who|what|where|how many|list|name|show|are there|is there)\b",
    re.IGNORECASE,
)
"""Begins the part of a question that asks for a list."""
FIRST_PERSON = re.compile(r"\b(?:i|we|our|us|my)\b", re.IGNORECASE)
LISTED = re.compile(
    r"\b(?:partners?|profiles?|organi[sz]ations?|institut\w+|providers?|members?|schemes?|grants?|"
    r"who|which|those|these|anyone|anybody)\b",
    re.IGNORECASE,
)
"""What a list is of: a denial before it is not one of what it states."""

COMPARED = re.compile(
    r"\b(?:since|before|after|until|from|by|in|over|under|above|below|exceed(?:s|ing)?|"
    r"(?:more|less|fewer|higher|lower|larger|smaller) than|at (?:least|most)|up to)\s+"
    r"(?:about )?[A-Z]{0,3}[£$€¥]?\d",
    re.IGNORECASE,
)
"""A number to compare with: pages are not searched for its digits."""


def kinds_asked(
    read: str, told: Sequence[str], vocabulary: Sequence[Concept]
) -> tuple[Criterion, str] | None:
    """The kind of partner a question asks for, and the question without it; None: for none.

    ``told`` is what the pages say their partners are. "Research institutes" are those that any of
    them says in these words, or else in others the vocabulary knows.
    """
    unlabelled = [KIND.sub("", text) for text in told]
    for place in KINDS.finditer(read):
        said = read[place.end() :].split()[:MOST_KIND_WORDS]
        for length in range(len(said), 0, -1):
            phrase = " ".join(said[:length])
            name = phrase.strip(PUNCTUATION)
            is_said = place["is"] or KIND_PHRASE.fullmatch(name)
            if not is_said or CLAUSE.search(name):
                continue
            if "or" in said[length - 1 : length + 1]:
                continue  # the sides of an "or" are looked for one by one
            stems = frozenset(words(name))
            # "Partners that are cooperatives": a word of asking that a page calls its partner by.
            is_told = place["is"] and any(stems and stems <= {*words(t)} for t in unlabelled)
            is_telling = (
                all(map(tells, NOT_OF.split(name))) and stems - ASKING - LIGHT_STEMS - OFFERS
            )
            if not is_told and not is_telling:
                continue
            found = [Criterion(name, None, stems, is_kind=True)]
            found += [
                Criterion(name, concept, frozenset(), is_kind=True)
                for concept in concepts_in(name, tuple(vocabulary))
                # "Drone companies" are not all partners that are companies.
                if concept.kind == "audience" and not _is_any_company(concept)
            ]
            for criterion in found:
                if any(is_kind(criterion, text) for text in told):
                    rest = " ".join(read[place.end() :].split()[length:])
                    return criterion, f"{read[: place.end()]}partners {rest}"
    return None


KINDS = re.compile(
    r"\b(?:which|what|how many|any|list|show|name|give me|tell me|are there|do you have|have you|"
    r"who are)\s+(?:(?:of|all|any|the|your|me|us|other)\s+)*|"
    r"\b(?:partners?|profiles?|organi[sz]ations?|members?)(?:\s+(?:here|in\s+\w+\s+\w+))?"
    r"\s+(?:(?:that|which|who)\s+)?(?P<is>are|is)\s+(?:an?\s+|the\s+)?",
    re.IGNORECASE,
)
"""After these stands a kind of partner, if the question asks for one."""

KIND_PHRASE = re.compile(r"[^,;:.?!]*(?<![su])s(?: of [^,;:.?!]+)?", re.IGNORECASE)
"""A phrase of several: "research institutes", "institutes of higher learning"."""
NOT_OF = re.compile(r"\s+(?:of\s+)?")
MOST_KIND_WORDS = 5
OFFERS = frozenset(words("offer offering funding grant scheme place facility service course"))
"""What partners have, not what they are."""
HAVING = frozenset(
    words(
        "win wins winning won earn earned obtain obtained own based located situated "
        "accredited certified"
    )
)
"""What is done by whoever has something, or is somewhere: pages need not say so beside it."""
OF_ASKER = re.compile(
    r"\b(?:that|which)\s+(?:my|our|we|i)\b.*|\bamong(?:st)?\s+(?:the|those|these|your|all)\b.*",
    re.IGNORECASE,
)
"""What the asker would do with it, and among whom it is looked for."""
CONTRACTED = re.compile(r"['’](?:re|ve|ll|d|m)\b", re.IGNORECASE)
WHENCE = re.compile(
    r"^\W*where (?:can|could|do|does) (?:i|we|one|an? [\w-]+) "
    r"(?:find|get|buy|rent|hire|borrow|order) ",
    re.IGNORECASE,
)
"""Asks who has something, however it is to be had: pages call it rental, or let it."""
WITHOUT = re.compile(r"\bwithout\b", re.IGNORECASE)


def list_criteria(
    read: str,
    aspects: Sequence[str],
    concepts: Sequence[Concept],
    kind: Criterion | None = None,
) -> tuple[Criterion, ...]:
    """What a list is of; ``aspects`` are the stems of what is asked beyond partners and asking.

    The kind of partner asked for; the vocabulary's concepts; names, word for word; the other words
    together, or those on each side of an "or". Each that stands in a clause with a denial is asked
    for by its absence. Numbers to compare with give nothing.
    """
    of_asker = {*concepts_in(read, tuple(concepts))}
    read = WHENCE.sub("where ", CONTRACTED.sub(" ", OF_ASKER.sub("", read)))
    read = PARTICLE.sub(r"\1", read)
    of_asker -= {*concepts_in(read, tuple(concepts))}
    concepts = [concept for concept in concepts if concept not in of_asker]
    read = _asking_part(read)
    names = _names(read, concepts)
    # "Alpha University" is one university: who else has to do with universities is not asked.
    unnamed = read
    for name in names:
        unnamed = unnamed.replace(name, " ")
    in_names = {*concepts_in(read, tuple(concepts))} - {*concepts_in(unnamed, tuple(concepts))}
    concepts = [concept for concept in concepts if concept not in in_names]
    found = [kind] if kind is not None else []
    found += [Criterion(c.name, c, frozenset()) for c in concepts]
    covered = {root for c in concepts for phrase in c.words for root in words(phrase)}
    found += [Criterion(name, None, frozenset(words(name)), is_name=True) for name in names]
    taken = covered | EXCLUDING | {root for name in names for root in words(name)}
    # "... if we have no laboratory": what is told of the asker is not looked for.
    first, *others = CLAUSE.split(read)
    meant = " ".join((first, *(other for other in others if not FIRST_PERSON.search(other))))
    said = set(words(meant)) - taken
    left = [root for root in dict.fromkeys(aspects) if root in said]
    # "regulatory questions": the word of any topic is not what is looked for.
    left = [root for root in left if root not in LIGHT_STEMS] or ([] if names else left)
    left = [root for root in left if root not in HAVING | VAGUE_NEEDS] or ([] if found else left)
    doing = {stem(verb) for verb in DOING.findall(read)}
    if found:
        # "Who rents GMP rooms?": the rooms are looked for; that they are had for rent may not be
        # said beside them.
        left = [root for root in left if root not in doing]
    if not left and not found:
        # "Which partners suit companies?" asks for nothing but these.
        left = [root for root in dict.fromkeys(words(read)) if root in COMPANIES]
    if left and not COMPARED.search(read):
        # What is wanted and what is to be without it are told apart.
        parts = [(part, {*words(part)}) for part in WITHOUT.split(read)]
        kept = [(part, [root for root in left if root in roots]) for part, roots in parts]
        plain = [in_words(DENIED.sub(" , ", part), roots, doing) for part, roots in kept if roots]
        # "Founders or start-ups" are start-ups; "additive manufacturing" is no manufacturing.
        sides = [side for one in plain for side in (one.stems, *one.others) if one.others]
        found = [c for c in found if c.concept is None or not _is_narrowed(c.concept, sides)]
        for one in plain:
            found = joined(found, one, covered)
    # "Accredited to ISO/IEC 17025" says ISO as well.
    found = [c for c in found if not any(c.is_name and c.stems < other.stems for other in found)]
    if len(found) > 1:
        # Most partners are for companies: nobody looks for that beside something else.
        found = [c for c in found if not _is_any_company(c.concept)] or found
    return tuple(replace(c, is_denied=_is_denied(c, read)) for c in found)


def match_criteria(read: str, told: str, concepts: Sequence[Concept]) -> tuple[Criterion, ...]:
    """Who is asking and what they need: concepts, and each need that no concept covers."""
    said = f"{told}\n{read}"
    text = NOT_NEEDED.sub(" ", said)
    not_needed = {*concepts_in(said, tuple(concepts))} - {*concepts_in(text, tuple(concepts))}
    concepts = [concept for concept in concepts if concept not in not_needed]
    concepts = _without_what_is_sought(text, concepts)
    found = [Criterion(c.name, c, frozenset()) for c in concepts]
    for need in NEEDS.finditer(text):
        # A "cell-therapy start-up" is a start-up: pages say no more of whom they suit.
        parts = _phrases(need["what"]) if need["what"] else [need["who"].split()[-1]]
        for part in parts:
            left = [root for root in dict.fromkeys(words(part)) if root not in ASKING | VAGUE_NEEDS]
            if not any(root not in LIGHT_STEMS and not root.isdigit() for root in left):
                continue  # "one deal at a time": said of anything
            own = not concepts_in(part, tuple(concepts)) and all(
                criterion.stems != frozenset(left) for criterion in found
            )
            if own and 0 < len(left) <= MOST_NEED_WORDS:
                found.append(Criterion(part, None, frozenset(left)))
    return tuple(found)


def _phrases(need: str) -> list[str]:
    """The noun phrases of what is needed, each whole: "a place to fly our drones in rain" names
    the place, the drones and the rain. How something is done is none.
    """
    found: list[str] = []
    is_verb = False
    pieces = ["", *AND.split(need)]
    for joint, piece in zip(pieces[::2], pieces[1::2], strict=True):
        # "to make and test cells": after "to" stands a verb, and so it does after its "and".
        is_verb = joint == "to" or (is_verb and joint in ("and", "or", ","))
        is_verb = is_verb or BEFORE_DOING.match(f"{joint}{piece}") is not None
        said = PHRASE_ENDS.sub("", piece).split()
        if said and is_verb:
            said = said[1:]
        is_told = [bool({*words(word)} - ASKING - VAGUE_NEEDS) for word in said]
        if any(is_told):
            last = len(said) - is_told[::-1].index(True)
            found.append(" ".join(said[is_told.index(True) : last]).strip(PUNCTUATION))
    return found


def criteria_of(
    intent: Intent,
    read: str,
    told: str,
    aspects: Sequence[str],
    concepts: Sequence[Concept],
    kind: Criterion | None = None,
) -> tuple[Criterion, ...]:
    """What a list or match question asks partners to state; nothing for any other."""
    if intent == "list":
        return list_criteria(read, aspects, concepts, kind)
    return match_criteria(read, told, concepts) if intent == "match" else ()


def _asking_part(read: str) -> str:
    """A question without what its asker tells before it: "We like talent: who takes interns?"."""
    parts = PARTS.split(read)
    asking = [part for part in parts if ASKS_FOR.match(part)]
    told = [part for part in parts if part not in asking]
    if not asking or not told or not all(map(FIRST_PERSON.search, told)):
        return read
    return " . ".join(asking)


def _names(read: str, concepts: Sequence[Concept]) -> list[str]:
    """Words written as names, but for those of concepts; none where every word has a capital.

    One that ends with who somebody is, is a name: "Alpha University".
    """
    content = [word for word in re.findall(r"[\w*&’'-]+", read) if len(word) > 3]
    if all(word[0].isupper() for word in content):
        return []
    covered = {root for c in concepts for phrase in c.words for root in words(phrase)}
    who = {word for c in concepts if c.kind == "audience" for word in c.words}
    found = (re.sub(r"['’]s$", "", name) for name in NAME.findall(read))
    return [
        name
        for name in dict.fromkeys(found)
        if words(name)
        and (
            not covered & set(words(name))
            or (name.split()[-1].lower() in who and not covered >= set(words(name)))
        )
    ]


def _is_denied(criterion: Criterion, read: str) -> bool:
    """Whether a criterion is asked for by its absence: a denial is in its clause, of partners."""
    named = False
    for place, clause in enumerate(CLAUSE.split(read)):
        if not holds(criterion, clause):
            continue
        denial = DENIED.search(clause)
        if denial is None or FIRST_PERSON.search(clause):
            return False
        if place == 0 and not LISTED.search(clause[: denial.start()]):
            return False  # "why not list the partners that ..."
        if WITHOUT.fullmatch(denial[0]) and not holds(criterion, clause[denial.end() :]):
            return False  # "partners for start-ups without fees"
        named = True
    return named


def _without_what_is_sought(text: str, concepts: Sequence[Concept]) -> list[Concept]:
    """Concepts of a text, but for audiences only named as what is looked for or wished.

    A "hospital partner" that is needed is not who is asking.

    Those that the text does not name were chosen, and stay.
    """
    kept = WISHED.sub(" . ", NEEDS.sub(lambda need: f". {need['who'] or ''} .", text))
    sought = {*concepts_in(text, tuple(concepts))} - {*concepts_in(kept, tuple(concepts))}
    return [concept for concept in concepts if concept.kind == "need" or concept not in sought]


def _is_narrowed(concept: Concept, sides: Sequence[frozenset[str]]) -> bool:
    """Whether a side of an "or" says a concept's phrase and more."""
    phrases = [frozenset(words(phrase)) for phrase in concept.words]
    return any(phrase < side for phrase in phrases for side in sides)


def _is_any_company(concept: Concept | None) -> bool:
    return concept is not None and all({*words(phrase)} <= COMPANIES for phrase in concept.words)
