"""Pages -> a question set to begin with: every label is right because of how it is made.

Questions are fixed wordings (``templates/questions.toml``) filled with a page's own names, so a
label is where the name or field was taken from; unanswerable ones ask what no word of the page
speaks of. For a person to review. Asks no assistant, reads no index's vectors.
"""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from askpartner.compose.parts import allowed_link
from askpartner.directory import AUDIENCE, offerings, website
from askpartner.errors import CorpusError, UsageError
from askpartner.evaluation import labels
from askpartner.evaluation.check import ambiguity
from askpartner.evaluation.questions import PATH_SEPARATOR
from askpartner.evaluation.types import Label, LabelledQuestion
from askpartner.evaluation.variants import bracketed_acronym, mistyped, reordered
from askpartner.lexical import STOP_WORDS, words
from askpartner.settings import Settings
from askpartner.split import split_sections, statement_ranges
from askpartner.survey import denies
from askpartner.templates import fill, load_templates
from askpartner.types import Concept, Criterion, Offering, Profile, Section, Statement
from askpartner.understand.names import NUMBERING
from askpartner.vocabulary import (
    Vocabulary,
    concepts_in,
    holds,
    mentions,
    read_vocabulary,
)

PER_KIND = 20
"""Questions of one kind by default: enough for a figure a tag, few enough to read through."""

PHRASE_WORDS = (2, 3)
"""Fewest and most words of a phrase that a detail is asked about."""

ENTRY_WORDS = 4
"""Most words of an entry of an audience list that "which partners suit …" is asked with."""

VARIANTS = ("typo", "acronym", "order")

ASPECT = "aspect_"
"""What the names of the tables of aspects begin with in ``templates/questions.toml``."""


class Pages(Protocol):
    """What drafting needs of an index, or of a folder of pages."""

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """By id, in the order of ids."""

    @property
    def sections(self) -> Mapping[str, tuple[Section, ...]]:
        """By profile id; they tile the profile."""

    @property
    def offerings(self) -> Mapping[str, tuple[Offering, ...]]:
        """The ways to work with each partner, in page order, by profile id."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The concepts staff keep."""


@dataclass(frozen=True)
class Folder:
    """The pages of a folder, read without a model or an index."""

    profiles: Mapping[str, Profile]
    sections: Mapping[str, tuple[Section, ...]]
    offerings: Mapping[str, tuple[Offering, ...]]
    vocabulary: Vocabulary


def read_folder(corpus: Path) -> tuple[Folder, list[CorpusError]]:
    """The pages of a folder, and an error for each that cannot be read.

    Raises CorpusError when there is no such folder, no page in it, none that can be read, or a
    vocabulary that cannot be read.
    """
    from askpartner.corpus import list_pages, read_page

    profiles: dict[str, Profile] = {}
    unreadable: list[CorpusError] = []
    for path in list_pages(corpus):
        try:
            profile = read_page(corpus, path)
        except CorpusError as error:
            unreadable.append(error)
        else:
            profiles[profile.id] = profile
    if not profiles:
        faults = "; ".join(str(fault) for fault in unreadable)
        raise CorpusError(str(corpus), 0, f"none of its pages can be read: {faults}")
    profiles = dict(sorted(profiles.items()))
    found = Folder(
        profiles=profiles,
        sections={i: tuple(split_sections(profile)) for i, profile in profiles.items()},
        offerings={i: tuple(offerings(profile)) for i, profile in profiles.items()},
        vocabulary=read_vocabulary(corpus),
    )
    return found, unreadable


def open_pages(settings: Settings, *, from_index: bool) -> tuple[Pages, list[CorpusError]]:
    """The pages of the settings' index, or of their corpus, and an error for each unreadable one.

    Raises IndexRefused, or CorpusError as ``read_folder`` does.
    """
    if not from_index:
        return read_folder(settings.corpus)
    from askpartner.index import open_index

    return open_index(settings.index), []


