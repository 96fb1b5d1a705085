"""An exported cross-encoder through onnxruntime and tokenizers, without torch.

Each pair is run alone: padding and the number of pairs in a batch change the last bits of a score.
Several pairs run at the same time, each on one thread, which changes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders.exported import ExportedModel
from askpartner.embedders.files import RECORD_FILE, parse_record, read_checked, record_bytes

RERANKER_FORMAT = 1
"""Number of the layout of an exported reranker's folder. Raised when layout or export changes."""

WORKERS = 2
"""Pairs that run at the same time."""


@dataclass(frozen=True, slots=True)
class RerankerRecord:
    """What an exported reranker's folder says of itself, in ``model.json``."""

    format: int
    name: str  # as the settings give it
    fingerprint: str  # SHA-256 of the weights it was exported from
    configuration: str  # SHA-256 of what else decides: tokenizer and further settings
    max_pieces: int  # word pieces seen of a pair, the model's own marks included
    truncation_side: str  # "right": a longer text loses its end; "left": its beginning
    files: dict[str, str]  # file name -> SHA-256

    def to_bytes(self) -> bytes:
        """JSON, the same bytes for the same record."""
        return record_bytes(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> RerankerRecord:
        """The reverse of ``to_bytes``. Raises EmbedderError for anything else."""
        return parse_record(data, cls, RERANKER_FORMAT)


class OnnxReranker(ExportedModel[RerankerRecord]):
    """Fulfils ``Reranker`` from an exported model's folder; see ``ExportedModel``.

    ``workers`` is how many pairs run at the same time; scores do not depend on it. An instance may
    be used from several threads.
    """

    def __init__(self, folder: Path, *, workers: int = WORKERS, record: str | None = None) -> None:
        from tokenizers import Tokenizer

        super().__init__(folder, record, parse=RerankerRecord.from_bytes, workers=workers)
        self._cut: Tokenizer = Tokenizer.from_str(self._pieces)
        # Of question and text the longer one is cut, as the models' own packages do.
        self._cut.enable_truncation(
            self._record.max_pieces,
            strategy="longest_first",
            direction=self._record.truncation_side,
        )

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """A logit a text, in order; shape (len(texts),)."""
        if self._workers == 1 or len(texts) < 2:
            return np.array([self._run(question, text) for text in texts], dtype=np.float64)
        with ThreadPoolExecutor(self._workers, thread_name_prefix="rerank") as pool:
            scores = list(pool.map(lambda text: self._run(question, text), texts))
        return np.array(scores, dtype=np.float64)

    def feed(self, question: str, text: str) -> dict[str, NDArray[np.int64]]:
        """A pair as the network takes it: by input's name, shape (1, pieces)."""
        return self._fed(self._cut.encode(question, text))

    def _run(self, question: str, text: str) -> float:
        return float(self._session.run(None, self.feed(question, text))[0][0, 0])


def read_reranker_record(folder: Path) -> RerankerRecord:
    """``model.json`` of an exported reranker. Raises EmbedderError when there is none."""
    return RerankerRecord.from_bytes(read_checked(folder / RECORD_FILE, None))
