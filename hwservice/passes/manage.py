"""Running passes, with the network verified at every border."""

from collections.abc import Callable, Sequence

from hwservice.ir.graph import Graph
from hwservice.ir.verify import verify

Pass = Callable[[Graph], None]
"""Rewrites a network in place; what it computes stays the same."""


def run_passes(graph: Graph, passes: Sequence[Pass]) -> Graph:
    """The network after all passes.

    Raises:
        NetworkError: a pass met something that the accelerator does not do.
        VerificationError: a pass left a broken network behind: a mistake in the pass, named with the layer.
    """
    verify(graph, "reading")
    for step in passes:
        step(graph)
        verify(graph, f"pass {step.__name__}")
    return graph
