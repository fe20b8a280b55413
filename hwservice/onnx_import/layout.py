"""Which axis of the network's input is the channel: read off the first Transpose, as TensorFlow's exporters write it."""

import onnx

from hwservice.ir.axes import CANONICAL

PASSES_ON = frozenset(
    {"Identity", "Cast", "Relu", "Clip", "Add", "Sub", "Mul", "Div", "Pad", "QuantizeLinear", "DequantizeLinear"}
)
"""Operators whose result has the axes of their input."""


def input_axes(graph: onnx.GraphProto, name: str, rank: int) -> str:
    """Order of the input's axes after the batch: what every Transpose that it reaches turns into `chw` (or `cw`).

    Example: an input that only a Transpose with perm 0, 3, 1, 2 reads has the order `hwc`.
    """
    usual = CANONICAL if rank == 4 else "cw"
    found, values = set(), {name}
    for node in graph.node:
        if not values & set(node.input):
            continue
        if node.op_type in PASSES_ON:
            values |= set(node.output)
        elif node.op_type == "Transpose":
            found.add(_before(node, usual))
        else:
            return usual
    return found.pop() if len(found) == 1 else usual


def _before(node: onnx.NodeProto, usual: str) -> str:
    """The order that a Transpose turns into the usual one."""
    perm = next((list(a.ints) for a in node.attribute if a.name == "perm"), [])
    if sorted(perm) != list(range(len(usual) + 1)) or perm[0] != 0:
        return usual
    letters = [""] * len(usual)
    for letter, axis in zip(usual, perm[1:], strict=True):
        letters[axis - 1] = letter
    return "".join(letters)
