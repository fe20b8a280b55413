"""What is asked of training jobs (`train`, `prune`, `pareto`), checked alike wherever it comes in, and what they tell while they run."""

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from types import NoneType, UnionType
from typing import Any, Final, Self, get_args, get_type_hints

from contracts.accelerator import DEFAULT_ACCELERATOR, Accelerator, accelerator_named
from contracts.errors import AcceleratorError, InputError

PRECISIONS: Final = ("auto", "float32", "bfloat16")
COSTS: Final = ("expert", "learned", "surrogate", "macs")
"""Who foretells costs; `learned:NAME` names a predictor."""
DENSE: Final = "dense"
"""The method that keeps all channels; it needs no budget."""
SWEPT: Final = ("shares", "budgets_ms", "budgets_mj")
"""Options of a sweep that name its budgets: one of them is given."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_COST: Final = re.compile(rf"{'|'.join(COSTS)}|learned:[a-z0-9][a-z0-9-]{{0,63}}(@[1-9][0-9]{{0,5}})?")
_MOST_EPOCHS: Final = 1000
_MOST_RUNS: Final = 1000


class OptionError(InputError):
    """An option that is not taken.

    Attributes:
        field: its name.
        value: what was given.
        detail: what is wrong with it; the whole message goes on with the fix.
        fix: what would be accepted.
    """

    def __init__(self, field: str, value: object, detail: str, fix: str) -> None:
        super().__init__(f"{detail}; {fix}")
        self.field, self.value, self.detail, self.fix = field, value, detail, fix


@dataclass(frozen=True)
class Options:
    """Options that are checked when they are made, and go over the wire as JSON."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """From parsed JSON; unknown fields and wrong types are refused by name.

        Raises:
            OptionError: names the field, its value and what would be accepted.
        """
        hints = get_type_hints(cls)
        for name, value in values.items():
            if name not in hints:
                raise OptionError(name, value, f"{name} is unknown", f"known are {', '.join(hints)}")
            _check_type(name, value, hints[name])
        for each in fields(cls):
            if each.default is MISSING and each.name not in values:
                raise OptionError(each.name, None, f"{each.name} is missing", "give one")
        made: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return cls(**made)

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it; the inverse of `from_mapping`."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class SessionOptions(Options):
    """What every training session is told.

    Attributes:
        network: a name that the learning service lists; files of one's own are programs, which it does not run.
        data: a name that the learning service lists, or the digest of an uploaded data set (npz).
        training_images: only the first so many; all where absent.
        epochs: passes over the training images.
        batch_images: images of a step.
        peak_learning_rate: of the one cycle that the learning rate goes through.
        precision: `bfloat16` by autocast, or `auto`: where the processor multiplies matrices of it.
        validation_share: of the training images, set apart to watch by; 0 for none.
    """

    network: str = "resnet8"
    data: str = "fashion-mnist"
    training_images: int | None = None
    epochs: int = 8
    batch_images: int = 128
    peak_learning_rate: float = 0.3
    precision: str = "auto"
    validation_share: float = 0.1

    def __post_init__(self) -> None:
        _check_subject(self.network, self.data)
        if self.training_images is not None:
            _check_range("training_images", self.training_images, 2, 1 << 31)
        _check_range("epochs", self.epochs, 1, _MOST_EPOCHS)
        _check_range("batch_images", self.batch_images, 2, 1 << 16)
        _check_above_zero("peak_learning_rate", self.peak_learning_rate)
        _check_one_of("precision", self.precision, PRECISIONS)
        if not 0 <= self.validation_share < 1:
            detail = f"validation_share is {self.validation_share}"
            raise OptionError("validation_share", self.validation_share, detail, "give a share from 0 to below 1")


@dataclass(frozen=True)
class TrainOptions(SessionOptions):
    """Options of a `train` job: one network as it is.

    Attributes:
        seed: of weights, order, flips and the validation split.
    """

    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_range("seed", self.seed, 0, 2**31 - 1)


@dataclass(frozen=True)
class PruneOptions(TrainOptions):
    """Options of a `prune` job: a network that shapes itself within a budget in one session.

    Attributes:
        accelerator: a preset's name, or fields.
        method: a name that the learning service lists.
        latency_ms: of one image on the RTL, at most.
        energy_mj: of one image, at most; beside or instead of the latency.
        cost: who foretells costs.
        dense: the digest of the report of a `train` job, or of a session of method `dense`, with the same network, data, epochs and seed:
            its accuracy is stated beside.
    """

    accelerator: str | dict[str, Any] = DEFAULT_ACCELERATOR
    method: str = "priced-gates"
    latency_ms: float | None = None
    energy_mj: float | None = None
    cost: str = "expert"
    dense: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_hardware(self.accelerator, self.cost)
        _check_pattern("method", self.method, _NAME, "the name of a method, such as priced-gates")
        if not self.budgets and self.method != DENSE:
            raise OptionError("latency_ms", None, "there is no budget", "give latency_ms, energy_mj, or both")
        for metric, value in self.budgets.items():
            _check_above_zero(metric, value)
        if self.dense is not None:
            _check_pattern("dense", self.dense, DIGEST, "the digest of an uploaded report")

    @property
    def budgets(self) -> dict[str, float]:
        """Those that are given, by metric."""
        given = {"latency_ms": self.latency_ms, "energy_mj": self.energy_mj}
        return {metric: value for metric, value in given.items() if value is not None}


@dataclass(frozen=True)
class ParetoOptions(SessionOptions):
    """Options of a `pareto` job: sessions of several methods and seeds at several budgets, and the front of what they reach.

    Attributes:
        accelerator: a preset's name, or fields.
        methods: names that the learning service lists.
        shares: budgets as parts of what the dense network takes on the RTL.
        budgets_ms: budgets as latencies; in place of shares.
        budgets_mj: budgets as energies; in place of either.
        seeds: each run is made with each.
        cost: who foretells costs.
        side_by_side: runs at a time, one thread each.
    """

    accelerator: str | dict[str, Any] = DEFAULT_ACCELERATOR
    methods: tuple[str, ...] = ("priced-gates",)
    shares: tuple[float, ...] = ()
    budgets_ms: tuple[float, ...] = ()
    budgets_mj: tuple[float, ...] = ()
    seeds: tuple[int, ...] = (0,)
    cost: str = "expert"
    side_by_side: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_hardware(self.accelerator, self.cost)
        for method in self.methods:
            _check_pattern("methods", method, _NAME, "names of methods, such as priced-gates")
        self._check_budgets()
        for seed in self.seeds:
            _check_range("seeds", seed, 0, 2**31 - 1)
        _check_range("side_by_side", self.side_by_side, 1, 64)
        if not 1 <= self.runs <= _MOST_RUNS:
            detail = f"methods x budgets x seeds are {self.runs} runs"
            raise OptionError(
                "methods", list(self.methods), detail, f"give at least one of each, {_MOST_RUNS} runs at most"
            )

    @property
    def runs(self) -> int:
        """How many sessions these are, without the dense one that shares need."""
        return len(self.methods) * len(self.shares or self.budgets_ms or self.budgets_mj) * len(self.seeds)

    def _check_budgets(self) -> None:
        given = {name: values for name in SWEPT if (values := getattr(self, name))}
        if len(given) != 1:
            detail = f"budgets are given as {' and '.join(given)}" if given else "there is no budget"
            raise OptionError(
                "shares", list(self.shares), detail, f"give one of {', '.join(SWEPT)}, such as shares [0.5]"
            )
        for share in self.shares:
            if not 0 < share <= 1:
                fix = "give shares above 0, up to 1: 0.5 is half of the dense network's latency"
                raise OptionError("shares", share, f"a share is {share}", fix)
        for name in ("budgets_ms", "budgets_mj"):
            for budget in given.get(name, ()):
                _check_above_zero(name, budget)


@dataclass(frozen=True)
class ReachableOptions(Options):
    """What is asked before a session: which budgets a network can keep. See `PruneOptions`."""

    network: str = "resnet8"
    data: str = "fashion-mnist"
    accelerator: str | dict[str, Any] = DEFAULT_ACCELERATOR
    cost: str = "expert"

    def __post_init__(self) -> None:
        _check_subject(self.network, self.data)
        _check_hardware(self.accelerator, self.cost)


def resolve(accelerator: str | Mapping[str, Any]) -> Accelerator:
    """A preset by its name, or an accelerator by its fields.

    Raises:
        AcceleratorError: unknown or not valid.
    """
    return accelerator_named(accelerator) if isinstance(accelerator, str) else Accelerator.from_mapping(accelerator)


def _check_subject(network: str, data: str) -> None:
    if ":" in network or "/" in network or network.endswith((".py", ".onnx")):
        fix = "name one that is listed; `python -m mlservice prune --network FILE.py:CLASS` trains your own on your machine"
        detail = f"network is {network!r}: a file would be run as a program, and none from outside is run here"
        raise OptionError("network", network, detail, fix)
    _check_pattern("network", network, _NAME, "a name such as resnet8")
    if not DIGEST.fullmatch(data):
        _check_pattern("data", data, _NAME, "a name such as fashion-mnist, or an uploaded data set")


def _check_hardware(accelerator: str | dict[str, Any], cost: str) -> None:
    try:
        resolve(accelerator)
    except AcceleratorError as error:
        raise OptionError("accelerator", accelerator, str(error), "a preset's name, or valid fields") from error
    _check_pattern("cost", cost, _COST, f"{', '.join(COSTS)} or learned:NAME")


def _check_pattern(name: str, value: str, pattern: re.Pattern[str], fix: str) -> None:
    if not pattern.fullmatch(value):
        raise OptionError(name, value, f"{name} is {value!r}", f"give {fix}")


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise OptionError(name, value, f"{name} is {value}", f"give {least} to {most}")


def _check_above_zero(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise OptionError(name, value, f"{name} is {value}", "give a number above 0")


def _check_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise OptionError(name, value, f"{name} is {value!r}", f"give one of {', '.join(known)}")


def _check_type(name: str, value: object, hint: Any) -> None:
    if not _is_of(value, hint):
        raise OptionError(name, value, f"{name} is {value!r}", f"give {_words(hint)}")


def _is_of(value: object, hint: Any) -> bool:
    if isinstance(hint, UnionType):
        return any(_is_of(value, each) for each in get_args(hint))
    if args := get_args(hint):
        if hint.__origin__ is tuple:
            return isinstance(value, list | tuple) and all(_is_of(each, args[0]) for each in value)
        return isinstance(value, dict)
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) if hint is float else isinstance(value, hint)


_WORDS: Final[Mapping[Any, str]] = {int: "a whole number", float: "a number", str: "text", NoneType: "nothing"}


def _words(hint: Any) -> str:
    if isinstance(hint, UnionType):
        return " or ".join(_words(each) for each in get_args(hint))
    if args := get_args(hint):
        return f"a list, each {_words(args[0])}" if hint.__origin__ is tuple else "fields"
    return _WORDS[hint]
