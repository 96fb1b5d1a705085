"""An exported model's folder: there whole or not at all, and read only when its checksums hold.

Beside the network lie its tokenizer and ``model.json``, which holds the SHA-256 of both.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from askpartner.errors import EmbedderError
from askpartner.storage import sync_path

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from onnxruntime import InferenceSession

Record = TypeVar("Record")

RECORD_FILE = "model.json"
NETWORK_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"

EXPORTING = ".exporting-"
"""How the name of a folder begins that is being written."""


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lines_hash(hashes: dict[str, str]) -> str:
    """SHA-256 of "path NUL hash" lines in the order of paths, hexadecimal."""
    lines = "".join(f"{path}\0{value}\n" for path, value in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def record_bytes(record: DataclassInstance) -> bytes:
    """A record as JSON, the same bytes for the same record."""
    return (json.dumps(asdict(record), indent=1, sort_keys=True) + "\n").encode()


def parse_record(data: bytes, kind: Callable[..., Record], number: int) -> Record:
    """The record that ``record_bytes`` wrote, of format ``number``.

    Raises EmbedderError for anything else.
    """
    try:
        known: dict[str, Any] = json.loads(data)
        if known.get("format") != number:
            raise EmbedderError(
                f"{RECORD_FILE}: format {known.get('format')!r}, this askpartner reads format "
                f"{number}; export the model again with: askpartner index"
            )
        return kind(**known)
    except (ValueError, TypeError, AttributeError) as error:
        raise EmbedderError(
            f"{RECORD_FILE} is not a model record ({error}); export the model again with: "
            "askpartner index"
        ) from error


def read_checked(path: Path, expected: str | None) -> bytes:
    """A file's bytes. Raises EmbedderError when it is missing or its SHA-256 is another."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EmbedderError(
            f"{path}: {error.strerror}; export the model again with: askpartner index"
        ) from error
    if expected is not None and hashlib.sha256(data).hexdigest() != expected:
        raise EmbedderError(
            f"{path}: damaged (its SHA-256 is not the recorded one); export the model again "
            "with: askpartner index"
        )
    return data


def open_session(network: bytes) -> InferenceSession:
    """A network ready to run: one thread, because more of them wait for each other longer."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


@contextlib.contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """A folder to write to that takes the place of ``folder`` when all went well.

    Everything in it is brought to the disk first; after an error nothing of it is left.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=EXPORTING, dir=folder.parent))
    try:
        yield aside
        for path in sorted(aside.iterdir()):
            sync_path(path)
        sync_path(aside)
        # mkdtemp keeps others out; the finished folder is as readable as any other.
        aside.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        aside.rename(folder)
        sync_path(folder.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
