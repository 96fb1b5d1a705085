"""Names in a conversation: where they are mentioned, and which mentions are one entity.

No dictionary and no model: capitals, how the conversation itself writes a word (people type
names in lower case), and a few closed word lists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from askpartner.followups.words import AUXILIARIES, INSIDE, NOT_NAMES, OPENERS, STOP

SENTENCE = re.compile(r"(?<=[.!?])[\"”')]*\s+|\n+")
TOKEN = re.compile(
    r"[^\W_](?:[\w&\-]|[.*](?=\w))*(?:['’](?!s\b)[A-Za-z]\w*)?|['’]s\b|[^\w\s]", re.UNICODE
)
Turn = tuple[str, str]
"""Role ("user" or "assistant") and content."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One occurrence of a name in a conversation."""

    turn: int  # number of the turn, from 0
    role: str
    order: int  # how many names stand before it in its turn
    opens: bool  # whether its turn begins with it, but for one word
    surface: str  # as written
    words: tuple[str, ...]  # its content words, lower case; at least one
    before: str  # the word or mark before it in its sentence, lower case; "" at the start
    after: str  # the one after it
    guessed: bool  # found by its place in a turn typed without capitals


def content_words(text: str) -> list[str]:
    """Lower-cased words that are not stop words; the possessive ending is not a word."""
    plain = re.sub(r"['’]s\b", "", text.lower())
    return [word for word in re.findall(r"[^\W_]+", plain) if word not in STOP]


def tokenise(sentence: str) -> list[str]:
    """Words, possessive endings and punctuation marks in order, as written."""
    return TOKEN.findall(sentence)


class Case:
    """How the conversation writes each word, so that lower-case typing still finds names."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.upper: Counter[str] = Counter()
        self.lower: Counter[str] = Counter()
        for text in texts:
            for sentence in SENTENCE.split(text):
                for place, word in enumerate(tokenise(sentence)):
                    if word[0].islower():
                        self.lower[word] += 1
                    elif word[0].isupper() and place > 0:
                        self.upper[word.lower()] += 1

    def names(self, word: str) -> bool:
        """Whether a word typed in lower case is one the conversation writes with a capital."""
        lower = word.lower()
        return (
            self.upper[lower] > 0
            and self.upper[lower] >= self.lower[lower]
            and lower not in OPENERS
        )


def _capital(word: str) -> bool:
    return word[0].isupper() and word != "I" and word.lower() not in OPENERS


def name_spans(tokens: list[str], case: Case) -> list[tuple[int, int]]:
    """Ranges of tokens that read as one name, half open: capitals, small words allowed inside."""
    spans, at = [], 0
    while at < len(tokens):
        word = tokens[at]
        lower = word.lower()
        if _capital(word):
            common = case.upper[lower] == 0 and (
                case.lower[lower] > 0 or lower.endswith(("ing", "ly", "ed"))
            )
            if at == 0 and common and not (len(tokens) > 1 and _capital(tokens[1])):
                at += 1
                continue
            end = ahead = at + 1
            while ahead < len(tokens) and ahead - end <= 2:
                if _capital(tokens[ahead]) or (
                    tokens[ahead].isdigit() and ahead == end and len(tokens[ahead]) < 4
                ):
                    ahead += 1
                    end = ahead
                elif tokens[ahead].lower() in INSIDE or (
                    tokens[ahead] == "." and ahead == end and len(tokens[ahead - 1]) <= 2
                ):
                    ahead += 1
                else:
                    break
            spans.append((at, end))
            at = end
        elif word[0].islower() and case.names(word):
            end = at + 1
            while end < len(tokens) and tokens[end][0].islower() and case.names(tokens[end]):
                end += 1
            if at >= 2 and tokens[at - 2].lower() in AUXILIARIES | {"of", "about", "with", "by"}:
                given = tokens[at - 1]  # "was faith hill": only "Hill" was ever written large
                if given[0].islower() and given not in STOP and given not in NOT_NAMES:
                    at -= 1
            spans.append((at, end))
            at = end
        else:
            at += 1
    return spans


def _guessed_spans(tokens: list[str]) -> list[tuple[int, int]]:
    """Noun phrases of a turn typed without capitals: what follows an auxiliary, 'of', 'about'."""
    spans, at = [], 0
    while at < len(tokens) - 1:
        lower = tokens[at].lower()
        if lower in AUXILIARIES or lower in ("of", "about", "in", "the", "by", "with"):
            start = at + 1
            while start < len(tokens) and tokens[start].lower() in ("the", "a", "an"):
                start += 1
            end = start
            while (
                end < len(tokens)
                and end - start < 4
                and tokens[end][0].isalpha()
                and tokens[end].lower() not in STOP
                and tokens[end].lower() not in NOT_NAMES
            ):
                end += 1
            if end - start >= 2 and tokens[end - 1].lower().endswith("ed"):
                end -= 1
            elif (
                end - start >= 2
                and lower in ("do", "does", "did")
                and end < len(tokens)
                and tokens[end].lower() not in NOT_NAMES
            ):
                end -= 1  # "did the band break up": the verb is no part of the name
            if end > start:
                spans.append((start, end))
            at = max(end, at + 1)
        else:
            at += 1
    return spans


def mentions(history: Sequence[Turn], case: Case) -> list[Mention]:
    """Every name of the conversation in reading order."""
    found: list[Mention] = []
    for turn, (role, text) in enumerate(history):
        order = 0
        sentences = SENTENCE.split(text)
        for number, sentence in enumerate(sentences):
            tokens = tokenise(sentence)
            spans = [(start, end, False) for start, end in name_spans(tokens, case)]
            if role == "user" and not spans:
                spans = [(start, end, True) for start, end in _guessed_spans(tokens)]
            for start, end, guessed in spans:
                surface = " ".join(tokens[start:end]).replace(" . ", ". ").replace(" 's", "'s")
                words = tuple(content_words(surface))
                if not words or len(words) > 7:
                    continue
                before = tokens[start - 1].lower() if start else ""
                after = tokens[end].lower() if end < len(tokens) else ""
                opens = number == 0 and start <= 1
                found.append(
                    Mention(turn, role, order, opens, surface, words, before, after, guessed)
                )
                order += 1
    return found


def entities(found: Sequence[Mention]) -> dict[tuple[str, ...], list[Mention]]:
    """Mentions of one thing together: a short form joins the longer name it begins or ends."""
    forms = Counter(mention.words for mention in found)
    all_guessed = dict.fromkeys(forms, True)
    for mention in found:
        all_guessed[mention.words] &= mention.guessed
    order = sorted(forms, key=lambda words: (-len(words), words))
    home: dict[tuple[str, ...], tuple[str, ...]] = {}
    for words in order:
        longer = [
            other
            for other in order
            if len(words) < len(other) <= 4
            and home.get(other) == other
            and not all_guessed[other]
            and any(other[at : at + len(words)] == words for at in range(len(other)))
        ]
        home[words] = max(
            longer, key=lambda other: (forms[other], -len(other), other), default=words
        )
    groups: dict[tuple[str, ...], list[Mention]] = {}
    for mention in found:
        groups.setdefault(home[mention.words], []).append(mention)
    return groups
