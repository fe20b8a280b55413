"""One layer of a structure, and how it is wired to the layers before it."""

from dataclasses import dataclass
from typing import Final

Size = tuple[int, int, int]
"""channels, height, width"""
INPUT: Final = "input"
"""Name of the network's input in wires."""
OPERATORS: Final = ("conv", "linear", "max", "average", "global", "add")
CONVOLUTIONS: Final = ("conv", "linear")
"""Operators with weights."""
POOLS: Final = ("max", "average", "global")


@dataclass(frozen=True)
class Wire:
    """Channels of one earlier layer that a layer reads.

    Example: `Wire("stem", read=(0, 2), write=(1, 5))` gathers channels 0 and 2 and adds them to channels 1 and 5 of a sum.
    """

    source: str
    read: tuple[int, ...] | None = None
    """Which channels of the source, in this order; None: all."""
    write: tuple[int, ...] | None = None
    """Only into an `add`: the channels of the sum that they go to; None: the first ones, in order."""


@dataclass(frozen=True)
class VectorPruning:
    """Weight vectors that are left of a dense convolution: of every group of `rows` consecutive filters, `kept` positions.

    A position is `(source channel * kernel height + dy) * kernel width + dx`; at it, the whole group's weights are zero or none is.
    """

    rows: int
    kept: tuple[int, ...]
    """Per group of `rows` filters (the last may have fewer): how many positions are left, at least 1."""
    lists: tuple[tuple[int, ...], ...] = ()
    """Per group, which; where absent they are drawn from the seed that the weights are drawn from."""


@dataclass(frozen=True)
class Layer:
    """One operator. What it reads are its wires' channels, one wire after the other: a concatenation is a layer with several wires.

    Attributes:
        name: unique.
        operator: one of `OPERATORS`. A `linear` reads whole maps (channels x height x width features); `global` averages whole maps;
            an `add` has two wires, whose channels may differ.
        wires: what it reads.
        filters: channels of the result; pools keep theirs.
        kernel: height and width; of convolutions and pools.
        stride: the same way.
        padding: top, left, bottom, right.
        groups: of a convolution; as many as source channels and filters: depthwise.
        norm: a batch normalisation follows (a convolution has a bias where it does not).
        relu: a ReLU follows.
        vectors: which weight vectors are left; None: all.
    """

    name: str
    operator: str
    wires: tuple[Wire, ...]
    filters: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1
    norm: bool = True
    relu: bool = True
    vectors: VectorPruning | None = None

    @property
    def has_weights(self) -> bool:
        """Whether it is a convolution or fully connected."""
        return self.operator in CONVOLUTIONS

    @property
    def depthwise(self) -> bool:
        """Whether each filter reads one channel of its own."""
        return self.operator == "conv" and self.groups > 1 and self.groups == self.filters
