"""Everything that can go wrong on purpose.

AskpartnerError           exit code
├── StaleCitation         1   a quote that its page no longer holds
├── UsageError            2   a command line or setting that cannot be meant
│   └── ComparisonRefused     two reports that are not of the same questions and pages
├── CorpusError           3   a page or folder of pages that cannot be read
├── QuestionError         3   a question or question file that cannot be read
├── ReportError           3   a report that cannot be read
├── IndexRefused          4   an index that is missing or cannot be trusted
│   ├── IndexMissing
│   ├── IndexDamaged
│   └── IndexMismatch
├── JournalRefused        4   a journal that cannot be read or written
├── EmbedderError         4   an embedding model that is missing or not what it should be
├── BackendMissing        4   an optional package that is not installed
└── LabelDrift            5   labels of a question set that their pages no longer have

Each message says what is wrong, where, and the way out, on one line.
"""

from __future__ import annotations


class AskpartnerError(Exception):
    """Base of all errors raised on purpose; ``exit_code`` is what the command line exits with."""

    exit_code = 1


class UsageError(AskpartnerError):
    """A command line or setting that cannot be meant."""

    exit_code = 2


class ComparisonRefused(UsageError):
    """Two reports that are not of the same questions and pages, and so say nothing together."""


class CorpusError(AskpartnerError):
    """A page, or a folder of pages, that cannot be read.

    ``path`` and ``line`` (from 1; 0 when no line is to blame) say where, ``reason`` what.
    """

    exit_code = 3

    def __init__(self, path: str, line: int, reason: str) -> None:
        self.path, self.line, self.reason = path, line, reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


class QuestionError(AskpartnerError):
    """A question, or a line of a question file, that cannot be read."""

    exit_code = 3


class ReportError(AskpartnerError):
    """A report of an evaluation that cannot be read."""

    exit_code = 3


class IndexRefused(AskpartnerError):
    """Base of the reasons not to answer from an index."""

    exit_code = 4


class IndexMissing(IndexRefused):
    """There is no index in the folder."""


class IndexDamaged(IndexRefused):
    """A file of the index is missing or is not what the manifest says."""


class IndexMismatch(IndexRefused):
    """The index was built by another format or model than asked for."""


class JournalRefused(AskpartnerError):
    """The file of conversations cannot be read or written, or is no journal."""

    exit_code = 4


class EmbedderError(AskpartnerError):
    """An embedding model that is missing or not what it should be."""

    exit_code = 4


class BackendMissing(AskpartnerError):
    """An optional package is not installed; the message is the command that installs it."""

    exit_code = 4

    def __init__(self, package: str, *, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'askpartner[{extra}]'")


class StaleCitation(AskpartnerError):
    """A citation whose page no longer holds the quoted words at their address."""


class LabelDrift(AskpartnerError):
    """Labels of a question set name profiles, sections or quotes that are no longer there."""

    exit_code = 5
