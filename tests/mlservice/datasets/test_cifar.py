"""CIFAR is read in both forms it is published in; a pickle runs nothing."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.errors import InputError
from mlservice.datasets import cifar
from mlservice.datasets.cifar import CIFAR10, CIFAR100, Variant
from mlservice.datasets.pickled import PickleError, read_arrays
from tests.mlservice.datasets.made import images, write_pickles, write_records


@pytest.mark.parametrize("write", [write_pickles, write_records])
@pytest.mark.parametrize("variant", [CIFAR10, CIFAR100], ids=lambda v: v.name)
def test_both_published_forms_give_the_same_images(tmp_path: Path, variant: Variant, write: Any) -> None:
    write(tmp_path / variant.folders[0], variant)
    found = cifar.find(variant, tmp_path)
    assert found is not None
    dataset = cifar.read(variant, found, "here")
    data, labels = images(4, 0)
    assert dataset.image_shape == (3, 32, 32)
    assert (len(dataset.training), len(dataset.test)) == (4 * len(variant.training), 4)
    np.testing.assert_array_equal(dataset.training.pixels[:4].reshape(4, -1), data)
    assert dataset.training.labels[:4].tolist() == labels


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_come_through_every_protocol(tmp_path: Path, protocol: int) -> None:
    values = np.arange(6, dtype=np.uint8).reshape(2, 3)
    (tmp_path / "pickle").write_bytes(pickle.dumps({b"data": values, b"labels": [1, 2]}, protocol))
    found = read_arrays(tmp_path / "pickle")
    np.testing.assert_array_equal(found[b"data"], values)
    assert found[b"labels"] == [1, 2]


PYTHON_2 = (
    b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85U\x01b\x87R"
    b"(K\x01K\x02K\x03\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
    b"U\x06\x00\x01\x02\x03\x04\x05tbU\x06labels](K\x01K\x02eu."
)


def test_a_pickle_of_python_2_is_read_as_the_published_ones_are_written(tmp_path: Path) -> None:
    (tmp_path / "train").write_bytes(PYTHON_2)
    found = read_arrays(tmp_path / "train")
    assert found[b"data"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found[b"labels"] == [1, 2]


def test_one_data_set_is_not_taken_for_the_other(tmp_path: Path) -> None:
    write_pickles(tmp_path / "cifar-100-python", CIFAR100)
    assert cifar.find(CIFAR10, tmp_path) is None
    assert cifar.find(CIFAR100, tmp_path / "cifar-100-python") is not None


def test_a_pickle_that_names_a_function_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "harmed"),)

    (tmp_path / "test_batch").write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(PickleError, match=r"test_batch is not read: it names posix\.mkdir"):
        read_arrays(tmp_path / "test_batch")
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("content", [b"", b"\x80\x02", b"no pickle", pickle.dumps([1])[:-1]])
def test_a_damaged_pickle_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train").write_bytes(content)
    with pytest.raises(PickleError, match="train cannot be read as a pickle"):
        read_arrays(tmp_path / "train")


def test_a_pickle_of_something_else_is_no_cifar(tmp_path: Path) -> None:
    write_pickles(tmp_path / "c", CIFAR10)
    (tmp_path / "c" / "test_batch").write_bytes(pickle.dumps({b"data": np.zeros((2, 9), np.uint8)}, 2))
    with pytest.raises(PickleError, match="test_batch has no bytes"):
        cifar.read(CIFAR10, tmp_path / "c", "here")


def test_a_missing_and_a_cut_file_are_named(tmp_path: Path) -> None:
    write_records(tmp_path / "c", CIFAR10)
    (tmp_path / "c" / "data_batch_3.bin").write_bytes(b"\0" * 3072)
    with pytest.raises(InputError, match=r"data_batch_3\.bin has 3072 bytes: CIFAR-10's records have 3073"):
        cifar.read(CIFAR10, tmp_path / "c", "here")
    (tmp_path / "c" / "data_batch_3.bin").unlink()
    with pytest.raises(InputError, match="lacks CIFAR-10's data_batch_3"):
        cifar.read(CIFAR10, tmp_path / "c", "here")
