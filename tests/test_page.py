"""A page is read without loss of words, without markup, and every block keeps its lines."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from askpartner.corpus import list_pages, read_page
from askpartner.errors import CorpusError
from askpartner.page import Page, parse_page
from shared_material import ROOT, shared_pages

NOT_SHOWN = {"script", "style", "template", "noscript", "iframe", "object", "head", "svg"}
RUNS_ON = set(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike "
    "strong sub sup time tt u var wbr".split()
)


def words(text: str) -> list[str]:
    """Words as anyone would count them: runs of letters and digits, whatever stands between."""
    text = unicodedata.normalize("NFKC", text.replace("\u200b", "").replace("\ufeff", ""))
    return re.findall(r"\w+", text.replace("\u00ad", "").replace("\u2060", ""))


def independent_words(source: str) -> list[str]:
    """The page's words by another road: the plain renderer and html5lib, no code of ours."""
    body = re.sub(r"\A---\n.*?\n---\n?", "", source, count=1, flags=re.DOTALL)
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(body)
    tree = html5lib.parse(rendered, treebuilder="etree", namespaceHTMLElements=False)
    pieces: list[str] = []

    def walk(element: Element) -> None:
        if not isinstance(element.tag, str) or element.tag in NOT_SHOWN:
            return
        apart = element.tag not in RUNS_ON
        pieces.append(" " if apart else "")
        pieces.append(element.text or "")
        for child in element:
            walk(child)
            pieces.append(child.tail or "")
        pieces.append(" " if apart else "")

    walk(tree)
    return words("".join(pieces))


def read(source: str) -> Page:
    return parse_page(source.encode(), name="page.md")


def shown(page: Page) -> list[tuple[str, str]]:
    return [(block.kind, page.text[block.start : block.end]) for block in page.blocks]


