"""What the asker sees, without a server: answers as markup, chips, suggestions, the directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askpartner.assistant import Assistant
from askpartner.index import Index, IndexReader, open_index
from askpartner.journal import Entry, Journal, new_identity
from askpartner.render import answer_text
from askpartner.types import (
    Answer,
    AnswerLink,
    Citation,
    Criterion,
    Request,
    Sentence,
    Table,
)
from askpartner.web.answer import Controls, body_html, chips, entry_html, entry_text
from askpartner.web.chat import Asking, Conversations, Shown, UnknownCommand, again
from askpartner.web.directory_view import directory_html, listings
from askpartner.web.source import source_article
from askpartner.web.starters import Starters
from askpartner.web.suggestions import SUGGESTION_COUNT, Suggestions, candidates
from web_fixtures import Directory, directory, own_directory

__all__ = ["directory", "own_directory"]  # fixtures

# What a browser's parser keeps as it is: no NUL (replaced) and no surrogate (not in UTF-8).
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.fixture(scope="module")
def reader(directory: Directory) -> IndexReader:
    return IndexReader(directory.index)


@pytest.fixture(scope="module")
def teller(reader: IndexReader, directory: Directory) -> Assistant:
    """Answers from the pages of the fixture, in this process."""
    return Assistant(reader, directory.settings)


@pytest.fixture(scope="module")
def suggestions(reader: IndexReader, teller: Assistant) -> Suggestions:
    return Suggestions(reader, teller, Starters(reader, teller))


@pytest.fixture
def journal() -> Iterator[Journal]:
    journal = Journal(None)
    yield journal
    journal.close()


@pytest.fixture
def conversations(
    teller: Assistant, reader: IndexReader, journal: Journal, suggestions: Suggestions
) -> Conversations:
    return Conversations(teller, reader, journal, suggestions)


KEPT = Journal(None)  # for entries made outside of a fixture; in memory


def entry_of(answer: Answer) -> Entry:
    """The answer as the journal gives it back."""
    conversation = new_identity()
    KEPT.record(
        conversation,
        answer.question,
        answer,
        html=body_html(answer),
        text=answer_text(answer),
    )
    [entry] = KEPT.conversation(conversation)
    KEPT.forget(conversation)
    return entry


def parse(fragment: str) -> Any:
    return html5lib.parseFragment(fragment, namespaceHTMLElements=False)


def shown(answer: Answer, controls: Controls | None = None) -> Any:
    return parse(entry_html(entry_of(answer), controls))


def text_of(element: Any) -> str:
    return "".join(element.itertext())


def squeeze(text: str) -> str:
    return "".join(text.split())


def of_class(found: Any, name: str) -> list[Any]:
    return [one for one in found.iter() if name in (one.get("class") or "").split()]


# -- an answer -----------------------------------------------------------------------------------

NASTY = "<img src=x onerror=hack()> [x](javascript:hack()) $$x$$ | a | `b` **c** &lt; \r\t\\( </p>"


def make_answer(text: str, url: str, *, status: str = "answered") -> Answer:
    """An answer with every text in it being ``text`` and every address ``url``.

    Of two quotes the table holds the first; its second column states nothing.
    """
    first, second = (
        Citation(
            number=number,
            profile=text,
            title=text,
            heading_path=(text, text),
            quote=text,
            start=3 * number,
            end=3 * number + len(text),
            lines=(5, 8),
            url=url,
        )
        for number in (1, 2)
    )
    return Answer(
        question=text,
        status="answered" if status == "answered" else "not_found",
        reason="",
        sentences=(
            Sentence("template", text, None),
            Sentence("quote", text, 1),
            Sentence("quote", text, 2),
        ),
        citations=(first, second),
        links=(AnswerLink(text, url, text),),
        table=Table((text, text), ((text, ((1,), ())),)),
        confidence=1.0,
        observed=(9, 10),
        request=Request(
            question=text,
            text=text,
            intent="fact",
            partners=(text,),
            offerings=((text, 3),),
            criteria=(Criterion(text, None, frozenset((text,))),),
            situation=text,
            carried=(text,),
            corrected=((text, text),),
        ),
        hits=(),
        index_version="1",
    )


ELEMENTS = {
    *("div", "p", "blockquote", "a", "span", "ul", "li", "h3", "strong", "details", "summary"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "button", "pre"),
}
ATTRIBUTES = {"class", "href", "target", "rel", "scope", "open", "type", "value", "hidden"}


@settings(max_examples=25)
@given(TEXT.filter(lambda text: text.strip()))
def test_an_answer_is_made_of_our_elements_only(text: str) -> None:
    found = shown(make_answer(text, text), Controls((text,), (text,)))
    assert {element.tag for element in found.iter()} - {"DOCUMENT_FRAGMENT"} <= ELEMENTS
    assert {name for element in found.iter() for name in element.attrib} <= ATTRIBUTES
    addresses = [link.get("href") for link in found.iter("a")]
    assert len(addresses) >= 6  # two citations and their sources, the answer's own, a question
    assert all(
        address.startswith(("/source?", "/a/", "/?q=")) or address == text for address in addresses
    )
    headings = [text_of(one) for one in found.iter("th")]
    assert [squeeze(one) for one in headings] == [squeeze(text)] * 3
    [carried, situation, criterion] = [
        item for chips in of_class(found, "chips") for item in chips.iter("li")
    ]
    for item in (carried, situation, criterion):
        assert squeeze(text_of(next(item.iter("span")))) == squeeze(text)
    quotes = [squeeze(text_of(one)) for one in found.iter("blockquote")]
    assert len(quotes) == 2
    assert all(quote.startswith(squeeze(text) + "[") for quote in quotes)


def test_an_answer_shows_quote_number_source_and_link() -> None:
    found = shown(make_answer(NASTY, "https://alpha.example/"))
    quotes = list(found.iter("blockquote"))
    assert [squeeze(text_of(one))[: len(squeeze(NASTY)) + 3] for one in quotes] == [
        squeeze(NASTY) + "[1]",
        squeeze(NASTY) + "[2]",
    ]
    first, _, source, _, outside = found.iter("a")
    assert first.get("href") == source.get("href")
    query = parse_qs(urlsplit(first.get("href")).query)
    assert query["profile"] == [NASTY]
    assert (query["start"], query["end"]) == (["3"], [str(3 + len(NASTY))])
    assert text_of(source).startswith("[1]")
    assert text_of(source).endswith("lines 5–8")
    assert outside.get("href") == "https://alpha.example/"
    assert outside.get("target") == "_blank"
    assert "noopener" in outside.get("rel")


def test_an_answer_has_no_link_of_another_scheme() -> None:
    found = shown(make_answer("words", "javascript:alert(1)"), Controls((), ("words",)))
    assert not any("javascript" in link.get("href") for link in found.iter("a"))


def test_a_table_holds_its_quotes_once_and_says_what_is_not_stated() -> None:
    found = shown(make_answer("words", "https://alpha.example/"))
    [table] = found.iter("table")
    assert [one.get("scope") for one in table.iter("th")] == ["col", "col", "row"]
    assert "words, words" in text_of(next(table.iter("caption")))
    full, empty = list(next(table.iter("tbody")).iter("td"))
    assert text_of(next(full.iter("blockquote"))).startswith("words [1]")
    assert text_of(empty) == "wordsnot stated"  # the column's name is for a phone
    assert list(empty.iter("a")) == []
    outside = [one for one in found.iter("blockquote") if one not in list(table.iter())]
    assert [text_of(one)[:9] for one in outside] == ["words [2]"]


@pytest.mark.parametrize(("count", "is_open"), [(1, True), (4, True), (5, False), (30, False)])
def test_a_long_list_of_sources_is_folded(count: int, is_open: bool) -> None:
    answer = make_answer("words", "https://alpha.example/")
    citations = tuple(replace(answer.citations[0], number=at + 1) for at in range(count))
    sentences = tuple(Sentence("quote", "words", at + 1) for at in range(count))
    found = shown(replace(answer, citations=citations, sentences=sentences, table=None))
    [details] = of_class(found, "sources")
    assert ("open" in details.attrib) == is_open
    assert text_of(next(details.iter("summary"))) == f"Sources ({count})"
    assert len(list(details.iter("li"))) == count


def test_a_partner_has_one_link_of_a_kind_each_with_its_brief() -> None:
    answer = make_answer("words", "https://alpha.example/")
    links = (
        AnswerLink("Introduction", "javascript:alert(1)", "alpha"),
        AnswerLink("Introduction", "https://alpha.example/hire", "alpha"),
        AnswerLink("Introduction", "https://alpha.example/walk", "alpha"),
        AnswerLink("Website", "https://alpha.example/", "alpha"),
        AnswerLink("Introduction", "https://alpha.example/hire", "beta"),
    )
    [found] = of_class(shown(replace(answer, links=links)), "links")
    assert [one.get("href") for one in found.iter("a")] == [
        "https://alpha.example/hire",
        "https://alpha.example/",
        "https://alpha.example/hire",
    ]
    briefs = [text_of(one) for one in found.iter("pre")]
    assert len(briefs) == 3
    assert all("words" in brief for brief in briefs)


# Asked of the pages of the fixture, these are a comparison, a list, a match, a fact that is there
# in part, a fact, the ways to work, a refusal and a greeting.
ASKED = {
    "Compare the two ways to work with Echo Works": "answered",
    "Which partners work with start-ups?": "answered",
    "We are a start-up looking for rope. Who can help us?": "answered",
    "Does the client return hired ropes dry to Echo Works by courier?": "partial",
    "When was the Alpha Institute founded?": "answered",
    "What ways are there to work with Alpha Institute?": "answered",
    "Who won the football match?": "not_found",
    "Hello": "clarify",
}


@pytest.mark.parametrize(("question", "status"), ASKED.items())
def test_what_is_said_is_shown_whole_and_in_order(
    teller: Assistant, question: str, status: str
) -> None:
    answer = teller.ask(question)
    assert answer.status == status
    found = shown(answer)
    assert found[0].get("class") == f"answer {status.replace('_', '-')}"
    assert bool(of_class(found, "verdict")) == (status == "partial")
    said_there = squeeze(text_of(found))
    at = 0
    for sentence in answer.sentences:
        said = squeeze(sentence.text)
        if answer.table is None:
            at = said_there.index(said, at) + len(said)
        elif sentence.kind == "quote":
            assert said in said_there
    cited = [
        squeeze(text_of(one)).split("show")[0]
        for one in of_class(found, "citation")
        if "entry" not in one.get("class")
    ]
    numbers = [f"[{citation.number}]" for citation in answer.citations]
    if answer.request.intent == "match":  # told way by way, the table has them side by side
        assert sorted(set(cited)) == sorted(numbers)
    else:
        assert list(dict.fromkeys(cited)) == numbers  # in the order of the answer


def test_a_comparison_is_a_table_without_its_lines_a_second_time(teller: Assistant) -> None:
    found = shown(teller.ask("Compare the two ways to work with Echo Works"))
    assert not of_class(found, "lead")
    rows = [
        [text_of(one) for one in row if one.tag in ("th", "td")]
        for row in next(found.iter("tbody"))
    ]
    assert [row[0] for row in rows] == ["What it is", "Who it suits", "Where"]
    assert "returns them dry" in rows[0][1]
    assert "<script>" in rows[1][1]
    assert rows[1][2] == "2. Rope Walknot stated"
    assert rows[2][1].endswith("not stated")
    assert "Singapore" in rows[2][2]
    assert not {"img", "script"} & {element.tag for element in found.iter()}
    assert [one.get("class") for one in found[0] if one.tag == "p"] == ["rule"]


def test_a_match_names_its_ways_above_a_table_of_what_is_stated(teller: Assistant) -> None:
    answer = teller.ask("We are a start-up looking for rope. Who can help us?")
    assert answer.table is not None
    found = shown(answer)
    parts = [one.get("class") for one in found[0] if one.tag in ("p", "div")]
    assert parts[:5] == ["understood", "rule", "fit", "fit", "comparison"]
    first, second = of_class(found, "fit")
    assert text_of(first).startswith("Echo Works (EW), 1. Rope Hire")
    assert text_of(second).startswith("Echo Works (EW), 2. Rope Walk")
    assert [text_of(one) for one in first.iter("strong")] == [
        "1. Rope Hire <img src=x onerror=window.hacked=1>"
    ]
    heads = [text_of(row[0]) for row in next(found.iter("tbody"))]
    assert heads[:2] == ["start-up", "rope"]


def test_lines_look_like_what_they_are(teller: Assistant) -> None:
    found = shown(teller.ask("Which partners work with start-ups?"))
    [count] = of_class(found, "count")
    assert [text_of(one) for one in count.iter("strong")][:2] == ["2", "5"]
    leads = of_class(found, "lead")
    assert [text_of(one) for one in leads] == [
        "Alpha Institute (AI), 1. Laboratory Rental:",
        "Echo Works (EW), 1. Rope Hire <img src=x onerror=window.hacked=1>:",
    ]
    assert [text_of(one) for lead in leads for one in lead.iter("strong")] == [
        "1. Laboratory Rental",
        "1. Rope Hire <img src=x onerror=window.hacked=1>",
    ]
    found = shown(teller.ask("Does the client return hired ropes dry to Echo Works by courier?"))
    [gap] = of_class(found, "gap")
    assert "courier" in text_of(gap)


def test_an_answer_tells_how_the_question_was_read() -> None:
    answer = make_answer("words", "https://alpha.example/")
    question = "Is fasility rentl or a labratory to be had?"
    request = replace(
        answer.request,
        question=question,
        corrected=(("fasility", "facility"), ("rentl", "rental"), ("labratory", "laboratory")),
        carried=("Alpha", "Training"),
        situation="We are small.",
        criteria=(Criterion("start-up", None, frozenset()), Criterion("GMP", None, frozenset())),
    )
    answer = replace(answer, question=question, request=request)
    found = shown(answer)
    [understood] = of_class(found, "understood")
    assert text_of(understood[0]) == "Read as: facility rental, laboratory"
    assert [text_of(one) for one in understood.iter("li")] == [
        *("Alpha", "Training", "We are small.", "start-up", "GMP")
    ]
    plain = replace(request, corrected=(), carried=(), situation="", criteria=())
    assert not of_class(shown(replace(answer, request=plain)), "understood")


def test_without_controls_there_is_nothing_to_press() -> None:
    found = shown(make_answer("words", "https://alpha.example/"))
    assert not list(found.iter("button"))
    assert not of_class(found, "next")


def test_every_control_says_what_it_is_for() -> None:
    found = shown(make_answer("words", "https://alpha.example/"), Controls(("SME",), ("What?",)))
    names = [text_of(button) for button in found.iter("button")]
    assert names == [
        *["Ask again without: words"] * 3,
        *("SME", "Copy with sources", "Yes", "No"),
    ]
    values = [button.get("value") or "" for button in found.iter("button")]
    assert [value.split()[0] for value in values if value] == [
        *["drop"] * 3,
        *("audience", "helpful", "not_helpful"),
    ]
    [question] = of_class(found, "ask")
    assert question.get("href") == "/?q=What%3F"


def test_the_words_to_copy_hold_every_quote_and_its_place(teller: Assistant) -> None:
    answer = teller.ask("Compare the two ways to work with Echo Works")
    copied = entry_text(entry_of(answer))
    for citation in answer.citations:
        assert f"“{citation.quote}” [{citation.number}]" in copied
        assert f"\n[{citation.number}] Echo Works (EW) › " in copied
    [hidden] = [
        one
        for one in of_class(shown(answer, Controls()), "copied")
        if one.get("hidden") is not None
    ]
    assert text_of(hidden) == copied


# -- what the page asks for ----------------------------------------------------------------------

AUDIENCES = ("start-up", "university", "sailor <b>")


def ask(
    conversations: Conversations, conversation: str, question: str, command: bool = False
) -> Shown:
    before = conversations.read(conversation)
    if command:
        return conversations.command(conversation, before, question)
    return conversations.ask(conversation, before, Asking(question))


def names_of(entry: Entry) -> list[str]:
    return [chip.text for chip in chips(entry.answer)]


def test_a_chip_is_taken_away_and_the_answer_replaced(conversations: Conversations) -> None:
    talk = new_identity()
    ask(conversations, talk, "Hello")
    first = ask(conversations, talk, "We are a start-up looking for rope. Who can help us?")
    ask(conversations, talk, "What is Beta Fund?")
    entry = first.entries[1]
    assert {"start-up", "rope"} <= set(names_of(entry))
    number = names_of(entry).index("rope") + 1
    after = ask(conversations, talk, f"drop {entry.id} {number}", command=True)
    assert [one.question for one in after.entries] == [
        "Hello",
        "We are a start-up looking for rope. Who can help us?",
        "What is Beta Fund?",
    ]
    assert after.entries[1].id != entry.id
    assert "start-up" in names_of(after.entries[1])
    assert "rope" not in names_of(after.entries[1])
    assert after.entries[1].answer["request"]["dropped"] == ["rope"]
    assert after == conversations.read(talk)


def test_what_was_taken_away_stays_away(conversations: Conversations) -> None:
    talk = new_identity()
    question = "We are a start-up and a university looking for rope. Who can help us?"
    [entry] = ask(conversations, talk, question).entries
    assert names_of(entry) == ["start-up", "university", "rope"]
    [entry] = ask(conversations, talk, f"drop {entry.id} 2", command=True).entries
    [entry] = ask(conversations, talk, f"drop {entry.id} 2", command=True).entries
    assert names_of(entry) == ["start-up"]


def test_a_partner_carried_over_can_be_taken_away(conversations: Conversations) -> None:
    talk = new_identity()
    ask(conversations, talk, "When was the Alpha Institute founded?")
    entry = ask(conversations, talk, "Where is it?").entries[1]
    assert names_of(entry) == ["Alpha Institute (AI)"]
    entry = ask(conversations, talk, f"drop {entry.id} 1", command=True).entries[1]
    assert names_of(entry) == []
    assert "Alpha" not in entry.answer["request"]["text"]


def test_the_audience_can_be_changed_and_changed_back(conversations: Conversations) -> None:
    talk = new_identity()
    [entry] = ask(
        conversations, talk, "We are a start-up looking for rope. Who can help us?"
    ).entries
    [entry] = ask(conversations, talk, f"audience {entry.id} sailor <b>", command=True).entries
    assert names_of(entry) == ["rope", "sailor <b>"]
    assert "Sailors" in entry.text
    [entry] = ask(conversations, talk, f"drop {entry.id} 1", command=True).entries
    assert names_of(entry) == ["sailor <b>"]
    [entry] = ask(conversations, talk, f"audience {entry.id} start-up", command=True).entries
    assert names_of(entry) == ["start-up"]


def test_only_earlier_turns_are_history_of_what_is_asked_again(
    conversations: Conversations,
) -> None:
    talk = new_identity()
    ask(conversations, talk, "Which partners work with start-ups and sailors?")
    entry = ask(conversations, talk, "What does Gamma do?").entries[0]
    drop = names_of(entry).index("sailor <b>") + 1
    entry = ask(conversations, talk, f"drop {entry.id} {drop}", command=True).entries[0]
    assert entry.answer["request"]["carried"] == []
    assert "sailor <b>" not in names_of(entry)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "drop",
        "drop {id}",
        "drop {id} 0",
        "drop {id} 3",
        "drop {id} 01",
        "drop {id} 9999",
        "drop {id} -1",
        "drop {id} 1 ",
        "drop {id} 1\n",
        " drop {id} 1",
        "DROP {id} 1",
        "drop {other} 1",
        "drop ../../../../etc/passwd/xxxxxxxxxxxx 1",
        "audience {id}",
        "audience {id} nobody",
        "audience {id} rope",
        "audience {id} start-up\x00",
        "audience {other} start-up",
        '{"path": "/etc/passwd"}',
        '["drop", "{id}", 1]',
        "drop {id} 1; drop {id} 2",
        "forget {id}",
    ],
)
def test_a_command_that_is_not_the_pages_is_refused(
    conversations: Conversations, command: str
) -> None:
    talk = new_identity()
    [entry] = ask(
        conversations, talk, "We are a start-up looking for rope. Who can help us?"
    ).entries
    text = command.replace("{id}", entry.id).replace("{other}", new_identity())
    with pytest.raises(UnknownCommand):
        again(text, [entry], AUDIENCES)
    with pytest.raises(UnknownCommand):
        ask(conversations, talk, text, command=True)
    assert conversations.read(talk).entries == (entry,)


def test_a_strangers_answer_cannot_be_asked_again(conversations: Conversations) -> None:
    [entry] = ask(
        conversations, new_identity(), "We are a start-up looking for rope. Who can help us?"
    ).entries
    with pytest.raises(UnknownCommand):
        ask(conversations, new_identity(), f"drop {entry.id} 1", command=True)


@given(TEXT)
def test_random_text_is_no_command(text: str) -> None:
    with pytest.raises(UnknownCommand):
        again(text, [], AUDIENCES)


# -- a conversation ------------------------------------------------------------------------------


def roles(messages: list[dict[str, Any]]) -> list[str]:
    return [message["role"] for message in messages]


def last(messages: list[dict[str, Any]]) -> Any:
    return parse(messages[-1]["content"][0]["text"])


def test_a_conversation_is_the_same_after_a_restart(
    teller: Assistant, reader: IndexReader, suggestions: Suggestions, tmp_path: Path
) -> None:
    talk = new_identity()
    journal = Journal(tmp_path / "journal.sqlite")
    before = Conversations(teller, reader, journal, suggestions)
    ask(before, talk, "When was the Alpha Institute founded?")
    said = before.messages(ask(before, talk, "Who is Training suitable for?"))
    journal.close()
    journal = Journal(tmp_path / "journal.sqlite")
    after = Conversations(teller, reader, journal, suggestions)
    assert after.messages(after.read(talk)) == said
    assert roles(said) == ["user", "assistant"] * 2
    entry = ask(after, talk, "Where is it?").entries[-1]
    assert entry.answer["request"]["carried"]  # the history is there as well
    journal.close()


def test_a_question_that_cannot_be_read_is_told_and_not_kept(
    conversations: Conversations,
) -> None:
    talk = new_identity()
    ask(conversations, talk, "What is Beta Fund?")
    messages = conversations.messages(ask(conversations, talk, "?!"))
    assert roles(messages) == ["user", "assistant"] * 2
    assert last(messages)[0].get("class") == "answer notice"
    assert "no words" in text_of(last(messages))
    assert len(conversations.read(talk).entries) == 1


def test_an_answer_that_cannot_be_kept_is_shown_and_said_so(
    teller: Assistant, reader: IndexReader, suggestions: Suggestions, tmp_path: Path
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    conversations = Conversations(teller, reader, journal, suggestions)
    talk = new_identity()
    before = ask(conversations, talk, "What is Beta Fund?")
    journal.close()
    for file in tmp_path.glob("journal.sqlite*"):
        file.unlink()
    path.write_bytes(b"this is no database, and so nothing can be kept in it" * 100)
    after = conversations.ask(talk, before, Asking("When was the Alpha Institute founded?"))
    messages = conversations.messages(after)
    assert roles(messages) == ["user", "assistant"] * 2
    assert "founded in 1990" in text_of(last(messages))
    assert "could not be kept" in text_of(last(messages))
    assert not list(last(messages).iter("button"))
    assert not conversations.forget(talk)
    told = conversations.messages(conversations.read(talk))
    assert roles(told) == ["assistant"]
    assert "cannot be read right now" in text_of(last(told))


def test_only_the_last_answer_offers_what_to_ask_next(conversations: Conversations) -> None:
    talk = new_identity()
    ask(conversations, talk, "What is Beta Fund?")
    messages = conversations.messages(ask(conversations, talk, "What does Echo Works do?"))
    with_next = [
        bool(of_class(parse(one["content"][0]["text"]), "next"))
        for one in messages
        if one["role"] == "assistant"
    ]
    assert with_next == [False, True]


@pytest.mark.parametrize(
    ("question", "is_offered"),
    [
        ("We are a start-up looking for rope. Who can help us?", True),
        ("Which partners work with start-ups?", True),
        ("When was the Alpha Institute founded?", False),
        ("Hello", False),
    ],
)
def test_another_audience_is_offered_where_one_counts(
    conversations: Conversations, question: str, is_offered: bool
) -> None:
    found = last(conversations.messages(ask(conversations, new_identity(), question)))
    offered = [text_of(one) for menu in of_class(found, "audiences") for one in menu.iter("button")]
    assert offered == (["sailor <b>", "university"] if is_offered else [])


# -- what may be asked next ----------------------------------------------------------------------


@pytest.mark.parametrize("question", list(ASKED))
def test_what_is_suggested_is_answered_from_the_partner_cited(
    teller: Assistant, suggestions: Suggestions, question: str
) -> None:
    answer = entry_of(teller.ask(question)).answer
    offered = suggestions(answer, [question])
    assert 0 < len(offered) <= SUGGESTION_COUNT
    assert offered == suggestions(answer, [question])
    assert question not in offered
    for one in offered:
        found = teller.ask(one)
        assert found.status == "answered", one
        if answer["citations"]:
            assert answer["citations"][0]["profile"] in {c.profile for c in found.citations}


def test_what_was_asked_is_not_suggested_again(teller: Assistant, suggestions: Suggestions) -> None:
    answer = entry_of(teller.ask("What does Echo Works do?")).answer
    offered = suggestions(answer, [])
    others = suggestions(answer, [one.upper() for one in offered])
    assert not set(offered) & set(others)


def test_candidates_are_about_the_way_that_was_cited(index: Index, assistant: Assistant) -> None:
    answer: Mapping[str, Any] = entry_of(
        assistant.ask("Who is Laboratory Rental at Alpha Institute suitable for?")
    ).answer
    found = list(candidates(index, "alpha", answer))
    assert not any(one.kind == "audience" for one in found)  # it was just asked
    headings = [one.question for one in found if one.kind == "offering"]
    assert len(headings) == len(index.offerings["alpha"]) - 1
    assert not any("Laboratory Rental" in one for one in headings)


# -- the directory -------------------------------------------------------------------------------


def page_of(index: Index, **query: str) -> Any:
    return html5lib.parse(directory_html(index, **query), namespaceHTMLElements=False)


def visible(found: Any) -> list[str]:
    """The first words of the rows that are not hidden."""
    return [text_of(one) for one in of_class(found, "way") if one.get("hidden") is None]


@pytest.fixture
def listed(reader: IndexReader) -> Index:
    return reader.get()


def test_the_directory_holds_every_way_to_work_once(listed: Index) -> None:
    found = page_of(listed)
    ways = [way for of_profile in listed.offerings.values() for way in of_profile]
    without = [identity for identity, of_profile in listed.offerings.items() if not of_profile]
    rows = of_class(found, "way")
    assert len(rows) == len(ways) + len(without)
    names = [text_of(next(row.iter("th"))) for row in rows if row.tag == "tr"]
    assert [name.split(" [")[0] for name in names] == [way.name for way in ways]
    assert [text_of(one) for one in found.iter("h2")] == [
        profile.title for profile in listed.profiles.values()
    ]
    stated = sum(len(way.audiences) + len(way.places) for way in ways)
    assert sum(len(list(row.iter("li"))) for row in rows) == stated


def test_every_quote_of_the_directory_can_be_checked(listed: Index, directory: Directory) -> None:
    found = page_of(listed)
    links = of_class(found, "citation")
    assert [text_of(one).split("]")[0] for one in links] == [
        f"[{number}" for number in range(1, len(links) + 1)
    ]
    for link in links:
        query = {
            name: values[0] for name, values in parse_qs(urlsplit(link.get("href")).query).items()
        }
        article = source_article(
            listed,
            directory.settings,
            profile=query["profile"],
            start=query["start"],
            end=query["end"],
            proof=query["quote"],
        )
        marks = "".join(text_of(one) for one in parse(article).iter("mark"))
        quote = listed.profiles[query["profile"]].text[int(query["start"]) : int(query["end"])]
        assert squeeze(marks) == squeeze(quote)


def test_the_directory_is_filtered_by_audience_and_words(listed: Index) -> None:
    assert len(visible(page_of(listed))) == len(of_class(page_of(listed), "way"))
    start_ups = visible(page_of(listed, audience="start-up"))
    assert [one.split(" [")[0][:8] for one in start_ups] == ["1. Labor", "1. Rope "]
    [rope] = visible(page_of(listed, audience="start-up", text="ROPE sailors"))
    assert rope.startswith("1. Rope Hire")
    found = page_of(listed, text="nowhere to be found")
    assert visible(found) == []
    assert [one.get("hidden") for one in found.iter() if one.get("id") == "none"] == [None]
    assert all(one.get("hidden") is not None for one in of_class(found, "partner"))
    assert visible(page_of(listed, audience="nobody")) == visible(page_of(listed))


def test_the_filter_is_told_and_kept_in_its_fields(listed: Index) -> None:
    found = page_of(listed, audience="start-up", text='"><script>hack()</script>')
    assert next(found.iter("input")).get("value") == '"><script>hack()</script>'
    assert [one.get("value") for one in found.iter("option") if "selected" in one.attrib] == [
        "start-up"
    ]
    [counted] = [one for one in found.iter() if one.get("id") == "count"]
    assert "shown: 0 of" in text_of(counted)
    assert counted.get("role") == "status"


def test_a_hostile_page_is_text_in_the_directory(listed: Index) -> None:
    found = page_of(listed, audience="sailor <b>")
    names = {element.tag for element in found.iter()}
    assert not {"img", "b", "iframe"} & names
    scripts = [one.get("src") for one in found.iter("script")]
    assert [one.split("?")[0] for one in scripts] == ["/page/panel.js", "/page/directory.js"]
    assert not any(name.startswith("on") for one in found.iter() for name in one.attrib)
    addresses = [link.get("href") for link in found.iter("a")]
    assert all(
        one == "/" or one.startswith(("/source?", "/?q=", "https://", "mailto:"))
        for one in addresses
    )
    assert "<script>window.hacked=1</script>" in text_of(found)


def test_what_the_directory_offers_to_ask_is_about_that_partner(
    listed: Index, teller: Assistant
) -> None:
    for partner in of_class(page_of(listed), "partner"):
        [title] = [text_of(one) for one in partner.iter("h2")]
        if title.startswith("Delta"):  # a heading of that page is no name of anything
            continue
        for link in of_class(partner, "ask"):
            [question] = parse_qs(urlsplit(link.get("href")).query)["q"]
            answer = teller.ask(question)
            titles = {citation.title for citation in answer.citations}
            assert title in titles, question


def test_a_changed_page_is_named_and_not_quoted(own_directory: Directory) -> None:
    page = own_directory.corpus / "alpha.md"
    index = open_index(own_directory.index)
    assert any(one.profile.id == "alpha" for one in listings(index))
    page.write_text(page.read_text().replace("Start-ups", "Start-downs"))
    found = page_of(index)
    [alpha] = [
        one for one in of_class(found, "partner") if "Alpha" in text_of(next(one.iter("h2")))
    ]
    assert not of_class(alpha, "citation")
    assert "has changed" in text_of(alpha)
    assert of_class(found, "citation")  # the others are


def test_a_directory_without_vocabulary_has_no_audience_to_choose(index: Index) -> None:
    found = page_of(replace(index, vocabulary=()))
    assert [text_of(one) for one in found.iter("option")] == ["anyone"]
    assert len(visible(found)) >= 3
