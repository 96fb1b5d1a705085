"""The figures' arithmetic against the independent scorers, and the command as it is typed."""

from __future__ import annotations

import importlib.util
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from benchmarks.quality.measures import (
    Unit,
    ndcg,
    precision_omega,
    range_recall,
    recall,
    word_f1,
)
from benchmarks.quality.places import FilePlaces
from benchmarks.quality.sets import Target

from askpartner.evaluation.measures import auroc
from askpartner.index import MODELS
from askpartner.page import parse_page
from askpartner.settings import Settings
from shared_material import ROOT, shared


def scorer(name: str) -> ModuleType:
    path = shared("bench", name)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_worked_figures() -> None:
    targets = [Target("a", "One"), Target("a", "One", "again"), Target("b", "Two")]
    found = [Unit("a", "Three"), Unit("b", "Top > Two"), Unit("a", "one"), Unit("b", "Two")]
    # The first target is at rank 3, the second at rank 2; found again at rank 4 it adds nothing.
    assert ndcg(found, targets) == pytest.approx((0.630929754 + 0.5) / (1 + 0.630929754))
    assert recall(found, targets, 2) == 0.5
    assert recall(found, [Target("a", "Nine", "Said  here")], 9) == 0.0
    assert (
        recall([Unit("a", "", "it was said here")], [Target("a", "Nine", "Said  here")], 1) == 1.0
    )
    assert auroc([0.9, 0.5], [0.5, 0.1]) == 0.875
    assert word_f1("Who founded it?", "Who founded Apple's school?") == pytest.approx(2 / 4)
    assert range_recall([(0, 5), (3, 10)], [(4, 8), (20, 24)]) == 0.5
    assert precision_omega([(0, 10), (10, 20), (20, 30)], [(12, 16)]) == pytest.approx(0.4)


def test_auroc_equals_the_independent_scorer() -> None:
    theirs = scorer("score.py").auroc
    draw = random.Random(1)
    for _ in range(50):
        scores = [[draw.randrange(9) / 8 for _ in range(draw.randrange(1, 20))] for _ in "pn"]
        assert auroc(*scores) == pytest.approx(theirs(*scores), abs=1e-6)


def test_ranges_equal_the_independent_scorer() -> None:
    theirs = scorer("score_chunking.py").score
    draw = random.Random(2)
    for _ in range(100):
        cuts = sorted(draw.sample(range(1, 300), 9))
        chunks = list(zip([0, *cuts[:-1]], cuts, strict=True))
        starts = sorted(draw.sample(range(0, 280, 25), 3))
        wanted = [(start, start + draw.randrange(1, 25)) for start in starts]
        picked = draw.sample(range(len(chunks)), 3)
        row = {"id": "q", "relevant": [{"doc": "d", "start": a, "end": b} for a, b in wanted]}
        figures = theirs(
            [row], [{"doc": "d", "start": a, "end": b} for a, b in chunks], {"q": picked}
        )
        found = [chunks[at] for at in picked]
        assert range_recall(found, wanted) == pytest.approx(figures["recall"][0], abs=1e-6)
        assert precision_omega(chunks, wanted) == pytest.approx(
            figures["precision_omega"][0], abs=1e-6
        )


def test_words_are_found_again_in_the_file() -> None:
    source = "# *Rooms* & halls\n\n| a | b |\n|---|---|\n| [one](/x-y) | **two** |\n\nLast words."
    text = parse_page(source.encode(), name="page.md").text
    places = FilePlaces(text, source)
    assert places.lost == 0
    for word in ("Rooms", "halls", "one", "two", "Last"):
        at = text.index(word)
        start, end = places.range_between(at, at + len(word))
        assert word in source[start:end]


# --- the command --------------------------------------------------------------------------------


def run_quality(work: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.quality", "--work", str(work), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture
def work(built: Settings, tmp_path: Path) -> Path:
    """A work folder that holds the exported model."""
    shutil.copytree(built.index / MODELS, tmp_path / "work" / "own" / "index" / MODELS)
    return tmp_path / "work"


def test_a_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run_quality(tmp_path, "--shared", str(tmp_path / "nowhere"), "scifact")
    assert done.returncode == 2
    assert "scifact" in done.stderr
    assert "--shared" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_figures_equal_the_independent_scorer(work: Path) -> None:
    name = "govuk_conditionalqa"
    folder = shared("bench", name)
    runs, figures = work / "runs", work / "figures.json"
    done = run_quality(
        work, "--shared", str(shared()), "--runs", str(runs), "--json", str(figures), name
    )
    assert done.returncode == 0, done.stderr
    scored = subprocess.run(
        [
            sys.executable,
            str(shared("bench", "score.py")),
            str(folder),
            str(runs / f"{name}.jsonl"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    theirs: dict[str, Any] = json.loads(scored.stdout)
    ours = {row["measure"]: row for row in json.loads(figures.read_bytes())["rows"]}
    for measure, key in (("nDCG@10", "ndcg@10"), ("recall@5", "recall@5")):
        assert ours[measure]["count"] == theirs[key]["n"]
        # Theirs is rounded to four places.
        assert round(ours[measure]["value"], 4) == pytest.approx(theirs[key]["mean"], abs=1e-6)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_own_questions_are_measured_the_same_twice(work: Path) -> None:
    first, second = (run_quality(work, "own", "--failures") for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    assert "right section in top 3" in first.stdout
    assert "by tag" in first.stdout
