"""An exported model through onnxruntime and tokenizers: ready in half a second, without torch.

Each text is run alone. Padding changes the last bits of a vector, and so does the mere number of
texts in a batch, even of equal length; alone, a text always gets the same vector, and on a
processor that is not starved one at a time is as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders import Vectors
from askpartner.embedders.centre import without_middle
from askpartner.embedders.exported import ExportedModel
from askpartner.embedders.files import RECORD_FILE, parse_record, read_checked, record_bytes

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL_FORMAT = 3
"""Number of the layout of an exported model's folder. Raised when the layout or export changes."""

VECTOR, PIECES = "vector", "pieces"
"""What a network gives: a text's unit vector, and a vector for each of its word pieces."""

Progress = Callable[[int, int], None]
"""Called with how many texts are done and how many there are."""


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What an exported model's folder says of itself, in ``model.json``."""

    format: int
    name: str  # as the settings give it
    fingerprint: str  # SHA-256 of the weights it was exported from
    configuration: str  # SHA-256 of what else decides: tokenizer, pooling, further settings
    dimension: int  # length of a vector
    max_pieces: int  # word pieces seen of a text, the model's own marks included
    truncation_side: str  # "right": a longer text loses its end; "left": its beginning
    document_prompt: str  # put before a passage
    question_prompt: str  # put before a question
    document_centre: list[float]  # taken away from a passage's vector; empty: nothing
    question_centre: list[float]  # taken away from a question's vector; empty: nothing
    files: dict[str, str]  # file name -> SHA-256

    def to_bytes(self) -> bytes:
        """JSON, the same bytes for the same record."""
        return record_bytes(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> ModelRecord:
        """The reverse of ``to_bytes``. Raises EmbedderError for anything else."""
        return parse_record(data, cls, MODEL_FORMAT)


class OnnxEmbedder(ExportedModel[ModelRecord]):
    """Fulfils ``Embedder`` from an exported model's folder; see ``ExportedModel``.

    ``workers`` is how many texts ``embed`` runs at the same time; vectors do not depend on it.
    An instance may be used from several threads.
    """

    def __init__(self, folder: Path, *, workers: int = 1, record: str | None = None) -> None:
        from tokenizers import Tokenizer

        super().__init__(folder, record, parse=ModelRecord.from_bytes, workers=workers)
        self._whole = Tokenizer.from_str(self._pieces)
        self._cut: Tokenizer = Tokenizer.from_str(self._pieces)
        self._cut.enable_truncation(self._record.max_pieces, direction=self._record.truncation_side)
        self._centre = _centre(self._record.document_centre)
        self._question_centre = _centre(self._record.question_centre)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._record.dimension

    def count_pieces(self, text: str) -> int:
        """Word pieces of a text, the model's own marks included, not cut at ``max_pieces``."""
        return len(self._whole.encode(self._record.document_prompt + text).ids)

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        """One unit vector a text, in order; shape (len(texts), dimension)."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        prompt = self._record.document_prompt
        # Longest first, so that no worker is left alone with a long text at the end.
        order = sorted(range(len(texts)), key=lambda at: (-len(texts[at]), at))
        if self._workers == 1 or len(texts) < 2:
            for done, at in enumerate(order, start=1):
                vectors[at] = self._run(prompt + texts[at], self._centre)
                if progress:
                    progress(done, len(texts))
            return vectors
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="embed")
        try:
            jobs = [pool.submit(self._run, prompt + texts[at], self._centre) for at in order]
            for done, (at, job) in enumerate(zip(order, jobs, strict=True), start=1):
                vectors[at] = job.result()
                if progress:
                    progress(done, len(texts))
        finally:
            pool.shutdown(cancel_futures=True)
        return vectors

    def embed_question(self, question: str) -> NDArray[np.float32]:
        """A question's unit vector, shape (dimension,).

        Differs from ``embed`` only for models that want other words before a question than
        before a passage.
        """
        return self._run(self._record.question_prompt + question, self._question_centre)

    def embed_pieces(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.float32]]:
        """Where the word pieces of a text stand, and a vector each, shape (pieces, width).

        The model's own marks are pieces of no length.
        """
        encoding = self._cut.encode(text)
        return encoding.offsets, self._session.run([PIECES], self._fed(encoding))[0][0]

    def feed(self, text: str) -> dict[str, NDArray[np.int64]]:
        """A text as the network takes it: by input's name, shape (1, pieces)."""
        return self._fed(self._cut.encode(text))

    def embed_words(self, text: str, ranges: Sequence[tuple[int, int]]) -> Vectors:
        """One unit vector a range of a text, each read in its context; shape (ranges, width).

        The mean of its word pieces' vectors. The width is the same for all texts. A range the model
        does not see (behind its last word piece, or without letters) has a vector of zeros.
        """
        offsets, pieces = self.embed_pieces(text)
        vectors = np.zeros((len(ranges), pieces.shape[1]), dtype=np.float32)
        for at, (start, end) in enumerate(ranges):
            inside = [n for n, (a, b) in enumerate(offsets) if a < end and start < b]
            if inside:
                mean = pieces[inside].mean(axis=0)
                vectors[at] = mean / np.linalg.norm(mean)
        return vectors

    def _run(self, text: str, centre: NDArray[np.float32] | None) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._session.run([VECTOR], self.feed(text))[0][0]
        return vector if centre is None else without_middle(vector, centre)


def _centre(values: list[float]) -> NDArray[np.float32] | None:
    return np.array(values, dtype=np.float32) if values else None


def read_record(folder: Path) -> ModelRecord:
    """``model.json`` of an exported model. Raises EmbedderError when there is none."""
    return ModelRecord.from_bytes(read_checked(folder / RECORD_FILE, None))
