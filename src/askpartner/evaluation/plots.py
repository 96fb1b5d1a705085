"""Curves of an evaluation -> SVG that takes its colours from the page it stands in.

Drawn by matplotlib, with nothing of the user's own matplotlib settings and no date: the same
figures give the same bytes. Knows plain figures only, no questions and no pages.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from askpartner.evaluation.types import ReliabilityBin
from askpartner.templates import load_templates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

INK, QUIET, LINE = "#1b2421", "#56635e", "#dde3e0"
ACCENT, WARM = "#0b6354", "#a86a0b"

_VARIABLES = {INK: "--ink", QUIET: "--quiet", LINE: "--line", ACCENT: "--accent", WARM: "--amber"}
"""Colours the plots are drawn in, and the variables of the page's style sheet that replace them."""

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_LEFT_OUT = frozenset(("font", "font-family", "font-size"))  # the page's style sheet sets them


Curve = Sequence[tuple[float, float]]
"""The points of a line from left to right, each (x, y) in [0, 1]."""


def risk_coverage_svg(curves: Sequence[Curve]) -> str:
    """How often answers are wrong when only the surest share of the questions is answered.

    ``curves`` has coverage and risk of this run, and of the one it is compared with if there is
    one: that is drawn dashed, and there is a legend.
    """
    words = load_templates("report")["plots"]
    with _drawing("risk-coverage") as figure:
        axes = figure.subplots()
        for curve, style in zip(curves, _STYLES, strict=False):
            axes.plot(
                [x for x, _ in curve],
                [y for _, y in curve],
                color=style.colour,
                linestyle=style.line,
                linewidth=1.8,
            )
        highest = max((y for curve in curves for _, y in curve), default=0.0)
        axes.set(
            xlim=(0, 1), ylim=(0, _top(highest)), xlabel=words["coverage"], ylabel=words["risk"]
        )
        _plain(axes, axes.xaxis, axes.yaxis)
        if len(curves) > 1:
            axes.legend(axes.get_lines(), _run_names(), frameon=False)
        return _svg(figure, "risk-coverage")


def reliability_svg(groups: Sequence[Sequence[ReliabilityBin]]) -> str:
    """How often answers were right beside the confidence they stated, and how many there were.

    ``groups`` has the bins that hold answers, of one run or two as in ``risk_coverage_svg``; the
    counts are those of the first. A point on the diagonal is right as often as it says.
    """
    from matplotlib import ticker

    words = load_templates("report")["plots"]
    with _drawing("reliability") as figure:
        axes, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (4, 1)})
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=(0, (2, 3)))
        points = []
        for bins, style in zip(groups, _STYLES, strict=False):
            axes.plot(
                [one.confidence for one in bins],
                [one.right for one in bins],
                color=style.colour,
                linestyle=style.line,
                linewidth=1,
                alpha=0.5,
            )
            most = max(one.count for one in bins)
            points.append(
                axes.scatter(
                    [one.confidence for one in bins],
                    [one.right for one in bins],
                    # Area in square points: a few answers still make a point that can be seen.
                    s=[8 + 70 * one.count / most for one in bins],
                    color=style.colour,
                    linewidths=0,
                    alpha=0.85,
                    marker=style.marker,
                    clip_on=False,
                    zorder=3,
                )
            )
        first = groups[0]
        axes.set(xlim=(0, 1), ylim=(0, 1.02), ylabel=words["observed"])
        below.bar(
            [(one.low + one.high) / 2 for one in first],
            [one.count for one in first],
            width=[0.8 * (one.high - one.low) for one in first],
            color=ACCENT,
        )
        below.set(xlabel=words["stated"], ylabel=words["count"])
        below.yaxis.set_major_locator(ticker.MaxNLocator(nbins=2, integer=True))
        _plain(axes, axes.xaxis, axes.yaxis)
        _plain(below, below.xaxis)
        if len(groups) > 1:
            axes.legend(points, _run_names(), loc="lower right", frameon=False)
        return _svg(figure, "reliability")