@pytest.mark.parametrize("path", shared_pages(), ids=lambda path: path.name[:60])
def test_real_page_keeps_every_word_in_order(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert words(parse_page(path.read_bytes(), name=path.name).text) == independent_words(source)


ALL_PAGES = [*shared_pages(), *list_pages(ROOT / "corpus")]


@pytest.mark.parametrize("path", ALL_PAGES, ids=lambda path: path.name[:60])
def test_blocks_tile_the_text_and_know_their_lines(path: Path) -> None:
    page = parse_page(path.read_bytes(), name=path.name)
    source = re.split(r"\r\n?|\n", path.read_bytes().decode("utf-8-sig"))
    position = 0
    for block in page.blocks:
        assert page.text[position : block.start].strip() == ""
        assert block.start < block.end
        position = block.end
        first, last = block.lines
        assert 1 <= first <= last <= len(source)
        # Marks may stand inside a word (``EE**A``), so letters are compared, not words.
        there = unescape(re.sub(r"<[^>]*>", "", "\n".join(source[first - 1 : last])))
        letters = "".join(words(there.replace("_", "")))
        for word in words(page.text[block.start : block.end]):
            assert word.replace("_", "") in letters, block
    assert position == len(page.text)
    for link in page.links:
        assert page.text[link.start : link.end] == link.label


def test_overview_prose_beside_a_logo_is_a_paragraph_and_its_next_row_continues_it() -> None:
    page = read(
        "| ![](logo.png) | Founded in 2020 to help. |\n| --- | --- |\n"
        "| | It also trains.\n| Website | https://example.org |\n<br>\n"
    )
    assert shown(page) == [
        ("paragraph", "Founded in 2020 to help."),
        ("paragraph", "It also trains."),
        ("row", "Website\nhttps://example.org"),
    ]


def test_table_with_column_names_has_a_header() -> None:
    page = read("| Scheme | Cap |\n|---|---|\n| A | S$1 |\n| B | S$2 |\n")
    assert shown(page) == [("header", "Scheme\nCap"), ("row", "A\nS$1"), ("row", "B\nS$2")]


def test_heading_that_is_only_a_link_is_an_action_of_the_section_above() -> None:
    page = read("#### Ways\n##### Rent\nRooms.\n##### [Request](https://x.org)\n##### Buy\nToo.\n")
    assert [(b.kind, b.path) for b in page.blocks] == [
        ("heading", ("Ways",)),
        ("heading", ("Ways", "Rent")),
        ("paragraph", ("Ways", "Rent")),
        ("action", ("Ways", "Rent")),
        ("heading", ("Ways", "Buy")),
        ("paragraph", ("Ways", "Buy")),
    ]
    assert [(link.label, link.url) for link in page.links] == [("Request", "https://x.org")]


def test_bold_lines_are_labels_of_what_follows() -> None:
    page = read("**Who is it for?** \n* SMEs\n\n**Where is this offered?** \nSingapore\n")
    assert shown(page) == [
        ("label", "Who is it for?"),
        ("item", "SMEs"),
        ("label", "Where is this offered?"),
        ("paragraph", "Singapore"),
    ]
    assert page.text == "Who is it for?\nSMEs\n\nWhere is this offered?\nSingapore"


def test_bold_words_inside_a_sentence_are_no_label() -> None:
    page = read("<p><strong>ACTRIS</strong>\nis a centre.</p>")
    assert shown(page) == [("paragraph", "ACTRIS is a centre.")]


def test_details_are_sections_that_end_where_they_close() -> None:
    page = read(
        "<h3>FAQ</h3><details><summary>When?</summary><p>In May.</p></details><p>Ask us.</p>"
    )
    assert [(b.kind, b.path) for b in page.blocks] == [
        ("heading", ("FAQ",)),
        ("heading", ("FAQ", "When?")),
        ("paragraph", ("FAQ", "When?")),
        ("paragraph", ("FAQ",)),
    ]


def test_what_is_not_words_is_not_text() -> None:
    page = read(
        "<!-- note --><style>p{}</style><script>x()</script>\n\n![alt](secret-name.png)\n\n"
        '<img alt="logo" src="data:image/png;base64,AAAA"> {% include x.html %}\n\n'
        "Plain\u00a0words\u200b here.\n{: .class #id}\n\n[label](https://target.example/path)\n"
    )
    assert page.text == "Plain words here.\n\nlabel"


def test_words_split_by_inline_tags_stay_whole_and_entities_are_decoded() -> None:
    assert read("<p>R&amp;D and <b>t</b>he&nbsp;rest<br>next</p>").text == "R&D and the rest\nnext"


def test_form_feed_and_carriage_returns_do_not_shift_lines() -> None:
    page = read("---\r\ntitle: T\r\n---\r\nOne\fand\rtwo\r\n\r\nThree\r\n")
    assert [block.lines for block in page.blocks] == [(4, 5), (7, 7)]


def test_footnotes_keep_their_text_and_lose_their_marks() -> None:
    page = read("A claim.[^1]\n\n[^1]: Shown by a trial.\n")
    assert page.text == "A claim.\n\nShown by a trial."


def test_indented_html_is_not_code() -> None:
    assert read("<div>\n\n    <p>Indented words.</p>\n\n</div>").text == "Indented words."


def test_lists_keep_an_item_together_and_nested_items_apart() -> None:
    page = read("<ul><li><p>One</p><p>more</p><ul><li>Two</li></ul>tail</li><li>Three</li></ul>")
    assert shown(page) == [
        ("item", "One\nmore"),
        ("item", "Two"),
        ("item", "tail"),
        ("item", "Three"),
    ]


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (b"---\ntitle: A\n---\nCaf\xe9\n", 4, "not UTF-8"),
        (b" \n\n", 1, "empty"),
        (b"---\ntitle: A\nno end\n", 1, "not closed"),
        (b"---\ntitle: A\nvariant: [x\n---\nText\n", 3, "not YAML"),
        (b"---\n- a\n- b\n---\nText\n", 2, "name: value"),
    ],
)
def test_unreadable_page_says_where_and_why(data: bytes, line: int, says: str) -> None:
    with pytest.raises(CorpusError, match=says) as caught:
        parse_page(data, name="bad.md")
    assert (caught.value.path, caught.value.line) == ("bad.md", line)


