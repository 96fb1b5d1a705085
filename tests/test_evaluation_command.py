"""``askpartner evaluate`` as its users run it: exit codes, files, stopping, going on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from askpartner.cli import main
from askpartner.evaluation.parallel import CHECKPOINT
from askpartner.settings import Settings
from conftest import PAGES, link_models
from shared_material import ROOT
from test_evaluation import ROWS, SCHEMA

FILES = {"report.json", "report.html", "questions.csv", "junit.xml", "qrels.txt", "run.txt"}


def write_set(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_set(tmp_path / "set.jsonl", *ROWS)


def evaluate(*arguments: object) -> int:
    """The command in this process."""
    try:
        return main(["evaluate", *map(str, arguments)])
    except SystemExit as error:  # argparse's own complaints
        return int(error.code or 0)


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


# --- exit codes ---------------------------------------------------------------------------------


def test_gates_decide_the_exit_code(
    questions: Path, built: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    run = (questions, "--index", built.index)
    assert evaluate(*run, "--gate", "nDCG@10>=0.9", "--gate", "right[fact]>=1", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    jsonschema.validate(shown, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [gate["passed"] for gate in shown["gates"]] == [True, True]
    assert evaluate(*run, "--gate", "right>1", "--gate", "nDCG@10>=0.9") == 1
    captured = capsys.readouterr()
    assert "below the gate right>1: it is 1.0000" in captured.err
    assert "nDCG@10>=0.9" not in captured.err
    assert "passed" in captured.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--gate", "goodness>=1"], "goodness"),
        (["--gate", "right[typo]>=1"], "no question has the tag"),
        (["--measure", "Goodness@3"], "Goodness@3"),
        (["--setting", "colour=red"], "colour=red"),
        (["--setting", "passage_tokens=100"], "name the pages with --corpus"),
        (["--setting", "contact=a", "--setting", "contact=a"], "twice with the same value"),
        (["--setting", "contact=" + "a"] * 3, "more than twice"),
        (["--corpus", "pages"], "not allowed with argument"),
        (
            ["--setting", "contact=a", "--setting", "contact=b", "--against", "run"],
            "not with --against",
        ),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    options: list[str],
    words: str,
    questions: Path,
    built: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate(questions, "--index", built.index, *options) == 2
    assert words in complaint(capsys)


def test_bad_input_is_named_line_by_line(
    tmp_path: Path, built: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_set(tmp_path / "set.jsonl", {"id": 1}, *ROWS[:1], {"question": "Why?"})
    assert evaluate(path, "--index", built.index) == 3
    lines = complaint(capsys).splitlines()
    assert [line.split(": ")[1] for line in lines] == [f"{path}:1", f"{path}:3"]
    assert evaluate(tmp_path / "none.jsonl", "--index", built.index) == 3
    assert evaluate(write_set(tmp_path / "empty.jsonl"), "--index", built.index) == 3
    assert "no questions in it" in complaint(capsys)
    assert evaluate(path, "--index", built.index, "--against", tmp_path) == 3
    assert "report.json: cannot be read" in complaint(capsys)


def with_drift(path: Path) -> Path:
    gone = {**ROWS[0], "relevant": [{"profile": "alpha", "quote": "founded in 1890"}]}
    return write_set(path, ROWS[1], gone)


def test_drift_has_an_exit_code_of_its_own(
    tmp_path: Path, built: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = with_drift(tmp_path / "set.jsonl")
    assert evaluate(path, "--index", built.index, "--gate", "right>=1") == 5
    said = complaint(capsys)
    assert f"{path}:2: founded: the quote of the label alpha: “founded in 1890”" in said
    assert "1 labels are no longer on their pages" in said
    # A figure below its gate is told first.
    assert evaluate(path, "--index", built.index, "--gate", "right>1") == 1


@pytest.mark.slow
def test_drift_is_told_after_the_report_is_written(tmp_path: Path, built: Settings) -> None:
    path, out = with_drift(tmp_path / "set.jsonl"), tmp_path / "out"
    assert evaluate(path, "--index", built.index, "--out", out) == 5
    assert {file.name for file in out.iterdir()} == FILES
    report = json.loads((out / "report.json").read_bytes())
    assert [drift["reason"] for drift in report["drift"]] == ["quote"]


# --- files --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_and_one_against_it(
    tmp_path: Path, questions: Path, built: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    link_models(built.index / "models", one / "index")
    link_models(built.index / "models", other / "index")
    assert evaluate(questions, "--corpus", PAGES, "--out", one) == 0
    assert evaluate(questions, "--corpus", PAGES, "--out", other, "--against", one) == 0
    assert "one → this run" in capsys.readouterr().out
    assert {path.name for path in one.iterdir()} == FILES | {"index"}
    assert {path.name for path in other.iterdir()} == FILES | {"index", "comparison.json"}
    for name in FILES - {"report.html"}:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    changes = json.loads((other / "comparison.json").read_bytes())
    assert all(row["difference"] == 0 for row in changes["rows"])
    assert {question["verdict"] for question in changes["questions"]} == {"tie"}
    # Another set is not compared unless that is wanted; the way out is in the message.
    fewer = write_set(tmp_path / "fewer.jsonl", *ROWS[:3])
    run = (fewer, "--index", one / "index", "--against", one)
    assert evaluate(*run) == 2
    assert "--allow-different" in complaint(capsys)
    assert evaluate(*run, "--allow-different", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["comparison"]["allowed"] == ["questions"]


@pytest.mark.slow
def test_two_settings_are_compared_in_one_command(
    tmp_path: Path, questions: Path, built: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    link_models(built.index / "models", out / "first" / "index")
    settings = ("--setting", "passage_tokens=16", "--setting", "passage_tokens=200")
    assert evaluate(questions, "--corpus", PAGES, "--out", out, *settings) == 0
    shown = capsys.readouterr().out
    assert "passage_tokens=16 → passage_tokens=200" in shown
    assert "passage_tokens: 16 → 200" in shown
    reports = [json.loads((at / "report.json").read_bytes()) for at in (out / "first", out)]
    assert [report["settings"]["passage_tokens"] for report in reports] == [16, 200]
    assert reports[0]["index_version"] != reports[1]["index_version"]


@pytest.mark.slow
def test_a_page_that_cannot_be_read_stops_the_run(
    pages: Path,
    questions: Path,
    tmp_path: Path,
    built: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (pages / "omega.md").write_bytes(b"\xff\xfe")
    link_models(built.index / "models", tmp_path / "out" / "index")
    assert evaluate(questions, "--corpus", pages, "--out", tmp_path / "out") == 3
    assert "omega.md" in complaint(capsys)


# --- long runs ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough questions that a run can be met on its way."""
    rows = [
        {**row, "id": f"{row['id']}-{number}", "question": f"{row['question']} ({number})"}
        for number in range(40)
        for row in ROWS
    ]
    return write_set(tmp_path_factory.mktemp("many") / "set.jsonl", *rows)


