"""Proofs that need no labels: what an answer cites decides it, and nothing else does.

Changes copies of a corpus in ways that must, or must not, change answers, and asks again. Says
which answers changed that should not have, and the reverse; does not know which answer is right.

What is compared is what is said (``said.py``), not confidences; ``repetition`` alone compares every
byte.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, get_args

from askpartner import __version__
from askpartner.assistant import Assistant
from askpartner.corpus import PAGE_SUFFIX
from askpartner.errors import QuestionError, UsageError
from askpartner.evaluation.changes import (
    MakeAssistant,
    Workspace,
    free_name,
    link_models,
    planted_page,
    unrelated_page,
    without_section,
)
from askpartner.evaluation.draft import draft_questions, read_folder
from askpartner.evaluation.questions import read_question_set
from askpartner.evaluation.said import Said, difference, said, shown
from askpartner.evaluation.types import LabelledQuestion
from askpartner.index import Index, IndexReader, Progress, build_index
from askpartner.lexical import words
from askpartner.render import answer_object
from askpartner.settings import Settings
from askpartner.templates import fill, load_templates
from askpartner.types import Answer, Section
from askpartner.verify import failed_quotes

Check = Literal[
    "quotes",
    "repetition",
    "deletion",
    "uncited_deletion",
    "irrelevance",
    "renaming",
    "order",
    "planting",
]
"""quotes: every quote stands on its page; repetition: another process with an index of its own
says the same bytes; deletion: an answer changes when the section it cites is deleted;
uncited_deletion: it does not when another one is; irrelevance: nor when an unrelated profile is
added; renaming: nor when files are renamed; order: nor when their new names turn their order round;
planting: a fact planted in n of m profiles is listed for exactly those n."""

CHECKS: tuple[Check, ...] = get_args(Check)

SAMPLE = 40
"""Questions asked by default."""

DRAFTED_PER_KIND = 4
"""Questions of a kind where no file of questions is given."""

PLANTED_PROFILES = 12
PLANTED_COUNTS = (0, 1, 5, 12)
"""Profiles generated for planting, and in how many of them the fact is planted."""

UNCITED_EACH = 2
"""Sections deleted for each question that it does not cite, one of them on a page it does."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question under one change."""

    check: Check
    id: str  # of the question
    question: str
    done: str  # what was changed
    fault: str  # what should not be; "" when the case passed

    @property
    def passed(self) -> bool:
        """Whether all is as it should be."""
        return not self.fault


