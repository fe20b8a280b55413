"""Fronts by method, how much each covers, and both in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.pareto import front, hypervolume
from frontend.pareto.runs import COSTS, SETTING, Choice, Run
from frontend.words import number_text


@dataclass(frozen=True)
class MethodFront:
    """What one method reached.

    Attributes:
        runs: all of it, by growing cost.
        best: those that no other of the method beats.
        hypervolume: cost x accuracy points that its front covers up to the reference.
        share: of what all methods together cover.
    """

    method: str
    runs: Sequence[Run]
    best: Sequence[Run]
    hypervolume: float
    share: float


@dataclass(frozen=True)
class Fronts:
    """All methods against one reference.

    Attributes:
        reference: the greatest cost and the least accuracy (percent) among all runs shown.
        overall: the runs that no other beats, whatever the method.
    """

    methods: Sequence[MethodFront]
    reference: tuple[float, float]
    overall: Sequence[Run]


def fronts_of(runs: Sequence[Run]) -> Fronts | None:
    """Of runs of one network, on one data set, for one accelerator; None where they are of several, or there is none."""
    if not runs or len({tuple(run.facets[name] for name in SETTING) for run in runs}) > 1:
        return None
    reference = (max(run.cost for run in runs), min(100 * run.accuracy for run in runs))
    whole = hypervolume([_point(run) for run in runs], reference)
    groups: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.cost):
        groups.setdefault(run.method, []).append(run)
    methods = []
    for method, own in groups.items():
        covered = hypervolume([_point(run) for run in own], reference)
        methods.append(MethodFront(method, own, best_of(own), covered, covered / whole if whole else 0.0))
    methods.sort(key=lambda one: -one.hypervolume)
    return Fronts(methods, reference, best_of(runs))


def best_of(runs: Sequence[Run]) -> list[Run]:
    """The runs that no other beats, by growing cost."""
    return [runs[at] for at in front([_point(run) for run in runs])]


def _point(run: Run) -> tuple[float, float]:
    return run.cost, 100 * run.accuracy


def columns(runs: Sequence[Run], fronts: Fronts | None, choice: Choice) -> dict[str, Any]:
    """What the plot draws: points by method, and for each method its front."""
    _, name, unit = COSTS[choice.cost]
    return {
        "cost": name,
        "unit": unit,
        "accuracy": choice.accuracy,
        "runs": [
            {
                "job": run.key,
                "method": run.method,
                "seed": run.facets["seed"],
                "cost": run.cost,
                "accuracy": run.accuracy,
                "setting": ", ".join(run.facets[name] for name in SETTING),
                "budget": run.budget,
                "kept": structure_text(run.result),
            }
            for run in runs
        ],
        "fronts": {one.method: [(run.cost, run.accuracy) for run in one.best] for one in fronts.methods}
        if fronts
        else {},
        "methods": list(dict.fromkeys(run.method for run in sorted(runs, key=lambda run: run.method))),
    }


def structure_text(result: Mapping[str, Any]) -> list[str]:
    """A network's layers for a hover: `blocks_1_first_0 28 · 77 %`."""
    return [
        f"{name} {layer['filters']} · {100 * layer['density']:.0f}\u202f%"
        for name, layer in result.get("kept", {}).items()
    ]


def text_of(runs: Sequence[Run], fronts: Fronts | None, choice: Choice) -> str:
    """The plot in words."""
    _, name, unit = COSTS[choice.cost]
    if not runs:
        return "No session passes the filters."
    if fronts is None:
        return f"{len(runs)} sessions of several networks, data sets or accelerators: choose one of each to see fronts and hypervolumes."
    cheapest, best = fronts.overall[0], fronts.overall[-1]
    said = f"{len(runs)} session{'s' if len(runs) > 1 else ''}; {len(fronts.overall)} beaten by none. "
    if cheapest is best:
        said += f"{_named(best)}, has the most accuracy, {_figures(best, unit)}, and takes the least {name}."
    else:
        said += f"Most accurate: {_named(best)}, {_figures(best, unit)}; least {name}: {_named(cheapest)}, {_figures(cheapest, unit)}."
    if len(fronts.methods) > 1 and fronts.methods[0].share:
        said += f" {fronts.methods[0].method} covers the most: {100 * fronts.methods[0].share:.1f} % of what all together do."
    return said


def _figures(run: Run, unit: str) -> str:
    return f"{100 * run.accuracy:.2f} % at {number_text(run.cost)} {unit}"


def _named(run: Run) -> str:
    return f"{run.method}, seed {run.facets['seed']}"