@dataclass(frozen=True, slots=True)
class _Style:
    """How a run is drawn, told apart without colour too."""

    colour: str
    line: str | tuple[int, tuple[int, int]]
    marker: str


_STYLES = (_Style(ACCENT, "-", "o"), _Style(WARM, (0, (4, 3)), "D"))


@contextmanager
def _drawing(name: str) -> Iterator[Figure]:
    """A figure under settings of our own: matplotlib's defaults, whatever the user's file says."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "svg.hashsalt": name,  # names of markers and clips, else random
                "svg.fonttype": "none",  # text stays text: the page's own type, found by search
                "text.parse_math": False,
                "font.size": 9.5,  # as the style sheet has it where the page is narrow
                "axes.labelcolor": QUIET,
                "axes.edgecolor": LINE,
                "xtick.color": LINE,
                "ytick.color": LINE,
                "xtick.labelcolor": QUIET,
                "ytick.labelcolor": QUIET,
                "text.color": INK,
                "grid.color": LINE,
                "axes.spines.top": False,
                "axes.spines.right": False,
            }
        )
        yield Figure(figsize=(4.3, 3.3), layout="constrained")


def _plain(axes: Axes, *shares: Axis) -> None:
    """A quiet grid on no ground of its own; the axes named are shares, told in percent."""
    from matplotlib.ticker import MultipleLocator, PercentFormatter

    axes.grid(True, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)
    axes.tick_params(length=0, pad=6)
    for share in shares:
        share.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=" %"))
        low, high = share.get_view_interval()
        if high - low > 0.5:
            share.set_major_locator(MultipleLocator(0.2))


def _run_names() -> tuple[str, str]:
    words = load_templates("report")["plots"]
    return words["this_run"], words["other_run"]


def _top(highest: float) -> float:
    """The upper end of a scale from 0 that leaves room above ``highest``: 0.1, 0.2 … 1."""
    return min(1.0, max(0.1, int(highest * 10 + 1) / 10))


def _svg(figure: Figure, name: str) -> str:
    """The figure as one ``<svg>`` element that needs no style attribute and no own style sheet.

    A page whose Content-Security-Policy names its style sheets by hash ignores both.
    """
    written = io.BytesIO()
    figure.patch.set_visible(False)
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))  # no version, no clock
    figure.savefig(written, format="svg", metadata=nothing)
    root = etree.fromstring(
        written.getvalue(), etree.XMLParser(remove_blank_text=True, no_network=True)
    )
    for style in root.findall(f".//{{{_SVG}}}style"):
        style.getparent().remove(style)  # type: ignore[union-attr]
    for element in root.iter(f"{{{_SVG}}}*"):
        _style_to_attributes(element)
    _own_names(root, name)
    for size in ("width", "height"):  # the page decides; the view box keeps the proportions
        del root.attrib[size]
    root.attrib["class"] = "plot"
    root.attrib["stroke-linejoin"] = "round"
    return etree.tostring(root, encoding="unicode")


def _style_to_attributes(element: etree._Element) -> None:
    attributes = _attributes(element)
    for declaration in attributes.get("style", "").split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key and key not in _LEFT_OUT:
            variable = _VARIABLES.get(value)
            element.set(key, f"var({variable}, {value})" if variable else value)
    if "style" in attributes:
        del element.attrib["style"]


def _own_names(root: etree._Element, name: str) -> None:
    """Keep only the ids that are referred to, and begin them with ``name``: a page has several."""
    elements = [(element, _attributes(element)) for element in root.iter()]
    used = {found for _, attributes in elements for found in _references(attributes)}
    for element, attributes in elements:
        identity = attributes.pop("id", "")
        if identity in used:
            attributes["id"] = f"{name}-{identity}"
        if _LINK in attributes:
            attributes["href"] = f"#{name}-{attributes.pop(_LINK).removeprefix('#')}"
        element.attrib.clear()
        for key, value in attributes.items():
            element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _references(attributes: Mapping[str, str]) -> Iterator[str]:
    for key, value in attributes.items():
        if key == _LINK:
            yield value.removeprefix("#")
        yield from _REFERENCE.findall(value)


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(key): str(value) for key, value in element.attrib.items()}
