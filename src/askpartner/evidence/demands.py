"""What some questions demand of a text that answers them: a price, a duration, who runs it, a year.

Each demand has the wording that asks for it, the form in which a text tells it, and the words that
need not be said where it is told: "$190 a month" tells a cost without the word. A text without the
form is on the topic, not an answer. Does not look for the place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from askpartner.evidence.words import FUNCTION_WORDS, MONTHS, NUMBER_WORDS
from askpartner.lexical import stem, surface_words, without_addresses
from askpartner.split import sentence_ranges

_NUMBER: Final = rf"(?:\d[\d.,]*|{'|'.join(sorted(NUMBER_WORDS))})"
_MONEY: Final = (
    r"(?:[£$€¥]|\b(?:SGD|USD|EUR|GBP|dollars?|euros?|pounds?|cents?|free|waived|without (?:charge|"
    r"cost|payment)|nothing|unpaid|at cost|none|no (?:\w+ )?(?:cost|charge|fee|payment)s?)\b)"
)
_PRICE_WORD: Final = (
    r"\b(?:costs?|prices?|priced|fees?|rent(?:al)?|charg\w+|rates?|tuition|per|"
    r"pays?|an? (?:hour|day|week|month|year|seat|person))\b"
)
# A sum that is given, or that somebody has, is no price.
_GIVEN: Final = (
    r"\b(?:grants?|awards?|prizes?|receives?|invest\w*|funds?|funding|funded|cap|capped|gives?|"
    r"budget|manages|managed|raised?|turnover|paid out|stipend|allowance|salary|income|revenue)\b"
)
_PRICE: Final = (
    rf"(?:^|[.\n])(?![^.\n]*{_GIVEN})[^.\n]*{_MONEY}|"
    rf"{_PRICE_WORD}[^.\n]*{_MONEY}|{_MONEY}[^.\n]*{_PRICE_WORD}"
)
_DURATION: Final = (
    rf"\b(?:{_NUMBER}|an?|each|per|several|some|every|whole|full)(?:[\s-]+(?:\w+[\s-]+)?|-)"
    r"(?:second|minute|hour|day|night|weekend|week|month|quarter|semester|term|season|year|decade|"
    r"met(?:re|er)|kilomet(?:re|er)|km|mile|feet|m)s?\b|"
    r"\b\d+\s?(?:h|hrs?|min|d|wks?|mths?|yrs?)\b|\b(?:unlimited|indefinite(?:ly)?|forever|"
    r"at once|immediately|same day|overnight|permanent(?:ly)?|since|until|hourly|daily|weekly|"
    r"monthly|yearly|annual(?:ly)?|long-term|short-term)\b"
)
_PERIOD: Final = (
    r"(?:seconds?|minutes?|hours?|days?|nights?|mornings?|afternoons?|evenings?|weekends?|weeks?|"
    r"fortnights?|months?|quarters?|semesters?|terms?|seasons?|years?|springs?|summers?|autumns?|"
    r"winters?|decades?)\b"
)
_TIME: Final = (
    r"\d|\b(?:" + "|".join(MONTHS) + r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|weekdays?|"
    r"weekends?|century|centuries|spring|summer|autumn|winter|daily|weekly|fortnightly|monthly|"
    r"quarterly|yearly|annual(?:ly)?|every|each|any ?time|rolling|all year|throughout|always|"
    r"after|before|during|once|soon|now|today|tomorrow|yesterday|next|last|until|when|end|start|"
    r"beginning|midnight|noon|morning|afternoon|evening|ago|later|earlier|immediately)\b"
)
_CLOCK: Final = (
    r"\b\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|a\.m|p\.m|hrs?|h|o['’]clock)\b|\b\d{1,2}[:.]\d{2}\b|"
    r"\b(?:24 hours|24/7|around the clock|round the clock|office hours|working hours|any hour|"
    r"(?:open|closed|staffed)\b[^.]*\b(?:weekdays?|weekends?|daily|\w+days?|hours?))\b"
)
YEAR: Final = r"\b(?:1[6-9]|20)\d{2}\b"
"""A year in which there may have been a partner."""

_BEGIN: Final = (
    r"\b(?:found(?:ed|ing|er|ers)|establish\w*|set up|created|creation|start(?:ed|s)?|form(?:ed|"
    r"ation)|incorporat\w*|launch\w*|open(?:ed|s|ing)?|began|begun|beginnings?|built|since|born|"
    r"origins?|history|dates? (?:back )?(?:to|from)|dating|inaugurat\w*|going back|came into being|"
    r"grew out|spun)\b"
)
_BEGUN: Final = rf"{_BEGIN}[^.]{{0,100}}{YEAR}|{YEAR}[^.]{{0,100}}{_BEGIN}"
_PEOPLE: Final = (
    r"\b(?:employees?|staff|people|persons?|workers?|engineers?|researchers?|scientists?|"
    r"technicians?|specialists?|colleagues|experts?|consultants?|professionals?|members of staff)\b"
)
_STAFF: Final = (
    rf"{_NUMBER}(?:[\s-]+[\w-]+){{0,3}}[\s-]+{_PEOPLE}|"
    rf"\b(?:employ\w*|staff|team|headcount|workforce)\b[^.]{{0,40}}\b{_NUMBER}\b"
)
_SHARE: Final = r"(?:%|\bper ?cent\b|\b(?:half|thirds?|quarters?)\b)"
_EQUITY: Final = r"\b(?:equity|stakes?|shares?|sharehold\w*|ownership)\b"
_STAKE: Final = (
    rf"{_SHARE}[^.]{{0,60}}{_EQUITY}|{_EQUITY}[^.]{{0,60}}{_SHARE}|"
    rf"\b(?:no|not|without|never|nor)\b[^.]{{0,30}}{_EQUITY}"
)


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing a question may ask for."""

    asked: re.Pattern[str]  # in the question
    told: re.Pattern[str]  # in a text that may answer
    named: frozenset[str]  # stems that need not be said where it is told


