"""The options of ``askpartner evaluate``, apart from what it does: reading them is quick."""

from __future__ import annotations

import argparse
from pathlib import Path

BUILT_WITH = ("model", "passage_tokens", "reranker", "rerank_hits")
"""Settings an index is built with: another value of one is another index."""

CAN_BE_SET = (*BUILT_WITH, "site_url", "contact")
"""Settings that can change an answer."""


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of ``askpartner evaluate``."""
    command.add_argument("questions", type=Path, metavar="QUESTIONS", help=".jsonl or .csv file")
    place = command.add_mutually_exclusive_group()
    place.add_argument("--corpus", type=Path, help="folder of Markdown profiles; an index is built")
    place.add_argument("--index", type=Path, help="folder of an index (index)")
    command.add_argument("--out", type=Path, metavar="DIR", help="write the reports there")
    command.add_argument(
        "--against", type=Path, metavar="RUN", help="compare with an earlier --out"
    )
    command.add_argument(
        "--allow-different",
        action="store_true",
        help="compare though pages or questions are not the same",
    )
    command.add_argument(
        "--gate",
        action="append",
        default=[],
        metavar="GATE",
        help="what a figure must reach, as 'nDCG@10>=0.8' or 'right[typo]>=0.8'; may be repeated",
    )
    command.add_argument(
        "--setting",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=f"one of {', '.join(CAN_BE_SET)}; given twice, two runs are compared",
    )
    command.add_argument(
        "--measure",
        action="append",
        default=[],
        metavar="M",
        help="a measure of ir_measures to take besides, as 'Success@1'; may be repeated",
    )
    command.add_argument("--json", action="store_true", help="print the report as JSON")