@dataclass(frozen=True, slots=True)
class CheckRow:
    """The cases of one check together."""

    check: Check
    cases: int
    passed: int
    skipped: int  # cases that could not be made: the page cannot be cut there

    @property
    def score(self) -> float | None:
        """The share that passed, in [0, 1]; None without cases."""
        return self.passed / self.cases if self.cases else None


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found. The same corpus, questions and seed give the same report."""

    pages: int
    questions: int  # asked
    seed: int
    rows: tuple[CheckRow, ...]  # in the order of ``CHECKS``
    failures: tuple[Case, ...]  # in the order of checks and questions
    unreadable: tuple[str, ...]  # pages and questions that were left out, each with the reason

    @property
    def passed(self) -> bool:
        """Whether no case failed."""
        return not self.failures

    def as_object(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "askpartner": __version__,
            "pages": self.pages,
            "questions": self.questions,
            "seed": self.seed,
            "passed": self.passed,
            "checks": [
                {
                    "check": row.check,
                    "cases": row.cases,
                    "passed": row.passed,
                    "score": row.score,
                    "skipped": row.skipped,
                }
                for row in self.rows
            ],
            "failures": [
                {
                    "check": case.check,
                    "id": case.id,
                    "question": case.question,
                    "done": case.done,
                    "fault": case.fault,
                }
                for case in self.failures
            ],
            "unreadable": list(self.unreadable),
        }

    def as_text(self) -> str:
        """The report as a table, and below it the failing cases."""
        lines = [f"{'check':<18}{'cases':>7}{'passed':>8}{'score':>8}{'skipped':>9}"]
        for row in self.rows:
            score = "-" if row.score is None else f"{row.score:.3f}"
            lines.append(f"{row.check:<18}{row.cases:>7}{row.passed:>8}{score:>8}{row.skipped:>9}")
        for case in self.failures:
            lines.extend(
                ("", f"{case.check}: {case.id}: {case.question}", f"  {case.done}: {case.fault}")
            )
        lines.extend(("", f"{self.questions} questions over {self.pages} pages"))
        return "\n".join(lines)


def audit(
    settings: Settings,
    questions: Sequence[LabelledQuestion],
    *,
    make_assistant: MakeAssistant = Assistant,
    checks: Sequence[Check] = CHECKS,
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Progress | None = None,
) -> AuditReport:
    """Check the answers to at most ``sample`` of the questions over copies of a corpus.

    Neither the corpus nor the index of ``settings`` is written to; the model that is exported
    there is used, and exported anew where it is not. Questions, deleted sections and planted
    profiles are chosen by ``seed``. ``make_assistant`` must be importable by name, since
    ``repetition`` calls it in another process.

    Raises UsageError for a sample below 1, CorpusError when no page can be read.
    """
    if sample < 1:
        raise UsageError(f"a sample of {sample} questions is none; ask for 1 at least")
    chosen = _sampled(questions, sample, seed)
    with tempfile.TemporaryDirectory(prefix="askpartner-audit-") as folder:
        work = Workspace(settings, Path(folder), make_assistant)
        auditor = _Auditor(work, chosen, seed, progress or (lambda done, total, what: None))
        return auditor.run([check for check in CHECKS if check in checks])


def checks_named(names: Sequence[str] | None) -> list[Check]:
    """The checks of these names, all when there are none. Raises UsageError for an unknown one."""
    if unknown := [name for name in names or () if name not in CHECKS]:
        raise UsageError(f"no check {unknown[0]!r}; there are {', '.join(CHECKS)}")
    return [check for check in CHECKS if not names or check in names]


def audit_questions(
    settings: Settings, path: Path | None, *, seed: int
) -> tuple[list[LabelledQuestion], list[str]]:
    """The questions of a file, or drafted ones without it, and a complaint for each bad line.

    Raises QuestionError for a file that cannot be read, CorpusError for such a corpus.
    """
    if path is not None:
        return read_question_set(path)
    folder, _ = read_folder(settings.corpus)  # what is unreadable is told by the audit
    return draft_questions(folder, seed=seed, per_kind=DRAFTED_PER_KIND), []


def _sampled(
    questions: Sequence[LabelledQuestion], count: int, seed: int
) -> list[LabelledQuestion]:
    if len(questions) <= count:
        return list(questions)
    places = random.Random(f"{seed}:sample").sample(range(len(questions)), count)
    return [questions[place] for place in sorted(places)]


# --- the checks ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with its answer over the corpus as it is."""

    question: LabelledQuestion
    answer: Answer
    said: Said
    used: frozenset[tuple[str, int]]  # sections the answer stands on: profile id and start


