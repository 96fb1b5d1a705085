"""The journal keeps what it is given, gives it to who knows the id, and forgets when told to."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from askpartner.assistant import Assistant
from askpartner.errors import JournalRefused
from askpartner.journal import (
    MOST_EXCHANGES,
    MOST_REASON,
    Entry,
    Journal,
    is_identity,
    journal_path,
    new_identity,
)
from askpartner.render import answer_object, answer_text
from askpartner.settings import load_settings
from askpartner.types import Answer

FOUNDED = "When was the Alpha Institute founded?"

Open = Callable[[], Journal]


@pytest.fixture(scope="module")
def answer(assistant: Assistant) -> Answer:
    found = assistant.ask(FOUNDED)
    assert found.status == "answered"
    return found


@pytest.fixture(params=["file", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.sqlite" if request.param == "file" else None)
    yield opened
    opened.close()


def keep(journal: Journal, conversation: str, answer: Answer, question: str = FOUNDED) -> str:
    return journal.record(
        conversation, question, answer, html=f"<p>{question}</p>", text=answer_text(answer)
    )


def test_an_exchange_comes_back_as_it_was_kept(journal: Journal, answer: Answer) -> None:
    conversation = journal.begin()
    assert journal.conversation(conversation) == ()
    identity = keep(journal, conversation, answer)
    [entry] = journal.conversation(conversation)
    assert entry == journal.answer(identity)
    assert (entry.id, entry.conversation, entry.question) == (identity, conversation, FOUNDED)
    assert (entry.html, entry.text) == (f"<p>{FOUNDED}</p>", answer_text(answer))
    assert entry.answer == answer_object(answer)
    assert (entry.status, entry.index_version) == ("answered", answer.index_version)
    assert entry.judgement is None


@pytest.mark.parametrize(
    "question", ["", "\0", "'; DROP TABLE exchange; --", "é\u0301 🜚 \r\n\t", "x" * 5000]
)
def test_any_words_are_kept_as_they_are(journal: Journal, answer: Answer, question: str) -> None:
    conversation = journal.begin()
    keep(journal, conversation, answer, question)
    assert [entry.question for entry in journal.conversation(conversation)] == [question]


def test_a_conversation_keeps_its_order_and_its_newest(journal: Journal, answer: Answer) -> None:
    conversation, other = journal.begin(), journal.begin()
    for number in range(MOST_EXCHANGES + 3):
        keep(journal, conversation, answer, f"question {number}")
    keep(journal, other, answer, "another's")
    questions = [entry.question for entry in journal.conversation(conversation)]
    assert questions == [f"question {number}" for number in range(3, MOST_EXCHANGES + 3)]
    assert [entry.question for entry in journal.conversation(other)] == ["another's"]


def test_a_replacement_takes_the_place_and_leaves_the_permalink(
    journal: Journal, answer: Answer
) -> None:
    conversation = journal.begin()
    first, second, third = (keep(journal, conversation, answer, q) for q in "abc")
    new = new_identity()
    given = journal.record(
        conversation, "b again", answer, html="", text="", identity=new, replaces=second
    )
    assert given == new
    assert [e.id for e in journal.conversation(conversation)] == [first, new, third]
    old = journal.answer(second)
    assert old is not None
    assert old.question == "b"


def test_another_conversations_answer_is_not_replaced(journal: Journal, answer: Answer) -> None:
    mine, theirs = journal.begin(), journal.begin()
    kept = keep(journal, theirs, answer)
    journal.record(mine, "mine", answer, html="", text="", replaces=kept)
    assert [entry.id for entry in journal.conversation(theirs)] == [kept]
    assert [entry.question for entry in journal.conversation(mine)] == ["mine"]


def test_a_judgement_is_kept_and_may_be_changed(journal: Journal, answer: Answer) -> None:
    identity = keep(journal, journal.begin(), answer)
    assert journal.judge(identity, "helpful")
    assert journal.judge(identity, "not_helpful", "wrong partner")
    entry = journal.answer(identity)
    assert entry is not None
    assert entry.judgement is not None
    assert (entry.judgement.verdict, entry.judgement.reason) == ("not_helpful", "wrong partner")
    assert not journal.judge(new_identity(), "helpful")


def test_a_judgement_of_another_form_is_refused(journal: Journal, answer: Answer) -> None:
    identity = keep(journal, journal.begin(), answer)
    with pytest.raises(ValueError, match="verdict"):
        journal.judge(identity, "superb")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="300"):
        journal.judge(identity, "helpful", "x" * (MOST_REASON + 1))
    entry = journal.answer(identity)
    assert entry is not None
    assert entry.judgement is None
    assert journal.judge(identity, "helpful", "x" * MOST_REASON)


def test_forgetting_deletes_all_of_one_conversation(journal: Journal, answer: Answer) -> None:
    conversation, other = journal.begin(), journal.begin()
    identity = keep(journal, conversation, answer)
    journal.judge(identity, "helpful")
    journal.record(conversation, "again", answer, html="", text="", replaces=identity)
    stays = keep(journal, other, answer)
    assert journal.forget(conversation) == 2
    assert journal.conversation(conversation) == ()
    assert journal.answer(identity) is None
    assert not journal.judge(identity, "helpful")
    assert [entry.id for entry in journal.recent(10)] == [stays]
    assert journal.forget(conversation) == 0


def test_forgotten_words_are_gone_from_the_disk(tmp_path: Path, answer: Answer) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    conversation = journal.begin()
    keep(journal, conversation, answer, "a very private walrus")
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"walrus" in written
    journal.forget(conversation)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"walrus" not in written
    journal.close()


def test_staff_see_the_newest_of_all(journal: Journal, answer: Answer) -> None:
    kept = [keep(journal, journal.begin(), answer, f"question {n}") for n in range(5)]
    assert [entry.id for entry in journal.recent(3)] == kept[:1:-1]


def test_a_file_is_read_again_after_a_restart(tmp_path: Path, answer: Answer) -> None:
    path = tmp_path / "journal.sqlite"
    first = Journal(path)
    conversation = first.begin()
    keep(first, conversation, answer)
    before = first.conversation(conversation)
    first.close()
    second = Journal(path)
    assert second.conversation(conversation) == before
    second.close()


def test_threads_lose_and_mix_nothing(journal: Journal, answer: Answer) -> None:
    conversations = [journal.begin() for _ in range(8)]

    def talk(conversation: str) -> tuple[Entry, ...]:
        for number in range(10):
            keep(journal, conversation, answer, f"{conversation} {number}")
        return journal.conversation(conversation)

    with ThreadPoolExecutor(8) as pool:
        found = dict(zip(conversations, pool.map(talk, conversations), strict=True))
    for conversation, entries in found.items():
        assert [e.question for e in entries] == [f"{conversation} {n}" for n in range(10)]


# -- ids and places ------------------------------------------------------------------------------


def test_ids_are_unguessable_and_recognised() -> None:
    made = {new_identity() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_identity(one) for one in made)
    for text in ("", "x" * 31, "x" * 33, "x" * 31 + "\n", "../" + "x" * 29, "x" * 31 + "é"):
        assert not is_identity(text)


def test_an_id_of_another_form_is_no_conversation(journal: Journal, answer: Answer) -> None:
    with pytest.raises(ValueError, match="id"):
        keep(journal, "mine", answer)
    assert journal.conversation("mine") == ()
    assert journal.recent(1) == ()


def test_the_journal_lies_beside_the_index_unless_told_otherwise(tmp_path: Path) -> None:
    index = tmp_path / "index"
    assert journal_path(load_settings(index=index)) == tmp_path / "journal.sqlite"
    assert journal_path(load_settings(index=index, journal="x/y.db")) == Path("x/y.db")
    assert journal_path(load_settings(index=index, journal=":memory:")) is None


# -- refusal -------------------------------------------------------------------------------------


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, database = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("not a database " * 100)
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    for path in (text, database, tmp_path / "no" / "folder.sqlite", tmp_path):
        before = path.read_bytes() if path.is_file() else None
        with pytest.raises(JournalRefused, match="ASKPARTNER_JOURNAL") as refused:
            Journal(path)
        assert str(path) in str(refused.value)
        assert (path.read_bytes() if path.is_file() else None) == before


def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalRefused, match="newer"):
        Journal(path)


def test_a_refusal_does_not_repeat_the_question(tmp_path: Path, answer: Answer) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE exchange")
    connection.close()
    with pytest.raises(JournalRefused) as refused:
        keep(journal, journal.begin(), answer, "a very private walrus")
    assert "walrus" not in str(refused.value)
    assert refused.value.__cause__ is None
    journal.close()


def test_the_package_loads_no_database() -> None:
    program = (
        "import sys, askpartner, askpartner.cli, askpartner.assistant\n"
        "print(sorted({'sqlalchemy', 'gradio', 'fastapi', 'mcp'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
        timeout=60,
    )
    assert done.stdout == "[]\n"
