"""The nouns, in the order a question meets them.

Each is frozen: a stage takes one and returns the next, and none is changed afterwards.
All offsets are positions in ``Profile.text`` counted in Unicode code points, half open
(``[start, end)``); all lines are lines of the source file, counted from 1, both ends included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["heading", "paragraph", "item", "header", "row", "label", "action"]
"""heading: opens a section; paragraph: running text; item: one list item, its paragraphs as lines;
header: a table's row of column names; row: any other table row, a line a cell; label: a bold line
that names the field below it; action: a heading that is only a link."""

SectionKind = Literal["overview", "offering", "offerings", "sources", "other"]
"""overview: who the partner is; offerings: "Ways to work with …"; offering: one way below it;
sources: where the page's facts come from; other: anything else."""

ConceptKind = Literal["audience", "need"]

Intent = Literal[
    "fact",
    "audience",
    "place",
    "overview",
    "ways",
    "website",
    "introduction",
    "list",
    "match",
    "compare",
    "small_talk",
]
"""fact: what a page states; audience: whom a way to work suits; place: where it
is offered; overview: who a partner is; ways:
the ways to work with a partner; website, introduction: how to reach a partner; list: which partners
state something; match: which ways to work suit the asker; compare: partners or ways to work side by
side; small_talk: a greeting or thanks."""

Status = Literal["answered", "partial", "not_found", "clarify"]


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, table row or heading of a page, with both its addresses."""

    kind: BlockKind
    start: int
    end: int
    lines: tuple[int, int]
    path: tuple[str, ...]  # the headings above, outermost first; a heading's own text is last


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page: ``Profile.text[start:end] == label``. Its target is never evidence."""

    label: str
    url: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One partner's page.

    ``text`` is a pure function of the file's bytes: the page's words without markup.
    ``blocks`` are in order, do not overlap, and between two of them stands only white space.
    """

    id: str  # path under the corpus without ``.md``, parts joined by "/"
    title: str
    url: str  # the page's own path or address ("" when the page names none)
    source: str  # path under the corpus, parts joined by "/"
    source_hash: str  # SHA-256 of the file's bytes, hexadecimal
    text: str
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]

    @property
    def folder(self) -> str:
        """The folders the page is in, parts joined by "/": pages of one site, say; "" for none."""
        return self.id.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it. The sections of a profile tile its text."""

    profile: str  # profile id
    heading_path: tuple[str, ...]  # () before the first heading
    kind: SectionKind
    start: int
    body_start: int  # where the words below the heading begin; ``end`` when there are none
    end: int
    lines: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one section within the token budget. A section's passages tile it."""

    id: str  # ``profile@start``
    profile: str
    title: str
    heading_path: tuple[str, ...]
    kind: SectionKind
    start: int
    body_start: int  # where the words below the heading begin; ``start`` when no heading is in it
    end: int
    lines: tuple[int, int]
    text: str  # verbatim: ``Profile.text[start:end]``

    @property
    def body(self) -> str:
        """The words below the heading, verbatim: what may be quoted."""
        return self.text[self.body_start - self.start :]


@dataclass(frozen=True, slots=True)
class Statement:
    """Words of a page with their address: ``Profile.text[start:end] == text``."""

    profile: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Offering:
    """One way to work with a partner: only what the page states, each part with its address."""

    profile: str
    name: str  # its heading, verbatim
    heading_path: tuple[str, ...]
    start: int  # range of the offering's sections in the profile's text
    end: int
    audiences: tuple[Statement, ...]  # whom it suits, an entry of the page's list each
    places: tuple[Statement, ...]  # where it is offered
    introduction: Link | None  # the page's own link of this offering
    unsuited: tuple[Statement, ...] = ()  # whom it does not suit, an entry of the page's list each


