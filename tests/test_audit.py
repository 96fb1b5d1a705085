"""The audit passes a sound assistant, and each kind of broken one fails the check made for it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from askpartner.assistant import Assistant, Turn
from askpartner.cli import main
from askpartner.corpus import read_page
from askpartner.errors import UsageError
from askpartner.evaluation.audit import CHECKS, AuditReport, Check, audit, checks_named
from askpartner.evaluation.changes import MakeAssistant, unrelated_page, without_section
from askpartner.evaluation.draft import draft_questions, read_folder
from askpartner.evaluation.questions import question_set_bytes
from askpartner.evaluation.said import MASKED, difference, said
from askpartner.evaluation.types import LabelledQuestion
from askpartner.index import Index, IndexReader
from askpartner.lexical import words
from askpartner.settings import Settings
from askpartner.split import split_sections
from askpartner.templates import load_templates
from askpartner.types import Answer, Sentence
from conftest import PAGES
from shared_material import ROOT, shared


def question(identity: str, text: str) -> LabelledQuestion:
    return LabelledQuestion(identity, text, (), (), None, (), (), (), 0)


QUESTIONS = [
    question("audience", "Who is laboratory rental at Alpha Institute suitable for?"),
    question("weeks", "How long does training at Alpha Institute take?"),
    question("list", "Which partners are suitable for universities?"),
    question("price", "What does training at Alpha Institute cost?"),
]


def run(
    built: Settings,
    checks: Sequence[Check],
    *,
    make_assistant: MakeAssistant = Assistant,
    questions: Sequence[LabelledQuestion] = QUESTIONS,
) -> AuditReport:
    return audit(built, questions, checks=checks, make_assistant=make_assistant)


def failing(report: AuditReport) -> dict[str, int]:
    return {row.check: row.cases - row.passed for row in report.rows if row.passed < row.cases}


# --- broken assistants --------------------------------------------------------------------------


class Broken(Assistant):
    """Answers rightly, and then says something else."""

    def __init__(self, reader: IndexReader, settings: Settings) -> None:
        super().__init__(reader, settings)
        self.reader = reader

    def ask(self, question: str, *, history: Sequence[Turn] = (), **given: Any) -> Answer:
        return self.changed(super().ask(question, history=history, **given))

    def changed(self, answer: Answer) -> Answer:
        raise NotImplementedError

    def saying(self, answer: Answer, text: str) -> Answer:
        return replace(answer, sentences=(*answer.sentences, Sentence("template", text, None)))

    @property
    def index(self) -> Index:
        return self.reader.get()


class CitesAFixedQuote(Broken):
    """Says the same whatever is asked, wherever it stands."""

    @cached_property
    def fixed(self) -> Answer:
        return Assistant.ask(self, "When was Alpha Institute founded?")

    def changed(self, answer: Answer) -> Answer:
        return replace(self.fixed, question=answer.question, request=answer.request)


class CitesOtherWords(Broken):
    """Cites words that are not those at their address."""

    def changed(self, answer: Answer) -> Answer:
        cited = [replace(c, quote=c.quote.upper()) for c in answer.citations]
        return replace(answer, citations=tuple(cited))


class DropsAHit(Broken):
    """Leaves out the last of several citations."""

    def changed(self, answer: Answer) -> Answer:
        if len(answer.citations) < 2:
            return answer
        last = answer.citations[-1].number
        kept = [sentence for sentence in answer.sentences if sentence.citation != last]
        return replace(answer, citations=answer.citations[:-1], sentences=tuple(kept))


class ListsOneTooMany(Broken):
    """Lists a partner that does not state what is asked."""

    def changed(self, answer: Answer) -> Answer:
        first = next(p for p in self.index.profiles.values() if p.id == "alpha")
        if answer.request.intent != "list" or not answer.citations:
            return answer
        extra = replace(answer.citations[0], profile=first.id, start=0, end=5, quote=first.text[:5])
        return replace(answer, citations=(*answer.citations, extra))


class SaysTheFirstFile(Broken):
    """Depends on the order of files."""

    def changed(self, answer: Answer) -> Answer:
        first = next(iter(self.index.profiles.values()))
        return self.saying(answer, f"We recommend {first.title}.")


class SaysAFileName(Broken):
    """Depends on what files are called."""

    def changed(self, answer: Answer) -> Answer:
        return self.saying(answer, " ".join(citation.profile for citation in answer.citations))


class CountsPages(Broken):
    """Depends on pages that have nothing to do with the question."""

    def changed(self, answer: Answer) -> Answer:
        return self.saying(answer, f"There are {len(self.index.profiles)} partners.")


class CountsSections(Broken):
    """Depends on sections it does not cite."""

    def changed(self, answer: Answer) -> Answer:
        sections = sum(map(len, self.index.sections.values()))
        return self.saying(answer, f"There are {sections} sections.")


class SaysItsProcess(Broken):
    """Never says the same twice."""

    def changed(self, answer: Answer) -> Answer:
        return self.saying(answer, f"Process {os.getpid()}.")


@pytest.mark.slow
def test_a_sound_assistant_passes(built: Settings) -> None:
    checks: list[Check] = ["quotes", "deletion", "uncited_deletion", "irrelevance", "planting"]
    report = run(built, checks)
    assert report.failures == ()
    cases = {row.check: row.cases for row in report.rows}
    # What is refused cites nothing that could be deleted.
    assert cases == {
        "quotes": 4,
        "deletion": 3,
        "uncited_deletion": 8,
        "irrelevance": 4,
        "planting": 4,
    }
    assert (report.pages, report.questions, report.unreadable) == (3, 4, ())


@pytest.mark.slow
def test_an_answer_that_does_not_depend_on_its_source_fails_deletion(built: Settings) -> None:
    report = run(built, ["deletion", "irrelevance"], make_assistant=CitesAFixedQuote)
    assert failing(report) == {"deletion": 4}
    assert report.failures[0].fault == "the answer that cites it stays the same"
    assert "“Overview” deleted" in report.failures[0].done


def test_words_that_are_not_at_their_address_fail_quotes(built: Settings) -> None:
    report = run(built, ["quotes"], make_assistant=CitesOtherWords)
    assert failing(report) == {"quotes": 3}
    assert "are not the quoted words" in report.failures[0].fault


@pytest.mark.slow
def test_a_dropped_hit_fails_planting(built: Settings) -> None:
    report = run(built, ["planting"], make_assistant=DropsAHit, questions=[])
    assert all(case.fault.startswith("not listed: planted-") for case in report.failures)
    assert failing(report) == {"planting": 2}  # of 0 and of 1 there is nothing to drop


@pytest.mark.slow
def test_a_partner_too_many_fails_planting(built: Settings) -> None:
    report = run(built, ["planting"], make_assistant=ListsOneTooMany, questions=[])
    assert [case.fault for case in report.failures] == ["listed without it: alpha"] * 3


@pytest.mark.parametrize(
    ("broken", "checks", "failed"),
    [
        (CountsPages, ("irrelevance",), {"irrelevance": 4}),
        pytest.param(SaysTheFirstFile, ("renaming", "order"), {"order": 4}, marks=pytest.mark.slow),
        pytest.param(
            SaysAFileName, ("renaming", "quotes"), {"renaming": 3}, marks=pytest.mark.slow
        ),
        pytest.param(CountsPages, ("deletion", "renaming", "order"), {}, marks=pytest.mark.slow),
        pytest.param(
            CountsSections,
            ("uncited_deletion", "renaming"),
            {"uncited_deletion": 8},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            SaysItsProcess, ("repetition", "renaming"), {"repetition": 4}, marks=pytest.mark.slow
        ),
    ],
)
def test_each_fault_fails_the_check_made_for_it_and_no_other(
    broken: MakeAssistant, checks: Sequence[Check], failed: dict[str, int], built: Settings
) -> None:
    report = run(built, checks, make_assistant=broken)
    assert failing(report) == failed
    assert all(case.fault and case.done for case in report.failures)


@pytest.mark.slow
def test_two_audits_give_the_same_report_and_change_no_page(built: Settings, pages: Path) -> None:
    settings = built.model_copy(update={"corpus": pages})
    before = {path.name: path.read_bytes() for path in sorted(pages.iterdir())}
    current = (built.index / "CURRENT").read_bytes()
    questions = draft_questions(read_folder(pages)[0], per_kind=1)
    checks: list[Check] = ["uncited_deletion", "irrelevance"]
    reports = [
        audit(settings, questions, checks=checks, sample=5, seed=3).as_object() for _ in range(2)
    ]
    assert reports[0] == reports[1]
    assert reports[0]["questions"] == 5
    assert {path.name: path.read_bytes() for path in sorted(pages.iterdir())} == before
    assert (built.index / "CURRENT").read_bytes() == current


@pytest.mark.slow
def test_the_profiles_pass_with_drafted_questions(built: Settings) -> None:
    settings = built.model_copy(update={"corpus": ROOT / "corpus"})
    questions = draft_questions(read_folder(settings.corpus)[0], per_kind=4)
    report = audit(settings, questions, sample=20)
    assert report.failures == (), report.as_text()
    assert all(row.cases for row in report.rows)


# --- what it is made of -------------------------------------------------------------------------


def test_a_section_is_cut_out_of_a_page_alone_or_not_at_all(pages: Path) -> None:
    cut = 0
    for path in sorted(pages.glob("*.md")):
        profile = read_page(pages, path)
        for section in split_sections(profile):
            data = without_section(path.read_bytes(), path.name, section, profile)
            if data is None:
                continue
            cut += 1
            (pages / "cut.md").write_bytes(data)
            left = f"{profile.text[: section.start]} {profile.text[section.end :]}"
            assert read_page(pages, pages / "cut.md").text.split() == left.split()
    assert cut >= 10
    one_line = pages / "line.md"
    one_line.write_text("---\ntitle: L\n---\n<h2>One</h2><p>first</p><h2>Two</h2><p>second</p>\n")
    profile = read_page(pages, one_line)
    section = split_sections(profile)[0]
    assert without_section(one_line.read_bytes(), "line.md", section, profile) is None
    untitled = pages / "untitled.md"
    untitled.write_text("# The Title\n\nWords.\n\n# Another\n\nMore words.\n")
    profile = read_page(pages, untitled)
    first, second = split_sections(profile)
    assert without_section(untitled.read_bytes(), "untitled.md", second, profile) is not None
    # Without its first heading the page would be called otherwise.
    assert without_section(untitled.read_bytes(), "untitled.md", first, profile) is None


@pytest.mark.slow
def test_sections_are_cut_out_of_real_pages_alone_or_not_at_all(tmp_path: Path) -> None:
    corpus = shared("corpus", "profiles")
    cut = 0
    for path in sorted(corpus.glob("*.md")):
        profile = read_page(corpus, path)
        for section in split_sections(profile):
            data = without_section(path.read_bytes(), path.name, section, profile)
            cut += data is not None
    assert cut >= 10


def test_the_unrelated_page_shares_no_word_with_pages_and_questions(index: Index) -> None:
    form = set(words("title Overview Ways to work with Who is this suitable for 1"))
    known = {root for p in index.profiles.values() for root in words(p.text)}
    title, page = unrelated_page(index, QUESTIONS, 0)
    assert title == "Omega Theatre"
    assert not (set(words(page.decode())) - form) & known
    asked = [question("opera", "Where are operas staged?"), question("sea", "Sailors and bakery?")]
    title, page = unrelated_page(index, asked, 0)
    assert not (set(words(page.decode())) - form) & (known | set(words("operas sailors bakery")))
    assert unrelated_page(index, asked, 0) == (title, page)
    assert unrelated_page(index, asked, 1) != (title, page)


def test_differences_are_told_and_equal_answers_have_none(assistant: Assistant) -> None:
    one = assistant.ask("Which partners are suitable for universities?")
    other = assistant.ask("Who is training at Alpha Institute suitable for?")
    assert difference(said(one), said(one)) == ""
    told = difference(said(one), said(other))
    assert "citation gone: alpha | " in told
    assert difference(said(one), said(replace(one, confidence=0.1, hits=()))) == ""
    assert difference(said(one), said(one, {"alpha": "omega"})).startswith("citation gone")
    turned = replace(one, sentences=one.sentences[::-1])
    assert difference(said(one), said(turned)) == "sentences in another order or number"


def test_counts_must_be_out_of_as_many_profiles_as_there_are(assistant: Assistant) -> None:
    one = said(assistant.ask("Which partners are suitable for universities?"))
    assert one.totals == (3,)
    assert difference(one, replace(one, totals=(4,)), added=1) == ""
    assert difference(one, one, added=1) == "counts are out of [3], not [4]"


@pytest.mark.slow
def test_a_question_that_cannot_be_read_is_told_and_the_rest_is_asked(built: Settings) -> None:
    report = run(built, ["quotes"], questions=[*QUESTIONS[:1], question("empty", "???")])
    assert report.questions == 1
    assert report.unreadable == ("question empty: the question has no words; type one",)


def test_unknown_checks_and_empty_samples_are_refused(built: Settings) -> None:
    assert checks_named(None) == list(CHECKS)
    assert checks_named(["order", "quotes"]) == ["quotes", "order"]
    with pytest.raises(UsageError, match="no check 'luck'; there are quotes, "):
        checks_named(["luck"])
    with pytest.raises(UsageError, match="1 at least"):
        audit(built, QUESTIONS, sample=0)


# --- the command --------------------------------------------------------------------------------


def test_the_command_prints_a_table_and_writes_the_report(
    built: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "set.jsonl"
    asked.write_bytes(question_set_bytes(QUESTIONS[:2]))
    out = tmp_path / "report.json"
    options = ["--corpus", str(PAGES), "--index", str(built.index), "--check", "quotes"]
    assert main(["audit", str(asked), *options, "--out", str(out)]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["check", "cases", "passed", "score", "skipped"]
    assert table[1].split() == ["quotes", "2", "2", "1.000", "0"]
    report = json.loads(out.read_text())
    assert report["checks"] == [
        {"check": "quotes", "cases": 2, "passed": 2, "score": 1.0, "skipped": 0}
    ]
    assert (report["passed"], report["failures"], report["pages"]) == (True, [], 3)


@pytest.mark.slow
def test_the_command_fails_when_a_check_does(
    built: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = tmp_path / "set.jsonl"
    asked.write_bytes(question_set_bytes(QUESTIONS[:1]))
    ask = Assistant.ask

    def broken(self: Assistant, question: str, **given: Any) -> Answer:
        answer = ask(self, question, **given)
        wrong = [replace(c, quote="Nobody said this.") for c in answer.citations]
        return replace(answer, citations=tuple(wrong))

    monkeypatch.setattr(Assistant, "ask", broken)
    options = ["--corpus", str(PAGES), "--index", str(built.index), "--check", "quotes"]
    assert main(["audit", str(asked), *options]) == 1
    shown = capsys.readouterr().out
    assert "quotes: audience: Who is laboratory rental" in shown
    assert main(["audit", str(asked), *options, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["passed"] is False


def test_the_command_names_what_it_cannot_read(
    built: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "--corpus", str(tmp_path / "none")]) == 3
    assert main(["audit", str(tmp_path / "none.jsonl"), "--corpus", str(PAGES)]) == 3
    assert main(["audit", "--check", "luck"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 3
    assert "no such folder" in errors[0]


def test_what_counts_the_whole_directory_is_masked() -> None:
    of_all = {"total", "silent", "partners"}
    named = {
        (f"{table}.{key}", name)
        for table in ("list", "not_found")
        for key, template in load_templates("answer")[table].items()
        for name in of_all & set(re.findall(r"{(\w+)}", template))
    }
    assert named - MASKED == {("list.more", "partners")}  # part of another name
    assert named >= MASKED
