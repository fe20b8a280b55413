"""Uploaded arrays are read in the forms that people write, and refused by name where they make no sense."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.errors import InputError
from mlservice.datasets import npz

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
LABELS = np.arange(20) % 3
WHOLE = {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:4], "y_test": LABELS[:4]}


def written(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "mine.npz", **arrays)
    return folder / "mine.npz"


def test_channels_come_first_whatever_the_file_has(tmp_path: Path) -> None:
    last = npz.read(written(tmp_path, **WHOLE))
    first = npz.read(
        written(
            tmp_path, **{**WHOLE, "x_train": PIXELS.transpose(0, 3, 1, 2), "x_test": PIXELS[:4].transpose(0, 3, 1, 2)}
        )
    )
    assert (last.name, last.classes, last.image_shape, len(last.test)) == ("mine", 3, (3, 6, 5), 4)
    np.testing.assert_array_equal(last.training.pixels[:], first.training.pixels[:])


def test_fractions_and_grey_images_without_a_channel_are_read(tmp_path: Path) -> None:
    grey = PIXELS[..., 0]
    dataset = npz.read(written(tmp_path, input=grey / np.float32(255), label=LABELS.astype(np.uint8)[:, None]))
    assert dataset.image_shape == (1, 6, 5)
    assert len(dataset.training) + len(dataset.test) == 20
    assert set(dataset.test.labels.tolist()) == {0, 1, 2}
    given = {image.tobytes() for image in dataset.test.pixels[:]}
    assert given <= {image.tobytes() for image in grey}


def test_a_validation_split_of_the_file_is_the_validation_split(tmp_path: Path) -> None:
    parts = {f"{p}_{w}": a for p in ("train", "val", "test") for w, a in (("images", PIXELS), ("labels", LABELS))}
    dataset = npz.read(written(tmp_path, **parts))
    assert dataset.validation is not None
    assert len(dataset.validation) == 20


def test_large_stored_arrays_stay_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, **WHOLE)
    in_memory = npz.read(path)
    monkeypatch.setattr(npz, "MAPPED_BYTES", 100)
    mapped = npz.read(path)
    assert isinstance(mapped.training.pixels, np.memmap)
    assert mapped.digest() == in_memory.digest()
    held = mapped.hold_out(0.2)
    assert held.validation is not None
    assert not isinstance(held.training.pixels, np.ndarray)
    np.testing.assert_array_equal(held.training.pixels[:], in_memory.hold_out(0.2).training.pixels[:])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"x_train": PIXELS[..., :2]}, r"x_train of .* has the shape (20, 6, 5, 2): give (images, height, width)"),
        ({"x_train": PIXELS / 255 * np.nan}, "x_train of .* has values that are no numbers"),
        ({"x_train": PIXELS.astype(np.float32)}, "give fractions from 0 to 1"),
        ({"x_train": PIXELS.astype(np.int64)}, "x_train of .* holds int64"),
        ({"x_train": PIXELS[:19]}, "do not belong together"),
        ({"x_train": PIXELS[:0]}, "x_train of .* is empty"),
        ({"y_train": LABELS * 0}, "one class alone"),
        ({"y_train": LABELS + 1}, "no training image of class 0"),
        ({"y_train": LABELS - 1}, "label -1: count classes from 0"),
        ({"y_train": LABELS / 2}, "y_train of .* is float64"),
        ({"y_test": LABELS[:4] + 9}, "test labels are 9 to 11"),
        ({"x_test": PIXELS[:4, :5]}, "test images are"),
        ({"y_train": np.array([{}] * 20)}, "y_train of .* cannot be read: Object arrays"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    pattern = re.escape(complaint).replace(r"\.\*", ".*")
    with pytest.raises(InputError, match=pattern):
        npz.read(written(tmp_path, **{**WHOLE, **change}))


def test_missing_arrays_and_files_that_are_no_archives_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has x_train without y_train"):
        npz.read(written(tmp_path, x_train=PIXELS))
    with pytest.raises(InputError, match="no training images: name its arrays x_train and y_train"):
        npz.read(written(tmp_path, something=PIXELS))
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(InputError, match=r"text\.npz cannot be read as a NumPy archive"):
        npz.read(tmp_path / "text.npz")
