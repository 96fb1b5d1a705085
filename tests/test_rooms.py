"""README's table of rooms is the order of the house: a module imports only rooms above its own."""

from __future__ import annotations

import ast
import re

import pytest

from shared_material import ROOT

SOURCE = ROOT / "src" / "askpartner"
TABLE = re.search(
    r"## I want to change.*?\n\n(.*?)\n\n",
    (ROOT / "README.md").read_text(encoding="utf-8"),
    re.DOTALL,
)
ROWS = TABLE[1].splitlines()[2:] if TABLE else []
ROOMS = {
    room.removesuffix("/").removesuffix(".py").replace("/", "."): place
    for place, row in enumerate(ROWS)
    for room in re.findall(r"`(?:src/askpartner/)?((?:[a-z_]+/)?[a-z_]+\.py|[a-z_]+/)`", row)
}
TAKEN_APART = frozenset(room.split(".")[0] for room in ROOMS if "." in room)
"""Packages whose modules have a row each: every one is a room, and the package the last of them."""

OUTSIDE = frozenset(("progress", "__init__"))
"""Helpers that any room may use and nobody looks for in the table."""


def room_of(module: str) -> str:
    """The room of a module below the package: its first name, or itself in one taken apart."""
    first, _, inside = module.partition(".")
    return module if first in TAKEN_APART and inside not in ("", "__init__") else first


def imports(path: str) -> set[str]:
    """Rooms a module imports, wherever in it."""
    tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
    return {
        room_of(node.module.removeprefix("askpartner."))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module is not None
        and node.module.startswith("askpartner.")
    }


@pytest.mark.parametrize(
    "path", sorted(str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py"))
)
def test_each_room_knows_only_rooms_above_it(path: str) -> None:
    room = room_of(path.removesuffix(".py").replace("/", "."))
    if room in OUTSIDE:
        return
    assert room in ROOMS, f"{path} has no row in README's table"
    below = {
        other for other in imports(path) - OUTSIDE if other != room and ROOMS[other] > ROOMS[room]
    }
    assert below == set()
