"""Data files from outside: npz archives with arrays of images and labels, read no further than needed."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from contracts.errors import CalibrationError

MAXIMUM_BYTES: Final = 2 << 30
"""Of one array, unpacked."""
_HEADER_BYTES: Final = 10_000
_MOST_ARRAYS: Final = 64


@dataclass(frozen=True)
class ArrayHeader:
    """What an array in a file says of itself."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    fortran: bool

    @property
    def content_bytes(self) -> int:
        """What the array's values take by shape and type."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_images(
    path: Path, shape: tuple[int, ...], count: int | None = None, *, at_most: int | None = None
) -> NDArray[np.float32]:
    """The first `count` images (all, or `at_most` so many, where None) under key `input`, as float32 [count, *shape].

    Raises:
        CalibrationError: no such file, no npz, another shape than the network's input, too few images, or values that
            are not finite.
    """
    images = read_array(path, "input", count, at_most=at_most)
    if images.shape[1:] != shape:
        raise CalibrationError(
            f"{path}: 'input' holds images of shape {_text(images.shape[1:])}; the network takes {_text(shape)}"
        )
    if not np.issubdtype(images.dtype, np.number) or np.issubdtype(images.dtype, np.complexfloating):
        raise CalibrationError(f"{path}: 'input' holds {images.dtype}; it must hold real numbers")
    numbers = images.astype(np.float32, copy=False)
    if not np.isfinite(numbers).all():
        bad = int(np.argmin(np.isfinite(numbers).reshape(len(numbers), -1).all(axis=1)))
        raise CalibrationError(f"{path}: 'input' holds NaN or infinite values, first in image {bad}")
    return numbers


def read_labels(path: Path, key: str, count: int | None = None) -> NDArray[np.int64]:
    """The first `count` class numbers (all where None) under `key`.

    Raises:
        CalibrationError: no such key, or not a list of whole numbers from 0.
    """
    labels = read_array(path, key, count)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer) or labels.astype(np.int64).min() < 0:
        text = f"{labels.dtype} of shape {_text(labels.shape)}"
        raise CalibrationError(f"{path}: {key!r} holds {text}; it must be a list of class numbers from 0")
    return labels.astype(np.int64)


def describe_arrays(path: Path) -> dict[str, dict[str, object]]:
    """Shape and type of every array of an npz file, `input` among them, without reading them.

    An archive may still lie about its sizes; `read_array` reads no more than is asked for.

    Raises:
        CalibrationError: the file cannot be read, or has no `input`.
    """
    found: dict[str, dict[str, object]] = {}
    with _opened(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
        if len(names) > _MOST_ARRAYS:
            raise CalibrationError(f"{path.name}: has {len(names)} arrays; at most {_MOST_ARRAYS} are taken")
        _demand_key(names, path, "input")
        for name in names:
            with archive.open(f"{name}.npy") as file:
                header = _read_header(file, path, name)
                header_bytes = file.tell()
            _check_header(header, f"{path.name}: {name!r}")
            there = archive.getinfo(f"{name}.npy").file_size - header_bytes
            if there != header.content_bytes:
                text = f"{header.content_bytes} bytes by its shape {_text(header.shape)}, and {there} are there"
                raise CalibrationError(f"{path.name}: {name!r} has {text}; write it again with numpy.savez")
            found[name] = {"shape": list(header.shape), "dtype": str(header.dtype)}
    return found


def read_array(path: Path, key: str, count: int | None = None, *, at_most: int | None = None) -> NDArray[np.generic]:
    """The first `count` entries (all, or `at_most` so many, where None) of one array of an npz; never unpickles.

    Raises:
        CalibrationError: the file or the array cannot be read, or has fewer entries.
    """
    with _opened(path) as archive:
        return _read_member(archive, path, key, (count, at_most))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CalibrationError(f"{path}: cannot be read as npz ({reason}); write it with numpy.savez") from error


def _demand_key(names: list[str], path: Path, key: str) -> None:
    if key not in names:
        raise CalibrationError(f"{path}: has no key {key!r}; it has {', '.join(map(repr, names)) or 'none'}")


def _read_member(
    archive: zipfile.ZipFile, path: Path, key: str, counts: tuple[int | None, int | None]
) -> NDArray[np.generic]:
    _demand_key([name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")], path, key)
    with archive.open(f"{key}.npy") as file:
        header = _read_header(file, path, key)
        return _read_entries(file, header, f"{path}: {key!r}", counts)


def _read_header(file: IO[bytes], path: Path, key: str) -> ArrayHeader:
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file, max_header_size=_HEADER_BYTES)
    except ValueError as error:
        raise CalibrationError(f"{path}: {key!r} is no array ({error})") from error
    return ArrayHeader(shape, dtype, fortran)


def _read_entries(
    file: IO[bytes], header: ArrayHeader, place: str, counts: tuple[int | None, int | None]
) -> NDArray[np.generic]:
    _check_header(header, place)
    count, at_most = counts
    wanted = min(header.shape[0], at_most or header.shape[0]) if count is None else count
    if wanted > header.shape[0]:
        raise CalibrationError(f"{place} holds {header.shape[0]} entries; {wanted} were asked for")
    shape = (wanted, *header.shape[1:])
    size = int(np.prod(shape, dtype=object)) * header.dtype.itemsize
    if size > MAXIMUM_BYTES:
        raise CalibrationError(f"{place} has {size} bytes; at most {MAXIMUM_BYTES} are read")
    raw = file.read(size)
    if len(raw) != size:
        raise CalibrationError(f"{place} is cut short: {len(raw)} of {size} bytes")
    return np.frombuffer(raw, header.dtype).reshape(shape)


def _check_header(header: ArrayHeader, place: str) -> None:
    if header.dtype.hasobject:
        raise CalibrationError(f"{place} holds Python objects; it must hold numbers")
    if not header.shape or 0 in header.shape:
        raise CalibrationError(f"{place} has shape {_text(header.shape)}: there is nothing in it")
    if header.fortran and len(header.shape) > 1:
        raise CalibrationError(f"{place} is stored in Fortran order; save it with numpy.ascontiguousarray")


def _text(shape: tuple[object, ...]) -> str:
    return "(" + ", ".join(str(size) for size in shape) + ")"
