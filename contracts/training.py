"""Training some networks of a campaign: which data, which options, how a training is named, and the table of what came of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from contracts.dataset import DESCRIBED, DRAWN, Column
from contracts.errors import InputError
from contracts.measurement import HOST
from contracts.structure import Size, Structure

TRAINING: Final = "training"
"""Name of the table, beside `networks` and `layers`."""
TRAINER_VERSION: Final = 1
"""Counts up when the same plan would give other accuracies: what was trained before is then trained anew."""
CURVES: Final = ("accuracy_curve", "loss_curve", "training_loss_curve")
"""Columns that hold a JSON list, one figure for each epoch."""
CHOSEN: Final = "chosen by the campaign"
TRAINED: Final = "trained on the processor"


@dataclass(frozen=True)
class ImageData:
    """A data set that networks are trained on.

    Attributes:
        shape: channels, height and width of an image.
        classes: number of labels.
        images: in its training part.
        test_images: in its test part.
        flips: whether a mirrored image has the same label.
    """

    shape: Size
    classes: int
    images: int
    test_images: int
    flips: bool

    def fits(self, structure: Structure) -> bool:
        """Whether a network reads such images and ends in one logit for each class."""
        last = structure.layers[-1]
        return structure.input == self.shape and last.operator == "linear" and last.filters == self.classes


IMAGE_DATA: Final = {
    "fashion-mnist": ImageData((1, 28, 28), 10, 60_000, 10_000, flips=True),
    "digits": ImageData((1, 8, 8), 10, 1_437, 360, flips=False),
}


@dataclass(frozen=True)
class TrainingPlan:
    """How each network is trained: stochastic gradient descent with Nesterov momentum under one cycle of the learning rate.

    Attributes:
        data: one of `IMAGE_DATA`.
        images: of its training part, the first ones, that are trained on.
        held_back: of its training part, the last ones, that curves are taken on.
        epochs: passes over the images.
        batch_images: images of a step.
        peak_learning_rate: of the cycle.
        seed: of initial weights, weight vectors that are left, order and flips.

    Raises:
        InputError: on construction, where something is out of range; names the field.
    """

    data: str = "fashion-mnist"
    images: int = 10_000
    held_back: int = 2_000
    epochs: int = 2
    batch_images: int = 64
    peak_learning_rate: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.data not in IMAGE_DATA:
            raise InputError(f"accuracy: data is {self.data!r}; known are {', '.join(IMAGE_DATA)}")
        for name in ("images", "held_back", "epochs", "batch_images"):
            if getattr(self, name) < 1:
                raise InputError(f"accuracy: {name} is {getattr(self, name)}; it must be at least 1")
        there = IMAGE_DATA[self.data].images
        if self.images + self.held_back > there:
            raise InputError(
                f"accuracy: images {self.images} and held_back {self.held_back} are more than the {there} that {self.data}"
                " has to train on"
            )
        if not 2 <= self.batch_images <= self.images:
            raise InputError(
                f"accuracy: batch_images is {self.batch_images}; it must be from 2 to images, {self.images}"
            )
        if not 0 < self.peak_learning_rate <= 10 or not 0 <= self.seed < 1 << 31:
            raise InputError(
                f"accuracy: peak_learning_rate is {self.peak_learning_rate}, seed is {self.seed}; they must be above 0 and at"
                " most 10, and from 0 to 2^31 - 1"
            )

    @property
    def steps(self) -> int:
        """Of the optimiser; images that do not fill a batch are left out of that epoch."""
        return self.images // self.batch_images * self.epochs

    def key(self, structure: str) -> str:
        """The name of a training, from the structure's digest: equal for equal work."""
        text = json.dumps([TRAINER_VERSION, structure, asdict(self)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @staticmethod
    def from_mapping(values: Mapping[str, Any]) -> "TrainingPlan":
        """From parsed TOML or JSON; what is left out is as by default.

        Raises:
            InputError: a field is unknown, or has another type or range.
        """
        kinds = {field.name: type(field.default) for field in fields(TrainingPlan)}
        for name, value in values.items():
            if name not in kinds:
                raise InputError(f"accuracy: {name!r} is unknown; known are {', '.join(sorted(kinds))}")
            wanted = (int, float) if kinds[name] is float else kinds[name]
            if isinstance(value, bool) or not isinstance(value, wanted):
                raise InputError(f"accuracy: {name} is {value!r}; it must be of type {kinds[name].__name__}")
        return TrainingPlan(**values)


TRAINING_COLUMNS: Final = (
    Column("training", "text", "", DESCRIBED, "digest of structure, data and options: the training's name"),
    Column("structure", "text", "", DESCRIBED, "digest of the structure, as in networks"),
    Column("family", "text", "", DRAWN, "family of networks"),
    Column("base", "text", "", DRAWN, "the unpruned network it was drawn from"),
    Column("group", "text", "", DESCRIBED, "near-duplicates share it, as in networks"),
    Column("spec", "text", "", DESCRIBED, "the structure as compact JSON (contracts.structure)"),
    Column("data", "text", "", CHOSEN, "data set it was trained on"),
    Column("images", "integer", "", CHOSEN, "trained on, the first ones of the training part"),
    Column("held_back", "integer", "", CHOSEN, "images that curves are taken on, the last ones of the training part"),
    Column("epochs", "integer", "", CHOSEN, "passes over the images"),
    Column("batch_images", "integer", "", CHOSEN, "images of a step"),
    Column("peak_learning_rate", "real", "", CHOSEN, "of one cycle"),
    Column("seed", "integer", "", CHOSEN, "of initial weights, weight vectors that are left, order and flips"),
    Column("data_digest", "text", "", DESCRIBED, "SHA-256 of every pixel and label of the data set"),
    Column("status", "text", "", TRAINED, "done or failed"),
    Column("reason", "text", "", TRAINED, "why it failed", null=True),
    Column("accuracy", "real", "", TRAINED, "top-1 of the float network on the whole test part, 0 to 1", null=True),
    Column("accuracy_curve", "text", "", TRAINED, "JSON: top-1 on the images held back, after each epoch", null=True),
    Column("loss_curve", "text", "nats", TRAINED, "JSON: cross entropy on the images held back, after each epoch", null=True),
    Column("training_loss_curve", "text", "nats", TRAINED, "JSON: mean loss of the steps of each epoch", null=True),
    Column("seconds", "real", "s", HOST, "of training and judging, by one thread; differs from run to run", null=True),
    Column("torch", "text", "", HOST, "version of torch"),
)  # fmt: skip
"""Of the table `training`: a row for each network that was trained, and for each seed."""
