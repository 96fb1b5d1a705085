"""The command line as its users run it: processes, exit codes, one line an error."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from askpartner.index import build_index
from askpartner.settings import Settings
from conftest import PAGES, MakeSettings
from shared_material import ROOT

SCHEMA = json.loads((ROOT / "src" / "askpartner" / "schemas" / "answer.json").read_text())

# Any look-up of a name or connection ends the process with an error; its own address is allowed.
NO_NETWORK = """
import socket, sys
def refuse(name, real=None):
    def refused(*given, **named):
        if real and given[0] == "127.0.0.1":
            return real(*given, **named)
        print(f"network used: {name}{given}", file=sys.stderr)  # whoever swallows the error
        raise AssertionError(f"network used: {name}{given}")
    return refused
socket.getaddrinfo = refuse("getaddrinfo", socket.getaddrinfo)
socket.gethostbyname = refuse("gethostbyname")
socket.socket.connect = refuse("connect")
"""


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own, without a network."""
    program = f"{NO_NETWORK}\nimport sys\nfrom askpartner.cli import main\nsys.exit(main())"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ASKPARTNER_")}
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


def asked(settings: Settings, *arguments: str) -> dict[str, Any]:
    done = run("ask", *arguments, "--index", settings.index, "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(answer, SCHEMA)
    return answer


def test_answer_is_the_published_object(built: Settings) -> None:
    answer = asked(built, "Who is laboratory rental at Alpha Institute suitable for?")
    (citation,) = answer["citations"]
    assert answer["status"] == "answered"
    assert citation["quote"] == "Who is this suitable for?\nStart-ups\nUniversities"
    assert citation["profile"] == "alpha"
    assert citation["heading_path"][-1] == "1. Laboratory Rental"
    assert citation["lines"] == [17, 19]
    assert citation["url"] == "/partners/alpha/"
    assert [link["url"] for link in answer["links"]] == ["https://alpha.example/contact"]
    assert "hits" not in answer


@pytest.mark.slow
def test_hits_are_shown_when_asked_for(built: Settings) -> None:
    answer = asked(built, "When was Alpha Institute founded?", "--hits", "3")
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3]
    assert "1990" in answer["text"]


def test_terminal_answer_names_its_source(built: Settings) -> None:
    done = run("ask", "When was Alpha Institute founded?", "--index", built.index)
    assert done.returncode == 0
    assert "“Alpha Institute was founded in 1990 to study yeast." in done.stdout
    assert "[1] Alpha Institute (AI) › Overview (alpha.md, line 9)" in (done.stdout)


@pytest.mark.slow
def test_follow_up_is_told_what_was_taken_over(built: Settings) -> None:
    answer = asked(built, "What is its website?", "--after", "When was Alpha Institute founded?")
    assert answer["request"]["carried"] == ["Alpha Institute (AI)"]
    assert "https://alpha.example/" in answer["citations"][0]["quote"]


@pytest.mark.parametrize(
    "question",
    [
        "What does laboratory rental at Alpha Institute cost?",
        *(
            pytest.param(question, marks=pytest.mark.slow)
            for question in (
                "What are the opening hours of Gamma Polytechnic?",
                "Who is the chief executive of Beta Fund?",
            )
        ),
    ],
)
def test_refusal_cites_nothing_and_is_no_failure(question: str, built: Settings) -> None:
    answer = asked(built, question)
    assert (answer["status"], answer["reason"]) == ("not_found", "not_stated")
    assert answer["citations"] == answer["links"] == []
    assert all(sentence["kind"] == "template" for sentence in answer["sentences"])


@pytest.mark.slow
def test_same_question_same_bytes(built: Settings) -> None:
    runs = [
        run("ask", "Who trains operators?", "--index", built.index, "--json", "--hits", "5").stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1] != ""


@pytest.mark.slow
def test_index_ask_batch_verify(pages: Path, make_settings: MakeSettings, tmp_path: Path) -> None:
    settings = make_settings(pages)
    done = run("index", "--corpus", pages, "--index", settings.index, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["pages"], report["unreadable"]) == (3, [])
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        json.dumps({"id": "q1", "question": "Who pays for vaccines?", "tags": ["kept away"]})
        + "\n{broken\n"
        + json.dumps(
            {
                "id": "q2",
                "question": "And what is its website?",
                "history": [{"role": "user", "content": "What does Alpha Institute study?"}],
            }
        )
    )
    answers = tmp_path / "answers.jsonl"
    done = run("batch", questions, "--out", answers, "--index", settings.index, "--hits", "2")
    assert done.returncode == 3
    assert done.stderr.startswith(f"askpartner: {questions}:2: not JSON")
    found = [json.loads(line) for line in answers.read_text().splitlines()]
    for answer in found:
        jsonschema.validate(answer, SCHEMA)
    assert [answer["id"] for answer in found] == ["q1", "q2"]
    assert [len(answer["hits"]) for answer in found] == [2, 2]

    proven = run("verify", answers, "--corpus", pages)
    assert (proven.returncode, proven.stderr) == (0, "")
    (pages / "alpha.md").write_text(
        (pages / "alpha.md")
        .read_text()
        .replace("https://alpha.example/ |", "https://new.example/ |")
    )
    refuted = run("verify", answers, "--corpus", pages)
    assert refuted.returncode == 1
    assert f"{answers}:2: [1] alpha.md: characters" in refuted.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quote": "Other words"}, "are not the quoted words"),
        ({"profile": "../../etc/passwd"}, "not a page of the corpus"),
        ({"profile": "missing"}, "cannot be read"),
        ({"start": 0, "end": 0}, "are not the quoted words"),
    ],
)
def test_verify_catches_every_kind_of_lie(
    change: dict[str, Any], says: str, built: Settings, tmp_path: Path
) -> None:
    answer = asked(built, "When was Alpha Institute founded?")
    answer["citations"][0] |= change
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(answer))
    done = run("verify", path, "--corpus", PAGES)
    assert done.returncode == 1
    assert says in done.stdout


