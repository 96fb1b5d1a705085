"""What some questions demand of a text that answers them: a price, a duration, who runs it, a year.

Each demand has the wording that asks for it, the form in which a text tells it, and the words that
need not be said where it is told: "$190 a month" tells a cost without the word. A text without the
form is on the topic, not an answer. Does not look for the place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from askpartner.evidence.agents import ROLE, agent_unmet
from askpartner.evidence.words import MONTHS, NUMBER_WORDS, WEEKDAYS
from askpartner.lexical import stem, surface_words, without_addresses

_NUMBER: Final = rf"(?:(?<!\d)(?<!\d[.,])\d[\d.,]*|{'|'.join(sorted(NUMBER_WORDS))})"
_MONTH: Final = rf"(?:{'|'.join(MONTHS)})"
_WEEKDAY: Final = rf"(?:(?:{'|'.join(WEEKDAYS)})s?|(?-i:Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun)\b)"
# Some of ISO 4217's codes, which also head columns; others are letters of much else as well.
_CURRENCY: Final = "SGD|USD|EUR|GBP|CHF|AUD|CAD|NZD|HKD|JPY|CNY|RMB|INR|MYR|SEK|NOK|DKK|PLN|Rs"
_LETTERS: Final = (
    "IDR|THB|PHP|VND|KRW|TWD|ZAR|BRL|MXN|TRY|ILS|AED|SAR|CZK|HUF|RON|ISK|RM|Rp|NT|HK|kr|Kč|zł|Ft"
)
_AMOUNT: Final = r"\d{1,3}(?:[,.'’]\d{3})+\b"
_PAID: Final = (
    r"\b(?:costs?|charges?|pays?|fees?|prices?|rents?)\s(?:(?:is|are|of|at|from|only)\s){0,2}"
)
_UNIT_AFTER: Final = (
    r"\s(?:million|an?\s(?:minute|hour|day|night|week|month|year|person|head|seat)|per|each)\b"
)
CURRENCY_SUM: Final = (
    rf"(?-i:\b(?:{_CURRENCY})\b|\b(?:{_CURRENCY}|{_LETTERS})\s?\d|\d\s?(?:{_CURRENCY}|{_LETTERS})\b)|"
    r"[\u20a0-\u20cf\u0e3f]|"
    # Of a currency that is not known: "KC 7,600", "costs KC 130", "KC 60 per day".
    rf"\b(?-i:[A-Z]{{2,3}})\s?{_AMOUNT}|\b(?-i:[A-Z]{{2,3}})\s\d+(?:\.\d\d)?{_UNIT_AFTER}|"
    rf"{_PAID}(?-i:[A-Z]{{2,3}})\s\d"
)
"""A sum of money with its currency, without the signs of dollar, euro, pound and yen."""
_MONEY: Final = (
    r"(?:[£$€¥]|\b(?:dollars?|euros?|pounds?|cents?|francs?|kron[ae]r?|kronor|rupees?|yen|(?-i:yuan)|"
    r"free|waived|without (?:charge|cost|payment)|nothing|unpaid|at cost|none|"
    r"no (?:\w+ )?(?:cost|charge|fee|payment)s?|(?:not|never) (?:be )?charged?)\b|"
    rf"{CURRENCY_SUM})"
)
_SUM: Final = rf"{_MONEY}|\b(?:millions?|thousands?|hundreds?)\b|\d\s?(?:k|m|bn)\b"
# What is not fixed, or is paid with something else, is told as well as can be.
_AGREED: Final = (
    r"\b(?:negotia\w+|case by case|individually agreed|"
    r"by arrangement|funded in full|fully funded|at (?:our|its|their) expense|"
    r"(?:included in|covered by|part of) (?:the |your )?(?:rent|fee|price|rate|membership|tuition|"
    r"subscription|ticket|grant))\b"
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
    rf"{_PRICE_WORD}[^.\n]*{_MONEY}|{_MONEY}[^.\n]*{_PRICE_WORD}|{_AGREED}"
)
_DURATION: Final = (
    rf"\b(?:{_NUMBER}|an?|each|per|several|some|every|whole|full)(?:[\s-]+(?:\w+[\s-]+){{0,2}}|-)"
    r"(?:second|minute|hour|day|night|evening|weekend|week|fortnight|month|quarter|semester|term|"
    r"season|year|decade|session|met(?:re|er)|kilomet(?:re|er)|km|mile|feet|m|"
    r"page|slide|word|character|side)s?\b|"
    r"\b\d+\s?(?:h|hrs?|min|d|wks?|mths?|yrs?)\b|\b(?:unlimited|indefinite(?:ly)?|forever|"
    r"at once|immediately|instantly|(?:straight|right) away|on the spot|overnight|permanent(?:ly)?|"
    r"since|until|till|hourly|daily|weekly|monthly|yearly|annual(?:ly)?|long-term|short-term|"
    r"full-time|part-time|open-ended|no (?:\w+ )?limit|rolling|"
    r"(?:the )?(?:same|next|following) (?:working |business )?(?:day|evening|morning|week|month)|"
    r"(?:by|at|before) the end of)\b|"
    rf"\bfrom\b[^.]{{0,30}}(?:\d|{_MONTH})[^.]{{0,30}}\b(?:to|until|till)\b[^.]{{0,30}}(?:\d|{_MONTH})"
)
_PERIOD: Final = (
    r"(?:seconds?|minutes?|hours?|days?|nights?|mornings?|afternoons?|evenings?|weekends?|weeks?|"
    r"fortnights?|months?|quarters?|semesters?|terms?|seasons?|years?|springs?|summers?|autumns?|"
    r"winters?|decades?)\b"
)
_TIME: Final = (
    rf"\d|\b(?:{_MONTH}|{_WEEKDAY}|weekdays?|"
    r"weekends?|century|centuries|spring|summer|autumn|winter|daily|weekly|fortnightly|monthly|"
    r"quarterly|yearly|annual(?:ly)?|every|each|any ?time|rolling|all year|throughout|always|"
    r"after|before|during|within|once|soon|now|today|tomorrow|yesterday|next|last|until|when|end|"
    r"start|beginning|midnight|noon|mornings?|afternoons?|evenings?|nights?|sunrise|sunset|ago|"
    r"later|earlier|immediately|upon|on (?:\w+ing|delivery|arrival|departure|completion|receipt|"
    r"signature|approval|request)|by appointment|(?:term|school)[ -]time|up ?front|in advance|"
    r"beforehand|as soon as|same|following|no (?:\w+ )?(?:deadline|date)|first come)\b"
)
_CLOCK: Final = (
    r"\b\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|a\.m|p\.m|hrs?|h|o['’]clock)\b|\b\d{1,2}[:.]\d{2}\b|"
    r"\b(?:24 hours|24/7|around the clock|round the clock|office hours|working hours|any hour|"
    r"at all (?:hours|times)|day and night|noon|midnight|"
    r"(?:open|closed|staffed)\b[^.]*\b(?:weekdays?|weekends?|daily|\w+days?|hours?))\b|"
    rf"\b(?:opens?|closes?|shuts?|{_WEEKDAY})\b[^.]{{0,60}}\b(?:at|from|to|until|till|–|-)\s?{_NUMBER}\b|"
    rf"\b{_WEEKDAY}\b[^.]{{0,60}}\d\s?[–-]\s?\d"
)
YEAR: Final = r"\b(?:1[6-9]|20)\d{2}\b"
"""A year in which there may have been a partner."""

_BEGIN: Final = (
    r"\b(?:found(?:ed|ing|er|ers)|establish\w*|set up|created|creation|start(?:ed|s)?|form(?:ed|"
    r"ation)|incorporat\w*|launch\w*|open(?:ed|s|ing)?|began|begun|beginnings?|built|since|born|"
    r"origins?|history|dates? (?:back )?(?:to|from)|dating|inaugurat\w*|go(?:ing|es)? back|"
    r"reach(?:es)? back|came into|grew out|spun|foundation|collected|recorded|kept)\b"
)
_BEGUN: Final = (
    rf"{_BEGIN}[^.]{{0,100}}{YEAR}|{YEAR}[^.]{{0,100}}{_BEGIN}|\banniversary\b|\bturned \d|"
    rf"\bfor (?:\w+ ){{0,2}}{_NUMBER} (?:years|decades)\b|"
    rf"\b{_NUMBER} (?:years|decades) (?:ago|old)\b"
)
_PEOPLE: Final = (
    r"\b(?:employees?|staff|people|persons?|workers?|engineers?|researchers?|scientists?|"
    r"technicians?|specialists?|colleagues|experts?|consultants?|professionals?|members of staff)\b"
)
# Who may come with fewer than fifty people is somebody else.
_STAFF: Final = (
    r"(?<!fewer than )(?<!less than )(?<!under )(?<!below )(?<!up to )"
    rf"\b{_NUMBER}(?:[\s-]+[\w-]+){{0,3}}[\s-]+{_PEOPLE}|"
    rf"\b(?:employ\w*|staff|team|headcount|workforce)\b[^.]{{0,40}}\b{_NUMBER}\b|"
    rf"\b{_NUMBER} of us\b"
)
_SHARE: Final = r"(?:%|\bper ?cent\b|\b(?:half|thirds?|quarters?)\b)"
_EQUITY: Final = r"\b(?:equity|stakes?|shares?|sharehold\w*|ownership)\b"
_STAKE: Final = (
    rf"{_SHARE}[^.]{{0,60}}{_EQUITY}|{_EQUITY}[^.]{{0,60}}{_SHARE}|"
    rf"\b(?:no|not|without|never|nor|all|minority|majority|keeps?|retains?)\b[^.]{{0,30}}{_EQUITY}|"
    rf"\b(?:takes?|wants?|asks?|(?:return|exchange) for|holds?)\b[^.]{{0,20}}{_SHARE}"
)


ORDINALS: Final = frozenset(
    "first second third fourth fifth sixth seventh eighth ninth tenth".split()
)
_ORDINAL: Final = re.compile(
    rf"\b(?P<which>{'|'.join(sorted(ORDINALS))}) (?P<what>[\w-]+)", re.IGNORECASE
)
_CELL: Final = re.compile(
    rf"(?:^|\n)(?P<label>[^\W\d][\w-]*(?: [\w-]+){{1,3}}): \d(?![^\n]*{_MONEY})[^\n]*",
    re.IGNORECASE,
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
_COST: Final = _demand(
    rf"^(?!.*{_PART})(?:.*\b(?:how much|what)\b.*\b(?:costs?|charges?|charged|fees?|prices?|"
    r"tariffs?|rent)\b|.*\bhow (?:expensive|cheap)\b|"
    r".*\b(?:price|cost|fee|tariff|tuition)s? (?:of|for|per|to)\b|"
    r".*\bset (?:me|us|you|one|a \w+) back\b|"
    r".*\bhow much (?:is|are|was|were|for) (?:a|an|the|one)\b|"
    r".*\b(?:hourly|daily|weekly|monthly|annual|yearly) (?:charge|rate|fee|price|rent)s?\b)",
    _PRICE,
    "cost costs charge charges charged fee fees price prices tariff tariffs rate rates "
    "expensive cheap tuition rent pay paid",
)
_DEMANDS: Final = (
    _COST,
    _demand(
        r"\b(?:interest|success|acceptance|admission|approval|completion|failure) rates?\b",
        r"%|\bper ?cent\b|\b(?:\w+ (?:out of|in) (?:\d+|two|three|four|five|six|ten)|half|all|none|"
        r"interest-free|(?:without|no) interest)\b",
    ),
    _demand(
        rf"^(?!.*{_PART})(?:.*\b(?:how much|what)\b.*\b(?:pays?|paid|allowance|stipend|salary)\b|"
        r".*\bhow much (?:\w+ )?(?:money|funding|support|of a grant)\b|"
        r".*\bfor how much\b|.*\bhow much\b.*\b(?:sell|sold|bought|invest\w*|raised?|borrow)\b)",
        _SUM,
        "pay paid money extra additional",
    ),
    _demand(
        r"\b(?:what|which|how (?:much|big|large|high))\b[^?]*\b(?:"
        r"(?:maximum|max|highest|largest|biggest|total|top) (?:\w+ ){0,2}"
        r"(?:grant|award|funding|loan|prize|investment)|"
        r"(?:grant|award|funding|loan|prize|investment) (?:amount|sum|quantum|size|value|cap))s?\b",
        rf"{_SUM}|%|\bper ?cent\b|{_AGREED}|\b(?:no|without) (?:\w+ )?(?:cap|ceiling|limit)\b|"
        r"\b(?:half|thirds?|quarters?|full|whole)\b",
        "amount sum maximum size value quantum",
    ),
    _demand(  # what is to come is not told by what has been
        r"(?-i:\bnext\b(?! to\b| door\b))|\bupcoming\b|"
        r"\bfuture (?:calls?|rounds?|plans?|dates?|events?|cohorts?|courses?|intakes?)\b|"
        r"\bin (?:the )?future\b",
        r"\b(?:next|upcoming|future|will|shall|planned|plans|soon|expected|annual(?:ly)?|"
        r"yearly|quarterly|monthly|weekly|twice|any time|under construction|"
        r"(?:each|every) (?:other )?\w+|"
        rf"starts (?:on )?(?:\d+ )?{_MONTH})\b|"
        rf"(?s:^(?!.*\b(?:was|were|had|held|closed|ended|took)\b).*\b{_MONTH}\b)",
    ),
    _demand(
        r"\bhow long\b|\bhow (?:quickly|soon|fast)\b|\bduration\b|\bfor how many\W*$|"
        r"\bhow (?:far|long) (?:ahead|before|in advance)\b|\bhow early\b|\bnotice period\b|"
        r"\bhow many (?:\w+ )?(?:minutes|hours|days|weeks|months|years)\b",
        _DURATION,
        "long duration last lasts quickly soon fast time period quick far ahead advance early",
    ),
    _demand(
        r"\b(?:their|his|her) names?\b|\bnames? of\b(?=.*\b(?:person|people|director|manager|"
        r"head|chair\w*|founders?|owners?|trustees?|members?|officer|professor|winners?|leader|ceo|who)\b)",
        r"(?-i:\b[A-Z][a-z]+ (?:[A-Z][\w.]* )*[A-Z][a-z]+\b)",
        "name names person",
    ),
    _demand(
        r"\bnames? of\b",
        r"(?-i:[\w,;:)] [\"“'‘]?[A-Z])|\b(?:called|named|known as)\b",
        "name names",
    ),
    _demand(
        r"\b(?:what|which) (?:months?|month and year)\b|\bmonth and year\b",
        rf"\b{_MONTH}\b|\b\d{{1,2}}[./]\d{{1,2}}\b|\b(?:spring|summer|autumn|winter|monthly|"
        r"(?:each|every|any) month|all year|year[ -]round)\b",
        "month months",
    ),
    _demand(
        r"\b(?:(?:at|by|until|till|from|before|after) what (?:time|hour)|"
        r"what time (?:do|does|is|are|can|may|must|should|will|in|of (?:day|night|the day)))\b"
        r"(?! of (?:the )?year)",
        rf"{_CLOCK}|\b(?:mornings?|afternoons?|evenings?|nights?|sunset|sunrise|dark|any ?time)\b",
        "time hour night evening morning afternoon",
    ),
    _demand(
        r"\b(?:opening|closing|business|office|visiting) (?:hours?|times?)\b|"
        r"\bwhat hours\b|"
        r"\bwhat times?\b.*\b(?:open|close)",
        _CLOCK,
        "opening hours open",
    ),
    _demand(
        r"^(?!.*\bhow many (?:minutes|hours|days|weeks|months)\b).*\b(?:when|what year|which year|"
        r"how long|how old)\b.*\b(?:founded|established|set up|formed|incorporated|been around|"
        r"in existence|exist(?:ed)?)\b|\bhow old (?:is|are)\b|\bfounding (?:year|date)\b|"
        r"\bhow far back\b",
        _BEGUN,
        "founded established formed incorporated begun started opened created launched found far",
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
        r"real time|live|as often|regularly)\b|"
        rf"\b{_WEEKDAY}\b|\b{_MONTH} and {_MONTH}\b|"
        rf"\b(?:valid|renew\w*|repeat\w*|expires?|lasts?)\b[^.]{{0,40}}{_PERIOD}",
        "often frequently frequency",
    ),
    _demand(
        r"\bhow heavy\b|\bhow much\b[^?]*\bweighs?\b|\bweight\b",
        rf"{_NUMBER}\s?(?:kg|kilos?|kilograms?|g|grams?|t|tons?|tonnes?|lbs?|pounds?|points?|"
        r"per ?cent)\b|\d\s?%",
        "heavy weigh weighs weight mass",
    ),
    _demand(
        r"\bhow (?:deep|high|tall|wide|thick)\b|\bhow far (?!ahead|before|in advance|back|"
        r"along|(?:has|have|is|are) (?:the|your|its) (?:\w+ ){0,2}(?:got|come|progress\w*)\b)",
        rf"{_NUMBER}[\s-]?(?:m|met(?:re|er)s?|k?m|kilomet(?:re|er)s?|cm|centimet(?:re|er)s?|mm|"
        r"millimet(?:re|er)s?|feet|foot|inch(?:es)?|miles?|floors?|stor(?:e?y|eys|ies)|"
        r"minutes?|stops?)\b|\b(?:next (?:to|door)|opposite|beside|adjacent|walking distance)\b",
        "deep high tall wide thick far depth height width thickness distance",
    ),
    _demand(
        r"\b(?:which|what) (?:\w+ )?(?:prize|award|title|medal|distinction)s?\b[^?]{0,60}\bwon\b",
        r"\b(?:won|wins|winners?|awarded|received?|prizes?|awards?|named)\b",
    ),
    _demand(  # what a winner gets tells nothing of who it was
        r"\b(?:who|which|what) (?!(?:\w+ )?(?:prize|award|title|medal|distinction))"
        r"[^?]{0,40}\bwon\b|\b(?:who|which)\b[^?]{0,60}\bwinners?\b",
        r"(?-i:[A-Z]\w+|\d{4})[^.]{0,80}\b(?:won|wins|took first|came first|awarded|received)\b|"
        r"\b(?:awarded to|went to|won by|goes to)\b|\bfirst (?:place|prize)\b|"
        r"\bwinn(?:ers?|ing)\b[^.\n]{0,40}(?:[:–—]|, (?-i:[A-Z])|\b(?:was|were|is|are)\b)|"
        rf"{YEAR}: ?(?-i:[A-Z])",
        "won winner",
    ),
    _demand(
        r"\b(?:what|which) year\b",
        rf"{YEAR}|\b(?:(?:first|second|third|fourth|fifth|final|\d(?:st|nd|rd|th))[- ]year)\b",
        "year",
    ),
    _demand(
        r"\bhow (?:cold|hot|warm)\b|\btemperatures?\b",
        r"\b(?:degrees?|Celsius|Fahrenheit|minus|(?:un|not )heated|room temperature)\b|°|-\d|"
        r"\d\s?[CFK]\b",
        "cold hot warm temperature temperatures",
    ),
    _demand(
        _PART,
        r"[%£$€¥]|\b(?:per ?cent|half|halves|thirds?|quarters?|fifths?|tenths?|all|none|nothing|"
        r"full|whole|free|\w+ (?:out of|in) (?:\d+|two|three|four|five|six|ten))\b",
        "percentage percent proportion share part portion fraction cost costs pay",
    ),
    _demand(
        r"\b(?:how much|how big a|how large a|what|which) (?:\w+ )?(?:equity|stake)\b",
        _STAKE,
        "equity stake take takes",
    ),
    _demand(
        rf"\bwho(?:['’]s| is| are| was| were)? (?:currently |now )?(?:the|its|their|your) "
        rf"(?:[\w-]+ ){{0,2}}?{ROLE}",
        rf"{ROLE}|\b(?:founded|led|headed|run|chaired|managed|directed|supervised|owned) by\b|"
        r"\b(?:leads?|heads?|chairs?|runs?|directs?|manages?)\b|\b(?:Prof|Dr)\b",
    ),
    _demand(r"\be-?mail\b", r"\w@\w", "email mail"),
    _demand(
        r"\b(?:tele)?phone (?:numbers?|no|contact)\b|\b(?:the|by|your|their) (?:tele)?phone\b|"
        r"\bhotline\b|\b(?:tele)?phone\W*$",
        r"\+\d|\b\d{4}[ -]?\d{3,4}\b|\b\d{2,5}\)?[ /-]\d{3,}",
        "phone telephone",
    ),
    _demand(
        r"\bdeadlines?\b|\bclosing dates?\b|\buntil when\b|"
        r"\bby (?:when|what dates?|which dates?)\b|"
        r"\bcut-?off\b|\bwhen\b.*\b(?:close|end|finish)\b",
        r"\b(?:any ?time|until|till|closes?|closed|closing|(?:no|not) later than|latest|due|"
        r"deadline|ends?|rolling|before|cut-?off|all year|year[ -]round|first[ ,]come|"
        rf"lasts|beforehand|after {_NUMBER}|"
        rf"(?:reach|submit\w*|hand(?:ed)? in|sent?|apply)\b[^.]{{0,40}}\b(?:in|on) {_MONTH})\b|"
        rf"\b(?:by|to)\s(?:the\s)?(?:\d|end)|\bby\s(?:mid-?|early |late )?{_MONTH}\b|"
        # A bare date is one, unless something begins on it.
        rf"(?:^|[.\n])(?![^.\n]*\b(?:start|open|beg[aiu]n|launch|found|held|since|was|were))"
        rf"[^.\n]*(?:\b\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}})\b",
        "deadline deadlines close closed closing end ends finish date dates cut",
    ),
)


@lru_cache(maxsize=100)
def _asked(question: str) -> tuple[Demand, ...]:
    return tuple(demand for demand in _DEMANDS if demand.asked.search(question))


def demand_unmet(question: str, text: str) -> bool:
    """Whether a question asks for something that an answer must have, and the text has it not."""
    if any(not demand.told.search(text) for demand in _asked(question)):
        return True
    if _rate_unmet(question, text) or _cell_unmet(question, text):
        return True
    if _ordinal_unmet(question, text) or numbered_unmet(question, text):
        return True
    return agent_unmet(question, without_addresses(text))


def _cell_unmet(question: str, text: str) -> bool:
    """Whether a price is asked for of what a row counts: "Licence test: 3 days"."""
    if not any(demand is _COST for demand in _asked(question)):
        return False
    said = set(map(stem, surface_words(question)))
    return any(
        {stem(word) for word in surface_words(cell["label"])} <= said
        for cell in _CELL.finditer(text)
    )


def _ordinal_unmet(question: str, text: str) -> bool:
    """Whether a question is about the third of something, and the text tells of the second."""
    told = {(found["which"].lower(), stem(found["what"])) for found in _ORDINAL.finditer(text)}
    for found in _ORDINAL.finditer(question):
        which, what = found["which"].lower(), stem(found["what"])
        others = {other for other, thing in told if thing == what}
        if others and which not in others:
            return True
    return False


_NUMBERED: Final = re.compile(
    r"\b(?P<what>phase|stage|step|level|part|type|class|tier|round|category|track|archetype|option|"
    r"module|section|group|grade|cycle|series)s? "
    r"(?P<which>[IVX]{1,4}|[1-9]\d?)\b(?![.,]\d)",
    re.IGNORECASE,
)
_ROMAN: Final = dict(zip("i ii iii iv v vi vii viii ix x".split(), range(1, 11), strict=True))


def _numbered(text: str) -> set[tuple[str, str]]:
    """What a text numbers, with its number: ("phase", "2") for "Phase II"."""
    found = ((one["what"].lower(), one["which"].lower()) for one in _NUMBERED.finditer(text))
    return {(what, str(_ROMAN.get(which, which))) for what, which in found}


_SIZE: Final = re.compile(r"(?<![\w.,])(?P<which>\d[\d,.]*)(?P<dash>[\s-])(?P<what>[a-z]{3,})\b")


def _sized(text: str, *, of_one: bool) -> set[tuple[str, str]]:
    """The sizes a text tells: ("litr", "1500") for "1,500 litres"; ``of_one``: "1,500-litre"."""
    return {
        (stem(one["what"]), one["which"].replace(",", "").rstrip("."))
        for one in _SIZE.finditer(text)
        if one["dash"] == "-" or not of_one
    }


def numbered_unmet(question: str, text: str) -> bool:
    """Whether a question is about Phase I of something, and the text tells of Phase III only.

    Or about a 1,500-litre vessel, and the text tells of others.
    """
    told = _numbered(text) | _sized(text, of_one=False)
    return any(
        (what, which) not in told and any(other == what for other, _ in told)
        for what, which in _numbered(question) | _sized(question, of_one=True)
    )


def demands_form(question: str) -> bool:
    """Whether an answer to a question must have a certain form."""
    return bool(_asked(question))


def told_unnamed(word: str, question: str, text: str) -> bool:
    """Whether a text tells what a stem of the question asks for without it: "$190" is a cost."""
    return any(word in demand.named and demand.told.search(text) for demand in _asked(question))


def year_unsaid(question: str, text: str) -> bool:
    """Whether a question is about a year that the text does not name."""
    return bool(set(re.findall(YEAR, question)) - set(re.findall(YEAR, text)))


def time_unmet(question: str, text: str) -> bool:
    """Whether a question opens with "when" and nothing in the text tells a time."""
    return _WHEN.match(question) is not None and _SOME_TIME.search(text) is None


_WHEN: Final = re.compile(r"\W*(?:and|but|so)?\W*(?:since |until |by )?when\b", re.IGNORECASE)
_SOME_TIME: Final = re.compile(_TIME, re.IGNORECASE)


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
