"""How to quantise."""

from dataclasses import dataclass
from typing import Final

from contracts.errors import InputError

CALIBRATIONS: Final = ("best", "minmax", "percentile", "mse")


@dataclass(frozen=True)
class QuantiseOptions:
    """How to quantise."""

    scales: str = "general"
    """`general`, or `power-of-two` (equals ONNX Runtime bit for bit)."""
    calibration: str = "best"
    """`minmax`, `percentile`, `mse` (the range whose mean squared error is least), or `best`: what measured best for the scales."""
    percentile: float = 99.99
    """Share in percent kept at each side, for `percentile`."""

    def __post_init__(self) -> None:
        for field, value, allowed in (
            ("scales", self.scales, ("general", "power-of-two")),
            ("calibration", self.calibration, CALIBRATIONS),
        ):
            if value not in allowed:
                raise InputError(f"option {field} is {value!r}; it must be one of {', '.join(allowed)}")

    @property
    def power_of_two(self) -> bool:
        """Whether all scales are powers of two."""
        return self.scales == "power-of-two"

    @property
    def method(self) -> str:
        """How ranges are chosen, `best` resolved: see docs/decisions/0006-calibration.md."""
        if self.calibration != "best":
            return self.calibration
        return "mse" if self.power_of_two else "minmax"