def draft_questions(
    pages: Pages, *, seed: int = 0, per_kind: int = PER_KIND
) -> list[LabelledQuestion]:
    """A question set over ``pages``: plain questions by kind and id, then their variants.

    At most ``per_kind`` questions of a kind, chosen by ``seed``, as are the variants; a question's
    id and words do not depend on which others are chosen. Tags: what is wanted ("fact",
    "unanswerable", "list", "compare"), then its kind, then the variant's. Raises UsageError when
    ``per_kind`` is below 1, CorpusError when the pages give no question.
    """
    if per_kind < 1:
        raise UsageError(f"{per_kind} questions of a kind are none; ask for 1 at least")
    drafter = _Drafter(pages)
    plain: list[_Drafted] = []
    for kind, drafted in drafter.kinds():
        clear = [one for one in _distinct(drafted) if drafter.is_clear(one)]
        plain.extend(_chosen(clear, per_kind, f"{seed}:{kind}"))
    if not any(one.relevant for one in plain):
        raise CorpusError("the pages", 0, "give no question; they need headings with words below")
    found = list(plain)
    for variant in VARIANTS:
        made = [other for one in plain if (other := drafter.variant(variant, one, seed))]
        found.extend(_chosen(made, per_kind, f"{seed}:{variant}"))
    return [drafted.question(line) for line, drafted in enumerate(found, start=1)]


@dataclass(frozen=True, slots=True)
class _Drafted:
    """A question in the making."""

    id: str
    text: str
    tags: tuple[str, ...]
    relevant: tuple[Label, ...] = ()  # none: unanswerable
    contains: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()  # names in it, each with its acronym or ""

    def question(self, line: int) -> LabelledQuestion:
        return LabelledQuestion(
            id=self.id,
            question=self.text,
            history=(),
            relevant=self.relevant,
            answerable=bool(self.relevant),
            answer_contains=self.contains,
            answer_omits=(),
            tags=self.tags,
            line=line,
        )


def _distinct(drafted: Iterable[_Drafted]) -> list[_Drafted]:
    """Sorted by id; a second question of the same id or words is left out."""
    by_id: dict[str, _Drafted] = {}
    for one in drafted:
        by_id.setdefault(one.id, one)
    by_text: dict[str, _Drafted] = {}
    for _, one in sorted(by_id.items()):
        by_text.setdefault(one.text.casefold(), one)
    return list(by_text.values())


def _chosen(drafted: Sequence[_Drafted], count: int, seed: str) -> list[_Drafted]:
    """At most ``count``, in the order they were given in."""
    if len(drafted) <= count:
        return list(drafted)
    places = random.Random(seed).sample(range(len(drafted)), count)
    return [drafted[place] for place in sorted(places)]


