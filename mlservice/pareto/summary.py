"""What runs say together: means and spreads over seeds, differences to the dense network of the same seed, fronts, hypervolumes."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.errors import InputError
from contracts.pareto import front, hypervolume
from mlservice.pareto.results import Result
from mlservice.pareto.runs import DENSE, METRICS, Budget, Run

ACCURACIES: Final = ("accuracy_float", "accuracy_int8")
_MOST_OVER: Final = 1.02
_LEAST_UNDER: Final = 0.95


@dataclass(frozen=True)
class Spread:
    """A figure over seeds.

    Attributes:
        mean: over seeds.
        deviation: the sample's standard deviation; none of a single value.
        values: how many.
    """

    mean: float
    deviation: float | None
    values: int

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """Of at least one value."""
        return Spread(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None, len(values))

    def to_mapping(self) -> dict[str, float | int | None]:
        """As JSON carries it."""
        return {"mean": self.mean, "deviation": self.deviation, "values": self.values}


def label_of(run: Run) -> str:
    """The method, with who foretells its costs where that is not the expert."""
    return run.method if run.cost == "expert" else f"{run.method} ({run.cost.partition(':')[0]})"


def kept(result: Result) -> float | None:
    """Measured / budget of the budget's metric; none where there is none."""
    budget = result.run.budget
    if budget is None:
        return None
    return float(result.answer[f"measured_{budget.metric}"]) / float(result.answer["budget"][budget.metric])


def keeps(result: Result) -> bool:
    """The RTL's measurement is within 2 % of the budget, or below it by at most 5 %."""
    ratio = kept(result)
    return ratio is None or _LEAST_UNDER <= ratio <= _MOST_OVER


