"""Every measure of our own on examples worked by hand; the derivation stands beside each."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import comb, log2
from typing import Any

import numpy as np
import pytest

from askpartner.errors import StaleCitation, UsageError
from askpartner.evaluation.gates import held_against, parse_gates
from askpartner.evaluation.labels import Place
from askpartner.evaluation.measures import (
    OWN_MEASURES,
    aurc_figure,
    auroc,
    auroc_figure,
    citation_scores,
    ece_figure,
    mean_figure,
    own_scores,
    parse_measures,
    proven_citations,
    rankings,
    retrieval_scores,
    said_text,
)
from askpartner.evaluation.statistics import (
    RESAMPLES,
    interval_of,
    resamples,
    sign_test,
    value_of,
)
from askpartner.evaluation.summary import (
    abstention,
    calibration,
    confusion,
    measure_rows,
    risk_coverage,
)
from askpartner.evaluation.types import (
    Confusion,
    Label,
    LabelledQuestion,
    MeasureRow,
    Outcome,
    RankedSection,
)


def question(identity: str = "q", **given: Any) -> LabelledQuestion:
    blank: dict[str, Any] = {
        "history": (),
        "relevant": (),
        "answerable": None,
        "answer_contains": (),
        "answer_omits": (),
        "tags": (),
        "line": 1,
    }
    return LabelledQuestion(identity, "Why?", **(blank | given))


def answer(*quotes: str, status: str = "answered", text: str = "") -> dict[str, Any]:
    """An answer object that quotes from the profile "a"."""
    return {
        "status": status,
        "text": text or "\n\n".join(f"“{q}” [{n}]" for n, q in enumerate(quotes, start=1)),
        "sentences": [
            {"kind": "quote", "text": q, "citation": n} for n, q in enumerate(quotes, start=1)
        ],
        "citations": [
            {"number": n, "profile": "a", "heading_path": ["Rooms"], "quote": q}
            for n, q in enumerate(quotes, start=1)
        ],
        "links": [{"label": "Website", "url": "https://A.example/", "profile": "a"}],
    }


def outcome(
    identity: str,
    *,
    right: bool | None,
    confidence: float = 0.5,
    status: str = "answered",
    answerable: bool | None = True,
    scores: Mapping[str, float | None] | None = None,
    tags: tuple[str, ...] = (),
) -> Outcome:
    return Outcome(
        question=question(identity, answerable=answerable, tags=tags),
        answer=answer("x", status=status),
        error="",
        status=status,
        confidence=confidence,
        ranked=(),
        cited_labels=(),
        drifted=(),
        scores={} if scores is None else scores,
        right=right,
        faults=() if right else ("uncited",),
    )


ONE, TWO, THREE = Place("a", (0,)), Place("a", (10, 20)), Place("b", (0,))


# --- an answer ----------------------------------------------------------------------------------


def test_citations_against_labels() -> None:
    # Four citations: in label 0, nowhere, in labels 0 and 1, nowhere. Two of four are right: 2/4.
    # Labels 0, 1 and 2 are three places, of which two are cited: 2/3.
    cited = [(0,), (), (0, 1), ()]
    assert citation_scores(cited, {0: ONE, 1: TWO, 2: THREE}) == (2 / 4, 2 / 3)
    # Two labels of one place are one to be cited.
    assert citation_scores([(0, 1)], {0: ONE, 1: ONE}) == (1, 1)
    # A label that has drifted has no place: citing it counts for nothing.
    assert citation_scores([(1,), (0,)], {0: ONE}) == (1 / 2, 1)
    assert citation_scores([], {0: ONE}) == (0, 0)


def test_words_are_looked_for_in_all_that_is_seen() -> None:
    said = said_text(answer("The  clean\nROOMS"))
    for words in ("the clean rooms", "rooms", "website https://a.example/"):
        assert words in said
    wanted = question(answerable=True, answer_contains=("Clean rooms", "https://a.example/"))
    scores, right, faults = own_scores(wanted, answer("The  clean\nROOMS"), [()], {}, [True])
    assert (scores["required_words"], right, faults) == (1, True, ())
    # One of two required words is not enough.
    scores, right, faults = own_scores(wanted, answer("Clean halls"), [()], {}, [True])
    assert (scores["required_words"], right, faults) == (0, False, ("words_missing",))


@pytest.mark.parametrize(
    ("asked", "said", "cited", "proven", "expected", "faults"),
    [
        pytest.param(
            question(answerable=True, relevant=(Label("a"), Label("b")), answer_contains=("x",)),
            answer("x", "y"),
            [(0,), ()],
            [True, True],
            # One of two citations is in a labelled place, one of two places is cited.
            {"right": 1, "required_words": 1, "citation_precision": 0.5, "citation_recall": 0.5}
            | {"quotes_proven": 1, "false_refusals": 0},
            (),
            id="answered rightly",
        ),
        pytest.param(
            question(answerable=True, relevant=(Label("a"), Label("b")), answer_contains=("x",)),
            answer(status="not_found"),
            [],
            [],
            # Nothing was said, so everything asked of the answer scores 0; there is no quote.
            {"right": 0, "required_words": 0, "citation_precision": 0, "citation_recall": 0}
            | {"false_refusals": 1},
            ("refused",),
            id="refused though answerable",
        ),
        pytest.param(
            question(answerable=True, relevant=(Label("a"), Label("b")), answer_omits=("x",)),
            None,
            [],
            [],
            {"right": 0, "forbidden_absent": 0, "citation_precision": 0, "citation_recall": 0}
            | {"false_refusals": 1},
            ("unreadable",),
            id="could not be read",
        ),
        pytest.param(
            question(answerable=True, relevant=(Label("a"), Label("b")), answer_omits=("X",)),
            answer("x", "y"),
            [(), ()],
            [True, False],
            {"right": 0, "forbidden_absent": 0, "citation_precision": 0, "citation_recall": 0}
            | {"quotes_proven": 0.5, "false_refusals": 0},
            ("uncited", "words_forbidden", "quote_unproven"),
            id="all wrong",
        ),
        pytest.param(
            question(answerable=False, answer_omits=("yeast",)),
            answer(status="not_found", text="Nothing is said of that."),
            [],
            [],
            {"right": 1, "forbidden_absent": 1, "abstention_recall": 1},
            (),
            id="refused rightly",
        ),
        pytest.param(
            question(answerable=False),
            answer("x", status="partial"),
            [()],
            [True],
            {"right": 0, "abstention_recall": 0, "quotes_proven": 1},
            ("answered",),
            id="a false yes",
        ),
    ],
)
def test_one_question(
    asked: LabelledQuestion,
    said: dict[str, Any] | None,
    cited: Sequence[Sequence[int]],
    proven: Sequence[bool],
    expected: dict[str, float],
    faults: tuple[str, ...],
) -> None:
    places = dict(enumerate((ONE, TWO)[: len(asked.relevant)]))
    scores, right, found = own_scores(asked, said, cited, places, proven)
    assert {name: score for name, score in scores.items() if score is not None} == expected
    assert (right, found) == (bool(expected["right"]), faults)


def test_a_question_whose_labels_are_gone_is_set_aside() -> None:
    asked = question(answerable=True, relevant=(Label("gone"),), answer_contains=("x",))
    scores, right, faults = own_scores(asked, answer("y"), [()], {}, [True])
    assert {name for name, score in scores.items() if score is not None} == {"quotes_proven"}
    assert (right, faults) == (None, ())


def test_nothing_is_known_of_a_bare_question() -> None:
    scores, right, faults = own_scores(question(), answer("y"), [()], {}, [True])
    assert (scores["right"], right, faults) == (None, None, ())


def test_proofs_count_quotes_without_citation() -> None:
    said = answer("one", "two", "three")
    said["sentences"][1]["text"] = "two, embellished"
    said["citations"].pop(2)

    def prove(citation: Mapping[str, Any]) -> None:
        if citation["quote"] == "none":
            raise StaleCitation("not there")

    # The first holds; the second is not said as cited; the third has no citation.
    assert proven_citations(said, prove) == [True, False, False]
    said["citations"][0]["quote"] = "none"
    assert proven_citations(said, prove)[0] is False


# --- a ranking ----------------------------------------------------------------------------------


def section(rank: int, profile: str, start: int, *labels: int) -> RankedSection:
    return RankedSection(rank, 1 / rank, profile, ("Rooms",), start, start + 5, labels)


def test_rankings_worked_by_hand() -> None:
    # Labels: 0 is one section, 1 means two. Ranked: nothing, 1, 1 again, 0, nothing.
    asked = question(answerable=True, relevant=(Label("a", "One"), Label("a", "Two")))
    ranked = [
        section(1, "b", 5),
        section(2, "a", 20, 1),
        section(3, "a", 10, 1),
        section(4, "a", 0, 0),
        section(5, "b", 9),
    ]
    judgements, found = rankings([(asked, ranked, {0: ONE, 1: TWO})])
    measures = parse_measures(["nDCG@10", "R@5", "R@3", "RR@10", "P@3", "Judged@10", "AP"])
    scores = retrieval_scores(measures, judgements, found)["q"]
    gained, ideal = 1 / log2(3) + 1 / log2(5), 1 / log2(2) + 1 / log2(3)
    assert scores == pytest.approx(
        {
            "nDCG@10": gained / ideal,  # at ranks 2 and 4; best would be 1 and 2
            "R@5": 2 / 2,
            "R@3": 1 / 2,
            "RR@10": 1 / 2,
            "P@3": 1 / 3,  # the second section of label 1 gains nothing
            "Judged@10": 3 / 5,  # but it is judged, as are both labels; five were found
            "AP": (1 / 2 + 2 / 4) / 2,
        }
    )


def test_a_section_of_two_labels_stands_for_the_narrower() -> None:
    asked = question(answerable=True, relevant=(Label("a"), Label("a", "One")))
    both = Place("a", (0, 10, 20))
    ranked = [section(1, "a", 0, 0, 1), section(2, "a", 10, 0)]
    judgements, found = rankings([(asked, ranked, {0: both, 1: ONE})])
    (score,) = retrieval_scores(parse_measures(["R@2"]), judgements, found).values()
    assert score == {"R@2": 1}


def test_what_was_not_found_at_all_scores_nought() -> None:
    asked = question(answerable=True, relevant=(Label("a"),))
    judgements, found = rankings([(asked, (), {0: ONE})])
    measures = parse_measures(["nDCG@10", "Judged@10"])
    assert retrieval_scores(measures, judgements, found) == {"q": {"nDCG@10": 0, "Judged@10": 0}}


def test_unknown_measures_are_refused_all_at_once() -> None:
    with pytest.raises(UsageError) as error:
        parse_measures(["nDCG@10", "nDCG@ten", "Goodness", "alpha_nDCG@3", "NumRet"])
    for name in ("nDCG@ten", "Goodness", "alpha_nDCG@3", "NumRet"):
        assert name in str(error.value)


# --- groups of questions ------------------------------------------------------------------------


def ones(count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.ones((1, count))


def test_auroc_worked_by_hand() -> None:
    # Pairs (positive, negative): .9 beats .5 and .1, .5 ties .5 and beats .1: (2 + 1.5) / 4.
    assert auroc([0.9, 0.5], [0.5, 0.1]) == 3.5 / 4
    # Weights: with the positive .5 twice, (2 + 2 * 1.5) / 6; without negatives there is no figure.
    figure = auroc_figure([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    drawn = figure(np.array([[1.0, 2, 1, 1], [1, 1, 0, 0]]))
    assert drawn[0] == 5 / 6
    assert np.isnan(drawn[1])


def test_risk_and_coverage_worked_by_hand() -> None:
    outcomes = [
        outcome("sure", right=True, confidence=0.9),
        outcome("wrong", right=False, confidence=0.8),
        outcome("tied, right", right=True, confidence=0.5),
        outcome("tied, wrong", right=False, confidence=0.5),
        # Refused rightly, but at full coverage it too would be answered, and wrongly.
        outcome("no", right=True, confidence=0.99, status="not_found", answerable=False),
        outcome("not known", right=None),
    ]
    # Errors among the first k: 0, 1, 1 1/2 (half of the tie's one error), 2, 3.
    risks = [0, 1 / 2, 1.5 / 3, 2 / 4, 3 / 5]
    points = risk_coverage(outcomes)
    assert [coverage for coverage, _ in points] == [k / 5 for k in range(1, 6)]
    assert [risk for _, risk in points] == pytest.approx(risks)
    assert abstention(outcomes).risk_coverage.area == pytest.approx(sum(risks) / 5)


def test_area_of_a_drawn_sample_is_that_of_the_sample_written_out() -> None:
    draw = random.Random(3)
    for _ in range(30):
        keys = [draw.randrange(5) / 4 for _ in range(12)]
        wrong = [draw.random() < 0.4 for _ in keys]
        (weights,) = next(resamples(12))[:1].astype(int)
        figure = aurc_figure(keys, wrong)
        repeated = [at for at, times in enumerate(weights) for _ in range(times)]
        written = aurc_figure([keys[at] for at in repeated], [wrong[at] for at in repeated])
        assert figure(weights[None].astype(float)) == pytest.approx(written(ones(12)))


def test_calibration_worked_by_hand() -> None:
    outcomes = [
        outcome("a", right=True, confidence=0.92),
        outcome("b", right=False, confidence=0.98),
        outcome("c", right=True, confidence=1.0),
        outcome("d", right=True, confidence=0.3),
        outcome("refused", right=True, confidence=0.9, status="not_found", answerable=False),
    ]
    found = calibration(outcomes)
    # Bin 9 holds a, b and c: mean confidence 2.9 / 3, right 2 / 3. Bin 3 holds d: .3 and 1.
    assert [(b.low, b.count) for b in found.bins if b.count] == [(0.3, 1), (0.9, 3)]
    assert (found.bins[9].confidence, found.bins[9].right) == pytest.approx((2.9 / 3, 2 / 3))
    assert found.bins[0].right is None
    # Weighted by their answers: 3/4 * (2.9/3 - 2/3) + 1/4 * (1 - .3).
    assert found.error == pytest.approx(0.75 * 0.3 + 0.25 * 0.7)
    assert found.count == 4
    assert ece_figure([0.5, 0.5], [True, False])(ones(2))[0] == 0


def test_abstention_worked_by_hand() -> None:
    outcomes = [
        outcome("1", right=True, answerable=True, confidence=0.9),
        outcome("2", right=True, answerable=True, confidence=0.6),
        outcome("3", right=False, answerable=True, status="clarify", confidence=0.2),
        outcome("4", right=True, answerable=False, status="not_found", confidence=0.1),
        outcome("5", right=True, answerable=False, status="not_found", confidence=0.3),
        outcome("6", right=False, answerable=False, status="partial", confidence=0.7),
        outcome("7", right=None, answerable=None),
    ]
    assert confusion(outcomes) == Confusion(2, 1, 1, 2)
    found = abstention(
        [
            replace(o, scores={"abstention_recall": float(not o.answered)})
            if o.question.answerable is False
            else o
            for o in outcomes
        ]
    )
    assert found.precision == pytest.approx(2 / 3)  # of 3, 4 and 5, the last two
    assert found.recall == pytest.approx(2 / 3)  # of 4, 5 and 6, the first two
    # .9 beats .1 .3 .7; .6 beats .1 .3; .2 beats .1: 6 of 9 pairs.
    assert found.auroc == pytest.approx(6 / 9)


def test_rows_are_by_tag_and_overall_and_leave_nothing_out() -> None:
    outcomes = [
        outcome("1", right=True, scores={"right": 1.0, "R@5": 0.5}, tags=("b", "a")),
        outcome("2", right=False, scores={"right": 0.0, "R@5": None}, tags=("b",)),
    ]
    rows = measure_rows(outcomes, ["R@5"])
    found = {(row.tag, row.measure): (row.value, row.count) for row in rows}
    assert found["", "right"] == (0.5, 2)
    assert found["a", "right"] == (1, 1)
    assert found["b", "right"] == (0.5, 2)
    assert found["", "R@5"] == (0.5, 1)
    assert found["", "required_words"] == (None, 0)
    assert ("a", "required_words") not in found
    assert [row.measure for row in rows if not row.tag] == ["R@5", *OWN_MEASURES]
    assert [row.tag for row in rows] == sorted(row.tag for row in rows)


# --- intervals ----------------------------------------------------------------------------------


def test_intervals_are_those_of_the_binomial_they_stand_for() -> None:
    # 30 of 100 are 1: the mean of a resample is a binomial share of 100 draws at .3, whose 2.5th
    # and 97.5th percentiles are .21 and .39.
    figure = mean_figure([1] * 30 + [0] * 70)
    interval = interval_of(figure, 100)
    assert interval is not None
    assert interval == pytest.approx((0.21, 0.39), abs=0.015)
    assert interval == interval_of(figure, 100)
    assert value_of(figure, 100) == pytest.approx(0.3)
    assert interval_of(mean_figure([1]), 1) is None
    assert interval_of(mean_figure([1, 1]), 2) == (1, 1)
    assert value_of(mean_figure([]), 0) is None


def test_resamples_draw_as_many_as_there_are() -> None:
    blocks = list(resamples(7))
    assert sum(len(block) for block in blocks) == RESAMPLES
    assert all((block.sum(axis=1) == 7).all() for block in blocks)
    # Every question is drawn about once a resample.
    assert np.concatenate(blocks).mean(axis=0) == pytest.approx(1, abs=0.15)


def test_sign_test_worked_by_hand() -> None:
    # 8 of 10: the tail of 8, 9 or 10 heads of ten is (45 + 10 + 1) / 1024, doubled.
    assert sign_test(8, 2) == pytest.approx(112 / 1024)
    assert sign_test(2, 8) == sign_test(8, 2)
    assert sign_test(5, 5) == 1
    assert sign_test(0, 0) == 1
    exact = 2 * sum(Fraction(comb(60, k), 2**60) for k in range(21))
    assert sign_test(40, 20) == pytest.approx(float(exact))


# --- gates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "figure", "passed"),
    [
        ("nDCG@10>=0.8", 0.8, True),
        ("nDCG@10 >= .8", 0.79, False),
        ("R(rel=1)@5>0.5", 0.5, False),
        ("false_refusals<=0.1", 0.1, True),
        ("false_refusals<0.1", 0.1, False),
        ("right[typo]>=1", 1.0, True),
        ("right[two words]>=1", None, False),
    ],
)
def test_gates_hold_figures_to_their_bounds(text: str, figure: float | None, passed: bool) -> None:
    (gate,) = parse_gates([text])
    row = MeasureRow(gate.measure, gate.tag, figure, None, None, 3)
    other = MeasureRow(gate.measure, f"not {gate.tag}", 1 - (figure or 0), None, None, 3)
    result = held_against(gate, [other, row])
    assert (result.value, result.passed) == (figure, passed)
    assert held_against(gate, []).passed is False


def test_gates_that_mean_nothing_are_refused_all_at_once() -> None:
    with pytest.raises(UsageError) as error:
        parse_gates(["nDCG@10", "goodness>=1", "right=1", "right>=high", "right[]>=1"])
    for text in ("'nDCG@10'", "'goodness>=1'", "'right=1'", "'right>=high'", "'right[]>=1'"):
        assert text in str(error.value)
