"""Pickles of arrays, read without running anything that they name."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError

_LARGEST_BYTES: Final = 1 << 30


class PickleError(InputError):
    """A pickle that is damaged, or that holds something else than numbers, text, containers and arrays of numbers."""


def _latin1(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes into pickles that Python 2 can read."""
    if encoding != "latin1":
        raise PickleError(f"bytes are encoded as {encoding!r}; only latin1 is read")
    return text.encode("latin1")


def _array(kind: object, shape: tuple[int, ...], code: Any) -> NDArray[Any]:
    """The empty array into which NumPy's pickles put their contents."""
    if kind is not np.ndarray:
        raise PickleError(f"it makes an array of {kind!r}")
    return np.ndarray(shape, np.dtype(code))


def _array_of(content: bytes | bytearray, kind: np.dtype[Any], shape: tuple[int, ...], order: str) -> NDArray[Any]:
    """The same in the newest protocol, contents included."""
    return np.frombuffer(content, kind).reshape(shape, order="F" if order == "F" else "C")


def _kind(code: Any, align: int = 0, copy: int = 0) -> np.dtype[Any]:
    """Codes are bytes where Python 2 wrote them."""
    kind: np.dtype[Any] = np.dtype(code, align=bool(align), copy=bool(copy))
    return kind


_ALLOWED: Final[dict[tuple[str, str], Callable[..., Any]]] = {
    ("numpy.core.multiarray", "_reconstruct"): _array,
    ("numpy._core.multiarray", "_reconstruct"): _array,
    ("numpy._core.numeric", "_frombuffer"): _array_of,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _kind,
    ("_codecs", "encode"): _latin1,
}


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        found = _ALLOWED.get((module, name))
        if found is None:
            raise PickleError(f"it names {module}.{name}; only arrays and containers are read")
        return found


def read_arrays(path: Path) -> Any:
    """The containers and arrays of a pickle; text of Python 2 comes as bytes.

    Raises:
        PickleError: it is damaged, larger than 1 GiB, or names anything else than arrays.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise PickleError(f"it has more than {_LARGEST_BYTES} bytes")
        with path.open("rb") as file:
            return _ArraysOnly(file, encoding="bytes").load()
    except PickleError as error:
        raise PickleError(f"{path} is not read: {error}") from error
    except Exception as error:  # a damaged pickle may raise anything
        raise PickleError(f"{path} cannot be read as a pickle: {str(error) or type(error).__name__}") from error
