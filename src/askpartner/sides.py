"""One question -> what it compares and on what: "Compare A and B on price" has two sides.

Reads words only, in the order they stand; does not know the directory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """The sides of a question, as the asker calls them, and what they are compared on."""

    sides: tuple[str, ...]  # two or more
    aspects: tuple[str, ...]  # () when nothing is said of it


_TERMS = (
    r"\s*,?\s+(?:in terms of|in respect of|in regard to|with (?:regard|respect) to|regarding|"
    r"concerning|when it comes to|as regards|as to|based on)\s+"
)
_MARK = r"\s*(?::|;|\?(?=\s*\w)|\s[-\u2013\u2014])\s+"
_FEW_WORDS = r"\w+(?:\s\w+){0,3}(?:\sas\swell\sas(?:\s\w+){1,4})?"
_ASPECT = rf"(?:the|their|its|what|how|who|when|where|which|{_FEW_WORDS}\W*$)"
_IN = rf"\s+(?:on|in|by)\s+(?!as\b)(?={_ASPECT})"
_ON = rf"(?:{_TERMS}|{_MARK}|\s*,\s+|{_IN})"
_VERSUS = r"\s*,?\s+(?:versus|vs\.?|v\.|as opposed to|as against)\s+"
_AND = r"\s+and\s+"
_ASKS = r"(?:who|whom|whose|what|when|where|how|which|why|is|are|do|does|did|can|compar\w+)\b"
_COMPARE = r"(?:^|[.?!,:]\s+|\b(?:please|you|me|to|am|are)\s+)(?:compare|comparing)\s+"
_END = r"\s*,?\s*(?:please)?\s*[?.!]*\s*$"
_OF = r"\s+(?:of|at|for|in|with|from)\s+"
_MORE = (
    r"(?:more|less|fewer|better|worse|(?:long|short|cheap|high|low|larg|bigg|small|earli|lat|old|new|"
    r"young|fast|slow|quick|soon|strict)er)"
)
_ENDS = rf"(?:{_ON}(?P<on>.+?))?{_END}"

_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        # "A versus B: how long does each last?"
        rf"^(?!difference)(?P<one>.+?){_VERSUS}(?P<other>.+?){_ENDS}",
        # "Compare the prices at A with those at B, minimum terms too"
        rf"{_COMPARE}(?P<on>.+?){_OF}(?P<one>.+?)\s+(?:with|to|and|against|versus)\s+"
        rf"(?:that|those|the ones?){_OF}(?P<other>.+?)(?:{_ON}(?P<also>.+?))?{_END}",
        # "Compare the prices for students of A and B"
        rf"{_COMPARE}(?P<on>the (?-i:[a-z]+ ){{1,6}})of (?P<one>.+?)"
        rf"(?:{_AND}|{_VERSUS}|\s+with\s+)(?P<other>.+?){_END}",
        # "Compare A with B on price"
        rf"{_COMPARE}(?P<one>.+?)(?:{_VERSUS}|\s+(?:with|against)\s+(?!regard|respect))"
        rf"(?P<other>.+?){_ENDS}",
        rf"{_COMPARE}(?P<one>.+?){_AND}(?P<other>.+?){_ENDS}",
        rf"{_COMPARE}(?P<one>.+?)\s+to\s+(?P<other>.+?){_ENDS}",
        # "What is the difference between A and B in price?"
        r"\b(?:differences?|comparison)\s+(?:(?:there (?:is|are)|(?:is|are) there)\s+)?between\s+"
        rf"(?P<one>.+?)(?:{_AND}|{_VERSUS})(?P<other>.+?){_ENDS}",
        # "How does A compare with B in terms of price?"
        r"\bhow (?:do|does|did)\s+(?P<one>.+?)\s+(?:compare (?:to|with)|differ from)\s+"
        rf"(?P<other>.+?){_ENDS}",
        # "How do the prices of A and B compare?"
        r"\bhow (?:do|does|did)\s+(?P<on>(?:the\s+)?(?:\w+\s+){1,3})(?:of|for|at)\s+"
        rf"(?P<one>.+?){_AND}(?P<other>.+?)\s+(?:compare|differ){_END}",
        # "A or B: how do the prices differ?"
        rf"^(?P<one>.+?)\s+(?:or|and)\s+(?P<other>(?:(?!{_MARK}).)+){_MARK}"
        rf"(?P<on>how (?:do|does|did) .+? (?:differ|compare)){_END}",
        # "How do A and B differ in price?"
        rf"\bhow (?:do|does|did)\s+(?P<one>.+?){_AND}(?P<other>.+?)\s+(?:differ|compare){_ENDS}",
        # "Who owns the results with A as opposed to B?"
        rf"^(?P<on>{_ASKS}.+?)\s+(?:with|for|of|under|at|in|by)\s+"
        rf"(?P<one>.+?){_VERSUS}(?P<other>.+?){_END}",
        # "A and B: compare what each costs"
        rf"^(?P<one>.+?){_AND}(?P<other>[^:]+?)\s*:\s+compare\s+(?P<on>.+?){_END}",
        # "A or B - how long does each last?"
        # "A or B: which of the two lasts longer?"
        rf"^(?P<one>.+?)\s+or\s+(?P<other>(?:(?!{_MARK}).)+){_MARK}"
        rf"(?P<on>(?:.+?\b(?:each|they)\b|which (?:one\b|of (?:the two|them|these)\b)).*?){_END}",
        # "Which lasts longer, A or B?"
        rf"^(?P<on>which\b[^,:]*?\b{_MORE}\b[^,:]*?)[,:]\s+(?P<one>[^,]+?)\s+or\s+"
        rf"(?P<other>.+?){_END}",
    )
)

_POINTING = re.compile(
    rf"^(?:it|its|they|them|these|those|this|that|both|two|three|four|all|former|latter|"
    rf"ways(?: to work|$)|{_ASKS})\b",
    re.IGNORECASE,
)
_DIFFER = re.compile(
    r"^how (?:do|does|did)\s+(?:the\s+|their\s+)?(?P<on>.+?)\s+(?:differ|compare)$", re.IGNORECASE
)
_FOR_ME = re.compile(r"\s+(?:for|to) (?:me|us)$", re.IGNORECASE)
_ABOVE_ALL = re.compile(
    r"^(?:esp(?:ecially|\.)?|particularly|in particular|above all|mainly)\s+", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(?:both\s+(?!of\b))?(?:(?:the|an?|their|your)\s+)?", re.IGNORECASE)
_SPLIT = re.compile(r"\s*(?:,|;)\s*(?:and\s+)?|\s+(?:and|as well as)\s+", re.IGNORECASE)


def comparison_in(question: str) -> Comparison | None:
    """What a question compares; None where it names no two sides."""
    asked = " ".join(question.split())
    for shape in _SHAPES:
        found = shape.search(asked)
        if found is None:
            continue
        sides = tuple(
            _FOR_ME.sub("", _ARTICLE.sub("", found[name].strip(" ,"))) for name in ("one", "other")
        )
        if any(not side or _POINTING.match(side) for side in sides):
            continue
        told = found.groupdict()
        said = (told.get("on"), told.get("also"))
        return Comparison(sides, tuple(part for each in said if each for part in _aspects(each)))
    return None


def _aspects(said: str) -> tuple[str, ...]:
    """What is asked of each side, a part each: "price and minimum term"."""
    said = _ABOVE_ALL.sub("", said.strip(" ,.?!"))
    if differ := _DIFFER.match(said):
        said = differ["on"]
    return tuple(part for part in _SPLIT.split(said) if part)