class _Drafter:
    """What is worked out once for all kinds of questions over the same pages."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._labelled = labels.Pages(pages.profiles, pages.sections)
        self._words = load_templates("questions")
        names = {i: _bare(profile.title) for i, profile in pages.profiles.items()}
        known = Counter(name.casefold() for name in names.values())
        # A name that two pages share asks about neither of them.
        self._partners = {i: name for i, name in names.items() if known[name.casefold()] == 1}

    def kinds(self) -> Iterator[tuple[str, Iterable[_Drafted]]]:
        """Every kind of plain question, in the order they are written in."""
        yield "website", self._websites()
        yield "introduction", self._introductions()
        yield "ways", self._ways()
        yield "audience", self._audiences()
        yield "place", self._places()
        yield "overview", self._overviews()
        yield "section", self._sections()
        yield "detail", self._details()
        yield "list-audience", self._list_audiences()
        yield "list-mention", self._list_mentions()
        yield "compare-ways", self._compare_ways()
        yield "compare-partners", self._compare_partners()
        yield "no-audience", self._no_audiences()
        yield "no-website", self._no_websites()
        yield "no-aspect", self._no_aspects()
        yield "no-mention", self._no_mentions()

    def is_clear(self, drafted: _Drafted) -> bool:
        """Whether each label means one place: some pages repeat themselves word for word."""
        return not any(ambiguity(label, self._labelled) for label in drafted.relevant)

    def variant(self, variant: str, plain: _Drafted, seed: int) -> _Drafted | None:
        """The question written otherwise, or None where that cannot be done."""
        chance = random.Random(f"{seed}:{variant}:{plain.id}")
        text: str | None
        if variant == "typo":
            text = mistyped(plain.text, self._stems, chance)
        elif variant == "order":
            text = reordered(plain.text, [name for name, _ in plain.names], chance)
        else:
            text = plain.text
            for name, acronym in plain.names:
                text = text.replace(name, acronym) if acronym else text
        if text is None or text == plain.text:
            return None
        return replace(plain, id=f"{plain.id}-{variant}", text=text, tags=(*plain.tags, variant))

    # --- one partner ----------------------------------------------------------------------------

    def _websites(self) -> Iterator[_Drafted]:
        for identity in self._partners:
            row = website(self._pages.profiles[identity])
            if row is not None:
                yield self._fact(
                    "website", identity, [(row.start, row.end)], contains=row.text.split("\n")[-1:]
                )

    def _introductions(self) -> Iterator[_Drafted]:
        for identity, way in self._named_ways():
            link = way.introduction
            if link is not None and allowed_link(link.url):
                yield self._fact("introduction", identity, [(link.start, link.end)], way=way)

    def _ways(self) -> Iterator[_Drafted]:
        for identity in self._partners:
            ways = self._pages.offerings[identity]
            ranges = [(way.start, way.start + len(way.name)) for way in ways]
            if ranges:
                yield self._fact("ways", identity, ranges, contains=[way.name for way in ways])

    def _audiences(self) -> Iterator[_Drafted]:
        for identity, way in self._named_ways():
            if way.audiences:
                yield self._fact(
                    "audience",
                    identity,
                    self._field(way.audiences),
                    way=way,
                    contains=[entry.text for entry in way.audiences],
                )

    def _places(self) -> Iterator[_Drafted]:
        for identity, way in self._named_ways():
            if way.places:
                yield self._fact(
                    "place",
                    identity,
                    self._field(way.places),
                    way=way,
                    contains=[entry.text for entry in way.places],
                )

    def _overviews(self) -> Iterator[_Drafted]:
        for identity in self._partners:
            said = self._overview(identity)
            if said is not None:
                yield self._fact("overview", identity, [said])

    def _sections(self) -> Iterator[_Drafted]:
        """A section that states one thing is asked for by its heading."""
        for identity, section, heading in self._plain_sections():
            said = statement_ranges(self._pages.profiles[identity], section)
            if len(said) == 1:
                yield self._fact("section", identity, said, heading=heading)

    def _details(self) -> Iterator[_Drafted]:
        for identity in self._partners:
            for section in self._pages.sections[identity]:
                found = self._detail(identity, section)
                if found is None:
                    continue
                start, end, phrase = found
                way = self._way_at(identity, section)
                yield self._fact(
                    "detail", identity, [(start, end)], way=way, phrase=phrase, contains=[phrase]
                )

    def _fact(
        self,
        kind: str,
        identity: str,
        ranges: Sequence[tuple[int, int]],
        *,
        way: Offering | None = None,
        heading: str = "",
        phrase: str = "",
        contains: Sequence[str] = (),
    ) -> _Drafted:
        names = [self._partner_name(identity)]
        wording = kind
        if way is not None:
            names.append(self._way_name(way))
            wording = "detail_of_way" if kind == "detail" else kind
        filled = {"partner": names[0][0], "heading": heading, "words": phrase}
        if way is not None:
            filled["way"] = names[1][0]
        parts = (kind, identity, names[1][0] if way else "", heading, phrase)
        return _Drafted(
            id=_identity(*parts),
            text=fill(self._words["fact"][wording], **filled),
            tags=("fact", kind),
            relevant=tuple(self._label(identity, *place) for place in ranges),
            contains=tuple(contains),
            names=tuple(names),
        )

    # --- all partners ---------------------------------------------------------------------------

    def _list_audiences(self) -> Iterator[_Drafted]:
        vocabulary = self._pages.vocabulary
        entries = [
            entry
            for ways in self._pages.offerings.values()
            for way in ways
            for entry in way.audiences
        ]
        for concept in vocabulary:
            if concept.kind == "audience":
                criterion = Criterion(concept.name, concept, frozenset())
                if stating := self._suiting(criterion):
                    yield self._list("audience", _called(concept, stating, vocabulary), stating)
        for entry in {entry.text.casefold(): entry for entry in entries[::-1]}.values():
            stems = frozenset(words(entry.text))
            if not concepts_in(entry.text, vocabulary) and 1 <= len(stems) <= ENTRY_WORDS:
                criterion = Criterion(entry.text, None, stems)
                if stating := self._suiting(criterion):
                    yield self._list("audience", _lowered(entry.text), stating)

    def _suiting(self, criterion: Criterion) -> list[Statement]:
        """The first entry of each way to work's audience list that names somebody.

        None at all when an entry names them to turn them away: who is meant is then unclear.
        """
        found: list[Statement] = []
        for ways in self._pages.offerings.values():
            for way in ways:
                named = [entry for entry in way.audiences if holds(criterion, entry.text)]
                if any(denies(criterion, entry.text) for entry in named):
                    return []
                found.extend(named[:1])
        return found

    def _list_mentions(self) -> Iterator[_Drafted]:
        vocabulary = self._pages.vocabulary
        for concept in vocabulary:
            if concept.kind == "need":
                criterion = Criterion(concept.name, concept, frozenset())
                if found := self._mentioning(criterion):
                    yield self._list("mention", concept.name, found)
        details = (
            self._detail(identity, section)
            for identity in self._partners
            for section in self._pages.sections[identity]
        )
        phrases = {detail[2].casefold(): detail[2] for detail in details if detail is not None}
        for phrase in phrases.values():
            if not concepts_in(phrase, vocabulary):
                criterion = Criterion(phrase, None, frozenset(words(phrase)))
                if found := self._mentioning(criterion):
                    yield self._list("mention", phrase, found)

    def _list(self, kind: str, wanted: str, stating: Sequence[Statement]) -> _Drafted:
        key = "need" if kind == "mention" else kind
        return _Drafted(
            id=_identity("list", kind, wanted),
            text=fill(self._words["list"][kind], **{key: wanted}),
            tags=("list", f"list-{kind}"),
            relevant=tuple(self._label(s.profile, s.start, s.end) for s in stating),
            names=((wanted, ""),),
        )

    # --- side by side ---------------------------------------------------------------------------

    def _compare_ways(self) -> Iterator[_Drafted]:
        for identity, partner in self._partners.items():
            ways = [way for i, way in self._named_ways() if i == identity]
            for first, second in pairwise(ways):
                sides = [self._side(first), self._side(second)]
                if not all(sides):
                    continue
                names = [
                    self._way_name(first),
                    self._way_name(second),
                    self._partner_name(identity),
                ]
                yield self._compare("ways", identity, names, sides, partner=partner)

    def _compare_partners(self) -> Iterator[_Drafted]:
        known = [(i, said) for i in self._partners if (said := self._overview(i)) is not None]
        for (first, one), (second, other) in pairwise(known):
            names = [self._partner_name(first), self._partner_name(second)]
            sides = [[self._label(first, *one)], [self._label(second, *other)]]
            yield self._compare("partners", first, names, sides)

    def _compare(
        self,
        kind: str,
        identity: str,
        names: Sequence[tuple[str, str]],
        sides: Sequence[Sequence[Label]],
        **filled: str,
    ) -> _Drafted:
        first, second = names[0][0], names[1][0]
        return _Drafted(
            id=_identity("compare", kind, identity, first, second),
            text=fill(self._words["compare"][kind], first=first, second=second, **filled),
            tags=("compare", f"compare-{kind}"),
            relevant=tuple(label for side in sides for label in side),
            names=tuple(names),
        )

    def _side(self, way: Offering) -> list[Label]:
        """What a comparison must cite of a way to work: what it is, and whom it suits."""
        profile = self._pages.profiles[way.profile]
        section = self._section_at(way.profile, way.start)
        told = [
            found
            for found in statement_ranges(profile, section)
            if not any(entry.start == found[0] for entry in (*way.audiences, *way.places))
        ]
        ranges = [*told[:1], *(self._field(way.audiences) if way.audiences else ())]
        return [self._label(way.profile, *place) for place in ranges]

    # --- not stated -----------------------------------------------------------------------------

    def _no_audiences(self) -> Iterator[_Drafted]:
        audiences = [c for c in self._pages.vocabulary if c.kind == "audience"]
        hints = set(words(self._words["unstated"]["audience"]))
        for identity, way in self._named_ways():
            text = self._pages.profiles[identity].text[way.start : way.end]
            if (
                not way.audiences
                and not AUDIENCE.search(text)
                and not hints & set(words(text))
                and not any(mentions(concept, text) for concept in audiences)
            ):
                names = [self._partner_name(identity), self._way_name(way)]
                yield _Drafted(
                    id=_identity("no-audience", identity, names[1][0]),
                    text=fill(
                        self._words["fact"]["audience"], partner=names[0][0], way=names[1][0]
                    ),
                    tags=("unanswerable", "no-audience"),
                    names=tuple(names),
                )

    def _no_websites(self) -> Iterator[_Drafted]:
        hints = set(words(self._words["unstated"]["website"]))
        for identity, partner in self._partners.items():
            if website(self._pages.profiles[identity]) is None and not (
                hints & self._page_stems[identity]
            ):
                yield _Drafted(
                    id=_identity("no-website", identity),
                    text=fill(self._words["fact"]["website"], partner=partner),
                    tags=("unanswerable", "no-website"),
                    names=(self._partner_name(identity),),
                )

    def _no_aspects(self) -> Iterator[_Drafted]:
        for name, aspect in self._aspects():
            hints = set(words(aspect["words"]))
            for identity, partner in self._partners.items():
                if not hints & self._page_stems[identity]:
                    yield _Drafted(
                        id=_identity("no-aspect", name, identity),
                        text=fill(aspect["question"], partner=partner),
                        tags=("unanswerable", "no-aspect"),
                        names=(self._partner_name(identity),),
                    )

    def _no_mentions(self) -> Iterator[_Drafted]:
        for name, aspect in self._aspects():
            if not set(words(aspect["words"])) & self._stems:
                yield _Drafted(
                    id=_identity("no-mention", name),
                    text=fill(self._words["list"]["mention"], need=aspect["topic"]),
                    tags=("unanswerable", "no-mention"),
                    names=((aspect["topic"], ""),),
                )

    def _aspects(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        for table, aspect in self._words.items():
            if table.startswith(ASPECT):
                yield table.removeprefix(ASPECT), aspect

    # --- places of the pages --------------------------------------------------------------------

    @cached_property
    def _page_stems(self) -> dict[str, set[str]]:
        return {i: set(words(f"{p.title}\n{p.text}")) for i, p in self._pages.profiles.items()}

    @cached_property
    def _stems(self) -> set[str]:
        return set().union(*self._page_stems.values())

    @cached_property
    def _rarity(self) -> Counter[str]:
        """How many sections of the pages hold a stem."""
        counted: Counter[str] = Counter()
        for identity, profile in self._pages.profiles.items():
            for section in self._pages.sections[identity]:
                counted.update(set(words(profile.text[section.start : section.end])))
        return counted

    @cached_property
    def _said(self) -> list[Statement]:
        """Every statement of the pages, sources left out, in the order of ids and of the page."""
        return [
            Statement(identity, start, end, profile.text[start:end])
            for identity, profile in self._pages.profiles.items()
            for section in self._pages.sections[identity]
            if section.kind != "sources"
            for start, end in statement_ranges(profile, section)
        ]

    def _partner_name(self, identity: str) -> tuple[str, str]:
        return self._partners[identity], self._acronym(self._pages.profiles[identity].title)

    def _way_name(self, way: Offering) -> tuple[str, str]:
        return _bare(way.name), self._acronym(way.name)

    def _acronym(self, name: str) -> str:
        acronym = bracketed_acronym(name)
        return acronym if self._acronyms[acronym.casefold()] == 1 else ""

    @cached_property
    def _acronyms(self) -> Counter[str]:
        """How many partners and ways to work go by each acronym."""
        names = [profile.title for profile in self._pages.profiles.values()]
        names.extend(way.name for ways in self._pages.offerings.values() for way in ways)
        return Counter(bracketed_acronym(name).casefold() for name in names)

    def _named_ways(self) -> list[tuple[str, Offering]]:
        """Ways to work of named partners, in order."""
        return [(identity, way) for (identity, _), way in self._ways_by_start.items()]

    @cached_property
    def _ways_by_start(self) -> dict[tuple[str, int], Offering]:
        """Those whose name asks about one thing: two ways of a partner may share theirs."""
        found: dict[tuple[str, int], Offering] = {}
        for identity, partner in self._partners.items():
            ways = self._pages.offerings[identity]
            known = Counter(_bare(way.name).casefold() for way in ways)
            for way in ways:
                name = _bare(way.name).casefold()
                if name and known[name] == 1 and name != partner.casefold():
                    found[identity, way.start] = way
        return found

    def _plain_sections(self) -> Iterator[tuple[str, Section, str]]:
        """Sections that are no overview, way to work or source, each with its heading."""
        for identity, partner in self._partners.items():
            headings = Counter(
                section.heading_path[-1].casefold()
                for section in self._pages.sections[identity]
                if section.heading_path
            )
            for section in self._pages.sections[identity]:
                heading = section.heading_path[-1] if section.heading_path else ""
                if (
                    section.kind == "other"
                    and words(heading)
                    and headings[heading.casefold()] == 1
                    and set(words(heading)) - set(words(partner))
                ):
                    yield identity, section, NUMBERING.sub("", heading).rstrip(" ?:.")

    def _overview(self, identity: str) -> tuple[int, int] | None:
        """The first paragraph of a page's overview that says something."""
        profile = self._pages.profiles[identity]
        for section in self._pages.sections[identity]:
            if section.kind == "overview":
                said = {start for start, _ in statement_ranges(profile, section)}
                for block in profile.blocks:
                    if block.kind == "paragraph" and block.start in said:
                        return block.start, block.end
        return None

    def _section_at(self, identity: str, position: int) -> Section:
        sections = self._pages.sections[identity]
        return next(s for s in sections if s.start <= position < s.end)

    def _way_at(self, identity: str, section: Section) -> Offering | None:
        return self._ways_by_start.get((identity, section.start))

    def _field(self, entries: Sequence[Statement]) -> list[tuple[int, int]]:
        """Entries of one list as one range; those of several sections one by one."""
        first, last = entries[0], entries[-1]
        if last.start < self._section_at(first.profile, first.start).end:
            return [(first.start, last.end)]
        return [(entry.start, entry.end) for entry in entries]

    def _detail(self, identity: str, section: Section) -> tuple[int, int, str] | None:
        """The statement of a section with the rarest phrase that the page has nowhere else.

        Phrases are the runs of words between stop words and punctuation (RAKE: Rose, Engel,
        Cramer and Cowley, in Text Mining, 2010), the rarest by the mean share of sections that
        hold its words; ties: the first one.
        """
        if section.kind == "sources":
            return None
        profile = self._pages.profiles[identity]
        named = set(words(profile.title))
        elsewhere = profile.text.casefold()
        best: tuple[float, int, int, str] | None = None
        for start, end in statement_ranges(profile, section):
            for phrase in _phrases(profile.text[start:end]):
                stems = words(phrase)
                if named & set(stems) or elsewhere.count(phrase.casefold()) != 1:
                    continue
                common = sum(self._rarity[root] for root in stems) / len(stems)
                if best is None or common < best[0]:
                    best = (common, start, end, phrase)
        return best[1:] if best else None

    def _mentioning(self, criterion: Criterion) -> list[Statement]:
        """The first statement of each profile that says something; none when that is unclear.

        A profile that says it only in a heading, across statements or to deny it leaves open
        whether it states it, and no list of profiles is then right.
        """
        found: dict[str, Statement] = {}
        for statement in self._candidates(criterion):
            if (
                statement.profile not in found
                and holds(criterion, statement.text)
                and not denies(criterion, statement.text)
            ):
                found[statement.profile] = statement
        unclear = any(
            holds(criterion, f"{profile.title}\n{profile.text}")
            for identity, profile in self._pages.profiles.items()
            if identity not in found and criterion.stems <= self._page_stems[identity]
        )
        return [] if unclear else list(found.values())

    def _candidates(self, criterion: Criterion) -> list[Statement]:
        """The statements that may say something, in order: all those with every stem of it."""
        if not criterion.stems:
            return self._said
        holding = [self._said_with.get(root, set()) for root in sorted(criterion.stems)]
        return [self._said[at] for at in sorted(set.intersection(*holding))]

    @cached_property
    def _said_with(self) -> dict[str, set[int]]:
        """The places in ``_said`` of the statements that hold a stem."""
        found: dict[str, set[int]] = defaultdict(set)
        for at, statement in enumerate(self._said):
            for root in words(statement.text):
                found[root].add(at)
        return found

    def _label(self, identity: str, start: int, end: int) -> Label:
        """A label for a range of a page, its quote widened until the section holds it once."""
        profile = self._pages.profiles[identity]
        section = self._section_at(identity, start)
        inside = profile.text[section.start : section.end]
        while (
            len(labels.quote_ranges(profile.text[start:end], inside)) > 1 and start > section.start
        ):
            start = max(profile.text.rfind("\n", 0, start - 1) + 1, section.start)
        return Label(identity, self._section_name(identity, section), profile.text[start:end])

    def _section_name(self, identity: str, section: Section) -> str:
        """As many of a section's headings as tell it from the others, innermost last."""
        path = section.heading_path
        if any(PATH_SEPARATOR in heading for heading in path):
            return ""
        others = [o.heading_path for o in self._pages.sections[identity] if o != section]
        for count in range(1, len(path) + 1):
            if not any(_ends_alike(other, path[-count:]) for other in others):
                return PATH_SEPARATOR.join(path[-count:])
        return PATH_SEPARATOR.join(path)