def _demand(asked: str, told: str, named: str = "") -> Demand:
    return Demand(
        re.compile(asked, re.IGNORECASE),
        re.compile(told, re.IGNORECASE),
        frozenset(map(stem, named.split())),
    )


_PART: Final = (
    r"\b(?:how much of (?:the|its|their|our|my)|"
    r"(?:what|which) (?:percentage|percent|proportion|share|part|portion|fraction) of)\b"
)
_DEMANDS: Final = (
    _demand(
        rf"^(?!.*{_PART})(?:.*\b(?:how much|what)\b.*\b(?:costs?|charges?|charged|fees?|prices?|"
        r"tariffs?|rent)\b|.*\bhow (?:expensive|cheap)\b|"
        r".*\b(?:price|cost|fee|tariff|tuition)s? (?:of|for|per|to)\b|"
        r".*\bset (?:me|us|you|one|a \w+) back\b|"
        r".*\bhow much (?:is|are|was|were|for) (?:a|an|the|one)\b|"
        r".*\b(?:hourly|daily|weekly|monthly|annual|yearly) (?:charge|rate|fee|price|rent)s?\b)",
        _PRICE,
        "cost costs charge charges charged fee fees price prices tariff tariffs rate rates "
        "expensive cheap tuition rent pay paid",
    ),
    _demand(
        rf"^(?!.*{_PART})(?:.*\b(?:how much|what)\b.*\b(?:pays?|paid|allowance|stipend|salary)\b|"
        r".*\bhow much (?:money|funding|support|of a grant)\b)",
        _MONEY,
        "pay paid money",
    ),
    _demand(  # what is to come is not told by what has been
        r"\b(?:next|upcoming|future)\b",
        r"\b(?:next|upcoming|future|will|shall|planned|plans|soon|expected|annual(?:ly)?|"
        r"every year|yearly|any time)\b|"
        rf"(?s:^(?!.*\b(?:was|were|had|held|closed|ended|took)\b).*\b(?:{'|'.join(MONTHS)})\b)",
    ),
    _demand(
        r"\bhow long\b|\bhow (?:quickly|soon|fast)\b|\bduration\b|\bfor how many\b|"
        r"\bhow (?:far|long) (?:ahead|before|in advance)\b|\bhow early\b|\bnotice period\b|"
        r"\bhow many (?:\w+ )?(?:minutes|hours|days|weeks|months|years)\b",
        _DURATION,
        "long duration last lasts quickly soon fast time period quick far ahead advance early",
    ),
    _demand(
        r"\bnames? of\b",
        r"(?-i:\b[A-Z][a-z]+ (?:[A-Z][\w.]* )*[A-Z][a-z]+\b)",
        "name names person",
    ),
    _demand(
        r"\b(?:opening|closing|business|office|visiting) (?:hours?|times?)\b|\bwhat hours\b|"
        r"\bwhat times?\b.*\b(?:open|close)",
        _CLOCK,
        "opening hours open",
    ),
    _demand(
        r"^(?!.*\bhow many (?:minutes|hours|days|weeks|months)\b).*\b(?:when|what year|which year|"
        r"how long|how old)\b.*\b(?:founded|established|set up|formed|incorporated|been around|"
        r"in existence|exist(?:ed)?)\b|\bhow old (?:is|are)\b|\bfounding (?:year|date)\b",
        _BEGUN,
        "founded established formed incorporated begun started opened created launched found",
    ),
    _demand(
        r"\bhow many (?:people|persons)\b.*\b(?:works?|working|employ(?:s|ed)?)\b|"
        r"\bhow many (?:staff|employees|workers)\b|\bhead ?count\b|"
        r"\bnumber of (?:staff|employees|workers)\b|"
        r"\bhow (?:big|large) is (?:the|its|their|your) (?:team|staff|workforce)\b",
        _STAFF,
        "people persons staff employees work workers employed employ headcount",
    ),
    _demand(
        r"\bhow often\b|\bhow frequently\b",
        rf"\b(?:every|each|once|twice|thrice|times|per|an?) (?:\w+ ){{0,2}}{_PERIOD}|"
        rf"\b{_NUMBER} times\b|\b(?:hourly|daily|weekly|fortnightly|monthly|quarterly|yearly|"
        r"annual(?:ly)?|biannual(?:ly)?|biennial(?:ly)?|always|never|once|continuous(?:ly)?|"
        r"real time|as often|regularly)\b|"
        r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b",
        "often frequently frequency",
    ),
    _demand(
        r"\bhow heavy\b|\bhow much\b[^?]*\bweighs?\b|\bweight\b",
        rf"{_NUMBER}\s?(?:kg|kilos?|kilograms?|g|grams?|t|tons?|tonnes?|lbs?|pounds?)\b",
        "heavy weigh weighs weight mass",
    ),
    _demand(
        r"\bhow (?:deep|high|tall|wide|thick)\b|\bhow far (?!ahead|before|in advance)",
        rf"{_NUMBER}[\s-]?(?:m|met(?:re|er)s?|k?m|kilomet(?:re|er)s?|cm|centimet(?:re|er)s?|mm|"
        r"millimet(?:re|er)s?|feet|foot|inch(?:es)?|miles?|floors?|stor(?:e?y|eys|ies)|"
        r"minutes?)\b",
        "deep high tall wide thick far depth height width thickness distance",
    ),
    _demand(
        r"\b(?:who|which|what)\b[^?]{0,40}\bwon\b|\bwinners?\b",
        r"\b(?:won|wins?|winners?|winning|awarded to|went to)\b",
    ),
    _demand(r"\b(?:what|which) year\b", rf"{YEAR}|\b\w+[- ]year\b", "year"),
    _demand(
        r"\bhow (?:cold|hot|warm)\b|\btemperatures?\b",
        r"\b(?:degrees?|Celsius|Fahrenheit)\b|°|-\d",
        "cold hot warm temperature temperatures",
    ),
    _demand(
        _PART,
        r"[%£$€¥]|\b(?:per ?cent|half|halves|thirds?|quarters?|fifths?|tenths?|all|none|nothing|"
        r"full|whole|free|one in \w+)\b",
        "percentage percent proportion share part portion fraction cost costs pay",
    ),
    _demand(
        r"\b(?:how much|how big a|how large a|what|which) (?:\w+ )?(?:equity|stake)\b",
        _STAKE,
        "equity stake take takes",
    ),
    _demand(r"\be-?mail\b", r"\w@\w", "email mail"),
    _demand(
        r"\b(?:tele)?phone (?:numbers?|no|contact)\b|\b(?:the|by|your|their) (?:tele)?phone\b|"
        r"\bhotline\b|\b(?:tele)?phone\W*$",
        r"\+\d|\b\d{4}[ -]?\d{3,4}\b",
        "phone telephone",
    ),
    _demand(
        r"\bdeadlines?\b|\bclosing dates?\b|\buntil when\b|"
        r"\bby (?:when|what dates?|which dates?)\b|"
        r"\bcut-?off\b|\bwhen\b.*\b(?:close|end|finish)\b",
        r"\b(?:any ?time|until|closes?|closed|closing|no later than|latest|due|deadline|ends?|"
        r"rolling|before|cut-?off)\b|\b(?:by|to|on)\s(?:the\s)?(?:\d|end)|"
        rf"\bby\s(?:mid-?|early |late )?(?:{'|'.join(MONTHS)})\b",
        "deadline deadlines close closed closing end ends finish date dates cut",
    ),
)


