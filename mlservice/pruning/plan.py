"""Plans: what is to be cut from a network, as data that can be read, kept and reviewed before anything is cut.

`plan_of` writes one from a choice, `explain` says it in words, `apply_plan` cuts a network by it, and refuses what does not fit.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from torch import fx

from contracts.errors import NetworkError
from mlservice.pruning.cost import Cost
from mlservice.pruning.describe import pruning_of, structure_of
from mlservice.pruning.gates import GatedNetwork
from mlservice.pruning.liveness import Choice, Mask, find_live
from mlservice.pruning.settle import settle
from mlservice.pruning.spaces import FIXED, Adds, Spaces, find_spaces
from mlservice.pruning.trace import Kind, Traced, Unit

VERSION: Final = 1
_ON, _OFF = "#", "."


@dataclass(frozen=True)
class LayerPlan:
    """Channels of one place where channels can go.

    Attributes:
        layer: module that gives them: a normalisation, or a convolution or linear layer without one.
        made_by: the convolution or linear layer in front of it, or the layer itself.
        channels: that it has.
        kept: their numbers.
    """

    layer: str
    made_by: str
    channels: int
    kept: tuple[int, ...]


@dataclass(frozen=True)
class Coupling:
    """Layers that keep the same channels.

    Attributes:
        layers: their modules.
        by: names of the adds that want it.
    """

    layers: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True)
class VectorPlan:
    """Weight vectors of filters that use the same ones.

    Attributes:
        layer: the convolution's module.
        filters: numbers of the filters.
        vectors: by source channel, one character for each place of the window, row by row: `#` stays, `.` goes.
    """

    layer: str
    filters: tuple[int, ...]
    vectors: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What is to be cut.

    Attributes:
        network: name of its class.
        digest: of its graph: 32 hexadecimal digits; a plan fits networks of this digest alone.
        adds: whether both sides of an add keep the same channels.
        layers: every place where channels can go.
        couplings: which of them go together, and why.
        vectors: those that lose weight vectors; all others keep theirs.
        before: predicted costs by metric, parameters and MACs of the network; after: of what is left.
    """

    network: str
    digest: str
    adds: Adds
    layers: tuple[LayerPlan, ...]
    couplings: tuple[Coupling, ...]
    vectors: tuple[VectorPlan, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]

    def to_json(self) -> str:
        """Text that is stable and can be compared line by line."""
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1)

    @staticmethod
    def from_json(text: str) -> "Plan":
        """The inverse of `to_json`.

        Raises:
            NetworkError: it is no plan; the message says what is wrong.
        """
        try:
            values = json.loads(text)
            if values.pop("version") != VERSION:
                raise NetworkError(f"the plan is not of version {VERSION}: make it anew")
            return Plan(
                **{
                    **values,
                    "adds": Adds(values["adds"]),
                    "layers": tuple(LayerPlan(**_tupled(each)) for each in values["layers"]),
                    "couplings": tuple(Coupling(**_tupled(each)) for each in values["couplings"]),
                    "vectors": tuple(VectorPlan(**_tupled(each)) for each in values["vectors"]),
                }
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NetworkError(f"this is no plan: {error}; write one by `python -m mlservice plan`") from error


def digest_of(traced: Traced) -> str:
    """Of a network's graph and the shapes of its weights, not of their values."""
    units = [
        (u.name, u.kind, u.sources, u.channels, u.height, u.width, u.module, u.selected) for u in traced.units.values()
    ]
    shapes = [(name, tuple(each.shape)) for name, each in traced.module.named_parameters()]
    return hashlib.sha256(repr((units, shapes)).encode()).hexdigest()[:32]


def plan_of(traced: Traced, adds: Adds, choice: Choice, costs: Mapping[str, Cost], rows: int = 8) -> Plan:
    """Write down a choice.

    Args:
        traced: the network.
        adds: what the choice's gates were numbered by.
        choice: what stays.
        costs: by metric, for what it costs before and after.
        rows: filters of a group on the accelerator, which have the same weight vectors.
    """
    spaces = find_spaces(traced, adds)
    whole = Choice(np.ones(spaces.count, bool), {})
    return Plan(
        type(traced.module).__name__,
        digest_of(traced),
        adds,
        tuple(_layer_plan(traced, unit, ids, choice) for unit, ids in _sites(traced, spaces)),
        tuple(_couplings(traced, spaces)),
        tuple(_vector_plans(traced, choice)),
        _costs(traced, spaces, whole, costs, rows),
        _costs(traced, spaces, choice, costs, rows),
    )


def explain(plan: Plan) -> str:
    """A plan in words, a line for each layer."""
    lines = [f"{plan.network} ({plan.digest}), adds {plan.adds.value}"]
    for metric, before in plan.before.items():
        after = plan.after[metric]
        lines.append(f"  {metric}: {before:.6g} -> {after:.6g} ({after / before:.1%})")
    for layer in plan.layers:
        gone = sorted(set(range(layer.channels)) - set(layer.kept))
        made = f", made by {layer.made_by}" if layer.made_by != layer.layer else ""
        lines.append(
            f"  {layer.layer}{made}: keeps {len(layer.kept)} of {layer.channels}"
            + (f"; without {_runs(gone)}" if gone else "")
        )
    lines += [
        f"  {', '.join(coupling.layers)} keep the same channels, because {', '.join(coupling.by)} adds them"
        for coupling in plan.couplings
    ]
    for each in plan.vectors:
        on = sum(row.count(_ON) for row in each.vectors)
        lines.append(
            f"  {each.layer}, filters {_runs(list(each.filters))}: {on} of {sum(map(len, each.vectors))} weight vectors"
        )
    return "\n".join(lines)


def apply_plan(plan: Plan, traced: Traced) -> fx.GraphModule:
    """The small network, of plain modules, in evaluation mode.

    Raises:
        NetworkError: the plan is of another network, names a layer or channel that there is not, leaves coupled layers different channels,
            or leaves a layer nothing; the message names it.
    """
    choice = choice_of(plan, traced)
    network = GatedNetwork(traced, find_spaces(traced, plan.adds), rows=None)
    network.set(choice)
    return settle(network)


def choice_of(plan: Plan, traced: Traced) -> Choice:
    """What a plan leaves of a network.

    Raises:
        NetworkError: see `apply_plan`.
    """
    found = digest_of(traced)
    if plan.digest != found:
        raise NetworkError(
            f"the plan is for {plan.network} {plan.digest}, and this is {type(traced.module).__name__} {found}: make a plan for it"
        )
    spaces = find_spaces(traced, plan.adds)
    return Choice(_gates(plan, traced, spaces), _masks(plan, traced))


def _gates(plan: Plan, traced: Traced, spaces: Spaces) -> Mask:
    planned = {each.layer: each for each in plan.layers}
    sites = {str(unit.module): ids for unit, ids in _sites(traced, spaces)}
    for name in (*planned.keys() - sites.keys(), *sites.keys() - planned.keys()):
        raise NetworkError(
            f"layer {name!r} is in the {'plan' if name in planned else 'network'} alone: channels of both must be planned"
        )
    gates = np.ones(spaces.count, bool)
    said_by: dict[int, str] = {}
    for name, ids in sites.items():
        kept = _checked(planned[name], len(ids))
        for channel, gate in enumerate(ids.tolist()):
            if gate == FIXED:
                if not kept[channel]:
                    raise NetworkError(f"{name} cannot lose channel {channel}: it is added to one that always stays")
            elif gate in said_by and gates[gate] != kept[channel]:
                raise NetworkError(
                    f"{name} {'keeps' if kept[channel] else 'loses'} channel {channel} and {said_by[gate]} does not: an add couples them"
                )
            else:
                gates[gate], said_by[gate] = kept[channel], name
    return gates


def _checked(layer: LayerPlan, channels: int) -> Mask:
    wrong = [each for each in layer.kept if not 0 <= each < channels]
    if wrong or layer.channels != channels:
        raise NetworkError(
            f"{layer.layer} has channels 0 to {channels - 1}; the plan keeps {wrong or layer.kept} of {layer.channels}"
        )
    if not layer.kept:
        raise NetworkError(f"{layer.layer} keeps no channel: keep one at least")
    kept = np.zeros(channels, bool)
    kept[list(layer.kept)] = True
    return kept


def _masks(plan: Plan, traced: Traced) -> dict[str, Mask]:
    convolutions = {str(unit.module): unit for unit in traced.of_kind(Kind.CONV)}
    masks: dict[str, Mask] = {}
    for each in plan.vectors:
        unit = convolutions.get(each.layer)
        if unit is None:
            raise NetworkError(f"{each.layer!r} loses weight vectors and is no convolution of the network")
        filters, channels, height, width = traced.torch_module(unit).weight.shape  # type: ignore[misc]  # a convolution's
        wrong = [row for row in each.vectors if len(row) != height * width or set(row) - {_ON, _OFF}]
        if wrong or len(each.vectors) != channels or not all(0 <= f < filters for f in each.filters):
            raise NetworkError(
                f"{each.layer} has {filters} filters of {channels} rows of {height * width} characters {_ON} or {_OFF}; the plan gives"
                f" {len(each.vectors)} rows{f' such as {wrong[0]!r}' if wrong else ''} for filters {_runs(list(each.filters))}"
            )
        mask = masks.setdefault(unit.name, np.ones((filters, channels, height, width), bool))
        mask[list(each.filters)] = np.array([[c == _ON for c in row] for row in each.vectors]).reshape(
            channels, height, width
        )
    return masks


def _sites(traced: Traced, spaces: Spaces) -> Iterator[tuple[Unit, Any]]:
    return ((traced.units[name], ids) for name, ids in spaces.sites.items())


def _layer_plan(traced: Traced, unit: Unit, ids: Any, choice: Choice) -> LayerPlan:
    kept = choice.gates[ids] | (ids == FIXED)
    return LayerPlan(
        str(unit.module), str(_maker(traced, unit).module), unit.channels, tuple(np.flatnonzero(kept).tolist())
    )


def _maker(traced: Traced, unit: Unit) -> Unit:
    source = traced.units[unit.sources[0]]
    return source if unit.kind is Kind.NORM and source.kind in (Kind.CONV, Kind.LINEAR) else unit


def _couplings(traced: Traced, spaces: Spaces) -> Iterator[Coupling]:
    """Layers whose gates are the same, with the adds between them."""
    sets: list[tuple[set[str], set[str]]] = []
    for one, other, add in spaces.reasons:
        sites, adds = {name for name in (one, other) if name in spaces.sites}, {add}
        for known in [each for each in sets if each[0] & sites]:
            sites, adds = sites | known[0], adds | known[1]
            sets.remove(known)
        sets.append((sites, adds))
    for sites, adds in sets:
        ordered = [str(unit.module) for name, unit in traced.units.items() if name in sites]
        yield Coupling(tuple(ordered), tuple(sorted(adds)))


def _vector_plans(traced: Traced, choice: Choice) -> Iterator[VectorPlan]:
    for name, mask in choice.vectors.items():
        if mask.all():
            continue
        rows = mask.reshape(len(mask), mask.shape[1], -1)
        kinds, which = np.unique(rows, axis=0, return_inverse=True)
        for number, kind in enumerate(kinds):
            if not kind.all():
                text = tuple("".join(_ON if on else _OFF for on in row) for row in kind.tolist())
                filters = tuple(np.flatnonzero(which.ravel() == number).tolist())
                yield VectorPlan(str(traced.units[name].module), filters, text)


def _costs(traced: Traced, spaces: Spaces, choice: Choice, costs: Mapping[str, Cost], rows: int) -> dict[str, float]:
    live = find_live(traced, spaces, choice)
    pruned = {name: pruning_of(mask, live.kept[name], live.reads[name], rows) for name, mask in choice.vectors.items()}
    structure = structure_of(traced, live, {name: each for name, each in pruned.items() if each is not None})
    found = {metric: float(cost.of([structure])[0]) for metric, cost in costs.items()}
    return found | {"parameters": structure.parameters, "macs": structure.macs}


def _runs(numbers: list[int]) -> str:
    """`0-3, 7` for 0, 1, 2, 3, 7."""
    parts = np.split(np.array(numbers, int), np.flatnonzero(np.diff(numbers) != 1) + 1)
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts if len(part))


def _tupled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
