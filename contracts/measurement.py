"""What one simulated network cost: the figures that commands, service and data set carry, each with unit and origin."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from contracts.network import GroupFacts, LayerFacts

MEASURED = "measured on RTL"
MODELLED = "modelled"
EXPERT = "expert estimate"
HOST = "measured on this host"


@dataclass(frozen=True)
class Interval:
    """A value with the least and the greatest credible one.

    Adding adds all three: the bounds are worst cases, nothing is assumed to cancel out.

    Example: `Interval(2, 1, 4) + Interval(1, 1, 1) == Interval(3, 2, 5)`.
    """

    value: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"value {self.value} is not within {self.low} to {self.high}")

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.value + other.value, self.low + other.low, self.high + other.high)

    def scaled(self, factor: float) -> "Interval":
        """All three times a factor of at least 0."""
        return Interval(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True)
class EnergyFigures:
    """Modelled energy of one inference.

    Attributes:
        table: name of the energy table.
        total_mj: all parts.
        power_mw: total over time.
        parts_mj: by action (`mac`, `bank_read`, `dram`, `static`, ...).
    """

    table: str
    total_mj: Interval
    power_mw: Interval
    parts_mj: Mapping[str, Interval]
    origin: str = MODELLED


TAIL: Final = "(end)"
"""Name of the stretch after the last layer: the output on its way to DRAM."""
TRAFFIC_KINDS: Final = ("program", "parameters", "maps", "stored")
"""What DRAM beats carry: instructions; weights, lists and records; activations read; anything written."""


@dataclass(frozen=True)
class Traffic:
    """Beats that crossed the pins to DRAM, by window of time and by what they carried; all tuples are equally long.

    Example: with `window_cycles=16`, `maps[3]` beats of activations were read in cycles 48 to 63 since START.
    """

    window_cycles: int
    program: tuple[int, ...]
    parameters: tuple[int, ...]
    maps: tuple[int, ...]
    stored: tuple[int, ...]


@dataclass(frozen=True)
class LayerMeasurement:
    """One stretch of the program that ends with a snapshot of the hardware counters.

    Attributes:
        cycles: of one inference, mean over the inputs.
        stalls: cycles in which the array waited, by cause (`drain`, `load`, `store`, `fence`, `fetch`).
        utilisation: `macs` / (cycles x cells).
        macs: useful multiply-accumulates.
        dram_bytes: read and written.
        energy_mj: modelled.
        bound_cycles: what the list lengths alone would take.
        counters: all hardware counters of this stretch, mean over the inputs.
        nodes: the ONNX nodes it came from.
        facts: how the compiler laid it out; absent for the tail, and in reports from before it was kept.
    """

    name: str
    operator: str
    cycles: float
    stalls: Mapping[str, float]
    utilisation: float
    macs: int
    dram_bytes: float
    energy_mj: float
    bound_cycles: int
    expert_cycles: float | None = None
    counters: Mapping[str, float] = field(default_factory=dict)
    nodes: str = ""
    facts: LayerFacts | None = None


@dataclass(frozen=True)
class Measurement:
    """One network on one accelerator. Figures are for one inference unless they say otherwise.

    Attributes:
        inputs: how many inputs were run.
        bit_exact: all outputs of all inputs equal those of `checked_against`.
        cycles: mean over the inputs (they do not depend on the data).
        throughput_fps: one inference after the other.
        utilisation: useful multiply-accumulates / (cycles x cells).
        expert_cycles: closed form, fitted to nothing.
        simulated_cycles_per_s: of the simulator, on this host.
        compile_s: from file to program; `compiled_before` where it came out of the cache.
        outputs: path of an npz with key `output` (float32, dequantised), and one key per further output.
        float_error: `greatest`, `mean` and `sqnr_db` of the integer outputs against the float ones, on `images` images.
        origins: where each figure comes from, by field name.
        hardware: the accelerator's fields (see `contracts.accelerator`).
        traffic: what crossed the pins to DRAM over time, of the first input; absent where nothing was simulated on RTL.
        quantisation: `scales`, the `method` that chose their ranges, from how many `images`, over how many `maps`, of which so many `kept`
            a quantiser that the network brought along.
    """

    network: str
    accelerator: str
    clock_mhz: float
    clock_origin: str
    simulator: str
    inputs: int
    bit_exact: bool
    checked_against: str
    cycles: float
    latency_ms: float
    throughput_fps: float
    energy_mj: float
    power_mw: float
    utilisation: float
    macs: int
    dram_bytes: float
    expert_cycles: float
    simulated_cycles_per_s: float
    compile_s: float
    compiled_before: bool
    simulate_s: float
    outputs: str | None
    layers: tuple[LayerMeasurement, ...]
    energy: EnergyFigures
    program: Mapping[str, Any]
    float_error: Mapping[str, float]
    notes: tuple[str, ...]
    origins: Mapping[str, str]
    hardware: Mapping[str, Any] = field(default_factory=dict)
    traffic: Traffic | None = None
    quantisation: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def from_mapping(values: Mapping[str, Any]) -> "Measurement":
        """The inverse of `to_mapping`: a report as `simulate --json` prints it. Fields that are not known are left out.

        Raises:
            KeyError, TypeError: a field is missing.
        """
        given = _known(Measurement, values)
        given["layers"] = tuple(_layer_of(layer) for layer in values["layers"])
        given["energy"] = _energy_of(values["energy"])
        given["notes"] = tuple(values["notes"])
        if traffic := values.get("traffic"):
            kinds = {kind: tuple(traffic[kind]) for kind in TRAFFIC_KINDS}
            given["traffic"] = Traffic(traffic["window_cycles"], **kinds)
        return Measurement(**given)

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it; numbers that are whole are written as integers where they are counts."""
        mapping = asdict(self)
        for name in _COUNTS:
            mapping[name] = _whole(mapping[name])
        for layer in mapping["layers"]:
            for name in _COUNTS & {entry.name for entry in fields(LayerMeasurement)}:
                layer[name] = _whole(layer[name])
            for name in ("stalls", "counters"):
                layer[name] = {cause: _whole(value) for cause, value in layer[name].items()}
        return mapping


def _known(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    names = {entry.name for entry in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def _layer_of(values: Mapping[str, Any]) -> LayerMeasurement:
    given = _known(LayerMeasurement, values)
    if facts := values.get("facts"):
        groups = tuple(GroupFacts(**group) for group in facts["groups"])
        given["facts"] = LayerFacts(**{**_known(LayerFacts, facts), "groups": groups})
    return LayerMeasurement(**given)


def _energy_of(values: Mapping[str, Any]) -> EnergyFigures:
    given = _known(EnergyFigures, values)
    given["parts_mj"] = {action: Interval(**part) for action, part in values["parts_mj"].items()}
    for name in ("total_mj", "power_mw"):
        given[name] = Interval(**values[name])
    return EnergyFigures(**given)


_COUNTS = {"cycles", "expert_cycles", "dram_bytes"}


def _whole(value: float | None) -> float | None:
    return int(value) if value is not None and value == int(value) else value
