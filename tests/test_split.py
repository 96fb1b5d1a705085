"""Nothing is lost or gained by cutting, and cuts stand where a reader would put them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askpartner.budget import TokenBudget, count_tokens
from askpartner.corpus import list_pages, read_page
from askpartner.embedders import Embedder
from askpartner.pack import split_passages
from askpartner.split import (
    embedded_text,
    read_text,
    sentence_ranges,
    source_lines,
    split_sections,
    statement_ranges,
)
from askpartner.types import Passage, Profile
from shared_material import ROOT, profile_of, shared_pages

PAGES = ROOT / "tests" / "pages"
ALL_PAGES = [*shared_pages(), *list_pages(ROOT / "corpus"), *list_pages(PAGES)]


def passages_of(profile: Profile, budget: TokenBudget) -> list[Passage]:
    return [
        passage
        for section in split_sections(profile)
        for passage in split_passages(profile, section, budget=budget)
    ]


@pytest.mark.parametrize(
    "tokens", [*(pytest.param(few, marks=pytest.mark.slow) for few in (16, 60)), 200]
)
def test_sections_tile_pages_and_passages_tile_sections(tokens: int, embedder: Embedder) -> None:
    budget = TokenBudget(tokens, embedder)
    for path in ALL_PAGES:
        profile = read_page(path.parent, path)
        sections = split_sections(profile)
        assert "".join(profile.text[s.start : s.end] for s in sections) == profile.text
        for section in sections:
            passages = split_passages(profile, section, budget=budget)
            joined = "".join(passage.text for passage in passages)
            assert joined == profile.text[section.start : section.end]
            for passage in passages:
                assert passage.text == profile.text[passage.start : passage.end]
                assert passage.id == f"{profile.id}@{passage.start}"
                assert section.lines[0] <= passage.lines[0] <= passage.lines[1] <= section.lines[1]
                assert count_tokens(passage.text.rstrip()) <= tokens
                assert embedder.count_pieces(embedded_text(passage)) <= embedder.max_pieces


@pytest.mark.slow
def test_what_fits_is_not_cut(embedder: Embedder) -> None:
    budget = TokenBudget(40, embedder)
    for path in ALL_PAGES:
        profile = read_page(path.parent, path)
        cuts = {passage.start for passage in passages_of(profile, budget)}
        for block in profile.blocks:
            inside = [cut for cut in cuts if block.start < cut < block.end]
            if inside and block.kind in ("item", "row"):
                assert not budget.fits(quoted=profile.text[block.start : block.end], embedded="")
            ends = {block.start + stop for _, stop in sentence_ranges(_text(profile, block))}
            for cut in inside:
                if cut not in ends:  # then the sentence around it is too long by itself
                    last = max((end for end in ends if end < cut), default=block.start)
                    after = min(end for end in ends if end > cut)
                    sentence = profile.text[last:after].rstrip()
                    path_too = f"{profile.title}\n{sentence}"
                    assert not budget.fits(quoted=sentence, embedded=path_too) or (
                        embedder.count_pieces(embedded_text(_passage_at(profile, budget, cut)))
                        > embedder.max_pieces // 2
                    )


def _text(profile: Profile, block: object) -> str:
    return profile.text[block.start : block.end]  # type: ignore[attr-defined]


def _passage_at(profile: Profile, budget: TokenBudget, start: int) -> Passage:
    return next(p for p in passages_of(profile, budget) if p.start == start)


def test_real_page_has_the_sections_its_headings_make() -> None:
    profile = read_page(PAGES, PAGES / "alpha.md")
    found = [(s.heading_path[1:], s.kind, s.lines) for s in split_sections(profile)]
    ways = "Ways to work with Alpha"
    assert found == [
        ((), "other", (6, 6)),
        (("Overview",), "overview", (7, 11)),
        ((ways,), "offerings", (13, 13)),
        ((ways, "1. Laboratory Rental"), "offering", (14, 24)),
        ((ways, "2. Training"), "offering", (26, 32)),
    ]


def test_heading_path_is_embedded_and_never_quoted(embedder: Embedder) -> None:
    profile = read_page(PAGES, PAGES / "alpha.md")
    rental = next(p for p in passages_of(profile, TokenBudget(200, embedder)) if "Rental" in p.text)
    head, body = embedded_text(rental).split("\n", 1)
    assert head == "Alpha Institute (AI) > Ways to work with Alpha > 1. Laboratory Rental"
    assert body == rental.body
    assert body.startswith("Alpha provides clean rooms")


def test_text_after_details_belongs_to_the_heading_outside() -> None:
    profile = profile_of("## FAQ\n<details><summary>When?</summary>\n\nMay.\n\n</details>\n\nMail.")
    assert [(s.heading_path, profile.text[s.start : s.end]) for s in split_sections(profile)] == [
        (("FAQ",), "FAQ\n\n"),
        (("FAQ", "When?"), "When?\n\nMay.\n\n"),
        (("FAQ",), "Mail."),
    ]


def test_label_stays_with_its_list(embedder: Embedder) -> None:
    words = " ".join(["word"] * 30)
    profile = profile_of(f"{words}.\n\n**Who is it for?**\n* SMEs\n* Others\n")
    texts = [passage.text for passage in passages_of(profile, TokenBudget(34, embedder))]
    assert texts == [f"{words}.\n\n", "Who is it for?\nSMEs\nOthers"]


def test_abbreviations_do_not_end_sentences() -> None:
    text = "It was est. in 2020 by Dr. Lim. It costs S$1.5M. Next\nline"
    assert [text[start:end] for start, end in sentence_ranges(text)] == [
        "It was est. in 2020 by Dr. Lim. ",
        "It costs S$1.5M. ",
        "Next\n",
        "line",
    ]


def test_a_stop_inside_a_name_ends_no_sentence() -> None:
    text = "It runs on ASP.NET.The next binds H2A.Z for 3 days.(Then not.)"
    assert [text[start:end] for start, end in sentence_ranges(text)] == [
        "It runs on ASP.NET.",
        "The next binds H2A.Z for 3 days.",
        "(Then not.)",
    ]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_sentences_tile_any_text(text: str) -> None:
    assert "".join(text[start:end] for start, end in sentence_ranges(text)) == text


def test_a_word_longer_than_the_budget_is_cut_and_nothing_is_lost(embedder: Embedder) -> None:
    profile = profile_of("x" * 5000 + " end")
    passages = passages_of(profile, TokenBudget(50, embedder))
    assert "".join(passage.text for passage in passages) == profile.text
    assert len(passages) > 2


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["One two. ", "* item\n", "\n\n", "## Head\n\n", "漢字", "😀 "])))
def test_any_page_is_tiled(embedder: Embedder, scraps: list[str]) -> None:
    profile = profile_of("start\n\n" + "".join(scraps))
    passages = passages_of(profile, TokenBudget(16, embedder))
    assert "".join(passage.text for passage in passages) == profile.text


def test_source_lines_are_those_of_the_quoted_blocks() -> None:
    profile = read_page(PAGES, PAGES / "alpha.md")
    start = profile.text.index("Start-ups")
    assert source_lines(profile, start, start + len("Start-ups\nUniversities")) == (18, 19)


def test_tokens_are_counted_as_published(tmp_path: Path) -> None:
    # Worked by tiktoken's own documentation: "tiktoken is great!" is six tokens of cl100k_base.
    assert count_tokens("tiktoken is great!") == 6
    assert count_tokens("<|endoftext|>") > 1
    assert re.match(r"[0-9a-f]{64}$", read_page(PAGES, PAGES / "beta.md").source_hash)


def test_a_row_is_read_below_the_names_of_its_columns() -> None:
    profile = profile_of(
        "# Alpha\n\n| Test | Price (EUR) |\n|---|---|\n| Beam | 1,700 |\n| Panel | 3,900 |\n\n"
        "The hall is heated.\n\n"
        "| | Members | Others |\n|---|---|---|\n| Day | 70 | 125 |\n| Night | 40 |\n"
    )
    read = {
        profile.text[block.start : block.end]: read_text(profile, block.start, block.end)
        for block in profile.blocks
    }
    assert read == {
        "Alpha": "Alpha",
        "Test\nPrice (EUR)": "Test\nPrice (EUR)",
        "Beam\n1,700": "Test: Beam\nPrice (EUR): 1,700",
        "Panel\n3,900": "Test: Panel\nPrice (EUR): 3,900",
        "The hall is heated.": "The hall is heated.",
        "Members\nOthers": "Members\nOthers",
        "Day\n70\n125": "Members\nOthers\nDay\n70\n125",
        "Night\n40": "Members: Night\nOthers: 40",
    }


def stated(source: str) -> list[str]:
    profile = profile_of(source)
    return [
        profile.text[start:end]
        for section in split_sections(profile)
        for start, end in statement_ranges(profile, section)
    ]


def test_the_lines_of_an_address_are_one_statement() -> None:
    assert stated("Ask us.<br>Ann Lee<br>Phone: 12 34<br>ann@alpha.org\n") == [
        "Ask us.",
        "Ann Lee\nPhone: 12 34\nann@alpha.org",
    ]


def test_a_label_that_says_something_is_a_statement_and_the_name_of_a_field_is_none() -> None:
    assert stated(
        "**Host: Alpha**\n\nText.\n\n**Ann Lee, Head of Alpha**\n\nMore.\n\n**Prices:**\n\nLow.\n"
        "\n**Whom is it for?**\n\nAll.\n"
    ) == ["Host: Alpha", "Text.", "Ann Lee, Head of Alpha", "More.", "Low.", "All."]
