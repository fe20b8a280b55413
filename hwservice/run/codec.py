"""Dataclasses with arrays as two plain files: reading them runs nothing that lies in them."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.accelerator import Accelerator
from contracts.network import GroupFacts, LayerFacts, LayerShape, NetworkShape, Walks
from hwservice.ir.arithmetic import Rounding
from hwservice.ir.program import Mark, Placement, Program
from hwservice.ir.quantised import Layer, Operator, Output, QuantisedNetwork, Region, Source, Tensor, Window

KNOWN: Final[Mapping[str, type]] = {
    kind.__name__: kind
    for kind in (
        *(Accelerator, Layer, Mark, Operator, Output, Placement, Program, QuantisedNetwork, Region, Rounding),
        *(GroupFacts, LayerFacts, LayerShape, NetworkShape, Source, Tensor, Walks, Window),
    )
}
"""Nothing else can come out of a file."""

Json = Any
"""What the json module reads and writes."""

TEXT_NAME: Final = "values.json"
ARRAYS_NAME: Final = "arrays.bin"


def save(value: object, folder: Path) -> None:
    """Write a value made of the `KNOWN` classes, tuples, dicts, arrays and plain values.

    Raises:
        TypeError: something else is in it.
    """
    arrays: list[NDArray[Any]] = []
    text = json.dumps(_encode(value, arrays), separators=(",", ":"))
    (folder / TEXT_NAME).write_text(text)
    with (folder / ARRAYS_NAME).open("wb") as file:
        for array in arrays:
            file.write(array.tobytes())


def load(folder: Path) -> Any:
    """The inverse of `save`."""
    raw = np.fromfile(folder / ARRAYS_NAME, np.uint8)
    return _decode(json.loads((folder / TEXT_NAME).read_text()), _Arrays(raw))


def _encode(value: object, arrays: list[NDArray[Any]]) -> Json:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"a": [value.dtype.str, list(value.shape)]}
    if isinstance(value, (tuple, list)):
        return [_encode(item, arrays) for item in value]
    if isinstance(value, dict):
        return {"d": [[_encode(key, arrays), _encode(item, arrays)] for key, item in value.items()]}
    name = type(value).__name__
    if KNOWN.get(name) is not type(value):
        raise TypeError(f"{name} cannot be saved")
    if isinstance(value, Enum):
        return {"e": [name, value.value]}
    assert is_dataclass(value)
    return {"o": [name, *(_encode(getattr(value, field.name), arrays) for field in fields(value))]}


class _Arrays:
    """Hands out the arrays in the order in which they were written."""

    def __init__(self, raw: NDArray[np.uint8]) -> None:
        self.raw, self.at = raw, 0

    def take(self, kind: str, shape: list[int]) -> NDArray[Any]:
        dtype = np.dtype(kind)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        part = self.raw[self.at : self.at + size]
        self.at += size
        return np.frombuffer(part.tobytes(), dtype).reshape(shape)


def _decode(value: Json, arrays: _Arrays) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item, arrays) for item in value)
    if not isinstance(value, dict):
        return value
    (kind, content), *_ = value.items()
    if kind == "a":
        return arrays.take(*content)
    if kind == "d":
        return {_decode(key, arrays): _decode(item, arrays) for key, item in content}
    if kind == "e":
        return KNOWN[content[0]](content[1])
    return KNOWN[content[0]](*(_decode(item, arrays) for item in content[1:]))
