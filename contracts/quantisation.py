"""How a network is quantised: what a user may choose, and what a report says of it."""

from dataclasses import dataclass
from typing import Final

from contracts.errors import InputError

SCALES: Final = ("general", "power-of-two")
CALIBRATION_METHODS: Final = ("auto", "min-max", "percentile", "entropy", "least-error")
LEAST_PERCENTILE: Final = 50.0


@dataclass(frozen=True)
class QuantiseOptions:
    """How to quantise."""

    scales: str = "general"
    """`general`, or `power-of-two` (equals ONNX Runtime bit for bit)."""
    method: str = "auto"
    """How a map's range is chosen: all of it (`min-max`), without tails (`percentile`), least relative entropy (`entropy`), least mean
    squared error (`least-error`), or `auto`: what measured best for the scales, see docs/decisions/0006-calibration.md."""
    percentile: float = 99.99
    """Share of the values, in percent, kept at each side, for `percentile`."""

    def __post_init__(self) -> None:
        for field, value, allowed in (
            ("scales", self.scales, SCALES),
            ("calibration method", self.method, CALIBRATION_METHODS),
        ):
            if value not in allowed:
                raise InputError(f"{field} is {value!r}; it must be one of {', '.join(allowed)}")
        if not LEAST_PERCENTILE <= self.percentile <= 100:
            raise InputError(f"percentile is {self.percentile:g}; it must be from {LEAST_PERCENTILE:g} to 100")

    @property
    def power_of_two(self) -> bool:
        """Whether all scales are powers of two."""
        return self.scales == "power-of-two"

    @property
    def chosen_method(self) -> str:
        """The method, `auto` resolved."""
        if self.method != "auto":
            return self.method
        return "least-error" if self.power_of_two else "min-max"
