"""The data set of pruned networks simulated on the RTL: the columns of its two tables, with units and origins.

`networks` has a row for each network on each accelerator, `layers` one for each stretch of its program (a layer as the accelerator runs
it, and the tail in which the output goes to DRAM). Rows of `layers` belong to the row of `networks` with the same `run`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final, Literal

from contracts.accelerator import HARDWARE_FIELDS, PRESETS, Accelerator
from contracts.isa import COUNTER_TEXT, Counter
from contracts.measurement import EXPERT, HOST, MEASURED, MODELLED

Kind = Literal["text", "integer", "real", "boolean"]
SCHEMA_VERSION: Final = 1
NETWORKS: Final = "networks"
LAYERS: Final = "layers"
DESCRIBED: Final = "from the structure"
COMPILED: Final = "counted from the program"
DRAWN: Final = "drawn by the campaign"
DONE: Final = "done"
FAILED: Final = "failed"
SPLITS: Final = ("random", "width", "family", "input", "accelerator")
"""Each a column `split_…` with `train`, `test` or nothing (left out of that split)."""


@dataclass(frozen=True)
class Column:
    """One column. `unit` is empty for what has none; a column that may be null says so."""

    name: str
    kind: Kind
    unit: str
    origin: str
    what: str
    null: bool = False


KEY: Final = (
    Column("run", "text", "", DESCRIBED, "digest of structure, weight seed, accelerator and code: the row's name"),
    Column("structure", "text", "", DESCRIBED, "digest of the structure"),
    Column("accelerator", "text", "", DRAWN, "name of the accelerator"),
    Column("family", "text", "", DRAWN, "family of networks"),
)
"""In both tables."""

_SAMPLE: Final = (
    Column("accelerator_digest", "text", "", DESCRIBED, "digest of hardware parameters, DRAM latency, clock, board and DRAM"),
    Column("code", "text", "", DESCRIBED, "digest of the Verilog, the compiler and the energy table"),
    Column("sampler", "text", "", DRAWN, "how its widths were drawn"),
    Column("base", "text", "", DRAWN, "the unpruned network it was drawn from"),
    Column("seed", "integer", "", DRAWN, "number of the network in its part; with the campaign's seed it is drawn again"),
    Column("weight_seed", "integer", "", DRAWN, "weights are drawn from it"),
    Column("kept_ratio", "real", "", DRAWN, "MACs left of the unpruned network's"),
    Column("unequal", "boolean", "", DESCRIBED, "sides of some residual add differ"),
    Column("vector_density", "real", "", DESCRIBED, "weight vectors left, over all layers where some may be left out; 1: all"),
    Column("group", "text", "", DESCRIBED, "near-duplicates share it: same base and input, widths alike; no split cuts through one"),
    Column("spec", "text", "", DESCRIBED, "the structure as compact JSON (contracts.structure); rebuilds the ONNX file exactly"),
    Column("input_channels", "integer", "", DESCRIBED, "of the input"),
    Column("input_height", "integer", "pixels", DESCRIBED, "of the input"),
    Column("input_width", "integer", "pixels", DESCRIBED, "of the input"),
    Column("layers", "integer", "", COMPILED, "layers as the accelerator runs them", null=True),
    Column("macs", "integer", "", DESCRIBED, "multiply-accumulates of convolutions and linear layers that are left"),
    Column("parameters", "integer", "", DESCRIBED, "weights left, with batch normalisations or biases"),
    *(Column(f"split_{name}", "text", "", DRAWN, f"train or test in the {name} split", null=True) for name in SPLITS),
)  # fmt: skip

_ACCELERATOR: Final = (
    *(
        Column(f"hw_{name}", "integer", "", DESCRIBED, f"accelerator parameter {name}")
        for name in (*HARDWARE_FIELDS, "dram_latency")
    ),
    Column("hw_clock_mhz", "real", "MHz", DESCRIBED, "accelerator parameter clock_mhz"),
)

_MEASURED: Final = (
    Column("cycles", "integer", "cycles", MEASURED, "of one inference", null=True),
    Column("latency_ms", "real", "ms", f"{MEASURED} at hw_clock_mhz", "of one inference", null=True),
    Column("throughput_fps", "real", "1/s", f"{MEASURED} at hw_clock_mhz", "one inference after the other", null=True),
    Column("utilisation", "real", "", f"{MEASURED} (USEFUL_CELLS)", "useful cells / (cycles x cells)", null=True),
    Column("dram_total_bytes", "integer", "bytes", MEASURED, "read and written", null=True),
    Column("energy_mj", "real", "mJ", MODELLED, "of one inference: counters x energy table", null=True),
    Column("energy_low_mj", "real", "mJ", MODELLED, "least credible", null=True),
    Column("energy_high_mj", "real", "mJ", MODELLED, "greatest credible", null=True),
    Column("power_mw", "real", "mW", MODELLED, "energy / latency", null=True),
)

_COUNTERS: Final = tuple(
    Column(counter.name.lower(), "integer", "cycles" if "STALL" in counter.name or "BUSY" in counter.name else "events",
           MEASURED, text, null=True)
    for counter, text in COUNTER_TEXT.items() if counter is not Counter.CYCLES
)  # fmt: skip
"""All hardware counters under their own names in small letters: issued, stall_drain, ..."""

_END: Final = (
    Column("expert_cycles", "real", "cycles", EXPERT, "closed form, fitted to nothing (contracts.expert)", null=True),
    Column("expert_energy_mj", "real", "mJ", EXPERT, "actions counted from the program x energy table", null=True),
    Column("energy_table", "text", "", DRAWN, "name of the energy table"),
    Column("bit_exact", "boolean", "", MEASURED, "outputs equal the golden model's; null: not compared in this row", null=True),
    Column("compile_s", "real", "s", HOST, "from structure to program; differs from run to run", null=True),
    Column("simulate_s", "real", "s", HOST, "of the simulation; differs from run to run", null=True),
    Column("status", "text", "", DRAWN, f"{DONE} or {FAILED}"),
    Column("reason", "text", "", DRAWN, "why it failed", null=True),
    Column("accuracy", "real", "", "trained", "top-1 on the test split of accuracy_data, where the network was trained", null=True),
    Column("accuracy_data", "text", "", "trained", "data set it was trained on", null=True),
    Column("accuracy_epochs", "integer", "", "trained", "epochs it was trained", null=True),
    Column("accuracy_curve", "text", "", "trained", "JSON: accuracy after each epoch", null=True),
)  # fmt: skip


@dataclass(frozen=True)
class PassFacts:
    """How the accelerator runs one layer: what the compiler did, or what `contracts.structure.facts` foretells from the structure alone.

    Attributes:
        filters: channels of the result; one record each.
        live: filters that have weights (others only pass a skip on).
        channels: source channels.
        kernel_height: of the window; a sum over maps and a fully connected layer have their map's.
        kernel_width: the same way.
        stride_y: of the window.
        stride_x: of the window.
        depthwise: each filter reads channels of its own (also pools and copies).
        height: rows of the map that the tiles cover (a sum over a map walks its source).
        width: columns of the same map.
        pitch: flat pixels from row to row of the sources.
        tiles: tiles of `lanes` pixels that each filter group walks, over all bands.
        filter_groups: groups of up to `rows` filters.
        vectors: weight vectors over all groups.
        longest: weight vectors of the longest group.
        entries: list entries that are loaded for them (groups that walk all positions share one list).
        drain_cycles: memory port cycles to drain one filter of one tile.
        skip: a residual is added while draining.
        scatter: drains place pixels one by one, in phase planes or at another pitch.
        bands: row bands that pass through the chip one after the other; 1: all maps stay on chip.
        array_cycles: of the array alone: over groups and tiles, the greater of vectors and drain.
        first_bytes: weights, list and records without which it cannot start.
        stream_bytes: all weights, lists and records that are loaded for it.
        map_bytes: activations loaded.
        stored_bytes: activations stored.
    """

    filters: int
    live: int
    channels: int
    kernel_height: int
    kernel_width: int
    stride_y: int
    stride_x: int
    depthwise: bool
    height: int
    width: int
    pitch: int
    tiles: int
    filter_groups: int
    vectors: int
    longest: int
    entries: int
    drain_cycles: float
    skip: bool
    scatter: bool
    bands: int
    array_cycles: int
    first_bytes: int
    stream_bytes: int
    map_bytes: int
    stored_bytes: int


PASS_FACTS: Final = tuple(entry.name for entry in fields(PassFacts))
_KINDS: Final[dict[object, Kind]] = {int: "integer", float: "real", bool: "boolean"}


def _fact_columns() -> Iterator[Column]:
    for entry in fields(PassFacts):
        unit = "bytes" if entry.name.endswith("_bytes") else "cycles" if entry.name.endswith("_cycles") else ""
        what = "see contracts.dataset.PassFacts; null in the tail"
        yield Column(entry.name, _KINDS[entry.type], unit, COMPILED, what, null=True)


NETWORK_COLUMNS: Final = (*KEY, *_SAMPLE, *_ACCELERATOR, *_MEASURED, *_COUNTERS, *_END)
"""Of the table `networks`."""

LAYER_COLUMNS: Final = (
    *KEY,
    Column("index", "integer", "", COMPILED, "of the stretch, from 0"),
    Column("name", "text", "", COMPILED, "of the layer as the accelerator runs it"),
    Column("operator", "text", "", COMPILED, "conv, max, sum (over a map), or store (the tail)"),
    *_fact_columns(),
    Column("cycles", "integer", "cycles", MEASURED, "of this stretch"),
    Column("energy_mj", "real", "mJ", MODELLED, "of this stretch: counters x energy table"),
    *(Column(c.name, c.kind, c.unit, c.origin, c.what) for c in _COUNTERS),
    Column("expert_cycles", "real", "cycles", EXPERT, "closed form; null in the tail", null=True),
)
"""Of the table `layers`."""


def accelerator_of(row: Mapping[str, object]) -> Accelerator:
    """The accelerator that a row of `networks` was simulated on; its board and DRAM are those of the preset of that name, if any."""
    like = PRESETS.get(str(row["accelerator"]), Accelerator())
    values = {name: int(str(row[f"hw_{name}"])) for name in (*HARDWARE_FIELDS, "dram_latency")}
    return like.with_(name=str(row["accelerator"]), clock_mhz=float(str(row["hw_clock_mhz"])), **values)