def _ends_alike(path: Sequence[str], ending: Sequence[str]) -> bool:
    folded = [labels.folded(heading) for heading in path[-len(ending) :]]
    return folded == [labels.folded(heading) for heading in ending]


def _bare(name: str) -> str:
    """A name without numbering and without what stands in brackets at its end."""
    unnumbered = NUMBERING.sub("", name).strip()
    return re.sub(r"\s*\([^()]*\)\s*$", "", unnumbered) or unnumbered


def _phrases(text: str) -> Iterator[str]:
    """Runs of two or three words with neither a stop word nor punctuation in or between them."""
    run: list[re.Match[str]] = []
    fewest, most = PHRASE_WORDS
    for found in [*re.finditer(r"[^\W_]+(?:[-'’.,][^\W_]+)*", text), None]:
        touches = found is not None and run and text[run[-1].end() : found.start()].isspace()
        stops = found is None or found[0].casefold() in STOP_WORDS
        if run and (stops or not touches):
            if fewest <= len(run) <= most:
                yield text[run[0].start() : run[-1].end()]
            run = []
        if found is not None and not stops:
            run.append(found)


def _called(concept: Concept, stating: Sequence[Statement], vocabulary: Vocabulary) -> str:
    """What a page calls an audience, where an entry says nothing else; else its first word."""
    own = {root for phrase in concept.words for root in words(phrase)}
    entries = [
        entry.text
        for entry in stating
        if concepts_in(entry.text, vocabulary) == (concept,) and set(words(entry.text)) <= own
    ]
    return _lowered(min(entries, key=lambda text: (len(text), text))) if entries else concept.name


def _lowered(text: str) -> str:
    """A text with a small first letter, unless its first word is written like a name."""
    first = text.split(" ", 1)[0]
    return text if first[1:] != first[1:].lower() else text[:1].lower() + text[1:]


def _identity(*parts: str) -> str:
    """An id that people can read: the parts in small letters, joined by hyphens."""
    slugs = ("-".join(re.findall(r"[^\W_]+", part.casefold())) for part in parts)
    return "-".join(filter(None, slugs))
