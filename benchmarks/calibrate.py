"""Fit the model that says how likely the cited words answer a question, and what that has meant.

    python -m benchmarks.calibrate [--shared DIR] [--work DIR] [--write]

The features are those the product computes when it looks for evidence (``askpartner.evidence``).
Questions that a set calls unanswerable are negatives; so are answerable ones asked with the pages
that answer them left out of what is found (``page out``), for questions outside the directory are
of that kind. Every set has a fixed share of the weight, half of it on either answer.

Logistic regression with L2 on standardised coefficients, each held to the sign its feature must
have: held signs cost little on sets seen in fitting and gain much on those not seen. Reported are
AUROC of log-odds of the coefficients in use now, and of new ones with documents, then whole sets,
left out of the fit. ``--write`` writes the new ones when they are better with documents left out.
"""

from __future__ import annotations

import argparse
import json
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from askpartner.compose.judging import Judged, judge
from askpartner.evaluation.measures import auroc, flat
from askpartner.evidence import (
    FEATURES,
    SMALLEST_SAMPLE,
    Calibration,
    load_calibration,
)
from askpartner.index import Index
from askpartner.progress import progress_bar
from askpartner.retrieve import retrieve
from askpartner.types import Hit, Request
from askpartner.understand import understand
from benchmarks.quality.rows import is_right_answer, wanted_words
from benchmarks.quality.sets import (
    OWN_QUESTIONS,
    ROOT,
    Progress,
    Question,
    QuestionSet,
    add_places,
    open_set,
)

CALIBRATION = ROOT / "src" / "askpartner" / "evidence" / "calibration.json"

PAGE_OUT = " page out"

LOOKED_UP = ("fact", "place")
"""Intents that are answered by looking for words; others are read off the pages' structure."""

SHARES = {
    "own": 150.0,
    "harbour": 150.0,
    "health": 150.0,
    "hub": 150.0,
    "valley": 150.0,
    "delta": 150.0,
    "harbour_near": 40.0,
    "health_near": 40.0,
    "squad2_dev": 500.0,
    "single_topic_rag": 100.0,
    "mtrag_clapnq": 60.0,
    "mtrag_clapnq" + PAGE_OUT: 60.0,
    "govuk_conditionalqa": 80.0,
}
"""What each source weighs: by how much can be learnt from it, and how sure its labels are."""

SETS_PAGE_OUT = ("mtrag_clapnq", "govuk_conditionalqa")
"""Sets whose questions are also asked with their pages left out."""

AGAINST = frozenset(
    (
        *("replaced", "negation_missing", "name_missing", "opposite", "kind_missing"),
        *("form_apart", "absent_share", "head_absent", "demand_unmet", "uncounted"),
    )
)
"""Features that may only lower the probability; the others may only raise it."""

PENALTY = 30.0
FOLDS = 8
SMALLEST_BIN = 60


Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Features = tuple[float, ...]
"""In the order of FEATURES."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its evidence."""

    source: str  # a key of SHARES
    document: str  # the document it was asked about, set included
    answerable: bool
    features: Features
    page_out: bool

    @property
    def set_name(self) -> str:
        """The set it comes from."""
        return self.source.removesuffix(PAGE_OUT)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calibrate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_places(parser)
    parser.add_argument("--write", action="store_true", help="write the model if it is better")
    parser.add_argument(
        "--bins",
        action="store_true",
        help="write what scores have meant, from the project's own questions; fit nothing",
    )
    given = parser.parse_args(arguments)
    if given.bins:
        with progress_bar() as progress:
            _write_own_bins(open_set("own", given.shared, given.work, progress))
        return 0
    examples: list[Example] = []
    with progress_bar() as progress:
        for name in dict.fromkeys(source.removesuffix(PAGE_OUT) for source in SHARES):
            opened = open_set(name, given.shared, given.work, progress)
            examples += _examples(opened, progress)
    before = load_calibration()
    fitted = HeldOut(examples)
    _report(examples, before, fitted)
    better = fitted.mean_auroc(fitted.documents_out) > fitted.mean_auroc(_odds(before, examples))
    if given.write and better:
        CALIBRATION.write_text(json.dumps(fitted.calibration(), indent=1) + "\n", encoding="utf-8")
        print(f"written: {CALIBRATION.relative_to(ROOT)}")
    elif given.write:
        print("not written: the coefficients in use are as good with documents left out")
    return 0


