"""What is found, against the formula worked out passage by passage: shares + 0.5 * cosine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from askpartner.index import Index, build_index, open_index
from askpartner.retrieve import (
    CARRIED_WEIGHT,
    DENSE_WEIGHT,
    NAMED,
    NAMED_WAY,
    question_vector,
    retrieve,
)
from askpartner.split import embedded_text, path_text, read_text
from askpartner.types import Hit, Passage, Request
from conftest import MakeSettings

ALL = 1000
"""More than there are passages."""

QUESTIONS = [
    "Who supplies the basic equipment of the clean rooms?",
    "grants for vaccines",
    "yeast",
    "How long do students join a company?",
    "zebra",
]


def asks(question: str, **given: object) -> Request:
    plain = Request(
        question=question,
        text=question,
        intent="fact",
        partners=(),
        offerings=(),
        criteria=(),
        situation="",
        carried=(),
        corrected=(),
    )
    return replace(plain, **given)  # type: ignore[arg-type]


def may_be_found(passage: Passage) -> bool:
    return passage.kind != "sources" and bool(passage.body.strip())


def brute_cosine(question: str, passage: Passage, index: Index) -> float:
    """The mean of the passage's cosine and its nearest statement's, from the words alone."""
    vector = index.embedder.embed_question(question)
    (whole,) = index.embedder.embed([embedded_text(passage)]) @ vector
    path = path_text(passage.title, passage.heading_path)
    profile = index.profiles[passage.profile]
    ranges = index.statements[index.rows[passage.id]].ranges
    if not ranges:
        return float(whole)
    said = index.embedder.embed([f"{path}\n{read_text(profile, *place)}" for place in ranges])
    return (float(whole) + float((said @ vector).max())) / 2


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_are_the_formula(question: str, index: Index) -> None:
    hits = retrieve(asks(question), index, count=ALL)
    shares = index.lexical.shares([(question, 1.0)])
    assert {hit.passage.id for hit in hits} == {
        passage.id for passage in index.passages if may_be_found(passage)
    }
    for hit in hits:
        share = float(shares[index.rows[hit.passage.id]])
        cosine = brute_cosine(question, hit.passage, index)
        assert hit.lexical == pytest.approx(share, abs=1e-6)
        assert hit.dense == pytest.approx(cosine, abs=1e-5)
        assert hit.score == pytest.approx(share + 0.5 * cosine, abs=1e-5)
    assert DENSE_WEIGHT == 0.5


@pytest.mark.parametrize("question", QUESTIONS)
def test_ranks_are_the_order_of_scores(question: str, index: Index) -> None:
    hits = retrieve(asks(question), index, count=ALL)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert list(hits) == sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))
    for few in (1, 3):
        assert retrieve(asks(question), index, count=few) == hits[:few]
    parts: list[tuple[Callable[[Hit], int], Callable[[Hit], float]]] = [
        (lambda hit: hit.dense_rank, lambda hit: hit.dense),
        (lambda hit: hit.lexical_rank, lambda hit: hit.lexical),
    ]
    for rank_of, value_of in parts:
        by_value = sorted(hits, key=lambda hit: (-value_of(hit), hit.passage.id))
        ranks = [rank_of(hit) for hit in by_value]
        assert ranks == sorted(set(ranks))
        assert 1 <= ranks[0] <= ranks[-1] <= len(index.passages)


def first(question: str, index: Index, **given: object) -> Hit:
    return retrieve(asks(question, **given), index, count=1)[0]


@pytest.mark.parametrize(
    ("question", "profile", "heading"),
    [
        ("Who supplies the basic equipment of the clean rooms?", "alpha", "1. Laboratory Rental"),
        ("Which grants are there for vaccines?", "beta", "Overview"),
        ("When do applications close?", "beta", "Apply for a grant"),
        ("How long do students stay?", "gamma", "Internships"),
    ],
)
def test_the_passage_that_says_it_comes_first(
    question: str, profile: str, heading: str, index: Index
) -> None:
    hit = first(question, index)
    assert (hit.passage.profile, hit.passage.heading_path[-1]) == (profile, heading)


def test_words_nobody_says_are_found_by_meaning_alone(index: Index) -> None:
    hits = retrieve(asks("zebra"), index, count=ALL)
    assert {hit.lexical for hit in hits} == {0.0}
    assert [hit.dense_rank for hit in hits] == sorted(hit.dense_rank for hit in hits)


# --- partners and ways to work ------------------------------------------------------------------


def test_the_named_partner_comes_first(index: Index) -> None:
    question = "When do applications close?"
    plain = {hit.passage.id: hit for hit in retrieve(asks(question), index, count=ALL)}
    named = retrieve(asks(question, partners=("gamma",)), index, count=ALL)
    assert first(question, index).passage.profile == "beta"
    assert named[0].passage.profile == "gamma"
    for hit in named:
        given = NAMED if hit.passage.profile == "gamma" else 0.0
        assert hit.score == pytest.approx(plain[hit.passage.id].score + given, abs=1e-5)


def test_the_named_way_comes_first_with_what_is_below_it(index: Index) -> None:
    rental, training = (
        section.start
        for section in index.sections["alpha"]
        if section.heading_path[-1][:2] in ("1.", "2.")
    )
    question = "Who is this suitable for?"
    plain = {hit.passage.id: hit for hit in retrieve(asks(question), index, count=ALL)}
    for start, heading in ((rental, "1. Laboratory Rental"), (training, "2. Training")):
        request = asks(question, partners=("alpha",), offerings=(("alpha", start),))
        hits = retrieve(request, index, count=ALL)
        assert hits[0].passage.heading_path[-1] == heading
        for hit in hits:
            given = NAMED if hit.passage.profile == "alpha" else 0.0
            if heading in hit.passage.heading_path:
                given += NAMED_WAY
            assert hit.score == pytest.approx(plain[hit.passage.id].score + given, abs=1e-5)


# --- what was carried over and told -------------------------------------------------------------


def test_carried_words_count_half_and_the_asker_s_own_once(index: Index) -> None:
    request = asks(
        "Who supplies the equipment?",
        text="Who supplies the equipment? (Alpha Institute)",
        situation="We study yeast.",
    )
    shares = index.lexical.shares(
        [(request.question, 1.0), ("Alpha Institute", 0.5), ("study yeast", 0.5)]
    )
    hits = retrieve(request, index, count=ALL)
    found = {hit.passage.id: hit.lexical for hit in hits}
    for passage in index.passages:
        if may_be_found(passage):
            share = float(shares[index.rows[passage.id]])
            assert found[passage.id] == pytest.approx(share, abs=1e-6)
    assert CARRIED_WEIGHT == 0.5
    alone = retrieve(asks(request.question), index, count=ALL)
    assert any(found[hit.passage.id] > hit.lexical + 0.01 for hit in alone)


def test_the_question_s_vector_is_the_middle_of_all_that_was_said(index: Index) -> None:
    embed = index.embedder.embed_question
    assert np.allclose(question_vector(asks("yeast"), index), embed("yeast"), atol=1e-6)
    request = asks("Who?", text="Who? (Alpha)", situation="We rent.")
    total = embed("Who?") + embed("Who? (Alpha)") + embed("We rent.")
    vector = question_vector(request, index)
    assert vector.dtype == np.float32
    assert np.allclose(vector, total / np.linalg.norm(total), atol=1e-6)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


# --- what is never found ------------------------------------------------------------------------


def test_sources_and_headings_alone_are_never_hits(
    make_settings: MakeSettings, pages: Path
) -> None:
    (pages / "delta.md").write_text(
        "---\ntitle: Delta\n---\n# Delta\n\n## Zebras of Delta\n\n### Stripes\n\nThey have them."
        "\n\n## Sources\n\n* A zebra and another zebra, zebra.example\n"
    )
    settings = make_settings(pages)
    build_index(settings)
    index = open_index(settings.index)
    kinds = [passage.kind for passage in index.passages if passage.profile == "delta"]
    assert "sources" in kinds
    assert any(not passage.body.strip() for passage in index.passages)
    for request in (asks("zebra sources"), asks("zebra", partners=("delta",))):
        hits = retrieve(request, index, count=ALL)
        found = [hit.passage for hit in hits if hit.passage.profile == "delta"]
        assert [passage.heading_path[-1] for passage in found] == ["Stripes"]
        assert len(hits) == sum(map(may_be_found, index.passages)) < len(index.passages)
        assert all(np.isfinite(hit.score) for hit in hits)


def test_equal_pages_are_found_in_the_order_of_ids(
    make_settings: MakeSettings, pages: Path
) -> None:
    for name in ("zeta", "again", "b/again"):
        (pages / name).parent.mkdir(exist_ok=True)
        (pages / f"{name}.md").write_bytes((pages / "gamma.md").read_bytes())
    settings = make_settings(pages)
    build_index(settings)
    index = open_index(settings.index)
    hits = retrieve(asks("How long do students join a company?"), index, count=4)
    assert [hit.passage.profile for hit in hits] == ["again", "b/again", "gamma", "zeta"]
    assert len({(hit.score, hit.dense, hit.lexical) for hit in hits}) == 1
    dense = [hit.dense_rank for hit in hits]
    assert dense == list(range(dense[0], dense[0] + 4))
    lexical = [hit.lexical_rank for hit in hits]
    assert lexical == list(range(lexical[0], lexical[0] + 4))
