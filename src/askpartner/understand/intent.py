"""What kind of answer a question wants: closed lists of the ways in which each kind is asked for.

Reads the question once its subject is settled, and the patterns in the order of ``_intent``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from askpartner.criteria import kinds_asked
from askpartner.followups import situation
from askpartner.lexical import words
from askpartner.types import Concept, Criterion, Intent, Request
from askpartner.understand.names import Directory, Names, names_of
from askpartner.understand.several import compared
from askpartner.understand.subject import (
    SENTENCES,
    THE_PARTNER,
    Scene,
    aspects,
    content_stems,
    scene_of,
)
from askpartner.vocabulary import Vocabulary, concepts_in
from askpartner.wordbook import LIGHT_STEMS

SMALL_TALK = re.compile(
    r"^\W*(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?|thank you|thx|cheers|bye|"
    r"goodbye|ok(?:ay)?|great|perfect|how are you|nice|cool|very much|so much|a lot|"
    r"there)\b[\s!.,?]*)+$",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"\b(?:thanks?|thx|cheers|bye|goodbye|great|perfect|nice|cool|ok(?:ay)?)\b", re.IGNORECASE
)
"""Small talk that ends a conversation rather than begins one."""

WEBSITE = re.compile(
    r"\b(?:web\s?-?|internet )(?:site|page|address)s?\b|\bon the (?:web|internet)\b|"
    r"\bhome ?page\b|\burl\b|\bwww\b",
    re.IGNORECASE,
)
SITE = re.compile(r"\bwhat(?:['’]?s| is)\b.*\bsite\b", re.IGNORECASE)
"""May ask for the website, or for a place where something stands."""

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
    r"there|at|of|from)\b|"
    r"\bwhat (?:else )?(?:do|does|can|could)\b[^?,;]*"
    r"\boffer(?: (?:(?:to|for) )?(?:its |their |other )?"
    r"(?:us|me|partners?|others|outsiders|compan(?:y|ies)|firms|industry))?\W*(?:\(|$)",
    re.IGNORECASE,
)
_WAYS_NOUN = (
    r"(?:ways|options|routes|possibilities|opportunities|offers|offerings|services|programmes|"
    r"programs|schemes|formats|models|modes|forms|kinds|types|paths|avenues)"
)
_TOGETHER = (
    r"(?:work|partner|engag\w*|collaborat\w*|co-?operat\w*|team(?:ing)? up|join(?:ing)? forces|"
    r"do(?:ing)? business|get(?:ting)? involved|involve\w*|interact\w*|link(?:ing)? up|connect)"
)
ASKS_WAYS = re.compile(
    rf"\b{_WAYS_NOUN}\b|\bon offer\b|\boffers?\b|\b{_TOGETHER} (?:together )?with\b|"
    rf"\binvolve\w* (?:in|at)\b|\b{_TOGETHER} "
    r"(?:options|possibilities|opportunities|formats|models|modes)\b|"
    r"\bengage\b",
    re.IGNORECASE,
)
OF_WHO_OR_WHEN = re.compile(
    r"\b(?:who|whom|whose|when|where|why|how (?:much|long|often|old))\b|"
    r"^\W*(?:is|are|was|were|has|have|had)\b",
    re.IGNORECASE,
)
OF_WAYS = frozenset(
    words(
        """
        way ways up option route possibility opportunity service programme program model format mode
        form kind type path avenue part join force involve involved involvement engage engagement
        cooperation co operation operating operate collaboration partnership partnering interact
        interaction interacting connect teaming team business link outsider outside external
        outward party parties public industry industrial firm venture together exist overview
        different various there possible run propose present currently
        """
    )
)
"""Stems of what the ways to work are asked for by, and of whoever might take them."""

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
_PARTNERS = r"(?:partners|profiles|organi[sz]ations|institutions|members|providers)"
MENTIONED = re.compile(
    r"\b(?:which|what|how many) (?:other )?pages\b|"
    r"\bwhere (?:in|on) (?:the|this|your) (?:directory|pages|profiles)\b",
    re.IGNORECASE,
)
"""Asks for every page that says something, whosever it is."""

LISTS = re.compile(
    rf"{MENTIONED.pattern}|"
    r"\b(?:which|what|how many|any|all|list|list all|name|show|every)\b(?: of| is| are)?"
    r"(?: the| your)?(?: other| public| best| right| top| ideal)? "
    r"(?:partners?|profiles?|organi[sz]ations?|institut\w+|providers?|members?|"
    r"offers?|offerings?|fundings?|grants?|schemes?|places|facilit\w+|consorti\w+)\b|"
    rf"^(?:the |other )?{_PARTNERS} (?:based|located|situated|in|from|near|around|with|without|"
    r"that|which|who|offering|for|working|active|having|giving|providing|specialis\w+|hosting)\b|"
    rf"\b(?:is|are) there (?:any )?(?:other )?(?:{_PARTNERS}|partner|organi[sz]ation)\b|"
    r"^(?:so |and )?who(?:['’]s| is| are) (?:based |located |situated |active )?"
    r"(?:in|near|around)(?! (?:charge|touch|control|command)\b) |"
    r"^(?:so |and )?who(?: else)? (?:can |could |would |will |also )?(?:works?|takes?|supports?|"
    r"offers?|provides?|accepts?|helps?|has|have|runs?|rents?|trains?|funds?|gives?|does|"
    r"do(?! (?:i|we)\b)|makes?|"
    r"manufactures?|teaches|sells?|lets?|says?)\b|"
    r"^(?:so |and )?who(?: else)? (?:also )?(?!is\b|was\b|[^?]*['’]s\b)"
    r"[a-z]+s (?!(?:the|it|its|this|that|these|those|their|my|our|(?-i:[A-Z])\w*)\b)|"
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

SEEKS = re.compile(
    r"\bhow (?:do|can|could|might|may|should|would) (?:i|we|(?:my|our|an?)(?: [\w-]+){1,3}?) "
    r"(?:best |possibly |actually |quickly )?(?:(?:get|find|gain)"
    r"(?! (?:to|there|started|in|into|out|involved)\b)|obtain|secure|access|receive|rent|hire|"
    r"borrow|buy|raise)\b|"
    r"\b(?:what|which|any) (?:kinds? of |sorts? of )?(?:help|support|assistance|funding|money|"
    r"options|opportunities)\b(?: \w+)? (?:is|are) (?:there|available|on offer)\b",
    re.IGNORECASE,
)
"""Asks how to come by something, of whomever has it: "How can we get access to a GMP room?"."""

WISHES = re.compile(
    r"\b(?:wants?|wish(?:es)?|hopes?|plans?|intends?|try|tries|trying|needs?|would like)\b|"
    r"['’]d like\b",
    re.IGNORECASE,
)
"""Tells of something that is to come about."""

ASKS_FOR_ANY = re.compile(
    r"^\W*(?:and |so |but )?(?:(?:is|are) there\b|(?:where|how) (?:can|could|may|might|should|do|"
    r"would) (?:i|we)\b|how\W*$)",
    re.IGNORECASE,
)
TOLD_CLAUSE = re.compile(
    r"^\W*(?:i|we|our|my)\b[^?]*,\s*(?=(?:and |so |but )?(?:where|how|is there|are there)\b)",
    re.IGNORECASE,
)
"""What is told of the asker before a question in the same sentence."""

ASKS_WHO = re.compile(r"^\W*(?:and |so |but )?(?:who|where|which partners?)\b", re.IGNORECASE)

FOR_US = re.compile(r"\bfor (?:us|me)\W*$|[.!,]\s*(?:who|anyone|where)\W*$", re.IGNORECASE)
FIGURE = re.compile(
    r"\bhow (?:much|many|long|often|old|far|early|late|soon|fast|quickly|big|large|high|deep|heavy|"
    r"wide)\b|\bwhat (?:[\w'’]+ ){0,3}(?:costs?|prices?|fees?)\b",
    re.IGNORECASE,
)
HOW = re.compile(r"^\W*(?:and |so |but )?(?:how|when|why)\b", re.IGNORECASE)
OF_ASKER = re.compile(r"\b(?:i|we|me|us|my|our|ours|mine)\b", re.IGNORECASE)
WHO = re.compile(r"\b(?:who|whom|which|where|any\w*)\b", re.IGNORECASE)
"""Ends by asking for whoever has told something before."""

OFFER_FOR = re.compile(
    r"^(?!.*\b(?:fees?|prices?|costs?|rates?|tariffs?|discounts?|deadlines?|terms|conditions)\b)"
    r"[^?.!:;]*\w for (?P<who>[^?.!:;]+)$",
    re.IGNORECASE,
)
"""Keywords of an offer and whom it is to suit: "clinical trial support for a small biotech"."""

_TAKERS = (
    r"(?:audiences?|groups?|users?|participants?|applicants?|customers?|clients?|takers?|"
    r"beneficiar(?:y|ies)|visitors?|candidates?|compan(?:y|ies)|partners?|people|public)"
)
_OF_TAKING = (
    r"(?:apply|join|use|make use|seek|get|take|submit|benefit|profit|rent|hire|borrow|book|order|"
    r"buy|work|participate|attend|enter|visit|sign up|enrol|enroll|register|become|qualify|"
    r"consider|access|have access|be (?:admitted|accepted)|come)"
)
AUDIENCE = re.compile(
    r"\b(?:suitable|suited|meant|aimed|intended|designed|eligible|open) (?:for|to|at)\b|"
    r"\bsuitable\b|\beligib(?:le|ility)\b|\b(?:for|at) whom\b|\bto whom (?:is|are|was|were)\b|"
    rf"\b(?:target|intended|typical|ideal|potential|prospective|envisaged) {_TAKERS}\b|"
    r"\b(?:audience|clientele)s?\b|"
    r"\bwho (?:can|may|should|could|might|would|is able to|are able to|gets to)"
    rf"(?: not|n['’]t)? {_OF_TAKING}\b|"
    r"\bwho (?:is|are)(?: not|n['’]t)? (?:allowed|admitted|entitled|excluded|welcome)\b|"
    r"\bwho (?:\w+ly )?(?:benefits|profits|qualifies|applies|uses|participates|has access)\b|"
    r"\b(?:can|could|may|might|would) (?:we|i|an?)\b.{0,30}?\b(?:become|qualify|be (?:admitted|"
    r"accepted|eligible))\b|"
    r"\bwhom?\b.{0,60}\b(?:turn(?:s|ed|ing)? (?:away|down)|refus\w+|reject\w*|exclud\w+|declin\w+|"
    r"(?:left|leaves?|kept|keeps?|shuts?) out)\b|"
    r"\bfor (?:all|any|only|just|both)\b|\b(?:only|just) for\b|"
    r"\bwhom?(?:'s| is| are| was| were)\b.*\bfor\b\W*?(?:$|\()|"
    r"\b(?:whom?|which|what)\b.{0,80}\bin mind\b|"
    r"\b(?:whom?|(?:which|what) (?:groups?|people|compan(?:y|ies)))\b.{0,12}"
    r"\b(?:does|do|did|is|are)\b.{0,80}\b(?:work with|address|target|"
    r"cater (?:for|to)|suit|serve|welcome|aimed at)\b|"
    r"\b(?:which|what) (?:kinds?|sorts?|types?) of (?:compan|partner|organi|institut|client|people|"
    r"person|user|customer|firm|business|group|visitor|participant|applicant|researcher)\w*",
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
    r"what['’]s|who (?:is|are)|who['’]s|describe|overview of|give (?:me|us) an overview of|explain|"
    r"info(?:rmation)? (?:on|about)|more about)\b",
    re.IGNORECASE,
)
ASKS_ITSELF = re.compile(
    r"(?:(?:by|in|on|of|to|at|for|from|until|since|with)\s+)?"
    r"(?:who|whom|whose|what|when|where|why|how|which|whether|is|are|was|were|do|does|did|can|could|"
    r"may|must|will|would|shall|should|has|have|had)\b",
    re.IGNORECASE,
)
"""Begins like a question of its own: "And how much is …"."""

IS_THERE = re.compile(r"^\W*(?:is|are) there\b", re.IGNORECASE)
LEAST_TOLD = 3
"""Content words from which on something is told before it is asked who has it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What kind of answer is wanted, and what is looked for in it."""

    intent: Intent
    read: str  # the question, without the kind of partner it asks for
    concepts: tuple[Concept, ...]
    kind: Criterion | None  # the kind of partner that is asked for, if one is


def wanted(
    read: str,
    scene: Scene,
    told: str,
    names: Names,
    vocabulary: Vocabulary,
    *,
    goes_on: bool,
    add: Sequence[Concept],
) -> Wanted:
    """What a question wants, ``read`` without what it took over and ``scene`` with it.

    ``goes_on``: it may only say what else to list than the question before. ``add`` are concepts
    that the asker chose besides.
    """
    intent = _intent(scene, names, told)
    kind = None
    if intent in ("list", "fact") and not scene.partners:
        asked_for = kinds_asked(read, names.kinds, vocabulary)
        if asked_for is not None:
            intent = "list"
            kind, read = asked_for
    if goes_on and concepts_in(read, vocabulary):
        intent = "list"
    if add and intent != "list":
        intent = "match"
    if intent == "fact" and not scene.partners and _is_offer_for(read, vocabulary):
        intent = "match"
    concepts = concepts_in(f"{told}\n{read}" if intent == "match" else read, vocabulary)
    concepts = tuple(dict.fromkeys((*concepts, *add)))
    if intent == "fact" and concepts and not (scene.carried and THE_PARTNER.search(read)):
        intent = _asked_of_concepts(read, scene, concepts, names) or intent
    return Wanted(intent, read, concepts, kind)


def _intent(scene: Scene, names: Names, told: str) -> Intent:
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
    if compared(text, names):
        return "compare"
    if scene.partners and _asks_website(text, scene, names):
        return "website"
    if scene.partners and INTRODUCTION.search(text):
        return "introduction"
    own = situation([("user", text)]) or WANTED.search(text)
    is_figure = _asks_figure(text) or _asks_how(text)
    # Of a partner, what is told before the question is not asked of it.
    asked = _questions(text) if scene.partners else text
    if (told or own) and SUITS_US.search(asked) and not is_figure:
        return "match"
    if (
        not scene.partners
        and len(aspects(text, scene, names)) >= LEAST_TOLD
        and (FOR_US.search(text) or (SUITS_US.search(text) and _tells_first(text)))
    ):
        return "match"
    if one and not scene.offerings and names.ways[scene.partners[0]]:
        if WAYS.search(text) and not (AUDIENCE.search(text) and ONE_WAY.search(text)):
            return "ways"
        if _asks_nothing_but_ways(text, scene, names):
            return "ways"
    if scene.partners and PLACE.search(text):
        return "place"
    if scene.partners and WHERE.search(text) and not set(aspects(text, scene, names)) - LOCATED:
        return "place"
    if scene.partners and AUDIENCE.search(text) and not SUITS_US.search(text):
        return "audience"
    if own and (not scene.partners or "?" not in text) and not is_figure:
        return "match"
    if not scene.partners and SEEKS.search(text):
        return "match"
    if not scene.partners and LISTS.search(text):
        return "list"
    if scene.partners and OVERVIEW.search(text) and not aspects(text, scene, names):
        return "overview"
    if not scene.partners and (_wishes_first(text) or _asks_for_any(text, scene, names)):
        return "match"
    return "fact"


def _asks_nothing_but_ways(text: str, scene: Scene, names: Names) -> bool:
    """Whether a question names ways to work and asks nothing else of its partner."""
    if not ASKS_WAYS.search(text) or OF_WHO_OR_WHEN.search(text) or AUDIENCE.search(text):
        return False
    return not set(aspects(text, scene, names)) - OF_WAYS


def _asks_website(text: str, scene: Scene, names: Names) -> bool:
    """Whether a website is asked for; a site of something else is another thing."""
    if WEBSITE.search(text):
        return True
    return SITE.search(text) is not None and set(aspects(text, scene, names)) == set(words("site"))


def _questions(text: str) -> str:
    """The sentences of a text that end as questions; all of it where none does."""
    return " ".join(part for part in SENTENCES.split(text) if "?" in part) or text


def _asks_figure(text: str) -> bool:
    """Whether the last question asks how much or how long, and not of whom."""
    asked = [part for part in SENTENCES.split(text) if "?" in part]
    return bool(asked) and FIGURE.search(asked[-1]) is not None and not WHO.search(asked[-1])


def _asks_how(text: str) -> bool:
    """Whether the last sentence asks how, when or why something is, and not for the asker."""
    last = SENTENCES.split(text)[-1]
    return HOW.match(last) is not None and not OF_ASKER.search(last)


def _tells_first(text: str) -> bool:
    """Whether a sentence that asks nothing stands before the question."""
    first, *others = SENTENCES.split(text)
    return bool(others) and "?" not in first and not ASKS_ITSELF.match(first)


def _wishes_first(text: str) -> bool:
    """Whether a wish is told, and then asked who is there for it."""
    *before, last = SENTENCES.split(text)
    told = any(WISHES.search(one) and "?" not in one for one in before)
    return told and ASKS_WHO.match(last) is not None


def _is_offer_for(read: str, vocabulary: Vocabulary) -> bool:
    """Whether a question is mere keywords of an offer for an audience of the vocabulary."""
    found = OFFER_FOR.match(read)
    if found is None or ASKS_ITSELF.match(read):
        return False
    return any(concept.kind == "audience" for concept in concepts_in(found["who"], vocabulary))


def _asks_for_any(text: str, scene: Scene, names: Names) -> bool:
    """Whether something is told, and then asked whether or where there is anything for it."""
    *before, last = SENTENCES.split(text)
    if not before and (told := TOLD_CLAUSE.match(last)):
        before, last = [told[0]], last[told.end() :]
    if not before or ASKS_FOR_ANY.match(last) is None or _asks_figure(text):
        return False
    if any("?" in one or ASKS_ITSELF.match(one) for one in before):
        return False
    return len(content_stems(" ".join(before), scene, names)) >= LEAST_TOLD


def _asked_of_concepts(
    read: str, scene: Scene, concepts: Sequence[Concept], names: Names
) -> Intent | None:
    """What a question of nothing but concepts wants: who has them, or what suits such an asker."""
    if (scene.carried and not scene.partners) or _asks_figure(read):
        return None
    known = {root for concept in concepts for phrase in concept.words for root in words(phrase)}
    if any(root not in known | LIGHT_STEMS for root in aspects(read, scene, names)):
        return None
    if not scene.partners:
        return "list" if IS_THERE.search(read) else None
    if any(concept.kind != "audience" for concept in concepts):
        return None
    return "match"


def asked_of_some_partner(scene: Scene, names: Names) -> Intent | None:
    """What a question wants of one partner without saying of which, and nothing else.

    Nothing where there is only one partner.
    """
    if sum(map(bool, names.ways.values())) <= 1:
        return None
    patterns: tuple[tuple[Intent, re.Pattern[str]], ...] = (
        ("website", WEBSITE),
        ("introduction", INTRODUCTION),
        ("place", PLACE),
        ("audience", AUDIENCE),
    )
    for intent, pattern in patterns:
        rest = pattern.sub(" ", scene.text)
        if pattern.search(scene.text) and not aspects(rest, scene, names):
            return intent
    return None


def said_in(request: Request, directory: Directory) -> list[str]:
    """Stems of all that is said, of the asker too, beyond whose page it is about and asking."""
    told = f"{request.situation} {INTRODUCTION.sub(' ', request.text)}"
    return content_stems(told, scene_of(request), names_of(directory))