# --- features -----------------------------------------------------------------------------------


def _examples(opened: QuestionSet, progress: Progress) -> list[Example]:
    index, name = opened.index, opened.name
    titles = {identity: profile.title for identity, profile in index.profiles.items()}
    by_document = {document: identity for identity, document in opened.documents.items()}
    found: list[Example] = []
    for done, question in enumerate(opened.questions, start=1):
        document = _document(question)
        request = understand(question.question, question.history, index)
        if name in OWN_QUESTIONS and request.intent not in LOOKED_UP:
            continue
        hits = retrieve(request, index, count=len(index.passages))
        real = _judged(request, hits[: opened.settings.hits], opened)
        if question.answerable and not _is_said(question, real, index):
            continue  # to quote the wrong words would be no answer, however well they fit
        found.append(Example(name, document, question.answerable, _row(real), page_out=False))
        if name in SETS_PAGE_OUT and question.answerable and question.relevant:
            marked = {titles[by_document[t.doc]] for t in question.relevant if t.doc in by_document}
            left = _without_pages(hits, marked)
            source = name + PAGE_OUT if name + PAGE_OUT in SHARES else name
            out = _judged(request, left[: opened.settings.hits], opened)
            found.append(Example(source, document, False, _row(out), page_out=True))
        progress(done, len(opened.questions), name)
    return found


def _document(question: Question) -> str:
    """What is left out together: the page a question is about, or its conversation."""
    if question.row.get("doc"):
        return str(question.row["doc"])
    return question.id.partition("<")[0]


def _without_pages(hits: Sequence[Hit], titles: Set[str]) -> list[Hit]:
    """The hits there would be without the pages of these titles: with ranks among those left."""
    gone = [hit for hit in hits if hit.passage.title in titles]
    dense = sorted(hit.dense_rank for hit in gone)
    lexical = sorted(hit.lexical_rank for hit in gone)
    left = [hit for hit in hits if hit.passage.title not in titles]
    return [
        replace(
            hit,
            rank=rank,
            dense_rank=hit.dense_rank - bisect_left(dense, hit.dense_rank),
            lexical_rank=hit.lexical_rank - bisect_left(lexical, hit.lexical_rank),
        )
        for rank, hit in enumerate(left, start=1)
    ]


def _judged(request: Request, hits: Sequence[Hit], opened: QuestionSet) -> Judged:
    """What the product judges: of the partners asked about, when there are any."""
    partners = request.partners
    own = [hit for hit in hits if not partners or hit.passage.profile in partners]
    return judge(request, own, opened.index)


def _is_said(question: Question, judged: Judged, index: Index) -> bool:
    """Whether what would be quoted holds the words that a right answer must, where they are known.

    A quote stands below its heading, and an e-mail address or link may be beside it.
    """
    if judged.evidence.found is None:
        return False
    passage = judged.evidence.found.hit.passage
    text = index.profiles[passage.profile].text
    quotes = (text[start:end] for start, end in judged.ranges)
    said = flat(" ".join((passage.title, *passage.heading_path, *quotes)))
    return all(flat(wanted) in said for wanted in wanted_words(question))


def _row(judged: Judged) -> Features:
    return tuple(judged.features[name] for name in FEATURES)


# --- the model ----------------------------------------------------------------------------------


