"""What budgets may bound, and who foretells it: latency in ms, energy in mJ, or both at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.errors import InputError
from contracts.structure import Structure
from mlservice.predictors.batch import Batch, Query
from mlservice.predictors.predictor import Predictor, expert_log
from mlservice.predictors.registry import Registry
from mlservice.predictors.targets import Target
from mlservice.pruning.cost import Cost, ExpertLatency, Macs

METRICS: Final[Mapping[str, Target]] = {"latency_ms": Target.LATENCY, "energy_mj": Target.ENERGY}
"""What a budget may bound, as budgets and measurements name it."""

SOURCES: Final[Mapping[str, str]] = {
    "expert": "the closed-form model of the accelerator, fitted to nothing",
    "learned": "a predictor of the registry, `learned:NAME`; by default the newest of each target that is no surrogate",
    "surrogate": "the newest differentiable predictor of the registry",
    "macs": "parts are priced by multiply-accumulates; the budget is held by the expert's forecast",
}
"""Who prices what may be cut."""

_ALSO_EXPERT: Final = ("expert", "macs")


class Foretold:
    """A predictor of latency or energy as a cost: ms or mJ of one image.

    Args:
        logs: the natural logarithm of cycles or mJ of each network of a batch.
        target: which of them.
        accelerator: that the network is for.
    """

    def __init__(self, logs: Callable[[Batch], NDArray[np.float64]], target: Target, accelerator: Accelerator) -> None:
        self.unit = target.unit
        self._logs = logs
        self._accelerator = accelerator
        self._scale = 1 / (accelerator.clock_mhz * 1e3) if target is Target.LATENCY else 1.0

    def of(self, structures: Sequence[Structure]) -> NDArray[np.float64]:
        """See `Cost`; all in one batch."""
        batch = Batch.of([Query(structure, self._accelerator) for structure in structures])
        found: NDArray[np.float64] = np.exp(self._logs(batch)) * self._scale
        return found


@dataclass
class WorstRatio:
    """Several costs at once: the largest of cost / budget, so that a budget of 1 keeps all of them.

    Attributes:
        parts: costs with their budgets, by metric.
    """

    parts: Mapping[str, tuple[Cost, float]]
    unit: str = "of the budget"

    def of(self, structures: Sequence[Structure]) -> NDArray[np.float64]:
        """See `Cost`."""
        found: NDArray[np.float64] = np.max(
            [cost.of(structures) / budget for cost, budget in self.parts.values()], axis=0
        )
        return found


def costs_of(source: str, accelerator: Accelerator, registry: Registry | None = None) -> dict[str, Cost]:
    """A cost for each of `METRICS`.

    Where a named predictor foretells one of them, the expert foretells the other.

    Args:
        source: a key of `SOURCES`; `learned:NAME` or `learned:NAME@VERSION`.
        registry: of predictors; the user's own where absent.

    Raises:
        InputError: the source is unknown, or the registry has no such predictor.
    """
    kind, _, name = source.partition(":")
    if kind not in SOURCES or (name and kind != "learned"):
        raise InputError(f"cost is {source!r}; known are {', '.join(SOURCES)}, and learned:NAME")
    expert: dict[str, Cost] = {
        "latency_ms": ExpertLatency(accelerator),
        "energy_mj": Foretold(lambda batch: expert_log(batch, Target.ENERGY), Target.ENERGY, accelerator),
    }
    if kind in _ALSO_EXPERT:
        return expert
    found = _found(kind, name, registry or Registry())
    return {
        metric: Foretold(found[target].logs, target, accelerator) if target in found else expert[metric]
        for metric, target in METRICS.items()
    }


def price_of(source: str) -> Cost | None:
    """What parts are priced by, where not by the cost itself."""
    return Macs() if source == "macs" else None


def _found(kind: str, name: str, registry: Registry) -> dict[Target, Predictor]:
    if name:
        predictor = registry.find(name)[0].predictor
        return {predictor.target.fitted: predictor}
    cards = [card for card in registry.cards() if (card.kind == "surrogate") == (kind == "surrogate")]
    newest = {
        card.target: card for card in sorted(cards, key=lambda card: card.created) if card.target in METRICS.values()
    }
    if not newest:
        raise InputError(
            f"there is no {kind} predictor in {registry.folder}: train one by `python -m mlservice predictors train`, or use --cost expert"
        )
    return {target: registry.find(f"{card.name}@{card.version}")[0].predictor for target, card in newest.items()}
