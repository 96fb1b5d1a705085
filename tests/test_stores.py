"""The vector store against brute force: the same rows, the same order, ties by row."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from askpartner.embedders import Vectors
from askpartner.stores import VectorStore
from askpartner.stores.faiss_store import FaissStore

ROUNDING = 1e-6
"""What 32-bit sums may differ by from 64-bit ones."""


def unit_vectors(rows: int, dimension: int, *, seed: int) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(rows, dimension))
    vectors: Vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return vectors


def exact_products(vectors: Vectors, query: Vectors) -> list[float]:
    return [float(product) for product in vectors.astype(np.float64) @ query.astype(np.float64)]


@pytest.mark.parametrize("dimension", [3, 17, 384])
@pytest.mark.parametrize("count", [1, 5, 50, 1000])
def test_search_finds_what_brute_force_finds(dimension: int, count: int) -> None:
    vectors = unit_vectors(200, dimension, seed=1)
    vectors[100:140] = vectors[:40]  # duplicates: every one of them is a tie
    vectors[150:160] = vectors[7]
    store: VectorStore = FaissStore.build(vectors, dimension=dimension)
    for query in [*unit_vectors(20, dimension, seed=2), vectors[7], -vectors[7]]:
        found = store.search(query, count)
        exact = exact_products(vectors, query)
        assert len({row for row, _ in found}) == len(found) == min(count, 200)
        for row, score in found:
            assert score == pytest.approx(exact[row], abs=ROUNDING)
        best = sorted(exact, reverse=True)
        for rank, (row, _) in enumerate(found):
            assert exact[row] >= best[rank] - ROUNDING
        assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
        # Rows that are the same vector tie exactly: none is left out for one of a higher number.
        last, lowest = found[-1]
        equal = [row for row in range(200) if np.array_equal(vectors[row], vectors[last])]
        taken = [row for row, score in found if score == lowest and row in equal]
        assert taken == equal[: len(taken)]


def test_ties_are_cut_by_row_number_whatever_the_order_of_insertion() -> None:
    vectors = np.repeat(unit_vectors(1, 8, seed=3), 300, axis=0)
    store = FaissStore.build(vectors, dimension=8)
    for count in (1, 2, 7, 299, 300, 400):
        assert [row for row, _ in store.search(vectors[0], count)] == list(range(min(count, 300)))


def test_equal_rows_have_equal_scores_to_the_bit() -> None:
    vectors = unit_vectors(64, 384, seed=4)
    store = FaissStore.build(np.concatenate([vectors, vectors]), dimension=384)
    scores = dict(store.search(unit_vectors(1, 384, seed=5)[0], 128))
    assert all(scores[row] == scores[row + 64] for row in range(64))


def test_an_empty_store_finds_nothing() -> None:
    store = FaissStore.build(np.empty((0, 4), dtype=np.float32), dimension=4)
    assert store.size == 0
    assert store.search(unit_vectors(1, 4, seed=6)[0], 10) == []
    assert store.vectors([]).shape == (0, 4)
    assert FaissStore.from_bytes(store.to_bytes(), dimension=4).size == 0


def test_round_trip_keeps_every_bit() -> None:
    vectors = unit_vectors(50, 384, seed=7)
    store = FaissStore.build(vectors, dimension=384)
    data = store.to_bytes()
    again = FaissStore.from_bytes(data, dimension=384)
    assert again.to_bytes() == data == FaissStore.build(vectors, dimension=384).to_bytes()
    assert np.array_equal(again.vectors(range(50)), vectors)
    assert np.array_equal(again.vectors([49, 0, 49]), vectors[[49, 0, 49]])
    assert again.search(vectors[3], 5) == store.search(vectors[3], 5)


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (unit_vectors(3, 4, seed=8) * 2, "length 2"),
        (unit_vectors(3, 4, seed=8) * 0, "length 0"),
        (np.full((3, 4), np.nan, dtype=np.float32), "length nan"),
        (unit_vectors(3, 5, seed=8), "expected (rows, 4)"),
        (unit_vectors(3, 4, seed=8)[0], "expected (rows, 4)"),
    ],
)
def test_build_refuses_what_is_not_unit_vectors(vectors: Vectors, words: str) -> None:
    with pytest.raises(ValueError, match="expected") as refusal:
        FaissStore.build(vectors, dimension=4)
    assert words in str(refusal.value)


def test_search_refuses_what_it_cannot_mean() -> None:
    vectors = unit_vectors(3, 4, seed=9)
    store = FaissStore.build(vectors, dimension=4)
    with pytest.raises(ValueError, match="length 3"):
        store.search(vectors[0] * 3, 1)
    with pytest.raises(ValueError, match="shape"):
        store.search(unit_vectors(1, 5, seed=9)[0], 1)
    with pytest.raises(ValueError, match="count is 0"):
        store.search(vectors[0], 0)
    with pytest.raises(ValueError, match="no row 3"):
        store.vectors([0, 3])
    with pytest.raises(ValueError, match="no row -1"):
        store.vectors([-1])


def test_bytes_of_another_index_are_refused() -> None:
    import faiss

    by_distance = faiss.serialize_index(faiss.IndexFlatL2(4)).tobytes()
    with pytest.raises(ValueError, match="IndexFlatL2 of dimension 4"):
        FaissStore.from_bytes(by_distance, dimension=4)
    store = FaissStore.build(unit_vectors(3, 4, seed=10), dimension=4)
    with pytest.raises(ValueError, match="dimension 4, expected IndexFlatIP of dimension 5"):
        FaissStore.from_bytes(store.to_bytes(), dimension=5)
    with pytest.raises(ValueError, match="not a FAISS index"):
        FaissStore.from_bytes(b"nonsense", dimension=4)


def test_searching_leaves_one_thread_to_faiss_in_every_thread() -> None:
    import faiss

    store = FaissStore.build(unit_vectors(300, 8, seed=11), dimension=8)
    query = unit_vectors(1, 8, seed=12)[0]
    seen: list[tuple[int, list[tuple[int, float]]]] = []

    def ask() -> None:
        faiss.omp_set_num_threads(2)
        found = store.search(query, 10)
        seen.append((faiss.omp_get_max_threads(), found))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [(1, store.search(query, 10))] * 4


def test_importing_the_contract_does_not_import_faiss() -> None:
    code = (
        "import sys, askpartner.stores, askpartner.stores.faiss_store;"
        "assert 'faiss' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))