def demand_unmet(question: str, text: str) -> bool:
    """Whether a question asks for something that an answer must have, and the text has it not."""
    if any(demand.asked.search(question) and not demand.told.search(text) for demand in _DEMANDS):
        return True
    if _rate_unmet(question, text):
        return True
    return _agent_unmet(question, without_addresses(text))


def demands_form(question: str) -> bool:
    """Whether an answer to a question must have a certain form."""
    return any(demand.asked.search(question) for demand in _DEMANDS)


def told_unnamed(word: str, question: str, text: str) -> bool:
    """Whether a text tells what a stem of the question asks for without it: "$190" is a cost."""
    return any(
        word in demand.named and demand.asked.search(question) and demand.told.search(text)
        for demand in _DEMANDS
    )


def year_unsaid(question: str, text: str) -> bool:
    """Whether a question is about a year that the text does not name."""
    return bool(set(re.findall(YEAR, question)) - set(re.findall(YEAR, text)))


def time_unmet(question: str, text: str) -> bool:
    """Whether a question opens with "when" and nothing in the text tells a time."""
    return _WHEN.match(question) is not None and _SOME_TIME.search(text) is None


_WHEN: Final = re.compile(r"\W*(?:and|but|so)?\W*(?:since |until |by )?when\b", re.IGNORECASE)
_SOME_TIME: Final = re.compile(_TIME, re.IGNORECASE)