class HeldOut:
    """The model fitted on all examples, and log-odds of each by models that had not seen it."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples
        self.features = np.array([example.features for example in examples])
        self.answerable = np.array([float(example.answerable) for example in examples])
        self._weights = _weights(examples)
        sets = [example.set_name for example in examples]
        documents = [f"{example.set_name}/{example.document}" for example in examples]
        fold = {name: at % FOLDS for at, name in enumerate(sorted(set(documents)))}
        self.documents_out = self._without([str(fold[document]) for document in documents])
        self.sets_out = self._without(sets)
        self.weights = self._fit(np.ones(len(examples), dtype=bool))
        self.in_sample = self._predict(self.weights, self.features)

    def _without(self, groups: Sequence[str]) -> Numbers:
        """Log-odds of each example by a model fitted without its group."""
        of = np.array(groups)
        odds = np.zeros(len(of))
        for group in sorted(set(groups)):
            left_out = of == group
            odds[left_out] = self._predict(self._fit(~left_out), self.features[left_out])
        return odds

    @staticmethod
    def _predict(weights: Numbers, features: Numbers) -> Numbers:
        odds: Numbers = features @ weights[1:] + weights[0]
        return odds

    def _fit(self, chosen: Mask) -> Numbers:
        """Intercept, then a coefficient a feature."""
        from scipy.optimize import minimize  # type: ignore[import-untyped]

        features, weights = self.features[chosen], self._weights[chosen]
        answerable = self.answerable[chosen]
        centre = np.average(features, axis=0, weights=weights)
        spread = np.sqrt(np.average((features - centre) ** 2, axis=0, weights=weights)) + 1e-6
        scaled = (features - centre) / spread

        def loss(at: Numbers) -> tuple[float, Numbers]:
            odds = scaled @ at[1:] + at[0]
            errors = weights * (1 / (1 + np.exp(-odds)) - answerable)
            fit = (weights * (np.logaddexp(0, odds) - answerable * odds)).sum()
            slope = np.r_[errors.sum(), scaled.T @ errors + PENALTY * at[1:]]
            return float(fit + PENALTY / 2 * (at[1:] ** 2).sum()), slope

        signs = [(None, 0.0) if name in AGAINST else (0.0, None) for name in FEATURES]
        start = np.zeros(len(FEATURES) + 1)
        best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), *signs])
        if not best.success:
            raise ArithmeticError(f"the fit did not end: {best.message}")
        found: Numbers = np.r_[
            best.x[0] - (best.x[1:] * centre / spread).sum(), best.x[1:] / spread
        ]
        return found

    def mean_auroc(self, odds: Numbers) -> float:
        """Mean over the sets, each weighing its share."""
        total = worth = 0.0
        for name in dict.fromkeys(example.set_name for example in self._examples):
            share = sum(part for source, part in SHARES.items() if source.startswith(name))
            worth += share * auroc_of(self._examples, odds, name)
            total += share
        return worth / total

    def calibration(self) -> dict[str, object]:
        """What ``calibration.json`` holds.

        Log-odds are stretched and moved so that those of unseen documents are probabilities
        (Platt 1999); the bins are of unseen documents too.
        """
        stretch, shift = self._platt()
        probabilities = 1 / (1 + np.exp(-(stretch * self.documents_out + shift)))
        coefficients = stretch * self.weights[1:]
        return {
            "coefficients": {
                name: round(float(value), 6)
                for name, value in zip(FEATURES, coefficients, strict=True)
            },
            "intercept": round(float(stretch * self.weights[0] + shift), 6),
            "bins": _bins(probabilities, self.answerable),
        }

    def _platt(self) -> tuple[float, float]:
        from scipy.optimize import minimize

        def loss(at: Numbers) -> float:
            odds = at[0] * self.documents_out + at[1]
            wrong = np.logaddexp(0, odds) - self.answerable * odds
            return float((self._weights * wrong).sum())

        best = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead")
        return float(best.x[0]), float(best.x[1])


def _weights(examples: Sequence[Example]) -> Numbers:
    counts = Counter((example.source, example.answerable) for example in examples)
    # A handful of examples is not made to weigh as much as many.
    return np.array(
        [SHARES[e.source] / 2 / max(8, counts[e.source, e.answerable]) for e in examples]
    )


def _write_own_bins(opened: QuestionSet) -> None:
    """How often an answer that was looked up was right, by its score; the model stays as it is.

    Right: a right section cited and every required word said. Answers read off the structure of
    the pages (lists, audiences, comparisons) are not judged by the model and do not count.
    """
    scores, right = [], []
    for question in opened.questions:
        answer = opened.assistant.ask(question.question, history=question.history)
        if answer.status == "answered" and answer.request.intent == "fact":
            scores.append(answer.confidence)
            right.append(float(is_right_answer(question, answer)))
    model = json.loads(CALIBRATION.read_bytes())
    model["bins"] = _bins(np.array(scores), np.array(right), smallest=SMALLEST_SAMPLE)
    CALIBRATION.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    for low, good, asked in model["bins"]:
        print(f"from {low:.4f}: right {good} of {asked}")


def _bins(
    probabilities: Numbers, answerable: Numbers, smallest: int = SMALLEST_BIN
) -> list[list[float]]:
    """Lowest probability, answerable, asked: rising shares (pool adjacent violators), no bin small.

    Isotonic regression as in Zadrozny and Elkan, KDD 2002.
    """
    bins: list[list[float]] = []
    for at in np.argsort(probabilities, kind="stable"):
        bins.append([float(probabilities[at]), float(answerable[at]), 1])
        while len(bins) > 1 and (
            bins[-2][1] / bins[-2][2] >= bins[-1][1] / bins[-1][2] or bins[-2][2] < smallest
        ):
            _, right, asked = bins.pop()
            bins[-1][1] += right
            bins[-1][2] += asked
    while len(bins) > 1 and bins[-1][2] < smallest:
        _, right, asked = bins.pop()
        bins[-1][1] += right
        bins[-1][2] += asked
    bins[0][0] = 0.0
    return [[round(low, 4), int(right), int(asked)] for low, right, asked in bins]


# --- the report ---------------------------------------------------------------------------------


def auroc_of(
    examples: Sequence[Example], odds: Numbers, set_name: str, real: bool = False
) -> float:
    """AUROC of log-odds over a set's examples; ``real``: without pages left out."""
    chosen = [
        (example.answerable, float(value))
        for example, value in zip(examples, odds, strict=True)
        if example.set_name == set_name and not (real and example.page_out)
    ]
    return auroc([v for good, v in chosen if good], [v for good, v in chosen if not good])