@dataclass
class _Auditor:
    """One run: the cases so far, and what they are made from."""

    work: Workspace
    questions: Sequence[LabelledQuestion]
    seed: int
    report: Progress
    cases: list[Case] = field(default_factory=list)
    skipped: dict[Check, int] = field(default_factory=lambda: defaultdict(int))
    unreadable: list[str] = field(default_factory=list)
    deletions: list[Check] = field(default_factory=list)
    asked: list[_Asked] = field(default_factory=list)
    index: Index = field(init=False)  # over the corpus as it is
    cuts: dict[tuple[str, int], bytes | None] = field(default_factory=dict)

    def run(self, checks: Sequence[Check]) -> AuditReport:
        """Make every case of these checks."""
        self.unreadable.extend(map(str, self.work.build(self.work.pages, self.report)))
        self.index = self.work.index
        self.asked.extend(self._asked())
        steps: dict[Check, Callable[[], Iterator[Case]]] = {
            # These two first, while the pages are as they were; each other one makes its own.
            "quotes": self._quotes,
            "repetition": self._repetition,
            "deletion": self._deletion,
            "irrelevance": self._irrelevance,
            "renaming": partial(self._renaming, "renaming"),
            "order": partial(self._renaming, "order"),
            "planting": self._planting,
        }
        self.deletions.extend(c for c in checks if c in ("deletion", "uncited_deletion"))
        for check, step in steps.items():
            if check in checks or (check == "deletion" and self.deletions):
                self.cases.extend(step())
        place = {question.id: at for at, question in enumerate(self.questions)}
        order = {check: at for at, check in enumerate(CHECKS)}
        self.cases.sort(key=lambda c: (order[c.check], place.get(c.id, 0), c.id, c.done))
        return AuditReport(
            pages=len(self.index.profiles),
            questions=len(self.asked),
            seed=self.seed,
            rows=tuple(self._row(check) for check in checks),
            failures=tuple(case for case in self.cases if not case.passed),
            unreadable=tuple(self.unreadable),
        )

    def _row(self, check: Check) -> CheckRow:
        cases = [case for case in self.cases if case.check == check]
        passed = sum(case.passed for case in cases)
        return CheckRow(check, len(cases), passed, self.skipped[check])

    def _asked(self) -> Iterator[_Asked]:
        for done, question in enumerate(self.questions, start=1):
            try:
                answer = self.work.ask(question)
            except QuestionError as error:  # which does not depend on the pages
                self.unreadable.append(f"question {question.id}: {error}")
            else:
                yield _Asked(question, answer, said(answer), self._used(answer))
            self.report(done, len(self.questions), "questions")

    def _used(self, answer: Answer) -> frozenset[tuple[str, int]]:
        """The sections that an answer cites, alone links from, or is asked about by name."""
        places = [(citation.profile, citation.start) for citation in answer.citations]
        places.extend(answer.request.offerings)
        for offered in answer.links:
            profile = self.index.profiles.get(offered.profile)
            same = [link for link in profile.links if link.url == offered.url] if profile else []
            if len(same) == 1:  # a link that stands elsewhere too stays when one is deleted
                places.append((offered.profile, same[0].start))
        found = set()
        for identity, position in places:
            for section in self.index.sections.get(identity, ()):
                if section.start <= position < section.end:
                    found.add((identity, section.start))
        return frozenset(found)

    def _case(self, check: Check, asked: _Asked, done: str, fault: str) -> Case:
        return Case(check, asked.question.id, asked.question.question, done, fault)

    def _again(
        self,
        check: Check,
        done: str,
        *,
        names: Mapping[str, str] | None = None,
        added: int = 0,
    ) -> Iterator[Case]:
        """Every question again: the same must be said."""
        for at, asked in enumerate(self.asked, start=1):
            answer = self.work.ask(asked.question)
            fault = difference(asked.said, said(answer, names), added=added)
            yield self._case(check, asked, done, fault)
            self.report(at, len(self.asked), check)

    def _quotes(self) -> Iterator[Case]:
        for asked in self.asked:
            faults = failed_quotes(answer_object(asked.answer), self.work.corpus)
            yield self._case("quotes", asked, "quotes read again on their pages", "; ".join(faults))

    def _repetition(self) -> Iterator[Case]:
        questions = [asked.question for asked in self.asked]
        # A process of its own has another order of sets and another place in memory.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            other = pool.submit(
                _answers_anew, self.work.settings, questions, self.work.make_assistant
            ).result()
        for asked, again in zip(self.asked, other, strict=True):
            here = _answer_bytes(asked.answer)
            fault = "" if here == again else f"other bytes: {_first_difference(here, again)}"
            yield self._case("repetition", asked, "asked by another process", fault)

    # --- deletion ---

    def _deletion(self) -> Iterator[Case]:
        """Delete each section once and ask all questions for which it is a case."""
        cited: dict[tuple[str, int], list[_Asked]] = defaultdict(list)
        for asked in self.asked:
            if not asked.answer.citations:
                continue
            place = next(filter(self._without, self._cited(asked.answer)), None)
            if place is not None:
                cited[place].append(asked)
            elif "deletion" in self.deletions:
                self.skipped["deletion"] += 1
        uncited = self._uncited(sorted(cited)) if "uncited_deletion" in self.deletions else {}
        places = sorted({*(cited if "deletion" in self.deletions else ()), *uncited})
        for done, place in enumerate(places, start=1):
            section = self._section(place)
            heading = section.heading_path[-1] if section.heading_path else "its beginning"
            told = f"{place[0]}, section “{heading}” deleted"
            source = self.index.profiles[place[0]].source
            data = self._without(place)
            assert data is not None
            self.work.build({**self.work.pages, source: data})
            if "deletion" in self.deletions:
                for asked in cited.get(place, ()):
                    same = not self._change(asked)
                    fault = "the answer that cites it stays the same" if same else ""
                    yield self._case("deletion", asked, told, fault)
            for asked in uncited.get(place, ()):
                yield self._case("uncited_deletion", asked, told, self._change(asked))
            self.report(done, len(places), "deletion")

    def _change(self, asked: _Asked) -> str:
        answer = self.work.ask(asked.question)
        return difference(asked.said, said(answer))

    def _cited(self, answer: Answer) -> list[tuple[str, int]]:
        """The sections an answer cites, in the order of its citations."""
        found: dict[tuple[str, int], None] = {}
        for citation in answer.citations:
            for section in self.index.sections.get(citation.profile, ()):
                if section.start <= citation.start < section.end:
                    found[citation.profile, section.start] = None
        return list(found)

    def _uncited(self, cited: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[_Asked]]:
        """For each question a section on a page it cites and one elsewhere that it does not use.

        Sections that are deleted anyway come first: each deletion is one more index to build.
        """
        found: dict[tuple[str, int], list[_Asked]] = defaultdict(list)
        others = [
            (identity, section.start)
            for identity, sections in self.index.sections.items()
            for section in sections
            if self._is_leaf(section)
        ]
        cited = [place for place in cited if self._is_leaf(self._section(place))]
        for asked in self.asked:
            chance = random.Random(f"{self.seed}:uncited:{asked.question.id}")
            pages = {citation.profile for citation in asked.answer.citations}
            pages = pages or set(asked.answer.request.partners)
            chosen: list[tuple[str, int]] = []
            for near in (True, False):
                place = next(
                    (
                        place
                        for known in (cited, others)
                        for place in chance.sample(known, len(known))
                        if (place[0] in pages) == near
                        and place not in asked.used
                        and self._without(place)
                    ),
                    None,
                )
                chosen.extend([place] if place else [])
            self.skipped["uncited_deletion"] += UNCITED_EACH - len(chosen)
            for place in chosen:
                found[place].append(asked)
        return found

    def _is_leaf(self, section: Section) -> bool:
        """Whether no section stands below a heading: deleting that one would move those."""
        path = section.heading_path
        return bool(path) and not any(
            other != section and other.heading_path[: len(path)] == path
            for other in self.index.sections[section.profile]
        )

    def _section(self, place: tuple[str, int]) -> Section:
        return next(s for s in self.index.sections[place[0]] if s.start == place[1])

    def _without(self, place: tuple[str, int]) -> bytes | None:
        if place not in self.cuts:
            profile = self.index.profiles[place[0]]
            data = self.work.pages[profile.source]
            self.cuts[place] = without_section(data, profile.source, self._section(place), profile)
        return self.cuts[place]

    # --- other pages ---

    def _irrelevance(self) -> Iterator[Case]:
        title, page = unrelated_page(self.index, [a.question for a in self.asked], self.seed)
        name = free_name("0-unrelated", self.work.pages)
        self.work.build({**self.work.pages, name: page})
        yield from self._again("irrelevance", f"profile “{title}” added", added=1)

    def _renaming(self, check: Check) -> Iterator[Case]:
        """Files in folders of a new name each, their own order kept or turned round.

        A page without a title is called after its file, so that part of its name stays.
        """
        profiles = list(self.index.profiles.values())
        turned = profiles if check == "renaming" else profiles[::-1]
        pages: dict[str, bytes] = {}
        names: dict[str, str] = {}
        for number, profile in enumerate(turned):
            name = f"renamed-{number:05}/{Path(profile.source).name}"
            pages[name] = self.work.pages[profile.source]
            names[name.removesuffix(PAGE_SUFFIX)] = profile.id
        self.work.build(pages)
        told = "files renamed" if check == "renaming" else "files renamed in the reverse order"
        yield from self._again(check, told, names=names)

    def _planting(self) -> Iterator[Case]:
        wording = load_templates("questions")["audit"]
        known = {root for p in self.index.profiles.values() for root in words(p.text)}
        things = [t for t in wording["planted"].split() if not known & set(words(t))]
        if not things:
            self.skipped["planting"] += len(PLANTED_COUNTS)
            return
        text = fill(wording["planted_question"], thing=things[0])
        for done, count in enumerate(PLANTED_COUNTS, start=1):
            chance = random.Random(f"{self.seed}:planting:{count}")
            planted = set(chance.sample(range(PLANTED_PROFILES), count))
            pages = dict(self.work.pages)
            expected = set()
            for number in range(PLANTED_PROFILES):
                name = free_name(f"planted-{number:02}", self.work.pages)
                fact = fill(wording["planted_fact"], thing=things[0]) if number in planted else ""
                pages[name] = planted_page(number, fact, wording)
                if number in planted:
                    expected.add(name.removesuffix(PAGE_SUFFIX))
            self.work.build(pages)
            question = _plain_question(f"planted-{count}", text)
            answer = self.work.ask(question)
            fault = _planting_fault(answer, expected, things[0])
            told = f"“{things[0]}” planted in {count} of {PLANTED_PROFILES} generated profiles"
            yield Case("planting", question.id, text, told, fault)
            self.report(done, len(PLANTED_COUNTS), "planting")


