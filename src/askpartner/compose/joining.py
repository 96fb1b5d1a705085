"""Answers to the questions of one turn -> one answer, each part below its question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from askpartner.compose.parts import say
from askpartner.split import sentence_ranges
from askpartner.types import Answer, Citation, Hit, Request, Sentence, Table


def join(request: Request, answers: Mapping[str, Answer]) -> Answer:
    """One answer from at least two, by what each was asked; partial where one of them refuses.

    ``request`` is the turn read as a whole.

    What was quoted for an earlier question is not quoted again, but in a table, which is kept where
    it is the only one. Confidence is that of the part that is least sure of what it quotes; hits
    are the parts' in turn, the first of each first.
    """
    parts = list(answers.values())
    citations: list[Citation] = []
    sentences: list[Sentence] = []
    tables: list[Table] = []
    for asked, part in answers.items():
        number: dict[int, int] = {}
        before = len(citations)
        for citation in part.citations:
            above = () if part.table else citations[:before]
            said = next((one for one in above if _holds(one, citation)), None)
            if said is None:
                columns = None if citation.columns is None else number[citation.columns]
                said = replace(citation, number=len(citations) + 1, columns=columns)
                citations.append(said)
            number[citation.number] = said.number
        asked = asked[sentence_ranges(asked)[-1][0] :]  # without what was told before
        if part.citations and len(citations) == before:
            sentences.append(say("parts", "above", question=asked))
            continue
        sentences.append(say("parts", "asked", question=asked))
        sentences += [
            replace(one, citation=number[one.citation]) if one.citation is not None else one
            for one in part.sentences
            if one.citation is None or number[one.citation] > before
        ]
        if part.table is not None:
            tables.append(_renumbered(part.table, number))
    given = [part for part in parts if part.citations]
    lacking = [part for part in parts if part.status != "answered"]
    return replace(
        parts[0],
        question=request.question,
        status="partial" if lacking else "answered",
        reason=lacking[0].reason if lacking else "",
        sentences=tuple(sentences),
        citations=tuple(citations),
        links=tuple(dict.fromkeys(link for part in parts for link in part.links)),
        table=tables[0] if len(tables) == 1 and not _lacks(parts) else None,
        confidence=min(part.confidence for part in given or parts),
        observed=None,
        request=request,
        hits=_in_turn([part.hits for part in parts]),
    )


def _lacks(parts: Sequence[Answer]) -> bool:
    """Whether a part without a table says what is not stated: beside one, an empty cell does."""
    return any(
        one.template == "match.not_stated"
        for part in parts
        if part.table is None
        for one in part.sentences
    )


def _holds(one: Citation, other: Citation) -> bool:
    """Whether one quote has the whole of another."""
    return one.profile == other.profile and one.start <= other.start and other.end <= one.end


def _renumbered(table: Table, number: dict[int, int]) -> Table:
    return Table(
        table.columns,
        tuple(
            (aspect, tuple(tuple(number[at] for at in cell) for cell in cells))
            for aspect, cells in table.rows
        ),
    )


def _in_turn(found: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """The hits of all parts, the best of each first, ranked anew; none twice."""
    rows = chain.from_iterable(zip_longest(*found))
    hits = {hit.passage.id: hit for hit in reversed([hit for hit in rows if hit is not None])}
    return tuple(
        replace(hit, rank=rank) for rank, hit in enumerate(reversed(hits.values()), start=1)
    )
