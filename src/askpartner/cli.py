"""The command line: one command a verb, one line an error, one exit code a kind of failure.

0 done, 1 a check failed, 2 usage, 3 bad input, 4 index missing or refused, 5 label drift.
Heavy packages are imported by the command that needs them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askpartner import __version__
from askpartner.errors import AskpartnerError, QuestionError, UsageError
from askpartner.evaluation.options import add_options

if TYPE_CHECKING:
    from askpartner.settings import Settings

CHECK_FAILED = 1
BAD_INPUT = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except AskpartnerError as error:
        print(f"askpartner: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader of a pipe has had enough
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="askpartner",
        description="Cited answers from a directory of partner profiles.",
        epilog="exit codes: 0 done, 1 a check failed, 2 usage, 3 bad input, "
        "4 index missing or refused, 5 label drift",
    )
    parser.add_argument("--version", action="version", version=f"askpartner {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], words: str) -> Any:
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(command=run)
        return command

    index = add("index", _index, "read the pages of a folder and write the index")
    _corpus_option(index)
    _index_option(index)
    index.add_argument("--model", help="sentence-transformers model, by name or path")
    index.add_argument("--json", action="store_true", help="print the report as JSON")

    ask = add("ask", _ask, "answer one question")
    ask.add_argument("question", metavar="QUESTION")
    _index_option(ask)
    ask.add_argument(
        "--after",
        action="append",
        default=[],
        metavar="EARLIER_QUESTION",
        help="a question asked before this one; may be repeated, oldest first",
    )
    _hits_option(ask)
    ask.add_argument("--json", action="store_true", help="print the answer as JSON")

    batch = add("batch", _batch, "answer every question of a JSON Lines file")
    batch.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    batch.add_argument("--out", type=Path, required=True, metavar="ANSWERS.jsonl")
    _index_option(batch)
    _hits_option(batch)

    sections = add("sections", _sections, "show how a page is read and cut")
    sections.add_argument("page", type=Path, metavar="PAGE")
    sections.add_argument("--json", action="store_true", help="print the sections as JSON")

    verify = add("verify", _verify, "prove every quote of a file of answers again")
    verify.add_argument("answers", type=Path, metavar="ANSWERS.jsonl")
    verify.add_argument("--corpus", type=Path, required=True, help="folder of Markdown profiles")

    evaluate = add("evaluate", _evaluate, "answer a labelled question set and judge the answers")
    add_options(evaluate)

    questions = commands.add_parser("questions", help="make and check question sets")
    _questions_parsers(questions.add_subparsers(required=True, metavar="COMMAND"))

    audit = add(
        "audit", _audit, "check answers without labels: change copies of the pages, ask again"
    )
    audit.add_argument("questions", type=Path, nargs="?", metavar="QUESTIONS")
    _corpus_option(audit)
    _index_option(audit, "folder of an index whose exported model is used (index)")
    audit.add_argument(
        "--sample", type=_number, default=40, metavar="N", help="most questions asked"
    )
    _seed_option(audit)
    audit.add_argument(
        "--check", action="append", metavar="CHECK", help="one of the checks; may be repeated"
    )
    audit.add_argument("--out", type=Path, metavar="FILE", help="write the report as JSON")
    audit.add_argument("--json", action="store_true", help="print the report as JSON")

    serve = add("serve", _serve, "open the chat in a browser")
    _index_option(serve)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=7860, help="port to listen on")

    mcp = add("mcp", _mcp, "answer an agent over the Model Context Protocol (standard input)")
    _index_option(mcp)
    return parser


def _questions_parsers(verbs: Any) -> None:
    words = "draft a question set from the pages, for a person to review"
    draft = verbs.add_parser("draft", help=words, description=words)
    draft.set_defaults(command=_questions_draft)
    _pages_options(draft)
    draft.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl")
    _seed_option(draft)
    draft.add_argument(
        "--per-kind", type=_number, default=20, metavar="N", help="most questions of one kind"
    )
    words = "find what is doubled, doubtful or gone in a question set"
    check = verbs.add_parser("check", help=words, description=words)
    check.set_defaults(command=_questions_check)
    check.add_argument("questions", type=Path, metavar="QUESTIONS")
    _pages_options(check)
    check.add_argument("--json", action="store_true", help="print the findings as JSON")


def _pages_options(command: argparse.ArgumentParser) -> None:
    pages = command.add_mutually_exclusive_group()
    pages.add_argument("--corpus", type=Path, help="folder of Markdown profiles (corpus)")
    pages.add_argument("--index", type=Path, help="folder of an index over them")


def _seed_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=int, default=0, metavar="N", help="another choice (0)")


def _corpus_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--corpus", type=Path, help="folder of Markdown profiles (corpus)")


def _index_option(
    command: argparse.ArgumentParser, words: str = "folder of the index (index)"
) -> None:
    command.add_argument("--index", type=Path, help=words)


def _hits_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--hits", type=_count, metavar="N", help="show the N best passages with each answer"
    )


def _count(text: str) -> int:
    number = int(text)  # argparse turns a ValueError into a usage error
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError("not between 1 and 100")
    return number


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("not 1 or more")
    return number


def _write(path: Path, data: bytes) -> None:
    from askpartner.storage import replace_file

    try:
        replace_file(path, data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}; name another") from error


def _settings(given: argparse.Namespace) -> Settings:
    from askpartner.settings import load_settings

    return load_settings(
        corpus=getattr(given, "corpus", None),
        index=getattr(given, "index", None),
        model=getattr(given, "model", None),
    )


# --- the commands -------------------------------------------------------------------------------


def _index(given: argparse.Namespace) -> int:
    from askpartner.index import build_index
    from askpartner.progress import progress_bar

    settings = _settings(given)
    with progress_bar() as progress:
        report = build_index(settings, progress=progress)
    for fault in report.unreadable:
        print(f"askpartner: {fault}", file=sys.stderr)
    if given.json:
        print(json.dumps(report.as_object(), ensure_ascii=False, indent=2))
    else:
        print(report.as_text())
    return BAD_INPUT if report.unreadable else 0


def _ask(given: argparse.Namespace) -> int:
    from askpartner.assistant import Assistant, Turn
    from askpartner.index import IndexReader
    from askpartner.render import answer_object, terminal_text

    settings = _settings(given)
    assistant = Assistant(IndexReader(settings.index), settings)
    answer = assistant.ask(
        given.question, history=[Turn("user", earlier) for earlier in given.after], hits=given.hits
    )
    if given.json:
        shown = answer_object(answer, with_hits=given.hits is not None)
        print(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        print(terminal_text(answer, with_hits=given.hits is not None))
    return 0


def _batch(given: argparse.Namespace) -> int:
    from askpartner.assistant import Assistant
    from askpartner.index import IndexReader
    from askpartner.progress import progress_bar
    from askpartner.questions import read_questions
    from askpartner.render import answer_object
    from askpartner.storage import replace_file

    settings = _settings(given)
    questions, faults = read_questions(given.questions)
    assistant = Assistant(IndexReader(settings.index), settings)
    lines: list[str] = []
    with progress_bar() as progress:
        for number, question in enumerate(questions, start=1):
            try:
                answer = assistant.ask(question.question, history=question.history, hits=given.hits)
            except QuestionError as error:
                faults.append(f"{given.questions}:{question.line}: {error}")
                continue
            shown = answer_object(answer, identity=question.id, with_hits=given.hits is not None)
            lines.append(json.dumps(shown, ensure_ascii=False) + "\n")
            progress(number, len(questions), "questions")
    replace_file(given.out, "".join(lines).encode())
    for fault in faults:
        print(f"askpartner: {fault}", file=sys.stderr)
    print(f"{len(lines)} answered, {len(faults)} not readable: {given.out}")
    return BAD_INPUT if faults else 0


def _sections(given: argparse.Namespace) -> int:
    from askpartner.corpus import read_page
    from askpartner.index import open_budget
    from askpartner.render import sections_object, sections_text

    profile = read_page(given.page.parent, given.page)
    budget = open_budget(_settings(given))
    if given.json:
        print(json.dumps(sections_object(profile, budget), ensure_ascii=False, indent=2))
    else:
        print(sections_text(profile, budget))
    return 0


def _verify(given: argparse.Namespace) -> int:
    from askpartner.questions import read_answers
    from askpartner.verify import failed_quotes

    if not given.corpus.is_dir():
        raise UsageError(f"{given.corpus}: no such folder; name the pages with --corpus")
    answers = read_answers(given.answers)
    failed = 0
    proven = 0
    for line, answer in answers:
        faults = failed_quotes(answer, given.corpus)
        failed += len(faults)
        proven += len(answer["citations"])
        for fault in faults:
            print(f"{given.answers}:{line}: {fault}")
    print(f"{len(answers)} answers, {proven} citations, {failed} failed")
    return CHECK_FAILED if failed else 0


def _evaluate(given: argparse.Namespace) -> int:
    from askpartner.evaluation.command import run

    return run(given)


def _questions_draft(given: argparse.Namespace) -> int:
    from askpartner.evaluation.draft import draft_questions, open_pages
    from askpartner.evaluation.questions import question_set_bytes

    pages, unreadable = open_pages(_settings(given), from_index=given.index is not None)
    questions = draft_questions(pages, seed=given.seed, per_kind=given.per_kind)
    _write(given.out, question_set_bytes(questions))
    for fault in unreadable:
        print(f"askpartner: {fault}", file=sys.stderr)
    print(f"{len(questions)} questions over {len(pages.profiles)} pages: {given.out}")
    return BAD_INPUT if unreadable else 0


def _questions_check(given: argparse.Namespace) -> int:
    from askpartner.evaluation.check import check_questions, findings_text
    from askpartner.evaluation.draft import open_pages
    from askpartner.evaluation.labels import Pages
    from askpartner.evaluation.questions import read_question_set

    questions, faults = read_question_set(given.questions)
    pages = None
    if given.corpus or given.index:
        opened, unreadable = open_pages(_settings(given), from_index=given.index is not None)
        pages = Pages(opened.profiles, opened.sections)
        faults.extend(map(str, unreadable))
    findings = check_questions(questions, pages)
    for fault in faults:
        print(f"askpartner: {fault}", file=sys.stderr)
    if given.json:
        shown = {"questions": len(questions), "findings": [f.as_object() for f in findings]}
        print(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        print(findings_text(given.questions, len(questions), findings, with_pages=bool(pages)))
    return BAD_INPUT if faults else CHECK_FAILED if findings else 0


def _audit(given: argparse.Namespace) -> int:
    from askpartner.evaluation.audit import audit, audit_questions, checks_named
    from askpartner.progress import progress_bar

    settings = _settings(given)
    checks = checks_named(given.check)
    questions, faults = audit_questions(settings, given.questions, seed=given.seed)
    with progress_bar() as progress:
        report = audit(
            settings, questions, checks=checks, sample=given.sample, seed=given.seed,
            progress=progress,
        )  # fmt: skip
    faults.extend(report.unreadable)
    for fault in faults:
        print(f"askpartner: {fault}", file=sys.stderr)
    shown = json.dumps(report.as_object(), ensure_ascii=False, indent=2)
    if given.out:
        _write(given.out, f"{shown}\n".encode())
    print(shown if given.json else report.as_text())
    return CHECK_FAILED if report.failures else BAD_INPUT if faults else 0


def _serve(given: argparse.Namespace) -> int:
    from askpartner.web.server import serve

    serve(_settings(given), host=given.host, port=given.port)
    return 0


def _mcp(given: argparse.Namespace) -> int:
    from askpartner.mcp_server import serve_agent

    serve_agent(_settings(given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
