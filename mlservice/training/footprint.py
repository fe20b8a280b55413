"""Energy and CO2 of a training run, by CodeCarbon without any network.

Where the processor has counters that can be read (RAPL), they are; elsewhere energy is an estimate from the processor's thermal design power and
the share of it that this process and its children used. Memory is estimated always. CO2 is energy times one carbon intensity: `$PROPRUNN_CARBON_G_PER_KWH`
of one's own grid, or CodeCarbon's world average (International Energy Agency, 2019).
"""

import logging
import math
import os
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Any, Final, Self

from contracts.errors import InputError

INTENSITY_VARIABLE: Final = "PROPRUNN_CARBON_G_PER_KWH"
_WH_PER_KWH: Final = 1000.0


@dataclass(frozen=True)
class Footprint:
    """What a run took.

    Attributes:
        energy_wh: none where CodeCarbon could not tell.
        co2_g: of carbon dioxide equivalents, with that energy.
        method: how both were found, in words for a report.
    """

    energy_wh: float | None
    co2_g: float | None
    method: str


class FootprintMeter:
    """Reads the energy of what happens within: `with FootprintMeter() as meter: ...; meter.reading()`.

    Args:
        before_wh: energy of earlier attempts at the same run, to be counted in.

    Raises:
        InputError: `$PROPRUNN_CARBON_G_PER_KWH` is no number above 0.
    """

    def __init__(self, before_wh: float = 0.0) -> None:
        self.before_wh = before_wh
        self._intensity_g_per_kwh = _intensity_g_per_kwh()
        self._tracker: Any = None
        self._emitted_kg: float | None = None

    def __enter__(self) -> Self:
        from codecarbon import OfflineEmissionsTracker  # noqa: PLC0415  # takes a second to import

        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)  # its own option comes after its first lines

        self._tracker = OfflineEmissionsTracker(
            measure_power_secs=15,
            tracking_mode="process",
            force_carbon_intensity_g_co2e_kwh=self._intensity_g_per_kwh,
            output_methods=[],
            allow_multiple_runs=True,
            log_level="critical",
        )
        self._tracker.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._emitted_kg = self._tracker.stop()
        self._tracker = None

    def reading(self) -> Footprint:
        """Since the beginning, with what came before it."""
        if self._tracker is not None:
            self._emitted_kg = self._tracker.flush()
        if self._emitted_kg is None:
            return Footprint(None, None, self._method())
        # CodeCarbon tells emissions, which are energy times the intensity that it was given.
        energy_wh = self.before_wh + self._emitted_kg * 1000 / self._intensity_g_per_kwh * _WH_PER_KWH
        return Footprint(energy_wh, energy_wh / _WH_PER_KWH * self._intensity_g_per_kwh, self._method())

    def _method(self) -> str:
        from codecarbon.core.cpu import is_rapl_available  # noqa: PLC0415  # as above

        how = (
            "the processor's energy counters (RAPL, whole machine) measured, memory estimated"
            if is_rapl_available()
            else "estimate from thermal design power and this process's share of the processor, memory by CodeCarbon's model"
        )
        return (
            f"CodeCarbon {version('codecarbon')}: {how}; {self._intensity_g_per_kwh:g} g CO2 per kWh ({self._whose()})"
        )

    def _whose(self) -> str:
        return f"${INTENSITY_VARIABLE}" if os.environ.get(INTENSITY_VARIABLE) else "world average"


def _intensity_g_per_kwh() -> float:
    given = os.environ.get(INTENSITY_VARIABLE)
    if not given:
        from codecarbon.input import DataSource  # noqa: PLC0415  # as above

        source = DataSource()  # type: ignore[no-untyped-call]  # CodeCarbon types a part of itself
        return float(source.get_carbon_intensity_per_source_data()["world_average"])
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputError(f"{INTENSITY_VARIABLE} is {given!r}: give grams of CO2 per kilowatt-hour, a number above 0")
    return value