def test_front_matter_only_is_a_page_without_words() -> None:
    page = read("---\ntitle: Soon\npermalink: /soon/\n---\n")
    assert (page.title, page.url, page.text, page.blocks) == ("Soon", "/soon/", "", ())


def test_title_falls_back_to_the_first_heading_then_the_file_name(tmp_path: Path) -> None:
    assert read("## First\ntext").title == "First"
    (tmp_path / "only-text.md").write_text("words")
    assert read_page(tmp_path, tmp_path / "only-text.md").title == "only-text"


def kinds_of(source: str) -> list[tuple[str, str]]:
    page = read(source)
    return [(block.kind, page.text[block.start : block.end]) for block in page.blocks]


def test_a_sentence_set_as_large_as_a_heading_is_text_unless_words_stand_below_it() -> None:
    assert kinds_of(
        "# Our Mission\n#### Help everybody in this town to read well.\n# Duties\n"
        "#### Our library has these three duties:\n#### 1. Lending books to the town's people;\n"
        "#### 2. Reading aloud in every school here.\n"
        "# We work with everybody who likes books.\nSchools, above all.\n"
    ) == [
        ("heading", "Our Mission"),
        ("paragraph", "Help everybody in this town to read well."),
        ("heading", "Duties"),
        ("paragraph", "Our library has these three duties:"),
        ("item", "1. Lending books to the town's people;"),
        ("item", "2. Reading aloud in every school here."),
        ("heading", "We work with everybody who likes books."),
        ("paragraph", "Schools, above all."),
    ]


def test_typed_marks_make_a_list_where_two_follow_each_other() -> None:
    assert kinds_of("Services:\n\n(i) Lending\n\n(ii) Binding\n\nText.\n\n(a) alone\n") == [
        ("paragraph", "Services:"),
        ("item", "(i) Lending"),
        ("item", "(ii) Binding"),
        ("paragraph", "Text."),
        ("paragraph", "(a) alone"),
    ]


def test_plain_cells_above_figures_name_columns() -> None:
    def table(*rows: str) -> str:
        cells = ("".join(f"<td>{cell}</td>" for cell in row.split(", ")) for row in rows)
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"

    named = table("Stage, Grant", "First, $10", "Second, $30")
    plain = table("Ann, Head", "Bo, Desk", "Cy, Shop")
    assert [kind for kind, _ in kinds_of(named)] == ["header", "row", "row"]
    assert [kind for kind, _ in kinds_of(plain)] == ["row", "row", "row"]


def test_bold_closed_behind_a_space_is_bold() -> None:
    assert kinds_of("**Host: Alpha **\n\nTwo ** and ** stay.\n") == [
        ("label", "Host: Alpha"),
        ("paragraph", "Two ** and ** stay."),
    ]


def test_a_card_has_a_name_and_leads_elsewhere() -> None:
    assert kinds_of(
        '<a href="/x/"><div class="isomer-card-title">Find rooms</div><div class='
        '"isomer-card-description">We lend you one.</div><div class="isomer-card-link">Learn More'
        "</div></a>"
    ) == [("label", "Find rooms"), ("paragraph", "We lend you one."), ("action", "Learn More")]


SCRAPS = (
    "<p> </p> <ul> <li> </ul> <table> <tr> <td> </td> </table> <details> <summary> </summary> "
    "</details> <b> </b> <h4> </h4> <br> <!-- --> & &amp; | --- | # ## * - ** [ ](x) ` ``` > "
    "{: .x} {% y %} <script> </script> alpha"
).split(" ")


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(st.sampled_from([*SCRAPS, "\n", "\n\n", "    "]), st.text(max_size=4)),
        max_size=40,
    )
)
def test_no_page_crashes_and_its_blocks_tile(scraps: list[str]) -> None:
    source = " ".join(scraps)
    if not source.encode("utf-8", "ignore").strip() or source.startswith("---"):
        return
    page = parse_page(("x " + source).encode("utf-8", "ignore"), name="scraps.md")
    assert " ".join(page.text[b.start : b.end] for b in page.blocks).split() == page.text.split()
