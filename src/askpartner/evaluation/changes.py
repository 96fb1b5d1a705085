"""A copy of a corpus that may be changed: sections cut out, profiles added, files renamed.

The corpus itself is never written to. Does not judge what the changes do to answers.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from askpartner.assistant import Assistant
from askpartner.corpus import PAGE_SUFFIX, list_pages, read_bytes
from askpartner.errors import CorpusError
from askpartner.evaluation.types import LabelledQuestion
from askpartner.index import CURRENT, GENERATIONS, MODELS, Index, IndexReader, Progress, build_index
from askpartner.lexical import words
from askpartner.page import parse_page
from askpartner.settings import Settings
from askpartner.templates import fill, load_templates
from askpartner.types import Answer, Profile, Section
from askpartner.vocabulary import VOCABULARY_FILE

UNRELATED = "unrelated_"
"""What the names of the tables of subjects begin with in ``templates/questions.toml``."""

MakeAssistant = Callable[[IndexReader, Settings], Assistant]
"""What is audited: ``Assistant``, or anything made and asked like it."""


class Workspace:
    """A copy of a corpus with an index of its own, in a folder that is thrown away."""

    def __init__(self, settings: Settings, folder: Path, make_assistant: MakeAssistant) -> None:
        self.corpus = folder / "corpus"
        self.settings = settings.model_copy(
            update={"corpus": self.corpus, "index": folder / "index"}
        )
        self.make_assistant = make_assistant
        self.pages = {
            path.relative_to(settings.corpus).as_posix(): read_bytes(path)
            for path in list_pages(settings.corpus)
        }
        vocabulary = settings.corpus / VOCABULARY_FILE
        self.corpus.mkdir()
        if vocabulary.is_file():
            (self.corpus / VOCABULARY_FILE).write_bytes(read_bytes(vocabulary))
        link_models(settings.index, self.settings.index)
        _link_generation(settings.index, self.settings.index)
        self._reader = IndexReader(self.settings.index)
        self._assistant: Assistant | None = None
        self._written: dict[str, bytes] = {}

    def build(
        self, pages: Mapping[str, bytes], progress: Progress | None = None
    ) -> tuple[CorpusError, ...]:
        """Make the corpus exactly these pages and bring the index up to date.

        Returns an error for each page that cannot be read.
        """
        for name in sorted(self._written.keys() - pages.keys()):
            (self.corpus / name).unlink()
        for name, data in pages.items():
            if self._written.get(name) != data:
                path = self.corpus / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        self._written = dict(pages)
        return build_index(self.settings, progress=progress).unreadable

    @property
    def index(self) -> Index:
        """The index over the pages as they are now."""
        return self._reader.get()

    def ask(self, question: LabelledQuestion) -> Answer:
        """The answer over the pages as they are now. Raises QuestionError as ``Assistant.ask``."""
        if self._assistant is None:
            self._assistant = self.make_assistant(self._reader, self.settings)
        return self._assistant.ask(question.question, history=question.history)


def link_models(source: Path, target: Path) -> None:
    """Give a new index folder the models exported to another one, if there are any."""
    if (source / MODELS).is_dir():
        shutil.copytree(source / MODELS, target / MODELS, copy_function=_link)


def _link_generation(source: Path, target: Path) -> None:
    """Give it the current generation too, so that what is embedded there is not embedded again.

    A build checks what it builds on, so one that is missing, damaged or of other pages costs time
    and nothing else; so does one that another build removes meanwhile.
    """
    with contextlib.suppress(OSError):
        name = (source / CURRENT).read_text(encoding="ascii").strip()
        place = Path(GENERATIONS) / name
        shutil.copytree(source / place, target / place, copy_function=_link)
        (target / CURRENT).write_text(f"{name}\n", encoding="ascii")


def _link(old: str, new: str) -> None:
    # Files of an index are replaced, never written to, so two folders may share them.
    try:
        os.link(old, new)
    except OSError:  # another disk
        shutil.copyfile(old, new)


def without_section(data: bytes, name: str, section: Section, profile: Profile) -> bytes | None:
    """A page's bytes without the lines of one section; None where it cannot be cut out alone.

    The proof is in reading the page again: all other words, and the title, must be as before.
    """
    first, last = section.lines
    lines = re.split(rb"(?<=\n)|(?<=\r)(?!\n)", data)
    cut = b"".join([*lines[: first - 1], *lines[last:]])
    try:
        page = parse_page(cut, name=name)
    except CorpusError:
        return None
    start, end = section.start, section.end
    left = f"{profile.text[:start].rstrip()}\n{profile.text[end:].lstrip()}"
    same = page.text.split() == left.split() and (page.title or Path(name).stem) == profile.title
    return cut if same else None


def free_name(stem: str, taken: Mapping[str, bytes]) -> str:
    """A file name that no page has, as near to ``stem`` as can be."""
    name = f"{stem}{PAGE_SUFFIX}"
    while name in taken:
        stem += "x"
        name = f"{stem}{PAGE_SUFFIX}"
    return name


def planted_page(number: int, fact: str, wording: Mapping[str, str]) -> bytes:
    """A generated page that says nothing but its number, and the fact."""
    title = fill(wording["planted_title"], number=f"{number:02}")
    body = fill(wording["planted_body"], number=f"{number:02}")
    return f"---\ntitle: {title}\n---\n# {title}\n\n{body}\n{fact}\n".encode()


def unrelated_page(
    index: Index, questions: Sequence[LabelledQuestion], seed: int
) -> tuple[str, bytes]:
    """Title and bytes of a page of which no word is on a page of the index or in a question.

    One of the subjects in ``templates/questions.toml``; where each has a word in common, words
    that mean nothing. It sets out a way to work if half of the pages do.
    """
    known = {root for p in index.profiles.values() for root in words(f"{p.title}\n{p.text}")}
    for question in questions:
        known.update(words(question.question))
        known.update(root for turn in question.history for root in words(turn.content))
    subject: Mapping[str, str] | None = next(
        (
            subject
            for table, subject in load_templates("questions").items()
            if table.startswith(UNRELATED) and not known & set(words(" ".join(subject.values())))
        ),
        None,
    )
    subject = subject or _meaningless(known, random.Random(f"{seed}:unrelated"))
    title = subject["title"]
    text = f"---\ntitle: {title}\n---\n### {title}\n#### Overview\n\n{subject['body']}\n"
    if 2 * sum(map(bool, index.offerings.values())) >= len(index.profiles):
        text += (
            f"\n#### Ways to work with {title}\n##### 1. {subject['way']}\n{subject['body']}\n\n"
            f"**Who is this suitable for?**\n* {subject['audience']}\n"
        )
    return title, text.encode()


def _meaningless(known: set[str], chance: random.Random) -> Mapping[str, str]:
    """A subject of made-up words, none of them ``known``."""

    def made(count: int) -> str:
        found: list[str] = []
        while len(found) < count:
            word = "".join(chance.choice("bdfgklmnprtvz") + chance.choice("aeiou") for _ in "four")
            if not known & set(words(word)):
                found.append(word)
        return " ".join(found)

    return {
        "title": made(2).title(),
        "way": made(2).title(),
        "body": f"{made(8).capitalize()}. {made(8).capitalize()}.",
        "audience": made(2).capitalize(),
    }
