"""What a campaign consists of, from a small TOML file: families x samplers of pruning x accelerators x count."""

import hashlib
import inspect
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from contracts.accelerator import Accelerator, accelerator_named
from contracts.campaign import grown
from contracts.errors import InputError, ProPruNNError
from contracts.structure import Size, Structure
from contracts.structure.families import FAMILIES
from contracts.structure.samplers import SAMPLERS, Pruning
from contracts.training import IMAGE_DATA, TrainingPlan

MAXIMUM_BYTES = 1 << 20
LARGEST_COUNT = 10_000_000
MOST_NETWORKS = 200_000
"""Of a campaign that comes over the wire."""
LARGEST_OPTION = 8192
"""Any number in a base stays below it."""
FROM_RUNS = "runs"
"""Sampler of structures that pruning runs produced, read from a file."""


@dataclass(frozen=True)
class Part:
    """Networks of one family.

    Attributes:
        family: one of `FAMILIES`; a word of the user's own where `structures` is given.
        count: networks, each on every accelerator.
        inputs: sizes of which each network takes one.
        bases: what the family's function is given; each network takes one. The first networks are the bases themselves, on every input.
        samplers: weight of each.
        ratio: share of the channels that networks keep.
        unequal: share of the networks whose sides of adds differ.
        vectors: share of the networks that lose weight vectors.
        density: share of the weight vectors that those keep.
        rows: filters that lose weight vectors together.
        structures: JSON lines with structures of pruning runs, instead of all this.
    """

    family: str
    count: int
    inputs: tuple[Size, ...] = ()
    bases: tuple[Mapping[str, Any], ...] = ({},)
    samplers: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(SAMPLERS, 1.0))
    ratio: tuple[float, float] = (0.1, 1.0)
    unequal: float = 0.0
    vectors: float = 0.0
    density: tuple[float, float] = (0.2, 0.9)
    rows: int = 8
    structures: str = ""

    @property
    def digest(self) -> int:
        """Of all but the count: networks that are drawn already stay the same when a part grows."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "count"}
        text = json.dumps(values, sort_keys=True, default=str)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "little")


@dataclass(frozen=True)
class HeldOut:
    """What the splits keep back as unseen."""

    family: str = ""
    inputs: tuple[Size, ...] = ()
    accelerator: str = ""


@dataclass(frozen=True)
class Accuracy:
    """Which of the networks are trained as well, and how.

    Attributes:
        plan: of every training.
        networks: how many, at most; those that the data's images fit, in turns from every part.
        families: from whose parts; all where empty.
        repeats: so many of them are trained with the next seed, too: what accuracies owe to chance.
    """

    plan: TrainingPlan
    networks: int
    families: tuple[str, ...] = ()
    repeats: int = 0

    def to_mapping(self) -> dict[str, Any]:
        """As definitions carry it: the plan's fields beside the others."""
        return {**asdict(self.plan), "networks": self.networks, "families": self.families, "repeats": self.repeats}


