"""Predictions are corrected by what the hardware measures, so that a budget holds there."""

from collections.abc import Callable
from typing import Final, TypeVar

from torch import fx

from mlservice.training.methods.method import Task

CORRECTIONS: Final = 5
"""Measurements of one settlement, at most."""
LEAST_OF_BUDGET: Final = 0.97
"""What is measured shall lie between this share of the budget and all of it."""
_MARGIN: Final = 1.002

C = TypeVar("C")


def settled(
    task: Task, choose: Callable[[float], C], predict: Callable[[C], float], build: Callable[[C], fx.GraphModule]
) -> tuple[C, float]:
    """Choose for the budget, measure, and choose anew with the prediction corrected, until what is measured keeps the budget.

    Args:
        task: budget and measurement.
        choose: what a predicted cost can pay for.
        predict: the cost of a choice.
        build: the network of a choice, for the measurement.

    Returns:
        The choice that keeps the measured budget and spends most of it, or the cheapest where none keeps it; and measured / predicted
        of it, 1 where nothing is measured.

    Raises:
        InputError: the corrected budget is below the least that is reachable.
    """
    chosen = choose(task.budget)
    if task.measure is None:
        return chosen, 1.0
    tried: list[tuple[float, C, float]] = []
    for _ in range(CORRECTIONS):
        measured = task.measure(build(chosen))
        factor = measured / predict(chosen)
        tried.append((measured, chosen, factor))
        if LEAST_OF_BUDGET * task.budget <= measured <= task.budget:
            break
        chosen = choose(task.budget / (factor * _MARGIN))
        if predict(chosen) == predict(tried[-1][1]):
            break  # there is nothing in between
    within = [each for each in tried if each[0] <= task.budget]
    best = max(within, key=lambda each: each[0]) if within else min(tried, key=lambda each: each[0])
    return best[1], best[2]
