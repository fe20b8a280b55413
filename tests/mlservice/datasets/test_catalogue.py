"""A data set is had by name, by place, or not at all with the places that were looked into."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import InputError
from mlservice.datasets import NAMES, catalogue, named
from mlservice.datasets.cifar import CIFAR10
from tests.mlservice.datasets.made import write_pickles


def test_a_folder_named_in_the_environment_is_looked_into_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pickles(tmp_path / "cifar-10-batches-py", CIFAR10)
    monkeypatch.setenv("PROPRUNN_DATA", f"{tmp_path / 'absent'}:{tmp_path}")
    assert catalogue.places()[:2] == (tmp_path / "absent", tmp_path)
    dataset = named("cifar10")
    assert dataset.name == "CIFAR-10"
    assert str(tmp_path) in dataset.origin


def test_a_folder_given_with_the_name_is_the_only_one(tmp_path: Path) -> None:
    write_pickles(tmp_path / "mine", CIFAR10)
    assert len(named(f"cifar10={tmp_path / 'mine'}").test) == 4
    shutil.rmtree(tmp_path / "mine")
    with pytest.raises(InputError, match="holds no CIFAR-10: expected cifar-10-batches-py"):
        named(f"cifar10={tmp_path}")


def test_what_is_not_found_names_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "places", lambda: (tmp_path,))
    with pytest.raises(InputError, match=f"ImageNet was not found in {tmp_path}: give its folder as imagenet=FOLDER"):
        named("imagenet")


def test_a_file_and_an_unknown_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", input=np.zeros((10, 4, 4), np.uint8), label=np.arange(10) % 2)
    assert named(str(tmp_path / "mine.npz")).name == "mine"
    with pytest.raises(InputError, match=f"data is 'mnist': give one of {', '.join(NAMES)}"):
        named("mnist")


def test_an_image_size_is_refused_where_images_have_one() -> None:
    with pytest.raises(InputError, match="image size 16 is for ImageNet and folders of images; digits comes in one"):
        named("digits", 16)
