"""The HTML report: nothing is lost, nothing but our own markup is in it, and it is one file."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, get_args

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from askpartner.evaluation.comparison import compare
from askpartner.evaluation.measures import OWN_MEASURES
from askpartner.evaluation.page import (
    chance_text,
    figure_text,
    meaning,
    percent_text,
    report_html,
    signed_text,
    tendency,
)
from askpartner.evaluation.plots import reliability_svg, risk_coverage_svg
from askpartner.evaluation.types import (
    Drift,
    Fault,
    Gate,
    GateResult,
    Label,
    MeasureChange,
    ReliabilityBin,
    Report,
    ShownSection,
)
from askpartner.evaluation.views import section_view
from askpartner.templates import load_templates
from askpartner.types import Status
from askpartner.understand import Turn
from askpartner.web.assets import FOLDER
from report_fixtures import report

__all__ = ["report"]  # fixture

HOSTILE = "</style></script><script>hacked()</script><img src=x onerror=hacked()> \"'&"


@pytest.fixture(scope="session")
def page(report: Report) -> Any:
    return read(report_html(report))


def read(page: str) -> Any:
    """The page as an HTML parser that forgives nothing reads it."""
    parser = html5lib.HTMLParser(
        html5lib.getTreeBuilder("lxml"), strict=True, namespaceHTMLElements=False
    )
    return parser.parse(page).getroot()


def text(element: Any) -> str:
    return " ".join(" ".join(element.itertext()).split())


def texts(root: Any, path: str) -> list[str]:
    return [text(found) for found in root.iterfind(path)]


def entry(root: Any, identity: str) -> Any:
    """The question of that id in the list."""
    [found] = [
        item
        for item in root.iterfind(".//ol[@id='list']/li")
        if text(item.find(".//p[@class='under']/span")) == identity
    ]
    return found


# --- what is told -------------------------------------------------------------------------------


def test_every_question_is_listed_once_and_in_order(report: Report, page: Any) -> None:
    listed = texts(page, ".//ol[@id='list']/li//p[@class='under']/span[1]")
    assert listed == [outcome.question.id for outcome in report.outcomes]


def test_an_answer_stands_with_its_quote_highlighted_in_its_section(
    report: Report, page: Any
) -> None:
    for outcome in report.outcomes:
        assert outcome.answer is not None
        item = entry(page, outcome.question.id)
        said = text(item.find(".//div[@class='said']"))
        for sentence in outcome.answer["sentences"]:
            assert " ".join(sentence["text"].split()) in said
        marked = "".join(texts(item, ".//div[@class='source']//mark"))
        for citation in outcome.answer["citations"]:
            assert "".join(citation["quote"].split()) in "".join(marked.split())
    assert any(outcome.answer and outcome.answer["citations"] for outcome in report.outcomes)


def test_what_was_expected_stands_beside_it(page: Any) -> None:
    beside = text(entry(page, "founded").find(".//div[@class='beside']"))
    assert "alpha › Overview founded in 1990 cited" in beside
    assert "1990 said never said not said" in beside
    assert "1985 not said" in beside
    good = texts(entry(page, "founded"), ".//div[@class='beside']//span[@class='good-text']")
    assert good == ["cited", "said", "not said"]  # of the required word, of the forbidden one
    assert "required words are missing" in text(entry(page, "founded").find(".//summary"))
    assert "No answer" in text(entry(page, "price").find(".//div[@class='beside']"))
    assert "Nothing is known" in text(entry(page, "unknown").find(".//div[@class='beside']"))


def test_a_place_that_was_not_cited_is_shown_with_its_words(page: Any) -> None:
    said = text(entry(page, "follow-up").find(".//div[@class='said']"))
    assert "What was expected stands here" in said
    assert "beta.md" in said
    assert "When was the Alpha Institute founded?" in said  # the conversation before it


def test_figures_are_those_of_the_report(report: Report, page: Any) -> None:
    tiles = {
        text(tile.find("p[@class='name']")): text(tile.find("p[@class='value']"))
        for tile in page.iterfind(".//li[@class='tile']")
    }
    row = report.row("nDCG@10")
    assert row is not None
    assert tiles["nDCG@10"] == figure_text(row.value)
    table = page.find(".//section[@id='figures']//table")
    shown = {cells[0]: cells[1:] for cells in map(cells_of, table.iterfind("tbody/tr"))}
    overall = [row for row in report.rows if row.tag == ""]
    assert list(shown) == [row.measure for row in overall]
    for row in overall:
        assert shown[row.measure][1] == figure_text(row.value)
        assert shown[row.measure][3] == str(row.count)


def test_tags_have_their_own_figures(report: Report, page: Any) -> None:
    rows = [cells_of(row) for row in page.iterfind(".//section[@id='tags']//tbody/tr")]
    assert [row[:2] for row in rows] == [
        ["fact", "2"], ["follow-up", "1"], ["place", "1"], ["unanswerable", "1"],
    ]  # fmt: skip
    right = report.row("right", "fact")
    assert right is not None
    assert rows[0][2] == figure_text(right.value)
    heads = texts(page, ".//section[@id='tags']//thead//th")
    assert rows[3][heads.index("nDCG@10")] == "–"  # no label, so nothing to find


def cells_of(row: Any) -> list[str]:
    return [text(cell) for cell in row]


def test_plots_have_their_figures_as_tables(report: Report, page: Any) -> None:
    assert len(page.findall(".//figure//{*}svg[@class='plot']")) == 2
    tables = page.findall(".//figure//table")
    points = report.abstention.risk_coverage.points
    shown = [cells_of(row) for row in tables[0].iterfind("tbody/tr")]
    assert shown[-1] == [figure_text(value) for value in points[-1]]
    assert all(cells in [[figure_text(x), figure_text(y)] for x, y in points] for cells in shown)
    counts = [int(cells_of(row)[3]) for row in tables[1].iterfind("tbody/tr")]
    assert sum(counts) == report.calibration.count


def test_a_whole_run_has_no_notices(page: Any) -> None:
    assert page.find(".//*[@class='notice']") is None
    assert page.find(".//section[@id='gates']") is None
    assert page.find(".//section[@id='compared']") is None


def test_gates_drift_and_an_early_end_are_told_first(report: Report) -> None:
    gates = tuple(
        GateResult(Gate(f"{measure}>=0.5", measure, "", ">=", 0.5), value, passed)
        for measure, value, passed in (
            ("right", 0.75, True),
            ("R@5", 0.25, False),
            ("x", None, False),
        )
    )
    label = Label("alpha", "Overview", "gone words")
    drift = (Drift("where", 2, label, "quote"), Drift("later", 9, label, "profile"))
    root = read(report_html(replace(report, partial=True, asked=12, gates=gates, drift=drift)))
    assert "Only 5 of 12 questions were asked" in text(root.find(".//section[@id='partial']"))
    assert "2 of 3 gates not passed" in text(root.find(".//section[@class='outcome']"))
    assert [cells_of(row) for row in root.iterfind(".//section[@id='gates']//tbody/tr")] == [
        ["right>=0.5", "0.750", "passed"],
        ["R@5>=0.5", "0.250", "not passed"],
        ["x>=0.5", "–", "not passed"],
    ]
    drifted = root.find(".//section[@id='drift']")
    assert "alpha › Overview: “gone words” the quote" in text(drifted)
    [link] = drifted.findall(".//a")  # the other question was not asked yet
    assert text(root.find(f".//li[@id='{link.get('href')[1:]}']//p[@class='under']")).startswith(
        "where"
    )


def test_a_report_without_outcomes_is_still_a_page(report: Report) -> None:
    empty = replace(
        report, outcomes=(), rows=(), sections=(), partial=True,
        abstention=replace(report.abstention, risk_coverage=replace(
            report.abstention.risk_coverage, points=(), area=None)),
        calibration=replace(report.calibration, bins=(), error=None, count=0),
    )  # fmt: skip
    root = read(report_html(empty))
    assert "0 of 0 right" in text(root)
    assert root.find(".//{*}svg[@class='plot']") is None


# --- two runs -----------------------------------------------------------------------------------


def test_two_runs_stand_side_by_side(report: Report) -> None:
    worse = replace(
        report.outcomes[1],
        right=not report.outcomes[1].right,
        status="not_found",
        confidence=0.25,
        answer={**(report.outcomes[1].answer or {}), "status": "not_found", "citations": [],
                "sentences": [{"kind": "template", "text": "Nothing here.", "citation": None}]},
    )  # fmt: skip
    before = replace(report, outcomes=(report.outcomes[0], worse, *report.outcomes[2:]))
    comparison = compare(before, report, names=("old", "new"))
    root = read(report_html(report, comparison))
    assert "new compared with old" in texts(root, ".//h2")
    verdict = comparison.questions[1].verdict
    item = entry(root, "where")
    assert item.get("data-change") == f"{verdict} said"
    first, second = item.findall(".//div[@class='answers']/div")
    assert text(first).startswith("old: not found")
    assert "confidence 25 % Nothing here." in text(first)
    assert text(second).startswith("new: answered")
    assert entry(root, "founded").get("data-change") == "tie"
    rows = [cells_of(row) for row in root.iterfind(".//section[@id='compared']//tbody/tr")]
    assert {row[0] for row in rows} >= {"right", "nDCG@10"}


def test_equal_runs_are_said_to_be_equal(report: Report) -> None:
    root = read(report_html(report, compare(report, report)))
    assert "No question was answered differently." in text(root)
    assert {item.get("data-change") for item in root.iterfind(".//ol[@id='list']/li")} == {"tie"}


def test_a_difference_is_good_or_bad_only_beyond_chance() -> None:
    def change(measure: str, low: float, high: float) -> MeasureChange:
        return MeasureChange(measure, 0, 0, (low + high) / 2, low, high, 0.5, 1, 1, 1, 3)

    assert tendency(change("right", 0.1, 0.2)) == "good"
    assert tendency(change("right", -0.2, -0.1)) == "bad"
    assert tendency(change("right", -0.1, 0.2)) == ""
    assert tendency(change("ECE", 0.1, 0.2)) == "bad"
    assert tendency(change("false_refusals", -0.2, -0.1)) == "good"
    assert tendency(change("Judged@10", 0.1, 0.2)) == ""


# --- one file, and only our own markup -----------------------------------------------------------


def test_text_of_others_is_never_markup(report: Report) -> None:
    """Whatever a page, question, label or tag says is text, also in attributes."""
    outcome = report.outcomes[0]
    assert outcome.answer is not None
    answer = {
        **outcome.answer,
        "sentences": [
            {"kind": "template", "text": HOSTILE, "citation": None},
            {"kind": "quote", "text": HOSTILE, "citation": 1},
        ],
        "citations": [{**outcome.answer["citations"][0], "quote": HOSTILE}],
        "links": [
            {"label": HOSTILE, "url": "javascript:hacked()", "profile": "alpha"},
            {"label": "out", "url": "https://out.example/?a=1&b=\"'", "profile": "alpha"},
        ],
    }
    question = replace(
        outcome.question,
        id=HOSTILE,
        question=HOSTILE,
        history=(Turn("user", HOSTILE),),
        relevant=(Label(HOSTILE, HOSTILE, HOSTILE),),
        answer_contains=(HOSTILE,),
        answer_omits=(HOSTILE,),
        tags=(HOSTILE,),
    )
    sections = tuple(
        replace(s, title=HOSTILE, heading_path=(HOSTILE,), text=HOSTILE * 20 + s.text)
        for s in report.sections
    )
    hostile = replace(
        report,
        question_set=HOSTILE,
        index_version=HOSTILE,
        settings={HOSTILE: HOSTILE},
        outcomes=(replace(outcome, question=question, answer=answer, error=HOSTILE),),
        sections=sections,
        drift=(Drift(HOSTILE, 1, question.relevant[0], "quote"),),
    )
    root = read(report_html(hostile, compare(hostile, hostile, names=(HOSTILE, HOSTILE))))
    plain = read(report_html(report, compare(report, report)))
    for name in ("script", "style", "img", "iframe", "form", "base", "link", "object", "meta"):
        assert len(root.findall(f".//{name}")) == len(plain.findall(f".//{name}"))
    assert_own_attributes_only(root)
    links = [a.get("href") for a in root.iterfind(".//div[@class='said']//a")]
    assert links == ["https://out.example/?a=1&b=\"'"]
    assert "javascript:hacked()" in text(root.find(".//div[@class='said']"))
    assert text(root.find(".//h1")) == HOSTILE
    assert HOSTILE in text(root.find(".//h3[last()]")) or HOSTILE in text(
        root.find(".//ol[@id='list']//h3")
    )
    assert root.find(".//select[@id='filter-tag']/option[2]").text == HOSTILE


def assert_own_attributes_only(root: Any) -> None:
    for element in root.iter("*"):
        for name, value in element.attrib.items():
            assert name not in ("src", "srcset", "style", "action", "srcdoc", "background")
            assert not str(name).startswith("on")
            if str(name) == "href":
                assert re.match(r"#|https?://|mailto:", str(value))


def test_the_policy_allows_this_style_sheet_and_script_alone(report: Report, page: Any) -> None:
    assert_own_attributes_only(page)
    policy = page.find(".//meta[@http-equiv='Content-Security-Policy']").get("content")
    for name in ("style", "script"):
        [found] = page.findall(f".//{name}")
        digest = base64.b64encode(hashlib.sha256((found.text or "").encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", report_html(report))


def test_the_report_has_the_palette_of_the_pages(page: Any) -> None:
    [style] = page.findall(".//style")
    assert style.text.startswith((FOLDER / "palette.css").read_text(encoding="utf-8"))


def test_headings_leave_no_level_out(page: Any) -> None:
    levels = [int(element.tag[1]) for element in page.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_names_of_elements_are_unique_and_found(page: Any) -> None:
    names = [element.get("id") for element in page.iter("*") if element.get("id")]
    assert len(names) == len(set(names))
    for element in page.iter("*"):
        for attribute in ("href", "aria-labelledby"):
            value = element.get(attribute) or ""
            if value.startswith("#") or (value and attribute == "aria-labelledby"):
                assert value.removeprefix("#") in names


def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    assert report_html(report) == report_html(report)


@pytest.mark.slow
def test_plots_are_the_same_in_another_process() -> None:
    code = (
        "import hashlib, sys; from askpartner.evaluation.plots import risk_coverage_svg as plot;"
        "sys.stdout.write(hashlib.sha256(plot([[(0.5, 0.1), (1, 0.3)]]).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "MPLCONFIGDIR": "/nonexistent"} if seed == "0" else None,
        ).stdout
        for seed in ("0", "")
    }
    own = hashlib.sha256(risk_coverage_svg([[(0.5, 0.1), (1, 0.3)]]).encode()).hexdigest()
    assert digests == {own}


@pytest.mark.slow
def test_a_thousand_questions_stay_below_eight_megabytes(report: Report) -> None:
    outcomes = tuple(
        replace(outcome, question=replace(outcome.question, id=f"{outcome.question.id}-{number}"))
        for number in range(200)
        for outcome in report.outcomes
    )
    many = replace(report, outcomes=outcomes, asked=1000)
    page = report_html(many, compare(many, many))
    assert len(page.encode()) < 8_000_000
    assert page.count('<details class="question">') == 1000


# --- plots ----------------------------------------------------------------------------------------


def test_plots_take_their_colours_from_the_page_and_need_no_style() -> None:
    bins = [ReliabilityBin(0.2, 0.3, 4, 0.24, 0.5), ReliabilityBin(0.9, 1.0, 40, 0.95, 0.9)]
    for plot in (
        risk_coverage_svg([[(0.5, 0.0), (1.0, 0.25)], [(0.5, 0.5), (1.0, 0.5)]]),
        reliability_svg([bins, bins[:1]]),
    ):
        root: Any = etree.fromstring(plot)
        assert not re.findall(r"#[0-9a-f]{6}", re.sub(r"var\(--[a-z]+, #[0-9a-f]{6}\)", "", plot))
        assert "style=" not in plot
        assert root.find(".//{*}style") is None
        assert root.find(".//{*}metadata") is None
        words = [text(element) for element in root.iterfind(".//{*}text")]
        assert "compared with" in words
        assert "100 %" in words
        references = re.findall(r'(?:href="#|url\(#)([^")]+)', plot)
        assert set(references) == {e.get("id") for e in root.iter("*") if e.get("id")}


def test_a_curve_is_drawn_to_scale() -> None:
    """Risk 0 at coverage 0.5 and 0.25 at 1: a line from the middle of the ground to the edge."""
    root: Any = etree.fromstring(risk_coverage_svg([[(0.5, 0.0), (1.0, 0.25)]]))
    [path] = [e.get("d") for e in root.iter("{*}path") if "--accent" in (e.get("stroke") or "")]
    (x0, y0), (x1, y1) = [
        tuple(map(float, pair)) for pair in re.findall(r"([\d.]+) ([\d.]+)", path)
    ]
    [left, bottom, width, height] = [
        float(root.find(".//{*}clipPath/{*}rect").get(key)) for key in ("x", "y", "width", "height")
    ]
    assert x0 == pytest.approx(left + width / 2, abs=0.01)
    assert y0 == pytest.approx(bottom + height, abs=0.01)
    assert x1 == pytest.approx(left + width, abs=0.01)
    assert y1 == pytest.approx(bottom + height * (1 - 0.25 / 0.3), abs=0.01)  # scale ends at 0.3


# --- sections with marks ------------------------------------------------------------

Cited = Mapping[str, int]


def shown(words: str, quotes: list[tuple[int, int]]) -> list[tuple[str, str]]:
    """Pieces of a section as text and kind."""
    section = ShownSection("p", "P", ("Heading",), 100, 100 + len(words), (1, 2), words)
    citations: list[Cited] = [
        {"start": 100 + start, "end": 100 + end, "number": number}
        for number, (start, end) in enumerate(quotes, start=1)
    ]
    expected = [match.span() for match in re.finditer(r"lazy\s+dog", words)]
    return [(piece.text, piece.kind) for piece in section_view(section, citations, expected).pieces]


def test_a_section_is_cut_where_marks_begin_and_end() -> None:
    words = "Heading\nThe quick fox jumps\n\nover the lazy\ndog today."
    quick, over = words.index("quick"), words.index("over")
    quotes = [(quick, quick + 9), (over, len(words))]
    assert shown(words, quotes) == [
        ("The ", ""), ("quick fox", "quoted"), (" jumps", ""), ("", "gap"), ("", ""),
        ("over the ", "quoted"), ("lazy\ndog", "expected quoted"), (" today.", "quoted"),
    ]  # fmt: skip


def test_of_a_long_section_is_shown_what_stands_around_marked_words() -> None:
    words = " ".join(f"w{number:04}" for number in range(1000))  # six characters a word
    start = words.index("w0500")
    cut, before, marked, after, end = shown(words, [(start, start + 11)])
    assert cut == end == ("", "cut")
    assert marked == ("w0500 w0501", "quoted")
    # 300 characters on either side are 50 words, and no word is cut in two.
    assert before == (" ".join(f"w{number:04}" for number in range(450, 500)) + " ", "")
    assert after == (" " + " ".join(f"w{number:04}" for number in range(502, 552)), "")


@given(
    words=st.lists(
        st.sampled_from(["alpha", "beta gamma", "x" * 90, "\n\n", "lazy dog", "<b>&"]), max_size=12
    ).map(lambda some: " ".join(some * 12)),
    data=st.data(),
)
def test_no_marked_word_is_ever_left_out(words: str, data: st.DataObject) -> None:
    quotes = []
    for _ in range(data.draw(st.integers(0, 4))):
        if len(words) > 1:
            start = data.draw(st.integers(0, len(words) - 1))
            quotes.append((start, data.draw(st.integers(start + 1, len(words)))))
    pieces = shown(words, quotes)
    quoted = {at for start, end in quotes for at in range(start, end)}
    wanted = [words[at] for at in sorted(quoted) if not words[at].isspace()]
    marked = "".join(piece for piece, kind in pieces if "quoted" in kind)
    assert [character for character in marked if not character.isspace()] == wanted
    # What is shown is the page's own words in their order, and all of them when nothing is cut.
    said = "".join("".join(piece.split()) for piece, _ in pieces)
    whole = iter("".join(words.split()))
    assert all(character in whole for character in said)
    if not any(kind == "cut" for _, kind in pieces):
        assert said == "".join(words.split())


# --- words ------------------------------------------------------------


def test_every_status_fault_and_own_measure_has_words() -> None:
    words = load_templates("report")
    assert set(words["status"]) == {*get_args(Status), "error"}
    assert set(words["fault"]) == set(get_args(Fault))
    assert set(words["names"]) == set(OWN_MEASURES)
    assert all(meaning(measure) for measure in (*OWN_MEASURES, "nDCG@10", "R@5", "P(rel=2)@3"))
    assert meaning("unheard_of@5") == ""


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (figure_text, None, "–"),
        (figure_text, 0.12345, "0.123"),
        (figure_text, -0.5, "−0.500"),
        (signed_text, 0.0004, "0.000"),
        (signed_text, -0.0004, "0.000"),
        (signed_text, 0.25, "+0.250"),
        (signed_text, -0.25, "−0.250"),
        (chance_text, None, "–"),
        (chance_text, 0.0004, "< 0.001"),
        (chance_text, 0.05, "0.050"),
        (percent_text, 0.905, "90 %"),
    ],
)
def test_figures_are_written_alike(
    write: Callable[[float | None], str], value: float | None, text: str
) -> None:
    assert write(value) == text
