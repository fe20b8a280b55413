"""What a campaign will cost, before it starts: some of its networks, priced by the expert without compiling them."""

from dataclasses import dataclass

from contracts.structure.facts import facts_of
from hwservice.campaign.definition import Campaign, Part
from hwservice.campaign.draw import draw

SAMPLED = 24
"""Networks of each part that are priced."""
CYCLES_PER_S = 1.0e6
"""Simulated cycles a second on one processor (docs/measured.md)."""
ROW_S = 0.07
"""Of each row besides: compiling a network of ResNet-8 class, starting the simulator, writing the row."""
COMPILED_VECTORS_PER_S = 1.5e5
"""Weight vectors that are drawn, quantised and compiled in a second."""


@dataclass(frozen=True)
class Forecast:
    """Estimates, by part and in all.

    Attributes:
        rows: simulations.
        cycles: that are simulated.
        minutes: on so many processors.
        parts: (family, rows, minutes) of each part.
    """

    rows: int
    cycles: float
    minutes: float
    parts: tuple[tuple[str, int, float], ...]


def forecast(campaign: Campaign, processors: int = 2) -> Forecast:
    """Price a campaign."""
    parts, cycles = [], 0.0
    for part in campaign.parts:
        mean_cycles, mean_s = _mean(campaign, part)
        rows = part.count * len(campaign.accelerators)
        cycles += rows * mean_cycles
        parts.append((part.family, rows, rows * mean_s / processors / 60))
    return Forecast(campaign.rows, cycles, sum(minutes for _, _, minutes in parts), tuple(parts))


def _mean(campaign: Campaign, part: Part) -> tuple[float, float]:
    """Cycles and seconds of one row."""
    step = max(1, part.count // SAMPLED)
    cycles, seconds, rows = 0.0, 0.0, 0
    for number in range(0, part.count, step):
        structure = draw(campaign, part, number).structure
        for accelerator in campaign.accelerators:
            found = facts_of(structure, accelerator)
            took = float(found.cycles.sum())
            cycles += took
            seconds += ROW_S + took / CYCLES_PER_S + float(found.columns["vectors"].sum()) / COMPILED_VECTORS_PER_S
            rows += 1
    return cycles / rows, seconds / rows
