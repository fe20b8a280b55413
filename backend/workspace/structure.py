"""Networks as graphs of layers: two of them side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from backend.workspace.models import NetworkVersion
from contracts.errors import InputError

Entry = Mapping[str, Any]
"""One layer as `hwservice.run.structure` describes it."""
_FIGURES = ("channels", "macs", "parameters")


def graph_of(version: NetworkVersion) -> dict[str, Any]:
    """The network as a graph: its input, outputs and layers in order."""
    facts = version.facts
    layers = list(facts.get("graph") or [])
    return {
        "input": facts.get("input", "input"),
        "input_shape": facts.get("input_shape", []),
        "outputs": facts.get("outputs", []),
        "layers": layers,
        "macs": sum(layer["macs"] for layer in layers),
        "parameters": sum(layer["parameters"] for layer in layers),
    }


def brief(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What lists show of a version: everything but the graph and the structure."""
    return {name: value for name, value in facts.items() if name not in ("graph", "structure")}


def structure_of(version: NetworkVersion) -> Mapping[str, Any]:
    """The version without its weights, as predictors are asked about it: `contracts.structure.Structure.to_mapping`.

    Raises:
        InputError: structures cannot say what it does, or none was read.
    """
    found = version.facts.get("structure", "its structure was not read; upload it as a new version")
    if isinstance(found, str):
        raise InputError(
            f"predictors cannot be asked about version {version.number} of {version.network.name}: {found}"
        )
    structure: Mapping[str, Any] = found
    return structure


def densities_of(version: NetworkVersion) -> dict[str, float]:
    """By layer of the graph, the share of its weight vectors that is left, 0 to 1; whole layers, and versions without a structure, are left out."""
    structure = version.facts.get("structure")
    if not isinstance(structure, Mapping):
        return {}
    entries = {entry["name"]: entry for entry in graph_of(version)["layers"]}
    found = {}
    for layer in structure["layers"]:
        name = layer["name"].removesuffix(_SUMMED)
        if "vectors" in layer and name in entries:
            found[name] = _density(layer["vectors"], entries[name])
    return found


_SUMMED: Final = ":sum"
"""What a structure calls a convolution whose result is added to; the graph shows both as one layer."""


def _density(vectors: Mapping[str, Any], entry: Entry) -> float:
    rows, filters = vectors["rows"], entry["channels"]
    positions = entry["channels_in"] * entry["kernel"][0] * entry["kernel"][1]
    left = sum(kept * min(rows, filters - rows * at) for at, kept in enumerate(vectors["kept"]))
    return float(left / (filters * positions))


@dataclass(frozen=True)
class Pair:
    """A layer of either network, or of both; `kept` is what of the first's figures the second has, 0 to 1 and beyond."""

    a: Entry | None
    b: Entry | None

    @property
    def kept(self) -> dict[str, float | None]:
        """By figure; None where there is nothing to compare."""
        if self.a is None or self.b is None:
            return dict.fromkeys(_FIGURES)
        return {name: self.b[name] / self.a[name] if self.a[name] else None for name in _FIGURES}

    def document(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"a": self.a, "b": self.b, "kept": self.kept}


def aligned(a: Sequence[Entry], b: Sequence[Entry]) -> list[Pair]:
    """Layers of two networks side by side: by name where names agree, between those by operator, in order.

    Example: `conv1, pool, fc` and `conv1, relu, pool, fc` differ by one layer that only the second has.
    """
    names = SequenceMatcher(None, [layer["name"] for layer in a], [layer["name"] for layer in b], autojunk=False)
    found: list[Pair] = []
    for tag, i0, i1, j0, j1 in names.get_opcodes():
        if tag == "equal":
            found += [Pair(x, y) for x, y in zip(a[i0:i1], b[j0:j1], strict=True)]
        else:
            found += _by_operator(a[i0:i1], b[j0:j1])
    return found


def _by_operator(a: Sequence[Entry], b: Sequence[Entry]) -> Iterator[Pair]:
    kinds = SequenceMatcher(None, [_kind(layer) for layer in a], [_kind(layer) for layer in b], autojunk=False)
    for tag, i0, i1, j0, j1 in kinds.get_opcodes():
        if tag == "equal":
            yield from (Pair(x, y) for x, y in zip(a[i0:i1], b[j0:j1], strict=True))
        else:
            yield from (Pair(x, None) for x in a[i0:i1])
            yield from (Pair(None, y) for y in b[j0:j1])


def _kind(layer: Entry) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    return layer["operator"], tuple(layer["kernel"]), tuple(layer["stride"])
