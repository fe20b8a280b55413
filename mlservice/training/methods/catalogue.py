"""All ways to meet a budget, by name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from mlservice.pruning.cost import Macs
from mlservice.pruning.spaces import Adds
from mlservice.training.methods.method import Method, Shaper, Task
from mlservice.training.methods.priced_gates import PricedGates, PricedGatesOptions


def _gates(macs: bool = False, **options: Any) -> Callable[[Task], Shaper]:
    """Priced gates with options that differ from their defaults; with parts priced by multiply-accumulates instead of the cost."""

    def make(task: Task) -> Shaper:
        chosen = PricedGatesOptions(task.budget, task.rows, **options)
        price = Macs() if macs else task.price
        return PricedGates(task.image_shape, chosen, task.cost, price, task.watch, task.measure)

    return make


METHODS: Final[Mapping[str, Method]] = {
    "priced-gates": Method(
        "channels and weight vectors priced by predicted latency; the network shapes itself while it trains", _gates()
    ),
    "priced-gates-macs": Method(
        "the same, priced by multiply-accumulates: what the hardware's price is worth", _gates(macs=True)
    ),
    "priced-channels": Method("priced gates for channels alone", _gates(vectors=False)),
    "priced-vectors": Method("priced gates for weight vectors alone", _gates(channels=False)),
    "priced-shared": Method(
        "priced gates whose residual adds keep the same channels on both sides", _gates(adds=Adds.SHARED)
    ),
}
