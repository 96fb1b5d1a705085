"""A dynamically int8-quantised network back to 32-bit floats: weights as they are stored, once.

Dynamic quantisation rounds what flows through the network by the largest value of the whole batch,
so the same text gets another vector beside another text, and on another processor. Rounding is
left out here and the weights stay what the int8 file says: the result depends on the text alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from askpartner.errors import EmbedderError

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

QUANTISED = frozenset(
    ("DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "DequantizeLinear", "QuantizeLinear")
)
"""Operators of quantised networks; none may be left."""


def dequantise(network: bytes) -> ModelProto:
    """The network of an ONNX file with every int8 product as a product of 32-bit floats.

    Rewritten are the two forms that onnxruntime's dynamic quantisation writes: a matrix product
    (quantise, multiply integers, cast, scale) and a table of embeddings that is scaled after the
    look-up. Raises EmbedderError when operators of another form are left.
    """
    import onnx

    model = onnx.load_from_string(network)
    graph = model.graph
    _matrices(graph)
    _tables(graph)
    _drop_unused(graph)
    left = sorted({node.op_type for node in graph.node} & QUANTISED)
    if left:
        raise EmbedderError(
            f"the network holds quantised operators of an unknown form ({', '.join(left)}); use a "
            "network with 32-bit weights"
        )
    onnx.checker.check_model(model)
    return model


def _matrices(graph: GraphProto) -> None:
    """x -> quantise -> integer product -> cast -> scale becomes x -> product."""
    from onnx import helper

    stored, makers, users = _stored(graph), _makers(graph), _users(graph)
    products: dict[str, NodeProto] = {}  # by the output they take over
    for node in graph.node:
        if node.op_type != "MatMulInteger":
            continue
        quantised, weights, _, zero = node.input
        quantiser = makers[quantised]
        cast = _only(users, node.output[0], "Cast")
        scaled = _only(users, cast.output[0], "Mul")
        (scale_name,) = set(scaled.input) - {cast.output[0]}
        (weight_scale,) = set(makers[scale_name].input) - {quantiser.output[1]}
        table = _floats(stored[weights], stored[zero], stored[weight_scale])
        name = f"{weights}_float"
        graph.initializer.append(_tensor(table, name))
        products[scaled.output[0]] = helper.make_node(
            "MatMul", [quantiser.input[0], name], [scaled.output[0]], name=f"{node.name}_float"
        )
    nodes = [products.get(node.output[0], node) for node in graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _tables(graph: GraphProto) -> None:
    """A look-up in a table of integers that is scaled afterwards becomes one in floats."""
    stored, makers = _stored(graph), _makers(graph)
    gone: set[str] = set()
    renamed: dict[str, str] = {}
    for node in graph.node:
        if node.op_type != "DequantizeLinear":
            continue
        looked_up, scale, zero = node.input
        gone.add(node.output[0])
        if looked_up in stored:  # the table is scaled as a whole, before the look-up
            values = _floats(stored[looked_up], stored[zero], stored[scale])
            graph.initializer.append(_tensor(values, node.output[0]))
            continue
        table = makers[looked_up].input[0]
        values = _floats(stored[table], stored[zero], stored[scale])
        graph.initializer.append(_tensor(values, f"{table}_float"))
        makers[looked_up].input[0] = f"{table}_float"
        renamed[node.output[0]] = looked_up
    nodes = [node for node in graph.node if node.output[0] not in gone]
    for node in nodes:
        for at, name in enumerate(node.input):
            node.input[at] = renamed.get(name, name)
    del graph.node[:]
    graph.node.extend(nodes)


def _floats(values: NDArray[Any], zero: NDArray[Any], scale: NDArray[Any]) -> NDArray[np.float32]:
    """What the integers stand for: (value - zero point) * scale."""
    found: NDArray[np.float32] = (values.astype(np.int32) - zero.astype(np.int32)).astype(
        np.float32
    ) * scale.astype(np.float32)
    return found


def _stored(graph: GraphProto) -> dict[str, NDArray[Any]]:
    from onnx import numpy_helper

    return {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}


def _tensor(values: NDArray[np.float32], name: str) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(values, name)


def _makers(graph: GraphProto) -> dict[str, NodeProto]:
    return {output: node for node in graph.node for output in node.output}


def _users(graph: GraphProto) -> dict[str, list[NodeProto]]:
    users: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    return users


def _only(users: dict[str, list[NodeProto]], name: str, kind: str) -> NodeProto:
    """The one node that reads ``name``, which must be of a kind."""
    found = users.get(name, [])
    if len(found) != 1 or found[0].op_type != kind:
        raise EmbedderError(
            f"the network's integer product {name!r} is not followed by {kind}; use a network "
            "with 32-bit weights"
        )
    return found[0]


def _drop_unused(graph: GraphProto) -> None:
    """Leave out what no output needs any more: nodes, then stored tensors."""
    makers = _makers(graph)
    wanted = [output.name for output in graph.output]
    needed: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in needed:
            continue
        needed.add(name)
        if name in makers:
            wanted.extend(makers[name].input)
    nodes = [node for node in graph.node if needed & set(node.output)]
    kept = [entry for entry in graph.initializer if entry.name in needed]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.initializer[:]
    graph.initializer.extend(kept)
