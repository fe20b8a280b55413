"""The IDX format, in which MNIST and Fashion-MNIST are published.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits". A file is two zero bytes, a type
code (8: unsigned bytes), the number of dimensions, each dimension as a big-endian 32-bit number, then the values.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError

_UNSIGNED_BYTES = 8
_LARGEST_BYTES = 1 << 30


class IdxError(InputError):
    """A file that is not IDX, holds another type than bytes, or has another size than it says."""


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, plain or compressed with gzip.

    Returns:
        An array with the dimensions that the file names.

    Raises:
        IdxError: the file is something else; the message names it.
    """
    content = _read(path)
    if len(content) < 4 or content[:2] != b"\0\0":
        raise IdxError(f"{path} is not an IDX file: it begins with {content[:4]!r}")
    kind, dimensions = content[2], content[3]
    if kind != _UNSIGNED_BYTES:
        raise IdxError(f"{path} holds type 0x{kind:02x}; only unsigned bytes (0x08) are read")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise IdxError(f"{path} ends within its header of {start} bytes")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise IdxError(f"{path} should hold {math.prod(shape)} values of shape {shape}; it has {len(content) - start}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _read(path: Path) -> bytes:
    opener = gzip.open if path.suffix == ".gz" else Path.open
    try:
        with opener(path, "rb") as file:
            content: bytes = file.read(_LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise IdxError(f"{path} cannot be read: {error}") from error
    if len(content) > _LARGEST_BYTES:
        raise IdxError(f"{path} unpacks to more than {_LARGEST_BYTES} bytes")
    return content
