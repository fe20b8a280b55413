"""The co-design benchmark: which runs show what the method is worth, in the order in which they matter."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from mlservice.pareto.runs import DENSE, Budget, Run, Setting

PREDICTOR: Final = "codesign"
"""Name of the learned predictor that prices parts."""
LEARNED: Final = f"learned:{PREDICTOR}"
METHOD: Final = "priced-gates"
MACS: Final = "priced-gates-macs"
STRONG: Final = ("uniform-aligned", "latency-knapsack")
OTHERS: Final = ("uniform-l1", "global-slimming", "swd", "random-aligned")
BASELINES: Final = (*STRONG, *OTHERS)
SEEDS: Final = (0, 1, 2)
PARTS: Final = {
    "weight vectors left out": Run(Setting(), "uniform-aligned"),
    "channels left out": Run(Setting(), "priced-vectors", cost=LEARNED),
    "the expert's price instead of the learned one": Run(Setting(), METHOD),
    "MACs instead of the hardware's price, and widths of any size": Run(Setting(), MACS, cost=LEARNED),
    "widths by price and search instead of the same share": Run(Setting(), "priced-shared", cost=LEARNED),
    "the same, with unequal sides of residual adds": Run(Setting(), "priced-indexed", cost=LEARNED),
}
"""By what is changed: method and cost that are the project's method with that."""

RECIPE: Final = Setting(learning_rate=0.6)
"""Of every run, whatever the method: on held-out training images networks with few weights learn better at this rate than at half of it, and dense
ones no worse."""

_HALF, _QUARTER, _EIGHTH = (Budget("latency_ms", share) for share in (1 / 2, 1 / 4, 1 / 8))
_THIRD, _SIXTH = (Budget("latency_ms", share) for share in (1 / 3, 1 / 6))
REPEATED: Final = (_HALF, _QUARTER)
"""Budgets that every method has with every seed."""
FURTHER: Final = (_THIRD, _SIXTH)
"""Budgets that every method has with the first seed, and the strongest with every seed."""
COMMON: Final = tuple(sorted((*REPEATED, *FURTHER), key=lambda budget: -budget.amount))
"""All that every method has with some seed."""
SHORTEST: Final = Budget("latency_ms", 0.05, of_dense=False)
FRUGAL: Final = Budget("energy_mj", 0.198)
"""A little less than a fifth: a structure is settled within half a percent of its budget."""
EIGHTH: Final = _EIGHTH


def codesign() -> list[Run]:
    """ResNet-8 on Fashion-MNIST for `pynq-8x32`, and a few of ResNet-20; each run once."""
    return [*dict.fromkeys(_in_order(RECIPE))]


def small() -> list[Run]:
    """The same kinds of runs on digits, in a few minutes: for continuous integration, and to try out the command."""
    setting = Setting(data="digits", epochs=3, batch=32)
    methods = (METHOD, "uniform-aligned")
    budgets = (Budget("latency_ms", 0.6), Budget("latency_ms", 0.35))
    return [Run(setting, DENSE), *(Run(setting, method, 0, budget) for budget in budgets for method in methods)]


def _in_order(setting: Setting) -> Iterator[Run]:
    first, later = SEEDS[0], SEEDS[1:]
    yield Run(setting, DENSE, first)
    yield from _each(setting, (METHOD, "uniform-aligned"), (first,), REPEATED)
    yield Run(setting, METHOD, first, SHORTEST, LEARNED)
    yield from _each(setting, (METHOD,), (first,), (EIGHTH,))
    yield from _each(setting, (MACS, "latency-knapsack"), (first,), REPEATED)
    yield from (Run(setting, DENSE, seed) for seed in later)
    yield from _each(setting, (METHOD,), later, (*REPEATED, EIGHTH))
    yield Run(setting, METHOD, first, FRUGAL)
    yield from _each(setting, OTHERS, (first,), REPEATED)
    yield from _parts(setting, (first,))
    yield from _each(setting, (MACS, *STRONG), later, REPEATED)
    yield from _each(setting, (METHOD, MACS, *BASELINES), (first,), FURTHER)
    yield from _each(setting, OTHERS, later, REPEATED)
    yield from _large(replace(setting, network="resnet20"), first)
    yield from _each(setting, (METHOD, MACS, *STRONG), later, FURTHER)
    yield from _parts(setting, later)
    yield from (
        Run(setting, METHOD, seed, budget, cost)
        for seed in later
        for budget, cost in ((SHORTEST, LEARNED), (FRUGAL, "expert"))
    )


def _large(setting: Setting, seed: int) -> Iterator[Run]:
    yield Run(setting, DENSE, seed)
    yield from _each(setting, (METHOD,), (seed,), REPEATED)


def _each(setting: Setting, methods: Sequence[str], seeds: Sequence[int], budgets: Sequence[Budget]) -> Iterator[Run]:
    for seed in seeds:
        for budget in budgets:
            yield from (Run(setting, method, seed, budget, cost_of(method)) for method in methods)


def _parts(setting: Setting, seeds: Sequence[int]) -> Iterator[Run]:
    for seed in seeds:
        for budget in REPEATED:
            yield from (Run(setting, part.method, seed, budget, part.cost) for part in PARTS.values())


def cost_of(method: str) -> str:
    """Who foretells a method's costs in this benchmark: baselines go by the closed form, as tables of latencies would have it."""
    return LEARNED if method.startswith("priced") else "expert"
