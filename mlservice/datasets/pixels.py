"""Images that are had by number: an array in memory, one on disk, or files that are decoded when they are asked for."""

import hashlib
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

Rows = slice | NDArray[np.int64]
_HASHED_AT_ONCE: Final = 1024


class Pixels(Protocol):
    """What arrays `(images, channels, height, width)` of bytes and images that are decoded late have in common."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Images, channels, height, width."""
        ...

    def __getitem__(self, rows: Rows, /) -> NDArray[np.uint8]:
        """Some of the images, in memory."""
        ...


def pick(pixels: Pixels, rows: NDArray[np.int64]) -> Pixels:
    """Some of the images: a copy of what is in memory, a view of everything else."""
    return pixels[rows] if type(pixels) is np.ndarray else Chosen(pixels, rows)


@dataclass(frozen=True)
class Chosen:
    """Some of the images of others, which stay where they are."""

    pixels: Pixels
    rows: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Images, channels, height, width."""
        return len(self.rows), *self.pixels.shape[1:]

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        return self.pixels[self.rows[rows]]


@dataclass(frozen=True)
class ImageFile:
    """An encoded image: a file, or `size_bytes` from `offset_bytes` on where it stands within an archive."""

    path: Path
    offset_bytes: int = 0
    size_bytes: int = -1

    def read(self) -> bytes:
        """The encoded bytes."""
        with self.path.open("rb") as file:
            file.seek(self.offset_bytes)
            return file.read(self.size_bytes)


@dataclass(frozen=True)
class Geometry:
    """How images of many sizes become alike.

    Attributes:
        size: height and width of what is given, cut from the middle; the image's own where absent.
        shorter: the shorter side is scaled to this before; `size` where absent.
        grey: one channel instead of red, green, blue.
    """

    size: int | None = None
    shorter: int | None = None
    grey: bool = False

    def __post_init__(self) -> None:
        if self.size is not None and not 1 <= self.size <= (self.shorter or self.size):
            raise InputError(f"image size {self.size} of a shorter side of {self.shorter}: give 1 pixel or more")


class ImageFiles:
    """Encoded images (JPEG, PNG, whatever Pillow opens), decoded when they are asked for by as many threads as there are processors.

    Without a size in the geometry all have to be as large as the first.

    Raises:
        InputError: a file is no image, is damaged, or has another size than the first; the message names it.
    """

    def __init__(self, files: Sequence[ImageFile], geometry: Geometry) -> None:
        self._files = files
        self._geometry = geometry
        size = geometry.size
        first = decode(files[0], geometry).shape if size is None else (1 if geometry.grey else 3, size, size)
        self._image_shape = first
        self._threads: Final = os.cpu_count() or 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Images, channels, height, width."""
        return len(self._files), *self._image_shape

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        numbers = np.arange(len(self._files))[rows].tolist()
        given = np.empty((len(numbers), *self._image_shape), np.uint8)
        with ThreadPoolExecutor(self._threads) as pool:
            for place, pixels in enumerate(pool.map(self._one, numbers)):
                given[place] = pixels
        return given

    def fingerprint(self) -> bytes:
        """Changes with names, sizes and times of the files, and with the geometry; nothing is decoded."""
        total = hashlib.sha256(repr(self._geometry).encode())
        for file in self._files:
            facts = file.path.stat()
            total.update(f"{file} {facts.st_size} {facts.st_mtime_ns}\n".encode())
        return total.digest()

    def _one(self, number: int) -> NDArray[np.uint8]:
        file = self._files[number]
        pixels = decode(file, self._geometry)
        if pixels.shape != self._image_shape:
            raise InputError(
                f"{file.path} gives {pixels.shape} (channels, height, width) where the first image gives"
                f" {self._image_shape}: give an image size, to which all are scaled"
            )
        return pixels


def decode(file: ImageFile, geometry: Geometry) -> NDArray[np.uint8]:
    """One image, `(channels, height, width)`.

    Raises:
        InputError: it is no image, or damaged.
    """
    from PIL import Image  # noqa: PLC0415  # only image files need it

    mode = "L" if geometry.grey else "RGB"
    try:
        with Image.open(io.BytesIO(file.read())) as image:
            if image.mode.startswith(("I", "F")):
                raise ValueError(f"its pixels are of type {image.mode}; only 8 bits a channel are read")
            if geometry.size is not None:
                shorter = geometry.shorter or geometry.size
                image.draft(mode, (shorter, shorter))
                pixels = _cropped(image.convert(mode), geometry.size, shorter)
            else:
                pixels = image.convert(mode)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{file.path} cannot be read as an image: {error}") from error
    values = np.asarray(pixels, np.uint8)
    return values[np.newaxis] if geometry.grey else np.ascontiguousarray(values.transpose(2, 0, 1))


def _cropped(image: "Image.Image", size: int, shorter: int) -> "Image.Image":
    """Scaled so that the shorter side has so many pixels, then cut from the middle."""
    width, height = image.size
    scale = shorter / min(width, height)
    width, height = max(size, round(width * scale)), max(size, round(height * scale))
    left, top = (width - size) // 2, (height - size) // 2
    return image.resize((width, height)).crop((left, top, left + size, top + size))


def update_digest(total: "hashlib._Hash", pixels: Pixels) -> None:
    """Add images to a digest: their bytes, or the facts about their files where they are decoded late."""
    total.update(repr(tuple(pixels.shape)).encode())
    if isinstance(pixels, Chosen):
        total.update(pixels.rows.tobytes())
        update_digest(total, pixels.pixels)
    elif isinstance(pixels, ImageFiles):
        total.update(pixels.fingerprint())
    else:
        for start in range(0, pixels.shape[0], _HASHED_AT_ONCE):
            total.update(np.ascontiguousarray(pixels[start : start + _HASHED_AT_ONCE]).data)
