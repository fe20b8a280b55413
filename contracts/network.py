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
class GroupFacts:
    """Filter groups that are alike: `count` groups of `filters` filters that walk `vectors` weight vectors per tile."""

    count: int
    filters: int
    vectors: int


@dataclass(frozen=True)
class LayerFacts:
    """How the compiler laid one layer out: counted from the program, not measured.

    Attributes:
        groups: all filter groups.
        tiles: tiles of `lanes` pixels that each group walks.
        channels: source channels that the layer reads.
        height: of the map that the tiles cover (a sum over a map walks its source).
        width: of the same map.
        bands: row bands that pass through the banks one after the other; 1 where all maps are on chip.
        stream_bytes: its weights, lists and records.
        map_bytes: its activations that come from DRAM.
        stored_bytes: its activations that go to DRAM.
        bank_rows: rows of the activation banks in use, at most.
        vectors_held: weight vectors in the vector memory that are still needed, loaded ahead ones included, at most.
        entries_held: the same of the list memory.
        records_held: the same of the record memory.
    """

    groups: tuple[GroupFacts, ...]
    tiles: int
    channels: int
    height: int
    width: int
    bands: int = 1
    stream_bytes: int = 0
    map_bytes: int = 0
    stored_bytes: int = 0
    bank_rows: int = 0
    vectors_held: int = 0
    entries_held: int = 0
    records_held: int = 0


@dataclass(frozen=True)
class NetworkShape:
    """All layers in order."""

    layers: tuple[LayerShape, ...]
    input_bytes: int
    """Size of the first piece of the input, without which nothing starts."""
    output_bytes: int
    instructions: int
