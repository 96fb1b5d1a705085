"""Any sentence-transformers CrossEncoder with one score to a folder that onnxruntime can run.

sentence-transformers is imported here only, loads the model once, and serves as the reference the
exported model must agree with. Nothing is looked up on a network.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from askpartner.embedders.files import (
    NETWORK_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    file_hash,
    written_aside,
)
from askpartner.embedders.transformer import (
    PARITY_TEXTS,
    configuration_fingerprint,
    find_model,
    least_limit,
    offline,
    quiet,
    refuse_difference,
    weights_fingerprint,
    write_network,
    write_tokenizer,
)
from askpartner.errors import EmbedderError
from askpartner.rerankers.onnx import RERANKER_FORMAT, OnnxReranker, RerankerRecord

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

TOLERANCE = 1e-4
"""Largest difference of a logit between the model and its export."""

OWNERS = ("cross-encoder", "sentence-transformers")
"""Whose models may be named without their owner."""

PARITY_QUESTIONS = ("Who supplies the equipment?", "cell therapy", "")


def locate_reranker(name: str) -> Path:
    """The folder with a CrossEncoder's files: a local folder, or a cached name.

    Raises EmbedderError when it is in neither.
    """
    found = find_model(name, OWNERS)
    if found is None:
        raise EmbedderError(
            f"reranker {name!r} is neither a folder nor in the local Hugging Face cache, and "
            "nothing is downloaded; name a folder with a sentence-transformers CrossEncoder "
            "(ASKPARTNER_RERANKER), or leave it empty"
        )
    return found


def export_reranker(name: str, folder: Path) -> float:
    """Write a CrossEncoder to ``folder``: whole or not at all, in 32-bit floats.

    What is exported is the logit, before any activation. Returns the largest difference to
    sentence-transformers over pairs of a question and each of ``PARITY_TEXTS``.

    Raises EmbedderError when the model is not there, gives more than one score a pair, cannot be
    exported, or when a logit differs by more than ``TOLERANCE``.
    """
    source = locate_reranker(name)
    fingerprint = weights_fingerprint(source)
    configuration = configuration_fingerprint(source)
    with written_aside(folder) as aside:
        with offline(), quiet():
            model = _load(name, source)
            _write_network(model, aside, name)
            record = RerankerRecord(
                format=RERANKER_FORMAT,
                name=name,
                fingerprint=fingerprint,
                configuration=configuration,
                max_pieces=_max_pieces(model),
                truncation_side=str(model.tokenizer.truncation_side),
                files={file: file_hash(aside / file) for file in (NETWORK_FILE, TOKENIZER_FILE)},
            )
            (aside / RECORD_FILE).write_bytes(record.to_bytes())
            difference = _parity(model, OnnxReranker(aside))
        refuse_difference(difference, TOLERANCE, f"reranker {name!r}")
    return difference


def _load(name: str, source: Path) -> CrossEncoder:
    from sentence_transformers import CrossEncoder

    try:
        model = CrossEncoder(
            str(source),
            device="cpu",
            local_files_only=True,
            model_kwargs={"attn_implementation": "eager"},
        )
    except Exception as error:  # whatever a foreign folder provokes
        raise EmbedderError(
            f"reranker {name!r} ({source}) cannot be loaded by sentence-transformers: {error}"
        ) from error
    if model.num_labels != 1:
        raise EmbedderError(
            f"reranker {name!r} gives {model.num_labels} scores a pair; use one that gives 1"
        )
    return model.float().eval()


def _write_network(model: CrossEncoder, folder: Path, name: str) -> None:
    import torch

    write_tokenizer(model.tokenizer, folder, name)
    example = model.tokenizer(
        [("one", "two texts"), ("a longer question", "and a text of another length")],
        padding=True,
        return_tensors="pt",
    )
    inputs = dict(example)

    class Logit(torch.nn.Module):  # type: ignore[misc]  # torch is not type-checked
        def __init__(self) -> None:
            super().__init__()
            self.model = model.model

        def forward(self, *values: Any) -> Any:
            return self.model(**dict(zip(inputs, values, strict=True))).logits

    write_network(
        Logit().eval(), inputs, folder, outputs={"logits": {0: "batch"}}, what=f"reranker {name!r}"
    )


def _max_pieces(model: CrossEncoder) -> int:
    positions = getattr(model.config, "max_position_embeddings", None)
    return least_limit(model.max_length, model.tokenizer.model_max_length, positions)


def _parity(model: CrossEncoder, exported: OnnxReranker) -> float:
    import torch

    differences = []
    for question in PARITY_QUESTIONS:
        expected = model.predict(
            [(question, text) for text in PARITY_TEXTS],
            activation_fn=torch.nn.Identity(),
            show_progress_bar=False,
            batch_size=8,
        )
        differences.append(np.abs(exported.score(question, PARITY_TEXTS) - expected).max())
    return float(np.max(differences))
