"""What running any exported model takes: its files proven, its session open, its pieces fed.

An embedder and a reranker are each one of these. Does not know what the network's output means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from askpartner.embedders.files import (
    NETWORK_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    open_session,
    read_checked,
)

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding

_SESSIONS: Final[WeakValueDictionary[str, InferenceSession]] = WeakValueDictionary()
"""SHA-256 of a network's file -> its session, while a model of this process holds it. A session may
run in several threads at once."""


class ExportedRecord(Protocol):
    """What every exported model's ``model.json`` says."""

    @property
    def name(self) -> str:
        """As the settings give it."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights it was exported from, hexadecimal."""

    @property
    def configuration(self) -> str:
        """SHA-256 of what else decides its output, hexadecimal."""

    @property
    def max_pieces(self) -> int:
        """Word pieces it sees of its input, its own marks included."""

    @property
    def files(self) -> dict[str, str]:
        """File name -> SHA-256."""


Record = TypeVar("Record", bound=ExportedRecord)


class ExportedModel(Generic[Record]):
    """An exported model's folder, read whole and then left.

    ``parse`` reads ``model.json``. Raises EmbedderError when a file is missing or not what
    ``model.json`` says; when ``record`` is given, also when the SHA-256 of ``model.json`` itself is
    another. Nothing is parsed before. Models of one network share its session.
    """

    def __init__(
        self, folder: Path, record: str | None, *, parse: Callable[[bytes], Record], workers: int
    ) -> None:
        data = read_checked(folder / RECORD_FILE, record)
        self.record = hashlib.sha256(data).hexdigest()
        """SHA-256 of ``model.json``, which holds that of the other files."""
        self._record = parse(data)
        self._workers = workers
        tokenizer = read_checked(folder / TOKENIZER_FILE, self._record.files[TOKENIZER_FILE])
        self._pieces = tokenizer.decode()
        checksum = self._record.files[NETWORK_FILE]
        network = read_checked(folder / NETWORK_FILE, checksum)
        self._session = _SESSIONS.get(checksum) or open_session(network)
        _SESSIONS[checksum] = self._session
        self._inputs = [entry.name for entry in self._session.get_inputs()]

    @property
    def name(self) -> str:
        """The model's name, as the settings gave it when it was exported."""
        return self._record.name

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weights the model was exported from, hexadecimal."""
        return self._record.fingerprint

    @property
    def configuration(self) -> str:
        """SHA-256 of what else decides its output: tokenizer, settings; hexadecimal."""
        return self._record.configuration

    @property
    def max_pieces(self) -> int:
        """How many word pieces the model sees of its input, its own marks included."""
        return self._record.max_pieces

    def _fed(self, encoding: Encoding) -> dict[str, NDArray[np.int64]]:
        """Word pieces as the network takes them: by input's name, shape (1, pieces)."""
        known = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        return {name: np.array([known[name]], dtype=np.int64) for name in self._inputs}