def begin(*arguments: object) -> subprocess.Popen[str]:
    """The command in a process, and a group of processes, of its own, as a terminal starts it."""
    command = [sys.executable, "-m", "askpartner.cli", "evaluate", *map(str, arguments)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_for_lines(path: Path, count: int, running: subprocess.Popen[str]) -> int:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and running.poll() is None:
        lines = path.read_bytes().count(b"\n") if path.is_file() else 0
        if lines >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"never {count} lines: {running.communicate()}")


def members(group: int) -> list[int]:
    """The processes of a group that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(entry.parent.name))
    return found


@pytest.fixture(scope="module")
def whole(
    many: Path, built: Settings, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """The files of a run that nothing disturbed, in two processes."""
    out = tmp_path_factory.mktemp("whole")
    running = begin(many, "--index", built.index, "--out", out)
    _, errors = running.communicate(timeout=280)
    assert running.returncode == 0, errors
    assert not (out / CHECKPOINT).exists()
    return {name: (out / name).read_bytes() for name in FILES}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc to see what still runs")
def test_a_killed_run_is_taken_up_again_to_the_same_bytes(
    many: Path, built: Settings, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out, run = tmp_path / "out", (many, "--index", built.index, "--out", tmp_path / "out")
    running = begin(*run)
    wait_for_lines(out / CHECKPOINT, 40, running)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    # The processes it started see that it is gone.
    deadline = time.monotonic() + 20
    while (left := members(running.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left
    assert not (out / "report.json").exists()
    kept = (out / CHECKPOINT).read_bytes()
    # As if the kill had met the middle of a line.
    (out / CHECKPOINT).write_bytes(kept[:-20])
    running = begin(*run)
    after = wait_for_lines(out / CHECKPOINT, 41, running)
    assert after >= kept.count(b"\n") - 1, "began anew"
    _, errors = running.communicate(timeout=280)
    assert running.returncode == 0, errors
    assert {name: (out / name).read_bytes() for name in FILES} == whole
    assert not (out / CHECKPOINT).exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_stopped_run_leaves_a_partial_report_and_goes_on(
    many: Path, built: Settings, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run = (many, "--index", built.index, "--out", out)
    running = begin(*run, "--gate", "right>=0.1")
    wait_for_lines(out / CHECKPOINT, 40, running)
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to every process of the group
    shown, errors = running.communicate(timeout=120)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    assert "stopped at" in errors
    assert "PARTIAL" in shown
    report = json.loads((out / "report.json").read_bytes())
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert report["partial"] is True
    assert 39 <= len(report["outcomes"]) < report["asked"] == 240
    running = begin(*run)
    _, errors = running.communicate(timeout=280)
    assert running.returncode == 0, errors
    assert {name: (out / name).read_bytes() for name in FILES} == whole


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_process_and_two_say_the_same(
    many: Path, built: Settings, whole: dict[str, bytes]
) -> None:
    from askpartner.evaluation import evaluate_in_parallel, read_question_set
    from askpartner.evaluation.report import json_bytes, report_object

    questions, _ = read_question_set(many)
    report = evaluate_in_parallel(questions, built, processes=1, name=many.name)
    assert json_bytes(report_object(report)) == whole["report.json"]
