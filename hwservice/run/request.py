"""What a run is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from contracts.accelerator import DEFAULT_ACCELERATOR, PRESETS, Accelerator
from contracts.errors import InputError
from contracts.quantisation import QuantiseOptions

SIMULATORS: Final = ("rtl", "null")
MAXIMUM_INPUTS: Final = 10_000


@dataclass(frozen=True)
class CompileRequest:
    """A network for an accelerator.

    Attributes:
        network: ONNX file.
        accelerator: what to compile for.
        calibration: npz with key `input`; seeded random values where absent (the report says so).
        quantise: scales, and how their ranges are chosen.
        dims: values for dimensions that the network leaves open, by name.
    """

    network: Path
    accelerator: Accelerator = PRESETS[DEFAULT_ACCELERATOR]
    calibration: Path | None = None
    quantise: QuantiseOptions = QuantiseOptions()
    dims: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        for name, value in self.dims:
            if value < 1:
                raise InputError(f"dimension {name!r} is {value}; it must be at least 1")


@dataclass(frozen=True)
class SimulateRequest:
    """A network for an accelerator, with what to run through it.

    Attributes:
        compile: how the program comes about.
        inputs: npz with key `input`; seeded random values where absent.
        count: how many inputs are run.
        energy_table: name or TOML file; chosen by the accelerator's board where absent.
        trace: write a wave dump (VCD) of the run there.
        outputs: write the outputs there (npz); into the cache where absent.
        simulator: `rtl`, or `null`: the golden interpreter with the list-length bound for cycles, for tests.
    """

    compile: CompileRequest
    inputs: Path | None = None
    count: int = 1
    energy_table: str | None = None
    trace: Path | None = None
    outputs: Path | None = None
    simulator: str = "rtl"

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAXIMUM_INPUTS:
            raise InputError(f"count is {self.count}; it must be from 1 to {MAXIMUM_INPUTS}")
        if self.simulator not in SIMULATORS:
            raise InputError(f"simulator is {self.simulator!r}; it must be one of {', '.join(SIMULATORS)}")


@dataclass(frozen=True)
class EvaluateRequest:
    """A network and a labelled split: an npz with key `input` and the labels under `labels_key`."""

    compile: CompileRequest
    inputs: Path
    labels_key: str = "label"
    count: int | None = None


ACCURACY_ORIGINS: Final = {
    "accuracy_int8": "integer network as the accelerator computes it, bit for bit, on the labelled images",
    "accuracy_float": "network as given, by ONNX Runtime, on the labelled images",
    "agreement": "share of the images for which both give the same class",
}
"""Where each figure of an evaluation comes from."""


@dataclass(frozen=True)
class Accuracy:
    """Top-1 accuracies, 0 to 1, on `images` images.

    Attributes:
        accuracy_int8: of the bit-exact integer model, which the RTL equals.
        accuracy_float: of the network as given, by ONNX Runtime.
        agreement: share of images for which both give the same class.
        seconds: of both evaluations.
        quantisation: as in `contracts.measurement.Measurement`.
    """

    network: str
    accuracy_int8: float
    accuracy_float: float
    agreement: float
    images: int
    seconds: float
    notes: tuple[str, ...] = ()
    quantisation: Mapping[str, Any] = field(default_factory=dict)
