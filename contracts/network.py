"""What the expert model needs to know of a network on an accelerator: per layer, the walks, the drains and the bytes moved."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Walks:
    """Filter groups that are alike: `count` walks over `tiles` tiles each."""

    count: int
    vectors: int
    """Weight vectors per tile."""
    drain_cycles: int
    """Cycles that the memory port needs to drain one tile of the group; 0 where sums are carried on."""
    tiles: int


@dataclass(frozen=True)
class LayerShape:
    """One layer as the accelerator runs it."""

    name: str
    walks: tuple[Walks, ...]
    bands: int
    first_bytes: int
    """Weights, list and records without which the layer cannot start."""
    stream_bytes: int
    """All weights, lists and records that are loaded for it, the first ones included."""
    map_bytes: int
    """Activations loaded."""
    stored_bytes: int
    """Activations stored."""


@dataclass(frozen=True)
class NetworkShape:
    """All layers in order."""

    layers: tuple[LayerShape, ...]
    input_bytes: int
    """Size of the first piece of the input, without which nothing starts."""
    output_bytes: int
    instructions: int
