"""The word pieces of a model that is not exported yet: its tokenizer alone, without its network."""

from __future__ import annotations

import json
from pathlib import Path

from askpartner.embedders.files import TOKENIZER_FILE
from askpartner.errors import EmbedderError

UNLIMITED = 8192
"""What counts as seen when a model names no limit."""


class ModelPieces:
    """Counts word pieces as the model in ``folder`` will; fulfils ``budget.PieceCounter``.

    Raises EmbedderError when the folder has no ``tokenizer.json``.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        path = folder / TOKENIZER_FILE
        if not path.is_file():
            raise EmbedderError(
                f"{path}: no such file; name a sentence-transformers model's folder"
            )
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.max_pieces = min(
            _number(folder / "sentence_bert_config.json", "max_seq_length"),
            _number(folder / "tokenizer_config.json", "model_max_length"),
        )

    def count_pieces(self, text: str) -> int:
        """Word pieces of a text, the model's own marks included."""
        return len(self._tokenizer.encode(text).ids)


def _number(path: Path, key: str) -> int:
    """A limit of a model's settings; ``UNLIMITED`` when there is none."""
    if not path.is_file():
        return UNLIMITED
    found = json.loads(path.read_bytes()).get(key)
    return int(min(found, UNLIMITED)) if isinstance(found, int | float) else UNLIMITED