def _planting_fault(answer: Answer, expected: set[str], thing: str) -> str:
    cited = {citation.profile for citation in answer.citations}
    if missing := sorted(expected - cited):
        return f"not listed: {', '.join(missing)}"
    if extra := sorted(cited - expected):
        return f"listed without it: {', '.join(extra)}"
    if any(thing not in citation.quote for citation in answer.citations):
        return "a quote does not name it"
    counted = [int(value) for s in answer.sentences for key, value in s.names if key == "stated"]
    if expected and counted != [len(expected)]:
        return f"counted {counted}, planted {len(expected)}"
    if not expected and answer.status != "not_found":
        return f"{answer.status}, and no profile states it"
    return ""


def _plain_question(identity: str, text: str) -> LabelledQuestion:
    return LabelledQuestion(identity, text, (), (), None, (), (), (), 0)


# --- another process ----------------------------------------------------------------------------


def _answers_anew(
    settings: Settings, questions: Sequence[LabelledQuestion], make_assistant: MakeAssistant
) -> list[bytes]:
    """The answers of another process, from an index it builds from nothing beside the first."""
    again = settings.model_copy(update={"index": settings.index.with_name("again")})
    link_models(settings.index, again.index)
    build_index(again)
    assistant = make_assistant(IndexReader(again.index), again)
    return [
        _answer_bytes(assistant.ask(question.question, history=question.history))
        for question in questions
    ]


def _answer_bytes(answer: Answer) -> bytes:
    return json.dumps(answer_object(answer, with_hits=True), ensure_ascii=False).encode()


def _first_difference(one: bytes, other: bytes) -> str:
    """The first key of two answer objects whose values differ, with both values."""
    here, there = json.loads(one), json.loads(other)
    for key, value in here.items():
        if value != there.get(key):
            return f"{key}: {shown(json.dumps(value))} and {shown(json.dumps(there.get(key)))}"
    return "the keys"