def _odds(calibration: Calibration, examples: Sequence[Example]) -> Numbers:
    probabilities = np.array(
        [
            calibration.probability(dict(zip(FEATURES, example.features, strict=True)))
            for example in examples
        ]
    )
    odds: Numbers = np.log(probabilities / (1 - probabilities))
    return odds


def _report(examples: Sequence[Example], before: Calibration, fitted: HeldOut) -> None:
    table = Table(title="AUROC of the evidence's log-odds")
    table.add_column("set")
    for name in ("questions", "answerable", "in use", "documents out", "set out", "in sample"):
        table.add_column(name, justify="right")
    columns = (_odds(before, examples), fitted.documents_out, fitted.sets_out, fitted.in_sample)
    for name in dict.fromkeys(example.set_name for example in examples):
        for real in (True, False):
            chosen = [e for e in examples if e.set_name == name and not (real and e.page_out)]
            right = sum(e.answerable for e in chosen)
            if not 0 < right < len(chosen) or (not real and not any(e.page_out for e in chosen)):
                continue
            figures = (f"{auroc_of(examples, odds, name, real):.3f}" for odds in columns)
            label = name if real else f"{name}, with page out"
            table.add_row(label, str(len(chosen)), str(right), *figures)
    table.add_section()
    means = (f"{fitted.mean_auroc(odds):.3f}" for odds in columns)
    table.add_row("mean by share of weight", str(len(examples)), "", *means)
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(table)
    console.print_json(json.dumps(fitted.calibration()))


if __name__ == "__main__":
    sys.exit(main())
