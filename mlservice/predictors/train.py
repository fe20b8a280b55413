"""Train a predictor by name: fit, score on the split's test part, keep in the registry."""

from dataclasses import dataclass
from typing import Final

from contracts.errors import InputError
from mlservice.predictors.evaluate import judged
from mlservice.predictors.fit import Trained
from mlservice.predictors.kinds import kinds_for
from mlservice.predictors.registry import Card, Registry
from mlservice.predictors.rows import Rows
from mlservice.predictors.targets import LEARNED, Target

EVERYTHING: Final = "all"
"""In place of a split: every row, without scores."""


@dataclass(frozen=True)
class TrainWish:
    """What to train, and on which part of the data.

    Raises:
        InputError: on construction, for a kind or target that does not exist.
    """

    name: str
    kind: str = "hybrid"
    target: Target = Target.LATENCY
    split: str = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.target not in LEARNED:
            raise InputError(f"target is {self.target.value!r}; fitted are {', '.join(LEARNED)}: throughput follows")
        if self.kind not in kinds_for(self.target):
            raise InputError(f"kind is {self.kind!r}; known for {self.target} are {', '.join(kinds_for(self.target))}")


def train(rows: Rows, wish: TrainWish, registry: Registry) -> Card:
    """Fit and keep; returns what is known of it.

    Raises:
        InputError: the name cannot be one, or the data set lacks the split or what the kind needs.
    """
    fitted, test = (rows, None) if wish.split == EVERYTHING else rows.split(wish.split)
    trained = Trained.fit(wish.kind, fitted, wish.target, wish.seed)
    scores = judged(trained, test, wish.split, len(fitted)).to_mapping() if test is not None else {}
    card = Card(
        name=wish.name,
        version=0,
        kind=wish.kind,
        target=wish.target,
        data_digest=rows.digest,
        rows=len(fitted),
        accelerators=() if wish.target is Target.ACCURACY else tuple(sorted(set(fitted.table["accelerator"]))),
        families=tuple(sorted(set(fitted.table["family"]))),
        split=wish.split,
        scores=scores,
        seed=wish.seed,
    )
    return registry.add(trained, card)
