"""Bytes that are on the disk, or not there at all: writing that a power cut cannot halve."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def sync_path(path: Path) -> None:
    """Wait until a file's bytes, or a folder's list of names, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, data: bytes) -> None:
    """Write a file and wait until its bytes are on the disk; its folder is not waited for."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that others see the old one or the new one, never a part of either."""
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        os.close(handle)
        write_file(Path(aside), data)
        # mkstemp keeps others out; the finished file is as readable as any other.
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    finally:
        Path(aside).unlink(missing_ok=True)
    sync_path(path.parent)
