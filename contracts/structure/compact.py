"""The compact JSON form of layers: what is as by default is left out, channel lists are ranges."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from contracts.errors import NetworkError
from contracts.structure.layer import Layer, VectorPruning, Wire

MOST = 1 << 20
"""Indices in one list, at most."""
_KEYS = {entry.name for entry in fields(Layer)}


def layer_to(layer: Layer) -> dict[str, Any]:
    """One layer. Example: `{"name": "c", "operator": "conv", "wires": ["input"], "filters": 4, "kernel": 3, "padding": 1}`."""
    found: dict[str, Any] = {
        "name": layer.name,
        "operator": layer.operator,
        "wires": [_wire_to(wire) for wire in layer.wires],
        "filters": layer.filters,
    }
    for entry in fields(Layer)[4:]:
        value = getattr(layer, entry.name)
        if value != entry.default:
            found[entry.name] = _pruning_to(value) if isinstance(value, VectorPruning) else _short(value)
    return found


def layer_from(values: object) -> Layer:
    """The inverse of `layer_to`.

    Raises:
        NetworkError: a field is missing, unknown or of the wrong type.
    """
    if not isinstance(values, Mapping):
        raise NetworkError(f"a layer is {values!r}; it must be an object")
    unknown = sorted(set(values) - _KEYS)
    if unknown:
        raise NetworkError(
            f"layer {values.get('name')!r}: {unknown[0]!r} is unknown; known are {', '.join(sorted(_KEYS))}"
        )
    try:
        return _layer(values)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise NetworkError(f"layer {values.get('name')!r} cannot be read: {type(error).__name__} {error}") from error


def _layer(values: Mapping[str, Any]) -> Layer:
    pruning = values.get("vectors")
    return Layer(
        name=_is(str, values["name"]),
        operator=_is(str, values["operator"]),
        wires=tuple(_wire(wire) for wire in _is(list, values["wires"])),
        filters=_is(int, values["filters"]),
        kernel=_pair(values.get("kernel", 1)),
        stride=_pair(values.get("stride", 1)),
        padding=_four(values.get("padding", 0)),
        groups=_is(int, values.get("groups", 1)),
        norm=_is(bool, values.get("norm", True)),
        relu=_is(bool, values.get("relu", True)),
        vectors=None if pruning is None else _pruning(pruning),
    )


def ranges_to(numbers: Sequence[int]) -> str:
    """Indices as ranges, in their order. Example: (0, 1, 2, 7) is `0-2,7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] + 1 == number:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def ranges_from(text: str) -> tuple[int, ...]:
    """The inverse of `ranges_to`.

    Raises:
        ValueError: it is no list of ranges, or longer than `MOST`.
    """
    found: list[int] = []
    for part in _is(str, text).split(","):
        low, _, high = part.partition("-")
        first, last = int(low), int(high or low)
        if not 0 <= last - first <= MOST - len(found):
            raise ValueError(f"{part!r} is no range of at most {MOST} numbers")
        found.extend(range(first, last + 1))
    return tuple(found)


def _wire_to(wire: Wire) -> str | list[str | None]:
    if wire.read is None and wire.write is None:
        return wire.source
    parts = [None if numbers is None else ranges_to(numbers) for numbers in (wire.read, wire.write)]
    return [wire.source, *(parts if wire.write is not None else parts[:1])]


def _wire(value: object) -> Wire:
    if isinstance(value, str):
        return Wire(value)
    source, *rest = _is(list, value)
    if not 1 <= len(rest) <= 2:
        raise ValueError(f"wire {value!r} must be a name, or [name, read] or [name, read, write]")
    read, write = (None if text is None else ranges_from(text) for text in (*rest, None)[:2])
    return Wire(_is(str, source), read, write)


def _pruning_to(pruning: VectorPruning) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": pruning.rows, "kept": list(pruning.kept)}
    if pruning.lists:
        found["lists"] = [ranges_to(numbers) for numbers in pruning.lists]
    return found


def _pruning(value: Mapping[str, Any]) -> VectorPruning:
    kept = tuple(_is(int, number) for number in _is(list, value["kept"]))
    return VectorPruning(_is(int, value["rows"]), kept, tuple(ranges_from(text) for text in value.get("lists", ())))


def _short(value: Any) -> Any:
    if isinstance(value, tuple):
        return value[0] if len(set(value)) == 1 else list(value)
    return value


def _pair(value: Any) -> tuple[int, int]:
    first, second = [value] * 2 if isinstance(value, int) else value
    return _is(int, first), _is(int, second)


def _four(value: Any) -> tuple[int, int, int, int]:
    top, left, bottom, right = [value] * 4 if isinstance(value, int) else value
    return _is(int, top), _is(int, left), _is(int, bottom), _is(int, right)


def _is(kind: type, value: Any) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
