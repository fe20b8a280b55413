"""Gathers and scatters of channels at the speed of matrix products, for training.

Selecting along channels takes maps out of the channels-last order that convolutions are fast in, and its derivative adds element by element. A
product with a matrix of zeros and ones gives the same values, exactly, and keeps the order.
"""

import torch
from torch import Tensor, fx

from mlservice.pruning.trace import Kind, Traced, Unit


def quicken(traced: Traced) -> None:
    """Compute a traced network's selections of channels as products, in place; what its units say stays true."""
    nodes = {node.name: node for node in traced.module.graph.nodes}
    for unit in traced.of_kind(Kind.SELECT):
        _replace(traced, unit, nodes)
    traced.module.graph.eliminate_dead_code()
    traced.module.delete_all_unused_submodules()
    traced.module.recompile()


def product(maps: Tensor, matrix: Tensor) -> Tensor:
    """`(images, channels, h, w)` or `(images, channels)` with a matrix `(channels, selected)`, along channels."""
    matrix = matrix.to(maps.dtype)
    if maps.dim() == 2:
        return maps @ matrix
    return (maps.permute(0, 2, 3, 1) @ matrix).permute(0, 3, 1, 2)


def _replace(traced: Traced, unit: Unit, nodes: dict[str, fx.Node]) -> None:
    graph, node = traced.module.graph, nodes[unit.name]
    source = traced.units[unit.sources[0]]
    if source.kind is Kind.PAD:  # of a channel of zeros, which is a column of zeros here
        source = traced.units[source.sources[0]]
    matrix = torch.zeros(source.channels + 1, len(unit.selected))
    matrix[list(unit.selected), range(len(unit.selected))] = 1
    name = f"selection_{unit.name}"
    traced.module.register_buffer(name, matrix[: source.channels], persistent=False)
    with graph.inserting_before(node):
        new = graph.call_function(product, (nodes[source.name], graph.get_attr(name)))
    node.replace_all_uses_with(new)
    graph.erase_node(node)
    nodes[unit.name] = new