@dataclass(frozen=True)
class Campaign:
    """All of it.

    Attributes:
        name: of the data set.
        accelerators: each network runs on all of them.
        parts: in this order, so that what is there when a campaign is stopped is whole families.
        seed: everything random follows from it.
        check: share of the rows whose outputs are compared with the golden model, bit for bit.
        held_out: what the splits keep back.
        accuracy: which networks are trained as well; None: none.
        licence: of the data.
        note: stands on the data card, e.g. that the data are provisional.
    """

    name: str
    accelerators: tuple[Accelerator, ...]
    parts: tuple[Part, ...]
    seed: int = 0
    check: float = 0.05
    held_out: HeldOut = HeldOut()
    accuracy: Accuracy | None = None
    licence: str = "CC-BY-4.0"
    note: str = ""

    @property
    def networks(self) -> int:
        """Networks that are drawn."""
        return sum(part.count for part in self.parts)

    @property
    def rows(self) -> int:
        """Simulations."""
        return self.networks * len(self.accelerators)

    def to_json(self) -> str:
        """As it is kept beside its results."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        values["accelerators"] = [json.loads(a.to_json()) for a in self.accelerators]
        values["parts"] = [{n: getattr(p, n) for n in p.__dataclass_fields__} for p in self.parts]
        values["held_out"] = {n: getattr(self.held_out, n) for n in HeldOut.__dataclass_fields__}
        if self.accuracy is None:
            del values["accuracy"]
        else:
            values["accuracy"] = self.accuracy.to_mapping()
        return json.dumps(values, indent=1)

    def with_counts(self, networks: int) -> "Campaign":
        """With parts grown in proportion until there are at least so many networks; none shrinks."""
        counts = grown([part.count for part in self.parts], networks)
        parts = tuple(replace(part, count=count) for part, count in zip(self.parts, counts, strict=True))
        return replace(self, parts=parts)

    def sample_of(self, networks: int) -> "Campaign":
        """With parts cut in proportion to about so many networks, one of each part at least: the first ones of each."""
        parts = tuple(replace(p, count=max(1, round(p.count * networks / self.networks))) for p in self.parts)
        note = f"A sample: {networks} of the data set's {self.networks} networks, of each part the first ones."
        return replace(self, parts=parts, note=f"{self.note} {note}".strip())


def load_campaign(path: Path) -> Campaign:
    """Read a definition: TOML, or JSON as `Campaign.to_json` writes it.

    Raises:
        InputError: it cannot be read, or something in it is wrong; names the field, its value and what is allowed.
    """
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise InputError(f"campaign {path} has more than {MAXIMUM_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"campaign {path} cannot be read: {error}") from error
    return campaign_from(values, path.parent)


def campaign_from(values: Mapping[str, Any], folder: Path) -> Campaign:
    """From parsed TOML or JSON; paths in it are relative to `folder`.

    Raises:
        InputError: something in it is wrong.
    """
    known = {*Campaign.__dataclass_fields__, "part"}
    _only(values, known, "campaign")
    parts = values.get("parts") or values.get("part") or []
    accelerators = values.get("accelerators") or []
    if (
        not isinstance(parts, list | tuple)
        or not isinstance(accelerators, list | tuple)
        or not parts
        or not accelerators
    ):
        raise InputError("campaign: it needs accelerators = [...] and at least one [[part]]")
    held = _table(values.get("held_out", {}), "held_out")
    _only(held, set(HeldOut.__dataclass_fields__), "held_out")
    found = Campaign(
        name=_typed(values, "name", str, "campaign", None),
        accelerators=tuple(_accelerator(a) for a in accelerators),
        parts=tuple(_part(_table(part, f"part {k + 1}"), f"part {k + 1}", folder) for k, part in enumerate(parts)),
        seed=_typed(values, "seed", int, "campaign", 0),
        check=_share(values, "check", "campaign", 0.05),
        held_out=HeldOut(
            _typed(held, "family", str, "held_out", ""),
            tuple(_size(s, "held_out") for s in _listed(held, "inputs", "held_out")),
            _typed(held, "accelerator", str, "held_out", ""),
        ),
        accuracy=_accuracy(_table(values["accuracy"], "accuracy")) if "accuracy" in values else None,
        licence=_typed(values, "licence", str, "campaign", "CC-BY-4.0"),
        note=_typed(values, "note", str, "campaign", ""),
    )
    _check_accuracy(found)
    return found


def _accuracy(values: dict[str, Any]) -> Accuracy:
    families = _listed(values, "families", "accuracy")
    networks = _typed(values, "networks", int, "accuracy", None)
    repeats = _typed(values, "repeats", int, "accuracy", 0)
    if not 1 <= networks <= MOST_NETWORKS or not 0 <= repeats <= networks:
        raise InputError(
            f"accuracy: networks is {networks}, repeats is {repeats}; they must be from 1 to {MOST_NETWORKS}, and from 0 to networks"
        )
    plan = {name: value for name, value in values.items() if name not in ("networks", "families", "repeats")}
    return Accuracy(TrainingPlan.from_mapping(plan), networks, tuple(map(str, families)), repeats)


def _check_accuracy(campaign: Campaign) -> None:
    if campaign.accuracy is None:
        return
    wanted, known = campaign.accuracy, {part.family for part in campaign.parts}
    unknown = [family for family in wanted.families if family not in known]
    if unknown:
        raise InputError(f"accuracy: no part has family {unknown[0]!r}; the parts have {', '.join(sorted(known))}")
    shape = IMAGE_DATA[wanted.plan.data].shape
    parts = [part for part in campaign.parts if not wanted.families or part.family in wanted.families]
    if not any(part.structures or shape in part.inputs for part in parts):
        raise InputError(
            f"accuracy: {wanted.plan.data} has images {list(shape)}, and no part that is to be trained has that input"
        )


def campaign_of_wire(values: Mapping[str, Any]) -> Campaign:
    """A campaign from JSON of the wire.

    Raises:
        InputError: something in it is wrong, names a file of this machine, or is larger than a job may be.
    """
    parts = values.get("part") or values.get("parts") or []
    if isinstance(parts, list) and any(isinstance(part, Mapping) and part.get("structures") for part in parts):
        raise InputError("campaign: structures names a file; a job cannot read files of the service's machine")
    campaign = campaign_from(values, Path("/nonexistent"))
    if campaign.networks > MOST_NETWORKS:
        raise InputError(f"campaign: it has {campaign.networks} networks; a job may have {MOST_NETWORKS}")
    return campaign


def _accelerator(value: object) -> Accelerator:
    if isinstance(value, str):
        return accelerator_named(value)
    if isinstance(value, Mapping):
        return Accelerator.from_mapping(value)
    raise InputError(f"campaign: accelerator {value!r} must be the name of a preset, or a table of parameters")


def _part(values: Mapping[str, Any], place: str, folder: Path) -> Part:
    _only(values, set(Part.__dataclass_fields__), place)
    family = _typed(values, "family", str, place, None)
    count = _typed(values, "count", int, place, None)
    if not 1 <= count <= LARGEST_COUNT:
        raise InputError(f"{place}: count is {count}; it must be from 1 to {LARGEST_COUNT}")
    if values.get("structures"):
        file = folder / _typed(values, "structures", str, place, None)
        if not file.is_file():
            raise InputError(f"{place}: structures is {str(file)!r}, which is no file")
        return Part(family, count, samplers={FROM_RUNS: 1.0}, structures=str(file.resolve()))
    if family not in FAMILIES:
        raise InputError(f"{place}: family {family!r} is unknown; known are {', '.join(FAMILIES)}")
    inputs = tuple(_size(s, place) for s in _listed(values, "inputs", place))
    bases = tuple(_table(base, place) for base in _listed(values, "bases", place, [{}]))
    if not inputs or not bases:
        raise InputError(f"{place}: it needs inputs = [[channels, height, width], ...] and at least one base")
    part = Part(
        family=family,
        count=count,
        inputs=inputs,
        bases=bases,
        samplers=_samplers(values.get("samplers", dict.fromkeys(SAMPLERS, 1.0)), place),
        ratio=_pair(values, "ratio", place, (0.1, 1.0)),
        unequal=_share(values, "unequal", place, 0.0),
        vectors=_share(values, "vectors", place, 0.0),
        density=_pair(values, "density", place, (0.2, 0.9)),
        rows=_typed(values, "rows", int, place, 8),
    )
    Pruning(ratio=part.ratio, density=part.density, rows=part.rows)
    for base in bases:
        base_of(part, base, inputs[0], place)
    return part


def base_of(part: Part, base: Mapping[str, Any], size: Size, place: str = "part") -> Structure:
    """The unpruned network of a base.

    Raises:
        InputError: the family has no such option, or refuses its value.
    """
    build = FAMILIES[part.family]
    allowed = [name for name in inspect.signature(build).parameters if name != "size"]
    _only(base, set(allowed), f"{place}: base of {part.family}")
    try:
        return build(size, **{name: _option(value) for name, value in base.items()})
    except (TypeError, ValueError, KeyError, IndexError, ProPruNNError) as error:
        raise InputError(f"{place}: base {dict(base)} of {part.family} at {size} cannot be built: {error}") from error


def _samplers(values: object, place: str) -> dict[str, float]:
    if not isinstance(values, Mapping) or not values:
        raise InputError(f"{place}: samplers is {values!r}; it must be a table of weights")
    _only(values, set(SAMPLERS), f"{place}: samplers")
    weights = {str(name): float(weight) for name, weight in values.items()}
    if min(weights.values()) < 0 or not sum(weights.values()):
        raise InputError(f"{place}: samplers is {weights}; weights must be at least 0, and one above it")
    return weights


def _option(value: Any) -> Any:
    """Lists as tuples, numbers within bounds."""
    if isinstance(value, list | tuple):
        return tuple(_option(item) for item in value)
    if isinstance(value, int) and not 0 <= value <= LARGEST_OPTION:
        raise ValueError(f"{value} is out of range; numbers must be from 0 to {LARGEST_OPTION}")
    return value


def _table(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(f"{place} is {value!r}; it must be a table")
    return dict(value)


def _listed(values: Mapping[str, Any], name: str, place: str, default: Any = ()) -> list[Any]:
    value = values.get(name, default)
    if not isinstance(value, list | tuple):
        raise InputError(f"{place}: {name} is {value!r}; it must be a list")
    return list(value)


def _size(value: object, place: str) -> Size:
    if (
        not isinstance(value, list | tuple)
        or len(value) != 3
        or not all(type(n) is int and 0 < n <= 1024 for n in value)
    ):
        raise InputError(f"{place}: input {value!r} must be [channels, height, width], each from 1 to 1024")
    return value[0], value[1], value[2]


def _pair(values: Mapping[str, Any], name: str, place: str, default: tuple[float, float]) -> tuple[float, float]:
    value = values.get(name, default)
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(isinstance(n, int | float) for n in value):
        raise InputError(f"{place}: {name} is {value!r}; it must be [low, high]")
    return float(value[0]), float(value[1])


def _share(values: Mapping[str, Any], name: str, place: str, default: float) -> float:
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"{place}: {name} is {value!r}; it must be a share from 0 to 1")
    return float(value)


def _typed(values: Mapping[str, Any], name: str, kind: type, place: str, default: Any) -> Any:
    value = values.get(name, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InputError(f"{place}: {name} is {value!r}; it must be {'text' if kind is str else 'a whole number'}")
    return value


def _only(values: Mapping[str, Any], known: set[str], place: str) -> None:
    unknown = sorted(set(values) - known)
    if unknown:
        raise InputError(f"{place}: {unknown[0]!r} is unknown; known are {', '.join(sorted(known))}")
