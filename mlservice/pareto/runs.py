"""What a sweep is made of: pruning runs, each described by all that decides it."""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from contracts.errors import InputError

METRICS: Final = ("latency_ms", "energy_mj")
DENSE: Final = "dense"
"""The method whose measured costs shares are of."""


@dataclass(frozen=True)
class Budget:
    """What one image may cost.

    Attributes:
        metric: `latency_ms` or `energy_mj`.
        amount: in the metric's unit, or a share of what the dense network costs on the RTL.
        of_dense: it is a share.
    """

    metric: str
    amount: float
    of_dense: bool = True

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise InputError(f"a budget's metric is {self.metric!r}; known are {', '.join(METRICS)}")
        if not 0 < self.amount < math.inf:
            raise InputError(f"a budget of {self.metric} is {self.amount}: give a number above 0")
        if self.of_dense and self.amount > 1:
            raise InputError(f"a share of the dense network's {self.metric} is {self.amount}: give at most 1")

    def value(self, dense: Mapping[str, Any] | None) -> float | None:
        """In the metric's unit; none while the dense network's report is not there and has to be."""
        if not self.of_dense:
            return self.amount
        return None if dense is None else self.amount * float(dense[f"measured_{self.metric}"])

    def __str__(self) -> str:
        name, unit = self.metric.split("_")
        return f"{name}-{self.amount:.4g}" + ("" if self.of_dense else unit)


@dataclass(frozen=True)
class Setting:
    """What runs that are compared have in common.

    Attributes:
        network, data, accelerator: as `python -m mlservice prune` takes them.
        epochs: passes over the training images.
        batch: images of a step.
        precision: `auto`, `float32` or `bfloat16`.
        validation_share: of the training images, set apart.
        learning_rate: at its peak.
        training_images: only the first so many; all where absent.
        image_size: pixels, of data that has images of several sizes.
    """

    network: str = "resnet8"
    data: str = "fashion-mnist"
    accelerator: str = "pynq-8x32"
    epochs: int = 8
    batch: int = 128
    precision: str = "auto"
    validation_share: float = 0.0
    learning_rate: float = 0.3
    training_images: int | None = None
    image_size: int | None = None

    def arguments(self) -> list[str]:
        """Of `python -m mlservice prune`."""
        found = ["--network", self.network, "--data", self.data, "--accelerator", self.accelerator]
        found += ["--epochs", str(self.epochs), "--batch", str(self.batch), "--precision", self.precision]
        found += ["--validation-share", str(self.validation_share), "--learning-rate", str(self.learning_rate)]
        for option, value in (("--training-images", self.training_images), ("--image-size", self.image_size)):
            found += [] if value is None else [option, str(value)]
        return found


@dataclass(frozen=True)
class Run:
    """One session of `python -m mlservice prune`.

    Attributes:
        setting: what it shares with those it is compared with.
        method: a name of `python -m mlservice methods`.
        seed: of everything random.
        budget: none where the method ignores it.
        cost: who foretells costs.
    """

    setting: Setting
    method: str
    seed: int = 0
    budget: Budget | None = None
    cost: str = "expert"

    @property
    def name(self) -> str:
        """Of its files: one for each run, readable."""
        setting = self.setting
        parts = [setting.network, setting.data, setting.accelerator, self.method]
        parts += [self.cost.replace(":", "-")] if self.cost != "expert" else []
        parts += [str(self.budget)] if self.budget is not None else []
        parts += [f"{setting.epochs}-epochs", f"seed-{self.seed}"]
        plain = re.sub(r"[^A-Za-z0-9.-]+", "-", "-".join(parts))
        usual = Setting(setting.network, setting.data, setting.accelerator, setting.epochs)
        if setting == usual and plain == "-".join(parts):
            return plain
        return f"{plain}-{hashlib.sha256(repr(self).encode()).hexdigest()[:8]}"

    @property
    def dense(self) -> "Run":
        """The run whose measured costs its share is of: the dense network of seed 0, whose costs no seed changes."""
        return Run(self.setting, DENSE)

    def arguments(self, dense: Mapping[str, Any] | None) -> list[str]:
        """Of `python -m mlservice prune`, but for where to.

        Args:
            dense: report of `self.dense`; needed where the budget is a share.
        """
        found = [*self.setting.arguments(), "--method", self.method, "--cost", self.cost, "--seed", str(self.seed)]
        if self.budget is None:
            return found
        value = self.budget.value(dense)
        assert value is not None, "a share waits for the dense network's report"
        return [*found, f"--{self.budget.metric.replace('_', '-')}", repr(value)]

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it."""
        return asdict(self)

    @staticmethod
    def from_mapping(values: Mapping[str, Any]) -> "Run":
        """The inverse of `to_mapping`."""
        budget = values["budget"]
        return Run(
            Setting(**values["setting"]),
            values["method"],
            values["seed"],
            None if budget is None else Budget(**budget),
            values["cost"],
        )


def sweep_of(
    setting: Setting, methods: Sequence[str], budgets: Sequence[Budget], seeds: Sequence[int], cost: str = "expert"
) -> list[Run]:
    """Every method at every budget with every seed, and the dense network that shares are of; seed by seed.

    `dense` among the methods is done with every seed, so that each run can be compared with it.

    Raises:
        InputError: there is no method, budget or seed.
    """
    for name, values in (("method", methods), ("budget", budgets), ("seed", seeds)):
        if not values:
            raise InputError(f"a sweep without a {name} has no run: give at least one")
    found = [Run(setting, DENSE)] if any(budget.of_dense for budget in budgets) else []
    for seed in seeds:
        found += [Run(setting, DENSE, seed)] if DENSE in methods else []
        found += [Run(setting, each, seed, budget, cost) for budget in budgets for each in methods if each != DENSE]
    return [*dict.fromkeys(found)]
