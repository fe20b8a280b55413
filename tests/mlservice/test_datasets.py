"""Data sets are read as they are published, and say where they came from."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.errors import InputError
from mlservice.datasets import Dataset, IdxError, Split, as_input, digits, fashion_mnist, load, read_idx


def write_idx(path: Path, values: NDArray[np.uint8]) -> None:
    """Write unsigned bytes as IDX, compressed where the name ends in .gz."""
    content = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture
def small_fashion(tmp_path: Path) -> Path:
    """A folder with Fashion-MNIST's four files, of five and three images."""
    random = np.random.default_rng(0)
    for prefix, count in (("train", 5), ("t10k", 3)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", np.arange(count, dtype=np.uint8))
    return tmp_path


@pytest.mark.parametrize("name", ["values", "values.gz"])
def test_an_idx_file_is_read_with_its_shape_and_values(tmp_path: Path, name: str) -> None:
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    write_idx(tmp_path / name, values)
    np.testing.assert_array_equal(read_idx(tmp_path / name), values)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not an IDX file"),
        (b"\x89PNG....", "not an IDX file"),
        (b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", "type 0x0d"),
        (b"\0\0\x08\x03\0\0\0\x01", "ends within its header"),
        (b"\0\0\x08\x01\0\0\0\x05abc", "should hold 5 values"),
        (b"\0\0\x08\x01\0\0\0\x02abc", "should hold 2 values"),
        (b"\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff", "should hold"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(IdxError, match=complaint):
        read_idx(tmp_path / "file")


def test_a_truncated_compressed_file_is_refused_by_name(tmp_path: Path) -> None:
    write_idx(tmp_path / "values.gz", np.arange(200, dtype=np.uint8))
    (tmp_path / "values.gz").write_bytes((tmp_path / "values.gz").read_bytes()[:60])
    with pytest.raises(IdxError, match=r"values\.gz cannot be read"):
        read_idx(tmp_path / "values.gz")


def test_the_folder_that_the_user_names_is_read(small_fashion: Path) -> None:
    dataset = load(small_fashion)
    assert (dataset.name, dataset.classes, dataset.image_shape) == ("Fashion-MNIST", 10, (1, 28, 28))
    assert (len(dataset.training), len(dataset.test)) == (5, 3)
    assert str(small_fashion) in dataset.origin


def test_a_named_folder_without_the_files_is_an_error_not_another_data_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no Fashion-MNIST"):
        load(tmp_path)


def test_a_folder_with_half_of_the_files_names_what_is_missing(small_fashion: Path) -> None:
    (small_fashion / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(InputError, match="lacks Fashion-MNIST's train-images"):
        load(small_fashion)


def test_a_label_beyond_the_classes_is_refused(small_fashion: Path) -> None:
    write_idx(small_fashion / "t10k-labels-idx1-ubyte.gz", np.array([1, 2, 10], np.uint8))
    with pytest.raises(InputError, match="has label 10"):
        load(small_fashion)


def test_images_and_labels_of_different_counts_are_refused(small_fashion: Path) -> None:
    write_idx(small_fashion / "t10k-labels-idx1-ubyte.gz", np.array([1, 2], np.uint8))
    with pytest.raises(InputError, match="do not belong together"):
        load(small_fashion)


def test_debians_package_comes_before_a_download(small_fashion: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", small_fashion)
    monkeypatch.setattr(fashion_mnist, "download", lambda _: pytest.fail("downloaded"))
    assert "Debian package" in load().origin


def test_without_fashion_mnist_the_digits_are_used_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(_: Path) -> None:
        raise OSError("no route")

    monkeypatch.setenv("PROPRUNN_CACHE", str(tmp_path))
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", tmp_path / "absent")
    monkeypatch.setattr(fashion_mnist, "download", no_network)
    dataset = load()
    assert dataset.name == "digits"
    assert "not to be had" in dataset.origin


def test_an_earlier_download_is_found_again(small_fashion: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = small_fashion / "cache" / "datasets" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for file in small_fashion.glob("*.gz"):
        file.rename(raw / file.name)
    monkeypatch.setenv("PROPRUNN_CACHE", str(small_fashion / "cache"))
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", small_fashion / "absent")
    monkeypatch.setattr(fashion_mnist, "download", lambda _: pytest.fail("downloaded again"))
    assert "torchvision's download" in load().origin


def test_the_digits_are_split_without_overlap_and_keep_their_order() -> None:
    first, second = digits.read("here"), digits.read("here")
    assert first.digest() == second.digest()
    assert (len(first.training), len(first.test), first.image_shape) == (1437, 360, (1, 8, 8))
    assert np.asarray(first.training.pixels).max() == 255


def test_a_pixel_survives_the_8_bit_power_of_two_scale_exactly() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    np.testing.assert_array_equal(as_input(pixels) * 256, pixels.astype(np.float32))


def test_a_changed_label_changes_the_digest() -> None:
    def dataset(label: int) -> Dataset:
        split = Split(np.zeros((2, 1, 2, 2), np.uint8), np.array([0, label], np.int64))
        return Dataset("one", "here", 10, split, split)

    assert dataset(1).digest() != dataset(2).digest()
