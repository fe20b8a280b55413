"""All ways to meet a budget, by name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from mlservice.pruning.cost import Macs
from mlservice.pruning.spaces import Adds
from mlservice.training.methods.criteria import SelectiveDecay, Slimming, UniformL1
from mlservice.training.methods.cutting import CutOnce
from mlservice.training.methods.knapsack import LatencyKnapsack
from mlservice.training.methods.method import Method, Shaper, Task
from mlservice.training.methods.priced_gates import PricedGates, PricedGatesOptions
from mlservice.training.methods.scratch import Scratch, random_aligned, uniform_aligned

_SWD_CUT = 0.8
"""Selective decay works until late in the run: it needs little training behind the cut."""


def _gates(macs: bool = False, **options: Any) -> Callable[[Task], Shaper]:
    """Priced gates with options that differ from their defaults; with parts priced by multiply-accumulates instead of the cost."""

    def make(task: Task) -> Shaper:
        chosen = PricedGatesOptions(task.budget, task.rows, **options)
        price = Macs() if macs else task.price
        return PricedGates(task.image_shape, chosen, task.cost, price, task.watch, task.measure)

    return make


METHODS: Final[Mapping[str, Method]] = {
    "priced-gates": Method(
        "narrower from the start, in whole filter groups; then weight vectors priced by predicted latency go while the network trains",
        _gates(),
    ),
    "priced-gates-macs": Method(
        "the same, priced by multiply-accumulates, in widths of any size: what the hardware's price is worth",
        _gates(macs=True, whole_tiles=False),
    ),
    "priced-vectors": Method("priced gates for weight vectors alone: all channels stay", _gates(channels=False)),
    "priced-channels": Method(
        "priced gates for channels alone: each layer's width by its price and a search over filter groups",
        _gates(uniform=False, vectors=False),
    ),
    "priced-shared": Method(
        "priced gates with each layer's width by its price and a search over filter groups",
        _gates(uniform=False, adds=Adds.SHARED),
    ),
    "priced-indexed": Method(
        "the same, and residual adds keep different channels on their sides", _gates(uniform=False)
    ),
    "dense": Method("all channels, whatever the budget: what there is to lose", Scratch, ignores_budget=True),
    "uniform-aligned": Method(
        "narrower from the start: the same share of every layer, in whole filter groups",
        lambda task: Scratch(task, uniform_aligned),
    ),
    "random-aligned": Method(
        "narrower from the start: random widths in whole filter groups, at the budget's cost",
        lambda task: Scratch(task, random_aligned),
    ),
    "uniform-l1": Method(
        "dense for half of the run; then the same share of every layer goes, the smallest L1 norms first",
        lambda task: CutOnce(task, UniformL1()),
    ),
    "global-slimming": Method(
        "L1 on the gammas of normalisations for half of the run; then the smallest of all go",
        lambda task: CutOnce(task, Slimming()),
    ),
    "swd": Method(
        "selective weight decay: a decay that grows on what the cut will take",
        lambda task: CutOnce(task, SelectiveDecay(task), _SWD_CUT),
    ),
    "latency-knapsack": Method(
        "Taylor importance and a table of latencies in a knapsack, in four cuts (after HALP)", LatencyKnapsack
    ),
}
