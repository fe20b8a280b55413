"""What budgets a network can keep on an accelerator, without any training."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from contracts.accelerator import Accelerator
from mlservice.networks import build
from mlservice.predictors.registry import Registry
from mlservice.pruning.metrics import costs_of
from mlservice.pruning.reachable import Reachable, reachable
from mlservice.pruning.trace import trace

_KEPT: Final = 256
_TRACING: Final = Lock()
"""While torch.fx traces a network, it exchanges what calling any module of the process does."""


@dataclass(frozen=True)
class Asked:
    """A network for images of a shape, an accelerator, and who foretells costs."""

    network: str
    image_shape: tuple[int, int, int]
    classes: int
    accelerator: Accelerator
    cost: str


def reach(asked: Asked, registry: Registry) -> tuple[Reachable, ...]:
    """The least network, half of its channels, and all of them; answers are kept.

    Raises:
        InputError: the network cannot be pruned, or there is no such predictor.
    """
    # Other predictors of the registry may give other figures.
    predictors = tuple(f"{card.name}@{card.version}" for card in registry.cards())
    return _reach(asked, registry.folder, predictors)


@lru_cache(maxsize=_KEPT)
def _reach(asked: Asked, registry: Path, predictors: tuple[str, ...]) -> tuple[Reachable, ...]:
    del predictors  # part of the key
    costs = costs_of(asked.cost, asked.accelerator, Registry(registry))
    with _TRACING:
        traced = trace(build(asked.network, asked.image_shape, asked.classes, seed=0), asked.image_shape)
    return reachable(traced, costs, asked.accelerator.rows)
