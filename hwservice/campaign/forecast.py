"""What a campaign will cost, before it starts: some of its networks, priced by the expert without compiling them."""

from dataclasses import dataclass

from contracts.structure import Structure
from contracts.structure.facts import facts_of
from contracts.training import IMAGE_DATA, TrainingPlan
from hwservice.campaign.definition import Campaign, Part
from hwservice.campaign.draw import draw
from hwservice.campaign.training import works

SAMPLED = 24
"""Networks of each part that are priced."""
CYCLES_PER_S = 1.0e6
"""Simulated cycles a second on one processor (docs/measured.md)."""
ROW_S = 0.07
"""Of each row besides: compiling a network of ResNet-8 class, starting the simulator, writing the row."""
TRAINED_MACS_PER_S = 1.8e10
"""MACs of a network in a second of training, by one thread: ResNet-8 learns from 60,000 images of 28 x 28 in 31 s."""
JUDGED_SHARE = 1 / 3
"""Of what learning from an image takes: no gradient is needed."""
STEP_S = 7.6e-3
"""What a step takes beside its multiply-accumulates: the smallest networks of `datasets/accuracy` took 3.6 s for 468 steps."""
COMPILED_VECTORS_PER_S = 1.5e5
"""Weight vectors that are drawn, quantised and compiled in a second."""


@dataclass(frozen=True)
class Forecast:
    """Estimates, by part and in all.

    Attributes:
        rows: simulations.
        cycles: that are simulated.
        minutes: on so many processors, training included.
        parts: (family, rows, minutes) of each part.
        trainings: networks that are trained, repeats included.
        training_minutes: that this takes.
    """

    rows: int
    cycles: float
    minutes: float
    parts: tuple[tuple[str, int, float], ...]
    trainings: int = 0
    training_minutes: float = 0.0


def forecast(campaign: Campaign, processors: int = 2) -> Forecast:
    """Price a campaign."""
    parts, cycles = [], 0.0
    for part in campaign.parts:
        mean_cycles, mean_s = _mean(campaign, part)
        rows = part.count * len(campaign.accelerators)
        cycles += rows * mean_cycles
        parts.append((part.family, rows, rows * mean_s / processors / 60))
    trainings, training = _training(campaign, processors)
    minutes = sum(minutes for _, _, minutes in parts) + training
    return Forecast(campaign.rows, cycles, minutes, tuple(parts), trainings, training)


def _training(campaign: Campaign, processors: int) -> tuple[int, float]:
    """Trainings, and their minutes."""
    wanted = works(campaign)
    return len(wanted), sum(_training_s(work.structure, work.plan) for work in wanted) / processors / 60


def _training_s(structure: Structure, plan: TrainingPlan) -> float:
    judged = IMAGE_DATA[plan.data].test_images + plan.held_back * plan.epochs
    images = plan.images * plan.epochs + judged * JUDGED_SHARE
    return STEP_S * plan.steps + images * structure.macs / TRAINED_MACS_PER_S


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