_RUNS: Final = r"(?:runs?|leads?|heads?|owns|manages?|directs?|chairs?|operates?|hosts?|oversees?)"
_RUNS_WORD: Final = re.compile(rf"\b{_RUNS}\b", re.IGNORECASE)
_RUN_BY: Final = re.compile(
    r"\b(?:run|led|headed|owned|managed|directed|chaired|operated|hosted|overseen)\b[^.]*\bby\b|"
    r"\bbelongs? to\b|"
    r"\b(?:is|are|was|were)\b[^.,;]{0,20}\b(?:part|subsidiary|unit|programme|arm|office) of\b",
    re.IGNORECASE,
)
_ROLE: Final = re.compile(
    r"(?P<whose>\b(?:its|their|our)\s+(?:\w+\s+){0,2})?"
    r"\b(?:chair(?:man|woman|person)?|director|president|chief|CEO|dean|leader|principal|owner|"
    r"manager|investigator|PI|coordinator|supervisor|lead(?=:))\b(?P<named>:\s*(?-i:[A-Z])|\s+(?:is|was)\s+(?-i:[A-Z]))?",
    re.IGNORECASE,
)
_WHO_RUNS: Final = re.compile(
    rf"\bwho(?:'s| is| are)?\s+(?:currently\s+)?(?:{_RUNS}|own|in charge of)\b(?P<what>.+)",
    re.IGNORECASE,
)


_RATES: Final = {
    name: re.compile(rf"\b(?:{told})\b", re.IGNORECASE)
    for name, told in {
        "hour": r"hours?|hourly|hrs?|h",
        "day": r"(?:half-?|full-?)?days?|daily",
        "night": "nights?|nightly",
        "week": "weeks?|weekly",
        "month": "months?|monthly",
        "year": r"years?|yearly|annual(?:ly)?|annum|p\.a",
    }.items()
}
_RATE_ASKED: Final = re.compile(
    rf"\b(?:per|an?|each|every) (?:\w+ )?(?P<unit>{'|'.join(_RATES)})\b|"
    r"\b(?P<adverb>hourly|daily|nightly|weekly|monthly|yearly|annual)(?:ly)? "
    r"(?:charge|rate|fee|price|rent)s?\b",
    re.IGNORECASE,
)
_RATE_OF: Final = re.compile(
    r"\b(?:costs?|charges?|fees?|prices?|rates?|rent|pay)\b", re.IGNORECASE
)


def _rate_unmet(question: str, text: str) -> bool:
    """Whether a question asks what something costs by the hour, and the text tells of no hour."""
    if _RATE_OF.search(question) is None:
        return False
    return any(
        not told.search(text)
        for asked in _RATE_ASKED.finditer(question)
        for told in (
            [_RATES[asked["unit"].lower()]]
            if asked["unit"]
            else [told for told in _RATES.values() if told.fullmatch(asked["adverb"])]
        )
    )


def _agent_unmet(question: str, text: str) -> bool:
    """Whether a question asks who runs or owns something, and no sentence runs or owns that.

    What the thing itself runs tells nothing of who runs it; "it" may be the thing, unless the
    thing is among those who run it. Names are met word for word. A role tells it that is its own
    ("its director", "the chair of Alpha", "Lead: Ann").
    """
    found = _WHO_RUNS.search(question)
    if found is None:
        return False
    what = _plain_words(found["what"]) - FUNCTION_WORDS
    for start, end in sentence_ranges(text):
        said = _plain_words(text[start:end])
        for role in _ROLE.finditer(text, start, end):
            if role["whose"] or role["named"] or what & said:
                return False
        for run in _RUNS_WORD.finditer(text, start, end):
            before = _plain_words(text[start : run.start()])
            after = _plain_words(text[run.end() : end])
            if what & after - before or ("it" in after and not what & before):
                return False
        for run in _RUN_BY.finditer(text, start, end):
            if what & _plain_words(text[start : run.start()]) or text[start : start + 3] == "It ":
                return False
    return True


def _plain_words(text: str) -> set[str]:
    return {word.lower().replace("’", "'").removesuffix("'s") for word in surface_words(text)}
