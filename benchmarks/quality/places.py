"""Positions in a page's canonical text -> positions in its file.

The canonical text keeps every word of the file in order and leaves marks out, so the words of the
two are walked side by side.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from .measures import Range

WORD = re.compile(r"[^\W_]+")

LOOKAHEAD = 60
"""A word is looked for among this many of the file's next ones; links and marks are skipped."""


class FilePlaces:
    """Where the words of a canonical text stand in the file it was read from."""

    def __init__(self, text: str, source: str) -> None:
        there = [(match[0], match.start(), match.end()) for match in WORD.finditer(source)]
        self._source = source
        self._starts: list[int] = []  # of each word found, in the canonical text
        self._there: list[Range] = []  # the same word's range in the file
        self.lost = 0  # words of the canonical text that the file was not seen to hold
        at = 0
        for match in WORD.finditer(text):
            near = range(at, min(at + LOOKAHEAD, len(there)))
            found = next((place for place in near if there[place][0] == match[0]), None)
            if found is None:
                self.lost += 1
                continue
            self._starts.append(match.start())
            self._there.append(there[found][1:])
            at = found + 1

    def range_between(self, start: int, end: int) -> Range:
        """A range of the canonical text in the file, marks beside its words included.

        (0, 0) for a range that holds no word.
        """
        first = bisect_left(self._starts, start)
        last = bisect_left(self._starts, end) - 1
        if last < first:
            return 0, 0
        start, end = self._there[first][0], self._there[last][1]
        before = self._there[first - 1][1] if first else 0
        after = self._there[last + 1][0] if last + 1 < len(self._there) else len(self._source)
        while start > before and not self._source[start - 1].isspace():
            start -= 1
        while end < after and not self._source[end].isspace():
            end += 1
        return start, end
