"""The command line: one command a verb, one line an error, one exit code a kind of failure.

0 done, 1 a check failed, 2 usage, 3 bad input, 4 index missing or refused.
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
        "4 index missing or refused",
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

    serve = add("serve", _serve, "open the chat in a browser")
    _index_option(serve)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=7860, help="port to listen on")
    return parser


def _corpus_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--corpus", type=Path, help="folder of Markdown profiles (corpus)")


def _index_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--index", type=Path, help="folder of the index (index)")


def _hits_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--hits", type=_count, metavar="N", help="show the N best passages with each answer"
    )


def _count(text: str) -> int:
    number = int(text)  # argparse turns a ValueError into a usage error
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError("not between 1 and 100")
    return number


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


def _serve(given: argparse.Namespace) -> int:
    from askpartner.web.server import serve

    serve(_settings(given), host=given.host, port=given.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
