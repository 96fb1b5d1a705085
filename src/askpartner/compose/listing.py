"""Which partners state something: answered from all profiles, not from the best hits.

Counts have their denominator, and what a page does not state is said to be not stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from askpartner.compose.matching import Fit, fits, most_telling, say_uncovered
from askpartner.compose.parts import (
    CERTAIN,
    MOST_NAMED,
    MOST_STATEMENTS,
    Draft,
    introduction_links,
)
from askpartner.directory import short_title
from askpartner.lexical import words
from askpartner.survey import Finding, by_title, survey, survey_profile
from askpartner.templates import fill, load_templates
from askpartner.types import Answer, Criterion


def list_partners(draft: Draft) -> Answer | None:
    """Every profile that states what is asked for, with the count of those that do not.

    Of several criteria, those profiles that state all of them in one way to work; where there is
    none, or one of two is enough, those that state each. Without a criterion, all partners of the
    directory.
    """
    stated = [criterion for criterion in draft.request.criteria if not criterion.is_denied]
    denied = [criterion for criterion in draft.request.criteria if criterion.is_denied]
    if not stated and not denied:
        return _all_partners(draft) if ALL_PARTNERS.search(draft.request.text) else None
    stated = _without_common(draft, stated)
    if not stated:
        _say_excluding(draft, denied)
        confidence = CERTAIN if draft.has_quotes else CERTAIN / 2
        return draft.finish("answered", confidence=confidence)
    if len(stated) == 2 and EITHER.search(draft.request.text) and not any(map(_has_or, stated)):
        return _list_each_of(draft, stated, denied)
    return _list_all_of(draft, stated, denied) or _list_each_of(draft, stated, denied)


def _has_or(criterion: Criterion) -> bool:
    """Whether the "or" of a question stands within a criterion or before a kind of partner."""
    return bool(criterion.others) or criterion.is_kind


EITHER = re.compile(r"\bor\b", re.IGNORECASE)
"""One of two criteria is enough."""

ALL_PARTNERS = re.compile(
    r"^\W*(?:please |can you |could you )*(?:list|show|name|give|tell|which|what|who|how many)\b"
    r"(?: (?:me|us|are|there|all|every|the|of|your|a|list|any|other|to))*"
    r" (?:partners?|profiles?|organi[sz]ations?|members?|institutions?)\b"
    r"(?: (?:are|is|do|you|we|i|have|there|in|the|this|your|directory|list|listed|here|exist|know|"
    r"known|covered?|all|of|it|them|please))*\W*$",
    re.IGNORECASE,
)
"""Asks for the whole directory and nothing else."""


def _without_common(draft: Draft, criteria: Sequence[Criterion]) -> list[Criterion]:
    """Criteria without plain words that are all common, where something else is looked for.

    "License technology": pages name what they license, and few of them call it a technology.
    """
    rarity = draft.index.wordbook.rarity
    rare = [
        criterion
        for criterion in criteria
        if criterion.concept is not None
        or criterion.is_name
        or criterion.is_kind
        or any(rarity(root) > COMMON for root in criterion.stems)
    ]
    return rare or list(criteria)


COMMON = 0.35
"""Rarity up to which a word is said on many pages."""

RANKS = re.compile(
    r"(?<!at )\b(?:most|least|best|worst|biggest|largest|smallest|highest|lowest|longest|shortest|"
    r"cheapest|newest|oldest|maximum|minimum)\b",
    re.IGNORECASE,
)


def _all_partners(draft: Draft) -> Answer:
    names = [profile.title for profile in by_title(draft.profiles.values())]
    draft.say("list", "all", total=str(len(names)), partners=_in_a_row(names))
    return draft.finish("answered", confidence=CERTAIN)


def _in_a_row(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    left = len(names) - MOST_NAMED
    if left <= 0:
        return shown
    return fill(load_templates("answer")["list"]["more"], partners=shown, more=str(left))


def _say_excluding(draft: Draft, criteria: Sequence[Criterion]) -> None:
    """Who says that it does not: silence is never "no", so the silent are counted apart."""
    for criterion in criteria:
        findings = _findings(draft, criterion)
        excluding = [finding for finding in findings if finding.stand == "excluded"]
        excluded = {finding.profile for finding in excluding}
        stated = {f.profile for f in findings if f.stand == "stated"} - excluded
        silent = [
            short_title(draft.index.profiles[finding.profile].title)
            for finding in findings
            if finding.stand == "not_stated"
        ]
        draft.say(
            "list",
            "excluding",
            criterion=criterion.name,
            excluded=str(len(excluded)),
            total=str(len(draft.profiles)),
            stated=str(len(stated)),
            silent=str(len(silent)),
        )
        for finding in excluding:
            _quote_finding(draft, finding)
        if silent:
            draft.say("list", "silent", partners=_in_a_row(silent))


def _list_all_of(
    draft: Draft, criteria: Sequence[Criterion], denied: Sequence[Criterion]
) -> Answer | None:
    found = [fit for fit in fits(draft, criteria)[0] if fit.own and fit.stated == len(criteria)]
    found += _state_as_a_whole(draft, criteria, {fit.profile for fit in found})
    if len(criteria) < 2 or not found:
        return None
    order = {p.id: n for n, p in enumerate(by_title(draft.index.profiles.values()))}
    found.sort(key=lambda fit: (order[fit.profile], fit.place))
    draft.say(
        "list",
        "all_of",
        criteria=", ".join(criterion.name for criterion in criteria),
        stated=str(len({fit.profile for fit in found})),
        total=str(len(draft.profiles)),
    )
    for fit in found:
        for finding in fit.findings:
            statement = most_telling(draft, finding)
            if not draft.is_quoted(statement.profile, statement.start, statement.end):
                draft.place(statement.profile, statement.start)
                draft.quote(statement.profile, statement.start, statement.end)
    in_all = {fit.profile for fit in found}
    for criterion in criteria:
        findings = _findings(draft, criterion)
        _say_counts(draft, "each_of", criterion, findings)
        _say_others(draft, findings, in_all)
    _say_excluding(draft, denied)
    ways = [draft.index.offerings[fit.profile][fit.place - 1] for fit in found if fit.place]
    links = introduction_links(draft, ways)
    return draft.finish("answered", confidence=CERTAIN, links=links)


def _say_others(draft: Draft, findings: Sequence[Finding], known: set[str]) -> None:
    """Name the partners beyond those known that state something by itself."""
    others = _stands(findings)[0] - known
    titles = [p.title for p in by_title(draft.profiles.values()) if p.id in others]
    if titles:
        draft.say("list", "others", others=_in_a_row(titles))


def _most_of(draft: Draft, criterion: Criterion) -> Criterion:
    """A criterion of plain words without its most common ones, as long as most of it is left.

    Companies of a trade are looked for by the trade alone.
    """
    if criterion.concept is not None or criterion.is_name or criterion.others:
        return criterion
    rarity = {root: draft.index.wordbook.rarity(root) for root in sorted(criterion.stems)}
    left = sorted(rarity, key=lambda root: -rarity[root])
    while len(left) > 1 and sum(rarity[root] for root in left[:-1]) >= MOST * sum(rarity.values()):
        left.pop()
    name = " ".join(word for word in criterion.name.split() if {*words(word)} & {*left})
    return replace(criterion, name=name, stems=frozenset(left))


def _quote_more(draft: Draft, criterion: Criterion, findings: Sequence[Finding]) -> None:
    """Those that state the rarest word of plain words alone: "aquaculture" of "aquaculture labs".

    A page need not say beside it that it has a laboratory for it.
    """
    is_plain = criterion.concept is None and not (criterion.is_name or criterion.others)
    if not is_plain or len(criterion.stems) < 2:
        return
    rarity = draft.index.wordbook.rarity
    rarest = max(sorted(criterion.stems), key=rarity)
    name = " ".join(word for word in criterion.name.split() if rarest in words(word))
    core = replace(criterion, name=name, stems=frozenset((rarest,)))
    known = _stands(findings)[0]
    more = [f for f in _findings(draft, core) if f.stand == "stated" and f.profile not in known]
    if not name or not 0 < len({finding.profile for finding in more}) <= MOST_MORE:
        return
    _say_counts(draft, "each_of", core, _findings(draft, core))
    for finding in more:
        _quote_finding(draft, finding)


MOST_MORE = 6
"""What more partners than this say by itself tells them apart from few."""

MOST = 0.6
"""Share of a criterion, by how rare its words are, that has to be left of it."""


def _state_as_a_whole(
    draft: Draft, criteria: Sequence[Criterion], known: set[str]
) -> Iterator[Fit]:
    """Partners, but for those known, that state all criteria outside of their ways to work."""
    for identity, profile in draft.profiles.items():
        ways = draft.index.offerings[identity]
        if identity in known or not ways or not draft.is_fresh(identity):
            continue
        whole = [survey_profile(criterion, profile, draft.index)[0] for criterion in criteria]
        if all(finding.stand == "stated" for finding in whole):
            yield Fit(len(whole), len(whole), 0.0, identity, 0, tuple(whole))


def _list_each_of(
    draft: Draft, criteria: Sequence[Criterion], denied: Sequence[Criterion]
) -> Answer | None:
    counted: list[tuple[Criterion, list[Finding]]] = []
    uncovered: list[Criterion] = []
    if any(not criterion.is_kind for criterion in criteria):
        kinds, criteria = [c for c in criteria if c.is_kind], [c for c in criteria if not c.is_kind]
    else:
        kinds = []
    for criterion in criteria:
        findings = _findings(draft, criterion)
        if all(finding.stand == "not_stated" for finding in findings):
            uncovered.append(criterion)
            criterion = _most_of(draft, criterion)
            findings = _findings(draft, criterion)
        if any(finding.stand != "not_stated" for finding in findings):
            counted.append((criterion, findings))
    if not counted:
        return None
    # First, for what follows is not all that was asked for.
    for criterion in uncovered:
        say_uncovered(draft, criterion)
    for criterion, findings in counted:
        _say_counts(draft, "counted", criterion, findings)
        _quote_findings(draft, findings)
        _quote_more(draft, criterion, findings)
    for criterion in kinds:  # none of them is said to be one of these
        _say_counts(draft, "each_of", criterion, _findings(draft, criterion))
    _say_excluding(draft, denied)
    cited = dict.fromkeys(citation.profile for citation in draft.citations)
    ways = [way for identity in cited for way in draft.index.offerings[identity]]
    links = introduction_links(draft, ways)
    ranks = RANKS.search(draft.request.text)
    if ranks:
        draft.say("list", "no_ranking")
    if uncovered or ranks or kinds:
        return draft.finish("partial", reason="not_stated", confidence=CERTAIN / 2, links=links)
    return draft.finish("answered", confidence=CERTAIN, links=links)


def _findings(draft: Draft, criterion: Criterion) -> list[Finding]:
    return [
        finding
        for finding in survey(criterion, draft.index)
        if finding.profile in draft.profiles and draft.is_fresh(finding.profile)
    ]


def _stands(findings: Sequence[Finding]) -> tuple[set[str], set[str]]:
    """The profiles that state it in some way to work, and those that only exclude it."""
    stated = {finding.profile for finding in findings if finding.stand == "stated"}
    return stated, {f.profile for f in findings if f.stand == "excluded"} - stated


def _say_counts(draft: Draft, key: str, criterion: Criterion, findings: Sequence[Finding]) -> None:
    stated, excluded = _stands(findings)
    total = len(draft.profiles)
    draft.say(
        "list",
        key,
        criterion=criterion.name,
        stated=str(len(stated)),
        total=str(total),
        silent=str(total - len(stated) - len(excluded)),
        excluded=str(len(excluded)),
    )


def _quote_findings(draft: Draft, findings: Sequence[Finding]) -> None:
    _, excluded = _stands(findings)
    for finding in findings:
        if finding.stand == "stated":
            _quote_finding(draft, finding)
    if excluded:
        draft.say("list", "excluded")
        for finding in findings:
            if finding.stand == "excluded" and finding.profile in excluded:
                _quote_finding(draft, finding)


def _quote_finding(draft: Draft, finding: Finding) -> None:
    said = finding.statements[:MOST_STATEMENTS]
    if all(draft.is_quoted(one.profile, one.start, one.end) for one in said):
        return
    draft.place(finding.profile, finding.statements[0].start)
    for statement in said:
        draft.quote(statement.profile, statement.start, statement.end)