@dataclass(frozen=True, slots=True)
class Concept:
    """One idea of the vocabulary and the phrases it goes by."""

    kind: ConceptKind
    name: str
    words: tuple[str, ...]  # what askers and pages call it
    also: tuple[str, ...]  # what a page may say that includes it


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something a partner may or may not state: a concept of the vocabulary, or plain words."""

    name: str  # as shown to the asker
    concept: Concept | None
    stems: frozenset[str]  # for plain words: all of them, in one statement
    is_name: bool = False  # plain words to be found word for word, as a name is
    is_denied: bool = False  # asked for by its absence: "which partners do not ..."
    others: tuple[frozenset[str], ...] = ()  # for plain words: any of these instead
    is_kind: bool = False  # what a partner is: looked for only where its page says so

    @property
    def is_audience(self) -> bool:
        """Whether it says who is asking, not what is sought."""
        return self.concept is not None and self.concept.kind == "audience" and not self.is_kind


@dataclass(frozen=True, slots=True)
class Request:
    """A question understood: what is wanted, of whom, and what was taken over from earlier."""

    question: str  # as asked
    text: str  # stands alone: what is looked up
    intent: Intent
    partners: tuple[str, ...]  # profile ids it is about, in the order they were named
    offerings: tuple[tuple[str, int], ...]  # ways to work it is about: profile id and start
    criteria: tuple[Criterion, ...]  # who is asking and what they need
    situation: str  # what the asker told about themselves; "" when nothing
    carried: tuple[str, ...]  # words taken over from earlier turns
    corrected: tuple[tuple[str, str], ...]  # words read otherwise than typed: typed, read
    dropped: tuple[str, ...] = ()  # what the asker took away of ``carried`` and ``criteria``
    excepted: tuple[str, ...] = ()  # profile ids that are not meant: "other than ..."


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found. Rank 1 is best; equal scores are in the order of passage ids."""

    rank: int
    score: float  # fused, about 0 to 1.5: share of the question's words plus 0.5 of ``dense``
    # plus, where a reranker read it, what its logit counts
    passage: Passage
    dense: float  # mean cosine of the question with the passage and its nearest sentence
    lexical: float  # share of the question's words the passage holds, about 0 to 1
    dense_rank: int  # rank by ``dense`` alone, from 1
    lexical_rank: int  # rank by ``lexical`` alone, from 1
    logit: float | None = None  # what the reranker says of it; None where it did not read it


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote with its address: ``Profile.text[start:end] == quote``."""

    number: int  # from 1, as in ``[1]``
    profile: str
    title: str
    heading_path: tuple[str, ...]
    quote: str
    start: int
    end: int
    lines: tuple[int, int]
    url: str
    columns: int | None = None  # of a table's rows: number of the citation of its columns' names


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of an answer: our fixed words, or a partner's verbatim ones with their citation."""

    kind: Literal["template", "quote"]
    text: str
    citation: int | None  # the citation's number; None for a template
    template: str = ""  # where it stands in ``templates/answer.toml``, as "list.counted"
    names: tuple[tuple[str, str], ...] = ()  # what the template was filled with, in its order


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """A link offered beside an answer, from the cited partner's own page."""

    label: str
    url: str
    profile: str


@dataclass(frozen=True, slots=True)
class Table:
    """A comparison: a row an aspect, a column a partner or way to work.

    A cell holds the numbers of the citations it shows; an empty one is not stated.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]  # aspect, one cell a column


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said. Every ``[n]`` has a citation and the reverse; a refusal cites nothing."""

    question: str
    status: Status
    reason: str  # why nothing (or not all) was found; "" when answered
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    links: tuple[AnswerLink, ...]
    table: Table | None  # the same citations side by side, when the question compares
    confidence: float  # how likely the cited words answer the question, in [0, 1]
    observed: tuple[int, int] | None  # how many of how many answers like this were right when
    # measured; None where the sample is too small or nothing was judged
    request: Request
    hits: tuple[Hit, ...]
    index_version: str
