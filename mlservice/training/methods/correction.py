"""Predictions are corrected by what the hardware measures, so that a budget holds there."""

from collections.abc import Callable
from typing import Final, TypeVar

from torch import fx

from mlservice.training.methods.method import Task

CORRECTIONS: Final = 5
"""Measurements of one settlement, at most."""
WINDOW: Final = (0.97, 1.0)
"""Shares of the budget that what is measured shall lie between."""
_MARGIN: Final = 1.002

C = TypeVar("C")


def settled(
    task: Task,
    choose: Callable[[float], C],
    predict: Callable[[C], float],
    build: Callable[[C], fx.GraphModule],
    window: tuple[float, float] = WINDOW,
) -> tuple[C, float]:
    """Choose for the budget, measure, and choose anew with the prediction corrected, until what is measured keeps the budget.

    Args:
        task: budget and measurement.
        choose: what a predicted cost can pay for.
        predict: the cost of a choice.
        build: the network of a choice, for the measurement.
        window: shares of the budget that what is measured shall lie between.

    Returns:
        The choice that keeps to the window's end and spends most, or the cheapest where none does; and measured / predicted of it, 1 where
        nothing is measured.

    Raises:
        InputError: the corrected budget is below the least that is reachable.
    """
    least, most = (share * task.budget for share in window)
    chosen = choose(task.budget)
    if task.measure is None:
        return chosen, 1.0
    tried: list[tuple[float, C, float]] = []
    for _ in range(CORRECTIONS):
        measured = task.measure(build(chosen))
        factor = measured / predict(chosen)
        tried.append((measured, chosen, factor))
        if least <= measured <= most:
            break
        chosen = choose(most / (factor * _MARGIN))
        if predict(chosen) == predict(tried[-1][1]):
            break  # there is nothing in between
    within = [each for each in tried if each[0] <= most]
    best = max(within, key=lambda each: each[0]) if within else min(tried, key=lambda each: each[0])
    return best[1], best[2]