@pytest.mark.slow
def test_page_edited_after_indexing_makes_its_citation_refuse(
    pages: Path, make_settings: MakeSettings
) -> None:
    settings = make_settings(pages)
    build_index(settings)
    question = "When was Alpha Institute founded?"
    assert asked(settings, question)["status"] == "answered"
    page = pages / "alpha.md"
    page.write_text(page.read_text().replace("1990", "1991"))
    answer = asked(settings, question)
    assert (answer["status"], answer["reason"]) == ("not_found", "stale")
    assert answer["citations"] == []
    assert "askpartner index" in answer["text"]
    build_index(settings)
    assert "1991" in asked(settings, question)["text"]


@pytest.mark.slow
def test_unreadable_pages_are_reported_and_the_others_indexed(
    pages: Path, make_settings: MakeSettings
) -> None:
    (pages / "latin.md").write_bytes(b"---\ntitle: Caf\xe9\n---\nWords\n")
    (pages / "open.md").write_text("---\ntitle: Open\n")
    settings = make_settings(pages)
    done = run("index", "--corpus", pages, "--index", settings.index, "--json")
    assert done.returncode == 3
    report = json.loads(done.stdout)
    assert report["pages"] == 3
    assert [(Path(f["path"]).name, f["line"]) for f in report["unreadable"]] == [
        ("latin.md", 2),
        ("open.md", 1),
    ]
    assert done.stderr.count("\n") == 2
    assert asked(settings, "When was Alpha Institute founded?")["status"] == "answered"


@pytest.mark.slow
def test_sections_show_how_a_page_is_cut(built: Settings, tmp_path: Path) -> None:
    done = run("sections", PAGES / "beta.md", "--json", cwd=built.index.parent)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert "".join(section["text"] for section in shown["sections"]) == shown["text"]
    for section in shown["sections"]:
        assert "".join(passage["text"] for passage in section["passages"]) == section["text"]
    assert shown["sections"][1]["heading_path"] == ["Beta Fund", "Overview"]
    people = run("sections", PAGES / "beta.md", cwd=built.index.parent)
    before = set(tmp_path.iterdir())
    alone = run("sections", PAGES / "beta.md", "--json", cwd=tmp_path)
    assert alone.stdout == done.stdout, "the same without an index, and nothing is written"
    assert set(tmp_path.iterdir()) == before
    assert "## Beta Fund › Overview  [overview, lines 7-12]" in people.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ask", "Who?", "--index", "nowhere"], 4, "nowhere: no index here; run: askpartner index"),
        (["ask", "?!", "--index", "BUILT"], 3, "the question has no words"),
        (["ask", "Who?", "--hits", "0"], 2, "not between 1 and 100"),
        (["index", "--corpus", "nowhere"], 3, "nowhere: no such folder"),
        (["batch", "nowhere.jsonl", "--out", "x"], 3, "nowhere.jsonl: cannot be read"),
        (["verify", "nowhere.jsonl", "--corpus", "nowhere"], 2, "nowhere: no such folder"),
        (["sections", "nowhere.md"], 3, "nowhere.md: cannot be read"),
        (["serve", "--index", "nowhere"], 4, "no index here"),
        (["serve", "--index", "BUILT", "--port", "99999"], 2, "cannot listen"),
        (["unknown"], 2, "invalid choice"),
        ([], 2, "required"),
    ],
)
def test_errors_are_one_line_with_the_way_out(
    arguments: list[str], code: int, says: str, built: Settings, tmp_path: Path
) -> None:
    given = [str(built.index) if word == "BUILT" else word for word in arguments]
    done = run(*given, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert code == 2 or done.stderr.count("\n") == 1


@pytest.mark.slow
def test_serving_looks_nothing_up(built: Settings) -> None:
    program = f"{NO_NETWORK}\nfrom askpartner.cli import main\nsys.exit(main())"
    server = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--index", str(built.index), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        found = re.search(r"http://[\d.:]+", server.stdout.readline())
        assert found is not None
        assert httpx.get(found[0]).status_code == 200
        assert httpx.get(f"{found[0]}/healthz").json()["status"] == "ok"
    finally:
        server.terminate()
        _, complaints = server.communicate(timeout=30)
    assert "network used" not in complaints


def test_bad_setting_is_named() -> None:
    environment = os.environ | {"ASKPARTNER_PASSAGE_TOKENS": "2", "ASKPARTNER_WORKERS": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "askpartner.cli", "ask", "Who?"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 2
    assert "passage_tokens" in done.stderr
    assert "workers" in done.stderr


@pytest.mark.parametrize(
    ("program", "unwanted"),
    [
        ("import askpartner", ("torch", "gradio", "faiss", "numpy", "onnxruntime")),
        (
            "import askpartner.cli, contextlib\n"
            "with contextlib.suppress(SystemExit): askpartner.cli.main(['--help'])",
            ("torch", "gradio", "faiss", "numpy", "onnxruntime"),
        ),
        (
            "import askpartner.cli; askpartner.cli.main(['ask', 'Who trains?', '--index', INDEX])",
            ("torch", "gradio", "sentence_transformers", "transformers", "bm25s"),
        ),
    ],
)
def test_heavy_packages_are_loaded_only_where_needed(
    program: str, unwanted: tuple[str, ...], built: Settings
) -> None:
    check = f"\nimport sys\nprint([n for n in {unwanted!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"INDEX = {str(built.index)!r}\n{program}{check}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
