"""The parameters as a form asks for them, and as a page explains them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes:
        kind: of its value.
        hardware: part of the Verilog; the others say how it is simulated and priced.
    """

    name: str
    title: str
    unit: str
    help: str
    kind: type = int
    hardware: bool = True


PARAMETERS: Final = (
    Parameter("rows", "Rows", "filters", "Filters computed side by side. A power of two, 1 to 64."),
    Parameter("lanes", "Lanes", "pixels", "Pixels computed side by side; also the number of banks. A power of two, 4 to 128."),
    Parameter("bank_depth", "Depth of each activation bank", "bytes", "16 to 4 194 304 / lanes."),
    Parameter("vector_depth", "Vector memory", "weight vectors", "16 to 1 048 576, each of as many bytes as there are rows."),
    Parameter("list_depth", "List memory", "entries of 4 bytes", "16 to 1 048 576."),
    Parameter("record_depth", "Record memory", "records of 16 bytes", "One per filter: at least 16 and as many as rows, at most 65 536."),
    Parameter("queue_depth", "Instruction queues", "instructions", "In each of the three units. 2 to 64."),
    Parameter("dram_bytes", "DRAM width", "bytes per cycle", "In each direction. A power of two, 4 to 32, at most lanes."),
    Parameter("dram_latency", "DRAM latency", "cycles", "In simulation. 1 to 4 096.", hardware=False),
    Parameter("clock_mhz", "Clock", "MHz", "1 to 5 000.", float, hardware=False),
    Parameter("clock_origin", "Where the clock comes from", "", "“assumed”, or “placed and routed” with the tool's name.", str, hardware=False),
    Parameter("board", "Board", "", "Or part that it is meant for.", str, hardware=False),
    Parameter("dram", "Kind of DRAM", "", "Its bytes are priced by it, such as DDR3 or LPDDR4.", str, hardware=False),
)  # fmt: skip


def values_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters from a form's text; what is no number stays text, so that its problem is named."""
    return {one.name: _value(one, str(given[one.name]).strip()) for one in PARAMETERS if one.name in given}


def _value(parameter: Parameter, text: str) -> Any:
    if parameter.kind is str:
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text) if parameter.kind is float else text
    except ValueError:
        return text