@dataclass(frozen=True)
class Cell:
    """All seeds of one method at one budget.

    Attributes:
        label: the method; see `label_of`.
        budget: none of the dense network.
        results: by seed.
        dense: of the same seeds, where there are any.
    """

    label: str
    budget: Budget | None
    results: Mapping[int, Result]
    dense: Mapping[int, Result]

    def over_seeds(self, figure: Callable[[Result], float]) -> Spread:
        """A figure of each result."""
        return Spread.of([figure(result) for result in self.results.values()])

    def of(self, name: str) -> Spread:
        """A figure of each report, by name."""
        return self.over_seeds(lambda result: float(result.answer[name]))

    def against_dense(self, name: str) -> Spread | None:
        """Each seed's figure less that of the dense network of the same seed; none where no seed has both."""
        pairs = [
            float(result.answer[name]) - float(self.dense[seed].answer[name])
            for seed, result in self.results.items()
            if seed in self.dense
        ]
        return Spread.of(pairs) if pairs else None

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it."""
        names = (*ACCURACIES, *(f"measured_{metric}" for metric in METRICS), "params", "macs", "wall_s")
        differences = {name: self.against_dense(name) for name in ACCURACIES}
        ratios = [ratio for result in self.results.values() if (ratio := kept(result)) is not None]
        return {
            "method": self.label,
            "budget": None if self.budget is None else str(self.budget),
            "seeds": sorted(self.results),
            **{name: self.of(name).to_mapping() for name in names},
            "against_dense": {n: None if d is None else d.to_mapping() for n, d in differences.items()},
            "measured_to_budget": {"least": min(ratios), "most": max(ratios)} if ratios else None,
            "keeps_budget": all(keeps(result) for result in self.results.values()),
        }


@dataclass(frozen=True)
class Summary:
    """Results of one setting, that can be compared.

    Attributes:
        results: of it.
        metric: what fronts and hypervolumes are over.
        floor: accuracy, 0 to 1, from which hypervolumes count.
    """

    results: Sequence[Result]
    metric: str
    floor: float

    @staticmethod
    def of(results: Iterable[Result], metric: str = "latency_ms", floor: float | None = None) -> "Summary":
        """Of these results; the floor is their least accuracy, rounded down to a whole percent, where none is given.

        Raises:
            InputError: there is none, they are of several settings, or there is no such metric.
        """
        found = [*results]
        if not found:
            raise InputError("there is no result to sum up: carry out some runs first")
        settings = {result.run.setting for result in found}
        if len(settings) > 1:
            raise InputError(f"results are of {len(settings)} settings, which cannot be compared: {settings}")
        if metric not in METRICS:
            raise InputError(f"metric is {metric!r}; known are {', '.join(METRICS)}")
        least = min(float(result.answer[name]) for result in found for name in ACCURACIES)
        return Summary(found, metric, math.floor(100 * least) / 100 if floor is None else floor)

    @property
    def dense(self) -> dict[int, Result]:
        """The dense network, by seed."""
        return {result.run.seed: result for result in self.results if result.run.method == DENSE}

    @property
    def dense_cost(self) -> float:
        """What the dense network costs on the RTL, or the most that any network does where it is not there."""
        costs = [self.cost(result) for result in (self.dense.values() or self.results)]
        return max(costs)

    def cost(self, result: Result) -> float:
        """In the metric's unit."""
        return float(result.answer[f"measured_{self.metric}"])

    def cells(self) -> list[Cell]:
        """By method and budget, in the order of the results; budgets that fall."""
        found: dict[tuple[str, Budget | None], dict[int, Result]] = {}
        for result in self.results:
            found.setdefault((label_of(result.run), result.run.budget), {})[result.run.seed] = result
        labels = [*dict.fromkeys(label for label, _ in found)]
        cells = [Cell(label, budget, results, self.dense) for (label, budget), results in found.items()]
        return sorted(cells, key=lambda cell: (labels.index(cell.label), -cell.of(f"measured_{self.metric}").mean))

    def front(self) -> list[Result]:
        """Results that no other beats in cost and float accuracy, by growing cost."""
        points = [(self.cost(result), float(result.answer[ACCURACIES[0]])) for result in self.results]
        return [self.results[position] for position in front(points)]

    def hypervolumes(self, budgets: Sequence[Budget] | None = None) -> dict[str, dict[str, Spread]]:
        """By method and accuracy: share of the dense cost x points of accuracy that its networks cover, over seeds.

        Every seed has the method's networks at all of the budgets; a seed that lacks one is left out. The reference is the dense network's
        cost, and the floor.

        Args:
            budgets: to go by; those that all methods have where absent.
        """
        by_label: dict[str, dict[int, dict[str, Result]]] = {}
        for result in self.results:
            if result.run.budget is not None and result.run.budget.metric == self.metric:
                own = by_label.setdefault(label_of(result.run), {}).setdefault(result.run.seed, {})
                own[str(result.run.budget)] = result
        wanted = _common(by_label) if budgets is None else {str(budget) for budget in budgets}
        found: dict[str, dict[str, Spread]] = {}
        for label, seeds in by_label.items():
            whole = [[own[name] for name in sorted(wanted)] for own in seeds.values() if wanted <= own.keys()]
            if wanted and whole:
                found[label] = {name: Spread.of([self._covered(each, name) for each in whole]) for name in ACCURACIES}
        return found

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it: `cells`, `front` (names of runs), `hypervolumes`, `points`, and what they are over."""
        best = {result.run.name for result in self.front()}
        return {
            "setting": self.results[0].run.to_mapping()["setting"],
            "metric": self.metric,
            "reference": {"cost": self.dense_cost, "accuracy": self.floor},
            "cells": [cell.to_mapping() for cell in self.cells()],
            "front": [result.run.name for result in self.front()],
            "hypervolumes": {
                label: {name: spread.to_mapping() for name, spread in each.items()}
                for label, each in self.hypervolumes().items()
            },
            "points": [_point(result, result.run.name in best) for result in self.results],
        }

    def _covered(self, results: Sequence[Result], accuracy: str) -> float:
        points = [(self.cost(each) / self.dense_cost, 100 * float(each.answer[accuracy])) for each in results]
        return hypervolume(points, (1.0, 100 * self.floor))


def _common(by_label: Mapping[str, Mapping[int, Mapping[str, Result]]]) -> set[str]:
    """Budgets that every method has with some seed."""
    each = [{name for own in seeds.values() for name in own} for seeds in by_label.values()]
    return set.intersection(*each) if each else set()


def _point(result: Result, on_front: bool) -> dict[str, Any]:
    answer = result.answer
    names = (*ACCURACIES, "measured_latency_ms", "measured_energy_mj", "predicted_latency_ms", "predicted_energy_mj")
    return {
        "run": result.run.name,
        "method": label_of(result.run),
        "budget": None if result.run.budget is None else str(result.run.budget),
        "seed": result.run.seed,
        **{name: answer[name] for name in (*names, "params", "macs", "kept", "train_energy_wh", "wall_s")},
        "measured_to_budget": kept(result),
        "on_front": on_front,
        "code": result.identity.code,
        "commit": result.commit,
    }
